"""What changes of the store: shown before it is held, kept, taken back; and removing what was loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

from race_equality.commands.asking import confirm, yes_option
from race_equality.commands.figure_words import group_of, value_of
from race_equality.errors import RaceEqualityError
from race_equality.project import Project, find_project
from race_equality.store import commits
from race_equality.store.rows import groups_of, rows_of

if TYPE_CHECKING:
    import pandas as pd

    from race_equality.sources.draft_changes import DraftChanges

#: Figures with another value that are listed on the screen, and lines that the history keeps.
_LISTED, _KEPT = 40, 2000
#: Trusts whose tables a dry run shows.
_TABLES = 3


@contextmanager
def changing(project: Project, what: str, *, dry_run: bool = False) -> Iterator[commits.Draft]:
    """Change the store with a command, which says at the end how to take the change back."""
    with commits.change(project, what, on_wait=lambda said: click.echo(said, err=True)) as draft:
        yield draft
        if dry_run:
            draft.drop()
            click.echo("Nothing was changed: this was a dry run.")
    if draft.notes.number is not None:
        number = draft.notes.number
        click.echo(f"Held as change {number}. To take it back: race-equality data undo {number}")


def say_changes(draft: commits.Draft) -> DraftChanges:
    """List the figures that a draft changes, and note all of them for the history."""
    from race_equality.sources.draft_changes import draft_changes

    found = draft_changes(draft)
    lines = list(_lines(found))
    counts = {"new": found.new, "changed": found.changed, "gone": found.gone}
    said = ", ".join(f"{len(rows):,} {word}" for word, rows in counts.items() if len(rows))
    draft.notes.lines += [f"figures: {said or 'the same'}", *lines[:_KEPT]]
    if len(lines) > _KEPT:
        draft.notes.lines.append(f"and {len(lines) - _KEPT:,} more")
    changed = list(_changed_lines(found.changed))
    if changed:
        click.echo("Figures with another value:")
        for line in changed[:_LISTED]:
            click.echo(f"  {line}")
        if len(changed) > _LISTED:
            click.echo(f"  and {len(changed) - _LISTED:,} more; race-equality data history NUMBER lists all")
    return found


def confirm_loss(found: DraftChanges, *, yes: bool) -> None:
    """Name the figures that go and that nothing later takes the place of, and ask.

    Raises
    ------
    RaceEqualityError
        When the answer is no, or nobody can be asked.
    """
    if len(found.lost):
        lines = [f"{len(found.lost):,} figures that are held would go:"]
        lines += [f"  {line}" for line in _gone_lines(found.lost)]
        confirm(lines, "Let them go?", yes=yes)


def say_pages(found: DraftChanges, draft: commits.Draft) -> None:
    """Say what a draft changes in figures, and what the first pages of its trusts would say otherwise."""
    from race_equality.report.board_words import board_words, changed_words

    new = list(_new_lines(found.new))
    for heading, lines in (("New figures:", new), ("Figures that go:", list(_gone_lines(found.gone)))):
        if lines:
            click.echo(heading)
            for line in lines:
                click.echo(f"  {line}")
    before, after = (board_words(found.trusts, project, most=_TABLES) for project in (draft.held, draft))
    for code in sorted(before.keys() & after.keys()):
        lines = changed_words(before[code], after[code])
        what = f"The page of {code}, in its table of WRES indicators and on its patients return, would say"
        click.echo(f"{what} otherwise:" if lines else f"{what} the same.")
        for line in lines:
            click.echo(f"  {line}")
    if len(found.trusts) > _TABLES:
        click.echo("Of other trusts, systems and England figures change too; race-equality build -n names the pages.")


def _lines(found: DraftChanges) -> Iterator[str]:
    for line in _new_lines(found.new):
        yield f"new: {line}"
    for line in _changed_lines(found.changed):
        yield f"changed: {line}"
    for line in _gone_lines(found.gone):
        yield f"gone: {line}"


def _new_lines(figures: pd.DataFrame) -> Iterator[str]:
    for (indicator, end), rows in groups_of(figures, ["indicator", "period_end"]):
        yield f"{_trusts_of(rows)} {indicator}, to {end.date()}: {_number(rows)}"


def _gone_lines(figures: pd.DataFrame) -> Iterator[str]:
    for (indicator, end), rows in groups_of(figures, ["indicator", "period_end"]):
        of = _trusts_of(rows)
        if rows["trust_code"].nunique() == 1:
            values = "; ".join(f"{group_of(row)} {value_of(row)}" for row in rows_of(rows))
            yield f"{of} {indicator}, to {end.date()}: {values}"
        else:
            yield f"{of} {indicator}, to {end.date()}: {_number(rows)}"


def _changed_lines(figures: pd.DataFrame) -> Iterator[str]:
    for row in rows_of(figures):
        yield (
            f"{row.trust_code} {row.indicator}, {group_of(row)}, to {row.period_end.date()}: "
            f"{value_of(row, '_before')} -> {value_of(row)}"
        )


def _trusts_of(rows: pd.DataFrame) -> str:
    codes = rows["trust_code"].unique()
    return codes[0] if len(codes) == 1 else f"{len(codes)} trusts,"


def _number(rows: pd.DataFrame) -> str:
    return f"{len(rows):,} figure{'' if len(rows) == 1 else 's'}"


@click.command()
@click.argument("number", type=int, required=False)
@click.option("--forget", is_flag=True, help="Remove all that is kept of earlier changes.")
@yes_option
def history(number: int | None, forget: bool, yes: bool) -> None:
    """List the changes of the store; with NUMBER, every figure that one changed.

    Each command that changes the store keeps what it replaces, in data/local/history, which git ignores: the last 50
    changes, and no more than 200 MB of them. The last one is always kept. A return that was removed is there until it is
    among the earliest, or until --forget.

    \b
    race-equality data history
    race-equality data history 7
    race-equality data undo 7
    race-equality data history --forget
    """
    project = find_project()
    commits.settle(project)
    kept = commits.changes_of(project)
    if forget:
        confirm(
            [f"{len(kept)} changes are kept."], "Remove what they replaced, so that none can be taken back?", yes=yes
        )
        click.echo(f"Removed what is kept of {commits.forget(project)} changes. The figures held are the same.")
        return
    if number is not None:
        one = next((one for one in kept if one.number == number), None)
        if one is None:
            raise RaceEqualityError(f"No change {number} is kept. race-equality data history lists those that are.")
        click.echo(f"{one.number}  {_day(one.when)}  {one.what}")
        for name, (before, after) in one.files.items():
            click.echo(f"  {name}: {'added' if before is None else 'removed' if after is None else 'changed'}")
        for line in one.lines:
            click.echo(f"  {line}")
        return
    if not kept:
        click.echo("No change is kept: nothing was added here since the history began.")
    undone = {one.undoes: one.number for one in kept if one.undoes is not None}
    for one in reversed(kept):
        files = f"{len(one.files)} file{'' if len(one.files) == 1 else 's'}"
        what = "; ".join([files, *one.lines[:1]])
        back = f"  taken back by {undone[one.number]}" if one.number in undone else ""
        click.echo(f"{one.number:>4}  {_day(one.when)}  {one.what}: {what}{back}")


def _day(when: str) -> str:
    return f"{datetime.fromisoformat(when):%Y-%m-%d %H:%M}"


@click.command()
@click.argument("number", type=int, required=False)
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would change.")
def undo(number: int | None, dry_run: bool) -> None:
    """Take change NUMBER back, or the last one: the files are again as they were before it.

    What another change has altered since is not taken back: that one first. An undo is a change too, and can be taken back.

    \b
    race-equality data undo
    race-equality data undo 7
    """
    project = find_project()
    with changing(project, f"data undo {number or ''}".rstrip(), dry_run=dry_run) as draft:
        one = commits.undo(number, draft)
        click.echo(f"Taken back: change {one.number}, {one.what} ({_day(one.when)})")
        found = say_changes(draft)
        for line in _gone_lines(found.gone):
            click.echo(f"  goes: {line}")
        for line in _new_lines(found.new):
            click.echo(f"  is held again: {line}")
        if dry_run:
            say_pages(found, draft)


@click.command()
@click.argument("source_ids", nargs=-1, metavar="[SOURCE]...")
def seal(source_ids: tuple[str, ...]) -> None:
    """Write its own hash into the record of each SOURCE that you edited; of all, without any.

    A record is data/sources/SOURCE.yml, or that of a return in data/local. A build refuses one that is not as it was written:
    a flipped bit looks like an edit. See what you edited first, with git diff.
    """
    from race_equality.store.provenance import seal_records

    with changing(find_project(), " ".join(["data seal", *source_ids])) as draft:
        names = seal_records(source_ids, draft)
    click.echo(f"Sealed: {', '.join(names)}." if names else "Every record is as it was written.")


@click.command()
@click.argument("source_id", metavar="SOURCE")
@click.option("--trust", metavar="CODE", help="Only the figures of this trust.")
@click.option("--year-to", type=int, metavar="YEAR", help="Only the periods that end in this year.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would go.")
@yes_option
def remove(source_id: str, trust: str | None, year_to: int | None, dry_run: bool, yes: bool) -> None:
    """Remove SOURCE: a return, an edition of a publication, or a part of it. It says what goes, and asks.

    SOURCE is an id of race-equality data list. What is removed can be brought back with race-equality data undo.

    \b
    race-equality data remove wres_return_RJ1                   a return
    race-equality data remove wres_return_RJ1 --year-to 2027    a year of it
    race-equality data remove wres_published --trust RJ1        what was copied from its page
    race-equality data remove maternity_2021                    an edition
    """
    from race_equality.sources.removal import remove_figures

    project = find_project()
    asked = [source_id, *(["--trust", trust] if trust else []), *(["--year-to", str(year_to)] if year_to else [])]
    with changing(project, " ".join(["data remove", *asked]), dry_run=dry_run) as draft:
        remove_figures(source_id, draft, trust=trust, year=year_to)
        found = say_changes(draft)
        if dry_run:
            say_pages(found, draft)
            return
        lines = [f"{len(found.gone):,} figures of {source_id} would go:"]
        confirm([*lines, *(f"  {line}" for line in _gone_lines(found.gone))], "Remove them?", yes=yes)

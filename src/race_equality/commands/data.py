"""The commands under ``race-equality data``: read publications, and show the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click

from race_equality.commands.asking import confirm, yes_option
from race_equality.commands.figure_words import STATUS_WORDS, UNIT_WORDS
from race_equality.commands.held import CAUGHT_WORDS, list_, raw_folder, show, trace
from race_equality.commands.history import changing, confirm_loss, history, remove, say_changes, say_pages, seal, undo
from race_equality.commands.layouts import layout
from race_equality.definitions.codes import PUBLISHED_BY_TRUSTS
from race_equality.errors import InputError, RaceEqualityError
from race_equality.project import Project, find_project
from race_equality.store.rows import rows_of

if TYPE_CHECKING:
    from race_equality.sources.ingest import Outcome
    from race_equality.sources.returns.mistakes import Finding
    from race_equality.store.commits import Draft


@click.group()
def data() -> None:
    """Read publications into data/figures, and see what is held there."""


for command in (layout, history, undo, remove, seal, list_, show, trace):
    data.add_command(command)


@data.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--only", multiple=True, metavar="ID", help="Read only this publication (may be repeated).")
@yes_option
def read(folder: Path | None, only: tuple[str, ...], yes: bool) -> None:
    """Read the raw files in FOLDER and write data/figures and data/sources.

    FOLDER is laid out like ../shared/data, which is read when no FOLDER is given. Either all
    files are read and written or, after any error, the store is as it was. Files of a publication are all that is held of it
    afterwards: figures that would go are named and asked about. Trusts' own returns stay as they are.
    """
    from race_equality.sources.ingest import read_folder

    project = find_project()
    folder = folder or raw_folder(project)
    if folder is None:
        raise RaceEqualityError(
            "Give the folder with the raw files: race-equality data read FOLDER. The figures "
            "already read are in data/figures; reports need no raw file."
        )
    what = " ".join(["data read", folder.name, *(f"--only {one}" for one in only)])
    with changing(project, what) as draft:
        for outcome in read_folder(folder, draft, only=only):
            _print_outcome(outcome, draft)
        confirm_loss(say_changes(draft), yes=yes)


@data.command()
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FILE...")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would change: figures, and what pages would say.")
@yes_option
def add(files: tuple[Path, ...], dry_run: bool, yes: bool) -> None:
    """Read each FILE: a new edition of a publication, or a filled-in return.

    What a FILE is shows in its content. It can be a folder or a zip archive of several files as well. A
    new edition takes the place of the one held, and an older one is refused. Years and months that are held stay held
    when a file does not have them. Other figures that would go are named and asked about. A return goes to data/local,
    which git ignores; what was copied from trusts' own pages goes to data/figures.

    One command is one change: all files that can be read are held at once, or none when you answer no or press
    Ctrl-C; those with an error are named and left out. What is replaced is kept: see data history.

    A return is held to itself, to what was given for the year before, and to published figures. All its mistakes are
    named, in its order, and marked in a copy next to it (NAME-marked.xlsx). What is odd is shown with old and new number,
    cell and reason, and is asked about.

    \b
    race-equality data add ~/Downloads/FILE.xlsx
    race-equality data add FOLDER data.zip
    race-equality data add etr.csv trusts.csv               a new trust list, when trusts have merged
    race-equality data add data/local/RJ1_wres_return.xlsx  a return
    race-equality data add --dry-run FILE                   what would change
    """
    from race_equality.sources.recognition import files_to_add, is_board, not_added

    project = find_project()
    problems: list[str] = []
    what = " ".join(["data add", *(path.name for path in files)])
    with files_to_add(files) as (found, left_out), changing(project, what, dry_run=dry_run) as draft:
        if not found:
            raise RaceEqualityError("\n".join(["There are no files to add.", *left_out]))
        for why_not in left_out:
            click.echo(f"left out: {why_not}")
        found = _without_trust_list(found, draft, problems)
        for path, asked in found:
            if not asked and (why_not := not_added(path)):
                click.echo(f"left out: {why_not}")
                continue
            try:
                (_add_board if is_board(path) else _add_one)(path, draft, yes=yes, dry_run=dry_run)
            except RaceEqualityError as error:
                problems.append(str(error))
        changed = say_changes(draft)
        if dry_run:
            say_pages(changed, draft)
        else:
            try:
                confirm_loss(changed, yes=yes)
            except RaceEqualityError as error:
                raise RaceEqualityError("\n".join([*problems, str(error)])) from None
    if problems:
        raise RaceEqualityError("\n".join(problems))


def _add_board(path: Path, draft: Draft, *, yes: bool, dry_run: bool) -> None:
    from race_equality.sources.ingest import add_board
    from race_equality.sources.returns.mistakes import in_lines

    def ask(findings: Sequence[Finding]) -> None:
        lines = [f"{path.name}:", *(f"  {line}" for line in in_lines(findings))]
        if dry_run:
            click.echo("\n".join(lines))
        else:
            confirm(lines, "Let them go?", yes=yes)

    written = add_board(path, draft, ask=ask)
    for file in filter(None, (written.file, written.earlier)):
        draft.write({file: file.read_bytes()})  # held with the figures of the same command
    click.echo(f"{path.name}: {'would be written' if dry_run else 'written'} to {_shown(written.file, draft)}")
    if written.earlier is not None:
        click.echo(f"  what was there before is kept as {_shown(written.earlier, draft)}")
    for problem in written.problems:
        click.echo(f"  to mend: {problem}")


def _without_trust_list(
    found: list[tuple[Path, bool]], project: Project, problems: list[str]
) -> list[tuple[Path, bool]]:
    """Add the files of the trust list among others, before them; return the others."""
    from race_equality.sources.recognition import trust_list_part
    from race_equality.sources.trust_list import TOGETHER, add_trust_list

    parts, others = {}, []
    for path, asked in found:
        try:
            part = trust_list_part(path)
        except InputError:
            part = ""  # not readable; reported with the other files
        if part in (*TOGETHER, "ods_successors"):
            parts[part] = (path, asked)
        else:
            others.append((path, asked))
    if not parts:
        return others
    if not set(TOGETHER) <= parts.keys() and not any(asked for _, asked in parts.values()):
        return found  # files of a folder: left out, and reported
    try:
        new = add_trust_list({part: path for part, (path, _) in parts.items()}, project)
    except RaceEqualityError as error:
        problems.append(str(error))
        return others
    for source in new.sources:
        click.echo(f"{source.id}: {source.file}")
    click.echo(f"  {new.trusts} trusts are open today")
    if new.opened:
        click.echo(f"  opened since: {', '.join(new.opened)}")
    for code, trust in new.gone.items():
        click.echo(
            f"  {code} is closed: "
            + (f"its figures are now under {trust}" if trust else "no single trust took its place")
        )
    if new.carried or new.dropped:
        click.echo(f"  figures under another trust: {new.carried:,}; under none, and left out: {new.dropped:,}")
    if not (new.opened or new.gone or new.carried or new.dropped):
        click.echo("  the same trusts as held")
    return others


def _add_one(path: Path, project: Draft, *, yes: bool = False, dry_run: bool = False) -> None:
    from race_equality.files import is_seen_by_git
    from race_equality.sources.edition_changes import changes
    from race_equality.sources.ingest import add_publication, add_return, previous_edition
    from race_equality.sources.recognition import is_return
    from race_equality.sources.returns.mistakes import in_lines

    def ask(findings: Sequence[Finding]) -> None:
        lines = [f"{path.name}: odd, in the order of the file (old number, new number, why, where):"]
        lines += [f"  {line}" for line in in_lines(findings)]
        if dry_run:  # nothing is taken, so nothing is asked
            click.echo("\n".join(lines))
        else:
            confirm(lines, "Take these figures?", yes=yes)

    outcome = add_return(path, project, ask=ask) if is_return(path) else add_publication(path, project)
    _print_outcome(outcome, project)
    if outcome.loaded is not None and outcome.before is not None and outcome.changed:
        before, both_kept = outcome.before, False
        if before.empty:
            before, both_kept = previous_edition(outcome, project), True
        found = changes(before, outcome.loaded.figures, both_kept=both_kept)
        if both_kept and len(before):
            click.echo(f"  compared with {before['source'].iloc[0]}:")
        _print_changes(found)
        if found.nothing:
            click.echo("  the same numbers as held, read from other cells")
    if outcome.source.id == PUBLISHED_BY_TRUSTS:
        click.echo("  public figures, marked as published by the trust: commit them")
    if outcome.is_return:
        click.echo("  kept in data/local on this machine; git ignores that folder")
        if is_seen_by_git(path):
            click.echo(f"  {path.name} itself would be offered to git where it is: move it to data/local")
        git = project.held.root / ".git"
        if git.is_dir() and not (git / "hooks" / "pre-commit").exists():
            click.echo("  so that no commit holds its figures by another way: .venv/bin/pre-commit install")


@data.command()
@click.argument("source_ids", nargs=-1, metavar="[SOURCE]...")
@click.option(
    "--addresses", type=click.Path(path_type=Path), help="Where to download from; otherwise data/addresses.yml."
)
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would change, and whether each file can be read.")
@yes_option
def update(source_ids: tuple[str, ...], addresses: Path | None, dry_run: bool, yes: bool) -> None:
    """Download what has an address that stays the same, and read it when it is new.

    These are listed in data/addresses.yml; without SOURCE, all of them. Files go to data/raw,
    which git ignores. Without a network nothing changes.
    """
    from race_equality.errors import nearest
    from race_equality.sources.download import ADDRESSES, NoNetworkError, download, read_addresses
    from race_equality.store.provenance import read_sources

    project = find_project()
    known = read_addresses(addresses or project.root / ADDRESSES)
    for source_id in source_ids:
        if source_id not in known:
            near = nearest(source_id, known)
            raise RaceEqualityError(
                f"{source_id!r} has no address."
                + (f" The nearest is {near!r}." if near else "")
                + " Download the file in a browser and use `race-equality data add`."
            )
    held = {source.sha256 for source in read_sources(project=project)}
    problems = []
    for source_id in source_ids or known:
        try:
            path = download(known[source_id], project.root / "data" / "raw" / source_id)
            _update_one(source_id, path, held, project, yes=yes, dry_run=dry_run)
        except NoNetworkError:
            raise  # the others would fail too
        except RaceEqualityError as error:
            problems.append(f"{source_id}: {error}")
    if problems:
        raise RaceEqualityError("\n".join(problems))


def _update_one(source_id: str, path: Path, held: set[str], project: Project, *, yes: bool, dry_run: bool) -> None:
    from race_equality.sources.catalogue import TRUST_FILES
    from race_equality.sources.recognition import files_to_add
    from race_equality.store.provenance import sha256_of

    if source_id in TRUST_FILES:
        if sha256_of(path) in held:
            click.echo(f"{source_id}: {path.name} is the file already held")
            return
        click.echo(
            f"{source_id}: {_shown(path, project)} is new. It is read together with the list of trusts by kind "
            f"({TRUST_FILES['ods_trusts'][3]}): race-equality data add {_shown(path, project)} trusts.csv"
        )
        return
    with files_to_add([path]) as (found, _):
        path = found[0][0]  # of an archive, the file that is the publication
        if sha256_of(path) in held:
            click.echo(f"{source_id}: {path.name} is the file already held")
        else:
            with changing(project, f"data update {source_id}", dry_run=dry_run) as draft:
                _add_one(path, draft, yes=yes, dry_run=dry_run)
                changed = say_changes(draft)
                if not dry_run:
                    confirm_loss(changed, yes=yes)


@data.group()
def template() -> None:
    """Write an empty return to fill in."""


def _template_options(*, several: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def add_options(command: Callable[..., None]) -> Callable[..., None]:
        for add_option in (
            click.option("--force", is_flag=True, help="Overwrite a file that is there."),
            click.option("--excel", is_flag=True, help="An Excel workbook instead of a CSV."),
            click.option(
                "--year-to", type=int, help="The year of the last 31 March; otherwise the latest before today."
            ),
            click.option("--output", type=click.Path(path_type=Path), help="Where to write it; otherwise data/local."),
            click.argument("trust_codes", nargs=-1, metavar="TRUST_CODE...")
            if several
            else click.argument("trust_code"),
        ):
            command = add_option(command)
        return command

    return add_options


@template.command()
@_template_options(several=True)
@click.option(
    "--published", is_flag=True, help="To copy what trusts publish on their own pages: many trusts in one file."
)
def wres(
    trust_codes: tuple[str, ...], output: Path | None, year_to: int | None, excel: bool, force: bool, published: bool
) -> None:
    """Write an empty WRES return for TRUST_CODE, with the last three years of indicators 1 to 4 and 9.

    For a trust whose indicators 5 to 8 are not published, those are in it as well. The return stays on this machine.

    With --published the file is for what trusts publish of these indicators on their own pages. It has the rows of the
    last year, or of --year-to, for each TRUST_CODE, or rows without a code when none is given; rows for more trusts and
    years can be added. Each row has columns for the address of the page and the day on which it was read, and for the
    ratio that the page prints, which is held to its counts. Such figures are public: data add writes them to data/figures,
    they are marked as published by the trust, and other trusts are compared with them.

    \b
    race-equality data template wres RJ1
    race-equality data template wres --published RJ1 RV5 --excel
    race-equality data template wres --published --year-to 2024
    """
    from race_equality.sources.ingest import published_wres_5_to_8
    from race_equality.sources.returns import wres as wres_return

    if published:
        _write_published_template(trust_codes, output, year_to, excel, force)
        return
    if len(trust_codes) != 1:
        raise click.UsageError(
            "Give the code of one trust. A file for several trusts is of what they publish themselves: add --published."
        )
    _write_template(wres_return, "wres_return", trust_codes[0], output, year_to, excel, force, published_wres_5_to_8)


def _write_published_template(
    trust_codes: tuple[str, ...], output: Path | None, year_to: int | None, excel: bool, force: bool
) -> None:
    from race_equality.files import write_atomically
    from race_equality.sources.returns import published_wres
    from race_equality.sources.returns.form import years_before
    from race_equality.store.trusts import resolve_trust

    project = find_project()
    trusts = [resolve_trust(code, project=project) for code in trust_codes]
    if any(trust.is_demonstration for trust in trusts):
        raise RaceEqualityError("The demonstration trust is invented and publishes nothing.")
    path = _template_path("wres_published", output, excel, force, project)
    place = _shown(path, project)
    years = years_before(date(year_to, 4, 1) if year_to else date.today(), 1)
    arguments = ([trust.code for trust in trusts], years, path.name if Path(place).is_absolute() else place)
    content = published_wres.template_workbook(*arguments) if excel else published_wres.template(*arguments).encode()
    write_atomically(path, content)
    click.echo(f"Wrote {place} for {', '.join(trust.code for trust in trusts) or 'trusts of your choice'}.")
    click.echo(f"Copy what trusts publish into it, then: race-equality data add {place}")


@template.command("board")
@click.argument("trust_code")
@click.option("--output", type=click.Path(path_type=Path), help="Where to write it; otherwise data/local.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def board_(trust_code: str, output: Path | None, force: bool) -> None:
    """Write an Excel workbook for the board's self-assessment and actions of TRUST_CODE.

    It has last time's levels and states next to the cells to fill in, the actions that are agreed, and lists to choose from.
    data add writes what was filled in to params/trusts/TRUST_CODE.yml, by the same rules as for that file. Those who would
    rather type that file begin it with race-equality params new TRUST_CODE.

    \b
    race-equality data template board RJ1
    race-equality data add data/local/RJ1_board.xlsx
    """
    from race_equality.files import write_atomically
    from race_equality.params import read_params
    from race_equality.sources.returns import board as board_form
    from race_equality.store.trusts import resolve_trust

    project = find_project()
    trust = resolve_trust(trust_code, project=project)
    if trust.is_demonstration:
        raise RaceEqualityError("The demonstration trust has its invented actions in params/trusts/DEMO.yml.")
    path = _template_path(f"{trust.code}_board", output, True, force, project)
    place = _shown(path, project)
    name = path.name if Path(place).is_absolute() else place
    params = read_params(trust.code, project=project)
    write_atomically(path, board_form.template_workbook(trust.code, trust.name, name, params))
    click.echo(f"Wrote {place} for {trust.name}: {len(params.actions)} actions in it.")
    click.echo(f"Fill it in, then: race-equality data add {place}")


@template.command()
@_template_options()
def patients(trust_code: str, output: Path | None, year_to: int | None, excel: bool, force: bool) -> None:
    """Write an empty patients return for TRUST_CODE: waits, missed appointments, restraint, detention.

    By ethnic group, deprivation, age and sex, over the last three years. Counts too small to show are
    suppressed when the file is added, and never kept.
    """
    from race_equality.sources.returns import patients as patients_return

    _write_template(patients_return, "patients_return", trust_code, output, year_to, excel, force)


def _write_template(
    form: ModuleType,
    name: str,
    trust_code: str,
    output: Path | None,
    year_to: int | None,
    excel: bool,
    force: bool,
    published: Callable[[Project], set[str]] | None = None,
) -> None:
    from race_equality.files import is_seen_by_git, write_atomically
    from race_equality.sources.ingest import known_for_template
    from race_equality.sources.returns.form import years_before
    from race_equality.store.trusts import resolve_trust

    project = find_project()
    trust = resolve_trust(trust_code, project=project)
    if trust.is_demonstration:
        raise RaceEqualityError("The demonstration trust has its invented return already.")
    path = _template_path(f"{trust.code}_{name}", output, excel, force, project)
    if is_seen_by_git(path):
        raise RaceEqualityError(
            f"Filled in, {path.name} would be offered to git there, and a return is not public. Leave --output out, or name a "
            "file outside the repository."
        )
    day = date(year_to, 4, 1) if year_to else date.today()
    path.parent.mkdir(parents=True, exist_ok=True)
    more = {"survey": trust.code not in published(project)} if published else {}
    place = _shown(path, project)  # as a person types it; a path outside the project is not printed
    arguments = (trust.code, trust.name, years_before(day), path.name if Path(place).is_absolute() else place)
    if excel:
        held, known = known_for_template(trust.code, form, project)
        content = form.template_workbook(*arguments, **more, held=held, known=known)
        years = sorted({year_to.year for year_to, *_ in held})
        if years:
            click.echo(f"Held already, and shown in it: years to 31 March {', '.join(map(str, years))}.")
    else:
        content = form.template(*arguments, **more).encode()
    write_atomically(path, content)
    click.echo(f"Wrote {_shown(path, project)} for {trust.name}.")
    click.echo(f"Fill it in, then: race-equality data add {_shown(path, project)}")


def _template_path(stem: str, output: Path | None, excel: bool, force: bool, project: Project) -> Path:
    suffix = ".xlsx" if excel else ".csv"
    path = output or project.root / "data" / "local" / f"{stem}{suffix}"
    if path.suffix.lower() != suffix:
        raise RaceEqualityError(
            f"{path.name} does not end in {suffix}. Give it another name, or leave --excel {'out' if excel else 'in'}."
        )
    if path.exists() and not force:
        raise RaceEqualityError(f"{path.name} is there already. Fill that one in, or write over it with --force.")
    return path


@data.command()
@click.option("--raw", type=click.Path(path_type=Path), help="Folder of raw files to check against their sha256.")
@click.option("--schema", is_flag=True, help="Check every figure against the whole schema as well (slower).")
def check(raw: Path | None, schema: bool) -> None:
    """Check that the store is whole: files against their schema, sha256 and source.

    It also names the figures that are held as published and used nowhere, because they cannot be right or too little of
    what they rest on is recorded.
    """
    from race_equality.sources.store_check import check_store

    project = find_project()
    problems = check_store(project, raw=raw, whole_schema=schema)
    if problems:
        raise RaceEqualityError("\n".join(problems))
    click.echo("The store is whole.")
    for line in _figures_left_out(project):
        click.echo(line)


def _figures_left_out(project: Project) -> Iterator[str]:
    """Yield in lines what the gates of indicators catch, with the place of each in its file."""
    from race_equality.analysis.caught_figures import caught_figures
    from race_equality.gates import without_caught
    from race_equality.store.figures import read_figures
    from race_equality.store.rows import rows_of
    from race_equality.store.trusts import read_trusts

    trusts = read_trusts(project=project)
    kinds = dict(zip(trusts["trust_code"], trusts["kind"], strict=True))
    caught = caught_figures(without_caught(read_figures(local=False, project=project), kinds))
    for status, rows in caught.groupby("status", sort=False):
        yield f"Held as published and used nowhere, as {CAUGHT_WORDS[str(status)]}: {rows['figures'].sum():,} figures."
        for row in rows_of(rows):
            days = f"{row.last:%Y-%m-%d}" if row.figures == 1 else f"{row.first:%Y-%m-%d} to {row.last:%Y-%m-%d}"
            source, _, place = row.places[-1]
            yield f"  {row.trust_code} {row.measure}, {days}: {row.why}; {source}, {place}"


@data.command()
def migrate() -> None:
    """Rewrite files of figures of an earlier version of this program with today's columns.

    They are read as they are, here and in data/local; this writes what was read. The figures stay the same.
    """
    from race_equality.sources.ingest import migrate_files

    names = migrate_files(find_project())
    click.echo(f"Written again: {', '.join(names)}." if names else "Every file has today's columns.")


@data.command()
def reconcile() -> None:
    """Compare the figures with the publishers' own totals, and say which do not agree, and why."""
    from race_equality.sources.reconcile import reconcile as reconciliations

    found = reconciliations(find_project())
    for one in found:
        click.echo(str(one))
    differing = sum(not one.agrees for one in found)
    click.echo(f"{len(found) - differing} of {len(found)} totals agree; each of the others says why.")


def _shown(path: Path, project: Project) -> str:
    """Return a path as a person in the project's folder would type it."""
    try:
        return str(path.resolve().relative_to(project.root))
    except ValueError:
        return str(path)


def _print_outcome(outcome: Outcome, project: Project) -> None:
    from race_equality.store.trusts import read_trusts

    click.echo(f"{outcome.source.id}: {outcome.source.file}")
    if outcome.loaded is None:
        if outcome.rows:
            click.echo(f"  {outcome.rows:,} rows")
        return
    figures = outcome.loaded.figures
    counts = figures["status"].value_counts()
    parts = [f"{counts[status]:,} {word}" for status, word in STATUS_WORDS.items() if status in counts]
    trusts = set(read_trusts(project=project)["trust_code"]) & set(figures.loc[figures["status"] == "ok", "trust_code"])
    noun = "trust" if len(trusts) == 1 else "trusts"
    click.echo(f"  {outcome.rows:,} rows for {len(trusts)} {noun}: {', '.join(parts)}")
    if outcome.loaded.left_out:
        left = ", ".join(f"{what} ({number})" for what, number in sorted(outcome.loaded.left_out.items()))
        click.echo(f"  left out: {left}")
    for remark in outcome.loaded.remarks:
        click.echo(f"  note: {remark}")
    click.echo("  changed" if outcome.changed else "  nothing changed: the same figures are held already")


def _print_changes(found) -> None:
    for word, values in (
        ("periods gained", found.periods_gained),
        ("periods lost", found.periods_lost),
        ("trusts gained", found.trusts_gained),
        ("trusts lost", found.trusts_lost),
    ):
        if values:
            shown = ", ".join(values[:12]) + (f" and {len(values) - 12} more" if len(values) > 12 else "")
            click.echo(f"  {word}: {shown}")
    if found.values_changed:
        click.echo(f"  figures with another value: {found.values_changed:,}")
    if found.figures_gained:
        click.echo(f"  figures gained, of trusts and periods held before: {found.figures_gained:,}")
    if found.figures_lost:
        hidden = f", {found.newly_suppressed:,} of them suppressed now" if found.newly_suppressed else ""
        click.echo(f"  figures lost, of trusts and periods still there: {found.figures_lost:,}{hidden}")
    for row in rows_of(found.movements):
        unit = " percentage points" if row.unit == "percent" else UNIT_WORDS.get(row.unit, "")
        click.echo(
            f"  {row.trust_code} {row.indicator}, {row.group}: {row.before:,.1f} to {row.after:,.1f} "
            f"({row.after - row.before:+,.1f}{unit})"
        )

"""The commands under ``race-equality data``: read publications, and see what is held."""

from __future__ import annotations

from pathlib import Path

import click

from race_equality.errors import RaceEqualityError
from race_equality.project import find_project

_SHARED = Path("..") / "shared" / "data"
_STATUS_WORDS = {
    "ok": "figures",
    "suppressed": "suppressed",
    "not_available": "not available",
    "not_applicable": "not applicable",
}


@click.group()
def data() -> None:
    """Read publications into data/figures, and see what is held there."""


@data.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--only", multiple=True, metavar="ID", help="Read only this publication (may be repeated).")
def read(folder: Path | None, only: tuple[str, ...]) -> None:
    """Read the raw files in FOLDER and write data/figures and data/sources.

    FOLDER is laid out like ../shared/data, which is read when no FOLDER is given. Either all
    files are read and written or, after any error, the store is as it was.
    """
    from race_equality.sources.catalogue import read_folder, summary

    project = find_project()
    if folder is None:
        folder = project.root / _SHARED
        if not folder.is_dir():
            raise RaceEqualityError(
                "Give the folder with the raw files: race-equality data read FOLDER. The figures "
                "already read stand in data/figures; reports need no raw file."
            )
    for outcome in read_folder(folder, project, only=only):
        click.echo(f"{outcome.source.id}: {outcome.source.file}")
        if outcome.reading is None:
            if outcome.rows:
                click.echo(f"  {outcome.rows:,} rows")
            continue
        counts = summary(outcome.reading)
        parts = [f"{counts[s]:,} {word}" for s, word in _STATUS_WORDS.items() if s in counts]
        trusts = outcome.reading.figures.loc[outcome.reading.figures["status"] == "ok", "trust_code"]
        click.echo(f"  {outcome.rows:,} rows for {trusts[trusts != 'ENG'].nunique()} trusts: {', '.join(parts)}")
        if outcome.reading.left_out:
            left = ", ".join(f"{n} {what}" for what, n in sorted(outcome.reading.left_out.items()))
            click.echo(f"  left out: {left}")
        for remark in outcome.reading.remarks:
            click.echo(f"  note: {remark}")
        click.echo("  changed" if outcome.changed else "  as it was")

"""``race-equality single-file``: a report that can be sent by e-mail."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("single-file")
@click.argument("code")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The build's folder; output of the project without it.",
)
@click.option(
    "--to", type=click.Path(dir_okay=False, path_type=Path), help="The file; CODE.html in this folder without it."
)
def single_file(code: str, output: Path | None, to: Path | None) -> None:
    """Write one trust's report as one HTML file.

    CODE is the trust's, such as RJ1; its report must have been built. The file opens without a network and
    without other files. Links to other pages of the site lead to the site's address where _quarto.yml
    gives one (website: site-url), and are plain words where it doesn't.
    """
    from race_equality.errors import RaceEqualityError
    from race_equality.files import write_atomically
    from race_equality.render.single_file import single_file as make
    from race_equality.store.trusts import resolve_trust

    try:
        trust = resolve_trust(code)
        if output is None:
            from race_equality.project import find_project

            output = find_project().root / "output"
        to = to or Path(f"{trust.code}.html")
        write_atomically(to, make(output / "project", f"trusts/{trust.code}.ipynb"))
    except OSError as error:
        raise RaceEqualityError(f"{to} cannot be written: {error.strerror}.") from None
    click.echo(str(to))

"""``race-equality open``: a page of the last build in the browser."""

from __future__ import annotations

from pathlib import Path

import click

from race_equality.commands.codes import TRUST


@click.command("open")
@click.argument("trust_code", required=False, type=TRUST)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The build's folder; output in the project.",
)
@click.option("--path", "only_path", is_flag=True, help="Only print the path.")
def open_(trust_code: str | None, output: Path | None, only_path: bool) -> None:
    """Open the report of TRUST_CODE in the browser, and print its path; without a code, the page with all trusts.

    \b
    race-equality open RJ1
    race-equality open
    race-equality open RJ1 --path
    """
    import webbrowser

    from race_equality.errors import RaceEqualityError
    from race_equality.project import find_project
    from race_equality.store.trusts import resolve_trust

    site = (output or find_project().root / "output") / "site"
    page, build = site / "index.html", "race-equality build"
    if trust_code is not None:
        code = resolve_trust(trust_code).code
        page, build = site / "trusts" / f"{code}.html", f"race-equality build {code}"
    if not page.is_file():
        raise RaceEqualityError(f"{page} has not been made yet. Make it: {build}")
    click.echo(str(page))
    if not only_path and not webbrowser.open(page.resolve().as_uri()):
        click.echo("No browser could be started here: open this file in one.", err=True)

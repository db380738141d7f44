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
@click.option("--serve", is_flag=True, help="Open it from a web server on this machine, until Ctrl-C.")
def open_(trust_code: str | None, output: Path | None, only_path: bool, serve: bool) -> None:
    """Open the report of TRUST_CODE in the browser, and print its path; without a code, the page with all trusts.

    \b
    race-equality open RJ1
    race-equality open
    race-equality open RJ1 --path
    race-equality open --serve

    The search and some scripts of Quarto's pages work from a web server alone (--serve); no other machine reaches it. Pages of
    the built-in renderer need none.
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
    if serve and not only_path:
        _serve(site, page.relative_to(site).as_posix())
        return
    click.echo(str(page))
    if not only_path and not webbrowser.open(page.resolve().as_uri()):
        click.echo("No browser could be started here: open this file in one.", err=True)


def _serve(site: Path, page: str) -> None:
    """Serve a site on this machine until Ctrl-C, and open a page of it."""
    import webbrowser
    from contextlib import suppress
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            """Print nothing of each file."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        address = f"http://127.0.0.1:{server.server_port}/{page}"
        click.echo(f"{address} (Ctrl-C ends it)")
        webbrowser.open(address)
        with suppress(KeyboardInterrupt):
            server.serve_forever()

"""``race-equality single-file``: a report that can be sent by e-mail, and the edition for the board alone."""

from __future__ import annotations

from pathlib import Path

import click

from race_equality.commands.codes import TRUST


@click.command("single-file")
@click.argument("code", type=TRUST)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The build's folder; output of the project without it.",
)
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file; without it single/CODE.html in the build's folder, or board-only/CODE.html.",
)
@click.option(
    "--board-only",
    is_flag=True,
    help="The edition for the trust's board, with every seat and pay band of its return, as HTML and PDF.",
)
def single_file(code: str, output: Path | None, to: Path | None, board_only: bool) -> None:
    """Write one trust's report as one HTML file.

    CODE is the trust's, such as RJ1; its report must have been built. The file opens without a network and
    without other files. Links to other pages of the site lead to the site's address where _quarto.yml
    gives one (website: site-url), and are plain words where it doesn't.

    With --board-only it is run again for the trust's board: very senior managers and the seats of the board are
    counted as in the statutory return, however few, and each page says that it is not for publication. It needs
    the trust's return (race-equality data template wres CODE). A PDF is written next to the HTML.

    A report with figures that are not public is not written where git would offer to commit it.

    \b
    race-equality single-file RJ1
    race-equality single-file RJ1 --to ~/mail/RJ1.html
    race-equality single-file RJ1 --board-only
    """
    from race_equality.errors import RaceEqualityError
    from race_equality.files import write_atomically
    from race_equality.project import find_project
    from race_equality.render.single_file import refuse_in_git
    from race_equality.render.single_file import single_file as make
    from race_equality.store.trusts import resolve_trust

    trust = resolve_trust(code)
    output = output or find_project().root / "output"
    to = to or output / ("board-only" if board_only else "single") / f"{trust.code}.html"
    written: dict[Path, str | bytes]
    if board_only:
        from race_equality.batch.board_edition import board_edition

        if to.resolve().is_relative_to((output / "site").resolve()):
            raise RaceEqualityError(f"{to} is in the site, which others read. Name a file outside it with --to.")
        edition = board_edition(trust, find_project())
        page = edition.html
        written = {to: page, to.with_suffix(".pdf"): edition.pdf}
    else:
        page = make(output / "project", f"trusts/{trust.code}.ipynb")
        written = {to: page}
    for file in written:
        refuse_in_git(file, page)
    try:
        for file, content in written.items():
            write_atomically(file, content)
    except OSError as error:
        raise RaceEqualityError(f"{to} cannot be written: {error.strerror}.") from None
    for file in written:
        click.echo(str(file))

"""``race-equality verify``: make a site again and compare each file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from race_equality.commands.codes import TRUST

if TYPE_CHECKING:
    from race_equality.publishing.verification import Verification


@click.command("verify")
@click.argument("site", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("trusts", nargs=-1, metavar="[TRUST]...", type=TRUST)
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Pages at once.  [default: the cores of this machine]"
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "fork", "default"]),
    default="auto",
    show_default=True,
    help="How kernels start, as for build.",
)
@click.option(
    "--signed-by",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Refuse an edition whose manifest is not signed by somebody in this list (allowed_signers of OpenSSH).",
)
@click.option("--limit", type=click.IntRange(min=1), default=40, show_default=True, help="Differences to print.")
def verify(
    site: Path, trusts: tuple[str, ...], jobs: int | None, engine: str, signed_by: Path | None, limit: int
) -> None:
    """Make a site again and name each file that differs, and why.

    SITE is an edition as `publish` put it, or the output folder of a build: a folder with manifest.json. The manifest
    names what the site was made from: figures, notebooks and settings with their hashes, parameters, versions, code.
    The site is made again from this project in a temporary folder, and each file is compared, byte for byte. SITE is
    only read. With TRUST only the pages of these trusts, and those on all, are made and compared.

    \b
    Examples:
      race-equality verify output                    the last build
      race-equality verify /srv/reports/2026-11      an edition
      race-equality verify /srv/reports/2026-11 RJ1  a sample of it, in a minute
      race-equality verify /srv/reports/2026-11 --signed-by allowed_signers

    \b
    Of each file that differs it says why:
      edited     it is not what the manifest has: somebody changed it after it was made
      missing    the site should have it
      extra      nothing makes it
      data/…     an input is another one here, or is not here; check out the commit of the edition
      pandas …   a library has another version here; requirements.lock of the edition's commit has the right one

    A banner that `publish` puts on the pages of an edition with a correction does not count.

    Exit status: 0 every file is the same, 1 some differ, 2 nothing could be compared, 130 interrupted.
    """
    from rich.console import Console

    from race_equality.batch.pool import usable_cores
    from race_equality.batch.progress import show_progress
    from race_equality.commands.main import SOME_PAGES_FAILED, engine_named
    from race_equality.project import find_project
    from race_equality.publishing.signature import signer_of
    from race_equality.publishing.verification import verify_site

    if signer := signer_of(site, signed_by):
        click.echo(f"manifest.json is signed by {signer}.")
    console = Console(stderr=True, highlight=False)
    found = verify_site(
        site,
        find_project(),
        trusts=trusts,
        jobs=jobs or usable_cores(),
        engine=engine_named(engine, console),
        show_progress=lambda pages: show_progress(pages, console),
    )
    for one in found.differences[:limit]:
        click.echo(f"{one.file}: {one.reason}")
    if len(found.differences) > limit:
        click.echo(f"… and {len(found.differences) - limit} more (--limit).")
    click.echo(_summary(found))
    if found.differences:
        raise click.exceptions.Exit(SOME_PAGES_FAILED)


def _summary(found: Verification) -> str:
    number = len(found.differences)
    if not number:
        lines = [f"{found.same} files made again: every byte is the same."]
        lines += [f"Without effect on them: {cause}." for cause in found.without_effect]
        return "\n".join(lines)
    return f"{found.same} files are the same, {number} {'differs' if number == 1 else 'differ'}."

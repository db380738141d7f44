"""``race-equality publish`` and ``changes``: editions at addresses that stay, and what changed between two."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Literal

import click

from race_equality.commands.codes import TRUST


@click.command("publish")
@click.argument("trusts", nargs=-1, metavar="[TRUST]...", type=TRUST)
@click.option(
    "--edition", metavar="NAME", help="Its year and month, such as 2026-11; a second one in a month is 2026-11-2."
)
@click.option("--to", "to", metavar="PLACE", required=True, help="The folder of all editions, or s3://bucket/reports.")
@click.option(
    "--address",
    metavar="URL",
    help="Where PLACE is on the web, which each page says.  [default: website: site-url in _quarto.yml]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that the site is built in.  [default: output/ in the project]",
)
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Pages at once.  [default: the cores of this machine]"
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A key of SSH to sign manifest.json with, such as ~/.ssh/id_ed25519: manifest.json.sig.",
)
@click.option(
    "--audit/--no-audit", default=True, help="Attack what the pages hide before they are published.  [default: audit]"
)
@click.option(
    "--verify", is_flag=True, help="Make the site a second time and compare each file, before it is published."
)
@click.option("--engine", type=click.Choice(["auto", "fork", "default"]), default="auto", help="As for build.")
@click.option("--renderer", type=click.Choice(["auto", "quarto", "built-in"]), default="auto", help="As for build.")
def publish(
    trusts: tuple[str, ...],
    edition: str | None,
    to: str,
    address: str | None,
    output: Path | None,
    jobs: int | None,
    key: Path | None,
    audit: bool,
    verify: bool,
    engine: str,
    renderer: Literal["auto", "quarto", "built-in"],
) -> None:
    """Put an edition at an address that never changes.

    The site is built, each page saying its edition, its permanent address and how to cite it, and put to PLACE as a whole:

    \b
      PLACE/2026-11/             the edition, with manifest.json: what it was made from
      PLACE/2026-11/changes.html what changed since the edition before; changes.csv has all
      PLACE/2026-11/assurance.html   what was checked, with what outcome, and who signed it
      PLACE/2026-11/ro-crate-metadata.json, sbom.cdx.json    what ran on what, and by which software, for programs
      PLACE/latest               leads to the newest edition
      PLACE/corrections.html     what was found wrong in any edition since
      PLACE/index.html           all editions

    \b
    Examples:
      race-equality publish --edition 2026-11 --to /srv/reports --address https://reports.example.nhs.uk
      race-equality publish --edition 2026-11 --to s3://bucket/reports
      race-equality publish --to /srv/reports        after a change of corrections.yml

    An edition that stands is never overwritten. Without --edition nothing is built: what corrections.yml says was found
    wrong goes to the top of the pages of its edition, and no other byte of them changes.

    \b
    corrections.yml in the project's folder:
      corrections:
        - edition: 2026-11
          found: 2026-12-03
          trust: RJ1                 # left out for what concerns all trusts
          indicator: wres_8
          was: 12.4%
          now: 14.2%
          what: The publisher corrected the workbook on 2 December 2026.

    \b
    assurance.yml, before it is published, for who answers for it:
      assurance:
        - edition: 2026-11
          name: A. Name
          role: Head of analysis
          signed: 2026-11-28
          checked: Read the reports of ten trusts against the publications.
          data: "1a2b3c4d"           # the version of the data, on the page Methods and words

    Interrupted at any moment, the last good state stands, and the same command goes on. `race-equality audit output
    --against PLACE/latest` first tells whether two editions together would disclose what each hides. Exit status: 0
    published, 2 not, 130 interrupted.
    """
    from rich.console import Console

    from race_equality.batch.build import BuildOptions
    from race_equality.batch.plan import plan_build
    from race_equality.batch.pool import usable_cores
    from race_equality.batch.progress import show_progress
    from race_equality.commands.main import engine_named
    from race_equality.project import find_project
    from race_equality.publishing.places import LATEST, open_place
    from race_equality.publishing.publish import bring_up_to_date
    from race_equality.publishing.publish import publish as put

    project = find_project()
    console = Console(stderr=True, highlight=False)
    if edition is None:
        if trusts:
            raise click.UsageError("Trusts are for a new edition: name it with --edition.")
        number, of = bring_up_to_date(open_place(to), address=address, project=project)
        said = (
            f"{number} {'correction' if number == 1 else 'corrections'} of {of} {'edition' if of == 1 else 'editions'}"
        )
        click.echo(f"On the pages, and in {to.rstrip('/')}/corrections.html: {said}.")
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = BuildOptions(
        output=output if output is not None else project.root / "output",
        jobs=jobs or usable_cores(),
        engine=engine_named(engine, console),
        renderer=renderer,
    )
    plan = plan_build(trusts, project=project)
    for note in plan.notes:
        console.print(note, markup=False)
    done = put(
        edition,
        open_place(to),
        plan,
        options,
        address=address,
        key=key,
        audit=audit,
        verify=verify,
        project=project,
        show_progress=lambda pages: show_progress(pages, console),
    )
    if done.build is None:
        click.echo(f"Edition {edition} stood already; what was left to do after it is done.")
    else:
        click.echo(f"Edition {edition}: {done.files} files in {to.rstrip('/')}/{edition}.")
    if not done.is_signed:
        click.echo("Nobody has signed it, as its assurance statement says: assurance.yml is for who does.")
    click.echo(f"Its address: {done.edition.address_of('index.html')}")
    click.echo(f"{to.rstrip('/')}/{LATEST} leads to edition {done.latest}.")


@click.command("changes")
@click.argument("before", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("after", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("trusts", nargs=-1, metavar="[TRUST]...", type=TRUST)
@click.option("--csv", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write all changes to a file.")
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Changes of each kind to print."
)
def changes(before: Path, after: Path, trusts: tuple[str, ...], file: Path | None, limit: int) -> None:
    """Say what changed from one edition to another, by trust and indicator.

    BEFORE and AFTER are folders of editions, or output folders of builds. Named are revised and new figures, findings that
    are computed otherwise, readings that turned, and figures no longer given: the old, the new, and the publication that
    moved it.

    \b
    Examples:
      race-equality changes /srv/reports/2026-10 /srv/reports/2026-11
      race-equality changes /srv/reports/2026-10 output RJ1       before it is published
      race-equality changes /srv/reports/2026-10 /srv/reports/2026-11 --csv changes.csv
    """
    from race_equality.files import write_atomically
    from race_equality.publishing.changes import KINDS, changes_between, changes_csv, counted

    found = changes_between(before, after, trusts)
    click.echo(counted(found))
    for words, names in (("New", found.trusts_come), ("No longer there", found.trusts_gone)):
        if names:
            click.echo(f"{words}: {', '.join(names)}.")
    for kind in KINDS:
        of_kind = found.of_kind(kind)
        for one in of_kind[:limit]:
            group = f", {one.group}" if one.group else ""
            moved = f"{one.old} -> {one.new}" if one.old and one.new else one.new or one.old
            click.echo(f"{kind}: {one.trust_code} {one.name}{group}, to {one.period_end}: {moved} ({one.publication})")
        if len(of_kind) > limit:
            click.echo(f"… and {len(of_kind) - limit:,} more of {kind} (--limit, --csv).")
    for otherwise in found.made_otherwise:
        click.echo(f"Made otherwise: {otherwise}.")
    if file is not None:
        write_atomically(file, changes_csv(found))
        click.echo(f"All are in {file}.")

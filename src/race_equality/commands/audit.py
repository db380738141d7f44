"""``race-equality audit``: what a built site discloses of the figures it hides."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("audit")
@click.argument("site", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option("--outsider", is_flag=True, help="Use nothing but the site, as somebody outside would.")
@click.option(
    "--against",
    type=click.Path(file_okay=False, path_type=Path),
    help="An earlier published site: the two together must not disclose what each hides.",
)
@click.option("-j", "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Files at once.")
@click.option("--limit", type=click.IntRange(min=1), default=40, show_default=True, help="Problems to print.")
def audit(site: Path | None, outsider: bool, against: Path | None, jobs: int, limit: int) -> None:
    """Try to recover what a built site hides.

    SITE is the folder that is published; output/site of the project without it. Everything in it is read:
    pages and their attributes, pictures, PDFs with attachments, notebooks with outputs and metadata,
    downloads. The whole output folder of a build can be given as well: then its log, its manifest and
    notebooks that failed are read too. Exit status: 0 nothing recovered, 1 something was, 2 the site could not be audited.
    """
    from race_equality.project import find_project

    site = site if site is not None else find_project().root / "output" / "site"
    if outsider:
        from race_equality.audit.site import audit_site
        from race_equality.disclosure.rules import read_rules

        result = audit_site(site, rules=read_rules(), against=against, jobs=jobs)
    else:
        from race_equality.audit.own_figures import audit_with_own_figures

        result = audit_with_own_figures(site, find_project(), against=against, jobs=jobs)
    for problem in result.problems[:limit]:
        click.echo(str(problem))
    if len(result.problems) > limit:
        click.echo(f"… and {len(result.problems) - limit} more (--limit).")
    read = f"{result.files} files read, {result.hidden} hidden cells attacked"
    if result.problems:
        click.echo(f"{read}: {len(result.problems)} problems.", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"{read}: nothing recovered.")

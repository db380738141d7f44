"""``race-equality docs``: the documentation as a site."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click


@click.command("docs")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the site; output/docs of the checkout without it.",
)
@click.option(
    "--renderer",
    type=click.Choice(["auto", "quarto", "built-in"]),
    default="auto",
    show_default=True,
    help="auto is Quarto if it is on the PATH, and else the built-in renderer.",
)
def docs(output: Path | None, renderer: Literal["auto", "quarto", "built-in"]) -> None:
    """Make the documentation as a site.

    The pages of docs/, README.md and the like become a site with a reference: what each command prints with --help, each
    indicator from the registry, and each public function from its docstring. A link that leads to nothing is an error
    that names the page; the site of an earlier run then stays.

    \b
    race-equality docs
    race-equality docs --output ~/race-equality-docs
    """
    from race_equality.commands.main import main
    from race_equality.documentation.site import render_documentation
    from race_equality.project import find_project

    project = find_project()
    target = output or project.root / "output" / "docs"
    pages = render_documentation(project, target, main, renderer=renderer)
    click.echo(f"{len(pages)} pages; open {target / 'index.html'}")

"""Begin a notebook of one's own: a page of the next build, with its golden copy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from race_equality.commands.golden import copies_of, make_copies
from race_equality.errors import InputError
from race_equality.files import write_atomically
from race_equality.project import find_project
from race_equality.render.staging import EXECUTED

if TYPE_CHECKING:
    from nbformat import NotebookNode

_ABOUT_ALL = [
    ("raw", "---\ntitle: {title}\n---"),
    (
        "markdown",
        "What this page asks, and why, in one or two sentences. The cells below answer a first question: change them to yours. "
        "`help(re)` names what there is to ask with.",
    ),
    ("parameters", '# Which of WRES 5 to 8; papermill may set another: -p measure wres_7\nmeasure = "wres_8"'),
    (
        "code",
        """\
import pandas as pd

import race_equality as re
from race_equality import analysis
from race_equality.notebook import Prose, show_chart, show_table
from race_equality.report import chart_builders, words

name = re.indicators().set_index("id").loc[measure, "name"]
gaps = analysis.staff_experience(re.figures())  # published figures, without those of too few people
gaps = gaps[(gaps["indicator"] == measure) & (gaps["status"] == "ok")]
table = re.trusts().merge(gaps, on="trust_code")
period = f"autumn {table['period_end'].max():%Y}\"""",
    ),
    ("markdown", "## What is seen"),
    (
        "code",
        """\
clear = ((table["gap_lower"] > 0) | (table["gap_upper"] < 0)).sum()
Prose(
    f"{name}: the share of ethnic minority staff is above that of White staff in {(table['gap'] > 0).sum()} of {len(table)} "
    f"trusts. In {clear} the 95% confidence interval of the gap leaves out zero."
)""",
    ),
    (
        "code",
        """\
rows = table.assign(x=table["white_percent"], y=table["ethnic_minority_percent"], series="Trusts")
rows["said"] = [f"White {words.percent(row.x)}, ethnic minority {words.percent(row.y)}" for row in rows.itertuples()]
show_chart(
    chart_builders.scatter_chart(
        rows, x_title="White staff (%)", y_title="Ethnic minority staff (%)", series=["Trusts"]
    ),
    id="fig-groups",
    caption=f"{name}, by ethnic group, {len(rows)} trusts, {period}. Source: NHS Staff Survey.",
    alt_text=f"Each dot is a trust, by the share of its White staff and of its ethnic minority staff. {name}.",
)""",
    ),
    (
        "code",
        """\
by_kind = table.groupby("kind")["gap"]
show_table(
    pd.DataFrame({
        "kind": [kind.capitalize() for kind in by_kind.groups],
        "trusts": by_kind.size().astype(str).tolist(),
        "gap": [words.points(gap) for gap in by_kind.median()],
    }),
    id="tbl-kinds",
    caption=f"{name}: median gap, ethnic minority minus White, by kind of trust, {period}",
    columns={"kind": "Kind of trust", "trusts": "Trusts", "gap": "Median gap (points)"},
    numbers=["trusts", "gap"],
)""",
    ),
]

_FOR_EACH = [
    ("raw", "---\ntitle: {title}\n---"),
    ("parameters", '# The trust this page is for: a build sets it for each trust.\ntrust_code = "R1H"'),
    (
        "code",
        """\
import pandas as pd

import race_equality as re
from race_equality.notebook import Prose, resolve_trust, show_table
from race_equality.report import words

trust = resolve_trust(trust_code)
measure = "staff_survey_q15"  # re.indicators() lists measures
name = re.indicators().set_index("id").loc[measure, "name"]
figures = re.figures(measure, demonstration=trust.is_demonstration)  # without those of too few people
own = figures[(figures["trust_code"] == trust.code) & (figures["status"] == "ok")].sort_values("period_end")""",
    ),
    ("code", 'Prose(f"[The trust’s board report](../trusts/{trust.code}.html)")'),
    (
        "markdown",
        "What this page asks of a trust, and why, in one or two sentences. The cells below answer a first question: change them "
        "to yours.",
    ),
    (
        "code",
        """\
source = "Invented figures." if trust.is_demonstration else "Source: NHS Staff Survey."
if own.empty:
    output = Prose(f"{name}: no figure of {trust.name} is published.")
else:
    output = show_table(
        pd.DataFrame({
            "survey": [f"Autumn {day:%Y}" for day in own["period_end"]],
            "group": own["group"],
            "value": [words.percent(value) for value in own["value"]],
            "people": [words.people(people) for people in own["denominator"]],
        }),
        id="tbl-years",
        caption=f"{name}, {trust.name}. {source}",
        columns={"survey": "Survey", "group": "Group", "value": "Share", "people": "People who answered"},
        numbers=["value", "people"],
        people=["people"],
    )
output""",
    ),
]


@click.command("new-notebook")
@click.argument("name", metavar="NAME")
@click.option("--title", help="The page's title; by default NAME with spaces.")
@click.option(
    "--per-trust", is_flag=True, help="A page for each trust, as the board report is, and not one on all trusts."
)
def new_notebook(name: str, title: str | None, per_trust: bool) -> None:
    """Begin a notebook of your own, which is a page of the next build.

    NAME is that of the file: `new-notebook training_by_region` writes notebooks/training_by_region.ipynb, a line in the
    navigation of _quarto.yml, and the golden copy that tests compare. It runs as it is. Open it with
    `race-equality lab`, put your question in, and run `race-equality golden training_by_region` when it is answered.

    With --per-trust a build runs it for every trust, with the parameter trust_code, to trusts/R1H-training_by_region.html,
    which the first page lists with the trust.
    """
    import nbformat

    project = find_project()
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,59}", name):
        raise click.BadParameter(
            "Use small letters, digits and _, beginning with a letter, such as training_by_region.", param_hint="NAME"
        )
    path = project.notebooks / f"{name}.ipynb"
    if path.exists():
        raise InputError(
            "It is there already.", file=str(path), mend="Choose another name, or open it: race-equality lab"
        )
    title = " ".join((title or name.replace("_", " ").capitalize()).split())
    write_atomically(path, nbformat.writes(_notebook(_FOR_EACH if per_trust else _ABOUT_ALL, title)) + "\n")
    click.echo(f"Wrote {path.relative_to(project.root)}.")
    if not per_trust:
        configuration = project.root / "_quarto.yml"
        changed = with_navigation(
            configuration.read_text(encoding="utf-8"), title, f"{EXECUTED}/notebooks/{name}.ipynb"
        )
        if changed is None:
            click.echo(
                f"_quarto.yml has no navbar with a list `left`: add {EXECUTED}/notebooks/{name}.ipynb to its navigation."
            )
        else:
            write_atomically(configuration, changed)
            click.echo("Wrote its line in the navigation of _quarto.yml.")
    click.echo("Running it for its golden copy ...")
    for copy in make_copies(copies_of(name, project), project):
        click.echo(f"Wrote {copy.relative_to(project.root)}.")
    click.echo(
        f"Next: race-equality lab, and ask your question in notebooks/{name}.ipynb. "
        f"Then: race-equality golden {name}, and race-equality build{' R1H' if per_trust else ''}."
    )


def _notebook(template: list[tuple[str, str]], title: str) -> NotebookNode:
    import json

    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

    makers = {"raw": new_raw_cell, "markdown": new_markdown_cell, "code": new_code_cell, "parameters": new_code_cell}
    cells = []
    for number, (kind, source) in enumerate(template, 1):
        # as JSON it is YAML too, whatever is in it
        text = source.replace("{title}", json.dumps(title, ensure_ascii=False)) if kind == "raw" else source
        cell = makers[kind](text, id=f"cell-{number}")
        if kind == "parameters":
            cell.metadata.tags = ["parameters"]
        cells.append(cell)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def with_navigation(configuration: str, title: str, notebook: str) -> str | None:
    """Add a page at the end of the navigation, and keep all else as it is, comments too.

    Parameters
    ----------
    configuration : str
        ``_quarto.yml``.
    title, notebook : str

    Returns
    -------
    str or None
        None when there is no navigation to add to.
    """
    import json

    found = re.search(r"^  navbar:\n(?:    .*\n|\n)*?    left:\n((?:      .*\n)+)", configuration, re.MULTILINE)
    if not found:
        return None
    line = f"      - text: {json.dumps(title, ensure_ascii=False)}\n        href: {notebook}\n"
    return configuration[: found.end()] + line + configuration[found.end() :]

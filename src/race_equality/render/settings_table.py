"""The table of what the built-in renderer does with Quarto's settings.

    python -m race_equality.render.settings_table

writes ``docs/quarto_settings.md`` from the code that decides it.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from race_equality.project import find_project
from race_equality.render import cell_options
from race_equality.render.quarto_settings import (
    FIELDS_FOLLOWED,
    FIELDS_NOT_APPLICABLE,
    FIELDS_REFUSED,
    FILES_REFUSED,
    FOLLOWED,
    NOT_APPLICABLE,
    REFUSED,
)


def table() -> str:
    """Make the document that lists what is done with each.

    Returns
    -------
    str
        Markdown.
    """

    def row(name: str, *kinds: Collection[str]) -> str:
        cells = (", ".join(f"`{one}`" for one in sorted(kind)) for kind in kinds)
        return f"| {name} | {' | '.join(cells)} |"

    none: frozenset[str] = frozenset()
    sections = [
        row(
            f"`{section}`" if section else "top",
            FOLLOWED.get(section, none),
            REFUSED.get(section, none),
            NOT_APPLICABLE.get(section, none),
        )
        for section in dict.fromkeys((*FOLLOWED, *REFUSED, *NOT_APPLICABLE))
    ]
    return "\n".join(
        [
            "# What the built-in renderer does with Quarto's settings",
            "",
            "Quarto takes them all: `--renderer quarto` refuses nothing that Quarto takes. The built-in renderer follows those of the",
            "first column. It refuses those of the second, and any other that is not listed, before a notebook runs or when it reads the",
            "page: it names the setting, its file and its line. Those of the last are of Quarto's own frame, search and runs, which it",
            "does not have; they change nothing. `python -m race_equality.render.settings_table` writes this page from the code that",
            "decides, and `tests/unit/render/test_quarto_settings.py` tries each.",
            "",
            "## In `_quarto.yml`",
            "",
            "A format of an extension (`race-equality-html`, `acme-typst`) is what it rests on, with what `_extensions/NAME/_extension.yml`",
            "contributes: `contributes: formats: common` as if it stood at the top, `html` and `typst` as below `format`. The project's own settings",
            "count more, and lists are continued. What an extension asks for and is not followed is named with that file and its line.",
            "",
            "Of `filters`, `theme`, `template-partials` and `ipynb-filters` the built-in renderer has those of the extension `race-equality`, and",
            "refuses others by their names. The links of a navigation menu stand one after the other.",
            "",
            "| section | followed | refused | not applicable |",
            "|---|---|---|---|",
            *sections,
            "",
            "## At the top of a page or a notebook",
            "",
            "| | followed | refused | not applicable |",
            "|---|---|---|---|",
            row("fields", FIELDS_FOLLOWED, FIELDS_REFUSED, FIELDS_NOT_APPLICABLE),
            "",
            "## Options of a code cell",
            "",
            "They stand in the first lines of a cell: `#| label: fig-staff`. `echo`, `output` and `include` stand under `execute:` of a page or the",
            "project as well. A figure or table with a label counts with the notebook's own in one count.",
            "",
            "| | followed | refused | not applicable |",
            "|---|---|---|---|",
            row("options", cell_options.FOLLOWED, cell_options.REFUSED, cell_options.WITHOUT_EFFECT),
            "",
            "## Files and text",
            "",
            f"{' and '.join(f'`{name}`' for name in FILES_REFUSED)} are refused. `_variables.yml` is read by shortcodes alone, and the built-in renderer",
            "refuses a shortcode by its name, with cell and line. It does not run code in a page (`.qmd`) either: such a page is refused.",
            "`$a+b$` is plain text in it.",
            "",
        ]
    )


if __name__ == "__main__":
    (find_project(Path.cwd()).root / "docs" / "quarto_settings.md").write_text(table(), encoding="utf-8")

"""The options of a code cell (``#| label: fig-staff``), as Quarto has them, in the built-in renderer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from race_equality.errors import InputError

#: Options that the page follows.
FOLLOWED = frozenset({"label", "fig-cap", "fig-alt", "tbl-cap", "echo", "output", "include"})

#: Options of running the notebook, which is over, and of text that reports do not show (what is printed).
WITHOUT_EFFECT = frozenset(
    {
        "eval",
        "warning",
        "error",
        "message",
        "cache",
        "freeze",
        "fig-width",
        "fig-height",
        "fig-dpi",
        "fig-format",
        "df-print",
    }
)

#: Options of Quarto that the page would show and that are refused; so is any other that is not named above.
REFUSED = frozenset(
    """
    attr-output attr-source cap-location class-output class-source classes code-fold code-line-numbers code-overflow
    code-summary collapse column comment content expandable export fig-align fig-asp fig-cap-location fig-column fig-link
    fig-pos fig-scap fig-subcap file html-table-processing id layout layout-align layout-ncol layout-nrow layout-valign
    lst-cap lst-label out-height out-width output-location panel prompt renderings results tags tbl-cap-location
    tbl-column tbl-colwidths tbl-subcap title
    """.split()
)


def split_options(source: str, *, file: Path | str, cell: int) -> tuple[dict[str, Any], str]:
    """Read the options in the first lines of a cell.

    Parameters
    ----------
    source : str
        The cell's.
    file : Path or str
        Its notebook, for errors.
    cell : int
        Its number in the notebook, from 1, for errors.

    Returns
    -------
    options : dict
    code : str
        The lines after them.

    Raises
    ------
    InputError
        When they are not YAML, or one is not followed: its name and line are in the message.
    """
    lines = source.splitlines()
    count = next((number for number, line in enumerate(lines) if not line.startswith("#|")), len(lines))
    code = "\n".join(lines[count:])
    if not count:
        return {}, code
    where = f"Cell {cell}, line "
    try:
        options = yaml.safe_load("\n".join(line[2:].removeprefix(" ") for line in lines[:count]))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError(
            f"{where}{mark.line + 1 if mark else 1}: the options (#|) are not YAML: {getattr(error, 'problem', error)}.",
            file=file,
        ) from None
    if options is None:
        return {}, code
    if not isinstance(options, dict):
        raise InputError(f"{where}1: the options (#|) are not a list of names and values.", file=file)
    for name, value in options.items():
        line = next((n for n, text in enumerate(lines, 1) if text[2:].strip().startswith(f"{name}:")), 1)
        needed = {"fig-cap": "fig-", "tbl-cap": "tbl-"}.get(str(name), "")
        if name not in FOLLOWED | WITHOUT_EFFECT or isinstance(value, list | dict):
            raise InputError(
                f"{where}{line}: the built-in renderer does not follow the option {name}"
                f"{' with several values' if name in FOLLOWED else ''}.",
                file=file,
                mend="Take it out, or render with Quarto (--renderer quarto).",
            )
        if name == "tbl-cap" and not str(options.get("label", "")).startswith(needed):
            raise InputError(
                f"{where}{line}: the built-in renderer shows a {name} where the cell has a label that begins with {needed}",
                file=file,
                mend=f"Add `#| label: {needed}…`, or render with Quarto (--renderer quarto).",
            )
    return options, code


def captioned(outputs: Sequence[str], options: Mapping[str, Any]) -> list[str]:
    """Give the outputs of a cell its label and caption.

    Parameters
    ----------
    outputs : sequence of str
        Markdown.
    options : mapping
        Of the cell.

    Returns
    -------
    list of str
        Markdown: a figure or table that is numbered and can be referred to, if the cell's label begins with ``fig-`` or
        ``tbl-``.
    """
    label = str(options.get("label") or "")
    kind = label[:3] if label.startswith(("fig-", "tbl-")) else ""
    caption = _line(options.get(f"{kind or 'fig'}-cap"))
    alternative = _line(options.get("fig-alt")).replace("\\", "\\\\").replace('"', '\\"')
    attributes = " ".join([f"#{label}"] * bool(kind) + [f'fig-alt="{alternative}"'] * bool(alternative))
    if not attributes and not caption or not outputs:
        return list(outputs)
    if kind != "tbl" and len(outputs) == 1 and outputs[0].startswith("![]("):
        return [f"![{caption}]{outputs[0].removeprefix('![]')}{{{attributes}}}"]
    if not kind:
        return list(outputs)
    return [f"::: {{{attributes}}}", *outputs, caption, ":::"]


def _line(text: object) -> str:
    return " ".join(str(text or "").split())

"""Write and read the fields at the top of a page (its front matter).

Apart from the rest of rendering, because executed notebooks depend on it and on nothing else there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from race_equality.errors import InputError
from race_equality.markdown import as_text

if TYPE_CHECKING:
    from nbformat import NotebookNode

_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\Z", re.DOTALL)


def set_front_matter(notebook: NotebookNode, **fields: Any) -> NotebookNode:
    """Fill in an executed notebook's title, subtitle and the like.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place. Its front matter is the YAML of its first cell, which is raw; a notebook
        without one gets one.
    **fields
        Names with hyphens are given with underscores (``short_title``). ``title`` is the trust's
        name and ``subtitle`` what the page is; both are plain text, and what Markdown would take
        for markup in them is escaped. ``trust`` is what the site's list of trusts shows: a mapping
        with ``code``, ``name``, ``region`` and ``kind``. None removes a field.

    Returns
    -------
    NotebookNode
        The same notebook.

    Examples
    --------
    >>> import nbformat.v4
    >>> notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_raw_cell("---\\ntitle: Report\\n---")])
    >>> print(set_front_matter(notebook, title="Leeds Teaching Hospitals NHS Trust").cells[0].source)
    ---
    title: Leeds Teaching Hospitals NHS Trust
    ---
    """
    import nbformat.v4

    cells = notebook.cells
    has_one = bool(cells) and cells[0].cell_type == "raw" and _FRONT_MATTER.match(cells[0].source.strip())
    front_matter = _read_front_matter(cells[0].source, "notebook") if has_one else {}
    for name, value in fields.items():
        name = name.replace("_", "-")
        if value is None:
            front_matter.pop(name, None)
        else:
            front_matter[name] = as_text(value) if name in ("title", "subtitle") else value
    text = yaml.safe_dump(front_matter, allow_unicode=True, sort_keys=False, width=1000)
    source = f"---\n{text}---"
    if has_one:
        cells[0].source = source
    else:
        cell = nbformat.v4.new_raw_cell(source)
        # a constant id, so that two runs give the same file
        cell["id"] = "front-matter"
        cells.insert(0, cell)
    return notebook


def read_front_matter(file: Path) -> dict[str, Any]:
    """Read the front matter of a notebook or of a ``.qmd`` file.

    Parameters
    ----------
    file : Path

    Returns
    -------
    dict

    Raises
    ------
    InputError
        When it is not YAML.
    """
    if file.suffix != ".ipynb":
        return split_front_matter(file)[0]
    return front_matter_of(_first_cell(file) or next(iter(read_cells(file)), {}), file)


def front_matter_of(first: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """Read the front matter in the first cell of a notebook; empty when it has none."""
    source = joined(first.get("source", ""))
    if first.get("cell_type") == "raw" and _FRONT_MATTER.match(source.strip()):
        return _read_front_matter(source, file)
    return {}


def _first_cell(file: Path) -> dict[str, Any] | None:
    """Read the first cell without the rest: the list of trusts looks at every report."""
    try:
        with open(file, encoding="utf-8") as notebook:
            start = re.match(r'\s*\{\s*"cells"\s*:\s*\[\s*', head := notebook.read(8192))
            return json.JSONDecoder().raw_decode(head, start.end())[0] if start else None
    except (OSError, ValueError):  # longer than that, or not a notebook: read the whole file, which reports mistakes
        return None


def read_cells(file: Path) -> list[dict[str, Any]]:
    """Read the cells of a notebook."""
    try:
        notebook = json.loads(file.read_text(encoding="utf-8"))
        return [dict(cell) for cell in notebook["cells"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"It is not a notebook ({error}).", file=file, mend="Run the notebook again.") from None


def split_front_matter(file: Path) -> tuple[dict[str, Any], str]:
    """Return the front matter of a ``.qmd`` file and the text after it."""
    text = file.read_text(encoding="utf-8")
    match = re.match(r"\A---\s*\n(.*?\n)---\s*\n", text, re.DOTALL)
    if not match:
        return {}, text
    return _read_front_matter(match[0], file), text[match.end() :]


def _read_front_matter(source: str, file: Path | str) -> dict[str, Any]:
    try:
        front_matter = yaml.safe_load(source.strip().strip("-"))
    except yaml.YAMLError as error:
        raise InputError(
            f"Its front matter is not YAML: {getattr(error, 'problem', None) or error}.", file=file
        ) from None
    if front_matter is None:
        return {}
    if not isinstance(front_matter, dict):
        raise InputError("Its front matter is not a list of fields.", file=file)
    return front_matter


def joined(source: str | list[str]) -> str:
    """Return a cell's source as one text, whichever way the file has it."""
    return source if isinstance(source, str) else "".join(source)

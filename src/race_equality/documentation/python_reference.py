"""The reference of the Python functions, from their docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

from race_equality.errors import RaceEqualityError

if TYPE_CHECKING:
    import griffe


@dataclass(frozen=True)
class ReferencePage:
    """A page of the reference.

    Parameters
    ----------
    name : str
        Of its file, without an ending.
    title : str
    modules : tuple of str
        Modules whose public names it lists, those in ``__all__``; a package ending in ``.*`` stands for its modules.
    """

    name: str
    title: str
    modules: tuple[str, ...]


#: What others may import. What is in no ``__all__`` here can change without notice.
PYTHON_PAGES = (
    ReferencePage("python", "Figures and findings: import race_equality", ("race_equality",)),
    ReferencePage("python_analysis", "Analyses: race_equality.analysis", ("race_equality.analysis",)),
    ReferencePage("python_notebook", "What notebooks use: race_equality.notebook", ("race_equality.notebook",)),
    ReferencePage("python_statistics", "Statistics: race_equality.statistics", ("race_equality.statistics.*",)),
)

_ROLE = re.compile(r":(?:func|class|data|mod|meth|attr):`~?([^`<]+)`")


def python_pages(source: Path) -> dict[str, str]:
    """Write the pages of :data:`PYTHON_PAGES`.

    Parameters
    ----------
    source : Path
        The folder that the package is in, such as ``src``. Nothing of it is imported.

    Returns
    -------
    dict of str to str
        Name of a page to its text, in Markdown for Pandoc.

    Raises
    ------
    RaceEqualityError
        Where griffe is not installed, or a public name has no docstring.
    """
    try:
        import griffe
    except ImportError:
        raise RaceEqualityError(
            "The reference is written with griffe, which is not installed: pip install 'race-equality[docs]'."
        ) from None
    package = griffe.load("race_equality", search_paths=[source], docstring_parser="numpy", resolve_aliases=True)
    assert isinstance(package, griffe.Module)
    return {page.name: _as_markdown(f"# {page.title}", _entries(package, page)) for page in PYTHON_PAGES}


def _as_markdown(heading: str, restructured: Iterator[str]) -> str:
    """Translate docstrings, which are reStructuredText, by Pandoc: one call a page."""
    import pypandoc

    text = pypandoc.convert_text(
        _ROLE.sub(r"``\1``", "\n\n".join(restructured)),
        "markdown-simple_tables-multiline_tables-grid_tables",
        "rst",
        ["--wrap=none", "--shift-heading-level-by=1"],
    )
    return f"{heading}\n\n{text}"


def _entries(package: griffe.Module, page: ReferencePage) -> Iterator[str]:
    for name in page.modules:
        path = name.removeprefix("race_equality").strip(".")
        if path.endswith(".*"):
            folder = package[path.removesuffix(".*")]
            for _, module in sorted(folder.modules.items()):
                if module.exports:
                    yield _heading(module.name, "-")
                    yield _docstring(module)
                    yield from _members(module, "~")
        else:
            module = package[path] if path else package
            yield _docstring(module)
            yield from _members(module, "-")


def _members(module: Any, underline: str) -> Iterator[str]:
    for export in sorted(map(str, module.exports or ()), key=str.casefold):
        if export.startswith("__"):
            continue
        member = module.members[export]
        if member.is_module:  # a function of the same name as its module
            member = member.members[export]
        member = member.final_target if member.is_alias else member
        if member.is_attribute:
            continue
        yield _heading(export, underline)
        yield from _object(member)


def _heading(text: str, underline: str) -> str:
    return f"{text}\n{underline * len(text)}"


def _object(member: Any) -> Iterator[str]:
    if not member.docstring:
        raise RaceEqualityError(f"{member.path} is public and has no docstring.")
    signature = member.signature() if member.is_function else _signature_of_class(member)
    yield f".. code:: python\n\n{indent(_in_lines(signature), '   ')}"
    yield _docstring(member)
    for name, method in member.members.items() if member.is_class else ():
        if not name.startswith("_") and (method.is_function or "property" in method.labels) and method.docstring:
            yield f"``{name}``" + (f": ``{method.signature()}``" if method.is_function else "")
            yield _docstring(method)


def _signature_of_class(member: Any) -> str:
    fields = [
        f"{name}: {field.annotation}" + (f" = {field.value}" if field.value is not None else "")
        for name, field in member.members.items()
        if field.is_attribute and field.annotation is not None and "property" not in field.labels
    ]
    return f"class {member.name}({', '.join(fields)})"


#: An example of an interpreter's session, up to an empty line.
_EXAMPLE = re.compile(r"^>{3} .*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
_NOTHING = "\\ "

#: Longer signatures are written with a line for each parameter.
_WIDTH = 72


def _in_lines(signature: str) -> str:
    if len(signature) <= _WIDTH:
        return signature
    before, _, rest = signature.partition("(")
    inside, _, after = rest.rpartition(")")
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(inside):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append(inside[start:position].strip())
            start = position + 1
    parts.append(inside[start:].strip())
    return f"{before}(\n" + "".join(f"    {part},\n" for part in parts if part) + f"){after}"


def _docstring(member: Any) -> str:
    if not member.docstring:
        return ""
    return "\n\n".join(part for section in member.docstring.parsed for part in _section(section))


def _section(section: Any) -> Iterator[str]:
    kind, value = section.kind.value, section.value
    if kind == "text":
        yield _plain(value)
    elif kind == "examples":
        yield "**Examples**"
        for part, text in value:
            yield text if part.value == "text" else f".. code:: python\n\n{indent(text, '   ')}"
    elif kind == "admonition":
        yield f"**{section.title or value.kind.capitalize()}**"
        yield _plain(value.contents)
    elif isinstance(value, list):
        yield f"**{(section.title or kind).capitalize()}**"
        yield "\n".join(_item(item) for item in value)
    else:
        yield str(value)


def _plain(text: str) -> str:
    """Escape the bars of absolute values, which reStructuredText takes for substitutions, and mark examples as code."""
    parts = re.split(r"(``.*?``)", text, flags=re.DOTALL)
    parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
    return _EXAMPLE.sub(lambda found: f".. code:: python\n\n{indent(found[0], '   ')}", "".join(parts))


def _item(item: Any) -> str:
    name = getattr(item, "name", None) or ""
    annotation = str(item.annotation or "").replace(" - like", "-like")  # griffe reads it as a difference
    term = " : ".join(f"``{part}``" for part in (name, annotation) if part) or "``None``"
    # a definition needs a text
    return f"{term}\n{indent(_plain(item.description.strip()) or _NOTHING, '   ')}\n"

"""The HTML of a notebook's outputs as typst, for the PDFs of the built-in renderer.

Pandoc reads HTML letter by letter, which took half the time of a report. The HTML of the outputs is
well formed and has few elements, so the standard library's XML parser reads it in a hundredth of the
time. All other HTML is left to Pandoc.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from race_equality.render.extension import html_outputs

_VOID = re.compile(r"<(img|br|wbr|col|hr)\b([^<>]*?)\s*/?>")
_COMMENT = re.compile(r"<!--(?:(?!--).)*-->", re.DOTALL)
_CHART = re.compile(r'<script type="application/json"[^>]*>[^<]*</script>')
_SPACE = re.compile(r"[ \t\r\n]+")
_BOARD_PART = re.compile(r"board-[a-z]+(?: |$)")
_SHARE = re.compile(r"width: ([\d.]+)%")

#: The width between the margins of typst-template.typ, in CSS pixels (96 to the inch).
_TEXT_WIDTH_PX = 640

_INLINE = {"strong": "strong", "b": "strong", "em": "emph", "i": "emph", "sub": "sub", "sup": "super"}


class _UntranslatedHtml(Exception):
    """HTML that Pandoc must read."""


@dataclass(frozen=True)
class _Names:
    """What figures and tables are called."""

    figure: str
    table: str


def as_typst(html: str, crossref: Mapping[str, str] | None = None) -> str | None:
    """Translate the HTML of an output.

    Parameters
    ----------
    html : str
        With file names as the addresses of its pictures.
    crossref : mapping of str to str, optional
        Quarto's setting: ``fig-title`` and ``tbl-title`` are what figures and tables are called.

    Returns
    -------
    str or None
        Typst markup, with the labels ``<fig-…>`` and ``<tbl-…>``; None when it holds something
        that is not translated here.
    """
    crossref = crossref or {}
    names = _Names(str(crossref.get("fig-title", "Figure")), str(crossref.get("tbl-title", "Table")))
    html = _CHART.sub("", _COMMENT.sub("", html))  # on paper the picture is the chart
    if "<!" in html or "<?" in html:
        return None
    try:
        root = ET.fromstring("<div>" + _VOID.sub(r"<\1\2/>", html) + "</div>")
        # Pandoc writes what follows on the next line, which typst would set in the same paragraph
        end = ["#parbreak()\n"] if len(root) and root[-1].tag == "p" else []
        return "\n".join([*_blocks(root, names), *end])
    except (ET.ParseError, _UntranslatedHtml):
        return None


def _blocks(parent: ET.Element, names: _Names) -> Iterable[str]:
    if parent.text and parent.text.strip():
        raise _UntranslatedHtml
    for element in parent:
        yield _block(element, names)
        if element.tail and element.tail.strip():
            raise _UntranslatedHtml


def _block(element: ET.Element, names: _Names) -> str:
    if element.get("data-screen-only"):  # what a script shows, and what that script reads
        return ""
    kind = element.tag
    identifier = element.get("id", "")
    if kind == "figure" and identifier.startswith("fig-"):
        content = [_inline_block(part) for part in element if part.tag != "figcaption"]
        return _float("fig", names.figure, identifier, "\n".join(content), _caption(element, "figcaption"))
    if kind == "table":
        if identifier.startswith("tbl-"):
            table = "#" + _table(element)
            return _float("tbl", names.table, identifier, table, _caption(element, "caption"))
        if element.find("caption") is None and not identifier:
            return "#" + _table(element) + "\n"
        raise _UntranslatedHtml
    if kind == "aside":
        return _callout(element, names)
    if kind == "div" and _BOARD_PART.match(element.get("class", "")):
        return _board_call(element, names)
    if kind in ("h3", "h4") and set(element.attrib) <= {"class"} and "unnumbered" in element.get("class", ""):
        # the title of the page is no heading in a PDF, so that all levels are one up
        return f"#heading(level: {int(kind[1]) - 1}, numbering: none, outlined: false)[{_inline_block(element)}]"
    if kind == "p" and element.attrib in ({}, {"class": "sources"}):
        return _inline_block(element) + "\n"
    if kind in ("ul", "ol") and not element.attrib:
        items = ", ".join(f"[{_item(item, names)}]" for item in element if item.tag == "li")
        if any(item.tag != "li" for item in element):
            raise _UntranslatedHtml
        return f"#{'list' if kind == 'ul' else 'enum'}({items})\n"
    raise _UntranslatedHtml


def _board_call(part: ET.Element, names: _Names) -> str:
    """A block of class ``board-NAME`` as a call of the function of that name in typst-template.typ.

    Its other classes and each of its children are the arguments. native-blocks.lua does the same.
    """
    name, *others = part.get("class", "").split()
    arguments = [_string(other) for other in others]
    for block in _blocks(part, names):
        arguments.append(block[1:] if block.startswith("#board-") else f"[{block}]")
    return f"#{name}({', '.join(arguments)})"


# -- blocks ----------------------------------------------------------------------------------------


def _item(item: ET.Element, names: _Names) -> str:
    blocks = [child for child in item if child.tag in ("p", "ul", "ol", "table", "figure", "div")]
    if not blocks:
        return _inline_block(item)
    return "\n".join(_blocks(item, names))


def _float(kind: str, name: str, identifier: str, content: str, caption: str) -> str:
    # The same call as Quarto's own, so that one template dresses both.
    return (
        f"#figure([\n{content}\n], caption: figure.caption(position: top, [{caption}]), "
        f'kind: "quarto-float-{kind}", supplement: {_string(name)}){_label(identifier)}\n'
    )


def _caption(element: ET.Element, tag: str) -> str:
    caption = element.find(tag)
    return "" if caption is None else _inline_block(caption)


def _callout(aside: ET.Element, names: _Names) -> str:
    kind = re.search(r"\bcallout-(note|warning|important|tip|caution)\b", aside.get("class", ""))
    if not kind or (aside.text and aside.text.strip()):
        raise _UntranslatedHtml
    content = list(aside)
    title = f'#"{kind[1].capitalize()}";'
    if content and re.fullmatch(r"h[1-6]", content[0].tag):
        title = _inline_block(content.pop(0))
    rest = ET.Element("div")
    rest.extend(content)
    body = "\n".join(_blocks(rest, names))
    return f'#callout(kind: "{kind[1]}", title: [{title}], body: [\n{body}\n])\n'


def _table(table: ET.Element) -> str:
    rows: list[tuple[bool, list[ET.Element]]] = []
    for part in table:
        if part.tag in ("caption", "colgroup"):
            continue
        if part.tag == "tr":
            rows.append((False, list(part)))
        elif part.tag in ("thead", "tbody", "tfoot"):
            rows.extend((part.tag == "thead", list(row)) for row in part)
        else:
            raise _UntranslatedHtml
    if not rows or any(cell.get("rowspan") for _, row in rows for cell in row):
        raise _UntranslatedHtml
    measured = [
        [(_plain(cell), int(cell.get("colspan", 1)), is_head, "number" in cell.get("class", "")) for cell in row]
        for is_head, row in rows
    ]
    columns = max(sum(cell[1] for cell in row) for row in measured)
    given = [float(share[1]) for col in table.iter("col") if (share := _SHARE.fullmatch(col.get("style", "")))]
    shares, size = (given, html_outputs.TEXT_SIZE) if len(given) == columns else html_outputs.column_widths(measured)
    widths = f"({', '.join(f'{share:g}%' for share in shares)},)" if shares else str(columns)
    right = _columns_of_figures(measured, columns)
    align = ", ".join("right" if column in right else "left" for column in range(columns))
    lines = [f"table(\n  columns: {widths},\n  align: ({align},),"]
    head = [row for is_head, row in rows if is_head]
    if head:
        cells = ", ".join(_cell(cell) for row in head for cell in row)
        lines.append(f"  table.header({cells}),\n  table.hline(),")
    lines += [f"  {', '.join(_cell(cell) for cell in row)}," for is_head, row in rows if not is_head and row]
    markup = "\n".join(lines) + "\n)"
    # of the text around it: the template makes all tables smaller than that already
    return f"text(size: {size / html_outputs.TEXT_SIZE:.3f}em, {markup})" if size < html_outputs.TEXT_SIZE else markup


def _columns_of_figures(rows: list, columns: int) -> set[int]:
    """The columns whose cells below the heading are figures, which are set to the right."""
    numbers, others = set(), set()
    for row in rows:
        column = 0
        for _, span, is_head, is_number in row:
            if not is_head and is_number:
                numbers.add(column)
            elif not is_head and span == 1:
                others.add(column)
            column += span
    return numbers - others


def _cell(cell: ET.Element) -> str:
    if cell.tag not in ("th", "td"):
        raise _UntranslatedHtml
    content = f"[{_figure(cell) or _inline_block(cell)}]"
    span = int(cell.get("colspan", 1))
    return f"table.cell(colspan: {span}){content}" if span > 1 else content


def _figure(cell: ET.Element) -> str:
    """A figure, whose interval is not torn apart; "" for other cells."""
    if len(cell) or cell.tag == "th" or "number" not in cell.get("class", ""):
        return ""
    return f"#{_string(html_outputs.kept_together(_plain(cell)))};"


def _inline_block(element: ET.Element) -> str:
    """The content of a block, or a picture, without the space at its ends."""
    if element.tag == "img":
        return _picture(element)
    return re.sub(r'^#" ', '#"', re.sub(r' ";$', '";', _inline(element)))


def _inline(element: ET.Element) -> str:
    parts = [_words(element.text)]
    for child in element:
        if child.tag in _INLINE:
            parts.append(f"#{_INLINE[child.tag]}[{_inline(child)}];")
        elif child.tag == "a" and child.get("href", "").startswith("../"):
            # a PDF is sent by itself, without the pages of the site
            parts.append(_inline(child))
        elif child.tag == "a" and child.get("href", "").startswith("#"):
            parts.append(f"#link({_label(child.get('href', '')[1:])})[{_inline(child)}];")
        elif child.tag == "a" and child.get("href"):
            parts.append(f"#link({_string(child.get('href'))})[{_inline(child)}];")
        elif child.tag == "code":
            parts.append(f"#raw({_string(_plain(child))});")
        elif child.tag == "span" and child.get("id"):
            parts.append(f"#metadata(none){_label(child.get('id'))}{_inline(child)}")
        elif child.tag == "span":
            parts.append(_inline(child))
        elif child.tag == "br":
            parts.append("#linebreak();")
        elif child.tag == "wbr":
            parts.append('#"\u200b";')
        elif child.tag == "img":
            parts.append(_picture(child) + ";")
        else:
            raise _UntranslatedHtml
        parts.append(_words(child.tail))
    return "".join(parts)


def _picture(image: ET.Element) -> str:
    source, alt = image.get("src", ""), image.get("alt", "")
    if not re.fullmatch(r"[0-9a-f]{16}\.\w+", source):
        raise _UntranslatedHtml
    arguments = [_string(source)]
    if alt:
        arguments.append(f"alt: {_string(alt)}")
    if float(image.get("natural-width", 0)) > _TEXT_WIDTH_PX:
        arguments.append("width: 100%")
    return f"#box(image({', '.join(arguments)}))"


def _label(identifier: str | None) -> str:
    if not re.fullmatch(r"[A-Za-z][\w.-]*", identifier or ""):
        raise _UntranslatedHtml
    return f"<{identifier}>"


def _plain(element: ET.Element) -> str:
    return _SPACE.sub(" ", "".join(element.itertext())).strip()


def _words(text: str | None) -> str:
    # typst never reads a string as markup.
    return f"#{_string(html_outputs.breakable(_SPACE.sub(' ', text)))};" if text else ""


def _string(text: str | None) -> str:
    text = _SPACE.sub(" ", text or "").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'

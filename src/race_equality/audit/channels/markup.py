"""Pages, pictures and the data in them: HTML, SVG, scripts and JSON, each of which may hold the others."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

from race_equality.audit.channels.comparison import figures, is_comparison, without_figures
from race_equality.audit.channels.content import RASTER, Content, Table, Text, Unread
from race_equality.audit.channels.explorer import cells, is_explorer, without_cells
from race_equality.audit.channels.sheets import data_table, delimited

#: Attributes of layout and drawing, and those that name a table's indicator and units for this reader.
_LAYOUT_ATTRIBUTES = set(
    (
        "style class id href rel type lang scope role for target colspan rowspan headers data-indicator data-unit "
        "tabindex aria-hidden aria-roledescription aria-labelledby charset d x y x1 x2 y1 y2 cx cy r rx ry dx dy "
        "width height transform viewbox textlength lengthadjust points fill stroke opacity offset xmlns xmlns:xlink version text-anchor "
        "font-family font-size font-weight font-style pointer-events display preserveaspectratio gradientunits "
        "patternunits dominant-baseline"
    ).split()
)
_DRAWING_FAMILIES = ("stroke-", "fill-", "clip-", "marker-", "stop-")
_BLOCKS = set(
    (
        "p li h1 h2 h3 h4 h5 h6 td th caption figcaption title div section summary dt dd option button label tr br "
        "aside text desc"
    ).split()
)


class _PageParser(HTMLParser):
    """Collects texts, attributes, comments, scripts and tables in one pass."""

    def __init__(self, name: str, channel: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name, self.channel = name, channel
        self.found: list[Content] = []
        self.words: list[str] = []
        self.skipping = ""
        self.script: list[str] = []
        self.json_script = False
        self.table: dict | None = None
        self.cell: list[str] | None = None
        self.attributes: list[str] = []

    def place(self) -> str:
        return f"line {self.getpos()[0]}"

    def add_record(self, text: str) -> None:
        """Add the attributes of one element as one record, with the element's text."""
        self.found.append(Text(self.name, f"{self.channel} attributes", self.place(), text, record=True))

    def flush(self) -> None:
        text = " ".join("".join(self.words).split())
        if text:
            self.found.append(Text(self.name, f"{self.channel} text", self.place(), text))
        self.words = []

    def handle_starttag(self, tag, attrs):
        labels = []
        for key, value in attrs:
            if value and value.lstrip().startswith("data:"):
                self.found.extend(_data_uri(value.strip(), self.name, self.channel, self.place()))
            elif value and key == "srcdoc":
                self.found.extend(html(value, self.name, f"{self.channel} srcdoc"))
            elif value and key not in _LAYOUT_ATTRIBUTES and not key.startswith(_DRAWING_FAMILIES):
                self.found.append(Text(self.name, f"{self.channel} attribute {key}", self.place(), value))
                labels.append(f"{key}: {value}")
        self.attributes = [one for one in labels if len(one) < _LONGEST_LABEL]
        if len(self.attributes) > 1:
            self.add_record("; ".join(self.attributes))
        if self.table is not None:
            self.table["attributes"] += self.attributes
        if tag in ("script", "style"):
            self.skipping, self.script = tag, []
            self.json_script = "json" in (dict(attrs).get("type") or "")
        if tag in _BLOCKS and self.cell is None:
            self.flush()
        if tag == "table":
            self.table = {"caption": "", "columns": [], "rows": [], "row": [], "place": self.place()}
            self.table |= {"attributes": [], "units": [], "indicator": dict(attrs).get("data-indicator") or ""}
        elif self.table is not None and tag in ("td", "th", "caption"):
            self.cell = []
            if tag == "th" and not self.table["columns"]:
                self.table["units"].append(dict(attrs).get("data-unit") or "")

    def handle_endtag(self, tag):
        if tag == self.skipping:
            self.skipping = ""
            text = "".join(self.script)
            if tag == "script" and text.strip():
                self.found.extend(_script(text, self.name, self.place(), self.json_script))
        table = self.table
        if table is not None:
            if tag in ("td", "th", "caption") and self.cell is not None:
                text = " ".join("".join(self.cell).split())
                if tag == "caption":
                    table["caption"] = text
                else:
                    table["row"].append(text)
                self.cell = None
            elif tag == "tr" and table["row"]:
                if table["attributes"]:
                    self.add_record("; ".join([*table["row"], *table["attributes"]]))
                if not table["columns"]:
                    table["columns"] = table["row"]
                else:
                    table["rows"].append(tuple(table["row"]))
                table["row"], table["attributes"] = [], []
            elif tag == "table":
                self.found.append(
                    Table(
                        self.name,
                        f"{self.channel} table",
                        table["caption"] or table["place"],
                        tuple(table["columns"]),
                        tuple(table["rows"]),
                        indicator=table["indicator"],
                        units=tuple(table["units"]),
                    )
                )
                self.table = None
        if tag in _BLOCKS and self.cell is None:
            self.flush()

    def handle_data(self, data):
        if self.skipping:
            self.script.append(data)
            return
        if self.attributes and data.strip() and len(data) < _LONGEST_LABEL:
            self.add_record(f"{data.strip()}; {'; '.join(self.attributes)}")
            self.attributes = []
        if self.cell is not None:
            self.cell.append(data)
        self.words.append(data)

    def handle_comment(self, data):
        if data.strip():
            self.found.append(Text(self.name, f"{self.channel} comment", self.place(), data.strip()))


def html(text: str, name: str, channel: str = "HTML") -> Iterator[Content]:
    """Read a page, or a part of one."""
    page = _PageParser(name, channel)
    page.feed(text)
    page.close()
    page.flush()
    yield from page.found


def _script(text: str, name: str, place: str, is_json: bool) -> Iterator[Content]:
    if is_json or text.lstrip()[:1] in "{[":
        try:
            yield from json_value(json.loads(text), name, "HTML script data", place)
            return
        except json.JSONDecodeError:
            pass
    yield Text(name, "HTML script code", place, text)
    # data written into a script: each object or list that is valid JSON
    for match in re.finditer(r"[\[{][^\n]{10,}[\]}]", text):
        try:
            yield from json_value(json.loads(match.group()), name, "HTML script data", place)
        except json.JSONDecodeError:
            continue


def _data_uri(uri: str, name: str, channel: str, place: str) -> Iterator[Content]:
    head, _, body = uri[5:].partition(",")
    try:
        data = base64.b64decode(body) if head.endswith(";base64") else unquote_to_bytes(body)
        if "svg" in head:
            yield from svg(data.decode("utf-8"), name, f"SVG in {channel}", place)
        elif "html" in head:
            yield from html(data.decode("utf-8"), name, f"data URI in {channel}")
        elif "json" in head:
            yield from json_value(json.loads(data), name, f"data URI in {channel}", place)
        elif "csv" in head:
            yield from delimited(data.decode("utf-8"), name, ",")
        elif head.startswith("text/"):
            yield Text(name, f"data URI in {channel}", place, data.decode("utf-8"))
        elif head.startswith("image/"):
            yield Unread(name, f"{place}: {RASTER}")
        elif not head.startswith(("font/", "application/font")):
            yield Unread(name, f"a data URI of the type {head or 'none'} at {place}")
    except (ValueError, json.JSONDecodeError) as error:
        yield Unread(name, f"a data URI at {place} ({error})")


def svg(text: str, name: str, channel: str, place: str) -> Iterator[Content]:
    """Read an SVG picture, in a file of its own or inside another file."""
    for item in _svg_contents(text):
        if isinstance(item, Unread):
            yield Unread(name, item.reason)
        else:
            # give the line of the picture in the file, not the line within the picture
            yield replace(item, file=name, channel=item.channel.replace("SVG", channel, 1), place=place or item.place)


@lru_cache(maxsize=64)  # a chart is in the page and in its notebook
def _svg_contents(text: str) -> tuple[Content, ...]:
    return tuple(html(text, "", "SVG"))


#: Characters; a longer text is a sentence and not a label.
_LONGEST_LABEL = 120


_PAGE_OF_A_TRUST = re.compile(r"(?:\./|/)?(trusts/\w+\.html)")


def json_value(value, name: str, channel: str, place: str) -> Iterator[Content]:
    """Read a JSON value: each object is a record; lists of equal length in one object are columns."""
    if isinstance(value, dict) and channel == "JSON" and value.keys() == {"columns", "rows"}:
        yield data_table(name, place, value["columns"], value["rows"])
    elif isinstance(value, dict) and is_explorer(value):
        yield from cells(value, name, place)
        yield from json_value(without_cells(value), name, channel, place)
    elif isinstance(value, dict) and is_comparison(value):
        yield from figures(value, name, place)
        yield from json_value(without_figures(value), name, channel, place)
    elif isinstance(value, dict):
        flat = {k: v for k, v in value.items() if not isinstance(v, (dict, list))}
        # an entry of a search index belongs to the page that it leads to
        if page := _PAGE_OF_A_TRUST.match(str(flat.get("objectID") or flat.get("href") or "")):
            name = f"{name}!{page[1]}"
            if isinstance(flat.get("text"), str):
                yield from html(flat.pop("text"), name, f"{channel} text")
        # a search index holds whole sections: prose, in which not every number belongs to every label
        for key in [k for k, v in flat.items() if isinstance(v, str) and len(v) > _LONGEST_LABEL]:
            yield from html(flat.pop(key), name, f"{channel} {key}")
        if flat:
            # the name of an object may be the label of its values
            yield _record({"": re.sub(r"\[\d+\]$", "", place.rsplit(".", 1)[-1])} | flat, name, channel, place)
        columns = {
            k: v
            for k, v in value.items()
            if isinstance(v, list) and v and not any(isinstance(e, (dict, list)) for e in v)
        }
        lengths = {len(v) for v in columns.values()}
        if len(columns) > 1 and len(lengths) == 1:
            for i in range(lengths.pop()):
                yield _record({k: v[i] for k, v in columns.items()}, name, channel, f"{place}[{i}]")
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                yield from json_value(item, name, channel, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            if isinstance(item, (dict, list)):
                yield from json_value(item, name, channel, f"{place}[{i}]")
        plain = [item for item in value if not isinstance(item, (dict, list))]
        if plain:
            yield Text(name, channel, place, "; ".join(map(str, plain)))
    else:
        yield Text(name, channel, place, str(value))


def _record(flat: dict, name: str, channel: str, place: str) -> Text:
    return Text(name, channel, place, "; ".join(f"{k}: {v}" for k, v in flat.items()), record=True)

"""Give Quarto the HTML outputs of a notebook as raw blocks of Markdown.

Quarto runs this on each notebook before it reads it (``ipynb-filters`` in ``_quarto.yml``). An
output of the type ``text/html`` makes its pages load two scripts from the network, and is left out of
its PDFs unless it holds a table. The same HTML as a raw block in Markdown reaches the project's
Lua filter in pages and PDFs alike, and JupyterLab still has the ``text/html`` of the notebook itself.

Each table gets the widths of its columns on a PDF's page, because typst makes all wide columns equal.

Only the standard library is used: Quarto may find another Python than the project's.
"""

import html
import json
import re
import sys

#: The width between the margins of ``typst-template.typ``, the size of a table's text there and the
#: space next to the text of a cell, in points.
LINE, TEXT_SIZE, INSET = 481.9, 9.5, 10.0

#: The smallest letters, in points, that most people can read.
SMALLEST_TEXT = 7.5

#: The type under which JupyterLab draws a chart itself; race_equality.report.display gives it to charts that answer.
VEGA_LITE = "application/vnd.vegalite.v5+json"
#: Where the libraries are that draw it on a page, from any folder of pages (race_equality.render.vega).
LIBRARY = "../vega/vega.js"

_RAW_BLOCK = re.compile(r"\s*(`{3,})\{=html\}\n(.*)\n\1\s*", re.DOTALL)
_TABLE = re.compile(r"<table\b[^>]*>(?:(?!<table\b).)*?</table>", re.DOTALL)
_ROW = re.compile(r"<tr\b[^>]*>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[hd])\b([^>]*)>(.*?)</\1>", re.DOTALL)
_SPAN = re.compile(r"\bcolspan=[\"']?(\d+)")
# the widths of Arial's letters, in thousandths of its size; others are about as wide as "n"
_LETTERS = {
    letter: width
    for letters, width in {
        "ijl'|": 215,
        "ftI.,:;/\\!()[] \u00a0\u2019": 280,
        "r-": 333,
        "kcsvxyzJ\u2010": 500,
        "mM": 833,
        "w": 722,
        "W@": 944,
        "%": 889,
        "ABEKPSVXY&": 667,
        "CDHNRUwT": 700,
        "GOQ": 778,
        "\u200b": 0,
    }.items()
    for letter in letters
}
_OTHER = 556
_BREAKS = re.compile(r"[ \u200b]|(?<=[-_/])")
_STEPS = 30
_LITTLE = 0.2


def html_as_raw_blocks(notebook: dict) -> dict:
    """Turn each ``text/html`` output into Markdown that holds the same HTML.

    Parameters
    ----------
    notebook : dict
        As in the file; changed in place.

    Returns
    -------
    dict
        The same notebook.
    """
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            chart_as_html(data)
            if "text/html" in data:
                markup = data.pop("text/html")
                markup = markup if isinstance(markup, str) else "".join(markup)
                data["text/markdown"] = raw_block(with_column_widths(markup))
    return notebook


def chart_as_html(data: dict) -> None:
    """Turn an output with a chart that answers to its reader into HTML: the picture, and the chart as data of a script.

    Parameters
    ----------
    data : dict
        The output by type; changed in place. JupyterLab takes the chart, for which the picture is Markdown: it would prefer
        HTML.
    """
    markdown = data.get("text/markdown", "")
    picture = _RAW_BLOCK.fullmatch(markdown if isinstance(markdown, str) else "".join(markdown))
    if VEGA_LITE not in data or not picture:
        return
    # no text in the data can end the script
    chart = json.dumps(data.pop(VEGA_LITE), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    script = f'<script type="application/json" class="vega-lite" data-library="{LIBRARY}">{chart}</script>'
    del data["text/markdown"]
    data["text/html"] = f"{picture[2]}\n{script}"


def raw_block(markup: str, format: str = "html") -> str:
    """Fence markup as a raw block."""
    return fenced(markup, f"{{={format}}}")


def fenced(text: str, attribute: str = "") -> str:
    """Fence a text, with more backticks than any run of them inside."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{attribute}\n{text}\n{fence}"


def with_column_widths(markup: str) -> str:
    """Write the widths of the columns of each table into it, where they matter.

    Parameters
    ----------
    markup : str
        HTML.

    Returns
    -------
    str
        With a ``<colgroup>`` in each table whose rows do not fit on a line of a PDF, which Pandoc
        reads and the project's Lua filter leaves out of pages; and ``data-text-size`` where the
        columns fit with smaller letters only.
    """

    def widths(found):
        table = found[0]
        if "<colgroup" in table or "<col " in table:
            return table
        shares, size = column_widths(cells_of(table))
        if shares:
            columns = "".join(f'<col style="width: {share:.2f}%">' for share in shares)
            after = table.find("</caption>")
            after = table.index(">") + 1 if after < 0 else after + len("</caption>")
            table = f"{table[:after]}<colgroup>{columns}</colgroup>{table[after:]}"
        if size < TEXT_SIZE:
            table = table.replace("<table", f'<table data-text-size="{size / TEXT_SIZE:.3f}em"', 1)
        return table

    return _TABLE.sub(widths, markup)


def cells_of(table: str) -> list:
    """Return the rows of an HTML table as lists of (text, columns spanned, heading?, figure?)."""
    head = table.find("</thead>")
    rows = []
    for row in _ROW.finditer(table):
        rows.append(
            [
                (
                    " ".join(html.unescape(re.sub(r"<[^>]*>", " " if "<br" in cell[3] else "", cell[3])).split()),
                    int(span[1]) if (span := _SPAN.search(cell[2])) else 1,
                    row.start() < head,
                    "number" in cell[2],
                )
                for cell in _CELL.finditer(row[1])
            ]
        )
    return rows


def column_widths(rows: list) -> tuple:
    """Share the width of a line among the columns of a table.

    Parameters
    ----------
    rows : list of list
        Of :func:`cells_of`.

    Returns
    -------
    shares : list of float
        In percent of a line; empty where every row fits on a line as it is.
    size : float
        Of the letters, in points.

    Notes
    -----
    A column gets room for its longest word, and for its longest text where that is little more. What is
    left is given away in small steps, each to the column that becomes least tall by it, where
    a tall cell counts more than several low ones.
    """
    columns = max((sum(cell[1] for cell in row) for row in rows), default=0)
    words = [0.0] * columns
    cells: list = [[] for _ in range(columns)]
    for row in rows:
        column = 0
        for text, span, is_head, is_number in row:
            if span == 1:
                text = kept_together(text) if is_number and not is_head else breakable(text)
                # a little more than the letters, so that what fits by this table fits in the font;
                # headings are bold
                heavy = 1.12 if is_head else 1.04
                parts = [heavy * _width(part) for part in _BREAKS.split(text)]
                words[column] = max(words[column], max(parts))
                if not is_head:  # a heading may take several lines
                    cells[column].append(heavy * _width(text))
            column += span
    if not columns:
        return [], TEXT_SIZE
    room = LINE - columns * INSET
    longest = [max([word, *column]) for word, column in zip(words, cells, strict=False)]
    if TEXT_SIZE * sum(longest) <= room:
        return [], TEXT_SIZE
    size = TEXT_SIZE
    if size * sum(words) > room:
        size = max(SMALLEST_TEXT, int(20 * room / sum(words)) / 20)
    widths = [size * word for word in words]
    spare = max(0.0, room - sum(widths))
    # a date or a place on one line costs little
    for column in sorted(range(columns), key=lambda column: longest[column] - words[column]):
        wanted = size * (longest[column] - words[column])
        if 0 < wanted <= spare * _LITTLE:
            widths[column] += wanted
            spare -= wanted
    step = spare / _STEPS

    def gain(column):
        """How much less tall a column becomes by one step."""
        width = widths[column]
        return sum(
            (size * cell / width) ** 3 - max(1.0, size * cell / (width + step)) ** 3
            for cell in cells[column]
            if size * cell > width
        )

    gains = [gain(column) for column in range(columns)]
    for _ in range(_STEPS):
        best = max(range(columns), key=gains.__getitem__)
        widths[best] += step
        gains[best] = gain(best)
    widths = [width + INSET for width in widths]
    # never more than the line, should even the words not fit
    scale = 100.0 / max(LINE, sum(widths))
    return [round(scale * width, 2) for width in widths], size


def kept_together(figure: str) -> str:
    """Say where the text of a figure with its interval may be broken: before the interval."""
    if len(figure) > 40 or not re.search(r"\d", figure):
        return figure
    return figure.replace(" ", "\u00a0").replace("\u00a0(", " (")


def breakable(text: str) -> str:
    """Say where a name of a file or an address, which has no spaces, may be broken."""
    if len(text) < 20 or not ("_" in text or "/" in text):
        return text
    return " ".join(re.sub(r"(?<=[_/])(?=.)", "\u200b", word) if len(word) >= 20 else word for word in text.split(" "))


def _width(text: str) -> float:
    """How wide a text is, for letters of one point."""
    return sum(_LETTERS.get(letter, _OTHER) for letter in text) / 1000


if __name__ == "__main__":
    document = html_as_raw_blocks(json.load(sys.stdin.buffer))
    sys.stdout.buffer.write(json.dumps(document, ensure_ascii=False).encode())

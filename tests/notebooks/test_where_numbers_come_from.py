"""Each number of a report leads by a link to a row that holds it, with its publication, its method and the cell that made it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import nbformat
import pytest

from race_equality.commands.golden import execute, without_returns
from race_equality.project import find_project
from tests.notebooks.test_numbers_in_sentences import NAMES, NUMBER

#: Blocks whose numbers lead nowhere, and why.
NO_FIGURE = {
    "board-about": "a head count to the nearest hundred, which stands in the table of staff; the version of the data",
    "board-deeds": "counts of the board's own actions",
    "board-decisions": "days, and the gap of patients that the card above has with its link",
    "board-care": "the level of intervals",
    "deeds-actions": "days of the board's own actions",
    "deeds-history": "days of the board's own actions",
    "deeds-moved-note": "how changes are read",
    "deeds-assessment": "numbers of NHS England's high-impact actions",
    "left-out": "the figures that are not used: each with its place in its own row",
    "missing": "names of what is not there, and how to load it",
    "sources": "names of publications",
    "trace": "the rows themselves",
}
#: Blocks with numbers that the linked rows do not repeat, and where they are in full.
IN_FULL = {
    **dict.fromkeys(
        (
            "bands workforce populations-table patient-over-18 patient-over-52 patient-waits-detail patient-waits-others "
            "patient-recovery patient-recovery-detail patient-recovery-table patient-continuity "
            "patient-continuity-deprivation patients-ethnicity patients-deprivation patients-age-sex grounds-table "
            "detentions-table return-compared"
        ).split(),
        "a table of groups or years is the finding itself: group, people, value and interval are its columns",
    ),
    **dict.fromkeys(
        (
            "deeds-targets deeds-moved workforce-years experience-table could-be-seen-table who-answered-table who-answered "
            "patient-missing two-gaps change"
        ).split(),
        "worked out from the figures of the row by the methods that it names: steadied gaps, changes since, what could be "
        "seen, who is missing",
    ),
    **dict.fromkeys(
        "return-table board-seats experience-sentences patient-groups enough".split(),
        "findings of the row, and next to them what could be seen and other probabilities",
    ),
    **dict.fromkeys(
        "deeds-boards-asked experience-reading funnel grounds populations patients-return maternity-sentences detentions peers".split(),
        "a total or an average over the figures of the row, or over those of other trusts",
    ),
    "board-tables": "columns of two years before and of England",
}
#: How many groups are compared.
_OF_GROUPS = re.compile(r"No clear gap of \d+")


@dataclass(frozen=True)
class Block:
    """A card, a row or a part of the first page, a table or the sentences of a cell."""

    cell: str
    name: str
    text: str
    links: tuple[str, ...]

    @property
    def numbers(self) -> set[str]:
        return {number.rstrip(",") for number in NUMBER.findall(NAMES.sub(" ", _OF_GROUPS.sub(" ", self.text)))}


def words(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"\]\([^)]*\)", "]", markup)))


def block(cell: str, name: str, markup: str) -> Block:
    links = re.findall(r'(?:href="|\]\()#(from-[a-z0-9-]+)', markup)
    return Block(
        cell,
        name,
        words(re.sub(r"<img[^>]*>|<figcaption>.*?</figcaption>|<caption>.*?</caption>|Where from: .*", " ", markup)),
        tuple(links),
    )


def blocks_of(cell) -> list[Block]:
    found = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        markup = data.get("text/html") or data.get("text/markdown") or ""
        if markup.startswith("<aside"):
            continue  # what is not there, and how to load it
        if 'class="board-summary"' not in markup:
            found.append(block(cell.id, cell.id, markup))
            continue
        cards = re.split(r'(?=<div class="board-card )', markup.partition('<div class="board-main">')[0])[1:]
        found += [block(cell.id, "board-card", card) for card in cards]
        for table in re.findall(r"<table.*?</table>", markup, flags=re.DOTALL):
            caption, _, rest = table.partition("</caption>")
            of_all = re.findall(r"#from-[a-z0-9-]+", caption)
            for row in re.findall(r"<tr>.*?</tr>", rest, flags=re.DOTALL)[1:]:
                found.append(block(cell.id, "board-tables", row + "".join(f'<a href="{one}"></a>' for one in of_all)))
        for name in ("about", "headline", "deeds", "decisions", "care"):
            for part in re.findall(rf'<div class="board-{name}">(.*?)</div>', markup, flags=re.DOTALL):
                found.append(block(cell.id, f"board-{name}", part))
    return found


def rows_of(cells) -> dict[str, str]:
    """Each row that links lead to, by its id."""
    (trace,) = [cell for cell in cells if cell.get("id") == "trace"]
    markup = "".join(output["data"].get("text/html", "") for output in trace.outputs)
    return {row[1]: row[0] for row in re.finditer(r'<tr><th scope="row"><span id="([^"]+)">.*?</tr>', markup)}


def test_each_number_leads_to_a_row_that_holds_it(report):
    follow_each_number(nbformat.read(report, as_version=4))


@pytest.mark.parametrize(
    "code",
    [
        "RT5",  # has a card on detention
        "RX7",  # the chance that a gap is adverse, in the table side by side
        "RRF",  # shows no group of patients of the latest year
    ],
)
def test_each_number_leads_to_its_row_in_reports_that_have_no_golden_copy(code, tmp_path):
    project = find_project()
    with without_returns(project):
        follow_each_number(execute(project.notebooks / "board_report.ipynb", code, cwd=tmp_path))


def follow_each_number(report) -> None:
    cells = [cell for cell in report.cells if cell.cell_type == "code"]
    rows = rows_of(cells)
    blocks = [one for cell in cells for one in blocks_of(cell) if one.numbers and one.name not in NO_FIGURE]
    assert [one for one in blocks if not one.links] == []
    assert {link for one in blocks for link in one.links} <= set(rows)
    # the row names the cell that its number is in, and every cell that it names leads to it
    assert [one for one in blocks for link in one.links if not re.search(rf"\b{one.cell}\b", words(rows[link]))] == []
    held = {link: {n.lstrip("+−") for n in NUMBER.findall(words(row))} for link, row in rows.items()}
    lost = [
        (one.name, number)
        for one in blocks
        if one.name not in IN_FULL
        for number in one.numbers
        if number.lstrip("+−") not in set().union(*(held[link] for link in one.links))
    ]
    assert lost == []


def test_each_row_has_its_figures_its_method_and_its_cell(report):
    cells = nbformat.read(report, as_version=4).cells
    ids = {cell.id for cell in cells}
    for row in rows_of([cell for cell in cells if cell.cell_type == "code"]).values():
        _, found, published, how = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        assert words(found).strip()
        assert 'href="https://' in published or "nvented" in published or "return" in published
        assert re.search(r"[!\w]\d", published)  # a cell of a sheet, or a row
        assert 'href="../notebooks/methods.html#method-' in how or "As published" in how
        assert set(re.findall(r"#cell-id=([\w-]+)", how)) <= ids

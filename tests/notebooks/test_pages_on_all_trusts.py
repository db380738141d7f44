"""The pages about all trusts, as a build runs them: words and charts.

That papermill's own engine gives the same is in tests/acceptance/test_verify.py.
"""

import base64
import html
import importlib.util
import re
from pathlib import Path

import nbformat
import pytest

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parents[1] / "notebooks"
PAGES = sorted(file.stem for file in NOTEBOOKS.glob("[!_.]*.ipynb") if file.stem != "board_report")

_spec = importlib.util.spec_from_file_location("words_on_pages", HERE / "test_words_on_pages.py")
_words = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_words)

#: The names of the nine regions, kinds and systems stand in no order of figures.
LEAGUE = r"\b(?:top|bottom) (?:ten|\d+)\b|\branked\b|\bleague\b|\bleading trusts?\b|\blaggards?\b"


@pytest.fixture
def run(built):
    """The notebook of a page as a build ran it."""
    return lambda name: built.output / "project" / "notebooks" / f"{name}.ipynb"


def outputs(path):
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            yield cell["id"], output.get("data", {}).get("text/html", ""), output


def charts(path):
    """Each chart: its identifier, caption, alternative text and SVG."""
    for _, markup, _ in outputs(path):
        for found in re.finditer(
            r'<figure id="([^"]+)"><img src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"><figcaption>(.*?)</figcaption>',
            markup,
        ):
            yield found[1], html.unescape(found[4]), html.unescape(found[3]), base64.b64decode(found[2]).decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_forbidden_word(run, page):
    text = _words.shown(run(page))
    if page == "methods":  # which defines the words that it does not use
        text = re.sub(r"The label of the WRES.*", "", text)
    # publishers' own names, notes and periods stand in these tables
    text = re.sub(
        r"(?s)(?:Figures by publication|Notes on the publications|Every publication|How old).*?(?=\n\n|\Z)", "", text
    )
    for pattern, why in _words.FORBIDDEN.items():
        if "year is written out" in why or "British" in why and page in ("methods", "data_quality"):
            continue  # "2023/24" is in titles of publications, "program" in names of packages
        flags = re.IGNORECASE if pattern.isascii() and "nan" not in pattern else 0
        found = re.search(pattern, text, flags=flags)
        assert found is None, f"{found and text[max(0, found.start() - 60) : found.end() + 20]!r}: {why}"


@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_a_league_table(run, page):
    text = _words.shown(run(page))
    found = re.search(LEAGUE, text, flags=re.IGNORECASE)
    assert found is None, text[max(0, found.start() - 60) : found.end() + 20]


def test_the_caveat_of_the_linking_page_stands_above_its_first_chart(run):
    path = run("staff_and_patients")
    order = [kind for _, markup, _ in outputs(path) for kind in re.findall(r"callout-important|<figure", markup)]
    assert order[0] == "callout-important"
    assert "not a person" in _words.shown(path)


@pytest.mark.parametrize("page", PAGES)
def test_a_chart_has_a_source_a_period_and_words_and_its_marks_say_rounded_figures(run, page):
    for id, caption, alt, svg in charts(run(page)):
        assert re.search(r"Sources?: [A-Z]", caption), id
        assert re.search(r"\b20\d\d\b", caption) or "latest" in caption, id
        assert len(alt) > 40, id
        labels = [html.unescape(label) for label in re.findall(r'aria-label="([^"]*)"', svg)]
        assert labels, f"{id} has no mark that says its figure"
        decimals = [found for label in labels for found in re.findall(r"\d+\.(\d+)", label)]
        most = 2 if "orrelation" in caption or "times as likely" in caption else 1
        assert max(map(len, decimals)) <= most, id
        assert not re.search(r"\bnan\b|None|\{", " ".join(labels)), id
        assert len(svg) < 60_000, f"{id} has {len(svg)} characters"


def test_the_overview_has_every_part_that_was_promised(run):
    path = run("national_overview")
    ids = [id for id, *_ in charts(path)]
    assert {"fig-years-kind", "fig-years-region", "fig-wres-years", "fig-ae-regions"} <= set(ids)  # small multiples
    assert {f"fig-funnel-{number}" for number in (5, 6, 7, 8)} <= set(ids)
    assert {"fig-distribution-kind", "fig-distribution-region", "fig-map-staff", "fig-map-patients"} <= set(ids)
    tables = {id for _, markup, _ in outputs(path) for id in re.findall(r'<table id="([^"]+)"', markup)}
    assert {"tbl-years", "tbl-wres-years", "tbl-ae-regions", "tbl-systems", "tbl-coverage", "tbl-trusts"} <= tables


def test_the_overview_lists_every_trust_by_region_and_name_and_links_to_it(run):
    from race_equality.store.trusts import read_trusts

    trusts = read_trusts().sort_values(["region", "trust_name"])
    (markup,) = [markup for _, markup, _ in outputs(run("national_overview")) if 'id="tbl-trusts"' in markup]
    assert (
        re.findall(r'<a class="trust" href="\.\./trusts/([A-Z0-9]+)\.html">', markup) == trusts["trust_code"].tolist()
    )


def test_the_maps_have_42_boards_and_the_numbers_of_the_table(run):
    path = run("national_overview")
    (table,) = [markup for _, markup, _ in outputs(path) if 'id="tbl-systems"' in markup]
    names = [html.unescape(name) for name in re.findall(r'<th scope="row">(.*?)</th>', table)]
    assert len(names) == 42
    assert names == sorted(names, key=lambda name: name.split(". ", 1)[1])
    for id in ("fig-map-staff", "fig-map-patients"):
        (svg,) = [svg for found, _, _, svg in charts(path) if found == id]
        areas = [html.unescape(label) for label in re.findall(r'<path aria-label="([^"]*)"', svg)]
        assert len(areas) == 42 + 5, "and five again in the inset of London"
        assert {area.split(":")[0] for area in areas} == {name.split(". ", 1)[1] for name in names}
        numbers = re.findall(r">(\d+)</text>", svg)
        assert sorted(numbers, key=int) == [str(number) for number in range(1, 43)]
        legend = len(set(re.findall(r'fill="(#[0-9A-F]{6}|white)"', svg)))
        assert legend <= 4 + 2, "four classes, the letters and the ground"


def test_every_trust_is_counted_once_in_each_row_of_the_coverage(run):
    (markup,) = [markup for _, markup, _ in outputs(run("national_overview")) if 'id="tbl-coverage"' in markup]
    rows = re.findall(r"<tr>(.*?)</tr>", markup.split("<tbody>")[1])
    assert len(rows) == 14
    for row in rows:
        counts = [int(cell) for cell in re.findall(r'<td class="number">(\d+)</td>', row)]
        assert sum(counts) == 202, row

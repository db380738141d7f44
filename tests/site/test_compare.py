"""The page on which a reader compares trusts: its script computes what Python computes, and answers whoever asks."""

import itertools
import random
import re
import shutil
import subprocess

import pytest
from playwright.sync_api import expect

from race_equality.analysis.comparison import (
    Estimate,
    compared_figures,
    compared_findings,
    difference,
    together,
    traits,
)
from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import read_rules
from race_equality.report.measures_of_trusts import findings_of_all
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts
from tests.site.test_accessibility import WCAG, judge

PAGE = pytest.mark.parametrize(
    "page", [("built_site", "notebooks/compare.html")], indirect=True, ids=["compare"], scope="module"
)
#: Open the page at another address, as a link that somebody sent does.
GO = """address => { history.replaceState(null, '', location.pathname + address); window.dispatchEvent(new HashChangeEvent('hashchange')); }"""


@pytest.fixture(scope="module")
def known():
    """Findings of all trusts, as the page's notebook takes them."""
    figures, trusts = publishable_figures(read_figures(local=False)), read_trusts()
    found = findings_of_all(figures, rules=read_rules())
    table = compared_findings(found, trusts)
    return table, {one.id: one for one in traits(table, found, figures, trusts)}


def of_trust(table, row, code):
    here, at = table.of(row), table.codes.index(code)
    if here is None or here.status[at] != "ok":
        return None, None
    return Estimate(here.value[at], here.lower[at], here.upper[at]), here.period_end[at]


def expected(table, row, first, other, members):
    """What Python says of the first trust and another one, or a group's members."""
    one, period = of_trust(table, row, first)
    if other:
        two, its_period = of_trust(table, row, other)
    else:
        two = together(table, row, members, period_end=period)
        two, its_period = (two, period) if two.trusts >= 3 else (None, None)
    if one is None or two is None:
        return None
    return "other period" if period != its_period else difference(row, one, two)


@PAGE
def test_the_script_computes_what_python_computes(page, known):
    table, known_traits = known
    rows = {row.id: row for row in compared_figures()}
    chosen = random.Random(15)
    pairs = [(a, b, f"#trusts={a},{b}") for a, b in (chosen.sample(table.codes, 2) for _ in range(20))]
    groups = []
    for first in chosen.sample(table.codes, 4):
        for kind, size in itertools.product(("acute", "mental health"), (None, "6,000 to 9,999")):
            members = {code for code, at in known_traits["kind"].of.items() if known_traits["kind"].values[at] == kind}
            address = f"#trusts={first}&kind={kind.replace(' ', '-')}"
            if size:
                here = known_traits["size"]
                members &= {code for code, at in here.of.items() if here.values[at] == size}
                address += "&size=6000-to-9999"
            groups.append((first, members - {first}, address))
    compared = clear = 0
    for first, other, address in [*pairs, *groups]:
        pair = isinstance(other, str)
        for said in page.evaluate("address => document.querySelector('#compare').compare(address)", address):
            row = rows[said["row"]["id"]]
            wanted = expected(table, row, first, other if pair else None, () if pair else other)
            (found,) = said["differences"]
            if not isinstance(wanted, type(difference(row, Estimate(1, 1, 1), Estimate(1, 1, 1)))):
                assert (found and found["reading"]) == wanted, (address, row.id)
                continue
            assert found["value"] == pytest.approx(wanted.value, abs=1e-9), (address, row.id)
            # the last decimal of a limit may fall to either side where it lies between two
            step = 1.001 * 10 ** -said["row"]["decimals"] if not pair else 1e-9
            assert [found["lower"], found["upper"]] == pytest.approx([wanted.lower, wanted.upper], abs=step)
            assert found["reading"] == wanted.reading, (address, row.id)
            compared += 1
            clear += wanted.reading != "unclear"
    assert compared > 500
    assert clear > 150


@PAGE
def test_what_an_address_asks_for_is_shown_or_answered_in_words(page):
    page.evaluate(GO, "#trusts=RV5,RW3,ZZZ,RW6,%3Cimg src=x onerror=window.ran=1%3E,R1F")
    heads = page.locator(".compare-table thead th")
    assert [text.partition("\n")[0] for text in heads.all_inner_texts()] == [
        "Figure", "South London and Maudsley", "Manchester University", "Isle of Wight",
    ]  # fmt: skip
    problems = page.locator(".compare-problems p").all_inner_texts()
    assert problems[0].startswith(
        "Central Manchester University Hospitals NHS Foundation Trust (RW3) became part of another trust"
    )
    assert "Manchester University NHS Foundation Trust (R0A) is shown" in problems[0]
    assert problems[1] == "“ZZZ” in the address is not the code of a trust in England, and is left out."
    assert "Its services were divided" in problems[2]
    assert "<img src=x onerror=window" in problems[3]  # as text
    assert page.evaluate("window.ran") is None
    assert page.locator("#compare img").count() == 0
    # a trust has a report where the build made one
    assert heads.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))") == [
        "../trusts/RV5.html", "../trusts/R1F.html",
    ]  # fmt: skip
    # a link from a report: its kind is the first comparison; a kind that is none is said
    page.evaluate(GO, "#trusts=RRU&kind=%22%3E%3Cscript%3E")
    assert (
        page.locator(".compare-problems p")
        .all_inner_texts()[0]
        .startswith('“"><script>” in the address is not a choice')
    )
    assert page.locator(".compare-table thead th").nth(2).inner_text() == "The 9 other ambulance trusts"
    # a group of one trust would be that trust
    page.evaluate(GO, "#trusts=RRU&kind=online")
    assert page.locator(".compare-table").count() == 0
    assert "A group has at least three trusts" in page.locator(".compare-problems").inner_text()
    assert page.faults == []


@PAGE
def test_it_is_chosen_and_heard_by_keyboard_alone(page):
    page.evaluate(GO, "")
    assert page.locator(".compare-table").count() == 0
    page.locator("#compare-first").focus()
    page.keyboard.type("Barts")
    page.keyboard.press("Tab")
    expect(page.locator("#compare-group")).to_be_focused()
    status = page.locator("#compare [role=status]")
    expect(status).to_have_text(
        re.compile("Barts Health and the 119 other acute trusts: .* differences (is|are) clear")
    )
    page.keyboard.press("ArrowUp")  # to the other of the two ways to compare
    page.keyboard.press("Tab")
    expect(page.locator("#compare-other-2")).to_be_focused()
    page.keyboard.type("Leeds Teaching")
    expect(status).to_have_text(re.compile("Barts Health and Leeds Teaching Hospitals: .* of .* differences are clear"))
    assert page.evaluate("location.hash") == "#trusts=R1H,RR8"
    page.keyboard.press("Tab")
    expect(page.locator("#compare-other-3")).to_be_focused()
    table = page.locator(".compare-table")
    assert table.locator("thead th[scope=col]").count() == 3
    rows = table.locator("tbody tr:has(td)")
    assert rows.count() == table.locator("tbody th[scope=row]").count() > 20
    reading = re.compile(r"(Higher|Lower|Not clear): [+−]?\d+\.\d( points)? \([+−]?\d+\.\d to [+−]?\d+\.\d\)")
    assert reading.search(table.locator("tr", has_text="8. Discrimination at work: gap").inner_text())
    assert page.title().startswith("Barts Health, Leeds Teaching Hospitals – ")
    # the numbers of the sentence are those of the table
    said = page.locator(".compare-summary").inner_text()
    clear = table.locator(".compare-difference.higher, .compare-difference.lower").count()
    assert sum(map(int, re.findall(r"\((\d+)\):", said))) == clear > 5
    results = judge(page, [*WCAG, "best-practice"])
    assert {one["id"]: [node["html"][:200] for node in one["nodes"]] for one in results["violations"]} == {}
    with page.expect_download() as download:
        page.get_by_text("Save these figures (CSV)").press("Enter")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert text.count("\n") == 1 + 2 * page.evaluate("document.querySelector('#compare').compare(location.hash).length")
    page.evaluate(GO, "")


@PAGE
@pytest.mark.parametrize("asked", ["trusts=R1H,RR8", "trusts=R1H,RR8,RJ1,R0A,RJZ", "trusts=RV5&region=london"])
def test_it_prints_to_two_pages(page, tmp_path, asked):
    page.evaluate(GO, f"#{asked}")
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    pdfinfo, pdftotext = shutil.which("pdfinfo"), shutil.which("pdftotext")
    if pdfinfo is None or pdftotext is None:
        pytest.skip("poppler is not on the PATH")
    about = subprocess.run([pdfinfo, tmp_path / "page.pdf"], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Pages:\s+2\n", about), about
    text = subprocess.run([pdftotext, tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert "Sources:" in text
    assert "Choose a trust" not in text
    assert "Kinds of trust" not in text


def test_without_a_script_it_says_so_and_leads_on(built_site, open_page):
    page = open_page(built_site / "notebooks/compare.html", java_script_enabled=False)
    assert "does not run in this browser" in page.locator("#compare").inner_text()
    assert page.locator('#compare a[href="../trusts/RV5.html"]').count() == 1
    assert page.locator("#tbl-kinds tbody tr").count() > 20
    assert (built_site / "notebooks/compare.html").stat().st_size < 2_000_000


def test_a_report_leads_to_it_with_its_trust_chosen(built_site, open_page):
    page = open_page(built_site / "trusts/R1F.html")
    page.get_by_role("link", name="Compare this trust with others that you choose").click()
    expect(page.locator(".compare-table thead th").nth(1)).to_contain_text("Isle of Wight")
    assert "compare.html" not in (built_site / "trusts/DEMO.html").read_text(encoding="utf-8").partition("<main")[2]

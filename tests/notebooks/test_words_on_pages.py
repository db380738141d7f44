"""The words of reports: what the rules for a reader forbid is nowhere on them."""

import ast
import html
import re
from functools import lru_cache
from pathlib import Path

import nbformat
import pytest

from race_equality.report.patients_across_trusts import NOT_LOADED_YET

GOLDEN = sorted(Path(__file__).parent.glob("board_report_*.ipynb"))

#: Word and why it may not stand on a page.
FORBIDDEN = {
    r"\bBAME\b": "a group that nobody belongs to",
    r"\bnon-white\b": "names people by what they are not",
    r"\bstatistically\b|\bnot significant\b": "an unclear result is said in words",
    r"\bmore likely\b|\bless likely\b": "a ratio is 'times as likely'",
    r"\bbest\b|\bworst\b": "no league table",
    r"% (?:more|less|as) likely|\btwice as likely": "a ratio is said with its number and both groups",
    r"\bcaucasian\b|\bminorities ethnic\b|\bpeople of colou?r\b|\bethnics\b": "not the Equality Hub's words",
    r"\b(?:organiz|recogniz|analyz|summariz|prioritiz|utiliz)|\b(?:color|behavior|center|labor|favor|program)(?:s|ed|ing)?\b": "British English",
    r"\bnan\b|\bNone\b(?! given| worse off)|\bNaT\b|<NA>|\binf\b": "a missing value that reached the page",
    r"\d{4}/\d{2}\b": "a year is written out",
}


@lru_cache(maxsize=8)
def shown(path):
    """Everything a reader sees of one report: prose, tables, captions and alternative texts."""
    texts = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            texts.append(cell.source)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            texts.append(data.get("text/markdown", ""))
            markup = re.sub(r'src="data:[^"]*"', "", data.get("text/html", ""))
            if 'id="tbl-sources"' in markup:
                continue  # publishers write their own titles
            if 'id="tbl-trace"' in markup:
                markup = re.sub(r'<a href="https://[^"]*">[^<]*</a>', "", markup)  # the same titles
            texts += re.findall(r'alt="([^"]*)"', markup)
            texts.append(html.unescape(re.sub(r"<[^>]+>", " ", markup)))
    return "\n".join(texts)


def test_there_is_a_golden_report_for_each_kind_of_trust_and_the_demonstration_trust():
    assert {path.stem.removeprefix("board_report_") for path in GOLDEN} == {"R1H", "RV5", "RRU", "RY4", "DEMO"}


@pytest.mark.parametrize("pattern", FORBIDDEN, ids=lambda pattern: FORBIDDEN[pattern])
def test_a_page_has_no_forbidden_word(report, pattern):
    found = re.search(pattern, shown(report), flags=re.IGNORECASE if pattern.isascii() and "nan" not in pattern else 0)
    assert found is None, f"{found and found.group(0)!r}: {FORBIDDEN[pattern]}"


def test_every_ratio_sentence_names_two_groups_and_an_interval_or_rates(report):
    for sentence in re.findall(r"[^.]*\d\.\d+ times as likely[^)]*\)", shown(report)):
        assert " as likely as " in sentence
        assert "confidence interval" in sentence or "for 100,000 people" in sentence


def test_every_chart_and_table_of_the_demonstration_trust_says_invented():
    path = next(path for path in GOLDEN if path.stem.endswith("DEMO"))
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            markup = output.get("data", {}).get("text/html", "")
            for caption in re.findall(r"<figcaption>(.*?)</figcaption>", markup):
                assert "nvented" in caption, caption


# -- comparators -------------------------------------------------------------------------------------


def sentences_of(path, *cells):
    notebook = nbformat.read(path, as_version=4)
    found = []
    for cell in notebook.cells:
        if cell.get("id") in cells:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                found.append(data.get("text/markdown", ""))
                found += re.findall(r"<p>(.*?)</p>", data.get("text/html", ""))
    return html.unescape(re.sub(r"<[^>]+>", "", "\n".join(found)))


def test_every_gap_in_a_sentence_names_both_groups_and_stands_beside_all_trusts(report):
    for paragraph in sentences_of(report, "experience-sentences").split("**"):
        if "percentage point" in paragraph:
            assert "ethnic minorities" in paragraph
            assert "White staff" in paragraph
            assert "95% confidence interval" in paragraph
            assert re.search(
                r"All \d+ (?:acute|ambulance|community|acute specialist) trusts with published figures: a gap of",
                paragraph,
            )


def test_every_likelihood_of_the_return_stands_beside_england_where_it_is_known(report):
    text = sentences_of(report, "return-table")
    if "times as likely" in text:
        assert text.count("England, March 2023:") == 2  # WRES 2 and 3; no national figure of 4 is held


# -- reading age of the first page -------------------------------------------------------------------

#: Years of schooling, with figures left out: what somebody of 14 reads.
MOST_YEARS_OF_SCHOOL = 9


def years_of_school(text):
    """Automated Readability Index of the whole sentences in a text: letters a word, words a sentence.

    Smith EA, Senter RJ (1967), Automated Readability Index, AMRL-TR-66-220. It needs no counting of syllables, which
    programs do badly. Figures are left out, because they are short and would make a text look easy; so are headings
    and single figures, which are no sentences.
    """
    parts = re.split(r"(?<=[.?!])\s+(?=[A-Z“])|\n", re.sub(r"\([^)]*\)", "", text))
    sentences = [re.findall(r"[A-Za-z’'-]*[A-Za-z]", part) for part in parts if part.rstrip().endswith((".", "?"))]
    sentences = [words for words in sentences if len(words) >= 5]
    words = [word for sentence in sentences for word in sentence]
    letters = sum(len(re.sub(r"\W", "", word)) for word in words)
    return 4.71 * letters / len(words) + 0.5 * len(words) / len(sentences) - 21.43


def test_the_index_agrees_with_a_text_counted_by_hand():
    # 2 sentences of 6 and 5 words; 18 and 22 letters. "Yes." and "63.4%" are no sentences.
    text = "The old cat sat on mats. Yes.\n63.4%\nSmall birds sing very high."
    assert years_of_school(text) == pytest.approx(4.71 * (18 + 22) / 11 + 0.5 * 11 / 2 - 21.43)


def test_the_first_page_can_be_read_by_somebody_of_14(report):
    assert years_of_school(sentences_of(report, "board-page")) <= MOST_YEARS_OF_SCHOOL


# -- the page that sets staff and patients side by side -----------------------------------------------

CAUSAL = re.compile(
    r"\b(?:causes?|caused|causing|leads? to|led to|results? in|resulted in|drives?|driven by|because of|due to|impacts?|"
    r"affects?|effects? of|improves?|worsens?|reduces?|increases?|explains?|contributes? to|responsible for|thanks to)\b",
    re.IGNORECASE,
)


def test_the_linking_page_says_what_goes_together_and_never_what_causes_what(built):
    text = shown(built.output / "project" / "notebooks" / "staff_and_patients.ipynb")
    found = {match.group(0).lower() for match in CAUSAL.finditer(text)}
    assert not found
    assert re.search(r"not (?:a person|of people)|never about|cannot show", text)  # the ecological caveat


def test_a_causal_verb_would_be_found():
    assert CAUSAL.search("Discrimination leads to longer waits.")
    assert not CAUSAL.search("Where staff report more discrimination, waits are also longer.")


# -- every notebook, as it is written -------------------------------------------------------------------

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def names_left_in_text(code):
    """Text with {name} in it that no f-string fills in: a reader would see the braces."""
    tree = ast.parse(code)
    filled = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [node.value for node in texts if id(node) not in filled and re.search(r"\{[A-Za-z_]\w*[}!:.(]", node.value)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_name_in_braces_reaches_a_page(path):
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [found for source in cells for found in names_left_in_text(source)] == []


def test_a_name_in_braces_would_be_found():
    assert names_left_in_text('x = "Source: {BOUNDARIES}"')
    assert not names_left_in_text('x = f"Source: {BOUNDARIES}"')


REPOSITORY = Path(__file__).resolve().parents[2]
#: What was true before waits, recovery and continuity of carer by ethnic group were read.
NO_LONGER_TRUE = re.compile(
    r"(?:published|published by ethnic group|by ethnic group)[^.\"']{0,40}\bfor no trust"
    r"|for no trust by ethnic|no (?:public file|figure)[^.\"']{0,60}by ethnic group (?:and|is published by) trust"
    r"|no outcome[^.\"']{0,20}is published|not published by ethnicity|no trust is published",
    re.IGNORECASE,
)


def what_the_project_says():
    """Every text that somebody reads: documents, notebooks as they are written, code and notes on sources."""
    for pattern in (
        "*.md",
        "*.qmd",
        "docs/*.md",
        "data/*.md",
        "data/sources/*.yml",
        "notebooks/*.ipynb",
        "src/**/*.py",
    ):
        yield from (path for path in REPOSITORY.glob(pattern) if path.name != "CHANGELOG.md")


def test_nothing_says_that_patients_by_ethnic_group_are_published_for_no_trust():
    found = []
    for path in what_the_project_says():
        text = path.read_text(encoding="utf-8")
        # a sentence may go over lines, of a text or of a notebook's JSON
        text = re.sub(r"\\n\",\s*\"|\s*\"\s*\n\s*f?\"|\s+", " ", text)
        found += [f"{path.name}: {match.group(0)}" for match in NO_LONGER_TRUE.finditer(text)]
    assert not found


def test_what_is_published_and_not_loaded_names_the_file_that_brings_it():
    named = {file: what for what, file in NOT_LOADED_YET}
    assert any("Mental Health Bulletin" in file and "estrictive interventions" in what for file, what in named.items())
    assert any("MHS81" in file and "Detention" in what for file, what in named.items())
    assert any("ECDS" in file and "A&E" in what for file, what in named.items())
    assert any("benchmark workbook" in file for file in named)
    readme = " ".join((REPOSITORY / "README.md").read_text(encoding="utf-8").split())
    for file in ("Mental Health Bulletin", "Emergency Care Data Set", "not loaded yet"):
        assert file in readme
    for page in ("national_overview", "data_quality"):
        notebook = (REPOSITORY / "notebooks" / f"{page}.ipynb").read_text(encoding="utf-8")
        assert "patients_across_trusts.NOT_LOADED_YET" in notebook

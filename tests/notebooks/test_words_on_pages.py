"""The words of the golden reports: what the rules for a reader forbid is nowhere on them."""

import html
import re
from pathlib import Path

import nbformat
import pytest

GOLDEN = sorted(Path(__file__).parent.glob("board_report_*.ipynb"))

#: Word and why it may not stand on a page.
FORBIDDEN = {
    r"\bBAME\b": "a group that nobody belongs to",
    r"\bnon-white\b": "names people by what they are not",
    r"\bstatistically\b|\bnot significant\b": "an unclear result is said in words",
    r"\bmore likely\b|\bless likely\b": "a ratio is 'times as likely'",
    r"\bbest\b|\bworst\b": "no league table",
    r"\bnan\b|\bNone\b(?! given)|\bNaT\b|<NA>|\binf\b": "a missing value that reached the page",
    r"\d{4}/\d{2}\b": "a year is written out",
}


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
            texts += re.findall(r'alt="([^"]*)"', markup)
            texts.append(html.unescape(re.sub(r"<[^>]+>", " ", markup)))
    return "\n".join(texts)


def test_there_is_a_golden_report_for_each_kind_of_trust_and_the_demonstration_trust():
    assert {path.stem.removeprefix("board_report_") for path in GOLDEN} == {"R1H", "RV5", "RRU", "RY4", "DEMO"}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
@pytest.mark.parametrize("pattern", FORBIDDEN, ids=lambda pattern: FORBIDDEN[pattern])
def test_a_page_has_no_forbidden_word(path, pattern):
    found = re.search(pattern, shown(path), flags=re.IGNORECASE if pattern.isascii() and "nan" not in pattern else 0)
    assert found is None, f"{found and found.group(0)!r}: {FORBIDDEN[pattern]}"


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_ratio_sentence_names_two_groups_and_an_interval_or_rates(path):
    for sentence in re.findall(r"[^.]*\d\.\d+ times as likely[^)]*\)", shown(path)):
        assert " as likely as " in sentence
        assert "confidence interval" in sentence or "for 100,000 people" in sentence


def test_every_chart_and_table_of_the_demonstration_trust_says_invented():
    path = next(path for path in GOLDEN if path.stem.endswith("DEMO"))
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            markup = output.get("data", {}).get("text/html", "")
            for caption in re.findall(r"<figcaption>(.*?)</figcaption>", markup):
                assert "nvented" in caption, caption

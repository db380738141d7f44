"""No sentence has a period or a number of trusts written by hand: the next publication would make it false."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
#: What writes the sentences of the notebooks; the glossary names papers and laws by their years.
MODULES = sorted(
    set((ROOT / "src/race_equality/report").glob("*.py")) - {ROOT / "src/race_equality/report/glossary.py"}
)
MONTH = (
    "January|February|March|April|May|June|July|August|September|October|November|December|spring|summer|autumn|winter"
)
NUMBER = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|sixteen|twenty|thirty|[0-9]+"
COUNTED = "trusts|associations|indicators|groups|systems|boards|measures|years|surveys|regions|questions"
BY_HAND = re.compile(
    rf"\b(?:(?:{MONTH}) (?:\d+ )?)?(?:19|20)\d\d\b|\b(?:{NUMBER}) (?:[a-z]+ ){{0,2}}(?:{COUNTED})\b", re.IGNORECASE
)
#: What no publication changes: names, definitions, and boundaries of their time.
MEANT = {
    "census 2021": "the name of a census",
    "nine indicators": "the standard has nine",
    "100 trusts": "of every hundred",
    "published in two groups": "how the survey publishes",
    "has three groups": "how the publisher of continuity of carer publishes",
    "42 integrated care boards before April 2026": "the boundaries that are drawn",
    "before April 2026": "the boundaries that are drawn",
    "database right 2022": "the licence of the boundaries",
    "Fewer than ten trusts": "the fewest that a link needs",
    "Two to five trusts": "how many a reader can compare",
    "fewer than three trusts": "the fewest that a group needs",
    "Fewer than three trusts": "the same",
    "Any two measures": "the two axes of a chart",
    "any two measures": "the same",
    "two ambulance trusts": "an example",
    "ten trusts": "the same",
    "four surveys of five": "a power of 80%",
    "each of the two groups": "how the survey publishes",
    "Two years before": "a heading where the page has such a year",
    "of mental health trusts, and before 2024": "what a publication that is not loaded would bring",
    "three surveys": "how far a board can look ahead",
    "Three surveys": "the same",
}


def texts(code: str) -> Iterator[str]:
    """The literals of code that can be words of a page: no docstrings, no dates for a computer, no ids."""
    tree = list(ast.walk(ast.parse(code)))
    about = {id(node.value) for node in tree if isinstance(node, ast.Expr)}
    for node in tree:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in about:
            if not re.fullmatch(r"[\d-]+", node.value):
                yield node.value


def by_hand(text: str) -> list[str]:
    for meant in MEANT:
        text = text.replace(meant, "")
    return [match.group(0) for match in BY_HAND.finditer(text)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_period_and_no_count_is_written_by_hand(path):
    found = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        for text in texts(source) if cell["cell_type"] == "code" else [source]:
            found += [f"{cell['id']}: {one}" for one in by_hand(text)]
    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_sentence_that_code_writes_has_them_either(path):
    assert [one for text in texts(path.read_text(encoding="utf-8")) for one in by_hand(text)] == []


def test_a_period_and_a_count_would_be_found():
    assert by_hand("Published in March 2025 for fifteen ambulance trusts.") == [
        "March 2025",
        "fifteen ambulance trusts",
    ]

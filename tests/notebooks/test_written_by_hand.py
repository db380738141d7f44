"""No notebook writes a period or a number of trusts by hand: the next publication would make it false."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
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
    "two ambulance trusts": "an example",
    "three surveys": "how far a board can look ahead",
    "Three surveys": "the same",
}


def texts(code: str) -> Iterator[str]:
    """The literals of a cell that can be words of a page: no dates for a computer, no ids."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not re.fullmatch(r"[\d-]+", node.value):
            yield node.value


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_period_and_no_count_is_written_by_hand(path):
    found = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        for text in texts(source) if cell["cell_type"] == "code" else [source]:
            for meant in MEANT:
                text = text.replace(meant, "")
            found += [f"{cell['id']}: {match.group(0)}" for match in BY_HAND.finditer(text)]
    assert found == []

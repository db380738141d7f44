"""What a sentence says of a difference, against the interval that it prints: which side, and how sure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z0-9“*\[])|\n+")
INTERVAL = re.compile(r"95% (?:confidence )?interval(?: of the gap)?:? ([+−]?\d+(?:\.\d+)?) to ([+−]?\d+(?:\.\d+)?)")
UNSURE = re.compile(
    r"\bno(?:ne of \w+ groups)? (?:reliabl|steady|clear)|\bnot show a|\bdo(?:es)? not show|\bno link|\bnot called",
    re.IGNORECASE,
)
SURE = re.compile(
    r"\breliabl[ey]\b|\bclear(?:ly)?\b|\b(?:rises|falls|rose|fell) (?:by|from)\b|percentage points (?:higher|lower)|"
    r"\b(?:worse|better) for\b|times as likely"
)
UP, DOWN = re.compile(r"\b(?:higher|rises|rose)\b"), re.compile(r"\b(?:lower|falls|fell)\b")
#: A limit that is printed as 0.0 can be on either side of it.
ROUNDING = 0.05


def doubts(sentence: str, following: str = "") -> Iterator[str]:
    """What a sentence with one interval of a difference or a ratio says against it; of a ratio also the one after it."""
    intervals = [tuple(map(as_number, match.groups())) for match in INTERVAL.finditer(sentence)]
    ratio = "times as likely" in sentence
    signed = any(re.search(r"[+−]", match.group(0)) for match in INTERVAL.finditer(sentence))
    if len(intervals) != 1 or not (ratio or signed):
        return  # of a share, or of several things
    ((low, high),) = intervals
    none = 1.0 if ratio else 0.0
    above, below = low > none + ROUNDING, high < none - ROUNDING
    if UNSURE.search(sentence):
        if above or below:
            yield "unsure, and the interval leaves out no difference"
        return
    if ratio and UNSURE.search(following):
        return
    if SURE.search(sentence) and low < none - ROUNDING and high > none + ROUNDING:
        yield "sure, and the interval holds no difference"
    if not ratio and ((UP.search(sentence) and below) or (DOWN.search(sentence) and above)):
        yield "the other side than the interval"


def as_number(text: str) -> float:
    return float(text.replace("−", "-"))


def sentences(path: Path) -> list[str]:
    texts = [
        output.get("data", {}).get("text/markdown", "")
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
    ]
    return [one for text in texts for one in SENTENCE.split(text) if one.strip()]


def test_no_sentence_says_more_or_something_else_than_its_interval(report):
    said = sentences(report)
    assert [(doubt, one) for one, following in pairwise([*said, ""]) for doubt in doubts(one, following)] == []


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("It is 3.0 percentage points higher (95% confidence interval of the gap: −4.0 to −2.0).", True),
        ("It is 3.0 percentage points lower (95% confidence interval of the gap: −4.0 to −2.0).", False),
        ("The data do not show a reliable difference (95% confidence interval: +2.0 to +4.0).", True),
        ("The data do not show a reliable difference (95% confidence interval: −2.0 to +4.0).", False),
        ("A gap of +1.0 points (95% interval −0.7 to +3.2), worse for ethnic minorities.", True),
        ("They were 1.2 times as likely as White patients (95% confidence interval: 0.8 to 1.7).", True),
        ("The line rises by 3.4% a year (95% confidence interval: −0.2 to +3.7).", True),
    ],
)
def test_a_sentence_against_its_interval_is_found(sentence, wrong):
    assert bool(list(doubts(sentence))) == wrong

"""What is said of a difference, against the interval that is printed (which side, and how sure) and in other places."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
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


# -- one gap in several places ----------------------------------------------------------------------------

#: A gap's interval: with its sign, so of no share.
LIMITS = re.compile(r"([+−]\d+\.\d|0\.0) to ([+−]\d+\.\d|0\.0)(?!\d)")
#: What the last cell of a row and the last line of a card say of the gap; "clear" is worse or better.
READINGS = {
    "worse": re.compile(r"Worse(?:$|, | for )|Agree a change"),
    "better": re.compile(r"Better(?:$|, | for )|Find out what works, and keep it"),
    "clear": re.compile(r"(?:Still|No longer) clear$"),
    "not clear": re.compile(r"No reliable difference|Not clear|Read it with other years"),
}
#: A gap that the trust's own answers and all trusts together read differently: both are said, and it is not clear.
BOTH = re.compile(r"\bby itself\b|\balone\b", re.IGNORECASE)


def readings(path: Path) -> Iterator[tuple[str, str, str]]:
    """Each gap by its interval, how it is read, and the cell: in rows of tables, on cards and in sentences."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.id == "change":
            continue  # of years, not of groups
        for output in cell.get("outputs", []):
            markup = re.sub(r'src="data:[^"]*"', "", output.get("data", {}).get("text/html", ""))
            parts = [re.split(r"</t[dh]>", row) for row in re.findall(r"<tr>(.*?)</t[dh]></tr>", markup, re.DOTALL)]
            parts += [
                card.split('<div class="board-reading">') for card in re.split('<div class="board-card ', markup)[1:]
            ]
            for *cells, last in parts:
                before, last = plain(" ".join(cells)), plain(last.partition("</p>")[0])
                said = [how for how, words in READINGS.items() if words.match(last)]
                said = ["not clear"] if BOTH.search(f"{before} {last}") else said
                if said and (limits := LIMITS.search(before)):
                    yield limits.group(0), said[0], cell.id
            text = SENTENCE.split(output.get("data", {}).get("text/markdown", ""))
            for sentence, following in pairwise([*text, ""]):
                limits = LIMITS.findall(sentence)
                if len(limits) == 1 and (UNSURE.search(sentence) or SURE.search(sentence)):
                    unsure = UNSURE.search(sentence) or BOTH.search(following)
                    yield " to ".join(limits[0]), "not clear" if unsure else "clear", f"{cell.id}, sentence"


def plain(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", markup)).strip()


def contradictions(read: Iterable[tuple[str, str, str]]) -> dict[str, set[tuple[str, str]]]:
    """The gaps that are clear in one place and not in another, or worse and better."""
    by_gap = defaultdict(set)
    for limits, how, where in read:
        by_gap[limits].add((how, where))
    found = {}
    for limits, ways in by_gap.items():
        said = {how for how, _ in ways}
        if {"worse", "better"} <= said or ("not clear" in said and len(said) > 1):
            found[limits] = ways
    return found


def test_no_gap_is_read_in_two_ways(report):
    assert contradictions(readings(report)) == {}


@pytest.mark.parametrize("elsewhere", ["not clear", "better"])
def test_two_readings_of_one_gap_are_found(elsewhere):
    read = list(readings(Path(__file__).parent / "board_report_R1H.ipynb"))
    limits = next(limits for limits, how, where in read if (how, where) == ("worse", "enough"))
    places = {where for found, _, where in read if found == limits}
    assert places >= {"board-page", "experience-sentences, sentence", "who-answered-table"}
    assert contradictions([*read, (limits, elsewhere, "another place")]).keys() == {limits}


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

"""Sentences of executed reports against the figures next to them: numbers, directions, and how sure they sound."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pandas as pd

from race_equality.errors import InputError

__all__ = ["Doubt", "known_numbers", "proofread", "sentences_of"]


@dataclass(frozen=True, order=True)
class Doubt:
    """A sentence that its figures do not bear out.

    Attributes
    ----------
    file, cell : str
        The notebook, and the id of its cell.
    kind : str
        ``"number"`` (in no table, file or figure), ``"direction"`` (a word against the sign), ``"certainty"`` (a word
        against the interval), ``"period"`` (written by hand).
    message : str
    """

    file: str
    cell: str
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}, cell {self.cell}: {self.kind}: {self.message}"


_NUMBER = re.compile(r"(?<![\w.,:#/-])[+−-]?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w:]|\.\d|,\d{3})\s?(%?)")
_YEAR = re.compile(r"(?:19|20)\d\d")
#: Levels of intervals and limits, and lengths of waits, are words and no figures. So is what a question asks for.
_NO_FIGURE = re.compile(
    r"\b95%|99\.8%|\b(?:over|under|within) \d+ (?:weeks|hours)|\bWRES(?: indicators?)? \d(?: (?:to|and) \d)*|\bMHS\d+|"
    r"\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)|"
    r"\bper \d[\d,]*|\bfor 100,000 people|\b2[89] weeks|\b100%",
)
_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z0-9“*\[])|\n+")
_INTERVAL = re.compile(r"95% (?:confidence )?interval(?: of the gap)?:? ([+−]?\d+(?:\.\d+)?) to ([+−]?\d+(?:\.\d+)?)")
_UNSURE = re.compile(r"\b(?:no|not show a|not show that \w+ is|none of [\w -]+) (?:reliabl|steady|clear)|do not show|no link", re.I)
_SURE = re.compile(r"\breliabl[ey]\b|\bclearly?\b|\brises by\b|\bfalls by\b|percentage points (?:higher|lower)|\b(?:worse|better) for\b")
_UP, _DOWN = re.compile(r"\b(?:higher|rises|rose)\b"), re.compile(r"\b(?:lower|falls|fell)\b")
#: What is printed as 0.0 can be on either side of it.
_ROUNDING = 0.05


def sentences_of(notebook: Mapping) -> Iterator[tuple[str, str]]:
    """Yield the id of a cell and each sentence of its outputs in Markdown.

    Parameters
    ----------
    notebook : mapping
        As nbformat 4 stores it, executed.
    """
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            text = "".join(output.get("data", {}).get("text/markdown", ""))
            for sentence in _SENTENCE.split(text):
                if sentence.strip():
                    yield cell.get("id", ""), sentence.strip()


def known_numbers(
    notebooks: Iterable[Mapping], rows: Iterable[Mapping[str, str]] = (), figures: pd.DataFrame | None = None
) -> set[str]:
    """Collect the numbers that a sentence may say, as pages print them, without sign and commas.

    Parameters
    ----------
    notebooks : iterable of mapping
        Executed notebooks, whose tables are read.
    rows : iterable of mapping
        The rows of a file of figures to download.
    figures : pandas.DataFrame, optional
        Published figures: counts and bases, and values as they are printed.
    """
    known: set[str] = set()
    for notebook in notebooks:
        for cell in notebook["cells"]:
            for output in cell.get("outputs", ()):
                page = "".join(output.get("data", {}).get("text/html", ""))
                for table in re.findall(r"<(?:table|figcaption|dl|ul)\b.*?</(?:table|figcaption|dl|ul)>", page, re.DOTALL):
                    known.update(_plain(match) for match in _NUMBER.finditer(unescape(re.sub(r"<[^>]+>", " ", table))))
    for row in rows:
        for text in row.values():
            if text and re.fullmatch(r"-?\d+(\.\d+)?", text):
                known.update((text.lstrip("-"), f"{abs(float(text)):.0f}"))
    if figures is not None:
        for name in ("value", "numerator", "denominator"):
            numbers = figures[name].dropna().astype("float64").abs().unique()
            known.update(f"{number:.0f}" for number in numbers)
            known.update(f"{number:.1f}" for number in numbers if number <= 100)
    return known


def _plain(match: re.Match[str]) -> str:
    return match.group(1).replace(",", "") + (match.group(2) or "")


def doubts_of(sentence: str, known: set[str] | None = None) -> Iterator[tuple[str, str]]:
    """Yield what a sentence says that its figures do not bear out: the kind, and the words.

    Parameters
    ----------
    sentence : str
    known : set of str, optional
        From :func:`known_numbers`; without it numbers are not looked for.

    Examples
    --------
    >>> list(doubts_of("It is 3.0 percentage points higher (95% confidence interval of the gap: −4.0 to −2.0)."))
    [('direction', 'higher, and the interval is −4.0 to −2.0')]
    >>> list(doubts_of("The data do not show a reliable difference (95% confidence interval: +2.0 to +4.0)."))
    [('certainty', 'unsure, and the interval is +2.0 to +4.0')]
    """
    for match in _NUMBER.finditer(_NO_FIGURE.sub("·", sentence)) if known is not None else ():
        if known is not None and _plain(match) not in known and not _YEAR.fullmatch(_plain(match)):
            yield "number", f"{match.group(0).strip()} in {sentence!r}"
    intervals = [(match.group(0), *map(_signed, match.groups())) for match in _INTERVAL.finditer(sentence)]
    if len(intervals) != 1:
        return
    said, (low, high) = intervals[0][0].partition(" interval")[2].partition(": ")[2] or intervals[0][0], intervals[0][1:]
    said = " to ".join(_INTERVAL.search(sentence).groups())  # type: ignore[union-attr]
    ratio = "times as likely" in sentence
    none = 1.0 if ratio else 0.0
    if not ratio and not re.search(r"[+−]", said):
        return  # the interval of a share
    if _UNSURE.search(sentence):
        if low > none + _ROUNDING or high < none - _ROUNDING:
            yield "certainty", f"unsure, and the interval is {said}"
        return
    if (ratio or _SURE.search(sentence)) and low < none - _ROUNDING and high > none + _ROUNDING:
        yield "certainty", f"sure, and the interval is {said}"
    for word, against in ((_UP, high < none - _ROUNDING), (_DOWN, low > none + _ROUNDING)):
        if not ratio and against and (found := word.search(sentence)):
            yield "direction", f"{found.group(0)}, and the interval is {said}"


def _signed(text: str) -> float:
    return float(text.replace("−", "-"))


def proofread(site: Path, figures: pd.DataFrame | None = None, *, systems: Mapping[str, Iterable[str]] | None = None) -> tuple[list[Doubt], int]:
    """Read the sentences of every report in a built site.

    Parameters
    ----------
    site : path-like
        With executed notebooks in ``trusts/`` and the files to download next to them.
    figures : pandas.DataFrame, optional
        The figures table that the site was made from.
    systems : mapping of str to iterable of str, optional
        Trust code to the codes of its systems.

    Returns
    -------
    doubts : list of Doubt
    number of sentences : int

    Raises
    ------
    InputError
        Where the folder has no report.
    """
    reports = sorted((site / "trusts").glob("*.ipynb"))
    if not reports:
        raise InputError(f"{site} has no executed notebook in trusts/: build the site first.")
    shared = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((site / "notebooks").glob("*.ipynb"))]
    of_all = known_numbers(shared)
    by_place = {} if figures is None else dict(iter(figures.groupby("trust_code")))
    england = known_numbers((), figures=by_place.get("ENG"))
    doubts: list[Doubt] = []
    read = 0
    for path in reports:
        code = path.stem
        notebook = json.loads(path.read_text(encoding="utf-8"))
        file = path.with_name(f"{code}-figures.csv")
        with file.open(encoding="utf-8-sig", newline="") as lines:
            known = known_numbers([notebook], csv.DictReader(lines)) | of_all | england
        for place in (code, *(systems or {}).get(code, ())):
            known |= known_numbers((), figures=by_place.get(place))
        for cell, sentence in sentences_of(notebook):
            read += 1
            doubts += [Doubt(path.name, cell, kind, message) for kind, message in doubts_of(sentence, known)]
    return sorted(set(doubts)), read

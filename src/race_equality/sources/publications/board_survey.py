"""The survey of boards: what NHS Providers found in "Race 2.0: Time for real change" (March 2022).

Layout: item, value, source, as somebody wrote them down from the report: ``71 (28%)``, ``only 4% of
respondents``. A finding in words alone (``just under a third``) is no number, and is left out by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.errors import nearest
from race_equality.sources.cells import Cell, Table, first_by_key, read_csv
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.trusts import TrustList

PUBLICATION = "board_survey"
COLUMNS = ("item", "value", "source")

_NUMBER = r"(\d+)(?![\w.,])"  # "1e3" and "1,000" are not one
_PERCENT = r"(\d+(?:\.\d+)?)%"


@dataclass(frozen=True)
class Finding:
    """One number in the value of an item.

    Parameters
    ----------
    indicator, group, unit : str
    pattern : str
        A regular expression for the start of the value; its group is the number.
    """

    indicator: str
    group: str
    unit: str
    pattern: str


#: Item to the numbers in it. An item with none is known to be in words.
FINDINGS: dict[str, tuple[Finding, ...]] = {
    "publication": (),
    "survey_responses": (Finding("board_survey_responses", "All respondents", "people", _NUMBER),),
    "trusts_represented": (
        Finding("board_survey_trusts_represented", "Trusts", "count", _NUMBER),
        Finding("board_survey_members_represented", "Trusts", "percent", rf"\d+ \({_PERCENT}"),
    ),
    "respondents_chairs": (Finding("board_survey_respondents", "Chairs", "percent", rf"(?:\d+ \()?{_PERCENT}"),),
    "respondents_chief_executives": (
        Finding("board_survey_respondents", "Chief executives", "percent", rf"(?:\d+ \((?:published )?)?{_PERCENT}"),
    ),
    "respondents_non_executive_directors": (
        Finding("board_survey_respondents", "Non-executive directors", "percent", _PERCENT),
    ),
    "respondents_other": (Finding("board_survey_respondents", "Others", "percent", _PERCENT),),
    "interviews": (Finding("board_survey_interviews", "Chairs and chief executives", "people", _NUMBER),),
    "race_equality_fully_embedded_core_board_business": (
        Finding("board_survey_fully_embedded", "All respondents", "percent", rf"(?:only )?{_PERCENT}"),
    ),
    "used_external_consultants": (Finding("board_survey_used_consultants", "All respondents", "percent", _PERCENT),),
    "progress_more_diverse_board": (),
    "race_equality_in_board_assurance_framework": (),
}


def read_findings(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read the findings that are numbers.

    Parameters
    ----------
    path : Path
    trusts : TrustList
        Not used: the figures are those of all who answered.

    Returns
    -------
    LoadedFigures

    Raises
    ------
    InputError
        For an item that is not known, or a value that does not hold its number.
    """
    table = read_csv(path, COLUMNS)
    first_by_key((((r["item"].text,), r["item"]) for r in table), "item")
    day = _published(table)
    figures = FigureRows(f"{PUBLICATION}_{day.year}", (day, day), trusts)
    in_words = []
    for record in table:
        item, value = record["item"], record["value"]
        if item.text not in FINDINGS:
            near = nearest(item.text, FINDINGS)
            raise item.error(
                f"The item {item.text!r} is not known." + (f" The nearest is {near!r}." if near else ""),
                "Add it to sources/board_survey.py with its indicator.",
            )
        if not FINDINGS[item.text] and item.text != "publication":
            in_words.append(f"{item.text} ({value.text})")
        for finding in FINDINGS[item.text]:
            about = (ENGLAND_CODE, ENGLAND_CODE, finding.indicator, finding.group, finding.unit, value.locator)
            figures.add(*about, value=_number(value, finding))
    remarks = [f"In words, so not read as numbers: {'; '.join(in_words)}."] if in_words else []
    remarks += table.remarks
    return figures.loaded(str(day.year), f"published {day.day} {day:%B %Y}", remarks)


def _number(value: Cell, finding: Finding) -> float:
    found = re.match(finding.pattern, value.text)
    if not found:
        raise value.error(
            f"{value.text!r} does not start with the number for {finding.indicator}.",
            "Write it as the report prints it: 71 (28%).",
        )
    high = 100 if finding.unit == "percent" else None
    return replace(value, value=found.group(1)).number("finding", high=high)


def _published(table: Table) -> date:
    for record in table:
        if record["item"].text == "publication":
            found = re.search(r"(\d{1,2} [A-Z][a-z]+ \d{4})$", record["value"].text)
            try:
                return datetime.strptime(found.group(1) if found else "", "%d %B %Y").date()
            except ValueError:
                raise record["value"].error(
                    "The day of publication is not given.", "End it with the day: 10 March 2022."
                ) from None
    raise table.records[0]["item"].error("No item is the publication.", "Add the row: publication, title and day.")


PUBLICATIONS = (
    Publication(
        id=PUBLICATION,
        title="Race 2.0: Time for real change, survey of trust boards, {edition}",
        publisher="NHS Providers",
        url="https://nhsproviders.org/race-2-0-time-for-real-change",
        licence="Quoted with its source",
        pattern="survey_of_boards/race_2_facts.csv",
        read=read_findings,
        columns=COLUMNS,
        optional=True,
        notes=(
            "Findings about those who answered, whose boards' trusts are not named: no trust has one. The "
            "period is the day of publication.",
            "The share of chief executives is printed as 14%, where 33 of 254 are 13.0%.",
            "The use of external consultants is on a page of its own, the other findings on the main one.",
        ),
    ),
)

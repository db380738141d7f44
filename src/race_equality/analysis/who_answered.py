"""How many of a trust's staff answered the survey, and how far its gaps could be off for those who did not."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from race_equality.analysis.gap_reading import read_gap
from race_equality.analysis.survey import survey_answers
from race_equality.analysis.wres import staff_experience
from race_equality.definitions.codes import DEMONSTRATION_CODE, ENGLAND_CODE
from race_equality.definitions.ethnicity import ETHNIC_MINORITY, WHITE
from race_equality.definitions.indicators import BANDS, EXPERIENCE
from race_equality.disclosure.rules import DisclosureRules
from race_equality.store.cache import cached

#: By how many percentage points those of one group who did not answer are taken to differ from those who did. A choice,
#: and a wide one: 85 of 100 shares of WRES 5 to 8 lie within it of the middle trust of their kind (docs/statistics.md).
STATED_RANGE = 5.0

#: The question whose answers are counted: the one on which most of what a report says of all staff rests.
_QUESTION = "staff_survey_q16b"
_HEADCOUNT, _FTE, _FTE_BY_MONTH = "workforce_headcount", "workforce_fte", "workforce_fte_by_month"
_EVERYBODY = "Total"

#: A return of another year says nothing of who worked there at the time of the survey.
_NEAR = pd.Timedelta(days=400)

_OFF = (
    "trust_code indicator number gap gap_lower gap_upper clear ethnic_minority_answered white_answered by_group least most "
    "chance_least chance_most gone_at"
).split()

_SIDES = {ETHNIC_MINORITY: "ethnic_minority", WHITE: "white"}


@cached
def response_of_trusts(figures: pd.DataFrame) -> pd.DataFrame:
    """Give how many staff answered the survey, against how many there are, for every trust.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        One row for each trust with both numbers: ``trust_code``; ``answered``, who answered the question on discrimination
        from a manager or colleagues, with ``survey_start`` and ``survey_end``; ``staff``, the head count of ``staff_on``,
        and ``organisations``, how many it was published for;
        ``percent``, the one of the other. ``growth`` is how many times the full-time equivalents of ``staff_on`` there were
        in the middle of the survey, and ``percent_then`` the answers against a head count that has changed as they
        have; both are missing where no month is published, or where more would have answered than there were.

    Notes
    -----
    Organisations that have merged are added up, in the survey and in the head count. The share is no response rate: who
    was invited is not published by trust. It counts everybody in post, those who joined after the survey was
    sent out among them.
    """
    answers = survey_answers(figures)
    answers = answers[answers["indicator"] == _QUESTION]
    total = _totals(figures, _HEADCOUNT)
    if total.empty or answers.empty:
        return pd.DataFrame(
            columns=(
                "trust_code answered survey_start survey_end staff staff_on organisations percent growth percent_then"
            ).split()
        )
    on = total["period_end"].max()
    staff = _by_trust(total, on)
    organisations = total[total["period_end"] == on].groupby("trust_code")["organisation_code"].nunique()
    middle = answers["period_start"] + (answers["period_end"] - answers["period_start"]) / 2
    months = _totals(figures, _FTE_BY_MONTH)
    then = months[months["period_end"].dt.to_period("M") == middle.max().to_period("M")]
    growth = _by_trust(then, then["period_end"].max()) / _by_trust(_totals(figures, _FTE), on)
    found = pd.DataFrame(
        {
            "trust_code": answers["trust_code"],
            "answered": answers["base"],
            "survey_start": answers["period_start"],
            "survey_end": answers["period_end"],
            "staff": answers["trust_code"].map(staff).astype("float64"),
            "staff_on": on,
            "organisations": answers["trust_code"].map(organisations).astype("float64"),
            "growth": answers["trust_code"].map(growth).astype("float64"),
        }
    )
    found = found[found["staff"] > 0].assign(percent=lambda rows: 100 * rows["answered"] / rows["staff"])
    found["percent_then"] = found["percent"] / found["growth"]
    found.loc[found["percent_then"] >= 100, ["growth", "percent_then"]] = np.nan
    return found.reset_index(drop=True)


def staff_by_group(figures: pd.DataFrame, trust_code: str, *, threshold: int) -> dict[str, float]:
    """Give the head count of each group from a trust's return of pay bands near the survey.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, with the trust's return where one was loaded.
    trust_code : str
        A resolved trust code.
    threshold : int
        Nothing is given where a group has fewer people (``minimum_people``).

    Returns
    -------
    dict of str to float
        Ethnic minority and White; empty where no whole return within 400 days of the survey is loaded.
    """
    rows = figures[figures["trust_code"] == trust_code]
    surveys = rows.loc[rows["indicator"].isin([one.id for one in EXPERIENCE]) & (rows["status"] == "ok"), "period_end"]
    bands = rows[rows["indicator"].isin(BANDS.figure_ids)]
    if surveys.empty or bands.empty:
        return {}
    away = (bands["period_end"] - surveys.max()).abs()
    year = bands[(away == away.min()) & (away <= _NEAR)]
    if year.empty or not year["status"].isin(["ok", "not_applicable"]).all():
        return {}
    people = year["value"].astype("float64").groupby(year["group"]).sum()
    if not set(_SIDES) <= set(people.index) or people[list(_SIDES)].min() < threshold:
        return {}
    return {group: float(people[group]) for group in _SIDES}


def how_far_off(
    figures: pd.DataFrame,
    codes: Collection[str],
    *,
    rules: DisclosureRules,
    experience: pd.DataFrame | None = None,
    points: float = STATED_RANGE,
) -> pd.DataFrame:
    """Give how far each trust's gaps could be off, were those who did not answer different from those who did.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, those that rest on too few hidden already.
    codes : collection of str
        Resolved codes of the trusts.
    rules : DisclosureRules
        Head counts of groups of fewer people than ``minimum_people`` are not used.
    experience : pandas.DataFrame, optional
        WRES 5 to 8 as a page reads them, from :func:`race_equality.analysis.gap_reading.gap_readings`; where it is left out,
        by each trust's own intervals alone.
    points : float
        By how many percentage points the share among those of one group who did not answer may lie above or below that
        among those who did, while in the other group it is the same.

    Returns
    -------
    pandas.DataFrame
        One row for each trust and gap of WRES 5 to 8 that is known, where it is known as well how many staff there are:
        ``trust_code``, ``indicator``, ``number``, ``gap``, ``gap_lower``, ``gap_upper``, whether it is ``clear`` without those who did not answer;
        ``ethnic_minority_answered`` and ``white_answered``, per cent of the group's staff;
        ``by_group``, whether these are the groups' own or both those of all staff; ``least`` and ``most``, the gap at the
        ends of the range; ``chance_least`` and ``chance_most``, its interval moved outwards as far; ``gone_at``, how many
        points those of one group who did not answer would have to differ for the gap to be zero (missing where that is
        impossible in either).

    Notes
    -----
    With r the share of a group that answered, p what it said and q what those who did not answer would have said, the
    group's true share is r p + (1 - r) q. So with q = p + d in one group the gap moves by (1 - r) d; q stays between 0 and
    100%. Nothing is assumed of who they are; bounds without any range are those of Manski (1989).

    References
    ----------
    Cochran WG. Sampling techniques, 3rd edition, 1977, section 13.2. Manski CF. Anatomy of the selection problem. Journal
    of Human Resources 1989; 24: 343-360.
    """
    near = _surveys_and_returns(figures)
    groups = {
        code: staff_by_group(near, code, threshold=rules.of(code).minimum_people)
        for code in set(near["trust_code"].unique().tolist()) & set(codes)
    }
    every = response_of_trusts(figures)
    percents = every["percent_then"].fillna(every["percent"])
    shares = dict(zip(every["trust_code"].tolist(), percents.tolist(), strict=True))
    if experience is None:
        experience = staff_experience(figures)
    known = experience[(experience["status"] == "ok") & experience["trust_code"].isin(list(codes))]
    rows: list[dict[str, Any]] = []
    for row in known.to_dict("records"):
        answered = _answered(row, groups.get(row["trust_code"], {}))
        by_group = answered is not None
        answered = answered or (shares.get(row["trust_code"], math.nan),) * 2
        if not max(answered) < 100:  # not known, or more than there are
            continue
        rows.append(
            {name: row[name] for name in _OFF[:6]}
            | {"clear": read_gap(row).direction in ("adverse", "favourable")}
            | {"ethnic_minority_answered": answered[0], "white_answered": answered[1], "by_group": by_group}
            | _bounds(row, answered, points)
        )
    return pd.DataFrame(rows, columns=_OFF)


@cached
def _surveys_and_returns(figures: pd.DataFrame) -> pd.DataFrame:
    """Pick WRES 5 to 8 and the pay bands of the few trusts of which a return was loaded."""
    near = figures[figures["indicator"].isin([*(one.id for one in EXPERIENCE), *BANDS.figure_ids])]
    returned = near.loc[near["indicator"].isin(BANDS.figure_ids), "trust_code"].unique()
    return near[near["trust_code"].isin(returned)]


def within_range(figures: pd.DataFrame, kinds: Mapping[str, str], *, points: float = STATED_RANGE) -> float:
    """Give the share of trusts' figures that lie within the stated range of the middle trust of their kind.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    kinds : mapping of str to str
        Kind of trust by code; the demonstration trust is left out.
    points : float

    Returns
    -------
    float
        Per cent of all shares of WRES 5 to 8, both groups.
    """
    known = staff_experience(figures)
    known = known[(known["status"] == "ok") & (known["trust_code"] != DEMONSTRATION_CODE)]
    by = [known["number"], known["trust_code"].map(kinds)]
    away = pd.concat(
        [
            (known[f"{side}_percent"] - known[f"{side}_percent"].groupby(by).transform("median")).abs()
            for side in _SIDES.values()
        ]
    )
    return float(100 * (away <= points).mean())


def _totals(figures: pd.DataFrame, indicator: str) -> pd.DataFrame:
    return figures[
        (figures["indicator"] == indicator)
        & (figures["group"] == _EVERYBODY)
        & (figures["status"] == "ok")
        & (figures["trust_code"] != ENGLAND_CODE)
    ]


def _by_trust(rows: pd.DataFrame, on: pd.Timestamp) -> pd.Series:
    rows = rows[rows["period_end"] == on]
    return rows["value"].astype("float64").groupby(rows["trust_code"]).sum()


def _answered(row: Mapping[Any, Any], groups: Mapping[str, float]) -> tuple[float, float] | None:
    """Per cent of each group that answered; None where the head counts are not known or cannot be of the same time."""
    if not groups:
        return None
    minority, white = (100 * row[f"{side}_total"] / groups[group] for group, side in _SIDES.items())
    return (float(minority), float(white)) if max(minority, white) < 100 else None


def _bounds(row: Mapping[Any, Any], answered: tuple[float, float], points: float) -> dict[str, float]:
    silent = [1 - share / 100 for share in answered]
    said = [row[f"{side}_percent"] for side in _SIDES.values()]
    # upwards the gap moves by more in the one group or by less in the other, whichever goes further
    up = max(silent[0] * min(points, 100 - said[0]), silent[1] * min(points, said[1]))
    down = max(silent[0] * min(points, said[0]), silent[1] * min(points, 100 - said[1]))
    gap = row["gap"]
    room = (said[0], 100 - said[1]) if gap > 0 else (100 - said[0], said[1])
    needed = [abs(gap) / part for part in silent]
    possible = [away for away, most in zip(needed, room, strict=True) if away <= most]
    return {
        "least": gap - down,
        "most": gap + up,
        "chance_least": row["gap_lower"] - down,
        "chance_most": row["gap_upper"] + up,
        "gone_at": min(possible, default=math.nan),
    }

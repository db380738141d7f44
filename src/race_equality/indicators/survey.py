"""NHS Staff Survey questions on fairness and discrimination, a trust among all trusts."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from race_equality.indicators.definitions import DEMONSTRATION_CODE, ENGLAND_CODE
from race_equality.statistics.intervals import wilson_interval


@dataclass(frozen=True)
class SurveyQuestion:
    """A question of the NHS Staff Survey, asked of all staff."""

    id: str
    number: str
    name: str
    adverse_when: str


QUESTIONS = (
    SurveyQuestion("staff_survey_q15", "Q15", "The trust acts fairly on career progression", "lower"),
    SurveyQuestion("staff_survey_q16a", "Q16a", "Discrimination from the public", "higher"),
    SurveyQuestion("staff_survey_q16b", "Q16b", "Discrimination from a manager or colleagues", "higher"),
)


def survey_answers(figures: pd.DataFrame) -> pd.DataFrame:
    """One finding a trust and question, for all staff together.

    Organisations that have since merged are averaged by their numbers of respondents. The
    published percentages are weighted to each organisation's staff groups, so the average is an
    approximation for merged trusts and the published figure for all others.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        ``trust_code``, ``indicator``, ``percent``, ``lower``, ``upper``, ``base``,
        ``organisations``.

    Notes
    -----
    The Wilson interval treats the weighted percentage as a simple proportion of the base. The
    weights are not published by trust; they make the true interval somewhat wider.
    """
    rows = figures[
        figures["indicator"].isin([question.id for question in QUESTIONS])
        & (figures["status"] == "ok")
        & (figures["group"] == "All staff")
        & (figures["trust_code"] != ENGLAND_CODE)
    ]
    rows = rows.assign(
        people=(rows["value"] * rows["denominator"] / 100).astype("float64"),
        base=rows["denominator"].astype("float64"),
    )
    table = rows.groupby(["trust_code", "indicator"], as_index=False).agg(
        people=("people", "sum"),
        base=("base", "sum"),
        organisations=("organisation_code", lambda codes: " ".join(sorted(set(codes)))),
        period_start=("period_start", "min"),
        period_end=("period_end", "max"),
    )
    interval = wilson_interval(table["people"].to_numpy(), table["base"].to_numpy())
    return table.assign(
        percent=100 * table["people"] / table["base"],
        lower=100 * interval.lower,
        upper=100 * interval.upper,
    ).drop(columns="people")


def spread_of_trusts(answers: pd.DataFrame, trust_codes=None) -> pd.DataFrame:
    """Median and middle half of trusts for each question.

    Parameters
    ----------
    answers : pandas.DataFrame
        From :func:`survey_answers`.
    trust_codes : collection of str, optional
        Which trusts; all real trusts when not given.

    Returns
    -------
    pandas.DataFrame
        Index ``indicator``; ``trusts``, ``quarter``, ``median``, ``three_quarters`` in per cent.
    """
    rows = answers[answers["trust_code"] != DEMONSTRATION_CODE]
    if trust_codes is not None:
        rows = rows[rows["trust_code"].isin(list(trust_codes))]
    return rows.groupby("indicator")["percent"].agg(
        trusts="size",
        quarter=lambda values: values.quantile(0.25),
        median="median",
        three_quarters=lambda values: values.quantile(0.75),
    )

"""NHS Staff Survey questions on fairness and discrimination, a trust among all trusts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from race_equality.analysis.rows_of_trusts import is_one_of
from race_equality.analysis.steps_in_staff import Step, YearlyTrend, steps_of_all
from race_equality.definitions.codes import DEMONSTRATION_CODE, ENGLAND_CODE
from race_equality.definitions.ethnicity import EIGHTEEN_GROUPS, FIVE_GROUPS
from race_equality.definitions.indicators import GROUND_ETHNIC_BACKGROUND, QUESTIONS
from race_equality.statistics.intervals import difference_interval, wilson_interval
from race_equality.statistics.trend import Spread, Trend, pooled_spread, trend
from race_equality.store.cache import cached
from race_equality.store.rows import groups_of
from race_equality.store.trust import Succession


@cached
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
        ``organisations``, ``period_start`` and ``period_end``.
        :func:`race_equality.analysis.funnel_position.among_their_kind` says where each lies among trusts of its kind.

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
        people=(rows["value"] * rows["denominator"] / 100).astype("float64"), base=rows["denominator"].astype("float64")
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
        percent=100 * table["people"] / table["base"], lower=100 * interval.lower, upper=100 * interval.upper
    ).drop(columns="people")


def answers_together(answers: pd.DataFrame, trust_codes: Collection[str] | None = None) -> pd.DataFrame:
    """Answers of several trusts together, by their numbers of respondents: a region's, or peers'.

    Parameters
    ----------
    answers : pandas.DataFrame
        From :func:`survey_answers`.
    trust_codes : collection of str, optional
        Which trusts; all real trusts when not given. The demonstration trust is never among them.

    Returns
    -------
    pandas.DataFrame
        Index ``indicator``; ``percent`` with ``lower`` and ``upper`` (Wilson, 95%), ``base``, ``trusts``. England's published figure is weighted in
        another way; :func:`england_answers` gives it.
    """
    rows = _real(answers, trust_codes)
    by_indicator = pd.DataFrame(
        {"indicator": rows["indicator"], "people": rows["percent"] * rows["base"], "base": rows["base"], "trusts": 1}
    ).groupby("indicator")
    sums = by_indicator.sum()
    limits = wilson_interval((sums["people"] / 100).to_numpy(), sums["base"].to_numpy())
    return pd.DataFrame(
        {
            "percent": sums["people"] / sums["base"],
            "lower": 100 * limits.lower,
            "upper": 100 * limits.upper,
            "base": sums["base"],
            "trusts": sums["trusts"],
        }
    )


def spread_of_trusts(answers: pd.DataFrame, trust_codes: Collection[str] | None = None) -> pd.DataFrame:
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
    percents = _real(answers, trust_codes).groupby("indicator")["percent"]
    quarters = np.array([np.quantile(values, [0.25, 0.5, 0.75]) for _, values in percents]).reshape(-1, 3).T
    names = ("quarter", "median", "three_quarters")
    return pd.DataFrame({"trusts": percents.size(), **dict(zip(names, quarters, strict=True))})


def _real(answers: pd.DataFrame, trust_codes: Collection[str] | None) -> pd.DataFrame:
    """Answers of some trusts, or of all, without the demonstration trust."""
    chosen = answers["trust_code"] != DEMONSTRATION_CODE
    if trust_codes is not None:
        chosen &= is_one_of(answers["trust_code"], trust_codes)
    return answers[chosen]


@cached
def england_answers(figures: pd.DataFrame) -> pd.DataFrame:
    """England's published answers of all staff to the survey's questions, in their order, of the latest survey.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        ``indicator``, ``percent``, ``lower``, ``upper`` (Wilson, 95%), ``base``, ``period_end``.

    Notes
    -----
    The publisher weights England's figures, so the interval is somewhat too narrow.
    """
    rows = (
        figures[
            (figures["trust_code"] == ENGLAND_CODE)
            & figures["indicator"].isin([question.id for question in QUESTIONS])
            & (figures["group"] == "All staff")
            & (figures["status"] == "ok")
        ]
        .sort_values(["indicator", "period_end"], kind="stable")
        .drop_duplicates("indicator", keep="last")
    )
    percent, base = (rows[name].to_numpy(dtype="float64") for name in ("value", "denominator"))
    interval = wilson_interval(percent * base / 100, base)
    return pd.DataFrame(
        {
            "indicator": rows["indicator"].to_numpy(),
            "percent": percent,
            "lower": 100 * interval.lower,
            "upper": 100 * interval.upper,
            "base": base,
            "period_end": rows["period_end"].to_numpy(),
        }
    )


@cached
def england_by_ethnic_group(figures: pd.DataFrame) -> pd.DataFrame:
    """England's answers by the survey's 18 ethnic groups.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        One row for each question (grounds of discrimination: of those who had experienced it) and group, groups in
        alphabetical order within their broad group and Other last: ``indicator``, ``broad``, ``group``, ``percent``,
        ``lower``, ``upper``, ``base``, ``period_start``, ``period_end``. Groups that the publisher suppressed are left out.

    Notes
    -----
    The publisher weights England's figures by organisation size and staff group. The Wilson interval treats the
    weighted percentage as a simple proportion of the base and is therefore somewhat too narrow.
    """
    asked = [question.id for question in (*QUESTIONS, GROUND_ETHNIC_BACKGROUND)]
    rows = figures[
        (figures["trust_code"] == ENGLAND_CODE)
        & figures["indicator"].isin(asked)
        & figures["group"].isin(list(EIGHTEEN_GROUPS))
        & (figures["status"] == "ok")
    ]
    base = rows["denominator"].astype("float64")
    interval = wilson_interval((rows["value"].astype("float64") * base / 100).to_numpy(), base.to_numpy())
    broad = rows["group"].map(EIGHTEEN_GROUPS)
    # "Asian/Asian British - Indian" becomes "Asian: Indian".
    detail = (
        broad
        + ": "
        + rows["group"]
        .str.split(" - ", n=1)
        .str[1]
        .replace(
            {
                r"^Any other .*": "Any other background",  # the broad group before it says of what
                r"^English / .*British$": "British",
            },
            regex=True,
        )
    )
    table = pd.DataFrame(
        {
            "indicator": rows["indicator"],
            "broad": pd.Categorical(broad, categories=list(FIVE_GROUPS), ordered=True),
            "group": detail,
            "percent": rows["value"].astype("float64"),
            "lower": 100 * interval.lower,
            "upper": 100 * interval.upper,
            "base": base,
            "period_start": rows["period_start"],
            "period_end": rows["period_end"],
        }
    )
    # "Any other …" is last in its broad group, as "Other" does among them.
    table["any_other"] = table["group"].str.endswith(": Any other background")
    return (
        table.sort_values(["indicator", "broad", "any_other", "group"], kind="stable")
        .drop(columns="any_other")
        .reset_index(drop=True)
    )


def discrimination_by_year(figures: pd.DataFrame, trust_code: str) -> pd.DataFrame:
    """Discrimination from a manager or colleagues, all staff, survey by survey.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust_code : str
        A resolved trust code.

    Returns
    -------
    pandas.DataFrame
        One row a survey, oldest first: ``year``, ``percent``, ``lower``, ``upper`` (Wilson, 95%),
        ``base``. Organisations that have merged are averaged by their numbers of respondents, in each
        year those that were surveyed.
    """
    found = _discrimination_of_all_by_year(figures)
    return found[found["trust_code"] == trust_code].drop(columns="trust_code").reset_index(drop=True)


@cached
def _discrimination_of_all_by_year(figures: pd.DataFrame) -> pd.DataFrame:
    rows = figures[(figures["indicator"] == "staff_survey_panel_q16b") & (figures["status"] == "ok")]
    base = rows["denominator"].astype("float64")
    table = (
        pd.DataFrame(
            {
                "trust_code": rows["trust_code"],
                "year": rows["period_end"].dt.year,
                "people": rows["value"].astype("float64") * base / 100,
                "base": base,
            }
        )
        .groupby(["trust_code", "year"], as_index=False)
        .sum()
    )
    interval = wilson_interval(table["people"].to_numpy(), table["base"].to_numpy())
    return table.assign(
        percent=100 * table["people"] / table["base"], lower=100 * interval.lower, upper=100 * interval.upper
    ).drop(columns="people")


def yearly_change(figures: pd.DataFrame, trust_code: str, successions: Sequence[Succession] = ()) -> YearlyTrend:
    """Return the yearly change of discrimination over a trust's surveys, with its interval.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, of all trusts: how far surveys scatter around a line is pooled over them.
    trust_code : str
        A resolved trust code.
    successions : sequence of Succession
        Of this trust or of all, as for :func:`race_equality.analysis.steps_in_staff.steps_in_staff`.

    Returns
    -------
    YearlyTrend
        In percentage points a year, over the surveys since the last step in staff by merger or transfer; fewer than four
        surveys give "too few points".

    Notes
    -----
    Four surveys say little about their own scatter. Over all trusts they scatter by about 0.3 points more than who
    happened to answer accounts for, and this is taken as known (:func:`race_equality.statistics.trend.pooled_spread`).
    """
    few = Trend(float("nan"), float("nan"), float("nan"), "too few points", 0)
    return yearly_changes(figures, [trust_code], successions).get(trust_code, YearlyTrend.of(few, None))


def yearly_changes(
    figures: pd.DataFrame, trust_codes: Sequence[str], successions: Sequence[Succession] = ()
) -> dict[str, YearlyTrend]:
    """Return the yearly change of many trusts: as :func:`yearly_change`, by trust code, where there are surveys."""
    surveys = _discrimination_of_all_by_year(figures)
    surveys = surveys[surveys["trust_code"].isin(list(trust_codes))]
    steps, spread = steps_of_all(figures, successions), _spread_of_surveys(figures)
    changes = {}
    for code, rows in groups_of(surveys, "trust_code"):
        step, since = _last_step(rows, steps.get(code, []))
        rows = rows[rows["year"] >= since]
        found = trend(
            rows["year"].to_numpy(dtype="float64"), rows["percent"].to_numpy(), _error(rows).to_numpy(), spread=spread
        )
        changes[code] = YearlyTrend.of(found, step)
    return changes


def _last_step(surveys: pd.DataFrame, steps: Sequence[Step]) -> tuple[Step | None, int]:
    """Return the last step between a trust's surveys, and the first survey that is wholly after it."""
    if surveys.empty:
        return None, 0
    # staff are asked who are there on 1 September
    days = [pd.Timestamp(int(year), 9, 1) for year in surveys["year"]]
    found = None
    for step in steps:
        start, end = (step.start, step.end) if step.day is None else 2 * (pd.Timestamp(step.day),)
        if days[0] < end and start <= days[-1]:
            found = step, end
    if found is None:
        return None, days[0].year
    return found[0], min((day.year for day in days if day >= found[1]), default=days[-1].year + 1)


def ends_differ(surveys: pd.DataFrame) -> bool:
    """Say whether the first and the last survey differ by more than the chance of who answered.

    Parameters
    ----------
    surveys : pandas.DataFrame
        From :func:`discrimination_by_year`; not empty.

    Notes
    -----
    Newcombe's interval of the difference. It takes no account of how a trust's figure moves from one survey to the next,
    so that it says less than :func:`yearly_change`; a page names it where the two differ.
    """
    last, first = (surveys.iloc[place] for place in (-1, 0))
    counts = ((row["percent"] * row["base"] / 100, row["base"]) for row in (last, first))
    (x1, n1), (x2, n2) = counts
    found = difference_interval(x1, n1, x2, n2)
    return not float(found.lower) <= 0 <= float(found.upper)


def _error(surveys: pd.DataFrame) -> pd.Series:
    """Standard error in percentage points; that of one half of a person where nobody or everybody said so."""
    share = (surveys["percent"] * surveys["base"] / 100 + 0.5) / (surveys["base"] + 1)
    return 100 * (share * (1 - share) / surveys["base"]).pow(0.5)


@cached
def _spread_of_surveys(figures: pd.DataFrame) -> Spread:
    """How far a trust's surveys scatter around its own line beyond the chance of who answered."""
    surveys = _discrimination_of_all_by_year(figures)
    surveys = surveys[surveys["trust_code"] != DEMONSTRATION_CODE]
    if surveys.empty:
        return Spread(float("nan"), 0, 0)
    steps = steps_of_all(figures)
    first = {code: _last_step(rows, steps[code])[1] for code, rows in groups_of(surveys, "trust_code") if code in steps}
    surveys = surveys[surveys["year"] >= surveys["trust_code"].map(first).fillna(0)]
    table = surveys.assign(error=_error(surveys)).pivot(index="trust_code", columns="year", values=["percent", "error"])
    years = table["percent"].columns.to_numpy(dtype="float64")
    return pooled_spread(years, table["percent"].to_numpy(), table["error"].to_numpy())

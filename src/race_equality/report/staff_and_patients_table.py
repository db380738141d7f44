"""Staff and patients of one trust in one table, each compared with similar trusts, its region and all trusts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from race_equality.analysis.funnel_position import direction_of
from race_equality.analysis.gap_reading import read_gap
from race_equality.analysis.maternity import latest_rates
from race_equality.analysis.rows_of_trusts import FEWEST_OTHERS
from race_equality.definitions.codes import DEMONSTRATION_CODE, ENGLAND_CODE
from race_equality.definitions.indicators import BY_ID
from race_equality.report.funnels import reading_among_kind
from race_equality.report.left_out import reading_of
from race_equality.report.patients import VARIATION_WORDS, month
from race_equality.report.words import STATUS_WORDS, interval, percent, period, points, upper_first
from race_equality.store.rows import row_at, rows_of

#: The one gap in the table.
_AT_WORK = BY_ID["wres_8"]


def side_by_side(
    experience: pd.DataFrame,
    pooled: dict[str, pd.DataFrame],
    asked: pd.DataFrame,
    together: dict[str, pd.DataFrame],
    access: pd.DataFrame,
    births: pd.DataFrame,
    trust_code: str,
    *,
    peer_codes: list[str],
    region_codes: list[str],
    alike_codes: list[str],
) -> pd.DataFrame:
    """Put what staff say and how patients are served in rows of one table.

    Parameters
    ----------
    experience : pandas.DataFrame
        WRES 5 to 8 of the trust, indexed by number.
    pooled : dict of str to pandas.DataFrame
        ``similar``, ``region`` and ``all``: WRES 5 to 8 of those trusts together, indexed by number.
    asked : pandas.DataFrame
        What all staff of the trust answered: its rows of :func:`race_equality.analysis.survey.survey_answers`, placed
        by :func:`race_equality.analysis.funnel_position.among_their_kind`.
    together : dict of str to pandas.DataFrame
        ``similar``, ``region`` and ``all``: what all staff of those trusts answered, indexed by indicator.
    access : pandas.DataFrame
        From :func:`race_equality.analysis.access.latest_access`.
    births : pandas.DataFrame
        From :func:`race_equality.analysis.maternity.maternity_rates_by_year`, placed likewise: comparators are of the same year.
    trust_code : str
    peer_codes, region_codes, alike_codes : list of str
        Similar trusts, and those of the trust's kind in its region and everywhere.

    Returns
    -------
    pandas.DataFrame
        Text: ``indicator`` (its id), ``who`` ("Staff" or "Patients"), ``measure``, ``when``, ``here``, ``similar``, ``region``,
        ``all``, ``reading``. A share of staff or of births is read in the funnel over the trusts of its kind,
        as in the downloads: with thousands of answers hardly any trust is at the average, and most are none the less as
        far from it as trusts of the kind ordinarily are.
    """
    rows = []
    one = _AT_WORK
    if experience["status"].get(one.number) == "ok":
        found = row_at(experience, one.number)
        rows.append(
            {
                "indicator": one.id,
                "who": "Staff",
                "measure": f"{one.name}, gap between ethnic minority and White staff (points)",
                "when": period(found["period_start"], found["period_end"]),
                "here": f"{points(found['gap'])} ({interval(found['gap_lower'], found['gap_upper'])})",
                **{name: _gap_of(table) for name, table in pooled.items()},
                "reading": upper_first(read_gap(found).words),
            }
        )
    for row in rows_of(asked):
        rows.append(
            {
                "indicator": row.indicator,
                "who": "Staff",
                "measure": BY_ID[row.indicator].name_with_group,
                "when": period(row.period_start, row.period_end),
                "here": f"{percent(row.percent)} ({interval(row.lower, row.upper, signed=False)})",
                **{name: percent(table["percent"].get(row.indicator, math.nan)) for name, table in together.items()},
                "reading": reading_among_kind(
                    str(direction_of(np.array([row.position]), BY_ID[row.indicator].adverse_when)[0]), row.kind
                ),
            }
        )
    for row in rows_of(access):
        rows.append(
            {
                "indicator": row.indicator,
                "who": "Patients",
                "measure": BY_ID[row.indicator].name,
                "when": month(row.month),
                "here": percent(row.percent),
                "similar": percent(row.similar_trusts),
                "region": percent(row.region),
                "all": percent(row.all_trusts),
                "reading": VARIATION_WORDS[row.variation] + (" (provisional)" if row.provisional else ""),
            }
        )
    rows += _births(births, trust_code, peer_codes, region_codes, alike_codes)
    return pd.DataFrame(
        rows, columns=["indicator", "who", "measure", "when", "here", "similar", "region", "all", "reading"]
    )


def _gap_of(table: pd.DataFrame) -> str:
    return (
        points(row_at(table, _AT_WORK.number)["gap"])
        if _AT_WORK.number in table.index
        else STATUS_WORDS["not_available"]
    )


#: Of a comparator of hardly any trusts.
_TOO_FEW = "Too few trusts"


def _births(by_year: pd.DataFrame, trust_code: str, peer_codes, region_codes, alike_codes) -> list[dict[str, str]]:
    rows = []
    own = latest_rates(by_year[by_year["trust_code"] == trust_code])
    is_public = ~by_year["trust_code"].isin([DEMONSTRATION_CODE, ENGLAND_CODE]) & (by_year["status"] == "ok")
    is_same = is_public & by_year["period_end"].isin(own["period_end"])
    of_year: dict[tuple[str, pd.Timestamp], list[Any]] = {}
    for row in rows_of(by_year.loc[is_same, ["indicator", "period_end", "trust_code", "count", "people"]]):
        of_year.setdefault((row.indicator, row.period_end), []).append(row)
    for found in rows_of(own):
        same = of_year.get((found.indicator, found.period_end), [])

        def share(codes, same=same):
            among, others = set(codes), set(codes) - {trust_code}
            if not others:
                return STATUS_WORDS["not_available"]
            chosen = [row for row in same if row.trust_code in among]
            if sum(row.trust_code in others for row in chosen) < min(FEWEST_OTHERS, len(others)):
                return _TOO_FEW
            return percent(100 * sum(row.count for row in chosen) / sum(row.people for row in chosen))

        rows.append(
            {
                "indicator": found.indicator,
                "who": "Patients",
                "measure": BY_ID[found.indicator].name,
                "when": f"year to {month(found.period_end)}",
                "here": f"{percent(found.percent)} ({interval(found.lower, found.upper, signed=False)})"
                if found.status == "ok"
                else STATUS_WORDS[found.status],
                "similar": share(peer_codes),
                "region": share(region_codes),
                "all": share(alike_codes),
                # who gives birth where differs, so a rate is high or low and not better or worse
                "reading": reading_among_kind(_side(found.position), found.kind)
                if found.status == "ok"
                else reading_of(found.status),
            }
        )
    return rows


def _side(position: str) -> str:
    """A rate that is neither better high nor low: on which side of the funnel it lies."""
    side = str(direction_of(np.array([position]), "higher")[0])
    return {"adverse": "higher", "favourable": "lower"}.get(side, side)

"""The gap among a trust's staff and the gap among its patients, and whether the two go together over trusts.

Gaps are percentage points to the disadvantage of the first group: more of it wait long, fewer of it recover. So a
positive link means that trusts with wider gaps among staff have wider gaps among patients, whatever is measured.
Associations between organisations: never cause, and never about individuals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from race_equality.analysis.rows_of_trusts import is_one_of
from race_equality.analysis.survey import survey_answers
from race_equality.analysis.wres import staff_experience
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.ethnicity import EIGHTEEN_GROUPS, ETHNIC_MINORITY, WHITE
from race_equality.definitions.indicators import BY_ID, EXPERIENCE, Indicator, figure_ids
from race_equality.statistics.intervals import difference_interval
from race_equality.statistics.linked_gaps import gap_error, linked_gaps
from race_equality.store.cache import cached
from race_equality.store.trusts import system_codes

#: The gap among staff that is set against each gap among patients: discrimination from a manager or colleagues.
STAFF_GAP = BY_ID["wres_8"]
#: The gaps among patients, in the order in which a trust's own is chosen.
PATIENT_GAPS = tuple(
    BY_ID[id] for id in ("waiting_over_18_weeks", "talking_therapies_recovery", "maternity_continuity_of_carer")
)
#: What all staff answered, for trusts whose staff experience by ethnic group no file that was read holds.
ALL_STAFF = BY_ID["staff_survey_q16b"]
#: Groups of patients that are compared with White patients. Continuity of carer is published for three of them together.
PATIENT_GROUPS = ("Asian", "Black", "Mixed", "Asian, Black or Mixed", "Other")
#: All kinds of trust together.
ALL_KINDS = "All kinds"
#: A group of fewer people than this has no gap here.
FEWEST = 50
#: Publishers round each count of patients to the nearest 5: the variance of that, in people.
_ROUNDING = 5**2 / 12


COLUMNS = tuple(
    "staff patients group kind trusts correlation lower upper slope slope_lower slope_upper detectable measured "
    "between_staff between_patients reason".split()
)


class _Look(NamedTuple):
    """One link that is looked at."""

    staff: str
    patients: str
    group: str
    kind: str


@cached(to_disk=True)
def gaps_of_staff_and_patients(figures: pd.DataFrame, trusts: pd.DataFrame) -> pd.DataFrame:
    """Return every trust's gaps among staff and among patients, with their standard errors.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`.

    Returns
    -------
    pandas.DataFrame
        ``trust_code``, ``side`` ("staff" or "patients"), ``indicator``, ``group`` (compared with White people), ``gap``,
        ``lower``, ``upper`` (95%), ``error``, ``percent`` and ``people`` of the group, ``white_percent`` and
        ``white_people``, ``period_start``, ``period_end``. Gaps in percentage points to the disadvantage of the group.
        The latest period of all trusts; the demonstration trust's invented gaps are in it as well. Patients of a group under :data:`FEWEST` are left out, and so are
        trusts in which nobody of either group had what is measured: they offer no such service.

    Notes
    -----
    Newcombe's interval; the standard error of Agresti and Caffo, which is above zero also where nobody of a group had
    what is measured, and for patients that of rounding to the nearest 5 in each published count that was added up. A
    count that is hidden is left out with its base. People differ between the two sides, so the errors are independent.
    """
    wanted = figure_ids(one.id for one in (*EXPERIENCE, *PATIENT_GAPS))
    figures = figures[is_one_of(figures["indicator"], wanted)]  # few of them, so that all else is quick
    real = figures[is_one_of(figures["trust_code"], set(trusts["trust_code"]) - {DEMONSTRATION_CODE})]
    invented = figures[figures["trust_code"] == DEMONSTRATION_CODE]
    staff = staff_experience(pd.concat([real, invented]))
    staff = staff[staff["status"] == "ok"]
    parts = [
        pd.DataFrame(
            {
                "trust_code": staff["trust_code"].astype("str"),
                "side": "staff",
                "indicator": staff["indicator"].astype("str"),
                "group": ETHNIC_MINORITY,
                "count": staff["ethnic_minority_count"],
                "people": staff["ethnic_minority_total"],
                "white_count": staff["white_count"],
                "white_people": staff["white_total"],
                "rounded": 0,
                "white_rounded": 0,
                "period_start": staff["period_start"],
                "period_end": staff["period_end"],
            }
        )
    ]
    parts += [_of_patients(rows, indicator) for rows in (real, invented) for indicator in PATIENT_GAPS]
    table = pd.concat([part for part in parts if len(part)], ignore_index=True) if any(map(len, parts)) else parts[0]
    count, people, white_count, white_people = (
        table[name].to_numpy("float64") for name in ("count", "people", "white_count", "white_people")
    )
    interval = difference_interval(count, people, white_count, white_people)
    sign = table["indicator"].map(lambda id: -1.0 if BY_ID[id].adverse_when == "lower" else 1.0).to_numpy("float64")
    lower, upper = 100 * sign * interval.lower, 100 * sign * interval.upper
    percent, white = 100 * table["count"] / table["people"], 100 * table["white_count"] / table["white_people"]
    rounding = sum(
        _ROUNDING * table[cells] * (1 + (share / 100) ** 2) / table[base] ** 2
        for cells, share, base in (("rounded", percent, "people"), ("white_rounded", white, "white_people"))
    )
    return table.assign(
        percent=percent,
        white_percent=white,
        gap=sign * (percent - white),
        lower=np.minimum(lower, upper),
        upper=np.maximum(lower, upper),
        error=100 * np.sqrt(gap_error(count, people, white_count, white_people) ** 2 + rounding),
    ).drop(columns=["count", "white_count", "rounded", "white_rounded"])


def _of_patients(figures: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Counts of each group of patients and of White patients, by trust, of the latest period."""
    (figure_id,) = [part.id for part in indicator.parts if part.kind == "ethnicity"]
    rows = figures[(figures["indicator"] == figure_id) & (figures["status"] == "ok")]
    rows = rows[rows["period_end"] == rows["period_end"].max()]
    # groups that a publication gives as such, or else the sum of their parts
    broad = rows["group"].where(rows["group"].isin(PATIENT_GROUPS) | (rows["group"] == WHITE))
    group = broad if broad.notna().any() else rows["group"].map(EIGHTEEN_GROUPS)
    rows = rows.assign(group=group.astype("str"), trust_code=rows["trust_code"].astype("str"))[group.notna().to_numpy()]
    counts = rows.groupby(["trust_code", "group"])[["numerator", "denominator"]].sum().astype("float64").unstack()
    cells = rows.groupby(["trust_code", "group"]).size().astype("float64").unstack()
    if counts.empty or ("denominator", WHITE) not in counts.columns:
        return pd.DataFrame()
    minorities = [group for group in PATIENT_GROUPS if ("denominator", group) in counts.columns]
    period = rows[["period_start", "period_end"]].iloc[0]
    found = []
    for name in (ETHNIC_MINORITY, *minorities):
        parts = minorities if name == ETHNIC_MINORITY else [name]
        had, of = counts["numerator"], counts["denominator"]
        count, people, white_count, white_people = had[parts].sum(axis=1), of[parts].sum(axis=1), had[WHITE], of[WHITE]
        keep = (people >= FEWEST) & (white_people >= FEWEST) & (count + white_count > 0)
        found.append(
            pd.DataFrame(
                {
                    "trust_code": counts.index.astype("str"),
                    "side": "patients",
                    "indicator": indicator.id,
                    "group": name,
                    "count": count.to_numpy(),
                    "people": people.to_numpy(),
                    "white_count": white_count.to_numpy(),
                    "white_people": white_people.to_numpy(),
                    "rounded": cells[parts].sum(axis=1).to_numpy(),
                    "white_rounded": cells[WHITE].to_numpy(),
                    "period_start": period["period_start"],
                    "period_end": period["period_end"],
                }
            )[keep.to_numpy()]
        )
    return pd.concat(found, ignore_index=True)


def adjustments_by_trust(figures: pd.DataFrame, trusts: pd.DataFrame) -> pd.DataFrame:
    """Return what both gaps are adjusted for.

    Parameters
    ----------
    figures, trusts : pandas.DataFrame
        As for :func:`gaps_of_staff_and_patients`.

    Returns
    -------
    pandas.DataFrame
        Index ``trust_code``; ``kind``, ``london`` (bool), ``catchment`` (fifth of deprivation of the people whom the
        trust serves, 1 most deprived) and ``system`` (average deprivation score of the trust's systems), each less its
        mean. Of the last two a trust has one, and 0 for the other: the catchment where one is published, which is for
        acute and acute specialist trusts, and the system for others. Both are missing where neither is known, as for
        ambulance trusts that serve several regions.
    """
    table = trusts.set_index("trust_code")[["kind"]].drop(DEMONSTRATION_CODE, errors="ignore")
    table.index = table.index.astype("str")
    table["london"] = trusts.set_index("trust_code")["region"].eq("London")
    ok = figures[figures["status"] == "ok"]

    def values(indicator: str) -> pd.Series:
        rows = ok[ok["indicator"] == indicator].drop_duplicates("trust_code", keep="last")
        return rows.set_index("trust_code")["value"].astype("float64")

    catchment = values("catchment_deprivation_quintile").reindex(table.index)
    score = values("system_imd_score")
    systems = trusts.set_index("trust_code")["system"].reindex(table.index)
    of_system = {name: score.reindex(list(system_codes(name))).mean() if name else np.nan for name in set(systems)}
    system = systems.map(of_system).astype("float64").where(catchment.isna())
    known = catchment.notna() | system.notna()
    table["catchment"] = (catchment - catchment.mean()).fillna(0.0).where(known)
    table["system"] = (system - system.mean()).fillna(0.0).where(known)
    return table


def _looks() -> Iterator[_Look]:
    """All links that are looked at, decided before any was computed."""
    for patients in PATIENT_GAPS:
        for kind in (ALL_KINDS, *(patients.applies_to if len(patients.applies_to) > 1 else ())):
            for group in (ETHNIC_MINORITY, *PATIENT_GROUPS):
                yield _Look(STAFF_GAP.id, patients.id, group, kind)
        for staff in (*EXPERIENCE, ALL_STAFF):
            if staff.id != STAFF_GAP.id:
                yield _Look(staff.id, patients.id, ETHNIC_MINORITY, ALL_KINDS)


@cached(to_disk=True)
def main_links(figures: pd.DataFrame, trusts: pd.DataFrame) -> pd.DataFrame:
    """Estimate the links of which a trust's report speaks: of each gap among patients one, with the main gap among staff.

    Parameters
    ----------
    figures, trusts : pandas.DataFrame
        As for :func:`gaps_of_staff_and_patients`.

    Returns
    -------
    pandas.DataFrame
        The rows of :func:`links` for :data:`STAFF_GAP`, patients of all ethnic minorities together and all kinds of trust.
        They are a tenth of all, so that a report that is built alone is there a second sooner.
    """
    return _estimated(figures, trusts, filter(_is_main, _looks()))


def _is_main(look: _Look) -> bool:
    return look == _Look(STAFF_GAP.id, look.patients, ETHNIC_MINORITY, ALL_KINDS)


@cached(to_disk=True)
def links(figures: pd.DataFrame, trusts: pd.DataFrame) -> pd.DataFrame:
    """Estimate, over trusts, the link between each gap among staff and each gap among patients.

    Parameters
    ----------
    figures, trusts : pandas.DataFrame
        As for :func:`gaps_of_staff_and_patients`.

    Returns
    -------
    pandas.DataFrame
        One row a link: ``staff`` and ``patients`` (ids), ``group`` (of patients, compared with White patients),
        ``kind`` (of trust, or :data:`ALL_KINDS`), ``trusts``, ``correlation``, ``lower``, ``upper`` (95%), ``slope``,
        ``slope_lower``, ``slope_upper`` (points of the patients' gap for one of the staff's), ``detectable``,
        ``measured``, ``between_staff``, ``between_patients`` and ``reason`` (why there is no estimate). Patients'
        figures that are not held have no rows; of one kind of trust with too few, there is one row.

    Notes
    -----
    :func:`race_equality.statistics.linked_gaps.linked_gaps`, the means of both gaps adjusted for kind, London and
    deprivation (:func:`adjustments_by_trust`). Staff are in two groups in every publication, so a group of patients is set
    against the gap between staff from all ethnic minorities and White staff. What all staff answered
    (:data:`ALL_STAFF`) is a level and no gap: it is there for trusts whose gap no file holds.
    """
    return _estimated(figures, trusts, _looks(), main_links(figures, trusts))


def _estimated(
    figures: pd.DataFrame, trusts: pd.DataFrame, looks: Iterable[_Look], main: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Estimate links; those that are in `main` are taken from it."""
    known = {} if main is None else {row["patients"]: row for row in main.to_dict("records")}
    gaps, about = gaps_of_staff_and_patients(figures, trusts), adjustments_by_trust(figures, trusts)
    gaps = gaps[gaps["trust_code"] != DEMONSTRATION_CODE]
    answers = survey_answers(figures)
    answers = answers[answers["indicator"] == ALL_STAFF.id].set_index("trust_code")
    share = answers["percent"].astype("float64") / 100
    level = pd.DataFrame({"gap": 100 * share, "error": 100 * np.sqrt(share * (1 - share) / answers["base"])})
    columns = ["gap", "error"]
    by_side = {
        key: rows.set_index("trust_code")[columns]
        for key, rows in gaps.groupby(["indicator", "group"], observed=True, sort=False)
    }
    by_side[ALL_STAFF.id, ETHNIC_MINORITY] = level
    of_patients = gaps[gaps["side"] == "patients"]
    held = set(zip(of_patients["indicator"], of_patients["group"], strict=True))
    found: list[Mapping[Any, Any]] = []
    enough = False
    for look in looks:
        if (look.patients, look.group) not in held:
            continue
        if _is_main(look) and look.patients in known:
            found.append(known[look.patients])
            enough = known[look.patients]["reason"] != "too few units"
            continue
        nothing = pd.DataFrame(columns=columns, dtype="float64")
        staff = by_side.get((look.staff, ETHNIC_MINORITY), nothing)
        patients = by_side.get((look.patients, look.group), nothing)
        table = about.join(staff, how="inner").join(patients.add_suffix("_patients"), how="inner").dropna().sort_index()
        if look.kind != ALL_KINDS:
            table = table[table["kind"] == look.kind]
        link = linked_gaps(
            table["gap"], table["error"], table["gap_patients"], table["error_patients"],
            adjust=(table["kind"], table["london"]), covariates=(table["catchment"], table["system"]),
        )  # fmt: skip
        # that there are too few trusts is said once, and not for each group
        is_main = look.group == ETHNIC_MINORITY and look.staff == STAFF_GAP.id
        if is_main and look.kind == ALL_KINDS:
            enough = link.reason != "too few units"
        if link.reason == "too few units" and not (is_main and (look.kind == ALL_KINDS or (enough and link.units))):
            continue
        found.append(
            look._asdict()
            | {
                "trusts": link.units,
                "correlation": link.correlation,
                "lower": link.lower,
                "upper": link.upper,
                "slope": link.slope,
                "slope_lower": link.slope_lower,
                "slope_upper": link.slope_upper,
                "detectable": link.detectable,
                "measured": link.measured,
                "between_staff": link.between_x,
                "between_patients": link.between_y,
                "reason": link.reason,
            }
        )
    return pd.DataFrame(found, columns=list(COLUMNS))

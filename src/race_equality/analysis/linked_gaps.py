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
from race_equality.project import as_project
from race_equality.statistics.intervals import difference_interval
from race_equality.statistics.linked_gaps import Numbers, gap_error, linked_gaps
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
    everybody = staff_experience(figures)
    wanted = figure_ids(one.id for one in PATIENT_GAPS)
    figures = figures[is_one_of(figures["indicator"], wanted)]  # few of them, so that all else is quick
    of_trusts = set(trusts["trust_code"]) - {DEMONSTRATION_CODE}
    real = figures[is_one_of(figures["trust_code"], of_trusts)]
    invented = figures[figures["trust_code"] == DEMONSTRATION_CODE]
    staff = everybody[
        (everybody["status"] == "ok") & is_one_of(everybody["trust_code"], {*of_trusts, DEMONSTRATION_CODE})
    ]
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
    groups, group = pd.Index([WHITE, *PATIENT_GROUPS]), rows["group"]
    place = groups.get_indexer(group if group.isin(groups).any() else group.map(EIGHTEEN_GROUPS))
    rows, place = rows[place >= 0], place[place >= 0]
    held = np.unique(place)
    if 0 not in held:
        return pd.DataFrame()
    of_trust, codes = pd.factorize(rows["trust_code"], sort=True)

    def of_each(column: str | None) -> tuple[Numbers, Numbers]:
        """Sums for all ethnic minorities and each of them, by trust, and for White patients."""
        numbers = None if column is None else np.nan_to_num(rows[column].to_numpy("float64", na_value=np.nan))
        cell = of_trust * len(groups) + place
        table = np.bincount(cell, numbers, len(codes) * len(groups)).reshape(-1, len(groups)).T.astype("float64")
        minorities = table[held[1:]]
        return np.vstack([minorities.sum(axis=0), minorities]), np.broadcast_to(table[0], (len(held), len(codes)))

    count, white_count = of_each("numerator")
    people, white_people = of_each("denominator")
    rounded, white_rounded = of_each(None)
    keep = (people >= FEWEST) & (white_people >= FEWEST) & (count + white_count > 0)
    name, trust = np.nonzero(keep)
    return pd.DataFrame(
        {
            "trust_code": codes[trust].astype("str"),
            "side": "patients",
            "indicator": indicator.id,
            "group": np.array([ETHNIC_MINORITY, *groups[held[1:]]], dtype=object)[name],
            "count": count[keep],
            "people": people[keep],
            "white_count": white_count[keep],
            "white_people": white_people[keep],
            "rounded": rounded[keep],
            "white_rounded": white_rounded[keep],
            "period_start": rows["period_start"].iloc[0],
            "period_end": rows["period_end"].iloc[0],
        }
    )


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

    def values(indicator: str) -> pd.Series:
        rows = figures[is_one_of(figures["indicator"], {indicator})]
        rows = rows[rows["status"] == "ok"].drop_duplicates("trust_code", keep="last")
        return rows.set_index("trust_code")["value"].astype("float64")

    catchment = values("catchment_deprivation_quintile").reindex(table.index)
    score = values("system_imd_score").dropna().to_dict()
    systems = trusts.set_index("trust_code")["system"].reindex(table.index)
    of_system, project = {}, as_project(None)  # which is looked for once, and not for each system
    for name in set(systems):
        scores = [score[code] for code in (system_codes(name, project=project) if name else ()) if code in score]
        of_system[name] = sum(scores) / len(scores) if scores else np.nan
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
    about = about.dropna().sort_index()
    gaps = gaps[gaps["trust_code"] != DEMONSTRATION_CODE]
    answers = survey_answers(figures)
    answers = answers[answers["indicator"] == ALL_STAFF.id].set_index("trust_code")
    share = answers["percent"].astype("float64") / 100
    level = pd.DataFrame({"gap": 100 * share, "error": 100 * np.sqrt(share * (1 - share) / answers["base"])})
    # the gap and the error of each trust that links are adjusted for, missing where it has none
    columns, sides = ["gap", "error"], list(zip(gaps["indicator"].tolist(), gaps["group"].tolist(), strict=True))
    places = {side: place for place, side in enumerate(dict.fromkeys(sides))}
    of_side, of_trust = [places[side] for side in sides], about.index.get_indexer(pd.Index(gaps["trust_code"]))
    table = np.full((len(places), len(about) + 1, 2), np.nan)  # the last row is for all other trusts
    table[of_side, of_trust] = gaps[columns].to_numpy()
    by_side = dict(zip(places, table[:, :-1], strict=True))
    by_side[ALL_STAFF.id, ETHNIC_MINORITY] = level[columns].reindex(about.index).to_numpy("float64", na_value=np.nan)
    nothing = np.full((len(about), 2), np.nan)
    kind, london, catchment, system = (about[name].to_numpy() for name in ("kind", "london", "catchment", "system"))
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
        staff = by_side.get((look.staff, ETHNIC_MINORITY), nothing)
        patients = by_side.get((look.patients, look.group), nothing)
        both = ~np.isnan(staff + patients).any(axis=1)
        if look.kind != ALL_KINDS:
            both &= kind == look.kind
        link = linked_gaps(
            *staff[both].T, *patients[both].T,
            adjust=(kind[both], london[both]), covariates=(catchment[both], system[both]),
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

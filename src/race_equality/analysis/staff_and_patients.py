"""Staff experience and patients' access side by side, across trusts: association, never cause."""

from __future__ import annotations

from typing import Any

import pandas as pd

from race_equality.analysis.survey import survey_answers
from race_equality.analysis.wres import staff_experience
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.indicators import ACCESS, BY_ID
from race_equality.statistics.association import rank_correlation

#: Discrimination from a manager or colleagues: whose, as a legend says it.
STAFF_MEASURES = {
    "discrimination_gap": "Gap, ethnic minority minus White",
    "discrimination_minority": "Ethnic minority staff",
    "discrimination_all": "All staff",
}

PATIENT_MEASURES = {
    **{measure.id: measure.name for measure in ACCESS},
    "maternity_preterm_births": BY_ID["maternity_preterm_births"].name,
}


#: Percentages of fewer people than this are left out: maternity counts are rounded to the nearest 5.
FEWEST = 100


def measures_by_trust(figures: pd.DataFrame, trusts: pd.DataFrame) -> pd.DataFrame:
    """Set the measures of staff and of patients side by side for each trust.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`.

    Returns
    -------
    pandas.DataFrame
        Index ``trust_code``, real trusts only; ``trust_name``, ``kind``, ``region``, ``answered`` (all staff who
        answered the survey), and in per cent or percentage points the columns of :data:`STAFF_MEASURES`,
        :data:`PATIENT_MEASURES`, missing where not published or of fewer than :data:`FEWEST` people. Patient measures
        are those of the latest month, or year, of all trusts.
    """
    table = trusts.set_index("trust_code")[["trust_name", "kind", "region"]].drop(DEMONSTRATION_CODE, errors="ignore")
    experience = staff_experience(figures[figures["indicator"] == "wres_8"])
    experience = experience[experience["status"] == "ok"].set_index("trust_code")
    table["discrimination_gap"] = experience["gap"]
    table["discrimination_minority"] = experience["ethnic_minority_percent"]
    answers = survey_answers(figures[figures["indicator"] == "staff_survey_q16b"])
    table["discrimination_all"] = answers.set_index("trust_code")["percent"]
    table["answered"] = answers.set_index("trust_code")["base"]
    for measure in PATIENT_MEASURES:
        # "Not applicable" after a trust closed is no later figure.
        rows = figures[(figures["indicator"] == measure) & (figures["status"] == "ok")]
        table[measure] = _pooled(rows[rows["period_end"] == rows["period_end"].max()])
    return table


def associations(table: pd.DataFrame) -> pd.DataFrame:
    """Correlate each staff measure with each patient measure across trusts.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`measures_by_trust`.

    Returns
    -------
    pandas.DataFrame
        One row for each pair, unadjusted and adjusted: ``staff``, ``patients``, ``adjusted``
        (bool), ``trusts``, ``correlation``, ``lower``, ``upper`` (95%).

    Notes
    -----
    Spearman's rank correlation; adjusted for the kind of trust and for London. An association
    between organisations says nothing about the people in them, and nothing about cause.

    References
    ----------
    Dawson J (2009), Does the experience of staff working in the NHS link to the patient experience
    of care? Raleigh VS and others (2009), Quality and Safety in Health Care 18:347-354.
    """
    found = []
    for staff in STAFF_MEASURES:
        for patients in PATIENT_MEASURES:
            known = table.dropna(subset=[staff, patients])
            for adjusted in (False, True):
                found.append(
                    {"staff": staff, "patients": patients, "adjusted": adjusted}
                    | _correlation(known, staff, patients, adjusted=adjusted)
                )
    return pd.DataFrame(found)


def pairs_to_vary(found: pd.DataFrame) -> list[tuple[str, str]]:
    """Choose the pairs that are looked at over other trusts and years.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`associations`.

    Returns
    -------
    list of (str, str)
        Staff and patient measure: the pair with the most trusts and the one with the strongest adjusted correlation; one
        pair where it is both, none where nothing could be correlated.
    """
    rows = found[found["adjusted"] & found["correlation"].notna()]
    if rows.empty:
        return []
    pairs = list(zip(rows["staff"], rows["patients"], strict=True))
    places = (rows["trusts"].to_numpy().argmax(), rows["correlation"].abs().to_numpy().argmax())
    return list(dict.fromkeys(pairs[int(place)] for place in places))


def periods_of_measures(figures: pd.DataFrame) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
    """Give the period of each measure that :func:`measures_by_trust` takes.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    dict of str to (pandas.Timestamp, pandas.Timestamp)
        First and last day, by ``"staff"`` and by :data:`PATIENT_MEASURES`; without those that have no figures.
    """
    found = {}
    for name, indicator in {"staff": "wres_8", **{measure: measure for measure in PATIENT_MEASURES}}.items():
        rows = figures[(figures["indicator"] == indicator) & (figures["status"] == "ok")]
        rows = rows[(rows["trust_code"] != DEMONSTRATION_CODE) & (rows["period_end"] == rows["period_end"].max())]
        if len(rows):
            found[name] = (rows["period_start"].min(), rows["period_end"].max())
    return found


def sensitivity(table: pd.DataFrame, staff: str, patients: str) -> pd.DataFrame:
    """Correlate one pair again over other trusts, and unadjusted.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`measures_by_trust`.
    staff, patients : str
        Columns of it.

    Returns
    -------
    pandas.DataFrame
        ``variant``, ``trusts``, ``correlation``, ``lower``, ``upper``: all trusts, without London, without the quarter
        with the fewest staff who answered, acute trusts alone, and all trusts unadjusted.
    """
    known = table.dropna(subset=[staff, patients])
    variants = {
        "All trusts": known,
        "Without London": known[known["region"] != "London"],
        "Without the smallest quarter": known[known["answered"] >= known["answered"].quantile(0.25)],
        "Acute trusts alone": known[known["kind"] == "acute"],
        "All trusts, not adjusted": known,
    }
    return pd.DataFrame(
        [
            {"variant": name} | _correlation(rows, staff, patients, adjusted="not adjusted" not in name)
            for name, rows in variants.items()
        ]
    )


def other_years(figures: pd.DataFrame, trusts: pd.DataFrame, patients: str) -> pd.DataFrame:
    """Correlate the reports of all staff in each survey with a patient measure of the same time.

    Parameters
    ----------
    figures, trusts : pandas.DataFrame
        As for :func:`measures_by_trust`.
    patients : str
        Of a monthly measure October is taken, when most staff answer; of a yearly one the year that October is in.

    Returns
    -------
    pandas.DataFrame
        ``variant`` ("All staff, autumn 2021"), ``trusts``, ``correlation``, ``lower``, ``upper``,
        adjusted; years without the patient measure are left out. By ethnic group no survey before
        2024 is published by trust, so these are the reports of all staff.
    """
    about = trusts.set_index("trust_code")[["kind", "region"]]
    panel = figures[(figures["indicator"] == "staff_survey_panel_q16b") & (figures["status"] == "ok")]
    measured = figures[(figures["indicator"] == patients) & (figures["status"] == "ok")]
    found = []
    for year, answers in panel.groupby(panel["period_end"].dt.year):
        people = answers["value"].astype("float64") * answers["denominator"].astype("float64")
        sums = (
            pd.DataFrame({"people": people, "base": answers["denominator"].astype("float64")})
            .groupby(answers["trust_code"])
            .sum()
        )
        october = pd.Timestamp(year, 10, 1)
        rows = measured[(measured["period_start"] <= october) & (measured["period_end"] >= october)]
        table = about.assign(staff=sums["people"] / sums["base"], patients=_pooled(rows)).dropna()
        if len(table):
            found.append(
                {"variant": f"All staff, autumn {year}"} | _correlation(table, "staff", "patients", adjusted=True)
            )
    return pd.DataFrame(found)


def _correlation(rows: pd.DataFrame, staff: str, patients: str, *, adjusted: bool) -> dict[str, Any]:
    categories = (rows["kind"].to_numpy(), (rows["region"] == "London").to_numpy())
    result = rank_correlation(rows[staff].to_numpy(), rows[patients].to_numpy(), adjust=categories if adjusted else ())
    return {
        "trusts": len(rows),
        "correlation": float(result.estimate),
        "lower": float(result.lower),
        "upper": float(result.upper),
    }


def _pooled(rows: pd.DataFrame) -> pd.Series:
    """Percentage for each trust, organisations that merged added up."""
    ok = rows[rows["status"] == "ok"]
    sums = ok.groupby("trust_code")[["numerator", "denominator"]].sum().astype("float64")
    sums = sums[sums["denominator"] >= FEWEST]
    return 100 * sums["numerator"] / sums["denominator"]

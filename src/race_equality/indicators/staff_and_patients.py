"""Staff experience and patients' access side by side, across trusts: association, never cause."""

from __future__ import annotations

import pandas as pd

from race_equality.indicators.access import MEASURES, monthly
from race_equality.indicators.definitions import DEMONSTRATION_CODE
from race_equality.indicators.survey import survey_answers
from race_equality.indicators.wres import staff_experience
from race_equality.statistics.association import rank_correlation

#: Discrimination from a manager or colleagues: whose, as a legend says it.
STAFF_MEASURES = {
    "discrimination_gap": "Gap, ethnic minority minus White",
    "discrimination_minority": "Ethnic minority staff",
    "discrimination_all": "All staff",
}

PATIENT_MEASURES = {
    **{measure.id: measure.name for measure in MEASURES},
    "maternity_preterm_births": "Births before 37 weeks",
}


def measures_by_trust(figures: pd.DataFrame, trusts: pd.DataFrame) -> pd.DataFrame:
    """Set the measures of staff and of patients side by side for each trust.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trusts : pandas.DataFrame
        From :func:`race_equality.figures.trusts.read_trusts`.

    Returns
    -------
    pandas.DataFrame
        Index ``trust_code``, real trusts only; ``kind``, ``region``, and in per cent or percentage
        points the columns of :data:`STAFF_MEASURES` and :data:`PATIENT_MEASURES`, missing where not
        published. Patient measures are those of the latest month, or year, of all trusts.
    """
    table = trusts.set_index("trust_code")[["kind", "region"]].drop(DEMONSTRATION_CODE, errors="ignore")
    experience = staff_experience(figures[figures["indicator"] == "wres_8"])
    experience = experience[experience["status"] == "ok"].set_index("trust_code")
    table["discrimination_gap"] = experience["gap"]
    table["discrimination_minority"] = experience["ethnic_minority_percent"]
    answers = survey_answers(figures[figures["indicator"] == "staff_survey_q16b"])
    table["discrimination_all"] = answers.set_index("trust_code")["percent"]
    for measure in MEASURES:
        month = monthly(figures, measure.id)["month"].max()
        rows = figures[(figures["indicator"] == measure.id) & (figures["period_start"] == month)]
        table[measure.id] = _pooled(rows)
    births = figures[figures["indicator"] == "maternity_preterm_births"]
    table["maternity_preterm_births"] = _pooled(births[births["period_end"] == births["period_end"].max()])
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
            categories = (known["kind"].to_numpy(), (known["region"] == "London").to_numpy())
            for adjusted in (False, True):
                result = rank_correlation(
                    known[staff].to_numpy(), known[patients].to_numpy(), adjust=categories if adjusted else ()
                )
                found.append(
                    {
                        "staff": staff,
                        "patients": patients,
                        "adjusted": adjusted,
                        "trusts": len(known),
                        "correlation": float(result.estimate),
                        "lower": float(result.lower),
                        "upper": float(result.upper),
                    }
                )
    return pd.DataFrame(found)


def _pooled(rows: pd.DataFrame) -> pd.Series:
    """Percentage for each trust, organisations that merged added up."""
    ok = rows[rows["status"] == "ok"]
    sums = ok.groupby("trust_code")[["numerator", "denominator"]].sum().astype("float64")
    return 100 * sums["numerator"] / sums["denominator"]

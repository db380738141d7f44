"""What a report does not have, why, and what its reader can do about it."""

from __future__ import annotations

import pandas as pd

from race_equality.figures.trusts import Trust
from race_equality.report.words import date

#: Indicators by what a reader would call them, and how each can be had.
_LOAD_RETURN = "race-equality data template wres {code}, fill in the file, race-equality data add FILE"
_LOAD_PATIENTS = "race-equality data template patients {code}, fill in the file, race-equality data add FILE"
_WATCH = "race-equality data add FILE, with the publication’s next edition"
_BENCHMARK = "race-equality data add FILE, with the NHS Staff Survey’s benchmark workbook"

_NOTHING = "Nothing to load"

_FAMILIES = (
    ("Staff experience by ethnic group (WRES 5 to 8)", ("wres_5", "wres_6", "wres_7", "wres_8"), _BENCHMARK),
    ("Pay bands by ethnic group (WRES 1)", ("wres_1_",), _LOAD_RETURN),
    ("Appointment from shortlisting (WRES 2)", ("wres_2",), _LOAD_RETURN),
    ("Formal disciplinary process (WRES 3)", ("wres_3",), _LOAD_RETURN),
    ("Training and development (WRES 4)", ("wres_4",), _LOAD_RETURN),
    ("Board membership (WRES 9)", ("wres_9_",), _LOAD_RETURN),
    (
        "Survey answers of all staff (Q15, Q16a, Q16b)",
        ("staff_survey_q15", "staff_survey_q16a", "staff_survey_q16b"),
        _WATCH,
    ),
    ("Grounds of discrimination (Q16c)", ("staff_survey_q16c_1",), _WATCH),
    ("Staff who answered, by ethnic group (Q28)", ("staff_survey_q28",), _WATCH),
    ("Staff by staff group", ("workforce_headcount",), _WATCH),
    ("Catchment population, deprivation and ethnicity", ("catchment_",), _WATCH),
    (
        "Waits, missed appointments, restrictive interventions and detentions by ethnic group and deprivation",
        ("patients_",),
        _LOAD_PATIENTS,
    ),
)

#: Why a figure is missing, where the reason is the same for every trust.
_REASONS = {"staff_survey_q16c_1": "the workbook gives 100% for every organisation, which cannot be a real answer"}


def missing_indicators(figures: pd.DataFrame, trust: Trust) -> pd.DataFrame:
    """List what is missing for a trust.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    trust : Trust
        The trust.

    Returns
    -------
    pandas.DataFrame
        Text: ``what``, ``why``, ``how``. Never empty: outcomes of birth by ethnic group are
        published for no trust, and stand last.
    """
    rows = figures[figures["trust_code"] == trust.code]
    found = set(zip(rows["indicator"], rows["status"], strict=True))
    listed = []
    for what, beginnings, how in _families(found):
        statuses = _statuses(found, beginnings)
        if "ok" in statuses:
            continue
        if "not_applicable" in statuses:
            why, how = f"Not applicable: {_why_not_applicable(trust, what)}", _NOTHING
        elif statuses == {"suppressed"}:
            why, how = "Suppressed: too few people to show", _NOTHING
        elif how is _LOAD_RETURN:
            why = "Not available: in no public file, only in the trust’s own return"
        elif how is _LOAD_PATIENTS:
            why = "Not available: published for no trust, only in the trust’s own records"
        else:
            reason = next((_REASONS[name] for name in beginnings if name in _REASONS), None)
            why = f"Not available: {reason or 'the publication that was read holds none for this trust'}"
        listed.append({"what": what, "why": why, "how": how.format(code=trust.code)})
    listed.append(
        {
            "what": "Outcomes of birth by ethnic group",
            "why": "Not available: published for no trust by ethnic group",
            "how": "Ask for them from the trust’s own records",
        }
    )
    return pd.DataFrame(listed)


def _families(found: set[tuple[str, str]]):
    """Return what is looked for; the parts of a return that is missing as a whole are one."""
    returned = [family for family in _FAMILIES if family[2] is _LOAD_RETURN]
    beginnings = tuple(name for _, names, _ in returned for name in names)
    if "ok" in _statuses(found, beginnings):
        return _FAMILIES
    whole = (
        "Pay bands, recruitment, disciplinary process, training and board by ethnic group (WRES 1 to 4 and 9)",
        beginnings,
        _LOAD_RETURN,
    )
    return (whole, *(family for family in _FAMILIES if family[2] is not _LOAD_RETURN))


def _statuses(found: set[tuple[str, str]], beginnings: tuple[str, ...]) -> set[str]:
    """Return what the figures of indicators are; an id that ends in an underscore stands for a family of ids."""
    families = tuple(name for name in beginnings if name.endswith("_"))
    return {status for indicator, status in found if indicator in beginnings or indicator.startswith(families)}


def _why_not_applicable(trust: Trust, what: str) -> str:
    """Say why figures have no meaning for a trust: it is too new, or of another kind."""
    if what.startswith("Catchment") and trust.kind != "online":
        return "catchments are published for acute trusts alone"
    return f"the trust opened on {date(pd.Timestamp(trust.open_date))}, after the period of the figures"

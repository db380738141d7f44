"""Figures in words, for the screen."""

from __future__ import annotations

from typing import Any

STATUS_WORDS = {
    "ok": "figures",
    "suppressed": "suppressed",
    "not_available": "not available",
    "not_applicable": "not applicable",
}
UNIT_WORDS = {
    **dict.fromkeys(("ratio", "score", "quintile", "count"), ""),
    "percent": "%",
    "people": " people",
    "fte": " full-time equivalents",
    "years": " years",
    "per_1000": " per 1,000",
    "per_100000": " per 100,000",
}


def group_of(row: Any) -> str:
    """Return the group of a figure, with the organisation where that is not the trust itself."""
    return row.group if row.organisation_code == row.trust_code else f"{row.group} ({row.organisation_code})"


def value_of(row: Any, ending: str = "") -> str:
    """Return the value of a figure with its unit and what it rests on, or why it has none.

    Parameters
    ----------
    row : named tuple
        Of a table of figures.
    ending : str
        Of the names of its columns of numbers: ``"_before"`` for those that were held.
    """
    import pandas as pd

    if row.status != "ok":
        return STATUS_WORDS[row.status]
    value, numerator, denominator = (getattr(row, f"{name}{ending}") for name in ("value", "numerator", "denominator"))
    decimals = {"percent": 1, "score": 1, "ratio": 2}.get(row.unit, 0)
    shown = f"{value:,.{decimals}f}"
    text = shown + UNIT_WORDS[row.unit]
    if pd.notna(numerator):
        return f"{text} ({numerator:,.0f} of {denominator:,.0f})"
    return f"{text} (base {denominator:,.0f})" if pd.notna(denominator) else text

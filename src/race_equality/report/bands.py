"""Pay bands (WRES 1) in words, with bands of too few people hidden."""

from __future__ import annotations

import pandas as pd

from race_equality.indicators.wres_return import hidden_bands
from race_equality.report.words import STATUS_WORDS, interval, people, percent

_KINDS = {"non_clinical": "Non-clinical", "clinical": "Clinical", "medical": "Medical"}

_BAND_NAMES = {"vsm": "very senior manager", "non consultant career grade": "non-consultant career grade"}

#: The order of a pay scale; an alphabetical one would put "under band 1" after band 9.
_ORDER = (
    "under",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8a",
    "8b",
    "8c",
    "8d",
    "9",
    "vsm",
    "trainee_grade",
    "career_grade",
    "consultant",
    "other",
)


def _place_in_scale(indicator: str) -> tuple[str, int]:
    rest = indicator.removeprefix("wres_1_")
    kind = next((key for key in _KINDS if rest.startswith(key)), rest)
    band = rest.removeprefix(kind).strip("_")
    for place, name in enumerate(_ORDER):
        if band == name or band == f"band_{name}" or (name == "under" and band.startswith(name)):
            return kind, place
    endings = [place for place, name in enumerate(_ORDER) if band.endswith(name)]
    return kind, min(endings, default=len(_ORDER))


def band_name(indicator: str) -> str:
    """Return a pay band's name from its indicator.

    Examples
    --------
    >>> band_name("wres_1_non_clinical_band_8a"), band_name("wres_1_clinical_vsm")
    ('Non-clinical, band 8a', 'Clinical, very senior manager')
    """
    rest = indicator.removeprefix("wres_1_")
    for key, kind in _KINDS.items():
        if rest.startswith(key):
            band = rest.removeprefix(key).strip("_").replace("_", " ")
            return f"{kind}, {_BAND_NAMES.get(band, band)}"
    return rest.replace("_", " ")


def bands_in_words(bands: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Put one year's pay bands in words.

    Parameters
    ----------
    bands : pandas.DataFrame
        One period of :func:`race_equality.indicators.wres_return.share_by_band`.
    threshold : int
        As for :func:`race_equality.indicators.wres_return.hidden_bands`.

    Returns
    -------
    pandas.DataFrame
        Text: ``band``, ``people``, ``minority``.
    """
    bands = bands.sort_values("indicator", key=lambda ids: ids.map(_place_in_scale), ignore_index=True)
    few, hidden = (hidden_bands(bands, threshold)[name] for name in ("people_hidden", "share_hidden"))
    hide = STATUS_WORDS["suppressed"]
    return pd.DataFrame(
        {
            "band": bands["indicator"].map(band_name),
            "people": [hide if is_few else people(count) for is_few, count in zip(few, bands["people"], strict=True)],
            "minority": [
                hide
                if is_hidden or is_few
                else f"{percent(row.ethnic_minority_percent)} ({interval(row.lower, row.upper, signed=False)})"
                for is_hidden, is_few, row in zip(hidden, few, bands.itertuples(), strict=True)
            ],
        }
    ).reset_index(drop=True)


def bands_side_by_side(bands: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Put clinical and non-clinical staff of a pay band in one row.

    Parameters
    ----------
    bands, threshold
        As for :func:`bands_in_words`, with the same bands hidden.

    Returns
    -------
    pandas.DataFrame
        Text: ``band``; ``people`` and ``minority`` of non-clinical staff, ``clinical_people`` and
        ``clinical_minority``. Medical grades stand last, among clinical staff.
    """
    words = bands_in_words(bands, threshold)
    kind = words["band"].str.split(", ").str[0]
    name = words["band"].str.split(", ", n=1).str[1]
    rows = {}
    for row, of_kind, band in zip(words.itertuples(), kind, name, strict=True):
        label = f"Medical: {band}" if of_kind == "Medical" else f"{band[:1].upper()}{band[1:]}"
        cells = rows.setdefault(
            label,
            dict.fromkeys(
                ("people", "minority", "clinical_people", "clinical_minority"), STATUS_WORDS["not_applicable"]
            ),
        )
        side = "" if of_kind == "Non-clinical" else "clinical_"
        cells |= {f"{side}people": row.people, f"{side}minority": row.minority}
        rows[label] = cells
    medical = [label for label in rows if label.startswith("Medical")]
    order = [label for label in rows if label not in medical] + medical
    return pd.DataFrame([{"band": label, **rows[label]} for label in order])

"""Pay bands (WRES 1) in words, with bands of too few people hidden."""

from __future__ import annotations

import pandas as pd

from race_equality.indicators.wres_return import hidden_bands
from race_equality.report.words import STATUS_WORDS, interval, people, percent

_KINDS = {"non_clinical": "Non-clinical", "clinical": "Clinical", "medical": "Medical"}

_BAND_NAMES = {"vsm": "very senior manager", "non consultant career grade": "non-consultant career grade"}

#: The order of a pay scale; an alphabetical one would put "under band 1" after band 9.
_ORDER = ("under", "1", "2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "8d", "9", "vsm",
          "trainee_grade", "career_grade", "consultant", "other")


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
            "people": [
                hide if is_few else people(count) for is_few, count in zip(few, bands["people"], strict=True)
            ],
            "minority": [
                hide
                if is_hidden or is_few
                else f"{percent(row.ethnic_minority_percent)} ({interval(row.lower, row.upper, signed=False)})"
                for is_hidden, is_few, row in zip(hidden, few, bands.itertuples(), strict=True)
            ],
        }
    ).reset_index(drop=True)

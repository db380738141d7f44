"""Use of the Mental Health Act by ethnic group: England's rates, and how they compare."""

from __future__ import annotations

import numpy as np
import pandas as pd

from race_equality.definitions.codes import ENGLAND_CODE
from race_equality.definitions.ethnicity import FIVE_GROUPS
from race_equality.statistics.intervals import rate_interval
from race_equality.statistics.ratios import ratio_interval
from race_equality.statistics.standardisation import ratio_of_rates
from race_equality.store.cache import cached

_STANDARDISED = tuple(
    f"standardised_{name}" for name in ("rate", "lower", "upper", "times_white", "times_lower", "times_upper")
)
_COLUMNS = [
    *"group detentions rate lower upper times_white times_lower times_upper".split(),
    *_STANDARDISED,
    *"status period_end".split(),
]


def detentions_by_ethnicity(figures: pd.DataFrame, code: str = ENGLAND_CODE) -> pd.DataFrame:
    """Compare rates of detention under the Mental Health Act between ethnic groups.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    code : str
        England, or an integrated care board as the publication codes it.

    Returns
    -------
    pandas.DataFrame
        The five groups: ``group``, ``detentions``, ``rate``, ``lower``, ``upper`` for 100,000 people a
        year, ``times_white`` (the rate over the White group's, with its limits ``times_lower`` and
        ``times_upper``; SCAS); the same of the rates that the publisher has standardised for age and sex, with
        ``standardised_`` before each name: for England alone, NaN elsewhere; ``status``, ``period_end``. Groups that the
        publisher suppressed have no numbers. Empty where nothing is published.

    Notes
    -----
    Crude rates with Byar's limits; the population is that which the published rate implies. Of standardised rates the
    limits are the publisher's, and those of their ratios follow from them
    (:func:`race_equality.statistics.standardisation.ratio_of_rates`). A
    repeated detention of one person counts each time, so the intervals are somewhat too narrow. Ethnic
    groups are those of 2001, where Chinese is part of Other.
    """
    table = detentions_everywhere(figures)
    return table.loc[table["place"] == code, _COLUMNS].reset_index(drop=True)


@cached
def detentions_everywhere(figures: pd.DataFrame) -> pd.DataFrame:
    """Compare rates of detention for England and for every board that the publication lists.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    pandas.DataFrame
        ``place`` (a code of the publication) and the columns of :func:`detentions_by_ethnicity`, five rows a
        place, with ``period_start``.
    """
    groups = list(FIVE_GROUPS)
    rows = figures[figures["group"].isin(groups)]
    counted = rows[rows["indicator"] == "mha_detentions"]
    if counted.empty:
        return pd.DataFrame(columns=["place", *_COLUMNS, "period_start"])
    days = counted.groupby("trust_code")[["period_start", "period_end"]].first()

    def wide(part: pd.DataFrame) -> np.ndarray:
        value = part["value"].astype("float64").groupby([part["trust_code"], part["group"]]).first().unstack()
        return value.reindex(index=days.index, columns=groups).to_numpy()

    count, rate = wide(counted), wide(rows[rows["indicator"] == "mha_detentions_rate"])
    with np.errstate(invalid="ignore"):
        known = ~np.isnan(count) & (rate > 0)
    population = np.divide(100_000 * count, rate, out=np.full(count.shape, np.nan), where=known)
    white = groups.index("White")
    compared = known & known[:, [white]]
    compared[:, white] = False
    whites = np.broadcast_to(count[:, [white]], count.shape), np.broadcast_to(population[:, [white]], count.shape)
    found = {
        **dict(zip(("lower", "upper"), rate_interval(count[known], population[known], per=100_000), strict=True)),
        **dict(
            zip(
                ("times_lower", "times_upper"),
                ratio_interval(count[compared], population[compared], *(part[compared] for part in whites)),
                strict=True,
            )
        ),
    }
    numbers = {"detentions": np.where(known, count, np.nan), "rate": np.where(known, rate, np.nan)}
    for name, values in found.items():
        numbers[name] = np.full(count.shape, np.nan)
        numbers[name][compared if name.startswith("times") else known] = values
    numbers["times_white"] = numbers["rate"] / numbers["rate"][:, [white]]
    standardised = "mha_detentions_standardised_rate"
    with_ages, half_width = (
        wide(rows[rows["indicator"] == name]) for name in (standardised, f"{standardised}_half_width")
    )
    numbers |= _standardised(with_ages, half_width, white)
    return pd.DataFrame(
        {
            "place": np.repeat(days.index.to_numpy(), len(groups)),
            "group": np.tile(groups, len(days)),
            **{name: values.ravel() for name, values in numbers.items()},
            "status": np.where(known, "ok", "suppressed").ravel(),
            "period_start": days["period_start"].repeat(len(groups)).to_numpy(),
            "period_end": days["period_end"].repeat(len(groups)).to_numpy(),
        }
    )[["place", *_COLUMNS, "period_start"]]


def _standardised(rate: np.ndarray, half_width: np.ndarray, white: int) -> dict[str, np.ndarray]:
    """Places by groups: the published rates, and how many times the White group's they are."""
    found = {name: np.full(rate.shape, np.nan) for name in _STANDARDISED}
    found["standardised_rate"] = rate
    found["standardised_lower"], found["standardised_upper"] = rate - half_width, rate + half_width
    others = np.broadcast_to(rate[:, [white]], rate.shape), np.broadcast_to(half_width[:, [white]], rate.shape)
    compared = (rate > 0) & (others[0] > 0) & ~np.isnan(half_width) & ~np.isnan(others[1])
    compared[:, white] = False
    if compared.any():
        ratio, interval = ratio_of_rates(rate[compared], half_width[compared], *(part[compared] for part in others))
        for name, values in zip(_STANDARDISED[3:], (ratio, *interval), strict=True):
            found[name][compared] = values
    return found

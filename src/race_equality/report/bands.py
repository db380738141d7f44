"""Pay bands (WRES 1) in words, with bands of too few people hidden; and as they are, for the board alone."""

from __future__ import annotations

import pandas as pd

from race_equality.analysis.wres_return import hidden_bands
from race_equality.definitions.ethnicity import ETHNIC_MINORITY, UNKNOWNS, WHITE
from race_equality.definitions.indicators import BANDS, PARTS, Indicator
from race_equality.report.words import STATUS_WORDS, interval, people, percent
from race_equality.store.rows import rows_of

#: In the order of a pay scale, a kind of staff at a time.
_PLACES = {id: place for place, id in enumerate(BANDS.figure_ids)}


def bands_in_words(bands: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Put one year's pay bands in words.

    Parameters
    ----------
    bands : pandas.DataFrame
        One period of :func:`race_equality.analysis.wres_return.share_by_band`.
    threshold : int
        As for :func:`race_equality.analysis.wres_return.hidden_bands`.

    Returns
    -------
    pandas.DataFrame
        Text: ``band``, ``people``, ``minority``.
    """
    bands = bands.sort_values("indicator", key=lambda ids: ids.map(_PLACES), ignore_index=True)
    few, hidden = (hidden_bands(bands, threshold)[name] for name in ("people_hidden", "share_hidden"))
    hide = STATUS_WORDS["suppressed"]
    return pd.DataFrame(
        {
            "band": bands["indicator"].map(lambda id: PARTS[id].name),
            "people": [hide if is_few else people(count) for is_few, count in zip(few, bands["people"], strict=True)],
            "minority": [
                hide
                if is_hidden or is_few
                else f"{percent(row.ethnic_minority_percent)} ({interval(row.lower, row.upper, signed=False)})"
                for is_hidden, is_few, row in zip(hidden, few, rows_of(bands), strict=True)
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
        ``clinical_minority``. Medical grades are last, among clinical staff.
    """
    words = bands_in_words(bands, threshold)
    rows: dict[str, dict[str, str]] = {}
    of_medical = set()
    for row in rows_of(words):
        of_kind, _, band = row.band.partition(", ")
        label = f"Medical: {band}" if of_kind == "Medical" else f"{band[:1].upper()}{band[1:]}"
        if of_kind == "Medical":
            of_medical.add(label)
        cells = rows.setdefault(
            label,
            dict.fromkeys(
                ("people", "minority", "clinical_people", "clinical_minority"), STATUS_WORDS["not_applicable"]
            ),
        )
        side = "" if of_kind == "Non-clinical" else "clinical_"
        cells |= {f"{side}people": row.people, f"{side}minority": row.minority}
        rows[label] = cells
    medical = [label for label in rows if label in of_medical]
    order = [label for label in rows if label not in medical] + medical
    return pd.DataFrame([{"band": label, **rows[label]} for label in order])


def counts_by_group(figures: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Put the latest counts of a return in words as they are, those of few people too: for the trust's board alone.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures of one trust, with its return.
    indicator : Indicator
        One that counts people in parts, as pay bands and seats of the board.

    Returns
    -------
    pandas.DataFrame
        Text: ``part``, ``minority``, ``white``, ``unknown``, and ``share`` from ethnic minorities of all, with its count;
        in the order of the indicator's parts. ``attrs["period_end"]`` is the day. Empty where nothing is held.
    """
    rows = figures[figures["indicator"].isin(indicator.figure_ids) & (figures["status"] == "ok")]
    rows = rows[rows["period_end"] == rows["period_end"].max()]
    groups = {"minority": ETHNIC_MINORITY, "white": WHITE, "unknown": UNKNOWNS[-1]}
    counts = rows.astype({"value": "float64"}).pivot_table(
        index="indicator", columns="group", values="value", aggfunc=lambda values: values.sum(min_count=1)
    )
    counts = counts.reindex(columns=list(groups.values()))
    lines = []
    for id in sorted(counts.index, key=list(indicator.figure_ids).index):
        of = counts.loc[id]
        everybody = of.sum()
        cells = {name: people(of[group]) for name, group in groups.items()}
        share = "Nobody"
        if everybody:
            share = f"{percent(100 * of[ETHNIC_MINORITY] / everybody)} of {people(everybody)}"
        name = PARTS[id].name
        lines.append({"part": name[:1].upper() + name[1:], **cells, "share": share})
    table = pd.DataFrame(lines, columns=["part", *groups, "share"])
    table.attrs["period_end"] = rows["period_end"].max()
    return table

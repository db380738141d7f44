"""Published figures of trusts for each period held.

Every row is also in the file of its trust, with the same figures hidden.
"""

from __future__ import annotations

from collections.abc import Collection

from race_equality.downloads.codebook import DAY_COLUMNS
from race_equality.downloads.findings import STATUS_WORDS, DownloadData, Row, number_text
from race_equality.store.provenance import PLACE_IN_A_FILE, place_words


def figures_by_period(data: DownloadData, codes: Collection[str]) -> list[Row]:
    """Give the figures of trusts as their publishers give them, for each period held.

    Parameters
    ----------
    data : DownloadData
        The invented trust and trusts' own returns are left out here.
    codes : collection of str
        Of the trusts.

    Returns
    -------
    list of dict
        Ready text by :data:`race_equality.downloads.codebook.FIGURES_COLUMNS`, by trust; "" where there is none.
    """
    data = data.public()
    table = data.published.of(sorted(codes))
    of_people = table["unit"] == "people"
    rules = {code: data.rules.of(code) for code in codes}
    people, answers = (
        table["trust_code"].map({code: getattr(rule, name) for code, rule in rules.items()})
        for name in ("minimum_people", "minimum_responses")
    )
    base = table["value"].where(of_people, table["denominator"]).astype("Float64")
    few = (base < answers.where(~of_people, people)).fillna(False).astype(bool)  # a figure may have no base
    status = table["status"].mask((table["status"] == "ok") & few, "suppressed")
    status = status.mask((status == "ok") & table["value"].isna(), "not_available")
    shown = status == "ok"
    files = {id: source.file for id, source in data.sources.items()}
    rows = []
    for (
        code,
        measure,
        group,
        organisation,
        start,
        end,
        unit,
        value,
        known,
        is_shown,
        word,
        source,
        place,
        recording,
    ) in zip(
        *(table[name].tolist() for name in "trust_code indicator group organisation_code".split()),
        *(table[name].dt.strftime("%Y-%m-%d").tolist() for name in DAY_COLUMNS),
        *(table["unit"].tolist(), table["value"].tolist(), base.tolist(), shown.tolist(), status.tolist()),
        *(table[name].tolist() for name in ("source", "locator", "recording")),
        strict=True,
    ):
        named = PLACE_IN_A_FILE.fullmatch(place)
        rows.append(
            {
                "trust_code": code,
                "measure": measure,
                "group": group,
                "organisation": organisation or code,
                "period_start": start,
                "period_end": end,
                "value": (number_text(value, unit) or "") if is_shown else "",
                "unit": unit,
                "people": (number_text(known, "people") or "") if is_shown else "",
                "status": STATUS_WORDS[word],
                "edition": source,
                "file": named[1] if named else files.get(source, ""),
                # the place of a hidden figure would give it away
                "locator": "[c]" if word == "suppressed" else place_words(named[2] if named else place, recording),
            }
        )
    return rows

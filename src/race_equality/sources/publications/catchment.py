"""Who acute trusts serve: catchment population, deprivation, and ethnicity of the catchment.

A catchment is modelled from where a trust's patients come from, for acute trusts alone. For
ambulance, community, mental health and online trusts such a figure is *not applicable*; an acute
trust that the file does not have is *not available*.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from race_equality.errors import InputError
from race_equality.sources.cells import first_by_key, read_csv
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

POPULATION = "catchment"
ETHNICITY = "catchment_ethnicity"
POPULATION_COLUMNS = ("trust_code", "catchment_population", "imd_score", "deprivation_quintile")
ALL_PEOPLE = "All people"
CENSUS_DAY = date(2021, 3, 21)

#: The five ethnic groups of the 2021 Census, as published by ONS.
ETHNIC_GROUPS = (
    "Asian, Asian British or Asian Welsh",
    "Black, Black British, Black Welsh, Caribbean or African",
    "Mixed or Multiple ethnic groups",
    "White",
    "Other ethnic group",
)

# shares are computed from counts and add up to 1 but for rounding
_TOLERANCE = 1e-6


def status_without_catchment(kind: str) -> str:
    """Return the status of a catchment figure that a file does not have, for a kind of trust."""
    return "not_available" if kind in ("acute", "acute specialist") else "not_applicable"


_REASON = "catchments are published for acute trusts"


def read_population(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read catchment population, deprivation score and deprivation quintile.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures
    """
    columns = {
        # column: indicator, unit, greatest value, whole
        "catchment_population": ("catchment_population", "people", None, True),
        "imd_score": ("catchment_imd_score", "score", 100, False),
        "deprivation_quintile": ("catchment_deprivation_quintile", "quintile", 5, True),
    }
    table = read_csv(path, POPULATION_COLUMNS)
    first_by_key((((r["trust_code"].text,), r["trust_code"]) for r in table), "trust")
    # a day in the name is when the file was saved, and not what it is of
    days = r"20\d\d[-_. ]?[01]\d[-_. ]?[0-3]\d"
    years = set(re.findall(r"20\d\d", re.sub(days, "", path.stem)))
    if len(years) != 1:
        raise InputError(
            "The year of publication is neither in the file nor in its name."
            if not years
            else f"The name of the file has the years {' and '.join(sorted(years))}.",
            file=path,
            mend="Name the file like trust_catchment_2026.csv.",
        )
    year = int(years.pop())
    figures = FigureRows(f"{POPULATION}_{year}", (date(year, 4, 1), date(year, 4, 30)), trusts)
    for record in table:
        organisation = record["trust_code"].text
        trust_code = figures.trust_of(record["trust_code"])
        if trust_code is None:
            continue
        for column, (indicator, unit, high, whole) in columns.items():
            cell = record[column]
            low = 1 if unit == "quintile" else 0
            about = (trust_code, organisation, indicator, ALL_PEOPLE, unit, cell.locator)
            figures.add(*about, value=cell.number(column.replace("_", " "), low=low, high=high, whole=whole))
    for indicator, unit, *_ in columns.values():
        figures.complete(indicator, [ALL_PEOPLE], unit, reason=_REASON, status_of=status_without_catchment)
    return figures.loaded(str(year), f"published April {year}", table.remarks)


def read_ethnicity(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read the shares of five ethnic groups in each catchment.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures

    Raises
    ------
    InputError
        Also when the shares of a trust do not add up to 1.
    """
    table = read_csv(path, ("trust_code", *ETHNIC_GROUPS))
    first_by_key((((r["trust_code"].text,), r["trust_code"]) for r in table), "trust")
    figures = FigureRows(f"{ETHNICITY}_{CENSUS_DAY.year}", (CENSUS_DAY, CENSUS_DAY), trusts)
    for record in table:
        organisation = record["trust_code"].text
        trust_code = figures.trust_of(record["trust_code"])
        if trust_code is None:
            continue
        shares = {group: record[group].number("share", high=1) for group in ETHNIC_GROUPS}
        if abs(sum(shares.values()) - 1) > _TOLERANCE:
            raise record["trust_code"].error(
                f"The shares of {organisation} add up to {sum(shares.values()):.6f} and not to 1.",
                "Download the file again.",
            )
        for group, share in shares.items():
            about = (trust_code, organisation, "catchment_ethnicity", group, "percent", record[group].locator)
            figures.add(*about, value=100 * share)
    figures.complete(
        "catchment_ethnicity", ETHNIC_GROUPS, "percent", reason=_REASON, status_of=status_without_catchment
    )
    return figures.loaded(str(CENSUS_DAY.year), f"Census day, {CENSUS_DAY.day} {CENSUS_DAY:%B %Y}", table.remarks)


PUBLICATIONS = (
    Publication(
        id=POPULATION,
        title="NHS acute hospital trust catchment populations, with deprivation, {edition}",
        publisher="Office for Health Improvement and Disparities",
        url="https://fingertips.phe.org.uk/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/trust_catchment_[0-9][0-9][0-9][0-9].csv",
        read=read_population,
        columns=POPULATION_COLUMNS,
        notes=(
            "Quintile 1 is the most deprived fifth of catchments, 5 the least; a higher score is more deprived.",
            "Modelled for acute trusts alone: not applicable to the others, which is not the same as missing.",
        ),
    ),
    Publication(
        id=ETHNICITY,
        title="Ethnicity of acute trust catchments, Census {edition}",
        publisher="Office for National Statistics and Office for Health Improvement and Disparities",
        url="https://www.ons.gov.uk/census",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/trust_catchment_ethnicity_census2021.csv",
        read=read_ethnicity,
        columns=("trust_code", *ETHNIC_GROUPS),
        notes=(
            "Shares of the catchments of 138 organisations as they were: for a trust that merged since "
            "there is a row for each of them, and no population to pool the shares by.",
            "Modelled for acute trusts alone: not applicable to the others, which is not the same as missing.",
        ),
    ),
)

"""Every publication that can be read, and reading a folder of them into the store."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from race_equality.errors import RaceEqualityError
from race_equality.figures.provenance import OPEN_GOVERNMENT_LICENCE, Source, read_source, sha256_of
from race_equality.figures.schema import check_figures
from race_equality.figures.store import (
    SUCCESSIONS_FILE,
    TRUSTS_FILE,
    parquet_bytes,
    trust_schema,
    write_all,
)
from race_equality.figures.trusts import TrustList, read_trust_list, successions_csv
from race_equality.project import Project
from race_equality.sources import catchment, demonstration, ods, staff_survey, workforce, wres
from race_equality.sources.publication import Publication, Reading, find_file
from race_equality.sources.reading import nearest

#: The three files of the trust list: source id to pattern and description.
TRUST_FILES = {
    "ods_etr": (
        "ods/etr.csv",
        "Organisation Data Service: NHS trusts (etr)",
        "NHS England, Organisation Data Service",
        "https://digital.nhs.uk/services/organisation-data-service",
        OPEN_GOVERNMENT_LICENCE,
        "about April 2026",
        (
            "Opening and closing dates. The file has no header, no care trusts (TAD, TAH, TAJ) and "
            "three Welsh trusts (RQF, RT4, RYT), which are left out.",
        ),
    ),
    "ods_trusts": (
        "ods/trusts.csv",
        "NHS trusts by kind, region and integrated care board",
        "Davewest84/nhs-trust-icb-data, after NHS England",
        "https://github.com/Davewest84/nhs-trust-icb-data",
        "CC0 1.0",
        "August 2026",
        (
            "Which trusts are open today, their kind (the Staff Survey's benchmarking group), region, "
            "system and most predecessors.",
            "A predecessor counts when predecessor_codes names its code, or alt_names its name as etr.csv "
            "has it. The basis of each succession stands in data/figures/successions.csv.",
        ),
    ),
    "ods_successors": (
        "ods/successors.csv",
        "Organisation Data Service: successor organisations",
        "NHS England, Organisation Data Service",
        "https://digital.nhs.uk/services/organisation-data-service",
        OPEN_GOVERNMENT_LICENCE,
        "to April 2022",
        ("Pennine Acute (RW6) went to two trusts in 2021: its history is carried to neither.",),
    ),
}

PUBLICATIONS = (
    Publication(
        id=staff_survey.SOURCE,
        title="NHS Staff Survey 2024, detailed spreadsheets: organisational results",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        period="autumn 2024",
        pattern="staff_survey/*organisational results.xlsx",
        read=staff_survey.read_organisations,
        notes=(
            "The period stands in the figures as September to November 2024.",
            "`-` is suppressed: fewer than 10 responses.",
            "Q15, Q16a and Q16b are weighted by occupational group: no number of people stands behind a "
            "percentage. Q28 (ethnic group) is unweighted: the numerator is the number of respondents, "
            "which the unrounded percentage and the base give back exactly.",
            "Q16c_1 (discrimination on the ground of ethnic background) is 100 or `-` for all 263 "
            "organisations, where the national workbook gives 54.1% for England: the column carries no "
            "information, and is stored as not available, never as 100%. Its `-` stays suppressed.",
            "Integrated care boards, commissioning support units, social enterprises and a surgical "
            "service are left out. The Isle of Wight's acute and ambulance sectors (R1F1, R1F2) are "
            "stored under R1F, as two organisations.",
            "The survey's respondents are not the workforce.",
            "History is reweighted each year: earlier editions must not be set beside this one.",
        ),
    ),
    Publication(
        id=wres.SOURCE,
        title="WRES indicators 5 to 8 by trust, NHS Staff Survey benchmark workbook 2020-2024",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        period="autumn 2024",
        pattern="wres/wres_indicators_5_to_8_by_trust_*.csv",
        read=wres.read_indicators_5_to_8,
        notes=(
            "The publisher's groups are White and BME; BME is stored as Ethnic minority.",
            "Not available for mental health trusts: the file has no sheet of theirs, so their figures "
            "need the trust's own return (`race-equality data template wres`) or the full benchmark "
            "workbook. Of the Isle of Wight's two sectors it has the acute one (R1F1) alone.",
            "The workbook prints rates without bases. The file's author found each base as the number of "
            "responses for which rate times base is a whole number; for 21 of the 1,272 rows several "
            "numbers fit (n_candidates), and the base is one of them, within 2.1% of the middle of the trust's "
            "other bases. The percentage is as published in either case; the locator of these figures says so.",
            "Pooled over the file's trusts, indicator 6 is 24.55% for ethnic minority and 20.72% for White "
            "staff; published for England: 24.9% and 20.7%. The file has no mental health trusts.",
        ),
    ),
    Publication(
        id=workforce.SOURCE,
        title="NHS Workforce Statistics, May 2023: England and organisation",
        publisher="NHS England",
        url="https://digital.nhs.uk/data-and-information/publications/statistical/nhs-workforce-statistics",
        licence=OPEN_GOVERNMENT_LICENCE,
        period="31 May 2023",
        pattern="workforce/NHS Workforce Statistics*England and Organisation.xlsx",
        read=workforce.read_headcount,
        notes=(
            "Headcount of directly employed, paid staff; bank staff are not included.",
            "`-` is zero. Groups do not add up to totals: people in two roles are counted in each.",
            "Integrated care boards are left out, and Dudley Integrated Health and Care (RYK), which "
            "closed in 2024 and was divided among several.",
        ),
    ),
    Publication(
        id=catchment.POPULATION_SOURCE,
        title="NHS acute hospital trust catchment populations, with deprivation",
        publisher="Office for Health Improvement and Disparities",
        url="https://fingertips.phe.org.uk/",
        licence=OPEN_GOVERNMENT_LICENCE,
        period="published April 2026",
        pattern="population/trust_catchment_[0-9][0-9][0-9][0-9].csv",
        read=catchment.read_population,
        notes=(
            "Quintile 1 is the most deprived fifth of catchments, 5 the least; a higher score is more "
            "deprived.",
            "Modelled for acute trusts alone: not applicable to the others, which is not the same as missing.",
        ),
    ),
    Publication(
        id=catchment.ETHNICITY_SOURCE,
        title="Ethnicity of acute trust catchments, Census 2021",
        publisher="Office for National Statistics and Office for Health Improvement and Disparities",
        url="https://www.ons.gov.uk/census",
        licence=OPEN_GOVERNMENT_LICENCE,
        period="Census day, 21 March 2021",
        pattern="population/trust_catchment_ethnicity_census2021.csv",
        read=catchment.read_ethnicity,
        notes=(
            "Shares of the catchments of 138 organisations as they were: for a trust that merged since "
            "there is a row for each of them, and no population to pool the shares by.",
            "Modelled for acute trusts alone: not applicable to the others, which is not the same as missing.",
        ),
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What was read out of one file.

    Parameters
    ----------
    source : Source
    reading : Reading or None
        None for the files of the trust list.
    rows : int
    changed : bool
        Whether the figures differ from those the store had.
    """

    source: Source
    reading: Reading | None
    rows: int
    changed: bool


def publication(source_id: str) -> Publication:
    """Return a publication by its id.

    Raises
    ------
    RaceEqualityError
        Naming the nearest.
    """
    by_id = {publication.id: publication for publication in PUBLICATIONS}
    if source_id in by_id:
        return by_id[source_id]
    near = nearest(source_id, by_id)
    raise RaceEqualityError(
        f"There is no publication {source_id!r}." + (f" The nearest is {near!r}." if near else "")
        + f" Publications: {', '.join(by_id)}."
    )


def read_trust_files(folder: Path) -> tuple[TrustList, dict[str, Path]]:
    """Read the trust list out of a folder of raw files.

    Returns
    -------
    TrustList
    dict of str to Path
        Source id to file.
    """
    paths = {source_id: find_file(folder, pattern) for source_id, (pattern, *_) in TRUST_FILES.items()}
    return ods.read_trust_list(paths["ods_etr"], paths["ods_trusts"], paths["ods_successors"]), paths


def read_publication(chosen: Publication, path: Path, trusts: TrustList) -> Reading:
    """Read one publication and hold its figures to the schema."""
    reading = chosen.read(path, trusts)
    return replace(reading, figures=check_figures(reading.figures, origin=path.name))


def read_folder(folder: Path, project: Project, *, only: Collection[str] = ()) -> list[Outcome]:
    """Read a folder of raw files into the store, all of them or none.

    Parameters
    ----------
    folder : Path
        Laid out like ``../shared/data``.
    project : Project
    only : collection of str
        Ids of publications; without it, all, and the trust list with them.

    Returns
    -------
    list of Outcome

    Raises
    ------
    RaceEqualityError
        When any file is missing or wrong; the store is then as it was.
    """
    if not folder.is_dir():
        raise RaceEqualityError(
            f"There is no folder {str(folder)!r}. Give the folder with the raw files: race-equality data read FOLDER."
        )
    chosen = [publication(source_id) for source_id in only] or list(PUBLICATIONS)
    files: dict[Path, bytes] = {}
    outcomes = []
    if only:
        trusts = read_trust_list(project=project)
    else:
        trusts, paths = read_trust_files(folder)
        files[project.figures / TRUSTS_FILE] = parquet_bytes(trusts.trusts, trust_schema())
        files[project.figures / SUCCESSIONS_FILE] = successions_csv(trusts.successions)
        for source_id, path in paths.items():
            _, title, publisher, url, licence, period, notes = TRUST_FILES[source_id]
            source = _source(source_id, title, publisher, url, licence, period, notes, path, project)
            files[project.sources / f"{source_id}.yml"] = source.to_yaml().encode()
            rows = {"ods_trusts": len(trusts.trusts), "ods_successors": len(trusts.successions)}
            outcomes.append(Outcome(source, None, rows.get(source_id, 0), changed=False))
        files |= demonstration_files(project)
    for one in chosen:
        path = find_file(folder, one.pattern)
        reading = read_publication(one, path, trusts)
        source = _source(one.id, one.title, one.publisher, one.url, one.licence, one.period, one.notes,
                         path, project)
        target = project.figures / f"{one.id}.parquet"
        content = parquet_bytes(reading.figures)
        changed = not target.is_file() or target.read_bytes() != content
        files[target] = content
        files[project.sources / f"{one.id}.yml"] = source.to_yaml().encode()
        outcomes.append(Outcome(source, reading, len(reading.figures), changed))
    project.sources.mkdir(parents=True, exist_ok=True)
    write_all(files)
    return outcomes


def demonstration_files(project: Project) -> dict[Path, bytes]:
    """Return the files of the demonstration trust: its figures and their source."""
    source = demonstration.demonstration_source()
    return {
        project.figures / f"{source.id}.parquet": parquet_bytes(demonstration.demonstration_figures()),
        project.sources / f"{source.id}.yml": source.to_yaml().encode(),
    }


def _source(
    source_id: str,
    title: str,
    publisher: str,
    url: str,
    licence: str,
    period: str,
    notes: tuple[str, ...],
    path: Path,
    project: Project,
) -> Source:
    sha256 = sha256_of(path)
    date_read = date.today()
    try:
        before = read_source(source_id, project=project)
    except RaceEqualityError:
        before = None
    if before is not None and before.sha256 == sha256:
        date_read = before.date_read  # the same file read again is not news
    return Source(source_id, title, publisher, url, licence, date_read, sha256, path.name, period, notes)


def summary(reading: Reading) -> pd.Series:
    """Return how many figures of a reading have each status."""
    return reading.figures["status"].value_counts()

"""Every publication that can be read, and reading a folder of them into the store."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pandas as pd
import pyarrow.parquet as pq

from race_equality.errors import InputError, RaceEqualityError
from race_equality.figures.geography import BOUNDARIES_FILE, BOUNDARIES_SOURCE
from race_equality.figures.provenance import OPEN_GOVERNMENT_LICENCE, Source, read_source, sha256_of
from race_equality.figures.schema import FIGURE_KEY, check_figures
from race_equality.figures.store import (
    LOCAL_PREFIXES,
    SUCCESSIONS_FILE,
    SYSTEMS_FILE,
    TRUSTS_FILE,
    in_order,
    parquet_bytes,
    read_figures,
    trust_schema,
    write_all,
)
from race_equality.figures.trusts import TrustList, read_trust_list, successions_csv
from race_equality.project import Project
from race_equality.sources import (
    access,
    benchmark,
    board_survey,
    boundaries,
    catchment,
    census,
    demonstration,
    fingertips,
    maternity,
    mental_health_act,
    national_wres,
    ods,
    patients_return,
    return_workbook,
    staff_survey,
    staff_survey_panel,
    systems,
    workforce,
    wres,
    wres_return,
)
from race_equality.sources.publication import Publication, Reading, find_file, find_files
from race_equality.sources.reading import (
    Workbook,
    check_file,
    csv_columns,
    is_pack,
    is_zipped_csv,
    nearest,
    normalised,
    same_words,
    unpack,
)
from race_equality.sources.returns import return_source

#: The files of the trust list: source id to pattern and description.
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
    "systems": (
        "geography/icb_2024_codes.csv",
        "Integrated care boards in 2024: codes and names",
        "Office for National Statistics and NHS England",
        "https://geoportal.statistics.gov.uk/",
        OPEN_GOVERNMENT_LICENCE,
        "2024",
        (
            "The 42 boards before 1 April 2026, when they became 36 and two were split: figures of boards "
            "keep the board of their time. First and last days, and the boards since then, are from NHS England's "
            "register of boards (icb.csv).",
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
        id=staff_survey.ORGANISATIONS,
        title="NHS Staff Survey {edition}, detailed spreadsheets: organisational results",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        pattern="staff_survey/*organisational results.xlsx",
        read=staff_survey.read_organisations,
        sheets=(staff_survey.EXPERIENCE, staff_survey.BACKGROUND),
        header="ODS code",
        notes=(
            "The period stands in the figures as September to November.",
            "`-` is suppressed: fewer than 10 responses.",
            "Q15, Q16a and Q16b are weighted by occupational group: no number of people stands behind a "
            "percentage. Q28 (ethnic group) is unweighted: the numerator is the number of respondents, "
            "which the unrounded percentage and the base give back exactly.",
            "Integrated care boards, commissioning support units, social enterprises and a surgical "
            "service are left out. The Isle of Wight's acute and ambulance sectors (R1F1, R1F2) are "
            "stored under R1F, as two organisations.",
            "The survey's respondents are not the workforce.",
            "History is reweighted each year: an earlier edition must not be set beside this one, which "
            "takes its place.",
        ),
        edition_notes={
            "2024": (
                "Q16c_1 (discrimination on the ground of ethnic background) is 100 or `-` for all 263 "
                "organisations, where the national workbook gives 54.1% for England: the column carries no "
                "information, and is stored as not available, never as 100%. Its `-` stays suppressed.",
            ),
        },
    ),
    Publication(
        id=staff_survey.NATIONAL,
        title="NHS Staff Survey {edition}, detailed spreadsheets: national results",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        pattern="staff_survey/*national results.xlsx",
        read=staff_survey.read_national,
        sheets=(staff_survey.EXPERIENCE, staff_survey.BACKGROUND),
        header="Breakdown subgroup",
        notes=(
            "England: all kinds of organisation. All staff are weighted by organisation size and "
            "occupational group, each ethnic group by organisation size alone.",
            "The publisher's summary groups are 'White staff' and 'Staff from all other ethnic groups "
            "combined', stored as White and Ethnic minority.",
            "Q16c_1 is the share of those who met discrimination (Q16a or Q16b) who named their ethnic "
            "background as a ground.",
            "`-` is suppressed: fewer than 10 responses.",
        ),
    ),
    Publication(
        id=wres.PUBLICATION,
        title="WRES indicators 5 to 8 by trust, NHS Staff Survey benchmark workbook {edition}",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        pattern="wres/wres_indicators_5_to_8_by_trust_*.csv",
        read=wres.read_indicators_5_to_8,
        columns=wres.COLUMNS,
        replaces=(benchmark.PUBLICATION,),
        notes=(
            "The publisher's groups are White and BME; BME is stored as Ethnic minority.",
            "Not available for mental health trusts: the file has no sheet of theirs, so their figures "
            "need the trust's own return (`race-equality data template wres`) or the full benchmark "
            "workbook. Of the Isle of Wight's two sectors it has the acute one (R1F1) alone.",
        ),
        edition_notes={
            "2024": (
                "The workbook prints rates without bases. The file's author found each base as the number of "
                "responses for which rate times base is a whole number; for 21 of the 1,272 rows several "
                "numbers fit (n_candidates), and the base is one of them, within 2.1% of the middle of the trust's "
                "other bases. The percentage is as published in either case; the locator of these figures says so.",
                "Pooled over the file's trusts, indicator 6 is 24.55% for ethnic minority and 20.72% for White "
                "staff; published for England: 24.9% and 20.7%. The file has no mental health trusts.",
            ),
        },
    ),
    Publication(
        id=benchmark.PUBLICATION,
        title="NHS Staff Survey benchmark workbook to {edition}: WRES indicators 5 to 8",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        pattern="wres/*enchmark*.xlsx",
        read=benchmark.read_benchmark,
        is_workbook=benchmark.is_benchmark_workbook,
        optional=True,
        replaces=(wres.PUBLICATION,),
        notes=(
            "All five benchmarking groups, mental health trusts among them. The publisher's groups are "
            "White and BME; BME is stored as Ethnic minority.",
            "The last year is wres_5 to wres_8; every year of the workbook, as reweighted in it, is "
            "wres_panel_5 to wres_panel_8.",
            "A blank, `-` or `*` is suppressed.",
        ),
    ),
    Publication(
        id=workforce.PUBLICATION,
        title="NHS Workforce Statistics, {edition}: England and organisation",
        publisher="NHS England",
        url="https://digital.nhs.uk/data-and-information/publications/statistical/nhs-workforce-statistics",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="workforce/NHS Workforce Statistics*England and Organisation.xlsx",
        read=workforce.read_headcount,
        sheets=(workforce.SHEET,),
        columns=workforce.CORE_COLUMNS,
        other_columns=(workforce.CSV_COLUMNS,),
        is_workbook=workforce.is_workforce_workbook,
        has_content=workforce.is_table_workbook,
        member="Core 1.",
        keeps=("workforce_march_headcount", "workforce_march_fte"),
        notes=(
            "Headcount and full-time equivalents of directly employed, paid staff; bank staff are not included.",
            "workforce_march_headcount and workforce_march_fte are all staff on 31 March of each year since "
            "2010, of each organisation as it was: of a trust that merged there are rows of its parts.",
            "`-` is zero. Groups do not add up to totals: people in two roles are counted in each.",
            "Integrated care boards are left out, and organisations that closed without a single successor "
            "(Dudley Integrated Health and Care, RYK).",
        ),
    ),
    Publication(
        id=catchment.POPULATION,
        title="NHS acute hospital trust catchment populations, with deprivation, {edition}",
        publisher="Office for Health Improvement and Disparities",
        url="https://fingertips.phe.org.uk/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/trust_catchment_[0-9][0-9][0-9][0-9].csv",
        read=catchment.read_population,
        columns=catchment.POPULATION_COLUMNS,
        notes=(
            "Quintile 1 is the most deprived fifth of catchments, 5 the least; a higher score is more "
            "deprived.",
            "Modelled for acute trusts alone: not applicable to the others, which is not the same as missing.",
        ),
    ),
    Publication(
        id=catchment.ETHNICITY,
        title="Ethnicity of acute trust catchments, Census {edition}",
        publisher="Office for National Statistics and Office for Health Improvement and Disparities",
        url="https://www.ons.gov.uk/census",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/trust_catchment_ethnicity_census2021.csv",
        read=catchment.read_ethnicity,
        columns=("trust_code", *catchment.ETHNIC_GROUPS),
        notes=(
            "Shares of the catchments of 138 organisations as they were: for a trust that merged since "
            "there is a row for each of them, and no population to pool the shares by.",
            "Modelled for acute trusts alone: not applicable to the others, which is not the same as missing.",
        ),
    ),
    Publication(
        id=systems.DEPRIVATION,
        title="English Indices of Deprivation {edition}, by integrated care board",
        publisher="Ministry of Housing, Communities and Local Government",
        url="https://www.gov.uk/government/collections/english-indices-of-deprivation",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/imd2025_by_icb.csv",
        read=systems.read_deprivation,
        columns=systems.DEPRIVATION_COLUMNS,
        other_columns=(systems.NEIGHBOURHOOD_COLUMNS,),
        is_workbook=systems.is_deprivation_workbook,
        notes=(
            "trust_code is the board's NHS code (2024). A higher score is more deprived; "
            "system_most_deprived_tenth is the share of neighbourhoods in the most deprived tenth of England.",
        ),
    ),
    Publication(
        id=systems.SHARES,
        title="Integrated care boards that acute trusts' patients come from, {edition}",
        publisher="Office for Health Improvement and Disparities and Office for National Statistics",
        url="https://fingertips.phe.org.uk/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/trust_to_icb_shares_*.csv",
        read=systems.read_shares,
        columns=systems.SHARES_COLUMNS,
        optional=True,
        notes=(
            "Boards of 2022, organisations as they were: of a trust that merged since there are the shares of "
            "each part, which must not be added up.",
        ),
    ),
    Publication(
        id=census.ETHNICITY,
        title="Census {edition}: ethnic group of residents (TS021)",
        publisher="Office for National Statistics",
        url="https://www.nomisweb.co.uk/sources/census_2021_bulk",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/census_ethnicity_[0-9][0-9][0-9][0-9].*",
        read=census.read_ethnicity,
        is_table=census.is_by_ethnicity,
        member="census2021-ts021-ctry",
        optional=True,
        notes=(
            "Usual residents of England, and of integrated care boards where the file has them: of all ages, "
            "whatever their work.",
            "Five groups, and those of the Census as published, Roma among them, whom the Staff Survey does "
            "not ask for apart.",
        ),
    ),
    Publication(
        id=census.BY_AGE,
        title="Census {edition}: ethnic group of residents of working age (RM032)",
        publisher="Office for National Statistics",
        url="https://www.ons.gov.uk/datasets/RM032/editions/2021/versions/1",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="population/census_ethnicity_by_age_*",
        read=census.read_by_age,
        is_table=census.is_by_age,
        optional=True,
        notes=("Usual residents aged 16 to 64, men and women together, whether they work or not.",),
    ),
    Publication(
        id=fingertips.PUBLICATION,
        title="Fingertips, {edition}",
        publisher="Office for Health Improvement and Disparities",
        url="https://fingertips.phe.org.uk/api",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="fingertips/*.csv",
        read=fingertips.read_indicators,
        columns=fingertips.COLUMNS,
        optional=True,
        series=True,
        notes=(
            "England, integrated care boards and trusts alone: other areas are left out and counted.",
            "The file does not name units. They follow from counts and denominators, or from the indicator's name.",
        ),
    ),
    Publication(
        id=board_survey.PUBLICATION,
        title="Race 2.0: Time for real change, survey of trust boards, {edition}",
        publisher="NHS Providers",
        url="https://nhsproviders.org/race-2-0-time-for-real-change",
        licence="Quoted with its source",
        pattern="survey_of_boards/race_2_facts.csv",
        read=board_survey.read_findings,
        columns=board_survey.COLUMNS,
        optional=True,
        notes=(
            "Findings about those who answered, whose boards' trusts are not named: no trust has one. The "
            "period is the day of publication.",
            "The share of chief executives is printed as 14%, where 33 of 254 are 13.0%.",
            "The use of external consultants stands on a page of its own, the other findings on the main one.",
        ),
    ),
    Publication(
        id=staff_survey_panel.PUBLICATION,
        title="NHS Staff Survey 2021 to {edition}: discrimination, and respondents from ethnic minorities",
        publisher="Survey Coordination Centre for NHS England",
        url="https://www.nhsstaffsurveys.com/results/",
        licence="Official statistics, quoted with their source; " + OPEN_GOVERNMENT_LICENCE,
        pattern="staff_survey/trust_panel_*.csv",
        read=staff_survey_panel.read_panel,
        columns=staff_survey_panel.COLUMNS,
        notes=(
            "Four editions side by side, each weighted as it was published; the publisher reweights "
            "history each year, so the difference between two years is not exact.",
            "The indicators have names of their own (staff_survey_panel_...), so that years are never "
            "added up with the edition of one year.",
        ),
    ),
    Publication(
        id=national_wres.PUBLICATION,
        title="WRES national figures, reports to {edition}",
        publisher="NHS England and NHS Employers",
        url="https://www.england.nhs.uk/about/equality/equality-hub/workforce-equality-data-standards/equality-standard/",
        licence="Quoted with their source",
        pattern="wres/national_series.csv",
        read=national_wres.read_national_series,
        columns=national_wres.COLUMNS,
        notes=(
            "Indicator 2 is White over ethnic minority, indicator 3 ethnic minority over White: above 1 is "
            "adverse to ethnic minority staff in both.",
            "A WRES report year pairs workforce data of March with the survey of the autumn before.",
        ),
    ),
    Publication(
        id=access.RTT,
        title="Referral to treatment waiting times, {edition}",
        publisher="NHS England",
        url="https://www.england.nhs.uk/statistics/statistical-work-areas/rtt-waiting-times/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="access/rtt_incomplete_by_trust_month.csv",
        read=access.read_rtt,
        columns=access.RTT_COLUMNS,
        notes=(
            "Incomplete pathways by trust, summed over commissioners and treatment functions from the "
            "monthly files. Not published by ethnicity and trust.",
            "A blank is a wait that the month's file does not give: not available, not zero.",
        ),
    ),
    Publication(
        id=access.AE,
        title="A&E attendances and emergency admissions, {edition}",
        publisher="NHS England",
        url="https://www.england.nhs.uk/statistics/statistical-work-areas/ae-waiting-times-and-activity/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="access/ae_by_trust_month.csv",
        read=access.read_ae,
        columns=access.AE_COLUMNS,
        notes=(
            "Recording changed in November 2025: figures before and after are not one series. The "
            "locator of the later ones says so.",
            "Over 12 hours is counted from the decision to admit, as a share of emergency admissions via A&E.",
            "Not published by ethnicity and trust.",
        ),
    ),
    Publication(
        id=access.RTT_MONTH,
        title="Referral to treatment waiting times, full extract, {edition}",
        publisher="NHS England",
        url="https://www.england.nhs.uk/statistics/statistical-work-areas/rtt-waiting-times/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="access/rtt_month_*",
        revises=(access.RTT,),
        read=access.read_rtt_month,
        columns=access.RTT_MONTH_COLUMNS,
        optional=True,
        series=True,
        notes=("Incomplete pathways (Part_2), all treatment functions (C_999), summed over commissioners.",),
    ),
    Publication(
        id=access.AE_MONTH,
        title="A&E attendances and emergency admissions, {edition}",
        publisher="NHS England",
        url="https://www.england.nhs.uk/statistics/statistical-work-areas/ae-waiting-times-and-activity/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="access/ae_month_*.csv",
        revises=(access.AE,),
        read=access.read_ae_month,
        columns=access.AE_MONTH_COLUMNS,
        optional=True,
        series=True,
        notes=(
            "One month as published, beside the series: booked appointments are not counted, and the TOTAL "
            "row is left out.",
            "Recording changed in November 2025: figures before and after are not one series.",
        ),
    ),
    Publication(
        id=maternity.PUBLICATION,
        title="Maternity Services Data Set, annual CSV, year to March {edition}",
        publisher="NHS England",
        url="https://digital.nhs.uk/data-and-information/publications/statistical/nhs-maternity-statistics",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="maternity/hosp-epis-stat-mat-msdscsv-*.csv",
        read=maternity.read_deliveries,
        columns=maternity.COLUMNS,
        series=True,
        notes=(
            "Counts are rounded to the nearest 5, so percentages of few births are rough.",
            "Each row is one dimension: no outcome is published by ethnicity and trust. Ethnic groups are "
            "those of 2001, where Chinese is part of Other.",
            "Outcomes are shares of the births or bookings for which the outcome is known.",
        ),
    ),
    Publication(
        id=mental_health_act.PUBLICATION,
        title="Mental Health Act statistics, annual figures {edition}",
        publisher="NHS England",
        url="https://digital.nhs.uk/data-and-information/publications/statistical/mental-health-act-statistics-annual-figures",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="mental_health/mha_annual_*.csv",
        read=mental_health_act.read_detentions,
        columns=mental_health_act.COLUMNS,
        notes=(
            "By ethnic group for England and for each integrated care board (trust_code is the board's "
            "code, as in 2023/24); for a trust its total alone.",
            "Blank is suppressed; counts of boards and trusts are rounded to the nearest 5. Rates are for "
            "100,000 people of the group; the standardised ones by age and sex.",
            "'All' among ethnic groups is everybody whose group is known, and leaves out Unknown (not "
            "stated and not known together). Ethnic groups are those of 2001, where Chinese is part of Other.",
            "The file's rows by deprivation carry labels of gender instead of deciles, so they are not read.",
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
    before : pandas.DataFrame
        The figures that the store had of this publication, whatever its edition.
    """

    source: Source
    reading: Reading | None
    rows: int
    before: pd.DataFrame | None = None

    @property
    def changed(self) -> bool:
        """Whether the figures differ from those the store had."""
        return self.reading is not None and not self.reading.figures.equals(self.before)


def publication(publication_id: str) -> Publication:
    """Return a publication by its id.

    Raises
    ------
    RaceEqualityError
        Naming the nearest.
    """
    by_id = {one.id: one for one in PUBLICATIONS}
    if publication_id in by_id:
        return by_id[publication_id]
    near = nearest(publication_id, by_id)
    raise RaceEqualityError(
        f"There is no publication {publication_id!r}."
        + (f" The nearest is {near!r}." if near else "")
        + f" Publications: {', '.join(by_id)}."
    )


def recognise(path: Path) -> Publication:
    """Return the publication that a file is an edition of, by what is in it.

    Parameters
    ----------
    path : Path
        Its name does not matter.

    Returns
    -------
    Publication

    Raises
    ------
    InputError
        When it is none, naming what it has and the publication most like it.
    """
    if zipfile.is_zipfile(check_file(path)) and not is_zipped_csv(path):
        workbook = Workbook(path)
        for one in PUBLICATIONS:
            if one.is_workbook is not None and one.is_workbook(workbook.sheet_names):
                return one
        headers = workbook.sheet_names
        wanted = [(one, one.sheets) for one in PUBLICATIONS if one.sheets]
        kind = "worksheets"

        def fits(one: Publication) -> bool:
            if not one.header:
                return True
            # the survey's two workbooks have the same sheets; a header tells them apart
            sheet = workbook.sheet(one.sheets[0])
            headers = sheet.rows[staff_survey.header_row(sheet)]
            return same_words(one.header) in {same_words(str(header)) for header in headers}
    else:
        headers = csv_columns(path)
        if _is_of_trust_list(headers):
            raise InputError(
                "The file is part of the trust list, which is read from four files together.",
                file=path,
                mend="Put the four in a folder with the publications, laid out as data/README.md says, and use "
                "`race-equality data read FOLDER`.",
            )
        for one in PUBLICATIONS:
            if one.is_table is not None and one.is_table(headers):
                return one
        wanted = [(one, names) for one in PUBLICATIONS for names in (one.columns, *one.other_columns) if names]
        kind = "columns"

        def fits(one: Publication) -> bool:
            return True

    has = {same_words(header) for header in headers}
    if kind == "worksheets":
        for one in PUBLICATIONS:
            if one.has_content is not None and one.has_content(workbook):
                return one
    found = [
        (len(names), one) for one, names in wanted if {same_words(n) for n in names} <= has and fits(one)
    ]
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    like, names = max(
        wanted, key=lambda pair: sum(same_words(name) in has for name in pair[1]) / len(pair[1])
    )
    missing = [name for name in names if same_words(name) not in has]
    hint = ""
    if missing and len(missing) < len(names):
        known = {same_words(name) for name in names}
        others = [header for header in headers if header and same_words(header) not in known]
        lacks = []
        for name in missing:
            near = nearest(name, others)
            lacks.append(f"{name!r} (the nearest is {near!r})" if near else repr(name))
        hint = f" It is most like {like.id!r}, but lacks {', '.join(lacks)}."
    raise InputError(
        f"No known publication has the {kind} {', '.join(headers)[:300]}.{hint}",
        file=path,
        mend="If the publisher renamed one, rename it back in a copy. Publications that can be added: "
        f"{', '.join(one.id for one in PUBLICATIONS)}; or a filled-in `race-equality data template wres` "
        "or `patients`.",
    )


def _is_of_trust_list(headers: Sequence[str]) -> bool:
    """Return whether a CSV's first row is that of one of :data:`TRUST_FILES`."""
    official = len(headers) == len(ods.ETR_COLUMNS) and re.fullmatch(r"[A-Z0-9]{3,5}", headers[0])
    return bool(official) or any(
        set(columns) <= set(headers)
        for columns in (
            ods.TRUST_COLUMNS, ods.SUCCESSOR_COLUMNS, systems.CODES_COLUMNS, systems.REGISTER_COLUMNS,
        )  # fmt: skip
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
    boards = systems.read_codes(paths["systems"])
    lists = (paths[source_id] for source_id in ("ods_etr", "ods_trusts", "ods_successors"))
    return ods.read_trust_list(*lists, boards), paths


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
        Ids of publications; without it, all, with the trust list and the demonstration trust.

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
            f"There is no folder {str(folder)!r}. Give the folder with the raw files: "
            "race-equality data read FOLDER."
        )
    chosen = [publication(one) for one in only] or list(PUBLICATIONS)
    files: dict[Path, bytes] = {}
    outcomes = []
    if only:
        trusts = read_trust_list(project=project)
    else:
        trusts, paths = read_trust_files(folder)
        content = parquet_bytes(trusts.trusts, trust_schema())
        files[project.figures / TRUSTS_FILE] = content
        files[project.figures / SUCCESSIONS_FILE] = successions_csv(trusts.successions)
        boards = trusts.boards
        register_path = folder / systems.REGISTER_FILE
        register = systems.read_register(register_path) if register_path.is_file() else []
        files[project.figures / SYSTEMS_FILE] = systems.codes_csv(boards, register)
        for source_id, path in paths.items():
            _, title, publisher, url, licence, period, notes = TRUST_FILES[source_id]
            source = _dated(
                Source(
                    source_id,
                    title,
                    publisher,
                    url,
                    licence,
                    date.today(),
                    sha256_of(path),
                    path.name,
                    period,
                    notes,
                    sha256(content).hexdigest() if source_id == "ods_trusts" else "",
                ),
                project,
            )
            files[project.sources / f"{source_id}.yml"] = source.to_yaml().encode()
            rows = {
                "ods_trusts": len(trusts.trusts),
                "ods_successors": len(trusts.successions),
                "systems": len(boards),
            }
            outcomes.append(Outcome(source, None, rows.get(source_id, 0)))
        for path in sorted(folder.glob(boundaries.PATTERN))[-1:]:  # of several years, the latest
            written, outcome = _boundary_files(path, boards, project)
            files |= written
            outcomes.append(outcome)
        files |= demonstration_files(project)
    found = [(one, path) for one in chosen for path in find_files(folder, one)]
    # where a folder has a fuller publication of the same figures, it is read instead
    fuller = {other for one, _ in found if one.optional for other in one.replaces}
    found = [(one, path) for one, path in found if one.id not in fuller]
    more, remove = _read_files(found, trusts, project, files)
    write_all(files, remove=remove)
    return outcomes + more


def _boundary_files(
    path: Path, boards: Mapping[str, tuple[str, str]], project: Project
) -> tuple[dict[Path, bytes], Outcome]:
    """Return the boundaries of boards and their source, ready to be written."""
    content, year = boundaries.read_boundaries(path, boards)
    source = _dated(
        Source(
            BOUNDARIES_SOURCE,
            boundaries.TITLE.format(year=year),
            boundaries.PUBLISHER,
            boundaries.URL,
            OPEN_GOVERNMENT_LICENCE,
            date.today(),
            sha256_of(path),
            path.name,
            f"July {year}",
            boundaries.NOTES,
            sha256(content).hexdigest(),
        ),
        project,
    )
    files = {
        project.figures / BOUNDARIES_FILE: content,
        project.sources / f"{source.id}.yml": source.to_yaml().encode(),
    }
    return files, Outcome(source, None, content.count(b'"Feature",'))


def add_publication(path: Path, project: Project) -> Outcome:
    """Read one file of a publication into the store, in the place of an earlier edition.

    Parameters
    ----------
    path : Path
        The publication is recognised by the file's content.
    project : Project

    Returns
    -------
    Outcome

    Raises
    ------
    RaceEqualityError
        When it is not recognised or is wrong; the store is then as it was.
    """
    files: dict[Path, bytes] = {}
    if is_map(path):
        files, outcome = _boundary_files(path, read_trust_list(project=project).boards, project)
        write_all(files)
        return outcome
    chosen = recognise(path)
    (outcome,), remove = _read_files([(chosen, path)], read_trust_list(project=project), project, files)
    if outcome.reading.figures.empty:
        left = ", ".join(f"{number} {what}" for what, number in sorted(outcome.reading.left_out.items()))
        raise InputError(
            f"The file has no figure of a trust, a board or England (left out: {left or 'nothing'}).",
            file=path,
            mend="Check that it is the publisher's whole file.",
        )
    _refuse_what_is_held(outcome, [*remove, *files], project, path)
    before = outcome.before["period_end"].max()
    if before > outcome.reading.figures["period_end"].max():
        raise InputError(
            f"This edition ({outcome.source.period}) is older than the one held, which ends on {before.date()}.",
            file=path,
            mend="Add the latest edition. To go back to this one, put it in a folder and use "
            f"`race-equality data read FOLDER --only {chosen.id}`.",
        )
    write_all(files, remove=remove)
    return outcome


def is_map(path: Path) -> bool:
    """Return whether a file is GeoJSON, of boundaries or of anything else."""
    return not zipfile.is_zipfile(check_file(path)) and boundaries.is_boundaries(path)


def not_added(path: Path) -> str:
    """Return why a file of a folder or an archive is no publication and no return; "" when it is one."""
    try:
        if is_map(path) or is_return(path):
            return ""
        recognise(path)
    except InputError as error:
        # without what to do about it: nobody asked for this very file
        return f"{path.name}: {error.problem}"
    return ""


@contextmanager
def files_to_add(paths: Iterable[Path]) -> Iterator[list[tuple[Path, bool]]]:
    """Find the files that can be added in folders and in archives of several files.

    Parameters
    ----------
    paths : iterable of Path
        Files, folders, and zip archives of several CSV files as publishers pack them.

    Yields
    ------
    list of (Path, bool)
        Each file, and whether somebody asked for this very one. Unpacked files go when the context ends.

    Raises
    ------
    InputError
        For an archive that unpacks to more than a publication has.
    """
    with ExitStack() as stack:
        found: list[tuple[Path, bool]] = []
        for path in paths:
            asked = not path.is_dir()
            inside = [path] if asked else sorted(p for p in path.rglob("*") if p.is_file())
            for one in inside:
                if any(part.startswith(".") for part in one.relative_to(path).parts):
                    continue  # what an editor or a download left there
                if one.is_file() and is_pack(one):
                    folder = Path(stack.enter_context(TemporaryDirectory(prefix="race-equality-")))
                    found += [(member, False) for member in _unpacked(one, folder)]
                else:
                    found.append((one, asked))
        yield found


def _unpacked(path: Path, folder: Path) -> list[Path]:
    """Unpack an archive; of several files of one publication, keep the one to read."""
    chosen: dict[str, Path] = {}
    others = []
    for member in unpack(path, folder):
        try:
            one = recognise(member)
        except InputError:
            others.append(member)
            continue
        before = chosen.get(one.id)
        if before is None or (one.member and member.name.startswith(one.member)):
            if before is not None:
                others.append(before)
            chosen[one.id] = member
        else:
            others.append(member)
    if not chosen:
        names = ", ".join(sorted(other.name for other in others)[:8])
        raise InputError(
            f"No known publication is in the archive. It has {names}.",
            file=path,
            mend="Check that it is the right one of the publisher's archives.",
        )
    return [*chosen.values(), *others]


def _refuse_what_is_held(outcome: Outcome, written: Collection[Path], project: Project, path: Path) -> None:
    """Refuse a file whose figures another publication gives already: nothing may count twice."""
    new = outcome.reading.figures
    new = new[new["status"] == "ok"]
    held = read_figures(new["indicator"].unique(), project=project)
    replaced = {other.stem for other in written}
    held = held[(held["status"] == "ok") & ~held["source"].isin(replaced)]
    held = held[~held["source"].str.startswith(LOCAL_PREFIXES)]  # a return gives way by itself
    twice = held.merge(new[FIGURE_KEY], on=FIGURE_KEY)
    if len(twice):
        first = twice.iloc[0]
        raise InputError(
            f"{first['indicator']} of {first['organisation_code']} to {first['period_end'].date()} is held "
            f"already, from {first['source']}.",
            file=path,
            mend="Only one publication can give a figure.",
        )


def add_return(path: Path, project: Project) -> Outcome:
    """Read a trust's own return into ``data/local``, in the place of an earlier one.

    Parameters
    ----------
    path : Path
        A WRES return or a patients return, as CSV or Excel workbook.
    project : Project

    Returns
    -------
    Outcome
    """
    trusts = read_trust_list(project=project)
    if return_kind(path) is patients_return:
        code, reading = patients_return.read_return(path, trusts)
        form, name = patients_return, patients_return.source_id(code)
    else:
        code, reading = wres_return.read_return(path, trusts, published=published_wres(project))
        form, name = wres_return, code
    reading = replace(reading, figures=check_figures(reading.figures, origin=path.name))
    trust_name = trusts.trusts.set_index("trust_code").loc[code, "trust_name"]
    content = parquet_bytes(reading.figures)
    source = replace(
        _dated(
            return_source(
                form.source_id(code), form.TITLE, trust_name, path, reading.period, form.NOTES, date.today()
            ),
            project,
        ),
        figures_sha256=sha256(content).hexdigest(),
    )
    local = project.root / "data" / "local"
    local.mkdir(parents=True, exist_ok=True)
    outcome = Outcome(source, reading, len(reading.figures), read_figures(sources=source.id, project=project))
    write_all({local / f"{name}.parquet": content, local / f"{source.id}.yml": source.to_yaml().encode()})
    return outcome


def published_wres(project: Project) -> set[str]:
    """Return the trusts whose WRES indicators 5 to 8 are published."""
    figures = read_figures(wres_return.SURVEY_INDICATORS, project=project)
    published = ~figures["source"].str.startswith(LOCAL_PREFIXES) & (figures["status"] == "ok")
    return set(figures.loc[published, "trust_code"])


def is_return(path: Path) -> bool:
    """Return whether a file is a trust's own return, filled in or not."""
    return return_kind(path) is not None


def return_kind(path: Path) -> ModuleType | None:
    """Return the module that reads a file as a trust's own return; None when it is no return."""
    forms = (wres_return, patients_return)
    if is_map(path):
        return None
    if zipfile.is_zipfile(check_file(path)) and not is_zipped_csv(path):
        title = return_workbook.title_of(path)
        return next((form for form in forms if form.TITLE == title), None)
    has = {normalised(name) for name in csv_columns(path)}
    for form in forms:
        # most of the columns: a return with a column renamed is still one, and its error names the column
        if len(has & {normalised(name) for name in form.COLUMNS}) >= len(form.COLUMNS) - 1:
            return form
    return None


def demonstration_files(project: Project) -> dict[Path, bytes]:
    """Return the files of the demonstration trust: its figures and their source."""
    content = parquet_bytes(demonstration.demonstration_figures())
    source = replace(demonstration.demonstration_source(), figures_sha256=sha256(content).hexdigest())
    return {
        project.figures / f"{source.id}.parquet": content,
        project.sources / f"{source.id}.yml": source.to_yaml().encode(),
    }


def _read_files(
    found: list[tuple[Publication, Path]], trusts: TrustList, project: Project, files: dict[Path, bytes]
) -> tuple[list[Outcome], list[Path]]:
    """Read files; add what is to be written to ``files`` and return what it takes the place of."""
    outcomes, remove = [], []
    for one, path in found:
        reading = read_publication(one, path, trusts)
        content = parquet_bytes(reading.figures)
        notes = (*one.notes, *one.edition_notes.get(reading.edition, ()), *reading.remarks)
        source = _dated(
            Source(
                reading.source_id,
                one.title.format(edition=reading.edition),
                one.publisher,
                one.url,
                one.licence,
                date.today(),
                sha256_of(path),
                path.name,
                reading.period,
                notes,
                sha256(content).hexdigest(),
            ),
            project,
        )
        editions = _editions(one, project)
        if one.series:
            editions = [p for p in [project.figures / f"{reading.source_id}.parquet"] if p.is_file()]
        for other in (*one.replaces, *one.revises):
            editions += _editions(publication(other), project)
        before = read_figures(sources=[path.stem for path in editions], project=project)
        kept = _kept(one, before, reading, project)
        revised = {path.stem for other in one.revises for path in _editions(publication(other), project)}
        before = before[~before.index.isin(kept.index)].reset_index(drop=True)
        files[project.figures / f"{reading.source_id}.parquet"] = content
        files[project.sources / f"{reading.source_id}.yml"] = source.to_yaml().encode()
        for old in editions:
            rest = kept[kept["source"] == old.stem]
            if len(rest):
                content = parquet_bytes(in_order(rest))
                source_before = read_source(old.stem, project=project)
                note = f"Some of its figures stand in {reading.source_id} since."
                shortened = replace(
                    source_before,
                    figures_sha256=sha256(content).hexdigest(),
                    notes=source_before.notes
                    if len(rest) == _rows_in(old) or note in source_before.notes
                    else (*source_before.notes, note),
                )
                files[old] = content
                files[project.sources / f"{old.stem}.yml"] = shortened.to_yaml().encode()
            elif old.stem != reading.source_id and old.stem not in revised:
                remove += [old, project.sources / f"{old.stem}.yml"]
        remove += _covered(one, reading, project)
        outcomes.append(Outcome(source, reading, len(reading.figures), before))
    return outcomes, remove


def _rows_in(path: Path) -> int:
    with pq.ParquetFile(path) as file:
        return file.metadata.num_rows


def _covered(one: Publication, reading: Reading, project: Project) -> list[Path]:
    """Return the files of months that a series has come to hold: nothing may count twice."""
    there = pd.MultiIndex.from_frame(reading.figures[FIGURE_KEY])
    covered = []
    for other in PUBLICATIONS:
        if one.id in other.revises:
            for path in _editions(other, project):
                held = read_figures(sources=path.stem, project=project)
                if pd.MultiIndex.from_frame(held[FIGURE_KEY]).isin(there).any():
                    covered += [path, project.sources / f"{path.stem}.yml"]
    return covered


def _kept(one: Publication, before: pd.DataFrame, reading: Reading, project: Project) -> pd.DataFrame:
    """Return the figures of earlier editions that the new one does not have, where they stay held."""
    of_series = [path.stem for other in one.revises for path in _editions(publication(other), project)]
    kept = before[
        (before["indicator"].isin(one.keeps) & (before["source"] != reading.source_id))
        | before["source"].isin(of_series)
    ]
    there = pd.MultiIndex.from_frame(reading.figures[FIGURE_KEY])
    return kept[~pd.MultiIndex.from_frame(kept[FIGURE_KEY]).isin(there)]


def _editions(one: Publication, project: Project) -> list[Path]:
    """Return the files of every edition of a publication that the store has."""
    edition = re.compile(re.escape(one.id) + r"(_\d{4}(_\d\d)?)?")
    return [path for path in sorted(project.figures.glob("*.parquet")) if edition.fullmatch(path.stem)]


def _dated(source: Source, project: Project) -> Source:
    """Return a source with the day its file was first read: the same file read again is not news."""
    try:
        before = read_source(source.id, project=project)
    except RaceEqualityError:
        return source
    return replace(source, date_read=before.date_read) if before.sha256 == source.sha256 else source

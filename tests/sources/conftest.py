"""Small cuts in the publishers' own layouts, written here and never copied from a published file.

Names and codes are those of real organisations, because the trust list is real; every number in a
cut is made up for the test.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from race_equality.project import Project
from race_equality.sources.ingest import read_folder
from race_equality.sources.publications.organisation_data_service import read_trust_list
from race_equality.sources.publications.systems import read_codes
from race_equality.store.trusts import TrustList

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / "shared" / "data"

MENTAL_HEALTH = "Mental Health & Learning Disability and Mental Health, Learning Disability & Community Trusts"
ACUTE = "Acute and Acute & Community Trusts"

# code, name, grouping, opened, closed: the columns of etr.csv that are read
ETR = [
    ("G6V2S", "NORTH LONDON NHS FOUNDATION TRUST", "Y56", "20241101", ""),
    ("K0N6A", "THE ONLINE NHS TRUST", "Y56", "20260601", ""),
    ("R1F", "ISLE OF WIGHT NHS TRUST", "Y59", "20120401", ""),
    ("RA7", "UNIVERSITY HOSPITALS BRISTOL AND WESTON NHS FOUNDATION TRUST", "Y58", "19910401", ""),
    ("RJ1", "GUY'S AND ST THOMAS' NHS FOUNDATION TRUST", "Y56", "19930401", ""),
    ("RNK", "TAVISTOCK AND PORTMAN NHS FOUNDATION TRUST", "Y56", "19940401", "20260331"),
    ("RQF", "VELINDRE NHS TRUST", "W00", "19940401", ""),
    ("RV5", "SOUTH LONDON AND MAUDSLEY NHS FOUNDATION TRUST", "Y56", "19990401", ""),
    ("RVJ", "NORTH BRISTOL NHS TRUST", "Y58", "19990401", ""),
    ("RW6", "PENNINE ACUTE HOSPITALS NHS TRUST", "Y62", "20020401", "20210930"),
    ("RX8", "YORKSHIRE AMBULANCE SERVICE NHS TRUST", "Y63", "20060701", ""),
    ("RY3", "EAST OF ENGLAND COMMUNITY HEALTH AND CARE NHS TRUST", "Y61", "20101101", ""),
    ("RYV", "CAMBRIDGESHIRE COMMUNITY SERVICES NHS TRUST", "Y61", "20100401", "20260331"),
]
TRUSTS = [
    (
        "G6V2S",
        "North London NHS Foundation Trust",
        "Tavistock",
        MENTAL_HEALTH,
        "London",
        "North Central London",
        "RNK",
        "2026-04-01",
    ),
    ("K0N6A", "The Online NHS Trust", "", "Online / Digital", "National", "", "", ""),
    ("R1F", "Isle of Wight NHS Trust", "", ACUTE, "South East", "Hampshire and Isle of Wight", "", ""),
    (
        "RA7",
        "Bristol NHS Foundation Trust",
        "Bristol FT;North Bristol NHS Trust",
        ACUTE,
        "South West",
        "Bristol, North Somerset and South Gloucestershire",
        "RVJ",
        "2026-07-01",
    ),
    ("RJ1", "Guy's and St Thomas' NHS Foundation Trust", "GSTT", ACUTE, "London", "South East London", "", ""),
    (
        "RV5",
        "South London and Maudsley NHS Foundation Trust",
        "SLaM",
        MENTAL_HEALTH,
        "London",
        "South East London",
        "",
        "",
    ),
    ("RX8", "Yorkshire Ambulance Service NHS Trust", "", "Ambulance Trusts", "North East and Yorkshire", "-", "", ""),
    (
        "RY3",
        "East of England Community Health and Care NHS Trust",
        "Norfolk Community Health and Care NHS Trust;Cambridgeshire Community Services NHS Trust",
        "Community Trusts",
        "East of England",
        "Norfolk and Waveney; Cambridgeshire and Peterborough",
        "",
        "",
    ),
    (
        "TAD",
        "Bradford District Care NHS Foundation Trust",
        "",
        MENTAL_HEALTH,
        "North East and Yorkshire",
        "West Yorkshire",
        "",
        "",
    ),
]
SUCCESSORS = [("RT3", "RJ1", "2021-02-01"), ("RW6", "RM3", "2021-10-01"), ("RW6", "R0A", "2021-10-01")]

# code, name, benchmarking group, (Q15, base), (Q16a, base), (Q16b, base), (Q16c_1, base)
SURVEY = [
    ("0AR", "NHS North of England CSU", "CSUs", (59.1, 1215), (0.2, 1214), (5.0, 1206), ("-", 61)),
    ("QKK", "NHS South East London ICB", "ICBs", (61.0, 400), (1.2, 401), (6.1, 399), ("-", 25)),
    ("R1F1", "Isle of Wight NHS Trust (acute sector)", ACUTE, (55.2, 900), (8.1, 905), (7.5, 899), (100, 60)),
    (
        "R1F2",
        "Isle of Wight NHS Trust (ambulance sector)",
        "Ambulance Trusts",
        (52.3, 152),
        (12.2, 151),
        (12.3, 151),
        ("-", 24),
    ),
    ("RA7", "University Hospitals Bristol and Weston", ACUTE, (57.0, 5000), (9.0, 5010), (8.8, 4990), (100, 500)),
    (
        "RJ1",
        "Guy's and St Thomas' NHS Foundation Trust",
        ACUTE,
        (52.5, 12000),
        (11.1, 12050),
        (12.4, 11900),
        (100, 2400),
    ),
    (
        "RNK",
        "Tavistock and Portman NHS Foundation Trust",
        MENTAL_HEALTH,
        (48.0, 300),
        (6.0, 301),
        (10.1, 299),
        (100, 40),
    ),
    (
        "RV5",
        "South London and Maudsley NHS Foundation Trust",
        MENTAL_HEALTH,
        (46.4, 2300),
        (20.0, 2310),
        (14.0, 2290),
        (100, 700),
    ),
    ("RVJ", "North Bristol NHS Trust", ACUTE, (58.0, 4800), (8.5, 4810), (8.3, 4790), (100, 450)),
    (
        "RX8",
        "Yorkshire Ambulance Service NHS Trust",
        "Ambulance Trusts",
        (50.0, 2500),
        (10.0, 2505),
        ("-", "-"),
        (100, 200),
    ),
    (
        "RY3",
        "Norfolk Community Health and Care NHS Trust",
        "Community Trusts",
        (63.0, 1500),
        (4.0, 1501),
        (5.5, 1499),
        (100, 70),
    ),
    (
        "RYV",
        "Cambridgeshire Community Services NHS Trust",
        "Community Trusts",
        (66.0, 1200),
        (3.0, 1201),
        (4.9, 1199),
        (100, 35),
    ),
    (
        "TAD",
        "Bradford District Care NHS Foundation Trust",
        MENTAL_HEALTH,
        (59.7, 1750),
        (7.9, 1751),
        (9.1, 1749),
        (100, 180),
    ),
    ("NR5", "Livewell Southwest", "Social Enterprises - Community", (60.0, 800), (3.0, 801), (5.0, 799), (100, 30)),
]

ETHNIC_GROUPS = [
    "White - English / Welsh / Scottish / Northern Irish / British",
    "White - Irish",
    "White - Gypsy or Irish Traveller",
    "White - Any other White background",
    "Mixed/Multiple ethnic background - White and Black Caribbean",
    "Mixed/Multiple ethnic background - White and Black African",
    "Mixed/Multiple ethnic background - White and Asian",
    "Mixed/Multiple ethnic background - Any other Mixed / Multiple ethnic background",
    "Asian/Asian British - Indian",
    "Asian/Asian British - Pakistani",
    "Asian/Asian British - Bangladeshi",
    "Asian/Asian British - Chinese",
    "Asian/Asian British - Any other Asian background",
    "Black/African/Caribbean/Black British - African",
    "Black/African/Caribbean/Black British - Caribbean",
    "Black/African/Caribbean/Black British - Any other Black / African / Caribbean background",
    "Other ethnic group - Arab",
    "Other ethnic group - Any other ethnic background",
]
# people in each of the 18 groups out of 200, the same in every organisation of the cut
RESPONDENTS = [110, 4, 1, 13, 2, 1, 2, 3, 20, 6, 2, 2, 12, 14, 4, 1, 1, 2]

STAFF_GROUPS = [
    "Total",
    "Professionally qualified clinical staff",
    "HCHS Doctors",
    "Consultant",
    "Associate Specialist",
    "Specialty Doctor",
    "Staff Grade",
    "Specialty Registrar",
    "Core Training",
    "Foundation Doctor Year 2",
    "Foundation Doctor Year 1",
    "Hospital Practitioner / Clinical Assistant",
    "Other and Local HCHS Doctor Grades",
    "Nurses & health visitors",
    "Midwives",
    "Ambulance staff",
    "Scientific, therapeutic & technical staff",
    "Support to clinical staff",
    "Support to doctors, nurses & midwives",
    "Support to ambulance staff",
    "Support to ST&T staff",
    "NHS infrastructure support",
    "Central functions",
    "Hotel, property & estates",
    "Senior managers",
    "Managers",
    "Other staff or those with unknown classification",
]


def write_csv(path: Path, rows: list[tuple], header: tuple | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if header:
            writer.writerow(header)
        writer.writerows(rows)
    return path


def etr_row(code: str, name: str, grouping: str, opened: str, closed: str) -> tuple:
    """Return the 27 columns of the official layout."""
    return (code, name, grouping, "Q00", *[""] * 5, "SE1 7EH", opened, closed, *[""] * 15)


def write_etr(path: Path, rows: list[tuple] = ETR) -> Path:
    return write_csv(path, [etr_row(*row) for row in rows])


def write_trusts(path: Path, rows: list[tuple] = TRUSTS) -> Path:
    return write_csv(
        path,
        rows,
        (
            "trust_code",
            "trust_name",
            "alt_names",
            "trust_type",
            "region",
            "icb_short_name",
            "predecessor_codes",
            "merger_date",
        ),
    )


def write_successors(path: Path, rows: list[tuple] = SUCCESSORS) -> Path:
    return write_csv(path, rows, ("old_code", "new_code", "date"))


Edit = Callable[[openpyxl.Workbook], None]


def write_survey(path: Path, edit: Edit | None = None, organisations: list[tuple] = SURVEY) -> Path:
    """Write the two sheets that are read of the organisational workbook."""
    book = openpyxl.Workbook()
    notes = book.active
    notes.title = "Notes"
    notes["A1"] = "NHS Staff Survey 2024 - Detailed Spreadsheets"
    place = ["ODS code", "Organisation name", "Benchmarking group", "Region", "ICS", "Weighting"]
    base = "Base (number of responses)"

    def start(name: str, blocks: list[tuple[str, list[str]]]) -> openpyxl.worksheet.worksheet.Worksheet:
        sheet = book.create_sheet(name)
        sheet["A1"] = "NHS Staff Survey 2024 - WEIGHTED Results"
        sheet["A3"] = "Note: fewer than 10 responses to a question are not displayed"
        headers = list(place)
        for question, answers in blocks:
            sheet.cell(1, len(headers) + 1, question)
            headers += [*answers, base]
        for column, header in enumerate(headers, start=1):
            sheet.cell(5, column, header)
        return sheet

    experience = start(
        "HEALTH WELLBEING SAFETY Q15-17",
        [
            (
                "Q15 - Does your organisation act fairly with regard to career progression?",
                ["% Yes", "% No", "% Don't know"],
            ),
            ("Q16a - Discrimination from patients / service users?", ["% Yes", "% No"]),
            ("Q16b - Discrimination from manager / team leader or other colleagues?", ["% Yes", "% No"]),
            ("Q16c_1 - Ethnic background", ["% Ethnic background"]),
            ("Q16c_2 - Gender", ["% Gender"]),
        ],
    )
    background = start(
        "BACKGROUND INFORMATION Q27-30",
        [
            ("Q27a - Gender", ["% Female", "% Male"]),
            ("Q28 - What is your ethnic group?", [f"% {group}" for group in ETHNIC_GROUPS]),
            ("Q29 - Sexual orientation", ["% Other"]),
        ],
    )
    for row, (code, name, kind, q15, q16a, q16b, q16c) in enumerate(organisations, start=6):
        first = [code, name, kind, "-" if kind == "CSUs" else "London", "-", "Occupation Group"]
        no = [100 - q[0] if q[0] != "-" else "-" for q in (q15, q16a, q16b)]
        values = [q15[0], no[0], 0, q15[1], q16a[0], no[1], q16a[1], q16b[0], no[2], q16b[1], *q16c, 100, 50]
        for column, value in enumerate(first + values, start=1):
            experience.cell(row, column, value)
        shares = [100 * people / 200 for people in RESPONDENTS]
        for column, value in enumerate([*first, 75, 25, 200, *shares, 200, 3, 200], start=1):
            background.cell(row, column, value)
    if edit:
        edit(book)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    book.close()
    return path


def write_national(path: Path, edit: Edit | None = None) -> Path:
    """Write the sheet that is read of the national workbook: all staff, then breakdowns."""
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    sheet = book.create_sheet("HEALTH WELLBEING SAFETY Q15-17")
    book.create_sheet("BACKGROUND INFORMATION Q27-30")
    sheet["A1"] = "NHS Staff Survey 2024 - WEIGHTED Results"
    base = "Base (number of responses)"
    headers = [
        "Base",
        "Breakdown",
        "Breakdown subgroup",
        "Weighting",
        "% Yes",
        "% No",
        "% Don't know",
        base,
        "% Yes",
        "% No",
        base,
        "% Yes",
        "% No",
        base,
        "% Ethnic background",
        base,
    ]
    for column, header in enumerate(headers, start=1):
        sheet.cell(5, column, header)
    for column, question in (
        (5, "Q15 - Fair?"),
        (9, "Q16a - Public?"),
        (12, "Q16b - Colleagues?"),
        (15, "Q16c_1 - Ethnic background"),
    ):
        sheet.cell(1, column, question)
    breakdowns = [
        ("", ""),
        ("Region", "London"),
        *[("Ethnic background (detailed)", group) for group in ETHNIC_GROUPS],
        ("Ethnic background (summary)", "White staff"),
        ("Ethnic background (summary)", "Staff from all other ethnic groups combined"),
    ]
    for row, (breakdown, group) in enumerate(breakdowns, start=6):
        values = [
            "National",
            breakdown,
            group,
            "Organisation Size",
            50 + row / 10,
            20,
            30 - row / 10,
            1000 + row,
            10 + row / 10,
            90 - row / 10,
            1001 + row,
            8 + row / 10,
            92 - row / 10,
            999 + row,
            54 + row / 10,
            100 + row,
        ]
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column, value)
    if edit:
        edit(book)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    book.close()
    return path


WRES_HEADER = ("trust_code", "trust_type", "survey_year", "wres_indicator", "group", "rate", "base", "n_candidates")


def wres_rows() -> list[tuple]:
    """Return indicators 5 to 8 of three organisations: 25% of 400 BME and 20% of 1000 White staff."""
    return [
        (code, "Acute&Acute Community Trusts", 2024, indicator, group, rate, base, 1)
        for code in ("RJ1", "RVJ", "R1F1")
        for indicator in (5, 6, 7, 8)
        for group, rate, base in (("BME", 0.25, 400), ("White", 0.2, 1000))
    ]


def write_wres(path: Path, rows: list[tuple] | None = None, header: tuple = WRES_HEADER) -> Path:
    return write_csv(path, wres_rows() if rows is None else rows, header)


def write_workforce(path: Path, edit: Edit | None = None) -> Path:
    """Write sheet 2 of the workbook: region and system on rows of their own, ``-`` for zero."""
    book = openpyxl.Workbook()
    book.active.title = "Title sheet"
    sheet = book.create_sheet("2. NHSE, Org & SG - HC")
    sheet["A1"] = "Table 2: NHS Hospital & Community Health Service (HCHS) monthly workforce statistics"
    sheet["A5"] = "May 2023 monthly data"
    headers = [
        "NHS England region code",
        "NHS England region name",
        "ICS code",
        "ICS name",
        "Organisation name",
        "Organisation code",
        *STAFF_GROUPS,
    ]

    def counts(total: int) -> list[object]:
        return [total, *[total // 10] * 14, "-", *[total // 20] * 11]

    rows = [
        headers,
        [],
        ["", "England", "", "", "", "", *counts(40000)],
        [],
        ["Y56", "London", "", "", "", "", *counts(30000)],
        ["", "", "QKK", "South East London", "", "", *counts(28000)],
        ["", "", "", "", "Guy's and St Thomas' NHS Foundation Trust", "RJ1", *counts(20000)],
        ["", "", "", "", "NHS South East London ICB", "QKK", *counts(600)],
        ["", "", "", "", "South London and Maudsley NHS Foundation Trust", "RV5", *counts(5000)],
        ["", "", "QUY", "Bristol, North Somerset and South Gloucestershire", "", "", *counts(9000)],
        ["", "", "", "", "North Bristol NHS Trust", "RVJ", *counts(9000)],
        ["", "", "", "", "Dudley Integrated Health and Care NHS Trust", "RYK", *counts(400)],
        [],
        ["Source: NHS Hospital & Community Health Service (HCHS) monthly workforce statistics, NHS England"],
        [" ' - ' denotes zero"],
    ]
    for number, row in enumerate(rows, start=6):
        for column, value in enumerate(row, start=1):
            if value != "":
                sheet.cell(number, column, value)
    if edit:
        edit(book)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    book.close()
    return path


POPULATION_HEADER = ("trust_code", "catchment_population", "imd_score", "deprivation_quintile")
POPULATION = [("R1F", 115516, 24.6, 2), ("RJ1", 800000, 20.5, 3)]
CATCHMENT_GROUPS = (
    "Asian, Asian British or Asian Welsh",
    "Black, Black British, Black Welsh, Caribbean or African",
    "Mixed or Multiple ethnic groups",
    "Other ethnic group",
    "White",
)
CATCHMENT = [("RJ1", 0.125, 0.15, 0.05, 0.05, 0.625), ("RVJ", 0.05, 0.03, 0.03, 0.01, 0.88)]


def write_population(path: Path, rows: list[tuple] = POPULATION, header: tuple = POPULATION_HEADER) -> Path:
    return write_csv(path, rows, header)


def write_catchment(path: Path, rows: list[tuple] = CATCHMENT) -> Path:
    return write_csv(path, rows, ("trust_code", *CATCHMENT_GROUPS))


BOARDS = [
    ("E54000030", "QKK", "NHS South East London Integrated Care Board"),
    ("E54000022", "QMM", "NHS Norfolk and Waveney Integrated Care Board"),
    ("E54000056", "QUE", "NHS Cambridgeshire and Peterborough Integrated Care Board"),
]
DEPRIVATION_HEADER = (
    "icb24_code",
    "icb24_name",
    "imd_average_score",
    "imd_rank_of_average_score",
    "imd_proportion_of_lso_as_in_most_deprived_10_percent_nationally",
)
DEPRIVATION = [
    ("E54000030", "NHS South East London Integrated Care Board", 22.5, 19.0, 0.0625),
    ("E54000022", "NHS Norfolk and Waveney Integrated Care Board", 21.0, 21.0, 0.0903),
]
PANEL_HEADER = (
    "ODS code",
    "Year",
    "Organisation name",
    "Benchmarking group",
    "Region",
    "Weighting",
    "Discrimination_public_base",
    "Discrimination_public_rate",
    "Discrimination_internal_base",
    "Discrimination_internal_rate",
    "Ethnic_minority_base",
    "Ethnic_minority_rate",
    "Respondents",
)
PANEL = [
    ("00L", 2021, "NHS Northumberland CCG", "CCGs", "-", "Occupation Group", 54, 1.9, 54, 5.6, 50, 2.0, 100),
    (
        "RJ1",
        2021,
        "Guy's and St Thomas' NHS Foundation Trust",
        ACUTE,
        "London",
        "Occupation Group",
        9000,
        10.5,
        8990,
        11.5,
        9000,
        48.0,
        9100,
    ),
    (
        "RJ1",
        2022,
        "Guy's and St Thomas' NHS Foundation Trust",
        ACUTE,
        "London",
        "Occupation Group",
        9500,
        10.8,
        9490,
        11.9,
        9500,
        49.0,
        9600,
    ),
    (
        "RVJ",
        2022,
        "North Bristol NHS Trust",
        ACUTE,
        "South West",
        "Occupation Group",
        4000,
        8.0,
        3990,
        8.1,
        4000,
        25.0,
        4100,
    ),
]
SERIES = [
    ("BME % of workforce", 2022, "24.2 (383,706 staff)"),
    ("BME % of workforce", 2023, "26.4"),
    ("Ind2 relative likelihood white v BME appointed from shortlisting", 2023, "1.59"),
    ("Ind6 staff harassment BME / White %", 2024, "24.9 / 20.7"),
]
RTT_HEADER = (
    "trust_code",
    "month_start",
    "total_incomplete",
    "within_18wk",
    "over_52wk",
    "over_65wk",
    "over_78wk",
    "over_104wk",
)
RTT = [
    ("RJ1", "2026-02-01", 1000.0, 600.0, 50.0, 10.0, 0.0, 0.0),
    ("RJ1", "2026-03-01", 2000.0, 1400.0, 20.0, "", "", ""),
    ("RVJ", "2026-03-01", 500.0, 400.0, 0.0, 0.0, 0.0, 0.0),
    ("R7W2O", "2026-03-01", 70.0, 70.0, 0.0, 0.0, 0.0, 0.0),
]
AE_HEADER = (
    "trust_code",
    "month_start",
    "methodology_break",
    "att_type1",
    "att_type2",
    "att_other",
    "att_all",
    "over4hr_type1",
    "over4hr_all",
    "dta_4to12hr",
    "dta_12hr_plus",
    "emadm_via_ae",
)
AE = [
    ("RJ1", "2025-10-01", "False", 9000, 0, 1000, 10000, 2400, 2500, 300, 100, 2000),
    ("RJ1", "2025-11-01", "True", 9000, 0, 1000, 10000, 2900, 3000, 300, 150, 2000),
    ("RY3", "2025-11-01", "True", 0, 0, 0, 0, 0, 0, 0, 0, 0),
]
MATERNITY_HEADER = ("Period", "Dimension", "Org_Level", "Org_Code", "Org_Name", "Measure", "Count_Of", "Value")


NAMES = {code: name for code, name, *_ in ETR}


def maternity_rows(
    period: str = "2022-23", decile: str = "02", smoking: str = "SmokingStatusGroupBooking"
) -> list[tuple]:
    """Return England, a region and two trusts; the labels vary by year."""
    rows = []
    for level, code, times in (
        ("National", "National", 100),
        ("NHS England (Region)", "Y56", 10),
        ("Provider", "RJ1", 2),
        ("Provider", "RVJ", 1),
    ):
        for dimension, measure, value in (
            ("EthnicCategoryMotherGroup", "Any other ethnic group", 50),
            ("EthnicCategoryMotherGroup", "Asian or Asian British", 100),
            ("EthnicCategoryMotherGroup", "Black or Black British", 150),
            ("EthnicCategoryMotherGroup", "Mixed", 40),
            ("EthnicCategoryMotherGroup", "White", 500),
            ("EthnicCategoryMotherGroup", "Not known", 5),
            ("EthnicCategoryMotherGroup", "Not Stated", 15),
            ("EthnicCategoryMotherGroup", "Missing value / Value outside reporting parameters", 10),
            ("DeprivationDecileAtBooking", "01 - Most deprived", 200),
            ("DeprivationDecileAtBooking", decile, 300),
            ("DeprivationDecileAtBooking", "10 - Least deprived", 355),
            (
                "DeprivationDecileAtBooking",
                "Pseudo postcode recorded (includes no fixed abode or resident overseas)",
                15,
            ),
            ("TotalDeliveries", "", 870),
            ("GestationLengthBirthGroup37", "<37 weeks", 60),
            ("GestationLengthBirthGroup37", ">=37 weeks", 740),
            ("GestationLengthBirthGroup37", "Missing value / Value outside reporting parameters", 70),
            ("BirthweightTermGroup2500", "Under 2500g", 20),
            ("BirthweightTermGroup2500", "2500g and over", 780),
            (smoking, "Smoker", 0),
            (smoking, "Non-Smoker / Ex-Smoker", 0),
            ("OnsetOfLabour", "Spontaneous", 400),
        ):
            name = NAMES.get(code, code)
            rows.append((period, dimension, level, code, name, measure, "Deliveries", value * times))
    return rows


MHA_HEADER = (
    "Year",
    "Measure",
    "measureSubcategory",
    "Demographic",
    "DemographicBreakdown",
    "OrganisationBreakdown",
    "Datasource",
    "OrgID",
    "OrgName",
    "MHSDS_Count",
    "Acute_Count",
    "Total_Count",
    "CrudeRate",
    "StdRate",
    "Confidence_interval",
)


def mha_rows() -> list[tuple]:
    """Return England and a board by ethnic group, and trusts' totals; blank is suppressed."""

    def row(
        demographic,
        group,
        level,
        code,
        count,
        rate="",
        standardised="",
        half_width="",
        measure="All detentions",
        subcategory="All",
    ):
        return (
            "2023/24",
            measure,
            subcategory,
            demographic,
            group,
            level,
            "MHSDS",
            code,
            NAMES.get(code, code),
            count,
            "" if count == "" else 0,
            count,
            rate,
            standardised,
            half_width,
        )

    return [
        row("Age", "15 and under", "h", "All prov", 274, 2.6),
        row("Ethnicity", "All", "All submissions", "All prov", 900, 80.7),
        row("Ethnicity", "Black or Black British", "All submissions", "All prov", 300, 239, 242.3, 6.9),
        row("Ethnicity", "African", "All submissions", "All prov", 200, 174.1, 172.6),
        row("Ethnicity", "Other Ethnic Groups", "All submissions", "All prov", 100, 130.6, 129.4),
        row("Ethnicity", "Any Other Ethnic Group", "All submissions", "All prov", 90, 212.6, 210.4),
        row("Ethnicity", "Chinese", "All submissions", "All prov", 10, 55, 54.6),
        row("Ethnicity", "White", "All submissions", "All prov", 500, 69.5, 68.4),
        row("Ethnicity", "Not Known", "All submissions", "All prov", 20),
        row("Ethnicity", "Not Stated", "All submissions", "All prov", 30),
        row("Ethnicity", "Unknown", "All submissions", "All prov", 50),
        row("Ethnicity", "Black or Black British", "ICB", "QKK", 120, 300.5),
        row("Ethnicity", "White", "ICB", "QKK", 200, 90.1),
        row("Ethnicity", "Mixed", "ICB", "QKK", ""),
        row("Ethnicity", "White", "ICB", "UNKNOWN", 15),
        row("IMD", "Male", "All submissions", "All prov", 2292, 43.4),
        row("All", "All", "NHS Trust", "All prov", 600),
        row("All", "All", "NHS Trust", "RV5", 400),
        row("All", "All", "NHS Trust", "RNK", ""),
        row("All", "All", "Independent Health Provider", "AHL", 55),
        row(
            "Ethnicity",
            "White",
            "All submissions",
            "All prov",
            30,
            measure="People subject to repeat detentions",
            subcategory="2",
        ),
    ]


@dataclass(frozen=True)
class Cut:
    """A folder of small raw files, laid out like the folder of real ones."""

    path: Path

    @property
    def etr(self) -> Path:
        return self.path / "ods" / "etr.csv"

    @property
    def trusts(self) -> Path:
        return self.path / "ods" / "trusts.csv"

    @property
    def successors(self) -> Path:
        return self.path / "ods" / "successors.csv"

    @property
    def survey(self) -> Path:
        return self.path / "staff_survey" / "NSS24 detailed spreadsheets organisational results.xlsx"

    @property
    def national(self) -> Path:
        return self.path / "staff_survey" / "NSS24 detailed spreadsheets national results.xlsx"

    @property
    def wres(self) -> Path:
        return self.path / "wres" / "wres_indicators_5_to_8_by_trust_2024.csv"

    @property
    def workforce(self) -> Path:
        return self.path / "workforce" / "NHS Workforce Statistics, May 2023 England and Organisation.xlsx"

    @property
    def population(self) -> Path:
        return self.path / "population" / "trust_catchment_2026.csv"

    @property
    def boards(self) -> Path:
        return self.path / "geography" / "icb_2024_codes.csv"

    @property
    def deprivation(self) -> Path:
        return self.path / "population" / "imd2025_by_icb.csv"

    @property
    def panel(self) -> Path:
        return self.path / "staff_survey" / "trust_panel_2021_2022.csv"

    @property
    def series(self) -> Path:
        return self.path / "wres" / "national_series.csv"

    @property
    def rtt(self) -> Path:
        return self.path / "access" / "rtt_incomplete_by_trust_month.csv"

    @property
    def ae(self) -> Path:
        return self.path / "access" / "ae_by_trust_month.csv"

    @property
    def maternity(self) -> Path:
        return self.path / "maternity" / "hosp-epis-stat-mat-msdscsv-2022-23.csv"

    @property
    def detentions(self) -> Path:
        return self.path / "mental_health" / "mha_annual_suppressed_2023_24.csv"

    @property
    def catchment(self) -> Path:
        return self.path / "population" / "trust_catchment_ethnicity_census2021.csv"


@pytest.fixture
def write():
    """The functions that write one raw file each, with anything wrong in it that a test wants."""
    import types

    return types.SimpleNamespace(
        etr=write_etr,
        trusts=write_trusts,
        successors=write_successors,
        survey=write_survey,
        national=write_national,
        wres=write_wres,
        wres_rows=wres_rows,
        workforce=write_workforce,
        population=write_population,
        catchment=write_catchment,
        csv=write_csv,
        ETR=ETR,
        TRUSTS=TRUSTS,
        SUCCESSORS=SUCCESSORS,
        SURVEY=SURVEY,
        WRES_HEADER=WRES_HEADER,
        POPULATION=POPULATION,
        POPULATION_HEADER=POPULATION_HEADER,
        CATCHMENT=CATCHMENT,
        BOARDS=BOARDS,
        DEPRIVATION=DEPRIVATION,
        DEPRIVATION_HEADER=DEPRIVATION_HEADER,
        PANEL=PANEL,
        PANEL_HEADER=PANEL_HEADER,
        SERIES=SERIES,
        RTT=RTT,
        RTT_HEADER=RTT_HEADER,
        AE=AE,
        AE_HEADER=AE_HEADER,
        maternity_rows=maternity_rows,
        MATERNITY_HEADER=MATERNITY_HEADER,
        mha_rows=mha_rows,
        MHA_HEADER=MHA_HEADER,
        ETHNIC_GROUPS=ETHNIC_GROUPS,
        RESPONDENTS=RESPONDENTS,
        STAFF_GROUPS=STAFF_GROUPS,
    )


def write_cut(folder: Path) -> Cut:
    """Write a folder with every file as it should be."""
    cut = Cut(folder)
    write_etr(cut.etr)
    write_trusts(cut.trusts)
    write_successors(cut.successors)
    write_survey(cut.survey)
    write_national(cut.national)
    write_wres(cut.wres)
    write_workforce(cut.workforce)
    write_population(cut.population)
    write_catchment(cut.catchment)
    write_csv(cut.boards, BOARDS, ("icb24_code", "icb24_code_nhs", "icb24_name"))
    write_csv(cut.deprivation, DEPRIVATION, DEPRIVATION_HEADER)
    write_csv(cut.panel, PANEL, PANEL_HEADER)
    write_csv(cut.series, SERIES, ("measure", "wres_report_year", "value"))
    write_csv(cut.rtt, RTT, RTT_HEADER)
    write_csv(cut.ae, AE, AE_HEADER)
    write_csv(cut.maternity, maternity_rows(), MATERNITY_HEADER)
    write_csv(cut.detentions, mha_rows(), MHA_HEADER)
    return cut


def trusts_of(cut: Cut) -> TrustList:
    return read_trust_list(cut.etr, cut.trusts, cut.successors, read_codes(cut.boards))


@pytest.fixture(scope="session")
def whole_cut(tmp_path_factory) -> Cut:
    """The folder of :func:`write_cut`, written once; tests must not change it."""
    return write_cut(tmp_path_factory.mktemp("cut"))


@pytest.fixture
def cut(whole_cut: Cut, tmp_path: Path) -> Cut:
    """A copy of the folder that a test may spoil."""
    import shutil

    shutil.copytree(whole_cut.path, tmp_path / "raw")
    return Cut(tmp_path / "raw")


@pytest.fixture(scope="session")
def read_cut(whole_cut: Cut, tmp_path_factory) -> Callable[[Project], None]:
    """Read the cut into an empty project: read once, which takes a second, and then copied."""
    import shutil

    once = Project(tmp_path_factory.mktemp("read"))
    once.figures.mkdir(parents=True)
    once.sources.mkdir()
    read_folder(whole_cut.path, once)
    return lambda project: shutil.copytree(once.root / "data", project.root / "data", dirs_exist_ok=True)


@pytest.fixture(scope="session")
def trust_list(whole_cut: Cut) -> TrustList:
    return trusts_of(whole_cut)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    root = tmp_path / "project"
    (root / "data" / "figures").mkdir(parents=True)
    (root / "data" / "sources").mkdir()
    (root / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    return Project(root)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of whole published files."""
    if not SHARED.is_dir():
        pytest.skip("the whole published files (../shared/data) are not here")
    return SHARED


@pytest.fixture(scope="session")
def real_trusts(shared: Path) -> TrustList:
    ods = shared / "ods"
    boards = read_codes(shared / "geography" / "icb_2024_codes.csv")
    return read_trust_list(ods / "etr.csv", ods / "trusts.csv", ods / "successors.csv", boards)

"""The whole published files: row counts, cells looked up by hand, published totals."""

import hashlib
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from race_equality.analysis.waiting_list import waiting_list_coverage
from race_equality.project import Project
from race_equality.sources.catalogue import PUBLICATIONS, TRUST_FILES
from race_equality.sources.cells import Workbook
from race_equality.sources.ingest import Outcome
from race_equality.sources.publication import find_file, find_files
from race_equality.sources.publications.access import read_ae_month, read_rtt_month
from race_equality.store.figures import read_figures
from race_equality.store.provenance import read_source
from race_equality.store.schema import FIGURE_DTYPES
from race_equality.store.trusts import read_trust_list as stored_trust_list

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.whole_file


@pytest.fixture(scope="module")
def files(shared):
    """Publication and file of each source."""
    return [(one, path) for one in PUBLICATIONS for path in find_files(shared, one)]


#: Source to the file that it was read from.
RAW: dict[str, Path] = {}


# The reading is started by a small process that tells its peak. A process begins with the peak of the one that
# started it, so what the test runner itself holds would be counted as the reading's.
PEAK_MEMORY_OF = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
READ = """
import pickle, sys
from pathlib import Path
from race_equality.project import Project
from race_equality.sources.ingest import read_folder
folder, project, read = map(Path, sys.argv[1:])
with open(read, "wb") as file:
    pickle.dump(read_folder(folder, Project(project)), file)
"""


@pytest.fixture(scope="module")
def read_from_scratch(shared, tmp_path_factory) -> tuple[Project, list[Outcome], int]:
    """Read all official files, once for all tests: what they went to, what was read, and the most memory in KiB."""
    folder = tmp_path_factory.mktemp("read")
    project = Project(folder / "project")
    project.figures.mkdir(parents=True)
    project.sources.mkdir()
    read = [sys.executable, "-c", READ, str(shared), str(project.root), str(folder / "read.pickle")]
    end = subprocess.run([sys.executable, "-c", PEAK_MEMORY_OF, *read], stdout=subprocess.PIPE, text=True, check=True)
    return project, pickle.loads((folder / "read.pickle").read_bytes()), int(end.stdout)


@pytest.fixture(scope="module")
def readings(files, read_from_scratch):
    """What was read, by publication; of a series, by source."""
    _, outcomes, _ = read_from_scratch
    by_name = {path.name: (one, path) for one, path in files}
    found = {}
    for outcome in outcomes:
        if (loaded := outcome.loaded) is not None:
            one, RAW[loaded.source_id] = by_name[outcome.source.file]
            found[loaded.source_id if one.series else one.id] = replace(loaded, more=())
    return found


@pytest.fixture(scope="module")
def committed():
    return Project(REPOSITORY)


def only(figures, **where):
    for column, value in where.items():
        figures = figures[figures[column] == value]
    assert len(figures) == 1
    return figures.iloc[0]


# ---------------------------------------------------------------- what is committed


SOURCES = [
    *(one.id for one in PUBLICATIONS if not (one.series or one.optional)),
    "maternity_2021",
    "maternity_2022",
    "maternity_2023",
    "maternity_2024",
    "maternity_measures",
    *(f"talking_therapies_{year}" for year in range(2018, 2026)),
    "workforce_fte_by_month",
    "board_survey",
    "catchment_systems",
    "waiting_list",
]


def test_every_source_is_tested(readings):
    assert sorted(readings) == sorted(SOURCES)


@pytest.mark.parametrize("name", SOURCES)
def test_the_committed_figures_are_what_the_loaders_read(readings, committed, name):
    stored = read_figures(sources=readings[name].source_id, project=committed)
    pd.testing.assert_frame_equal(stored.reset_index(drop=True), readings[name].figures.astype(FIGURE_DTYPES))


def test_the_committed_trusts_are_what_the_loader_reads(real_trusts, committed):
    stored = stored_trust_list(project=committed)
    pd.testing.assert_frame_equal(stored.trusts, real_trusts.trusts)
    assert stored.successions == real_trusts.successions


def test_each_source_has_the_sha256_of_the_file_it_was_read_from(shared, committed, readings):
    raw = RAW | {source_id: find_file(shared, pattern) for source_id, (pattern, *_) in TRUST_FILES.items()}
    for source_id, file in raw.items():
        source = read_source(source_id, project=committed)
        assert source.file == file.name
        assert source.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


# ---------------------------------------------------------------- trusts


def test_202_trusts_of_six_kinds(real_trusts):
    # ods/trusts.csv: 202 rows; counted with cut and uniq
    assert real_trusts.trusts["kind"].value_counts().to_dict() == {
        "acute": 120,
        "mental health": 47,
        "acute specialist": 13,
        "community": 11,
        "ambulance": 10,
        "online": 1,
    }
    codes = set(real_trusts.trusts["trust_code"])
    assert {"TAD", "TAH", "TAJ", "K0N6A", "G6V2S"} <= codes
    assert codes.isdisjoint({"RQF", "RT4", "RYT", "RVJ", "RYV", "RAP"})


@pytest.mark.parametrize(
    ("code", "current"),
    # the mergers that the shared README names, then those with a basis of their own
    [
        ("RY9", "RAX"),
        ("R1C", "RW1"),
        ("RNK", "G6V2S"),
        ("RY2", "RWW"),
        ("RVJ", "RA7"),
        ("RRP", "G6V2S"),
        ("TAF", "G6V2S"),
        ("RYV", "RY3"),
        ("RAP", "RAL"),
        ("RBZ", "RH8"),
        ("R1F1", "R1F"),
        ("RVY", "RBN"),
        ("RA4", "RH5"),
        ("RT3", "RJ1"),
        ("RYK", None),
        ("RW6", None),
    ],
)
def test_every_code_in_use_resolves(real_trusts, code, current):
    assert real_trusts.current(code) == current
    assert real_trusts.succession(code).basis


# ---------------------------------------------------------------- Staff Survey


def test_survey_rows(readings):
    figures, left_out = (
        readings["staff_survey_organisations"].figures,
        readings["staff_survey_organisations"].left_out,
    )
    # 263 organisations, 210 of them trust units
    assert left_out == {
        "CSUs": 4,
        "ICBs": 41,
        "Social Enterprises - Community": 6,
        "Social Enterprises - Mental Health": 1,
        "Community Surgical Services": 1,
    }
    published = figures[figures["recording"] != "no row in the file"]
    assert published["organisation_code"].nunique() == 263 - 53
    assert published.groupby("indicator").size().to_dict() == {
        "staff_survey_q15": 210,
        "staff_survey_q16a": 210,
        "staff_survey_q16b": 210,
        "staff_survey_q16c_1": 210,
        "staff_survey_q28": 210 * 18,
    }


@pytest.mark.parametrize(
    ("code", "indicator", "group", "value", "base", "cell"),
    # looked up in the workbook itself
    [
        ("RJ1", "staff_survey_q15", "All staff", 52.534996498722386, 12989, "HEALTH WELLBEING SAFETY Q15-17!G123"),
        ("RJ1", "staff_survey_q16a", "All staff", 11.08222748448305, 13053, "HEALTH WELLBEING SAFETY Q15-17!K123"),
        ("RRK", "staff_survey_q16b", "All staff", 12.208421015549899, 9177, "HEALTH WELLBEING SAFETY Q15-17!N178"),
        ("R1F2", "staff_survey_q16b", "All staff", 12.250532545582377, 151, "HEALTH WELLBEING SAFETY Q15-17!N66"),
        ("RJ1", "staff_survey_q28", "White - Irish", 2.476828413427837, 12839, "BACKGROUND INFORMATION Q27-30!Y123"),
        (
            "RRK",
            "staff_survey_q28",
            "Asian/Asian British - Indian",
            9.344369418427357,
            9182,
            "BACKGROUND INFORMATION Q27-30!AF178",
        ),
    ],
)
def test_survey_cells(readings, code, indicator, group, value, base, cell):
    row = only(readings["staff_survey_organisations"].figures, organisation_code=code, indicator=indicator, group=group)
    assert (row["value"], row["denominator"], row["locator"], row["status"]) == (value, base, cell, "ok")


def test_survey_respondents_by_ethnic_group_come_to_the_base(readings):
    figures = readings["staff_survey_organisations"].figures
    people = figures[(figures["indicator"] == "staff_survey_q28") & (figures["status"] == "ok")]
    totals = people.groupby("organisation_code").agg(people=("numerator", "sum"), base=("denominator", "first"))
    assert (totals["people"] == totals["base"]).all()


def test_grounds_of_discrimination_are_not_available_for_any_trust(readings):
    figures = readings["staff_survey_organisations"].figures
    q16c = figures[figures["indicator"] == "staff_survey_q16c_1"]
    # 210 trust units: one suppressed (R1F2), the others 100 in the file; one trust opened later
    assert q16c["status"].value_counts().to_dict() == {"not_available": 209, "suppressed": 1, "not_applicable": 1}


def test_mean_of_trusts_is_near_the_national_workbook(readings):
    # national workbook, row 6: Q16a 9.25, Q16b 9.22, Q15 55.93; it weights by size and occupation and
    # covers every kind of organisation, so a base-weighted mean of trusts is near it and not equal
    figures = readings["staff_survey_organisations"].figures
    for question, national in (("q15", 55.93), ("q16a", 9.25), ("q16b", 9.22)):
        rows = figures[(figures["indicator"] == f"staff_survey_{question}") & (figures["status"] == "ok")]
        mean = (rows["value"] * rows["denominator"]).sum() / rows["denominator"].sum()
        assert mean == pytest.approx(national, abs=0.35)


@pytest.mark.parametrize(
    ("indicator", "group", "value", "base", "cell"),
    [
        ("staff_survey_q16a", "All staff", 9.252509823772211, 740189, "I6"),
        ("staff_survey_q15", "White", 58.85002200107188, 527842, "E93"),
        ("staff_survey_q16b", "Ethnic minority", 15.198162548062497, 197656, "L94"),
        ("staff_survey_q16c_1", "All staff", 54.09196205513045, 110473, "O6"),
        ("staff_survey_q16a", "Black/African/Caribbean/Black British - African", 27.984441969146385, 42186, "I88"),
    ],
)
def test_national_cells(readings, indicator, group, value, base, cell):
    row = only(readings["staff_survey_national"].figures, indicator=indicator, group=group)
    assert (row["value"], row["denominator"]) == (value, base)
    assert row["locator"] == f"HEALTH WELLBEING SAFETY Q15-17!{cell}"


# ---------------------------------------------------------------- WRES


def test_wres_rows(readings):
    figures = readings["wres_5_to_8"].figures
    assert (figures["status"] == "ok").sum() == 1272  # 159 trust units, 4 indicators, 2 groups
    row = only(figures, organisation_code="RJ1", indicator="wres_6", group="White")
    assert row["value"] == pytest.approx(23.12369979196671, abs=1e-12)
    assert (row["numerator"], row["denominator"], row["locator"]) == (1445, 6249, "row 453, rate")


@pytest.mark.parametrize(
    ("group", "published", "here"),
    # published for England: 24.9% of BME and 20.7% of White staff (wres/national_series.csv). The
    # file has no mental health trusts, where ethnic minority staff report more: 24.55 and 20.72
    [("Ethnic minority", 24.9, 24.55), ("White", 20.7, 20.72)],
)
def test_pooled_indicator_6_is_near_the_published_headline(readings, group, published, here):
    figures = readings["wres_5_to_8"].figures
    rows = figures[(figures["indicator"] == "wres_6") & (figures["group"] == group) & (figures["status"] == "ok")]
    pooled = 100 * rows["numerator"].sum() / rows["denominator"].sum()
    assert pooled == pytest.approx(here, abs=0.005)
    assert abs(pooled - published) < 0.4


def test_no_mental_health_trust_is_in_the_wres_file(readings, real_trusts):
    figures = readings["wres_5_to_8"].figures
    kinds = figures["trust_code"].map(dict(real_trusts.kinds))
    assert set(figures.loc[kinds == "mental health", "status"]) == {"not_available"}
    missing = set(figures.loc[figures["status"] == "not_available", "trust_code"])
    assert {real_trusts.kinds[code] for code in missing} == {"mental health"}
    assert len(missing) == 47


def test_a_base_that_is_one_of_several_is_near_the_trusts_other_bases(readings):
    figures = readings["wres_5_to_8"].figures
    figures = figures[figures["status"] == "ok"]
    uncertain = figures[figures["locator"].str.contains("one of")]
    assert len(uncertain) == 21
    for row in uncertain.itertuples():
        others = figures[
            (figures["organisation_code"] == row.organisation_code)
            & (figures["group"] == row.group)
            & (figures["indicator"] != row.indicator)
        ]["denominator"]
        assert row.denominator == pytest.approx(others.median(), rel=0.025)  # widest: RBK, 945 and 926


# ---------------------------------------------------------------- workforce


def test_workforce_rows_and_englands_total(readings):
    loaded = readings["workforce"]
    left_out = dict(loaded.left_out)
    # primary care trusts, commissioning groups and boards since 2009
    assert left_out.pop("organisations of the monthly series that no trust of today goes back to") > 300
    assert left_out == {
        "Integrated care boards": 42,
        "Dudley Integrated Health and Care NHS Trust (closed, no single successor)": 1,
    }
    headcount = loaded.figures[loaded.figures["indicator"] == "workforce_headcount"]
    published = headcount[headcount["recording"] != "no row in the file"]
    assert published["organisation_code"].nunique() == 253 - 43 + 1  # organisations in the file, and England
    assert len(published) == 211 * 27
    assert loaded.remarks == ()
    assert only(published, trust_code="ENG", group="Total")["value"] == 1_442_229


@pytest.mark.parametrize(
    ("code", "group", "value", "cell"),
    [
        ("RJ1", "Total", 22795, "G12"),
        ("RJ1", "HCHS Doctors", 3207, "I12"),
        ("RV5", "Total", 5879, "G18"),
        ("RX8", "Other staff or those with unknown classification", 0, "AG317"),
    ],
)
def test_workforce_cells(readings, code, group, value, cell):
    row = only(readings["workforce"].figures, indicator="workforce_headcount", organisation_code=code, group=group)
    assert (row["value"], row["locator"]) == (value, f"2. NHSE, Org & SG - HC!{cell}")


@pytest.mark.parametrize(
    ("indicator", "code", "year", "value", "cell"),
    [
        ("workforce_fte", "ENG", None, 1285542.80577, "3. NHSE, Org & SG - FTE!G8"),
        ("workforce_fte", "RJ1", None, 21360.68252, "3. NHSE, Org & SG - FTE!G12"),
        ("workforce_march_headcount", "ENG", 2010, 1168750, "4. All Staff, NHSE & Org - HC!M7"),
        ("workforce_march_headcount", "ENG", 2023, 1434841, "4. All Staff, NHSE & Org - HC!FM7"),
        ("workforce_march_fte", "ENG", 2023, 1280349.86365, "5. All Staff, NHSE & Org - FTE!FM7"),
    ],
)
def test_full_time_equivalents_and_each_march(readings, indicator, code, year, value, cell):
    figures = readings["workforce"].figures.query("group == 'Total'")
    if year:
        figures = figures[figures["period_end"] == pd.Timestamp(year, 3, 31)]
    row = only(figures, indicator=indicator, organisation_code=code)
    assert (row["value"], row["locator"]) == (pytest.approx(value), cell)


def test_a_march_for_each_year_of_the_series(readings):
    figures = readings["workforce"].figures.query("indicator == 'workforce_march_headcount'")
    assert sorted(set(figures["period_end"].dt.year)) == list(range(2010, 2024))
    assert (figures["value"] > 0).all()


def test_trusts_come_to_a_little_less_than_england(readings):
    # boards are left out (and count in England); a few people work for two trusts and count in both
    figures = readings["workforce"].figures.query("indicator == 'workforce_headcount'")
    totals = figures[(figures["group"] == "Total") & (figures["trust_code"] != "ENG")]["value"].sum()
    assert 0.97 < totals / 1_442_229 < 1.0


# ---------------------------------------------------------------- catchments


def test_catchment_rows_and_cells(readings):
    population = readings["catchment"].figures
    assert population["status"].value_counts().to_dict() == {"ok": 133 * 3, "not_applicable": 69 * 3}
    row = only(population, organisation_code="R0A", indicator="catchment_population")
    assert (row["value"], row["locator"]) == (1172065, "row 2, catchment_population")
    ethnicity = readings["catchment_ethnicity"].figures
    assert ethnicity["status"].value_counts().to_dict() == {"ok": 138 * 5, "not_applicable": 69 * 5}
    row = only(ethnicity, organisation_code="RJ1", group="White")
    assert row["value"] == pytest.approx(62.54962862325743, abs=1e-12)


def test_quintile_1_is_the_most_deprived(readings):
    figures = readings["catchment"].figures
    wide = figures[figures["status"] == "ok"].pivot(index="trust_code", columns="indicator", values="value")
    means = wide.groupby("catchment_deprivation_quintile")["catchment_imd_score"].mean()
    assert list(means.index) == [1, 2, 3, 4, 5]
    assert means.is_monotonic_decreasing


# ---------------------------------------------------------------- panel, waiting times, maternity, detentions


def test_panel_rows_and_agreement_with_the_edition_of_2024(readings):
    panel = readings["staff_survey_panel"].figures
    # 855 trust-years: 217, 215, 213 and 210, of which Pennine Acute and Dudley are left out
    published = panel[panel["recording"] != "no row in the file"]
    assert published.groupby("indicator").size().nunique() == 1
    assert published["period_end"].nunique() == 4
    survey = readings["staff_survey_organisations"].figures
    for question in ("q16a", "q16b"):
        ours = survey[survey["indicator"] == f"staff_survey_{question}"].set_index("organisation_code")["value"]
        latest = published[
            (published["indicator"] == f"staff_survey_panel_{question}") & (published["period_end"].dt.year == 2024)
        ]
        assert len(latest) == 210
        theirs = latest.set_index("organisation_code")["value"]
        assert (ours[theirs.index] - theirs).abs().max() < 1e-9
    row = only(
        published,
        organisation_code="RJ1",
        indicator="staff_survey_panel_ethnic_minority",
        period_end=pd.Timestamp("2024-11-30"),
    )
    assert (row["numerator"], row["denominator"]) == (6554, 12839)  # 51.0475893761196% of 12,839


def test_waiting_list_rows_and_cell(readings):
    loaded = readings["rtt"]
    assert loaded.left_out == {"organisations that are not trusts": 7}
    published = loaded.figures[loaded.figures["recording"] != "no row in the file"]
    assert len(published) == 3 * (9848 - 186)  # 186 months of organisations that are not trusts
    row = only(
        loaded.figures, organisation_code="RJ1", indicator="rtt_over_52_weeks", period_end=pd.Timestamp("2026-05-31")
    )
    assert row["locator"] == "row 3755, over_52wk"
    assert (row["numerator"], row["denominator"]) == (750, 111_987)
    assert row["value"] == pytest.approx(0.669721, abs=1e-6)


def test_ae_rows_and_the_change_of_recording(readings):
    figures = readings["ae"].figures
    published = figures[figures["recording"] != "no row in the file"]
    assert len(published) == 2 * 9301
    changed = published["recording"] == "recorded as since November 2025"
    assert changed.sum() == 2 * 1184
    assert published.loc[changed, "period_end"].min() == pd.Timestamp("2025-11-30")
    row = only(figures, organisation_code="RJ1", indicator="ae_over_4_hours", period_end=pd.Timestamp("2026-06-30"))
    assert (row["numerator"], row["denominator"]) == (4456, 17_679)


@pytest.mark.parametrize(
    ("source", "deliveries"),
    [
        ("maternity_2021", 482_515),
        ("maternity_2022", 546_100),
        ("maternity_2023", 531_000),
        ("maternity_2024", 524_745),
    ],
)
def test_englands_deliveries_by_group_come_to_the_published_total(readings, source, deliveries):
    figures = readings[source].figures
    england = figures[figures["trust_code"] == "ENG"]
    assert only(england, indicator="maternity_deliveries")["value"] == deliveries
    for split in ("ethnicity", "deprivation"):
        parts = england[england["indicator"] == f"maternity_deliveries_by_{split}"]["value"]
        # each part is rounded to the nearest 5
        assert abs(parts.sum() - deliveries) <= 2.5 * len(parts)


def test_maternity_cell(readings):
    row = only(
        readings["maternity_2023"].figures,
        organisation_code="RJ1",
        indicator="maternity_deliveries_by_ethnicity",
        group="White",
    )
    assert (row["value"], row["locator"]) == (2825, "row 6573, Value")


def test_detentions_of_england_add_up(readings):
    figures = readings["mental_health_act"].figures
    england = figures[(figures["trust_code"] == "ENG") & (figures["indicator"] == "mha_detentions")]
    counts = england.set_index("group")["value"]
    assert counts["Black"] == 5693
    # everybody of known ethnic group: the row "All" leaves out Unknown
    assert (
        counts[["Asian", "Black", "Mixed", "White", "Other"]].sum() == counts["All with a known ethnic group"] == 45_525
    )
    assert counts["Not known"] + counts["Not stated"] == counts["Unknown"] == 3726
    # Chinese is part of Other here: the categories of 2001
    detailed = ["Asian/Asian British - Chinese", "Other ethnic group - Any other ethnic background"]
    assert counts[detailed].sum() == counts["Other"] == 2169
    rates = figures[(figures["trust_code"] == "ENG") & (figures["indicator"] == "mha_detentions_rate")]
    assert rates.set_index("group")["value"][["Black", "White"]].to_list() == [239.0, 69.5]
    for ending, mixed, white in (("", 177.1, 68.4), ("_half_width", 10.7, 0.7)):
        rates = figures[figures["indicator"] == f"mha_detentions_standardised_rate{ending}"].set_index("group")["value"]
        assert rates[["Mixed", "White"]].to_list() == [mixed, white]
        assert len(rates) == 21  # five groups and sixteen, of England alone


def test_42_boards_by_five_groups(readings):
    figures = readings["mental_health_act"].figures
    boards = figures[(figures["indicator"] == "mha_detentions") & figures["trust_code"].str.startswith("Q")]
    assert boards["trust_code"].nunique() == 42
    assert set(boards["group"]) == {"Asian", "Black", "Mixed", "White", "Other", "Unknown"}
    assert (boards["value"].dropna() % 5 == 0).all()


# ---------------------------------------------------------------- talking therapies


def talking_therapies(shared, *more):
    """Return the counts of 2024-25 as they are in the file, read without the loader."""
    table = pq.read_table(
        shared / "talking_therapies" / "measures_annual.parquet",
        columns=["org_type", "org_code", "variable_type", "variable_a", "variable_b", "measure_name", "value"],
        filters=[
            ("reporting_period", "=", "2024-25"),
            ("measure_statistic", "=", "count"),
            ("org_type", "in", ["England", "Provider"]),
            *more,
        ],
    )
    return table.to_pandas()


def test_england_and_the_sum_of_providers_are_the_published_referrals(shared, readings):
    england = readings["talking_therapies_2025"].figures.query("trust_code == 'ENG'")
    assert only(england, indicator="talking_therapies_referrals_by_ethnicity", group="All people")["value"] == 1_813_432
    counts = talking_therapies(shared, ("variable_type", "=", "Total"), ("measure_name", "=", "referrals_received"))
    providers = pd.to_numeric(counts.query("org_type == 'Provider'")["value"], errors="coerce")  # one is hidden
    assert providers.sum() == 1_813_410


@pytest.mark.parametrize(
    ("indicator", "group", "published"),
    [
        ("recovery", "All people", 50.5),
        ("recovery_by_ethnicity", "White", 51.7),
        ("recovery_by_ethnicity", "Black", 50.5),
        ("recovery_by_ethnicity", "Mixed", 46.3),
        ("recovery_by_ethnicity", "Asian", 45.1),
        ("recovery_by_ethnicity", "Other", 42.9),
    ],
)
def test_recovery_in_england_as_published(readings, indicator, group, published):
    england = readings["talking_therapies_2025"].figures.query("trust_code == 'ENG'")
    row = only(england, indicator=f"talking_therapies_{indicator}", group=group)
    assert round(row["value"], 1) == published


def test_trusts_with_recovery_by_ethnic_group(shared, readings, real_trusts):
    """Counted in the file: a trust's group is known where no site of it hides who recovered."""
    counts = talking_therapies(shared, ("variable_type", "=", "Ethnic Group"), ("measure_name", "=", "recovery"))
    counts = counts[(counts["org_type"] == "Provider") & (counts["variable_b"] == "All")]
    counts = counts[~counts["variable_a"].str.startswith("Not stated")]
    todays = {"RRP": "G6V2S", "TAF": "G6V2S", "RNK": "G6V2S", "G6V": "G6V2S", "R1C": "RW1"}
    trust = counts["org_code"].str[:3].map(lambda code: todays.get(code, code))
    counts = counts[trust.isin(set(real_trusts.trusts["trust_code"]))].assign(trust=trust)
    known = (counts["value"] != "*").groupby([counts["trust"], counts["variable_a"]]).all()
    groups = known.groupby("trust").sum()
    assert ((groups > 0).sum(), (groups == 5).sum()) == (51, 46)

    figures = readings["talking_therapies_2025"].figures
    figures = figures[figures["indicator"] == "talking_therapies_recovery_by_ethnicity"]
    figures = figures[(figures["trust_code"] != "ENG") & (figures["status"] == "ok")]
    held = figures[figures["group"].isin(["Asian", "Black", "Mixed", "White", "Other"])]
    held = held.groupby("trust_code")["group"].nunique()
    assert held.to_dict() == groups[groups > 0].astype(int).to_dict()


def test_sites_of_a_trust_are_added_up(readings):
    # RDY 5,740 and RDYDL 2,115 recovered; finished 12,025 less 210 and 4,835 less 90: looked up in the file
    row = only(readings["talking_therapies_2025"].figures, trust_code="RDY", indicator="talking_therapies_recovery")
    assert (row["numerator"], row["denominator"]) == (5740 + 2115, 12_025 - 210 + 4835 - 90)


def test_a_site_that_is_there_twice_counts_once(readings):
    remarks = {source: loaded.remarks for source, loaded in readings.items() if loaded.remarks}
    assert remarks["talking_therapies_2024"] == ("TAF90 is there twice with the same values, and was read once.",)
    assert not remarks.keys() & {f"talking_therapies_{year}" for year in range(2018, 2026) if year != 2024}


# ---------------------------------------------------------------- continuity of carer, full-time equivalents


def test_trusts_with_continuity_of_carer(shared, readings):
    """Counted in the file: 119 providers, RA7 and RVJ of one trust, and 16 of them without a rate."""
    path = shared / "maternity" / "msds-apr2025Provisional-exp-measures.xlsx"
    rates = {}
    for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python():
        if row[2] == "Provider" and row[6] == "COC_by_28weeks_Ethnicity_White" and row[7] == "Rate":
            rates[row[0]] = row[8]
    assert (len(rates), sum(rate == "Low DQ" for rate in rates.values())) == (119, 16)
    figures = readings["maternity_measures"].figures
    white = figures[(figures["indicator"] == "maternity_continuity_of_carer_by_ethnicity")]
    white = white[(white["group"] == "White") & (white["trust_code"] != "ENG")]
    in_file = white[white["recording"] != "no row in the file"]
    assert set(in_file["organisation_code"]) == set(rates)
    assert in_file["trust_code"].nunique() == 118
    with_rate = white[white["status"] == "ok"].set_index("organisation_code")["value"]
    assert with_rate.to_dict() == {code: rate for code, rate in rates.items() if rate != "Low DQ"}


def test_englands_continuity_of_carer(readings):
    # looked up: 2,035 of 12,190, 4,630 of 26,985 and 505 of 2,505
    england = readings["maternity_measures"].figures.query("trust_code == 'ENG'")
    by_group = england[england["indicator"].str.endswith("_by_ethnicity")].set_index("group")
    assert by_group["value"].to_dict() == {
        "Asian, Black or Mixed": 16.7,
        "White": 17.2,
        "Other": 20.2,
        "Not stated or not known": 12.1,
    }
    assert by_group.loc["Asian, Black or Mixed", ["numerator", "denominator"]].to_list() == [2035, 12_190]


def test_months_go_on_where_the_official_workbook_ends(readings):
    months = readings["workforce_fte_by_month"].figures
    assert sorted(set(months["period_end"].dt.strftime("%Y-%m")))[::26] == ["2023-06", "2025-08"]
    assert months.loc[months["status"] == "ok", "trust_code"].nunique() == 201  # G6V2S by its predecessors, not K0N6A
    workbook = readings["workforce"].figures
    of_may = workbook[(workbook["indicator"] == "workforce_fte") & (workbook["group"] == "Total")]
    of_june = months[months["period_end"] == "2023-06-30"].set_index("organisation_code")["value"]
    both = of_may.set_index("organisation_code")["value"].to_frame("may").join(of_june, how="inner").dropna()
    assert len(both) > 195
    assert ((both["value"] / both["may"] - 1).abs() < 0.1).mean() > 0.97


def test_an_implausible_figure_is_kept_as_published(readings):
    """RH8 coded 3,525 of 3,530 babies under 1,500 g; 665 more are not known."""
    figures = readings["maternity_2023"].figures.query("organisation_code == 'RH8'").set_index("indicator")
    odd, known = (figures.loc[f"maternity_low_birthweight_at_term{end}"] for end in ("", "_recorded"))
    assert (odd["status"], odd["numerator"], odd["denominator"]) == ("ok", 3525, 3530)
    assert (known["numerator"], known["denominator"]) == (3530, 4195)


# ---------------------------------------------------------------- the Excel reader


@pytest.mark.parametrize(
    ("pattern", "sheets"),
    [
        (
            "staff_survey/*organisational results.xlsx",
            ["HEALTH WELLBEING SAFETY Q15-17", "BACKGROUND INFORMATION Q27-30"],
        ),
        ("staff_survey/*national results.xlsx", ["HEALTH WELLBEING SAFETY Q15-17"]),
        ("workforce/*.xlsx", ["2. NHSE, Org & SG - HC"]),
    ],
)
def test_the_fast_reader_gives_the_cells_that_openpyxl_gives(shared, pattern, sheets):
    path = find_file(shared, pattern)
    fast, slow = Workbook(path), openpyxl.load_workbook(path, read_only=True, data_only=True)
    for name in sheets:
        sheet = fast.sheet(name)
        cells = 0
        for row, values in enumerate(slow[name].iter_rows(values_only=True)):
            for column, value in enumerate(values):
                assert sheet.cell(row, column).value == ("" if value is None else value)
                cells += 1
        assert cells > 5000
    slow.close()


# ---------------------------------------------------------------- A&E as published


@pytest.mark.parametrize(
    ("file", "last_day", "trusts"),
    [("ae_2021-04.csv", "2021-04-30", 16), ("ae_2024-09.csv", "2024-09-30", 18), ("ae_2026-06.csv", "2026-06-30", 18)],
)
def test_a_month_as_published_agrees_with_the_series(shared, readings, real_trusts, file, last_day, trusts):
    month = read_ae_month(shared / "access" / "official_layout_samples" / file, real_trusts).figures
    series = readings["ae"].figures
    series = series[series["period_end"] == pd.Timestamp(last_day)]
    key = ["organisation_code", "indicator"]
    both = month.merge(series, on=key, suffixes=("", "_series"))
    assert both["organisation_code"].nunique() == trusts
    for column in ("numerator", "denominator", "status"):
        assert (both[column] == both[f"{column}_series"]).all()


def test_the_official_extract_is_read_whole_although_its_cut_has_no_trust(shared, real_trusts):
    loaded = read_rtt_month(shared / "access" / "official_layout_samples" / "rtt_2023-04.zip", real_trusts)
    assert loaded.left_out == {"providers that are not trusts": 2}
    assert (loaded.period, len(loaded.figures)) == ("April 2023", 0)


def test_shares_of_boards_come_to_one_for_each_organisation(readings):
    figures = readings["catchment_systems"].figures
    totals = figures.groupby("organisation_code")["value"].sum()
    assert len(totals) > 130
    assert totals.between(99.9, 100.1).all()
    # Guy's and St Thomas': more from South East London than from any other board
    own = figures[figures["organisation_code"] == "RJ1"].set_index("group")["value"]
    assert own.idxmax() == "South East London"


def test_findings_of_the_survey_of_boards_as_published(readings):
    loaded = readings["board_survey"]
    values = loaded.figures.set_index(["indicator", "group"])["value"].to_dict()
    assert values["board_survey_responses", "All respondents"] == 254
    assert values["board_survey_trusts_represented", "Trusts"] == 134
    assert values["board_survey_fully_embedded", "All respondents"] == 4
    assert values["board_survey_respondents", "Chief executives"] == 14  # as printed; 33 of 254 are 13.0%
    assert set(loaded.figures["trust_code"]) == {"ENG"}
    assert "more than 6 in 10" in loaded.remarks[0]


# ---------------------------------------------------------------- waiting list


def waits(readings, code, part, weeks=18):
    figures = readings["waiting_list"].figures
    return figures[(figures["trust_code"] == code) & (figures["indicator"] == f"waiting_over_{weeks}_weeks_by_{part}")]


def test_mid_and_south_essex_waits(readings):
    # the checks of ../shared/data/README.md
    for part, people, over_18, over_52 in (("ethnicity", 176_960, 52.29, 8.49), ("age", 175_290, 52.56, 8.57)):
        for weeks, percent in ((18, over_18), (52, over_52)):
            rows = waits(readings, "RAJ", part, weeks)
            assert rows["denominator"].sum() == people
            assert round(100 * rows["numerator"].sum() / people, 2) == percent


def test_englands_waits_are_those_of_all_providers(readings, shared):
    rows = waits(readings, "ENG", "age")
    assert rows["denominator"].sum() == 7_082_510
    # read again by another library, from the row ENG, ALL: within 18 weeks, and unknown clock start
    book = openpyxl.load_workbook(find_file(shared, "waiting_list/*.xlsx"), read_only=True)
    row = [cell.value for cell in next(book["Provider-Age"].iter_rows(min_row=15, max_row=15))]
    assert row[1:4] == ["ENG", "ENGLAND", "ALL"]
    within, unknown = (sum(row[start + offset] for start in (4, 11, 18)) for offset in (1, 4))
    assert round(100 * within / 7_082_510, 2) == 60.03
    # over 18 weeks is the rest, but for rounding
    assert abs(rows["numerator"].sum() + within + unknown - 7_082_510) <= 15


def test_131_of_todays_trusts_have_waits_by_ethnicity(readings, real_trusts):
    figures = readings["waiting_list"].figures
    rows = figures[figures["indicator"] == "waiting_over_18_weeks_by_ethnicity"]
    of_trusts = rows[rows["trust_code"].isin(real_trusts.kinds)]
    assert of_trusts.loc[of_trusts["status"] == "ok", "trust_code"].nunique() == 131
    without = of_trusts[~of_trusts["trust_code"].isin(of_trusts.loc[of_trusts["status"] == "ok", "trust_code"])]
    assert set(without.loc[without["status"] == "not_available", "trust_code"]) == {"RHQ", "RHW"}
    assert rows.loc[~rows["trust_code"].isin(real_trusts.kinds), "trust_code"].nunique() == 42 + 7 + 1
    assert set(waits(readings, "RYR", "sex")["status"]) == {"not_available"}
    assert waits(readings, "RYR", "ethnicity")["status"].eq("ok").sum() == 17  # nobody under 99
    assert set(waits(readings, "RHW", "age")["status"]) == {"ok"}


def test_cells_of_the_waiting_list_looked_up_by_hand(readings):
    row = only(waits(readings, "ENG", "function", 52), group="Cardiology Service: White - Irish")
    assert (row["numerator"], row["denominator"], row["locator"]) == (40, 2830, "Treatment-Function-Ethnicity!M15")
    row = only(waits(readings, "RAJ", "sex", 52), group="Female")
    assert (row["numerator"], row["denominator"]) == (8_615, 100_650)


def test_how_much_of_the_waiting_list_is_by_ethnicity(readings, real_trusts):
    figures = pd.concat([readings["waiting_list"].figures, readings["rtt"].figures], ignore_index=True)
    coverage = waiting_list_coverage(figures).set_index("place")
    percent = coverage.loc[coverage.index.isin(real_trusts.kinds), "covered_percent"].dropna()
    assert {code: round(percent[code]) for code in ("RL1", "RET", "RLQ")} == {"RL1": 60, "RET": 83, "RLQ": 83}
    assert round(percent.median(), 1) == 100.3
    unknown = coverage.loc[percent.index, "unknown_percent"]
    assert 1 < unknown.min() < unknown.max() < 25


def test_all_official_files_are_read_from_scratch_in_1_gb(read_from_scratch):
    """How long it takes is measured by benchmarks/sources.py."""
    project, _, kibibytes = read_from_scratch
    assert kibibytes / 1024 < 1024
    assert {path.name for path in project.figures.iterdir()} >= {"wres_5_to_8_2024.parquet", "systems.geojson"}

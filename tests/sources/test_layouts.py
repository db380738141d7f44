"""A plain table is declared in YAML: what a layout reads, how a file is known, and each mistake with its place."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from race_equality.commands import main as cli
from race_equality.errors import InputError, RaceEqualityError
from race_equality.sources.cells import Cell
from race_equality.sources.layout_draft import draft
from race_equality.sources.layout_periods import period_of
from race_equality.sources.layout_reading import read_by
from race_equality.sources.layouts import read_layout
from race_equality.sources.recognition import recognise
from race_equality.store.figures import read_figures

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "new_data.md"

HEADER = ("Org code", "Year", "Ethnic group", "Asked", "Granted")
ROWS = [
    ("RJ1", "2024/25", "White", 400, 300),
    ("RJ1", "2024/25", "BME", 200, 120),
    ("RVJ", "2024/25", "White", 90, 60),
    ("RVJ", "2024/25", "BME", "*", "*"),
]
LAYOUT = """\
title: "Study leave, {edition}"
publisher: Invented for a test
address: https://example.org
licence: None
read_from: a whole file
trust: {column: Org code}
period: {column: Year, reads: year to March}
figures:
  - indicator: study_leave
    group_from: {column: Ethnic group, labels: two ethnic groups}
    count: Granted
    base: Asked
missing:
  "*": suppressed
indicators:
  - id: study_leave
    name: Study leave
    definition: Share of staff who were granted study leave, of those who asked
    unit: percent
    adverse_when: lower
    disclosure: groups together
    applies_to: [acute, mental health]
"""


@pytest.fixture
def layout(tmp_path):
    """Write a layout, and return it as it is read."""

    def written(text=LAYOUT, name="study_leave"):
        path = tmp_path / f"{name}.yml"
        path.write_text(text, encoding="utf-8")
        return read_layout(path)

    return written


@pytest.fixture
def read(layout, write, trust_list, tmp_path):
    """Read rows by a layout."""

    def loaded(rows=ROWS, header=HEADER, text=LAYOUT):
        return read_by(layout(text), write.csv(tmp_path / "table.csv", rows, header), trust_list)

    return loaded


def by_code(loaded, indicator="study_leave"):
    figures = loaded.figures
    return figures[figures["indicator"] == indicator].set_index(["organisation_code", "group"])


# -- what is read ------------------------------------------------------------------------------------------


def test_a_count_and_its_base_are_a_percentage(read):
    loaded = read()
    figures = by_code(loaded)
    row = figures.loc[("RJ1", "Ethnic minority")]
    assert row[["value", "numerator", "denominator"]].tolist() == [60.0, 120.0, 200.0]
    assert (row["period_start"].date(), row["period_end"].date()) == (date(2024, 4, 1), date(2025, 3, 31))
    assert row["locator"] == "row 3, Granted"
    assert figures.loc[("RVJ", "White"), "trust_code"] == "RA7"  # merged since
    hidden = figures.loc[("RVJ", "Ethnic minority")]
    assert hidden["status"] == "suppressed"
    assert hidden[["value", "numerator", "denominator"]].isna().all()
    # trusts that are not in the file, by what the indicator is for
    assert figures.loc[("RV5", "White"), "status"] == "not_available"  # mental health
    assert figures.loc[("RX8", "White"), "status"] == "not_applicable"  # ambulances
    assert (loaded.source_id, loaded.edition) == ("study_leave_2025", "2024/25")


def test_a_workbook_with_a_column_for_each_group(layout, trust_list, tmp_path):
    """WRES by trust, as an analyst would have it: two rows of headers, a title above them and a note below."""
    path = tmp_path / "WRES.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "WRES"
    for row in (
        ["Workforce Race Equality Standard, invented"],
        [],
        ["", "", "Shortlisted", "", "Appointed", "", "Board from ethnic minorities"],
        ["Code", "31 March", "White", "BME", "White", "BME", ""],
        ["RJ1", 2025, 900, 400, 270, 80, 18.2],
        ["RV5", 2025, 300, 0, 100, 0, "n/a"],
        ["Of each trust’s own return."],
    ):
        sheet.append(row)
    book.save(path)
    text = """\
title: "WRES by trust, {edition}"
publisher: Invented for a test
address: https://example.org
licence: None
read_from: a whole file
file: {sheet: WRES, header_rows: [3, 4]}
trust: {column: Code}
period: {column: 31 March, reads: 31 March}
missing: {n/a: not applicable}
figures:
  - {indicator: wres_2, unit: percent, group: White, count: "Appointed: White", base: "Shortlisted: White"}
  - {indicator: wres_2, unit: percent, group: Ethnic minority, count: "Appointed: BME", base: "Shortlisted: BME"}
  - {indicator: wres_9_board, group: Ethnic minority, value: Board from ethnic minorities}
"""
    loaded = read_by(layout(text, "wres_by_trust"), path, trust_list)
    appointed = by_code(loaded, "wres_2")
    assert appointed.loc[("RJ1", "White"), ["value", "locator"]].tolist() == [30.0, "WRES!E5"]
    assert appointed.loc[("RJ1", "Ethnic minority"), ["value", "locator"]].tolist() == [20.0, "WRES!F5"]
    assert appointed.loc[("RV5", "Ethnic minority"), "status"] == "not_available"  # nobody was shortlisted
    board = by_code(loaded, "wres_9_board")
    assert board.loc[("RJ1", "Ethnic minority"), ["value", "period_start"]].astype(str).tolist() == [
        "18.2",
        "2025-03-31 00:00:00",
    ]
    assert board.loc[("RV5", "Ethnic minority"), "status"] == "not_applicable"
    assert loaded.left_out["lines with one cell alone, as notes have"] == 1


LONG = """\
title: "Interventions, {edition}"
publisher: Invented for a test
address: https://example.org
licence: None
read_from: documentation
file: {columns: [BREAKDOWN, LEVEL, METRIC, VALUE], values: {BREAKDOWN: "Provider; Ethnicity"}}
trust: {column: LEVEL, others: left out, england: [England]}
period: {first_column: START, last_column: END}
only_zeros: not available
figures:
  - where: {BREAKDOWN: "Provider; Ethnicity", METRIC: "7a"}
    indicator: patients_restrictive_interventions_by_ethnicity
    group_from: {column: GROUP, labels: five ethnic groups, also: {Any other: Other}, leave_out: [NONE]}
    count: VALUE
    base_from: {column: VALUE, where: {BREAKDOWN: "Provider; Ethnicity", METRIC: "1b"}}
missing: {"*": suppressed}
"""
LONG_HEADER = ("START", "END", "BREAKDOWN", "LEVEL", "GROUP", "METRIC", "VALUE")


def long_rows(*rows):
    return [("01/04/2024", "31/03/2025", "Provider; Ethnicity", *row) for row in rows]


def test_a_base_in_a_row_of_its_own_and_zeros_of_a_trust_that_did_not_submit(read):
    loaded = read(
        long_rows(
            ("RV5", "Black or Black British", "7a", 30),
            ("RV5", "Black or Black British", "1b", 200),
            ("RV5", "White", "1b", 100),
            ("RV5", "White", "7a", 0),
            ("RV5", "Any other", "7a", "*"),
            ("RV5", "Any other", "1b", "15"),
            ("RV5", "NONE", "7a", 45),
            ("TAD", "White", "7a", 0),
            ("TAD", "White", "1b", 0),
            ("8J1", "White", "7a", 10),
            ("England", "White", "7a", 50),
            ("England", "White", "1b", 1000),
        )
        + [("01/04/2024", "31/03/2025", "Provider", "RV5", "NONE", "7a", 45)],
        LONG_HEADER,
        LONG,
    )
    figures = by_code(loaded, "patients_restrictive_interventions_by_ethnicity")
    assert figures.loc[("RV5", "Black"), ["value", "numerator", "denominator"]].tolist() == [15.0, 30.0, 200.0]
    assert figures.loc[("RV5", "White"), ["value", "status"]].tolist() == [0.0, "ok"]  # nobody, of a hundred
    assert figures.loc[("RV5", "Other"), "status"] == "suppressed"
    assert figures.loc[("TAD", "White"), "status"] == "not_available"
    assert figures.loc[("ENG", "White"), ["trust_code", "value"]].tolist() == ["ENG", 5.0]
    assert loaded.left_out["organisations that are not trusts"] == 1
    assert loaded.left_out["rows that the layout does not ask for"] == 1
    assert loaded.left_out["rows of GROUP 'NONE'"] == 1


@pytest.mark.parametrize(
    ("reads", "text", "first", "last"),
    [
        ("year to march", "2024/25", "2024-04-01", "2025-03-31"),
        ("year to march", "2024-2025", "2024-04-01", "2025-03-31"),
        ("year to march", 2025.0, "2024-04-01", "2025-03-31"),
        ("31 march", "31 March 2025", "2025-03-31", "2025-03-31"),
        ("calendar year", "2025", "2025-01-01", "2025-12-31"),
        ("quarter", "Q3 2025/26", "2025-10-01", "2025-12-31"),
        ("quarter", "2025/26 Q4", "2026-01-01", "2026-03-31"),
        ("month", "February 2024", "2024-02-01", "2024-02-29"),
        ("month", "Apr-25", "2025-04-01", "2025-04-30"),
        ("month", "202504", "2025-04-01", "2025-04-30"),
        ("day", "30/04/2025", "2025-04-30", "2025-04-30"),
        ("day", date(2025, 4, 30), "2025-04-30", "2025-04-30"),
    ],
)
def test_how_periods_are_written(reads, text, first, last):
    found = period_of(Cell(text, Path("a.csv"), None, "row 2, Year"), reads)
    assert found == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("reads", "text"),
    [
        ("year to march", "2024/26"),
        ("year to march", "25"),
        ("quarter", "Q3 2025"),
        ("month", "13/2025"),
        ("day", "30/02/2025"),
    ],
)
def test_a_period_that_cannot_be_read(reads, text):
    with pytest.raises(InputError, match=rf"a.csv, row 2, Year: The period is '{text}', which cannot be read"):
        period_of(Cell(text, Path("a.csv"), None, "row 2, Year"), reads)


# -- mistakes in the file ----------------------------------------------------------------------------------


def changed(at, **cells):
    rows = [list(row) for row in ROWS]
    for name, value in cells.items():
        rows[at][HEADER.index(name.replace("_", " "))] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (changed(1, Org_code="RJI"), r"row 3, Org code: 'RJI' is the code of no trust\. The nearest is 'RJ1'\. Correct it, or write others: left out under trust \(line 6 of study_leave.yml\)"),
        (changed(1, Year="last year"), r"row 3, Year: The period is 'last year'"),
        (changed(1, Ethnic_group="BAME staff"), r"row 3, Ethnic group: The ethnic group 'BAME staff' is not known.* Add it under also of group_from \(line 10 of study_leave.yml\), or under its leave_out"),
        (changed(1, Ethnic_group="White"), r"row 3, Granted: study_leave of RJ1, White, 1 April 2024 to 31 March 2025 is here and at row 2, Granted"),
        (changed(1, Granted=250), r"row 3, Granted: The count 250 is more than its base, 200 at row 3, Asked\. Correct one of the two, or swap count and base in the layout \(line 11 of study_leave.yml\)"),
        (changed(1, Granted="[c]"), r'row 3, Granted: The count is \'\[c\]\', which is not a number.* say so under missing in study_leave.yml: "\[c\]": suppressed'),
        (changed(1, Granted=12.5), r"row 3, Granted: The count 12.5 is not a whole number"),
        (changed(1, Granted="1,200"), r"row 3, Granted: .*Write it without commas"),
    ],
)  # fmt: skip
def test_a_cell_that_is_wrong(read, rows, message):
    with pytest.raises(InputError, match=rf"table.csv, {message}"):
        read(rows)


def test_a_column_that_is_not_there_is_named_with_the_line_of_the_layout(read):
    with pytest.raises(InputError, match=r"study_leave.yml, line 11: table.csv has no column 'Granted' in row 1\. The nearest is 'Grantd'") as error:  # fmt: skip
        read(header=(*HEADER[:4], "Grantd"))
    assert "It has Org code, Year, Ethnic group, Asked, Grantd." in str(error.value)
    assert by_code(read(header=("org codes", *HEADER[1:]))).loc[("RJ1", "White"), "value"] == 75.0  # the same words


def test_a_percentage_that_is_a_proportion(read):
    text = LAYOUT.replace("    count: Granted\n    base: Asked\n", "    value: Granted\n")
    rows = [(code, "2024/25", "White", 100, 0.4) for code in ("RJ1", "RV5", "RVJ", "R1F", "TAD")]
    with pytest.raises(InputError, match=r"row 2, Granted: The percentages of study_leave are all between 0 and 1.*Multiply the column by 100 in a copy"):  # fmt: skip
        read(rows, text=text)
    with pytest.raises(InputError, match=r"row 2, Granted: The figure 140 is not between 0 and 100"):
        read([("RJ1", "2024/25", "White", 100, 140)], text=text)


def test_a_percentage_that_its_own_counts_contradict(read):
    header = (*HEADER, "Per cent")
    text = LAYOUT.replace("    count: Granted\n", "    value: Per cent\n    count: Granted\n")
    loaded = read([("RJ1", "2024/25", "White", 400, 300, 75.4)], header, text)
    assert by_code(loaded).loc[("RJ1", "White"), ["value", "numerator"]].tolist() == [75.4, 300.0]
    message = r"row 2, Per cent: The percentage 25 is not that of its count and base, 300 of 400 \(75.0\).*line 12 of"
    with pytest.raises(InputError, match=message):
        read([("RJ1", "2024/25", "White", 400, 300, 25)], header, text)


def test_a_file_of_nothing_that_is_asked_for(read):
    text = LAYOUT.replace("  - indicator: study_leave\n", "  - where: {Year: 2023/24}\n    indicator: study_leave\n")
    with pytest.raises(InputError, match=r"study_leave.yml, line 9: No row of table.csv is one that the layout asks for \(left out: rows that the layout does not ask for \(4\)\)"):  # fmt: skip
        read(text=text)


# -- mistakes in the layout --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("reads: year to March", "reads: year to Marsh", r'line 7: period.reads is "year to Marsh"\. Did you mean "year to march"\?'),
        ("    count: Granted", "    cont: Granted", r'line 11: Unknown key "cont". Did you mean "count"'),
        ("indicator: study_leave\n", "indicator: study_leaf\n", r"line 9: There is no indicator 'study_leaf'. The nearest is 'study_leave'. Declare it under the key indicators"),
        ("labels: two ethnic groups}", "labels: two ethnic groups, also: {BAME: Ethnic minorty}}", r'line 10: also gives \'BAME\' the group "Ethnic minorty", which is none of two ethnic groups. The nearest is "Ethnic minority"'),
        ("labels: two ethnic groups", "labels: ethnicity", r'line 10: .*labels is "ethnicity". Write one of two ethnic groups'),
        ("    group_from: {column: Ethnic group, labels: two ethnic groups}", "    group: TODO which people, such as All staff", r"line 10: figure 1's group does not say yet which people"),
        ('  "*": suppressed', '  "*": TODO suppressed, not available or not applicable', r"""line 14: missing gives '\*' the status "TODO"""),
        ('  "*": suppressed', '  "*": hidden', r"""line 14: missing gives '\*' the status "hidden". Statuses: suppressed"""),
        ('  "*": suppressed', "  01: suppressed", r'line 14: The key 1 of missing is a whole number and not text. Put it into quotation marks'),
        ("    base: Asked\n", "", r"line 9: study_leave is a percentage, and figure 1 has a count without a base"),
        ("    unit: percent", "    unit: per cent", r'line 19: indicator 1\'s unit is "per cent". Did you mean "percent"\?'),
        ("    disclosure: groups together\n", "", r"line 16: indicator 1 lacks \"disclosure\". An indicator needs id, name"),
        ("publisher: Invented for a test\n", "", r"line 1: The file lacks \"publisher\""),
        ("id: study_leave", "id: Study leave", r"line 16: .*Write small letters, digits and underscores"),
        ("{edition}", "{year}", r"line 1: title has braces that are not \{edition\}"),
        ("[acute, mental health]", "[acut]", r'line 22: .* is "acut". Did you mean "acute"\?'),
        ("{column: Year, reads: year to March}", "{column: Year}", r"line 7: period says either which column and how it reads"),
    ],
)  # fmt: skip
def test_a_line_that_is_wrong(layout, before, after, message):
    assert before in LAYOUT
    with pytest.raises(RaceEqualityError, match=rf"study_leave.yml, {message}"):
        layout(LAYOUT.replace(before, after, 1))


def test_every_mistake_is_named_at_once(layout):
    with pytest.raises(RaceEqualityError) as error:
        layout(LAYOUT.replace("reads: year to March", "reads: yearly").replace('"*": suppressed', '"*": gone'))
    assert [line.partition(": ")[0] for line in str(error.value).splitlines()] == [
        "study_leave.yml, line 7",
        "study_leave.yml, line 14",
    ]


def test_a_name_with_a_year_is_refused(layout):
    with pytest.raises(
        InputError, match=r"study_leave_2025.yml: A layout's name is an id .*the year of an edition is read"
    ):
        layout(name="study_leave_2025")


# -- in a project ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def held(tmp_path_factory, read_cut):
    """A project with the trust list and a few publications."""
    from race_equality.project import Project

    root = tmp_path_factory.mktemp("layouts") / "project"
    for folder in ("figures", "sources", "layouts"):
        (root / "data" / folder).mkdir(parents=True)
    (root / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    project = Project(root)
    read_cut(project)
    return project


@pytest.fixture
def in_project(held, monkeypatch):
    """The project with no layout and no figures of one, and a function that runs commands in it."""
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(held.root))
    before = {*held.figures.iterdir(), *held.sources.iterdir()}

    def run(*arguments, fails=False):
        result = CliRunner().invoke(cli.main, ["data", *map(str, arguments)])
        assert (result.exit_code != 0) == fails, result.output
        return result.output

    run.layouts = held.root / "data" / "layouts"
    run.project = held
    yield run
    for path in {*held.figures.iterdir(), *held.sources.iterdir()} - before | set(run.layouts.iterdir()):
        path.unlink()


def test_the_guides_example_is_checked_added_and_traced(in_project, tmp_path):
    text = GUIDE.read_text(encoding="utf-8")
    (table,), (layout,) = (re.findall(rf"```{kind}\n(.*?)```", text, flags=re.DOTALL) for kind in ("csv", "yaml"))
    (name,) = re.findall(r"Its layout is `data/layouts/(\w+\.yml)`", text)
    (in_project.layouts / name).write_text(layout, encoding="utf-8")
    path = tmp_path / "anything.csv"
    path.write_text(table, encoding="utf-8")
    said = in_project("layout", "check", path)
    assert "Study leave by ethnic group, 2024/25" in said
    assert "held as study_leave_requests_2025" in said
    assert "study_leave_granted, percent: 4 rows, 2 organisations with figures" in said
    assert "Ethnic minority: 1 ok, 1 suppressed" in said
    assert "row 2, Granted: RJ1 study_leave_granted, White: 75 (300 of 400)" in said
    assert not list(in_project.project.figures.glob("study_leave*"))  # nothing is written by a check
    assert "study_leave_requests_2025: anything.csv" in in_project("add", path)
    traced = in_project("trace", "RJ1", "study_leave_granted", "--group", "White")
    assert "anything.csv: row 2, Granted" in traced
    assert "Read by the layout data/layouts/study_leave_requests.yml, which was made from a whole" in traced
    assert "The store is whole." in in_project("check", "--schema")
    # the next edition takes the place of this one, and an older one is refused
    path.write_text(table.replace("2024/25", "2025/26"), encoding="utf-8")
    assert "study_leave_requests_2026" in in_project("add", path)
    assert set(read_figures("study_leave_granted", project=in_project.project)["source"]) == {
        "study_leave_requests_2026"
    }
    path.write_text(table.replace("2024/25", "2023/24"), encoding="utf-8")
    assert "is older than the one held" in in_project("add", path, fails=True)


def test_two_layouts_that_read_one_file(in_project, write, tmp_path):
    path = write.csv(tmp_path / "table.csv", ROWS, HEADER)
    (in_project.layouts / "one.yml").write_text(LAYOUT, encoding="utf-8")
    other = LAYOUT.replace("study_leave\n", "other_leave\n")
    (in_project.layouts / "two.yml").write_text(other, encoding="utf-8")
    message = "Two layouts read this file: one.yml and two.yml. Remove one of them, or name under file"
    assert message in in_project("add", path, fails=True)
    # a value that only one of them has decides
    known = "file: {values: {Ethnic group: BME}}\n"
    (in_project.layouts / "two.yml").write_text(other.replace("trust:", known + "trust:"), encoding="utf-8")
    assert recognise(path, in_project.project).id == "two"
    white = write.csv(tmp_path / "white.csv", ROWS[::2], HEADER)
    assert recognise(white, in_project.project).id == "one"
    (in_project.layouts / "one.yml").unlink()
    message = "most like the layout two.yml, but lacks a row whose Ethnic group is BME"
    assert message in in_project("add", white, fails=True)
    (in_project.layouts / "ae.yml").write_text(LAYOUT, encoding="utf-8")
    assert "ae.yml: There is a publication 'ae' already." in in_project("add", path, fails=True)


def test_a_layout_that_is_begun_keeps_no_other_file_from_being_added(in_project, write, tmp_path):
    (in_project.layouts / "study_leave.yml").write_text(LAYOUT, encoding="utf-8")
    (in_project.layouts / "begun.yml").write_text(LAYOUT.replace("indicator: study_leave", "indicator: TODO"), "utf-8")
    assert "study_leave_2025: table.csv" in in_project("add", write.csv(tmp_path / "table.csv", ROWS, HEADER))
    other = write.csv(tmp_path / "other.csv", [("RJ1", 1)], ("Somewhere", "Something"))
    for command in (("add", other), ("layout", "check", other)):
        said = in_project(*command, fails=True)
        assert "begun.yml, line 9: There is no indicator 'TODO'." in said
    assert "fewer than two headers" in in_project(
        "layout", "new", write.csv(tmp_path / "text.csv", [("words",), ("more",)]), fails=True
    )


def test_a_check_of_a_file_that_no_layout_knows(in_project, write, tmp_path):
    path = write.csv(tmp_path / "table.csv", ROWS, (*HEADER[:4], "Given"))
    (in_project.layouts / "study_leave.yml").write_text(LAYOUT, encoding="utf-8")
    said = in_project("layout", "check", path, fails=True)
    assert "No layout knows table.csv." in said
    assert "study_leave lacks the column 'Granted'" in said
    assert "line 11: table.csv has no column 'Granted'" in in_project(
        "layout", "check", path, "--layout", "study_leave", fails=True
    )
    assert "There is no layout 'study_leaf' in data/layouts. The nearest is 'study_leave'" in in_project(
        "layout", "check", path, "--layout", "study_leaf", fails=True
    )


def test_an_indicator_that_is_there_already(in_project, write, tmp_path):
    text = LAYOUT.replace("id: study_leave", "id: wres_7")
    (in_project.layouts / "study_leave.yml").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import race_equality.definitions.indicators"], capture_output=True, text=True
    )
    assert "study_leave.yml, line 16: The indicator wres_7 is in the registry of indicators already." in done.stderr


def test_a_declared_indicator_reaches_codebook_downloads_and_suppression(in_project, write, tmp_path):
    """In a process of its own: the registry is made once in each."""
    (in_project.layouts / "study_leave.yml").write_text(LAYOUT, encoding="utf-8")
    rows = [*ROWS, ("RV5", "2024/25", "White", 300, 200), ("RV5", "2024/25", "BME", 8, 4)]
    in_project("add", write.csv(tmp_path / "table.csv", rows, HEADER))
    script = """
import race_equality as re
from race_equality.disclosure.publishable import hide_as_published, publishable_figures
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.disclosure.publishable import suppress_small_bases
from race_equality.downloads.codebook import codebook
from race_equality.downloads.findings import _AS_PUBLISHED
from race_equality.store.figures import read_figures
(entry,) = [row for row in codebook() if row["id"] == "study_leave"]
print(entry["definition"], "|", entry["adverse_when"], "|", entry["rounding"])
print(re.indicators().set_index("id").loc["study_leave", "publisher"])
print("study_leave" in _AS_PUBLISHED)
rules = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))
shown = suppress_small_bases(read_figures("study_leave"), rules)
print(shown[shown["trust_code"] == "RV5"]["status"].tolist())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "Share of staff who were granted study leave, of those who asked | lower | one decimal",
        "Invented for a test",
        "True",
        "['suppressed', 'suppressed']",  # eight asked: both groups are hidden
    ], done.stderr


def test_a_first_layout_is_made_from_a_file(in_project, write, trust_list, tmp_path):
    path = write.csv(tmp_path / "Study leave 2024-25.csv", ROWS, HEADER)
    assert "Wrote data/layouts/study_leave.yml" in in_project("layout", "new", path)
    assert "is there already" in in_project("layout", "new", path, fails=True)
    text = (in_project.layouts / "study_leave.yml").read_text(encoding="utf-8")
    for line in (
        'column: "Org code"',
        'column: "Year"',
        "reads: year to march",
        'group_from: {column: "Ethnic group", labels: two ethnic groups}',
        'value: "Granted"',
        '"*": TODO suppressed, not available or not applicable',
    ):
        assert line in text
    # with what is marked said, it reads the file
    text = text.replace("TODO an id of data/README.md, or one declared under indicators below", "wres_7")
    text = text.replace("TODO suppressed, not available or not applicable", "suppressed")
    text = text.replace("TODO ", "").replace('    value: "Asked"', '    unit: people\n    value: "Asked"')
    text = text.replace('    value: "Granted"', '    unit: count\n    value: "Granted"')
    (in_project.layouts / "study_leave.yml").write_text(text, encoding="utf-8")
    assert "It can be read" in in_project("layout", "check", path)
    assert draft(path, trust_list, header_row=1).startswith("# A first layout for Study leave 2024-25.csv.")


# -- the layouts of the project ------------------------------------------------------------------------------

OVERSIGHT_HEADER = (
    "Region", "Trust_type", "Trust_subtype", "Trust_code", "Trust_name", "Domain", "Sub-domain", "Metric_ID",
    "Metric_description", "Reporting_date", "Quarter", "Units", "Value", "Median_value", "Rank",
)  # fmt: skip


def oversight(code, kind, metric, value, quarter="Q3 2025/26"):
    return ("London", kind, "", code, "", "", "", metric, "", "2024", quarter, "score", value, 6.8, 10)


def test_the_oversight_framework(write, trust_list, tmp_path):
    layout = read_layout(ROOT / "data" / "layouts" / "oversight_framework.yml")
    rows = [
        oversight("RJ1", "Acute trust", "OF0084", 7.11),
        oversight("RJ1", "Acute trust", "OF0061", 6.5),
        oversight("RJ1", "Acute trust", "OF5000", 2),
        oversight("RJ1", "Acute trust", "OF5000", 3, "Q2 2025/26"),
        oversight("RA7", "Acute trust", "OF5000", "NA"),
        oversight("RJ1", "Acute trust", "OF0010", 75.2),  # cancer: not asked for
    ]
    loaded = read_by(layout, write.csv(tmp_path / "acute.csv", rows, OVERSIGHT_HEADER), trust_list)
    assert loaded.source_id == "oversight_framework_acute_trust_2025_12"
    figures = loaded.figures.set_index(["indicator", "organisation_code", "period_end"])
    assert figures.loc[("oversight_staff_engagement", "RJ1", "2025-12-31"), "value"] == 7.11
    assert figures.loc[("oversight_segment", "RJ1", "2025-12-31"), "value"] == 2
    assert figures.loc[("oversight_segment", "RJ1", "2025-09-30"), "value"] == 3
    assert figures.loc[("oversight_segment", "RA7", "2025-12-31"), "status"] == "not_available"
    assert set(loaded.figures["organisation_code"]) == {"RJ1", "RA7"}
    mixed = [*rows, oversight("RX8", "Ambulance trust", "OF5000", 1)]
    with pytest.raises(InputError, match="Trust_type is 'Ambulance trust' here and 'Acute trust' above"):
        read_by(layout, write.csv(tmp_path / "mixed.csv", mixed, OVERSIGHT_HEADER), trust_list)

"""An indicator is one record and one small reader: everything else finds it, words it and hides it rightly."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conftest import copy_figures, record_figures

ROOT = Path(__file__).parents[2]
SHOWN, HIDDEN = "R1H", "RRU"
OTHERS = ("RJ1", "RAL", "RAX", "RYJ", "RKE", "RQM", "RJ7", "RRV")

RECORD = """\
    Indicator(
        id="granted_study_leave",
        number=10,
        name="Study leave granted as it was asked for",
        short_name="Study leave",
        definition="Share of staff who were granted study leave as they had asked, of those who asked",
        statement="were granted study leave as they had asked",
        theme="experience",
        compares="gap",
        units=("percent", "percentage points"),
        groups=(ETHNIC_MINORITY, WHITE, GAP),
        between=(ETHNIC_MINORITY, WHITE),
        adverse_when="lower",
        disclosure=BOTH_GROUPS,
        followed=True,
        as_published=True,
        board_question="Whose study leave was refused this year, and who decided?",
        published_by="Invented for a test",
        missing_as="Study leave by ethnic group",
    ),
"""

READER = '''\
"""Study leave by ethnic group: invented for a test."""

from race_equality.sources.cells import read_csv
from race_equality.sources.publication import FigureRows, Publication
from race_equality.sources.publications.staff_survey import survey_period

COLUMNS = ("Trust", "Ethnic group", "Granted", "Asked for leave")


def read_study_leave(path, trusts):
    table = read_csv(path, COLUMNS)
    figures = FigureRows("study_leave_2024", survey_period(2024), trusts)
    for record in table:
        code = record["Trust"].text
        granted, asked = (record[name].number("people", whole=True) for name in COLUMNS[2:])
        figures.add(
            figures.trust_of(code), code, "granted_study_leave", record["Ethnic group"].text, "percent",
            record["Granted"].locator, value=100 * granted / asked, numerator=granted, denominator=asked,
        )
    return figures.loaded("2024", "autumn 2024", table.remarks)


PUBLICATIONS = (
    Publication("study_leave", "Study leave, {edition}", "Nobody", "", "None", "study_leave.csv", read_study_leave,
                columns=COLUMNS, optional=True),
)
'''

ACTIONS = """\
actions:
  - what: Two directors agree each refusal of study leave
    owner: Chief people officer
    indicator: granted_study_leave
    began: 2026-01-01
    due: 2027-01-01
    status: planned
    review: {date: 2027-01-01}
"""

MAKE = """\
import sys
from click.testing import CliRunner
from race_equality.commands.main import main
from race_equality.downloads.files import Downloads
from race_equality.store.trusts import resolve_trust
from race_equality.project import find_project
from pathlib import Path

project = find_project()
for command in {commands}:
    result = CliRunner().invoke(main, command)
    print(result.output, result.stderr)
    if result.exit_code:
        sys.exit(f"{{command}}: {{result.exception!r}}")
site = project.root / "output" / "site"
downloads = Downloads(project)
downloads.write_trust(resolve_trust("{hidden}", project=project), site)
if {commands}:
    downloads.write_site(site)
audit = CliRunner().invoke(main, ["audit", str(site)])
print("AUDIT", audit.exit_code, audit.output, audit.stderr)
"""


def in_scratch(root: Path, *commands: list[str]) -> str:
    """Run commands of the scratch project's own package, then write a trust's downloads and audit the site."""
    env = os.environ | {"PYTHONPATH": str(root / "src"), "RACE_EQUALITY_PROJECT": str(root)}
    script = MAKE.format(commands=list(commands), hidden=HIDDEN)
    done = subprocess.run([sys.executable, "-c", script], cwd=root, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout.partition("AUDIT")[2]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of the project with the record and the reader, one trust built, and what the audit said."""
    root = tmp_path_factory.mktemp("scratch") / "project"
    leave = shutil.ignore_patterns("local", "raw", "figures")  # compiled modules go with them
    for folder in ("_extensions", "src", "data"):
        shutil.copytree(ROOT / folder, root / folder, ignore=leave)
    copy_figures((SHOWN, HIDDEN, *OTHERS), root / "data" / "figures")
    record_figures(root)
    (root / "params" / "trusts").mkdir(parents=True)
    shutil.copy(ROOT / "params" / "_defaults.yml", root / "params")
    (root / "params" / "trusts" / f"{SHOWN}.yml").write_text(ACTIONS, encoding="utf-8")
    (root / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "board_report.ipynb", root / "notebooks")
    for file in ("_quarto.yml", "index.qmd", "pyproject.toml"):
        shutil.copy(ROOT / file, root)
    registry = root / "src" / "race_equality" / "definitions" / "indicators.py"
    before, marker, after = registry.read_text(encoding="utf-8").partition("    # -- what all staff said --")
    registry.write_text(before + RECORD + marker + after, encoding="utf-8")
    publications = root / "src" / "race_equality" / "sources" / "publications"
    (publications / "study_leave.py").write_text(READER, encoding="utf-8")
    # of 500 and 1,000 who asked 40% and 60% were granted leave; at the other trust eight of a minority asked
    rows = [(SHOWN, "Ethnic minority", 200, 500), (SHOWN, "White", 600, 1000)]
    rows += [(HIDDEN, "Ethnic minority", 5, 8), (HIDDEN, "White", 181, 300)]
    for at, code in enumerate(OTHERS):
        rows += [(code, "Ethnic minority", 150 + at, 400), (code, "White", 500 - at, 900)]
    with open(root / "study_leave.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("Trust", "Ethnic group", "Granted", "Asked for leave"), *rows])
    audit = in_scratch(
        root,
        ["data", "add", str(root / "study_leave.csv")],
        ["build", SHOWN, "--renderer", "built-in", "-j", "1", "--engine", "default"],
    )
    return root, audit


class _Rows(HTMLParser):
    """The rows of a page's tables, a list of cells each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


def of(path: Path, **wanted: str) -> list[dict[str, str]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if all(row[name] == value for name, value in wanted.items())]


def test_one_record_and_one_reader_are_an_indicator(scratch):
    root, audit = scratch
    site = root / "output" / "site"
    rows = _Rows((site / "trusts" / f"{SHOWN}.html").read_text(encoding="utf-8")).rows
    (tenth,) = [row for row in rows if row and row[0] == "10. Study leave"]
    assert tenth[1:3] == ["40.0%", "60.0%"]
    assert tenth[3].startswith("−20.0 (−25.")  # without a correction: 20 ± 5.2
    assert tenth[-1].startswith("Worse")
    (moved,) = [row for row in rows if row and row[0] == "Two directors agree each refusal of study leave"]
    assert "Study leave granted as it was asked for (WRES 10)" in moved
    everybody = site / "downloads" / "all-trusts.csv"
    for file in (everybody, site / "trusts" / f"{SHOWN}-figures.csv"):
        finding = of(file, trust_code=SHOWN, measure="granted_study_leave", kind="finding", unit="percentage points")
        assert [(row["name"], row["value"], row["reading"]) for row in finding] == [
            ("WRES 10: Study leave granted as it was asked for", "-20.0", "worse for staff from ethnic minorities")
        ]
    (entry,) = of(site / "downloads" / "codebook.csv", id="granted_study_leave")
    assert entry["definition"] == "Share of staff who were granted study leave as they had asked, of those who asked"
    assert entry["adverse_when"] == "lower"
    # of a comparison both groups are hidden, published or found, of a trust or of all
    hidden = of(everybody, trust_code=HIDDEN, measure="granted_study_leave")
    hidden += of(site / "trusts" / f"{HIDDEN}-figures.csv", measure="granted_study_leave")
    assert {row["group"] for row in hidden} >= {"Ethnic minority", "White"}
    assert len(hidden) >= 8
    assert {row["status"] for row in hidden} == {"too few people to show [c]"}
    assert {row["value"] for row in hidden} == {"", "[c]"}  # the file of all trusts has numbers alone
    assert audit.startswith(" 0 "), audit


def test_without_its_rule_of_disclosure_the_audit_fails(scratch):
    root, _ = scratch
    registry = root / "src" / "race_equality" / "definitions" / "indicators.py"
    text = registry.read_text(encoding="utf-8")
    without = RECORD.replace("        disclosure=BOTH_GROUPS,\n", "")
    registry.write_text(text.replace(RECORD, without), encoding="utf-8")
    audit = in_scratch(root)
    assert audit.startswith(" 1 "), audit
    assert f"trusts/{HIDDEN}-figures.csv" in audit
    assert "White is shown, and Ethnic minority, which it is compared with, is hidden" in audit

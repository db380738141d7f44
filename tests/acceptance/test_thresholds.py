"""The thresholds of params/ hold in every output of a build, and in the next build of the same folder with others."""

from __future__ import annotations

import io
import json
import re
import shutil
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from race_equality.analysis.workforce import MAIN_GROUPS
from race_equality.disclosure.rules import HIDDEN_ON_PAGES
from race_equality.downloads.codebook import COLUMNS, NUMBER_COLUMNS
from tests.conftest import CommandLine, copy_figures, record_figures

ROOT = Path(__file__).parents[2]
#: 31 ambulance staff, 70 and 90 deliveries; 52 answers of ethnic minority staff, 101 nurses; 44 answers, 18 doctors.
TRUSTS = ("R0D", "RX6", "RY7")
#: Responses and people of all trusts, and of one trust by its own file: none is the usual 11 and 10.
RAISED = {"": (20, 100), "RX6": (60, 120)}
#: The next build: the defaults lower again, and another trust with a rule of its own.
OTHERS = {"": (12, 11), "RY7": (50, 20)}

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not on the PATH"
)


def set_thresholds(project: Path, thresholds: dict[str, tuple[int, int]]) -> None:
    for file in (project / "params" / "trusts").glob("*.yml"):
        file.unlink()
    for code, (responses, people) in thresholds.items():
        text = f"  minimum_responses: {{value: {responses}, source: a test}}\n"
        text += f"  minimum_people: {{value: {people}, source: a test}}\n"
        if code:
            (project / "params" / "trusts" / f"{code}.yml").write_text("settings:\n" + text)
        else:
            (project / "params" / "_defaults.yml").write_text("settings:\n  peer_count: 10\n" + text)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The real notebooks and the published figures of three trusts and of England."""
    root = tmp_path_factory.mktemp("thresholds") / "checkout"
    copy_figures(TRUSTS, root / "data" / "figures")
    (root / "params" / "trusts").mkdir(parents=True)
    (root / "notebooks").mkdir()
    shutil.copytree(ROOT / "data" / "sources", root / "data" / "sources")
    record_figures(root)
    for name in ("_quarto.yml", "index.qmd"):
        (root / name).symlink_to(ROOT / name)
    return root


@pytest.fixture(scope="module", params=["raised", "others, over the caches of the build before"])
def built(request, project) -> tuple[Path, dict[str, tuple[int, int]]]:
    """The site, with each trust's single file, and the thresholds that it was built with."""
    thresholds = RAISED if request.param == "raised" else OTHERS
    set_thresholds(project, thresholds)
    # the first build has the pages that tests look into, the second each page on all trusts
    for file in (ROOT / "notebooks").glob("*.ipynb"):
        link = project / "notebooks" / file.name
        if not link.exists() and (thresholds is OTHERS or file.stem in ("board_report", "national_overview")):
            link.symlink_to(file)
    run = CommandLine(project)
    end = run("build", "--output", "out", "--renderer", "built-in", "--jobs", "2")
    assert end.returncode == 0, end.stderr
    site = project / "out" / "site"
    for code in TRUSTS:
        end = run.in_this_process(
            "single-file", code, "--output", "out", "--to", str(site / "trusts" / f"{code}-single.html")
        )
        assert end.returncode == 0, end.stderr
    return site, thresholds


def rule_of(code: str, thresholds: dict[str, tuple[int, int]]) -> tuple[int, int]:
    return thresholds.get(code, thresholds[""])


def findings_of_all(site: Path) -> pd.DataFrame:
    return pd.read_csv(site / "downloads" / "all-trusts.csv", dtype=str, keep_default_na=False)


def staff_groups(code: str) -> dict[str, int]:
    """The true counts, as published."""
    (file,) = (ROOT / "data" / "figures").glob("workforce_2*.parquet")
    figures = pd.read_parquet(file)
    rows = figures[(figures["trust_code"] == code) & (figures["indicator"] == "workforce_headcount")]
    counts = rows[rows["group"].isin(MAIN_GROUPS)].groupby("group")["value"].sum().astype(int)
    return counts[counts > 0].to_dict()


def test_nothing_rests_on_fewer_in_any_file(built):
    site, thresholds = built
    rows = findings_of_all(site)
    assert set(rows["trust_code"]) == set(TRUSTS)
    for code, of_trust in rows.groupby("trust_code"):
        responses, people = rule_of(code, thresholds)
        own = pd.read_csv(site / "trusts" / f"{code}-figures.csv", dtype=str, keep_default_na=False)
        for table in (of_trust, own):
            base = pd.to_numeric(table["people"], errors="coerce")
            assert not (base < table["unit"].eq("people").map({True: people, False: responses})).any()
        counts = pd.to_numeric(own.loc[own["unit"].isin(["people", "count"]), "value"], errors="coerce")
        unknown = own["group"].eq("Not stated or not known")
        assert not (counts[~unknown] < people).any()


def test_a_trusts_files_say_what_the_file_of_all_trusts_says(built):
    site, _ = built
    everyone = findings_of_all(site)
    parquet = pd.read_parquet(site / "downloads" / "all-trusts.parquet")
    assert parquet["status"].tolist() == everyone["status"].tolist()
    assert parquet["value"].isna().tolist() == pd.to_numeric(everyone["value"], errors="coerce").isna().tolist()
    for code in TRUSTS:
        own = pd.read_csv(site / "trusts" / f"{code}-figures.csv", dtype=str, keep_default_na=False)
        own = own[own["kind"] == "finding"].reset_index(drop=True)
        same = everyone[everyone["trust_code"] == code].reset_index(drop=True)
        numbers = [
            *NUMBER_COLUMNS,
            "period_start",
            "period_end",
        ]  # empty in the file of all trusts, with the status next to it
        without = own[list(COLUMNS)].assign(**own[numbers].replace(r"\[\w\]", "", regex=True))
        pd.testing.assert_frame_equal(without, same[list(COLUMNS)])
        book = CalamineWorkbook.from_filelike(io.BytesIO((site / "trusts" / f"{code}-figures.ods").read_bytes()))
        heading, *lines = book.get_sheet_by_name("Findings").to_python()[2:]
        values = [line[heading.index("Value")] for line in lines]
        hidden = [value == "[c]" for value in values]
        assert hidden == own["value"].eq("[c]").tolist()


def test_staff_groups_of_fewer_are_hidden_wherever_they_stand_and_others_are_shown(built):
    site, thresholds = built
    for code in TRUSTS:
        _, people = rule_of(code, thresholds)
        true = staff_groups(code)
        rows = findings_of_all(site).query("trust_code == @code and measure == 'workforce_headcount'")
        in_file = rows[rows["unit"] == "people"].set_index("group")["value"].drop("Total", errors="ignore")
        assert in_file.to_dict() == {g: f"{n}" if n >= people else "" for g, n in true.items()}
        notebook = json.loads((site / "trusts" / f"{code}.ipynb").read_text())
        in_notebook = "".join("".join(o["data"].get("text/html", "")) for c in notebook["cells"]
                              for o in c.get("outputs", []))  # fmt: skip
        pages = [(site / "trusts" / f"{code}{end}.html").read_text() for end in ("", "-single")]
        for markup in (in_notebook, *pages):
            table = markup[markup.index("tbl-workforce") :].partition("</table>")[0]
            cells = [
                re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
                for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
            ]
            shown = sorted(unescape(row[1]) for row in cells[1:])
            assert shown == sorted(f"{n:,}" if n >= people else HIDDEN_ON_PAGES for n in true.values())


def test_comparisons_of_too_few_answers_stand_on_no_page_of_any_trust(built):
    site, thresholds = built
    base = {"R0D": 1040, "RX6": 52, "RY7": 44}  # answers of ethnic minority staff to WRES 8, as published
    overview = (site / "notebooks" / "national_overview.html").read_text()
    table = overview[overview.index("tbl-trusts") :].partition("</table>")[0]
    for code in TRUSTS:
        hidden = base[code] < rule_of(code, thresholds)[0]
        row = next(row for row in table.split("<tr>") if f"trusts/{code}.html" in row)
        assert ("No data" in row) == hidden
        rows = findings_of_all(site).query("trust_code == @code and measure == 'wres_8'")
        assert rows["status"].str.endswith("[c]").all() == hidden


def test_the_audit_recovers_nothing(built, project):
    site, _ = built
    end = CommandLine(project).in_this_process("audit", str(site))
    assert end.returncode == 0, end.stdout


def test_the_audit_names_what_one_file_hides_and_another_shows(built, project, tmp_path):
    """The defect that this was written for: hidden in a trust's files, shown in that of all trusts."""
    site, _ = built
    copy = tmp_path / "site"
    shutil.copytree(site / "downloads", copy / "downloads")
    (copy / "trusts").mkdir()
    for file in (site / "trusts").glob("*-figures.*"):
        shutil.copy(file, copy / "trusts")
    file = copy / "downloads" / "all-trusts.csv"
    rows = findings_of_all(site)
    place = rows.index[
        rows["status"].str.endswith("[c]") & rows["measure"].eq("workforce_headcount") & rows["unit"].eq("people")
    ][0]
    rows.loc[place, ["value", "people", "status"]] = ["5432", "5432", "shown"]  # no count that is too few by itself
    rows.to_csv(file, index=False)
    end = CommandLine(project).in_this_process("audit", str(copy))
    assert end.returncode == 1
    (line,) = [line for line in end.stdout.splitlines() if "5432" in line and "hidden in" in line]
    code, group = rows.loc[place, ["trust_code", "group"]]
    assert line.startswith("downloads/all-trusts.csv (data file): shown elsewhere: ")
    assert code in line and group in line and f"trusts/{code}-figures.csv, trusts/{code}-figures.ods" in line

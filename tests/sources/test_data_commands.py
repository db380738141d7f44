"""The commands under `race-equality data`, as a person types them."""

import json
import re
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from race_equality.commands import main as cli
from race_equality.store.figures import read_figures
from race_equality.store.seal import sealed


@pytest.fixture
def run(project, monkeypatch):
    """Run `race-equality data …` in a project; return its output, or the message of its error."""
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(project.root))
    monkeypatch.chdir(project.root)

    def invoke(*arguments, fails=False):
        result = CliRunner().invoke(cli.main, ["data", *map(str, arguments)])
        assert (result.exit_code != 0) is fails, result.output
        assert "Traceback" not in result.output
        return result.output

    return invoke


@pytest.fixture
def filled(read_cut, project):
    """A project with the figures of the cut, that a test may spoil."""
    read_cut(project)
    return project


def test_read_prints_what_was_read_suppressed_and_left_out(run, cut):
    output = run("read", cut.path)
    assert "staff_survey_organisations_2024: NSS24 detailed spreadsheets organisational results.xlsx" in output
    assert re.search(r"209|\d+ rows for \d+ trusts: \d+ figures, 2 suppressed, \d+ not available", output)
    assert "left out: CSUs (1), ICBs (1), Social Enterprises - Community (1)" in output
    assert "note: Q16c_1, column Q (% Ethnic background): 100%" in output
    assert "nothing changed: the same figures are held already" in run("read", cut.path)


def test_read_without_a_folder_says_that_reports_need_none(run):
    assert "reports need no raw file" in run("read", fails=True)


def test_read_stops_at_a_wrong_file_with_one_message(run, cut):
    cut.population.unlink()
    assert "There is no population/trust_catchment_" in run("read", cut.path, fails=True)


def test_list_names_publications_and_trusts(run, filled):
    output = run("list")
    line = next(line for line in output.splitlines() if line.startswith("workforce_2023_05"))
    assert "31 May 2023" in line and date.today().isoformat() in line
    assert line.endswith("NHS Workforce Statistics, May 2023: England and organisation")  # in a pipe nothing is cut
    assert "RJ1   Guy's and St Thomas' NHS Foundation Trust (acute, London)" in run("list", "--trusts")


def test_show_summarises_a_trust_and_shows_figures(run, filled):
    output = run("show", "RVJ")
    assert "RA7 Bristol NHS Foundation Trust" in output
    assert "RVJ merged into it." in output
    output = run("show", "RA7", "staff_survey_q16a")
    assert "All staff: 9.0% (base 5,010)" in output
    assert "All staff (RVJ): 8.5% (base 4,810)" in output
    assert "not applicable" in run("show", "RV5", "catchment_population")


def test_a_table_fits_the_terminal(run, filled, monkeypatch):
    monkeypatch.setattr("race_equality.commands.held.terminal_width", lambda: 80)
    monkeypatch.setattr("race_equality.commands.tables.terminal_width", lambda: 80)
    table = run("list").split("\n\n")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert "workforce_2023_05" in table and "England and organisation" not in table


def test_list_show_and_trace_are_read_by_a_program(run, filled):
    held = json.loads(run("list", "--json"))
    one = next(one for one in held["publications"] if one["id"] == "staff_survey_organisations_2024")
    assert (one["period"], one["trusts"] > 0, one["url"]) == (
        "autumn 2024",
        True,
        "https://www.nhsstaffsurveys.com/results/",
    )
    survey = next(one for one in held["next"] if one["name"] == "NHS Staff Survey")
    assert (survey["held_to"], survey["next_to"], survey["expected"]) == ("2024-11-30", "2025-11-30", "2026-03-01")
    assert {"trust_code", "trust_name", "kind"} <= json.loads(run("list", "--trusts", "--json"))[0].keys()
    (figure,) = [
        row
        for row in json.loads(run("show", "RA7", "staff_survey_q16a", "--json"))
        if row["organisation_code"] == "RVJ"
    ]
    assert (figure["value"], figure["denominator"], figure["numerator"]) == (8.5, 4810.0, None)
    (traced,) = json.loads(run("trace", "RJ1", "staff_survey_q28", "--group", "white - IRISH", "--json"))
    assert (traced["group"], traced["locator"]) == ("White - Irish", "BACKGROUND INFORMATION Q27-30!K11")
    assert traced["publication"]["file"] == "NSS24 detailed spreadsheets organisational results.xlsx"


def test_show_is_a_line_for_each_publication_and_all_a_line_for_each_period(run, filled):
    short, whole = run("show", "RJ1"), run("show", "RJ1", "--all")
    survey = next(line for line in short.splitlines() if line.startswith("staff_survey_organisations_2024"))
    assert survey.startswith("staff_survey_organisations_2024, to 2024-11-30: ")
    sources = set(read_figures(project=filled).query("trust_code == 'RJ1'")["source"])
    assert len(short.splitlines()) == len(sources) + 2
    assert "staff_survey_q16a, to 2024-11-30: 1 figures [staff_survey_organisations_2024]" in whole


def test_show_what_is_not_held_says_how_to_load_it(run, filled):
    assert "race-equality data template wres RJ1" in run("show", "RJ1", "wres_3", fails=True)
    assert "The nearest is 'wres_8'" in run("show", "RJ1", "wres_88", fails=True)
    assert "Nearest: RJ1" in run("show", "RJ11", fails=True)


def test_trace_leads_to_the_cell(run, filled):
    output = run("trace", "RJ1", "staff_survey_q28", "--group", "White - Irish")
    assert "2.0% (4 of 200)" in output
    assert "NSS24 detailed spreadsheets organisational results.xlsx: BACKGROUND INFORMATION Q27-30!K11" in output
    assert re.search(r"sha256 [0-9a-f]{64}", output)
    assert "Groups: " in run("trace", "RJ1", "staff_survey_q28", "--group", "Irish", fails=True)


def test_trace_shows_what_the_cell_holds_when_the_file_is_at_hand(run, filled, cut):
    shared = filled.root.parent / "shared" / "data"
    shared.parent.mkdir()
    cut.path.rename(shared)
    assert "Q15-17!G11 = 52.5" in run("trace", "RJ1", "staff_survey_q15")
    assert "row 3, catchment_population = '800000'" in run("trace", "RJ1", "catchment_population")
    # another file of that name is not the one that was read
    (shared / "population" / "trust_catchment_2026.csv").write_text("trust_code\nRJ1\n", encoding="utf-8")
    assert "row 3, catchment_population\n" in run("trace", "RJ1", "catchment_population")


def test_trace_of_an_invented_figure_says_so(run, filled):
    output = run("trace", "DEMO", "wres_3")
    assert "invented: sources/demonstration.py" in output


def test_template_then_add(run, filled):
    output = run("template", "wres", "rj1", "--year-to", "2025")
    assert "Wrote data/local/RJ1_wres_return.csv for Guy's and St Thomas' NHS Foundation Trust." in output
    path = filled.root / "data" / "local" / "RJ1_wres_return.csv"
    text = path.read_text(encoding="utf-8")
    assert "wres_6" not in text  # published
    assert "is there already" in run("template", "wres", "RJ1", fails=True)
    text = text.replace("2025-03-31,wres_9_board,people,,,", "2025-03-31,wres_9_board,people,12,3,0")
    path.write_text(text, encoding="utf-8")
    output = run("add", path)
    assert "wres_return_RJ1: RJ1_wres_return.csv" in output
    assert "trusts gained: RJ1" in output
    assert "kept in data/local on this machine" in output
    assert "White: 12 people" in run("show", "RJ1", "wres_9_board")
    assert "wres_return_RJ1" in run("list")
    assert "The store is whole." in run("check", "--schema")


def test_a_return_in_a_place_that_git_sees_is_refused_or_named(run, filled, tmp_path):
    subprocess.run(["git", "init", "--quiet"], cwd=filled.root, check=True)
    shutil.copy(Path(__file__).parents[2] / ".gitignore", filled.root)
    refused = run("template", "wres", "RJ1", "--output", "returns/RJ1.csv", fails=True)
    assert "RJ1.csv would be offered to git there, and a return is not public" in refused
    assert not (filled.root / "returns").exists()
    run("template", "wres", "RJ1")
    held = filled.root / "data" / "local" / "RJ1_wres_return.csv"
    row = next(line for line in held.read_text(encoding="utf-8").splitlines() if "wres_9_board" in line)
    held.write_text(held.read_text(encoding="utf-8").replace(row, f"{row.rstrip(',')},9,3,0"), encoding="utf-8")
    moved = shutil.copy(held, filled.root / "mine.csv")
    assert "mine.csv itself would be offered to git where it is: move it to data/local" in run("add", moved, "--yes")
    assert "offered to git" not in run("add", held, "--yes")


def test_the_template_of_a_trust_without_published_indicators_has_them(run, filled):
    run("template", "wres", "RV5")
    text = (filled.root / "data" / "local" / "RV5_wres_return.csv").read_text(encoding="utf-8")
    assert "wres_6,percentage" in text
    assert "Staff Survey benchmark" in text


def test_no_template_for_the_demonstration_trust(run, filled):
    assert "invented return already" in run("template", "wres", "DEMO", fails=True)


def test_add_recognises_a_publication_and_says_what_changed(run, filled, cut, write, tmp_path):
    rows = [row for row in write.wres_rows() if row[0] != "R1F1"]
    rows[2] = (*rows[2][:5], 0.5, *rows[2][6:])  # RJ1, indicator 6, BME: 25% becomes 50%
    output = run("add", "--yes", write.wres(tmp_path / "downloaded.csv", rows))
    assert "wres_5_to_8_2024: downloaded.csv" in output
    assert "trusts lost: R1F" in output
    assert "figures with another value: 1" in output
    assert "RJ1 wres_6, Ethnic minority: 25.0 to 50.0 (+25.0 percentage points)" in output


def test_a_new_edition_takes_the_place_of_the_earlier_one(run, filled, cut, write, tmp_path):
    def next_year(book):
        for sheet in list(book)[1:]:
            sheet["A1"] = "NHS Staff Survey 2025 - WEIGHTED Results"
        book["HEALTH WELLBEING SAFETY Q15-17"]["G11"] = 57.5
        book["HEALTH WELLBEING SAFETY Q15-17"]["H11"] = 42.5  # the answers come to 100

    output = run("add", write.survey(tmp_path / "any name.xlsx", next_year))
    assert "staff_survey_organisations_2025: any name.xlsx" in output
    assert "periods gained: 2025-11-30" in output
    assert "periods lost: 2024-11-30" in output
    assert "RJ1 staff_survey_q15, All staff: 52.5 to 57.5 (+5.0 percentage points)" in output
    names = {path.name for path in filled.figures.iterdir()} | {path.name for path in filled.sources.iterdir()}
    assert "staff_survey_organisations_2025.yml" in names
    assert not any(name.startswith("staff_survey_organisations_2024") for name in names)
    assert "The store is whole." in run("check", "--schema")


def test_an_older_edition_does_not_take_the_place_of_a_later_one(run, filled, write, tmp_path):
    before = {path.name: path.read_bytes() for path in filled.figures.iterdir()}
    rows = [(*row[:2], 2021, *row[3:]) for row in write.wres_rows()]
    output = run("add", write.wres(tmp_path / "old.csv", rows), fails=True)
    assert "This edition (autumn 2021) is older than the one held, which ends on 2024-11-30" in output
    assert {path.name: path.read_bytes() for path in filled.figures.iterdir()} == before


def test_add_refuses_what_it_does_not_know(run, filled, tmp_path, write):
    path = write.csv(tmp_path / "x.csv", [("RJ1", 5)], ("trust_code", "catchment_population"))
    output = run("add", path, fails=True)
    assert "It is most like 'catchment', but lacks 'imd_score', 'deprivation_quintile'" in output
    assert "The file is not there" in run("add", tmp_path / "none.csv", fails=True)


def test_check_finds_a_changed_missing_and_damaged_file(run, filled, cut):
    assert "The store is whole." in run("check", "--raw", cut.path)
    figures = filled.figures / "workforce_2023_05.parquet"
    whole = figures.read_bytes()
    figures.write_bytes((filled.figures / "catchment_2026.parquet").read_bytes())
    assert "workforce_2023_05.parquet has figures of catchment_2026" in run("check", fails=True)
    figures.write_bytes(whole[:-100])
    assert "workforce_2023_05.parquet cannot be read" in run("check", fails=True)
    figures.unlink()
    assert "workforce_2023_05.yml names figures that are not there" in run("check", fails=True)
    figures.write_bytes(whole)
    (filled.sources / "workforce_2023_05.yml").unlink()
    assert "there is no workforce_2023_05.yml" in run("check", fails=True)


def test_check_and_trace_say_what_is_held_as_published_and_used_nowhere(run, filled, cut, write):
    rows = write.maternity_rows()
    about = ("2022-23", "BirthweightTermGroup2500", "Provider", "RV5", "A TRUST")
    rows += [(*about, "Under 2500g", "Babies", 700), (*about, "2500g and over", "Babies", 50)]
    run("add", write.csv(cut.maternity, rows, write.MATERNITY_HEADER))
    why = "93.3% (700 of 750), where at most 10% is plausible"
    assert f"RV5 maternity_low_birthweight_at_term, 2023-03-31: {why}; maternity_2023, row " in run("check")
    traced = run("trace", "RV5", "maternity_low_birthweight_at_term")
    assert "93.3% (700 of 750)\n" in traced  # as published
    assert f"Used nowhere, as not plausible: {why}" in traced


def test_check_holds_raw_files_to_their_sha256(run, filled, cut, write):
    write.population(cut.population, [("RJ1", 1, 20.5, 3)])
    output = run("check", "--raw", cut.path, fails=True)
    assert "trust_catchment_2026.csv is not the file that catchment_2026 was read from" in output


def test_check_names_a_value_that_cannot_be(run, filled):
    import hashlib

    import pyarrow as pa
    import pyarrow.parquet as pq

    path = filled.figures / "wres_5_to_8_2024.parquet"
    table = pq.read_table(path)
    values = [v if v is None else v + 60 for v in table["value"].to_pylist()]
    pq.write_table(table.set_column(table.schema.get_field_index("value"), "value", pa.array(values)), path)
    source = filled.sources / "wres_5_to_8_2024.yml"
    text = re.sub(
        r"figures_sha256: \w+",
        f"figures_sha256: {hashlib.sha256(path.read_bytes()).hexdigest()}",
        source.read_text(encoding="utf-8"),
    )
    source.write_text(sealed(text), encoding="utf-8")
    # 25% and 20% became 85% and 80%: these can be, but not of the counts next to them. 45 more and they cannot be at all
    assert "RJ1 wres_5, Ethnic minority, to 2024-11-30 (row 2, rate): 85% is not 100 of 400" in run("check", fails=True)
    values = [v if v is None else v + 45 for v in values]
    pq.write_table(table.set_column(table.schema.get_field_index("value"), "value", pa.array(values)), path)
    assert "a percentage is not between 0 and 100 (24 rows)" in run("check", fails=True)


def test_the_patients_template_then_add(run, filled):
    for option, suffix in ((), "csv"), (("--excel",), "xlsx"):
        output = run("template", "patients", "RJ1", "--year-to", "2025", *option)
        assert f"race-equality data add data/local/RJ1_patients_return.{suffix}" in output
    path = filled.root / "data" / "local" / "RJ1_patients_return.csv"
    assert "The return has no numbers" in run("add", path.with_suffix(".xlsx"), fails=True)
    text = path.read_text(encoding="utf-8")
    for item, number in (("appointments", 400), ("did not attend", 40)):
        row = f"2025-03-31,patients_did_not_attend,{item}"
        assert f"{row},," in text
        text = text.replace(f"{row}{',' * 13}", f"{row}{f',{number}' * 13}")
    path.write_text(text, encoding="utf-8")
    assert "2,800 by ethnicity and 2,400 by deprivation; each person should" in run("add", path, fails=True)
    output = run("add", path, "--yes")
    assert "patients_return_RJ1: RJ1_patients_return.csv" in output
    assert "kept in data/local on this machine" in output
    assert "White: 10.0% (40 of 400)" in run("show", "RJ1", "patients_did_not_attend_by_ethnicity")
    assert "The store is whole." in run("check", "--schema")


@pytest.mark.parametrize("indicator", ["maternity_deliveries", "catchment_imd_score", "workforce_headcount"])
def test_show_has_words_for_every_unit(run, filled, indicator):
    assert f"{indicator}, to " in run("show", "RJ1", indicator)


def test_show_of_events_is_a_bare_number(run, filled):
    assert re.search(r"All deliveries: [\d,]+\n", run("show", "DEMO", "maternity_deliveries"))


def test_the_same_file_again_changes_nothing(run, filled, cut):
    def held():
        return {p.name: p.read_bytes() for f in (filled.figures, filled.sources) for p in f.iterdir()}

    before = held()
    output = run("add", cut.workforce, cut.rtt)
    assert output.count("nothing changed: the same figures are held already") == 2
    assert held() == before


def test_a_folder_is_added_and_what_is_no_publication_is_said(run, filled, cut, tmp_path):
    folder = tmp_path / "downloads"
    (folder / "more").mkdir(parents=True)
    shutil.copy(cut.rtt, folder / "more" / "waits.csv")
    shutil.copy(cut.etr, folder / "etr.csv")
    (folder / "letter.docx").write_bytes(b"no table\x00")
    (folder / ".hidden").write_text("nothing")
    (folder / "map.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    output = run("add", folder, fails=True)  # by the map, which claims to be one
    assert "rtt: waits.csv" in output
    assert "left out: etr.csv: The file is part of the trust list" in output
    assert "left out: letter.docx: The file is not text" in output
    assert ".hidden" not in output
    assert "map.geojson: The file is not GeoJSON with features" in output


def test_the_trust_list_is_added_by_itself_and_first(run, filled, cut, write):
    rows = [(*row[:4], "20260930") if row[0] == "RX8" else row for row in write.ETR]
    write.etr(cut.etr, rows)
    trusts = [row if row[0] != "RJ1" else (*row[:6], "RX8", "2026-10-01") for row in write.TRUSTS if row[0] != "RX8"]
    write.trusts(cut.trusts, trusts)
    alone = run("add", cut.etr, fails=True)
    assert "etr.csv: The file is part of the trust list" in alone
    assert "race-equality data add etr.csv trusts.csv" in alone
    output = run("add", cut.rtt, cut.trusts, cut.etr)
    assert output.index("8 trusts are open today") < output.index("rtt: ")
    assert "RX8 is closed: its figures are now under RJ1" in output
    assert "The store is whole." in run("check", "--schema")
    assert "(RX8): 50.0%" in run("show", "RJ1", "staff_survey_q15")
    assert "the same trusts as held" in run("add", cut.trusts, cut.etr, cut.successors)


def test_of_several_files_the_right_ones_are_added_and_each_wrong_one_named(run, filled, cut, write, tmp_path):
    bad = write.csv(tmp_path / "bad.csv", [("RJ1", "2024-09-01", "many", 1, 1, 1)], write.RTT_HEADER[:6])
    worse = write.csv(tmp_path / "worse.csv", [(1, 2)], ("a", "b"))
    output = run("add", bad, cut.ae, worse, fails=True)
    assert "ae: ae_by_trust_month.csv" in output
    assert "bad.csv, row 2, total_incomplete: The waiting list is 'many'" in output
    assert "worse.csv: No known publication has the columns a, b" in output


def test_an_archive_as_the_publisher_packs_it(run, filled, tmp_path):
    header = "DATA_MONTH,DATA_LEVEL,ORG_CODE,MAIN_STAFF_GROUP,STAFF_GROUP_1,FTE,HEADCOUNT\n"
    core = header + "2025-11-30,Organisation,RJ1,All staff groups,All staff groups,17000.5,20100\n"
    path = tmp_path / "CSV data files, November 2025.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Core 0. Notes.xlsx", b"no workbook")
        archive.writestr("files/Core 1. Staff group - England, NHSE region, ICS and org, Nov-25.csv", core)
        archive.writestr("files/Core 3. Medical staff.csv", "DATA_MONTH,GRADE\n2025-11-30,Consultant\n")
    output = run("add", "--yes", path)
    assert "workforce_2025_11: Core 1. Staff group - England, NHSE region, ICS and org, Nov-25.csv" in output
    assert "left out: Core 3. Medical staff.csv: No known publication has the columns DATA_MONTH, GRADE" in output
    assert "periods gained: 2025-11-30" in output
    # nothing of it stays but figures and where they came from
    assert not list(filled.root.rglob("Core*"))


def test_a_new_edition_without_the_history_leaves_the_history_held(run, filled, cut, write, tmp_path):
    def with_marches(book):
        series = book.create_sheet("4. All Staff, NHSE & Org - HC")
        series.append(["Organisation name", "Organisation code", date(2022, 3, 31), date(2023, 3, 31)])
        series.append(["Guy's and St Thomas'", "RJ1", 19000, 19900])

    run("add", write.workforce(tmp_path / "may.xlsx", with_marches))
    header = ("DATA_MONTH", "DATA_LEVEL", "ORG_CODE", "MAIN_STAFF_GROUP", "STAFF_GROUP_1", "FTE", "HEADCOUNT")
    rows = [
        (month, "Organisation", "RJ1", "All staff groups", "All staff groups", 17000.5, people)
        for month, people in (("2023-03-31", 19901), ("2025-11-30", 20100))
    ]
    output = run("add", "--yes", write.csv(tmp_path / "core.csv", rows, header))
    assert "periods lost: 2023-05-31" in output
    assert "2022-03-31" not in output
    figures = read_figures(["workforce_headcount", "workforce_march_headcount"], project=filled)
    held = figures[(figures["trust_code"] == "RJ1") & (figures["status"] == "ok")]
    assert {(r.source, r.period_end.date().isoformat(), r.value) for r in held.itertuples()} == {
        ("workforce_2023_05", "2022-03-31", 19000),  # the earlier edition's alone
        ("workforce_2025_11", "2023-03-31", 19901),  # as revised
        ("workforce_2025_11", "2025-11-30", 20100),
    }
    assert "The store is whole." in run("check", "--schema")
    assert "This edition (31 May 2023) is older" in run("add", tmp_path / "may.xlsx", fails=True)


def test_an_archive_that_unpacks_without_end_is_refused(run, filled, tmp_path, monkeypatch):
    monkeypatch.setattr("race_equality.sources.file_kinds._LARGEST_UNPACKED", 1024**2)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 900_000)
        archive.writestr("b.csv", b"0" * 900_000)
    assert "bomb.zip: The archive unpacks to over 1 MB, which no publication does" in run("add", path, fails=True)


def test_figures_of_england_and_of_boards_are_shown_and_traced_as_well(run, filled):
    assert run("show", "eng").startswith("England's own figures (ENG)\n")
    output = run("trace", "ENG", "staff_survey_q15", "--group", "All staff")
    assert "NSS24 detailed spreadsheets national results.xlsx: HEALTH WELLBEING SAFETY Q15-17!" in output
    assert run("show", "QKK").startswith("Integrated care board South East London (QKK)\n")
    assert "imd2025_by_icb.csv: row 2, imd_average_score" in run("trace", "qkk", "system_imd_score")
    output = run("trace", "QKK", "wres_6", fails=True)
    assert "Nothing is held about wres_6 of South East London." in output
    assert "template" not in output

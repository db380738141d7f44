"""Integrated care boards: codes, names and deprivation."""

import csv

import openpyxl
import pytest

from race_equality.errors import InputError
from race_equality.project import find_project
from race_equality.sources.publications.systems import NEIGHBOURHOOD_COLUMNS, codes_csv, read_deprivation, read_register
from race_equality.sources.recognition import recognise
from race_equality.store.schema import check_figures
from race_equality.store.trusts import TrustList, resolve_trust, system_codes


def test_deprivation_stands_under_the_nhs_code(whole_cut, trust_list):
    loaded = read_deprivation(whole_cut.deprivation, trust_list)
    rows = check_figures(loaded.figures, origin="cut").query("trust_code == 'QKK'").set_index("indicator")
    assert rows["value"].to_dict() == {"system_imd_score": 22.5, "system_most_deprived_tenth": 6.25}
    assert rows.loc["system_imd_score", "locator"] == "row 2, imd_average_score"


def test_a_trusts_system_leads_to_the_codes_of_its_boards(read_cut, project):
    read_cut(project)

    def codes(trust_code):
        return system_codes(resolve_trust(trust_code, project=project).system, project=project)

    assert codes("RJ1") == ("QKK",)
    assert codes("RY3") == ("QMM", "QUE")  # serves two
    assert codes("RX8") == codes("K0N6A") == ()  # several without saying which; none


def test_an_ambulance_trusts_dash_is_no_system(trust_list):
    systems = trust_list.trusts.set_index("trust_code")["system"]
    assert (systems["RX8"], systems["K0N6A"]) == ("", "")


def test_scores_are_held_to_the_publishers_ranks(cut, write, trust_list):
    (first, second), header = write.DEPRIVATION[:2], write.DEPRIVATION_HEADER
    score, rank = header.index("imd_average_score"), header.index("imd_rank_of_average_score")
    swapped = [
        (*row[:score], other, *row[score + 1 :]) for row, other in ((first, second[score]), (second, first[score]))
    ]
    assert first[rank] != second[rank]
    write.csv(cut.deprivation, swapped, header)
    with pytest.raises(InputError, match=r"row \d, imd_average_score: The score .* has rank .* is lower"):
        read_deprivation(cut.deprivation, trust_list)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("E54999999", "Somewhere", 22.5, 1.0, 0.1), "row 2, icb24_code: 'E54999999' is not the code of a board"),
        (("E54000030", "NHS South East London", 220.5, 1.0, 0.1), "The score 220.5 is not between 0 and 100"),
        (("E54000030", "NHS South East London", 22.5, 1.0, 12), "The proportion 12 is not between 0 and 1"),
    ],
)
def test_a_wrong_row_is_named(cut, write, trust_list, row, problem):
    write.csv(cut.deprivation, [row], write.DEPRIVATION_HEADER)
    with pytest.raises(InputError, match=problem):
        read_deprivation(cut.deprivation, trust_list)


def test_the_file_needs_nothing_beside_it(whole_cut, trust_list, tmp_path):
    """As it lies in a folder of downloads."""
    alone = tmp_path / "download.csv"
    alone.write_bytes(whole_cut.deprivation.read_bytes())
    assert len(read_deprivation(alone, trust_list).figures) == 4
    with pytest.raises(InputError, match="The list of integrated care boards has not been read"):
        read_deprivation(alone, TrustList(trust_list.trusts, ()))


SUMMARY_HEADERS = (
    "Integrated Care Board (ICB) code (2024)",
    "Integrated Care Board (ICB) name (2024)",
    "IMD - Average rank ",
    "IMD - Rank of average rank ",
    "IMD - Average score ",
    "IMD - Rank of average score ",
    "IMD - Proportion of LSOAs in most deprived 10% nationally ",
)


@pytest.fixture
def summary(tmp_path):
    """Write MHCLG's summary by board (File 13): a sheet for each index, headers with a space behind."""

    def write(rows, headers=SUMMARY_HEADERS):
        book = openpyxl.Workbook()
        book.active.title = "Notes"
        for name in ("IMD", "Income", "IDACI", "IDAOPI"):
            sheet = book.create_sheet(name)
            for row in (headers, *rows):
                sheet.append(row)
        path = tmp_path / "File_13.xlsx"
        book.save(path)
        return path

    return write


@pytest.mark.parametrize("code", ["E54000030", "QKK"])
def test_the_publishers_summary_by_board(summary, trust_list, code):
    path = summary([(code, "NHS South East London", 9000.5, 20, 22.5, 19, 0.0625)])
    assert recognise(path).id == "system_deprivation"
    rows = check_figures(read_deprivation(path, trust_list).figures, origin="File 13").set_index("indicator")
    assert rows["value"].to_dict() == {"system_imd_score": 22.5, "system_most_deprived_tenth": 6.25}
    assert set(rows["trust_code"]) == {"QKK"}
    assert rows.loc["system_imd_score", "locator"] == "IMD!E2"


def test_a_summary_of_other_areas_or_without_the_score_is_named(summary, trust_list):
    path = summary([("E07000223", "Adur", 9000.5, 20, 22.5, 19, 0.0625)])
    with pytest.raises(InputError, match="No column holds the codes of integrated care boards"):
        read_deprivation(path, trust_list)
    headers = [h.replace("Average score", "Mean score") for h in SUMMARY_HEADERS]
    path = summary([("QKK", "South East London", 9000.5, 20, 22.5, 19, 0.0625)], headers)
    with pytest.raises(InputError, match="no column headed 'IMD - Average score'. The nearest is 'IMD - "):
        read_deprivation(path, trust_list)


NEIGHBOURHOODS = [
    # code, score, decile, people
    ("E01000001", 10.0, 1, 3000),
    ("E01000002", 40.0, 7, 1000),
    ("E01000003", 5.0, 10, 500),
]


def write_neighbourhoods(write, folder, rows=NEIGHBOURHOODS, lookup=True):
    if lookup:
        write.csv(
            folder / "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv",
            [("E01000001", "x", "E54000030"), ("E01000002", "x", "E54000030"), ("E01000003", "x", "E54000022")],
            ("LSOA21CD", "LSOA21NM", "ICB24CD"),
        )
    return write.csv(
        folder / "File_7.csv",
        [(a, "x", b, c, d) for a, b, c, d in rows],
        (NEIGHBOURHOOD_COLUMNS[0], "LSOA name (2021)", *NEIGHBOURHOOD_COLUMNS[1:]),
    )


def test_neighbourhoods_are_averaged_by_population_as_the_publisher_does(write, tmp_path, trust_list):
    path = write_neighbourhoods(write, tmp_path)
    assert recognise(path).id == "system_deprivation"
    rows = check_figures(read_deprivation(path, trust_list).figures, origin="File 7")
    rows = rows.set_index(["trust_code", "indicator"])["value"].to_dict()
    # (10 x 3000 + 40 x 1000) / 4000
    assert rows["QKK", "system_imd_score"] == 17.5
    assert rows["QKK", "system_most_deprived_tenth"] == 50  # one of two
    assert rows["QMM", "system_imd_score"] == 5


@pytest.mark.parametrize(
    ("rows", "lookup", "problem"),
    [
        (NEIGHBOURHOODS, False, "does not say in which integrated care board each lies.*File 13"),
        ([*NEIGHBOURHOODS, ("E01999999", 5.0, 1, 5)], True, "row 5, .*: The neighbourhood E01999999 is not in"),
        ([*NEIGHBOURHOODS, NEIGHBOURHOODS[0]], True, "row 5, .*: The neighbourhood E01000001 is here and at"),
        ([("E01000001", 10.0, 11, 3)], True, "The decile 11 is not between 1 and 10"),
    ],
)
def test_wrong_neighbourhoods_are_named(write, tmp_path, trust_list, rows, lookup, problem):
    with pytest.raises(InputError, match=problem):
        read_deprivation(write_neighbourhoods(write, tmp_path, rows, lookup), trust_list)


def test_boards_that_closed_and_opened_keep_their_own_codes_and_days(write, tmp_path):
    register = read_register(
        write.csv(
            tmp_path / "icb.csv",
            [
                ("D7T5G", "NHS ESSEX INTEGRATED CARE BOARD", "20260401", "", "True"),
                ("QH8", "NHS MID AND SOUTH ESSEX INTEGRATED CARE BOARD", "20180401", "20260331.0", "False"),
            ],
            ("icb_code", "icb_name", "open_date", "close_date", "is_current"),
        )
    )
    text = codes_csv({"E54000026": ("QH8", "Mid and South Essex")}, register).decode()
    assert text.splitlines() == [
        "system_code,system_name,ons_code,open_date,close_date",
        "D7T5G,Essex,,2026-04-01,",
        "QH8,Mid and South Essex,E54000026,2018-04-01,2026-03-31",
    ]


@pytest.mark.parametrize("day", ["", "soon", "20261301"])
def test_a_board_without_a_first_day_is_named(write, tmp_path, day):
    path = write.csv(
        tmp_path / "icb.csv", [("D7T5G", "ESSEX", day, "")], ("icb_code", "icb_name", "open_date", "close_date")
    )
    with pytest.raises(InputError, match="row 2, open_date"):
        read_register(path)


def test_42_boards_to_march_2026_and_36_since():
    with open(find_project().figures / "systems.csv", encoding="utf-8", newline="") as file:
        boards = list(csv.DictReader(file))
    before = [b for b in boards if b["open_date"] <= "2026-03-31"]
    since = [b for b in boards if b["close_date"] == ""]
    # NHS England: 12 closed on 31 March 2026 and 6 opened the day after
    assert (len(before), len(since), len(boards)) == (42, 36, 48)
    assert all(b["ons_code"] for b in before)
    assert {b["system_name"] for b in since if b["open_date"] == "2026-04-01"} == {
        "Essex",
        "Thames Valley",
        "Central East",
        "Surrey and Sussex",
        "Norfolk and Suffolk",
        "West and North London",
    }


@pytest.mark.whole_file
def test_every_system_that_a_trust_names_is_a_board(shared, real_trusts):
    from race_equality.sources.publications.systems import read_codes

    names = {name for _, name in read_codes(shared / "geography" / "icb_2024_codes.csv").values()}
    assert len(names) == 42
    used = {part.strip() for system in real_trusts.trusts["system"] for part in system.split(";")} - {""}
    assert used == names

"""Integrated care boards: codes, names and deprivation."""

import pytest

from race_equality.errors import InputError
from race_equality.figures.schema import check_figures
from race_equality.figures.trusts import resolve_trust, system_codes
from race_equality.sources.catalogue import read_folder
from race_equality.sources.systems import read_deprivation


def test_deprivation_stands_under_the_nhs_code(whole_cut, trust_list):
    reading = read_deprivation(whole_cut.deprivation, trust_list)
    rows = check_figures(reading.figures, origin="cut").query("trust_code == 'QKK'").set_index("indicator")
    assert rows["value"].to_dict() == {"system_imd_score": 22.5, "system_most_deprived_tenth": 6.25}
    assert rows.loc["system_imd_score", "locator"] == "row 2, imd_average_score"


def test_a_trusts_system_leads_to_the_codes_of_its_boards(cut, project):
    read_folder(cut.path, project)

    def codes(trust_code):
        return system_codes(resolve_trust(trust_code, project=project).system, project=project)

    assert codes("RJ1") == ("QKK",)
    assert codes("RY3") == ("QMM", "QUE")  # serves two
    assert codes("RX8") == codes("K0N6A") == ()  # several without saying which; none


def test_an_ambulance_trusts_dash_is_no_system(trust_list):
    systems = trust_list.trusts.set_index("trust_code")["system"]
    assert (systems["RX8"], systems["K0N6A"]) == ("", "")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            ("E54999999", "Somewhere", 22.5, 1.0, 0.1),
            "row 2, icb24_code: 'E54999999' is not the code of a board",
        ),
        (("E54000030", "NHS South East London", 220.5, 1.0, 0.1), "The score 220.5 is not between 0 and 100"),
        (("E54000030", "NHS South East London", 22.5, 1.0, 12), "The proportion 12 is not between 0 and 1"),
    ],
)
def test_a_wrong_row_is_named(cut, write, trust_list, row, problem):
    write.csv(cut.deprivation, [row], write.DEPRIVATION_HEADER)
    with pytest.raises(InputError, match=problem):
        read_deprivation(cut.deprivation, trust_list)


def test_without_the_codes_beside_it_the_file_says_what_it_needs(whole_cut, trust_list, tmp_path):
    alone = tmp_path / "population" / "imd2025_by_icb.csv"
    alone.parent.mkdir()
    alone.write_bytes(whole_cut.deprivation.read_bytes())
    with pytest.raises(InputError, match="The codes of the boards are not there .*icb_2024_codes.csv"):
        read_deprivation(alone, trust_list)


@pytest.mark.whole_file
def test_every_system_that_a_trust_names_is_a_board(shared, real_trusts):
    from race_equality.sources.systems import read_codes

    names = {name for _, name in read_codes(shared / "geography" / "icb_2024_codes.csv").values()}
    assert len(names) == 42
    used = {part.strip() for system in real_trusts.trusts["system"] for part in system.split(";")} - {""}
    assert used == names

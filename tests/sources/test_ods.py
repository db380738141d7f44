"""The trust list: who is open today, and what became of the others."""

from datetime import date

import pandas as pd
import pytest

from race_equality.errors import InputError
from race_equality.sources.publications.organisation_data_service import read_trust_list


def read(cut):
    return read_trust_list(cut.etr, cut.trusts, cut.successors)


def test_open_trusts_with_kind_region_system_and_opening_date(trust_list):
    trusts = trust_list.trusts.set_index("trust_code")
    assert list(trusts.index) == ["G6V2S", "K0N6A", "R1F", "RA7", "RJ1", "RV5", "RX8", "RY3", "TAD"]
    gstt = trusts.loc["RJ1"]
    assert gstt["trust_name"] == "Guy's and St Thomas' NHS Foundation Trust"
    assert (gstt["kind"], gstt["region"], gstt["system"]) == ("acute", "London", "South East London")
    assert gstt["open_date"] == pd.Timestamp("1993-04-01")
    assert gstt["locator"] == "trusts.csv row 6; etr.csv row 5"


def test_welsh_and_closed_trusts_are_left_out_and_care_trusts_are_not(trust_list):
    codes = set(trust_list.trusts["trust_code"])
    assert codes.isdisjoint({"RQF", "RNK", "RVJ", "RYV", "RW6"})
    care_trust = trust_list.trusts.set_index("trust_code").loc["TAD"]
    assert care_trust["kind"] == "mental health"
    assert pd.isna(care_trust["open_date"])  # the official list has no care trusts


@pytest.mark.parametrize(
    ("code", "current", "basis"),
    [
        ("RVJ", "RA7", "trusts.csv row 5, predecessor_codes"),
        ("RYV", "RY3", "trusts.csv row 9, alt_names; etr.csv row 13 (name and closing date)"),
        ("RT3", "RJ1", "successors.csv row 2"),
        ("TAF", "G6V2S", "etr.csv: G6V2S opened 2024-11-01"),
    ],
)
def test_a_code_that_merged_away_belongs_to_its_successor_with_a_basis(trust_list, code, current, basis):
    assert trust_list.current(code) == current
    assert trust_list.succession(code).basis.startswith(basis)


def test_a_successor_by_name_starts_the_day_after_the_closing_date(trust_list):
    assert trust_list.succession("RYV").date == date(2026, 4, 1)


def test_a_trust_divided_between_two_belongs_to_neither(trust_list):
    assert trust_list.current("RW6") is None
    assert trust_list.current("RYK") is None  # by hand: no single successor


def test_sectors_of_one_trust_belong_to_its_legal_code(trust_list):
    assert trust_list.current("R1F1") == trust_list.current("R1F2") == "R1F"
    assert trust_list.succession("R1F1").relation == "unit of"


def test_predecessors_are_those_whose_history_is_carried(trust_list):
    predecessors = trust_list.trusts.set_index("trust_code")["predecessors"]
    assert predecessors["G6V2S"] == "RNK RRP TAF"
    assert predecessors["RA7"] == "RA3 RVJ"
    assert predecessors["R1F"] == ""


def test_a_succession_of_two_steps_is_followed(cut, write):
    write.successors(cut.successors, [("RT3", "RVJ", "2021-02-01"), ("RXX1", "RT3", "2020-02-01")])
    assert read(cut).current("RXX1") == "RA7"


def test_a_trust_that_stands_twice_names_both_rows(cut, write):
    write.trusts(cut.trusts, [*write.TRUSTS, write.TRUSTS[4]])
    with pytest.raises(InputError, match=r"trusts.csv, row 11, trust_code: The trust RJ1 is here and at row 6"):
        read(cut)


def test_an_unknown_kind_lists_the_known_ones(cut, write):
    rows = [(*row[:3], "Specialist Acute", *row[4:]) if row[0] == "RJ1" else row for row in write.TRUSTS]
    write.trusts(cut.trusts, rows)
    with pytest.raises(InputError, match="row 6, trust_type: The kind of trust 'Specialist Acute' is not known"):
        read(cut)


def test_an_open_trust_that_the_list_lacks_is_an_error(cut, write):
    write.trusts(cut.trusts, [row for row in write.TRUSTS if row[0] != "RX8"])
    with pytest.raises(InputError, match="etr.csv, row 11.*RX8 YORKSHIRE AMBULANCE SERVICE NHS TRUST is open but"):
        read(cut)


def test_a_trust_that_closed_cannot_be_listed_as_open(cut, write):
    rows = [(*row[:4], "20240930") if row[0] == "RX8" else row for row in write.ETR]
    write.etr(cut.etr, rows)
    with pytest.raises(InputError, match="RX8 closed on 2024-09-30 but trusts.csv has it as open"):
        read(cut)


def test_an_official_file_with_a_column_too_few_is_an_error(cut, write):
    write.csv(cut.etr, [("RJ1", "GUY'S", "Y56")])
    with pytest.raises(InputError, match="etr.csv, row 1: The row has 3 values for 27 columns"):
        read(cut)


def test_a_date_that_is_none_is_an_error(cut, write):
    write.successors(cut.successors, [("RT3", "RJ1", "01/02/2021")])
    with pytest.raises(InputError, match="successors.csv, row 2, date: '01/02/2021' is not a date"):
        read(cut)


#: Names that something which shows them could take for more than text.
HOSTILE = (
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "a*b_c NHS Trust",
    "$x$ NHS Trust",
    "{{< include x >}}",
    "`r 1` NHS Trust",
    '=HYPERLINK("x")',
    "-1+2 NHS Trust",
    "A\x1b[31m NHS Trust",
    "A \N{RIGHT-TO-LEFT OVERRIDE}NHS Trust",
    "A\nNHS Trust",
)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(("column", "what"), [(1, "trust"), (4, "region"), (5, "system")])
def test_a_name_that_is_more_than_text_is_refused_with_its_place(cut, write, column, what, name):
    rows = [(*row[:column], name, *row[column + 1 :]) if row[0] == "RJ1" else row for row in write.TRUSTS]
    write.trusts(cut.trusts, rows)
    with pytest.raises(
        InputError, match=rf"trusts.csv, row 6, .*: The name of the {what} .* which no name has. Take it"
    ):
        read(cut)


def test_a_closed_organisation_of_such_a_name_is_refused(cut, write):
    """Sentences say which organisations became part of a trust."""
    write.etr(cut.etr, [(row[0], "<b>X", *row[2:]) if row[0] == "RVJ" else row for row in write.ETR])
    with pytest.raises(InputError, match=r"etr.csv, row \d+, name: The name of the organisation '<b>X' has '<'"):
        read(cut)

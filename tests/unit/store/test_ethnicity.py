"""One table of ethnic groups, against the Census's own breakdown and the traps of other tables."""

import csv
from pathlib import Path

import pytest

from race_equality.definitions.ethnicity import (
    EIGHTEEN_GROUPS,
    ETHNIC_LABELS,
    FIVE_GROUPS,
    TWO_GROUPS,
    UNKNOWNS,
    ethnic_group,
    harmonised,
)
from race_equality.errors import RaceEqualityError

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def test_eighteen_groups_as_the_census_of_2011_divides_them():
    # ONS: 4 White, 4 Mixed, 5 Asian (Chinese among them), 3 Black, 2 Other
    counts = {five: list(EIGHTEEN_GROUPS.values()).count(five) for five in FIVE_GROUPS}
    assert counts == {"White": 4, "Mixed": 4, "Asian": 5, "Black": 3, "Other": 2}


def test_bme_is_one_of_two_groups_and_never_other():
    assert harmonised("BME", 2) == "Ethnic minority"
    with pytest.raises(RaceEqualityError, match="'BME' is broader than 5 groups"):
        harmonised("BME", 5)


@pytest.mark.parametrize(
    "label", ["White - Irish", "White - Gypsy or Irish Traveller", "Any Other White background", "Irish", "white staff"]
)
def test_white_minorities_are_white_in_two_groups(label):
    assert harmonised(label, 2) == "White"


def test_ethnic_minorities_leave_out_white_minorities_and_nobody_else():
    minority = [label for label in EIGHTEEN_GROUPS if harmonised(label, 2) == "Ethnic minority"]
    assert len(minority) == 14
    assert not any(label.startswith("White") for label in minority)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Not Stated", "Not stated"),
        ("Not known", "Not known"),
        ("Unknown", "Unknown"),
        ("Missing value / Value outside reporting parameters", "Unknown"),
    ],
)
def test_not_stated_not_known_and_unknown_are_kept_apart(label, expected):
    assert {harmonised(label, groups) for groups in (2, 5, 18)} == {expected}


def test_chinese_is_asian_since_2011_and_was_other_before():
    assert harmonised("Chinese", 5) == "Asian"
    assert harmonised("Chinese", 5, categories=2001) == "Other"
    assert harmonised("Chinese", 2, categories=2001) == "Ethnic minority"


def test_white_and_asian_is_mixed():
    assert harmonised("White and Asian", 5) == "Mixed"
    assert harmonised("white  and ASIAN", 18) == "Mixed/Multiple ethnic background - White and Asian"


def test_a_label_that_is_not_known_names_the_nearest():
    with pytest.raises(RaceEqualityError, match="'Pakistany' is not known. The nearest is 'pakistani'"):
        ethnic_group("Pakistany")


def test_every_label_has_groups_that_hang_together():
    for label, group in ETHNIC_LABELS.items():
        if group.unknown:
            assert group.unknown in UNKNOWNS and not (group.two or group.five or group.eighteen), label
        else:
            assert group.two in TWO_GROUPS, label
            assert group.five in (None, *FIVE_GROUPS), label
            if group.five:
                assert group.two == ("White" if group.five == "White" else "Ethnic minority"), label
            if group.eighteen:
                assert EIGHTEEN_GROUPS[group.eighteen] == group.five, label


@pytest.mark.whole_file
def test_against_the_published_lookup_with_its_error_put_right():
    lookup = SHARED / "ethnicity" / "label_lookup.csv"
    if not lookup.is_file():
        pytest.skip("the whole published files (../shared/data) are not here")
    with open(lookup, encoding="utf-8-sig", newline="") as file:
        standard = {row["Ethnicity"]: row["Standard Ethnicity"] for row in csv.DictReader(file)}
    # the trap is still there: all of these name everybody but White people
    lost = {"bme", "ethnic minorities", "ethnic minority"}
    assert {standard[label] for label in lost} == {"Other"}
    assert {harmonised(label, 2) for label in lost} == {"Ethnic minority"}
    compared = 0
    for label, theirs in standard.items():
        if label in ETHNIC_LABELS and theirs.casefold() in ETHNIC_LABELS and label not in lost:
            ours, meant = ethnic_group(label), ethnic_group(theirs)
            if ours.unknown:
                # theirs has one "Unknown" for what was not stated and what was not known
                assert meant.unknown == "Unknown"
            else:
                assert (ours.five, ours.two) == (meant.five, meant.two), label
            compared += 1
    assert compared >= 30

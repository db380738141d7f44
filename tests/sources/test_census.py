"""Census 2021: ethnic groups in the layouts of Nomis (wide) and of the ONS (long)."""

import zipfile

import pytest

from race_equality.definitions.ethnicity import ethnic_group
from race_equality.errors import InputError
from race_equality.sources.cells import cell_at
from race_equality.sources.publications.census import read_by_age, read_ethnicity
from race_equality.sources.recognition import recognise
from race_equality.store.schema import check_figures

ASIAN, BLACK = "Asian, Asian British or Asian Welsh", "Black, Black British, Black Welsh, Caribbean or African"
MIXED, WHITE, OTHER = "Mixed or Multiple ethnic groups", "White", "Other ethnic group"
# each broad group with its parts as Nomis names and orders them; people made up for the test
GROUPS = {
    ASIAN: 300,
    f"{ASIAN}: Bangladeshi": 40,
    f"{ASIAN}: Chinese": 30,
    f"{ASIAN}: Indian": 130,
    f"{ASIAN}: Pakistani": 70,
    f"{ASIAN}: Other Asian": 30,
    BLACK: 150,
    f"{BLACK}: African": 90,
    f"{BLACK}: Caribbean": 40,
    f"{BLACK}: Other Black": 20,
    MIXED: 50,
    f"{MIXED}: White and Asian": 15,
    f"{MIXED}: White and Black African": 5,
    f"{MIXED}: White and Black Caribbean": 20,
    f"{MIXED}: Other Mixed or Multiple ethnic groups": 10,
    WHITE: 480,
    f"{WHITE}: English, Welsh, Scottish, Northern Irish or British": 400,
    f"{WHITE}: Irish": 20,
    f"{WHITE}: Gypsy or Irish Traveller": 2,
    f"{WHITE}: Roma": 3,
    f"{WHITE}: Other White": 55,
    OTHER: 20,
    f"{OTHER}: Arab": 8,
    f"{OTHER}: Any other ethnic group": 12,
}
WIDE = (
    "date",
    "geography",
    "geography code",
    "Ethnic group: Total: All usual residents",
    *(f"Ethnic group: {group}" for group in GROUPS),
)
LONG = (
    "Integrated care boards Code",
    "Integrated care boards",
    "Ethnic group (20 categories) Code",
    "Ethnic group (20 categories)",
    "Observation",
)


def wide_row(name, code, times=1, total=1000):
    return (2021, name, code, total * times, *(people * times for people in GROUPS.values()))


def detailed():
    return [(group, people) for group, people in GROUPS.items() if ": " in group]


@pytest.fixture
def wide(write, tmp_path):
    def make(*rows, header=WIDE):
        return write.csv(tmp_path / "census2021-ts021-ctry.csv", list(rows), header)

    return make


def shares(loaded, indicator="census_ethnicity"):
    rows = check_figures(loaded.figures, origin="census").query("indicator == @indicator")
    return rows.set_index(["trust_code", "group"])["value"].to_dict()


def test_nomis_england_in_five_groups_and_in_detail_and_wales_left_out(wide, trust_list):
    path = wide(wide_row("England", "E92000001"), wide_row("Wales", "W92000004", 3))
    assert recognise(path).id == "census_ethnicity"
    loaded = read_ethnicity(path, trust_list)
    assert shares(loaded) == {
        ("ENG", ASIAN): 30,
        ("ENG", BLACK): 15,
        ("ENG", MIXED): 5,
        ("ENG", WHITE): 48,
        ("ENG", OTHER): 2,
    }
    assert shares(loaded, "census_ethnicity_detailed")["ENG", "White: Roma"] == 0.3
    assert loaded.left_out == {"areas outside England": 1}
    white = loaded.figures.query("group == 'White'").iloc[0]
    assert (white["numerator"], white["denominator"]) == (480, 1000)
    assert cell_at(path, white["locator"]) == "480"


def test_every_group_of_the_census_is_in_the_harmonised_table():
    for label in GROUPS:
        found = ethnic_group(label)
        broad = {ASIAN: "Asian", BLACK: "Black", MIXED: "Mixed", WHITE: "White", OTHER: "Other"}
        assert found.five == broad[label.split(": ")[0]]
        assert found.two == ("White" if label.startswith("White") else "Ethnic minority")
        assert (found.eighteen is None) == (": " not in label or label.endswith("Roma"))


def test_the_long_table_of_the_ons_by_board(write, tmp_path, trust_list):
    rows = [("E54000030", "NHS South East London", n, group, people) for n, (group, people) in enumerate(detailed())]
    rows.append(("E54000030", "NHS South East London", -8, "Does not apply", 0))
    path = write.csv(tmp_path / "TS021.csv", rows, LONG)
    assert recognise(path).id == "census_ethnicity"
    loaded = read_ethnicity(path, trust_list)
    assert shares(loaded)["QKK", ASIAN] == 30
    assert shares(loaded, "census_ethnicity_detailed")["QKK", f"{BLACK}: Caribbean"] == 4
    at = loaded.figures.query("indicator == 'census_ethnicity' and group == @ASIAN")["locator"].item()
    assert at == "row 2, Observation (sum of 5 cells)"


def test_all_regions_come_to_england_and_some_do_not(wide, trust_list):
    regions = [wide_row("A region", f"E1200000{n}") for n in range(1, 10)]
    loaded = read_ethnicity(wide(*regions), trust_list)
    assert shares(loaded)["ENG", WHITE] == 48
    assert loaded.figures.query("group == 'White'")["denominator"].to_list() == [9000]
    assert loaded.remarks == ("England is the sum of 9 areas (E12).",)
    with pytest.raises(InputError, match="neither England nor an integrated care board; its areas are like E1200000"):
        read_ethnicity(wide(*regions[:8]), trust_list)


AGES = {"Aged 15 years and under": 2, "Aged 16 to 24 years": 1, "Aged 25 to 64 years": 4, "Aged 65 years and over": 3}


def age_rows(ages=AGES, area="E92000001"):
    return [
        (area, "England", n, group, a, age, sex, sex_name, people * times if group.startswith(WHITE) else people)
        for n, (group, people) in enumerate(detailed())
        for a, (age, times) in enumerate(ages.items())
        for sex, sex_name in ((1, "Female"), (2, "Male"))
    ]


AGE_HEADER = (
    "Countries Code",
    "Countries",
    "Ethnic group (20 categories) Code",
    "Ethnic group (20 categories)",
    "Age (A) (4 categories) Code",
    "Age (A) (4 categories)",
    "Sex (2 categories) Code",
    "Sex (2 categories)",
    "Observation",
)


def test_working_age_of_both_sexes(write, tmp_path, trust_list):
    path = write.csv(tmp_path / "RM032.csv", age_rows(), AGE_HEADER)
    assert recognise(path).id == "census_ethnicity_by_age"
    loaded = read_by_age(path, trust_list)
    rows = loaded.figures.set_index("group")
    # two sexes; of the White groups 1 + 4 of the people in each age, of the others 1 in each of two ages
    assert rows.loc["White", "numerator"] == 2 * 480 * 5
    assert rows.loc[ASIAN, "numerator"] == 2 * 300 * 2
    assert rows.loc["White", "value"] == pytest.approx(100 * 4800 / (4800 + 2 * 2 * 520))
    assert set(rows["indicator"]) == {"census_ethnicity_working_age"}


@pytest.mark.parametrize(
    ("ages", "problem"),
    [
        ({"Aged 15 to 19 years": 1}, "'Aged 15 to 19 years' lies on both sides of 16 or 65"),
        ({"Young": 1}, "'Young' is not understood"),
    ],
)
def test_an_age_group_that_cannot_be_placed_is_refused(write, tmp_path, trust_list, ages, problem):
    path = write.csv(tmp_path / "RM032.csv", age_rows(ages), AGE_HEADER)
    with pytest.raises(InputError, match=problem):
        read_by_age(path, trust_list)


def test_a_group_that_is_gone_or_renamed_or_does_not_add_up_is_named(wide, trust_list):
    header = [name.replace("Ethnic group: White: Roma", "Ethnic group: Romany") for name in WIDE]
    with pytest.raises(InputError, match="The ethnic group 'Romany' is not one of the Census"):
        read_ethnicity(wide(wide_row("England", "E92000001"), header=header), trust_list)
    header = [name.replace(f"Ethnic group: {OTHER}", "Ethnic group: Others") for name in WIDE]
    with pytest.raises(InputError, match="no column 'Ethnic group: Other ethnic group'. The nearest is 'Ethnic"):
        read_ethnicity(wide(wide_row("England", "E92000001"), header=header), trust_list)
    with pytest.raises(InputError, match="row 2, .*Total.*: The five groups come to 1,000 and all residents to 1,100"):
        read_ethnicity(wide(wide_row("England", "E92000001", total=1100)), trust_list)
    with pytest.raises(InputError, match="The area E92000001 is here and at row 2"):
        read_ethnicity(wide(*[wide_row("England", "E92000001")] * 2), trust_list)


def test_a_zipped_table_is_read_as_it_comes(wide, trust_list, tmp_path):
    path = wide(wide_row("England", "E92000001"))
    with zipfile.ZipFile(tmp_path / "ts021.zip", "w") as archive:
        archive.write(path, path.name)
    zipped = tmp_path / "ts021.zip"
    assert recognise(zipped).id == "census_ethnicity"
    loaded = read_ethnicity(zipped, trust_list)
    assert shares(loaded)["ENG", WHITE] == 48
    assert cell_at(zipped, loaded.figures.query("group == 'White'")["locator"].item()) == "480"


def test_a_new_column_is_reported(wide, write, tmp_path, trust_list):
    path = wide((*wide_row("England", "E92000001"), "revised"), header=(*WIDE, "Status"))
    assert read_ethnicity(path, trust_list).remarks == ("Columns not read: Status.",)
    rows = [(*row, "r") for row in age_rows()]
    path = write.csv(tmp_path / "RM032.csv", rows, (*AGE_HEADER, "Note"))
    assert read_by_age(path, trust_list).remarks == ("Columns not read: Note.",)

"""Patients by ethnic group of a trust: one table, one rule for what is clear, and what is hidden stays apart."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from race_equality.analysis.patient_gaps import (
    FIFTHS,
    patients_by_breakdown,
    recovery_by_year,
    slopes_by_deprivation,
    widest_gap,
    with_others,
)
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.store.schema import FIGURE_DTYPES

YEAR = ("2024-04-01", "2025-03-31")
WEEK = ("2026-01-25", "2026-01-25")
RECOVERY = "talking_therapies_recovery_by_ethnicity"


def figures(*rows: tuple) -> pd.DataFrame:
    """Trust, indicator, group, count, people; where there are, organisation, period and status."""
    table = []
    for trust, indicator, group, count, people, *more in rows:
        about = {"organisation_code": trust, "period": YEAR, "status": "ok"} | (more[0] if more else {})
        hidden = about["status"] != "ok"
        table.append(
            {
                "trust_code": trust,
                "organisation_code": about["organisation_code"],
                "period_start": about["period"][0],
                "period_end": about["period"][1],
                "indicator": indicator,
                "group": group,
                "value": pd.NA if hidden else 100 * count / people,
                "unit": "percent",
                "numerator": count,
                "denominator": people,
                "status": about["status"],
                "source": "test",
                "locator": "A1",
                "recording": "",
                "private": False,
            }
        )
    return pd.DataFrame(table).astype(FIGURE_DTYPES)[list(FIGURE_DTYPES)]


def recovery(trust: str = "RV5", **groups: tuple[int, int]) -> pd.DataFrame:
    return figures(*((trust, RECOVERY, group, *counts) for group, counts in groups.items()))


def groups_of(table: pd.DataFrame, place: str = "RV5", breakdown: str = "ethnicity") -> pd.DataFrame:
    return table[(table["place"] == place) & (table["breakdown"] == breakdown)].set_index("group")


def newcombe(count, people, base_count, base_people, level) -> tuple[float, float]:
    """Newcombe's limits from Wilson's, in percentage points, by other code than the project's."""
    (low, high), (base_low, base_high) = (
        proportion_confint(*pair, alpha=1 - level, method="wilson")
        for pair in ((count, people), (base_count, base_people))
    )
    share, base = count / people, base_count / base_people
    below = np.hypot(share - low, base_high - base)
    above = np.hypot(high - share, base - base_low)
    return 100 * (share - base - below), 100 * (share - base + above)


def test_a_gap_is_that_of_the_publication_with_newcombe_s_interval():
    # Newcombe 1998, the first of his examples: 56 of 70 and 48 of 80, 0.0524 to 0.3339
    black = groups_of(patients_by_breakdown(recovery(White=(48, 80), Black=(56, 70)))).loc["Black"]
    assert black["gap"] == pytest.approx(20.0)
    assert (black["gap_lower"], black["gap_upper"]) == pytest.approx((5.24, 33.39), abs=0.005)
    # more recovered than of White patients, in so few that rounding to 5 could account for it
    assert (black["compared"], black["direction"]) == (1, "unclear")


def test_a_gap_that_is_clear_alone_is_not_clear_among_four():
    rows = {"White": (480, 800), "Black": (372, 700)}
    alone = groups_of(patients_by_breakdown(recovery(**rows))).loc["Black"]
    others = {"Asian": (60, 100), "Mixed": (61, 100), "Other": (59, 100)}
    counts = (372, 700, 480, 800)
    among = groups_of(patients_by_breakdown(recovery(**rows, **others))).loc["Black"]
    # rounding can have put each count 2 away
    assert newcombe(374, 700, 478, 800, 0.95)[1] < 0 < newcombe(374, 700, 478, 800, 1 - 0.05 / 4)[1]
    assert (alone["direction"], among["direction"], among["compared"]) == ("adverse", "unclear", 4)
    # what is printed is the usual interval either way
    for found in (alone, among):
        assert (found["gap_lower"], found["gap_upper"]) == pytest.approx(newcombe(*counts, 0.95))


def test_chance_alone_finds_a_clear_gap_at_no_more_than_one_trust_in_twenty():
    draw = np.random.default_rng(7)
    sizes = {"White": 5000, "Asian": 900, "Black": 700, "Mixed": 400, "Other": 300}
    rows = [
        (f"R{n:04d}", RECOVERY, group, draw.binomial(people, 0.5), people)
        for n in range(1500)
        for group, people in sizes.items()
    ]
    table = patients_by_breakdown(figures(*rows))
    table = table[table["gap"].notna()]
    clear = table["direction"].isin(["adverse", "favourable"]).groupby(table["place"]).any().mean()
    at_95 = ((table["gap_lower"] > 0) | (table["gap_upper"] < 0)).groupby(table["place"]).any().mean()
    # the standard error of each is 0.6 and 0.9 percentage points
    assert clear < 0.06
    assert at_95 > 0.10


def test_a_count_of_five_women_makes_no_gap_clear():
    id = "maternity_continuity_of_carer_by_ethnicity"
    rows = [("RAJ", id, "White", 20, 745), ("RAJ", id, "Other", 5, 20), ("RAJ", id, "Asian, Black or Mixed", 190, 1900)]
    table = groups_of(patients_by_breakdown(figures(*rows)), "RAJ")
    assert list(table.index) == ["Asian, Black or Mixed", "White", "Other"]
    # 5 is 1 to 7: 1 of 20 is no different from White women's 2.7%
    assert newcombe(5, 20, 20, 745, 1 - 0.05 / 2)[0] > 0
    assert table["direction"].tolist() == ["favourable", "reference", "unclear"]


def test_ages_come_by_age_and_people_of_unknown_area_are_in_no_slope():
    ages = [("RV5", "talking_therapies_recovery_by_age", age, 40, 100) for age in ("65 to 74", "Under 18", "18 to 25")]
    id = "talking_therapies_recovery_by_deprivation"
    areas = [("RV5", id, f"Decile {n}", 400 + 20 * n, 1000) for n in range(1, 11)]
    rows = figures(*ages, *areas, ("RV5", id, "Not stated or not known", 10, 1000))
    assert list(groups_of(patients_by_breakdown(rows), breakdown="age").index) == ["Under 18", "18 to 25", "65 to 74"]
    assert slopes_by_deprivation(rows)["people"].tolist() == [10_000]


def test_a_longer_wait_and_a_lower_recovery_are_adverse():
    waits = figures(
        *(
            ("RAJ", "waiting_over_18_weeks_by_ethnicity", group, *counts, {"period": WEEK})
            for group, counts in {
                "White - Irish": (400, 1000),
                "Asian/Asian British - Indian": (300, 500),
                "Asian/Asian British - Chinese": (200, 500),
                "Not known": (50, 100),
            }.items()
        )
    )
    table = patients_by_breakdown(waits)
    found = groups_of(table, "RAJ")
    assert tuple(found.loc["Asian", ["count", "people", "direction"]]) == (500, 1000, "adverse")
    assert found.loc["Asian", "gap"] == pytest.approx(10.0)
    assert widest_gap(table, "RAJ").unknown_percent == pytest.approx(100 * 100 / 2100)
    low = groups_of(patients_by_breakdown(recovery(White=(500, 1000), Asian=(300, 1000)))).loc["Asian"]
    assert low["direction"] == "adverse"


@pytest.mark.parametrize(
    ("hidden", "share", "left_out"),
    [
        ((), 20.0, False),
        (("Not stated",), math.nan, False),  # 9.1% of those that are shown
        (("Black",), 100 * 250 / 1150, True),
        (("Not stated", "Black"), math.nan, True),
    ],
)
def test_a_hidden_group_of_unknown_ethnicity_leaves_no_share_of_it(hidden, share, left_out):
    people = {"White": 600, "Asian": 300, "Black": 100, "Not known": 100, "Not stated": 150}
    table = patients_by_breakdown(recovery(**{group: (many // 2, many) for group, many in people.items()}))
    gone = table["group"].isin(hidden)
    found = widest_gap(
        table.assign(people=table["people"].mask(gone), status=table["status"].mask(gone, "suppressed")), "RV5"
    )
    assert found.unknown_percent == pytest.approx(share, nan_ok=True)
    assert found.left_out == left_out


def test_who_is_hidden_of_one_wait_and_shown_of_the_other_counts():
    counts = {"White - Irish": (400, 1000), "Asian/Asian British - Indian": (300, 500), "Not known": (50, 100)}
    table = patients_by_breakdown(
        figures(
            *(
                ("RAJ", f"waiting_over_{weeks}_weeks_by_ethnicity", group, *pair, {"period": WEEK})
                for weeks in (18, 52)
                for group, pair in counts.items()
            )
        )
    )
    gone = (table["group"] == "Not known") & (table["measure"] == "waiting_over_18_weeks")
    assert gone.any()
    table = table.assign(people=table["people"].mask(gone), status=table["status"].mask(gone, "suppressed"))
    assert widest_gap(table, "RAJ").unknown_percent == pytest.approx(100 * 100 / 1600)


def test_a_group_s_detail_is_beneath_it_and_not_added_to_it():
    rows = [("RV5", RECOVERY, "Asian", 30, 60), ("RV5", RECOVERY, "Asian/Asian British - Indian", 10, 20)]
    table = patients_by_breakdown(figures(*rows))
    assert groups_of(table).loc["Asian", "people"] == 60
    assert groups_of(table, breakdown="ethnicity in detail").loc["Asian/Asian British - Indian", "people"] == 20


def test_a_site_whose_figures_are_hidden_is_in_neither_number_and_is_counted():
    hidden = {"organisation_code": "RV5AB", "status": "suppressed"}
    table = groups_of(
        patients_by_breakdown(
            figures(
                ("RV5", RECOVERY, "Black", 20, 50, {"organisation_code": "RV5AR"}),
                ("RV5", RECOVERY, "Black", 30, 50, {"organisation_code": "RV5AC"}),
                ("RV5", RECOVERY, "Black", pd.NA, pd.NA, hidden),
                ("RV5", RECOVERY, "Mixed", pd.NA, pd.NA, hidden),
            )
        )
    )
    assert tuple(table.loc["Black", ["count", "people", "left_out", "status"]]) == (50, 100, 1, "ok")
    assert table.loc["Mixed", "status"] == "suppressed"
    assert table.loc["Mixed", ["count", "people", "percent"]].isna().all()


def test_a_fifth_of_which_one_decile_is_hidden_is_hidden():
    id = "talking_therapies_recovery_by_deprivation"
    rows = [("RV5", id, f"Decile {n}", 40 + n, 100) for n in range(1, 11) if n != 4]
    rows.append(("RV5", id, "Decile 4", pd.NA, pd.NA, {"status": "suppressed"}))
    table = patients_by_breakdown(figures(*rows))
    found = groups_of(table, breakdown="deprivation")
    assert list(found.index) == list(FIFTHS)
    assert tuple(found.loc["Most deprived fifth", ["count", "people"]]) == (41 + 42, 200)
    assert found["status"].tolist() == ["ok", "suppressed", "ok", "ok", "ok"]
    assert slopes_by_deprivation(figures(*rows)).empty


def test_a_hidden_count_over_52_weeks_widens_the_limits_of_its_group():
    id = "waiting_over_52_weeks_by_ethnicity"
    hidden = {"period": WEEK, "status": "suppressed"}
    rows = figures(
        ("RAJ", id, "Asian/Asian British - Indian", 20, 1000, {"period": WEEK}),
        ("RAJ", id, "Asian/Asian British - Chinese", pd.NA, 1000, hidden),
        *(
            ("RAJ", id.replace("ethnicity", "deprivation"), f"Decile {n}", 20, 1000, {"period": WEEK})
            for n in range(2, 11)
        ),
        ("RAJ", id.replace("ethnicity", "deprivation"), "Decile 1", pd.NA, 1000, hidden),
    )
    table = patients_by_breakdown(rows)
    found = groups_of(table, "RAJ").loc["Asian"]
    # the hidden count is 1 to 7 and taken as 4
    assert tuple(found[["count", "people", "hidden"]]) == (24, 2000, 1)
    lower, _ = proportion_confint(21, 2000, method="wilson")
    _, upper = proportion_confint(27, 2000, method="wilson")
    assert (found["lower"], found["upper"]) == pytest.approx((100 * lower, 100 * upper))
    # a fifth of two deciles of which one is hidden whole is hidden
    fifths = groups_of(table, "RAJ", "deprivation")
    assert fifths["status"].tolist() == ["suppressed", "ok", "ok", "ok", "ok"]
    assert fifths["people"].isna().tolist() == [True, False, False, False, False]


def test_the_slope_is_adverse_to_deprived_areas_where_fewer_recover():
    id = "talking_therapies_recovery_by_deprivation"
    rows = [("RV5", id, f"Decile {n}", 400 + 20 * n, 1000) for n in range(1, 11)]
    (found,) = slopes_by_deprivation(figures(*rows)).to_dict("records")
    # deciles of equal size rise by 2 points each: over the whole range 10 steps, 20 points (less at the logit's ends)
    assert found["slope"] == pytest.approx(-20, abs=0.5)
    assert found["direction"] == "adverse"
    assert (found["most_deprived"], found["least_deprived"]) == pytest.approx((43.0, 59.0))


def test_years_are_apart_and_the_latest_is_the_one_that_is_read():
    before = {"period": ("2023-04-01", "2024-03-31")}
    rows = figures(
        ("RV5", RECOVERY, "White", 500, 1000, before),
        ("RV5", RECOVERY, "Black", 400, 1000, before),
        ("RV5", RECOVERY, "White", 500, 1000),
        ("RV5", RECOVERY, "Black", 495, 1000),
    )
    assert groups_of(patients_by_breakdown(rows)).loc["Black", "people"] == 1000
    years = recovery_by_year(rows)
    black = years[years["group"] == "Black"]
    assert black["gap"].tolist() == pytest.approx([-10.0, -0.5])
    assert black["direction"].tolist() == ["adverse", "unclear"]


def test_the_widest_clear_gap_is_of_the_best_measure_that_the_trust_has():
    groups = {"White": (500, 1000), "Asian": (400, 1000), "Black": (350, 1000), "Mixed": (495, 1000)}
    continuity = "maternity_continuity_of_carer_by_ethnicity"
    rows = pd.concat(
        [
            recovery("RV5", **groups),
            figures(*((code, continuity, group, 10, 50) for code in ("RV5", "R1K") for group in groups)),
        ],
        ignore_index=True,
    )
    table = patients_by_breakdown(rows)
    found = widest_gap(table, "RV5")
    assert (found.measure.id, found.widest["group"]) == ("talking_therapies_recovery", "Black")
    assert (found.compared, found.clear, found.white_percent) == (3, 2, 50.0)
    assert found.unclear == ["Mixed"]
    other = widest_gap(table, "R1K")
    assert (other.measure.id, other.widest, other.clear) == ("maternity_continuity_of_carer", None, 0)
    assert widest_gap(table, "RRU") is None


def test_without_white_patients_nobody_is_compared():
    table = patients_by_breakdown(recovery(Asian=(40, 100), Black=(50, 100)))
    assert widest_gap(table, "RV5") is None
    assert groups_of(table)["gap"].isna().all()


def test_comparators_are_england_the_one_system_and_similar_trusts_added_up():
    def of(code, white, black):
        return recovery(code, White=(white, 100), Black=(black, 100))

    rows = [of("RV5", 50, 40), of("RX1", 60, 50), of("RX2", 40, 20), of("ENG", 50, 46), of("QXX", 55, 45)]
    table = patients_by_breakdown(pd.concat(rows, ignore_index=True))
    black = with_others(table, "RV5", ["RX1", "RX2", "RX3"], ["QXX"]).set_index("group").loc["Black"]
    assert (black["england_percent"], black["england_gap"]) == pytest.approx((46, -4))
    assert (black["system_percent"], black["system_gap"]) == pytest.approx((45, -10))
    assert (black["similar_percent"], black["similar_gap"]) == pytest.approx((35, -15))
    assert black["similar_trusts"] == 2
    several = with_others(table, "RV5", [], ["QXX", "QYY"]).set_index("group").loc["Black"]
    assert np.isnan(several["system_percent"])


def test_nothing_is_held_is_an_empty_table_with_its_columns():
    table = patients_by_breakdown(figures(("RV5", "wres_8", "White", 1, 20)))
    assert table.empty
    assert {"gap", "direction"} <= set(table.columns)
    assert recovery_by_year(figures(("RV5", "wres_8", "White", 1, 20))).empty


def rules(people: int = 10, responses: int = 11) -> DisclosureRules:
    return DisclosureRules(DisclosureRule(minimum_responses=responses, minimum_people=people))


def shown(table: pd.DataFrame, place: str = "RV5") -> list[str]:
    return table.loc[(table["place"] == place) & (table["status"] == "ok"), "group"].tolist()


def test_few_people_are_hidden_alone_where_rounding_to_5_leaves_their_number_open():
    # 10 people are fewer than 11; from a total and two counts that are each up to 2 away, 4 to 16
    held = recovery(Asian=(5, 10), Black=(20, 40), White=(500, 1000))
    assert shown(patients_by_breakdown(held, rules())) == ["Black", "White"]
    assert shown(recovery_by_year(held, rules())) == ["Black", "White"]


@pytest.mark.parametrize(
    ("held", "threshold", "left"),
    [
        # a total less one rounded count says within 5 how many the other is
        ({"Asian": (5, 10), "White": (500, 1000)}, 10, []),
        # a trust that hides fewer than 30 cannot leave one group within 10
        ({"Asian": (5, 10), "Black": (20, 40), "White": (500, 1000)}, 30, ["White"]),
    ],
)
def test_few_people_are_hidden_with_another_group_where_rounding_is_not_enough(held, threshold, left):
    held = recovery(**held)
    assert shown(patients_by_breakdown(held, rules(threshold))) == left
    assert shown(recovery_by_year(held, rules(threshold))) == left

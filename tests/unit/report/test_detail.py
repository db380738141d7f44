"""The detail of a report in rows of words: enough to act on, side by side, patients, bands."""

import math

import pandas as pd
import pytest

from race_equality.analysis.funnel_position import among_their_kind
from race_equality.analysis.maternity import maternity_rates
from race_equality.analysis.patients_return import patients_by_group, patients_summary
from race_equality.disclosure.publishable import publishable_figures
from race_equality.report import bands, experience, patients, sentences, words
from race_equality.report.enough_to_act_on import enough_to_act_on
from race_equality.report.staff_and_patients_table import side_by_side
from race_equality.statistics.trend import YearsToParity

#: Every trust of these tests is an acute one.
ACUTE = pd.DataFrame(
    {"trust_code": [a + b for a in ("R", "0", "1", "2") for b in ("AA", "BB", "CC", *(f"{n:02}" for n in range(41)))]}
).assign(kind="acute")
NONE = pd.DataFrame({"number": [], "breakdown": []})


def gap(number, value, lower, upper, **more):
    return {
        "number": number,
        "status": "ok",
        "gap": value,
        "gap_lower": lower,
        "gap_upper": upper,
        "ethnic_minority_total": 900.0,
        "white_total": 2000.0,
        **more,
    }


HERE = pd.DataFrame([gap(5, 2.3, -0.7, 5.4), gap(8, 8.4, 6.2, 10.7)]).set_index("number", drop=False)


def enough(here=HERE, likelihoods=NONE, **more):
    arguments = {
        "board": pd.DataFrame(),
        "asked": pd.DataFrame(),
        "deliveries": pd.DataFrame(),
        "by_group": NONE,
        "waits": False,
        "detentions": False,
    } | more
    return enough_to_act_on(here, likelihoods, **arguments).set_index("indicator")


def test_a_clear_gap_is_enough_and_an_unclear_one_is_not_and_both_say_what_to_do():
    table = enough()
    assert table.loc["Discrimination from a manager or colleagues (WRES 8)", "enough"] == "Yes"
    weak = table.loc["Harassment, bullying or abuse from the public (WRES 5)"]
    assert weak["enough"] == "No"
    assert "act on the gaps that are clear" in weak["then"]
    assert (table["then"].str.len() > 5).all()


def test_what_is_not_loaded_stands_in_one_row_and_says_so():
    row = enough().loc["WRES 1, 2, 3, 4 and 9"]
    assert (row["enough"], row["basis"]) == ("No", "In the trust’s own return, which is not loaded")


def test_a_gap_of_too_few_is_not_called_unpublished():
    hidden = enough(here=HERE.assign(status="suppressed"))
    assert hidden.loc["Discrimination from a manager or colleagues (WRES 8)", "basis"] == "Too few people to show"


def test_a_ratio_clear_of_one_is_enough():
    rows = pd.DataFrame(
        [
            {"number": 2, "ratio": 1.43, "lower": 1.28, "upper": 1.6, "status": "ok"},
            {"number": 3, "ratio": 1.0, "lower": 0.5, "upper": 1.92, "status": "ok"},
            {"number": 4, "ratio": math.nan, "lower": math.nan, "upper": math.nan, "status": "suppressed"},
        ]
    )
    table = enough(likelihoods=rows)
    assert table.loc["Non-mandatory training and development (WRES 4)", "basis"] == "Too few people to show"
    assert table.loc["Appointed from shortlisting (WRES 2)", "enough"] == "Yes"
    assert table.loc["Entering the formal disciplinary process (WRES 3)", "enough"] == "No"


@pytest.mark.parametrize(("unknown", "verdict"), [(9.9, "Yes"), (10.0, "No")])
def test_maternity_is_enough_where_ethnicity_is_recorded(unknown, verdict):
    deliveries = pd.DataFrame({"group": ["Not stated or not known"], "percent": [unknown]})
    assert enough(deliveries=deliveries).loc["Maternity by ethnic group", "enough"] == verdict


def test_chances_are_never_certain():
    assert [words.chance(value) for value in (1.0, 0.99, 0.5, 0.01, 0.0, math.nan)] == [
        "over 99%",
        "99%",
        "50%",
        "1%",
        "under 1%",
        "No data",
    ]


def test_a_rank_is_an_interval_and_a_trust_without_one_has_words():
    pooled = pd.DataFrame(
        [
            {
                "number": 8,
                "pooled_gap": 8.4,
                "lower": 6.5,
                "upper": 10.5,
                "probability_adverse": 0.999,
                "probability_more_adverse": 0.46,
                "rank_lower": 29.0,
                "rank_upper": 120.0,
                "trusts": 154,
            }
        ]
    )
    table = experience.compared_table(HERE, {"similar": HERE, "region": HERE.iloc[:0]}, pooled.set_index("number"))
    assert table["rank"].tolist() == ["No data", "29 to 120 of 154"]
    assert table["region"].tolist() == ["No data", "No data"]
    assert table["similar"].tolist() == ["+2.3", "+8.4"]


def test_staff_and_patients_stand_in_one_table():
    answers = pd.DataFrame({"percent": [9.0]}, index=["staff_survey_q16b"])
    # trusts that ordinarily lie from 6% to 12%: 14% of 9,000 is beyond them
    asked = asked_of({"RAA": 14.0, **{f"R{n:02}": 6 + 6 * n / 40 for n in range(41)}})
    waits = pd.DataFrame(
        [
            {
                "indicator": "rtt_within_18_weeks",
                "month": pd.Timestamp("2026-05-01"),
                "percent": 63.4,
                "similar_trusts": 65.5,
                "region": math.nan,
                "all_trusts": 64.8,
                "variation": "improvement",
                "provisional": False,
            }
        ]
    )
    births = pd.DataFrame(
        [
            {
                "trust_code": code,
                "indicator": "maternity_preterm_births",
                "count": count,
                "people": 1000.0,
                "percent": count / 10,
                "lower": count / 10 - 1,
                "upper": count / 10 + 1,
                "period_end": pd.Timestamp("2023-03-31"),
                "status": "ok",
            }
            for code, count in (("RAA", 93.0), ("RBB", 70.0), ("RCC", 80.0), ("DEMO", 999.0), ("ENG", 999.0))
        ]
    )
    # two like RBB and RCC four times over: eight real trusts of the kind
    more = births[births["trust_code"].isin(["RBB", "RCC"])]
    more = [more.assign(trust_code=more["trust_code"].str.replace("R", str(n))) for n in range(3)]
    births = among_their_kind(pd.concat([births, *more], ignore_index=True), ACUTE)
    here = HERE.assign(period_start=pd.Timestamp("2024-09-01"), period_end=pd.Timestamp("2024-11-30"))
    table = side_by_side(
        here,
        dict.fromkeys(("similar", "region", "all"), here),
        asked,
        dict.fromkeys(("similar", "region", "all"), answers),
        waits,
        births,
        "RAA",
        peer_codes=["RBB"],
        region_codes=[],
        alike_codes=births["trust_code"].tolist(),
    )
    assert table["who"].tolist() == ["Staff", "Staff", "Patients", "Patients"]
    assert table["reading"].tolist() == [
        "Worse for staff from ethnic minorities",
        "Worse than usual among acute trusts",
        "Improving",
        "Within the usual range among acute trusts",
    ]
    # all trusts: (93 + 4 × (70 + 80)) of 9,000, the invented and England's left out
    assert table.loc[3, ["similar", "region", "all"]].tolist() == ["7.0%", "No data", "7.7%"]
    assert table.loc[2, "region"] == "No data"


def asked_of(percents, people=9000.0):
    """The row of RAA among trusts with these percentages."""
    shares = pd.DataFrame(
        [
            {
                "trust_code": code,
                "indicator": "staff_survey_q16b",
                "percent": percent,
                "count": people * percent / 100,
                "people": people,
                "lower": percent - 0.7,
                "upper": percent + 0.7,
                "period_start": pd.Timestamp("2024-09-01"),
                "period_end": pd.Timestamp("2024-11-30"),
            }
            for code, percent in percents.items()
        ]
    )
    return among_their_kind(shares, ACUTE).query("trust_code == 'RAA'")


@pytest.mark.parametrize(
    ("others", "reading"),
    [
        # seven trusts of the kind are too few to say
        ([9 + n for n in range(6)], "Not compared: too few acute trusts"),
        # 10.2% of 9,000 is five standard errors from 12%: in the midst of trusts from 6% to 18%...
        ([6 + 12 * n / 40 for n in range(41)], "Within the usual range among acute trusts"),
        # ...and outside where they are alike; less discrimination is better
        ([12 + (n % 3 - 1) / 10 for n in range(41)], "Better than usual among acute trusts"),
    ],
)
def test_a_share_is_read_among_trusts_as_they_ordinarily_differ(others, reading):
    asked = asked_of({"RAA": 10.2, **{f"R{n:02}": percent for n, percent in enumerate(others)}})
    none = pd.DataFrame(columns=["percent"], dtype=float)
    births = pd.DataFrame(columns=["trust_code", "indicator", "period_end", "count", "people", "status"])
    found = side_by_side(
        HERE.iloc[:0],
        {},
        asked,
        {"similar": none, "region": none, "all": none},
        pd.DataFrame(columns=["indicator"]),
        births,
        "RAA",
        peer_codes=[],
        region_codes=[],
        alike_codes=["RAA", "RBB", "RCC"],
    )
    assert found["reading"].tolist() == [reading]


def returned(make_rows):
    rows = make_rows(
        [
            ("ethnicity", group, count, people)
            for group, count, people in (
                ("Asian", 40, 100),
                ("Black", 60, 100),
                ("White", 200, 500),
                ("Not known", 10, 30),
            )
        ]
        + [("deprivation", f"Quintile {n}", count, 200) for n, count in enumerate((100, 90, 80, 70, 60), 1)]
        + [
            ("age", "0 to 18", 20, 80),
            ("age", "Unknown", 30, 90),
            ("sex", "Female", 60, 140),
            ("sex", "Unknown", 9, 20),
        ]
    )
    return patients_by_group(rows, "RAA", threshold=11)


@pytest.fixture
def by_group():
    from race_equality.store.figures import figure_table

    def make(cells):
        day = pd.Timestamp("2025-03-31")
        return figure_table(
            [
                {
                    "trust_code": "RAA",
                    "organisation_code": "RAA",
                    "period_start": day,
                    "period_end": day,
                    "indicator": f"patients_waiting_over_18_weeks_by_{breakdown}",
                    "group": group,
                    "value": 100 * count / people,
                    "unit": "percent",
                    "numerator": count,
                    "denominator": people,
                    "status": "ok",
                    "source": "patients_return_RAA",
                    "locator": "row 1",
                }
                for breakdown, group, count, people in cells
            ]
        )

    return returned(make)


def test_of_a_measure_without_patients_nothing_is_said(by_group):
    """A trust without inpatients: that no group is reliably higher would be said of nobody."""
    nobody = by_group.assign(measure="patients_detained", status="not_available", direction="none", percent=math.nan)
    text = patients.return_sentences(pd.concat([by_group, nobody]), patients_summary(by_group))
    assert "detained" not in text
    assert "With 2 comparisons, about one in twenty would look reliable by chance alone." in text


def test_a_group_higher_than_the_white_group_beyond_chance_is_marked_in_words(by_group):
    table = patients.return_table(by_group, "ethnicity").set_index("group")["patients_waiting_over_18_weeks"]
    assert table["White"] == "40.0% (comparator)"
    assert table["Black"] == "60.0%, higher"
    assert table["Asian"] == "40.0%"
    assert table["Mixed"] == "No data"
    assert patients.return_table(by_group, "deprivation")["group"].tolist()[:2] == [
        "Most deprived fifth",
        "Second fifth",
    ]


def test_by_age_and_sex_each_share_has_its_interval_and_none_is_the_comparator(by_group):
    measure = "patients_waiting_over_18_weeks"
    age, sex = (patients.return_table(by_group, kind).set_index("group")[measure] for kind in ("age", "sex"))
    assert age["Aged 0 to 18"] == "25.0% (16.8 to 35.5)"
    assert age["Aged 65 and over"] == sex["Male"] == "No data"
    assert {"Age not known", "Sex not known"} <= {*age.index, *sex.index}
    both = patients.age_and_sex_table(by_group)
    assert both["group"].tolist() == [*age.index, *sex.index]
    without = by_group[~by_group["breakdown"].isin(["age", "sex"])]
    assert patients.age_and_sex_table(without).empty
    nothing = by_group.assign(status="not_available")
    assert patients.age_and_sex_table(nothing).empty


def test_patients_in_a_sentence_name_both_groups_and_the_interval(by_group):
    text = patients.return_sentences(by_group, patients_summary(by_group))
    assert text.startswith(
        "60.0% of patients on the waiting list in the Black group had waited over 18 weeks, against 40.0% in the White group: "
        "20.0 percentage points higher (95% confidence interval of the gap: "
    )
    assert "percentage points higher at the most deprived end than at the least" in text


def test_a_pay_band_is_one_row_for_both_kinds_of_staff():
    day = pd.Timestamp("2025-03-31")
    rows = [
        ("wres_1_clinical_band_5", 100),
        ("wres_1_clinical_band_6", 80),
        ("wres_1_non_clinical_band_5", 90),
        ("wres_1_medical_consultant", 70),
    ]
    table = pd.DataFrame(
        [
            {
                "period_end": day,
                "indicator": name,
                "people": float(people),
                "ethnic_minority_percent": 50.0,
                "lower": 40.0,
                "upper": 60.0,
            }
            for name, people in rows
        ]
    )
    shown = bands.bands_side_by_side(table, 10).set_index("band")
    assert shown.index.tolist() == ["Band 5", "Band 6", "Medical: consultant"]
    assert shown.loc["Band 5", ["people", "clinical_people"]].tolist() == ["90", "100"]
    assert shown.loc["Band 6", "people"] == "Not applicable"


def test_too_few_seats_are_not_shown():
    seats = {
        name: pd.DataFrame(
            [
                {
                    "period_end": pd.Timestamp("2025-03-31"),
                    "board_members": members,
                    "board_percent": 20.0,
                    "board_lower": 7.0,
                    "board_upper": 45.2,
                    "workforce_percent": 33.2,
                    "difference": -13.2,
                }
            ]
        )
        for name, members in (("wres_9_board", 15.0), ("wres_9_voting", 11.0), ("wres_9_executive", 7.0))
    }
    parity = YearsToParity(math.nan, math.nan, math.nan, "cannot be estimated", math.nan, math.nan)
    text = sentences.board_sentences(seats, parity, 10)
    # seven are few, and so are the four of fifteen who do not vote
    assert "Of members who vote and executive members there are too few people to show." in text
    assert "The gap of the board is −13.2 percentage points (95% confidence interval: −26.2 to +12.0)." in text
    assert text.endswith("When the shares will meet cannot be estimated.")
    closing = YearsToParity(6.2, 3.4, 14.8, "estimated", -0.6, 0.1)
    assert sentences.board_sentences(seats, closing, 10).endswith(
        "If both go on as they went, their shares meet in about 6 years (95% confidence interval: 3 to 15 years)."
    )
    # a board of too few says nothing but that
    none = sentences.board_sentences(seats, parity, 16)
    assert none.endswith("On 31 March 2025 the board had too few members to show how many were from ethnic minorities.")


def test_every_measure_of_births_has_a_name():
    from race_equality.definitions.indicators import BIRTHS
    from race_equality.store.figures import read_figures

    rates = maternity_rates(publishable_figures(read_figures()))
    assert set(rates["indicator"]) <= {measure.id for measure in BIRTHS}

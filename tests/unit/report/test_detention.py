"""Use of the Mental Health Act in words: every group, plain and standardised for age."""

import pandas as pd
import pytest

from race_equality.report import board_page, detention
from race_equality.store.trusts import resolve_trust

TRUST = resolve_trust("RV5")

#: England, 2023/24, as published: detentions, plain rate, standardised rate and its half width.
ENGLAND = {
    "Asian": (3993, 79.9, 82.5, 2.8),
    "Black": (5693, 239.0, 242.3, 6.9),
    "Mixed": (1935, 115.9, 177.1, 10.7),
    "White": (31735, 69.5, 68.4, 0.7),
    "Other": (2169, 130.6, 129.4, 6.0),
}


def detentions(*, standardised=True, **changes):
    rows = []
    for group, (count, rate, with_ages, _) in ENGLAND.items():
        times, alike = rate / 69.5, with_ages / 68.4
        rows.append(
            {
                "group": group,
                "detentions": count,
                "rate": rate,
                "lower": 0.97 * rate,
                "upper": 1.03 * rate,
                "times_white": times,
                "times_lower": 0.97 * times,
                "times_upper": 1.03 * times,
                **{
                    f"standardised_{name}": value if standardised and group != "White" else float("nan")
                    for name, value in (
                        ("times_white", alike),
                        ("times_lower", 0.95 * alike),
                        ("times_upper", 1.05 * alike),
                    )
                },
                "status": "ok",
                "period_end": pd.Timestamp("2024-03-31"),
            }
        )
    table = pd.DataFrame(rows).set_index("group", drop=False).rename_axis(None)
    for group, values in changes.items():
        for name, value in values.items():
            table.loc[group, name] = value
    return table.reset_index(drop=True)


def test_every_group_is_spoken_of_plain_and_standardised_with_the_reason():
    assert detention.detention_sentences(detentions(), "In England") == (
        "In England, people in the Black ethnic group were 3.4 times as likely as people in the White group to be "
        "detained under the Mental Health Act in the year to March 2024 (95% confidence interval: 3.3 to 3.5; 239 "
        "against 70 detentions for 100,000 people). Also reliably higher than in the White group: Asian (1.1 times), Mixed "
        "(1.7 times) and Other (1.9 times). These rates are not adjusted for age. Standardised for age, the Black group’s "
        "is 3.5 times the White group’s (3.4 to 3.7). That of the Mixed group rises from 1.7 to 2.6 times (2.5 to 2.7): "
        "people in the Mixed group are younger on average, and children, of whom very few are detained, lower its plain "
        "rate. Age changes the other two groups’ little."
    )


def test_the_highest_of_four_groups_does_not_speak_for_one_that_is_lower():
    text = detention.detention_sentences(
        detentions(
            standardised=False,
            Asian={"times_white": 0.7, "times_lower": 0.5, "times_upper": 0.9},
            Mixed={"times_lower": 0.9, "times_upper": 1.3},
        ),
        "In a system",
    )
    assert "Also reliably higher than in the White group: Other (1.9 times)." in text
    assert "Reliably lower than in the White group: Asian (0.7 times)." in text
    assert "No reliable difference: Mixed; this does not show that rates are the same." in text
    assert text.endswith("not adjusted for age: rates by age are published for England alone.")


def test_a_rate_that_falls_with_age_has_another_reason():
    text = detention.detention_sentences(detentions(Other={"standardised_times_white": 1.5}), "In England")
    assert (
        "it falls for Other (to 1.5 times): a larger share of them is of the ages at which most are detained." in text
    )
    assert text.endswith("Age changes the other group’s little.")


@pytest.mark.parametrize("lower", [False, True])
def test_a_ratio_whose_interval_holds_one_is_no_reliable_difference(lower):
    """Whether the intervals of two rates overlap does not say so: that of their ratio does."""
    unclear = {"times_lower": 0.97, "times_upper": 3.6}
    groups = dict.fromkeys(("Asian", "Black", "Mixed", "Other"), unclear)
    if lower:
        groups["Asian"] = {"times_white": 0.7, "times_lower": 0.5, "times_upper": 0.9}
    text = detention.detention_sentences(detentions(**groups), "In England")
    assert "show no group with a reliably higher rate" in text
    assert ("Reliably lower than in the White group: Asian" in text) == lower
    assert ("does not show that rates are the same" in text) != lower


def test_a_table_has_both_ratios_and_a_suppressed_rate_is_words():
    table = detentions(Asian={"status": "suppressed"})
    rows = detention.detention_table(table, table).set_index("group")
    assert rows.loc["Mixed", ["england_times", "england_standardised"]].tolist() == [
        "1.7 (1.6 to 1.7)",
        "2.6 (2.5 to 2.7)",
    ]
    assert set(rows.loc["Asian"]) == {"Too few people to show"}
    assert rows.loc["White", ["england_times", "england_standardised"]].tolist() == ["Comparator"] * 2
    without = detention.detention_table(detentions(standardised=False)).set_index("group")
    assert without.loc["Mixed", "england_standardised"] == "No data"


def test_the_card_is_about_the_group_and_not_about_all_ethnic_minorities():
    card = board_page.detention_card(TRUST, detentions(), None)
    assert card.reading == "Worse for the Black group"
    assert "with ages made alike 3.5 times" in card.words
    system = detentions(standardised=False, Asian={"times_white": 0.7, "times_lower": 0.5, "times_upper": 0.9})
    card = board_page.detention_card(TRUST, detentions(), system)
    assert card.reading == "Worse for the Black group, lower for Asian"
    assert "239 and 70 for 100,000 people" in card.words

"""The audit knows which count is among which: a hidden share between two shown ones, or at the end of a sum, is found."""

from __future__ import annotations

import csv
import io

import pytest

from race_equality.audit.channels import Table
from race_equality.audit.levels import everybody_of_a_group, worked_out_between_levels, worked_out_from_shares
from race_equality.audit.site import audit_site
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules

HIDDEN = "Too few people to show"
HEADINGS = ("Ethnic group", "Waiting over 18 weeks", "Over 52 weeks", "Over 65 weeks", "Restrictive interventions")


def on_page(*rows, columns=HEADINGS):
    return [Table("trusts/R1A.html", "HTML table", "Patients by ethnic group", columns, rows)]


def said(problems):
    return [problem.message for problem in problems]


def test_a_hidden_share_between_two_equal_ones_is_worked_out():
    rows = on_page(
        ("Black", "11.7%", HIDDEN, "11.7%, lower", "12.0%"),
        ("Mixed", "33.3%, higher", HIDDEN, "0.0%", "14.1%"),
        ("White", "20.0% (comparator)", "7.5% (comparator)", "3.0% (comparator)", "11.0% (comparator)"),
    )
    assert said(worked_out_between_levels(rows)) == [
        "Over 52 weeks of Black is 11.7% to 11.7%, between the levels next to it"
    ]


@pytest.mark.parametrize(
    "row",
    [
        ("Black", "11.7%", "11.7%", "11.7%", HIDDEN),  # another measure
        ("Black", "11.9%", HIDDEN, "11.7%", "12.0%"),  # the rounding leaves room
        ("Black", HIDDEN, HIDDEN, "11.7%", "12.0%"),
        ("Black", "11.7%", HIDDEN, HIDDEN, "12.0%"),
    ],
)
def test_what_can_still_be_several_things_is_not_accused(row):
    assert said(worked_out_between_levels(on_page(row))) == []


def test_published_waits_have_headings_with_intervals():
    """Nothing lies between two levels there: over 52 is at most what over 18 is, and that alone says little."""
    columns = ("Ethnic group", "People", "Over 18 weeks (95% interval)", "Over 52 weeks (95% interval)")
    rows = on_page(("Black", "103", "11.7% (6.8 to 19.3)", HIDDEN), columns=columns)
    assert said(worked_out_between_levels(rows)) == []


def test_a_share_of_all_is_found_on_a_page():
    rows = on_page(("Other", "40.0%", "2.0%", "1.0%", "100.0%"), ("White", "100.0%", "2.0%", "1.0%", "11.0%"))
    assert sorted(said(everybody_of_a_group(rows))) == [
        "Restrictive interventions: all of Other",
        "Waiting over 18 weeks: all of White",
    ]


# ---------------------------------------------------------------- data files

FILE = ("trust_code", "measure", "group", "period_end", "value", "unit", "people")


def in_file(counts, *, hidden=(), measures=("patients_restrictive_interventions",), kind="ethnicity"):
    """Rows as the CSV has them: a share with one decimal and its people."""
    rows = []
    for group, (people, *rest) in counts.items():
        for measure, count in zip(measures, rest, strict=True):
            gone = (group, measure) in hidden or group in hidden
            share, base = ("[c]", "[c]") if gone else (f"{100 * count / people:.1f}", str(people))
            rows.append(("R1A", f"{measure}_by_{kind}", group, "2026-03-31", share, "percent", base))
    return rows


def data_file(*rows):
    return [Table("trusts/R1A-figures.csv", "data file", "", FILE, tuple(rows))]


def test_people_of_two_hidden_groups_are_counted_from_the_totals_by_sex():
    """74 in all less 52 shown are 22, which is all of the two groups: 117 inpatients less 95."""
    by_ethnicity = in_file(
        {"Asian": (30, 14), "Black": (25, 18), "Mixed": (3, 3), "White": (40, 20), "Other": (19, 19)},
        hidden=("Mixed", "Other"),
    )
    by_sex = in_file({"Female": (60, 40), "Male": (57, 34)}, kind="sex")
    messages = said(worked_out_from_shares(data_file(*by_ethnicity, *by_sex)))
    # sizes of 3 and 19 are not in the file, and each count is as open as they are; but it happened to all of them
    assert messages == [
        "Restrictive interventions by ethnicity: all, or all but a few, of Mixed and Other together, from totals"
    ]
    with_size = [
        ("R1A", "patients_restrictive_interventions_by_ethnicity", "Other", "2026-03-31", "[c]", "percent", "19")
    ]
    by_ethnicity = [with_size[0] if row[2] == "Other" else row for row in by_ethnicity]
    messages = said(worked_out_from_shares(data_file(*by_ethnicity, *by_sex)))
    assert any("of Mixed counts 3 to 3" in message for message in messages)
    assert any("of Other counts 19 to 19" in message for message in messages)


WAITS = tuple(f"patients_waiting_over_{weeks}_weeks" for weeks in (18, 52, 65))


def test_a_level_between_two_others_is_narrowed_to_a_few():
    """30 over 18 weeks and 27 over 65: over 52 are 27 to 30, by their shares of 300 on the list."""
    groups = {"Black": (300, 30, 28, 27), "Mixed": (200, 30, 20, 10), "White": (2000, 400, 150, 60)}
    open_level = data_file(*in_file(groups, hidden=(("Black", WAITS[1]), ("Mixed", WAITS[1])), measures=WAITS))
    assert said(worked_out_from_shares(open_level)) == [
        "Waiting over 52 weeks by ethnicity of Black counts 27 to 30, from the levels next to it, its group and totals"
    ]
    both = (("Black", WAITS[1]), ("Black", WAITS[2]), ("Mixed", WAITS[1]), ("Mixed", WAITS[2]))
    assert said(worked_out_from_shares(data_file(*in_file(groups, hidden=both, measures=WAITS)))) == []


def test_all_but_a_few_of_a_group_are_found_where_its_people_are_given():
    rows = in_file({"Asian": (12, 12), "Black": (20, 16), "Mixed": (20, 15), "White": (5000, 4994)})
    assert said(everybody_of_a_group(data_file(*rows))) == [
        "Restrictive interventions by ethnicity: all, or all but a few, of the 12 of Asian",
        "Restrictive interventions by ethnicity: all, or all but a few, of the 20 of Black",
    ]


def test_breakdowns_that_do_not_add_up_accuse_nobody():
    by_ethnicity = in_file({"Asian": (30, 14), "White": (40, 20), "Other": (19, 12)}, hidden=("Other",))
    by_sex = in_file({"Female": (20, 10), "Male": (20, 10)}, kind="sex")
    assert said(worked_out_from_shares(data_file(*by_ethnicity, *by_sex))) == []
    other_files = [Table("a.csv", "data file", "", ("measure", "group", "value"), (("x", "Asian", "[c]"),))]
    assert said(worked_out_from_shares(other_files)) == said(everybody_of_a_group(other_files)) == []


def test_the_audit_of_a_site_uses_all_three(tmp_path):
    folder = tmp_path / "site" / "trusts"
    folder.mkdir(parents=True)
    cells = ("Black", "11.7%", HIDDEN, "11.7%", "100.0%")
    head, body = ("".join(f"<{tag}>{text}</{tag}>" for text in row) for tag, row in (("th", HEADINGS), ("td", cells)))
    (folder / "R1A.html").write_text(
        f"<html><head><title>R1A</title></head><body><table><caption>Patients by ethnic group</caption><thead><tr>{head}</tr>"
        f"</thead><tbody><tr>{body}</tr></tbody></table></body></html>",
        encoding="utf-8",
    )
    text = io.StringIO()
    csv.writer(text).writerows(
        [
            FILE,
            *in_file(
                {"Black": (300, 30, 28, 27), "White": (2000, 400, 150, 60)},
                hidden=(("Black", WAITS[1]),),
                measures=WAITS,
            ),
        ]
    )
    (folder / "R1A-figures.csv").write_text(text.getvalue(), encoding="utf-8")
    found = audit_site(tmp_path / "site", rules=DisclosureRules(DisclosureRule(11, 10)))
    messages = " ".join(problem.message for problem in found.problems)
    assert "Over 52 weeks of Black is 11.7% to 11.7%" in messages
    assert "of Black counts 27 to 30" in messages
    assert "Restrictive interventions: all of Black" in messages

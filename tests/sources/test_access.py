"""Waiting times and A&E, month by month."""

import pandas as pd
import pytest

from race_equality.errors import InputError
from race_equality.figures.schema import check_figures
from race_equality.sources.access import read_ae, read_rtt


def month(figures, code, indicator, end):
    rows = figures.query("organisation_code == @code and indicator == @indicator")
    rows = rows[rows["period_end"] == pd.Timestamp(end)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_shares_of_the_waiting_list(whole_cut, trust_list):
    reading = read_rtt(whole_cut.rtt, trust_list)
    figures = check_figures(reading.figures, origin="cut")
    row = month(figures, "RJ1", "rtt_within_18_weeks", "2026-02-28")
    assert (row["value"], row["numerator"], row["denominator"]) == (60, 600, 1000)
    assert row["locator"] == "row 2, within_18wk"
    assert month(figures, "RJ1", "rtt_over_52_weeks", "2026-03-31")["value"] == 1
    assert month(figures, "RVJ", "rtt_over_52_weeks", "2026-03-31")["trust_code"] == "RA7"
    assert (reading.source_id, reading.edition) == ("rtt", "to March 2026")


def test_a_blank_is_not_available_and_not_zero(whole_cut, trust_list):
    figures = read_rtt(whole_cut.rtt, trust_list).figures
    assert month(figures, "RJ1", "rtt_over_65_weeks", "2026-03-31")["status"] == "not_available"
    assert month(figures, "RVJ", "rtt_over_65_weeks", "2026-03-31")["value"] == 0


def test_what_is_not_a_trust_is_counted_and_a_trust_without_a_list_is_marked(whole_cut, trust_list):
    reading = read_rtt(whole_cut.rtt, trust_list)
    assert reading.left_out == {"organisations that are not trusts": 1}
    assert month(reading.figures, "R1F", "rtt_over_52_weeks", "2026-03-31")["status"] == "not_available"
    assert month(reading.figures, "RX8", "rtt_over_52_weeks", "2026-03-31")["status"] == "not_applicable"


def test_ae_marks_the_months_after_recording_changed(whole_cut, trust_list):
    figures = check_figures(read_ae(whole_cut.ae, trust_list).figures, origin="cut")
    before = month(figures, "RJ1", "ae_over_4_hours", "2025-10-31")
    assert (before["value"], before["locator"]) == (25, "row 2, over4hr_all")
    after = month(figures, "RJ1", "ae_over_12_hours_to_admission", "2025-11-30")
    assert after["value"] == 7.5
    assert after["locator"] == "row 3, dta_12hr_plus (recorded as since November 2025)"


def test_a_month_without_attendances_has_no_share(whole_cut, trust_list):
    figures = read_ae(whole_cut.ae, trust_list).figures
    assert month(figures, "RY3", "ae_over_4_hours", "2025-11-30")["status"] == "not_applicable"


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        (1, "2026-02-15", "row 2, month_start: '2026-02-15' is not the first day of a month"),
        (1, "Feb 2026", "'Feb 2026' is not the first day of a month"),
        (1, "2026-03-01", "row 3, trust_code: The trust and month RJ1 2026-03-01 stands here and at row 2"),
        (3, 1001, "row 2, within_18wk: The rtt within 18 weeks 1001 is not between 0 and 1000"),
        (2, "", "row 2, total_incomplete: The waiting list is ''"),
    ],
)
def test_a_wrong_cell_names_its_row_and_column(cut, write, trust_list, column, value, problem):
    rows = list(write.RTT)
    rows[0] = (*rows[0][:column], value, *rows[0][column + 1 :])
    write.csv(cut.rtt, rows, write.RTT_HEADER)
    with pytest.raises(InputError, match=problem):
        read_rtt(cut.rtt, trust_list)


def test_the_mark_of_the_change_must_be_there(cut, write, trust_list):
    write.csv(cut.ae, [(*row[:2], "maybe", *row[3:]) for row in write.AE], write.AE_HEADER)
    with pytest.raises(InputError, match="row 2, methodology_break: 'maybe' is neither True nor False"):
        read_ae(cut.ae, trust_list)

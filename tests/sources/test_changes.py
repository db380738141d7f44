"""What a new file changes, counted by hand."""

import pandas as pd

from race_equality.sources.edition_changes import changes

COLUMNS = ["trust_code", "organisation_code", "indicator", "group", "unit", "period_end", "value", "status"]


def figures(*rows):
    """Return figures from (trust, year, value), a value of None being suppressed."""
    return pd.DataFrame(
        [
            (
                code,
                code,
                "wres_6",
                "White",
                "percent",
                pd.Timestamp(year, 11, 30),
                value,
                "ok" if value is not None else "suppressed",
            )
            for code, year, value in rows
        ],
        columns=COLUMNS,
    )


HELD = figures(("RJ1", 2023, 20.0), ("RJ1", 2024, 22.0), ("RV5", 2023, 30.0), ("RV5", 2024, 31.0))


def test_a_file_cut_short_inside_a_trust_says_how_many_figures_are_lost():
    found = changes(HELD, HELD.drop(index=2))
    assert (found.figures_lost, found.newly_suppressed, found.figures_gained) == (1, 0, 0)
    assert (found.periods_lost, found.trusts_lost, found.values_changed) == ([], [], 0)
    assert not found.nothing


def test_a_figure_that_the_publisher_hides_now_is_lost_and_suppressed():
    found = changes(HELD, figures(("RJ1", 2023, 20.0), ("RJ1", 2024, 22.0), ("RV5", 2023, 30.0), ("RV5", 2024, None)))
    assert (found.figures_lost, found.newly_suppressed) == (1, 1)


def test_figures_of_a_period_or_trust_that_is_new_are_counted_there_alone():
    found = changes(HELD, pd.concat([HELD, figures(("RJ1", 2025, 21.0), ("RYC", 2024, 40.0))], ignore_index=True))
    assert (found.periods_gained, found.trusts_gained) == (["2025-11-30"], ["RYC"])
    assert (found.figures_gained, found.figures_lost) == (0, 0)
    # RJ1 from its latest before to its latest now
    assert found.movements[["trust_code", "before", "after"]].to_numpy().tolist() == [["RJ1", 22.0, 21.0]]


def test_what_reads_the_same_is_no_movement():
    new = figures(("RJ1", 2025, 22.04), ("RV5", 2025, 31.0), ("RYC", 2025, 9.0))
    assert changes(HELD, new, both_kept=True).movements.empty


def test_an_edition_beside_another_loses_no_period():
    found = changes(HELD, figures(("RJ1", 2025, 21.0), ("RYC", 2025, 9.0)), both_kept=True)
    assert (found.periods_gained, found.periods_lost) == (["2025-11-30"], [])
    assert (found.trusts_gained, found.trusts_lost) == (["RYC"], ["RV5"])


def test_the_same_figures_are_no_change():
    assert changes(HELD, HELD).nothing

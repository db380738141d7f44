"""Which publications a page rests on, where a figure stands, and what is missing and why."""

from types import SimpleNamespace

import pandas as pd

from race_equality.report.board_page import marks
from race_equality.report.missing import missing_indicators
from race_equality.report.trace import sources_used, trace_of
from race_equality.store.figures import read_figures
from race_equality.store.provenance import read_sources
from race_equality.store.trusts import resolve_trust


def test_a_page_names_the_publications_it_shows_and_no_other():
    titles = sources_used(read_figures(), ["wres_8", "maternity_deliveries_by_ethnicity"], read_sources())["title"]
    assert titles.tolist() == [
        "Maternity Services Data Set, annual CSV, year to March 2024",  # the latest of four editions
        "WRES indicators 5 to 8 by trust, NHS Staff Survey benchmark workbook 2024",
    ]


def test_invented_figures_are_a_source_of_the_demonstration_trust_alone():
    figures, sources = read_figures(), list(read_sources())
    everybody = sources_used(figures, ["wres_8"], sources, trust_code="R1H")["title"]
    invented = sources_used(figures, ["wres_8"], sources, trust_code="DEMO")["title"]
    assert not everybody.str.contains("nvented").any()
    assert invented.str.contains("nvented").sum() == 1


def test_a_figure_is_traced_to_its_cell():
    traced = trace_of(read_figures(), "R1H", ["staff_survey_q16b"], read_sources())
    assert traced.loc[0, "file"] == "NSS24 detailed spreadsheets organisational results.xlsx"
    assert traced.loc[0, "place"] == "HEALTH WELLBEING SAFETY Q15-17!N67"


def missing(code):
    return missing_indicators(read_figures(), resolve_trust(code)).set_index("what")


def test_suppressed_not_available_and_not_applicable_have_different_words():
    mental_health, online = missing("RV5"), missing("K0N6A")
    assert mental_health.loc["Staff experience by ethnic group (WRES 5 to 8)", "why"].startswith("Not available")
    assert mental_health.loc["Catchment population, deprivation and ethnicity", "why"] == (
        "Not applicable: catchments are published for acute trusts alone"
    )
    assert "opened on 1 June 2026, after the period" in online.loc["Staff by staff group", "why"]


def test_what_only_a_return_holds_says_how_to_load_it():
    listed = missing("R1H")
    how = listed.loc[listed.index.str.contains("WRES 1 to 4 and 9"), "how"].item()
    assert how == (
        "race-equality data template wres R1H (with --published, to copy it from the trust’s page), fill in the file, "
        "race-equality data add FILE"
    )


def test_the_rest_of_a_return_is_missing_part_by_part():
    figures = read_figures()
    own = figures[figures["indicator"] == "wres_2"].assign(trust_code="R1H", source="wres_return_R1H", private=True)
    listed = missing_indicators(pd.concat([figures, own]), resolve_trust("R1H"))["what"].tolist()
    assert "Formal disciplinary process (WRES 3)" in listed
    assert "Appointment from shortlisting (WRES 2)" not in listed


def test_a_trace_has_every_place_of_a_figure():
    traced = trace_of(read_figures(), "R1H", ["wres_8", "wres_5", "staff_survey_q28"], read_sources())
    places = traced.set_index("figure")["place"]
    assert places["WRES 8"] == "row 48, rate; row 49, rate"
    assert places["WRES 5"] == "row 42, rate; row 43, rate"
    assert "18 places" in places["Staff who answered, by ethnic group"]


def test_the_demonstration_trusts_complete_return_is_not_missing():
    assert not missing("DEMO").index.str.contains("WRES").any()
    assert isinstance(missing("DEMO"), pd.DataFrame)


def test_a_page_with_a_trusts_own_return_is_marked_local_and_others_are_not():
    figures = read_figures()
    own = (
        figures[figures["indicator"] == "wres_2"]
        .head(2)
        .assign(trust_code="R1H", source="wres_return_R1H", private=True)
    )
    loaded = pd.concat([figures, own])
    assert marks(resolve_trust("R1H"), figures) == []
    assert marks(resolve_trust("R1H"), loaded)[0].startswith("Local: not for publication")
    assert marks(resolve_trust("RV5"), loaded) == []


def test_a_trusts_own_return_is_a_source_of_its_page_alone():
    figures = read_figures()
    own = (
        figures[figures["indicator"] == "wres_2"]
        .head(1)
        .assign(trust_code="R1H", source="wres_return_R1H", private=True)
    )
    sources = [
        *read_sources(),
        SimpleNamespace(
            id="wres_return_R1H",
            title="Own return",
            publisher="Trust",
            period="2025",
            date_read="2026-11-22",
            licence="None",
        ),
    ]
    loaded = pd.concat([figures, own])
    assert "Own return" in sources_used(loaded, ["wres_2"], sources, trust_code="R1H")["title"].tolist()
    assert "Own return" not in sources_used(loaded, ["wres_2", "wres_8"], sources, trust_code="RV5")["title"].tolist()

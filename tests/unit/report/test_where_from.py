"""Links from numbers lead to rows; nothing leads to what is hidden."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from race_equality.analysis import detentions_by_ethnicity, gap_readings
from race_equality.analysis.gap_reading import read_gap
from race_equality.notebook import (
    publishable_figures,
    read_figures,
    read_sources,
    read_trusts,
    resolve_trust,
    system_codes,
)
from race_equality.report import where_from
from race_equality.report.board_page import detention_card
from race_equality.report.display import Anchor, Linked, Prose, show_table
from race_equality.report.glossary import METHODS
from race_equality.report.where_from import METHODS_OF, WhereFrom

USES = {use for use, _, _ in METHODS}


@pytest.fixture(scope="module")
def figures():
    return publishable_figures(read_figures(local=False))


def links_of(figures, code, *measures, **options):
    return WhereFrom(resolve_trust(code), measures, figures, read_sources(), **options)


def test_a_row_has_the_publication_with_its_address_and_place_the_method_and_the_cells(figures):
    where = links_of(figures, "R1H", "wres_8", "staff_survey_q28")
    (link,) = where.of("experience-table", "wres_8")
    assert where.of("funnel", "wres_8") == (link,)
    (row,) = where.table({"wres_8": "What was found."}).to_dict("records")
    assert link == Linked("WRES 8", f"#{row['figure'].id}")
    assert row["found"] == "What was found."
    assert "row 48, rate; row 49, rate" in str(row["published"])
    assert any(isinstance(part, Linked) and part.address.startswith("https://") for part in row["published"].parts)
    assert "../notebooks/methods.html#method-a-gap-in-percentage-points" in row["how"].markup()
    assert "../trusts/R1H.ipynb#cell-id=experience-table" in row["how"].markup()
    assert "cells experience-table, funnel" in str(row["how"])


def test_nothing_leads_to_a_hidden_figure_nor_to_one_that_is_not_published(figures):
    assert links_of(figures, "R1H", "wres_8", hidden=["wres_8"]).of("funnel", "wres_8") == ()
    assert links_of(figures, "RV5", "wres_8").of("funnel", "wres_8") == ()  # no row in the file
    gone = figures.assign(status=figures["status"].mask(figures["indicator"].eq("wres_8"), "suppressed"))
    assert links_of(gone, "R1H", "wres_8").of("funnel", "wres_8") == ()


def test_the_invented_trust_leads_to_invented_figures(figures):
    where = links_of(figures, "DEMO", "wres_8")
    where.of("funnel", "wres_8")
    assert "nvented" in str(where.table()["published"].iloc[0])


def test_each_method_is_on_the_page_of_methods():
    assert {use for uses in METHODS_OF.values() for use in uses} <= USES


def test_sentences_and_tables_end_with_their_links():
    links = (Linked("WRES 8", "#from-wres-8"),)
    markdown = Prose("It is 6.1 points.", sources=links)._repr_mimebundle_()["text/markdown"]
    assert markdown == "It is 6.1 points. (Where from: [WRES 8](#from-wres-8).)"
    shown = show_table(
        pd.DataFrame({"a": [Anchor("WRES 8", "from-wres-8")], "b": ["6.1"]}),
        id="tbl-a", caption="c", columns={"a": "A", "b": "B"}, sources=links,
    )  # fmt: skip
    assert '<th scope="row"><span id="from-wres-8">WRES 8</span></th>' in shown.markup
    assert shown.markup.endswith('<p class="sources">Where from: <a href="#from-wres-8">WRES 8</a></p>')
    for address in ("#From", "#a b", "../trusts/R1H.ipynb#x", "../../etc", "javascript:alert(1)"):
        with pytest.raises(ValueError, match="must begin with"):
            Linked("x", address)


def numbers(text):
    return set(re.findall(r"\d[\d,]*(?:\.\d+)?", text.replace("95% confidence interval", "")))


def test_the_row_on_detention_holds_every_number_of_the_card_of_each_mental_health_trust(figures):
    england, cards, lost = detentions_by_ethnicity(figures), 0, []
    for trust in read_trusts().query("kind == 'mental health'").itertuples():
        systems = [detentions_by_ethnicity(figures, code) for code in system_codes(trust.system)]
        systems = [found for found in systems if len(found)]
        system = systems[0] if len(systems) == 1 else None
        card = detention_card(trust, england, system)
        if card is not None:
            cards += 1
            row = where_from.of_detentions({trust.system: system, "England": england})["mha_detentions_rate"]
            lost += [(trust.trust_code, number) for number in numbers(card.words) - numbers(row)]
    assert cards > 30
    assert lost == []


def test_the_row_of_a_gap_ends_with_its_reading(figures):
    here = gap_readings(figures, read_trusts())
    here = here[here["trust_code"] == "RX7"]
    found = where_from.of_gaps(here, {})["wres_8"]
    reading = read_gap(here[here["number"] == 8].iloc[0]).words
    assert "chance that it is adverse" in reading
    assert found.endswith(f"{reading[1:]}.")

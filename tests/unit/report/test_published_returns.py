"""What a trust published on its own page is marked wherever it is shown, and stands next to other trusts'."""

import numpy as np
import pandas as pd
import pytest

from race_equality.analysis.returns_of_trusts import COLUMNS
from race_equality.definitions.codes import PUBLISHED_BY_TRUSTS
from race_equality.downloads.codebook import codebook
from race_equality.report import board_markup, board_page, sentences
from race_equality.report.returns_compared import comparators_table
from race_equality.report.summary_table import wres_summary
from race_equality.report.trace import trace_of
from race_equality.store.figures import figure_table
from race_equality.store.provenance import Source

END = pd.Timestamp(2025, 3, 31)
NOTHING = pd.DataFrame()
PAGE = "published by the trust at https://a.nhs.uk/wres.pdf, read on 2025-11-20"


def likelihoods(copied):
    row = {"number": 2, "period_start": pd.Timestamp(2024, 4, 1), "period_end": END, "status": "ok", "outside": 0.9}
    row |= {"ethnic_minority_percent": 14.0, "white_percent": 20.0, "ratio": 1.43, "lower": 1.2, "upper": 1.7}
    return pd.DataFrame([row | {"published_by_trust": copied}])


def board(copied):
    row = {"period_end": END, "board_members": 15, "board_percent": 20.0, "board_lower": 7.0, "board_upper": 45.0}
    row |= {"workforce_percent": 32.0, "difference": -12.0, "board_minority": 3, "staff_minority": 320, "staff": 1000}
    return pd.DataFrame([row | {"status": "ok", "published_by_trust": copied}])


@pytest.mark.parametrize("copied", [True, False])
def test_the_rows_and_the_caption_of_the_first_page_say_so(copied):
    table = wres_summary(pd.DataFrame(columns=["status"]), NOTHING, likelihoods(copied), board(copied))
    marked = table["indicator"].str.endswith(" †")
    assert [n for n, is_marked in enumerate(marked, start=1) if is_marked] == ([1, 2, 9] if copied else [])
    shown = board_markup.board_page(
        about="", marks=[], state="State.", changed="", cards=[], table=table, table_caption="Nine rows", chart=None,
        action_counts=None, decisions=[], caution="",
    )  # fmt: skip
    for text in (shown.markup, shown.plain):
        assert ("Nine rows. † Published by the trust on its own page" in text) is copied


@pytest.mark.parametrize("copied", [True, False])
def test_cards_and_sentences_say_so(copied):
    leadership, shortlisting, _ = board_page.staff_cards(
        pd.DataFrame(columns=["status"]), NOTHING, likelihoods(copied), board(copied), {},
        pd.DataFrame(columns=["indicator"]), NOTHING, "acute",
    )  # fmt: skip
    assert all(("Published by the trust." in card.words) is copied for card in (leadership, shortlisting))
    said = sentences.likelihood_sentences(likelihoods(copied))[0]
    assert said.endswith(sentences.PUBLISHED_BY_TRUST) is copied


def together(*rows):
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_a_table_sets_them_next_to_the_trusts_that_publish_theirs_and_says_how_many():
    others = together(
        (2, END, "similar", 3, "", 1.5, 1.3, 1.8),
        (2, END, "region", 1, "RAA", 1.43, 1.2, 1.7),
        (2, END, "all", 12, "", 1.6, 1.5, 1.7),
        (9, END, "all", 2, "", -8.0, -15.0, 1.0),
        (2, pd.Timestamp(2024, 3, 31), "region", 9, "", 9.0, 8.0, 10.0),  # of another year
    )
    sets = ("similar", "region", "all")
    table = comparators_table(likelihoods(True), board(True), others, {2: ("1.59", END)}, sets, "RAA")
    second, ninth = table.to_dict("records")
    assert second["here"] == "1.43 (1.20 to 1.70)"
    assert [second[name] for name in sets] == [
        "1.50 (1.30 to 1.80), 3 trusts",
        "This trust alone",
        "1.60 (1.50 to 1.70), 12 trusts",
    ]
    assert (second["when"], second["england"]) == ("year to March 2025", "1.59")
    assert ninth["all"].endswith(", 2 trusts")
    assert (ninth["region"], ninth["england"]) == ("No trust publishes it", "No data")


def test_what_is_hidden_of_the_trust_stays_hidden_next_to_others():
    hidden = likelihoods(True).assign(status="suppressed", ratio=np.nan, lower=np.nan, upper=np.nan)
    others = together((2, END, "all", 4, "", 1.6, 1.5, 1.7))
    (row,) = comparators_table(hidden, board(True).iloc[:0], others, {}, ("all",), "RAA").to_dict("records")
    assert row["here"] == "Too few people to show"


def test_without_a_trust_that_publishes_there_is_no_table():
    assert comparators_table(likelihoods(False), board(False), together(), {}, ("all",), "RAA").empty


def test_the_trace_leads_to_the_page():
    row = {
        "trust_code": "RAA", "organisation_code": "RAA", "period_start": END, "period_end": END, "indicator": "wres_2",
        "value": 20.0, "unit": "percent", "status": "ok", "source": PUBLISHED_BY_TRUSTS,
    }  # fmt: skip
    figures = figure_table(
        [row | {"group": group, "locator": f"{PAGE} (copied.csv row 4, {group})"} for group in ("White", "Unknown")]
    )
    source = Source(PUBLISHED_BY_TRUSTS, "title", "", "", "", END.date(), "", "copied.csv", "")
    (traced,) = trace_of(figures, "RAA", ["wres_2"], [source]).to_dict("records")
    assert traced["file"] == "copied.csv"
    assert (traced["figure"], traced["place"]) == ("WRES 2", PAGE)


def test_the_codebook_explains_the_mark():
    words = {row["id"]: row["definition"] for row in codebook() if row["entry"] == "column"}
    assert "published by the trust" in words["source"]
    assert "how many trusts" in words["trusts_with_figures"].lower()

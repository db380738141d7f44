"""The assurance statement of the real figures: its numbers are those that other commands and pages say."""

from __future__ import annotations

import datetime
import html
import re

import pytest
from click.testing import CliRunner

from race_equality.audit.site import Audit, Problem
from race_equality.batch.build import BuildResult
from race_equality.commands.main import main
from race_equality.definitions.assumptions import ASSUMPTIONS
from race_equality.project import Project
from race_equality.publishing.assurance import SignedBy, gather
from race_equality.publishing.assurance_page import assurance_page
from race_equality.publishing.record import MadeFrom
from race_equality.publishing.verification import Difference, Verification
from race_equality.render.config import read_config
from race_equality.render.edition import Edition
from race_equality.store.provenance import read_sources
from tests.conftest import ROOT

EDITION = Edition(name="2026-11", home="https://reports.example.nhs.uk", date="2026-11-28")
MADE_FROM = MadeFrom({"data/figures/rtt.parquet": "a", "notebooks/compare.ipynb": "b"}, "c" * 64, {}, "built-in")
DONE = {"notebook": "notebooks/board_report.ipynb", "status": "done"}


def facts(**more):
    given = {
        "signed": (),
        "corrections": (),
        "audit": Audit((), files=32, hidden=5608),
        "verification": None,
        "has_key": False,
        "project": Project(ROOT),
    }
    return gather(EDITION, {"trusts/RJ1.ipynb": DONE, "trusts/RRK.ipynb": DONE}, MADE_FROM, **given | more)


@pytest.fixture(scope="module")
def real():
    return facts()


def check(found, what: str):
    (one,) = [one for one in found.checks if one.what == what]
    return one


def test_its_numbers_are_those_that_others_say(real, monkeypatch):
    monkeypatch.chdir(ROOT)
    reconciled = CliRunner().invoke(main, ["data", "reconcile"]).output.splitlines()
    agree, of = re.fullmatch(r"(\d+) of (\d+) totals agree; .*", reconciled[-1]).groups()
    assert check(real, "The publishers' own totals").found.startswith(f"{agree} of {of} totals")
    assert len(real.totals) == int(of) - int(agree)
    text = " ".join((ROOT / "docs" / "statistics.md").read_text(encoding="utf-8").split())
    odd, little = re.search(r"they catch (\d+) as not plausible and (\d+) as incomplete", text).groups()
    assert f"{odd} are not plausible and {little} rest" in check(real, "Figures that cannot be right").found
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    patients = re.search(r"(\d+ of the 202 trusts) have a figure of patients by ethnic group", readme)[1]
    assert real.limitations[0].startswith(patients.replace("of the", "of"))
    assert check(real, "The figures held").outcome == "Passed"
    assert check(real, "Notebooks").found.startswith("2 of 2 pages are of 1 notebooks")
    # each publication with figures of a place that is not invented
    with_figures = {one.id for one in read_sources(local=False, project=Project(ROOT)) if one.figures_sha256}
    assert {one.source.id for one in real.coverage} == with_figures - {
        "demonstration", "ods_etr", "ods_trusts", "ods_successors", "systems", "system_boundaries",
    }  # fmt: skip


def test_what_was_not_done_or_went_wrong_is_said(real):
    undone = {one.what for one in real.checks if one.outcome == "Not done"}
    assert undone == {
        "Figures hidden here and shown in an earlier edition",
        "Made again",
        "Tests of the code",
        "A signature of the manifest by a key",
    }
    differs = Verification(
        40, (Difference("trusts/RJ1.html", "pandas is 3.1.1 here and was 3.0.0"),), (), BuildResult(ROOT)
    )
    found = facts(
        audit=Audit((Problem("trusts/RJ1.html", "too few", "table", "", "9 people"),), files=1, hidden=1),
        verification=differs,
        has_key=True,
        signed=(SignedBy("2026-11", "A. *Name*", "Head", datetime.date(2026, 11, 28), "All <of> it."),),
    )
    assert check(found, "Hidden figures").outcome == "Problems found"
    assert check(found, "Made again").found.endswith("trusts/RJ1.html first (pandas is 3.1.1 here and was 3.0.0).")
    assert check(found, "A signature of the manifest by a key").outcome == "Passed"


def test_the_page_prints_all_of_it(real):
    page = assurance_page(real, read_config(ROOT), ())
    words = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.partition("<body")[2])).split())
    assert "Nobody has signed this edition." in words
    for one in (*(check.found for check in real.checks), *(assumption.assumed for assumption in ASSUMPTIONS)):
        assert " ".join(one.split()) in words, one
    for one in real.coverage:
        assert one.source.sha256[:16] in words
    for one in real.totals:
        assert one.reason in words
    assert f"Version of the data: {real.data}." in words

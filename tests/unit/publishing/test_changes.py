"""What changed between two editions, from their files: by hand, a case for each kind of change."""

from __future__ import annotations

import csv
import json

import pytest

from race_equality.downloads.codebook import COLUMNS
from race_equality.errors import InputError
from race_equality.publishing.changes import changes_between, changes_csv, counted

BASE = dict.fromkeys(COLUMNS, "[z]") | {
    "trust_code": "RJ1",
    "trust": "Guy's and St Thomas' NHS Foundation Trust",
    "kind": "published figure",
    "measure": "wres_8",
    "name": "WRES 8: Discrimination",
    "group": "White",
    "organisation": "RJ1",
    "period_start": "2024-09-01",
    "period_end": "2024-11-30",
    "value": "9.3",
    "unit": "percent",
    "people": "6195",
    "status": "shown",
    "reading": "not compared",
    "source": "Workbook 2024",
}
GAP = {
    "kind": "finding",
    "group": "Ethnic minority minus White",
    "value": "5.8",
    "lower_95": "4.7",
    "upper_95": "7.0",
    "unit": "percentage points",
    "reading": "worse for staff from ethnic minorities",
}


@pytest.fixture
def edition(tmp_path):
    def made(name: str, *rows: dict[str, str], **manifest: object):
        folder = tmp_path / name
        (folder / "trusts").mkdir(parents=True)
        page = {"trusts/RJ1.ipynb": {"notebook": "notebooks/board_report.ipynb", "parameters": {"trust_code": "RJ1"}}}
        content = {
            "pages": page,
            "inputs": {},
            "code": "a",
            "versions": {},
            "renderer": "built-in",
            "edition": {},
            "files": {},
        }
        (folder / "manifest.json").write_text(json.dumps(content | manifest), encoding="utf-8")
        for code in {(BASE | row)["trust_code"] for row in rows}:
            with open(folder / "trusts" / f"{code}-figures.csv", "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(COLUMNS))
                writer.writeheader()
                writer.writerows(BASE | row for row in rows if (BASE | row)["trust_code"] == code)
        return folder

    return made


def said(before, after, *trusts: str) -> list[tuple[str, ...]]:
    found = changes_between(before, after, trusts).changes
    return [(one.kind, one.group, one.period_end[:4], one.old, one.new, one.publication) for one in found]


def test_each_kind_of_change(edition):
    before = edition(
        "2026-10",
        {},
        {"group": "Asian", "value": "11.0"},
        {"group": "Black", "value": "12.0"},
        {"group": "Mixed", "value": "[c]"},
        {"group": "Other", "value": "13.0", "people": "50"},
        GAP,
    )
    after = edition(
        "2026-11",
        {"value": "9.4", "source": "Workbook 2024, corrected"},
        {"group": "Black", "value": "[c]"},  # hidden now: the earlier edition has what it was
        {"group": "Mixed", "value": "10.1"},
        {"group": "Other", "value": "13.0", "people": "51"},
        {"period_end": "2025-11-30", "value": "9.1", "source": "Workbook 2025"},
        GAP
        | {"period_end": "2025-11-30", "value": "0.4", "reading": "no reliable difference", "source": "Workbook 2025"},
    )
    gap = GAP["group"]
    assert said(before, after) == [
        ("revised figure", "Other", "2024", "13.0 (of 50)", "13.0 (of 51)", "Workbook 2024"),
        ("revised figure", "White", "2024", "9.3", "9.4", "Workbook 2024, corrected"),
        ("another reading", gap, "2025", GAP["reading"], "no reliable difference", "Workbook 2025"),
        ("new figure", "Mixed", "2024", "", "10.1", "Workbook 2024"),
        ("new figure", "White", "2025", "", "9.1", "Workbook 2025"),
        ("figure no longer given", "Asian", "2024", "11.0", "", "Workbook 2024"),
    ]
    found = changes_between(before, after)
    assert found.changes[1].publication_before == "Workbook 2024"
    assert counted(found) == (
        "2 revised figures, 1 reading that turned, 0 findings computed otherwise, 2 new figures and 1 figure no longer given."
    )
    # nothing that is hidden now is said in another way
    assert "12.0" not in changes_csv(found)


def test_a_method_is_another_where_no_figure_it_rests_on_moved(edition):
    versions = {"scipy": "1.17.1", "python": "3.11.7"}
    before = edition("2026-10", {}, GAP, inputs={"notebooks/methods.ipynb": "1", "data/figures/x.parquet": "1"})
    other = {
        "inputs": {"notebooks/methods.ipynb": "2", "data/figures/x.parquet": "2"},
        "versions": versions,
        "code": "b",
    }
    after = edition("2026-11", {}, GAP | {"upper_95": "7.1"}, **other)
    assert said(before, after) == [
        ("another method", GAP["group"], "2024", "5.8 (4.7 to 7.0)", "5.8 (4.7 to 7.1)", "Workbook 2024")
    ]
    assert changes_between(before, after).made_otherwise == (
        "changed: notebooks/methods.ipynb",
        "the package’s code changed",
        "python none became 3.11.7",
        "scipy none became 1.17.1",
    )
    # with a figure under it revised, it is no other method
    revised = edition("2026-12", {"value": "9.4"}, GAP | {"upper_95": "7.1"})
    assert [one[0] for one in said(before, revised)] == ["revised figure"]


def test_trusts_that_come_and_go_and_one_that_is_not_there(edition):
    before = edition("2026-10", {"trust_code": "RNK", "trust": "Tavistock"}, {})
    after = edition("2026-11", {"trust_code": "G6V2S", "trust": "North London"}, {"value": "9.4"})
    found = changes_between(before, after)
    assert (found.trusts_come, found.trusts_gone, len(found.changes)) == (("North London",), ("Tavistock",), 1)
    assert len(said(before, after, "rj1")) == 1
    with pytest.raises(InputError, match=r"2026-10: It has no figures of RRK\."):
        changes_between(before, after, ["RRK"])

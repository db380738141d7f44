"""What a page would say, without making it: the same words, and which of them change."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pandas as pd

from race_equality.project import Project
from race_equality.report.board_words import BoardWords, board_words, changed_words

ROOT = Path(__file__).parents[3]


def test_the_words_are_those_of_the_page(tmp_path):
    """Of the page as it ran last, which nbval holds to the notebook; without returns that are loaded on this machine."""
    (tmp_path / "data").mkdir()
    for name in ("data/figures", "data/sources", "data/layouts", "params"):
        (tmp_path / name).symlink_to(ROOT / name)
    golden = nbformat.read(ROOT / "tests" / "notebooks" / "board_report_R1H.ipynb", as_version=4)
    html = "".join(
        output["data"].get("text/html", "")
        for cell in golden.cells
        for output in cell.get("outputs", [])
        if "data" in output
    )
    table = board_words(["ENG", "R1H", "RJ1"], Project(tmp_path), most=1)["R1H"].table
    known = table[table["missing"] == ""]
    assert [name[:2] for name in known.index] == ["5.", "6.", "7.", "8."]
    for row in known.to_dict("records"):
        assert row["minority"] in html
        assert row["gap"].partition(" (")[0] in html
        assert row["reading"] in html


def test_rows_and_sentences_that_change_are_named():
    columns = ["minority", "white", "gap", "england", "earlier", "reading", "missing"]
    before, after = (
        pd.DataFrame(
            [["1%", "2%", gap, "1.03", "", reading, ""], ["4%"] * 7], ["3. Disciplinary process", name], columns
        )
        for gap, reading, name in (("1.48", "Worse", "9. Board"), ("0.15", "Better", "9. Board †"))
    )
    assert changed_words(
        BoardWords(before, ("12% waited.", "No group is higher.")),
        BoardWords(after, ("15% waited.", "No group is higher.")),
    ) == [
        "3. Disciplinary process: gap or ratio 1.48 -> 0.15; reading Worse -> Better",
        "no longer: 12% waited.",
        "instead: 15% waited.",
    ]

"""The same rows in several formats are attacked once; a row that differs in one of them is found."""

import json

import pytest

from race_equality.audit.channels.content import Table, Text
from race_equality.audit.channels.sheets import without_copies
from race_equality.audit.site import audit_site
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules

COLUMNS = ("trust_code", "measure", "group", "value", "unit", "people", "status")
WHITE = ("RX1", "a", "White", "24.0", "percent", "50", "shown")
OTHER = ("RX1", "a", "Other", "[c]", "percent", "[c]", "too few people to show [c]")
RULES = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))


def table(file: str, *rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS) -> Table:
    return Table(file, "data file", "", columns, rows)


def test_a_copy_with_fewer_columns_and_other_zeros_is_left_out():
    whole, text = table("a.csv", WHITE, OTHER), Text("index.html", "HTML text", "", "24.0")
    narrow = table("a.json", ("White", "24", "50"), columns=("group", "value", "people"))
    assert without_copies([narrow, text, whole]) == [text, whole]


@pytest.mark.parametrize(
    "copy",
    [
        table("b.csv", WHITE, (*OTHER[:3], "18", *OTHER[4:])),  # shows what the other hides
        table("b.csv", WHITE, (*OTHER, "18")),  # has a cell without a header
        table("b.csv", ("RX1", "18"), columns=("trust_code", "more")),
    ],
    ids=["another value", "a cell more", "another column"],
)
def test_a_table_that_says_more_is_kept(copy):
    assert without_copies([table("a.csv", WHITE, OTHER), copy])[1:] == [copy]


def test_a_hidden_cell_that_another_format_shows_is_found(tmp_path):
    lines = [COLUMNS, WHITE, OTHER]
    (tmp_path / "a.csv").write_text("\n".join(",".join(line) for line in lines))
    shown = [*OTHER[:3], 18.2, "percent", 44, "shown"]
    (tmp_path / "a.json").write_text(json.dumps({"columns": COLUMNS, "rows": [list(WHITE), shown]}))
    problems = audit_site(tmp_path, rules=RULES).problems
    assert {(problem.file, problem.kind) for problem in problems} >= {("a.json", "shown elsewhere")}
    (tmp_path / "a.json").write_text(json.dumps({"columns": COLUMNS, "rows": lines[1:]}))
    assert audit_site(tmp_path, rules=RULES).problems == ()

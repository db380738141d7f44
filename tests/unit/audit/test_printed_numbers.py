"""Which numbers stand next to a label."""

from __future__ import annotations

import pytest

from race_equality.audit.printed_numbers import numbers_near


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # a line of a PDF has the columns of a table, here the cells of a workbook that figures were read from
        ("+1.4; black group        g109 to provider-sex!n109 (21", []),
        ("black group, of 109 patients", ["109"]),
        ("black group (n=109)", ["109"]),
    ],
)
def test_the_cell_of_a_workbook_is_no_number(text, found):
    assert numbers_near(text, "black group", one_record=False) == found

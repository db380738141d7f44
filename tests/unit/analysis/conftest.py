"""Small tables of figures, written by hand."""

import pandas as pd
import pytest

from race_equality.store.figures import figure_table


@pytest.fixture
def make_figures():
    """Return a function that fills a figures table from a few columns."""

    def make(rows):
        filled = []
        for row in rows:
            code = row.get("trust_code", "RAA")
            filled.append(
                {
                    "trust_code": code,
                    "organisation_code": code,
                    "period_start": pd.Timestamp("2024-09-01"),
                    "period_end": pd.Timestamp("2024-11-30"),
                    "group": "All staff",
                    "value": None,
                    "unit": "percent",
                    "numerator": None,
                    "denominator": None,
                    "status": "ok",
                    "source": "test",
                    "locator": "row 1",
                    **row,
                }
            )
        return figure_table(filled)

    return make


@pytest.fixture
def wres_rows():
    """Return a function that makes the two rows of one WRES survey indicator."""

    def rows(minority, white, *, number=8, trust_code="RAA", **more):
        return [
            {
                "trust_code": trust_code,
                "indicator": f"wres_{number}",
                "group": group,
                "numerator": count,
                "denominator": total,
                "value": 100 * count / total,
                **more,
            }
            for group, (count, total) in (("Ethnic minority", minority), ("White", white))
        ]

    return rows

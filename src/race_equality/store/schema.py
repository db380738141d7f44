"""The tidy figure: one published number, what it counts, and the cell it came from."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from race_equality.errors import RaceEqualityError

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

#: Version of the columns of a file of figures, which is in the file. 2: ``recording``, which was a remark in
#: ``locator`` before; 3: ``recording`` also says where a publication has no row of a trust
#: (:func:`race_equality.store.figures.migrated`).
SCHEMA_VERSION = 3

#: The recording of a figure that the publication has no row for; its ``locator`` says why.
NOT_IN_THE_FILE = "no row in the file"

#: Column name to pandas dtype, in the order of the files.
FIGURE_DTYPES = {
    "trust_code": "str",  # the trust open today; "ENG" for a publisher's own England figure
    "organisation_code": "str",  # the code as published, which differs after a merger
    "period_start": "datetime64[us]",
    "period_end": "datetime64[us]",
    "indicator": "str",
    "group": "str",
    "value": "Float64",
    "unit": "str",
    "numerator": "Float64",
    "denominator": "Float64",
    "status": "str",
    "source": "str",
    "locator": "str",
    "recording": "str",  # how it was recorded, where that is otherwise than before, or NOT_IN_THE_FILE; else ""
    "private": "bool",  # from a trust's own return; in no file: the folder of the file says so
}
#: What is in a file.
STORED_COLUMNS = [name for name in FIGURE_DTYPES if name != "private"]

#: ``ok``: published. ``suppressed``: the publisher hid it. ``not_available``: should exist, was not
#: published or is unusable. ``not_applicable``: has no meaning for this kind of trust.
STATUSES = ("ok", "suppressed", "not_available", "not_applicable")
#: Of figures that were read for a page, ``implausible`` and ``incomplete`` as well (:mod:`race_equality.gates`).
STATUSES_WHEN_READ = ("ok", "suppressed", "implausible", "incomplete", "not_available", "not_applicable")

#: ``count`` is of events (deliveries, detentions), ``people`` of people.
UNITS = ("percent", "people", "count", "fte", "ratio", "score", "quintile", "per_1000", "per_100000", "years")

#: What identifies a figure; no two rows of one file share it.
FIGURE_KEY = ["organisation_code", "period_start", "period_end", "indicator", "group", "unit"]

#: The kinds of trust, in the survey's five benchmarking groups, and online.
KINDS = ("acute", "acute specialist", "mental health", "community", "ambulance", "online")

TRUST_DTYPES = {
    "trust_code": "str",
    "trust_name": "str",
    "kind": "str",
    "region": "str",
    "system": "str",  # integrated care board(s), short name, as the list gives it
    "open_date": "datetime64[us]",
    "predecessors": "str",  # organisation codes that merged in, "RNK RRP TAF"; "" when none
    "locator": "str",
}


@cache
def figure_schema() -> pa.DataFrameSchema:
    """Return the pandera schema of a figures table.

    Returns
    -------
    pandera.pandas.DataFrameSchema
        Checks names, dtypes, statuses, units, percentages within 0 to 100, that a value is there
        exactly where the status is ``ok``, and that no figure occurs twice.

    Notes
    -----
    A function and not a constant: pandera takes as long to import as pandas, and only what writes figures needs it.
    """
    import pandera.pandas as pa

    text = pa.Check.str_length(min_value=1)
    return pa.DataFrameSchema(
        {
            "trust_code": pa.Column("str", pa.Check.str_matches(r"^(ENG|DEMO|[A-Z0-9]{3,5})$")),
            "organisation_code": pa.Column("str", text),
            "period_start": pa.Column("datetime64[us]"),
            "period_end": pa.Column("datetime64[us]"),
            "indicator": pa.Column("str", pa.Check.str_matches(r"^[a-z][a-z0-9_]*$")),
            "group": pa.Column("str", text),
            "value": pa.Column("Float64", nullable=True),
            "unit": pa.Column("str", pa.Check.isin(UNITS)),
            "numerator": pa.Column("Float64", pa.Check.ge(0), nullable=True),
            "denominator": pa.Column("Float64", pa.Check.ge(0), nullable=True),
            "status": pa.Column("str", pa.Check.isin(STATUSES)),
            "source": pa.Column("str", text),
            "locator": pa.Column("str", text),
            "recording": pa.Column("str"),
            "private": pa.Column("bool"),
        },
        checks=[
            pa.Check(
                lambda d: (d["status"] == "ok") == d["value"].notna(), name="a value exactly where the status is ok"
            ),
            pa.Check(
                lambda d: (d["unit"] != "percent") | d["value"].isna() | d["value"].between(0, 100),
                name="a percentage lies between 0 and 100",
            ),
            pa.Check(lambda d: d["period_start"] <= d["period_end"], name="a period starts before it ends"),
            pa.Check(
                lambda d: d["numerator"].isna() | d["denominator"].isna() | (d["numerator"] <= d["denominator"]),
                name="a numerator is at most its denominator",
            ),
        ],
        unique=FIGURE_KEY,
        strict=True,
        ordered=True,
    )


def check_figures(figures: pd.DataFrame, *, origin: str) -> pd.DataFrame:
    """Hold a table to the schema.

    Parameters
    ----------
    figures : pandas.DataFrame
        Columns of :data:`FIGURE_DTYPES`.
    origin : str
        The file that was read, for the message.

    Returns
    -------
    pandas.DataFrame
        The same table with the schema's dtypes and column order.

    Raises
    ------
    RaceEqualityError
        Naming the column, the check, and the locator of the first row that fails.
    """
    import pandera.errors

    table = figures.astype(FIGURE_DTYPES)[list(FIGURE_DTYPES)].reset_index(drop=True)
    try:
        return figure_schema().validate(table, lazy=True)
    except pandera.errors.SchemaErrors as error:
        first = error.failure_cases.iloc[0]
        row = first["index"]
        place = f" at {table['locator'].loc[int(row)]}" if row is not None and row == row else ""
        raise RaceEqualityError(
            f"{origin}{place}: column {first['column']!r} fails the check {first['check']!r} "
            f"(value {first['failure_case']!r})."
        ) from None

"""What a trust's own returns have in common: the form they are read from, and where their figures came from.

A return is a CSV or an Excel workbook with a row for each year, indicator and item, and a column for each
group of people. :mod:`race_equality.sources.returns.wres` and
:mod:`race_equality.sources.returns.patients` say which rows and columns, and what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from race_equality.errors import InputError, nearest
from race_equality.sources.cells import Cell, Record, first_by_key, read_csv
from race_equality.sources.file_kinds import is_workbook
from race_equality.sources.returns.workbook import read_workbook
from race_equality.store.provenance import Source, sha256_of
from race_equality.store.trusts import DEMONSTRATION_CODE, TrustList

#: Of a template, and of a return: from four on, when two shares that move would meet can be estimated.
TEMPLATE_YEARS, MOST_YEARS = 3, 9
#: How people write that a number is small, hidden or not there, in a cell that takes a number.
_IN_WORDS = re.compile(r"[<≤].*|\*+|[-–—]|n\.?/?a\.?|nil|none|unknown|not known|tbc", re.IGNORECASE)


@dataclass(frozen=True)
class Form:
    """A return as it was filled in.

    Parameters
    ----------
    trust_code : str
    records : mapping of (datetime.date, str, str) to Record
        By the 31 March that the year ends on, indicator and item.
    years : list of datetime.date
        In order.
    remarks : tuple of str
        What was not read.
    """

    trust_code: str
    records: Mapping[tuple[date, str, str], Record]
    years: list[date]
    remarks: tuple[str, ...]

    @property
    def period(self) -> str:
        """The years as a reader should see them."""
        return ", ".join(f"year to 31 March {year.year}" for year in self.years)


def read_form(path: Path, columns: Sequence[str], rows: Collection[tuple[str, str]], trusts: TrustList) -> Form:
    """Read the rows of a return, without looking at its numbers.

    Parameters
    ----------
    path : Path
        A CSV or an Excel workbook, made from a template.
    columns : sequence of str
        ``trust_code``, ``year_to``, ``indicator``, ``item`` and the groups.
    rows : collection of (str, str)
        Each indicator and item that a return can have.
    trusts : TrustList

    Returns
    -------
    Form

    Raises
    ------
    InputError
        For another column, a row that is not known or is there twice, another trust, too many years.
    """
    remarks: tuple[str, ...] = ()
    if is_workbook(path):
        table, remarks = read_workbook(path, columns)
    else:
        table = read_csv(path, columns, comments=True)
    if table.unknown_columns:
        raise InputError(
            f"The column {table.unknown_columns[0]!r} is not part of a return.",
            file=path,
            mend=f"The columns are {', '.join(columns)}.",
        )
    code = _trust_code_of(table.records, trusts)
    items: dict[str, list[str]] = {}
    for indicator, item in rows:
        items.setdefault(indicator, []).append(item)
    records: dict[tuple[date, str, str], Record] = {}
    keys = []
    for record in table:
        year_to, indicator, item = year_to_of(record["year_to"]), record["indicator"], record["item"]
        check_row(record, items, columns[4:])
        records[year_to, indicator.text, item.text] = record
        keys.append(((str(year_to), indicator.text, item.text), indicator))
    first_by_key(keys, "year, indicator and item")
    years = sorted({year for year, *_ in records})
    if len(years) > MOST_YEARS:
        raise InputError(f"The return has {len(years)} years.", file=path, mend=f"Keep at most {MOST_YEARS}.")
    return Form(code, records, years, (*remarks, *table.remarks))


def check_row(record: Record, items: Mapping[str, Sequence[str]], groups: Sequence[str]) -> None:
    """Check that a row is one of a return's, with numbers where numbers belong.

    Parameters
    ----------
    record : Record
    items : mapping of str to sequence of str
        Each indicator that a return can have, to its items.
    groups : sequence of str
        The columns of numbers.

    Raises
    ------
    InputError
    """
    indicator, item = record["indicator"], record["item"]
    if indicator.text not in items:
        near = nearest(indicator.text, items)
        raise indicator.error(
            f"The indicator {indicator.text!r} is not known." + (f" The nearest is {near!r}." if near else ""),
            "Use the indicators of the template.",
        )
    if item.text not in items[indicator.text]:
        near = nearest(item.text, items[indicator.text])
        raise item.error(
            f"{indicator.text} has no item {item.text!r}." + (f" The nearest is {near!r}." if near else ""),
            f"Its items are: {', '.join(sorted(items[indicator.text]))}.",
        )
    for group in groups:
        if _IN_WORDS.fullmatch(record[group].text):
            raise record[group].error(
                f"{record[group].text!r} is not a number.",
                "Write the number itself, small as it is: what is too small to show is hidden afterwards. "
                "Leave the cell empty where it is not known.",
            )


def return_source(
    source_id: str, kind: str, trust_name: str, path: Path, period: str, notes: Sequence[str], today: date
) -> Source:
    """Return where a return's figures come from.

    Parameters
    ----------
    source_id, kind, trust_name : str
        The kind is ``"WRES return"`` or ``"Patients return"``.
    path : Path
    period : str
    notes : sequence of str
        What somebody who uses the figures has to know.
    today : datetime.date

    Returns
    -------
    race_equality.store.provenance.Source
    """
    return Source(
        id=source_id,
        title=f"{kind} of {trust_name} (local, not published)",
        publisher=trust_name,
        url="",
        licence="Not published: stays on this machine",
        date_read=today,
        sha256=sha256_of(path),
        file=path.name,
        period=period,
        notes=("The trust's own return, loaded with `race-equality data add`.", *notes),
    )


def years_before(today: date, number: int = TEMPLATE_YEARS) -> list[date]:
    """Return the last days of the last ``number`` years to 31 March before a day."""
    last = today.year if today > date(today.year, 3, 31) else today.year - 1
    return [date(year, 3, 31) for year in range(last - number + 1, last + 1)]


def _trust_code_of(records: Sequence[Record], trusts: TrustList) -> str:
    """Return the code of the trust whose return it is.

    Raises
    ------
    InputError
        When it is not one trust, not a real one, or not open.
    """
    first = records[0]["trust_code"]
    for record in records:
        cell = record["trust_code"]
        if cell.text != first.text:
            raise cell.error(
                f"The trust is {cell.text!r} here and {first.text!r} above.",
                "One file holds one trust. Figures copied from trusts' pages go in a file of their own: "
                "race-equality data template wres --published",
            )
    return open_trust(first, trusts)


def open_trust(cell: Cell, trusts: TrustList) -> str:
    """Return the code of a real trust that is open today, as a cell has it.

    Raises
    ------
    InputError
    """
    if cell.text == DEMONSTRATION_CODE:
        raise cell.error("The demonstration trust has its invented return already.", "Use your trust's code.")
    if cell.text not in trusts.kinds:
        successor = trusts.current(cell.text)
        near = nearest(cell.text, trusts.kinds)
        hint = f" It is {successor} today." if successor else f" The nearest is {near}." if near else ""
        raise cell.error(
            f"{cell.text!r} is not the code of a trust that is open.{hint}", "Use your trust's code, like RJ1."
        )
    return cell.text


def year_to_of(cell: Cell) -> date:
    """Return the 31 March that a cell names.

    Raises
    ------
    InputError
    """
    year_to = day_in(cell)
    if year_to is None or (year_to.month, year_to.day) != (3, 31):
        raise cell.error(f"{cell.text!r} is not the 31 March that a year ends on.", "Write it as 2025-03-31.")
    return year_to


def day_in(cell: Cell) -> date | None:
    """Return the day that a cell names; None where it names none."""
    # a spreadsheet that opens the CSV writes 2025-03-31 back as 31/03/2025
    for layout in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(cell.text, layout).date()
        except ValueError:
            continue
    return None


def check_part(part: tuple[float | None, Cell | None], whole: tuple[float | None, Cell | None], of: str) -> None:
    """Check that the people counted are no more than those they are among.

    Raises
    ------
    InputError
    """
    if part[0] is not None and whole[0] is not None and part[0] > whole[0]:
        raise part[1].error(f"{part[0]:.0f} people out of {whole[0]:.0f} {of}.", "Correct one of the two numbers.")

"""What a trust's own returns have in common: the form they are read from, and where their figures came from.

A return is a CSV or a workbook with a row for each year, indicator and item, and a column for each group of people.
:mod:`race_equality.sources.returns.wres` and :mod:`race_equality.sources.returns.patients` say which rows and columns,
and what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.errors import InputError, nearest
from race_equality.sources.cells import Cell, Record
from race_equality.sources.returns.mistakes import Finding, Mistakes
from race_equality.sources.returns.rows import TRUST_CODE, Rows, read_rows
from race_equality.sources.returns.values import canonical, people_in, percentage_in, remarks_on_years, year_to_of
from race_equality.store.provenance import Source, sha256_of
from race_equality.store.trusts import TrustList

#: Of a template, and of a return: from four on, when two shares that move would meet can be estimated.
TEMPLATE_YEARS, MOST_YEARS = 3, 9
#: The item of a row that takes a percentage and not a number of people.
PERCENTAGE = "percentage"

#: A number of the form: year, indicator, item and group.
Key = tuple[date, str, str, str]
#: What a form holds at a place: the number, None where the cell is empty or wrong, and the cell.
Counts = Mapping[Key, tuple[float | None, Cell]]

#: Words of a trust's name that say nothing of which it is.
_OF_ANY_TRUST = frozenset("nhs trust foundation ft the and of for services service".split())


@dataclass(frozen=True)
class Form:
    """A return as it was filled in.

    Parameters
    ----------
    trust_code : str
    records : mapping of (datetime.date, str, str) to Record
        By the 31 March that the year ends on, indicator and item.
    counts : mapping of (datetime.date, str, str, str) to (float or None, Cell)
        The numbers, by the group as well.
    years : list of datetime.date
        In order.
    columns : tuple of str
        Those of the return that the file has.
    remarks : tuple of str
        What was not read, and what was read otherwise than it is written.
    questions : tuple of Finding
        What is odd about whose return it is, and of when.
    """

    trust_code: str
    records: Mapping[tuple[date, str, str], Record]
    counts: Counts
    years: list[date]
    columns: tuple[str, ...]
    remarks: tuple[str, ...]
    questions: tuple[Finding, ...]

    @property
    def period(self) -> str:
        """The years as a reader should see them."""
        return ", ".join(f"year to 31 March {year.year}" for year in self.years)


def read_form(
    path: Path,
    columns: Sequence[str],
    rows: Collection[tuple[str, str]],
    trusts: TrustList,
    mistakes: Mistakes,
    *,
    today: date,
    later: Sequence[Sequence[str]] = (),
) -> Form:
    """Read the rows of a return and its numbers, and note all that is wrong with them.

    Parameters
    ----------
    path : Path
        A CSV or a workbook, made from a template.
    columns : sequence of str
        ``trust_code``, ``year_to``, ``indicator``, ``item`` and the groups.
    rows : collection of (str, str)
        Each indicator and item that a return can have.
    trusts : TrustList
    mistakes : Mistakes
        Takes another column, a row that is not known or is there twice, another trust, a year that has not ended,
        what is not a number.
    today : datetime.date
    later : sequence of sequence of str
        Sets of columns that a file of an earlier template does not have: it has all of a set or none.

    Returns
    -------
    Form

    Raises
    ------
    InputError
        When nothing of it can be read.
    """
    table = read_rows(path, columns, mistakes, later=later)
    code, questions = _trust_of(table, path, trusts, mistakes)
    items = items_of(rows)
    records: dict[tuple[date, str, str], Record] = {}
    counts: dict[Key, tuple[float | None, Cell]] = {}
    for record in table.records:
        place = place_of(record, items, today, mistakes)
        if place is None:
            continue
        if place in records:
            cell, first = record["indicator"], records[place]["indicator"]
            twice = f"The year, indicator and item {' '.join(map(str, place))} is here and at {first.reference}"
            with mistakes.noted():
                raise cell.error(
                    f"{twice}{f' of {first.sheet}' if first.sheet != cell.sheet else ''}.", "Keep one of the two rows."
                )
            continue
        records[place] = record
        for group in table.columns[4:]:
            counts[*place, group] = (None, record[group])
            with mistakes.noted():
                read = percentage_in if place[2] == PERCENTAGE else people_in
                counts[*place, group] = (read(record[group]), record[group])
    years = sorted({year for year, *_ in records})
    if len(years) > MOST_YEARS:
        mistakes.note(InputError(f"The return has {len(years)} years.", file=path, mend=f"Keep at most {MOST_YEARS}."))
    remarks = (*table.remarks, *remarks_on_years(record["year_to"] for record in table.records))
    return Form(code, records, counts, years, table.columns, remarks, questions)


def items_of(rows: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the items of each indicator of a return."""
    items: dict[str, list[str]] = {}
    for indicator, item in rows:
        items.setdefault(indicator, []).append(item)
    return items


def place_of(
    record: Record, items: Mapping[str, Sequence[str]], today: date, mistakes: Mistakes
) -> tuple[date, str, str] | None:
    """Return the year, indicator and item of a row; None, with what is wrong noted, when one of them is not known.

    Parameters
    ----------
    record : Record
    items : mapping of str to sequence of str
        Each indicator that a return can have, to its items.
    today : datetime.date
        A year that ends later cannot be there.
    mistakes : Mistakes
    """
    year_to: date | None = None
    with mistakes.noted():
        cell = record["year_to"]
        year = year_to_of(cell)
        if year > today:
            raise cell.error(
                f"The year to 31 March {year.year} has not ended.",
                "Correct the year, or leave its rows out until then.",
            )
        year_to = year
    with mistakes.noted():
        cell = record["indicator"]
        indicator = canonical(
            cell, items, f"The indicator {cell.text!r} is not known.", "Use the indicators of the template."
        )
        cell = record["item"]
        known = items[indicator]
        item = canonical(
            cell, known, f"{indicator} has no item {cell.text!r}.", f"Its items are: {', '.join(sorted(known))}."
        )
        return None if year_to is None else (year_to, indicator, item)
    return None


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


# -- whose return it is ---------------------------------------------------------------------------------


def _trust_of(table: Rows, path: Path, trusts: TrustList, mistakes: Mistakes) -> tuple[str, tuple[Finding, ...]]:
    """Return the code of the trust whose return it is, and what is odd about it.

    Notes
    -----
    The name next to the code, the headings of the sheets and the file's name are held to it: a code that was typed wrongly
    is another trust's.
    """
    first = table.records[0][TRUST_CODE]
    for record in table.records:
        cell = record[TRUST_CODE]
        if cell.text.upper() != first.text.upper():
            with mistakes.noted():
                raise cell.error(
                    f"The trust is {cell.text!r} here and {first.text!r} above.",
                    "One file holds one trust. Figures copied from trusts' pages go in a file of their own: "
                    "race-equality data template wres --published",
                )
    code = ""
    with mistakes.noted():
        code = open_trust(first, trusts)
    if not code:
        return first.text.upper(), ()
    questions = []
    for heading in table.headings:
        other = trust_named(heading.text, code, trusts)
        if other is None:
            continue
        if other:
            name = trusts.by_code[code]["trust_name"]
            mistakes.note(
                first.error(
                    f"The code is {code} ({name}), and {heading.reference}"
                    + (f' of "{heading.sheet}"' if heading.sheet else "")
                    + f" says {heading.text.lstrip('# ')!r}.",
                    f"If it is the return of {other}, correct the code; if it is that of {code}, correct the name.",
                )
            )
        elif heading.sheet and heading.reference == "B4":
            questions.append(
                Finding.at(
                    heading,
                    f"{code} is {trusts.by_code[code]['trust_name']}, and nothing of that is in the name here.",
                    "Check the code.",
                    new=repr(heading.text),
                )
            )
    named = re.match(r"[A-Za-z0-9]{3,5}(?=[_ .-])", path.name)
    in_name = named.group().upper() if named else code
    if in_name != code and in_name in trusts.kinds:
        questions.append(
            Finding.at(
                first,
                f"The file is called {path.name}, as the return of {in_name} ({trusts.by_code[in_name]['trust_name']}) "
                f"would be, and the code in it is {code} ({trusts.by_code[code]['trust_name']}).",
                "Check which trust it is of.",
                new=code,
            )
        )
    return code, tuple(questions)


def trust_named(text: str, code: str, trusts: TrustList) -> str | None:
    """Return which other trust a text names next to a code.

    Parameters
    ----------
    text : str
        Such as ``"R1H Barts Health NHS Trust"``.
    code : str
        Of the trust that is meant.
    trusts : TrustList

    Returns
    -------
    str or None
        A code; "" for a name that is no trust's; None where the text names that trust, or none at all.
    """
    words = re.findall(r"[\w']+", text.replace("’", "'"))
    for word in words:
        if word.isupper() and len(word) in (3, 4, 5) and any(c.isdigit() for c in word) or word in trusts.kinds:
            other = trusts.current(word)
            if other is not None:
                return None if other == code else other
    said = _words_of(text)
    if not said:
        return None
    own = {word for name in _names_of(code, trusts) for word in _words_of(name)}
    for other, row in trusts.by_code.items():
        if other != code and _words_of(row["trust_name"]) == said:
            return str(other)
    return None if said & own else ""


def _names_of(code: str, trusts: TrustList) -> list[str]:
    return [trusts.by_code[code]["trust_name"], *(one.old_name for one in trusts.joined(code))]


def _words_of(name: str) -> frozenset[str]:
    words = re.findall(r"\w+", re.sub(r"['’]", "", name).casefold())
    return frozenset(words) - _OF_ANY_TRUST


def open_trust(cell: Cell, trusts: TrustList) -> str:
    """Return the code of a real trust that is open today, as a cell has it.

    Raises
    ------
    InputError
    """
    code = cell.text.upper()
    if code == DEMONSTRATION_CODE:
        raise cell.error("The demonstration trust has its invented return already.", "Use your trust's code.")
    if code not in trusts.kinds:
        successor = trusts.current(code)
        near = nearest(code, trusts.kinds)
        hint = f" It is {successor} today." if successor else f" The nearest is {near}." if near else ""
        raise cell.error(
            f"{cell.text!r} is not the code of a trust that is open.{hint}", "Use your trust's code, like RJ1."
        )
    return code


def check_part(part: tuple[float | None, Cell | None], whole: tuple[float | None, Cell | None], of: str) -> None:
    """Check that the people counted are no more than those they are among.

    Raises
    ------
    InputError
    """
    (count, cell), (most, _) = part, whole
    if cell is not None and count is not None and most is not None and count > most:
        raise cell.error(f"{count:.0f} people out of {most:.0f} {of}.", "Correct one of the two numbers.")

"""What people write in a return, read as they mean it: numbers, percentages, years, and headings.

``2,933`` is 2933, ``2023/24`` the year to 31 March 2024, and a column headed BME has the people of ethnic minorities.
What could mean two things is refused, in the words of somebody who fills in a return.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from race_equality.errors import nearest
from race_equality.sources.cells import Cell
from race_equality.sources.headers import renamed_column, same_words

#: How people write that a number is small, hidden or not there, in a cell that takes a number.
_IN_WORDS = re.compile(r"[<≤].*|\*+|[-–—]|n\.?/?a\.?|nil|none|unknown|not known|tbc", re.IGNORECASE)
#: 2,933 and 2 933, with any space that a spreadsheet writes between thousands.
_WITH_THOUSANDS = re.compile(r"\d{1,3}([, \u00a0\u2009\u202f]\d{3})+(\.0*)?")
_PERCENT = re.compile(r"([+-]?\d*\.?\d+)\s*(%|per ?cent)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_FINANCIAL_YEAR = re.compile(r"(?:fy\s*)?(20\d\d)\s*[/–-]\s*(20)?(\d\d)", re.IGNORECASE)
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%d-%b-%y", "%d-%b-%Y")

#: Other headings of a column. One that is a column of the return itself is never read as another.
_ALSO_HEADED = {
    "Ethnic minority": (
        "BME",
        "BAME",
        "BME staff",
        "Ethnic minorities",
        "Minority ethnic",
        "Black and minority ethnic",
        "Black, Asian and minority ethnic",
    ),
    "White": ("White staff",),
    "Unknown": ("Not known", "Null", "Unknown/null", "Unknown or null", "Not stated", "Ethnicity unknown"),
    "year_to": ("year", "year end", "year ending", "financial year", "reporting year"),
    "trust_code": ("trust", "ODS code", "organisation code"),
}

_CORRECT = "Correct the cell and load the file again."


def people_in(cell: Cell) -> float | None:
    """Return the number of people that a cell holds; None for an empty one.

    Raises
    ------
    InputError
        For what is not a whole number of people.
    """
    text = cell.text
    if not text:
        return None
    if _IN_WORDS.fullmatch(text):
        raise cell.error(
            f"{text!r} is not a number.",
            "Write the number itself, small as it is: what is too small to show is hidden afterwards. "
            "Leave the cell empty where it is not known.",
        )
    if _PERCENT.fullmatch(text):
        raise cell.error(f"{text} is a percentage, and the cell is for a number of people.", "Write how many people.")
    value = number_in(cell, "number of people")
    if value != round(value):
        raise cell.error(f"The number of people {value:g} is not a whole number.", _CORRECT)
    return value


def percentage_in(cell: Cell) -> float | None:
    """Return the percentage, 0 to 100, that a cell holds; None for an empty one.

    ``18%`` is 18, and so is 0.18 in a cell that a workbook shows as 18%.

    Raises
    ------
    InputError
    """
    if not cell.text:
        return None
    percent = _PERCENT.fullmatch(cell.text)
    value = float(percent.group(1)) if percent else number_in(cell, "percentage")
    if not 0 <= value <= 100:
        raise cell.error(f"The percentage {value:g} is not between 0 and 100.", _CORRECT)
    return value


def number_in(cell: Cell, what: str) -> float:
    """Return the number, 0 or more, that a cell holds.

    Raises
    ------
    InputError
        In the words of the file's author.
    """
    text = cell.text
    if _WITH_THOUSANDS.fullmatch(text):
        text = re.sub(r"[^\d.]", "", text)
    if not _NUMBER.fullmatch(text):
        raise cell.error(f"The {what} is {cell.text!r}, which is not a number.", _CORRECT)
    value = float(text)
    if value < 0:
        raise cell.error(f"The {what} {value:g} is not 0 or more.", _CORRECT)
    return value


def year_in(text: str) -> date | None:
    """Return the 31 March that a year ends on, as people write it; None for anything else.

    Parameters
    ----------
    text : str
        A day, ``2023/24``, ``2023-2024``, or ``2024``: the WRES of 2024 is of the year to 31 March 2024.

    Examples
    --------
    >>> str(year_in("2023/24")), str(year_in("31 March 2024")), year_in("2023/25")
    ('2024-03-31', '2024-03-31', None)
    """
    if years := _FINANCIAL_YEAR.fullmatch(text):
        first, _, last = years.groups()
        return date(int(first) + 1, 3, 31) if (int(first) + 1) % 100 == int(last) else None
    if re.fullmatch(r"20\d\d", text):
        return date(int(text), 3, 31)
    day = day_in(text)
    return day if day is not None and (day.month, day.day) == (3, 31) else None


def year_to_of(cell: Cell) -> date:
    """Return the 31 March that the year of a cell ends on.

    Raises
    ------
    InputError
    """
    year_to = year_in(cell.text)
    if year_to is None:
        raise cell.error(
            f"{cell.text!r} is not the 31 March that a year ends on." if cell.text else "The row has no year.",
            "Write that day, such as 2024-03-31, or the year as 2023/24.",
        )
    return year_to


def day_in(text: str) -> date | None:
    """Return the day that a text names; None where it names none."""
    # a spreadsheet that opens the CSV writes 2025-03-31 back as 31/03/2025
    for layout in _DAYS:
        try:
            return datetime.strptime(text, layout).date()
        except ValueError:
            continue
    return None


def remarks_on_years(cells: Iterable[Cell]) -> list[str]:
    """Say which day a year was read as, for those that do not name the day."""
    written = dict.fromkeys(cell.text for cell in cells if year_in(cell.text) and day_in(cell.text) is None)
    return [f"{text} is read as the year to 31 March {year_in(text).year}." for text in written]  # type: ignore[union-attr]


def heading_of(name: str, headers: Sequence[str], columns: Collection[str]) -> str | None:
    """Return the header that stands for a column; None when none does.

    Parameters
    ----------
    name : str
        The column as the template calls it.
    headers : sequence of str
        Those of the file.
    columns : collection of str
        All columns of the return: a header that is one of them is not read as another.
    """
    exact = [header for header in headers if " ".join(header.split()).casefold() == name.casefold()]
    if exact:
        return exact[0]
    taken = {same_words(column) for column in columns if column != name}
    others = [header for header in headers if same_words(header) not in taken]
    if (found := renamed_column(name, others)) is not None:
        return found
    for other in _ALSO_HEADED.get(name, ()):
        if (found := renamed_column(other, others)) is not None:
            return found
    return None


def canonical(cell: Cell, known: Iterable[str], problem: str, mend: str) -> str:
    """Return the known word that a cell holds, in any case.

    Raises
    ------
    InputError
        With ``problem``, and what is nearest.
    """
    known = list(known)
    by_words = {" ".join(word.split()).casefold(): word for word in known}
    found = by_words.get(" ".join(cell.text.split()).casefold())
    if found is not None:
        return found
    near = nearest(cell.text, known)
    raise cell.error(problem + (f" The nearest is {near!r}." if near else ""), mend)

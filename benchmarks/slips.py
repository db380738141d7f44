"""The slips that spoil a published file on its way: of people who edit it, and of programs that save it.

Each is a small function with a name and a sentence. It takes a table and a random generator, and returns the rows of the
spoilt table (or the bytes of the spoilt file), or None where the table has nothing to do it to. A slip is *harmless* where
only the writing changes: the figures must then be the same, or the file refused.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

Rows = list[list[str]]

NUMBER = re.compile(r"-?\d+(\.\d+)?")
_YEAR = re.compile(r"20\d\d")
_MONTHS = "JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER".split()
_NBSP = "\u00a0"


@dataclass(frozen=True)
class Table:
    """The rows of a file and what its columns hold.

    Parameters
    ----------
    rows : list of list of str
        The header first.
    numbers, codes, names, labels, periods : tuple of str
        Headers of the columns of numbers, of organisations' codes and names, of groups, and of days and years.
    ordered : bool
        Whether the order of rows or columns means something.
    codes_known : tuple of str
        Codes of organisations that are in no row, and could be.
    """

    rows: Rows
    numbers: tuple[str, ...]
    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    ordered: bool = False
    codes_known: tuple[str, ...] = ("RV5", "RX8", "R1F")

    def copy(self) -> Rows:
        return [list(row) for row in self.rows]

    def columns(self, headers: Sequence[str]) -> list[int]:
        return [index for index, header in enumerate(self.rows[0]) if header in headers]

    def cells(self, headers: Sequence[str], like: Callable[[str], object] = bool) -> list[tuple[int, int]]:
        """Return row and column of the cells of some columns whose text is like something."""
        columns = self.columns(headers)
        return [(r, c) for r, row in enumerate(self.rows) if r for c in columns if c < len(row) and like(row[c])]

    def counted(self, like: Callable[[str], object] = lambda text: float(text) != 0) -> list[tuple[int, int]]:
        """Return row and column of the numbers that are like something: those other than nought."""
        return self.cells(self.numbers, lambda text: NUMBER.fullmatch(text) and like(text))


@dataclass(frozen=True)
class Slip:
    """One kind of slip.

    Parameters
    ----------
    name, sentence : str
    of : str
        ``rows``, ``cells``, ``columns`` or ``file``.
    harmless : bool
        Whether the writing alone changes.
    make : callable
    """

    name: str
    sentence: str
    of: str
    harmless: bool
    make: Callable[[Table, Random], Rows | bytes | None]


SLIPS: list[Slip] = []


def slip(of: str, sentence: str, *, harmless: bool = False) -> Callable:
    """Register a function as a slip under its own name."""

    def register(make: Callable[[Table, Random], Rows | bytes | None]) -> Callable:
        SLIPS.append(Slip(make.__name__.replace("_", " "), sentence, of, harmless, make))
        return make

    return register


def csv_text(rows: Rows, **dialect) -> str:
    """Return rows as the text of a CSV."""
    text = io.StringIO(newline="")
    csv.writer(text, **({"lineterminator": "\n"} | dialect)).writerows(rows)
    return text.getvalue()


# Rows


@slip("rows", "A row is left out.")
def row_lost(table: Table, random: Random) -> Rows | None:
    rows = table.copy()
    del rows[random.randrange(1, len(rows))]
    return rows if len(rows) > 1 else None


@slip("rows", "A row is there twice.")
def row_doubled(table: Table, random: Random) -> Rows:
    rows = table.copy()
    at = random.randrange(1, len(rows))
    return [*rows[: at + 1], list(rows[at]), *rows[at + 1 :]]


@slip("rows", "A row is there again at the end, with one other number.")
def row_again_with_another_number(table: Table, random: Random) -> Rows | None:
    if not (cells := table.counted()):
        return None
    row, column = random.choice(cells)
    again = list(table.rows[row])
    again[column] = again[column] + "0" if "." not in again[column] else f"{float(again[column]) / 2:g}"
    return [*table.copy(), again]


@slip("rows", "The file is appended to itself, without its header.")
def appended_to_itself(table: Table, random: Random) -> Rows:
    return table.copy() + table.copy()[1:]


@slip("rows", "The file is appended to itself, header and all.")
def appended_with_its_header(table: Table, random: Random) -> Rows:
    return table.copy() + table.copy()


@slip("rows", "The rows are sorted otherwise.", harmless=True)
def rows_in_another_order(table: Table, random: Random) -> Rows | None:
    rows = table.copy()
    body = rows[1:]
    random.shuffle(body)
    return None if table.ordered else [rows[0], *body]


def _down(table: Table, column: int) -> Rows:
    """Move a column down by a row; what falls out at the end goes to the top."""
    rows = table.copy()
    values = [row[column] for row in rows[1:]]
    for row, value in zip(rows[1:], values[-1:] + values[:-1], strict=True):
        row[column] = value
    return rows


@slip("rows", "The codes are moved down by a row against the rest.")
def codes_moved_down(table: Table, random: Random) -> Rows | None:
    columns = table.columns(table.codes)
    return _down(table, random.choice(columns)) if columns else None


@slip("rows", "The names are moved down by a row against the rest.")
def names_moved_down(table: Table, random: Random) -> Rows | None:
    columns = table.columns(table.names)
    return _down(table, random.choice(columns)) if columns else None


@slip("rows", "The labels of groups are moved down by a row against the rest.")
def labels_moved_down(table: Table, random: Random) -> Rows | None:
    columns = table.columns(table.labels)
    return _down(table, random.choice(columns)) if columns else None


@slip("rows", "One column of numbers is moved down by a row.")
def numbers_moved_down(table: Table, random: Random) -> Rows | None:
    columns = table.columns(table.numbers)
    return _down(table, random.choice(columns)) if columns else None


@slip("rows", "Two rows have each other's codes.")
def codes_of_two_rows_swapped(table: Table, random: Random) -> Rows | None:
    if len(cells := table.cells(table.codes)) < 2:
        return None
    (r, c), (s, d) = random.sample(cells, 2)
    rows = table.copy()
    rows[r][c], rows[s][d] = rows[s][d], rows[r][c]
    return rows


@slip("rows", "Two rows have each other's group.")
def labels_of_two_rows_swapped(table: Table, random: Random) -> Rows | None:
    if not (columns := table.columns(table.labels)) or len(table.rows) < 3:
        return None
    column = random.choice(columns)
    r, s = random.sample(range(1, len(table.rows)), 2)
    rows = table.copy()
    rows[r][column], rows[s][column] = rows[s][column], rows[r][column]
    return rows


@slip("rows", "The header is there again in the middle.", harmless=True)
def header_again(table: Table, random: Random) -> Rows:
    rows = table.copy()
    at = random.randrange(2, len(rows) + 1)
    return [*rows[:at], list(rows[0]), *rows[at:]]


@slip("rows", "A row of totals is added below the data.", harmless=True)
def row_of_totals(table: Table, random: Random) -> Rows:
    columns = table.columns(table.numbers)
    total = ["Total" if c == 0 else "" for c in range(len(table.rows[0]))]
    for column in columns:
        found = [float(row[column]) for row in table.rows[1:] if NUMBER.fullmatch(row[column])]
        total[column] = f"{sum(found):g}"
    return [*table.copy(), total]


@slip("rows", "There are empty rows between the others.", harmless=True)
def empty_rows(table: Table, random: Random) -> Rows:
    return [row for one in table.copy() for row in (one, [""] * len(one))]


@slip("rows", "A footnote stands below the data.", harmless=True)
def footnote_below(table: Table, random: Random) -> Rows:
    return [*table.copy(), ["Source: made up for this test.", *[""] * (len(table.rows[0]) - 1)]]


@slip("rows", "The second half of the rows is missing.")
def second_half_missing(table: Table, random: Random) -> Rows | None:
    rows = table.copy()
    return rows[: len(rows) // 2 + 1] if len(rows) > 2 else None


@slip("rows", "A title stands above the header.", harmless=True)
def title_above(table: Table, random: Random) -> Rows:
    return [["Extract made for the board", *[""] * (len(table.rows[0]) - 1)], *table.copy()]


@slip("rows", "The numbers of a row stand one column further to the right.")
def numbers_to_the_right(table: Table, random: Random) -> Rows | None:
    if len(columns := table.columns(table.numbers)) < 2:
        return None
    rows = table.copy()
    row = random.choice(rows[1:])
    for column, value in zip(columns, ["", *(row[c] for c in columns)], strict=False):
        row[column] = value
    return rows


@slip("rows", "The numbers of another row are pasted over those of a row.")
def numbers_of_another_row(table: Table, random: Random) -> Rows | None:
    if len(table.rows) < 3:
        return None
    rows = table.copy()
    one, other = random.sample(rows[1:], 2)
    for column in table.columns(table.numbers):
        one[column] = other[column]
    return rows


@slip("rows", "A row has another row's number in one column, as after filling down.")
def filled_down(table: Table, random: Random) -> Rows | None:
    columns = table.columns(table.numbers)
    if not columns or len(table.rows) < 3:
        return None
    rows, column = table.copy(), random.choice(columns)
    at = random.randrange(2, len(rows))
    rows[at][column] = rows[at - 1][column]
    return rows


# Cells


def _cell(
    of: str, sentence: str, *, harmless: bool = False, among: Callable[[Table], list] = Table.counted
) -> Callable:
    """Register a function of a cell's text as a slip: one cell at random is overwritten."""

    def register(change: Callable[[str], str | None]) -> Callable:
        def make(table: Table, random: Random) -> Rows | None:
            if not (cells := among(table)):
                return None
            r, c = random.choice(cells)
            value = change(table.rows[r][c])
            rows = table.copy()
            if value is None or value == rows[r][c]:
                return None
            rows[r][c] = value
            return rows

        make.__name__ = change.__name__
        slip(of, sentence, harmless=harmless)(make)
        return change

    return register


@_cell("cells", "A number is deleted.")
def number_deleted(text: str) -> str:
    return ""


@_cell("cells", "A dash is written over a number.")
def dash(text: str) -> str:
    return "-"


@_cell("cells", "A star is written over a number.")
def star(text: str) -> str:
    return "*"


@_cell("cells", "A nought is written over a number.")
def nought(text: str) -> str:
    return "0"


@_cell("cells", "A number is ten times too large.")
def times_ten(text: str) -> str:
    return text + "0" if "." not in text else f"{10 * float(text):g}"


@_cell("cells", "A number is a hundredth of itself, as a percentage typed as a fraction.")
def hundredth(text: str) -> str:
    return f"{float(text) / 100:.10g}"


@_cell("cells", "A number is a hundred times too large, as a fraction typed as a percentage.")
def hundredfold(text: str) -> str:
    return f"{float(text) * 100:.10g}"


@_cell("cells", "A number has a percent sign.", harmless=True)
def percent_sign(text: str) -> str:
    return text + "%"


@_cell("cells", "A number has commas between thousands.", harmless=True)
def thousands_comma(text: str) -> str:
    return f"{int(text):,}" if "." not in text else text


@_cell("cells", "A number has a decimal comma.", harmless=True)
def decimal_comma(text: str) -> str:
    return text.replace(".", ",")


@_cell("cells", "A number is written in powers of ten, with two digits, as a narrow column of Excel saves it.")
def powers_of_ten(text: str) -> str:
    return f"{float(text):.1E}"


@_cell("cells", "A number is below nought.")
def below_nought(text: str) -> str:
    return "-" + text


@_cell("cells", "A remark stands in place of a number.")
def remark_for_a_number(text: str) -> str:
    return "n/a"


@_cell("cells", "A number has a mark of a footnote.", harmless=True)
def footnote_on_a_number(text: str) -> str:
    return text + "*"


@_cell("cells", "Excel's error stands in place of a number.")
def error_of_excel(text: str) -> str:
    return "#REF!"


@_cell("cells", "A formula stands in place of a number.")
def formula(text: str) -> str:
    return f"={text}*1"


@_cell("cells", "A number has an apostrophe before it.", harmless=True)
def apostrophe(text: str) -> str:
    return "'" + text


@_cell("cells", "A whole number has a decimal.", harmless=True)
def decimal_of_a_whole_number(text: str) -> str:
    return text + ".0" if "." not in text else text


@_cell("cells", "A number has non-breaking blanks around it.", harmless=True)
def blanks_round_a_number(text: str) -> str:
    return f"{_NBSP}{text} "


@_cell("cells", "Two digits of a number are swapped.")
def digits_swapped(text: str) -> str | None:
    return text[1] + text[0] + text[2:] if len(text) > 1 and text[:2].isdigit() else None


@_cell("cells", "A number has lost a digit.")
def digit_lost(text: str) -> str | None:
    return text[1:] if len(text) > 1 and text[1].isdigit() else None


@_cell("cells", "A digit of a number is typed twice.")
def digit_typed_twice(text: str) -> str:
    return text[0] + text


@_cell("cells", "A day that Excel keeps as a number stands in place of a number.")
def day_as_a_number(text: str) -> str:
    return "45382"


@_cell("cells", "A whole number has a fraction.")
def fraction_of_a_whole_number(text: str) -> str:
    return text + ".5" if "." not in text else text


def _swapped(table: Table, random: Random, right: int, below: int) -> Rows | None:
    cells = set(table.counted())
    pairs = [((r, c), (r + below, c + right)) for r, c in sorted(cells) if (r + below, c + right) in cells]
    pairs = [(a, b) for a, b in pairs if table.rows[a[0]][a[1]] != table.rows[b[0]][b[1]]]
    if not pairs:
        return None
    (r, c), (s, d) = random.choice(pairs)
    rows = table.copy()
    rows[r][c], rows[s][d] = rows[s][d], rows[r][c]
    return rows


@slip("cells", "A number and the one to its right are swapped.")
def swapped_with_the_right(table: Table, random: Random) -> Rows | None:
    return _swapped(table, random, 1, 0)


@slip("cells", "A number and the one below it are swapped.")
def swapped_with_the_one_below(table: Table, random: Random) -> Rows | None:
    return _swapped(table, random, 0, 1)


def _codes(table: Table) -> list[tuple[int, int]]:
    return table.cells(table.codes)


@_cell("cells", "A code has non-breaking blanks around it.", harmless=True, among=_codes)
def blanks_round_a_code(text: str) -> str:
    return f" {text}{_NBSP}"


@_cell("cells", "A code has an invisible blank of no width after it.", harmless=True, among=_codes)
def invisible_blank_after_a_code(text: str) -> str:
    return text + "\u200b"


@_cell("cells", "A code is in lower case.", harmless=True, among=_codes)
def code_in_lower_case(text: str) -> str:
    return text.lower()


@_cell("cells", "A code has a mark of a footnote.", harmless=True, among=_codes)
def footnote_on_a_code(text: str) -> str:
    return text + "*"


@_cell("cells", "A code is in brackets.", harmless=True, among=_codes)
def code_in_brackets(text: str) -> str:
    return f"({text})"


@_cell("cells", "A code is deleted.", among=_codes)
def code_deleted(text: str) -> str:
    return ""


@slip("cells", "The code of an organisation that has no other row is written over a code.")
def code_of_another_organisation(table: Table, random: Random) -> Rows | None:
    cells = table.cells(table.codes, re.compile(r"R[A-Z0-9]{2}").fullmatch)
    there = {table.rows[r][c] for r, c in cells}
    others = [code for code in table.codes_known if code not in there]
    if not cells or not others:
        return None
    rows = table.copy()
    r, c = random.choice(cells)
    rows[r][c] = random.choice(others)
    return rows


@slip("cells", "A code and the name next to it are swapped.", harmless=True)
def code_and_name_swapped(table: Table, random: Random) -> Rows | None:
    codes, names = table.columns(table.codes), table.columns(table.names)
    if not codes or not names:
        return None
    rows = table.copy()
    row = random.choice(rows[1:])
    row[codes[0]], row[names[0]] = row[names[0]], row[codes[0]]
    return rows


@_cell("cells", "The label of a group has blanks around it.", harmless=True, among=lambda t: t.cells(t.labels))
def blanks_round_a_label(text: str) -> str:
    return f" {text}{_NBSP}"


@_cell("cells", "The label of a group is in capitals.", harmless=True, among=lambda t: t.cells(t.labels))
def label_in_capitals(text: str) -> str:
    return text.upper()


@_cell("cells", "The label of a group has a mark of a footnote.", harmless=True, among=lambda t: t.cells(t.labels))
def footnote_on_a_label(text: str) -> str:
    return text + " [note 1]"


@_cell("cells", "The label of a group is deleted.", among=lambda t: t.cells(t.labels))
def label_deleted(text: str) -> str:
    return ""


@_cell("cells", "One row is of another year.", among=lambda t: t.cells(t.periods, _YEAR.search))
def year_of_a_row(text: str) -> str:
    return _YEAR.sub(lambda found: str(int(found.group()) - 1), text)


@_cell("cells", "One row is of another month.", among=lambda t: t.cells(t.periods, lambda x: _other_month(x) != x))
def month_of_a_row(text: str) -> str:
    return _other_month(text)


def _other_month(text: str) -> str:
    for month, other in zip(_MONTHS, _MONTHS[1:] + _MONTHS[:1], strict=True):
        if month in text.upper():
            return re.sub(month, other, text, flags=re.IGNORECASE)
    return re.sub(r"(20\d\d)-(\d\d)\b", lambda m: f"{m[1]}-{int(m[2]) % 12 + 1:02}", text)


# Columns


@slip("columns", "The headers of two columns are swapped.")
def headers_swapped(table: Table, random: Random) -> Rows | None:
    columns = table.columns(table.numbers)
    if len(columns) < 2:
        return None
    rows = table.copy()
    c, d = random.sample(columns, 2)
    rows[0][c], rows[0][d] = rows[0][d], rows[0][c]
    return rows


@slip("columns", "A column is there twice.")
def column_doubled(table: Table, random: Random) -> Rows:
    at = random.randrange(len(table.rows[0]))
    return [[*row, row[at]] for row in table.copy()]


@slip("columns", "A column is left out.")
def column_lost(table: Table, random: Random) -> Rows:
    at = random.randrange(len(table.rows[0]))
    return [row[:at] + row[at + 1 :] for row in table.copy()]


@slip("columns", "A column has another header.")
def column_renamed(table: Table, random: Random) -> Rows:
    rows = table.copy()
    rows[0][random.randrange(len(rows[0]))] = "Column of the analyst"
    return rows


@slip("columns", "The columns are in another order.", harmless=True)
def columns_in_another_order(table: Table, random: Random) -> Rows | None:
    order = list(range(len(table.rows[0])))
    random.shuffle(order)
    return None if table.ordered else [[row[i] for i in order] for row in table.copy()]


@slip("columns", "The headers are in capitals, with blanks around them.", harmless=True)
def headers_in_capitals(table: Table, random: Random) -> Rows:
    return [[f" {header.upper()} " for header in table.rows[0]], *table.copy()[1:]]


@slip("columns", "A column of notes is added.", harmless=True)
def column_of_notes(table: Table, random: Random) -> Rows:
    return [[*row, "checked" if number else "Notes"] for number, row in enumerate(table.copy())]


@slip("columns", "An empty column without a header is added.", harmless=True)
def empty_column(table: Table, random: Random) -> Rows:
    return [[*row, ""] for row in table.copy()]


@slip("columns", "A column of numbers is copied over the one to its right: one week twice.")
def column_copied_over_the_next(table: Table, random: Random) -> Rows | None:
    columns = table.columns(table.numbers)
    pairs = [(c, c + 1) for c in columns if c + 1 in columns]
    if not pairs:
        return None
    rows = table.copy()
    c, d = random.choice(pairs)
    for row in rows[1:]:
        row[d] = row[c]
    return rows


def _column(table: Table, random: Random, change: Callable[[float], str]) -> Rows | None:
    columns = table.columns(table.numbers)
    columns = [c for c in columns if any(NUMBER.fullmatch(row[c]) and float(row[c]) for row in table.rows[1:])]
    if not columns:
        return None
    rows, column = table.copy(), random.choice(columns)
    for row in rows[1:]:
        if NUMBER.fullmatch(row[column]):
            row[column] = change(float(row[column]))
    return rows


@slip("columns", "The numbers of a column are deleted.")
def column_deleted(table: Table, random: Random) -> Rows | None:
    return _column(table, random, lambda value: "")


@slip("columns", "The percentages of a column are fractions: each number is a hundredth of itself.")
def column_as_fractions(table: Table, random: Random) -> Rows | None:
    return _column(table, random, lambda value: f"{value / 100:.10g}")


@slip("columns", "The fractions of a column are percentages: each number is a hundred times itself.")
def column_as_percentages(table: Table, random: Random) -> Rows | None:
    return _column(table, random, lambda value: f"{value * 100:.10g}")


@slip("columns", "The numbers of a column are rounded to two digits.")
def column_rounded(table: Table, random: Random) -> Rows | None:
    return _column(table, random, lambda value: f"{float(f'{value:.2g}'):g}")


@slip("columns", "The numbers of a column are in thousands.")
def column_in_thousands(table: Table, random: Random) -> Rows | None:
    return _column(table, random, lambda value: f"{value / 1000:.10g}")


@slip("columns", "Every row is of the year after.")
def all_rows_a_year_later(table: Table, random: Random) -> Rows | None:
    if not (cells := table.cells(table.periods, _YEAR.search)):
        return None
    rows = table.copy()
    for r, c in cells:
        rows[r][c] = _YEAR.sub(lambda found: str(int(found.group()) + 1), rows[r][c])
    return rows


@slip("columns", "Days are written the British way, as Excel shows them.", harmless=True)
def days_the_british_way(table: Table, random: Random) -> Rows | None:
    day = re.compile(r"(20\d\d)-(\d\d)-(\d\d)")
    if not (cells := table.cells(table.periods, day.fullmatch)):
        return None
    rows = table.copy()
    for r, c in cells:
        rows[r][c] = day.sub(r"\3/\2/\1", rows[r][c])
    return rows


# The whole file


@slip("file", "The file begins with a byte-order mark.", harmless=True)
def byte_order_mark(table: Table, random: Random) -> bytes:
    return csv_text(table.rows).encode("utf-8-sig")


@slip("file", "The file is in UTF-16, which Excel calls Unicode text.", harmless=True)
def unicode_text(table: Table, random: Random) -> bytes:
    return csv_text(table.rows, delimiter="\t").encode("utf-16")


@slip("file", "The file is in UTF-16 with commas.", harmless=True)
def utf_16(table: Table, random: Random) -> bytes:
    return csv_text(table.rows).encode("utf-16")


@slip("file", "The file is in the alphabet of Windows, with a dash of it in a header.", harmless=True)
def alphabet_of_windows(table: Table, random: Random) -> bytes:
    rows = table.copy()
    rows[0].append("Note \u2013 \u00a3")
    return csv_text([rows[0], *([*row, ""] for row in rows[1:])]).encode("cp1252")


@slip("file", "The lines end as on Windows.", harmless=True)
def line_ends_of_windows(table: Table, random: Random) -> bytes:
    return csv_text(table.rows, lineterminator="\r\n").encode()


@slip("file", "The lines end as on an old Macintosh.", harmless=True)
def line_ends_of_a_macintosh(table: Table, random: Random) -> bytes:
    return csv_text(table.rows, lineterminator="\r").encode()


@slip("file", "Semicolons part the values, as Excel does on the continent.", harmless=True)
def semicolons(table: Table, random: Random) -> bytes:
    return csv_text(table.rows, delimiter=";").encode()


@slip("file", "Tabs part the values.", harmless=True)
def tabs(table: Table, random: Random) -> bytes:
    return csv_text(table.rows, delimiter="\t").encode()


@slip("file", "Every value is in quotation marks.", harmless=True)
def all_in_quotation_marks(table: Table, random: Random) -> bytes:
    return csv_text(table.rows, quoting=csv.QUOTE_ALL).encode()


@slip("file", "Every row ends in commas, as Excel leaves them.", harmless=True)
def commas_at_the_ends(table: Table, random: Random) -> bytes:
    return csv_text([[*row, "", ""] for row in table.rows]).encode()


@slip("file", "The file ends in the middle.")
def cut_short(table: Table, random: Random) -> bytes:
    content = csv_text(table.rows).encode()
    return content[: random.randrange(len(content) // 4, len(content) - 1)]


@slip("file", "The quotation marks around a text with a comma are lost.")
def comma_without_quotation_marks(table: Table, random: Random) -> bytes | None:
    cells = [(r, c) for r, row in enumerate(table.rows) if r for c, text in enumerate(row) if text[:1].isalpha()]
    if not cells:
        return None
    r, c = random.choice(cells)
    lines = [csv_text([row]) for row in table.rows]
    lines[r] = ",".join([*table.rows[r][:c], table.rows[r][c] + ", England", *table.rows[r][c + 1 :]]) + "\n"
    return "".join(lines).encode()


@slip("file", "A quotation mark is opened and never closed.")
def quotation_mark_left_open(table: Table, random: Random) -> bytes:
    rows = table.copy()
    lines = [csv_text([row]) for row in rows]
    at = random.randrange(1, len(lines))
    lines[at] = '"' + lines[at]
    return "".join(lines).encode()


@slip("file", "The header is lost.")
def header_lost(table: Table, random: Random) -> bytes:
    return csv_text(table.rows[1:]).encode()

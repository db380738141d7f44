"""WRES indicators 1 to 4 and 9 as trusts publish them, copied from their own pages into one file.

The file has the rows of the WRES return (:mod:`race_equality.sources.returns.wres`) for many trusts and years, each row
with the address of the page or document and the day on which it was read. What it holds is public: it goes to
``data/figures``, and other trusts are compared with it.

Notes
-----
On trusts' pages White and ethnic minority were seen swapped, a ratio printed as a percentage, a share turned over, and the
bounds of the four-fifths rule printed as England's figure. So counts are asked for, and what a page prints as its ratio is
held to them and is not kept. A ratio without counts is refused: it has no interval, it cannot be checked, added to those
of other trusts, or hidden where it rests on too few.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from race_equality.definitions.codes import PUBLISHED_BY_TRUSTS
from race_equality.definitions.ethnicity import ETHNIC_MINORITY, WHITE
from race_equality.definitions.indicators import BANDS, BOARD, BY_ID, OWNER
from race_equality.errors import InputError
from race_equality.sources.cells import Cell, Record, first_by_key, read_csv
from race_equality.sources.file_kinds import is_workbook
from race_equality.sources.publication import FigureRows, LoadedFigures
from race_equality.sources.returns import wres
from race_equality.sources.returns.form import check_row, day_in, open_trust, year_to_of
from race_equality.sources.returns.workbook import list_workbook_bytes, read_workbook
from race_equality.store.provenance import Source
from race_equality.store.trusts import TrustList

TITLE = "WRES figures published by trusts"
SOURCE = PUBLISHED_BY_TRUSTS

#: What the page prints, to hold to the counts; and where and when it was read.
RATIO, NATIONAL, ADDRESS, READ_ON, CONFIRMED = "ratio", "national", "address", "read_on", "confirmed"
COLUMNS = (*wres.COLUMNS, RATIO, NATIONAL, ADDRESS, READ_ON, CONFIRMED)
KNOWN_BY = COLUMNS

NOTES = (
    "Published by the trust: copied from each trust's own page or document, whose address and day are with each figure.",
    "Each ratio is worked out from the counts; what the page prints as its ratio was held to them.",
    "The trusts are those that were copied, and no sample of all trusts.",
)

_INSTRUCTIONS = (
    "Copy what trusts publish of their WRES return: a row for each trust, year, indicator and item; add as many as there are.",
    "White, Ethnic minority, Unknown: whole numbers of people, as the page prints them. Leave out rows of which it prints none.",
    "ratio: what the page prints as the relative likelihood, to be held to the counts (indicators 2 to 4). Indicators 2 and 4 "
    "are White over ethnic minority, 3 is ethnic minority over White. A ratio without counts is refused: it has no interval.",
    "national: what the page prints as England's ratio, if it does. 0.8 and 1.25 are the bounds of the four-fifths rule.",
    "address: of the page or document, beginning with https://. read_on: the day on which it was read. Every row has both.",
    "confirmed: write yes in a row that was questioned when the page does say so.",
    "Then run: race-equality data add {file}",
    "The figures are public: they go to data/figures, marked as published by the trust. Commit them.",
)

_SWAPPED = "Look at the page again. If White and Ethnic minority are swapped, put them right; if not, write yes under confirmed."
_WEB_ADDRESS = re.compile(r"https?://[^\s/@]+\.[^\s/@]+(/\S*)?", re.ASCII)
_FOUR_FIFTHS_RANGE = re.compile(r"0?\.80?\s*(to|and|-|–|—)\s*1\.250?", re.IGNORECASE)
_NUMBER_IN_WORDS = re.compile(r"\d*\.?\d+\s*[a-z].*", re.IGNORECASE)
#: A ratio under this is one printed as a percentage: a workbook keeps "1.54%" as 0.0154.
_LEAST_RATIO = 0.05
#: How far a printed ratio may be from its counts: pages divide rounded shares.
_AS_PRINTED, _CLOSE = 0.02, 0.05
#: Counts of people that say who works there.
_STAFF_ITEMS = (BANDS.id, *(rate.indicator for rate in wres.RATES if rate.denominator == "staff"))
#: Pay bands of fewer than this share of the staff are not those of the workforce.
_MOST_OF_STAFF = 0.8
_YEARS_APART = 5  # a headcount of another time says nothing


@dataclass(frozen=True)
class Known:
    """What is known of trusts before a file is read, to hold it to.

    Parameters
    ----------
    minority : mapping of str to float
        Trust to the share of its staff from ethnic minorities, 0 to 1: of those who answered the last survey.
    headcount : mapping of str to mapping of int to float
        Trust to its staff in March of each year.
    national : mapping of (str, int) to float
        Indicator and year to England's ratio.
    before : mapping of (str, int, str) to float
        Trust, year, and indicator or item to the share from ethnic minorities that is held.
    """

    minority: Mapping[str, float] = field(default_factory=dict)
    headcount: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    national: Mapping[tuple[str, int], float] = field(default_factory=dict)
    before: Mapping[tuple[str, int, str], float] = field(default_factory=dict)


def known_from(figures: pd.DataFrame) -> Known:
    """Gather what is known of trusts from the figures that are held.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures, of which trusts' private returns are no part.

    Returns
    -------
    Known
    """
    ok = figures[figures["status"] == "ok"]
    last = ok[ok["indicator"] == "staff_survey_panel_ethnic_minority"].sort_values("period_end", kind="stable")
    minority = {code: percent / 100 for code, percent in _each(last, "trust_code", "value")}  # the last of each
    headcount: dict[str, dict[int, float]] = {}
    marches = ok[ok["indicator"] == "workforce_march_headcount"]
    for code, end, people in _each(marches, "trust_code", "period_end", "value"):
        years = headcount.setdefault(code, {})
        years[end.year] = years.get(end.year, 0.0) + people
    national = {
        (one.id, end.year): value
        for one in BY_ID.values()
        if one.compares == "ratio" and one.england
        for end, value in _each(ok[ok["indicator"] == one.england], "period_end", "value")
    }
    before: dict[tuple[str, int, str], dict[str, float]] = {}
    columns = ("trust_code", "period_end", "indicator", "group", "unit", "value", "denominator")
    for code, end, indicator, group, unit, value, base in _each(ok[ok["source"] == SOURCE], *columns):
        counts = before.setdefault((code, end.year, _composition_of(indicator)), {})
        counts[group] = counts.get(group, 0.0) + (base if unit == "percent" else value)
    shares = {key: share for key, counts in before.items() if (share := _minority_share(counts)) is not None}
    return Known(minority, headcount, national, shares)


def _each(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[name].tolist() for name in columns), strict=True)


def template(trust_codes: Sequence[str], years_to: Sequence[date], file_name: str) -> str:
    """Return an empty file as CSV.

    Parameters
    ----------
    trust_codes : sequence of str
        The trusts to copy; without any, the rows of one trust without a code.
    years_to : sequence of datetime.date
        Each a 31 March.
    file_name : str
        What it will be called, for the instructions in it.

    Returns
    -------
    str
    """
    text = io.StringIO(newline="")
    text.write(f"# {TITLE}: indicators 1 to 4 and 9\n")
    for line in _INSTRUCTIONS:
        text.write(f"# {line.format(file=file_name)}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    empty = [""] * (len(COLUMNS) - 4)
    for code, year_to, indicator, item in _rows(trust_codes, years_to):
        writer.writerow([code, year_to.isoformat(), indicator, item, *empty])
    return text.getvalue()


def template_workbook(trust_codes: Sequence[str], years_to: Sequence[date], file_name: str) -> bytes:
    """Return an empty file as an Excel workbook, with the rows of :func:`template` on one sheet."""
    return list_workbook_bytes(
        TITLE,
        [line.format(file=file_name) for line in _INSTRUCTIONS],
        "Published figures",
        COLUMNS,
        list(_rows(trust_codes, years_to)),
        whole_numbers=wres.GROUPS,
        days=(READ_ON,),
    )


def _rows(trust_codes: Sequence[str], years_to: Sequence[date]) -> Iterator[tuple[str, date, str, str]]:
    for code in trust_codes or [""]:
        for year_to in sorted(years_to):
            for indicator, item in wres.rows_of_a_year():
                yield code, year_to, indicator, item


def read_published(
    path: Path, trusts: TrustList, *, known: Known | None = None, today: date | None = None
) -> LoadedFigures:
    """Read what was copied from trusts' pages.

    Parameters
    ----------
    path : Path
        A CSV or an Excel workbook, made from the template.
    trusts : TrustList
    known : Known, optional
        From :func:`known_from`; without it, rows are held to each other alone.
    today : datetime.date, optional
        A page cannot have been read later.

    Returns
    -------
    LoadedFigures
        What is given, and nothing for what is not.

    Raises
    ------
    InputError
        For a row without address or day, a row that is not known or is there twice, numbers that contradict each other,
        and numbers that are unlikely for the trust in a row that is not confirmed.
    """
    known, today = known or Known(), today or date.today()
    remarks: tuple[str, ...] = ()
    if is_workbook(path):
        table, remarks = read_workbook(path, COLUMNS, trust_in_rows=True)
    else:
        table = read_csv(path, COLUMNS, comments=True)
    if table.unknown_columns:
        raise InputError(
            f"The column {table.unknown_columns[0]!r} is not part of such a file.",
            file=path,
            mend=f"The columns are {', '.join(COLUMNS)}.",
        )
    items: dict[str, list[str]] = {}
    for indicator, item in wres.rows_of_a_year():
        items.setdefault(indicator, []).append(item)
    by_trust: dict[str, dict[tuple[date, str, str], Record]] = {}
    keys = []
    for record in table:
        if not any(record[name].text for name in (*wres.GROUPS, RATIO, NATIONAL)):
            continue  # a row of the template of which the page prints nothing
        if record["trust_code"].text == "ENG":
            raise record["trust_code"].error(
                "The row is of England.", "Remove it: England's figures come from the national WRES report."
            )
        code = open_trust(record["trust_code"], trusts)
        check_row(record, items, wres.GROUPS)
        year_to = year_to_of(record["year_to"])
        _check_page(record, year_to, today)
        place = (year_to, record["indicator"].text, record["item"].text)
        by_trust.setdefault(code, {})[place] = record
        keys.append(((code, *map(str, place)), record["indicator"]))
    if not by_trust:
        raise InputError("The file has no numbers.", file=path, mend="Copy what trusts publish into it.")
    first_by_key(keys, "trust, year, indicator and item")
    years = sorted({year_to for records in by_trust.values() for year_to, *_ in records})
    figures = FigureRows(SOURCE, (years[0], years[-1]), trusts)
    notes = list(remarks)
    for code, records in by_trust.items():
        for year_to in sorted({year for year, *_ in records}):
            wres.add_year(figures, code, year_to, records, _places(records, path))
            notes += _check_ratios(code, year_to, records, known)
        _check_composition(code, records, known)
    table_of_figures = figures.table()
    table_of_figures = table_of_figures[table_of_figures["status"] == "ok"].reset_index(drop=True)
    if table_of_figures.empty:
        raise InputError("The file has no figure that is whole.", file=path, mend="Copy both counts of a share.")
    period = ", ".join(f"year to 31 March {year.year}" for year in years)
    return LoadedFigures(SOURCE, str(years[-1].year), period, table_of_figures, remarks=(*notes, *table.remarks))


def published_source(figures: pd.DataFrame, path: Path, sha256: str, today: date) -> Source:
    """Return where the figures copied from trusts' pages came from.

    Parameters
    ----------
    figures : pandas.DataFrame
        All that are held, from one file or several.
    path : Path
        The file that was read last.
    sha256 : str
        Of that file.
    today : datetime.date

    Returns
    -------
    race_equality.store.provenance.Source
    """
    years = sorted(figures["period_end"].dt.year.unique())
    trusts = figures["trust_code"].nunique()
    return Source(
        id=SOURCE,
        title=f"WRES indicators 1 to 4 and 9, published by the trust ({trusts} trust{'s' if trusts > 1 else ''})",
        publisher="Each trust, on its own page",
        url="",
        licence="As each trust's page says; the address is with each figure",
        date_read=today,
        sha256=sha256,
        file=path.name,
        period=", ".join(f"year to 31 March {year}" for year in years),
        notes=NOTES,
    )


def disagreements(published: pd.DataFrame, private: pd.DataFrame) -> list[str]:
    """Say where a trust's own return and what was copied from its page have other numbers for the same period.

    Parameters
    ----------
    published, private : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    list of str
        For the person who adds one of them, and for no file: a return is not public.
    """
    keys = ["trust_code", "period_end", "indicator", "group"]
    both = published[published["status"] == "ok"].merge(private[private["status"] == "ok"], on=keys)
    columns = ("value", "numerator", "denominator")
    differ = [(both[f"{name}_x"] - both[f"{name}_y"]).abs().fillna(0) > 1e-9 for name in columns]
    rows = both[differ[0] | differ[1] | differ[2]]
    numbers = [f"{name}_{side}" for side in "yx" for name in columns]
    return [
        f"{indicator} of {code}, year to {end.date()}, {group}: {_in_words(*counts[:3])} in the trust's own return, "
        f"{_in_words(*counts[3:])} {locator}. The trust's report uses its return; other reports use what it published. Ask "
        "which is right."
        for indicator, code, end, group, locator, *counts in _each(
            rows, "indicator", "trust_code", "period_end", "group", "locator_x", *numbers
        )
    ]


def _in_words(value: float, numerator: float, denominator: float) -> str:
    return f"{value:,.0f}" if pd.isna(numerator) else f"{numerator:,.0f} of {denominator:,.0f}"


def _places(records: Mapping[tuple[date, str, str], Record], path: Path) -> Callable[[Cell | None], str]:
    """Return what says of a cell where its figure was published and where it was copied to."""
    pages = {
        record[group].locator: f"published by the trust at {record[ADDRESS].text}, read on {day_in(record[READ_ON])}"
        for record in records.values()
        for group in wres.GROUPS
    }
    return lambda cell: f"{pages[cell.locator]} ({path.name} {cell.locator})" if cell else f"{path.name}: no row"


def _check_page(record: Record, year_to: date, today: date) -> None:
    """Check that a row has the address of a page and the day on which it was read."""
    address, read_on = record[ADDRESS], record[READ_ON]
    if not _WEB_ADDRESS.fullmatch(address.text):
        raise address.error(
            f"{address.text!r} is not the address of a page." if address.text else "The row has no address.",
            "Copy the address of the page or document from the browser, beginning with https://.",
        )
    day = day_in(read_on)
    if day is None:
        raise read_on.error(
            f"{read_on.text!r} is not a day." if read_on.text else "The row has no day on which the page was read.",
            "Write the day as 2025-11-20.",
        )
    if not year_to < day <= today:
        when = "later than today" if day > today else "before the year had ended"
        raise read_on.error(f"The page was read on {day}, {when}.", "Correct the day, or the year.")


# -- ratios against their own counts -----------------------------------------------------------------


def _check_ratios(
    code: str, year_to: date, records: Mapping[tuple[date, str, str], Record], known: Known
) -> Iterator[str]:
    """Hold what a page prints as a ratio to its counts; yield what is worth knowing."""
    rates = {rate.indicator: rate for rate in wres.RATES}
    for (year, indicator, _), record in records.items():
        if year != year_to:
            continue
        ratio, national = record[RATIO], record[NATIONAL]
        if (ratio.text or national.text) and indicator not in rates:
            raise (ratio if ratio.text else national).error(
                f"{indicator} has no ratio.", "Clear the cell: indicators 2, 3 and 4 have one."
            )
        about = f"{indicator} of {code}, year to {year_to}"
        if national.text:
            yield from _check_national(national, indicator, year_to, known, about)
        if ratio.text:
            printed = _ratio_in(ratio)
            counted = _counted_ratio(records, rates[indicator], year_to)
            if counted is None:
                raise ratio.error(
                    "The page's ratio stands without the counts that it rests on: it has no interval, cannot be "
                    "checked and cannot be added to those of other trusts.",
                    f"Copy {rates[indicator].denominator!r} and {rates[indicator].numerator!r} of both groups, which many "
                    "trusts print in the return next to the report; without them, leave the row out.",
                )
            yield from _hold(ratio, printed, counted, indicator, about)


def _ratio_in(cell: Cell) -> float:
    """Return a ratio that a page prints."""
    _refuse_four_fifths(cell)
    if cell.text.endswith("%"):
        raise cell.error(
            f"{cell.text!r} is a ratio printed as a percentage.",
            f"Write {cell.text.rstrip('% ')}, if the counts give that ratio; it counts how many times, and no hundredths.",
        )
    if _NUMBER_IN_WORDS.fullmatch(cell.text) and not re.fullmatch(r"[\d.]+e[+-]?\d+", cell.text, re.IGNORECASE):
        raise cell.error(
            f"{cell.text!r} is a number and words.", "Write the ratio alone; '0.66 more likely' says no direction."
        )
    value = cell.number("ratio")
    if 0 < value < _LEAST_RATIO:
        raise cell.error(
            f"The ratio {value:g} is too small for one: a workbook keeps a ratio printed as a percentage so.",
            f"Write {100 * value:.2f} as a plain number, if the counts give that ratio.",
        )
    return value


def _refuse_four_fifths(cell: Cell) -> None:
    if _FOUR_FIFTHS_RANGE.fullmatch(cell.text):
        raise cell.error(
            f"{cell.text!r} is the range of the four-fifths rule, and no figure of anybody.",
            "Clear the cell, or write the ratio that the page prints.",
        )


def _check_national(cell: Cell, indicator: str, year_to: date, known: Known, about: str) -> Iterator[str]:
    printed = _ratio_in(cell)
    if printed in (0.8, 1.25):
        raise cell.error(
            f"{cell.text} is a bound of the four-fifths rule, which pages print as England's figure.",
            "Clear the cell: England's ratio comes from the national WRES report.",
        )
    held = known.national.get((indicator, year_to.year))
    if held is not None and abs(printed - held) > _last_place(cell.text) / 2 + 1e-9:
        yield (
            f"{about}: the page prints {printed:g} for England, the national WRES report has {held:.2f}. "
            "The report is used; look whether the page is of another year."
        )


def _counted_ratio(records: Mapping[tuple[date, str, str], Record], rate: wres.Rate, year_to: date) -> float | None:
    """Return the ratio that the counts give; infinite where nobody of the second group was counted."""
    shares = {}
    for group in (WHITE, ETHNIC_MINORITY):
        pair = [
            record[group].number("number of people", whole=True)
            for item in (rate.numerator, rate.denominator)
            if (record := records.get((year_to, rate.indicator, item))) and record[group].text
        ]
        if len(pair) < 2 or not pair[1]:
            return None
        shares[group] = pair[0] / pair[1]
    first, second = (shares[group] for group in BY_ID[rate.indicator].between)
    if not second:
        return math.inf if first else None
    return first / second


def _hold(cell: Cell, printed: float, counted: float, indicator: str, about: str) -> Iterator[str]:
    """Hold a printed ratio to that of its counts."""
    rounding = _last_place(cell.text) / 2

    def near(target: float, share: float) -> bool:
        return abs(printed - target) <= max(rounding, share * target) + 1e-9

    first, second = BY_ID[indicator].between
    if near(counted, _AS_PRINTED):
        return
    if near(counted, _CLOSE):
        yield f"{about}: the page prints {printed:g}, its counts give {counted:.2f}. The counts are used."
        return
    if abs(100 * printed - counted) <= _CLOSE * counted:
        raise cell.error(
            f"The ratio {printed:g} is a hundredth of what its counts give ({counted:.2f}): a ratio printed as a percentage.",
            "Write it as a plain number.",
        )
    turned = 1 / counted if counted else math.inf
    if near(turned, _CLOSE):
        raise cell.error(
            f"The ratio {printed:g} is turned over: the counts give {counted:.2f}, and {turned:.2f} is 1 over it. "
            f"{indicator} is {first} over {second}.",
            "Look at the page's counts. If the page turned the ratio over, clear the ratio: it comes from the counts. If "
            "its counts of White and Ethnic minority are swapped, put them right.",
        )
    raise cell.error(
        f"The ratio {printed:g} contradicts its own counts, which give {counted:.2f} ({first} over {second}).",
        "Correct what was copied wrongly. If the page contradicts itself, ask the trust, or leave out this indicator.",
    )


def _last_place(text: str) -> float:
    """Return the worth of the last digit of a number: 0.01 for 1.54."""
    return 10.0 ** -len(text.partition(".")[2])


# -- White and ethnic minority the right way round ---------------------------------------------------


def _composition_of(indicator: str) -> str:
    """Return which counts tell who works or applies there: those of all bands are one."""
    owner = OWNER[indicator].id
    return owner if owner != BOARD.id else indicator


def _minority_share(counts: Mapping[str, float]) -> float | None:
    both = counts.get(WHITE, 0.0) + counts.get(ETHNIC_MINORITY, 0.0)
    return counts[ETHNIC_MINORITY] / both if both and WHITE in counts and ETHNIC_MINORITY in counts else None


def _check_composition(code: str, records: Mapping[tuple[date, str, str], Record], known: Known) -> None:
    """Question counts that fit the trust better with White and ethnic minority swapped, and far too many or few staff."""
    bases = {rate.indicator: rate.denominator for rate in wres.RATES}
    found: dict[tuple[int, str], dict[str, float]] = {}
    first: dict[tuple[int, str], Record] = {}
    confirmed: set[tuple[int, str]] = set()
    for (year_to, indicator, item), record in sorted(records.items(), key=lambda pair: pair[0]):
        if item != bases.get(indicator, wres.PEOPLE):
            continue
        key = (year_to.year, _composition_of(indicator))
        first.setdefault(key, record)
        if record[CONFIRMED].text.lower() == "yes":
            confirmed.add(key)
        elif record[CONFIRMED].text:
            raise record[CONFIRMED].error(f"{record[CONFIRMED].text!r} is not yes.", "Write yes, or leave it empty.")
        counts = found.setdefault(key, {})
        for group in wres.GROUPS:
            if record[group].text:
                counts[group] = counts.get(group, 0.0) + record[group].number("number of people", whole=True)
    shares = {key: _minority_share(counts) for key, counts in found.items()}
    for key, share in shares.items():
        year, indicator = key
        if key in confirmed or share is None:
            continue
        cell = first[key][ETHNIC_MINORITY]
        earlier = shares.get((year - 1, indicator)) or known.before.get((code, year - 1, indicator))
        staff = known.minority.get(code) if indicator in _STAFF_ITEMS or indicator in wres.BOARD else None
        if staff is not None and indicator in wres.BOARD and share < staff:
            staff = None  # a board that is whiter than the workforce is what the indicator looks for
        for reference, words in (
            (earlier, "a year before they were"),
            (staff, "of those who answered the staff survey they are"),
        ):
            if reference is not None and _fits_better_swapped(share, reference):
                raise cell.error(
                    f"{indicator} of {code}, year to 31 March {year}: {100 * share:.0f}% from ethnic minorities, and "
                    f"{words} {100 * reference:.0f}%. White and Ethnic minority may be swapped.",
                    _SWAPPED,
                )
        people = sum(found[key].values())
        _check_headcount(code, year, indicator, people, cell, known)
        others = [sum(found[year, item].values()) for item in _STAFF_ITEMS[1:] if (year, item) in found]
        if indicator == BANDS.id and others and people < _MOST_OF_STAFF * max(others):
            raise cell.error(
                f"The pay bands of {code}, year to 31 March {year}, hold {people:,.0f} of {max(others):,.0f} staff: the "
                "board would be compared with these alone.",
                "Copy all bands and grades, or leave them out. If the page has no more, write yes under confirmed.",
            )


def _fits_better_swapped(share: float, reference: float) -> bool:
    """Say whether a share is much nearer to what the other group's would be.

    Notes
    -----
    Of a trust with about as many White as other staff nobody can tell: the two must be far apart.
    """
    away = abs(share - reference)
    return away > 0.15 and 2 * abs(share - (1 - reference)) < away


def _check_headcount(code: str, year: int, indicator: str, staff: float, cell: Cell, known: Known) -> None:
    years = known.headcount.get(code, {})
    if indicator not in _STAFF_ITEMS or not years:
        return
    nearest_year = min(years, key=lambda one: abs(one - year))
    if abs(nearest_year - year) > _YEARS_APART:
        return
    held = years[nearest_year]
    if staff > 2 * held or 2 * staff < held:
        raise cell.error(
            f"{indicator} of {code}, year to 31 March {year}: {staff:,.0f} staff, and the trust had {held:,.0f} in March "
            f"{nearest_year}.",
            "Look at the page again: it may be of another trust, or its numbers shares. If it does say so, write yes "
            "under confirmed.",
        )

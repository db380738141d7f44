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
from datetime import date
from pathlib import Path

import pandas as pd

from race_equality.definitions.codes import PUBLISHED_BY_TRUSTS
from race_equality.definitions.ethnicity import ETHNIC_MINORITY, WHITE
from race_equality.definitions.indicators import BANDS, BY_ID
from race_equality.errors import InputError
from race_equality.sources.cells import Cell, Record
from race_equality.sources.publication import FigureRows, LoadedFigures
from race_equality.sources.returns import wres
from race_equality.sources.returns.form import Key, items_of, open_trust, place_of
from race_equality.sources.returns.known import Known, composition_of, each, fits_better_swapped, minority_share
from race_equality.sources.returns.mistakes import Mistakes
from race_equality.sources.returns.rows import read_rows
from race_equality.sources.returns.values import day_in, number_in, people_in, remarks_on_years
from race_equality.sources.returns.workbook import list_workbook_bytes
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
    ReturnError
        With every row without address or day, every row that is not known or is there twice, numbers that contradict each
        other, and numbers that are unlikely for the trust in a row that is not confirmed.
    """
    known, today, mistakes = known or Known(), today or date.today(), Mistakes(path)
    table = read_rows(path, COLUMNS, mistakes)
    items = items_of(wres.rows_of_a_year())
    by_trust: dict[str, dict[tuple[date, str, str], Record]] = {}
    counts: dict[str, dict[Key, tuple[float | None, Cell]]] = {}
    filled_in = [
        record for record in table.records if any(record[name].text for name in (*wres.GROUPS, RATIO, NATIONAL))
    ]  # of the others, the page prints nothing
    for record in filled_in:
        with mistakes.noted():
            if record["trust_code"].text.upper() == "ENG":
                raise record["trust_code"].error(
                    "The row is of England.", "Remove it: England's figures come from the national WRES report."
                )
            code = open_trust(record["trust_code"], trusts)
            place = place_of(record, items, today, mistakes)
            if place is None:
                continue
            if place in by_trust.get(code, {}):
                first = by_trust[code][place]["indicator"]
                raise record["indicator"].error(
                    f"The trust, year, indicator and item {' '.join(map(str, (code, *place)))} is here and at "
                    f"{first.reference}.",
                    "Keep one of the two rows.",
                )
            by_trust.setdefault(code, {})[place] = record
            for group in wres.GROUPS:
                counts.setdefault(code, {})[*place, group] = (None, record[group])
                with mistakes.noted():
                    counts[code][*place, group] = (people_in(record[group]), record[group])
            _check_page(record, place[0], today)
    if not filled_in:
        mistakes.raise_any()
        raise InputError("The file has no numbers.", file=path, mend="Copy what trusts publish into it.")
    years = sorted({year_to for records in by_trust.values() for year_to, *_ in records}) or [today]
    notes = [*table.remarks, *remarks_on_years(record["year_to"] for record in filled_in)]
    for code, records in by_trust.items():
        for year_to in sorted({year for year, *_ in records}):
            wres.check_year(counts[code], year_to, mistakes)
            notes += _check_ratios(code, year_to, records, counts[code], known, mistakes)
        with mistakes.noted():
            _check_composition(code, records, counts[code], known)
    mistakes.raise_any()
    figures = FigureRows(SOURCE, (years[0], years[-1]), trusts)
    for code, records in by_trust.items():
        for year_to in sorted({year for year, *_ in records}):
            wres.add_year(figures, code, year_to, counts[code], _places(records, path))
    table_of_figures = figures.table()
    table_of_figures = table_of_figures[table_of_figures["status"] == "ok"].reset_index(drop=True)
    if table_of_figures.empty:
        raise InputError("The file has no figure that is whole.", file=path, mend="Copy both counts of a share.")
    period = ", ".join(f"year to 31 March {year.year}" for year in years)
    return LoadedFigures(SOURCE, str(years[-1].year), period, table_of_figures, remarks=tuple(notes))


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
        for indicator, code, end, group, locator, *counts in each(
            rows, "indicator", "trust_code", "period_end", "group", "locator_x", *numbers
        )
    ]


def _in_words(value: float, numerator: float, denominator: float) -> str:
    return f"{value:,.0f}" if pd.isna(numerator) else f"{numerator:,.0f} of {denominator:,.0f}"


def _places(records: Mapping[tuple[date, str, str], Record], path: Path) -> Callable[[Cell | None], str]:
    """Return what says of a cell where its figure was published and where it was copied to."""
    pages = {
        record[
            group
        ].locator: f"published by the trust at {record[ADDRESS].text}, read on {day_in(record[READ_ON].text)}"
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
    day = day_in(read_on.text)
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
    code: str,
    year_to: date,
    records: Mapping[tuple[date, str, str], Record],
    counts: Mapping[Key, tuple[float | None, Cell]],
    known: Known,
    mistakes: Mistakes,
) -> list[str]:
    """Hold what a page prints as a ratio to its counts; return what is worth knowing."""
    rates = {rate.indicator: rate for rate in wres.RATES}
    notes: list[str] = []
    for (year, indicator, _), record in records.items():
        ratio, national = record[RATIO], record[NATIONAL]
        if year != year_to or not (ratio.text or national.text):
            continue
        about = f"{indicator} of {code}, year to {year_to}"
        with mistakes.noted():
            if indicator not in rates:
                raise (ratio if ratio.text else national).error(
                    f"{indicator} has no ratio.", "Clear the cell: indicators 2, 3 and 4 have one."
                )
            if national.text:
                notes += _check_national(national, indicator, year_to, known, about)
            if ratio.text:
                printed = _ratio_in(ratio)
                counted = _counted_ratio(counts, rates[indicator], year_to)
                if counted is None:
                    raise ratio.error(
                        "The page's ratio stands without the counts that it rests on: it has no interval, cannot be "
                        "checked and cannot be added to those of other trusts.",
                        f"Copy {rates[indicator].denominator!r} and {rates[indicator].numerator!r} of both groups, which "
                        "many trusts print in the return next to the report; without them, leave the row out.",
                    )
                notes += _hold(ratio, printed, counted, indicator, about)
    return notes


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
    value = number_in(cell, "ratio")
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


def _counted_ratio(counts: Mapping[Key, tuple[float | None, Cell]], rate: wres.Rate, year_to: date) -> float | None:
    """Return the ratio that the counts give; infinite where nobody of the second group was counted."""
    shares = {}
    for group in (WHITE, ETHNIC_MINORITY):
        people, among = (
            counts.get((year_to, rate.indicator, item, group), (None, None))[0]
            for item in (rate.numerator, rate.denominator)
        )
        if people is None or not among:
            return None
        shares[group] = people / among
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


def _check_composition(
    code: str,
    records: Mapping[tuple[date, str, str], Record],
    counts: Mapping[Key, tuple[float | None, Cell]],
    known: Known,
) -> None:
    """Question counts that fit the trust better with White and ethnic minority swapped, and far too many or few staff."""
    bases = {rate.indicator: rate.denominator for rate in wres.RATES}
    found: dict[tuple[int, str], dict[str, float]] = {}
    first: dict[tuple[int, str], Record] = {}
    confirmed: set[tuple[int, str]] = set()
    for (year_to, indicator, item), record in sorted(records.items(), key=lambda pair: pair[0]):
        if item != bases.get(indicator, wres.PEOPLE):
            continue
        key = (year_to.year, composition_of(indicator))
        first.setdefault(key, record)
        if record[CONFIRMED].text.lower() == "yes":
            confirmed.add(key)
        elif record[CONFIRMED].text:
            raise record[CONFIRMED].error(f"{record[CONFIRMED].text!r} is not yes.", "Write yes, or leave it empty.")
        of_key = found.setdefault(key, {})
        for group in wres.GROUPS:
            if (value := counts[year_to, indicator, item, group][0]) is not None:
                of_key[group] = of_key.get(group, 0.0) + value
    shares = {key: minority_share(of_key) for key, of_key in found.items()}
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
            if reference is not None and fits_better_swapped(share, reference):
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


def _check_headcount(code: str, year: int, indicator: str, staff: float, cell: Cell, known: Known) -> None:
    published = known.staff_of(code, year) if indicator in _STAFF_ITEMS else None
    if published is None:
        return
    held, counted_in = published
    if staff > 2 * held or 2 * staff < held:
        raise cell.error(
            f"{indicator} of {code}, year to 31 March {year}: {staff:,.0f} staff, and the trust had "
            f"{known.headcount[code][counted_in]:,.0f} in March {counted_in}.",
            "Look at the page again: it may be of another trust, or its numbers shares. If it does say so, write yes "
            "under confirmed.",
        )

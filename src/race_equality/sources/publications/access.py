"""How long patients wait: referral to treatment (RTT) and A&E, by trust and month.

Two layouts of one series each: a row for each trust and month, summed from the official monthly files. The official RTT
file has a row for each commissioner, and ``C_999`` is already a total of the treatment functions; the official A&E file
has a TOTAL row inside the data, and one month has a column headed ``a``. None of them is split by ethnicity.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from race_equality.errors import InputError, nearest
from race_equality.sources.cells import Cell, Record, Table, csv_stream, first_by_key, read_csv
from race_equality.sources.headers import normalised, same_words
from race_equality.sources.publication import FigureRows, LoadedFigures, Publication
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE
from race_equality.store.trusts import TrustList

RTT, AE, RTT_MONTH, AE_MONTH = "rtt", "ae", "rtt_month", "ae_month"
_MOST_NAMED = 2  # columns that do not come to the file's own total
ALL_PATIENTS = "All patients"
SINCE_NOVEMBER_2025 = "recorded as since November 2025"

RTT_COLUMNS = ("trust_code", "month_start", "total_incomplete", "within_18wk", "over_52wk", "over_65wk")
#: Column to indicator: the share of the waiting list, in per cent.
RTT_INDICATORS = {
    "within_18wk": "rtt_within_18_weeks",
    "over_52wk": "rtt_over_52_weeks",
    "over_65wk": "rtt_over_65_weeks",
}

LONGEST_WAITS = ("over_78wk", "over_104wk")

AE_COLUMNS = tuple("trust_code month_start methodology_break att_all over4hr_all dta_12hr_plus emadm_via_ae".split())
#: Indicator to numerator and denominator column.
AE_INDICATORS = {
    "ae_over_4_hours": ("over4hr_all", "att_all"),
    "ae_over_12_hours_to_admission": ("dta_12hr_plus", "emadm_via_ae"),
}


_RECORDING_CHANGED = date(2025, 11, 1)  # of A&E

#: Columns of the official monthly file, besides one for each week of waiting.
RTT_MONTH_COLUMNS = ("Period", "Provider Org Code", "Commissioner Org Code", "RTT Part Type", "Treatment Function Code")
_ALL_FUNCTIONS = "C_999"
#: Those that are there and say nothing more; sums over weeks are computed, as some are left blank.
RTT_MONTH_OTHER_COLUMNS = (
    "Provider Parent Org Code",
    "Provider Parent Name",
    "Provider Org Name",
    "Commissioner Parent Org Code",
    "Commissioner Parent Name",
    "Commissioner Org Name",
    "RTT Part Description",
    "Treatment Function Name",
    "Total",
    "Patients with unknown clock start date",
    "Total All",
)

_TYPES = ("Type 1", "Type 2", "Other A&E Department")
#: Indicator to the columns of the official file that make its numerator and denominator.
AE_MONTH_INDICATORS = {
    "ae_over_4_hours": (
        tuple(f"Attendances over 4hrs {kind}" for kind in _TYPES[:2]) + ("Attendances over 4hrs Other Department",),
        tuple(f"A&E attendances {kind}" for kind in _TYPES),
    ),
    "ae_over_12_hours_to_admission": (
        ("Patients who have waited 12+ hrs from DTA to admission",),
        (
            "Emergency admissions via A&E - Type 1",
            "Emergency admissions via A&E - Type 2",
            "Emergency admissions via A&E - Other A&E department",
        ),
    ),
}
AE_MONTH_COLUMNS = (
    "Period",
    "Org Code",
    *(column for pair in AE_MONTH_INDICATORS.values() for columns in pair for column in columns),
)
AE_MONTH_OTHER_COLUMNS = (
    "Parent Org",
    "Org name",
    *(
        f"{start} Booked Appointments {kind}"
        for start in ("A&E attendances", "Attendances over 4hrs")
        for kind in ("Type 1", "Type 2", "Other Department")
    ),
    "Patients who have waited 4-12 hs from DTA to admission",
    "Other emergency admissions",
)


def read_rtt(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read the waiting list by trust and month: the share waiting under 18 and over 52 and 65 weeks.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        A blank is a month whose file did not hold that wait: not available, not zero.
    """
    table = read_csv(path, RTT_COLUMNS, optional=LONGEST_WAITS)
    figures, last = _months(table, RTT, trusts)
    for trust_code, record, period in figures.records(table):
        total = record["total_incomplete"].number("waiting list", whole=True)
        for column, indicator in RTT_INDICATORS.items():
            cell = record[column]
            figures.add_share(trust_code, record["trust_code"].text, indicator, cell, total, period)
    for record in table:  # those of no trust as well: slipped numbers show there too
        _check_waits(record)
    for indicator in RTT_INDICATORS.values():
        figures.rows.complete(
            indicator, [ALL_PATIENTS], "percent", reason="no waiting list published", status_of=_status_without
        )
    return figures.rows.loaded(f"to {last:%B %Y}", f"month by month to {last:%B %Y}", table.remarks)


def _number(record: Record, column: str) -> float | None:
    """Return a number of patients; None where it is blank or the file does not have the column."""
    return record[column].number("number of patients", whole=True) if record.values.get(column, "").strip() else None


def _check_waits(record: Record) -> None:
    """Hold the waits of a row to each other: who has waited over 65 weeks has waited over 52 as well."""
    total = record["total_incomplete"].number("waiting list", whole=True)
    within, *over = (_number(record, column) for column in ("within_18wk", "over_52wk", "over_65wk", *LONGEST_WAITS))
    if within is not None and over[0] is not None and within + over[0] > total:
        raise record["within_18wk"].error(
            f"{within:.0f} within 18 weeks and {over[0]:.0f} over 52 are more than all {total:.0f}.",
            "Download the file again.",
        )
    known = [count for count in over if count is not None]
    if known != sorted(known, reverse=True):
        raise record["over_52wk"].error(
            f"More patients have waited longer: {' and then '.join(f'{count:.0f}' for count in known)}.",
            "Columns may have been swapped: download the file again.",
        )


def read_ae(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read A&E by trust and month: the share over 4 hours, and 12 hours to admission.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        In a month without attendances there is no share: not applicable.

    Notes
    -----
    Recording changed in November 2025: months before and after must not be read as one series. The
    recording of every later figure says so.
    """
    table = read_csv(path, AE_COLUMNS, optional=("att_type1", "att_type2", "att_other", "over4hr_type1", "dta_4to12hr"))
    figures, last = _months(table, AE, trusts)
    for trust_code, record, period in figures.records(table):
        changed = record["methodology_break"]
        if changed.text not in ("True", "False"):
            raise changed.error(f"{changed.text!r} is neither True nor False.", "Download the file again.")
        recording = SINCE_NOVEMBER_2025 if changed.text == "True" else ""
        if (period[0] >= _RECORDING_CHANGED) != bool(recording):
            raise changed.error(
                f"{changed.text} of {period[0]:%B %Y}, and recording changed in {_RECORDING_CHANGED:%B %Y}.",
                "Download the file again.",
            )
        for indicator, (numerator, denominator) in AE_INDICATORS.items():
            total = record[denominator].number(denominator, whole=True)
            figures.add_share(
                trust_code, record["trust_code"].text, indicator, record[numerator], total, period, recording=recording
            )
    for record in table:
        _check_attendances(record)
    for indicator in AE_INDICATORS:
        figures.rows.complete(
            indicator, [ALL_PATIENTS], "percent", reason="no A&E published", status_of=_status_without
        )
    return figures.rows.loaded(f"to {last:%B %Y}", f"month by month to {last:%B %Y}", table.remarks)


def _check_attendances(record: Record) -> None:
    """Hold the attendances of a row to each other: those of each type to all, and those over 4 hours to both."""
    first, second, other, everybody, over_first, over_all = (
        _number(record, column)
        for column in ("att_type1", "att_type2", "att_other", "att_all", "over4hr_type1", "over4hr_all")
    )
    by_type = [number for number in (first, second, other) if number is not None]
    if everybody is not None and len(by_type) == 3 and sum(by_type) != everybody:
        raise record["att_all"].error(
            f"All attendances are {everybody:.0f}, and those of each type come to {sum(by_type):.0f}.",
            "Download the file again.",
        )
    if over_first is not None and over_first > min((n for n in (first, over_all) if n is not None), default=over_first):
        raise record["over4hr_type1"].error(
            f"{over_first:.0f} attendances of type 1 over 4 hours are more than all of type 1, or all over 4 hours.",
            "Columns may have been swapped: download the file again.",
        )


def read_ae_month(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read one month of A&E as NHS England publishes it.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        The same figures as :func:`read_ae`, of one month.

    Notes
    -----
    Booked appointments are in columns of their own and are not counted, as in the published performance figure. The
    TOTAL row inside the data is left out. One month has an empty column headed ``a`` and others headed ``Unnamed``.
    """
    table = read_csv(path, AE_MONTH_COLUMNS, optional=AE_MONTH_OTHER_COLUMNS)
    records = [r for r in table if normalised(r["Period"].text) != "total"]
    if not records:
        raise InputError("The file has no rows but the total.", file=path, mend="Download it again.")
    first_by_key((((r["Org Code"].text,), r["Org Code"]) for r in records), "organisation")
    period = _named_month(records[0]["Period"], "MSitAE-")
    recording = SINCE_NOVEMBER_2025 if period[0] >= _RECORDING_CHANGED else ""
    rows = FigureRows(f"{AE_MONTH}_{period[1]:%Y_%m}", period, trusts)
    months = _Months(rows)
    for record in records:
        if _named_month(record["Period"], "MSitAE-") != period:
            raise record["Period"].error("The file has more than one month.", "Give one month a file.")
        if "Org name" in table.columns:
            rows.check_name(record["Org Code"].text, record["Org name"])
        trust_code = rows.trust_of(record["Org Code"], "providers that are not trusts")
        if trust_code is None:
            continue
        for indicator, (numerators, denominators) in AE_MONTH_INDICATORS.items():
            total, part = (
                sum(record[column].number("number of patients", whole=True) for column in columns)
                for columns in (denominators, numerators)
            )
            cell = replace(record[numerators[0]], value=part)
            summed = f" (and {len(numerators) - 1} columns more)" if len(numerators) > 1 else ""
            organisation = record["Org Code"].text
            months.add_share(trust_code, organisation, indicator, cell, total, period, summed, recording)
    remarks = [*table.remarks, *_totals_that_differ(table, records)]
    return rows.loaded(f"{period[1]:%B %Y}", f"{period[1]:%B %Y}", remarks)


def _totals_that_differ(table: Table, records: list[Record]) -> list[str]:
    """Return what the file's own TOTAL row says otherwise than its rows: some of them are then missing."""
    totals = [r for r in table if normalised(r["Period"].text) == "total"]
    if not totals:
        return [
            "The file has no TOTAL row, as each published month has: it may have been cut short, with rows missing."
        ]
    differing = []
    for total in totals:
        for column in dict.fromkeys(c for pair in AE_MONTH_INDICATORS.values() for part in pair for c in part):
            if not total[column].text:
                continue
            published = total[column].number("number of patients", whole=True)
            rows = sum(record[column].number("number of patients", whole=True) for record in records)
            if rows != published:
                differing.append(f"{column} {rows:,.0f} in rows and {published:,.0f} in the TOTAL row")
    if not differing:
        return []
    more = f"; and {len(differing) - _MOST_NAMED} columns more" if len(differing) > _MOST_NAMED else ""
    return [f"The rows do not come to the file's own total: {'; '.join(differing[:_MOST_NAMED])}{more}."]


def _named_month(cell: Cell, prefix: str) -> tuple[date, date]:
    """Return the first and last day of a month such as MSitAE-JUNE-2026."""
    try:
        first = datetime.strptime(cell.text.removeprefix(prefix).title(), "%B-%Y").date()
    except ValueError:
        raise cell.error(f"The period is {cell.text!r} and not like {prefix}JUNE-2026.", "Download it again.") from None
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def read_rtt_month(path: Path, trusts: TrustList) -> LoadedFigures:
    """Read one month of the waiting list as NHS England publishes it, zipped or not.

    Parameters
    ----------
    path : Path
    trusts : TrustList

    Returns
    -------
    LoadedFigures
        The same figures as :func:`read_rtt`, of one month.

    Notes
    -----
    A provider has a row for each commissioner and treatment function; ``C_999`` is the total of the
    functions, so it alone is added up over commissioners. Incomplete pathways are ``Part_2``. What the file says twice
    must agree: the weeks of a row and its ``Total All``, the functions of a commissioner and their ``C_999``.
    """
    counts: dict[str, _Waits] = {}
    #: By provider and commissioner: where each treatment function is, and its patients.
    functions: dict[tuple[str, str], dict[str, tuple[Cell, float]]] = {}
    providers: dict[tuple[str, str], Cell] = {}
    with csv_stream(path) as rows:
        _, header = next(rows, (1, []))
        columns = _rtt_columns(header, path)
        others = {name.strip(): index for index, name in enumerate(header) if name.strip() in RTT_MONTH_OTHER_COLUMNS}
        first, period = "", None
        for row_number, row in rows:
            if not any(row):
                continue
            if len(row) != len(header):
                raise InputError(
                    f"The row has {len(row)} values for {len(header)} columns.",
                    file=path,
                    row=row_number,
                    mend="It may have been cut short, or a text with a comma may have lost its quotation marks: "
                    "download the file again.",
                )
            if row[columns["RTT Part Type"]].strip() != "Part_2":
                continue
            cells = _RowCells(path, header, row_number, row)
            named = cells.at(columns["Period"])
            if period is None:
                first, period = named.text, _named_month(named, "RTT-")
            elif named.text != first and _named_month(named, "RTT-") != period:
                raise named.error("The file has more than one month.", "Give one month a file.")
            provider, commissioner, function = (
                cells.at(columns[name])
                for name in ("Provider Org Code", "Commissioner Org Code", "Treatment Function Code")
            )
            if "Provider Org Name" in others:
                name = cells.at(others["Provider Org Name"])
                providers.setdefault((provider.text, name.text), name)
            weeks = {
                week: cells.at(column).number("number of patients", whole=True)
                for week, column in columns.items()
                if isinstance(week, int) and row[column].strip() not in ("", "0")
            }
            patients = sum(weeks.values())
            if "Total All" in others:
                _check_total(patients, cells, others)
            of_commissioner = functions.setdefault((provider.text, commissioner.text), {})
            if function.text in of_commissioner:
                raise function.error(
                    f"{provider.text}, commissioner {commissioner.text}, {function.text} is at "
                    f"{of_commissioner[function.text][0].reference} as well.",
                    "Keep one of the two rows, or download the file again.",
                )
            of_commissioner[function.text] = function, patients
            if function.text == _ALL_FUNCTIONS:
                counts.setdefault(provider.text, _Waits(row_number)).add(weeks)
    if period is None:
        raise InputError("The file has no incomplete pathways (Part_2, C_999).", file=path, mend="Download it again.")
    for (organisation, commissioner_code), found in functions.items():
        _check_functions(organisation, commissioner_code, found)
    figures = FigureRows(f"{RTT_MONTH}_{period[1]:%Y_%m}", period, trusts)
    for (organisation, _), name in providers.items():
        figures.check_name(organisation, name)
    for organisation, waits in sorted(counts.items()):
        trust_code = figures.trust_of(organisation, "providers that are not trusts")
        if trust_code is None:
            continue
        locator = f"row {waits.first_row}, Part_2 C_999 ({waits.rows} commissioners)"
        for indicator, count in waits.by_indicator().items():
            about = (trust_code, organisation, indicator, ALL_PATIENTS, "percent", locator)
            figures.add(
                *about,
                value=100 * count / waits.total if waits.total else None,
                numerator=count,
                denominator=waits.total,
                status="ok" if waits.total else "not_applicable",
            )
    known = {same_words(name) for name in (*RTT_MONTH_COLUMNS, *RTT_MONTH_OTHER_COLUMNS)}
    unread = [
        name
        for index, name in enumerate(header)
        if name.strip() and index not in columns.values() and same_words(name) not in known
    ]
    remarks = [f"Columns not read: {', '.join(unread)}."] if unread else []
    return figures.loaded(f"{period[1]:%B %Y}", f"{period[1]:%B %Y}", remarks)


@dataclass(frozen=True)
class _RowCells:
    """The cells of one row of a file that is too large to be held."""

    path: Path
    header: list[str]
    row_number: int
    row: list[str]

    def at(self, column: int) -> Cell:
        return Cell(self.row[column], self.path, None, f"row {self.row_number}, {self.header[column].strip()}")


def _check_total(patients: float, cells: _RowCells, others: dict[str, int]) -> None:
    """Hold the weeks of a row to its total, which counts those of an unknown clock start as well."""
    unknown_column = others.get("Patients with unknown clock start date")
    unknown = cells.at(unknown_column) if unknown_column is not None else None
    without_start = unknown.number("number of patients", whole=True) if unknown is not None and unknown.text else 0
    total = cells.at(others["Total All"])
    if total.number("number of patients", whole=True) != patients + without_start:
        raise total.error(
            f"Total All is {total.text}, and the weeks of the row come to {patients + without_start:.0f}.",
            "Weeks may be blank, or columns have slipped: download the file again.",
        )


def _check_functions(provider: str, commissioner: str, found: dict[str, tuple[Cell, float]]) -> None:
    """Hold the treatment functions of one provider and commissioner to their total, where they are in the file."""
    parts = {function: (cell, patients) for function, (cell, patients) in found.items() if function != _ALL_FUNCTIONS}
    if not parts:
        return
    first, _ = next(iter(parts.values()))
    if _ALL_FUNCTIONS not in found:
        raise first.error(
            f"{provider}, commissioner {commissioner}, has no row of all functions ({_ALL_FUNCTIONS}).",
            "Rows may be missing: download the file again.",
        )
    total, patients = found[_ALL_FUNCTIONS]
    if (summed := sum(part for _, part in parts.values())) != patients:
        raise total.error(
            f"{provider}, commissioner {commissioner}: all functions have {patients:.0f} patients, and its "
            f"{len(parts)} functions come to {summed:.0f}.",
            "Rows may be missing: download the file again.",
        )


@dataclass
class _Waits:
    """Patients of one provider, by how long they have waited."""

    first_row: int
    rows: int = 0
    total: float = 0
    within_18: float = 0
    over_52: float = 0
    over_65: float = 0

    def add(self, weeks: dict[int, float]) -> None:
        """Add a row: patients by the whole weeks that they have waited at least."""
        self.rows += 1
        for week, patients in weeks.items():
            self.total += patients
            self.within_18 += patients if week < 18 else 0
            self.over_52 += patients if week >= 52 else 0
            self.over_65 += patients if week >= 65 else 0

    def by_indicator(self) -> dict[str, float]:
        return {
            "rtt_within_18_weeks": self.within_18,
            "rtt_over_52_weeks": self.over_52,
            "rtt_over_65_weeks": self.over_65,
        }


def _rtt_columns(header: list[str], path: Path) -> dict[str | int, int]:
    """Return the index of each column that is read: by name, and by week for the waits."""
    columns: dict[str | int, int] = {}
    for index, name in enumerate(header):
        if week := re.fullmatch(r"Gt (\d+)(?: To \d+)? Weeks SUM 1", name.strip()):
            columns[int(week.group(1))] = index
    for name in RTT_MONTH_COLUMNS:
        exact = [index for index, header_name in enumerate(header) if header_name.strip() == name]
        alike = [index for index, header_name in enumerate(header) if same_words(header_name) == same_words(name)]
        if len(exact or alike) == 1:
            columns[name] = (exact or alike)[0]
    last_week = max((key for key in columns if isinstance(key, int)), default=0)
    missing = [name for name in RTT_MONTH_COLUMNS if name not in columns]
    # waits over 65 weeks are counted: no week up to there may be lacking, nor one between later ones
    missing += [
        f"Gt {week:02} To {week + 1:02} Weeks SUM 1" for week in range(max(last_week, 66)) if week not in columns
    ]
    if missing:
        wanted = missing[0]
        near = nearest(wanted, [name for name in header if name])
        raise InputError(
            f"There is no column {wanted!r}." + (f" The nearest is {near!r}." if near else ""),
            file=path,
            row=1,
            mend="If the publisher renamed it, rename it back in a copy.",
        )
    return columns


class _Months:
    """Figures of one month each."""

    def __init__(self, rows: FigureRows) -> None:
        self.rows = rows

    def records(self, table: Table):
        """Yield (trust of today, record, first and last day) of each trust's months."""
        known: dict[str, str | None] = {}
        for record in table:
            organisation = record["trust_code"].text
            if organisation not in known:
                known[organisation] = self.rows.trust_of(record["trust_code"], "organisations that are not trusts")
            if (trust_code := known[organisation]) is not None:
                first = _month(record["month_start"])
                last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
                yield trust_code, record, (first, last)

    def add_share(
        self,
        trust_code: str,
        organisation: str,
        indicator: str,
        cell: Cell,
        total: float,
        period: tuple[date, date],
        remark: str = "",
        recording: str = "",
    ) -> None:
        """Add a share of a total, in per cent."""
        count = cell.number(indicator.replace("_", " "), high=total, whole=True) if cell.text else None
        status = "not_available" if count is None else "ok" if total else "not_applicable"
        about = (trust_code, organisation, indicator, ALL_PATIENTS, "percent", cell.locator + remark)
        self.rows.add(
            *about,
            value=100 * count / total if count is not None and total else None,
            numerator=count,
            denominator=total,
            status=status,
            period=period,
            recording=recording,
        )


def _months(table: Table, source: str, trusts: TrustList) -> tuple[_Months, date]:
    first_by_key((((r["trust_code"].text, r["month_start"].text), r["trust_code"]) for r in table), "trust and month")
    first = max(_month(record["month_start"]) for record in table)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return _Months(FigureRows(source, (first, last), trusts)), last


def _month(cell: Cell) -> date:
    try:
        first = date.fromisoformat(cell.text)
    except ValueError:
        first = None
    if first is None or first.day != 1:
        raise cell.error(f"{cell.text!r} is not the first day of a month.", "Write it as 2024-09-01.")
    return first


def _status_without(kind: str) -> str:
    return "not_available" if kind in ("acute", "acute specialist") else "not_applicable"


PUBLICATIONS = (
    Publication(
        id=RTT,
        title="Referral to treatment waiting times, {edition}",
        publisher="NHS England",
        url="https://www.england.nhs.uk/statistics/statistical-work-areas/rtt-waiting-times/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="access/rtt_incomplete_by_trust_month.csv",
        read=read_rtt,
        columns=RTT_COLUMNS,
        notes=(
            "Incomplete pathways by trust, summed over commissioners and treatment functions from the "
            "monthly files. By ethnic group the waiting list is in another publication, the Waiting List Minimum Data Set.",
            "A blank is a wait that the month's file does not give: not available, not zero.",
            "The file has North Bristol (RVJ), which merged on 1 July 2026, under its successor RA7 in all months: the code "
            "of the organisation is that of the file, and not the one of the month's publication.",
        ),
    ),
    Publication(
        id=AE,
        title="A&E attendances and emergency admissions, {edition}",
        publisher="NHS England",
        url="https://www.england.nhs.uk/statistics/statistical-work-areas/ae-waiting-times-and-activity/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="access/ae_by_trust_month.csv",
        read=read_ae,
        columns=AE_COLUMNS,
        notes=(
            "Recording changed in November 2025: figures before and after are not one series. The "
            "recording of the later ones says so.",
            "Over 12 hours is counted from the decision to admit, as a share of emergency admissions via A&E.",
            "By ethnic group and trust, attendances are in the Emergency Care Data Set (Hospital Accident and Emergency "
            "Activity, provider-level CSV), published and not loaded yet.",
            "The file has organisations that merged under their successors in all months (RVJ under RA7, RAP under RAL, RY2 "
            "under RWW): the code of the organisation is that of the file, and not the one of the month's publication. Held to "
            "the monthly files in November 2026, 54 of 3,238 figures differed; a monthly file that is added takes their place.",
        ),
    ),
    Publication(
        id=RTT_MONTH,
        title="Referral to treatment waiting times, full extract, {edition}",
        publisher="NHS England",
        url="https://www.england.nhs.uk/statistics/statistical-work-areas/rtt-waiting-times/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="access/rtt_month_*",
        revises=(RTT,),
        read=read_rtt_month,
        columns=RTT_MONTH_COLUMNS,
        optional=True,
        series=True,
        notes=("Incomplete pathways (Part_2), all treatment functions (C_999), summed over commissioners.",),
    ),
    Publication(
        id=AE_MONTH,
        title="A&E attendances and emergency admissions, {edition}",
        publisher="NHS England",
        url="https://www.england.nhs.uk/statistics/statistical-work-areas/ae-waiting-times-and-activity/",
        licence=OPEN_GOVERNMENT_LICENCE,
        pattern="access/ae_month_*.csv",
        revises=(AE,),
        read=read_ae_month,
        columns=AE_MONTH_COLUMNS,
        optional=True,
        series=True,
        notes=(
            "One month as published, in addition to the series: booked appointments are not counted, and the TOTAL "
            "row is left out.",
            "Recording changed in November 2025: figures before and after are not one series.",
        ),
    ),
)

"""What changed from one edition to the next, by trust and indicator: figures, methods, readings.

It is read from the files that both editions offer to download, so it says nothing that they do not.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from race_equality.definitions.indicators import BY_ID
from race_equality.downloads.delimited import csv_text
from race_equality.downloads.findings import FINDING, PUBLISHED
from race_equality.errors import InputError
from race_equality.publishing.record import SiteRecord, read_record

Kind = Literal["new figure", "revised figure", "figure no longer given", "another method", "another reading"]
KINDS: tuple[Kind, ...] = (
    "revised figure",
    "another reading",
    "another method",
    "new figure",
    "figure no longer given",
)

_OF_TRUST = re.compile(r"trusts/(\w+)-figures\.csv")
_NO_READING = re.compile(r"\[\w\]|not compared")

Key = tuple[str, ...]
Row = dict[str, str]


@dataclass(frozen=True)
class Change:
    """One change. A figure that is hidden in the later edition is in no change: what it was stands in the earlier one.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    trust_code, trust : str
    measure, name, group : str
        Of the indicator, as in the downloads.
    period_end : str
        Last day of what the figure is of, year-month-day.
    unit : str
    old, new : str
        Figure or reading; "" where there is none.
    publication : str
        The one that moved it: of the new figure, of the old one where none is given any longer.
    publication_before : str
        Of the old figure, where it was another.
    """

    kind: Kind
    trust_code: str
    trust: str
    measure: str
    name: str
    group: str
    period_end: str
    unit: str
    old: str
    new: str
    publication: str
    publication_before: str = ""


@dataclass(frozen=True)
class EditionChanges:
    """What changed between two editions.

    Parameters
    ----------
    changes : tuple of Change
        By kind, trust and indicator.
    trusts_come, trusts_gone : tuple of str
        Names of trusts whose report is in one of the two alone.
    made_otherwise : tuple of str
        Clauses: notebooks, settings, versions and code that are not the same, for readers of a method.
    """

    changes: tuple[Change, ...]
    trusts_come: tuple[str, ...]
    trusts_gone: tuple[str, ...]
    made_otherwise: tuple[str, ...]

    def of_kind(self, kind: Kind) -> list[Change]:
        """Return the changes of one kind."""
        return [one for one in self.changes if one.kind == kind]


def changes_between(before: Path, after: Path, trusts: Collection[str] = ()) -> EditionChanges:
    """Compare two editions.

    Parameters
    ----------
    before, after : Path
        The folder of each, or the output folder of a build.
    trusts : collection of str
        Codes; all trusts without.

    Returns
    -------
    EditionChanges

    Raises
    ------
    InputError
        When a folder holds no manifest, or no figures of a trust that is asked for.
    """
    then, now = read_record(before), read_record(after)
    of_then, of_now = _files(then.site), _files(now.site)
    wanted = {code.upper() for code in trusts}
    for record, files in ((then, of_then), (now, of_now)):
        if absent := sorted(wanted - files.keys()):
            raise InputError(f"It has no figures of {', '.join(absent)}.", file=record.site)
    names = {}
    found: list[Change] = []
    for code in sorted(of_then.keys() | of_now.keys()):
        if wanted and code not in wanted:
            continue
        rows = [_read(files[code]) if code in files else [] for files in (of_then, of_now)]
        names[code] = next((row["trust"] for row in (*rows[1], *rows[0])), code)
        if code in of_then and code in of_now:
            found += _of_trust(*rows)
    found.sort(key=lambda one: (KINDS.index(one.kind), one.trust_code, one.measure, one.period_end, one.group))
    return EditionChanges(
        tuple(found),
        tuple(names[code] for code in names if code not in of_then),
        tuple(names[code] for code in names if code not in of_now),
        tuple(_made_otherwise(then, now)),
    )


def _files(site: Path) -> dict[str, Path]:
    return {
        match[1]: path
        for path in site.glob("trusts/*-figures.csv")
        if (match := _OF_TRUST.fullmatch(path.relative_to(site).as_posix()))
    }


def _read(file: Path) -> list[Row]:
    with open(file, encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if rows and not {"kind", "measure", "value", "reading", "source"} <= rows[0].keys():
        raise InputError("It has other columns than the figures of a report.", file=file)
    return rows


def _of_trust(before: list[Row], after: list[Row]) -> Iterable[Change]:
    # where a measure has no published rows, its findings are its figures
    as_published = {row["measure"] for row in (*before, *after) if row["kind"] == PUBLISHED}
    then, now = (
        {_key(row): row for row in rows if row["kind"] == PUBLISHED or row["measure"] not in as_published}
        for rows in (before, after)
    )
    moved = set()
    for key in {**then, **now}:
        old, new = then.get(key), now.get(key)
        if change := _of_figure(old, new):
            moved.add(change.measure)
            yield change
        elif old and new and old["value"] != new["value"]:
            moved.add(new["measure"])  # hidden now
    findings = [{_key(row): row for row in rows if row["kind"] == FINDING} for rows in (before, after)]
    for key in findings[0].keys() & findings[1].keys():
        old, new = findings[0][key], findings[1][key]
        same = all(old[name] == new[name] for name in ("value", "lower_95", "upper_95"))
        # nothing that the trust's finding rests on has moved, so it is computed otherwise
        if not same and _is_shown(new) and _is_shown(old) and not moved & _rests_on(new["measure"]):
            yield _change("another method", old, new, _with_limits(old), _with_limits(new))
    yield from _turned(*findings)


def _key(row: Row) -> Key:
    names = "kind measure name group organisation period_start period_end unit"
    return tuple(row[name] for name in names.split())


def _rests_on(measure: str) -> set[str]:
    return {measure, *(BY_ID[measure].figure_ids if measure in BY_ID else ())}


def _is_shown(row: Row) -> bool:
    return bool(row["value"]) and not row["value"].startswith("[")


def _of_figure(old: Row | None, new: Row | None) -> Change | None:
    if new is not None and _is_shown(new):
        if old is None or not _is_shown(old):
            return _change("new figure", old, new, "", new["value"])
        if old["value"] != new["value"] or old["people"] != new["people"]:
            return _change("revised figure", old, new, _with_people(old, new), _with_people(new, old))
    elif new is None and old is not None and _is_shown(old):
        return _change("figure no longer given", old, None, old["value"], "")
    return None


def _change(kind: Kind, old: Row | None, new: Row | None, was: str, now: str) -> Change:
    row = new or old
    assert row is not None
    earlier = old["source"] if old is not None and old["source"] != row["source"] else ""
    return Change(
        kind,
        row["trust_code"],
        row["trust"],
        row["measure"],
        row["name"],
        row["group"],
        row["period_end"],
        row["unit"],
        was,
        now,
        row["source"],
        earlier,
    )


def _with_people(row: Row, other: Row) -> str:
    """Give a figure, with its people where these alone have changed."""
    shown = row["people"] if row["people"] and not row["people"].startswith("[") else ""
    return f"{row['value']} (of {shown})" if row["value"] == other["value"] and shown else row["value"]


def _with_limits(row: Row) -> str:
    limits = [row[name] for name in ("lower_95", "upper_95")]
    return row["value"] if any(limit.startswith("[") for limit in limits) else f"{row['value']} ({' to '.join(limits)})"


def _turned(before: Mapping[Key, Row], after: Mapping[Key, Row]) -> Iterable[Change]:
    """Compare what the newest finding of each figure is read as."""
    then, now = _newest(before.values()), _newest(after.values())
    for key in then.keys() & now.keys():
        old, new = then[key], now[key]
        if old["reading"] != new["reading"] and not any(_NO_READING.fullmatch(row["reading"]) for row in (old, new)):
            yield _change("another reading", old, new, old["reading"], new["reading"])


def _newest(rows: Iterable[Row]) -> dict[Key, Row]:
    newest: dict[Key, Row] = {}
    for row in rows:
        key = tuple(row[name] for name in ("measure", "name", "group", "unit"))
        if key not in newest or newest[key]["period_end"] <= row["period_end"]:
            newest[key] = row
    return newest


def _made_otherwise(before: SiteRecord, after: SiteRecord) -> Iterable[str]:
    one, other = (next(iter(record.pages.values())).made_from for record in (before, after))
    inputs = {**one.inputs, **other.inputs}
    names = [
        name
        for name in sorted(inputs)
        if not name.startswith("data/") and one.inputs.get(name) != other.inputs.get(name)
    ]
    if names:
        yield f"changed: {', '.join(names)}"
    if one.code != other.code:
        yield "the package’s code changed"
    for name in sorted({*one.versions, *other.versions}):
        if one.versions.get(name) != other.versions.get(name):
            yield f"{name} {one.versions.get(name, 'none')} became {other.versions.get(name, 'none')}"
    if one.renderer != other.renderer:
        yield f"pages by {other.renderer} in place of {one.renderer}"


def changes_csv(changes: EditionChanges) -> str:
    """Write all changes as CSV.

    Parameters
    ----------
    changes : EditionChanges

    Returns
    -------
    str
        A column for each field of :class:`Change`.
    """
    return csv_text([vars(one) for one in changes.changes], [field.name for field in fields(Change)])


def counted(changes: EditionChanges) -> str:
    """Say in a sentence how many changes of each kind there are."""
    numbers = Counter(one.kind for one in changes.changes)
    words = {
        "revised figure": ("revised figure", "revised figures"),
        "another reading": ("reading that turned", "readings that turned"),
        "another method": ("finding computed otherwise", "findings computed otherwise"),
        "new figure": ("new figure", "new figures"),
        "figure no longer given": ("figure no longer given", "figures no longer given"),
    }
    said = [f"{numbers[kind]:,} {words[kind][numbers[kind] != 1]}" for kind in KINDS]
    return f"{', '.join(said[:-1])} and {said[-1]}."

"""The trusts of England: Organisation Data Service (ODS) files and the list of trusts by kind.

Three files are read together. ``etr.csv`` is the official list, without a header, and gives
opening and closing dates; it has no care trusts and some Welsh ones. ``trusts.csv`` says which
trusts are open today, of which kind, region and system, and some predecessors. ``successors.csv``
gives successions to 2022. What none of them states is kept by hand in ``successions.yml``.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from race_equality.errors import InputError
from race_equality.sources.cells import Cell, Record, Table, first_by_key, read_csv
from race_equality.sources.headers import normalised
from race_equality.store.schema import TRUST_DTYPES
from race_equality.store.trust import Succession
from race_equality.store.trusts import TrustList

#: Names by position of the official layout: https://digital.nhs.uk/services/organisation-data-service
ETR_COLUMNS = (
    "organisation code",
    "name",
    "national grouping",
    "high level health geography",
    *(f"address {i}" for i in range(1, 6)),
    "postcode",
    "open date",
    "close date",
    *(f"field {i}" for i in range(13, 28)),
)

TRUST_COLUMNS = tuple(
    "trust_code trust_name alt_names trust_type region icb_short_name predecessor_codes merger_date".split()
)

SUCCESSOR_COLUMNS = ("old_code", "new_code", "date")

#: The Staff Survey's five benchmarking groups, and online, to the kinds of ``figures.schema.KINDS``.
KIND_OF_TYPE = {
    "Acute and Acute & Community Trusts": "acute",
    "Acute Specialist Trusts": "acute specialist",
    "Mental Health & Learning Disability and Mental Health, Learning Disability & Community Trusts": "mental health",
    "Community Trusts": "community",
    "Ambulance Trusts": "ambulance",
    "Online / Digital": "online",
}

#: NHS trusts in Wales that the English file lists: Velindre, Welsh Ambulance, Public Health Wales.
WELSH_TRUSTS = frozenset({"RQF", "RT4", "RYT"})

# Earlier mergers lie before every publication read here.
_FIRST_MERGER_NAMED = date(2019, 4, 1)

_CODE = re.compile(r"[A-Z0-9]{3,5}")


def read_trust_list(
    etr: Path,
    trusts: Path,
    successors: Path | None,
    boards: Mapping[str, tuple[str, str]] | None = None,
    *,
    known: Iterable[Succession] = (),
) -> TrustList:
    """Read the trusts open today and the successions of those that are not.

    Parameters
    ----------
    etr, trusts : Path
        The official list and that of trusts by kind.
    successors : Path or None
        The file of successions, where it is at hand.
    known : iterable of Succession
        Those held already. A list of trusts names the predecessors of those open today: when a successor
        merges in its turn, only what is held says where its predecessors went.
    boards : mapping of str to (str, str), optional
        Integrated care boards; see :func:`race_equality.sources.publications.systems.read_codes`.

    Returns
    -------
    TrustList

    Raises
    ------
    InputError
        For a malformed file, a trust that is listed twice, a kind of trust that is not known, or an
        open trust that no list has.
    """
    official = read_csv(etr, ETR_COLUMNS, header=False)
    listed = read_csv(trusts, TRUST_COLUMNS)
    stated = read_csv(successors, SUCCESSOR_COLUMNS) if successors else None
    for table, column in ((official, "organisation code"), (listed, "trust_code")):
        for record in table:
            _code(record[column])
        first_by_key((((r[column].text,), r[column]) for r in table), "trust")
    by_code = {record["organisation code"].text: record for record in official}
    open_codes = {record["trust_code"].text for record in listed}
    _check_nothing_open_is_left_out(official, listed, open_codes)

    successions = _successions(listed, stated, known, by_code, open_codes)
    merged_in = _merged_in(successions)
    rows: list[dict[str, Any]] = []
    for record in listed:
        code = record["trust_code"].text
        ods = by_code.get(code)
        trust_type = record["trust_type"]
        if trust_type.text not in KIND_OF_TYPE:
            raise trust_type.error(
                f"The kind of trust {trust_type.text!r} is not known.", f"It must be one of: {'; '.join(KIND_OF_TYPE)}."
            )
        place = f"{listed.file.name} row {record.row}"
        system = record["icb_short_name"]
        rows.append(
            {
                "trust_code": code,
                "trust_name": record["trust_name"].name("trust"),
                "kind": KIND_OF_TYPE[trust_type.text],
                "region": record["region"].name("region"),
                # "-" is an ambulance trust's, which serves several systems
                "system": "" if system.text == "-" else system.name("system"),
                "open_date": _ods_date(ods["open date"]) if ods else None,
                "predecessors": " ".join(merged_in.get(code, [])),
                "locator": f"{place}; {etr.name} row {ods.row}" if ods else place,
            }
        )
    rows.sort(key=lambda row: row["trust_code"])
    open_trusts = pd.DataFrame(rows).astype(TRUST_DTYPES)
    return TrustList(open_trusts[list(TRUST_DTYPES)], successions, boards)


def _code(cell: Cell) -> str:
    if not _CODE.fullmatch(cell.text):
        raise cell.error(f"{cell.text!r} is not an organisation code.", "A code looks like RJ1.")
    return cell.text


def _proper_name(name: str) -> str:
    """Return a name that ODS writes in capitals as a reader expects it.

    Examples
    --------
    >>> _proper_name("GUY'S AND ST THOMAS' NHS FOUNDATION TRUST")
    "Guy's and St Thomas' NHS Foundation Trust"
    """
    small = {"And": "and", "Of": "of", "The": "the", "For": "for", "Nhs": "NHS", "On": "on", "In": "in"}
    words = [small.get(word, word) for word in string.capwords(name).split()]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]]) if words else ""


def _ods_date(cell: Cell) -> date | None:
    """Return a date that ODS writes as 20240930."""
    if not cell.text:
        return None
    try:
        return date(int(cell.text[:4]), int(cell.text[4:6]), int(cell.text[6:]))
    except ValueError:
        raise cell.error(f"{cell.text!r} is not a date.", "ODS writes dates as 20240930.") from None


def _iso_date(cell: Cell) -> date:
    try:
        return date.fromisoformat(cell.text)
    except ValueError:
        raise cell.error(f"{cell.text!r} is not a date.", "Write it as 2024-09-30.") from None


def _check_nothing_open_is_left_out(official: Table, listed: Table, open_codes: set[str]) -> None:
    predecessors = {code for record in listed for code in record["predecessor_codes"].text.split(";")}
    for record in official:
        cell = record["organisation code"]
        closed = _ods_date(record["close date"])
        if closed and cell.text in open_codes:
            raise cell.error(
                f"{cell.text} closed on {closed} but {listed.file.name} has it as open.",
                "Use files of about the same date.",
            )
        if not (closed or cell.text in open_codes | predecessors | WELSH_TRUSTS):
            raise cell.error(
                f"{cell.text} {record['name'].text} is open but {listed.file.name} does not have it.",
                "Use files of about the same date.",
            )


def _successions(
    listed: Table, stated: Table | None, known: Iterable[Succession], by_code: dict[str, Record], open_codes: set[str]
) -> list[Succession]:
    """Put together every stated succession; the first file to state one gives its basis."""
    found: dict[tuple[str, str], Succession] = {}

    def name_of(code: str) -> str:
        return _proper_name(by_code[code]["name"].name("organisation")) if code in by_code else ""

    def add(succession: Succession) -> None:
        found.setdefault((succession.old_code, succession.new_code), succession)

    codes_by_name = {normalised(record["name"].text): code for code, record in by_code.items()}
    for record in listed:
        new_code = record["trust_code"].text
        for old_code in filter(None, record["predecessor_codes"].text.split(";")):
            add(
                Succession(
                    old_code.strip(),
                    name_of(old_code.strip()),
                    new_code,
                    _iso_date(record["merger_date"]),
                    "merger",
                    f"{listed.file.name} row {record.row}, predecessor_codes",
                )
            )
        for name in filter(None, record["alt_names"].text.split(";")):
            # a trust's own earlier names are here as well: only a closed organisation's counts
            earlier = codes_by_name.get(normalised(name))
            if earlier is None or earlier in open_codes:
                continue
            closed = _ods_date(by_code[earlier]["close date"])
            if closed is not None:
                add(
                    Succession(
                        earlier,
                        name_of(earlier),
                        new_code,
                        closed + timedelta(days=1),
                        "merger",
                        f"{listed.file.name} row {record.row}, alt_names; "
                        f"etr.csv row {by_code[earlier].row} (name and closing date)",
                    )
                )
    kept = resources.files(__package__).joinpath("successions.yml").read_text(encoding="utf-8")
    for values in yaml.safe_load(kept):
        add(Succession(**values))
    for record in stated or ():
        old_code, new_code = _code(record["old_code"]), _code(record["new_code"])
        add(
            Succession(
                old_code,
                name_of(old_code),
                new_code,
                _iso_date(record["date"]),
                "merger",
                f"{record.file.name} row {record.row}",
            )
        )
    for succession in known:
        add(succession)
    for succession in found.values():
        if succession.old_code in open_codes:
            raise InputError(
                f"{succession.old_code} is open and is said to have merged into {succession.new_code} "
                f"({succession.basis}).",
                file=listed.file,
                mend="Correct one of the two.",
            )
    return sorted(found.values(), key=lambda s: (s.old_code, s.new_code))


def _merged_in(successions: Iterable[Succession]) -> dict[str, list[str]]:
    """Return the codes whose history each organisation carries, directly or by way of another."""
    into: dict[str, list[Succession]] = {}
    successions = list(successions)
    times = Counter(succession.old_code for succession in successions)
    for succession in successions:
        recent = succession.date is not None and succession.date >= _FIRST_MERGER_NAMED
        # a trust divided between two is carried to neither
        if succession.relation == "merger" and recent and times[succession.old_code] == 1:
            into.setdefault(succession.new_code, []).append(succession)

    def gather(code: str) -> set[str]:
        codes = set()
        for succession in into.get(code, []):
            codes |= {succession.old_code} | gather(succession.old_code)
        return codes

    return {code: sorted(gather(code)) for code in into}

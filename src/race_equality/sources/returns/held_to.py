"""What is odd in a return, held to what is known: itself, the year before, and published figures.

A typing slip can turn the headline of a board's report round: 180,000 for 180 in one pay band makes a board whiter than
its staff look the other way. Nothing here changes a number or refuses one that may be right. Each function is pure: it
takes numbers with their cells and returns findings, which are shown and asked about.

Notes
-----
The thresholds rest on the spread of published figures. ``docs/returns.md`` gives the evidence, and a test works it out
again from the figures that are held.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from race_equality.definitions.ethnicity import ETHNIC_MINORITY, WHITE
from race_equality.sources.cells import Cell
from race_equality.sources.returns.form import Counts, Key
from race_equality.sources.returns.known import Known, fits_better_swapped, minority_share, year_before
from race_equality.sources.returns.mistakes import Finding

# -- when a number is odd: all thresholds ------------------------------------------------------------

#: A trust's staff, against those of the year before.
STAFF_IN_A_YEAR = 1.25
#: Against the published headcount, which may be of another year and leaves bank staff out.
STAFF_PUBLISHED = 1.5
#: The staff of one indicator against those of another in one file: both are the staff in post on 31 March.
STAFF_IN_ONE_FILE = 1.02
#: One cell of staff, applicants or board members against the year before.
CELL_IN_A_YEAR = 3.0
#: One cell of patients.
PATIENTS_CELL_IN_A_YEAR = 5.0
#: A waiting list against the one published for that March, and one breakdown against another in the file.
WAITING_PUBLISHED, BREAKDOWNS_APART = 1.25, 1.05
#: Two numbers that were swapped are within this factor of what the other was.
SWAPPED_WITHIN = 1.5
#: Differences of so few people are never odd.
LEAST_PEOPLE = 30
#: A percentage of the staff survey may be so many times below the lowest, or above the highest, that a trust published.
SURVEY_BEYOND = 1.25
#: A relative likelihood against England's. No ratio of a trust is published in a file: this is no spread, and wide.
RATIO_FROM_ENGLAND = 4.0
#: People on a board. No file has their number: it is wide.
MOST_ON_BOARD = 40
#: With so many numbers in a year, of which nearly all are those of the year before, last year's were typed again.
LEAST_TO_REPEAT, REPEATED = 20, 0.9
#: A year so long ago is a slip; the WRES began in 2015.
OLDEST_YEARS = 12
#: More than there can be: the staff of the whole NHS in England are 1.5 million; its patients, the people of England.
MOST_STAFF, MOST_PATIENTS = 2_000_000, 60_000_000

_CHECK = "Check the cell."


@dataclass(frozen=True)
class Total:
    """Staff as one indicator of a return counts them, in one year.

    Parameters
    ----------
    what : str
        In words: ``"the pay bands (wres_1)"``.
    cells : mapping of str to mapping of (datetime.date, str, str, str) to (float, Cell)
        By group, the numbers that add up to it.
    """

    what: str
    cells: Mapping[str, Mapping[Key, tuple[float, Cell]]] = field(default_factory=dict)

    def of(self, group: str) -> float | None:
        """Return how many there are of a group; None where none are given."""
        cells = self.cells.get(group)
        return sum(value for value, _ in cells.values()) if cells else None

    @property
    def all(self) -> float | None:
        """Everybody; None where a group that is always there is missing."""
        if self.of(WHITE) is None or self.of(ETHNIC_MINORITY) is None:
            return None
        return sum(self.of(group) or 0.0 for group in self.cells)


def apart(one: float, other: float, factor: float, least: float = LEAST_PEOPLE) -> bool:
    """Say whether two numbers of people differ by more than a factor, and by more than a few people."""
    return abs(one - other) > least and max(one, other) > factor * min(one, other)


def in_number(value: float) -> str:
    """Return a number as a person reads it."""
    return f"{value:,.0f}"


def _times(new: float, old: float) -> str:
    if not new or not old:
        return "none in one of the two"
    times = max(new, old) / min(new, old)
    return (
        f"{times:,.0f} times as {'many' if new > old else 'few'}"
        if times >= 10
        else f"{times:.1f} times as " + ("many" if new > old else "few")
    )


# -- any return ----------------------------------------------------------------------------------------


def earlier(key: Key, counts: Counts, known: Known) -> list[tuple[float, str]]:
    """Return what a number was before, with words for it: as held for the same year, and the year before.

    Parameters
    ----------
    key : (datetime.date, str, str, str)
    counts : mapping
        The file's own numbers come before those held.
    known : Known
    """
    year_to, *rest = key
    last: Key = (year_before(year_to), *rest)  # type: ignore[assignment]
    found = []
    if (held := known.held.get(key)) is not None:
        found.append((held, f"held for {year_to.year}"))
    value = counts[last][0] if last in counts else None
    if value is None:
        value = known.held.get(last)
    if value is not None:
        found.append((value, f"in {year_to.year - 1}"))
    return found


def cells_against_earlier(counts: Counts, known: Known, factor: float, skip: Iterable[Key] = ()) -> list[Finding]:
    """Find numbers that differ by more than a factor from all that is known of them before."""
    found, skipped = [], set(skip)
    for key, (value, cell) in counts.items():
        references = earlier(key, counts, known) if value is not None and key not in skipped else []
        if value is None or not references or not all(apart(value, old, factor) for old, _ in references):
            continue
        old, words = references[0]
        found.append(
            Finding.at(cell, f"{_times(value, old)}.", _CHECK, new=in_number(value), old=f"{in_number(old)} {words}")
        )
    return found


def emptied(counts: Counts, known: Known) -> list[Finding]:
    """Find empty cells that had a number before, in rows that are filled in otherwise."""
    filled_in = {key[:3] for key, (value, _) in counts.items() if value is not None}
    return [
        Finding.at(
            cell,
            "The cell is empty, and the rest of its row is not: it would be shown as not known.",
            "Write the number, 0 for nobody; leave it empty only where it is not known.",
            new="nothing",
            old=f"{in_number(before[0][0])} {before[0][1]}",
        )
        for key, (value, cell) in counts.items()
        if value is None and not cell.text and key[:3] in filled_in and (before := earlier(key, counts, known))
    ]


def too_many(counts: Counts, most: float) -> list[Finding]:
    """Find numbers that are more than there can be."""
    return [
        Finding.at(
            cell,
            f"There are not so many in England: at most {most:,.0f}.",
            "Correct the cell.",
            new=in_number(value),
            impossible=True,
        )
        for value, cell in ((value, cell) for value, cell in counts.values() if value is not None)
        if value > most
    ]


def years_long_ago(counts: Counts, today: date) -> list[Finding]:
    """Find the first number of each year that is too long ago."""
    first: dict[date, Cell] = {}
    for (year_to, *_), (_, cell) in counts.items():
        if today.year - year_to.year > OLDEST_YEARS:
            first.setdefault(year_to, cell)
    return [
        Finding.at(cell, f"The year to 31 March {year.year} is {today.year - year.year} years ago.", "Check the year.")
        for year, cell in first.items()
    ]


def repeated_years(counts: Counts, known: Known) -> list[Finding]:
    """Find years whose numbers are those of the year before, as when an old file is loaded under a new date."""
    pairs: dict[date, list[tuple[float, float, Cell]]] = {}
    for key, (value, cell) in counts.items():
        references = [old for old, words in earlier(key, counts, known) if words.startswith("in ")]
        if value and references:
            pairs.setdefault(key[0], []).append((value, references[0], cell))
    found = []
    for year_to, rows in pairs.items():
        same = sum(value == old for value, old, _ in rows)
        if len(rows) >= LEAST_TO_REPEAT and same >= REPEATED * len(rows):
            found.append(
                Finding.at(
                    rows[0][2],
                    f"{same} of {len(rows)} numbers of the year to 31 March {year_to.year} are those of the year before.",
                    "Check that it is not last year's return under a new date.",
                )
            )
    return found


# -- WRES ----------------------------------------------------------------------------------------------


def staff_questions(code: str, totals: Mapping[date, Sequence[Total]], counts: Counts, known: Known) -> list[Finding]:
    """Hold the staff of each indicator to the others, to the year before and to the published headcount.

    Parameters
    ----------
    code : str
        The trust's.
    totals : mapping of datetime.date to sequence of Total
    counts : mapping
        For what each cell was before.
    known : Known
    """
    found: list[Finding] = []
    for year_to, of_year in sorted(totals.items()):
        last = {total.what: total for total in totals.get(year_before(year_to), ())}
        published = known.staff_of(code, year_to.year)
        # the likeliest to be right first: each of the others is held to the first that it contradicts
        ranked = sorted(
            (total for total in of_year if total.all is not None),
            key=lambda total: _strangeness(total, of_year, last, published),
        )
        for number, total in enumerate(ranked):
            everybody = total.all or 0.0
            others = [other for other in ranked if other is not total]
            pairs = (_pair(total, other, counts, known) for other in ranked[:number])
            found += next((findings for findings in pairs if findings), [])
            before = last.get(total.what)
            if (
                before is not None
                and before.all is not None
                and apart(everybody, before.all, STAFF_IN_A_YEAR)
                and not any(apart(everybody, other.all or 0.0, STAFF_IN_ONE_FILE) for other in others)
            ):
                found.append(
                    _of_total(
                        total,
                        before,
                        counts,
                        known,
                        f"{total.what}: {in_number(everybody)} in {year_to.year}, and {in_number(before.all)} the year before.",
                    )
                )
            if published is not None and apart(everybody, published[0], STAFF_PUBLISHED):
                found.append(
                    _of_total(
                        total,
                        others[0] if others else before,
                        counts,
                        known,
                        f"{total.what}: {in_number(everybody)} in {year_to.year}. The published headcount is "
                        f"{in_number(known.headcount[code][published[1]])} in March {published[1]}"
                        + (
                            f", and about {in_number(published[0])} since, going by its full-time equivalents"
                            if published[0] != known.headcount[code][published[1]]
                            else ""
                        )
                        + ".",
                    )
                )
    return found


def staff_notes(totals: Mapping[date, Sequence[Total]]) -> list[str]:
    """Say where indicators have different staff, and too little to ask about."""
    notes = []
    for year_to, of_year in sorted(totals.items()):
        given = [total for total in of_year if total.all is not None]
        if len({total.all for total in given}) > 1 and not any(_differ(one, other) for one in given for other in given):
            said = "; ".join(f"{total.what}: {in_number(total.all or 0.0)}" for total in given)
            notes.append(f"Year to 31 March {year_to.year}, staff in post: {said}.")
    return notes


def _pair(suspect: Total, trusted: Total, counts: Counts, known: Known) -> list[Finding]:
    """Hold the staff of one indicator to those of another: everybody, and then each group."""
    everybody, theirs = suspect.all or 0.0, trusted.all or 0.0
    if apart(everybody, theirs, STAFF_IN_ONE_FILE):
        why = (
            f"{suspect.what}: {in_number(everybody)}. {_capital(trusted.what)}: {in_number(theirs)}{_seen(trusted)}. "
            "Both are the staff in post."
        )
        return [_of_total(suspect, trusted, counts, known, why)]
    pairs = [(group, suspect.of(group) or 0.0, trusted.of(group) or 0.0) for group in (WHITE, ETHNIC_MINORITY)]
    return [
        _of_total(
            suspect,
            trusted,
            counts,
            known,
            f"{suspect.what}: {in_number(people)} {_people(group)}. {_capital(trusted.what)}: {in_number(others)}"
            f"{_seen(trusted, group)}.",
            group,
        )
        for group, people, others in pairs
        if apart(people, others, STAFF_IN_ONE_FILE)
    ]


def _differ(one: Total, other: Total) -> bool:
    """Say whether two indicators have other staff, altogether or in a group."""
    pairs = [(one.all, other.all), *((one.of(group), other.of(group)) for group in (WHITE, ETHNIC_MINORITY))]
    return any(apart(people or 0.0, others or 0.0, STAFF_IN_ONE_FILE) for people, others in pairs)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _people(group: str) -> str:
    return "White staff" if group == WHITE else "staff from ethnic minorities"


def _seen(total: Total, group: str = WHITE) -> str:
    """Name the cell of a total that is in one."""
    cells = list(total.cells.get(group, {}).values())
    if len(cells) != 1:
        return ""
    cell = cells[0][1]
    return f" ({f'{cell.sheet}, ' if cell.sheet else ''}{cell.reference})"


def _strangeness(
    total: Total, of_year: Sequence[Total], last: Mapping[str, Total], published: tuple[float, int] | None
) -> tuple[int, float, float]:
    """Return what makes a total likelier to be wrong than another: fewer agree, it is further from what it was, larger."""
    assert total.all is not None
    before = last.get(total.what)
    references = [before.all if before else None, published[0] if published else None]
    disagree = sum(_differ(total, other) for other in of_year if other.all is not None)
    away = [abs(math.log(max(total.all, 0.5) / value)) for value in references if value]
    return disagree, max(away, default=0.0), total.all


def _of_total(
    total: Total, reference: Total | None, counts: Counts, known: Known, why: str, group: str | None = None
) -> Finding:
    """Return the finding of a total, at the cell that is likeliest to have made it what it is."""
    groups = [group] if group else list(total.cells)
    was_given = any(earlier(key, counts, known) for one in groups for key in total.cells[one])
    if reference is not None and group is None and not was_given:
        groups = [max(groups, key=lambda one: abs((total.of(one) or 0.0) - (reference.of(one) or 0.0)))]
    candidates = [(key, *pair) for one in groups for key, pair in total.cells[one].items()]

    def moved(candidate: tuple[Key, float, Cell]) -> float:
        key, value, _ = candidate
        return min((abs(value - old) for old, _ in earlier(key, counts, known)), default=value)

    key, value, cell = max(candidates, key=moved)
    before = earlier(key, counts, known)
    old = f"{in_number(before[0][0])} {before[0][1]}" if before and before[0][0] != value else ""
    return Finding.at(cell, _capital(why), _CHECK, new=in_number(value), old=old)


def swapped_questions(
    code: str,
    rows: Mapping[tuple[date, str, str], Mapping[str, tuple[float | None, Cell]]],
    counts: Counts,
    known: Known,
) -> tuple[list[Finding], set[Key]]:
    """Find rows that fit the year before much better with White and ethnic minority swapped.

    Parameters
    ----------
    code : str
    rows : mapping of (datetime.date, str, str) to mapping of str to (float or None, Cell)
        Each row that tells who works or applies there, by group.
    counts : mapping
    known : Known

    Returns
    -------
    list of Finding
    set of (datetime.date, str, str, str)
        The numbers that they are about.
    """
    found, about = [], set()
    for (year_to, indicator, item), groups in rows.items():
        white, minority = (groups[group][0] for group in (WHITE, ETHNIC_MINORITY))
        if white is None or minority is None or white + minority < LEAST_PEOPLE:
            continue
        share = minority_share({WHITE: white, ETHNIC_MINORITY: minority})
        keys = [(year_to, indicator, item, group) for group in (WHITE, ETHNIC_MINORITY)]
        pairs = zip(*(earlier(key, counts, known) for key in keys), strict=False)
        references = [
            (reference, words)
            for (old_white, words), (old_minority, _) in pairs
            if (reference := minority_share({WHITE: old_white, ETHNIC_MINORITY: old_minority})) is not None
            # a slip in one of the two is none of both
            and not (apart(white, old_minority, SWAPPED_WITHIN) or apart(minority, old_white, SWAPPED_WITHIN))
        ]
        if share is None or not references or not all(fits_better_swapped(share, old) for old, _ in references):
            continue
        old, words = references[0]
        found.append(_swapped(groups[ETHNIC_MINORITY][1], share, f"{100 * old:.0f}% {words}"))
        about.update(keys)
    return found, about


def swapped_totals(code: str, totals: Mapping[date, Sequence[Total]], known: Known) -> list[Finding]:
    """Find staff who fit other indicators, or those who answered the staff survey, much better swapped."""
    found = []
    for year_to, of_year in sorted(totals.items()):
        shares = [
            (total, minority_share({group: total.of(group) for group in (WHITE, ETHNIC_MINORITY)})) for total in of_year
        ]
        survey = known.minority.get(code)
        for total, share in shares:
            if share is None:
                continue
            cell = next(iter(total.cells[ETHNIC_MINORITY].values()))[1]
            if survey is not None and fits_better_swapped(share, survey):
                words = f"{100 * survey:.0f}% of those who answered the staff survey"
                found.append(_swapped(cell, share, words, total.what, year_to))
    return found


def _swapped(cell: Cell, share: float, other: str, what: str = "", year_to: date | None = None) -> Finding:
    of = f" of {what} in {year_to.year}" if year_to else ""
    return Finding.at(
        cell,
        f"{100 * share:.0f}%{of} from ethnic minorities, and {other}: White and Ethnic minority may be swapped.",
        "If they are, put them right.",
    )


def survey_questions(
    percentages: Mapping[Key, tuple[float | None, Cell]],
    responses: Mapping[Key, tuple[float | None, Cell]],
    staff: Mapping[tuple[date, str], float],
    known: Known,
) -> list[Finding]:
    """Hold the percentages of the staff survey to those of other trusts, and the responses to the staff.

    Parameters
    ----------
    percentages, responses : mapping of (datetime.date, str, str, str) to (float or None, Cell)
    staff : mapping of (datetime.date, str) to float
        By year and group, of the same return.
    known : Known
    """
    given = [(key, value, cell) for key, (value, cell) in percentages.items() if value is not None]
    found = []
    if given and all(value <= 1 for _, value, _ in given) and any(value > 0 for _, value, _ in given):
        for _, value, cell in given:
            found.append(
                Finding.at(
                    cell,
                    "It looks like a fraction, as all percentages of the file are between 0 and 1.",
                    f"Write {100 * value:g} for {100 * value:g}%.",
                    new=f"{value:g}%",
                    impossible=True,
                )
            )
        return found
    for (_, indicator, _, group), value, cell in given:
        low, high = known.published.get((indicator, group), (0.0, 100.0))
        if not low / SURVEY_BEYOND <= value <= high * SURVEY_BEYOND:
            mend = f"If {100 * value:g}% is meant, write {100 * value:g}." if 0 < value < 1 else _CHECK
            found.append(
                Finding.at(
                    cell, f"Other trusts' {indicator} of {group} staff is from {low:.1f}% to {high:.1f}%.", mend,
                    new=f"{value:g}%",
                )
            )  # fmt: skip
    for (year_to, _, _, group), (answered, cell) in responses.items():
        people = staff.get((year_to, group))
        if answered is not None and people is not None and answered > people + LEAST_PEOPLE:
            found.append(
                Finding.at(
                    cell,
                    f"More answered than work there: the return has {in_number(people)} {_people(group)}.",
                    _CHECK,
                    new=in_number(answered),
                )
            )
    return found


def ratio_questions(
    rates: Iterable[
        tuple[str, Sequence[str], Mapping[str, tuple[tuple[float | None, Cell], tuple[float | None, Cell]]]]
    ],
    known: Known,
    asked: Collection[tuple[str | None, str]] = (),
) -> list[Finding]:
    """Find relative likelihoods that are many times England's, or a small part of it.

    Parameters
    ----------
    rates : iterable of (str, sequence of str, mapping)
        Indicator, the two groups of the ratio, and for each group the people and those they are among, with their cells.
    known : Known
    asked : collection of (str or None, str)
        Worksheet and place of cells that are asked about already.
    """
    latest: dict[str, float] = {
        indicator: value for (indicator, _), value in sorted(known.national.items(), key=lambda pair: pair[0][1])
    }
    found = []
    for indicator, (first, second), groups in rates:
        england = latest.get(indicator)
        ((people, _), (of, _)), ((others, _), (among, cell)) = groups[first], groups[second]
        if not england or not people or not of or not others or not among or min(people, others) < 5:
            continue
        ratio = (people / of) / (others / among)
        if any((one.sheet, one.reference) in asked for pairs in groups.values() for _, one in pairs):
            continue
        if max(ratio / england, england / ratio) > RATIO_FROM_ENGLAND:
            found.append(
                Finding.at(
                    cell,
                    f"The counts of {indicator} give a relative likelihood of {ratio:.2f} ({first} {in_number(people)} of "
                    f"{in_number(of)}, {second} {in_number(others)} of {in_number(among)}). England's is {england:.2f}.",
                    "Check all four.",
                )
            )
    return found


def board_questions(board: Mapping[Key, tuple[float | None, Cell]]) -> list[Finding]:
    """Find boards with too many members."""
    return [
        Finding.at(cell, f"A board seldom has more than {MOST_ON_BOARD} members.", _CHECK, new=in_number(value))
        for value, cell in board.values()
        if value is not None and value > MOST_ON_BOARD
    ]


# -- patients ------------------------------------------------------------------------------------------


def breakdowns_apart(what: str, totals: Mapping[str, float], cell: Cell) -> Finding | None:
    """Return the finding of breakdowns of the same people that add up to different numbers; None where they agree.

    Parameters
    ----------
    what : str
        What is counted, in words.
    totals : mapping of str to float
        Breakdown to people.
    cell : Cell
        The first of the row.
    """
    if len(set(totals.values())) < 2:
        return None
    *first, last = (f"{in_number(total)} by {breakdown}" for breakdown, total in totals.items())
    why = f"{what}: {', '.join(first)} and {last}; each person should be counted once in each."
    return Finding.at(cell, why, "Check the row.")


def waiting_questions(code: str, totals: Mapping[date, tuple[float, Cell]], known: Known) -> list[Finding]:
    """Hold waiting lists to those published for the same March."""
    found = []
    for year_to, (people, cell) in totals.items():
        published = known.waiting.get(code, {}).get(year_to.year)
        if published and apart(people, published, WAITING_PUBLISHED):
            found.append(
                Finding.at(
                    cell,
                    f"{in_number(people)} people on the waiting list, and {in_number(published)} were published for the "
                    f"end of March {year_to.year}.",
                    "Check the row.",
                )
            )
    return found

"""Read a published site as a motivated intruder would, and say what it gives away."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from race_equality.disclosure.attack import Contradiction, Relation, attack, rounded_share, small_fractions
from race_equality.disclosure.channels import Content, Table, Text, Unread, read_file
from race_equality.disclosure.rules import (
    HIDDEN_IN_FILES,
    HIDDEN_ON_PAGES,
    Rule,
    is_breakdown,
    rests_on_too_few,
)
from race_equality.errors import RaceEqualityError

__all__ = ["Audit", "Problem", "audit_site"]


@dataclass(frozen=True, order=True)
class Problem:
    """Something that a site gives away.

    Attributes
    ----------
    file, channel, place : str
        Where it stands.
    kind : str
        ``"unread"``; ``"too precise"``; ``"too few"`` (a count of people under the threshold, openly);
        ``"shown elsewhere"`` (a cell that another copy hides);
        ``"beside its label"`` (a number next to the label of a hidden cell); ``"worked out"`` (by linear
        programming from what is published); ``"known figure"`` (a figure under the threshold, in the
        project's own data).
    message : str
        What an intruder learns.
    """

    file: str
    kind: str
    channel: str
    place: str
    message: str

    def __str__(self) -> str:
        place = f", {self.place}" if self.place else ""
        return f"{self.file} ({self.channel}{place}): {self.kind}: {self.message}"


@dataclass(frozen=True)
class Audit:
    """The result of an audit.

    Attributes
    ----------
    problems : tuple of Problem
        Empty when nothing was recovered.
    files : int
        Files that were read.
    hidden : int
        Cells that the site hides, and that were attacked.
    """

    problems: tuple[Problem, ...]
    files: int
    hidden: int


#: A number as printed; not part of a word, a code, a version or a time.
_NUMBER = re.compile(r"(?<![\w.,:/#-])([+−-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w:]|\.\d|,\d{3})\s?(%?)")
_HIDDEN_AS_PRINTED = {HIDDEN_ON_PAGES, HIDDEN_IN_FILES}
_HIDDEN = {HIDDEN_ON_PAGES.casefold(), HIDDEN_IN_FILES}
_TOTAL = re.compile(r"^(grand )?(total|all|overall)\b", re.IGNORECASE)
_PEOPLE = re.compile(r"staff|people|headcount|employ|respond|answered|total", re.IGNORECASE)
_COUNTS_PEOPLE = re.compile(
    r"^(number of )?(staff|people|headcount|members|respondents)( \(.*\))?$|who answered", re.IGNORECASE
)
_COUNTS_ANSWERS = re.compile(r"answered|respond", re.IGNORECASE)
_CAPTION_NUMBER = re.compile(r"^(table|figure)\s+[\d.]+:\s*", re.IGNORECASE)
#: Tables whose groups overlap: a person in two roles is counted in each and once in the publisher's total
#: (NHS Workforce Statistics), so that a total that stands elsewhere is no more than a floor.
OVERLAPPING = ("Staff by staff group",)
#: Channels that hold a program and not what it shows, or a run and not its figures.
_PROGRAMS = ("HTML script code", "notebook code source")
_NOT_FIGURES = (*_PROGRAMS, "PDF metadata", "text file")
#: Labels that stand in every table: they alone do not say which figure is meant.
_COMMON_LABELS = {"white", "ethnic minority", "unknown", "total", "all staff", "all people", "all patients"}


@dataclass(frozen=True)
class _Number:
    text: str
    value: float
    decimals: int
    percent: bool


@lru_cache(maxsize=100_000)
def _numbers(text: str) -> tuple[_Number, ...]:
    found = []
    for sign, whole, fraction, percent in _NUMBER.findall(text):
        digits = whole.replace(",", "") + fraction
        value = float(digits) * (-1 if sign in ("-", "−") else 1)
        found.append(_Number(whole + fraction, value, max(0, len(fraction) - 1), bool(percent)))
    return tuple(found)


@lru_cache(maxsize=100_000)  # the same labels and sentences stand in a page, its PDF and its notebook
def _normal(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").replace("\u00a0", " ").split())


def _is_hidden(cell: str) -> bool:
    return _normal(cell) in _HIDDEN


@lru_cache(maxsize=100_000)
def _only_number(cell: str) -> _Number | None:
    found = _numbers(cell)
    return found[0] if len(found) == 1 and re.fullmatch(r"\s*[+−-]?[\d,.]+\s?%?\s*", cell) else None


def audit_site(
    site: Path | str,
    *,
    figures: pd.DataFrame | None = None,
    names: dict[str, str] | None = None,
    rule: Rule | None = None,
    overlapping: tuple[str, ...] = OVERLAPPING,
    against: Path | str | None = None,
    jobs: int = 1,
    on_file: Callable[[str], None] | None = None,
) -> Audit:
    """Read everything in a site and try to get what it hides.

    Parameters
    ----------
    site : path-like
        The folder that is published; ``trusts/<CODE>.*`` belongs to a trust, the rest to all. Or the whole output
        of a build, with its logs and failed notebooks; its caches are no more published than ``data/`` is.
    figures : pandas.DataFrame, optional
        The figures table the site was made from: the true values of what must not be shown. Without it
        the audit attacks what an outsider can attack.
    names : dict, optional
        Trust code to name, to find what other pages say about a trust.
    rule : Rule, optional
        Thresholds and precision; the defaults without it.
    overlapping : tuple of str
        How captions of tables begin whose groups overlap, so that totals on other pages are not their sum.
    against : path-like, optional
        What was published before, which somebody may have kept: what one of the two hides, the other must not
        show, nor a total of the other give away.
    jobs : int
        Processes that read and attack, a trust at a time.
    on_file : callable, optional
        Told the name of each file that was read.

    Returns
    -------
    Audit

    Raises
    ------
    RaceEqualityError
        When the folder is not there or holds no files.

    Notes
    -----
    Numbers more precise than the rule; cells hidden in one copy and shown in another (page, PDF, notebook,
    download); numbers beside a hidden label in text, attributes, pictures and data; hidden cells narrowed
    by linear programming from totals, rounded shares and totals that stand on other pages or stood on the earlier
    site; numbers of one period told by another's and the change; unrounded rates that only a small base can give;
    and, given the figures, every one under the threshold.

    References
    ----------
    docs/disclosure.md.
    """
    rule = rule or Rule()
    paths, before = _paths(Path(site)), _paths(Path(against)) if against is not None else {}
    scopes = {*paths, *before}
    # what belongs to all: an entry of its search index belongs to a trust's page
    common, apart = _read(paths.get("", []), Path(site))
    common_before, apart_before = _read(before.get("", []), Path(against)) if before else ([], {})
    secrets, bases = _secrets(figures, rule, scopes), _bases(figures, scopes)
    attack_scope = partial(
        _attack_scope, site=Path(site), against=None if against is None else Path(against), rule=rule,
        names={_normal(name): code for code, name in (names or {}).items()}, scopes=frozenset(scopes | set(apart)),
    )  # fmt: skip
    tasks = [
        _Task(
            scope, tuple(paths.get(scope, ())), tuple(before.get(scope, ())), tuple(apart.get(scope, ())),
            tuple(apart_before.get(scope, ())), tuple(secrets.get(scope, ())),
        )
        for scope in sorted((scopes | set(apart)) - {""})
    ]  # fmt: skip
    results = []
    pool = ProcessPoolExecutor(jobs) if jobs > 1 else None
    with pool or nullcontext():
        done = pool.map(attack_scope, tasks, chunksize=2) if pool else map(attack_scope, tasks)
        if pool:  # meanwhile
            results.append(attack_scope(_Task("", (), (), tuple(common), tuple(common_before), tuple(secrets.get("", ())))))
        results += done
        if not pool:
            results.append(attack_scope(_Task("", (), (), tuple(common), tuple(common_before), tuple(secrets.get("", ())))))
    totals: dict[str, list[_Total]] = defaultdict(list)
    for result in results:
        for code, found in result.totals.items():
            totals[code] += found
    problems: set[Problem] = set()
    for result in results:
        problems.update(result.problems)
        problems.update(
            _worked_out(result.tables, totals.get(result.scope, []), bases.get(result.scope, []), rule, overlapping)
        )
    files = [path for several in paths.values() for path in several]
    if on_file:
        for path in sorted(files):
            on_file(path.relative_to(site).as_posix())
    return Audit(tuple(sorted(problems)), len(files), sum(result.hidden for result in results))


@dataclass(frozen=True)
class _Task:
    """The files of one trust, or of all: what is published, what was before, and what stands elsewhere about it."""

    scope: str
    paths: tuple[Path, ...]
    before: tuple[Path, ...]
    contents: tuple[Content, ...]
    contents_before: tuple[Content, ...]
    secrets: tuple[_Secret, ...]


@dataclass(frozen=True)
class _Result:
    """What one trust's files give away by themselves, and what is needed to attack them with all others."""

    scope: str
    problems: list[Problem]
    hidden: int
    totals: dict[str, list[_Total]]
    tables: list[Table]


def _attack_scope(
    task: _Task, *, site: Path, against: Path | None, rule: Rule, names: dict[str, str], scopes: frozenset[str]
) -> _Result:
    contents = [*_read(task.paths, site)[0], *task.contents]
    before = [*(_read(task.before, against)[0] if against else []), *task.contents_before]
    problems: set[Problem] = set()
    problems.update(_unread(contents))
    problems.update(_too_precise(contents, rule, of_a_trust=bool(task.scope)))
    problems.update(_too_few(contents, rule))
    found = _hidden_cells(contents)
    problems.update(_shown_elsewhere(contents, found))
    problems.update(_beside_its_label(contents, found))
    problems.update(_in_its_picture(contents, found))
    problems.update(_from_changes(contents))
    problems.update(_known_figures(contents, list(task.secrets)))
    totals = _totals(task.scope, contents, names, scopes)
    if before:
        problems.update(_shown_elsewhere(before, found, where=" as published before"))
        problems.update(_shown_elsewhere(contents, _hidden_cells(before), where=" and was hidden before"))
        for code, earlier in _totals(task.scope, before, names, scopes).items():
            totals[code] += [total._replace(place=f"{total.place} as published before") for total in earlier]
    tables = [part for table in _tables(contents) for part in _parts_of_one_whole(table) if _hides(part)]
    return _Result(task.scope, list(problems), len(found), dict(totals), tables)


def _paths(site: Path) -> dict[str, list[Path]]:
    """Every file in a folder, by the trust that it belongs to."""
    if not site.is_dir():
        raise RaceEqualityError(f"There is no folder {site} to audit.")
    paths = sorted(path for path in site.rglob("*") if path.is_file())
    if (site / "site").is_dir() and (site / "manifest.json").is_file():  # all that a build leaves
        paths = [path for path in paths if not path.relative_to(site).parts[0].startswith(".")]
    if not paths:
        raise RaceEqualityError(f"The folder {site} holds no files to audit.")
    scopes: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        scopes[_scope(path.relative_to(site).as_posix())].append(path)
    return scopes


def _read(paths: Iterable[Path], site: Path) -> tuple[list[Content], dict[str, list[Content]]]:
    """Read files, what a file of all trusts says of one trust's page apart."""
    common: list[Content] = []
    apart: dict[str, list[Content]] = defaultdict(list)
    for path in paths:
        of_all = not _scope(path.relative_to(site).as_posix())
        for item in read_file(path, site):
            _, inside, page = item.file.partition("!trusts/")
            (apart[_scope(f"trusts/{page}")] if inside and of_all else common).append(item)
    return common, apart


def _scope(name: str) -> str:
    name = re.sub(r"^(site|project|failed)/", "", name)
    folder, _, file = name.partition("/")
    return file.split(".")[0].split("/")[0].removesuffix("-figures") if folder == "trusts" and file else ""


# ---- what is read ----


def _unread(contents: Iterable[Content]) -> Iterator[Problem]:
    for item in contents:
        if isinstance(item, Unread):
            yield Problem(item.file, "unread", "file", "", item.reason)


def _too_precise(contents: Iterable[Content], rule: Rule, *, of_a_trust: bool) -> Iterator[Problem]:
    """Decimals beyond the rule; pages for all trusts may quote national percentages as published."""
    more = re.compile(rf"\d\.\d{{{min(rule.percent_decimals, rule.ratio_decimals) + 1}}}")
    for file, channel, place, text in _pieces(contents):
        if channel.startswith(_NOT_FIGURES) or channel.endswith(" attributes"):
            continue  # (attributes stand there one by one as well)
        if not more.search(text):
            continue
        for number in _numbers(text):
            allowed = rule.percent_decimals if number.percent and of_a_trust else rule.ratio_decimals
            if number.decimals <= allowed:
                continue
            message = f"{number.text}{'%' if number.percent else ''} has more than {allowed} decimals"
            if number.decimals >= 4:
                share = number.value / 100 if number.value > 1 else number.value
                decimals = number.decimals + 2 if number.value > 1 else number.decimals
                small = small_fractions(share, decimals, rule.minimum_responses)
                if small:
                    message += f" and can only be {small[0]} of so few"
            yield Problem(file, "too precise", channel, place, message)


def _pieces(contents: Iterable[Content]) -> Iterator[tuple[str, str, str, str]]:
    for item in contents:
        if isinstance(item, Text):
            yield item.file, item.channel, item.place, item.text
        elif isinstance(item, Table):
            for row in item.rows:
                yield item.file, item.channel, item.place, " | ".join(row)


def _too_few(contents: Iterable[Content], rule: Rule) -> Iterator[Problem]:
    """A count of people in a table that should have been hidden."""
    for table in _tables(contents):
        for i, column in enumerate(table.columns):
            if not _COUNTS_PEOPLE.search(column):
                continue
            answers = _COUNTS_ANSWERS.search(column)
            least = rule.minimum_responses if answers else rule.minimum_people
            for row in table.rows:
                number = _only_number(row[i]) if i < len(row) else None
                if number and not number.percent and not number.decimals and 0 <= number.value < least:
                    message = f"{column} of {row[0]} is {row[i]}, and fewer than {least} are not shown"
                    yield Problem(table.file, "too few", table.channel, table.place, message)


# ---- hidden cells and their other copies ----


@dataclass(frozen=True)
class _Hidden:
    """A hidden cell: where, the labels of its row, its column, and numbers that stand beside it openly."""

    table: str
    labels: tuple[str, ...]
    column: str
    beside: frozenset[str] = field(compare=False)


def _table_name(table: Table) -> str:
    return _normal_caption(table.place)


@lru_cache(maxsize=10_000)
def _normal_caption(caption: str) -> str:
    return _normal(_CAPTION_NUMBER.sub("", caption))


@lru_cache(maxsize=50_000)  # a row is looked at by each attack, and stands in page and notebook alike
def _labels(row: tuple[str, ...]) -> tuple[str, ...]:
    labels = []
    for cell in row:
        if not cell.strip() or _is_hidden(cell) or _only_number(cell):
            break
        labels.append(_normal(cell))
    return tuple(labels)


def _tables(contents: Iterable[Content]) -> Iterator[Table]:
    return (item for item in contents if isinstance(item, Table))


def _hidden_cells(contents: list[Content]) -> set[_Hidden]:
    rows_with: dict[str, set[str]] = defaultdict(set)
    for table in _tables(contents):
        if "table" in table.channel:
            for row in table.rows:
                numbers = {number.text for cell in row for number in _numbers(cell)}
                for label in _labels(row):
                    rows_with[label] |= numbers
    beside: dict[tuple[str, ...], frozenset[str]] = {}
    found = set()
    for table in _tables(contents):
        for row in table.rows:
            columns = [column for column, cell in zip(table.columns, row, strict=False) if _is_hidden(cell)]
            labels = _labels(row) if columns else ()
            if not labels:
                continue
            if labels not in beside:
                fewest, *others = sorted((rows_with.get(label, set()) for label in labels), key=len)
                # a label may hold a number itself: "Waiting under 18 weeks"
                of_labels = {number.text for label in labels for number in _numbers(label)}
                beside[labels] = frozenset(fewest.intersection(*others) | of_labels)
            found |= {_Hidden(_table_name(table), labels, _normal(column), beside[labels]) for column in columns}
    return found


def _shown_elsewhere(contents: list[Content], hidden: set[_Hidden], *, where: str = "") -> Iterator[Problem]:
    wanted: dict[str, dict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
    for cell in hidden:
        wanted[cell.table][cell.labels].add(cell.column)
    for table in _tables(contents):
        rows = wanted.get(_table_name(table))
        for row in table.rows if rows else ():
            columns = rows.get(_labels(row))
            if not columns:
                continue
            for column, cell in zip(table.columns, row, strict=False):
                if _normal(column) in columns and _only_number(cell):
                    yield Problem(
                        table.file,
                        "shown elsewhere",
                        table.channel,
                        table.place,
                        f"{column} of {' / '.join(row[: len(_labels(row))])} is {cell}{where}, which another copy hides",
                    )


def _beside_its_label(contents: list[Content], hidden: set[_Hidden]) -> Iterator[Problem]:
    """A number next to the label of a hidden cell that no table of the page shows in that row."""
    cells: dict[tuple[str, ...], frozenset[str]] = {}
    for cell in hidden:
        cells[cell.labels] = cells.get(cell.labels, frozenset()) | cell.beside
    # a table of all trusts has many: those of one trust are looked at where its code stands
    pairs = list[tuple[tuple[str, ...], frozenset[str]]]
    by_first: dict[str, pairs] = defaultdict(list)
    # in rows of data few labels are looked for in the text, and many as whole cells
    few_by_first: dict[str, pairs] = defaultdict(list)
    many_by_rarest: dict[str, pairs] = defaultdict(list)
    usual = Counter(label for labels in cells if len(labels) > 2 for label in labels)
    for labels, beside in cells.items():
        by_first[labels[0]].append((labels, beside))
        if len(labels) <= 2:
            few_by_first[labels[0]].append((labels, beside))
        else:
            many_by_rarest[min(labels, key=usual.__getitem__)].append((labels, beside))
    every = {label for table in _tables(contents) for row in table.rows for label in _labels(row)[:2]}
    # a page and its notebook say the same, and so do the two data files
    looked_for: dict[tuple[str, tuple[str, ...] | None], pairs] = {}
    longer_labels = {label: _longer(label, every) for label in {labels[-1] for labels in cells}}
    for item in contents:
        if isinstance(item, Table) and item.channel == "data file":
            rows = _rows_of_other_figures(item, cells)
            together, pieces = True, [("; ".join(row), tuple(map(_normal, row))) for row in rows]
        elif isinstance(item, Text) and not item.channel.startswith(_PROGRAMS):
            together = item.record
            pieces = [(line, None) for line in ([item.text] if item.record else item.text.splitlines())]
        else:
            continue
        for piece, of_row in pieces:
            text = _normal(piece)
            if (text, of_row) not in looked_for:
                begin = by_first if of_row is None else few_by_first
                some = [pair for first, several in begin.items() if first in text for pair in several]
                looked_for[text, of_row] = [pair for pair in some if pair[0][-1] in text]
                for cell in many_by_rarest.keys() & set(of_row or ()):
                    looked_for[text, of_row] += many_by_rarest[cell]
            for labels, beside in looked_for[text, of_row]:
                # Many labels come from a data file: whole cells, and in their order. "Other" stands in
                # "mother", and the code of a trust in every row of those that merged into it.
                as_cells = of_row is not None and len(labels) > 2
                within = iter(of_row) if as_cells else text
                if not all(label in within for label in labels):
                    continue
                rest = text  # a label that is cut out for this one may be another's own
                for longer in longer_labels[labels[-1]]:
                    rest = rest.replace(longer, "·")
                for number in _near(rest, labels[-1], together):
                    if number in beside or re.fullmatch(r"(19|20)\d\d", number):
                        continue
                    yield Problem(
                        item.file,
                        "beside its label",
                        item.channel,
                        item.place,
                        f"{number} stands beside {' / '.join(labels)!r}, which is hidden: {piece[:120]!r}",
                    )


def _longer(label: str, every: set[str]) -> list[str]:
    """Labels that hold another, as a whole and up to its end, where a line of a PDF may break them."""
    found = set()
    for one in every:
        if label in one and one != label:
            found.add(one)
            found |= {one[: match.end()] for match in re.finditer(re.escape(label), one) if match.start()}
    return sorted(found - {label}, key=len, reverse=True)


def _rows_of_other_figures(
    table: Table, cells: dict[tuple[str, ...], frozenset[str]]
) -> Iterator[tuple[str, ...]]:
    """Leave out, in a data file with many measures, rows about what a page shows openly beside that label.

    The share of survey respondents of an ethnic group is no hidden number of deliveries of that group: it stands
    in a row of its own on the page. So do deliveries themselves where the page shows the share and the file the
    number as well: rows that differ in nothing before their value are about one thing.
    """
    group = _group_column(table)
    names = [_normal(column) for column in table.columns]
    if group is None or "value" not in names:
        yield from table.rows
        return
    value = names.index("value")
    openly = {labels[0]: {float(n.replace(",", "")) for n in beside} for labels, beside in cells.items() if len(labels) == 1}

    def stands_openly(row: tuple[str, ...]) -> bool:
        number = _only_number(row[value]) if max(group, value) < len(row) else None
        return number is not None and abs(number.value) in openly.get(_normal(row[group]), ())

    shown = {row[:value] for row in table.rows if stands_openly(row)}
    yield from (row for row in table.rows if row[:value] not in shown)


def _in_its_picture(contents: list[Content], hidden: set[_Hidden]) -> Iterator[Problem]:
    """A number in a picture that draws a hidden group, which is on no axis and in no table."""
    labels = {cell.labels[-1] for cell in hidden}
    pictures: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for item in contents:
        if isinstance(item, Text) and item.channel.startswith("SVG") and item.channel.endswith(" text"):
            pictures[item.file, item.channel, item.place].append(item.text)
    openly = {
        number.text
        for table in _tables(contents)
        for row in table.rows
        for cell in row
        for number in _numbers(cell)
    }
    for (file, channel, place), texts in pictures.items():
        drawn = labels & {_normal(text) for text in texts}
        if not drawn:
            continue
        numbers = [number for text in texts if (number := _only_number(text))]
        steps = [round(b.value - a.value, 9) for a, b in zip(numbers, numbers[1:], strict=False)]
        axis = {
            i + k for i, (a, b) in enumerate(zip(steps, steps[1:], strict=False)) if a == b for k in (0, 1, 2)
        }
        for i, number in enumerate(numbers):
            if i not in axis and number.text not in openly:
                message = (
                    f"{number.text} stands in a picture that draws {sorted(drawn)[0]!r}, which is hidden"
                )
                yield Problem(file, "beside its label", channel, place, message)


#: Between a label and its number: "Other: 4", "Other (4", "Other; people: 4"...
_SEPARATED = re.compile(r"[\s:;,=|(–—-]*(?:[^\W\d]{1,12}\s?[:=(]\s*)?(?=[+−-]?\d)")
#: ...and for a label of several words, which prose does not hold by chance, a few words as well.
_NEARBY = re.compile(r"[^\d.!?]{0,30}(?=[+−-]?\d)")
_BEFORE = re.compile(r"(?<![\w.,])(\d+(?:,\d{3})*(?:\.\d+)?)%?[ :(–—-]{1,3}$")


def _near(text: str, label: str, together: bool) -> list[str]:
    """Numbers in the same record, or right after or right before the label in a text."""
    pieces = re.split(rf"(?<![\w-]){re.escape(label)}(?!\w)", text)
    if together:
        return [number.text for number in _numbers(" \n ".join(pieces))] if len(pieces) > 1 else []
    gap = _NEARBY if " " in label and len(label) > 8 else _SEPARATED
    found = []
    for before, after in zip(pieces, pieces[1:], strict=False):
        if match := gap.match(after):
            found += [number.text for number in _numbers(after[match.end() :].lstrip("+−-"))[:1]]
        if match := _BEFORE.search(before):
            found.append(match.group(1))
    return found


# ---- working out ----


class _Total(NamedTuple):
    """An exact number of people: which, where it stands, and of what in a data file with many measures."""

    people: int
    place: str
    about: frozenset[str] = frozenset()


def _subjects(table: Table, row: tuple[str, ...]) -> frozenset[str]:
    """What a row of a data file with many measures is about, in its own words."""
    return frozenset(
        _normal(cell) for column, cell in zip(table.columns, row, strict=False) if _normal(column) in _SUBJECTS
    )


def _same_subject(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two rows can be about one whole: "Deliveries" and "Deliveries by ethnic group"."""
    if not one or not other:
        return True  # a page says it in a caption, which is compared by its numbers
    return any(a.startswith(b) or b.startswith(a) for a in one for b in other)


def _totals(
    scope: str, contents: Iterable[Content], names: dict[str, str], scopes: frozenset[str]
) -> dict[str, list[_Total]]:
    """Exact numbers of people that pages give for a trust, with where they stand."""
    found: dict[str, list[_Total]] = defaultdict(list)
    for table in _tables(contents):
        people = [i for i, column in enumerate(table.columns) if _PEOPLE.search(column)]
        if not people:
            continue
        group = _group_column(table)
        for row in table.rows:
            label = row[0] if row else ""
            if group is not None and not (group < len(row) and _TOTAL.match(row[group].strip())):
                continue  # the base of one group, and not how many there are
            code = re.search(r"\(([A-Z0-9]{3,5})\)\s*$", label)
            owner = code.group(1) if code else names.get(_normal(label))
            if owner is None and label.strip() in scopes:
                owner = label.strip()
            if owner is None and _TOTAL.match(label.strip()):
                owner = scope
            numbers = [_only_number(row[i]) for i in people if i < len(row)] if owner else []
            whole = [number for number in numbers if number and not number.percent and not number.decimals]
            if whole:
                about = frozenset() if group is None else _subjects(table, row)
                found[owner] += [_Total(int(number.value), f"{table.file}, {table.place}", about) for number in whole]
    return found


#: Columns of a data file that say what a row is about, beside its group.
_SUBJECTS = {"measure", "name", "figure"}
_ABOUT = {
    "trust_code", "kind", "measure", "name", "figure", "organisation", "period_start", "period_end", "from", "to",
    "unit",
}  # fmt: skip


def _group_column(table: Table) -> int | None:
    """Where a data file with many measures names the group; None in any other table."""
    names = [_normal(column) for column in table.columns]
    if table.channel == "data file" and "group" in names and {"measure", "figure"} & set(names):
        return names.index("group")
    return None


def _parts_of_one_whole(table: Table) -> Iterator[Table]:
    """In a data file with many measures, the groups of each measure and period are parts of a whole."""
    group = _group_column(table)
    if group is None:
        yield table
        return
    names = [_normal(column) for column in table.columns]
    about = [i for i, name in enumerate(names) if name in _ABOUT]
    title = next((i for i, name in enumerate(names) if name in ("name", "figure")), about[0])
    others = [i for i in range(len(names)) if i not in about and i != group]
    wholes: dict[tuple[str, ...], list[tuple[str, ...]]] = {
        tuple(row[i] for i in about): [] for row in table.rows if _HIDDEN_AS_PRINTED.intersection(row)
    }
    for row in table.rows:
        whole = wholes.get(tuple(row[i] for i in about))
        if whole is not None:
            whole.append(row)
    for rows in wholes.values():
        yield Table(
            table.file,
            table.channel,
            rows[0][title],
            (table.columns[group], *(table.columns[i] for i in others)),
            tuple((row[group], *(row[i] for i in others)) for row in rows),
            _subjects(table, rows[0]),
        )


def _hides(table: Table) -> bool:
    return any(_is_hidden(cell) for row in table.rows for cell in row)


def _worked_out(
    tables: Iterable[Table],
    totals: list[_Total],
    bases: list[float],
    rule: Rule,
    overlapping: tuple[str, ...],
) -> Iterator[Problem]:
    done = set()
    for table in tables:
        apart = _table_name(table).startswith(tuple(_normal(begin) for begin in overlapping))
        about = table.about
        content = (_table_name(table), table.columns, table.rows)
        if content in done:
            continue
        done.add(content)
        for i, column in enumerate(table.columns):
            cells = {row: row[i] for row in table.rows if i < len(row)}
            parts = {row: cell for row, cell in cells.items() if not _TOTAL.match(row[0].strip())}
            hidden = [row for row, cell in parts.items() if _is_hidden(cell)]
            shown = {row: _only_number(cell) for row, cell in parts.items() if _only_number(cell)}
            if not hidden or len(shown) < 2:
                continue
            if all(number.percent for number in shown.values()):
                yield from _from_percentages(table, column, hidden, shown, bases, rule)
            elif not any(number.percent or number.decimals for number in shown.values()):
                own = [
                    int(number.value)
                    for row, cell in cells.items()
                    if _TOTAL.match(row[0].strip()) and (number := _only_number(cell))
                ]
                others = [] if apart else [total for total in totals if _same_subject(total.about, about)]
                yield from _from_counts(table, i, hidden, shown, own, others, rule)


def _from_percentages(table: Table, column: str, hidden, shown, bases, rule: Rule) -> Iterator[Problem]:
    """Hidden shares of a whole are 100 less the others; shares of what is shown give nothing away."""
    together = sum(number.value for number in shown.values())
    slack = sum(0.5 * 10.0**-number.decimals for number in shown.values())
    left = 100 - together
    if not 75 <= together < 100 - slack:
        return
    # one cell is what is left, give or take rounding; each of several is anything up to all of it
    width = 2 * slack if len(hidden) == 1 else left + slack
    # a base fits when every share shown is a whole number of its people
    fitting = [
        base
        for base in bases
        if all(
            abs(n.value * base / 100 - round(n.value * base / 100))
            <= 0.5 * 10.0**-n.decimals * base / 100 + 1e-6
            for n in shown.values()
        )
    ]
    narrow = [base for base in fitting if width / 100 * base < rule.minimum_people]
    if narrow or (not fitting and len(hidden) == 1):
        names = " and ".join(row[0] for row in hidden)
        people = f", about {left / 100 * narrow[0]:.0f} of {narrow[0]:,.0f} people" if narrow else ""
        message = f"{column} of {names} is {left:.1f}%, for the others add up to {together:.1f}%{people}"
        yield Problem(table.file, "worked out", table.channel, table.place, message)


#: How far a number may be from what it was rounded from, where the caption says so.
_NEAREST = {"nearest hundred": 50.0, "nearest 100": 50.0, "nearest ten": 5.0, "nearest 10": 5.0, "nearest 5": 2.5}


def _rounded_by(caption: str) -> float:
    return next((half for words, half in _NEAREST.items() if caption.rstrip(". ").endswith(words)), 0.0)


def _from_counts(table: Table, i: int, hidden, shown, own, totals, rule: Rule) -> Iterator[Problem]:
    known = {row: number.value for row, number in shown.items()}
    whole = "whole"
    relations = [Relation.total(whole, [*known, *hidden])]
    shares = [
        (row, number)
        for j, _ in enumerate(table.columns)
        if j != i and any(j < len(row) and _is_hidden(row[j]) for row in hidden)
        for row in known
        if j < len(row) and (number := _only_number(row[j])) and number.percent
    ]
    together = sum(known.values())
    if all(abs(100 * known[r] / together - n.value) <= 0.5001 * 10.0**-n.decimals for r, n in shares):
        shares = []  # of the groups that are shown: they say nothing about the others
    for row, number in shares:
        relations += rounded_share(row, whole, number.value, number.decimals)
    nearby = [(None, "the rounded shares beside it")] if shares else []
    left_of = sum(known.values())
    for total, place in [*((t, "its total") for t in own), *nearby, *((t.people, t.place) for t in totals)]:
        half = _rounded_by(place)
        if not shares and total is not None:
            # one sum and nothing else: what is left is between none and all of it in each, or in the only one
            least, most = max(0.0, total - half - left_of), total + half - left_of
            if most < 0 or (place != "its total" and least >= 10 * rule.minimum_people):
                continue
            if (most - least if len(hidden) == 1 else most) >= rule.minimum_people:
                continue
        cells = known | dict.fromkeys(hidden)
        if total is not None:
            cells[whole] = (max(0.0, total - half), total + half)
        try:
            found = attack(cells, relations=relations, targets=hidden)
        except Contradiction:
            continue  # a total of something else
        width = min(interval.width for interval in found.values())
        left = min(interval.upper for interval in found.values())
        # without shares to check it by, a number that leaves many people is a total of something else
        if total is not None and place != "its total" and not shares and left >= 10 * rule.minimum_people:
            continue
        if width < rule.minimum_people:
            row, interval = min(found.items(), key=lambda pair: pair[1].width)
            value = (
                f"{interval.lower:.0f}"
                if interval.width == 0
                else f"between {interval.lower:.0f} and {interval.upper:.0f}"
            )
            yield Problem(
                table.file,
                "worked out",
                table.channel,
                table.place,
                f"{table.columns[i]} of {row[0]} is {value}, from {place}",
            )
            return


#: Of so many columns of numbers each three are looked at.
_MOST_COLUMNS = 8


def _from_changes(contents: Iterable[Content]) -> Iterator[Problem]:
    """A number hidden in one period, when the other period and the change between them are shown."""
    for table in _tables(contents):
        if _group_column(table) is not None or not any(_is_hidden(cell) for row in table.rows for cell in row):
            continue
        rows = [[_only_number(cell) for cell in row] for row in table.rows]
        filled = [i for i in range(len(table.columns)) if sum(i < len(row) and row[i] is not None for row in rows) > 1]
        if len(filled) > _MOST_COLUMNS:
            continue
        for a, b, c in permutations(filled, 3):
            if b > c:
                continue  # a = b + c is a = c + b
            whole = [row for row in rows if max(a, b, c) < len(row) and None not in (row[a], row[b], row[c])]
            slack = [sum(0.5 * 10.0**-row[i].decimals for i in (a, b, c) if row[i].decimals) for row in whole]
            if len(whole) < 2 or not all(
                abs(row[a].value - row[b].value - row[c].value) <= most + 1e-9
                for row, most in zip(whole, slack, strict=True)
            ):
                continue
            if all(0 in (row[b].value, row[c].value) for row in whole):
                continue
            for cells, row in zip(table.rows, rows, strict=True):
                unknown = [i for i in (a, b, c) if i < len(row) and row[i] is None and _is_hidden(cells[i])]
                known = [i for i in (a, b, c) if i < len(row) and row[i] is not None]
                if len(unknown) == 1 and len(known) == 2:
                    if unknown[0] == a:
                        value = row[b].value + row[c].value
                    else:
                        value = row[a].value - row[c if unknown[0] == b else b].value
                    yield Problem(
                        table.file,
                        "worked out",
                        table.channel,
                        table.place,
                        f"{table.columns[unknown[0]]} of {cells[0]} is {value:g}, from "
                        f"{table.columns[known[0]]} and {table.columns[known[1]]}",
                    )


# ---- figures that the project knows ----


@dataclass(frozen=True)
class _Secret:
    indicator: str
    label: str
    count: int | None
    unrounded: str | None


def _secrets(figures: pd.DataFrame | None, rule: Rule, scopes: set[str]) -> dict[str, list[_Secret]]:
    if figures is None:
        return {}
    of_scopes = figures[figures["trust_code"].isin(scopes)]
    few = of_scopes[rests_on_too_few(of_scopes, rule) & (of_scopes["status"] == "ok")]
    groups = figures.loc[figures["indicator"].isin(few["indicator"].unique()), ["indicator", "group"]]
    groups = groups.drop_duplicates().groupby("indicator").size()
    found: dict[str, list[_Secret]] = defaultdict(list)
    for row in few.itertuples():
        if groups[row.indicator] < 2:
            continue
        count = row.value if row.unit == "people" else row.numerator
        text = f"{float(row.value):.10f}".rstrip("0")
        decimals = len(text.partition(".")[2])
        found[row.trust_code].append(
            _Secret(
                row.indicator,
                _normal(row.group),
                None if pd.isna(count) else round(float(count)),
                text[: text.index(".") + 5] if decimals >= 4 else None,
            )
        )
    return found


def _bases(figures: pd.DataFrame | None, scopes: set[str]) -> dict[str, list[float]]:
    """How many people the shares of each trust's breakdowns are shares of."""
    if figures is None:
        return {}
    figures = figures[figures["trust_code"].isin(scopes)]
    rows = figures[is_breakdown(figures)]
    return {
        code: sorted(set(denominators.dropna().astype(float)))
        for code, denominators in rows.groupby("trust_code")["denominator"]
    }


def _known_figures(contents: list[Content], secrets: list[_Secret]) -> Iterator[Problem]:
    if not secrets:
        return
    pieces = [(file, channel, place, _normal(text)) for file, channel, place, text in _pieces(contents)]
    everything = "\n".join(text for *_, text in pieces)
    for secret in secrets:
        named = secret.label not in _COMMON_LABELS and secret.label in everything
        if secret.unrounded and secret.unrounded in everything:
            pattern = re.compile(rf"(?<![\d.]){re.escape(secret.unrounded)}")
            for file, channel, place, text in pieces:
                if pattern.search(text):
                    yield Problem(
                        file,
                        "known figure",
                        channel,
                        place,
                        f"{secret.indicator} of {secret.label!r}, unrounded",
                    )
        if named and secret.count:
            for file, channel, place, text in pieces:
                if secret.label in text and str(secret.count) in _near(text, secret.label, " | " in text):
                    yield Problem(
                        file,
                        "known figure",
                        channel,
                        place,
                        f"{secret.indicator} of {secret.label!r} counts {secret.count}",
                    )

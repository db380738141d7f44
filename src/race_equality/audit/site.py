"""Read a published site as a motivated intruder would, and say what it gives away."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from race_equality.audit.channels import Content, Table, read_file
from race_equality.audit.held_figures import Secret, bases_of, known_elsewhere, known_figures, known_shares, secrets_of
from race_equality.audit.hidden_elsewhere import (
    Findings,
    beside_its_label,
    findings_in,
    hidden_cells,
    hidden_in_another_file,
    in_its_picture,
    shown_elsewhere,
)
from race_equality.audit.printed_numbers import normal, tables_in
from race_equality.audit.problem import Problem
from race_equality.audit.reconstruction import (
    Total,
    from_changes,
    from_mergers,
    half_shown,
    hides,
    parts_of_one_whole,
    totals_of,
    worked_out,
)
from race_equality.audit.shown_plainly import too_few, too_precise, unread
from race_equality.definitions.indicators import figures_with
from race_equality.disclosure.rules import DisclosureRules
from race_equality.errors import RaceEqualityError

__all__ = ["Audit", "Problem", "audit_site"]


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


#: Indicators whose groups overlap: a person in two roles is counted in each and once in the publisher's total
#: (NHS Workforce Statistics), so that a total that stands elsewhere is no more than a floor.
OVERLAPPING = frozenset(figures_with(lambda rule: rule.overlapping))


def audit_site(
    site: Path | str,
    *,
    rules: DisclosureRules,
    figures: pd.DataFrame | None = None,
    names: dict[str, str] | None = None,
    measures: Mapping[str, Sequence[str]] | None = None,
    overlapping: Collection[str] = OVERLAPPING,
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
    rules : DisclosureRules
        Which thresholds hold for which trust: on its own pages and wherever else it is named.
    figures : pandas.DataFrame, optional
        The figures table the site was made from: the true values of what must not be shown. Without it
        the audit attacks what an outsider can attack.
    names : dict, optional
        Trust code to name, to find what other pages say about a trust.
    measures : mapping of str to sequence of str, optional
        What pages call an indicator, to find a hidden share beside one of its names.
    overlapping : collection of str
        Indicators whose groups overlap, so that totals on other pages are not their sum.
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
    download, the files of a trust and those of all trusts); numbers beside a hidden label in text, attributes, pictures and data; hidden cells narrowed
    by linear programming from totals, rounded shares and totals that stand on other pages or stood on the earlier
    site; numbers of one period told by another's and the change; unrounded rates that only a small base can give;
    and, given the figures, every one under the threshold.

    References
    ----------
    docs/disclosure.md.
    """
    names = names or {}
    paths, before = _paths(Path(site)), _paths(Path(against)) if against is not None else {}
    scopes = {*paths, *before}
    # what belongs to all: an entry of its search index belongs to a trust's page
    common, apart = _read(paths.get("", []), Path(site))
    common_before, apart_before = _read(before.get("", []), Path(against)) if before else ([], {})
    secrets, bases = secrets_of(figures, rules, scopes), bases_of(figures, scopes)
    attack_scope = partial(
        _attack_scope,
        site=Path(site),
        against=None if against is None else Path(against),
        rules=rules,
        names=names,
        scopes=frozenset(scopes | set(apart)),
        measures={indicator: tuple(map(normal, words)) for indicator, words in (measures or {}).items()},
        elsewhere=tuple(secret for code in rules.own for secret in secrets.get(code, ())),
    )
    tasks = [
        _Task(
            scope,
            tuple(paths.get(scope, ())),
            tuple(before.get(scope, ())),
            tuple(apart.get(scope, ())),
            tuple(apart_before.get(scope, ())),
            tuple(secrets.get(scope, ())),
        )
        for scope in sorted((scopes | set(apart)) - {""})
    ]
    results = []
    pool = ProcessPoolExecutor(jobs) if jobs > 1 else None
    with pool or nullcontext():
        done = pool.map(attack_scope, tasks, chunksize=2) if pool else map(attack_scope, tasks)
        if pool:  # meanwhile
            results.append(
                attack_scope(_Task("", (), (), tuple(common), tuple(common_before), tuple(secrets.get("", ()))))
            )
        results += done
        if not pool:
            results.append(
                attack_scope(_Task("", (), (), tuple(common), tuple(common_before), tuple(secrets.get("", ()))))
            )
    totals: dict[str, list[Total]] = defaultdict(list)
    for result in results:
        for code, found in result.totals.items():
            totals[code] += found
    problems: set[Problem] = set(hidden_in_another_file(result.findings for result in results))
    for result in results:
        problems.update(result.problems)
        problems.update(
            worked_out(
                result.tables,
                totals.get(result.scope, []),
                bases.get(result.scope, []),
                rules.of(result.scope),
                overlapping,
            )
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
    secrets: tuple[Secret, ...]


@dataclass(frozen=True)
class _Result:
    """What one trust's files give away by themselves, and what is needed to attack them with all others."""

    scope: str
    problems: list[Problem]
    hidden: int
    totals: dict[str, list[Total]]
    tables: list[Table]
    findings: Findings


def _attack_scope(
    task: _Task,
    *,
    site: Path,
    against: Path | None,
    rules: DisclosureRules,
    names: Mapping[str, str],
    scopes: frozenset[str],
    measures: Mapping[str, Sequence[str]],
    elsewhere: Sequence[Secret],
) -> _Result:
    rule = rules.of(task.scope)
    codes = {normal(name): code for code, name in names.items()}
    contents = [*_read(task.paths, site)[0], *task.contents]
    before = [*(_read(task.before, against)[0] if against else []), *task.contents_before]
    problems: set[Problem] = set()
    problems.update(unread(contents))
    problems.update(too_precise(contents, rule, of_a_trust=bool(task.scope)))
    problems.update(too_few(contents, rules, task.scope))
    found = hidden_cells(contents)
    problems.update(shown_elsewhere(contents, found))
    problems.update(beside_its_label(contents, found))
    problems.update(in_its_picture(contents, found))
    problems.update(from_changes(contents))
    problems.update(from_mergers(contents, rule))
    problems.update(half_shown(contents))
    problems.update(known_figures(contents, list(task.secrets)))
    problems.update(known_shares(contents, task.secrets, measures))
    problems.update(
        known_elsewhere(contents, [secret for secret in elsewhere if secret.trust_code != task.scope], names)
    )
    totals = totals_of(task.scope, contents, codes, scopes)
    if before:
        problems.update(shown_elsewhere(before, found, where=" as published before"))
        problems.update(shown_elsewhere(contents, hidden_cells(before), where=" and was hidden before"))
        for code, earlier in totals_of(task.scope, before, codes, scopes).items():
            totals[code] += [total._replace(place=f"{total.place} as published before") for total in earlier]
    tables = [part for table in tables_in(contents) for part in parts_of_one_whole(table) if hides(part)]
    return _Result(task.scope, list(problems), len(found), dict(totals), tables, findings_in(contents, task.scope))


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
    # whatever begins with a trust's code is that trust's, such as R1H-figures.csv
    return re.split(r"[^A-Za-z0-9]", file)[0] if folder == "trusts" and file else ""

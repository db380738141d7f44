"""Audit a published site: read all of it as a motivated intruder would, and report what it discloses."""

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
from race_equality.audit.channels.sheets import without_copies
from race_equality.audit.hidden_cells_shown import (
    Findings,
    find_hidden_cells,
    findings_in_files,
    findings_shown_in_another_file,
    numbers_in_pictures,
    numbers_next_to_hidden_labels,
    shown_in_another_copy,
)
from race_equality.audit.levels import everybody_of_a_group, worked_out_between_levels, worked_out_from_shares
from race_equality.audit.printed_numbers import normalise, tables_in
from race_equality.audit.problem import Problem
from race_equality.audit.reconstruction import (
    Total,
    has_hidden_cell,
    one_side_shown,
    split_by_measure,
    totals_of,
    worked_out_from_mergers,
    worked_out_from_periods,
    worked_out_from_totals,
)
from race_equality.audit.rule_breaches import too_few, too_precise, unread_files
from race_equality.audit.secret_figures import (
    Secret,
    breakdown_bases,
    collect_secrets,
    other_trusts_secrets_published,
    secret_counts_published,
    secret_shares_published,
)
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


#: Indicators whose groups overlap: a person in two roles is counted in each group and once in the publisher's total
#: (NHS Workforce Statistics), so the total on another page is only a lower limit of their sum.
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
        The names of each indicator on pages, to find a hidden share next to one of them.
    overlapping : collection of str
        Indicators whose groups overlap, so that totals on other pages are not their sum.
    against : path-like, optional
        An earlier published site, which somebody may have kept: what one of the two hides, the other must not
        show or give the total for.
    jobs : int
        Processes to use; each handles a trust at a time.
    on_file : callable, optional
        Called with the name of each file that was read.

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
    download, the files of a trust and those of all trusts); numbers next to a hidden label in text, attributes, pictures
    and data; hidden cells narrowed by linear programming from totals, rounded shares and totals on other pages or
    the earlier site; numbers of one period worked out from another period and the change; unrounded rates that only a small base can give;
    and, given the figures, every one under the threshold.

    References
    ----------
    docs/disclosure.md.
    """
    names = names or {}
    paths, before = _paths(Path(site)), _paths(Path(against)) if against is not None else {}
    scopes = {*paths, *before}
    # files of all trusts, without entries of the search index that belong to a trust's page
    common, apart = _read(paths.get("", []), Path(site))
    common_before, apart_before = _read(before.get("", []), Path(against)) if against is not None else ([], {})
    secrets, bases = collect_secrets(figures, rules, scopes), breakdown_bases(figures, scopes)
    attack_scope = partial(
        _attack_scope,
        site=Path(site),
        against=None if against is None else Path(against),
        rules=rules,
        names=names,
        scopes=frozenset(scopes | set(apart)),
        measures={indicator: tuple(map(normalise, words)) for indicator, words in (measures or {}).items()},
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
    shared = _Task("", (), (), tuple(common), tuple(common_before), tuple(secrets.get("", ())))
    results = []
    pool = ProcessPoolExecutor(jobs) if jobs > 1 else None
    with pool or nullcontext():
        done = pool.map(attack_scope, tasks, chunksize=2) if pool else map(attack_scope, tasks)
        if pool:  # while the pool works
            results.append(attack_scope(shared))
        results += done
        if not pool:
            results.append(attack_scope(shared))
    totals: dict[str, list[Total]] = defaultdict(list)
    for result in results:
        for code, found in result.totals.items():
            totals[code] += found
    problems: set[Problem] = set(findings_shown_in_another_file(result.findings for result in results))
    for result in results:
        problems.update(result.problems)
        problems.update(
            worked_out_from_totals(
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
    """The files of one trust, or of all, now and before, and parts of other files about it."""

    scope: str
    paths: tuple[Path, ...]
    before: tuple[Path, ...]
    contents: tuple[Content, ...]
    contents_before: tuple[Content, ...]
    secrets: tuple[Secret, ...]


@dataclass(frozen=True)
class _Result:
    """The problems in one trust's files, and what is needed to compare them with all others."""

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
    codes = {normalise(name): code for code, name in names.items()}
    contents = [*_read(task.paths, site)[0], *task.contents]
    before = [*(_read(task.before, against)[0] if against else []), *task.contents_before]
    found = find_hidden_cells(contents)
    problems = {
        *unread_files(contents),
        *too_precise(contents, rule, of_a_trust=bool(task.scope)),
        *too_few(contents, rules, task.scope),
        *shown_in_another_copy(contents, found),
        *numbers_next_to_hidden_labels(contents, found),
        *numbers_in_pictures(contents, found),
        *worked_out_from_periods(contents),
        *worked_out_from_mergers(contents, rule),
        *one_side_shown(contents),
        *worked_out_between_levels(contents),
        *worked_out_from_shares(contents),
        *everybody_of_a_group(contents),
        *secret_counts_published(contents, list(task.secrets)),
        *secret_shares_published(contents, task.secrets, measures),
        *other_trusts_secrets_published(
            contents, [secret for secret in elsewhere if secret.trust_code != task.scope], names
        ),
    }
    totals = totals_of(task.scope, contents, codes, scopes)
    if before:
        problems.update(shown_in_another_copy(before, found, where=" as published before"))
        problems.update(shown_in_another_copy(contents, find_hidden_cells(before), where=" and was hidden before"))
        for code, earlier in totals_of(task.scope, before, codes, scopes).items():
            totals[code] += [total._replace(place=f"{total.place} as published before") for total in earlier]
    tables = [part for table in tables_in(contents) for part in split_by_measure(table) if has_hidden_cell(part)]
    return _Result(
        task.scope, list(problems), len(found), dict(totals), tables, findings_in_files(contents, task.scope)
    )


def _paths(site: Path) -> dict[str, list[Path]]:
    """Return every file in a folder, by the trust that it belongs to."""
    if not site.is_dir():
        raise RaceEqualityError(f"There is no folder {site} to audit.")
    paths = sorted(path for path in site.rglob("*") if path.is_file())
    if (site / "site").is_dir() and (site / "manifest.json").is_file():  # the output folder of a build
        paths = [path for path in paths if not path.relative_to(site).parts[0].startswith(".")]
    if not paths:
        raise RaceEqualityError(f"The folder {site} holds no files to audit.")
    scopes: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        scopes[_scope(path.relative_to(site).as_posix())].append(path)
    return scopes


def _read(paths: Iterable[Path], site: Path) -> tuple[list[Content], dict[str, list[Content]]]:
    """Read files; return separately what a file of all trusts says of one trust's page."""
    common: list[Content] = []
    apart: dict[str, list[Content]] = defaultdict(list)
    for path in paths:
        of_all = not _scope(path.relative_to(site).as_posix())
        for item in read_file(path, site):
            _, inside, page = item.file.partition("!trusts/")
            (apart[_scope(f"trusts/{page}")] if inside and of_all else common).append(item)
    return without_copies(common), apart


def _scope(name: str) -> str:
    name = re.sub(r"^((site|project|failed)/)?(api/)?", "", name)
    folder, _, file = name.partition("/")
    # a name that begins with a trust's code, such as R1H-figures.csv, belongs to that trust
    return re.split(r"[^A-Za-z0-9]", file)[0] if folder == "trusts" and file else ""

"""The figures and findings as pandas tables: ``import race_equality as re``.

Each function reads the project that the working directory is in. What rests on too few people is hidden as
``params/`` says, in counts as well. A trust's own return, and the invented figures of the demonstration trust, are
given where they are asked for and nowhere else.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable

import pandas as pd

from race_equality.definitions.codes import DEMONSTRATION_CODE, DEMONSTRATION_SOURCE
from race_equality.definitions.indicators import BY_ID, GAP, INDICATORS, Indicator, figures_with
from race_equality.disclosure.publishable import hide_as_published, publishable_figures
from race_equality.disclosure.rules import read_rules
from race_equality.downloads.all_trusts import typed
from race_equality.downloads.files import Downloads
from race_equality.downloads.findings import Row
from race_equality.errors import RaceEqualityError
from race_equality.project import Project, as_project
from race_equality.store.commits import HISTORY
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts, resolve_trust

__all__ = ["figures", "findings", "indicators", "trusts", "wide"]

ProjectPath = Project | str | os.PathLike[str] | None


def figures(
    indicators: str | Iterable[str] | None = None,
    *,
    private: bool | str = False,
    demonstration: bool = False,
    project: ProjectPath = None,
) -> pd.DataFrame:
    """Published figures, one row each.

    Parameters
    ----------
    indicators : str or iterable of str, optional
        Ids from the column ``figure_ids`` of :func:`indicators`. Without it, all.
    private : bool or str
        Add trusts' own returns that were loaded on this machine; with a code, that trust's alone. They are not public.
    demonstration : bool
        Add the invented figures of the demonstration trust, ``DEMO``.
    project : Project or path-like, optional
        Without it, the project that the working directory is in.

    Returns
    -------
    pandas.DataFrame
        ============================== ========= ==============================================================
        column                         dtype     what it holds
        ============================== ========= ==============================================================
        trust_code                     str       the trust open today; "ENG" for England, its regions and systems
        organisation_code              str       the code as published, which differs after a merger
        period_start, period_end       datetime  first and last day
        indicator, group               str       what is counted, and in which group
        value                          Float64   the figure in ``unit``; missing unless ``status`` is "ok"
        unit                           str       "percent" (0 to 100), "people", "count" (events), "fte", "ratio",
                                                 "score", "quintile", "per_1000", "per_100000" or "years"
        numerator, denominator         Float64   people or events that a share is of, where they are published
        status                         str       "ok", "suppressed", "implausible", "incomplete", "not_available" or
                                                 "not_applicable"
        source, locator                str       the publication, and the sheet and cell ("[c]" where hidden)
        recording                      str       how it was recorded, where that changed, or why it is not
                                                 plausible or too incomplete; else ""
        private                        bool      from a trust's own return
        ============================== ========= ==============================================================

    Raises
    ------
    RaceEqualityError
        For an id that is of no figure, outside a project, or where a file cannot be read.

    Notes
    -----
    A breakdown of people (staff by staff group, births by ethnic group) is hidden whole where one of its groups is too
    small; :func:`findings` has what the reports show of it.

    Examples
    --------
    >>> import race_equality as re
    >>> said = re.figures("wres_8")
    >>> sorted(said["group"].unique())
    ['Ethnic minority', 'White']
    >>> bool(said.loc[said["status"] != "ok", "value"].isna().all())
    True
    """
    project = as_project(project)
    if indicators is not None:
        indicators = [indicators] if isinstance(indicators, str) else list(indicators)
        _check_ids(indicators, {id for one in INDICATORS for id in one.figure_ids})
    table = publishable_figures(read_figures(local=private, project=project), project=project)
    if not demonstration:
        table = table[(table["trust_code"] != DEMONSTRATION_CODE) & (table["source"] != DEMONSTRATION_SOURCE)]
    cells = figures_with(lambda rule: rule.counts_too)
    if indicators is not None and not set(cells) & set(indicators):
        # which of these to hide takes a second, and says nothing of the others
        table = table[~table["indicator"].isin(cells)]
    # hidden before any are left out: what hides together must be there together
    table = hide_as_published(table, read_rules(project=project))
    if indicators is not None:
        table = table[table["indicator"].isin(indicators)]
    return table.reset_index(drop=True)


def trusts(*, demonstration: bool = False, project: ProjectPath = None) -> pd.DataFrame:
    """The NHS trusts of England that are open today, one row each.

    Parameters
    ----------
    demonstration : bool
        Add the demonstration trust, ``DEMO``, which is invented.
    project : Project or path-like, optional
        As for :func:`figures`.

    Returns
    -------
    pandas.DataFrame
        By code: ``trust_code``, ``trust_name``, ``kind`` ("acute", "acute specialist", "mental health", "community",
        "ambulance" or "online"), ``region``, ``system`` (integrated care boards), ``predecessors`` (codes that merged
        into it, with spaces between them) and ``locator`` (where the list has it), all str; ``open_date``, a datetime,
        missing where the list does not give it.

    Raises
    ------
    RaceEqualityError
        Outside a project, or where the list cannot be read.

    Examples
    --------
    >>> import race_equality as re
    >>> re.trusts().set_index("trust_code").loc["RRK", "region"]
    'Midlands'
    """
    listed = read_trusts(project=project)
    if demonstration:
        one = resolve_trust(DEMONSTRATION_CODE, project=project)
        row: dict[str, object] = {
            "trust_code": one.code,
            "trust_name": one.name,
            "kind": one.kind,
            "region": one.region,
        }
        row |= {"system": one.system, "open_date": pd.NaT, "predecessors": "", "locator": "invented"}
        listed = pd.concat([listed, pd.DataFrame([row]).astype(listed.dtypes)], ignore_index=True)
    return listed


def indicators() -> pd.DataFrame:
    """What each indicator is, one row each: the registry ``race_equality.definitions.indicators`` as a table.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``name`` and ``definition``; ``number``, among the nine of the Workforce Race Equality Standard (Int64,
        missing for others); ``unit`` and ``groups`` of its findings, several with "; " between them;
        ``adverse_when`` ("higher", "lower", "above one" or "neither"); ``publisher``; ``obtained``, how it comes into
        the project ("publication", "benchmark" workbook, "return" or "patients return" of the trust itself); and
        ``figure_ids``, the ids in :func:`figures`, with spaces between them. All but ``number`` are str.

    Examples
    --------
    >>> import race_equality as re
    >>> re.indicators().set_index("id").loc["wres_8", ["unit", "adverse_when"]].tolist()
    ['percent; percentage points', 'higher']
    """
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "definition": one.definition,
            "number": one.number,
            "unit": "; ".join(one.units),
            "groups": "; ".join(one.groups),
            "adverse_when": one.adverse_when,
            "publisher": one.published_by,
            "obtained": one.obtained,
            "figure_ids": " ".join(one.figure_ids),
        }
        for one in INDICATORS
    ]
    return pd.DataFrame(rows).astype({"number": "Int64"})


def findings(
    trust: str | None = None, *, private: bool = False, demonstration: bool = False, project: ProjectPath = None
) -> pd.DataFrame:
    """What the reports find, one row for each trust, measure and group, of the latest period.

    Parameters
    ----------
    trust : str, optional
        Code of a trust, such as ``"R1H"``; that of one that merged gives its successor. Without it, all trusts, as in
        the site's ``downloads/all-trusts.parquet``.
    private : bool
        Read each trust's own WRES return as well, where one was loaded on this machine. It is not public.
    demonstration : bool
        Add the demonstration trust, ``DEMO``, whose figures are invented.
    project : Project or path-like, optional
        As for :func:`figures`.

    Returns
    -------
    pandas.DataFrame
        The columns of ``downloads/codebook.csv``. Of float64, and missing where there is none: ``value`` with its 95%
        confidence interval ``lower_95`` and ``upper_95``; the same of ``all_trusts``, ``england``, ``region_trusts``
        and ``similar_trusts``; all in ``unit``; ``probability_adverse``, ``rank_lower_95``, ``rank_upper_95``; and
        ``people``, that it rests on. ``period_start`` and ``period_end`` are datetimes. All others are str, among them
        ``status``: "shown", "low reliability [u]", or why there is no value. Numbers are rounded as in the reports.

    Raises
    ------
    UnknownTrustError
        For a code that is of no trust.
    RaceEqualityError
        For ``"DEMO"`` without ``demonstration=True``, and as for :func:`figures`.

    Notes
    -----
    Findings are worked out for all trusts together, which takes some seconds; the next call in the same process has
    them ready.

    Examples
    --------
    >>> import race_equality as re
    >>> found = re.findings("R1H")
    >>> gap = found[(found["measure"] == "wres_8") & (found["unit"] == "percentage points")].iloc[0]
    >>> bool(gap["lower_95"] <= gap["value"] <= gap["upper_95"])
    True
    """
    return _findings(trust, private=private, demonstration=demonstration, project=as_project(project))


def wide(
    measures: str | Iterable[str] | None = None,
    year: int | None = None,
    *,
    demonstration: bool = False,
    project: ProjectPath = None,
) -> pd.DataFrame:
    """Trust by measure: one row for each trust, one column for each measure.

    Parameters
    ----------
    measures : str or iterable of str, optional
        Ids of :func:`indicators`. Without it, each measure that has one value for a trust.
    year : int, optional
        The latest period that ends in this year. Without it, the latest of each trust.
    demonstration : bool
        Add the demonstration trust, ``DEMO``, which is invented.
    project : Project or path-like, optional
        As for :func:`figures`.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``trust_code``: ``trust_name``, ``kind``, ``region``, ``system`` (str); a column of float64 for each
        measure, named by its id; then ``<id>_period_end`` (datetime) for each. A gap is ethnic minority minus White, in
        percentage points; others are in the unit of :func:`findings`. Where there is none, the value and its period are
        missing: :func:`findings` says why.

    Raises
    ------
    RaceEqualityError
        For a measure that is not known, or that has several groups, such as ``catchment_ethnicity``.

    Examples
    --------
    >>> import race_equality as re
    >>> table = re.wide(["wres_8", "staff_survey_q15"])
    >>> table.columns[:6].tolist()
    ['trust_name', 'kind', 'region', 'system', 'wres_8', 'staff_survey_q15']
    >>> len(table) == len(re.trusts())
    True
    """
    if measures is not None:
        measures = [measures] if isinstance(measures, str) else list(measures)
        _check_ids(measures, BY_ID)
        several = [id for id in measures if _only_group(BY_ID[id]) is None]
        if several:
            raise RaceEqualityError(f"{several[0]} has several groups: race_equality.findings() has them.")
    found = _findings(None, demonstration=demonstration, project=as_project(project), until=year)
    if year is not None:
        found = found[found["period_end"].dt.year == year]
    group = found["measure"].map({id: _only_group(one) for id, one in BY_ID.items()})
    found = found[found["group"] == group].drop_duplicates(["trust_code", "measure"])
    table = trusts(demonstration=demonstration, project=project).set_index("trust_code")
    values, ends = (
        found.assign(period_end=found["period_end"].where(found["value"].notna()))
        .pivot(index="trust_code", columns="measure", values=name)
        .reindex(table.index)
        for name in ("value", "period_end")
    )
    given = [id for id in BY_ID if id in values] if measures is None else measures
    values, ends = values.reindex(columns=given).astype("float64"), ends.reindex(columns=given).astype("datetime64[us]")
    return pd.concat(
        [table[["trust_name", "kind", "region", "system"]], values, ends.add_suffix("_period_end")], axis=1
    )


def _findings(
    trust: str | None, *, private: bool = False, demonstration: bool, project: Project, until: int | None = None
) -> pd.DataFrame:
    downloads = _downloads(project, until, _stamps(project))
    if trust is not None:
        one = resolve_trust(trust, project=project)
        if one.is_demonstration and not demonstration:
            raise RaceEqualityError("The figures of DEMO are invented: ask for them with demonstration=True.")
        return typed(downloads.of_trust(one, private=private))
    codes = [DEMONSTRATION_CODE] if demonstration else []
    if private:
        rows: list[Row] = []
        codes = [*read_trusts(project=project)["trust_code"], *codes]
    else:
        rows = downloads.of_all_trusts()
    for code in codes:
        rows += downloads.of_trust(resolve_trust(code, project=project), private=private)
    return typed(rows)


def _only_group(one: Indicator) -> str | None:
    """The group that a measure's one value for a trust is of, or None where it has several."""
    if GAP in one.groups:
        return GAP
    return one.groups[0] if len(one.groups) == 1 else None


def _check_ids(ids: Iterable[str], known: Iterable[str]) -> None:
    for id in ids:
        if id not in known:
            raise RaceEqualityError(f"{id!r} is not the id of a figure; race_equality.indicators() names them all.")


def _stamps(project: Project) -> tuple[tuple[str, int, int], ...]:
    """Tell one state of the files that findings rest on from another."""
    folders = (project.root / "data", project.params)
    every = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    files = [path for path in every if not path.is_relative_to(project.root / HISTORY)]
    return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)


@functools.lru_cache(maxsize=2)
def _downloads(project: Project, until: int | None, stamps: tuple[tuple[str, int, int], ...]) -> Downloads:
    return Downloads(project, until=until)

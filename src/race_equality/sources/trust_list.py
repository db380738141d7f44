"""The trust list in the store: reading it, and carrying what is held to the trusts of today.

Trusts merge on the first of a month, and their publications come out later: the list can be read again by
itself. A figure keeps the code of its organisation as published; the trust that it belongs to follows from
the list, so figures that are held are put under the trusts of a new list without their raw files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pandas as pd

from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.errors import InputError, RaceEqualityError
from race_equality.project import Project
from race_equality.sources.catalogue import TRUST_FILES
from race_equality.sources.publications import organisation_data_service as ods
from race_equality.store.commits import Draft, in_one_change
from race_equality.store.figures import (
    SUCCESSIONS_FILE,
    TRUSTS_FILE,
    figure_files,
    figure_table,
    in_order,
    parquet_bytes,
    read_figures,
    trust_schema,
)
from race_equality.store.provenance import Source, dated, read_source, sha256_of
from race_equality.store.recorded import RECORDS
from race_equality.store.rows import rows_of
from race_equality.store.schema import NOT_IN_THE_FILE, check_figures
from race_equality.store.trusts import TrustList, read_trust_list, successions_csv

#: What is read together; the successions that are held make up for the file of them.
TOGETHER = ("ods_etr", "ods_trusts")


@dataclass(frozen=True)
class NewList:
    """What a new trust list changed.

    Parameters
    ----------
    sources : tuple of Source
    trusts : int
        Trusts open today.
    opened : tuple of str
        Codes of trusts that the list held before did not have.
    gone : dict of str to str
        Codes of trusts that are no longer open, to the trust that each belongs to; "" for none.
    carried, dropped : int
        Figures that belong to another trust now, and to none.
    """

    sources: tuple[Source, ...]
    trusts: int
    opened: tuple[str, ...]
    gone: Mapping[str, str]
    carried: int
    dropped: int


@in_one_change("data add")
def add_trust_list(paths: Mapping[str, Path], project: Draft) -> NewList:
    """Read a new trust list into the store, and put every figure held under the trusts of today.

    Parameters
    ----------
    paths : mapping of str to Path
        By source id: the official list and that of trusts by kind (:data:`TOGETHER`), and the file of
        successions where it is at hand.
    project : Project

    Returns
    -------
    NewList

    Raises
    ------
    RaceEqualityError
        When a file is missing or wrong; the store is then as it was.
    """
    if missing := [source_id for source_id in TOGETHER if source_id not in paths]:
        there = next(iter(paths.values()))
        wanted = " and ".join(f"{TRUST_FILES[one][1]} ({Path(TRUST_FILES[one][0]).name})" for one in missing)
        raise InputError(
            f"The file is part of the trust list, which is read together with {wanted}.",
            file=there,
            mend="Give them in one command, of about the same date: race-equality data add etr.csv trusts.csv",
        )
    held = read_trust_list(project=project)
    trusts = ods.read_trust_list(
        paths["ods_etr"], paths["ods_trusts"], paths.get("ods_successors"), held.boards, known=held.successions
    )
    files, sources = list_files(trusts, paths, project)
    carried, dropped = 0, 0
    for path in figure_files(project, local=False):
        before = read_figures(sources=path.stem, local=False, project=project)
        after, of_none = carry(before, held, trusts)
        dropped += of_none
        if after.equals(before):
            continue
        both = before.merge(after, on=["locator", "organisation_code", "indicator", "group", "period_end"])
        carried += int((both["trust_code_x"] != both["trust_code_y"]).sum())
        content = parquet_bytes(check_figures(after, origin=path.name))
        source = read_source(path.stem, project=project)
        files[path] = content
        files[project.sources / f"{source.id}.yml"] = (
            replace(source, figures_sha256=sha256(content).hexdigest()).to_yaml().encode()
        )
    project.write(files)
    gone = {code: trusts.current(code) or "" for code in held.kinds if code not in trusts.kinds}
    opened = tuple(code for code in trusts.kinds if code not in held.kinds)
    return NewList(tuple(sources), len(trusts.kinds), opened, gone, carried, dropped)


def list_files(
    trusts: TrustList, paths: Mapping[str, Path], project: Project
) -> tuple[dict[Path, bytes], list[Source]]:
    """Return the files of a trust list, ready to be written, and its sources.

    Parameters
    ----------
    trusts : TrustList
    paths : mapping of str to Path
        The raw file of each source.
    project : Project
    """
    content = parquet_bytes(trusts.trusts, trust_schema())
    successions = successions_csv(trusts.successions)
    files = {project.figures / TRUSTS_FILE: content, project.figures / SUCCESSIONS_FILE: successions}
    made = {RECORDS[TRUSTS_FILE]: content, RECORDS[SUCCESSIONS_FILE]: successions}
    sources = []
    for source_id, path in paths.items():
        _, title, publisher, url, licence, period, notes = TRUST_FILES[source_id]
        source = Source(
            source_id,
            title,
            publisher,
            url,
            licence,
            date.today(),
            sha256_of(path),
            path.name,
            _period(source_id, path, period, project),
            notes,
            sha256(made[source_id]).hexdigest() if source_id in made else "",
        )
        sources.append(dated(source, project=project))
        files[project.sources / f"{source_id}.yml"] = sources[-1].to_yaml().encode()
    return files, sources


def _period(source_id: str, path: Path, first_edition: str, project: Project) -> str:
    """Return the date of a file that has none in it: as it is known of the first, else the day it was read."""
    try:
        held = read_source(source_id, project=project)
    except RaceEqualityError:
        return first_edition
    return held.period if held.sha256 == sha256_of(path) else f"as read in {date.today():%B %Y}"


def carry(figures: pd.DataFrame, held: TrustList, trusts: TrustList) -> tuple[pd.DataFrame, int]:
    """Put figures under the trusts of another list.

    Parameters
    ----------
    figures : pandas.DataFrame
        Of one publication, as read with the list ``held``.
    held, trusts : TrustList

    Returns
    -------
    pandas.DataFrame
    int
        How many figures belong to no trust of the list, and are left out.
    """
    of_trust = figures["trust_code"].isin(list(held.kinds)) & (figures["trust_code"] != DEMONSTRATION_CODE)
    current = {code: trusts.current(code) for code in figures.loc[of_trust, "organisation_code"].unique()}
    target = figures["organisation_code"].map(current).where(of_trust, figures["trust_code"])
    no_row = figures["recording"] == NOT_IN_THE_FILE
    lost = of_trust & ~no_row & target.isna()
    # what says that a publication does not have a trust goes with the trust, or when a part of it has figures
    have = pd.MultiIndex.from_frame(pd.DataFrame({"trust_code": target, "indicator": figures["indicator"]})[~no_row])
    keys = pd.MultiIndex.from_frame(pd.DataFrame({"trust_code": target, "indicator": figures["indicator"]}))
    idle = of_trust & no_row & (keys.isin(have) | (target != figures["organisation_code"]))
    after = figures.assign(trust_code=target)[~lost & ~idle]
    after = pd.concat([after, _without_row(after, figures[no_row], held, trusts)], ignore_index=True)
    return in_order(after.astype(figures.dtypes.to_dict())), int(lost.sum())


def _without_row(figures: pd.DataFrame, no_row: pd.DataFrame, held: TrustList, trusts: TrustList) -> pd.DataFrame:
    """Return what says of trusts that opened since that the publication does not have them."""
    there = set(zip(figures["trust_code"], figures["indicator"], strict=True))
    kinds_of_row = no_row[["indicator", "group", "unit", "period_start", "period_end", "source"]].drop_duplicates()
    rows = []
    for code in trusts.kinds.keys() - held.kinds.keys():
        opened = trusts.open_dates[code]
        for row in rows_of(kinds_of_row):
            if (code, row.indicator) in there:
                continue
            later = not pd.isna(opened) and opened > row.period_end
            why = f"opened {opened.date()}, after the period" if later else "not in the list when it was read"
            rows.append(
                row._asdict()
                | {
                    "trust_code": code,
                    "organisation_code": code,
                    "value": None,
                    "numerator": None,
                    "denominator": None,
                    "status": "not_applicable" if later else "not_available",
                    "locator": why,
                    "recording": NOT_IN_THE_FILE,
                }
            )
    return figure_table(rows)

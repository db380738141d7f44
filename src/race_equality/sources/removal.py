"""Removing a return, an edition of a publication, or a part of it, from the store."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from race_equality.errors import RaceEqualityError, nearest
from race_equality.sources.returns import wres as wres_return
from race_equality.store.commits import Draft
from race_equality.store.figures import LOCAL_FOLDER, figure_files, parquet_bytes, read_files
from race_equality.store.provenance import read_source
from race_equality.store.trusts import read_trust_list


def remove_figures(source_id: str, draft: Draft, *, trust: str | None = None, year: int | None = None) -> None:
    """Remove the figures of a source from a draft, and the source with the last of them.

    Parameters
    ----------
    source_id : str
        Of a return or a publication.
    draft : Draft
    trust : str, optional
        Only those of this trust; its code.
    year : int, optional
        Only those of periods that end in this year.

    Raises
    ------
    RaceEqualityError
        When no such figures are held.
    """
    files = {
        wres_return.source_id(path.stem) if _is_wres_return(path) else path.stem: path for path in figure_files(draft)
    }
    if source_id not in files:
        near = nearest(source_id, files)
        raise RaceEqualityError(
            f"No figures of {source_id!r} are held."
            + (f" The nearest is {near!r}." if near else "")
            + " race-equality data list names all; the trust list cannot be removed."
        )
    path = files[source_id]
    figures = read_files([path])
    goes = figures["trust_code"].eq(figures["trust_code"])
    if trust is not None:
        code = trust.strip().upper()
        goes &= figures["trust_code"].eq(read_trust_list(project=draft).current(code) or code)
    if year is not None:
        goes &= figures["period_end"].dt.year.eq(year)
    if not (goes & figures["status"].eq("ok")).any():
        years = ", ".join(map(str, sorted(figures["period_end"].dt.year.unique())))
        raise RaceEqualityError(f"{source_id} has no such figures. It has figures to {years}.")
    source = read_source(source_id, project=draft)
    described = (path.parent if path.parent.name == LOCAL_FOLDER else draft.sources) / f"{source_id}.yml"
    rest = figures[~goes]
    if not rest["status"].eq("ok").any():
        draft.write({}, remove=[path, described])
        return
    content = parquet_bytes(rest)
    note = f"Removed with `race-equality data remove`: {' '.join(f'{part}' for part in (trust, year) if part)}."
    changed = replace(
        source,
        figures_sha256=sha256(content).hexdigest(),
        # of a return, the same file may be added again; a publication is no longer as it was published
        notes=source.notes if path.parent.name == LOCAL_FOLDER else (*source.notes, note),
    )
    draft.write({path: content, described: changed.to_yaml().encode()})


def _is_wres_return(path: Path) -> bool:
    return path.parent.name == LOCAL_FOLDER and "_" not in path.stem

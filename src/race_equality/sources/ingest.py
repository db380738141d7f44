"""Reading files into the store: a folder of them, a new edition, a trust's own return.

Everything that is to be written is put together first and written in one go: after an error in a file the
store is as it was before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pandas as pd
import pyarrow.parquet as pq

from race_equality.errors import InputError, RaceEqualityError
from race_equality.params.starter import BoardWritten, write_board
from race_equality.project import Project
from race_equality.sources.catalogue import TRUST_FILES, all_publications, publication
from race_equality.sources.publication import LoadedFigures, Publication, find_file, find_files
from race_equality.sources.publications import boundaries, demonstration, systems
from race_equality.sources.publications import organisation_data_service as ods
from race_equality.sources.recognition import is_map, recognise, return_kind
from race_equality.sources.returns import board, published_wres
from race_equality.sources.returns import patients as patients_return
from race_equality.sources.returns import wres as wres_return
from race_equality.sources.returns.form import Key, return_source
from race_equality.sources.returns.known import Known, known_from
from race_equality.sources.returns.marked import with_marked_copy
from race_equality.sources.returns.mistakes import Finding, ReturnError
from race_equality.sources.trust_list import list_files
from race_equality.store.commits import Draft, change, in_one_change
from race_equality.store.figures import (
    LOCAL_FOLDER,
    SYSTEMS_FILE,
    figure_files,
    figure_schema_arrow,
    in_order,
    migrated,
    parquet_bytes,
    read_figures,
    read_files,
    table_bytes,
    version_of,
)
from race_equality.store.geography import BOUNDARIES_FILE, BOUNDARIES_SOURCE
from race_equality.store.provenance import (
    OPEN_GOVERNMENT_LICENCE,
    PLACE_IN_A_FILE,
    Source,
    dated,
    read_source,
    sha256_of,
)
from race_equality.store.recorded import RECORDS
from race_equality.store.schema import FIGURE_KEY, NOT_IN_THE_FILE, SCHEMA_VERSION, check_figures
from race_equality.store.trusts import TrustList, read_trust_list


@dataclass(frozen=True)
class Outcome:
    """What was read out of one file.

    Parameters
    ----------
    source : Source
    loaded : LoadedFigures or None
        None for the files of the trust list.
    rows : int
    before : pandas.DataFrame
        The figures that the store had of this publication, whatever its edition.
    is_return : bool
        Whether it is a trust's own return.
    one_version : bool
        Whether another file may give none of its figures.
    """

    source: Source
    loaded: LoadedFigures | None
    rows: int
    before: pd.DataFrame | None = None
    is_return: bool = False
    one_version: bool = False

    @property
    def changed(self) -> bool:
        """Whether the figures differ from those the store had."""
        return self.loaded is not None and (self.before is None or not self.loaded.figures.equals(self.before))


def read_trust_files(folder: Path, project: Project) -> tuple[TrustList, dict[str, Path]]:
    """Read the trust list out of a folder of raw files, with the successions that are held.

    Returns
    -------
    TrustList
    dict of str to Path
        Source id to file.
    """
    paths = {source_id: find_file(folder, pattern) for source_id, (pattern, *_) in TRUST_FILES.items()}
    boards = systems.read_codes(paths["systems"])
    etr, listed, successors = (paths[source_id] for source_id in ("ods_etr", "ods_trusts", "ods_successors"))
    try:
        known = read_trust_list(project=project).successions
    except RaceEqualityError:
        known = ()  # the first reading of all
    return ods.read_trust_list(etr, listed, successors, boards, known=known), paths


def read_publication(chosen: Publication, path: Path, trusts: TrustList) -> LoadedFigures:
    """Read one publication and hold its figures to the schema, with those of earlier editions in the same file."""

    def checked(loaded: LoadedFigures) -> LoadedFigures:
        return replace(
            loaded,
            figures=check_figures(loaded.figures, origin=path.name),
            more=tuple(checked(earlier) for earlier in loaded.more),
        )

    return checked(chosen.read(path, trusts))


@in_one_change("data read")
def read_folder(folder: Path, project: Draft, *, only: Collection[str] = ()) -> list[Outcome]:
    """Read a folder of raw files into the store, all of them or none.

    Parameters
    ----------
    folder : Path
        Laid out like ``../shared/data``.
    project : Project
    only : collection of str
        Ids of publications; without it, all, with the trust list and the demonstration trust.

    Returns
    -------
    list of Outcome

    Raises
    ------
    RaceEqualityError
        When any file is missing or wrong; the store is then as it was.
    """
    if not folder.is_dir():
        raise RaceEqualityError(
            f"There is no folder {str(folder)!r}. Give the folder with the raw files: race-equality data read FOLDER."
        )
    chosen = [publication(one, project) for one in only] or list(all_publications(project))
    files: dict[Path, bytes] = {}
    outcomes = []
    if only:
        trusts = read_trust_list(project=project)
    else:
        trusts, paths = read_trust_files(folder, project)
        files, sources = list_files(trusts, paths, project)
        register_path = folder / systems.REGISTER_FILE
        register = systems.read_register(register_path) if register_path.is_file() else []
        content = systems.codes_csv(trusts.boards, register)
        files[project.figures / SYSTEMS_FILE] = content
        for source in sources:
            if source.id == RECORDS[SYSTEMS_FILE]:
                recorded = replace(source, figures_sha256=sha256(content).hexdigest())
                files[project.sources / f"{source.id}.yml"] = recorded.to_yaml().encode()
        rows = {
            "ods_trusts": len(trusts.trusts),
            "ods_successors": len(trusts.successions),
            "systems": len(trusts.boards),
        }
        outcomes += [Outcome(source, None, rows.get(source.id, 0)) for source in sources]
        for path in sorted(folder.glob(boundaries.PATTERN))[-1:]:  # of several years, the latest
            written, outcome = _boundary_files(path, trusts.boards, project)
            files |= written
            outcomes.append(outcome)
        files |= demonstration_files(project)
    found = [(one, path) for one in chosen for path in find_files(folder, one)]
    # where a folder has a fuller publication of the same figures, it is read instead
    fuller = {other for one, _ in found if one.optional for other in one.replaces}
    found = [(one, path) for one, path in found if one.id not in fuller]
    more, remove = _read_files(found, trusts, project, files)
    _refuse_twice([outcome for outcome in more if outcome.one_version], project)
    project.write(files, remove=remove)
    return outcomes + more


def _boundary_files(
    path: Path, boards: Mapping[str, tuple[str, str]], project: Project
) -> tuple[dict[Path, bytes], Outcome]:
    """Return the boundaries of boards and their source, ready to be written."""
    content, year = boundaries.read_boundaries(path, boards)
    source = dated(
        Source(
            BOUNDARIES_SOURCE,
            boundaries.TITLE.format(year=year),
            boundaries.PUBLISHER,
            boundaries.URL,
            OPEN_GOVERNMENT_LICENCE,
            date.today(),
            sha256_of(path),
            path.name,
            f"July {year}",
            boundaries.NOTES,
            sha256(content).hexdigest(),
        ),
        project=project,
    )
    files = {
        project.figures / BOUNDARIES_FILE: content,
        project.sources / f"{source.id}.yml": source.to_yaml().encode(),
    }
    return files, Outcome(source, None, content.count(b'"Feature",'))


@in_one_change("data add")
def add_publication(path: Path, project: Draft) -> Outcome:
    """Read one file of a publication into the store, in the place of an earlier edition.

    Parameters
    ----------
    path : Path
        The publication is recognised by the file's content.
    project : Project

    Returns
    -------
    Outcome

    Raises
    ------
    RaceEqualityError
        When it is not recognised or is wrong; the store is then as it was.
    """
    files: dict[Path, bytes] = {}
    if is_map(path):
        files, outcome = _boundary_files(path, read_trust_list(project=project).boards, project)
        project.write(files)
        return outcome
    chosen = recognise(path, project)
    listed = read_trust_list(project=project)
    (outcome, *earlier), remove = _read_files([(chosen, path)], listed, project, files, merge=True)
    assert outcome.loaded is not None and outcome.before is not None  # as of each publication
    if outcome.loaded.figures.empty:
        left = ", ".join(f"{what} ({number})" for what, number in sorted(outcome.loaded.left_out.items()))
        raise InputError(
            f"The file has no figure of a trust, a board or England (left out: {left or 'nothing'}).",
            file=path,
            mend="Check that it is the publisher's whole file.",
        )
    for one in (outcome, *earlier):
        _refuse_if_already_held(one, [*remove, *files], project, path)
    if chosen.one_version:
        _refuse_another_version(outcome, chosen, path)
    before = outcome.before["period_end"].max()
    if before > outcome.loaded.figures["period_end"].max():
        raise InputError(
            f"This edition ({outcome.source.period}) is older than the one held, which ends on {before.date()}.",
            file=path,
            mend="Add the latest edition. To go back to this one, put it in a folder and use "
            f"`race-equality data read FOLDER --only {chosen.id}`.",
        )
    project.write(files, remove=remove)
    return outcome


def previous_edition(outcome: Outcome, project: Project) -> pd.DataFrame:
    """Return the figures of the edition before one, where editions are kept side by side; none elsewhere.

    Parameters
    ----------
    outcome : Outcome
        Of a file that was added.
    project : Project
    """
    assert outcome.loaded is not None
    new = outcome.loaded.figures
    nothing = new.iloc[:0]
    series = [{path.stem for path in _editions(one, project)} for one in all_publications(project) if one.series]
    of_this = [stems for stems in series if outcome.source.id in stems]
    editions = sorted(set().union(*of_this) - {outcome.source.id})
    held = read_figures(new["indicator"].unique(), sources=editions, project=project) if editions else nothing
    held = held[held["period_end"] < new["period_end"].max()]
    return held[held["period_end"] == held["period_end"].max()].reset_index(drop=True)


def _refuse_if_already_held(outcome: Outcome, written: Collection[Path], project: Project, path: Path) -> None:
    """Refuse a file whose figures another publication gives already: nothing may count twice."""
    assert outcome.loaded is not None
    new = outcome.loaded.figures
    new = new[new["status"] == "ok"]
    held = read_figures(new["indicator"].unique(), project=project)
    replaced = {other.stem for other in written}
    held = held[(held["status"] == "ok") & ~held["source"].isin(replaced)]
    held = held[~held["private"]]  # a return is replaced without being asked
    twice = held.merge(new[FIGURE_KEY], on=FIGURE_KEY)
    if len(twice):
        first = twice.iloc[0]
        raise InputError(
            f"{first['indicator']} of {first['organisation_code']} to {first['period_end'].date()} is held "
            f"already, from {first['source']}.",
            file=path,
            mend="Only one publication can give a figure.",
        )


def _refuse_another_version(outcome: Outcome, chosen: Publication, path: Path) -> None:
    """Refuse a file of a period that is held, where it has other figures: nobody has said which is right."""
    assert outcome.loaded is not None and outcome.before is not None
    new, held = outcome.loaded.figures, outcome.before
    held = held[held["period_end"].isin(new["period_end"].unique())]
    both = held.merge(new, how="left", on=FIGURE_KEY, suffixes=("", "_new"), indicator="found")
    numbers = both[["value", "value_new"]].astype("float64").round(6)
    same = numbers["value"].eq(numbers["value_new"]) | numbers.isna().all(axis=1)
    differing = both[~same | (both["status"] != both["status_new"]).fillna(True)]
    if differing.empty:
        return
    first = differing.iloc[0]
    place = f"{first['indicator']} of {first['organisation_code']}, {first['group']}"
    if first["found"] == "left_only":
        said = f"{place} ({first['source']}, {first['locator']}) is not in it"
    else:
        said = (
            f"{place} is {_figure_words(first, '_new')} ({first['locator_new']}), and {_figure_words(first, '')} in "
            f"{first['source']} ({first['locator']})"
        )
    raise InputError(
        f"The period to {first['period_end'].date()} is held from another file, and {len(differing):,} figures differ: "
        f"{said}.",
        file=path,
        mend="If this one is the corrected version, put it in a folder and use "
        f"`race-equality data read FOLDER --only {chosen.id}`, which takes it in the place of the other.",
    )


def _figure_words(row: pd.Series, ending: str) -> str:
    return f"{float(row[f'value{ending}']):g}" if row[f"status{ending}"] == "ok" else str(row[f"status{ending}"])


def _refuse_twice(outcomes: Collection[Outcome], project: Project) -> None:
    """Refuse files that together give one figure twice, where nothing says which is right."""
    read = [(outcome, outcome.loaded.figures) for outcome in outcomes if outcome.loaded is not None]
    if not read:
        return
    parts = [part for outcome, new in read for part in (new, outcome.before) if part is not None]
    written = {source for part in parts for source in part["source"].unique()}
    held = read_figures({id for _, new in read for id in new["indicator"].unique()}, project=project)
    held = held[~held["source"].isin(written) & ~held["private"]]
    every = pd.concat([held, *(new for _, new in read)], ignore_index=True)
    every = every[every["status"] == "ok"]
    twice = every[every.duplicated(FIGURE_KEY)]
    if len(twice):
        first = twice.iloc[0]
        other = every.merge(twice.iloc[:1][FIGURE_KEY], on=FIGURE_KEY)["source"].iloc[0]
        file = next(outcome.source.file for outcome, new in read if new["source"].eq(first["source"]).any())
        raise InputError(
            f"{first['indicator']} of {first['organisation_code']} to {first['period_end'].date()} is in {other} as well.",
            file=file,
            mend="Leave one of the two files in the folder: only one can give a figure.",
        )


#: Shows what is odd and returns when somebody agrees; otherwise it raises a RaceEqualityError.
Ask = Callable[[Sequence[Finding]], None]


@in_one_change("data add")
def add_return(path: Path, project: Draft, *, ask: Ask | None = None) -> Outcome:
    """Read a trust's own return into ``data/local``: its years take the place of the same years, and others stay.

    Parameters
    ----------
    path : Path
        A WRES return or a patients return, as CSV or workbook; or what was copied from trusts' pages, which goes
        to ``data/figures`` (:func:`add_published`).
    project : Project
    ask : callable, optional
        Is given what is odd in it. Without it, a return with anything odd is refused.

    Returns
    -------
    Outcome

    Raises
    ------
    ReturnError
        For what cannot be right, and what is odd and was not agreed to. It names the copy of the file, next to it, in which
        the cells are marked.
    """
    trusts = read_trust_list(project=project)
    kind = return_kind(path)
    if kind is published_wres:
        return add_published(path, project)
    public = read_figures(local=False, project=project)
    form: ModuleType = patients_return if kind is patients_return else wres_return

    def known(code: str) -> Known:
        return known_of_trust(code, form, public, project)

    try:
        if form is patients_return:
            code, loaded = patients_return.read_return(path, trusts, known=known)
            name = patients_return.source_id(code)
        else:
            published = published_wres_5_to_8(project)
            code, loaded = wres_return.read_return(path, trusts, published=published, known=known)
            name = code
    except ReturnError as error:
        raise with_marked_copy(error) from None
    if loaded.questions:
        _ask(loaded.questions, ask, path)
    loaded = replace(loaded, figures=check_figures(loaded.figures, origin=path.name).assign(private=True))
    trust_name = trusts.by_code[code]["trust_name"]
    source = dated(
        return_source(form.source_id(code), form.TITLE, trust_name, path, loaded.period, form.NOTES, date.today()),
        project=project,
    )
    local = project.root / "data" / LOCAL_FOLDER
    before = read_files([one for one in figure_files(project) if one.parent == local], sources=source.id)
    # years merge: those that the file does not have stay held
    is_kept = ~before["period_end"].isin(loaded.figures["period_end"].unique())
    kept, before = before[is_kept], before[~is_kept].reset_index(drop=True)
    content, source = _with_kept(loaded.figures, kept, source, project)
    years = sorted({day.year for table in (loaded.figures, kept) for day in table["period_end"] if day.month == 3})
    source = replace(source, period=", ".join(f"year to 31 March {year}" for year in years))
    held = read_figures(sources=published_wres.SOURCE, local=False, project=project)
    differing = published_wres.disagreements(held, loaded.figures)
    loaded = replace(loaded, remarks=(*loaded.remarks, *differing))
    outcome = Outcome(source, loaded, len(loaded.figures), before, is_return=True)
    project.write({local / f"{name}.parquet": content, local / f"{source.id}.yml": source.to_yaml().encode()})
    return outcome


def add_board(path: Path, project: Project, *, ask: Ask | None = None) -> BoardWritten:
    """Read a board's self-assessment and actions into its trust's file in ``params``.

    Parameters
    ----------
    path : Path
        A workbook made from the template.
    project : Project
    ask : callable, optional
        Is given the actions that would go. Without it, a workbook that lacks one is refused.

    Returns
    -------
    BoardWritten

    Raises
    ------
    ReturnError
        For what breaks the rules of a trust's file, all of it, with the copy in which the cells are marked.
    """
    today = date.today()
    try:
        read = board.read_board(path, read_trust_list(project=project), project=project, today=today)
    except ReturnError as error:
        raise with_marked_copy(error) from None
    if read.questions:
        _ask(read.questions, ask, path)
    said = read.said
    return write_board(read.trust_code, said.self_assessment, said.actions, said.history, project=project, today=today)


def known_of_trust(code: str, form: ModuleType, public: pd.DataFrame, project: Project) -> Known:
    """Return what is known of a trust, to hold its return to: what is published, and what its return gave before.

    Parameters
    ----------
    code : str
    form : module
        The kind of return.
    public : pandas.DataFrame
        All published figures.
    project : Project
    """
    earlier = read_figures(sources=form.source_id(code), project=project)
    copied = public[(public["source"] == published_wres.SOURCE) & (public["trust_code"] == code)]
    # what the trust gave itself comes before what was copied from its page
    return known_from(public, form.counts_of(copied) | form.counts_of(earlier))


def known_for_template(code: str, form: ModuleType, project: Project) -> tuple[Mapping[Key, float], Known]:
    """Return what a trust's return gave before, and all that is known of it, for a template to fill in.

    Parameters
    ----------
    code : str
    form : module
        The kind of return.
    project : Project
    """
    known = known_of_trust(code, form, read_figures(local=False, project=project), project)
    return known.held, known


def _ask(questions: Sequence[Finding], ask: Ask | None, path: Path) -> None:
    refusal = ReturnError(path, questions)
    if ask is None:
        raise with_marked_copy(refusal)
    try:
        ask(questions)
    except RaceEqualityError as error:
        copy = with_marked_copy(refusal).copy
        raise RaceEqualityError(f"{error} The cells are marked in {copy.name}." if copy else str(error)) from None


@in_one_change("data add")
def add_published(path: Path, project: Draft) -> Outcome:
    """Read what was copied from trusts' pages into ``data/figures``.

    Parameters
    ----------
    path : Path
        As CSV or Excel workbook.
    project : Project

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        When a row is wrong or questioned; the store is then as it was.

    Notes
    -----
    The figures of each trust and year in the file take the place of those held; other trusts and years stay.
    """
    public = read_figures(local=False, project=project)
    known = known_from(public)
    try:
        loaded = published_wres.read_published(path, read_trust_list(project=project), known=known)
    except ReturnError as error:
        raise with_marked_copy(error) from None
    loaded = replace(loaded, figures=check_figures(loaded.figures, origin=path.name))
    held = public[public["source"] == published_wres.SOURCE]
    keys = ["trust_code", "period_end"]
    again = pd.MultiIndex.from_frame(held[keys]).isin(pd.MultiIndex.from_frame(loaded.figures[keys]))
    together = in_order(pd.concat([held[~again], loaded.figures], ignore_index=True)) if len(held) else loaded.figures
    content = parquet_bytes(together)
    source = replace(
        dated(published_wres.published_source(together, path, sha256_of(path), date.today()), project=project),
        figures_sha256=sha256(content).hexdigest(),
    )
    private = read_figures(loaded.figures["indicator"].unique(), project=project)
    differing = published_wres.disagreements(loaded.figures, private[private["private"]])
    before = held[again].reset_index(drop=True)
    # to the screen alone: a private number has no place in the notes of a source
    outcome = Outcome(source, replace(loaded, remarks=(*loaded.remarks, *differing)), len(loaded.figures), before)
    project.write(
        {
            project.figures / f"{source.id}.parquet": content,
            project.sources / f"{source.id}.yml": source.to_yaml().encode(),
        }
    )
    return outcome


def published_wres_5_to_8(project: Project) -> set[str]:
    """Return the trusts whose WRES indicators 5 to 8 are published."""
    figures = read_figures(wres_return.SURVEY_INDICATORS, project=project)
    published = ~figures["private"] & (figures["status"] == "ok")
    return set(figures.loc[published, "trust_code"])


def demonstration_files(project: Project) -> dict[Path, bytes]:
    """Return the files of the demonstration trust: its figures and their source."""
    content = parquet_bytes(demonstration.demonstration_figures())
    source = replace(demonstration.demonstration_source(), figures_sha256=sha256(content).hexdigest())
    return {
        project.figures / f"{source.id}.parquet": content,
        project.sources / f"{source.id}.yml": source.to_yaml().encode(),
    }


def _read_files(
    found: list[tuple[Publication, Path]],
    trusts: TrustList,
    project: Project,
    files: dict[Path, bytes],
    *,
    merge: bool = False,
) -> tuple[list[Outcome], list[Path]]:
    """Read files; add what is to be written to ``files`` and return what it takes the place of.

    With ``merge``, the periods of a history that a file does not have stay held.
    """
    outcomes, remove = [], []
    readings = (
        (one, path, loaded)
        for one, path in found
        for latest in [read_publication(one, path, trusts)]
        for loaded in (latest, *latest.more)
    )
    for one, path, loaded in readings:
        notes = (*one.notes, *one.edition_notes.get(loaded.edition, ()), *loaded.remarks)
        source = dated(
            Source(
                loaded.source_id,
                one.title.format(edition=loaded.edition),
                one.publisher,
                one.url,
                one.licence,
                date.today(),
                sha256_of(path),
                path.name,
                loaded.period,
                notes,
            ),
            project=project,
        )
        editions = _editions(one, project)
        if one.series:
            editions = [p for p in [project.figures / f"{loaded.source_id}.parquet"] if p.is_file()]
        for other in (*one.replaces, *one.revises):
            editions += _editions(publication(other, project), project)
        before = read_figures(sources=[path.stem for path in editions], project=project)
        kept = _kept(one, before, loaded, project, merge=merge)
        revised = {path.stem for other in one.revises for path in _editions(publication(other, project), project)}
        before = before[~before.index.isin(kept.index)].reset_index(drop=True)
        content, source = _with_kept(loaded.figures, kept[kept["source"] == loaded.source_id], source, project)
        files[project.figures / f"{loaded.source_id}.parquet"] = content
        files[project.sources / f"{loaded.source_id}.yml"] = source.to_yaml().encode()
        for old in editions:
            rest = kept[kept["source"] == old.stem]
            if old.stem == loaded.source_id:
                continue
            if len(rest):
                content = parquet_bytes(in_order(rest))
                source_before = read_source(old.stem, project=project)
                note = f"{loaded.source_id} has replaced some of its figures."
                shortened = replace(
                    source_before,
                    figures_sha256=sha256(content).hexdigest(),
                    notes=source_before.notes
                    if len(rest) == _rows_in(old) or note in source_before.notes
                    else (*source_before.notes, note),
                )
                files[old] = content
                files[project.sources / f"{old.stem}.yml"] = shortened.to_yaml().encode()
            elif old.stem not in revised:
                remove += [old, project.sources / f"{old.stem}.yml"]
        remove += _covered(one, loaded, project)
        outcomes.append(Outcome(source, loaded, len(loaded.figures), before, one_version=one.one_version))
    return outcomes, remove


def migrate_files(project: Project) -> list[str]:
    """Write files of an earlier version of the schema again, all of them or none.

    Parameters
    ----------
    project : Project

    Returns
    -------
    list of str
        The names of the files that were written, of published figures and of trusts' own returns.
    """
    names = []
    with change(project, "data migrate") as draft:
        for path in figure_files(draft):
            with pq.ParquetFile(path) as file:
                table = file.read(use_threads=False)
            if version_of(table.schema) == SCHEMA_VERSION:
                continue
            names.append(path.name)
            content = table_bytes(migrated(table), figure_schema_arrow())
            source_id = table["source"][0].as_py() if len(table) else path.stem
            source = replace(read_source(source_id, project=draft), figures_sha256=sha256(content).hexdigest())
            folder = path.parent if path.parent.name == LOCAL_FOLDER else draft.sources
            draft.write({path: content, folder / f"{source.id}.yml": source.to_yaml().encode()})
    return names


def _rows_in(path: Path) -> int:
    with pq.ParquetFile(path) as file:
        return file.metadata.num_rows


def _covered(one: Publication, loaded: LoadedFigures, project: Project) -> list[Path]:
    """Return the files of months that a series has come to hold: nothing may count twice."""
    there = pd.MultiIndex.from_frame(loaded.figures[FIGURE_KEY])
    covered = []
    for other in all_publications(project):
        if one.id in other.revises:
            for path in _editions(other, project):
                held = read_figures(sources=path.stem, project=project)
                if pd.MultiIndex.from_frame(held[FIGURE_KEY]).isin(there).any():
                    covered += [path, project.sources / f"{path.stem}.yml"]
    return covered


def _with_kept(figures: pd.DataFrame, kept: pd.DataFrame, source: Source, project: Project) -> tuple[bytes, Source]:
    """Put what was read together with what stays held of the same source; return the file and its source.

    The place of a figure that was read from an earlier file begins with the name of that file, and a note of the source
    says which periods are from it.
    """
    if len(kept):
        before = read_source(source.id, project=project)
        if before.sha256 != source.sha256:
            is_named = kept["locator"].str.match(PLACE_IN_A_FILE) | (kept["recording"] == NOT_IN_THE_FILE)
            kept = kept.assign(locator=kept["locator"].where(is_named, f"{before.file}: " + kept["locator"]))
        figures = in_order(pd.concat([figures, kept], ignore_index=True))
        source = replace(source, notes=(*source.notes, *_notes_of_kept(kept, before, source)))
    content = parquet_bytes(figures)
    return content, replace(source, figures_sha256=sha256(content).hexdigest())


_KEPT_NOTE = re.compile(r"Figures to (\d{4}-\d\d-\d\d) are from .+")


def _notes_of_kept(kept: pd.DataFrame, before: Source, source: Source) -> list[str]:
    """Say of each period that stays held which file it was read from."""
    said = {found[1]: note for note in before.notes if (found := _KEPT_NOTE.fullmatch(note))}
    file = f"{before.file}, read on {before.date_read}, sha256 {before.sha256}."
    days = sorted({day.date().isoformat() for day in kept["period_end"]})
    if before.sha256 == source.sha256:
        return [said[day] for day in days if day in said]
    return [said.get(day, f"Figures to {day} are from {file}") for day in days]


def _kept(
    one: Publication, before: pd.DataFrame, loaded: LoadedFigures, project: Project, *, merge: bool
) -> pd.DataFrame:
    """Return the figures of earlier editions that the new one does not have, where they stay held."""
    of_series = [path.stem for other in one.revises for path in _editions(publication(other, project), project)]
    is_kept = (before["indicator"].isin(one.keeps) & (before["source"] != loaded.source_id)) | before["source"].isin(
        of_series
    )
    if merge and not one.series:
        is_kept |= _is_of_another_period(before, loaded.figures)
    kept = before[is_kept]
    there = pd.MultiIndex.from_frame(loaded.figures[FIGURE_KEY])
    return kept[~pd.MultiIndex.from_frame(kept[FIGURE_KEY]).isin(there)]


def _is_of_another_period(before: pd.DataFrame, figures: pd.DataFrame) -> pd.Series:
    """Whether figures are of a history, in a period that a new file does not have.

    What has one period in the file held and in the new one is no history: the later edition takes its place.
    """
    of = ["indicator", "unit"]
    periods = pd.concat([table.groupby(of)["period_end"].nunique() for table in (before, figures)])
    history = periods[periods > 1].index
    held = pd.MultiIndex.from_frame(figures[[*of, "period_end"]])
    keys = pd.MultiIndex.from_frame(before[[*of, "period_end"]])
    return pd.Series(pd.MultiIndex.from_frame(before[of]).isin(history) & ~keys.isin(held), index=before.index)


def _editions(one: Publication, project: Project) -> list[Path]:
    """Return the files of every edition of a publication that the store has."""
    edition = re.compile(re.escape(one.id) + r"(_\d{4}(_\d\d){0,2})?")
    return [path for path in sorted(project.figures.glob("*.parquet")) if edition.fullmatch(path.stem)]

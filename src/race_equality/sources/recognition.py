"""What a file is: a publication, a trust's own return, a map, or none of them; by what is in it.

The name of a file says nothing: analysts rename them, and browsers number them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import NoReturn

from race_equality.errors import InputError, RaceEqualityError, nearest
from race_equality.project import Project, as_project
from race_equality.sources.catalogue import all_publications
from race_equality.sources.cells import Workbook, csv_columns
from race_equality.sources.file_kinds import is_pack, is_workbook, is_zipped_csv, unpack
from race_equality.sources.headers import normalised, same_words
from race_equality.sources.publication import Publication
from race_equality.sources.publications import boundaries, staff_survey, systems
from race_equality.sources.publications import organisation_data_service as ods
from race_equality.sources.returns import board, published_wres, rows
from race_equality.sources.returns import patients as patients_return
from race_equality.sources.returns import wres as wres_return

_TRUST_LIST_COLUMNS = {
    "ods_trusts": ods.TRUST_COLUMNS,
    "ods_successors": ods.SUCCESSOR_COLUMNS,
    "systems": systems.CODES_COLUMNS,
    "systems_register": systems.REGISTER_COLUMNS,
}
_MOST_SHOWN = 300  # letters of the headers of an unknown file


def recognise(path: Path, project: Project | None = None) -> Publication:
    """Return the publication that a file is an edition of, by what is in it.

    Parameters
    ----------
    path : Path
        Its name does not matter.
    project : Project, optional
        The checkout with layouts; found from the working directory without it.

    Returns
    -------
    Publication

    Raises
    ------
    InputError
        When it is none, naming what it has and the publication most like it; when it is several layouts'.
    """
    publications = all_publications(project)
    if is_workbook(path):
        return _workbook_of(path, publications, _layout_problems(project))
    headers = csv_columns(path)
    if len(headers) == 1 and (separator := next((s for s in (";", "\t", "|") if s in headers[0]), None)):
        raise InputError(
            f"The file has {separator!r} between its columns, where a CSV has commas.",
            file=path,
            row=1,
            mend="Save it as CSV UTF-8 (comma delimited).",
        )
    if trust_list_part(path):
        raise InputError(
            "The file is part of the trust list, which is read from several files together.",
            file=path,
            mend="Give them in one command, of about the same date: race-equality data add etr.csv trusts.csv "
            "(lists of integrated care boards: race-equality data read FOLDER).",
        )
    for one in publications:
        if one.is_table is not None and one.is_table(headers):
            return one
    for one in publications:
        if one.has_rows is not None and one.has_rows(path):
            return one
    wanted = [(one, names) for one in publications for names in (one.columns, *one.other_columns) if names]
    in_code = [(one, names) for one, names in wanted if not one.layout]
    found = _chosen(path, _that_fit(headers, in_code), publications)
    return found or _unknown(path, "columns", headers, wanted, _layout_problems(project))


def _workbook_of(path: Path, publications: Sequence[Publication], problems: Sequence[str]) -> Publication:
    workbook = Workbook(path)
    for one in publications:
        if one.is_workbook is not None and one.is_workbook(workbook.sheet_names):
            return one
    for one in publications:
        if one.has_content is not None and one.has_content(workbook):
            return one
    wanted = [(one, one.sheets) for one in publications if one.sheets]
    headed = [(one, sheets) for one, sheets in wanted if not one.layout and _has_header(workbook, one)]
    fitting = _that_fit(workbook.sheet_names, headed)
    return _chosen(path, fitting, publications) or _unknown(path, "worksheets", workbook.sheet_names, wanted, problems)


def _has_header(workbook: Workbook, one: Publication) -> bool:
    """Return whether a header is there that distinguishes a workbook from another with the same sheets."""
    if not one.header or normalised(one.sheets[0]) not in {normalised(name) for name in workbook.sheet_names}:
        return True
    sheet = workbook.sheet(one.sheets[0])
    headers = sheet.rows[staff_survey.header_row(sheet)]
    return same_words(one.header) in {same_words(str(header)) for header in headers}


def _that_fit(
    headers: Sequence[str], wanted: Sequence[tuple[Publication, tuple[str, ...]]]
) -> list[tuple[int, Publication]]:
    """Return the publications that have all the names they ask for, and how many each asks for."""
    has = {same_words(header) for header in headers}
    return [(len(names), one) for one, names in wanted if {same_words(n) for n in names} <= has]


def _chosen(
    path: Path, found: list[tuple[int, Publication]], publications: Sequence[Publication]
) -> Publication | None:
    """Return the publication that asks for most; where a layout is one of two that ask for as much, nobody can tell."""
    asked = {one.id: (names, 0) for names, one in found}
    fitting = [one for _, one in found]
    for one in publications:
        names = one.sheets if is_workbook(path) else one.columns
        if one.lacks is not None and names and not one.lacks(path):
            asked[one.id] = (len(names), one.asks)
            fitting.append(one)
    if not fitting:
        return None
    most = max(asked[one.id] for one in fitting)
    first, *others = [one for one in fitting if asked[one.id] == most]
    if others and any(one.layout for one in (first, *others)):
        listed = " and ".join(one.layout or one.id for one in (first, *others))
        raise InputError(
            f"Two layouts read this file: {listed}.",
            file=path,
            mend="Remove one of them, or name under file what only one has: columns, or values that a row must have.",
        )
    return first


def _layout_problems(project: Project | None) -> list[str]:
    """Say what is wrong with the layouts that cannot be read: the file may be one of theirs."""
    from race_equality.sources.layouts import read_layouts

    try:
        _, problems = read_layouts(as_project(project))
    except RaceEqualityError:
        return []  # outside of a project there are no layouts
    return [f"\nA layout cannot be read, and could be for this file: {problem}" for problem in problems]


def _unknown(
    path: Path,
    kind: str,
    headers: Sequence[str],
    wanted: Sequence[tuple[Publication, tuple[str, ...]]],
    problems: Sequence[str],
) -> NoReturn:
    """Raise an error that names the publication most like a file, and what the file lacks of it."""
    has = {same_words(header) for header in headers}
    like, names = max(wanted, key=lambda pair: sum(same_words(name) in has for name in pair[1]) / len(pair[1]))
    missing = [name for name in names if same_words(name) not in has]
    if like.lacks is not None and not missing:
        raise InputError(
            f"The file is most like the layout {like.layout}, but lacks {' and '.join(like.lacks(path))}.",
            file=path,
            mend=f"See what the layout reads: race-equality data layout check FILE --layout {like.id}.",
        )
    shown = ", ".join(header for header in headers if header)
    shown = shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}..."
    if len(missing) == len(names):
        raise InputError(
            f"No known publication has the {kind} {shown}.",
            file=path,
            mend="Check that it is the publisher's own file. Those that can be added, and which file of each: "
            f"docs/publication_day.md.{''.join(problems)}",
        )
    known = {same_words(name) for name in names}
    others = [header for header in headers if header and same_words(header) not in known]
    lacks = []
    for name in missing:
        near = nearest(name, others)
        lacks.append(f"{name!r} (the nearest is {near!r})" if near else repr(name))
    raise InputError(
        f"No known publication has the {kind} {shown}. It is most like {like.id!r}, but lacks {', '.join(lacks)}.",
        file=path,
        mend="If the publisher renamed one and it means the same, rename it back in a copy and add that."
        + "".join(problems),
    )


def trust_list_part(path: Path) -> str:
    """Return which file of the trust list a file is: the id of its source, "" for another file.

    Parameters
    ----------
    path : Path
    """
    if is_workbook(path) or is_map(path):
        return ""
    headers = csv_columns(path)
    if len(headers) == len(ods.ETR_COLUMNS) and re.fullmatch(r"[A-Z0-9]{3,5}", headers[0]):
        return "ods_etr"  # has no header
    for source_id, columns in _TRUST_LIST_COLUMNS.items():
        if set(columns) <= set(headers):
            return source_id
    return ""


def is_map(path: Path) -> bool:
    """Return whether a file is GeoJSON, of boundaries or of anything else."""
    return not is_workbook(path) and not is_zipped_csv(path) and boundaries.is_boundaries(path)


def not_added(path: Path) -> str:
    """Return why a file of a folder or an archive is no publication and no return; "" when it is one."""
    try:
        if is_map(path) or is_return(path):
            return ""
        recognise(path)
    except InputError as error:
        # without what to do about it: nobody asked for this very file
        return f"{path.name}: {error.problem}"
    return ""


@contextmanager
def files_to_add(paths: Iterable[Path]) -> Iterator[tuple[list[tuple[Path, bool]], list[str]]]:
    """Find the files that can be added in folders and in zip archives.

    Parameters
    ----------
    paths : iterable of Path
        Files, folders, and archives as publishers pack them.

    Yields
    ------
    list of (Path, bool)
        Each file, and whether somebody asked for this very one. Unpacked files go when the context ends.
    list of str
        What was left out of archives, and why.

    Raises
    ------
    InputError
        For an archive with nothing known in it, or that unpacks to more than a publication has.
    """
    with ExitStack() as stack:
        found: list[tuple[Path, bool]] = []
        left_out: list[str] = []
        for path in paths:
            asked = not path.is_dir()
            inside = [path] if asked else sorted(p for p in path.rglob("*") if p.is_file())
            for one in inside:
                if any(part.startswith(".") for part in one.relative_to(path).parts):
                    continue  # what an editor or a download left there
                if not is_pack(one):
                    found.append((one, asked))
                    continue
                folder = Path(stack.enter_context(TemporaryDirectory(prefix="race-equality-")))
                try:
                    members, others = _unpacked(one, folder)
                except InputError as error:
                    if asked:
                        raise
                    left_out.append(f"{one.name}: {error.problem}")
                    continue
                found += [(member, False) for member in members]
                left_out += others
        yield found, left_out


def _unpacked(path: Path, folder: Path) -> tuple[list[Path], list[str]]:
    """Unpack an archive; return the files to add, and why the others are not."""
    members, others = unpack(path, folder)
    left_out = [f"{name}: It is neither a CSV nor a workbook (.xlsx, .ods)." for name in others]
    known = []
    for member in members:
        if why_not := not_added(member):
            left_out.append(why_not)
        else:
            known.append(member)
    if not known:
        names = ", ".join(sorted([*others, *(member.name for member in members)])[:8])
        raise InputError(
            f"No known publication is in the archive. It has {names or 'no files'}.",
            file=path,
            mend="Check that it is the right one of the publisher's archives; unpack archives that are inside it.",
        )
    # of several files with the same columns, the publication says which is the one to read
    publications = {m: recognise(m) for m in known if not (is_map(m) or is_return(m))}
    named = {one.id for m, one in publications.items() if one.member and m.name.startswith(one.member)}
    for member, one in publications.items():
        if one.id in named and not member.name.startswith(one.member):
            known.remove(member)
            left_out.append(f"{member.name}: {one.id} is read from another file of the archive.")
    return known, left_out


def is_return(path: Path) -> bool:
    """Return whether a file is a trust's own return, or what was copied from trusts' pages; filled in or not."""
    return return_kind(path) is not None


def is_board(path: Path) -> bool:
    """Return whether a file is a board's self-assessment and actions."""
    return return_kind(path) is board


def return_kind(path: Path) -> ModuleType | None:
    """Return the module that reads a file as a return of one trust or of many; None when it is no return."""
    # the file of many trusts first: it has the columns of a trust's own return as well
    forms = (published_wres, wres_return, patients_return)
    if is_map(path):
        return None
    if is_workbook(path):
        title = rows.title_of(path)
        if (named := next((form for form in (*forms, board) if form.TITLE == title), None)) is not None:
            return named
    # a CSV, or one that was saved as a workbook
    has = {same_words(name) for name in (rows.headers_of(path) if is_workbook(path) else csv_columns(path))}
    for form in forms:
        # most of the columns: a return with a column renamed is still one, and its error names the column
        if len(has & {same_words(name) for name in form.KNOWN_BY}) >= len(form.KNOWN_BY) - 1:
            return form
    return None

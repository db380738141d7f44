"""A publication: what it is called, where its file lies, and which loader reads it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from race_equality.errors import InputError, nearest
from race_equality.sources.cells import Cell, Workbook
from race_equality.sources.returns.mistakes import Finding
from race_equality.store.figures import figure_table, in_order
from race_equality.store.schema import NOT_IN_THE_FILE
from race_equality.store.trusts import TrustList


@dataclass(frozen=True)
class LoadedFigures:
    """What a loader read.

    Parameters
    ----------
    source_id : str
        The publication's id with the edition: ``"workforce_2023_05"``.
    edition : str
        As the title names it: ``"May 2023"``.
    period : str
        As a reader should see it: ``"31 May 2023"``.
    figures : pandas.DataFrame
        Columns of :data:`race_equality.store.schema.FIGURE_DTYPES`.
    left_out : mapping of str to int
        How many organisations were left out, by reason: every organisation left out is counted.
    remarks : tuple of str
        What else a person should know about this very file: unknown columns, unusable ones.
    more : tuple of LoadedFigures
        Earlier editions that are in the same file, each a source of its own.
    questions : tuple of Finding
        What is odd in a return: it is taken only when somebody agrees.
    """

    source_id: str
    edition: str
    period: str
    figures: pd.DataFrame
    left_out: Counter[str] = field(default_factory=Counter)
    remarks: tuple[str, ...] = ()
    more: tuple[LoadedFigures, ...] = ()
    questions: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Publication:
    """One publication that can be read, whatever its edition.

    Parameters
    ----------
    id : str
        With the edition it makes the id of a source, and the name of its Parquet and YAML files.
    title, publisher, url, licence : str
        See :class:`race_equality.store.provenance.Source`; ``{edition}`` in the title is filled in.
    pattern : str
        Where the file lies in a folder of raw files, as a glob pattern.
    read : callable
        ``read(path, trusts) -> LoadedFigures``.
    sheets, columns : tuple of str
        What a file of this publication has, to know it by: worksheets, or columns of a CSV.
    other_columns : tuple of tuple of str
        Columns of a CSV in other layouts of the same publication.
    member : str
        In an archive with several files that could be it, the start of the name of the one to read.
    header : str
        A header on the first of ``sheets``, where the sheets alone do not decide.
    is_table : callable, optional
        Instead of ``columns``: from the columns of a CSV to whether they are this publication's.
    is_workbook : callable, optional
        Instead of ``sheets``: from the names of worksheets to whether they are this publication's.
    has_content : callable, optional
        From a workbook to whether it is this publication's, where the names of its sheets say nothing.
    has_rows : callable, optional
        From a CSV to whether it is this publication's, where another has the same columns.
    layout : str
        The YAML file that declares it, where one does: :mod:`race_equality.sources.layouts`.
    lacks : callable, optional
        Of a layout: from a file to what it lacks of what the layout is known by, in words.
    asks : int
        Of a layout: how much it is known by besides ``sheets`` or ``columns``.
    optional : bool
        Whether a folder is whole without it.
    one_version : bool
        Whether two files of one period that differ are refused: nothing says which is right, and nothing may count twice.
    replaces : tuple of str
        Ids of publications with the same figures: only one of them is held.
    revises : tuple of str
        Ids of publications whose figures of the same month this one takes the place of, and of no other.
    keeps : tuple of str
        Indicators with a history of their own: what a new edition does not have of them stays held.
    series : bool
        Whether editions are kept side by side (a year each); otherwise a new one takes the place of the earlier.
    notes : tuple of str
        What somebody who uses the figures has to know, in any edition.
    edition_notes : mapping of str to tuple of str
        And of one edition.
    """

    id: str
    title: str
    publisher: str
    url: str
    licence: str
    pattern: str
    read: Callable[[Path, TrustList], LoadedFigures]
    sheets: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    other_columns: tuple[tuple[str, ...], ...] = ()
    member: str = ""
    header: str = ""
    is_table: Callable[[list[str]], bool] | None = None
    is_workbook: Callable[[list[str]], bool] | None = None
    has_content: Callable[[Workbook], bool] | None = None
    has_rows: Callable[[Path], bool] | None = None
    layout: str = ""
    lacks: Callable[[Path], list[str]] | None = None
    asks: int = 0
    optional: bool = False
    one_version: bool = False
    replaces: tuple[str, ...] = ()
    revises: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    series: bool = False
    notes: tuple[str, ...] = ()
    edition_notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def find_files(folder: Path, one: Publication) -> list[Path]:
    """Return the file of a publication in a folder; of a series, every file; of an optional one, any.

    Raises
    ------
    InputError
        See :func:`find_file`.
    """
    found = sorted(folder.glob(one.pattern))
    if (one.series and found) or (one.optional and not found):
        return found
    return [find_file(folder, one.pattern)]


def find_file(folder: Path, pattern: str) -> Path:
    """Return the one file in a folder that matches a pattern.

    Parameters
    ----------
    folder : Path
    pattern : str

    Returns
    -------
    Path

    Raises
    ------
    InputError
        When none or several match.
    """
    found = sorted(folder.glob(pattern))
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(path.name for path in found)
        raise InputError(f"Several files match {pattern}: {names}.", mend="Leave one of them there.")
    there = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file()]
    near = nearest(pattern, there)
    raise InputError(
        f"There is no {pattern} in the folder {folder.name!r}." + (f" The nearest is {near!r}." if near else ""),
        mend="Put the file there under that name, or read without it (--only).",
    )


class FigureRows:
    """Collects the figures of one publication for the trusts of England.

    Parameters
    ----------
    source : str
    period : (date, date)
        First and last day.
    trusts : TrustList
    """

    def __init__(self, source: str, period: tuple[date, date], trusts: TrustList) -> None:
        self.source = source
        self.period = period
        self.trusts = trusts
        self.left_out: Counter[str] = Counter()
        self._rows: list[dict[str, object]] = []
        self._named: set[tuple[str, str]] = set()

    def check_name(self, organisation_code: str, name: Cell) -> None:
        """Raise an error where the name next to a code is that of another place: codes have slipped by a row.

        Parameters
        ----------
        organisation_code : str
            Of a trust, the NHS code of an integrated care board, or England's.
        name : Cell
            As published. A name that is nobody's here, such as one of before a trust was renamed, says nothing.

        Raises
        ------
        InputError
        """
        if (pair := (organisation_code, name.text)) in self._named:
            return
        named = self.trusts.places_named(name.text)
        if named and not {organisation_code, self.trusts.current(organisation_code)} & named:
            raise name.error(
                f"{name.text!r} is the name of {' and '.join(sorted(named))}, and the code next to it is "
                f"{organisation_code}.",
                "Download the file again: codes and names may have slipped against each other.",
            )
        self._named.add(pair)

    def check_code(self, cell: Cell, known: Iterable[str] = ()) -> None:
        """Raise an error for a code that is empty, written otherwise than codes are, or a name.

        Its row would be left out as that of another organisation, and nobody would miss it.

        Parameters
        ----------
        cell : Cell
        known : iterable of str
            Codes of other places than trusts that are read.

        Raises
        ------
        InputError
        """
        code = re.sub(r"[^A-Z0-9]", "", cell.text.upper())
        if not code:
            raise cell.error("The row has no code of an organisation.", "Fill in the code, or download the file again.")
        if code != cell.text and (self.trusts.current(code) is not None or code in known):
            raise cell.error(f"{cell.text!r} is nearly the code {code}.", f"Write {code} in a copy.")
        if named := self.trusts.places_named(cell.text) - {cell.text}:
            code = " or ".join(sorted(named))
            raise cell.error(
                f"{cell.text!r} is the name of {code}, where its code should be.", f"Write {code} in a copy."
            )

    def trust_of(self, organisation: Cell | str, description: str = "other organisation") -> str | None:
        """Return the trust that an organisation belongs to today; count it as left out if none.

        Parameters
        ----------
        organisation : Cell or str
            Its code. A cell is looked at closely where the code is no trust's; see :meth:`check_code`.
        description : str
            The kind of organisation, for the count.

        Raises
        ------
        InputError
        """
        organisation_code = organisation if isinstance(organisation, str) else organisation.text
        trust_code = self.trusts.current(organisation_code)
        if trust_code is None and isinstance(organisation, Cell):
            self.check_code(organisation)
        if trust_code is None:
            succession = self.trusts.succession(organisation_code)
            if succession is not None:
                description = f"{succession.old_name or organisation_code} (closed, no single successor)"
            self.left_out[description] += 1
        return trust_code

    def add(
        self,
        trust_code: str,
        organisation_code: str,
        indicator: str,
        group: str,
        unit: str,
        locator: str,
        *,
        value: float | None = None,
        numerator: float | None = None,
        denominator: float | None = None,
        status: str = "ok",
        period: tuple[date, date] | None = None,
        recording: str = "",
    ) -> None:
        """Add one figure; say how it was recorded where that is otherwise than before."""
        start, end = period or self.period
        self._rows.append(
            {
                "trust_code": trust_code,
                "organisation_code": organisation_code,
                "period_start": start,
                "period_end": end,
                "indicator": indicator,
                "group": group,
                "value": value if status == "ok" else None,
                "unit": unit,
                "numerator": numerator,
                "denominator": denominator,
                "status": status,
                "source": self.source,
                "locator": locator,
                "recording": recording,
            }
        )

    def complete(
        self,
        indicator: str,
        groups: Iterable[str],
        unit: str,
        *,
        reason: str,
        status_of: Callable[[str], str] | None = None,
    ) -> None:
        """Add a row with no value for each trust open today that the file does not have.

        Parameters
        ----------
        indicator : str
        groups : iterable of str
        unit : str
        reason : str
            Why there is none, for the locator.
        status_of : callable, optional
            From the kind of trust to ``"not_available"`` (also without it) or ``"not_applicable"``.

        Notes
        -----
        A trust that opened after the period has no such figure by nature: ``not_applicable``. A
        successor of a trust in the file is not missing: its history is there under the old code.
        """
        there = {row["trust_code"] for row in self._rows if row["indicator"] == indicator}
        groups = list(groups)
        for code, kind in self.trusts.kinds.items():
            if code in there:
                continue
            opened = self.trusts.open_dates[code]
            has_history = any(s.new_code == code for s in self.trusts.successions)
            if not pd.isna(opened) and opened.date() > self.period[1] and not has_history:
                status, why = "not_applicable", f"opened {opened.date()}, after the period"
            else:
                status, why = (status_of(kind) if status_of else "not_available"), reason
            for group in groups:
                self.add(code, code, indicator, group, unit, why, status=status, recording=NOT_IN_THE_FILE)

    def table(self) -> pd.DataFrame:
        """Return the figures collected, in the store's order."""
        return in_order(figure_table(self._rows))

    def loaded(self, edition: str, period: str, remarks: Iterable[str] = ()) -> LoadedFigures:
        """Return what was collected, with the edition that it was read from."""
        return LoadedFigures(self.source, edition, period, self.table(), self.left_out, tuple(remarks))

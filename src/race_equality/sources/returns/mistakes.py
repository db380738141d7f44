"""What is wrong or odd in a return: every finding of a file, in its order, each with its cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from race_equality.errors import InputError
from race_equality.sources.cells import Cell

#: More findings than this are for the marked copy of the file, and not for the screen.
MOST_SHOWN = 40
_MOST_PLACES = 6


@dataclass(frozen=True)
class Finding:
    """One cell that cannot be right, or that is odd.

    Parameters
    ----------
    place : str
        ``"G12"`` in a workbook, ``"row 12, White"`` in a CSV; "" where the whole file is meant.
    why : str
        What is wrong or odd, in a sentence or several.
    mend : str
        What to do about it.
    sheet : str or None
    new, old : str
        What the cell holds, and what is held or known instead, where there is something to compare with.
    impossible : bool
        Whether it cannot be right. What is only odd is asked about.
    """

    place: str
    why: str
    mend: str = ""
    sheet: str | None = None
    new: str = ""
    old: str = ""
    impossible: bool = True

    @classmethod
    def at(
        cls, cell: Cell, why: str, mend: str = "", *, new: str = "", old: str = "", impossible: bool = False
    ) -> Finding:
        """Return the finding of a cell."""
        return cls(cell.reference, why, mend, cell.sheet, new, old, impossible)

    @property
    def where(self) -> str:
        """The place as a person looks for it."""
        return ", ".join(part for part in (f'sheet "{self.sheet}"' if self.sheet else "", self.place) if part)

    @property
    def numbers(self) -> str:
        """Old and new in words; "" without them."""
        if not self.new:
            return ""
        return f"{self.old}, and now {self.new}. " if self.old else f"{self.new}. "

    def __str__(self) -> str:
        text = f"{self.numbers}{self.why}" + (f" {self.mend}" if self.mend else "")
        return f"{self.where}: {text}" if self.where else text


class ReturnError(InputError):
    """A return that cannot be taken as it is, with everything that is wrong and odd in it.

    Parameters
    ----------
    path : Path
    findings : sequence of Finding
        In the order of the file.
    copy : Path or None
        The copy of the file in which the cells are marked.
    """

    def __init__(self, path: Path, findings: Sequence[Finding], copy: Path | None = None) -> None:
        self.path, self.findings, self.copy = path, tuple(findings), copy
        first = self.findings[0]
        mend = f"The cells are marked in {copy.name}, next to the file." if copy else ""
        if len(self.findings) == 1:
            problem = f"{first.numbers}{first.why}"
            mend = " ".join(part for part in (first.mend, mend) if part)
            super().__init__(problem, file=path, sheet=first.sheet, row=first.place or None, mend=mend or None)
            return
        lines = in_lines(self.findings)
        wrong = sum(finding.impossible for finding in self.findings)
        counts = [f"{wrong} to correct"] * bool(wrong) + [f"{len(self.findings) - wrong} odd"] * (
            wrong < len(self.findings)
        )
        problem = "\n  ".join([f"{' and '.join(counts)}, in the order of the file:", *lines])
        super().__init__(problem, file=path, mend=f"\n{mend}" if mend else first.mend)


def in_lines(findings: Sequence[Finding]) -> list[str]:
    """Return findings in lines to print; the same one in many cells is said once, and names them.

    Parameters
    ----------
    findings : sequence of Finding
    """
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        key = (str(finding.sheet), finding.numbers, finding.why, finding.mend)
        alike.setdefault(key, []).append(finding)
    lines = []
    for same in alike.values():
        first, *others = same
        places = ", ".join([finding.place for finding in same][:_MOST_PLACES])
        more = f" and {len(same) - _MOST_PLACES} more" if len(same) > _MOST_PLACES else ""
        lines.append(str(replace(first, place=places + more) if others else first))
    left = len(lines) - MOST_SHOWN
    return lines[:MOST_SHOWN] + ([f"and {left} more"] if left > 0 else [])


@dataclass
class Mistakes:
    """Collects what is wrong with a file, so that its author sees all of it at once.

    Parameters
    ----------
    path : Path
    sheets : sequence of str
        The worksheets in their order.
    """

    path: Path
    sheets: Sequence[str] = ()
    found: list[Finding] = field(default_factory=list)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note an error, and go on after the block."""
        try:
            yield
        except InputError as error:
            self.note(error)

    def note(self, error: InputError) -> None:
        """Note an error that was made and not raised."""
        place = "" if error.row is None else f"row {error.row}" if isinstance(error.row, int) else error.row
        finding = Finding(place, error.problem, error.mend or "", error.sheet)
        if finding not in self.found:
            self.found.append(finding)

    def in_order(self, more: Sequence[Finding] = ()) -> list[Finding]:
        """Return all findings in the order of the file, with others; one for each cell."""
        return merged([*self.found, *more], self.sheets)

    def raise_any(self, questions: Sequence[Finding] = ()) -> None:
        """Raise everything that is wrong, and what is odd with it; nothing where nothing is wrong.

        Raises
        ------
        ReturnError
        """
        if self.found or any(finding.impossible for finding in questions):
            raise ReturnError(self.path, self.in_order(questions))


def position(finding: Finding, sheets: Sequence[str]) -> tuple[int, int, int, str]:
    """Return what puts findings in the order of their file: sheet, row and column."""
    sheet = next((number for number, name in enumerate(sheets) if name == finding.sheet), -1)
    if in_sheet := re.match(r"([A-Z]{1,3})(\d+)", finding.place):
        letters, row = in_sheet.groups()
        return sheet, int(row), len(letters), letters
    if in_table := re.match(r"row (\d+)", finding.place):
        return sheet, int(in_table.group(1)), 0, ""
    return sheet, 0, 0, ""


def merged(findings: Sequence[Finding], sheets: Sequence[str]) -> list[Finding]:
    """Return one finding for each cell, with all that is said of it, in the order of the file.

    Parameters
    ----------
    findings : sequence of Finding
        Of which several can be of one cell.
    sheets : sequence of str
    """
    by_place: dict[tuple[str | None, str], list[Finding]] = {}
    for finding in findings:
        by_place.setdefault((finding.sheet, finding.place), []).append(finding)
    one_each = []
    for same in by_place.values():
        first = next((finding for finding in same if finding.old), same[0])
        whys = dict.fromkeys([first.why, *(finding.why for finding in same)])
        mends = dict.fromkeys(finding.mend for finding in same if finding.mend)
        impossible = any(finding.impossible for finding in same)
        one_each.append(replace(first, why=" ".join(whys), mend=" ".join(mends), impossible=impossible))
    return sorted(one_each, key=lambda finding: position(finding, sheets))

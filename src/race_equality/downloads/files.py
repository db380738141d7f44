"""Write the files that a site offers to download."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from race_equality.definitions.indicators import BY_ID, PATIENT_FIGURES
from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import read_rules
from race_equality.downloads.all_trusts import write_all_trusts
from race_equality.downloads.by_period import figures_by_period
from race_equality.downloads.codebook import COLUMNS, SHORTHAND_WORDS
from race_equality.downloads.delimited import csv_text
from race_equality.downloads.findings import (
    FINDING,
    PUBLISHED,
    DownloadData,
    PackedRows,
    Row,
    all_trusts_rows,
    trust_rows,
)
from race_equality.downloads.spreadsheet import Sheet, spreadsheet
from race_equality.files import write_atomically
from race_equality.params import read_chosen_peers
from race_equality.project import Project
from race_equality.store.figures import figure_files, read_figures
from race_equality.store.provenance import read_sources
from race_equality.store.trust import Trust
from race_equality.store.trusts import read_trust_list, resolve_trust, trust_codes

#: Columns of the sheets, with their headings and widths in centimetres.
_FINDING_COLUMNS = {
    "name": ("Figure", 11.0),
    "group": ("Group", 6.0),
    "period_start": ("From", 3.0),
    "period_end": ("To", 3.0),
    "value": ("Value", 2.5),
    "lower_95": ("Lower 95% limit", 2.5),
    "upper_95": ("Upper 95% limit", 2.5),
    "all_trusts": ("All trusts of its kind", 2.5),
    "england": ("England", 2.5),
    "region_trusts": ("Region", 2.5),
    "similar_trusts": ("Similar trusts", 2.5),
    "all_trusts_plain": ("All trusts, any kind", 2.5),
    "region_trusts_plain": ("Region, any kind", 2.5),
    "similar_trusts_plain": ("Similar trusts, any kind", 2.5),
    "trusts_with_figures": ("Trusts with figures", 2.5),
    "unit": ("Unit", 4.0),
    "people": ("People", 2.5),
    "reading": ("Reading", 9.0),
    "status": ("Status", 5.0),
    "source": ("Source", 14.0),
}
_PUBLISHED_COLUMNS = {
    "name": ("Figure", 11.0),
    "group": ("Group", 5.0),
    "organisation": ("Organisation", 3.0),
    "period_start": ("From", 3.0),
    "period_end": ("To", 3.0),
    "value": ("Value", 2.5),
    "unit": ("Unit", 3.0),
    "people": ("People", 2.5),
    "status": ("Status", 5.0),
    "source": ("Source", 14.0),
    "locator": ("Where in the source", 9.0),
}
#: Trusts whose rows are in memory at once while the files of all are written: a trust’s take half a megabyte.
_TRUSTS_AT_ONCE = 25


class Downloads:
    """The figures, read once, and the files made from them.

    Parameters
    ----------
    project : Project
        The checkout.
    until : int, optional
        Leave out figures of later years.
    """

    def __init__(self, project: Project, *, until: int | None = None) -> None:
        self.project = project
        # with the same figures hidden as on pages
        figures = publishable_figures(read_figures(local=False, project=project), project=project)
        if until is not None:
            figures = figures[figures["period_end"].dt.year <= until]
        listed = read_trust_list(project=project)
        trusts = listed.trusts.copy()
        self.data = DownloadData(
            figures,
            {source.id: source for source in read_sources(project=project)},
            read_rules(project=project),
            trusts,
            peers=read_chosen_peers(trusts["trust_code"], project=project),
            successions=listed.successions,
        )
        self._findings = PackedRows()

    @property
    def has_figures(self) -> bool:
        """Whether there are any figures."""
        return not self.data.figures.empty

    def write_trust(self, trust: Trust, site: Path) -> list[str]:
        """Write ``trusts/<CODE>-figures.csv`` and ``.ods``.

        Parameters
        ----------
        trust : Trust
        site : Path
            The folder that is published.

        Returns
        -------
        list of str
            The files, relative to the site.
        """
        data = self._with_own_return(trust.code)
        rows = trust_rows(data, trust)
        if not data.has_returns:
            self._findings.put(trust.code, (row for row in rows if row["kind"] == FINDING))
        stem = f"trusts/{trust.code}-figures"
        write_atomically(site / f"{stem}.csv", csv_text(rows, list(COLUMNS)))
        write_atomically(site / f"{stem}.ods", trust_spreadsheet(trust, rows))
        return [f"{stem}.csv", f"{stem}.ods"]

    def write_site(self, site: Path) -> list[str]:
        """Write the files of all trusts: ``downloads/`` and ``api/``.

        Parameters
        ----------
        site : Path

        Returns
        -------
        list of str
            The files, relative to the site.
        """
        written = write_all_trusts(site, self._parts(), self.data.sources)
        of_now = set(written)
        for left in (site / "api").rglob("*.json"):  # of a trust that closed
            if left.relative_to(site).as_posix() not in of_now:
                left.unlink()
        return written

    def _parts(self) -> Iterator[tuple[list[Row], list[Row]]]:
        """Give the findings and the figures of some trusts at a time, from public figures alone."""
        public = self.data.public()
        every = sorted(trust_codes(project=self.project))
        for start in range(0, len(every), _TRUSTS_AT_ONCE):
            codes = every[start : start + _TRUSTS_AT_ONCE]
            trusts = [resolve_trust(code, project=self.project) for code in codes]
            findings = all_trusts_rows(public, trusts, computed=self._findings)
            yield findings, figures_by_period(public, codes)

    def of_all_trusts(self) -> list[Row]:
        """Give the findings of all trusts, from public figures alone."""
        trusts = [resolve_trust(code, project=self.project) for code in trust_codes(project=self.project)]
        return all_trusts_rows(self.data, trusts, computed=self._findings)

    def of_trust(self, trust: Trust, *, private: bool) -> list[Row]:
        """Give the findings of one trust, with those from its own return where ``private`` says so."""
        data = self._with_own_return(trust.code) if private else self.data
        return [row for row in trust_rows(data, trust) if row["kind"] == FINDING]

    def _with_own_return(self, code: str) -> DownloadData:
        """Add a trust's own WRES return, which is in no other trust's file or comparison."""
        if figure_files(self.project, local=code) == figure_files(self.project, local=False):
            return self.data
        figures = publishable_figures(read_figures(local=code, project=self.project), project=self.project)
        # a trust's own patient figures are in its report only
        return replace(self.data, figures=figures[~figures["indicator"].isin(PATIENT_FIGURES)])


def trust_spreadsheet(trust: Trust, rows: Sequence[Row]) -> bytes:
    """Lay out a trust's rows as a spreadsheet.

    Parameters
    ----------
    trust : Trust
    rows : sequence of dict
        From :func:`race_equality.downloads.findings.trust_rows`.

    Returns
    -------
    bytes
        A cover sheet, notes, and a sheet each for findings, published figures, waits by month and sources.
    """
    findings = [row for row in rows if row["kind"] == FINDING]
    published = [row for row in rows if row["kind"] == PUBLISHED]
    monthly = [row for row in published if BY_ID[row["measure"]].compares == "months"]
    single = [row for row in published if BY_ID[row["measure"]].compares != "months"]
    title = f"Race equality at {trust.name} ({trust.code})"
    sheets = [
        _table_sheet("Findings", f"Findings of the report: {trust.name}", findings, _FINDING_COLUMNS),
        _table_sheet("Published_figures", f"Published figures: {trust.name}", single, _PUBLISHED_COLUMNS),
        _table_sheet("By_month", f"Waiting times and A&E by month: {trust.name}", monthly, _PUBLISHED_COLUMNS),
        _sources_sheet(rows),
    ]
    sheets = [sheet for sheet in sheets if sheet.rows]
    cover = Sheet(
        "Cover",
        title,
        [
            "Figures and findings of the trust’s race equality report.",
            *(f"Sheet {sheet.name}: {sheet.title}, {len(sheet.rows)} rows." for sheet in sheets),
            "Sheet Notes explains the shorthand, the rounding and what is left out.",
            *(["Every figure in this file is invented."] if trust.is_demonstration else []),
            "Each publication, its publisher and its licence are in the sheet Sources.",
        ],
    )
    notes = Sheet(
        "Notes",
        "Notes",
        [
            "Shorthand, in place of a number or next to it:",
            *(f"{short} {text}." for short, text in SHORTHAND_WORDS.items()),
            "Percentages, percentage points, scores and rates have one decimal, ratios two, people and events none.",
            "Limits are those of the 95% confidence interval.",
            "A gap is the first group minus the second, in percentage points.",
            "“All trusts of its kind” is the same figure for all trusts of this trust’s kind with figures taken together; "
            "“Region” for those of its kind in the region; “Similar trusts” for the peers that the report names. Columns "
            "that end in “any kind” add up trusts of every kind, which is not like with like. “England” is as published.",
            "Figures of a source “published by the trust” were copied from the trust’s own page and held to its counts. What "
            "they are compared with is of the trusts that publish them, as many as “Trusts with figures” says.",
            "Figures resting on few people are hidden, and others with them where they could be worked out.",
            "Breakdowns of people into small groups are given as the report gives them, and not as published.",
            "One person in two roles counts in each staff group, so staff groups do not add up to the total.",
            "The invented figures of the demonstration trust are in no comparison.",
        ],
    )
    return spreadsheet([cover, notes, *sheets], title=title, subject="Workforce and patient race equality")


def _table_sheet(name: str, title: str, rows: Sequence[Row], columns: dict[str, tuple[str, float]]) -> Sheet:
    note = "One table. [c], [x], [z], [u], [i] and [m] are explained in the sheet Notes."
    return Sheet(
        name,
        title,
        [note],
        [heading for heading, _ in columns.values()],
        [[row[column] for column in columns] for row in rows],
        [width for _, width in columns.values()],
    )


def _sources_sheet(rows: Iterable[Row]) -> Sheet:
    columns = {
        "source": ("Publication", 16.0),
        "publisher": ("Publisher", 12.0),
        "licence": ("Licence", 14.0),
        "file": ("File that was read", 12.0),
    }
    used = dict.fromkeys(tuple(row[column] for column in columns) for row in rows)
    return Sheet(
        "Sources",
        "Publications that the figures come from",
        ["One table."],
        [heading for heading, _ in columns.values()],
        sorted(used),
        [width for _, width in columns.values()],
    )

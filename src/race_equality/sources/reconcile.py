"""Whether the figures held come to the publishers' own totals, and where they do not, why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from race_equality.definitions.codes import DEMONSTRATION_CODE, ENGLAND_CODE
from race_equality.project import Project
from race_equality.store.figures import read_figures
from race_equality.store.rows import rows_of
from race_equality.store.trusts import read_trusts

_ROUNDED_TO_5 = 2.5  # the most that one count rounded to the nearest 5 is out
_NOT_KNOWN = "Not stated or not known"
_BROAD_GROUPS = ("Asian", "Black", "Mixed", "Other", "White")


@dataclass(frozen=True)
class Reconciliation:
    """A total of the figures held, compared with the publisher's own.

    Parameters
    ----------
    what, period, source : str
    held, published : float
    unit : str
        As in a figure.
    allowed : float
        The most that they can differ by the publisher's rounding alone.
    reason : str
        Why they can differ by more.
    """

    what: str
    period: str
    source: str
    held: float
    published: float
    unit: str
    allowed: float
    reason: str

    @property
    def agrees(self) -> bool:
        """Whether they differ by rounding at most."""
        return abs(self.held - self.published) <= self.allowed + 1e-6

    def __str__(self) -> str:
        decimals = 1 if self.unit == "percent" else 0
        sign = "%" if self.unit == "percent" else ""
        text = (
            f"{self.what}, {self.period}: {self.held:,.{decimals}f}{sign} held, "
            f"{self.published:,.{decimals}f}{sign} published"
        )
        if self.agrees:
            return f"{text}: agrees"
        if self.unit == "percent":
            return f"{text}: {self.held - self.published:+.1f} percentage points. {self.reason}"
        return f"{text}: {100 * self.held / self.published:.1f}%. {self.reason}"


def reconcile(project: Project) -> list[Reconciliation]:
    """Compare what is held with every total that the publishers give for England.

    Parameters
    ----------
    project : Project

    Returns
    -------
    list of Reconciliation
        A total that nothing is held for is left out.
    """
    figures = read_figures(project=project)
    figures = figures[(figures["status"] == "ok") & (figures["trust_code"] != DEMONSTRATION_CODE) & ~figures["private"]]
    england = figures[figures["trust_code"] == ENGLAND_CODE]
    trusts = figures[figures["trust_code"].isin(read_trusts(project=project)["trust_code"])]
    return [
        *_workforce(england, trusts),
        *_survey(england, trusts),
        *_wres(england, trusts),
        *_maternity(england, trusts),
        *_detentions(england, trusts),
        *_talking_therapies(england, trusts),
        *_waits(england, trusts),
    ]


def _workforce(england: pd.DataFrame, trusts: pd.DataFrame) -> Iterator[Reconciliation]:
    for indicator, what in (
        ("workforce_headcount", "Headcount of trusts and England's"),
        ("workforce_fte", "Full-time equivalents of trusts and England's"),
        ("workforce_march_headcount", "Headcount of trusts and England's"),
    ):
        total = england[(england["indicator"] == indicator) & (england["group"] == "Total")]
        total = total[total["period_end"] == total["period_end"].max()]
        for row in rows_of(total):
            parts = trusts[
                (trusts["indicator"] == indicator)
                & (trusts["group"] == "Total")
                & (trusts["period_end"] == row.period_end)
            ]
            reason = "England has integrated care boards, support units and other bodies as well, which are not trusts"
            if row.unit == "people":
                reason += "; people who work for two organisations count once in England"
            yield _one(what, row, parts["value"].sum(), 0.0, f"{reason}.")


def _survey(england: pd.DataFrame, trusts: pd.DataFrame) -> Iterator[Reconciliation]:
    for question in ("q15", "q16a", "q16b"):
        indicator = f"staff_survey_{question}"
        total = england[(england["indicator"] == indicator) & (england["group"] == "All staff")]
        for row in rows_of(total):
            # the organisational workbook may be a year ahead of the national one
            parts = trusts[(trusts["indicator"] == indicator) & (trusts["period_end"] == row.period_end)]
            if parts.empty:
                continue
            bases = parts["denominator"].sum()
            mean = (parts["value"] * parts["denominator"]).sum() / bases
            yield _one(
                f"Staff Survey {question.upper()}, mean over trusts by base and England's",
                row,
                mean,
                0.05,
                "The publisher weights each organisation by its size and staff groups; a base is neither.",
            )


def _wres(england: pd.DataFrame, trusts: pd.DataFrame) -> Iterator[Reconciliation]:
    parts = trusts[trusts["indicator"] == "wres_6"]
    total = england[england["indicator"] == "wres_national_6"]
    for row in rows_of(total[total["period_end"] == total["period_end"].max()]):
        of_group = parts[parts["group"] == row.group]
        if len(of_group):
            pooled = 100 * of_group["numerator"].sum() / of_group["denominator"].sum()
            yield _one(
                f"WRES indicator 6, {row.group}, trusts pooled (autumn {of_group['period_end'].max().year}) and the "
                "national headline",
                row,
                pooled,
                0.05,  # printed with one decimal
                "Another year of the survey, and the national figure covers mental health trusts as well, of which "
                "this file has none.",
            )


def _maternity(england: pd.DataFrame, trusts: pd.DataFrame) -> Iterator[Reconciliation]:
    for row in rows_of(england[england["indicator"] == "maternity_deliveries"]):
        parts = trusts[(trusts["indicator"] == "maternity_deliveries") & (trusts["period_end"] == row.period_end)]
        yield _one(
            "Deliveries of trusts and England's",
            row,
            parts["value"].sum(),
            _ROUNDED_TO_5 * (len(parts) + 1),
            "More than rounding: Pennine Acute (RW6: 7,730 in 2020-21) is held under no trust of today, having gone "
            "to two; in 2021-22 the file's own rows of providers come to more than its row of England.",
        )
        for split in ("ethnicity", "deprivation"):
            groups = england[
                (england["indicator"] == f"maternity_deliveries_by_{split}") & (england["period_end"] == row.period_end)
            ]
            if len(groups):
                yield _one(
                    f"England's deliveries by {split} and in all",
                    row,
                    groups["value"].sum(),
                    _ROUNDED_TO_5 * (len(groups) + 1),
                    "More than rounding; the file does not say why.",
                )


def _detentions(england: pd.DataFrame, trusts: pd.DataFrame) -> Iterator[Reconciliation]:
    own = england[england["indicator"] == "mha_detentions"]
    for period_end, rows in own.groupby("period_end"):
        values = rows.set_index("group")["value"]
        known = rows[rows["group"] == "All with a known ethnic group"]
        for row in rows_of(known):
            if set(_BROAD_GROUPS) <= set(values.index):
                yield _one(
                    "England's detentions by five groups and of a known group",
                    row,
                    values[list(_BROAD_GROUPS)].sum(),
                    0.0,
                    "The file does not say why.",
                )
            parts = trusts[(trusts["indicator"] == "mha_detentions") & (trusts["period_end"] == period_end)]
            if "Unknown" in values.index and len(parts):
                total = row._replace(value=row.value + values["Unknown"])
                yield _one(
                    "Detentions of trusts and England's",
                    total,
                    parts["value"].sum(),
                    _ROUNDED_TO_5 * len(parts),
                    "England has independent hospitals as well, and small counts of trusts are suppressed.",
                )


def _waits(england: pd.DataFrame, trusts: pd.DataFrame) -> Iterator[Reconciliation]:
    """The waiting list: England's breakdowns and treatment functions, and trusts against the monthly list."""
    ids = {kind: f"waiting_over_18_weeks_by_{kind}" for kind in ("age", "sex", "deprivation", "ethnicity", "function")}
    by_age = england[england["indicator"] == ids["age"]]
    if by_age.empty:
        return
    week = by_age["period_end"].max()
    people = {
        kind: _people(england[(england["indicator"] == id) & (england["period_end"] == week)])
        for kind, id in ids.items()
    }
    row = by_age[by_age["period_end"] == week].iloc[0]

    def of(value: float) -> pd.Series:
        return row.where(row.index != "value", value).where(row.index != "unit", "people")

    if people["function"][1]:
        held, cells = people["function"]
        yield _one(
            "England's waiting list by treatment function and ethnic group, and by ethnic group",
            of(people["ethnicity"][0]),
            held,
            _ROUNDED_TO_5 * (cells + people["ethnicity"][1]),
            "Cells of 1 to 7 are hidden.",
        )
    for kind in ("sex", "deprivation", "age"):
        held, cells = people[kind]
        yield _one(
            f"England's waiting list by {kind} and by ethnic group",
            of(people["ethnicity"][0]),
            held,
            _ROUNDED_TO_5 * (cells + people["ethnicity"][1]),
            f"The publisher leaves out unknown {kind}, and counts unknown ethnic groups.",
        )
    listed = trusts[(trusts["indicator"] == ids["ethnicity"]) & (trusts["period_end"] == week)]
    month = trusts[
        (trusts["indicator"] == "rtt_within_18_weeks")
        & (trusts["period_start"] <= week)
        & (trusts["period_end"] >= week)
    ]
    both = set(listed.loc[listed["denominator"].notna(), "trust_code"]) & set(month["trust_code"])
    if both:
        held, cells = _people(listed[listed["trust_code"].isin(both)])
        yield _one(
            f"Waiting lists of {len(both)} trusts by ethnic group and in all",
            of(month.loc[month["trust_code"].isin(both), "denominator"].sum()),
            held,
            _ROUNDED_TO_5 * cells,
            "The weekly list by ethnic group is another data set than the monthly list in all, less validated; some trusts "
            "cover much less (RL1, RET, RLQ).",
        )


def _people(rows: pd.DataFrame) -> tuple[float, int]:
    """Return how many people some groups hold together, and how many counts that is the sum of."""
    return float(rows["denominator"].sum()), int(rows["denominator"].notna().sum())


def _talking_therapies(england: pd.DataFrame, trusts: pd.DataFrame) -> Iterator[Reconciliation]:
    name = "talking_therapies_referrals_by_ethnicity"
    own = england[england["indicator"] == name]
    for row in own[own["group"] == "All people"].itertuples():
        groups = own[(own["period_end"] == row.period_end) & own["group"].isin([*_BROAD_GROUPS, _NOT_KNOWN])]
        yield _one(
            "England's referrals to talking therapies by ethnic group and in all",
            row,
            groups["value"].sum(),
            0.0,  # England's counts are exact
            "The file does not say why.",
        )
        parts = trusts[
            (trusts["indicator"] == name) & (trusts["group"] == "All people") & (trusts["period_end"] == row.period_end)
        ]
        if len(parts):
            yield _one(
                "Referrals to talking therapies of trusts and England's",
                row,
                parts["value"].sum(),
                _ROUNDED_TO_5 * len(parts),
                "England has charities, companies and other providers as well, which are not trusts.",
            )


def _one(what: str, row, held: float, allowed: float, reason: str) -> Reconciliation:
    first, last = row.period_start.date(), row.period_end.date()
    period = f"{last}" if first == last else f"{first} to {last}"
    return Reconciliation(what, period, row.source, float(held), float(row.value), row.unit, allowed, reason)

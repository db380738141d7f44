"""The rows of the downloads: what the report finds, and the published figures that it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from race_equality.disclosure.rules import Rule, rests_on_too_few
from race_equality.downloads.codebook import BY_ID, DECIMALS, GAP, SHORTHAND, WIDEST, rounding
from race_equality.figures.provenance import Source
from race_equality.figures.store import LOCAL_PREFIXES
from race_equality.figures.trusts import Trust
from race_equality.indicators.access import MEASURES, monthly
from race_equality.indicators.definitions import (
    DEMONSTRATION_CODE,
    ENGLAND_CODE,
    ETHNIC_MINORITY,
    EXPERIENCE,
    WHITE,
    WRES,
)
from race_equality.indicators.ethnicity_of_respondents import respondents_and_catchment
from race_equality.indicators.maternity import deliveries_by_ethnicity, most_deprived_share
from race_equality.indicators.survey import QUESTIONS, survey_answers
from race_equality.indicators.workforce import headcount_by_group
from race_equality.indicators.wres import pooled, staff_experience
from race_equality.indicators.wres_return import (
    board_against_workforce,
    relative_likelihoods,
    share_by_band,
)

FINDING, PUBLISHED = "finding", "published figure"

#: Which published figures are given as they are. Breakdowns of people are not: their findings are,
#: in which as much is hidden as the report hides.
_AS_PUBLISHED = (
    *(indicator.id for indicator in EXPERIENCE),
    "staff_survey_q15", "staff_survey_q16a", "staff_survey_q16b", "staff_survey_q16c_1",
    "staff_survey_panel_q16a", "staff_survey_panel_q16b", "catchment_population", "catchment_imd_score",
    "catchment_deprivation_quintile", "maternity_deliveries", "maternity_preterm_births",
    "maternity_low_birthweight_at_term", "maternity_smoking_at_booking", "rtt_within_18_weeks",
    "rtt_over_52_weeks", "rtt_over_65_weeks", "ae_over_4_hours", "ae_over_12_hours_to_admission",
)  # fmt: skip
#: Events are rounded by their publishers; fewer than this are not given.
_FEWEST_EVENTS = 10

_STATUS_WORDS = {
    "ok": "shown",
    "low_reliability": "low reliability [u]",
    "suppressed": "too few people to show [c]",
    "not_available": "no data [x]",
    "not_applicable": "not applicable [z]",
}
_NUMBERS = ("value", "lower_95", "upper_95", "all_trusts")
_SIDES = {ETHNIC_MINORITY: "ethnic_minority", WHITE: "white"}
_COMPUTED = "computed from the published figures of this measure"

Row = dict[str, str]


def number_text(value: object, unit: str) -> str | None:
    """Return a number as precisely as its unit allows, or None where there is none.

    Examples
    --------
    >>> number_text(24.349, "percent"), number_text(-0.04, "percentage points"), number_text(19574.0, "people")
    ('24.3', '0.0', '19574')
    """
    if value is None or pd.isna(value) or math.isinf(value):
        return None
    text = f"{float(value):.{DECIMALS[unit]}f}"
    return text.lstrip("-") if float(text) == 0 else text


def status_of(status: str, lower: object, upper: object, unit: str) -> str:
    """Return the status of a figure, with low reliability told apart from a plain one.

    Parameters
    ----------
    status : str
        Of :data:`race_equality.figures.schema.STATUSES`.
    lower, upper : float
        Limits of its interval; NaN or None without one.
    unit : str

    Returns
    -------
    str

    Examples
    --------
    >>> status_of("ok", 20.0, 31.0, "percent"), status_of("ok", None, None, "percent")
    ('low_reliability', 'ok')
    """
    wide = (
        status == "ok"
        and unit in ("percent", "percentage points")
        and None not in (lower, upper)
        and not pd.isna(lower)
        and upper - lower > WIDEST
    )
    return "low_reliability" if wide else status


@dataclass(frozen=True)
class Material:
    """What the downloads are made from.

    Parameters
    ----------
    figures : pandas.DataFrame
        Tidy figures.
    sources : dict of str to Source
    """

    figures: pd.DataFrame
    sources: Mapping[str, Source]

    @property
    def _local(self) -> pd.Series:
        return self.figures["source"].str.startswith(LOCAL_PREFIXES)

    @property
    def has_returns(self) -> bool:
        """Whether any trust's own return is among the figures."""
        return bool(self._local.any())

    def public(self) -> Material:
        """Leave out the demonstration trust and every trust's own return."""
        keep = ~self._local & (self.figures["trust_code"] != DEMONSTRATION_CODE) & (self.figures["source"] != "demonstration")
        return Material(self.figures[keep], self.sources)

    @cached_property
    def by_trust(self) -> dict[str, pd.DataFrame]:
        """Figures of each trust."""
        return dict(tuple(self.figures.groupby("trust_code", sort=False)))

    @cached_property
    def experience(self) -> dict[tuple[str, str], object]:
        """WRES 5 to 8 by trust and indicator, the latest survey of each."""
        rows = self.figures[self.figures["indicator"].isin([one.id for one in EXPERIENCE])]
        latest = rows.groupby(["trust_code", "indicator"])["period_end"].transform("max")
        table = staff_experience(rows[rows["period_end"] == latest])
        self.__dict__["together"] = {row.indicator: row for row in pooled(table).itertuples()}
        return {(row.trust_code, row.indicator): row for row in table.itertuples()}

    @cached_property
    def answers(self) -> dict[tuple[str, str], object]:
        """Survey questions by trust and indicator."""
        rows = self.figures[self.figures["indicator"].str.startswith("staff_survey_q1")]
        return {(row.trust_code, row.indicator): row for row in survey_answers(rows).itertuples()}

    @cached_property
    def months(self) -> dict[str, Mapping[pd.Timestamp, float]]:
        """All trusts' waits by measure and month."""
        return {
            measure.id: monthly(self.figures, measure.id).set_index("month")["percent"].to_dict()
            for measure in MEASURES
        }

    @cached_property
    def latest(self) -> dict[tuple[str, str], dict[str, object]]:
        """Source, organisations, period and status of each trust's latest figures of an indicator."""
        names = ["trust_code", "indicator", "source", "organisation_code", "period_start", "period_end", "status"]
        found: dict[tuple[str, str], dict[str, object]] = {}
        for code, indicator, source, organisation, start, end, status in zip(
            *(self.figures[name].tolist() for name in names), strict=True
        ):
            known = found.get((code, indicator))
            if known is None or known["end"] < end:
                found[code, indicator] = {
                    "source": source, "organisation": {organisation}, "start": start, "end": end, "status": status,
                }  # fmt: skip
            elif known["end"] == end:
                known["organisation"].add(organisation)
        for about in found.values():
            about["organisation"] = " ".join(sorted(about["organisation"]))
        return found

    @cached_property
    def waits(self) -> dict[tuple[str, str], tuple]:
        """Each trust's latest month with figures of a measure of access: start, end, count, people."""
        rows = self.figures[
            self.figures["indicator"].isin([measure.id for measure in MEASURES]) & (self.figures["status"] == "ok")
        ]
        last = rows[rows["period_end"] == rows.groupby(["trust_code", "indicator"])["period_end"].transform("max")]
        sums = last.groupby(["trust_code", "indicator"]).agg(
            start=("period_start", "first"), end=("period_end", "first"),
            count=("numerator", "sum"), people=("denominator", "sum"),
        )  # fmt: skip
        return {key: (start, end, float(count), float(people)) for key, start, end, count, people in sums.itertuples(name=None)}

    @cached_property
    def published(self) -> dict[str, pd.DataFrame]:
        """Published figures of each trust, with what the default rule hides."""
        return dict(tuple(_hidden_as_published(self.figures, Rule()).groupby("trust_code", sort=False)))

    @cached_property
    def england_staff(self) -> pd.DataFrame:
        """England's staff groups."""
        rows = self.by_trust.get(ENGLAND_CODE, self.figures.iloc[:0])
        return rows[rows["indicator"] == "workforce_headcount"]


class _Rows:
    """Makes the rows of one trust, each hidden, rounded and described by the same rules."""

    def __init__(self, material: Material, trust: Trust, rule: Rule) -> None:
        self.material, self.trust, self.rule = material, trust, rule
        self.figures = material.by_trust.get(trust.code, material.figures.iloc[:0])
        self.about = {
            "trust_code": trust.code,
            "trust": trust.name,
            "trust_type": trust.kind or "not stated",
            "region": trust.region or "not stated",
        }

    def row(
        self, kind, measure, group, start, end, unit, status, value,
        lower=None, upper=None, all_trusts=None, people=None, *, source, organisation, locator=_COMPUTED,
    ) -> Row:  # fmt: skip
        people = None if people is None or pd.isna(people) else float(people)
        fewest = self.rule.minimum_people if unit == "people" else self.rule.minimum_responses
        if status == "ok" and people is not None and people < fewest:
            status = "suppressed"
        if status == "ok" and number_text(value, unit) is None:
            status = "not_available"
        status = status_of(status, lower, upper, unit)
        missing = SHORTHAND.get(status) if status not in ("ok", "low_reliability") else None
        described = self.material.sources.get(source)
        numbers = {
            name: missing or number_text(number, unit) or SHORTHAND["not_applicable"]
            for name, number in zip(_NUMBERS, (value, lower, upper, all_trusts), strict=True)
        }
        return {
            **self.about,
            "kind": kind,
            "measure": measure,
            "name": BY_ID[_family(measure)].name,
            "group": group,
            "organisation": organisation or self.trust.code,
            "period_start": _day(start),
            "period_end": _day(end),
            **numbers,
            "unit": unit,
            "people": missing or number_text(people, "people") or SHORTHAND["not_applicable"],
            "status": _STATUS_WORDS[status],
            "rounding": rounding(unit),
            "source": described.title if described else "not stated",
            "publisher": described.publisher if described else "not stated",
            "licence": described.licence if described else "not stated",
            "file": described.file if described else "not stated",
            # where a hidden figure stands is not one step away from it
            "locator": locator if missing != "[c]" else "[c]",
        }

    def finding(self, measure, group, unit, status, value, lower=None, upper=None, **others) -> Row:
        latest = self.material.latest.get((self.trust.code, measure), {})
        about = {name: latest.get(name) for name in ("source", "organisation", "start", "end")} | others
        start, end = about.pop("start"), about.pop("end")
        return self.row(FINDING, measure, group, start, end, unit, status, value, lower, upper, **about)

    # -- findings, in the order of the report ---------------------------------------------------

    def findings(self) -> Iterator[Row]:
        yield from self.experience()
        yield from self.of_its_return()
        yield from self.survey()
        yield from self.ethnic_groups()
        yield from self.staff_groups()
        yield from self.waits()
        yield from self.maternity()

    def experience(self) -> Iterator[Row]:
        known = self.material.experience
        for indicator in EXPERIENCE:
            found = known.get((self.trust.code, indicator.id))
            together = self.material.__dict__["together"].get(indicator.id)
            status = "not_available" if found is None else found.status
            totals = [getattr(found, f"{side}_total", math.nan) for side in _SIDES.values()]
            if status == "ok" and min(totals) < self.rule.minimum_responses:
                status = "suppressed"  # half a comparison is none
            for group, side in _SIDES.items():
                numbers = [getattr(found, f"{side}_{name}", None) for name in ("percent", "lower", "upper")]
                yield self.finding(
                    indicator.id, group, "percent", status, *numbers,
                    all_trusts=getattr(together, f"{side}_percent", None),
                    people=getattr(found, f"{side}_total", None),
                )  # fmt: skip
            numbers = [getattr(found, name, None) for name in ("gap", "gap_lower", "gap_upper")]
            yield self.finding(
                indicator.id, GAP, "percentage points", status, *numbers,
                all_trusts=getattr(together, "gap", None), people=sum(totals),
            )  # fmt: skip

    def of_its_return(self) -> Iterator[Row]:
        own = self.figures[self.figures["indicator"].str.startswith(("wres_1_", "wres_2", "wres_3", "wres_4", "wres_9"))]
        if own.empty:
            return
        source = own["source"].iloc[0]
        about = {"source": source, "organisation": self.trust.code}
        for row in relative_likelihoods(self.figures, self.trust.code).itertuples():
            indicator = WRES[row.number].id
            base = own[
                (own["indicator"] == indicator) & (own["period_end"] == row.period_end) & own["group"].isin(list(_SIDES))
            ]["denominator"]
            few = (base < self.rule.minimum_responses).any()
            yield self.finding(
                indicator, "All staff", "ratio", "suppressed" if few else "ok", row.ratio, row.lower, row.upper,
                start=row.period_start, end=row.period_end, **about,
            )  # fmt: skip
        for row in board_against_workforce(self.figures, self.trust.code).itertuples():
            days = {"start": row.period_end, "end": row.period_end, **about}
            few = "suppressed" if row.board_members < self.rule.minimum_people else "ok"
            yield self.finding(
                "wres_9", "Board", "percent", few, row.board_percent, row.board_lower, row.board_upper, **days
            )
            yield self.finding("wres_9", "Workforce", "percent", "ok", row.workforce_percent, **days)
            yield self.finding(
                "wres_9", "Board minus workforce", "percentage points", few, row.difference, **days
            )
        for row in share_by_band(self.figures, self.trust.code).itertuples():
            few = "suppressed" if row.people < self.rule.minimum_people else "ok"
            band = row.indicator.removeprefix("wres_1_").replace("_", " ").replace("non clinical", "non-clinical")
            yield self.finding(
                "wres_1", band.capitalize(), "percent", few, row.ethnic_minority_percent, row.lower, row.upper,
                start=row.period_end, end=row.period_end, people=row.people, **about,
            )  # fmt: skip

    def survey(self) -> Iterator[Row]:
        for question in QUESTIONS:
            found = self.material.answers.get((self.trust.code, question.id))
            if found is None:
                status = self._why_missing(question.id)
                yield self.finding(question.id, "All staff", "percent", status, None)
            else:
                yield self.finding(
                    question.id, "All staff", "percent", "ok", found.percent, found.lower, found.upper,
                    people=found.base,
                )  # fmt: skip

    def ethnic_groups(self) -> Iterator[Row]:
        table = respondents_and_catchment(self.figures, self.trust.code, threshold=self.rule.minimum_responses)
        for row in table.itertuples():
            yield self.finding(
                "staff_survey_q28", row.group, "percent", row.respondents_status, row.respondents_percent,
                row.respondents_lower, row.respondents_upper,
            )  # fmt: skip
        for row in table.itertuples():
            yield self.finding(
                "catchment_ethnicity", row.group, "percent", row.catchment_status, row.catchment_percent
            )

    def staff_groups(self) -> Iterator[Row]:
        rows = self.figures[self.figures["indicator"] == "workforce_headcount"]
        if rows.empty:
            return
        rows = rows[rows["period_end"] == rows["period_end"].max()]
        england = self.material.england_staff
        together = pd.concat([rows, england[england["period_end"] == rows["period_end"].iloc[0]]])
        table = headcount_by_group(together, self.trust.code, threshold=self.rule.minimum_people)
        for row in table.itertuples():
            yield self.finding(
                "workforce_headcount", row.group, "people", row.status, row.people, people=row.people
            )
        if (table["status"] != "ok").any():
            return  # a hidden group is what the others leave of the total, or nearly so
        total = float(rows[(rows["group"] == "Total") & (rows["status"] == "ok")]["value"].sum())
        if total >= self.rule.minimum_people:
            yield self.finding("workforce_headcount", "Total", "people", "ok", total, people=total)

    def waits(self) -> Iterator[Row]:
        for measure in MEASURES:
            found = self.material.waits.get((self.trust.code, measure.id))
            if found is None:
                yield self.finding(measure.id, "All patients", "percent", self._why_missing(measure.id), None)
                continue
            start, end, count, people = found
            yield self.finding(
                measure.id, "All patients", "percent", "ok", 100 * count / people if people else None,
                all_trusts=self.material.months[measure.id].get(start), people=people, start=start, end=end,
            )  # fmt: skip

    def maternity(self) -> Iterator[Row]:
        id = "maternity_deliveries_by_ethnicity"
        if (self.trust.code, id) not in self.material.latest:
            return
        for row in deliveries_by_ethnicity(self.figures, self.trust.code).itertuples():
            yield self.finding(id, row.group, "count", row.status, row.deliveries)
            yield self.finding(id, row.group, "percent", row.status, row.percent)
        share = most_deprived_share(self.figures, self.trust.code)
        if not math.isnan(share):
            yield self.finding(
                "maternity_deliveries_by_deprivation", "Most deprived fifth", "percent", "ok", share
            )

    def _why_missing(self, indicator: str) -> str:
        latest = self.material.latest.get((self.trust.code, indicator))
        return "not_available" if latest is None else str(latest["status"]).replace("ok", "not_available")

    # -- published figures ----------------------------------------------------------------------

    def published(self) -> Iterator[Row]:
        if self.rule == Rule():
            rows = self.material.published.get(self.trust.code, self.figures.iloc[:0])
        else:
            rows = _hidden_as_published(self.figures, self.rule)
        for row in rows.itertuples():
            people = row.value if row.unit == "people" else row.denominator
            yield self.row(
                PUBLISHED, row.indicator, row.group, row.period_start, row.period_end, row.unit, row.status,
                None if pd.isna(row.value) else float(row.value), people=people, source=row.source,
                organisation=row.organisation_code, locator=row.locator,
            )  # fmt: skip


def _hidden_as_published(figures: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Choose the figures that are given as published, in order, and hide what rests on too few."""
    rows = figures[figures["indicator"].isin(_AS_PUBLISHED) & (figures["trust_code"] != ENGLAND_CODE)]
    few = rests_on_too_few(rows, rule) & (rows["status"] == "ok")
    few |= (rows["unit"] == "count") & rows["value"].lt(_FEWEST_EVENTS).fillna(False)
    # What is added up in a finding must not be had by taking one organisation, or one group, away.
    family = [rows["trust_code"], rows["indicator"], rows["period_end"]]
    whole = few.groupby(family).transform("any") & rows["indicator"].str.startswith("wres_")
    status = rows["status"].mask(few | (whole & (rows["status"] == "ok")), "suppressed")
    order = {id: place for place, id in enumerate(_AS_PUBLISHED)}
    rows = rows.assign(status=status, place=rows["indicator"].map(order))
    return rows.sort_values(["place", "period_end", "organisation_code", "group"])


def rows_of(material: Material, trust: Trust, *, rule: Rule | None = None) -> list[Row]:
    """Give the findings and the published figures of one trust.

    Parameters
    ----------
    material : Material
    trust : Trust
    rule : Rule, optional
        The trust's thresholds; the defaults without it.

    Returns
    -------
    list of dict
        Ready text by :data:`race_equality.downloads.codebook.COLUMNS`, findings first.
    """
    rows = _Rows(material, trust, rule or Rule())
    return [*rows.findings(), *rows.published()]


def findings_of_all(
    material: Material,
    trusts: Iterable[Trust],
    *,
    rules: Mapping[str, Rule],
    known: Mapping[str, list[Row]] | None = None,
) -> list[Row]:
    """Give the findings of all trusts, from public figures alone.

    Parameters
    ----------
    material : Material
        Of all figures: the demonstration trust and every trust's own return are left out here.
    trusts : iterable of Trust
        Those in the table; the demonstration trust is left out.
    rules : mapping of str to Rule
        Thresholds of the trusts that have raised them.
    known : mapping of str to list of dict, optional
        Findings of a trust that were made already, from public figures alone.

    Returns
    -------
    list of dict
        As from :func:`rows_of`.
    """
    public = material.public()
    known = known or {}
    found: list[Row] = []
    for trust in trusts:
        if not trust.is_demonstration:
            rows = known.get(trust.code) or _Rows(public, trust, rules.get(trust.code, Rule())).findings()
            found.extend(rows)
    return found


def _family(measure: str) -> str:
    return measure if measure in BY_ID else measure.rsplit("_", 1)[0]


def _day(value: object) -> str:
    return "[x]" if value is None or pd.isna(value) else f"{value:%Y-%m-%d}"



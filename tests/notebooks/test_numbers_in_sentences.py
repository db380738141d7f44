"""Every number in a sentence of a report is a finding, or a published figure, of what the sentence is about."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Collection
from functools import cache

import nbformat
import numpy as np
import pandas as pd
from scipy import optimize, stats

from race_equality.analysis.findings import findings
from race_equality.analysis.linked_gaps import links
from race_equality.analysis.missing_ethnicity import gaps_with_unknown
from race_equality.analysis.patient_gaps import patients_by_breakdown
from race_equality.analysis.patients_return import patients_by_group, patients_summary
from race_equality.analysis.peers import peers_of
from race_equality.analysis.survey import yearly_change
from race_equality.analysis.wres_return import relative_likelihoods, without_international_recruits
from race_equality.definitions.ethnicity import EIGHTEEN_GROUPS
from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import read_rules
from race_equality.params import read_params
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trust_list, read_trusts, resolve_trust, system_codes

#: Cell to the beginnings of what it may speak of. A number must be of one of these, not of anything.
ABOUT = {
    "experience-sentences": ["wres_5", "wres_6", "wres_7", "wres_8"],
    "experience-reading": ["wres_5", "wres_6", "wres_7", "wres_8"],
    "funnel": ["wres_8"],
    "return-table": ["wres_2", "wres_3", "wres_4", "wres_national_"],
    "board-seats": ["wres_9", "wres_1"],
    "grounds": ["staff_survey_q16c_1"],
    "change": ["staff_survey_panel_q16b", "staff_survey_q16b"],
    "who-answered": ["staff_survey_q16b", "workforce_headcount", "workforce_fte"],
    "workforce-years": ["workforce_march_headcount"],
    "populations": ["staff_survey_q28", "catchment_"],
    "patients-return": ["patients_"],
    "maternity-sentences": ["maternity_deliveries"],
    "detentions": ["mha_detentions"],
    "deeds-boards-asked": ["board_survey_"],
    "patient-groups": ["waiting_over_", "talking_therapies_", "maternity_continuity_"],
    "peers": ["workforce_headcount", "staff_survey_q28"],
    "patient-missing": ["waiting_over_", "talking_therapies_", "maternity_continuity_"],
    "two-gaps": [
        "wres_8",
        "staff_survey_q16b",
        "waiting_over_18_",
        "talking_therapies_recovery",
        "maternity_continuity_",
    ],
    "board-page": [
        "waiting_over_",
        "talking_therapies_",
        "maternity_continuity_",
        "wres_",
        "staff_survey_q15",
        "staff_survey_q16",
        "staff_survey_panel_q16b",
        "rtt_",
        "ae_",
        "patients_",
        "mha_detentions",
        "workforce_headcount",
    ],
}
#: Cells whose prose holds no figure: how to begin, questions, methods.
ABOUT |= dict.fromkeys(
    "deeds deeds-questions deeds-moved-note access side-by-side side-by-side-note deeds-targets-note could-be-seen".split(),
    [],
)

#: Numbers that are names: of days and years, indicators, thresholds, confidence, populations, questions.
NAMES = re.compile(
    r"\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}"
    r"|(?:autumn|in) \d{4}|\bWRES \d(?: to \d)?(?: and \d)?|\b95%|\(95|\d+ weeks|100,000 people|less than 1 is better|\bQ\d+\w?|band \d\w?"
    r"|0\.80 (?:to|or over) 1\.25|over 99%|under 1%"  # the four-fifths rule, and the ends of probabilities
    r"|Data version \w+|12 months|Race 2\.0|https?://\S+|“[^”]*”|\b0\.80 (?:to|or over) 1\.25|\bover 99%|\bunder 1%"
)
NUMBER = re.compile(r"(?<![\w.])[+−-]?\d[\d,]*(?:\.\d+)?(?!\w)")


def prose(cell) -> str:
    """The sentences that a cell shows: Markdown, and the paragraphs and lists of the first page."""
    texts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        texts.append(data.get("text/markdown", ""))
        markup = data.get("text/html", "")
        if 'class="board-summary"' in markup:
            texts += re.findall(r"<(?:p|li)>(.*?)</(?:p|li)>", markup)
    return html.unescape(re.sub(r"<[^>]+>|(?<=\])\([^)]*\)", "", "\n".join(texts)))


@cache
def everything() -> tuple[pd.DataFrame, pd.DataFrame]:
    figures = publishable_figures(read_figures())
    listed = read_trust_list()
    return findings(figures, listed.trusts, rules=read_rules(), successions=listed.successions), figures


@cache
def by_place() -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """The findings, and the published figures, of each trust, system and England."""
    found, figures = everything()
    return dict(list(found.groupby("trust_code"))), dict(list(figures.groupby("trust_code")))


def figures_of(places: Collection[str]) -> pd.DataFrame:
    """The published figures of some places, whose numbers are then plain ones."""
    _, figures = by_place()
    rows = pd.concat([figures[place] for place in dict.fromkeys(places) if place in figures])
    return rows.astype(dict.fromkeys(("value", "numerator", "denominator"), "float64"))


def systems_of(code: str) -> tuple[str, ...]:
    system = resolve_trust(code).system
    return system_codes(system) if system else ()


@cache
def held(code: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The findings and the published figures of a trust, its systems and England."""
    found, _ = by_place()
    places = list(dict.fromkeys([code, "ENG", *systems_of(code)]))  # the invented trust has a system of its own code
    return pd.concat([found[place] for place in places if place in found]), figures_of(places)


def allowed(code: str, beginnings: Collection[str]) -> set[str]:
    """Every way in which a finding or figure of these indicators may be printed."""
    found, figures = held(code)
    own = found[found["measure"].str.startswith(tuple(beginnings))]
    rows = figures[figures["indicator"].str.startswith(tuple(beginnings))]
    values = [
        own.select_dtypes("float64").to_numpy().ravel(),
        rows[["value", "numerator", "denominator"]].to_numpy().ravel(),
        derived(code, beginnings, own, rows),
    ]
    every = np.abs(np.concatenate(values))
    texts = set()
    for value in np.unique(every[np.isfinite(every)]):
        texts |= {f"{value:,.{digits}f}" for digits in (0, 1, 2)}
        texts |= {f"{round(value, -2):,.0f}", f"{round(value, -3):,.0f}"}
    return texts


def derived(code: str, beginnings: Collection[str], own: pd.DataFrame, rows: pd.DataFrame) -> list[float]:
    """What a sentence works out from findings, worked out here by itself."""
    _, figures = everything()
    mine = by_place()[1].get(code, figures.iloc[:0])
    values = []
    white = own[(own["group"] == "White") & own["measure"].isin(["staff_survey_q28", "catchment_ethnicity"])]
    values += (100 - white["value"]).tolist()  # the share from ethnic minorities
    if "staff_survey_panel_q16b" in beginnings:
        values += of_years(code, rows[rows["indicator"] == "staff_survey_panel_q16b"])
    values += of_surveys(own[own["trust_code"] == code], rows[rows["trust_code"] == code])
    if "wres_2" in beginnings:
        without = without_international_recruits(mine, code, threshold=11)
        values += without[["ratio", "lower", "upper"]].to_numpy().ravel().tolist()
        values += outside_four_fifths(rows)
        every = pd.concat([without, relative_likelihoods(mine, code, threshold=11)])
        values += (100 * every["outside"].astype("float64")).tolist()
    seats = rows[rows["indicator"].str.startswith("wres_9_") & (rows["period_end"] == rows["period_end"].max())]
    for _, of_seats in seats.groupby("indicator"):
        people = of_seats.set_index("group")["value"]
        values.append(100 * people["Ethnic minority"] / people.sum())
    if "patients_" in beginnings:
        by_group = patients_by_group(mine, code, threshold=read_params(code).settings.minimum_responses.value)
        values += by_group[["gap", "gap_lower", "gap_upper"]].to_numpy().ravel().tolist()
        last = by_group[
            (by_group["breakdown"] == "ethnicity") & (by_group["period_end"] == by_group["period_end"].max())
        ]
        values.append(float(last["gap"].notna().sum()))  # how many comparisons with the White group there are
        values += patients_summary(by_group)[["slope", "slope_lower", "slope_upper"]].to_numpy().ravel().tolist()
    if "waiting_over_" in beginnings or "waiting_over_18_" in beginnings:
        values += of_patients(code)
    if "waiting_over_18_" in beginnings:
        values += of_links()
    if "mha_detentions" in beginnings:
        values += unrecorded_detentions(rows)
    births = rows[(rows["indicator"] == "maternity_deliveries_by_ethnicity") & (rows["trust_code"] == code)]
    births = births[births["period_end"] == births["period_end"].max()].set_index("group")["value"]
    if len(births):
        minority = births[births.index.isin(["Asian", "Black", "Mixed", "Other"])].groupby(level=0).sum().sum()
        all_known = minority + births[births.index == "White"].sum()
        values += [100 * minority / all_known, 100 * minority / births.sum()]
        values.append(100 * (minority + births.sum() - all_known) / births.sum())
    march = rows[(rows["indicator"] == "workforce_march_headcount") & (rows["trust_code"] == code)]
    values += march["value"].groupby(march["period_end"]).sum().tolist()
    if any(name.startswith("wres_national") or name == "wres_" for name in beginnings):
        values.append(16.5 - 28.6)  # board minus workforce, England, March 2024, as the WRES report prints both
    if "staff_survey_q15" in beginnings:  # the middle half of the other trusts of the kind
        others = of_all_staff()
        others = others[(others["kind"] == resolve_trust(code).kind) & (others["trust_code"] != code)]
        values += others.groupby("measure")["value"].quantile([0.25, 0.75]).tolist()
    return values


@cache
def kinds() -> pd.Series:
    return read_trusts().set_index("trust_code")["kind"]


@cache
def of_all_staff() -> pd.DataFrame:
    """What all staff of each trust answered to the questions of the survey, with the trust's kind."""
    found, _ = everything()
    rows = found[found["measure"].str.startswith("staff_survey_q1") & (found["group"] == "All staff")]
    return rows.assign(kind=rows["trust_code"].map(kinds()))


@cache
def of_links() -> list[float]:
    linked = links(everything()[1], read_trusts())
    return linked[["correlation", "lower", "upper", "trusts"]].to_numpy().ravel().tolist()


def of_years(code: str, panel: pd.DataFrame) -> list[float]:
    """What all staff answered year by year, of organisations that merged by their respondents, and how it changed."""
    if panel.empty:
        return []
    people = (panel["value"] * panel["denominator"]).groupby(panel["period_end"]).sum()
    change = yearly_change(everything()[1], code, resolve_trust(code).joined)
    values = (people / panel["denominator"].groupby(panel["period_end"]).sum()).tolist()
    values += [change.slope, change.lower, change.upper]
    if change.step is not None:
        values += [change.step.before, change.step.after]
    # a steady change that they could show: the interval's half, from 1.96 errors to what is seen in four of five
    return [*values, (change.upper - change.lower) / 2 / stats.norm.ppf(0.975) * Z]


def unrecorded_detentions(rows: pd.DataFrame) -> list[float]:
    """Ratios to the White group with all detentions of no known group in either, and their share of all."""
    values = []
    for _, place in rows.groupby("trust_code"):
        counts, rates = (
            place[place["indicator"] == name].set_index("group")["value"]
            for name in ("mha_detentions", "mha_detentions_rate")
        )
        five = [group for group in ("Asian", "Black", "Mixed", "Other", "White") if group in counts and group in rates]
        if "Unknown" not in counts or "White" not in five:
            continue
        unknown, white = counts["Unknown"], rates["White"]
        values.append(100 * unknown / (counts[five].sum() + unknown))
        values += (rates[five] / (white * (1 + unknown / counts["White"]))).tolist()
        values += (rates[five] * (1 + unknown / counts[five]) / white).tolist()
    return values


#: The beginnings of what is published of patients by ethnic group.
PATIENTS = ("waiting_over_", "talking_therapies_", "maternity_continuity_")
#: 1.96 and 0.84 standard errors: what is seen in four surveys of five.
Z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)


def of_surveys(own: pd.DataFrame, rows: pd.DataFrame) -> list[float]:
    """What the next survey or return could show of this trust, and how many answered, worked out here by itself."""
    values = []
    rows = rows[rows["status"] == "ok"]
    for _, one in rows[rows["indicator"].str.fullmatch("wres_[5-8]")].groupby("indicator"):
        sums = one.groupby("group")[["numerator", "denominator"]].sum()
        total = sums["denominator"] + 2
        share = (sums["numerator"] + 1) / total
        error = 100 * math.sqrt((share * (1 - share) / total).sum())
        values += [Z * math.sqrt(2) * error, Z * error / math.sqrt(2)]
    asked = rows[(rows["indicator"] == "staff_survey_q16b") & (rows["group"] == "All staff")]
    if len(asked):
        base = asked["denominator"].sum()
        share = ((asked["value"] / 100 * asked["denominator"]).sum() + 1) / (base + 2)
        values += [base, 100 * Z * math.sqrt(2 * share * (1 - share) / (base + 2))]
        total = rows[rows["group"] == "Total"].groupby(["indicator", "period_end"])["value"].sum()
        if "workforce_headcount" in total:
            staff = total["workforce_headcount"].iloc[0]  # of organisations that merged together
            answered, then = 100 * base / staff, math.nan
            if "workforce_fte_by_month" in total:
                month = asked["period_start"].max() + (asked["period_end"] - asked["period_start"]).max() / 2
                then = total["workforce_fte_by_month"].loc[f"{month:%Y-%m}"].sum() / total["workforce_fte"].iloc[0]
            values += [staff, answered, answered / then, 100 * (then - 1)]
    ratios = own[own["measure"].isin(["wres_2", "wres_3", "wres_4"])]
    times = np.exp(Z * math.sqrt(2) * np.log(ratios["upper"] / ratios["lower"]) / (2 * stats.norm.ppf(0.975)))
    return [*values, *(ratios["value"] / times), *(ratios["value"] * times)]


@cache
def of_patients(code: str) -> list[float]:
    """Add up groups of patients from the published cells: shares, gaps from White, and who is of no known group."""
    peers = peers_of(code)
    by_ethnicity = figures_of([code, "ENG", *systems_of(code), *peers])
    by_ethnicity = by_ethnicity[by_ethnicity["indicator"].str.endswith("_by_ethnicity")].dropna(subset="denominator")
    # how far unrecorded ethnicity could move each gap: held to every way of placing people in tests/statistics
    values = bounds_of_places().get(code, pd.DataFrame()).select_dtypes("float64").to_numpy().ravel().tolist()
    values += unrecorded(code)
    for indicator, of_measure in by_ethnicity.groupby("indicator"):
        last = of_measure.loc[of_measure["trust_code"] == code, "period_end"].max()
        if pd.isna(last) or not indicator.startswith(PATIENTS):
            continue
        of_measure = of_measure[of_measure["period_end"] == last]
        # waits are of the detailed groups, the others of broad ones as well
        detailed = indicator.startswith("waiting_")
        for places in ([code], ["ENG"], systems_of(code), peers):
            cells = counted_cells(of_measure[of_measure["trust_code"].isin(places)])
            cells = cells[cells["group"].isin(EIGHTEEN_GROUPS) == detailed]
            broad = cells["group"].map(EIGHTEEN_GROUPS) if detailed else cells["group"]
            known = cells.assign(broad=broad, minority=np.where(broad == "White", "White", "all"))
            known = known[~known["group"].str.startswith("Not ")]
            for by in ("broad", "minority"):
                sums = known.groupby(by)[["least", "count", "most", "denominator"]].sum()
                if "White" not in sums.index:
                    continue
                share = 100 * sums["count"] / sums["denominator"]
                values += [*share, *(share - share["White"])]
                if places == [code]:
                    # the gap of all ethnic minorities takes a hidden count as 4
                    values += newcombe(sums if by == "broad" else sums.assign(least=sums["count"], most=sums["count"]))
        if detailed:  # how much of the whole waiting list of the month that is
            months = by_place()[1][code].query("indicator == 'rtt_within_18_weeks'")
            month = months["period_end"].dt.to_period("M") == last.to_period("M")
            every = of_measure.loc[of_measure["trust_code"] == code, "denominator"].sum()
            values.append(100 * every / (float(months.loc[month, "denominator"].sum()) or math.nan))
    return values


def unrecorded(code: str) -> list[float]:
    """Per cent of the people of each measure whose ethnic group is not known, among the groups that are shown."""
    shown = shown_groups().get(code)
    if shown is None:
        return []
    cells = counted_cells(figures_of([code]))
    cells = cells[cells["indicator"].str.endswith("_by_ethnicity") & cells["indicator"].str.startswith(PATIENTS)]
    cells = cells[cells["period_end"] == cells.groupby("indicator")["period_end"].transform("max")]
    waits = cells["indicator"].str.startswith("waiting_")
    cells = cells[waits | ~cells["group"].isin(EIGHTEEN_GROUPS)]
    cells = cells.assign(
        measure=cells["indicator"].str.removesuffix("_by_ethnicity"), group=cells["group"].replace(EIGHTEEN_GROUPS)
    )
    people = cells.groupby(["measure", "group"])["denominator"].sum()
    people = people[people.index.isin(pd.MultiIndex.from_frame(shown[["measure", "group"]]))]
    # over 18 and over 52 weeks are of one list: what is hidden of the one may be shown of the other
    of_list = people.rename(lambda measure: "waits" if measure.startswith("waiting_") else measure, level="measure")
    return [
        100 * groups[groups.index.get_level_values("group").str.startswith("Not ")].sum() / groups.sum()
        for _, groups in of_list.groupby(level=[0, 1]).max().groupby(level=0)
    ]


def counted_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """What each published count is, and the least and the most that it can be: a hidden one is 1 to 7, taken as 4."""
    over_52 = cells["indicator"].str.startswith("waiting_over_52_")
    hidden = over_52 & (cells["status"] == "suppressed") & cells["numerator"].isna()
    count = cells["numerator"].mask(hidden, 4)
    # over 18 weeks the hidden count of those over 52 is in it
    away = 3 * (hidden | ((cells["status"] == "ok") & (cells["recording"] != ""))).astype("float64")
    return cells.assign(count=count, least=count - away, most=count + away).dropna(subset="count")


@cache
def bounds_of_places() -> dict[str, pd.DataFrame]:
    bounds = gaps_with_unknown(patients_by_breakdown(everything()[1], read_rules()))
    return dict(list(bounds.groupby("place")))


@cache
def shown_groups() -> dict[str, pd.DataFrame]:
    table = patients_by_breakdown(everything()[1], read_rules())
    return dict(list(table[(table["breakdown"] == "ethnicity") & (table["status"] == "ok")].groupby("place")))


@cache
def of_the_kind(kind: str) -> set[str]:
    """How many trusts of the kind have WRES 8, and their average: at the highest point of the restricted likelihood."""
    rows = experience().query("indicator == 'wres_8' and group == 'Ethnic minority'")
    rows = rows[rows["trust_code"].map(kinds()) == kind].groupby("trust_code")
    count, total = (rows[name].sum() for name in ("numerator", "denominator"))
    if count.empty:
        return {"0"}
    y, variance = np.arcsin(np.sqrt(count / total)), 1 / (4 * total)

    def loss(tau_squared: float) -> float:
        weight = 1 / (variance + tau_squared)
        mean = (weight * y).sum() / weight.sum()
        return float((weight * (y - mean) ** 2 - np.log(weight)).sum() + np.log(weight.sum()))

    weight = 1 / (variance + optimize.minimize_scalar(loss, bounds=(0, 0.1), method="bounded").x)
    average = 100 * math.sin((weight * y).sum() / weight.sum()) ** 2
    return {f"{len(count)}", f"{average:.1f}", "95", "99.8"}


@cache
def experience() -> pd.DataFrame:
    """The counts of WRES 5 to 8 of every trust."""
    _, figures = everything()
    rows = figures[figures["indicator"].str.fullmatch("wres_[5-8]") & (figures["status"] == "ok")]
    rows = rows[rows["trust_code"].isin(kinds().index)]
    return rows.astype(dict.fromkeys(("numerator", "denominator"), "float64"))


def alike_and_plain(code: str) -> set[str]:
    """Gaps of England, the region and similar trusts, of the trust's kind and of every kind, added up; and how many gaps."""
    trusts, rows = read_trusts(), experience()
    trust = resolve_trust(code)
    kind = set(trusts.loc[trusts["kind"] == trust.kind, "trust_code"])
    region = set(trusts.loc[trusts["region"] == trust.region, "trust_code"])
    known = {f"{rows.groupby(['trust_code', 'indicator']).ngroups}", "99.8", "95"}
    for places in (set(trusts["trust_code"]), region, set(peers_of(code))):
        for among in (places, places & kind):
            sums = (
                rows[rows["trust_code"].isin(among)].groupby(["indicator", "group"])[["numerator", "denominator"]].sum()
            )
            share = (100 * sums["numerator"] / sums["denominator"]).unstack()
            if len(share):
                known |= {f"{abs(gap):.1f}" for gap in share["Ethnic minority"] - share["White"]}
    return known


def near_trusts(text: str) -> set[str]:
    """How many similar trusts are named, and from what to what their staff and their respondents go."""
    codes = re.findall(r"\(([A-Z0-9]{3,5})\)", text)
    rows = figures_of(codes)
    rows = rows[rows["status"] == "ok"]
    staff = rows[(rows["indicator"] == "workforce_headcount") & (rows["group"] == "Total")]
    staff = staff.groupby("trust_code")["value"].sum()
    asked = rows[rows["indicator"] == "staff_survey_q28"]
    asked = asked.assign(minority=asked["numerator"].where(asked["group"].map(EIGHTEEN_GROUPS) != "White", 0))
    asked = asked.groupby("trust_code")[["minority", "numerator"]].sum()
    share = 100 * asked["minority"] / asked["numerator"]
    return {
        f"{len(codes)}",
        *(f"{round(people, -2):,.0f}" for people in (staff.min(), staff.max())),
        *(f"{part:.0f}" for part in (share.min(), share.max())),
    }


def newcombe(sums: pd.DataFrame) -> list[float]:
    """Newcombe's interval of each group's share less that of White patients, from Wilson's (1998, method 10).

    Its lower end is of the least that the group's count can be and the most that White patients' can, and so on.
    """
    z = 1.959964
    base = sums["denominator"]

    def wilson(share: pd.Series, sign: int) -> pd.Series:
        middle, half = share + z**2 / (2 * base), z * np.sqrt(share * (1 - share) / base + z**2 / (4 * base**2))
        return (middle + sign * half) / (1 + z**2 / base)

    few, many = (sums[name].clip(upper=base) / base for name in ("least", "most"))
    down, up = few - wilson(few, -1), wilson(many, 1) - many
    least = few - many["White"] - np.hypot(down, up["White"])
    most = many - few["White"] + np.hypot(up, down["White"])
    could_show = (most - least) / 2 / z * Z * math.sqrt(2)  # by the next figures of as many patients
    return [*(100 * least), *(100 * most), *(100 * could_show)]


def outside_four_fifths(rows: pd.DataFrame) -> list[float]:
    """Per cent of the probability that a ratio lies outside 0.80 to 1.25: Beta(½, ½) priors, quantile by quantile."""
    found = []
    levels = (np.arange(20_000) + 0.5) / 20_000
    for _, year in rows[rows["indicator"].str.fullmatch(r"wres_(?:2|2_excluding_international|3|4)")].groupby(
        ["indicator", "period_end"]
    ):
        people = year.set_index("group")[["numerator", "denominator"]]
        first, second = (
            stats.beta(people.loc[group, "numerator"] + 0.5, people.loc[group].diff().iloc[-1] + 0.5)
            for group in ("White", "Ethnic minority")
        )
        share = second.ppf(levels)
        found.append(100 * float(np.mean(first.cdf(0.8 * share) + first.sf(1.25 * share))))
    return found


#: What a cell says besides: of its own words or of other trusts.
BESIDES: dict[str, Callable[[str, str], set[str]]] = {
    "experience-sentences": lambda code, _: of_the_kind(resolve_trust(code).kind) | chances(code),
    "experience-reading": lambda code, _: alike_and_plain(code),
    "funnel": lambda code, _: of_the_kind(resolve_trust(code).kind),
    "board-page": lambda _, text: counted(text),
}


def strangers(code: str, cell: str, text: str) -> tuple[list[str], int]:
    """The numbers of a cell's sentences that are none of what it speaks of, and how many numbers there are."""
    numbers = NUMBER.findall(NAMES.sub(" ", text))
    if not numbers:
        return [], 0
    if cell == "peers":
        known = near_trusts(text)
    else:
        known = allowed(code, ABOUT[cell]) if ABOUT[cell] else set()
        known |= BESIDES[cell](code, text) if cell in BESIDES else set()
    return [number for number in numbers if number.lstrip("+−-").rstrip(",") not in known], len(numbers)


def test_every_number_in_a_sentence_is_a_finding_of_what_it_speaks_of(report):
    code = report.stem.removeprefix("board_report_")
    texts = {
        cell.id: text
        for cell in nbformat.read(report, as_version=4).cells
        if cell.cell_type == "code" and (text := prose(cell)).strip()
    }
    assert set(texts) <= set(ABOUT)
    read = {cell: strangers(code, cell, text) for cell, text in texts.items()}
    assert {cell: found for cell, (found, _) in read.items() if found} == {}
    assert sum(many for _, many in read.values()) or "No figure of this trust" in texts["side-by-side"]


def chances(code: str) -> set[str]:
    """The probabilities that all trusts together give of the trust's gaps."""
    own = by_place()[0].get(code, everything()[0].iloc[:0])
    own = own[own["measure"].str.startswith("wres_")]
    return {f"{100 * chance:.0f}" for chance in own["probability_adverse"].dropna()}


def counted(text: str) -> set[str]:
    """The counts of what was due, done and late, which test_deeds and test_board_page hold to the actions."""
    return set(re.findall(r"^(\d+) (?:due so far|done|late)", text, flags=re.MULTILINE))


def test_a_number_that_is_no_finding_would_be_found():
    assert "61.7" not in allowed("R1H", ["wres_8"])
    assert "16.3" in allowed("R1H", ["wres_8"])  # ethnic minority staff, WRES 8, row 48 of the published file

"""Every number in a sentence of a golden report is a finding, or a published figure, of what the sentence is about."""

from __future__ import annotations

import html
import math
import re
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
#: Cells whose prose holds no figure: how to begin, questions, peers (counts of trusts), methods.
NO_FIGURES = {"deeds", "deeds-questions", "deeds-moved-note", "access", "side-by-side-note", "peers"} | {
    "deeds-targets-note",
    "could-be-seen",
}

#: Numbers that are names: of days and years, indicators, thresholds, confidence, populations, questions.
NAMES = re.compile(
    r"\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}"
    r"|(?:autumn|in) \d{4}|\bWRES \d(?: to \d)?(?: and \d)?|\b95%|\(95|\d+ weeks|100,000 people|\bQ\d+\w?|band \d\w?"
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
    return html.unescape(re.sub(r"<[^>]+>", "", "\n".join(texts)))


@cache
def everything() -> tuple[pd.DataFrame, pd.DataFrame]:
    figures = publishable_figures(read_figures())
    listed = read_trust_list()
    return findings(figures, listed.trusts, rules=read_rules(), successions=listed.successions), figures


def allowed(code: str, beginnings: list[str]) -> set[str]:
    """Every way in which a finding or figure of these indicators may be printed."""
    found, figures = everything()
    trust = resolve_trust(code)
    systems = system_codes(trust.system) if trust.system else ()
    places = [code, "ENG", *systems]
    own = found[found["trust_code"].isin(places) & found["measure"].str.startswith(tuple(beginnings))]
    values = own.select_dtypes("float64").to_numpy().ravel().tolist()
    rows = figures[figures["trust_code"].isin(places) & figures["indicator"].str.startswith(tuple(beginnings))]
    for name in ("value", "numerator", "denominator"):
        values += rows[name].dropna().astype("float64").tolist()
    values += derived(code, beginnings, own, rows)
    texts = set()
    for value in values:
        if not math.isfinite(value):
            continue
        texts |= {f"{abs(value):,.{digits}f}" for digits in (0, 1, 2)}
        texts |= {f"{abs(round(value, -2)):,.0f}", f"{abs(round(value, -3)):,.0f}"}
    return texts


def derived(code: str, beginnings: list[str], own: pd.DataFrame, rows: pd.DataFrame) -> list[float]:
    """What a sentence works out from findings, worked out here by itself."""
    found, figures = everything()
    trust = resolve_trust(code)
    values = []
    white = own[(own["group"] == "White") & own["measure"].isin(["staff_survey_q28", "catchment_ethnicity"])]
    values += (100 - white["value"]).tolist()  # the share from ethnic minorities
    panel = rows[rows["indicator"] == "staff_survey_panel_q16b"]
    if len(panel):
        people = (panel["value"] * panel["denominator"]).astype("float64").groupby(panel["period_end"]).sum()
        base = panel["denominator"].astype("float64").groupby(panel["period_end"]).sum()
        values += (people / base).tolist()  # organisations that merged, by their respondents
        change = yearly_change(figures, code, trust.joined)
        values += [change.slope, change.lower, change.upper]
        if change.step is not None:
            values += [change.step.before, change.step.after]
        # a steady change that they could show: the interval's half, from 1.96 errors to what is seen in four of five
        values.append((change.upper - change.lower) / 2 / stats.norm.ppf(0.975) * Z)
    values += of_surveys(own[own["trust_code"] == code], rows[rows["trust_code"] == code])
    if "wres_2" in beginnings:
        without = without_international_recruits(figures, code, threshold=11)
        values += without[["ratio", "lower", "upper"]].to_numpy().ravel().tolist()
        values += outside_four_fifths(rows)
        every = pd.concat([without, relative_likelihoods(figures, code, threshold=11)])
        values += (100 * every["outside"].astype("float64")).tolist()
    seats = rows[rows["indicator"].str.startswith("wres_9_") & (rows["period_end"] == rows["period_end"].max())]
    for _, of_seats in seats.groupby("indicator"):
        people = of_seats.set_index("group")["value"].astype("float64")
        values.append(100 * people["Ethnic minority"] / people.sum())
    if "patients_" in beginnings:
        by_group = patients_by_group(figures, code, threshold=read_params(code).settings.minimum_responses.value)
        values += by_group[["gap", "gap_lower", "gap_upper"]].to_numpy().ravel().tolist()
        last = by_group[
            (by_group["breakdown"] == "ethnicity") & (by_group["period_end"] == by_group["period_end"].max())
        ]
        values.append(float(last["gap"].notna().sum()))  # how many comparisons with the White group there are
        values += patients_summary(by_group)[["slope", "slope_lower", "slope_upper"]].to_numpy().ravel().tolist()
    if "waiting_over_" in beginnings or "waiting_over_18_" in beginnings:
        values += of_patients(code, rows)
        here = patients_by_breakdown(figures, read_rules())
        # held to every way of placing people in tests/statistics
        bounds = gaps_with_unknown(here[here["place"] == code])
        values += bounds.select_dtypes("float64").to_numpy().ravel().tolist()
    if "waiting_over_18_" in beginnings:
        values += links(figures, read_trusts())[["correlation", "lower", "upper", "trusts"]].to_numpy().ravel().tolist()
    if "mha_detentions" in beginnings:
        values += unrecorded_detentions(rows)
    births = rows[(rows["indicator"] == "maternity_deliveries_by_ethnicity") & (rows["trust_code"] == code)]
    births = births[births["period_end"] == births["period_end"].max()].set_index("group")["value"].astype("float64")
    if len(births):
        minority = births[births.index.isin(["Asian", "Black", "Mixed", "Other"])].groupby(level=0).sum().sum()
        all_known = minority + births[births.index == "White"].sum()
        values += [100 * minority / all_known, 100 * minority / births.sum()]
        values.append(100 * (minority + births.sum() - all_known) / births.sum())
    march = rows[(rows["indicator"] == "workforce_march_headcount") & (rows["trust_code"] == code)]
    values += march["value"].astype("float64").groupby(march["period_end"]).sum().tolist()
    if any(name.startswith("wres_national") or name == "wres_" for name in beginnings):
        values.append(16.5 - 28.6)  # board minus workforce, England, March 2024, as the WRES report prints both
    kind = resolve_trust(code).kind
    kinds = read_trusts().set_index("trust_code")["kind"]
    if "staff_survey_q15" in beginnings:  # the middle half of the other trusts of the kind
        others = found[
            found["measure"].str.startswith("staff_survey_q1")
            & (found["group"] == "All staff")
            & (found["trust_code"].map(kinds) == kind)
            & (found["trust_code"] != code)
        ]
        values += others.groupby("measure")["value"].quantile([0.25, 0.75]).tolist()
    return values


def unrecorded_detentions(rows: pd.DataFrame) -> list[float]:
    """Ratios to the White group with all detentions of no known group in either, and their share of all."""
    values = []
    for _, place in rows.groupby("trust_code"):
        counts, rates = (
            place[place["indicator"] == name].set_index("group")["value"].astype("float64")
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


#: 1.96 and 0.84 standard errors: what is seen in four surveys of five.
Z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)


def of_surveys(own: pd.DataFrame, rows: pd.DataFrame) -> list[float]:
    """What the next survey or return could show of this trust, and how many answered, worked out here by itself."""
    values = []
    rows = rows[rows["status"] == "ok"].assign(
        **{n: rows[n].astype("float64") for n in ("value", "numerator", "denominator")}
    )
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
            answered, then = 100 * base / total["workforce_headcount"].iloc[0], math.nan
            if "workforce_fte_by_month" in total:
                then = total["workforce_fte_by_month"]["2024-10-31"] / total["workforce_fte"].iloc[0]
            values += [answered, answered / then, 100 * (then - 1)]
    ratios = own[own["measure"].isin(["wres_2", "wres_3", "wres_4"])]
    times = np.exp(Z * math.sqrt(2) * np.log(ratios["upper"] / ratios["lower"]) / (2 * stats.norm.ppf(0.975)))
    return [*values, *(ratios["value"] / times), *(ratios["value"] * times)]


def of_patients(code: str, rows: pd.DataFrame) -> list[float]:
    """Add up groups of patients from the published cells: shares, gaps from White, and who is of no known group."""
    _, figures = everything()
    trust = resolve_trust(code)
    systems = system_codes(trust.system) if trust.system else ()
    peers = peers_of(code)
    held = figures[figures["indicator"].isin(rows.loc[rows["trust_code"] == code, "indicator"].unique())]
    held = held[held["indicator"].str.endswith("_by_ethnicity") & held["numerator"].notna()]
    values = []
    for indicator, of_measure in held.groupby("indicator"):
        last = of_measure.loc[of_measure["trust_code"] == code, "period_end"].max()
        if pd.isna(last):
            continue
        for place in ([code], ["ENG"], list(systems), peers):
            cells = of_measure[of_measure["trust_code"].isin(place) & (of_measure["period_end"] == last)]
            # waits are of the detailed groups, the others of broad ones as well
            detailed = indicator.startswith("waiting_")
            cells = cells[cells["group"].isin(EIGHTEEN_GROUPS) == detailed]
            broad = cells["group"].map(EIGHTEEN_GROUPS) if detailed else cells["group"]
            known = cells.assign(broad=broad, minority=np.where(broad == "White", "White", "all"))
            known = known[~known["group"].str.startswith("Not ")]
            for by in ("broad", "minority"):
                sums = known.groupby(by)[["numerator", "denominator"]].sum().astype("float64")
                if "White" not in sums.index:
                    continue
                share = 100 * sums["numerator"] / sums["denominator"]
                values += [*share, *(share - share["White"])]
                values += newcombe(sums)
        here = of_measure[(of_measure["trust_code"] == code) & (of_measure["period_end"] == last)]
        people = here["denominator"].astype("float64")
        unknown = here["group"].str.startswith("Not ")
        every = people[here["group"].isin(EIGHTEEN_GROUPS) == indicator.startswith("waiting_")].sum()
        every = every + people[unknown].sum() if indicator.startswith("waiting_") else every
        values.append(100 * people[unknown].sum() / every if every else math.nan)
        months = figures[(figures["indicator"] == "rtt_within_18_weeks") & (figures["trust_code"] == code)]
        list_of_month = months.loc[months["period_end"].dt.to_period("M") == last.to_period("M"), "denominator"].sum()
        values.append(100 * every / float(list_of_month) if list_of_month else math.nan)
    return values


def of_the_kind(code: str) -> set[str]:
    """How many trusts of the kind have WRES 8, and their average: at the highest point of the restricted likelihood."""
    _, figures = everything()
    kinds = read_trusts().set_index("trust_code")["kind"]
    rows = figures[
        (figures["indicator"] == "wres_8") & (figures["group"] == "Ethnic minority") & (figures["status"] == "ok")
    ]
    rows = rows[rows["trust_code"].map(kinds) == resolve_trust(code).kind].groupby("trust_code")
    count, total = (rows[name].sum().astype("float64") for name in ("numerator", "denominator"))
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


def alike_and_plain(code: str) -> set[str]:
    """Gaps of England, the region and similar trusts, of the trust's kind and of every kind, added up; and how many gaps."""
    _, figures = everything()
    trusts = read_trusts()
    trust = resolve_trust(code)
    rows = figures[figures["indicator"].isin([f"wres_{n}" for n in (5, 6, 7, 8)]) & (figures["status"] == "ok")]
    rows = rows[rows["trust_code"].isin(trusts["trust_code"])]
    kind = set(trusts.loc[trusts["kind"] == trust.kind, "trust_code"])
    region = set(trusts.loc[trusts["region"] == trust.region, "trust_code"])
    known = {f"{rows.groupby(['trust_code', 'indicator']).ngroups}", "99.8", "95"}
    for places in (set(trusts["trust_code"]), region, set(peers_of(code))):
        for among in (places, places & kind):
            sums = (
                rows[rows["trust_code"].isin(among)].groupby(["indicator", "group"])[["numerator", "denominator"]].sum()
            )
            share = (100 * sums["numerator"] / sums["denominator"]).astype("float64").unstack()
            if len(share):
                known |= {f"{abs(gap):.1f}" for gap in share["Ethnic minority"] - share["White"]}
    return known


def newcombe(sums: pd.DataFrame) -> list[float]:
    """Newcombe's interval of each group's share less that of White patients, from Wilson's (1998, method 10)."""
    z = 1.959964
    share, base = sums["numerator"] / sums["denominator"], sums["denominator"]
    middle, half = share + z**2 / (2 * base), z * np.sqrt(share * (1 - share) / base + z**2 / (4 * base**2))
    lower, upper = ((middle + sign * half) / (1 + z**2 / base) for sign in (-1, 1))
    gap = share - share["White"]
    least = gap - np.hypot(share - lower, upper["White"] - share["White"])
    most = gap + np.hypot(upper - share, share["White"] - lower["White"])
    could_show = (most - least) / 2 / z * Z * math.sqrt(2)  # by the next figures of as many patients
    return [*(100 * least), *(100 * most), *(100 * could_show)]


def outside_four_fifths(rows: pd.DataFrame) -> list[float]:
    """Per cent of the probability that a ratio lies outside 0.80 to 1.25: Beta(½, ½) priors, quantile by quantile."""
    found = []
    levels = (np.arange(20_000) + 0.5) / 20_000
    for _, year in rows[rows["indicator"].str.fullmatch(r"wres_(?:2|2_excluding_international|3|4)")].groupby(
        ["indicator", "period_end"]
    ):
        people = year.set_index("group")[["numerator", "denominator"]].astype("float64")
        first, second = (
            stats.beta(people.loc[group, "numerator"] + 0.5, people.loc[group].diff().iloc[-1] + 0.5)
            for group in ("White", "Ethnic minority")
        )
        share = second.ppf(levels)
        found.append(100 * float(np.mean(first.cdf(0.8 * share) + first.sf(1.25 * share))))
    return found


def test_every_number_in_a_sentence_is_a_finding_of_what_it_speaks_of(report):
    code = report.stem.removeprefix("board_report_")
    cells = nbformat.read(report, as_version=4).cells
    speaking = {cell.id for cell in cells if cell.cell_type == "code" and prose(cell).strip()}
    assert speaking <= set(ABOUT) | NO_FIGURES, speaking - set(ABOUT) - NO_FIGURES
    strangers, seen = [], 0
    for cell in cells:
        if cell.cell_type != "code" or cell.id not in ABOUT:
            continue
        known = allowed(code, ABOUT[cell.id])
        if cell.id == "experience-sentences":
            known |= of_the_kind(code)  # how many trusts of the kind have published figures
            own = everything()[0].query("trust_code == @code and measure.str.startswith('wres_')")
            known |= {f"{100 * chance:.0f}" for chance in own["probability_adverse"].dropna()}
        if cell.id == "experience-reading":
            known |= alike_and_plain(code)
        if cell.id == "funnel":
            known |= of_the_kind(code)
        if cell.id == "board-page":
            known |= counted(prose(cell))
        for number in NUMBER.findall(NAMES.sub(" ", prose(cell))):
            seen += 1
            if number.lstrip("+−-").rstrip(",") not in known:
                strangers.append((cell.id, number))
    assert not strangers
    assert seen


def counted(text: str) -> set[str]:
    """The counts of what was due, done and late, which test_deeds and test_board_page hold to the actions."""
    return set(re.findall(r"^(\d+) (?:due so far|done|late)", text, flags=re.MULTILINE))


def test_a_number_that_is_no_finding_would_be_found():
    assert "61.7" not in allowed("R1H", ["wres_8"])
    assert "16.3" in allowed("R1H", ["wres_8"])  # ethnic minority staff, WRES 8, row 48 of the published file

"""The link between the gap among staff and the gap among patients, in words: association, never cause."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from race_equality.analysis.linked_gaps import ALL_KINDS, ALL_STAFF, FEWEST, PATIENT_GAPS, STAFF_GAP
from race_equality.analysis.rows_of_trusts import is_one_of
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.ethnicity import ETHNIC_MINORITY
from race_equality.definitions.indicators import BY_ID, HOW_TO_LOAD, Indicator
from race_equality.report.words import correlation, interval, listing, lower_first, number_word, percent, period, points
from race_equality.store.rows import rows_of
from race_equality.store.trust import Trust

#: Why a link could not be estimated, for a reader.
REASONS = {
    "too few units": "fewer than ten trusts, beyond what is adjusted for, have both figures",
    "no variation in x": "the figures of staff differ between trusts no more than chance alone would make them differ",
    "no variation in y": "the gaps among patients differ between trusts no more than chance alone would make them differ",
    "any correlation fits": "the trusts have so few people in them that any link, or none, would fit",
}
#: How a group of patients is called.
GROUP_NAMES = {ETHNIC_MINORITY: "All ethnic minorities"}

_SIDES = {"higher": "more", "lower": "fewer"}


def group_name(group: str) -> str:
    """Return how a group of patients is called in a table.

    Examples
    --------
    >>> group_name("Ethnic minority"), group_name("Asian")
    ('All ethnic minorities', 'Asian')
    """
    return GROUP_NAMES.get(group, group)


def patients_axis(indicator: Indicator) -> str:
    """Return the title of the axis of a gap among patients: what is counted, and which way is worse.

    Parameters
    ----------
    indicator : Indicator
        One of :data:`race_equality.analysis.linked_gaps.PATIENT_GAPS`.

    Examples
    --------
    >>> patients_axis(PATIENT_GAPS[0])
    'Patients: waiting over 18 weeks for treatment, ethnic minority minus White, points'
    >>> patients_axis(PATIENT_GAPS[1])
    'Patients: recovery in talking therapies, White minus ethnic minority, points'
    """
    return f"Patients: {lower_first(indicator.name)}, {_minus(indicator)}, points"


def staff_axis() -> str:
    """Return the title of the axis of the gap among staff."""
    return f"Staff: {lower_first(STAFF_GAP.in_few_words)}, {_minus(STAFF_GAP)}, points"


def _minus(indicator: Indicator) -> str:
    first, second = "ethnic minority", "White"
    return f"{second} minus {first}" if indicator.adverse_when == "lower" else f"{first} minus {second}"


def both_gaps(gaps: pd.DataFrame, trusts: pd.DataFrame, patients: str) -> pd.DataFrame:
    """Return the trusts that have the gap among staff and one gap among patients, a row each.

    Parameters
    ----------
    gaps : pandas.DataFrame
        From :func:`race_equality.analysis.linked_gaps.gaps_of_staff_and_patients`.
    trusts : pandas.DataFrame
        From :func:`race_equality.store.trusts.read_trusts`.
    patients : str
        The id of the gap among patients.

    Returns
    -------
    pandas.DataFrame
        ``trust_code``, ``trust_name``, ``region``, and for each of ``staff`` and ``patients`` the gap, ``_lower`` and
        ``_upper`` in points, of all ethnic minorities.
    """
    wanted = is_one_of(gaps["indicator"], {STAFF_GAP.id, patients}) & (gaps["group"] == ETHNIC_MINORITY).to_numpy()
    of_side: dict[str, dict[str, tuple[float, float, float]]] = {STAFF_GAP.id: {}, patients: {}}
    for row in rows_of(gaps.loc[wanted, ["indicator", "trust_code", "gap", "lower", "upper"]]):
        of_side[row.indicator][row.trust_code] = row.gap, row.lower, row.upper
    about = {row.trust_code: (row.trust_name, row.region) for row in rows_of(trusts)}
    of_patients = of_side[patients]
    return pd.DataFrame(
        [
            (code, *gap, *of_patients[code], *about.get(code, (None, None)))
            for code, gap in of_side[STAFF_GAP.id].items()
            if code in of_patients
        ],
        columns=[
            "trust_code",
            *(f"{side}{end}" for side in ("staff", "patients") for end in ("", "_lower", "_upper")),
            "trust_name",
            "region",
        ],
    )


def period_of(gaps: pd.DataFrame, indicator: Indicator) -> str:
    """Say which period a gap is of.

    Parameters
    ----------
    gaps : pandas.DataFrame
        From :func:`race_equality.analysis.linked_gaps.gaps_of_staff_and_patients`.
    indicator : Indicator
    """
    rows = gaps[(gaps["indicator"] == indicator.id) & (gaps["trust_code"] != DEMONSTRATION_CODE)]
    return _when((rows if len(rows) else gaps[gaps["indicator"] == indicator.id]).iloc[0].to_dict())


def is_clear(link: Mapping[Hashable, Any]) -> bool:
    """Say whether the interval of a link is clear of zero."""
    return not link["reason"] and not link["lower"] <= 0 <= link["upper"]


def answers(found: pd.DataFrame) -> str:
    """Answer the question of the page for each gap among patients that is held, in words for a board.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`race_equality.analysis.linked_gaps.links`.

    Returns
    -------
    str
        Markdown: the answer in bold, then for each gap how sure it is and what size of link would have been seen.
    """
    main = main_links(found).to_dict("records")
    if not main:
        return "**This cannot be answered yet:** no figures of patients by ethnic group are held for trusts."
    none = [_name(link) for link in main if not link["reason"] and not is_clear(link)]
    unknown = [_name(link) for link in main if link["reason"]]
    said = [
        f"where the gap among staff is wider, the gap among patients for {_name(link)} is {_wider(link)}"
        for link in main
        if is_clear(link)
    ]
    said += [f"no link is seen for {listing(none, joined_by='or')}"] if none else []
    said += [f"for {listing(unknown)} it cannot be estimated"] if unknown else []
    headline = "; ".join(said)
    return "\n\n".join(
        [f"**{headline[:1].upper()}{headline[1:]}.**", *(_answer(link, _instead(found, link)) for link in main)]
    )


def _name(link: Mapping[Hashable, Any]) -> str:
    return lower_first(BY_ID[link["patients"]].name)


def _wider(link: Mapping[Hashable, Any]) -> str:
    return "wider" if link["correlation"] > 0 else "narrower"


def _instead(found: pd.DataFrame, link: Mapping[Hashable, Any]) -> dict[Hashable, Any] | None:
    """The link of what all staff answered, where that of the gap could not be estimated."""
    rows = found[(found["staff"] == ALL_STAFF.id) & (found["patients"] == link["patients"]) & (found["reason"] == "")]
    return rows.iloc[0].to_dict() if link["reason"] and len(rows) else None


def _answer(link: Mapping[Hashable, Any], instead: Mapping[Hashable, Any] | None) -> str:
    about = f"{BY_ID[link['patients']].name}: "
    if link["reason"]:
        text = f"{about}{REASONS[link['reason']]} ({_number_of_trusts(link['trusts'])})."
        if instead is not None:
            seen = "a link is seen" if is_clear(instead) else "no link is seen"
            text += (
                f" With the share of all staff who experienced discrimination, which is a level and no gap, {seen} over "
                f"{_number_of_trusts(instead['trusts'])} (correlation {_size(instead)})."
            )
        return text
    if is_clear(link):
        return (
            f"{about}over {_number_of_trusts(link['trusts'])} the correlation is {_size(link)}. {_slope(link)}".strip()
        )
    return (
        f"{about}over {_number_of_trusts(link['trusts'])}, the gap among patients is neither reliably wider nor reliably narrower "
        f"where the gap among staff is wider (correlation {_size(link)}). {could_have_been_seen(link)}"
    )


def _size(link: Mapping[Hashable, Any]) -> str:
    text = correlation(link["correlation"], link["lower"], link["upper"])
    return text.replace(" (", ", 95% interval ").rstrip(")")


def could_have_been_seen(link: Mapping[Hashable, Any]) -> str:
    """Say what size of link these figures would have shown.

    Parameters
    ----------
    link : mapping
        A row of :func:`race_equality.analysis.linked_gaps.links`.
    """
    if pd.isna(link["detectable"]):
        return "With so few people in each trust, even a complete link would most likely have been missed."
    return (
        f"A link of {link['detectable']:.2f} or more, where 1 is complete, would have been seen four times in five; a weaker "
        "one can be there unseen."
    )


def _slope(link: Mapping[Hashable, Any]) -> str:
    """How much wider one gap is for a point of the other, where that has limits."""
    if not all(abs(link[name]) < 100 for name in ("slope_lower", "slope_upper")):
        return ""
    wider = "wider" if link["slope"] > 0 else "narrower"
    low, high = sorted(abs(link[name]) for name in ("slope_lower", "slope_upper"))
    return (
        f"Where the gap among staff is one point wider, that among patients is {abs(link['slope']):.2f} points {wider} on "
        f"average (95% interval {low:.2f} to {high:.2f})."
    )


def _number_of_trusts(many: int) -> str:
    return "1 trust" if many == 1 else f"{many} trusts" if many else "no trust"


def main_links(found: pd.DataFrame) -> pd.DataFrame:
    """Return the links that were named before any was computed: one for each gap among patients."""
    is_main = (found["staff"] == STAFF_GAP.id) & (found["group"] == ETHNIC_MINORITY) & (found["kind"] == ALL_KINDS)
    return found[is_main]


def looks_sentence(found: pd.DataFrame) -> str:
    """Say at how many links the page looks, how many are clear, and how many would be by chance alone.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`race_equality.analysis.linked_gaps.links`.
    """
    estimated = found[found["reason"] == ""]
    clear = [link for link in estimated.to_dict("records") if is_clear(link)]
    looks, main = len(estimated), len(main_links(found))
    by_chance = max(1, round(looks / 20))
    which = (
        "Not one of them is clear of zero."
        if not clear
        else (
            f"{number_word(len(clear)).capitalize()} of them {'is' if len(clear) == 1 else 'are'} clear of zero: "
            + listing([_named(link) for link in clear])
            + "."
        )
    )
    return (
        f"This page looks at {looks} links between a figure of staff and a gap among patients, many of the same trusts. "
        f"With so many, about {number_word(by_chance)} would be clear of zero by chance alone. {which} The "
        f"{number_word(main)} above {'was' if main == 1 else 'were'} chosen before any was computed."
    )


def plain_sentence(found: pd.DataFrame) -> str:
    """Say what a plain correlation of the same gaps would be, which takes each of them as certain.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`race_equality.analysis.linked_gaps.links`.
    """
    main = [link for link in main_links(found).to_dict("records") if not link["reason"]]
    if not main:
        return ""
    sizes = [
        f"{correlation(link['measured'], link['measured'], link['measured']).split(' ')[0]} for {_name(link)}"
        for link in main
    ]
    return f"A plain correlation, which takes every gap as certain, would be {listing(sizes)}."


def _named(link: Mapping[Hashable, Any]) -> str:
    of = "" if link["kind"] == ALL_KINDS else f" in {link['kind']} trusts"
    return (
        f"{lower_first(BY_ID[link['patients']].in_few_words)} of {_patients_of(link['group'])} with "
        f"{lower_first(BY_ID[link['staff']].in_few_words)}{of} ({correlation(link['correlation'], link['lower'], link['upper'])})"
    )


def _patients_of(group: str) -> str:
    return "patients from all ethnic minorities" if group == ETHNIC_MINORITY else f"{group} patients"


def links_table(found: pd.DataFrame) -> pd.DataFrame:
    """Return links as text for a table.

    Parameters
    ----------
    found : pandas.DataFrame
        Rows of :func:`race_equality.analysis.linked_gaps.links`.

    Returns
    -------
    pandas.DataFrame
        ``patients``, ``staff``, ``group``, ``kind``, ``trusts``, ``link``, ``seen`` (the smallest link that these figures
        would have shown) and ``reading``.
    """
    rows = []
    for link in found.to_dict("records"):
        known = not link["reason"]
        rows.append(
            {
                "patients": BY_ID[link["patients"]].name,
                "staff": BY_ID[link["staff"]].name + (", all staff (a level)" if link["staff"] == ALL_STAFF.id else ""),
                "group": _in_sentence(link["group"]),
                "kind": link["kind"][:1].upper() + link["kind"][1:],
                "trusts": str(link["trusts"]),
                "link": correlation(link["correlation"], link["lower"], link["upper"])
                if known
                else "Cannot be estimated",
                "seen": f"{link['detectable']:.2f}"
                if pd.notna(link["detectable"])
                else "None"
                if known
                else "Not known",
                "reading": _reading(link),
            }
        )
    return pd.DataFrame(rows)


def for_chart(found: pd.DataFrame) -> pd.DataFrame:
    """Return the links of the main gap among staff that were estimated, with their words for a chart.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`race_equality.analysis.linked_gaps.links`.

    Returns
    -------
    pandas.DataFrame
        The same rows with ``label`` (the patients) and ``series`` (the trusts).
    """
    rows = found[(found["staff"] == STAFF_GAP.id) & (found["reason"] == "")]
    return rows.assign(
        label=[
            f"{BY_ID[one].name}: {_in_sentence(group)}"
            for one, group in zip(rows["patients"], rows["group"], strict=True)
        ],
        series=rows["kind"].map(
            lambda kind: kind if kind == ALL_KINDS else f"{kind[:1].upper()}{kind[1:]} trusts alone"
        ),
    )


def _in_sentence(group: str) -> str:
    return lower_first(GROUP_NAMES[group]) if group in GROUP_NAMES else group


def _reading(link: Mapping[Hashable, Any]) -> str:
    if link["reason"]:
        return REASONS[link["reason"]][:1].upper() + REASONS[link["reason"]][1:]
    if not is_clear(link):
        return "No link seen"
    return f"{'Wider' if link['correlation'] > 0 else 'Narrower'} where the figure of staff is"


def sensitivity_sentence(found: pd.DataFrame) -> str:
    """Say whether the main links hold with other gaps among staff.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`race_equality.analysis.linked_gaps.links`.
    """
    said = []
    for patients in main_links(found)["patients"]:
        others = found[
            (found["patients"] == patients) & (found["kind"] == ALL_KINDS) & (found["group"] == ETHNIC_MINORITY)
            & (found["staff"] != STAFF_GAP.id) & (found["reason"] == "")
        ]  # fmt: skip
        if others.empty:
            continue
        clear = sum(is_clear(link) for link in others.to_dict("records"))
        low, high = others["correlation"].min(), others["correlation"].max()
        sizes = correlation(low, low, high).split(" (")
        which = (
            f"the one link is {'' if clear else 'not '}clear of zero (correlation {sizes[0]})"
            if len(others) == 1
            else f"{number_word(clear)} of {number_word(len(others))} links {'is' if clear == 1 else 'are'} clear of zero "
            f"(correlations {sizes[1]}"
        )
        said.append(f"for {lower_first(BY_ID[patients].name)}, {which}")
    if not said:
        return "No other figure of staff has enough trusts."
    return "With other figures of staff: " + "; ".join(said) + "."


def trusts_sentence(found: pd.DataFrame, kinds: pd.Series, with_staff: Iterable[str]) -> str:
    """Say how many trusts each pair of gaps has, and which kinds have no gap among staff.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`race_equality.analysis.linked_gaps.links`.
    kinds : pandas.Series
        The kind of every trust, by its code.
    with_staff : iterable of str
        Codes of the trusts that have a gap among staff.
    """
    pairs = [
        f"{_number_of_trusts(link['trusts'])} for {lower_first(BY_ID[link['patients']].name)}"
        for link in main_links(found).to_dict("records")
    ]
    has = kinds.index.isin(set(with_staff))
    lacking = [kind for kind in kinds.unique() if not has[(kinds == kind).to_numpy()].any()]
    without = [f"{(n := (kinds == kind).sum())} {kind} trust{'' if n == 1 else 's'}" for kind in lacking]
    text = (
        f"Both gaps are held for {listing(pairs)}. A gap among patients is taken where at least {FEWEST} people of a group "
        "and of White patients are counted, and somebody of them had what is measured."
    )
    if without:
        text += (
            f" The {listing(without)} have no gap among staff here: the file that was read holds none of their staff "
            f"by ethnic group. The NHS Staff Survey’s benchmark workbook has them; to load it: {HOW_TO_LOAD['benchmark']}. "
            "For them the table sets what all staff answered against the gap among patients, which is a level and no gap."
        )
    return text


def trust_sentence(trust: Trust, own: pd.DataFrame, found: pd.DataFrame) -> str:
    """Set the two gaps of one trust next to each other, or say which is missing and which file would bring it.

    Parameters
    ----------
    trust : Trust
    own : pandas.DataFrame
        The trust's rows of :func:`race_equality.analysis.linked_gaps.gaps_of_staff_and_patients`.
    found : pandas.DataFrame
        From :func:`race_equality.analysis.linked_gaps.links`.

    Returns
    -------
    str
        Markdown.
    """
    staff, patients = staff_gap_of(own), patients_gap_of(own)
    said = []
    if staff is not None:
        said.append(
            f"Among staff, {percent(staff['percent'])} of those from ethnic minorities and {percent(staff['white_percent'])} of "
            f"White staff said they {STAFF_GAP.statement}: a gap of {_gap(staff)} ({_when(staff)})."
        )
    if patients is not None:
        one = BY_ID[patients["indicator"]]
        said.append(
            f"Among patients, {percent(patients['percent'])} of those from ethnic minorities and "
            f"{percent(patients['white_percent'])} of White patients {one.statement}: a gap of {_gap(patients)} "
            f"({_when(patients)})."
        )
    if staff is None:
        said.append(
            f"The gap among staff is missing: no file that was read holds the answers of this trust’s staff by ethnic group. "
            f"To load them: {HOW_TO_LOAD[STAFF_GAP.obtained]}."
        )
    if patients is None:
        said.append(_missing_patients(trust))
    main = main_links(found)
    if staff is not None and patients is not None:
        link = main[main["patients"] == patients["indicator"]]
        said += [_over_trusts(one) for one in link.to_dict("records")]
    return " ".join(said)


def staff_gap_of(own: pd.DataFrame) -> dict[Hashable, Any] | None:
    """Return a trust's gap among staff, or None."""
    of_staff = (row for row in rows_of(own) if row.side == "staff" and row.indicator == STAFF_GAP.id)
    return next((row._asdict() for row in of_staff), None)


def patients_gap_of(own: pd.DataFrame) -> dict[Hashable, Any] | None:
    """Return the first of a trust's gaps among patients in the order of ``PATIENT_GAPS``, or None."""
    found = {row.indicator: row for row in rows_of(own) if row.side == "patients" and row.group == ETHNIC_MINORITY}
    return next((found[one.id]._asdict() for one in PATIENT_GAPS if one.id in found), None)


def _gap(row: Mapping[Hashable, Any]) -> str:
    indicator = BY_ID[row["indicator"]]
    if row["lower"] <= 0 <= row["upper"]:
        worse = "no reliable difference"
    else:
        worse = f"worse for {'ethnic minorities' if row['gap'] > 0 else 'White people'}"
    side = _minus(indicator)
    return f"{points(row['gap'])} points, {side} (95% interval {interval(row['lower'], row['upper'])}), {worse}"


def _when(row: Mapping[Hashable, Any]) -> str:
    return period(row["period_start"], row["period_end"])


def _missing_patients(trust: Trust) -> str:
    can = [one for one in PATIENT_GAPS if not one.applies_to or trust.kind in one.applies_to]
    if not can:
        return (
            f"A gap among patients is missing: no file that was read holds patients by ethnic group for {trust.kind} trusts. "
            f"The trust’s own records hold them; to load them: {HOW_TO_LOAD['patients return'].format(code=trust.code)}."
        )
    names = listing([lower_first(one.name) for one in can], joined_by="or")
    return (
        f"A gap among patients is missing: the files that were read hold no figures of {names} by ethnic group for this trust, or "
        f"of too few people. To load them: {HOW_TO_LOAD['publication']}, or from the trust’s own records "
        f"{HOW_TO_LOAD['patients return'].format(code=trust.code)}."
    )


def _over_trusts(link: Mapping[Hashable, Any]) -> str:
    if link["reason"]:
        return "Whether the two go together over trusts cannot be estimated."
    if not is_clear(link):
        return (
            f"Over {link['trusts']} trusts no link is seen between the two (correlation {_size(link)}), so one of them does not "
            "tell the other."
        )
    wider = "wider" if link["correlation"] > 0 else "narrower"
    return (
        f"Over {link['trusts']} trusts the gap among patients tends to be {wider} where that among staff is wider (correlation "
        f"{_size(link)}). That says nothing of why."
    )

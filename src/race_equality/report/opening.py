"""How a report begins: whom it is about, what must be known of them, and what to ask."""

from __future__ import annotations

import pandas as pd

from race_equality.figures.trusts import Trust
from race_equality.indicators.definitions import WRES
from race_equality.report.display import Shown, callout
from race_equality.report.sentences import direction
from race_equality.report.words import date, listing, lower_first

#: A kind of trust as it stands after "is".
KIND_WORDS = {
    "acute": "an acute trust",
    "acute specialist": "an acute specialist trust",
    "mental health": "a mental health trust",
    "community": "a community trust",
    "ambulance": "an ambulance trust",
    "online": "an online trust",
}

#: What a board would ask about each indicator that is adverse: a deed, an owner and a date.
_QUESTIONS = {
    2: "What will change in shortlisting and interviews, and how will the board see it before the next return?",
    3: "Who reviews each case before the formal disciplinary process begins, and what do they find?",
    4: "Which development places go to whom this year, and who decides?",
    5: "What happens to a patient or visitor who abuses staff here, and do staff see it happen?",
    6: "Which teams account for harassment by staff, and what has their leader done about it?",
    7: "Which promotion or acting-up decision was made differently this year because of this figure?",
    8: "What happened to the last ten reports of discrimination by a manager or colleague?",
}


def merged_organisations(trust: Trust, figures: pd.DataFrame) -> list[str]:
    """Return the codes of other organisations, or of parts, whose figures are counted as the trust's.

    Parameters
    ----------
    trust : Trust
    figures : pandas.DataFrame
        Tidy figures.
    """
    return sorted(_published_codes(trust, figures) - {trust.code})


def _published_codes(trust: Trust, figures: pd.DataFrame) -> set[str]:
    published = figures[(figures["trust_code"] == trust.code) & (figures["status"] == "ok")]
    return set(published["organisation_code"])


def merger_note(trust: Trust, figures: pd.DataFrame) -> Shown | None:
    """Say which organisations a trust's figures were published for, where it has merged or is published in parts.

    Parameters
    ----------
    trust : Trust
        The trust, as :func:`~race_equality.figures.trusts.resolve_trust` returns it.
    figures : pandas.DataFrame
        Tidy figures.

    Returns
    -------
    Shown or None
        None when there is nothing to say.
    """
    others = merged_organisations(trust, figures)
    if not others:
        return None
    where = "The last table of this report says which figure came from which organisation."
    if all(code.startswith(trust.code) for code in others):
        return callout(
            "note",
            "Some figures of this trust are published in parts",
            f"The publisher gives figures for the parts {listing(others)}. Where several parts have a "
            f"figure they are counted together; where one has, the figure is of that part. {where}",
        )
    since = (
        f" It opened on {date(pd.Timestamp(trust.open_date))}."
        if trust.open_date and trust.code not in _published_codes(trust, figures)
        else ""
    )
    return callout(
        "note",
        "This trust has merged since some of the figures were published",
        f"Figures published for {listing(others)} are counted with this trust’s own.{since} {where}",
    )


def questions_for_the_board(here: pd.DataFrame, likelihoods: pd.DataFrame) -> str:
    """List what a board could ask, from the indicators that are reliably adverse.

    Parameters
    ----------
    here, likelihoods : pandas.DataFrame
        WRES 5 to 8 and 2 to 4 of the trust.

    Returns
    -------
    str
        Markdown: a heading and a list. The widest gap comes first.
    """
    adverse = []
    for row in here[here["status"] == "ok"].itertuples():
        if direction(WRES[row.number], row.gap_lower, row.gap_upper) == "adverse":
            adverse.append((abs(row.gap), row.number))
    for row in likelihoods.groupby("number").tail(1).itertuples():
        if row.lower > 1:
            adverse.append((0.0, row.number))
    lines = [
        f"- {WRES[number].name}: {lower_first(_QUESTIONS[number])}"
        for _, number in sorted(adverse, reverse=True)[:4]
    ]
    if not lines:
        lines = ["- Which of the figures below has the board not seen before, and who will bring the rest?"]
    lines.append("- Who on the board owns each answer, and on what date will the board hear it?")
    return "### Questions for the board\n\n" + "\n".join(lines)

"""The assurance statement of an edition as a page: the words around the facts of :mod:`race_equality.publishing.assurance`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from race_equality.definitions.assumptions import ASSUMPTIONS, QUALITIES, version_of
from race_equality.markdown import as_text
from race_equality.publishing.assurance import Assurance, SignedBy
from race_equality.render.builtin import page_html
from race_equality.render.config import NavigationItem, SiteConfig
from race_equality.render.edition import ASSURANCE, CORRECTIONS, day_in_words
from race_equality.render.extension import html_outputs
from race_equality.render.notebook import PageSource
from race_equality.report.display import show_table

_TITLE = "Assurance statement"


def assurance_page(facts: Assurance, config: SiteConfig, navigation: Sequence[NavigationItem]) -> str:
    """Make the assurance statement of an edition.

    Parameters
    ----------
    facts : Assurance
    config : SiteConfig
        Of the staged project.
    navigation : sequence of NavigationItem

    Returns
    -------
    str
        HTML.
    """
    edition = facts.edition
    parts = [
        f"What was checked before edition {edition.name} was published, with what outcome, and who answers for it. The command that "
        f"published it wrote this page from what it found. Version of the data: {facts.data}.",
        "## Who signed it",
        _signed(facts.signed),
        "## What was checked",
        _checks(facts),
        "## What it rests on",
        _coverage(facts),
        *_totals(facts),
        "## Assumptions",
        *_assumptions(facts),
        "## Limitations",
        "\n".join(f"- {as_text(one)}" for one in facts.limitations),
        "## Corrections",
        f"When this edition was published, {facts.corrected} {'correction' if facts.corrected == 1 else 'corrections'} of earlier "
        f"editions {'was' if facts.corrected == 1 else 'were'} known. What is found wrong in this one is in "
        f"[Corrections]({edition.home}/{CORRECTIONS}) and at the top of its pages.",
        edition.in_words(ASSURANCE, title=_TITLE, site=config.title),
    ]
    source = PageSource({"title": _TITLE, "subtitle": f"Edition {edition.name}"}, "\n\n".join(parts))
    return page_html(source, ASSURANCE, config, navigation=navigation, is_alone=True)


def _signed(signed: Sequence[SignedBy]) -> str:
    if not signed:
        return (
            "**Nobody has signed this edition.** What stands below was found by programs, and no person answers for the edition "
            "as a whole."
        )
    lines = [
        f"- **{as_text(one.name)}**, {as_text(one.role)}, on {day_in_words(one.signed.isoformat())}. Checked: "
        f"{as_text(one.checked)}"
        + (f" Version of the data that was looked at: {as_text(one.data)}." if one.data else "")
        for one in signed
    ]
    return "\n".join(lines)


def _checks(facts: Assurance) -> str:
    rows = [
        {"what": one.what, "outcome": one.outcome, "found": one.found, "again": one.again or "No command"}
        for one in facts.checks
    ]
    columns = {"what": "Check", "outcome": "Outcome", "found": "What was found", "again": "To check it again"}
    return _table(rows, "tbl-checks", _counted(facts), columns)


def _counted(facts: Assurance) -> str:
    outcomes = Counter(one.outcome for one in facts.checks)
    return "Checks of this edition: " + "; ".join(f"{number} {outcome.lower()}" for outcome, number in outcomes.items())


def _coverage(facts: Assurance) -> str:
    if not facts.coverage:
        return "No publication with figures is held."
    rows = [
        {
            "title": one.source.title,
            "period": one.source.period,
            "read": day_in_words(one.source.date_read.isoformat()),
            "file": one.source.sha256[:16] or "No file",
            "trusts": f"{one.trusts:,}",
            "figures": f"{one.figures:,}",
            "suppressed": f"{one.suppressed:,}",
            "left_out": f"{one.left_out:,}",
        }
        for one in facts.coverage
    ]
    columns = {
        "title": "Publication",
        "period": "Period",
        "read": "Read on",
        "file": "SHA-256 of the file begins",
        "trusts": "Trusts",
        "figures": "Figures",
        "suppressed": "Suppressed",
        "left_out": "Not used",
    }
    caption = "Publications, how many trusts each has figures of, and what is missing or not used"
    return _table(rows, "tbl-coverage", caption, columns, ["trusts", "figures", "suppressed", "left_out"])


def _totals(facts: Assurance) -> list[str]:
    if not facts.totals:
        return []
    rows = []
    for one in facts.totals:
        places, sign = (1, "%") if one.unit == "percent" else (0, "")
        rows.append(
            {
                "what": one.what,
                "period": one.period,
                "held": f"{one.held:,.{places}f}{sign}",
                "published": f"{one.published:,.{places}f}{sign}",
                "reason": one.reason,
            }
        )
    columns = {
        "what": "Total",
        "period": "Period",
        "held": "Held",
        "published": "Published",
        "reason": "Why they differ",
    }
    caption = "Totals that do not come to the publisher's"
    return [_table(rows, "tbl-totals", caption, columns, ["held", "published"])]


def _assumptions(facts: Assurance) -> list[str]:
    moved = {one.assumption: one for one in facts.moved}
    number: Counter[str] = Counter(one.quality for one in ASSUMPTIONS)
    words = "; ".join(f"{number[name]} with {name} evidence ({what})" for name, what in QUALITIES.items())
    rows = []
    for one in ASSUMPTIONS:
        found = moved.get(one.id)
        how = f"{found.counted}: {found.used}; {'; '.join(found.otherwise)}" if found else "Not counted"
        rows.append(
            {"assumed": f"{one.id} {one.assumed}", "quality": one.quality, "sensitivity": one.sensitivity, "how": how}
        )
    columns = {
        "assumed": "What is taken for granted",
        "quality": "Evidence",
        "sensitivity": "Sensitivity",
        "how": "What another choice would change, in the figures of this edition",
    }
    return [
        f"Version of the log: {version_of()}. {len(ASSUMPTIONS)} assumptions: {words}.",
        _table(rows, "tbl-assumptions", "The assumptions log", columns),
    ]


def _table(
    rows: list[dict[str, str]], id: str, caption: str, columns: dict[str, str], numbers: Sequence[str] = ()
) -> str:
    return html_outputs.raw_block(
        show_table(pd.DataFrame(rows), id=id, caption=caption, columns=columns, numbers=numbers).markup
    )

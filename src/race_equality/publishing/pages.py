"""The pages that publishing adds: what changed since the edition before, what was found wrong, and which editions there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import pandas as pd

from race_equality.markdown import as_text
from race_equality.publishing.changes import Change, EditionChanges, Kind, counted
from race_equality.publishing.corrections import Correction, in_a_sentence
from race_equality.render.builtin import page_html
from race_equality.render.config import NavigationItem, SiteConfig
from race_equality.render.edition import ASSURANCE, CHANGES, CORRECTIONS, day_in_words
from race_equality.render.extension import html_outputs
from race_equality.render.notebook import PageSource
from race_equality.report.display import show_table

CHANGES_FILE = "changes.csv"
#: Rows of a table on the page; the file has all.
_MOST_ROWS = 300

_TITLES: dict[Kind, str] = {
    "revised figure": "Revised figures",
    "another reading": "Readings that turned",
    "another method": "Findings computed otherwise",
    "new figure": "New figures",
    "figure no longer given": "Figures no longer given",
}
_EXPLAINED: dict[Kind, str] = {
    "revised figure": "A publication, or a correction of what was read of it, gives another figure for the same place, "
    "people and period.",
    "another reading": "What the newest finding of a figure is read as. It turns with new figures of the trust, or of those it is "
    "compared with.",
    "another method": "No figure that the finding rests on was revised, and it is another number or has other limits.",
    "new figure": "By indicator; each is in the file.",
    "figure no longer given": "By indicator; each is in the file.",
}


def changes_page(changes: EditionChanges, config: SiteConfig, navigation: Sequence[NavigationItem]) -> str:
    """Make the page "What changed" of an edition.

    Parameters
    ----------
    changes : EditionChanges
        Since the edition before.
    config : SiteConfig
        Of the staged project, which says of which edition it is.
    navigation : sequence of NavigationItem

    Returns
    -------
    str
        HTML.
    """
    edition = config.edition
    parts = [
        f"Between edition {edition.before} and edition {edition.name}: {counted(changes)} All are in "
        f"[{CHANGES_FILE}]({CHANGES_FILE}), with the publication that moved each. A figure that is hidden now is in neither."
    ]
    for words, names in (("New here", changes.trusts_come), ("No longer here", changes.trusts_gone)):
        if names:
            parts.append(f"{words}: {', '.join(map(as_text, names))}.")
    for kind, title in _TITLES.items():
        found = changes.of_kind(kind)
        if found:
            parts += [f"## {title}", _EXPLAINED[kind], _table(kind, found)]
    parts.append("## How it was made")
    otherwise = [f"- {as_text(one)}" for one in changes.made_otherwise]
    parts.append("\n".join(otherwise) if otherwise else "Notebooks, settings, code and versions are the same.")
    parts.append(edition.in_words(CHANGES, title="What changed", site=config.title))
    source = PageSource({"title": "What changed", "subtitle": f"Edition {edition.name}"}, "\n\n".join(parts))
    return page_html(source, CHANGES, config, navigation=navigation, is_alone=True)


def _table(kind: Kind, found: list[Change]) -> str:
    if kind in ("new figure", "figure no longer given"):
        rows = [
            {
                "name": name,
                "period": " to ".join(map(_day, dict.fromkeys((periods[0], periods[-1])))),
                "trusts": f"{len({one.trust_code for one in group}):,}",
                "figures": f"{len(group):,}",
                "publication": "; ".join(sorted({one.publication for one in group})),
            }
            for name, group in _by_name(found)
            if (periods := sorted(one.period_end for one in group))
        ]
        columns = {
            "name": "Figure",
            "period": "Period to",
            "trusts": "Trusts",
            "figures": "Figures",
            "publication": "Publication",
        }
        numbers = ["trusts", "figures"]
    else:
        rows = [
            {
                "trust": f"{one.trust} ({one.trust_code})",
                "name": f"{one.name}: {one.group}" if one.group else one.name,
                "period": _day(one.period_end),
                "old": one.old if kind == "another reading" else _with_unit(one.old, one.unit),
                "new": one.new if kind == "another reading" else _with_unit(one.new, one.unit),
                "publication": f"{one.publication} (before: {one.publication_before})"
                if one.publication_before
                else one.publication,
            }
            for one in found[:_MOST_ROWS]
        ]
        columns = {
            "trust": "Trust",
            "name": "Figure",
            "period": "Period to",
            "old": "Before",
            "new": "Now",
            "publication": "Publication",
        }
        numbers = []
    left = len(found) - _MOST_ROWS
    caption = f"{_TITLES[kind]}{f': the first {_MOST_ROWS} of {len(found):,}' if left > 0 and not numbers else ''}"
    id = f"tbl-{kind.replace(' ', '-')}"
    return html_outputs.raw_block(
        show_table(pd.DataFrame(rows), id=id, caption=caption, columns=columns, numbers=numbers).markup
    )


def _day(text: str) -> str:
    """Write a day out; the downloads may say that there is none."""
    return day_in_words(text) if text[:1].isdigit() else "No date"


def _with_unit(value: str, unit: str) -> str:
    number, space, rest = value.partition(" ")
    return f"{number}%{space}{rest}" if unit == "percent" else f"{number} {unit}{space}{rest}"


def _by_name(found: Iterable[Change]) -> Iterable[tuple[str, list[Change]]]:
    for name, group in groupby(sorted(found, key=lambda one: one.name), key=lambda one: one.name):
        yield name, list(group)


def corrections_page(corrections: Sequence[Correction], config: SiteConfig) -> str:
    """Make the page of what was found wrong in all editions.

    Parameters
    ----------
    corrections : sequence of Correction
        The newest first.
    config : SiteConfig

    Returns
    -------
    str
        HTML.
    """
    parts = [
        "An edition stays as it was published. What was found wrong in one since is here, and at the top of its pages."
    ]
    editions = sorted({one.edition for one in corrections}, reverse=True)
    for edition in editions:
        parts.append(f"## Edition [{edition}]({edition}/index.html)")
        parts.append("\n".join(f"- {as_text(in_a_sentence(one))}" for one in corrections if one.edition == edition))
    if not editions:
        parts.append("Nothing was found wrong so far.")
    parts.append("[All editions](index.html)")
    return page_html(
        PageSource({"title": "Corrections"}, "\n\n".join(parts)), CORRECTIONS, config, navigation=(), is_alone=True
    )


def editions_page(
    editions: Sequence[str],
    latest: str,
    with_changes: Iterable[str],
    assured: Iterable[str],
    corrections: Sequence[Correction],
    config: SiteConfig,
) -> str:
    """Make the list of all editions.

    Parameters
    ----------
    editions : sequence of str
        The oldest first.
    latest : str
    with_changes : iterable of str
        Those with a page on what changed.
    assured : iterable of str
        Those with an assurance statement.
    corrections : sequence of Correction
    config : SiteConfig

    Returns
    -------
    str
        HTML.
    """
    changed, with_statement = set(with_changes), set(assured)
    lines = []
    for edition in reversed(editions):
        number = sum(one.edition == edition for one in corrections)
        line = f"- [Edition {edition}]({edition}/index.html){' (the latest)' if edition == latest else ''}"
        line += f", [what changed]({edition}/{CHANGES})" if edition in changed else ""
        line += f", [assurance statement]({edition}/{ASSURANCE})" if edition in with_statement else ""
        line += f", [{number} {'correction' if number == 1 else 'corrections'}]({CORRECTIONS})" if number else ""
        lines.append(line)
    text = (
        f"Each edition stays at its address as it was published. The newest is always at [latest](latest/index.html).\n\n"
        f"{chr(10).join(lines)}\n\n[Corrections]({CORRECTIONS}) of all editions"
    )
    return page_html(PageSource({"title": "Editions"}, text), "index.html", config, navigation=(), is_alone=True)

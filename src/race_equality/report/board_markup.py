"""The HTML of the report's first page.

Its parts are blocks of class ``board-NAME``. Where each is placed is in ``report.css`` for the screen and by
``typst-template.typ``, which has a function of each name, for paper.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from race_equality.report.board_page import MOST_CARDS, MOST_DECISIONS, Card, Decision
from race_equality.report.board_panels import Panel
from race_equality.report.display import CellOutput, Linked
from race_equality.report.summary_table import PUBLISHED_MARK
from race_equality.report.words import date

#: From the ids of indicators to the links to where their numbers come from.
Sources = Callable[..., Sequence[Linked]]


def _no_sources(*measures: str) -> Sequence[Linked]:
    return ()


def board_page(
    *,
    about: str,
    marks: Sequence[str],
    state: str,
    changed: str,
    cards: Sequence[Card],
    table: pd.DataFrame,
    table_caption: str,
    table_note: str = "",
    note_measure: str = "",
    panels: Sequence[Panel] = (),
    chart: CellOutput | None,
    action_counts: Mapping[str, int] | None,
    decisions: Sequence[Decision],
    caution: str,
    sources: Sources = _no_sources,
) -> CellOutput:
    """Put the first page together from its parts, each a block of class ``board-NAME``.

    Parameters
    ----------
    about, state, changed, caution : str
        Plain text.
    marks : sequence of str
        From :func:`race_equality.report.board_page.marks`.
    cards : sequence of Card
        At most :data:`MOST_CARDS`.
    table : pandas.DataFrame
        From :func:`race_equality.report.summary_table.wres_summary`.
        Only the rows with figures are shown; a table with none is left out.
    table_caption, table_note : str
        The note is a line under the rows.
    note_measure : str
        The indicator whose figures are in the note.
    panels : sequence of Panel
        Tables under it (:mod:`race_equality.report.board_panels`).
    chart : CellOutput or None
        From :func:`race_equality.report.display.show_chart`.
    action_counts : mapping of str to int, optional
        From :func:`race_equality.report.board_page.counts_of_actions`.
    decisions : sequence of Decision
        At most :data:`MOST_DECISIONS`.
    sources : callable
        :meth:`race_equality.report.where_from.WhereFrom.of` for this cell. The heading of a card, of a row or of a table is
        the link: another word in each would take the room of the page, and a link on each number the reader's patience.

    Returns
    -------
    CellOutput
    """
    if len(cards) > MOST_CARDS or len(decisions) > MOST_DECISIONS:
        raise ValueError(f"One page holds at most {MOST_CARDS} cards and {MOST_DECISIONS} decisions.")
    first, _, rest = state.partition(". ")
    marked = table["indicator"].str.endswith(PUBLISHED_MARK).any()
    if marked:
        table_caption += f".{PUBLISHED_MARK} Published by the trust on its own page"
    strong = f"{first}." if rest else first
    headline = f"<p><strong>{html.escape(strong)}</strong> {html.escape(f'{rest} {changed}'.strip())}"
    if any(letter.isdigit() for letter in changed):
        headline += "".join(f" ({link.markup()})" for link in sources("staff_survey_panel_q16b"))
    headline += "</p>"
    shown = table[table["missing"] == ""]
    tables = [_panel_markup(panel, sources) for panel in panels]
    if len(shown):
        note = html.escape(table_note) + "".join(f" ({link.markup()})" for link in sources(note_measure))
        tables.insert(0, _table_markup(shown, table_caption, note, sources))
    elif table_note and not any(panel.note for panel in panels):
        tables.append(_paragraph(table_note))
    markup = _block(
        "summary",
        _block("about", _paragraph(about)),
        _block("mark", *map(_paragraph, marks)) if marks else "",
        _block("headline", headline),
        _block("cards", *(_card_markup(card, sources) for card in cards)),
        _block("main", _block("tables", *tables), chart.markup if chart is not None else ""),
        _block(
            "close",
            _block("deeds", _heading("What we said, what we did"), _actions_markup(action_counts)),
            _block("decisions", _heading("Decisions for the board"), _decisions_markup(decisions)),
            _block("care", _heading("With care"), _paragraph(caution)),
        ),
    )
    plain = "\n".join(
        [*marks, about, f"{state} {changed}"]
        + [f"{card.title}: {card.figure}. {card.words} {card.reading}." for card in cards]
        + ([table_caption] if marked else [])
        + (
            [shown.drop(columns=["measure", "direction", "missing", "share_of"]).to_string(index=False)]
            if len(shown)
            else []
        )
        + [panel.rows[list(panel.headings)].to_string(index=False) for panel in panels]
        + [note for note in (table_note, *(panel.note for panel in panels)) if note]
        + [_decision_words(decision) for decision in decisions]
        + [caution]
    )
    return CellOutput(f"{markup}<!--board-summary-ends-->", plain)


def _block(name: str, *content: str) -> str:
    return f'<div class="board-{name}">{"".join(content)}</div>'


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def _heading(text: str) -> str:
    return f'<h3 class="unnumbered unlisted">{text}</h3>'


def _linked(text: str, measure: str, sources: Sources) -> str:
    """Link a heading to where the numbers under it come from."""
    links = sources(measure) if measure else ()
    return Linked(text, links[0].address).markup() if links else html.escape(text)


def _card_markup(card: Card, sources: Sources) -> str:
    return _block(
        f"card {card.direction}",
        _heading(_linked(card.title, card.measure, sources)),
        _block("figure", _paragraph(card.figure)),
        _paragraph(card.words),
        _block("reading", _paragraph(card.reading)),
    )


_HEADINGS = {
    "minority": "Ethnic minority",
    "white": "White",
    "gap": "Gap or ratio (95% interval)",
    "england": "All trusts",
    "earlier": "Two years before",
    "reading": "For ethnic minority staff",
}
_NUMBERS = ("minority", "white", "gap", "england", "earlier")
#: Of the width of paper, in percent, for the columns of the table without and with an earlier year.
_SHARES = {6: (26, 10, 8, 20, 9, 27), 7: (24, 10, 9, 20, 9, 10, 18)}


def _table_markup(table: pd.DataFrame, caption: str, note: str, sources: Sources) -> str:
    """A row an indicator that has a figure, one line each; the others are in the note."""
    columns = [name for name in _HEADINGS if name != "earlier" or _any_earlier(table)]
    head = "".join(f'<th scope="col"{_number(name)}>{html.escape(_HEADINGS[name])}</th>' for name in columns)
    body = []
    for row in table.to_dict("records"):
        cells = {name: f"<td{_number(name)}>{html.escape(row[name])}</td>" for name in columns}
        if row["share_of"]:
            share = html.escape(f"{row['minority']} {row['share_of']}")
            cells |= {"minority": f'<td colspan="2" class="number">{share}</td>', "white": ""}
        heading = _linked(row["indicator"], row["measure"], sources)
        body.append(f'<tr><th scope="row">{heading}</th>{"".join(cells.values())}</tr>')
    return _whole_table(
        "tbl-wres", html.escape(caption), _SHARES[len(columns) + 1], f'<th scope="col">Indicator</th>{head}', body, note
    )


def _panel_markup(panel: Panel, sources: Sources) -> str:
    names = list(panel.headings)
    numbers = {name: ' class="number"' if name in panel.numbers else "" for name in names}
    head = "".join(
        f'<th scope="col"{numbers[name]}>{html.escape(heading)}</th>' for name, heading in panel.headings.items()
    )
    body = [
        f'<tr><th scope="row">{_linked(row[names[0]], row.get("measure", ""), sources)}</th>'
        + "".join(f"<td{numbers[name]}>{html.escape(row[name])}</td>" for name in names[1:])
        + "</tr>"
        for row in panel.rows.to_dict("records")
    ]
    caption = _linked(panel.caption, panel.indicator, sources)
    return _whole_table(panel.id, caption, panel.shares, head, body, html.escape(panel.note), panel.indicator)


def _whole_table(
    id: str, caption: str, shares: Sequence[int], head: str, body: Sequence[str], note: str, indicator: str = ""
) -> str:
    columns = "".join(f'<col style="width: {share}%">' for share in shares)
    last = f'<tr><td colspan="{len(shares)}" class="missing">{note}</td></tr>' if note else ""
    about = f' data-indicator="{html.escape(indicator)}"' if indicator else ""
    return (
        f'<table id="{id}"{about}><caption>{caption}</caption><colgroup>{columns}</colgroup>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}{last}</tbody></table>"
    )


def _any_earlier(table: pd.DataFrame) -> bool:
    return bool((table["earlier"] != "No data").any())


def _number(name: str) -> str:
    return ' class="number"' if name in _NUMBERS else ""


def _actions_markup(action_counts: Mapping[str, int] | None) -> str:
    if action_counts is None:
        return _paragraph("No actions are given yet. The next section says how to begin.")
    words = {"due": "due so far", "done": "done", "late": "late"}
    items = (f"<li><strong>{count}</strong> {words[name]}</li>" for name, count in action_counts.items())
    return f"<ul>{''.join(items)}</ul>"


#: Where nothing is late, no gap is clear and no figure is to be brought.
NO_DECISION = "No change is proposed: no gap is clear."


def _decision_words(decision: Decision) -> str:
    return f"{decision.what}. {_who(decision)}."


def _who(decision: Decision) -> str:
    return f"{'Proposed: ' if decision.proposed else ''}{decision.owner}, {date(pd.Timestamp(decision.by))}"


def _decisions_markup(asked: Sequence[Decision]) -> str:
    if not asked:
        return f"<p>{NO_DECISION}</p>"
    items = (f"<li>{html.escape(each.what)}. <strong>{html.escape(_who(each))}</strong></li>" for each in asked)
    return f"<ol>{''.join(items)}</ol>"

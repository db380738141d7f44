"""The rules by which ``self_assessment``, ``actions`` and ``history`` are read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from race_equality.actions.model import (
    AREAS,
    BOARD_ROLES,
    DECISIONS,
    INDICATORS,
    LEVELS,
    OPEN,
    STATUSES,
    Action,
    Area,
    Evidence,
    Review,
    SelfAssessment,
)
from race_equality.actions.wording import is_only_data
from race_equality.yaml_lines import Findings, Value, kind_of, nearest

#: From this many actions on, one role may not own all of them.
SHARED_FROM = 3

_ACTION_KEYS = ("what", "owner", "indicator", "began", "due", "status", "review", "evidence")
_NEEDED = ("what", "owner", "indicator", "began", "due", "status", "review")

#: Why somebody who is no board role cannot own an action, by a word in what was written.
_NOT_OWNERS = (
    (r"\bnon-?executive\b", "A board has several: name the seat that one of them holds."),
    (r"network", "A staff network advises the board; it has no power to change what the board decides."),
    (
        r"\b(edi|equality|diversity|inclusion)\b",
        "An equality lead alone cannot change what others decide; a board member answers for it.",
    ),
    (r"secretary", "The company secretary serves the board and has no say over what is to change."),
    (
        r"\b(everyone|everybody|all|board|committee|team|executives|directors|tbc|tba|nobody)\b$",
        "What everybody owns nobody owns: one seat on the board answers for it.",
    ),
    (r"^executive( director)?$", "A board has several: name the post."),
)

_NOT_STORED = dict.fromkeys(
    ("name", "owner_name", "email", "ethnicity", "owner_ethnicity", "ethnic_group", "gender"),
    "A role owns an action: no owner's name or ethnicity is stored.",
)

_MEND_OWNER = (
    "Write a board role, such as Chief executive, Chief people officer, Chief nurse or Chair of the people committee; "
    "`race-equality params roles` lists them all."
)

#: Said of a role and no part of it: an interim chief nurse answers as chief nurse.
_BEFORE_A_ROLE = re.compile(r"^(?:(?:the|executive|interim|acting|joint|group)\s+)+(?=\w)")

_TYPOGRAPHIC = "“”„‘’"


def read_self_assessment(value: Value, findings: Findings) -> SelfAssessment | None:
    """Read ``self_assessment``.

    Parameters
    ----------
    value : Value
    findings : Findings
        Takes every problem and every link.

    Returns
    -------
    SelfAssessment or None
        None when nothing stands there, or what does cannot be used.
    """
    if value.is_nothing():
        return None
    with findings.collected():
        keys = value.mapping(["agreed", *AREAS], findings)
        if "agreed" not in keys:
            findings.problems.append(
                value.error(
                    'self_assessment lacks "agreed".', "Give the day of the board's meeting, such as 2026-09-24."
                )
            )
        agreed = None
        with findings.collected():
            agreed = keys["agreed"].day() if "agreed" in keys else None
        areas = []
        for name in AREAS:  # in their order, not the file's
            if name in keys and not keys[name].is_nothing():
                with findings.collected():
                    areas.append(_area(name, keys[name], findings))
        if agreed is not None and areas:
            return SelfAssessment(agreed, tuple(areas))
        if not any(name in keys for name in AREAS):
            findings.problems.append(value.error("self_assessment assesses no area.", f"Areas: {', '.join(AREAS)}."))
    return None


def _area(name: str, value: Value, findings: Findings) -> Area:
    keys = value.mapping(("level", "note", "evidence"), findings)
    if "level" not in keys:
        raise value.error(f'{value.name} lacks "level".', f"Levels: {', '.join(LEVELS)}.")
    level = _one_of(keys["level"], LEVELS, "Levels")
    note = None
    if "note" in keys and not keys["note"].is_nothing():
        with findings.collected():
            note = keys["note"].text()
    evidence = None
    if "evidence" in keys and not keys["evidence"].is_nothing():
        evidence = _evidence(keys["evidence"], findings)  # a problem in it ends this area
    if level == "embedded" and (evidence is None or evidence.dated is None):
        raise keys["level"].error(
            f'{value.name} is "embedded" without a dated link to evidence.',
            'Add evidence with text, link and date, or say "in place".',
        )
    return Area(name, level, note, evidence)


def read_actions(value: Value, findings: Findings) -> tuple[Action, ...]:
    """Read ``actions``: what the board said it would do this year.

    Parameters
    ----------
    value : Value
    findings : Findings
        Takes every problem and every link.

    Returns
    -------
    tuple of Action
        Those that can be used, in the order of the file.
    """
    actions = _read_list(value, findings, STATUSES)
    owners = {action.owner for action in actions}
    if len(actions) >= SHARED_FROM and len(owners) == 1:
        findings.problems.append(
            value.error(
                f"{owners.pop()} owns all {len(actions)} actions.",
                "Share them between board roles: nobody owns everything.",
            )
        )
    return actions


def read_history(value: Value, findings: Findings) -> tuple[Action, ...]:
    """Read ``history``: actions of earlier years that are done or were stopped.

    Parameters
    ----------
    value : Value
    findings : Findings
        Takes every problem and every link.

    Returns
    -------
    tuple of Action
    """
    return _read_list(value, findings, [status for status in STATUSES if status not in OPEN])


def _read_list(value: Value, findings: Findings, statuses: Collection[str]) -> tuple[Action, ...]:
    actions: list[Action] = []
    with findings.collected():
        for item in value.items("Begin each action with a hyphen: - what: …", each=value.name.removesuffix("s")):
            with findings.collected():
                action = _action(item, findings, statuses)
                if any(action.what.casefold() == other.what.casefold() for other in actions):
                    raise item.error("The same action stands twice.", "Remove one of the two.")
                actions.append(action)
    return tuple(actions)


def _action(value: Value, findings: Findings, statuses: Collection[str]) -> Action:
    """Read one action; each of its problems is kept, and the last of them raised."""
    mine = Findings(links=findings.links, past_days=findings.past_days)
    keys = value.mapping(_ACTION_KEYS, mine, refused=_NOT_STORED)
    missing = [name for name in _NEEDED if name not in keys]
    if missing:
        mine.problems.append(
            value.error(
                f"{value.name} lacks {', '.join(missing)}.",
                "`race-equality params new` writes an example of a complete action.",
            )
        )
    readers = {
        "what": _what,
        "owner": _owner,
        "indicator": lambda given: _one_of(given, INDICATORS, "Indicators"),
        "began": Value.day,
        "due": Value.day,
        "status": lambda given: _one_of(given, statuses, "States"),
        "review": lambda given: _review(given, mine),
        "evidence": lambda given: None if given.is_nothing() else _evidence(given, mine),
    }
    read = {}
    for name, given in keys.items():
        with mine.collected():
            read[name] = readers[name](given)
    with mine.collected():
        _check_together(value, keys, read)
    if mine.problems:
        findings.problems += mine.problems[:-1]
        raise mine.problems[-1]
    return Action(**{"evidence": None, **read})


def _check_together(value: Value, keys: dict[str, Value], read: dict) -> None:
    """Check what only two values together can show."""
    began, due, status, review = (read.get(name) for name in ("began", "due", "status", "review"))
    if began and due and due < began:
        raise keys["due"].error(f"{value.name} is due before it began.", "Correct one of the two dates.")
    if began and review and review.date < began:
        raise keys["review"].error(f"{value.name} is reviewed before it began.", "Correct one of the two dates.")
    if status == "done" and not read.get("evidence") and "evidence" not in keys:
        raise keys["status"].error(
            f"{value.name} is done without evidence.",
            "Add evidence with a text and an https link that shows what changed.",
        )
    if review and status == "stopped" and review.decision != "stop":
        raise keys["status"].error(
            f"{value.name} is stopped without the board's decision.", "Write decision: stop under review."
        )
    if review and review.decision == "stop" and status in OPEN:
        raise keys["status"].error(
            f"The review of {value.name} decided to stop it, and it is {status}.",
            "Write status: stopped, or correct the decision.",
        )


def _what(value: Value) -> str:
    text = value.text()
    if is_only_data(text):
        raise value.error(
            f"{value.name} gathers, watches or reports data and changes nothing.",
            "Say what people here will do differently; data can follow as its evidence.",
        )
    return text


def _owner(value: Value) -> str:
    owner = value.text()
    by_folded = {role.casefold(): role for role in BOARD_ROLES}
    folded = owner.casefold().replace(" & ", " and ").replace("vice-", "vice ")
    for written in (folded, _BEFORE_A_ROLE.sub("", folded)):
        if written in by_folded:
            return by_folded[written]
    shown = owner if len(owner) <= 60 else f"{owner[:60]}…"
    inside = [role for role in BOARD_ROLES if re.search(rf"\b{re.escape(role)}\b", owner, re.IGNORECASE)]
    # "Chair of the people committee" holds "Chair" as well.
    inside = [role for role in inside if not any(role != other and role in other for other in inside)]
    if len(inside) > 1:
        raise value.error(
            f'"{shown}" are {len(inside)} owners.', f"One role answers for an action: {' or '.join(inside)}."
        )
    for pattern, reason in _NOT_OWNERS:
        if re.search(pattern, owner.casefold()):
            raise value.error(f'"{shown}" cannot own an action. {reason}', _MEND_OWNER)
    if inside:
        raise value.error(
            f'"{shown}" says more than a role.', f"Write {inside[0]} alone: no owner's name or ethnicity is stored."
        )
    close = difflib.get_close_matches(owner.casefold(), by_folded, n=1, cutoff=0.75)
    mend = f'Did you mean "{by_folded[close[0]]}"?' if close else _MEND_OWNER
    raise value.error(f'"{shown}" is not a board role. A role, never a name, owns an action.', mend)


def _review(value: Value, findings: Findings) -> Review:
    keys = value.mapping(("date", "decision"), findings)
    if "date" not in keys:
        raise value.error(f'{value.name} lacks "date".', "Give the day on which the board decides to stop or continue.")
    decision = None
    if "decision" in keys and not keys["decision"].is_nothing():
        decision = _one_of(keys["decision"], DECISIONS, "Decisions")
    return Review(keys["date"].day(), decision)


def _evidence(value: Value, findings: Findings) -> Evidence:
    keys = value.mapping(("text", "link", "date"), findings)
    missing = [name for name in ("text", "link") if name not in keys]
    if missing:
        raise value.error(f"{value.name} lacks {' and '.join(missing)}.", "Evidence is a text and an https link.")
    link = _link(keys["link"])
    findings.links.append(keys["link"])
    dated = None
    if "date" in keys and not keys["date"].is_nothing():
        dated = keys["date"].day()
        findings.past_days.append(keys["date"])
    return Evidence(keys["text"].text(), link, dated)


def _link(value: Value) -> str:
    """Return an address that somebody outside of the trust could open, by its form."""
    link = value.text()
    try:
        parts = urlsplit(link)
        host, port = parts.hostname or "", parts.port  # a port that is no number raises
    except ValueError:
        raise value.error(f"{value.name} is not an address.", "Copy it from the browser.") from None
    if any(sign in link for sign in _TYPOGRAPHIC):
        raise value.error(
            f"{value.name} holds typographic quotation marks, which are read as part of it.", "Remove them."
        )
    if parts.scheme != "https":
        raise value.error(
            f"{value.name} does not begin with https://.", "Only a page that anybody can open safely is evidence."
        )
    if parts.username is not None or parts.password is not None:
        raise value.error(f"{value.name} holds a user name or a password.", "Remove it from the address.")
    if (
        re.search(r"[\s<>\"\\^`{|}]", link)
        or not re.fullmatch(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]*", host)
        or port == 0
    ):
        raise value.error(f"{value.name} is not a complete address.", "Copy it from the browser.")
    return link


def _one_of(value: Value, known: Collection[str], what: str) -> str:
    given = value.plain()
    if not isinstance(given, str):
        raise value.error(f"{value.name} must be text, not {kind_of(given)}.", f"{what}: {', '.join(known)}.")
    word = " ".join(given.lower().split())
    if word not in known:
        shown = given if len(given) <= 60 else f"{given[:60]}…"
        raise value.error(f'{value.name} is "{shown}".', nearest(word, known, what=what))
    return word

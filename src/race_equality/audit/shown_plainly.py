"""What stands openly and should not: too precise, of too few, or in a file that nobody can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from race_equality.audit.channels import Content, Table, Unread
from race_equality.audit.printed_numbers import NOT_FIGURES, normal, numbers_in, only_number, pieces_in, tables_in
from race_equality.audit.problem import Problem
from race_equality.disclosure.attack import small_fractions
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules

_COUNTS_PEOPLE = re.compile(
    r"^(number of )?(staff|people|headcount|members|respondents)( \(.*\))?$|who answered", re.IGNORECASE
)
_COUNTS_ANSWERS = re.compile(r"answered|respond", re.IGNORECASE)


def unread(contents: Iterable[Content]) -> Iterator[Problem]:
    for item in contents:
        if isinstance(item, Unread):
            yield Problem(item.file, "unread", "file", "", item.reason)


def too_precise(contents: Iterable[Content], rule: DisclosureRule, *, of_a_trust: bool) -> Iterator[Problem]:
    """Decimals beyond the rule; pages for all trusts may quote national percentages as published."""
    more = re.compile(rf"\d\.\d{{{min(rule.percent_decimals, rule.ratio_decimals) + 1}}}")
    for file, channel, place, text in pieces_in(contents):
        if channel.startswith(NOT_FIGURES) or channel.endswith(" attributes"):
            continue  # (attributes stand there one by one as well)
        if not more.search(text):
            continue
        for number in numbers_in(text):
            allowed = rule.percent_decimals if number.percent and of_a_trust else rule.ratio_decimals
            if number.decimals <= allowed:
                continue
            message = f"{number.text}{'%' if number.percent else ''} has more than {allowed} decimals"
            if number.decimals >= 4:
                share = number.value / 100 if number.value > 1 else number.value
                decimals = number.decimals + 2 if number.value > 1 else number.decimals
                small = small_fractions(share, decimals, rule.minimum_responses)
                if small:
                    message += f" and can only be {small[0]} of so few"
            yield Problem(file, "too precise", channel, place, message)


def counts_people(table: Table, column: int) -> bool:
    """Whether a column counts people: it says so, or, where it says nothing of its unit, its heading does."""
    unit = table.units[column] if column < len(table.units) else ""
    return unit == "people" if unit else bool(_COUNTS_PEOPLE.search(table.columns[column]))


def too_few(contents: Iterable[Content], rules: DisclosureRules, scope: str) -> Iterator[Problem]:
    """A count of people in a table that should have been hidden, by the rule of the trust that it is about."""
    for table in tables_in(contents):
        about = {normal(name): place for place, name in enumerate(table.columns)}
        trust, unit = about.get("trust_code"), about.get("unit")
        for i, column in enumerate(table.columns):
            if not counts_people(table, i):
                continue
            for row in table.rows:
                if i >= len(row):
                    continue
                rule = rules.of(scope if trust is None else row[trust])
                # in a data file the column holds the base of a share as well
                is_base = _COUNTS_ANSWERS.search(column) if unit is None else row[unit] != "people"
                least = rule.minimum_responses if is_base else rule.minimum_people
                number = only_number(row[i])
                if number and not number.percent and not number.decimals and 0 <= number.value < least:
                    message = f"{column} of {row[0]} is {row[i]}, and fewer than {least} are not shown"
                    yield Problem(table.file, "too few", table.channel, table.place, message)

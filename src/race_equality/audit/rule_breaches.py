"""Published values that break the rule directly: too precise, about too few people, or in an unreadable file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from race_equality.audit.channels import Content, Table, Unread
from race_equality.audit.printed_numbers import (
    CHANNELS_WITHOUT_FIGURES,
    normalise,
    numbers_in,
    only_number,
    tables_in,
    texts_in,
)
from race_equality.audit.problem import Problem
from race_equality.disclosure.attack import small_fractions
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules

_COUNTS_PEOPLE = re.compile(
    r"^(number of )?(staff|people|headcount|members|respondents)( \(.*\))?$|who answered", re.IGNORECASE
)
_COUNTS_ANSWERS = re.compile(r"answered|respond", re.IGNORECASE)


def unread_files(contents: Iterable[Content]) -> Iterator[Problem]:
    """Report what could not be read."""
    for item in contents:
        if isinstance(item, Unread):
            yield Problem(item.file, "unread", "file", "", item.reason)


def too_precise(contents: Iterable[Content], rule: DisclosureRule, *, of_a_trust: bool) -> Iterator[Problem]:
    """Find numbers with more decimals than the rule allows; pages on all trusts may quote national percentages."""
    more = re.compile(rf"\d\.\d{{{min(rule.percent_decimals, rule.ratio_decimals) + 1}}}")
    for file, channel, place, text in texts_in(contents):
        if channel.startswith(CHANNELS_WITHOUT_FIGURES) or channel.endswith(" attributes"):
            continue  # (each attribute is also read by itself)
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


def is_count_of_people(table: Table, column: int) -> bool:
    """Whether a column counts people, by its unit or, where it has none, by its heading."""
    unit = table.units[column] if column < len(table.units) else ""
    return unit == "people" if unit else bool(_COUNTS_PEOPLE.search(table.columns[column]))


def too_few(contents: Iterable[Content], rules: DisclosureRules, scope: str) -> Iterator[Problem]:
    """Find counts of people in tables that the rule of their trust hides."""
    for table in tables_in(contents):
        about = {normalise(name): place for place, name in enumerate(table.columns)}
        trust, unit = about.get("trust_code"), about.get("unit")
        # a DataFrame of figures in an output, which prints a count as 9.0
        plain = unit is not None and table.channel != "data file"
        for i, column in enumerate(table.columns):
            is_value, is_denominator = (plain and normalise(column) == name for name in ("value", "denominator"))
            if not (is_value or is_denominator or is_count_of_people(table, i)):
                continue
            for row in table.rows:
                if max(i, unit or 0) >= len(row) or (is_value and unit is not None and row[unit] != "people"):
                    continue
                rule = rules.of(scope if trust is None else row[trust])
                # in a data file the column holds the base of a share as well
                is_base = _COUNTS_ANSWERS.search(column) if unit is None else row[unit] != "people"
                least = rule.minimum_responses if is_base else rule.minimum_people
                number = only_number(row[i])
                whole = number and (number.value.is_integer() if plain else not number.decimals)
                if number and whole and not number.percent and 0 <= number.value < least:
                    label = " / ".join(cell for cell in row[:i] if cell and not only_number(cell)) if plain else row[0]
                    message = f"{column} of {label} is {row[i]}, and fewer than {least} are not shown"
                    yield Problem(table.file, "too few", table.channel, table.place, message)

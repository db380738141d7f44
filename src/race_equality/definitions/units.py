"""Units: how many decimals a figure has, and how it is written after a number."""

from __future__ import annotations

#: Unit to the most decimals that are given: percentages one, ratios two, people none.
DECIMALS = {
    **dict.fromkeys(("people", "count", "quintile", "fte", "years", "rank"), 0),
    **dict.fromkeys(("percent", "percentage points", "score", "per_1000", "per_100000", "percent a year"), 1),
    **dict.fromkeys(("ratio", "probability"), 2),
}

#: What stands for a unit in a title of a chart or a table.
WORDS = {
    "per_1000": "for 1,000 people",
    "per_100000": "for 100,000 people",
    "fte": "full-time equivalents",
    "quintile": "fifth",
}

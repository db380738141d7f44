"""Whether two headers mean the same.

A publisher writes ``Within 18 weeks`` one year and ``within_18wk`` the next: that is read. ``Over 65 weeks``
for ``Over 52 weeks`` is another column, and never read in its place.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from functools import lru_cache


def normalised(text: object) -> str:
    """Return text with runs of white space and letter case evened out, for comparing headers."""
    return " ".join(str(text).split()).casefold()


# Ways of writing one word in a header. Nothing here changes a meaning: figures are never equated.
_ONE_WORD = {
    **dict.fromkeys(("wk", "wks"), "week"),
    **dict.fromkeys(("hr", "hrs", "h", "hs"), "hour"),
    **dict.fromkeys(("mth", "mths"), "month"),
    **dict.fromkeys(("org", "orgs", "organization", "organizations"), "organisation"),
    **dict.fromkeys(("pct", "percentage", "%"), "percent"),
    **dict.fromkeys(("&", "+"), "and"),
    "dept": "department",
    "incl": "including",
    "pop": "population",
}
_LEFT_OUT_WORDS = frozenset({"the", "of", "a", "an"})


@lru_cache(maxsize=4096)
def same_words(text: str) -> tuple[str, ...]:
    """Return a header's words, however it writes them: two headers with the same words mean the same.

    Letter case, punctuation, plurals and usual abbreviations may differ. Numbers may not, nor may the
    order of words: over 52 weeks is not over 65.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> same_words("Within 18 weeks") == same_words("within_18wk")
    True
    >>> same_words("over_52wk") == same_words("over_65wk")
    False
    """
    words = re.findall(r"[^\W\d_]+|\d+|[%&<>+]", text.casefold())
    one = (_ONE_WORD.get(word, word) for word in words if word not in _LEFT_OUT_WORDS)
    singular = (w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in one)
    # runs of letters are joined: "Time period" is also written Timeperiod
    return tuple(
        "".join(run) if letters else part
        for letters, group in itertools.groupby(singular, str.isalpha)
        for run in [list(group)]
        for part in ([""] if letters else run)
    )


def renamed_column(name: str, others: Iterable[str]) -> str | None:
    """Return the one header that has the same words as ``name``; None when none or several have."""
    found = [other for other in others if same_words(other) == same_words(name)]
    return found[0] if len(found) == 1 and same_words(name) else None

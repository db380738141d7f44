"""Write text into Markdown so that it stays text, whoever wrote it.

Names of trusts, systems and organisations, titles and sources come from files. Pandoc, Quarto and JupyterLab each read
another Markdown: with raw HTML, mathematics, references, shortcodes and code that is run. So what could be markup in any
of them is escaped, and only the markup that the project itself writes is kept.
"""

from __future__ import annotations

import re

#: NHS Providers, Race 2.0: Time for real change (10 March 2022). Sentences link to no other site than this.
BOARDS_ASKED_AT = "https://nhsproviders.org/race-2-0-time-for-real-change"

# the last two: addresses that are links without any mark
_SPECIAL = r"[\\`*_{}\[\]<>$^~@#|]|&(?=\#?\w+;)|:(?=//)|(?<=www)[.]"
_START = r"(?P<start>^(?:\d+[.)](?=[ ]|$)|[-+:=](?=[-+:= ]|$)))"  # would begin a list or end a heading
_TEXT = re.compile(rf"{_START}|(?P<escaped>{_SPECIAL})")
_PROSE = re.compile(
    rf"""
    (?P<kept>
      ^(?:-[ ]|\#{{3}}[ ])                                       # an item of a list, a heading
      | (?:^|(?<=[.)?!][ ])|(?<=^-[ ]))\*\*[^*\n]+?\*\*(?=[:\n ]|$)   # what a sentence or a paragraph is about
      | \[[^\[\]<>\n]+\]\((?:\#[\w-]+|(?:\.\./)+[\w./-]+(?:\#[\w=-]+)?|{re.escape(BOARDS_ASKED_AT)})\)  # in the site
    )
    | {_START}
    | (?P<escaped>{_SPECIAL})
    """,
    re.VERBOSE | re.MULTILINE,
)


def as_text(text: str) -> str:
    """Escape what any reader of Markdown would take for markup, HTML, a reference or code.

    Parameters
    ----------
    text : str
        One line.

    Returns
    -------
    str
        Markdown that is shown as `text` was.

    Examples
    --------
    >>> print(as_text("a*b <script> {{< include x >}}"))
    a\\*b \\<script\\> \\{\\{\\< include x \\>\\}\\}
    """
    return _TEXT.sub(_escaped, text)


def as_prose(text: str) -> str:
    """Escape sentences, and keep the little markup that they are written with.

    Parameters
    ----------
    text : str
        Paragraphs with an empty line between. Kept are lists with ``-``, headings with ``###``, bold words at the start of
        a sentence, and links within the site and to :data:`BOARDS_ASKED_AT`.

    Returns
    -------
    str
        Markdown. What is in a name, in the middle of a sentence, is text.

    Examples
    --------
    >>> print(as_prose("**Waiting.** They are *A* NHS Trust and [B](javascript:alert)."))
    **Waiting.** They are \\*A\\* NHS Trust and \\[B\\](javascript:alert).
    """

    def written(found: re.Match[str]) -> str:
        if found["kept"]:
            return _kept(found["kept"])
        return _escaped(found)

    return _PROSE.sub(written, "\n".join(line.lstrip() for line in text.split("\n")))


def _escaped(found: re.Match[str]) -> str:
    """Put a backslash before the last sign: the point, where a number begins a line."""
    return f"{found[0][:-1]}\\{found[0][-1]}"


def _kept(markup: str) -> str:
    """Escape the words of bold text or of a link."""
    if markup.startswith("**"):
        return f"**{as_text(markup[2:-2])}**"
    if markup.startswith("["):
        words, _, address = markup[1:].rpartition("](")
        return f"[{as_text(words)}]({address}"
    return markup


def without_escapes(markdown: str) -> str:
    """Return the text that was escaped.

    Examples
    --------
    >>> print(without_escapes(as_text("a*b_c")))
    a*b_c
    """
    return re.sub(r"\\([^\w\s]|_)", r"\1", markdown)

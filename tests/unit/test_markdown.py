"""Text that is written into Markdown stays text, whichever program reads it."""

from __future__ import annotations

import html
import re

import pytest

from race_equality.markdown import BOARDS_ASKED_AT, as_prose, as_text, without_escapes
from race_equality.render.pandoc import convert
from race_equality.report.display import Prose

HOSTILE = (
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](https://example.org)",
    "![x](https://example.org/a.png)",
    "[x]{.y onclick=z}",
    "<https://example.org>",
    "a*b_c",
    "**b**",
    "$x$ and $$y$$",
    "{{< include x >}}",
    "`r 1`",
    "``{=html} <b>``",
    '=HYPERLINK("x")',
    "@fig-x [@y]",
    "&lt;b&gt; &#60;",
    "\\<b> \\\\<b>",
    "a | b",
    "x^2^ and ~~y~~ H~2~O",
    "x[^1]",
    "# a",
    "1. a",
    "- a",
    "<!-- a -->",
)
READERS = ("markdown-smart", "markdown-smart+tex_math_dollars+citations", "gfm", "commonmark_x-smart")


@pytest.mark.parametrize("reader", READERS)
def test_names_stay_text_in_every_markdown(reader):
    """Alone in a paragraph, and within a sentence of Prose."""
    paragraphs = [*map(as_text, HOSTILE), *(as_prose(f"They are {name} (RJ1).") for name in HOSTILE)]
    page = convert("\n\n".join(paragraphs), [f"--from={reader}", "--to=html5", "--wrap=none"])[0]
    said = [html.unescape(one) for one in re.findall(r"<p>([^<]*)</p>", page)]
    assert said == [*HOSTILE, *(f"They are {name} (RJ1)." for name in HOSTILE)]


def test_our_own_markup_is_kept_and_what_is_in_it_is_escaped():
    kept = (
        "### Questions\n\n- one\n- two\n\n**Waiting (WRES 5).** 3.1%: A&E. **Over 52 weeks**: none.\n\n"
        f"See [the list](#every-trust), [figures](../index.html#figures-to-download) and [Race 2.0]({BOARDS_ASKED_AT})."
    )
    assert as_prose(kept) == kept
    assert as_prose("**A <b>.** x") == "**A \\<b\\>.** x"
    assert as_prose("[a <b> c](#d)") == "\\[a \\<b\\> c\\](\\#d)"


def test_a_sentence_in_a_notebook_is_escaped_once_and_plain_in_a_terminal():
    assert Prose("a*b <script>")._repr_mimebundle_() == {
        "text/markdown": "a\\*b \\<script\\>",
        "text/plain": "a*b <script>",
    }
    assert all(without_escapes(as_text(name)) == name for name in HOSTILE)

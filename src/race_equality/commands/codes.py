"""Codes of trusts and ids of indicators as arguments, which a shell completes."""

from __future__ import annotations

from contextlib import suppress

import click
from click.shell_completion import CompletionItem


class _Trust(click.ParamType):
    """A code as it was typed; the command looks it up."""

    name = "trust"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the trusts whose code begins so, and those with a word of their name that does."""
        import pyarrow.parquet as pq

        from race_equality.project import find_project
        from race_equality.store.figures import TRUSTS_FILE

        begun = incomplete.casefold()
        with suppress(Exception):  # nothing may be printed into somebody's command line
            # without pandas, which takes a second to import
            columns = ["trust_code", "trust_name"]
            names = pq.read_table(find_project().figures / TRUSTS_FILE, columns=columns).to_pydict().values()
            trusts = dict(zip(*names, strict=True))
            chosen = [code for code in trusts if code.casefold().startswith(begun)] or [
                code for code, name in trusts.items() if any(word.startswith(begun) for word in name.casefold().split())
            ]
            return [CompletionItem(code, help=trusts[code]) for code in chosen]
        return []


class _Indicator(click.ParamType):
    """An id as it was typed; the command looks it up."""

    name = "indicator"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the ids that begin so, with what they are."""
        from race_equality.definitions.indicators import INDICATORS

        return [
            CompletionItem(id, help=one.name)
            for one in INDICATORS
            for id in one.figure_ids
            if id.startswith(incomplete.casefold())
        ]


TRUST, INDICATOR = _Trust(), _Indicator()

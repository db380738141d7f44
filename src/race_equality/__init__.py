"""Race equality reports for NHS trusts: published figures in, board reports out.

>>> import race_equality as re
>>> len(re.trusts())
202

``re.figures()``, ``re.trusts()``, ``re.indicators()``, ``re.findings()`` and ``re.wide()`` are pandas DataFrames;
``help(re.wide)`` says what is in one. They are imported when they are first used: the command line does not need pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from race_equality.api import figures, findings, indicators, trusts, wide

__all__ = ["__version__", "figures", "findings", "indicators", "trusts", "wide"]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("race-equality")
    if name in __all__:
        from race_equality import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Limits on the time, output, memory and processes of a notebook.

A notebook that exceeds one is stopped with an error; other notebooks go on.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much one notebook may use.

    Parameters
    ----------
    seconds : float or None
        For all its cells together.
    output_megabytes : float or None
        Of all its outputs. A report has one or two; a browser hardly opens a page of fifty.
    memory_megabytes : float or None
        Of its kernel and all processes that it starts. A report takes 300.
    processes : int or None
        Processes that it may have running at once.
    """

    seconds: float | None = 1800
    output_megabytes: float | None = 50
    memory_megabytes: float | None = 2000
    processes: int | None = 200


NO_LIMITS = Limits(None, None, None, None)


class LimitExceededError(Exception):
    """A notebook was stopped because it exceeded a limit."""

"""What a notebook may use, and its end when it uses more.

A notebook that never ends, prints without end, starts processes without end or eats memory is stopped,
its page is reported as failed, and the rest of the run goes on.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one notebook may use.

    Parameters
    ----------
    seconds : float or None
        For all its cells together.
    output_megabytes : float or None
        Of all its outputs. Our own have one or two; a page of fifty is one that nobody can open.
    memory_megabytes : float or None
        Of its kernel and all processes that it starts. Our own take 0.3 of 2 thousand.
    processes : int or None
        That it starts, at once.
    """

    seconds: float | None = 1800
    output_megabytes: float | None = 50
    memory_megabytes: float | None = 2000
    processes: int | None = 200


NO_LIMITS = Limits(None, None, None, None)


class LimitExceededError(Exception):
    """A notebook was stopped because it used more than it may."""

"""Kernels forked from a process that has imported everything, and a papermill engine that uses them.

>>> import forked_kernels
>>> forked_kernels.Limits(seconds=60).seconds
60
"""

from forked_kernels.engine import ForkEngine
from forked_kernels.limits import NO_LIMITS, LimitExceededError, Limits
from forked_kernels.server import ADDRESS_VARIABLE, AVAILABLE, ForkedProcess, ForkRefused, ForkServer, private_folder

__all__ = [
    "ADDRESS_VARIABLE",
    "AVAILABLE",
    "NO_LIMITS",
    "ForkEngine",
    "ForkRefused",
    "ForkServer",
    "ForkedProcess",
    "LimitExceededError",
    "Limits",
    "private_folder",
]

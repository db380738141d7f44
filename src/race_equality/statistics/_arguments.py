"""Checks of what a function was given, so that every error names the argument."""

from __future__ import annotations

from numbers import Real
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from race_equality.errors import RaceEqualityError

#: A numerator made from a rounded rate and its base may exceed the base by rounding alone.
_ROUNDING = 1e-9


class StatisticsError(RaceEqualityError, ValueError):
    """An argument that the method is not defined for; the message names the argument."""


class Interval(NamedTuple):
    """A confidence interval.

    Attributes
    ----------
    lower, upper : float or numpy.ndarray
        The limits, in the shape of the input.
    """

    lower: np.ndarray
    upper: np.ndarray


def numbers(name: str, values: ArrayLike, *, nan_policy: str = "raise", ndim: int | None = None) -> np.ndarray:
    """Return finite numbers as an array of floats.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    values : array-like
        Numbers; pandas' and Python's missing values count as NaN.
    nan_policy : {"raise", "propagate"}
        Whether NaN is refused.
    ndim : int, optional
        The number of axes that is needed.

    Returns
    -------
    numpy.ndarray of float

    Raises
    ------
    StatisticsError
        For text, truth values, complex numbers, infinities, ragged lists, and NaN where refused.
    """
    if nan_policy not in ("raise", "propagate"):
        raise StatisticsError(f'nan_policy must be "raise" or "propagate", not {nan_policy!r}.')
    if isinstance(values, np.ma.MaskedArray):
        array = np.ma.filled(values.astype(float), np.nan) if values.dtype.kind in "iuf" else values.data
    else:
        # pandas' nullable columns give an array of objects when a value is missing
        try:
            array = np.asarray(values)
        except ValueError:
            raise StatisticsError(f"{name} must be a number or an array of numbers.") from None
    if array.dtype.kind == "O":
        array = np.array([_as_float(name, item) for item in array.ravel()]).reshape(array.shape)
    elif array.dtype.kind not in "iuf":
        found = array.ravel()[0].item() if array.size else array.dtype
        raise StatisticsError(f"{name} must be numbers, but {found!r} was given.")
    array = array.astype(float)
    if np.isinf(array).any():
        raise StatisticsError(f"{name} must be finite, but {_first(array, np.isinf(array))} was given.")
    if nan_policy == "raise" and np.isnan(array).any():
        raise StatisticsError(
            f'{name} has a missing value (NaN){_place(np.isnan(array))}; leave it out, or pass nan_policy="propagate".'
        )
    if ndim is not None and array.ndim != ndim:
        raise StatisticsError(f"{name} must have {ndim} axis(es), but has {array.ndim}.")
    return array


def _as_float(name: str, item: object) -> float:
    if item is None or type(item).__name__ in ("NAType", "NaTType"):
        return np.nan
    if isinstance(item, Real) and not isinstance(item, (bool, np.bool_)):
        return float(item)
    raise StatisticsError(f"{name} must be numbers, but {item!r} was given.")


def counts(name: str, values: ArrayLike, *, nan_policy: str = "raise") -> np.ndarray:
    """Return numbers that are at least zero.

    Counts need not be whole: a numerator may have been made from a published rate and its base.
    """
    array = numbers(name, values, nan_policy=nan_policy)
    if (array < 0).any():
        raise StatisticsError(
            f"{name} must not be negative, but {_first(array, array < 0)} was given{_place(array < 0)}."
        )
    return array


def proportions(name: str, values: ArrayLike, *, nan_policy: str = "raise") -> np.ndarray:
    """Return numbers between 0 and 1."""
    array = numbers(name, values, nan_policy=nan_policy)
    outside = (array < 0) | (array > 1)
    if outside.any():
        raise StatisticsError(
            f"{name} must lie between 0 and 1, but {_first(array, outside)} was given{_place(outside)}."
        )
    return array


def positive(name: str, values: ArrayLike, *, nan_policy: str = "raise") -> np.ndarray:
    """Return numbers that are above zero."""
    array = numbers(name, values, nan_policy=nan_policy)
    if (array <= 0).any():
        raise StatisticsError(
            f"{name} must be above zero, but {_first(array, array <= 0)} was given{_place(array <= 0)}."
        )
    return array


def together(**arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Broadcast arrays against each other; the error names them and their shapes."""
    try:
        return tuple(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise StatisticsError(f"These shapes do not go together: {shapes}.") from None


def count_and_total(
    count: ArrayLike, total: ArrayLike, *, nan_policy: str = "raise", names: tuple[str, str] = ("count", "total")
) -> tuple[np.ndarray, np.ndarray]:
    """Return numerators and denominators of one shape, numerators at most their denominators."""
    count, total = together(
        **{
            names[0]: counts(names[0], count, nan_policy=nan_policy),
            names[1]: counts(names[1], total, nan_policy=nan_policy),
        }
    )
    over = count > total * (1 + _ROUNDING)
    if over.any():
        raise StatisticsError(
            f"{names[0]} must not be over {names[1]}, but {_first(count, over)} of "
            f"{_first(total, over)} was given{_place(over)}."
        )
    return np.minimum(count, total), total


def two_groups(
    count_1: ArrayLike, total_1: ArrayLike, count_2: ArrayLike, total_2: ArrayLike, *, nan_policy: str = "raise"
) -> tuple[np.ndarray, ...]:
    """Return the numerators and denominators of two groups, all of one shape."""
    count_1, total_1 = count_and_total(count_1, total_1, nan_policy=nan_policy, names=("count_1", "total_1"))
    count_2, total_2 = count_and_total(count_2, total_2, nan_policy=nan_policy, names=("count_2", "total_2"))
    return together(count_1=count_1, total_1=total_1, count_2=count_2, total_2=total_2)


def level(confidence: ArrayLike, name: str = "confidence") -> float:
    """Return a confidence level strictly between 0 and 1."""
    value = numbers(name, confidence, ndim=0).item()
    if not 0 < value < 1:
        raise StatisticsError(f"{name} must lie between 0 and 1, such as 0.95, but {value:g} was given.")
    return value


def choice(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """Return one of the allowed words."""
    if value not in allowed:
        words = ", ".join(f'"{word}"' for word in allowed)
        raise StatisticsError(f"{name} must be one of {words}, but {value!r} was given.")
    return value


def _first(array: np.ndarray, where: np.ndarray) -> str:
    return f"{array[where].ravel()[0]:.10g}"


def _place(where: np.ndarray) -> str:
    if where.ndim == 0:
        return ""
    position = np.argwhere(where)[0]
    return f" at position {position[0] if len(position) == 1 else tuple(map(int, position))}"


def learned(learn_from: ArrayLike | None, usable: np.ndarray) -> np.ndarray:
    """Say which units with data teach how units vary.

    Parameters
    ----------
    learn_from : array-like of bool, optional
        As a caller gave it: a truth value for each unit; all without it.
    usable : numpy.ndarray of bool
        Which units have data.

    Returns
    -------
    numpy.ndarray of bool

    Raises
    ------
    StatisticsError
        When it is no truth value for each unit.
    """
    if learn_from is None:
        return usable
    learn_from = np.asarray(learn_from)
    if learn_from.dtype != bool or learn_from.shape != usable.shape:
        raise StatisticsError(
            f"learn_from must be {usable.size} truth values, one for each unit, but is "
            f"{learn_from.dtype} of the shape {learn_from.shape}."
        )
    return usable & learn_from

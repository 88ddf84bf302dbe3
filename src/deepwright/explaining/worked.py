"""Numbers worked out by hand: every term of one output or of one derivative, in float64, beside what the network gave.

What does not agree with the network is never shown: a layer may do more than its class says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from deepwright.contracts import FloatArray

#: Terms that are shown; the others are put together.
_SHOWN = 4
#: How far the network's float32 may be from float64, as a share of all terms without their signs.
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Factor:
    """A number with its name: ``w[3, 17]`` is 0.512."""

    name: str
    value: float


@dataclass(frozen=True)
class Term:
    """A product."""

    factors: tuple[Factor, ...]
    value: float


@dataclass(frozen=True)
class Worked:
    """One number, worked out.

    Attributes:
        name: of the number: ``y[3]``, ``dL/dw[3, 17]``.
        formula: that it follows.
        how: whether the terms are summed, the largest is taken, or a function is applied to the only one.
        terms: the largest ones.
        num_rest: other terms.
        rest: their sum, or the largest of them.
        bias: what is added.
        result: worked out here.
        recorded: what the network gave.
    """

    name: str
    formula: str
    how: Literal["sum", "max", "function"]
    terms: tuple[Term, ...]
    num_rest: int
    rest: float
    bias: Factor | None
    result: float
    recorded: float


@dataclass(frozen=True)
class Column:
    """One factor of every term.

    Attributes:
        named: gives the name of the factor of a term, by its place.
        values: [K], of every term.
    """

    named: Callable[[int], str]
    values: FloatArray


def summed(
    name: str,
    formula: str,
    columns: Sequence[Column],
    recorded: float,
    bias: Factor | None = None,
    slack: float = 0.0,
) -> Worked | None:
    """A sum of products; None where the network gave another number.

    Args:
        name: of the sum.
        formula: that it follows.
        columns: factors of the terms.
        recorded: what the network gave.
        bias: added to the terms.
        slack: how far the network may be away besides, where it subtracts in float32 before it multiplies.
    """
    products = np.prod([column.values for column in columns], axis=0)
    order = np.argsort(-np.abs(products), kind="stable")
    added = 0.0 if bias is None else bias.value
    result = float(products.sum()) + added
    if abs(result - recorded) > _TOLERANCE * (float(np.abs(products).sum()) + abs(added)) + slack:
        return None
    rest = products[order[_SHOWN:]]
    terms = _terms(columns, products, order)
    return Worked(name, formula, "sum", terms, len(rest), float(rest.sum()), bias, result, recorded)


def largest(name: str, formula: str, column: Column, recorded: float) -> Worked | None:
    """The largest of some numbers; None where the network gave another one."""
    order = np.argsort(-column.values, kind="stable")
    result = float(column.values[order[0]])
    if abs(result - recorded) > _TOLERANCE * abs(result):
        return None
    rest = column.values[order[_SHOWN:]]
    terms = _terms([column], column.values, order)
    return Worked(name, formula, "max", terms, len(rest), float(rest.max(initial=0)), None, result, recorded)


def applied(name: str, formula: str, to: Factor, result: float, recorded: float) -> Worked | None:
    """A function of one number; None where the network gave another result."""
    if abs(result - recorded) > _TOLERANCE * max(abs(result), abs(to.value)):
        return None
    return Worked(name, formula, "function", (Term((to,), to.value),), 0, 0.0, None, result, recorded)


def at(symbol: str, place: Sequence[Any]) -> str:
    """``w[3, 17]``: a number within a tensor, counted from 0."""
    return f"{symbol}[{', '.join(map(str, place))}]" if len(place) else symbol


def top(values: FloatArray) -> tuple[int, ...]:
    """The place of the largest number."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(values)), values.shape))


def _terms(columns: Sequence[Column], values: FloatArray, order: npt.NDArray[np.intp]) -> tuple[Term, ...]:
    return tuple(
        Term(tuple(Factor(column.named(int(i)), float(column.values[i])) for column in columns), float(values[i]))
        for i in order[:_SHOWN]
    )

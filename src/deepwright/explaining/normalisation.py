"""Normalisation: y = (x − μ)/√(σ² + ε)·γ + β, with the mean μ, the variance σ², the learnt scale γ and shift β."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepwright.contracts import FloatArray, IntArray
from deepwright.explaining.layer import Explanation, Seen, known
from deepwright.explaining.worked import Column, Factor, Worked, at, summed, top
from deepwright.layers.normalise import Normalise

_PLAIN = "y = (x − μ)/√(σ² + ε)"


@dataclass(frozen=True)
class _Parts:
    """The parts of the formula, each of the shape of x.

    Attributes:
        centred: x − μ.
        inverse: 1/√(σ² + ε).
        scale: γ.
        shift: β.
        owner: the place of the scale in its tensor, as one number.
    """

    centred: FloatArray
    inverse: FloatArray
    scale: FloatArray
    shift: FloatArray
    owner: IntArray


def front(seen: Seen) -> Explanation:
    """The network's first layer: mean and deviation of the training split, nothing learnt by gradient."""
    mean, inverse = seen.parameter("mean"), seen.parameter("scale")
    assert mean is not None
    assert inverse is not None
    parts = _spread(seen, seen.x - mean, inverse)
    return _explained(seen, "y = (x − μ)/σ", parts, fixed=True)


def batch_norm(seen: Seen) -> Explanation | None:
    """By the running means, since the network evaluates; None where it has none."""
    mean, variance = seen.parameter("running_mean"), seen.parameter("running_var")
    if mean is None or variance is None:
        return None
    shape = (-1, *(1,) * (seen.x.ndim - 1))
    inverse = 1 / np.sqrt(variance + seen.module.eps)
    parts = _spread(seen, seen.x - mean.reshape(shape), inverse.reshape(shape), shape)
    return _explained(seen, _formula(seen), parts, fixed=True)


def layer_norm(seen: Seen) -> Explanation:
    """By mean and variance of the last axes of the example itself."""
    axes = tuple(range(-len(seen.module.normalized_shape), 0))
    centred = seen.x - seen.x.mean(axes, keepdims=True)
    inverse = 1 / np.sqrt(seen.x.var(axes, keepdims=True) + seen.module.eps)
    return _explained(seen, _formula(seen), _spread(seen, centred, inverse), fixed=False)


def group_norm(seen: Seen) -> Explanation:
    """By mean and variance of groups of the example's own channels."""
    groups = seen.x.reshape(seen.module.num_groups, -1)
    centred = (groups - groups.mean(1, keepdims=True)).reshape(seen.x.shape)
    inverse = 1 / np.sqrt(groups.var(1) + seen.module.eps)
    shape = (-1, *(1,) * (seen.x.ndim - 1))
    each = np.repeat(inverse, len(seen.x) // seen.module.num_groups).reshape(shape)
    return _explained(seen, _formula(seen), _spread(seen, centred, each, shape), fixed=False)


def _formula(seen: Seen) -> str:
    learnt = ("weight", "·γ"), ("bias", " + β")
    return _PLAIN + "".join(symbol for name, symbol in learnt if seen.parameter(name) is not None)


def _factor(seen: Seen) -> str:
    if isinstance(seen.module, Normalise):
        return "1/σ"
    return "1/√(σ² + ε)" if seen.parameter("weight") is None else "γ/√(σ² + ε)"


def _spread(seen: Seen, centred: FloatArray, inverse: FloatArray, shape: tuple[int, ...] | None = None) -> _Parts:
    """Every part in the shape of x; scale and shift are reshaped before they are spread."""
    weight, bias = seen.parameter("weight"), seen.parameter("bias")
    scale = np.ones(()) if weight is None else weight.reshape(shape or weight.shape)
    shift = np.zeros(()) if bias is None else bias.reshape(shape or bias.shape)
    owner = np.arange(scale.size).reshape(scale.shape)
    parts: list[Any] = [centred, inverse, scale, shift, owner]
    return _Parts(*(np.broadcast_to(part, seen.x.shape) for part in parts))


def _explained(seen: Seen, formula: str, parts: _Parts, *, fixed: bool) -> Explanation:
    """The largest output, and the derivatives of its scale and, where mean and variance are fixed, of its input."""
    place = top(seen.y)
    factor = parts.inverse * parts.scale
    columns = [
        Column(lambda _i: f"({at('x', place)} − μ)", parts.centred[place].reshape(1)),
        Column(lambda _i: _factor(seen), factor[place].reshape(1)),
    ]
    shift = None if seen.parameter("bias") is None else Factor("β", float(parts.shift[place]))
    unit = summed(at("y", place), formula, columns, float(seen.y[place]), shift)
    return Explanation(
        formula, unit, known(_to_scale(seen, parts, place), _to_input(seen, factor, place) if fixed else None)
    )


def _to_scale(seen: Seen, parts: _Parts, place: tuple[int, ...]) -> Worked | None:
    if seen.dy is None or not seen.dw or "weight" not in seen.dw:
        return None
    own = parts.owner == parts.owner[place]
    places = np.argwhere(own)
    columns = [
        Column(lambda i: at("dL/dy", places[i]), seen.dy[own]),
        Column(lambda i: f"({at('x', places[i])} − μ)/√(σ² + ε)", (parts.centred * parts.inverse)[own]),
    ]
    number = int(parts.owner[place])
    name = at("dL/dγ", np.unravel_index(number, seen.dw["weight"].shape))
    rule = "dL/dγ = Σ dL/dy · (x − μ)/√(σ² + ε)"
    return summed(name, rule, columns, float(seen.dw["weight"].flat[number]))


def _to_input(seen: Seen, factor: FloatArray, place: tuple[int, ...]) -> Worked | None:
    if seen.dy is None or seen.dx is None:
        return None
    columns = [
        Column(lambda _i: at("dL/dy", place), seen.dy[place].reshape(1)),
        Column(lambda _i: _factor(seen), factor[place].reshape(1)),
    ]
    return summed(at("dL/dx", place), f"dL/dx = dL/dy · {_factor(seen)}", columns, float(seen.dx[place]))

"""Activations: y = f(x) number by number, so that dL/dx = dL/dy · f′(x); and softmax, which mixes them.

Values and slopes are the formulas written out, not torch's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, ndtr
from torch import nn

from deepwright.explaining.layer import Explanation, Seen, known
from deepwright.explaining.worked import Column, Factor, applied, at, summed, top

#: How far a slope may be from float64 where a function is nearly flat: 1 − y² leaves few digits of float32.
_SATURATED = 1e-6


@dataclass(frozen=True)
class Function:
    """A function of one number.

    Attributes:
        formula: as people write it.
        derivative: the same of its derivative.
        value: f(x).
        slope: f′(x).
    """

    formula: str
    derivative: str
    value: Callable[[float], float]
    slope: Callable[[float], float]


def function(seen: Seen) -> Explanation | None:
    """An activation; None of a variant whose formula is another one."""
    made = FUNCTIONS[_class_of(seen.module)](seen.module)
    if made is None:
        return None
    place = top(seen.y)
    x, formula = float(seen.x[place]), f"y = {made.formula}"
    unit = applied(at("y", place), formula, Factor(at("x", place), x), made.value(x), float(seen.y[place]))
    if seen.dy is None or seen.dx is None:
        return Explanation(formula, unit)
    columns = [
        Column(lambda _i: at("dL/dy", place), seen.dy[place].reshape(1)),
        Column(lambda _i: at("f′(x", place) + ")", np.array([made.slope(x)])),
    ]
    rule = f"dL/dx = dL/dy · f′(x), f′(x) = {made.derivative}"
    slack = _SATURATED * abs(float(seen.dy[place]))
    derivative = summed(at("dL/dx", place), rule, columns, float(seen.dx[place]), slack=slack)
    return Explanation(formula, unit, known(derivative))


def softmax(seen: Seen) -> Explanation | None:
    """Softmax over one axis; as one of its inputs grows, all its outputs change. None where the axis is not named."""
    if seen.module.dim is None:
        return None
    axis = seen.module.dim - 1 if seen.module.dim > 0 else seen.module.dim
    place, formula = top(seen.y), "y = exp(x) / Σ exp(x)"
    one = tuple(slice(None) if i == axis % seen.x.ndim else j for i, j in enumerate(place))
    x, y, chosen = seen.x[one], seen.y[one], place[axis]
    powers = np.exp(x - x.max())
    columns = [
        Column(lambda _i: f"exp({at('x', place)} − max x)", powers[chosen].reshape(1)),
        Column(lambda _i: "1 / Σ exp(x − max x)", np.array([1 / powers.sum()])),
    ]
    unit = summed(at("y", place), formula, columns, float(seen.y[place]))
    if seen.dy is None or seen.dx is None:
        return Explanation(formula, unit)

    def named(symbol: str) -> Callable[[int], str]:
        return lambda k: at(symbol, (*place[: axis % seen.x.ndim], k, *place[axis % seen.x.ndim + 1 :]))

    slopes = y * ((np.arange(len(y)) == chosen) - y[chosen])
    columns = [
        Column(named("dL/dy"), seen.dy[one]),
        Column(lambda k: f"{named('dy')(k)}/{at('dx', place)}", slopes),
    ]
    rule = "dL/dx[i] = Σ dL/dy[k] · y[k]·((k = i) − y[i])"
    return Explanation(formula, unit, known(summed(at("dL/dx", place), rule, columns, float(seen.dx[place]))))


def _class_of(module: nn.Module) -> type[nn.Module]:
    return next(base for base in type(module).__mro__ if base in FUNCTIONS)


def _relu(_module: Any) -> Function:
    return Function("max(0, x)", "1 (x > 0), 0 (x ≤ 0)", lambda x: max(0.0, x), lambda x: float(x > 0))


def _relu6(_module: Any) -> Function:
    return Function(
        "min(max(0, x), 6)",
        "1 (0 < x < 6), 0 (x ≤ 0, x ≥ 6)",
        lambda x: min(max(0.0, x), 6.0),
        lambda x: float(0 < x < 6),
    )


def _leaky_relu(module: Any) -> Function:
    s = module.negative_slope
    return Function(
        f"max(x, {s:g}·x)", f"1 (x > 0), {s:g} (x ≤ 0)", lambda x: max(x, s * x), lambda x: 1.0 if x > 0 else s
    )


def _sigmoid(_module: Any) -> Function:
    return Function("σ(x) = 1 / (1 + e⁻ˣ)", "y·(1 − y)", _logistic, lambda x: _logistic(x) * (1 - _logistic(x)))


def _hard_sigmoid(_module: Any) -> Function:
    return Function(
        "min(max(0, x/6 + 1/2), 1)",
        "1/6 (−3 < x < 3), 0 (x ≤ −3, x ≥ 3)",
        lambda x: min(max(0.0, x / 6 + 0.5), 1.0),
        lambda x: float(-3 < x < 3) / 6,
    )


def _tanh(_module: Any) -> Function:
    return Function("tanh x = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)", "1 − y²", math.tanh, lambda x: 1 - math.tanh(x) ** 2)


def _elu(module: Any) -> Function:
    a = module.alpha
    return Function(
        f"x (x > 0), {a:g}·(eˣ − 1) (x ≤ 0)",
        f"1 (x > 0), {a:g}·eˣ (x ≤ 0)",
        lambda x: x if x > 0 else a * math.expm1(x),
        lambda x: 1.0 if x > 0 else a * math.exp(x),
    )


def _selu(_module: Any) -> Function:
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return Function(
        "1.0507·x (x > 0), 1.7581·(eˣ − 1) (x ≤ 0)",
        "1.0507 (x > 0), 1.7581·eˣ (x ≤ 0)",
        lambda x: scale * (x if x > 0 else alpha * math.expm1(x)),
        lambda x: scale * (1.0 if x > 0 else alpha * math.exp(x)),
    )


def _gelu(module: Any) -> Function | None:
    if module.approximate != "none":
        return None
    return Function(
        "x·Φ(x)",
        "Φ(x) + x·φ(x)",
        lambda x: x * float(ndtr(x)),
        lambda x: float(ndtr(x)) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    )


def _silu(_module: Any) -> Function:
    return Function(
        "x·σ(x)",
        "σ(x) + x·σ(x)·(1 − σ(x))",
        lambda x: x * _logistic(x),
        lambda x: _logistic(x) * (1 + x * (1 - _logistic(x))),
    )


def _hard_swish(_module: Any) -> Function:
    return Function(
        "x·min(max(0, x + 3), 6) / 6",
        "(2x + 3)/6 (−3 < x < 3), 0 (x ≤ −3), 1 (x ≥ 3)",
        lambda x: x * min(max(0.0, x + 3), 6.0) / 6,
        lambda x: (2 * x + 3) / 6 if -3 < x < 3 else float(x >= 3),
    )


def _softplus(module: Any) -> Function:
    b = module.beta
    return Function(
        f"ln(1 + e^({b:g}·x)) / {b:g}",
        f"σ({b:g}·x)",
        lambda x: float(np.logaddexp(0, b * x)) / b,
        lambda x: _logistic(b * x),
    )


def _logistic(x: float) -> float:
    return float(expit(x))


#: By class; a subclass with a ``forward`` of its own is another function.
FUNCTIONS: Mapping[type[nn.Module], Callable[[Any], Function | None]] = {
    nn.ReLU: _relu,
    nn.ReLU6: _relu6,
    nn.LeakyReLU: _leaky_relu,
    nn.Sigmoid: _sigmoid,
    nn.Hardsigmoid: _hard_sigmoid,
    nn.Tanh: _tanh,
    nn.ELU: _elu,
    nn.SELU: _selu,
    nn.GELU: _gelu,
    nn.SiLU: _silu,
    nn.Hardswish: _hard_swish,
    nn.Softplus: _softplus,
}

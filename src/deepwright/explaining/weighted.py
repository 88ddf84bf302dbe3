"""Dense layers and convolutions: y = w·x + b, the same weights at every place of a picture.

By the chain rule dL/dw = Σ dL/dy · x over all places that a weight is used at, and dL/dx = Σ w · dL/dy over all outputs
that an input goes into.
"""

from __future__ import annotations

import numpy as np
from torch import nn

from deepwright.contracts import FloatArray, IntArray
from deepwright.explaining.layer import Explanation, Seen, known
from deepwright.explaining.windows import padding_of, pair, windows
from deepwright.explaining.worked import Column, Factor, Worked, at, summed, top

_TO_WEIGHTS, _TO_INPUTS = "dL/dw = Σ dL/dy · x", "dL/dx = Σ w · dL/dy"


def dense(seen: Seen) -> Explanation:
    """A weighted sum of all inputs of a place: x [..., D], w [O, D], y [..., O]."""
    w, b = seen.parameter("weight"), seen.parameter("bias")
    assert w is not None
    *before, o = place = top(seen.y)
    row = tuple(before)
    x = seen.x[row]
    formula = _formula("y = w·x", b)
    columns = [Column(lambda i: at("w", (o, i)), w[o]), Column(lambda i: at("x", (*row, i)), x)]
    unit = summed(at("y", place), formula, columns, float(seen.y[place]), _bias(b, o))
    if seen.dy is None or seen.dx is None or "weight" not in seen.dw:
        return Explanation(formula, unit)
    i, dy = int(np.argmax(np.abs(w[o] * x))), seen.dy
    rows = list(np.ndindex(dy.shape[:-1]))
    to_weight = [
        Column(lambda k: at("dL/dy", (*rows[k], o)), dy[..., o].reshape(-1)),
        Column(lambda k: at("x", (*rows[k], i)), seen.x[..., i].reshape(-1)),
    ]
    to_input = [
        Column(lambda k: at("w", (k, i)), w[:, i]),
        Column(lambda k: at("dL/dy", (*row, k)), dy[row]),
    ]
    weight, at_input = float(seen.dw["weight"][o, i]), float(seen.dx[(*row, i)])
    return Explanation(
        formula,
        unit,
        known(
            summed(at("dL/dw", (o, i)), _TO_WEIGHTS, to_weight, weight),
            summed(at("dL/dx", (*row, i)), _TO_INPUTS, to_input, at_input),
        ),
    )


def convolution(seen: Seen) -> Explanation | None:
    """A weighted sum of each window: x [C, H, W], w [O, C / groups, m, n], y [O, H′, W′]."""
    w, b = seen.parameter("weight"), seen.parameter("bias")
    assert w is not None
    module: nn.Conv2d = seen.module
    formula = _formula("y = w ∗ x", b) + f" ({'×'.join(map(str, module.kernel_size))})"
    if module.padding_mode != "zeros":
        return Explanation(formula)
    taps = windows(
        seen.x.shape[1:],
        seen.y.shape[1:],
        pair(module.kernel_size),
        pair(module.stride),
        padding_of(module),
        pair(module.dilation),
    )
    return _Convolution(seen, w, b, taps, formula).explanation()


class _Convolution:
    """The numbers of one convolution.

    Args:
        seen: the layer.
        w: its weights.
        b: its biases.
        taps: [m·n, H′·W′] positions within a channel of the input that each weight meets; -1 outside the picture.
        formula: of the layer.
    """

    def __init__(self, seen: Seen, w: FloatArray, b: FloatArray | None, taps: IntArray, formula: str) -> None:
        self.seen, self.w, self.b, self.taps, self.formula = seen, w, b, taps, formula
        self.width, self.width_after = seen.x.shape[2], seen.y.shape[2]
        self.x = seen.x.reshape(len(seen.x), -1)
        self.o, row, column = top(seen.y)
        self.place = (self.o, row, column)
        # The channels that the filter sees.
        self.first = self.o // (len(w) // seen.module.groups) * w.shape[1]

    def explanation(self) -> Explanation:
        """One output, and the derivatives of the weight and the input of its largest term."""
        taps = self.taps[:, self.place[1] * self.width_after + self.place[2]]
        pairs = [(c, k) for c in range(self.w.shape[1]) for k in np.flatnonzero(taps >= 0).tolist()]
        weights = np.array([self.w[self.o, c].flat[k] for c, k in pairs])
        inputs = np.array([self.x[self.first + c, taps[k]] for c, k in pairs])
        columns = [
            Column(lambda i: at("w", self._weight(*pairs[i])), weights),
            Column(lambda i: at("x", self._input(pairs[i][0], taps[pairs[i][1]])), inputs),
        ]
        recorded = float(self.seen.y[self.place])
        unit = summed(at("y", self.place), self.formula, columns, recorded, _bias(self.b, self.o))
        if self.seen.dy is None or self.seen.dx is None or "weight" not in self.seen.dw:
            return Explanation(self.formula, unit)
        c, k = pairs[int(np.argmax(np.abs(weights * inputs)))]
        dy = self.seen.dy.reshape(len(self.seen.dy), -1)
        return Explanation(self.formula, unit, known(self._to_weight(c, k, dy), self._to_input(c, int(taps[k]), dy)))

    def _to_weight(self, c: int, k: int, dy: FloatArray) -> Worked | None:
        """A weight is used at every place: dL/dw sums over them."""
        assert self.seen.dw is not None
        inside = np.flatnonzero(self.taps[k] >= 0)
        columns = [
            Column(lambda i: at("dL/dy", self._output(self.o, inside[i])), dy[self.o, inside]),
            Column(
                lambda i: at("x", self._input(c, self.taps[k, inside[i]])),
                self.x[self.first + c, self.taps[k, inside]],
            ),
        ]
        weight = self._weight(c, k)
        return summed(at("dL/dw", weight), _TO_WEIGHTS, columns, float(self.seen.dw["weight"][weight]))

    def _to_input(self, c: int, position: int, dy: FloatArray) -> Worked | None:
        """An input goes into every window that holds it, of every filter that sees its channel."""
        assert self.seen.dx is not None
        filters = len(self.w) // self.seen.module.groups
        begin = self.first // self.w.shape[1] * filters
        met = [
            (o, int(k), int(after))
            for k, after in np.argwhere(self.taps == position)
            for o in range(begin, begin + filters)
        ]
        columns = [
            Column(
                lambda i: at("w", (met[i][0], *self._weight(c, met[i][1])[1:])),
                np.array([self.w[o, c].flat[k] for o, k, _after in met]),
            ),
            Column(
                lambda i: at("dL/dy", self._output(met[i][0], met[i][2])),
                np.array([dy[o, after] for o, _k, after in met]),
            ),
        ]
        place = self._input(c, position)
        return summed(at("dL/dx", place), _TO_INPUTS, columns, float(self.seen.dx[place]))

    def _weight(self, c: int, k: int) -> tuple[int, ...]:
        return (self.o, c, *(int(i) for i in divmod(k, self.w.shape[3])))

    def _input(self, c: int, position: int) -> tuple[int, ...]:
        return (self.first + c, *(int(i) for i in divmod(position, self.width)))

    def _output(self, o: int, position: int) -> tuple[int, ...]:
        return (o, *(int(i) for i in divmod(position, self.width_after)))


def _formula(product: str, bias: FloatArray | None) -> str:
    return product if bias is None else f"{product} + b"


def _bias(bias: FloatArray | None, o: int) -> Factor | None:
    return None if bias is None else Factor(at("b", (o,)), float(bias[o]))

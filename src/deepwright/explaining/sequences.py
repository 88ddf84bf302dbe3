"""Layers of sequences: rows of a table of embeddings, windows over steps, and the mean or the largest of all steps."""

from __future__ import annotations

import numpy as np
from torch import nn

from deepwright.contracts import FloatArray, IntArray
from deepwright.explaining.layer import Explanation, Seen, known
from deepwright.explaining.worked import Column, Factor, Worked, at, largest, summed, top
from deepwright.messages import _


def embedding(seen: Seen) -> Explanation:
    """Each token's row of the table: x [T] numbers of tokens, w [V, D], y [T, D]."""
    w = seen.parameter("weight")
    assert w is not None
    numbers = seen.x.astype(np.int64)
    t, d = place = top(seen.y)
    k, formula = int(numbers[t]), "y[t] = w[x[t]]"
    row = Column(lambda _i: at("w", (k, d)), w[[k], d])
    unit = summed(at("y", place), formula, [row], float(seen.y[place]))
    if seen.dy is None or "weight" not in seen.dw:
        return Explanation(formula, unit)
    places, dy = np.flatnonzero(numbers == k), seen.dy
    passed = Column(lambda i: at("dL/dy", (int(places[i]), d)), dy[places, d])
    rule = "dL/dw[k] = Σ dL/dy[t], x[t] = k"
    return Explanation(
        formula, unit, known(summed(at("dL/dw", (k, d)), rule, [passed], float(seen.dw["weight"][k, d])))
    )


def convolution(seen: Seen) -> Explanation | None:
    """A weighted sum of each window of steps: x [C, T], w [O, C, m], y [O, T′]."""
    w, b, module = seen.parameter("weight"), seen.parameter("bias"), seen.module
    assert w is not None
    formula = f"y = w ∗ x{'' if b is None else ' + b'} ({module.kernel_size[0]})"
    if module.padding_mode != "zeros" or module.groups != 1 or isinstance(module.padding, str):
        return Explanation(formula)
    taps = _taps(module, seen.x.shape[1], seen.y.shape[1])
    o, t = place = top(seen.y)
    met = [(c, k) for c in range(w.shape[1]) for k in np.flatnonzero(taps[:, t] >= 0).tolist()]
    columns = [
        Column(lambda i: at("w", (o, *met[i])), np.array([w[o, c, k] for c, k in met])),
        Column(lambda i: at("x", (met[i][0], taps[met[i][1], t])), np.array([seen.x[c, taps[k, t]] for c, k in met])),
    ]
    bias = None if b is None else Factor(at("b", (o,)), float(b[o]))
    unit = summed(at("y", place), formula, columns, float(seen.y[place]), bias)
    if seen.dy is None or seen.dx is None or "weight" not in seen.dw:
        return Explanation(formula, unit)
    c, k = met[int(np.argmax(np.abs(columns[0].values * columns[1].values)))]
    return Explanation(
        formula, unit, known(_to_weight(seen, taps, (o, c, k)), _to_step(seen, w, taps, (c, int(taps[k, t]))))
    )


def mean_of_steps(seen: Seen) -> Explanation:
    """The mean over the steps that are there: x [T, D], y [D]."""
    there = _there(seen)
    (d,) = place = top(seen.y)
    formula, share = "y = (1/T) Σ x[t]", np.full(len(there), 1 / max(1, len(there)))
    columns = [
        Column(lambda i: at("x", (int(there[i]), d)), seen.x[there, d]),
        Column(lambda _i: f"1/{len(there)}", share),
    ]
    unit = summed(at("y", place), formula, columns, float(seen.y[place]))
    if seen.dy is None or seen.dx is None or not len(there):
        return Explanation(formula, unit)
    t = int(there[np.argmax(np.abs(seen.x[there, d]))])
    passed = [
        Column(lambda _i: at("dL/dy", place), seen.dy[[d]]),
        Column(lambda _i: f"1/{len(there)}", share[:1]),
    ]
    found = summed(at("dL/dx", (t, d)), "dL/dx = dL/dy · 1/T", passed, float(seen.dx[t, d]))
    return Explanation(formula, unit, known(found))


def largest_of_steps(seen: Seen) -> Explanation:
    """The largest number over the steps that are there: x [T, D], y [D]; several as large share the gradient."""
    there = _there(seen)
    (d,) = place = top(seen.y)
    formula = _("y = max over all steps")
    if not len(there):
        return Explanation(formula)
    values = seen.x[there, d]
    unit = largest(at("y", place), formula, Column(lambda i: at("x", (int(there[i]), d)), values), float(seen.y[place]))
    if seen.dy is None or seen.dx is None:
        return Explanation(formula, unit)
    t, tied = int(there[np.argmax(values)]), int((values == values.max()).sum())
    passed = [
        Column(lambda _i: at("dL/dy", place), seen.dy[[d]]),
        Column(lambda _i: f"{at('dy', place)}/{at('dx', (t, d))}", np.array([1 / tied])),
    ]
    found = summed(at("dL/dx", (t, d)), "dL/dx = dL/dy · dy/dx", passed, float(seen.dx[t, d]))
    return Explanation(formula, unit, known(found))


def _taps(module: nn.Conv1d, before: int, after: int) -> IntArray:
    """Steps [m, T′] of the input that each weight of each window meets; -1 outside of it."""
    padding = module.padding
    assert not isinstance(padding, str)
    begins = np.arange(after) * module.stride[0] - padding[0]
    steps = np.arange(module.kernel_size[0])[:, None] * module.dilation[0] + begins
    found: IntArray = np.where((steps >= 0) & (steps < before), steps, -1)
    return found


def _to_weight(seen: Seen, taps: IntArray, weight: tuple[int, int, int]) -> Worked | None:
    """A weight is used in every window."""
    o, c, k = weight
    assert seen.dy is not None
    inside = np.flatnonzero(taps[k] >= 0)
    columns = [
        Column(lambda i: at("dL/dy", (o, int(inside[i]))), seen.dy[o, inside]),
        Column(lambda i: at("x", (c, int(taps[k, inside[i]]))), seen.x[c, taps[k, inside]]),
    ]
    return summed(at("dL/dw", weight), "dL/dw = Σ dL/dy · x", columns, float(seen.dw["weight"][weight]))


def _to_step(seen: Seen, w: FloatArray, taps: IntArray, place: tuple[int, int]) -> Worked | None:
    """A step goes into every window that holds it, of every filter."""
    c, step = place
    assert seen.dy is not None
    assert seen.dx is not None
    met = [(o, int(k), int(t)) for k, t in np.argwhere(taps == step) for o in range(len(w))]
    columns = [
        Column(lambda i: at("w", (met[i][0], c, met[i][1])), np.array([w[o, c, k] for o, k, _t in met])),
        Column(lambda i: at("dL/dy", (met[i][0], met[i][2])), np.array([seen.dy[o, t] for o, _k, t in met])),
    ]
    return summed(at("dL/dx", place), "dL/dx = Σ w · dL/dy", columns, float(seen.dx[place]))


def _there(seen: Seen) -> IntArray:
    """The steps that are there: all of them, unless the layer was told otherwise."""
    mask = seen.others[0] > 0 if seen.others else np.ones(len(seen.x), bool)
    found: IntArray = np.flatnonzero(mask)
    return found

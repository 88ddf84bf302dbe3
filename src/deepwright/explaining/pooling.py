"""Pools: the largest number or the mean of each window of a channel."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepwright.contracts import FloatArray, IntArray
from deepwright.explaining.layer import Explanation, Seen, known
from deepwright.explaining.windows import Pair, adaptive_windows, pair, windows
from deepwright.explaining.worked import Column, Worked, at, largest, summed, top
from deepwright.messages import _


def max_pool(seen: Seen) -> Explanation:
    """The largest of each window; the first of several that are as large passes the gradient on."""
    formula = _("y = max over {window}", window=_written(pair(seen.module.kernel_size)))
    return _pooled(seen, formula, _windows_of(seen, pair(seen.module.dilation)), _first)


def avg_pool(seen: Seen) -> Explanation:
    """The mean of each window."""
    size = pair(seen.module.kernel_size)
    formula, covered = _("y = mean over {window}", window=_written(size)), _windows_of(seen)
    if seen.module.divisor_override is not None:
        return Explanation(formula)
    num_counted = _within_padding(seen, size) if seen.module.count_include_pad else (covered >= 0).sum(0)
    return _pooled(seen, formula, covered, _Mean(num_counted))


def adaptive_avg_pool(seen: Seen) -> Explanation:
    """The mean of each of as many windows as are asked for."""
    covered = adaptive_windows(seen.x.shape[1:], seen.y.shape[1:])
    return _pooled(seen, _("y = mean over each window"), covered, _Mean((covered >= 0).sum(0)))


def global_avg_pool(seen: Seen) -> Explanation:
    """The mean of each channel."""
    covered = np.arange(math.prod(seen.x.shape[1:]))[:, None]
    return _pooled(seen, _("y = mean over the whole picture"), covered, _Mean(np.array([len(covered)])))


def global_max_pool(seen: Seen) -> Explanation:
    """The largest number of each channel; several that are as large share the gradient."""
    covered = np.arange(math.prod(seen.x.shape[1:]))[:, None]
    return _pooled(seen, _("y = max over the whole picture"), covered, _shared)


#: From the numbers [K] of a window and its place among the windows to dy/dx of each.
_Slopes = Callable[[FloatArray, int], FloatArray]


@dataclass(frozen=True)
class _Mean:
    """Slopes of a mean; by how many numbers each window is divided."""

    num_counted: Any

    def __call__(self, values: FloatArray, window: int) -> FloatArray:
        return np.full(len(values), 1 / self.num_counted[window])


def _first(values: FloatArray, _window: int) -> FloatArray:
    first: FloatArray = np.eye(1, len(values), int(np.argmax(values)))[0]
    return first


def _shared(values: FloatArray, _window: int) -> FloatArray:
    tied = values == values.max()
    shares: FloatArray = tied / tied.sum()
    return shares


def _pooled(seen: Seen, formula: str, covered: IntArray, slopes: _Slopes) -> Explanation:
    """The largest output, and the derivative of the input that it depends on most.

    Args:
        seen: the layer, x [C, H, W].
        formula: of the layer.
        covered: [K, H′·W′] positions within a channel that each window covers; -1 outside of it.
        slopes: dy/dx within a window.
    """
    place = top(seen.y)
    channel = place[0]
    window = _flat(place[1:], seen.y.shape[1:])
    positions = covered[covered[:, window] >= 0, window]
    values = seen.x[channel].reshape(-1)[positions]
    numbers = Column(lambda i: at("x", (channel, *divmod(int(positions[i]), seen.x.shape[2]))), values)
    if isinstance(slopes, _Mean):
        shares = slopes(values, window)
        divided = Column(lambda i: f"1/{round(1 / shares[i])}", shares)
        unit = summed(at("y", place), formula, [numbers, divided], float(seen.y[place]))
    else:
        unit = largest(at("y", place), formula, numbers, float(seen.y[place]))
    derivative = _to_input(seen, covered, slopes, channel, int(positions[np.argmax(values)]))
    return Explanation(formula, unit, known(derivative))


def _to_input(seen: Seen, covered: IntArray, slopes: _Slopes, channel: int, position: int) -> Worked | None:
    """An input goes into every window that holds it."""
    if seen.dy is None or seen.dx is None:
        return None
    x, place = seen.x[channel].reshape(-1), (channel, *divmod(position, seen.x.shape[2]))
    holding = np.flatnonzero((covered == position).any(0)).tolist()
    afters = [(channel, *(int(i) for i in np.unravel_index(window, seen.y.shape[1:]))) for window in holding]
    shares = []
    for window in holding:
        inside = covered[covered[:, window] >= 0, window]
        shares.append(float(slopes(x[inside], window)[inside == position][0]))
    columns = [
        Column(lambda i: at("dL/dy", afters[i]), np.array([seen.dy[after] for after in afters])),
        Column(lambda i: f"{at('dy', afters[i])}/{at('dx', place)}", np.array(shares)),
    ]
    return summed(at("dL/dx", place), "dL/dx = Σ dL/dy · dy/dx", columns, float(seen.dx[place]))


def _flat(place: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """The number of a place in a tensor of this shape; one number alone is the first."""
    return int(np.ravel_multi_index(place, shape)) if place else 0


def _windows_of(seen: Seen, dilation: Pair = (1, 1)) -> IntArray:
    module = seen.module
    stride = pair(module.kernel_size if module.stride is None else module.stride)
    return windows(seen.x.shape[1:], seen.y.shape[1:], pair(module.kernel_size), stride, pair(module.padding), dilation)


def _within_padding(seen: Seen, size: Pair) -> IntArray:
    """How many numbers of each window lie in the picture or in what is added around it."""
    padding = pair(seen.module.padding)
    height, width = (side + 2 * added for side, added in zip(seen.x.shape[1:], padding, strict=True))
    stride = pair(size if seen.module.stride is None else seen.module.stride)
    around = windows((height, width), seen.y.shape[1:], size, stride, (0, 0))
    counted: IntArray = (around >= 0).sum(0)
    return counted


def _written(size: Pair) -> str:
    return "×".join(map(str, size))

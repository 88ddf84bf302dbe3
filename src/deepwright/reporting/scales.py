"""From values to places in a drawing, with round values marked on the way."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from deepwright.reporting.figures import compact

_TICKS = 5
_MOST = 1e300


@dataclass(frozen=True)
class Tick:
    """A marked place on an axis."""

    position: float
    label: str


@dataclass(frozen=True)
class Scale:
    """From values to places.

    Attributes:
        low: the value at ``start``.
        high: the value at ``end``.
        start: place of the lowest value.
        end: place of the highest value.
        log: places grow with the logarithm of the value.
        whole: only whole numbers are marked.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False
    whole: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value; NaN where it has none."""
        if not can_be_shown(value, self.log):
            return math.nan
        if self.log:
            share = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[Tick]:
        """Round values within the scale."""
        values = log_ticks(self.low, self.high) if self.log else linear_ticks(self.low, self.high)
        marked = [value for value in values if not self.whole or value.is_integer()]
        return [Tick(self(value), compact(value, 6)) for value in marked]


def can_be_shown(value: float, log: bool = False) -> bool:
    """Whether a value has a place on a scale: it is a number, not infinite, and above 0 on a logarithmic one."""
    return abs(value) < _MOST and (not log or value > 1 / _MOST)


def spread(values: Iterable[float], log: bool = False) -> tuple[float, float]:
    """The least and the greatest value, drawn apart where they are the same."""
    known = [value for value in values if can_be_shown(value, log)]
    low, high = min(known), max(known)
    if log:
        return (low, high) if high > 1.001 * low else (low / 2, high * 2)
    if high - low > 1e-9 * max(abs(low), abs(high)):
        return low, high
    return low - (abs(low) / 2 or 0.5), high + (abs(high) / 2 or 0.5)


def padded(values: Iterable[float], log: bool = False) -> tuple[float, float]:
    """Both ends of a scale with a little room; a linear scale that comes near 0 begins there."""
    low, high = spread(values, log)
    if log:
        room = math.exp(0.05 * (math.log(high) - math.log(low)))
        return max(low / room, sys.float_info.min), min(high * room, sys.float_info.max)
    room = (high - low) * 0.06
    return (0.0 if 0 <= low < high - low else low - room), high + room


def linear_ticks(low: float, high: float, count: int = _TICKS) -> list[float]:
    """About ``count`` multiples of 1, 2 or 5 times a power of ten from ``low`` to ``high``."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{multiple * step:.12g}") for multiple in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int = _TICKS) -> list[float]:
    """Powers of ten from ``low`` to ``high``, every so many; with 2 and 5 times them where the range is short."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / (count + 1)))
    powers = [float(f"1e{power}") for power in range(first, last + 1, step)]
    if len(powers) > 2:
        return powers
    finer = [float(f"{factor}e{power}") for power in range(first - 1, last + 1) for factor in (1, 2, 5)]
    within = [value for value in finer if low <= value <= high]
    return within if len(within) > 1 else linear_ticks(low, high, count)

"""Figures as people read them: digits that the interval supports, units in words, a true minus sign."""

from __future__ import annotations

import math

from deepwright.measurements import ROUNDING, Measurement
from deepwright.messages import _

#: What stands where there is no figure.
NONE = "–"
_MINUS = "−"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MANY_DIGITS = 1e6
#: What is shown as a percentage, what has as many decimals as one, and how much of each a point is.
_PERCENTAGES = ("share", "rate")
_ONE_POINT = {"share": 0.01, "rate": 0.01, "points": 1.0}
#: Decimals of a number that needs no more; beyond ``_MANY_DECIMALS`` it is written with a power of ten.
_DECIMALS, _MANY_DECIMALS = 3, 6
#: In the table of all measurements.
_EXACT_DECIMALS = 4
_PREFIXES = {-3: "n", -2: "µ", -1: "m", 0: "", 1: "k", 2: "M", 3: "G", 4: "T", 5: "P"}
_UNITS_OF_BYTES = ("B", "KiB", "MiB", "GiB", "TiB")


def figure(record: Measurement, like: Measurement | None = None) -> str:
    """The value of a measurement with as many digits as its interval, or that of another one, supports."""
    return shown(record.value, record.unit, _decimals(like or record))


def bounds(record: Measurement) -> tuple[str, str] | None:
    """Both ends of the interval, or None if there is none."""
    if record.interval is None:
        return None
    low, high = record.interval
    return shown(low, record.unit, _decimals(record)), shown(high, record.unit, _decimals(record))


def level(record: Measurement) -> str:
    """The coverage of the interval: ``95%``."""
    return "" if record.level is None else f"{100 * record.level:g}%"


def difference(record: Measurement, turned: bool = False) -> tuple[str, str, str]:
    """A difference with both ends of its interval, without a unit; shares in percentage points.

    Args:
        record: the difference.
        turned: say how much lower instead of how much higher.
    """
    low, high = record.interval or (math.nan, math.nan)
    if turned:
        return _points(-float(record), record), _points(-high, record), _points(-low, record)
    return _points(float(record), record), _points(low, record), _points(high, record)


def amount(record: Measurement, value: str) -> str:
    """A difference, as ``difference`` gives it, with its unit: shares differ by percentage points."""
    if record.unit == "points":
        return _("{value} points", value=value)
    return _("{value} percentage points", value=value) if is_percentage(record.unit) else value


def is_percentage(unit: str) -> bool:
    """Whether values in a unit are shown as percentages."""
    return unit in _PERCENTAGES


def shown(value: float | None, unit: str, decimals: int | None = None) -> str:
    """A value in its unit: a share as percentage, bytes as MiB, seconds as people say them.

    Args:
        value: None or NaN is a dash.
        unit: of a measurement.
        decimals: of a percentage, or of a number in another unit; as many as suit the value alone if None.
    """
    if value is None or math.isnan(value):
        return NONE
    match unit:
        case "share" | "rate":
            return percent(value, 1 if decimals is None else decimals)
        case "points":
            return number(value, 1 if decimals is None else decimals)
        case "bytes":
            return _bytes(value)
        case "seconds":
            return duration(value)
        case "joules":
            return _scaled(value, "J")
        case "grams CO2e":
            return _scaled(value, "g CO₂e")
        case "FLOP":
            return _scaled(value, "FLOP")
        case "parameters" | "epochs" | "examples per second":
            return f"{value:,.0f}"
        case "ratio" | "probability" | "deviations":
            return compact(value)
        case _:
            alone = max(_decimals_with(value, 3 if unit == "own unit" else 2), _least_decimals(unit))
            return number(value, alone if decimals is None else decimals)


def exact(value: float | None, unit: str) -> str:
    """A value as it stands in the table of all measurements: four decimals or digits, whole where it is a count."""
    if value is None or math.isnan(value):
        return NONE
    if float(value).is_integer() and unit not in (*_PERCENTAGES, "nats"):
        return f"{value:,.0f}"
    if unit in ("ratio", "probability", "deviations"):
        return compact(value)
    return signed(f"{value:,.{_EXACT_DECIMALS}f}") if abs(value) >= 1e-3 else compact(value, _EXACT_DECIMALS)


def number(value: float, decimals: int) -> str:
    """A number rounded to some decimals, or to tens of them where negative; with a power of ten where they are many."""
    if decimals <= _MANY_DECIMALS and abs(value) < _MANY_DIGITS:
        return signed(f"{value:,.{max(0, decimals)}f}")
    rounded = round(value, decimals)
    return compact(value, max(1, decimals + 1 + math.floor(math.log10(abs(rounded))))) if rounded else "0"


def compact(value: float, digits: int = 3) -> str:
    """A few significant digits, with a power of ten where there would be many zeros: ``3.2×10⁻⁵``."""
    if 10**digits <= abs(value) < _MANY_DIGITS:
        return signed(f"{value:,.0f}")
    text = f"{value:.{digits}g}"
    if "e" not in text:
        return signed(text)
    mantissa, exponent = text.split("e")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return power if mantissa == "1" else f"{signed(mantissa)}×{power}"


def percent(share: float, decimals: int = 1) -> str:
    """A share as a percentage; it says 0% or 100% only where that is exact."""
    text = f"{100 * share:.{decimals}f}"
    while decimals < 6 and float(text) in (0, 100) and min(abs(share), abs(1 - share)) > ROUNDING:
        decimals += 1
        text = f"{100 * share:.{decimals}f}"
    return f"{signed(text)}%"


def duration(seconds: float) -> str:
    """Seconds as people say them: ``0.53 s``, ``8.2 s``, ``2 min 5 s``, ``1 h 3 min``."""
    if seconds < 59.95:
        return _("{seconds} s", seconds=f"{seconds:.2g}" if seconds < 1 else f"{seconds:.1f}")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return _("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def signed(text: str) -> str:
    """A number with a true minus sign, and none before a zero."""
    if text.startswith("-") and not text.strip("-0.,"):
        text = text[1:]
    return text.replace("-", _MINUS)


def _decimals(record: Measurement) -> int | None:
    """Of the value and both ends of the interval: two digits of the interval's width; None where there is none."""
    low, high = record.interval or (0.0, 0.0)
    if (width := high - low) <= ROUNDING * max(abs(low), abs(high)):
        return None
    if point := _ONE_POINT.get(record.unit):
        return 1 if width >= point else 2
    return max(_decimals_with(width, 2), _least_decimals(record.unit))


def _decimals_with(value: float, digits: int) -> int:
    """So many decimals that a value has so many digits."""
    return digits - 1 - math.floor(math.log10(abs(value))) if value and math.isfinite(value) else _DECIMALS


def _least_decimals(unit: str) -> int:
    """A number in its own unit may be large; one in another unit, such as nats, is of the order of 1."""
    return -_MANY_DECIMALS if unit == "own unit" else _DECIMALS


def _points(value: float, record: Measurement) -> str:
    if math.isnan(value):
        return NONE
    if is_percentage(record.unit):
        return signed(f"{100 * value:.{_decimals(record) or 2}f}")
    return shown(value, record.unit, _decimals(record))


def _scaled(value: float, unit: str) -> str:
    """A value with three digits and a prefix that keeps it between 1 and 1,000."""
    power = 0 if value <= 0 else min(5, max(-3, math.floor(math.log10(value) / 3)))
    return f"{compact(value / 1000**power)} {_PREFIXES[power]}{unit}"


def _bytes(value: float) -> str:
    power = 0
    while value >= 1024 and power < len(_UNITS_OF_BYTES) - 1:
        value, power = value / 1024, power + 1
    return f"{value:,.0f} {_UNITS_OF_BYTES[power]}"

"""Dates as people write them, in English and Chinese, to ISO 8601; generated from a seed.

20,000 pairs. Nothing here was collected: days from 1900 to 2099 are drawn, each once, and written in one of many ways,
with months and weekdays in full or short, ordinals, cases and full-width digits. A way that could be read as another
day, such as 5/3/2024, is left out. The task is that of the date converters with which attention is often introduced (D.
Bahdanau, K. Cho and Y. Bengio, "Neural Machine Translation by Jointly Learning to Align and Translate", ICLR 2015).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np

from deepwright.data.table import Column, Table
from deepwright.data.tabular.columns import objects
from deepwright.messages import _

__all__ = ["dates"]

_PAIRS, _JUDGED = 20_000, 2_000
_FIRST, _LAST = date(1900, 1, 1), date(2099, 12, 31)
#: How many of the dates are written in Chinese, and of the English ones in small letters and in capitals alone.
_CHINESE, _SMALL, _CAPITALS = 0.45, 0.15, 0.08

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
    *("twentieth", "thirtieth"),
)
_DIGITS, _FULL_WIDTH = "〇一二三四五六七八九", str.maketrans("0123456789", "０１２３４５６７８９")

Chosen: TypeAlias = "Callable[[Sequence[str]], str]"


def dates() -> Table:
    """The table with the columns ``source`` and ``target``, both of texts; 16,000, 2,000 and 2,000 train and judge."""
    drawn = random.Random(0)
    count = (_LAST - _FIRST).days + 1
    order = [drawn.random() for _number in range(count)]
    chosen = sorted(range(count), key=order.__getitem__)[:_PAIRS]
    days = [_FIRST + timedelta(number) for number in chosen]
    columns = {
        "source": Column("text", objects([_written(day, drawn) for day in days])),
        "target": Column("text", objects([day.isoformat() for day in days])),
    }
    rows = np.arange(_PAIRS)
    given = {
        "train": rows[: -2 * _JUDGED],
        "validation": rows[-2 * _JUDGED : -_JUDGED],
        "test": rows[-_JUDGED:],
    }
    said = _(
        "Generated from a seed, not collected: every date is there once, so that those of the test split are unseen."
    )
    return Table(columns, "dates", given, [said])


def _written(day: date, drawn: random.Random) -> str:
    """A date in one of the ways in which people write it."""

    def chosen(ways: Sequence[str]) -> str:
        return ways[int(drawn.random() * len(ways))]  # choice() may differ from one Python to the next

    if drawn.random() < _CHINESE:
        return chosen(_in_chinese(day, chosen))
    text = chosen(_in_english(day, chosen))
    case = drawn.random()
    return text.lower() if case < _SMALL else text.upper() if case > 1 - _CAPITALS else text


def _in_english(day: date, chosen: Chosen) -> list[str]:
    """The ways that are open, with a month and weekday in full or short."""
    month, weekday = chosen(_names_of(_MONTHS[day.month - 1])), chosen(_names_of(_WEEKDAYS[day.weekday()]))
    number, year = day.day, day.year
    nth, word = _nth(number), _ordinal(number)
    ways = [
        f"{month} {number}, {year}",
        f"{month} {nth}, {year}",
        f"{month} {number} {year}",
        f"{number} {month} {year}",
        f"{nth} {month} {year}",
        f"the {nth} of {month} {year}",
        f"the {nth} of {month}, {year}",
        f"the {word} of {month} {year}",
        f"{month} the {word}, {year}",
        f"{weekday}, {month} {number}, {year}",
        f"{weekday}, {number} {month} {year}",
        f"{weekday} {number} {month} {year}",
        f"{weekday}, the {nth} of {month} {year}",
        f"{number}-{month.rstrip('.')}-{year}",
        f"{year}, {month} {number}",
        f"{year}/{day.month}/{number}",
    ]
    return ways if number <= 12 else [*ways, f"{number}/{day.month}/{year}", f"{day.month}/{number}/{year}"]


def _in_chinese(day: date, chosen: Chosen) -> list[str]:
    """The ways that are open, with days as 日 or 号, and figures as digits or numerals."""
    end = chosen("日号")
    weekday = chosen(("星期", "周", "礼拜")) + "一二三四五六日"[day.weekday()]
    digits = f"{day.year}年{day.month}月{day.day}{end}"
    year = "".join(_DIGITS[int(digit)] for digit in str(day.year))
    month_and_day = f"{_numeral(day.month)}月{_numeral(day.day)}{end}"
    numerals = f"{chosen((year, year.replace('〇', '零')))}年{month_and_day}"
    return [
        digits,
        numerals,
        digits.translate(_FULL_WIDTH),
        f"{day.year}年{day.month:02}月{day.day:02}日",
        f"{day.year} 年 {day.month} 月 {day.day} 日",
        f"{day.year}年{month_and_day}",
        f"{month_and_day},{day.year}年",
        f"{day.month}月{day.day}{end}，{day.year}年",
        f"{digits}{weekday}",
        f"{numerals}（{weekday}）",
        f"{weekday}，{digits}",
        f"公元{digits}",
    ]


def _names_of(name: str) -> list[str]:
    """A month or weekday in full, and short with a point and without."""
    short = "Sept" if name == "September" else name[:3]
    return [name, name] if len(name) == 3 else [name, short, f"{short}."]


def _nth(number: int) -> str:
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _ordinal(number: int) -> str:
    """``twenty-first`` for 21, up to 31."""
    if number <= 20:
        return _ORDINALS[number - 1]
    if number == 30:
        return _ORDINALS[-1]
    return f"{'twenty' if number < 30 else 'thirty'}-{_ORDINALS[number % 10 - 1]}"


def _numeral(number: int) -> str:
    """``三十一`` for 31, from 1 on."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十") + (_DIGITS[ones] if ones else "")

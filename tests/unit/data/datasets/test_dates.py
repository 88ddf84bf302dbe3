"""The generated dates: what is written means the date beside it, and no date is in two splits."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache

import numpy as np
import pytest

from deepwright.data.datasets import dates as members
from deepwright.data.datasets.dates import dates
from deepwright.data.pairs import pair_of
from deepwright.data.table import Table

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WORDS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)


@cache
def table() -> Table:
    return dates()


def _understood(text: str) -> str:
    """The ISO date that a text means, read independently of how it was written; wrong weekdays raise."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return _chinese(plain) if "年" in plain else _english(plain)


def _chinese(text: str) -> str:
    def number(found: str) -> int:
        if found.isdecimal():
            return int(found)
        if "十" not in found:
            return int("".join(str("〇一二三四五六七八九".index(sign.replace("零", "〇"))) for sign in found))
        tens, _ten, ones = found.partition("十")
        return 10 * ("一二三四五六七八九".index(tens) + 1 if tens else 1) + (
            "一二三四五六七八九".index(ones) + 1 if ones else 0
        )

    found = {
        unit: number(re.search(rf"([\d〇零一二三四五六七八九十]+) ?[{unit}]", text)[1])  # type: ignore[index]
        for unit in ("年", "月", "日号")
    }
    day = date(found["年"], found["月"], found["日号"])
    if weekday := re.search(r"(?:星期|周|礼拜)(.)", text):
        assert "一二三四五六日".index(weekday[1]) == day.weekday()
    return day.isoformat()


def _english(text: str) -> str:
    if slashed := re.fullmatch(r"(\d+)/(\d+)/(\d+)", text):
        one, two, three = map(int, slashed.groups())
        if one > 31:
            return date(one, two, three).isoformat()
        assert max(one, two) > 12  # no other day could be meant
        return date(three, min(one, two), max(one, two)).isoformat() if min(one, two) <= 12 else ""
    words = re.findall(r"[a-z]+", re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", text))
    year = int(re.search(r"\d{4}", text)[0])  # type: ignore[index]
    month = next(_MONTHS.index(word[:3]) + 1 for word in words if word[:3] in _MONTHS)
    ordinal = re.search(r"(?:(twenty|thirty)-)?([a-z]+th|first|second|third)\b", text)
    if numbers := re.findall(r"\b\d{1,2}(?=st|nd|rd|th|\b)", text):
        number = int(numbers[0])
    else:
        assert ordinal is not None
        spelt = ordinal[2]
        number = {"twenty": 20, "thirty": 30, None: 0}[ordinal[1]]
        number += 30 if spelt == "thirtieth" else _WORDS.split().index(spelt) + 1
    day = date(year, month, number)
    weekdays = [word[:3] for word in words if word[:3] in _WEEKDAYS and word not in ("month",)]
    assert all(_WEEKDAYS.index(weekday) == day.weekday() for weekday in weekdays)
    return day.isoformat()


def test_every_text_means_the_date_beside_it_and_the_weekday_is_right() -> None:
    columns = table().columns
    for source, target in zip(columns["source"].values, columns["target"].values, strict=True):
        assert _understood(source) == target, source


def test_no_date_is_there_twice_so_that_test_dates_are_unseen() -> None:
    found = table()
    assert len(found) == len(set(found.columns["target"].values)) == 20_000
    assert {split: len(rows) for split, rows in found.given.items()} == {
        "train": 16_000,
        "validation": 2_000,
        "test": 2_000,
    }
    assert np.array_equal(np.sort(np.concatenate(list(found.given.values()))), np.arange(20_000))
    years = [int(target[:4]) for target in found.columns["target"].values]
    assert (min(years), max(years)) == (1900, 2099)


def test_it_is_always_the_same_and_is_said_to_be_generated() -> None:
    assert table().sha256 == dates().sha256
    assert "Generated" in table().notes[0]
    assert pair_of(table().columns, {}) == ("source", "target")


def test_both_languages_and_the_ways_of_writing_are_there() -> None:
    sources = table().columns["source"].values.tolist()
    chinese = [text for text in sources if "年" in text]
    assert 0.4 < len(chinese) / len(sources) < 0.5
    for pattern in (
        "[０-９]{4}年",
        "十二月三十一",
        "〇",
        "零",
        "号,",
        "星期|礼拜|周",
        "^the ",
        "^THE ",
        "Sept",
        "st ",
        "of [a-z]",
    ):
        assert any(re.search(pattern, text) for text in sources), pattern


@pytest.mark.parametrize(
    ("number", "word", "numeral"),
    [
        (1, "first", "一"),
        (10, "tenth", "十"),
        (12, "twelfth", "十二"),
        (20, "twentieth", "二十"),
        (21, "twenty-first", "二十一"),
        (30, "thirtieth", "三十"),
        (31, "thirty-first", "三十一"),
    ],
)
def test_numbers_in_words(number: int, word: str, numeral: str) -> None:
    assert members._ordinal(number) == word
    assert members._numeral(number) == numeral

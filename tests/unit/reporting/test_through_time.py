from __future__ import annotations

import json
from typing import Any

import pytest

from deepwright.messages import speaking
from deepwright.reporting.report import REPORT, render
from deepwright.reporting.through_time import THROUGH_TIME, chart, sentences
from tests.unit.reporting.runs import run_files
from tests.unit.reporting.test_report import Page


def part(shares: list[float | None], **more: Any) -> dict[str, Any]:
    about = {"layer": "gru_1", "number": 1, "backwards": False, "memory": False, "last": 0.5, **more}
    return {**about, "shares": shares, "rows": [40] * len(shares)}


def page(*parts: dict[str, Any]) -> Page:
    files = {**run_files(), THROUGH_TIME: json.dumps({"rows": 40, "parts": parts}).encode()}
    return Page(render(files)[REPORT].decode())


def test_the_section_draws_and_tells_how_far_gradients_reach() -> None:
    found = page(part([1.0, 0.1, 0.002, 1e-5]))
    assert "gru_1: 2 steps before the last, the gradient is below 1% of what it is there" in found.words
    assert "the median over 40 examples of the validation split" in found.words
    assert "0.002" in found.words, "the table says what the line shows"


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ([1.0, 0.001], "gru_1: 1 step before the last, the gradient is below 1%"),
        ([1.0, 0.9, 0.8], "gru_1: as far back as was measured, 2 steps before the last, the gradient is 0.8 times"),
        ([1.0, None], "the gradient is ∞ times what it is there"),
    ],
)
def test_what_is_said_of_a_line(shares: list[float | None], said: str) -> None:
    assert said in sentences({"rows": 40, "parts": [part(shares)]})[0]


def test_parts_are_told_apart() -> None:
    parts = [part([1.0, 0.5], number=2, backwards=True, memory=True), part([1.0, 0.5])]
    drawn = chart({"rows": 40, "parts": parts})
    assert drawn is not None
    assert [line.label for line in drawn.lines] == ["gru_1, cells 2, from the end, memory", "gru_1"]


def test_a_run_without_recurrent_layers_has_no_such_part() -> None:
    assert "Back through time" not in Page(render(run_files())[REPORT].decode()).words
    with speaking("zh"):
        assert "through-time" not in render(run_files())[REPORT].decode()

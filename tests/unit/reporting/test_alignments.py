"""Pictures of what each piece that was written takes from its source."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deepwright.reporting.alignments import ALIGNMENTS, Alignment, alignments, labels
from deepwright.reporting.report import page


def pair(source: list[str], written: list[str], shares: list[list[float]], **others: Any) -> dict[str, Any]:
    return {"how": "best", "row": 3, "text": "", "source": source, "written": written, "shares": shares, **others}


def pictures(*pairs: dict[str, Any]) -> list[Alignment]:
    return alignments({ALIGNMENTS: json.dumps({"pairs": [{"cut": False, **one} for one in pairs]}).encode()})


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["Ein", " Hund", " renn", "t", ",", " und"], ["Ein", "Hund", "renn", "·t", ",", "und"]),
        (["a", " ", "b"], ["a", "␣", "b"]),
        (["狗", "在草地上", "跑", "。"], ["狗", "在草地上", "跑", "。"]),
        ([" ", "\n", "\u3000"], ["␣", "↵", "□"]),
        ([" " + "a" * 30], ["a" * 15 + "…"]),
    ],
)
def test_pieces_are_readable(pieces: list[str], shown: list[str]) -> None:
    assert labels(pieces) == shown


def test_a_run_without_attention_has_no_pictures() -> None:
    assert alignments({}) == []


def test_cells_stand_where_their_pieces_do_and_faint_ones_are_left_out() -> None:
    (drawn,) = pictures(pair(["ein", " Hund"], ["a", " dog"], [[0.99, 0.01], [0.25, 0.75]]))
    places = {(cell.x, cell.y): cell.shade for cell in drawn.cells}
    assert len(places) == 3
    first = next(iter(drawn.cells))
    assert (first.x, first.y) == (drawn.left, drawn.top)
    assert drawn.x(1) - drawn.x(0) == drawn.y(1) - drawn.y(0) == drawn.cell
    assert places[drawn.left, drawn.top] > places[drawn.left + drawn.cell, drawn.top + drawn.cell]
    assert [row[:2] for row in drawn.figures.rows] == [("a", "ein"), ("dog", "Hund")]
    assert drawn.turned, "Hund is wider than a cell"


def test_single_characters_stand_upright() -> None:
    (drawn,) = pictures(pair(list("三月"), list("03"), [[0.5, 0.5], [1.0, 0.0]]))
    assert not drawn.turned
    assert drawn.left < 20
    assert max(cell.y for cell in drawn.cells) + drawn.cell <= drawn.height


def test_the_picture_is_drawn_and_what_is_written_cannot_break_out_of_it() -> None:
    drawn = pictures(pair(["<b>", "&"], ['"x"'], [[0.5, 0.5]], cut=True))
    template = page().from_string(
        '{% from "charts.jinja" import attention %}{% for one in aligned %}{{ attention(one) }}{% endfor %}'
    )
    svg = template.render(aligned=drawn)
    assert "<b>" not in svg
    assert svg.count('class="taken"') == 2
    assert "&lt;b&gt;" in svg

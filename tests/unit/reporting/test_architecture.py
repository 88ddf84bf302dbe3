from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from deepwright.reporting.architecture import Stage, boxes, stages
from deepwright.reporting.architecture_drawing import WIDTH, Drawing, drawing
from deepwright.reporting.contents import Contents
from deepwright.reporting.report import REPORT, render
from tests.unit.reporting.runs import run_files


def layer(
    kind: str, shape: Sequence[int], sources: Sequence[int], parameters: int = 0, flop: int = 0
) -> dict[str, Any]:
    return {
        "name": kind.casefold(),
        "kind": kind,
        "shape": list(shape),
        "parameters": parameters,
        "flop": flop,
        "sources": list(sources),
    }


def residual(blocks: int, side: int = 8) -> list[dict[str, Any]]:
    """A convolution and residual blocks of two convolutions."""
    shape = (16, side, side)
    layers = [layer("Conv2d", shape, [-1], 100, 1000)]
    for _block in range(blocks):
        last = len(layers) - 1
        layers += [
            layer("Conv2d", shape, [last], 200, 2000),
            layer("BatchNorm2d", shape, [last + 1], 32),
            layer("GELU", shape, [last + 2]),
            layer("Conv2d", shape, [last + 3], 200, 2000),
            layer("BatchNorm2d", shape, [last + 4], 32),
            layer("GELU", shape, [last, last + 5]),
        ]
    return [*layers, layer("Linear", [10], [len(layers) - 1], 170, 320)]


def drawn(layers: Sequence[dict[str, Any]]) -> Drawing:
    made = drawing(replace(Contents.read(run_files()), layers=layers))
    assert made is not None
    return made


def test_activations_and_norms_stand_in_the_box_of_the_layer_before() -> None:
    found = boxes(residual(1))
    assert [box.kinds for box in found] == [
        ("Conv2d",),
        ("Conv2d", "BatchNorm2d", "GELU"),
        ("Conv2d", "BatchNorm2d"),
        ("GELU",),
        ("Linear",),
    ]
    assert [box.sources for box in found] == [(-1,), (0,), (1,), (0, 2), (3,)]
    assert sum(box.parameters for box in found) == sum(one["parameters"] for one in residual(1))


def test_what_is_repeated_is_drawn_once() -> None:
    assert stages(boxes(residual(3))) == [Stage(0, 1), Stage(1, 3, 3), Stage(10, 1)]
    assert stages(boxes(residual(1))) == [Stage(place, 1) for place in range(5)]


def test_the_same_layers_connected_otherwise_are_not_repeated() -> None:
    layers = residual(2)
    layers[12]["sources"] = [0, 11]  # the second block's connection begins before the first block
    assert all(stage.times == 1 for stage in stages(boxes(layers)))


def test_a_chain_is_assumed_where_a_run_does_not_say_how_its_layers_are_connected() -> None:
    layers = [{key: value for key, value in one.items() if key != "sources"} for one in residual(1)]
    assert all(box.sources == (place - 1,) for place, box in enumerate(boxes(layers)))


def test_the_drawing_has_a_row_for_each_box_a_line_for_each_skip_and_a_frame() -> None:
    (panel,) = drawn(residual(3)).panels
    assert [row.lines for row in panel.rows] == [
        ["Conv2d"],
        ["Conv2d · BatchNorm2d · GELU"],
        ["Conv2d · BatchNorm2d"],
        ["GELU"],
        ["Linear"],
    ]
    assert [row.parameters for row in panel.rows][:4] == ["100 parameters", "232 parameters", "232 parameters", ""]
    (skip,), (frame,) = panel.skips, panel.frames
    assert frame.times == 3
    assert frame.top < panel.rows[1].slab.top < skip.join < panel.rows[3].slab.bottom < frame.top + frame.height
    assert panel.end[2] == "output 10"


def test_slabs_are_as_wide_as_their_maps_and_as_thick_as_they_are_many() -> None:
    layers = [
        layer("Conv2d", [16, 32, 32], [-1], 1, 1),
        layer("Conv2d", [64, 16, 16], [0], 1, 1),
        layer("Linear", [10], [1], 1, 1),
    ]
    wide, thick, vector = (row.slab for row in drawn(layers).panels[0].rows)
    assert wide.width == 2 * thick.width
    assert wide.height < thick.height
    assert vector.depth == 0


def test_rows_follow_each_other_without_touching_within_the_drawing() -> None:
    long = "ANameOfALayerThatIsMuchTooLongForOneLineOfTheDrawing"
    layers = [layer(long, [3, 300 - i, 300], [i - 1], 10**i, 1) for i in range(30)]
    for panel in drawn(layers).panels:
        slabs = [row.slab for row in panel.rows]
        assert all(one.bottom < other.landing for one, other in pairwise(slabs))
        assert slabs[-1].bottom < panel.end[1] < panel.height
        assert all(slab.left >= 0 and slab.left + slab.width + slab.depth < panel.text < WIDTH for slab in slabs)


def test_a_long_network_is_divided_but_never_within_a_connection() -> None:
    layers = [layer("Linear", [i + 1], [i - 1], 5, 1) for i in range(60)]
    assert len(drawn(layers).panels) > 2
    layers[59]["sources"] = [-1, 58]
    assert len(drawn(layers).panels) == 1


def test_every_panel_fits_on_a_sheet_where_nothing_passes_by() -> None:
    layers = [layer("Conv2d", [i + 1, 9, 9], [i - 1], 5, 1) for i in range(80)]
    assert all(panel.height <= 800 for panel in drawn(layers).panels)


def test_the_table_says_what_the_drawing_shows() -> None:
    rows = drawn(residual(3)).figures.rows
    assert rows[3] == ("4. GELU (×3)", "16 × 8 × 8", "0", "1, 3")
    assert rows[4] == ("5. Linear", "10", "170", "4")


def test_the_report_draws_the_network_with_a_text_equivalent() -> None:
    files = run_files()
    files["architecture.json"] = json.dumps(residual(3)).encode()
    html = render(files)[REPORT].decode()
    section = html[html.index('<section id="architecture"') : html.index('<section id="training"')]
    assert "×3" in section
    assert 'class="skip-line"' in section
    assert "16 × 8 × 8 → 10" in section[section.index("<desc") : section.index("</desc>")]

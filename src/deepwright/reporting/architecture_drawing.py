"""The architecture as a drawing: boxes from top to bottom, in the units of an SVG.

Feature maps are slabs, as wide and as deep as the maps and as thick as they are many; all else is a flat bar. A long
network is divided into panels, which stand beside each other where there is room.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from deepwright.messages import _, listing, plural
from deepwright.reporting.architecture import INPUT, Box, Stage, boxes, stages
from deepwright.reporting.charts import Caption, Figures
from deepwright.reporting.contents import Contents

WIDTH = 400.0
#: A panel of this height still fits on a sheet of paper.
_TALLEST = 800.0
#: The column of the slabs, and what lies between two of them: shape, end and beginning of frames, split, join.
_COLUMN, _GAP, _FRAME = 124.0, 40.0, 12.0
_LABEL, _SPLIT, _JOIN = 14.0, 21.0, 29.0
_LANE, _MOST_LANES, _BEND = 12.0, 6, 8.0
_WIDEST, _DEEPEST, _THICKEST, _LEAST = 92.0, 22.0, 34.0, 9.0
_LONGEST, _FLAT = 112.0, 12.0
_LINE, _LETTER, _ROOM = 16.0, 7.0, 6.0
_BETWEEN = " · "


@dataclass(frozen=True)
class Slab:
    """What stands for an output.

    Attributes:
        left: of its front.
        top: of its front.
        width: of its front.
        height: of its front.
        depth: how far its back lies to the right, and twice as far as it lies above; 0 for a flat bar.
        weight: from 0 to 1, its part of the parameters; None where it has none.
    """

    left: float
    top: float
    width: float
    height: float
    depth: float
    weight: float | None

    @property
    def bottom(self) -> float:
        """Of its front."""
        return self.top + self.height

    @property
    def landing(self) -> float:
        """Where an arrow that comes from above ends."""
        return self.top - self.depth / 4


@dataclass(frozen=True)
class Row:
    """A box: what is drawn, and the lines of text beside it.

    Attributes:
        slab: what is drawn.
        lines: kinds of its layers.
        parameters: as text; empty for none.
        text: place of the first line's foot.
        title: names of its layers.
        arrow: where the arrow to it begins, if one does.
        shape: of what arrives at it, as text, and the place of that text.
    """

    slab: Slab
    lines: Sequence[str]
    parameters: str
    text: float
    title: str
    arrow: float | None
    shape: tuple[str, float]


@dataclass(frozen=True)
class Skip:
    """A connection that passes layers by: the line, and the place where it joins."""

    path: str
    join: float


@dataclass(frozen=True)
class Frame:
    """What is repeated: top and height of the frame, and how often."""

    top: float
    height: float
    times: int


@dataclass(frozen=True)
class Panel:
    """A part of the drawing.

    Attributes:
        caption: what it shows.
        height: of the drawing.
        middle: of the column of slabs.
        text: left edge of the texts.
        rows: boxes.
        skips: connections that pass layers by.
        frames: what is repeated.
        end: where the last arrow begins and ends, and the text beside it.
    """

    caption: Caption
    height: float
    middle: float
    text: float
    rows: Sequence[Row]
    skips: Sequence[Skip]
    frames: Sequence[Frame]
    end: tuple[float, float, str]


@dataclass(frozen=True)
class Drawing:
    """The drawing in panels, with its figures as a table."""

    caption: Caption
    panels: Sequence[Panel]
    figures: Figures
    remark: str


def drawing(contents: Contents) -> Drawing | None:
    """The network as a drawing; None where it has no layers."""
    found = boxes(contents.layers)
    if not found:
        return None
    network = _Network(found, stages(found))
    parts = list(network.parts())
    caption = Caption("architecture-drawing", _("From the input to the output"), _description(network))
    panels = []
    for i, part in enumerate(parts):
        named = caption
        if len(parts) > 1:
            title = _("From the input to the output, part {part} of {parts}", part=i + 1, parts=len(parts))
            named = Caption(f"{caption.name}-{i + 1}", title, caption.description)
        panels.append(_panel(network, part, named))
    return Drawing(caption, panels, _figures(network), _remark(network))


class _Network:
    """Boxes and stages, and the sizes by which all outputs are drawn.

    Args:
        found: all boxes.
        made: the same as stages.
    """

    def __init__(self, found: Sequence[Box], made: Sequence[Stage]) -> None:
        self.boxes, self.stages = found, made
        #: By box, the one that is drawn for it.
        self.shown = {
            stage.first + i: stage.first + i % stage.length for stage in made for i in range(stage.length * stage.times)
        }
        maps = [box.shape for box in found if len(box.shape) > 2]
        self.side = max((max(shape[-2:]) for shape in maps), default=1)
        self.channels = max((math.prod(shape[:-2]) for shape in maps), default=1)
        self.length = max((box.shape[-1] for box in found if 0 < len(box.shape) <= 2), default=1)
        self.parameters = max(box.parameters for box in found) or 1

    @property
    def drawn(self) -> list[int]:
        """The boxes that are drawn, in order."""
        return [place for stage in self.stages for place in stage.places]

    def skips(self, place: int) -> list[int]:
        """The sources of a box other than the box before it."""
        return [source for source in self.boxes[place].sources if source != place - 1]

    def shape(self, place: int) -> str:
        """What a box yields, or what the network is given, as text."""
        if place != INPUT:
            return " × ".join(map(str, self.boxes[place].shape))
        first = self.boxes[0]
        return self.shape(0) if first.layers[0] == "front" else ""

    def slab(self, place: int, middle: float, top: float, room: float) -> Slab:
        """What stands for a box's output, in the middle of its room."""
        box = self.boxes[place]
        weight = math.sqrt(box.parameters / self.parameters) if box.parameters else None
        if len(box.shape) > 2:
            width = max(_LEAST, _WIDEST * box.shape[-1] / self.side)
            depth = max(4.0, _DEEPEST * box.shape[-2] / self.side)
            height = 4 + _THICKEST * math.sqrt(math.prod(box.shape[:-2]) / self.channels)
        else:
            width = max(_LEAST, _LONGEST * math.sqrt(box.shape[-1] / self.length)) if box.shape else _LONGEST / 2
            depth, height = 0.0, _FLAT if len(box.shape) < 2 else 2 * _FLAT
        top += (room - height - depth / 2) / 2 + depth / 2
        return Slab(middle - (width + depth) / 2, top, width, height, depth, weight)

    def parts(self) -> Iterator[list[Stage]]:
        """The stages of each panel: cut where no connection passes by, before it becomes too tall."""
        part: list[Stage] = []
        for stage in self.stages:
            if part and self._can_be_cut(stage.first) and self._height([*part, *self._until_cut(stage)]) > _TALLEST:
                yield part
                part = []
            part.append(stage)
        yield part

    def _until_cut(self, stage: Stage) -> list[Stage]:
        """A stage and those after it that must stand in the same panel."""
        after = self.stages[self.stages.index(stage) :]
        ends = (i for i, one in enumerate(after) if i and self._can_be_cut(one.first))
        return list(after[: next(ends, len(after))])

    def _can_be_cut(self, place: int) -> bool:
        return all(source >= place - 1 for box in self.boxes[place:] for source in box.sources)

    def _height(self, part: Sequence[Stage]) -> float:
        return sum(_room(self, place) + _GAP for stage in part for place in stage.places) + _GAP


def _lines(box: Box, letters: int) -> list[str]:
    """The kinds of a box's layers in lines of so many letters."""
    lines: list[str] = []
    for kind in box.kinds:
        short = kind if len(kind) <= letters else f"{kind[: letters - 1]}…"
        if lines and len(lines[-1]) + len(_BETWEEN) + len(short) <= letters:
            lines[-1] += _BETWEEN + short
        else:
            lines.append(short)
    return lines


def _room(network: _Network, place: int) -> float:
    """The height of a row."""
    box = network.boxes[place]
    slab = network.slab(place, 0, 0, 0)
    texts = len(_lines(box, _letters(_left(_MOST_LANES)))) + bool(box.parameters)
    return max(slab.height + slab.depth / 2, _LINE * texts)


def _left(lanes: int) -> float:
    """Where the column of slabs begins, beside so many lanes for skips."""
    return 8 + _LANE * lanes


def _letters(left: float) -> int:
    return int((WIDTH - left - _COLUMN - 4 * _ROOM) / _LETTER)


def _panel(network: _Network, part: Sequence[Stage], caption: Caption) -> Panel:
    """Lay out some stages, one below the other."""
    places = [place for stage in part for place in stage.places]
    lanes = _lanes({(network.shown[s + 1], place) for place in places for s in network.skips(place)})
    left = _left(max(lanes.values(), default=-1) + 1)
    middle = left + _COLUMN / 2
    rows: dict[int, Row] = {}
    gaps: dict[int, float] = {}
    frames: list[Frame] = []
    foot = y = _ROOM
    for stage in part:
        begun = y + _LABEL + _ROOM
        y += _FRAME if stage.times > 1 else 0
        for place in stage.places:
            shape, room = network.shape(place - 1), _room(network, place)
            gaps[place], label = y, y + _LABEL - (_FRAME if stage.times > 1 and place == stage.first else 0)
            rows[place] = _row(network, place, middle, y + _GAP, room, left, foot, (shape, label))
            foot, y = rows[place].slab.bottom, y + _GAP + room
        if stage.times > 1:
            y += _FRAME
            frames.append(Frame(begun, y - begun, stage.times))
    skips = [
        Skip(_bow(middle, left - _LANE / 2 - _LANE * lane, gaps[start] + _SPLIT, gaps[end] + _JOIN), gaps[end] + _JOIN)
        for (start, end), lane in lanes.items()
    ]
    last = places[-1] == network.drawn[-1]
    shape = network.shape(places[-1])
    end = (foot, y + _GAP - _ROOM, _("output {shape}", shape=shape) if last else shape)
    return Panel(caption, y + _GAP, middle, left + _COLUMN + _ROOM, list(rows.values()), skips, frames, end)


def _row(
    network: _Network,
    place: int,
    middle: float,
    top: float,
    room: float,
    left: float,
    foot: float,
    shape: tuple[str, float],
) -> Row:
    box = network.boxes[place]
    slab = network.slab(place, middle, top, room)
    lines = _lines(box, _letters(left))
    count = plural("{count} parameter", "{count} parameters", box.parameters, count=f"{box.parameters:,}")
    texts = len(lines) + bool(box.parameters)
    follows = place - 1 in box.sources
    text, label = shape
    return Row(
        slab=slab,
        lines=lines,
        parameters=count if box.parameters else "",
        text=top + (room - _LINE * texts) / 2 + 12,
        title=listing(box.layers),
        arrow=foot if follows else top - _GAP + _JOIN,
        shape=(_("input {shape}", shape=text).rstrip() if place == 0 else text, label),
    )


def _lanes(spans: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """A lane for each skip, so that skips beside each other do not touch; short ones are nearest to the boxes."""
    lanes: dict[tuple[int, int], int] = {}
    for start, end in sorted(spans, key=lambda span: (span[1] - span[0], span)):
        taken = {lane for (first, last), lane in lanes.items() if start <= last and first <= end}
        lanes[start, end] = next((lane for lane in range(_MOST_LANES) if lane not in taken), _MOST_LANES - 1)
    return lanes


def _bow(middle: float, lane: float, start: float, end: float) -> str:
    """A line that leaves the flow at one height and comes back at another, with round corners."""
    inner = lane + _BEND
    return (
        f"M{middle:.1f} {start:.1f}H{inner:.1f}Q{lane:.1f} {start:.1f} {lane:.1f} {start + _BEND:.1f}"
        f"V{end - _BEND:.1f}Q{lane:.1f} {end:.1f} {inner:.1f} {end:.1f}H{middle - 4:.1f}"
    )


def _figures(network: _Network) -> Figures:
    """What the drawing shows, box by box."""
    number = {place: i + 1 for i, place in enumerate(network.drawn)} | {INPUT: 0}
    times = {place: stage.times for stage in network.stages for place in stage.places}
    rows = []
    for place in network.drawn:
        box = network.boxes[place]
        kinds = _BETWEEN.join(box.kinds)
        name = f"{number[place]}. {kinds}" if times[place] == 1 else f"{number[place]}. {kinds} (×{times[place]})"
        taken = [_("input") if s == INPUT else str(number[network.shown[s]]) for s in box.sources]
        rows.append((name, network.shape(place), f"{box.parameters:,}", listing(taken)))
    return Figures([_("box"), _("output shape"), _("parameters"), _("takes the output of")], rows)


def _description(network: _Network) -> str:
    shapes = [network.shape(place) for place in network.drawn]
    changes = [shapes[0], *(after for before, after in pairwise(shapes) if after != before)]
    skips = sum(len(network.skips(place)) for place in range(len(network.boxes)))
    return " ".join(
        [
            _("Boxes from top to bottom, with these shapes on the way: {shapes}.", shapes=" → ".join(changes)),
            plural("{n} connection passes layers by.", "{n} connections pass layers by.", skips) if skips else "",
        ]
    ).rstrip()


def _remark(network: _Network) -> str:
    """How the drawing is to be read."""
    found = network.boxes
    said = []
    if any(len(box.shape) > 2 for box in found):
        said.append(_("A slab is as wide as its feature maps and as thick as they are many; a flat bar is a vector."))
    if any(box.parameters for box in found):
        said.append(_("The stronger the colour, the more parameters."))
    if any(network.skips(place) for place in network.drawn):
        said.append(_("Orange lines carry an output past the layers between."))
    if any(stage.times > 1 for stage in network.stages):
        said.append(_("What stands in a frame follows itself so many times, each time with parameters of its own."))
    return " ".join(said)

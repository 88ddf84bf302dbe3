"""The network as boxes: which layers share one, which boxes take the outputs of which, and what is repeated.

Layers that multiply matrices, change the shape or take more than the output of the layer before begin a box;
activations, normalisation and dropout stand in the box of the layer before them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: The place of the network's input among sources.
INPUT = -1
#: Parameters for each number of its output that a normalisation may have.
_LIGHT = 2
#: Fewer boxes saved than this are not worth a frame.
_SAVED = 2


@dataclass(frozen=True)
class Box:
    """Layers that are drawn as one.

    Attributes:
        layers: their names within the network.
        kinds: their classes.
        shape: of the last one's output, without the batch.
        parameters: of all of them.
        sources: places of the boxes whose outputs the first one takes; -1 is the input.
    """

    layers: tuple[str, ...]
    kinds: tuple[str, ...]
    shape: tuple[int, ...]
    parameters: int
    sources: tuple[int, ...]


@dataclass(frozen=True)
class Stage:
    """Boxes that follow each other in the same way several times.

    Attributes:
        first: place of the first box.
        length: boxes of one time.
        times: how often they follow each other.
    """

    first: int
    length: int
    times: int = 1

    @property
    def places(self) -> range:
        """The boxes of the first time."""
        return range(self.first, self.first + self.length)


def boxes(layers: Sequence[Mapping[str, Any]]) -> list[Box]:
    """The boxes of a network whose layers are in the order of their use."""
    sources = [layer.get("sources", [i - 1]) for i, layer in enumerate(layers)]
    takers = Counter(source for found in sources for source in found)
    groups: list[list[int]] = []
    for i, layer in enumerate(layers):
        if i and sources[i] == [i - 1] and takers[i - 1] == 1 and _is_light(layer, layers[i - 1]):
            groups[-1].append(i)
        else:
            groups.append([i])
    places = {INPUT: INPUT} | {i: place for place, group in enumerate(groups) for i in group}
    return [
        Box(
            tuple(str(layers[i]["name"]) for i in group),
            tuple(str(layers[i]["kind"]) for i in group),
            tuple(layers[group[-1]]["shape"]),
            sum(int(layers[i]["parameters"]) for i in group),
            tuple(sorted({places[source] for source in sources[group[0]]})),
        )
        for group in groups
    ]


def stages(found: Sequence[Box]) -> list[Stage]:
    """The boxes as stages, most of them of one box and one time."""
    marks = [
        (box.kinds, box.shape, box.parameters, [i - source for source in box.sources]) for i, box in enumerate(found)
    ]
    made: list[Stage] = []
    place = 0
    while place < len(found):
        lengths = range(1, (len(found) - place) // 2 + 1)
        tried = [Stage(place, length, _times(marks[place:], length)) for length in lengths]
        best = max(tried, key=_saved, default=Stage(place, 1))
        made.append(best if _saved(best) >= _SAVED else Stage(place, 1))
        place += made[-1].length * made[-1].times
    return made


def _is_light(layer: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    heavy = layer.get("flop", 0) or layer["parameters"] > _LIGHT * math.prod(layer["shape"])
    return not heavy and layer["shape"] == before["shape"]


def _times(marks: Sequence[Any], length: int) -> int:
    """How often the first marks, so many, follow each other."""
    times = 1
    while marks[times * length : (times + 1) * length] == marks[:length]:
        times += 1
    return times


def _saved(stage: Stage) -> int:
    return stage.length * (stage.times - 1)

"""Which augmentations suit which pictures, where the user leaves them at ``auto``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deepwright.config.settings import Member
from deepwright.specs import ImageSpec

#: From this many pixels on, a part of a photograph still shows what it is of.
_LARGE = 64
_SIDED = {"left", "right", "links", "rechts", "linke", "linker", "linkes", "rechte", "rechter", "rechtes"}


def suitable(spec: ImageSpec, names: Sequence[str], strength: float = 1.0) -> tuple[Member, ...]:
    """Augmentations that leave the answer as it is, in the order of their use.

    Symbols (grey pictures, or classes that are all single letters or numbers) are moved, turned and scaled a
    little: mirrored they would be others. Colour photographs are mirrored, unless a class tells left from right. Small
    ones are moved and partly covered, large ones cropped and seen in another light.

    Args:
        spec: what the pictures are.
        names: of the classes or labels.
        strength: how far symbols are moved, turned and scaled, above 0; at 1 as far as they are still easily read.
    """
    if spec.channels == 1 or _are_symbols(names):
        affine = Member("affine", {"rotation": 10.0 * strength, "scale": 0.1 * strength})
        return affine, Member("shift", {"share": 0.08 * strength})
    mirrored = () if _tell_sides(names) else (Member("flip"),)
    if min(spec.height, spec.width) < _LARGE:
        return (*mirrored, Member("shift"), Member("erasing"))
    return (*mirrored, Member("crop"), Member("colour_jitter"))


def _are_symbols(names: Sequence[str]) -> bool:
    return len(names) > 1 and all(name.isdigit() or (len(name) == 1 and name.isascii()) for name in names)


def _tell_sides(names: Sequence[str]) -> bool:
    """Whether a name holds a word for left or right, also within ``hand_left`` and ``LeftHand``."""
    words = {word.casefold() for name in names for word in re.findall(r"[A-ZÄÖÜ]?[a-zäöüß]+|[A-ZÄÖÜ]+|[左右]", name)}
    return not words.isdisjoint(_SIDED | {"左", "右"})

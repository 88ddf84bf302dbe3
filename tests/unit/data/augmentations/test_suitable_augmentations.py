from __future__ import annotations

import pytest

from deepwright import registry
from deepwright.config.documents import Document
from deepwright.data.augmentations._defaults import suitable
from deepwright.specs import ImageSpec

PHOTOGRAPHS = ("cat", "dog")
GREY, SMALL, LARGE = ImageSpec(1, 28, 28), ImageSpec(3, 32, 32), ImageSpec(3, 64, 96)


def names(spec: ImageSpec, classes: tuple[str, ...]) -> list[str]:
    return [member.name for member in suitable(spec, classes)]


@pytest.mark.parametrize(
    ("spec", "classes"),
    [
        (GREY, PHOTOGRAPHS),
        (SMALL, ("0", "1", "2")),
        (LARGE, ("10", "11")),
        (SMALL, ("a", "B", "7")),
    ],
    ids=str,
)
def test_symbols_are_moved_and_never_mirrored(spec: ImageSpec, classes: tuple[str, ...]) -> None:
    assert names(spec, classes) == ["affine", "shift"]


def test_photographs_are_mirrored_and_moved_and_large_ones_cropped() -> None:
    assert names(SMALL, PHOTOGRAPHS) == ["flip", "shift", "erasing"]
    assert names(LARGE, PHOTOGRAPHS) == ["flip", "crop", "colour_jitter"]
    assert names(ImageSpec(3, 63, 200), PHOTOGRAPHS) == ["flip", "shift", "erasing"]
    assert names(LARGE, ("猫", "狗")) == ["flip", "crop", "colour_jitter"], "a word may be one Chinese character"
    assert names(SMALL, ("y",)) == ["flip", "shift", "erasing"], "one name is that of a number, not of a symbol"
    assert names(SMALL, ()) == ["flip", "shift", "erasing"]


@pytest.mark.parametrize(
    "name",
    [
        "left",
        "turn left",
        "RIGHT",
        "hand_left",
        "LeftHand",
        "left2",
        "links-abbiegen",
        "Rechts",
        "向左转",
        "右",
        "rechte",
    ],
)
def test_what_tells_left_from_right_is_not_mirrored(name: str) -> None:
    assert names(SMALL, (name, "straight on")) == ["shift", "erasing"]


@pytest.mark.parametrize("name", ["upright piano", "leftovers", "bright", "copyright", "linksys", "frechte"])
def test_words_that_only_hold_left_or_right_do_not_count(name: str) -> None:
    assert names(SMALL, (name, "other")) == ["flip", "shift", "erasing"]


@pytest.mark.parametrize("spec", [GREY, SMALL, LARGE], ids=str)
def test_their_settings_are_admitted(spec: ImageSpec) -> None:
    for member in suitable(spec, PHOTOGRAPHS):
        assert registry.configure("augmentations", member, Document(), ()).name == member.name

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from deepwright.data.inspection.overview import inspect_table
from deepwright.data.inspection.samples import PAIRS, same_picture, samples, thumbnail, thumbnails
from deepwright.data.splits import Splits
from deepwright.data.table import Column, Table
from tests.unit.data.planted import tiles


def picture(uri: str) -> Image.Image:
    kind, _comma, data = uri.partition(",")
    found = Image.open(io.BytesIO(base64.b64decode(data)))
    assert kind == f"data:image/{str(found.format).lower()};base64"
    return found


def noise(count: int, side: int, classes: int) -> Table:
    pictures = np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)
    labels = np.array([f"class {row % classes}" for row in range(count)])
    return Table({"image": Column("image", pictures), "label": Column("category", labels)}, "noise")


def made(table: Table, splits: Splits | None = None) -> dict[str, object]:
    label = table.columns.get("label")
    return samples(table, inspect_table(table, splits, label), splits, label)


def uri(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], kind: str, **options: int) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode()}"


@pytest.mark.parametrize(("change", "levels", "same"), [(0, 0, True), (1, 0, False), (2, 2, True), (3, 2, False)])
def test_png_pictures_are_the_same_pixel_by_pixel(change: int, levels: int, same: bool) -> None:
    pixels = np.full((9, 7), 100, np.uint8)
    changed = pixels.copy()
    changed[4, 3] += change
    one, other = uri(pixels, "png", compress_level=0), uri(changed, "png", compress_level=9)
    assert one != other
    assert same_picture(one, other, levels) == same


def test_jpeg_pictures_are_the_same_whoever_wrote_them_but_another_picture_is_not() -> None:
    smooth = np.add.outer(np.arange(60), np.arange(70)).astype(np.uint8)
    one, other = uri(smooth, "jpeg", quality=75), uri(smooth, "jpeg", quality=45)
    assert one != other
    assert same_picture(one, other)
    assert same_picture(one, uri(smooth, "png"))
    assert not same_picture(one, uri(smooth[::-1].copy(), "jpeg", quality=75))
    assert not same_picture(one, uri(smooth[:50], "jpeg", quality=75))
    assert same_picture(thumbnail(smooth), thumbnail(smooth))


@pytest.mark.parametrize(
    "text", ["", "data:image/png;base64,", "data:image/png;base64,!", "data:image/gif;base64,AA=="]
)
def test_what_is_no_picture_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OSError)):
        same_picture(text, uri(np.zeros((2, 2), np.uint8), "png"))


def test_even_noise_takes_little_room() -> None:
    table = noise(200, 128, 10)
    table.columns["image"].values[100:] = table.columns["image"].values[:100]
    found = made(table)
    assert len(found["pictures"]) > 96  # type: ignore[arg-type]
    assert len(json.dumps(found)) < 300_000


@pytest.mark.parametrize(("classes", "shown", "each"), [(2, 2, 12), (10, 10, 9), (100, 32, 3)])
def test_every_class_gets_its_share(classes: int, shown: int, each: int) -> None:
    groups = made(noise(40 * classes, 8, classes))["groups"]
    assert isinstance(groups, list)
    assert len(groups) == shown
    assert {len(group["rows"]) for group in groups} == {each}


def test_pictures_come_from_the_training_split() -> None:
    splits = Splits("given", np.arange(0, 30), np.arange(30, 35), np.arange(35, 40))
    groups = made(noise(40, 8, 2), splits)["groups"]
    assert isinstance(groups, list)
    assert max(row for group in groups for row in group["rows"]) < 30


def test_rows_of_a_class_are_of_that_class() -> None:
    table = noise(60, 8, 3)
    for group in made(table)["groups"]:  # type: ignore[attr-defined]
        assert {table.columns["label"].values[row] for row in group["rows"]} == {group["name"]}


def test_duplicates_are_shown_in_pairs() -> None:
    table = noise(60, 8, 2)
    table.columns["image"].values[40:60] = table.columns["image"].values[:20]
    listed = inspect_table(table).duplicates
    assert listed is not None
    pictures = made(table)["pictures"]
    assert all(str(row) in pictures for twins in listed.listed[:PAIRS] for row in twins.rows[:2])  # type: ignore[operator]


def test_small_pictures_are_kept_as_they_are() -> None:
    digit = np.zeros((1, 28, 28), np.uint8)
    digit[0, 4:24, 12:15] = 255
    uri = thumbnails(Table({"image": Column("image", digit)}, "digits"), "image", [0])["0"]
    found = picture(uri)
    assert found.format == "PNG"
    np.testing.assert_array_equal(np.asarray(found), digit[0])


def test_large_pictures_keep_their_shape() -> None:
    wide = np.repeat(tiles(120)[:1], 3, axis=2)
    assert picture(thumbnails(Table({"image": Column("image", wide)}, "wide"), "image", [0])["0"]).size == (72, 24)


def test_numbers_are_shown_from_least_to_greatest() -> None:
    table = noise(200, 8, 2)
    numbers = Column("number", np.random.default_rng(1).normal(size=200))
    (group,) = samples(table, inspect_table(table), None, numbers)["groups"]
    assert group["name"] is None
    assert group["values"] == sorted(group["values"])
    assert group["values"][-1] == numbers.values.max()


def test_names_of_the_rows_that_are_shown() -> None:
    table = noise(10, 8, 2)
    named = Table(table.columns, "named", names=np.array([f"{row}.png" for row in range(10)]))
    assert made(named)["names"] == {str(row): f"{row}.png" for row in range(10)}


def test_without_pictures_there_is_nothing_to_show() -> None:
    text = Table({"text": Column("text", np.array(["a", "b"]))}, "texts")
    assert made(text) == {"groups": [], "pictures": {}, "names": {}}

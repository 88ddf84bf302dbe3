from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deepwright.data.pictures import opening
from deepwright.data.pictures.opening import header, is_grey, open_picture, standard
from deepwright.errors import DataError
from tests.unit.data.photographs import noise, save, turned

#: How a picture is stored for each EXIF orientation, from the picture as it should be seen.
STORED: dict[int, Any] = {
    1: lambda seen: seen,
    2: lambda seen: seen[:, ::-1],
    3: lambda seen: seen[::-1, ::-1],
    4: lambda seen: seen[::-1],
    5: lambda seen: seen.transpose(1, 0, 2),
    6: lambda seen: np.rot90(seen, 1),
    7: lambda seen: np.rot90(seen, 1)[:, ::-1],
    8: lambda seen: np.rot90(seen, -1),
}


def opened(file: Path, least: int | None = None) -> np.ndarray[Any, Any]:
    return np.asarray(open_picture(file, str(file), least))


def refusal(file: Path) -> str:
    with pytest.raises(DataError) as caught:
        open_picture(file, "my picture")
    return str(caught.value)


# ------------------------------------------------------------------------------------------------ turned


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("ending", ["png", "tiff"])
def test_a_picture_is_upright_whatever_its_orientation(orientation: int, ending: str, tmp_path: Path) -> None:
    seen = noise(1, 4, 6)
    stored = np.ascontiguousarray(STORED[orientation](seen))
    file = save(tmp_path / f"a.{ending}", stored, exif=turned(orientation))
    np.testing.assert_array_equal(opened(file), seen)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("ending", ["jpg", "tiff", "webp"])
def test_the_size_in_a_header_is_that_of_the_upright_picture(orientation: int, ending: str, tmp_path: Path) -> None:
    stored = np.ascontiguousarray(STORED[orientation](noise(1, 16, 24)))
    file = save(tmp_path / f"a.{ending}", stored, exif=turned(orientation))
    assert (header(file).width, header(file).height) == (24, 16)
    assert opened(file).shape == (16, 24, 3)


def test_a_header_names_mode_and_format(tmp_path: Path) -> None:
    file = save(tmp_path / "misnamed.png", Image.new("CMYK", (5, 4)), format="JPEG")
    assert header(file) == (5, 4, "CMYK", "JPEG")


# ------------------------------------------------------------------------------------------------- modes


@pytest.mark.parametrize(
    ("mode", "colour", "grey"),
    [("1", 1, True), ("L", 9, True), ("LA", (9, 200), True), ("P", 1, False), ("RGBA", (1, 2, 3, 4), False)],
)
def test_grey_stays_grey_and_all_else_gets_colours(mode: str, colour: Any, grey: bool, tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", Image.new(mode, (3, 2), colour))
    assert is_grey(mode) is grey
    assert open_picture(file, "a").mode == ("L" if grey else "RGB")


def test_sixteen_bits_are_grey_and_scaled(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", np.array([[0, 257, 65535, 128 * 257]], np.uint16))
    assert is_grey(header(file).mode)
    np.testing.assert_array_equal(opened(file), [[0, 1, 255, 128]])


@pytest.mark.parametrize(("most", "seen"), [(1.0, 255), (255.0, 255), (100.0, 100)])
def test_floats_are_shares_or_bytes(most: float, seen: int, tmp_path: Path) -> None:
    file = save(tmp_path / "a.tiff", np.array([[0, most]], np.float32))
    np.testing.assert_array_equal(opened(file), [[0, seen]])


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_colour_that_stands_for_transparency_is_white(mode: str, tmp_path: Path) -> None:
    colour = (10, 20, 30) if mode == "RGB" else 10
    file = save(tmp_path / "a.png", Image.new(mode, (2, 2), colour), transparency=colour)
    assert set(opened(file).ravel().tolist()) == {255}


def test_of_an_animation_the_first_frame_counts(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    for ending in ("gif", "webp", "png"):
        file = save(tmp_path / f"a.{ending}", frames[0], save_all=True, append_images=frames[1:], lossless=True)
        assert opened(file)[0, 0].tolist() == [255, 0, 0] if ending != "webp" else opened(file)[0, 0, 0] > 250


@pytest.mark.parametrize("ending", ["jpg", "tiff"])
def test_colours_of_print_become_colours_of_light(ending: str, tmp_path: Path) -> None:
    file = save(tmp_path / f"a.{ending}", Image.new("CMYK", (8, 8), (0, 255, 255, 0)))
    red, green, blue = opened(file)[4, 4].tolist()
    assert red > 250
    assert max(green, blue) < 5


# ---------------------------------------------------------------------------------------------- bad files


def test_bytes_and_open_files_are_opened_like_paths(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", noise(0))
    for source in (file, file.read_bytes(), io.BytesIO(file.read_bytes())):
        np.testing.assert_array_equal(np.asarray(open_picture(source, "a")), noise(0))


@pytest.mark.parametrize("of", [bytes, io.BytesIO])
def test_bytes_that_are_no_picture_are_refused(of: Any) -> None:
    with pytest.raises(DataError, match=r"upload cannot be used\. It is empty"):
        open_picture(of(b""), "upload")
    with pytest.raises(DataError, match=r"upload cannot be used\. It is not a picture"):
        open_picture(of(b"<html>"), "upload")


def test_each_problem_has_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("hello")
    cut = save(tmp_path / "cut.jpg", noise(0, 64, 64))
    cut.write_bytes(cut.read_bytes()[:-500])
    assert refusal(tmp_path / "empty.jpg") == "my picture cannot be used. It is empty."
    assert refusal(tmp_path / "text.jpg").startswith("my picture cannot be used. It is not a picture in a format")
    assert refusal(cut).startswith("my picture cannot be used. It cannot be read as a picture: image file is truncated")
    assert refusal(tmp_path / "none.jpg") == "There is no picture my picture."
    assert refusal(tmp_path) == "my picture is a folder, not a picture."


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "webp", "bmp", "tiff", "ppm"])
def test_damage_anywhere_is_a_picture_or_a_sentence(ending: str, tmp_path: Path) -> None:
    file = save(tmp_path / f"a.{ending}", noise(0, 16, 16))
    whole = file.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 400), 4):
            damaged[place] = rng.integers(0, 256)
        try:
            assert open_picture(bytes(damaged), "a").mode in ("L", "RGB")
        except DataError as error:
            assert str(error).startswith("a cannot be used. It ")  # noqa: PT017


def test_a_postscript_program_is_not_run() -> None:
    with pytest.raises(DataError, match="not a picture in a format that can be read"):
        open_picture(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "a")


def test_too_many_pixels_are_refused_and_many_are_not_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = save(tmp_path / "a.png", noise(0, 10, 10))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 60)
    with warnings.catch_warnings(record=True) as caught:
        assert opened(file).shape == (10, 10, 3)
    assert not caught
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)
    assert refusal(file) == "my picture cannot be used. It announces more pixels than are safe to unpack."


# -------------------------------------------------------------------------------------------------- sizes


def test_a_large_jpeg_is_decoded_smaller_but_never_too_small(tmp_path: Path) -> None:
    file = save(tmp_path / "a.jpg", Image.new("RGB", (800, 400), "red"))
    assert opened(file).shape == (400, 800, 3)
    assert opened(file, least=50).shape == (100, 200, 3)
    assert opened(file, least=300).shape == (400, 800, 3)


def cross() -> Image.Image:
    """Red at the left and right quarters, blue between."""
    pixels = np.zeros((4, 16, 3), np.uint8)
    pixels[:, :, 0] = 255
    pixels[:, 4:12] = (0, 0, 255)
    return Image.fromarray(pixels)


def test_crop_cuts_the_middle_out() -> None:
    wide = standard(cross(), 4, 4, 3, "crop")
    assert (wide[..., 2] > 200).all()
    high = standard(cross().rotate(90, expand=True), 4, 4, 3, "crop")
    np.testing.assert_array_equal(high, np.rot90(wide))


def test_pad_adds_grey_at_the_sides() -> None:
    padded = standard(cross(), 8, 8, 3, "pad")
    assert (padded[:3] == 128).all()
    assert (padded[5:] == 128).all()
    assert (padded[3:5] != 128).any(2).all()
    assert standard(cross().convert("L"), 8, 8, 1, "pad")[0].tolist() == [128] * 8


def test_stretch_keeps_everything() -> None:
    stretched = standard(cross(), 8, 8, 3, "stretch")
    assert (stretched[:, 0, 0] > 200).all()
    assert (stretched[:, 4, 2] > 200).all()


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_a_picture_of_the_right_size_is_left_as_it_is(fit: opening.Fit) -> None:
    np.testing.assert_array_equal(standard(Image.fromarray(noise(3, 7, 5)), 7, 5, 3, fit), noise(3, 7, 5))


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (31, 33), (997, 3), (224, 225)])
@pytest.mark.parametrize(("to", "channels"), [((8, 8), 3), ((7, 13), 1), ((1, 1), 3)])
def test_any_size_becomes_any_other(
    fit: opening.Fit, size: tuple[int, int], to: tuple[int, int], channels: int
) -> None:
    array = standard(Image.new("RGB", size, (90, 90, 90)), *to, channels, fit)
    assert array.shape == (to if channels == 1 else (*to, 3))
    assert array.dtype == np.uint8
    assert set(array.ravel().tolist()) <= ({90, 128} if fit == "pad" else {90})


@pytest.mark.parametrize(("channels", "mode"), [(1, "RGB"), (3, "L")])
def test_the_mode_is_the_one_that_is_asked_for(channels: int, mode: str) -> None:
    array = standard(Image.new(mode, (4, 4), 9), 4, 4, channels, "crop")
    assert array.ndim == (2 if channels == 1 else 3)

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from deepwright import experiments
from deepwright.config.documents import Document
from deepwright.config.settings import settings_from
from deepwright.data.datasets.digits import digits
from deepwright.data.encoders.image import ImageEncoder
from deepwright.data.pictures.opening import Fit
from deepwright.data.splits import split_rows
from deepwright.data.stored import StoredPictures
from deepwright.data.table import Column
from deepwright.data.tabular.arrays import from_array
from deepwright.errors import DataError
from deepwright.predictor import Predictor
from deepwright.specs import ImageSpec

GREY = np.random.default_rng(0).integers(0, 256, (9, 6, 7), np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (9, 6, 7, 3), np.uint8)


def fitted(pictures: Any) -> Any:
    """An encoder; Any because what it stores of arrays is a Tensor, though it need not be one of others."""
    encoder = ImageEncoder()
    encoder.fit(Column("image", pictures))
    return encoder


def refusal(value: Any) -> str:
    with pytest.raises(DataError) as caught:
        fitted(GREY).encode([value])
    return str(caught.value)


# ---------------------------------------------------------------------------------------------- fitting


def test_size_and_mode_are_those_of_the_training_pictures() -> None:
    assert fitted(GREY).spec == ImageSpec(channels=1, height=6, width=7)
    assert fitted(COLOUR).spec == ImageSpec(channels=3, height=6, width=7)


@pytest.mark.parametrize("pictures", [GREY, COLOUR], ids=["grey", "colour"])
def test_the_first_layer_brings_every_channel_to_mean_0_and_deviation_1(pictures: npt.NDArray[np.uint8]) -> None:
    encoder = fitted(pictures)
    (inputs,) = encoder.batch(encoder.encode(pictures))
    outputs = encoder.front()(inputs).to(torch.float64)
    assert outputs.shape == inputs.shape
    assert outputs.mean((0, 2, 3)).abs().max() < 1e-6
    assert (outputs.std((0, 2, 3), correction=0) - 1).abs().max() < 1e-6


def test_pictures_of_one_colour_are_normalised_to_finite_values() -> None:
    encoder = fitted(np.full((4, 3, 3), 70, np.uint8))
    (inputs,) = encoder.batch(encoder.encode(GREY[:, :3, :3]))
    assert encoder.front()(inputs).isfinite().all()


def test_before_fitting_there_is_nothing() -> None:
    encoder = ImageEncoder()
    for ask in (lambda: encoder.spec, lambda: encoder.encode(GREY), encoder.state):
        with pytest.raises(RuntimeError, match="not fitted"):
            ask()


@pytest.mark.parametrize("pictures", [GREY, COLOUR], ids=["grey", "colour"])
def test_its_state_survives_as_json(pictures: npt.NDArray[np.uint8]) -> None:
    encoder = fitted(pictures)
    again: Any = ImageEncoder.from_state(json.loads(json.dumps(encoder.state())))
    assert (again.spec, again.mean, again.deviation) == (encoder.spec, encoder.mean, encoder.deviation)
    assert torch.equal(again.encode(pictures), encoder.encode(pictures))


# ----------------------------------------------------------------------------------------------- arrays


def test_bytes_are_stored_channels_first_and_yield_numbers_from_0_to_1() -> None:
    encoder = fitted(COLOUR)
    stored = encoder.encode(COLOUR)
    assert (stored.shape, stored.dtype) == ((9, 3, 6, 7), torch.uint8)
    np.testing.assert_array_equal(stored.numpy(), COLOUR.transpose(0, 3, 1, 2))
    (inputs,) = encoder.batch(stored)
    np.testing.assert_allclose(inputs.numpy(), COLOUR.transpose(0, 3, 1, 2) / 255, atol=1e-7)
    np.testing.assert_array_equal(stored.numpy(), COLOUR.transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    "same",
    [
        lambda array: array / 255,
        lambda array: (array / 255).astype(np.float32),
        lambda array: array.astype(np.int64),
        lambda array: array[..., None],
        lambda array: array[..., ::1].copy(order="F"),
        list,
        lambda array: list(array / 255),
        lambda array: [picture[..., None] for picture in array],
        lambda array: [Image.fromarray(picture) for picture in array],
        lambda array: [picture.tolist() for picture in array],
    ],
    ids=["float64", "float32", "int64", "a channel", "columns", "list", "floats", "channels", "PIL", "lists"],
)
def test_the_same_pictures_in_any_form_are_the_same(
    same: Callable[[Any], Any], logged: list[logging.LogRecord]
) -> None:
    assert torch.equal(fitted(GREY).encode(same(GREY)), torch.from_numpy(GREY[:, None]))
    assert not logged


def test_colours_may_be_given_as_floats() -> None:
    encoder = fitted(COLOUR)
    assert torch.equal(encoder.encode(COLOUR / 255), encoder.encode(COLOUR))


@pytest.mark.parametrize(
    "value",
    [None, 3, np.zeros(5, np.uint8), np.zeros((5, 5, 7), np.uint8), np.zeros((0, 5), np.uint8), object(), b"x"],
    ids=["None", "a number", "a row", "seven channels", "no pixels", "an object", "bytes"],
)
def test_what_is_no_picture_is_named_with_shape_and_type(value: Any) -> None:
    message = refusal(value)
    for part in (f"the shape {list(np.shape(value))}", f"the type {np.asarray(value).dtype}", "[H, W, 3]"):
        assert part in message


@pytest.mark.parametrize("picture", [np.full((6, 7), 1.5), np.full((6, 7), 300), np.full((6, 7), np.nan)])
def test_an_array_of_unknown_scale_is_refused(picture: Any) -> None:
    assert "bytes from 0 to 255 or numbers from 0 to 1 are read" in refusal(picture)


# -------------------------------------------------------------------------------------------- on the disk


@pytest.fixture(params=[GREY, COLOUR], ids=["grey", "colour"])
def stored(request: Any, tmp_path: Path) -> tuple[npt.NDArray[np.uint8], StoredPictures]:
    """Pictures in memory, and the same in a file."""
    (tmp_path / "pixels").write_bytes(request.param.tobytes())
    return request.param, StoredPictures(tmp_path / "pixels", request.param.shape[1:])


def test_what_is_learnt_of_pictures_in_a_file_is_what_is_learnt_in_memory(
    stored: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepwright.data.stored._CHUNK_BYTES", 300)
    pictures, file = stored
    assert fitted(file[2:]).state() == fitted(pictures[2:]).state()


def test_pictures_in_a_file_are_read_when_they_are_asked_for(stored: tuple[Any, Any]) -> None:
    pictures, file = stored
    encoder = fitted(pictures)
    encoded = encoder.encode(file[1:])
    assert not isinstance(encoded, torch.Tensor)
    assert len(encoded) == 8
    in_memory = encoder.encode(pictures[1:])
    for positions in (torch.tensor([3, 0, 3, 7]), torch.tensor([5]), torch.arange(8)):
        assert encoded[positions].dtype == torch.uint8
        assert torch.equal(encoded[positions], in_memory[positions])
        assert torch.equal(encoder.batch(encoded[positions])[0], encoder.batch(in_memory[positions])[0])
    file.file.unlink()
    with pytest.raises(DataError, match="was deleted or cut"):
        encoded[torch.tensor([0])]


def test_pictures_of_another_size_in_a_file_are_converted(stored: tuple[Any, Any]) -> None:
    pictures, file = stored
    encoder = fitted(pictures[:, :4])
    assert torch.equal(encoder.encode(file), encoder.encode(pictures))


# ------------------------------------------------------------------------------------------------ modes


def plain(mode: str, colour: Any, size: tuple[int, int] = (7, 6)) -> Image.Image:
    return Image.new(mode, size, colour)


def palette(colour: tuple[int, int, int], transparent: bool = False) -> Image.Image:
    picture = Image.new("P", (7, 6), 1)
    picture.putpalette([9, 9, 9, *colour])
    if transparent:
        picture.info["transparency"] = 1
    return picture


def sixteen_bits(value: int) -> Image.Image:
    return Image.fromarray(np.full((6, 7), value, np.uint16))


MODES: dict[str, tuple[Image.Image, tuple[int, int, int]]] = {
    "L": (plain("L", 100), (100, 100, 100)),
    "RGB": (plain("RGB", (200, 100, 50)), (200, 100, 50)),
    "RGBA": (plain("RGBA", (200, 100, 50, 255)), (200, 100, 50)),
    "RGBA clear": (plain("RGBA", (0, 0, 0, 0)), (255, 255, 255)),
    "RGBA half clear": (plain("RGBA", (0, 100, 255, 128)), (127, 177, 255)),
    "LA": (plain("LA", (100, 255)), (100, 100, 100)),
    "LA clear": (plain("LA", (0, 0)), (255, 255, 255)),
    "P": (palette((200, 100, 50)), (200, 100, 50)),
    "P clear": (palette((0, 0, 0), transparent=True), (255, 255, 255)),
    "1 on": (plain("1", 1), (255, 255, 255)),
    "1 off": (plain("1", 0), (0, 0, 0)),
    "I;16 most": (sixteen_bits(65535), (255, 255, 255)),
    "I;16 some": (sixteen_bits(100 * 257), (100, 100, 100)),
    "I;16 least": (sixteen_bits(200), (1, 1, 1)),
    "CMYK none": (plain("CMYK", (0, 0, 0, 0)), (255, 255, 255)),
    "CMYK black": (plain("CMYK", (0, 0, 0, 255)), (0, 0, 0)),
    "CMYK cyan": (plain("CMYK", (255, 0, 0, 0)), (0, 255, 255)),
}


@pytest.mark.parametrize("case", MODES)
def test_every_mode_becomes_colours(case: str) -> None:
    picture, colour = MODES[case]
    stored = fitted(COLOUR).encode([picture])
    assert stored.shape == (1, 3, 6, 7)
    assert stored[0].amax((1, 2)).tolist() == stored[0].amin((1, 2)).tolist() == list(colour)


@pytest.mark.parametrize("case", MODES)
def test_every_mode_becomes_grey(case: str) -> None:
    picture, (red, green, blue) = MODES[case]
    stored = fitted(GREY).encode([picture])
    assert stored.shape == (1, 1, 6, 7)
    assert stored.amax() == stored.amin()
    assert abs(int(stored.amax()) - (0.299 * red + 0.587 * green + 0.114 * blue)) < 1  # ITU-R BT.601


@pytest.mark.parametrize("case", [case for case in MODES if "CMYK" not in case])
def test_a_file_of_any_mode_is_the_picture_that_was_saved(case: str, tmp_path: Path) -> None:
    picture, _colour = MODES[case]
    picture.save(tmp_path / "picture.png")
    encoder = fitted(COLOUR)
    assert torch.equal(encoder.encode([tmp_path / "picture.png"]), encoder.encode([picture]))


def test_all_levels_of_sixteen_bits_are_rounded_to_the_nearest_byte() -> None:
    levels = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    stored = fitted(np.zeros((1, 16, 16), np.uint8)).encode([Image.fromarray(levels)])
    assert stored.reshape(-1).tolist() == list(range(256))


# ------------------------------------------------------------------------------------------------ sizes


@pytest.mark.parametrize("size", [(7, 6), (14, 12), (1, 1), (70, 6), (7, 60), (3, 100)], ids=str)
def test_pictures_of_any_size_become_the_size_of_training(size: tuple[int, int]) -> None:
    stored = fitted(COLOUR).encode([plain("RGB", (200, 100, 50), size)])
    assert stored.shape == (1, 3, 6, 7)
    assert stored[0].amax((1, 2)).tolist() == stored[0].amin((1, 2)).tolist() == [200, 100, 50]


def test_a_larger_picture_is_averaged_not_sampled() -> None:
    board = (np.indices((12, 14)).sum(0) % 2 * 255).astype(np.uint8)
    stored = fitted(GREY).encode([board])
    assert set(stored[0, 0, 1:-1, 1:-1].flatten().tolist()) <= {127, 128}


def test_pictures_of_different_sizes_come_together() -> None:
    stored = fitted(GREY).encode([GREY[0], plain("RGB", (9, 9, 9), (20, 20)), plain("LA", (9, 255), (2, 3))])
    assert stored.shape == (3, 1, 6, 7)
    np.testing.assert_array_equal(stored[0, 0].numpy(), GREY[0])


def test_other_sizes_are_fitted_as_those_of_training_were() -> None:
    wide = np.array([[0, 255, 0]], np.uint8).repeat(4, 1).repeat(4, 0)
    means = {}
    for fit in get_args(Fit):
        encoder: Any = ImageEncoder()
        encoder.fit(Column("image", np.zeros((2, 4, 4), np.uint8), fit))
        again: Any = ImageEncoder.from_state(json.loads(json.dumps(encoder.state())))
        means[fit] = float(again.encode([wide]).float().mean())
        assert torch.equal(again.encode([wide]), encoder.encode([wide]))
    assert means["crop"] == 255
    assert means["stretch"] < 128
    assert 64 < means["pad"] < 191


def test_many_kinds_of_conversions_are_counted_not_listed(logged: list[logging.LogRecord]) -> None:
    fitted(GREY).encode([plain("L", 9, (side, side)) for side in (3, 4, 5, 6, 6)])
    assert [record.getMessage() for record in logged] == ["5 pictures of 4 sizes and modes were converted to L 7×6."]


def test_a_large_file_is_named_with_its_own_size(tmp_path: Path, logged: list[logging.LogRecord]) -> None:
    plain("RGB", "red", (800, 600)).save(tmp_path / "a.jpg")
    assert fitted(COLOUR).encode([tmp_path / "a.jpg"])[0, 0].min() > 250
    assert [record.getMessage() for record in logged] == ["1 picture was converted: RGB 800×600 → RGB 7×6."]


def test_what_was_converted_is_said_once_for_each_change(logged: list[logging.LogRecord]) -> None:
    fitted(GREY).encode([plain("RGBA", (1, 2, 3, 4), (3, 2)), GREY[0], plain("L", 5, (9, 9)), plain("RGBA", 0, (3, 2))])
    assert [(record.levelname, record.getMessage()) for record in logged] == [
        ("WARNING", "2 pictures were converted: RGBA 3×2 → L 7×6."),
        ("WARNING", "1 picture was converted: L 9×9 → L 7×6."),
    ]


def test_an_array_of_another_size_is_converted_and_said(logged: list[logging.LogRecord]) -> None:
    assert fitted(COLOUR).encode(COLOUR[:, :4]).shape == (9, 3, 6, 7)
    assert fitted(GREY).encode(COLOUR / 255).shape == (9, 1, 6, 7)
    assert [record.getMessage() for record in logged] == [
        "9 pictures were converted: RGB 7×4 → RGB 7×6.",
        "9 pictures were converted: RGB 7×6 → L 7×6.",
    ]


def test_what_fits_is_not_mentioned(tmp_path: Path, logged: list[logging.LogRecord]) -> None:
    Image.fromarray(GREY[0]).save(tmp_path / "a.png")
    fitted(GREY).encode([tmp_path / "a.png", str(tmp_path / "a.png"), GREY[0], Image.fromarray(GREY[0])])
    assert not logged


# ------------------------------------------------------------------------------------------------ files


def saved(folder: Path, name: str, picture: npt.NDArray[np.uint8] = COLOUR[0]) -> Path:
    Image.fromarray(picture).save(folder / name)
    return folder / name


@pytest.mark.parametrize("ending", ["png", "bmp", "tiff", "ppm"])
def test_what_is_saved_without_loss_is_read_without_loss(ending: str, tmp_path: Path) -> None:
    encoder = fitted(COLOUR)
    assert torch.equal(encoder.encode([saved(tmp_path, f"a.{ending}")]), encoder.encode(COLOUR[:1]))


@pytest.mark.parametrize("ending", ["jpg", "webp", "gif"])
def test_what_is_saved_with_loss_is_read_too(ending: str, tmp_path: Path) -> None:
    assert fitted(COLOUR).encode([saved(tmp_path, f"a.{ending}")]).shape == (1, 3, 6, 7)


def test_a_path_in_the_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    saved(tmp_path, "a.png")
    assert fitted(COLOUR).encode(["~/a.png"]).shape == (1, 3, 6, 7)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "a.png") == f"There is no picture {tmp_path / 'a.png'}."


def test_a_folder_is_named(tmp_path: Path) -> None:
    assert refusal(str(tmp_path)) == f"{tmp_path} is a folder, not a picture."


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_picture_is_named_with_what_is_read(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(data)
    message = refusal(tmp_path / "a.png")
    assert message.startswith(f"{tmp_path / 'a.png'} cannot be used. It is {'not a picture in' if data else 'empty'}")
    assert not data or "PNG, JPEG" in message


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "webp"])
def test_a_file_cut_anywhere_is_named(ending: str, tmp_path: Path) -> None:
    """The last dozen bytes of a PNG say no more than that it ends."""
    file = saved(tmp_path, f"a.{ending}")
    whole = file.read_bytes()
    for length in range(0, len(whole) - 20, max(1, len(whole) // 60)):
        file.write_bytes(whole[:length])
        assert refusal(file).startswith(str(file)), length


@pytest.mark.parametrize("name", ["x\0y", "x" * 5000])
def test_a_name_that_no_file_can_have_is_answered(name: str) -> None:
    assert refusal(name).startswith(f"{name} cannot be used. It cannot be read")


def test_a_path_in_the_home_folder_of_nobody_is_missing() -> None:
    assert refusal("~nobody-of-that-name/a.png") == "There is no picture ~nobody-of-that-name/a.png."


def test_a_file_that_announces_too_many_pixels_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    file = saved(tmp_path, "a.png")
    assert refusal(file) == f"{file} cannot be used. It announces more pixels than are safe to unpack."


# ------------------------------------------------------------------------------------------ predictions


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    document = Document()
    for key, value in {"model": "convnet", "training.epochs": 1, "training.num_threads": 1}.items():
        document.set(key, value, "the test")
    table = digits().take(np.arange(200))
    settings = settings_from(document)
    splits = split_rows(table, settings.data.split, table.columns["label"].values, 0)
    roles = {"image": "image", "label": "label"}
    settings = experiments.plan(table, splits, "classification", roles, settings)
    return experiments.fit(table, splits, "classification", roles, settings).predictor


@pytest.mark.parametrize("ending", ["png", "bmp"])
def test_an_array_is_predicted_like_the_same_pictures_saved(predictor: Predictor, ending: str, tmp_path: Path) -> None:
    pictures = digits().columns["image"].values[200:230]
    files: Sequence[Path] = [saved(tmp_path, f"{i}.{ending}", picture) for i, picture in enumerate(pictures)]
    assert predictor.predict(pictures) == predictor.predict(files)


def test_an_array_is_predicted_like_floats_and_like_pil_pictures(predictor: Predictor) -> None:
    pictures = digits().columns["image"].values[200:230]
    answers = predictor.predict(pictures)
    assert predictor.predict(pictures / 255) == answers
    assert predictor.predict(pictures[..., None]) == answers
    assert predictor.predict([Image.fromarray(picture) for picture in pictures]) == answers


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_to_predict_may_have_their_channels_first_as_those_to_learn_from(channels: int) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (2, channels, 8, 8), np.uint8)
    encoder = ImageEncoder()
    encoder.fit(from_array("image", pictures, str).column)
    given: Any
    for given in (pictures, torch.from_numpy(pictures), torch.from_numpy(pictures / 255).to(torch.float32)):
        assert torch.equal(encoder.encode(given)[torch.arange(2)], torch.from_numpy(pictures))


def test_tensors_of_types_that_numpy_lacks_are_encoded() -> None:
    pictures = torch.arange(2 * 8 * 8).reshape(2, 8, 8).remainder(2).to(torch.bfloat16)
    encoder = ImageEncoder()
    encoder.fit(Column("image", np.zeros((1, 8, 8), np.uint8)))
    given: Any
    for given in (pictures, list(pictures)):
        assert torch.equal(encoder.encode(given)[torch.arange(2)], 255 * pictures[:, None].to(torch.uint8))

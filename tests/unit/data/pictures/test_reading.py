from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from deepwright.config.settings import DataSettings
from deepwright.data.encoders.image import ImageEncoder
from deepwright.data.files import cache as caching
from deepwright.data.pictures import decoding, opening
from deepwright.data.pictures import reading as pictures
from deepwright.data.pictures.decoded import PIXELS
from deepwright.data.pictures.reading import PicturesRead, read_pictures
from deepwright.data.stored import StoredPictures
from deepwright.data.table import Column, Files
from deepwright.errors import ConfigError, DataError, StorageError
from tests.unit.data.photographs import noise, save, turned


def photographs(folder: Path, *sizes: tuple[int, int]) -> list[Path]:
    """A file of noise for each size [H, W]."""
    return [save(folder / f"{row}.png", noise(row, *size)) for row, size in enumerate(sizes)]


def read(files: list[Path], deciding: list[int] | None = None, **settings: Any) -> PicturesRead:
    chosen = None if deciding is None else np.array(deciding)
    return read_pictures(files, [file.name for file in files], DataSettings(**settings), "the album", chosen)


def refusal(files: list[Path], **settings: Any) -> str:
    with pytest.raises(DataError) as caught:
        read(files, **settings)
    return str(caught.value)


def rejected(found: PicturesRead) -> list[tuple[str, str]]:
    return [(one.name, one.reason) for one in found.rejected]


@pytest.fixture
def album(tmp_path: Path) -> list[Path]:
    """Five pictures that can be used and two that cannot: one is found out by its header, one only when decoded."""
    files = photographs(tmp_path / "album", *[(20, 24)] * 7)
    files[2].write_text("no picture")
    files[4].write_bytes(files[4].read_bytes()[:-200])
    return files


# ---------------------------------------------------------------------------------------------- what is read


def test_pictures_that_are_alike_stay_as_they_are(tmp_path: Path) -> None:
    found = read(photographs(tmp_path, *[(6, 9)] * 5))
    np.testing.assert_array_equal(found.values, [noise(row, 6, 9) for row in range(5)])
    assert (found.kept.tolist(), found.rejected, found.notes) == ([0, 1, 2, 3, 4], [], [])
    assert (found.files.widths.tolist(), found.files.heights.tolist()) == ([9] * 5, [6] * 5)
    assert (found.files.modes.tolist(), found.files.formats.tolist()) == (["RGB"] * 5, ["PNG"] * 5)


def test_grey_pictures_have_no_channels(tmp_path: Path) -> None:
    files = [save(tmp_path / f"{mode}.png", Image.new(mode, (3, 2))) for mode in ("L", "LA", "1", "I;16")]
    found = read(files)
    assert found.values.shape == (4, 2, 3)
    assert found.files.modes.tolist() == ["L", "LA", "1", "I;16"]


def test_one_picture_with_colours_gives_all_of_them_channels(tmp_path: Path) -> None:
    files = [save(tmp_path / f"{row}.png", noise(row, channels=1)) for row in range(3)]
    found = read([*files, save(tmp_path / "c.png", noise(9))])
    assert found.values.shape == (4, 8, 8, 3)
    np.testing.assert_array_equal(found.values[1][..., 2], noise(1, channels=1))
    assert found.notes == ["3 of 4 pictures are grey; they are read as ones with colours, like the others."]


def test_what_cannot_be_used_is_left_out_and_named(album: list[Path]) -> None:
    found = read(album)
    assert found.kept.tolist() == [0, 1, 3, 5, 6]
    np.testing.assert_array_equal(found.values, [noise(row, 20, 24) for row in (0, 1, 3, 5, 6)])
    assert all(len(getattr(found.files, field.name)) == 5 for field in fields(Files))
    (first, why), (second, because) = rejected(found)
    assert (first, second) == ("2.png", "4.png")
    assert why.startswith("It is not a picture in a format that can be read")
    assert because.startswith("It cannot be read as a picture: ")


def test_a_file_that_is_not_there_is_named(album: list[Path]) -> None:
    found = read([*album, album[0].with_name("gone.png")])
    assert rejected(found)[-1] == ("gone.png", "It is not there.")


def test_strictness_stops_at_the_first(album: list[Path]) -> None:
    assert refusal(album, strict=True).startswith("the album: 2.png cannot be used. It is not a picture")
    assert refusal(album[3:], strict=True).startswith("the album: 4.png cannot be used. It cannot be read as a picture")


@pytest.mark.parametrize("good", [0, 1, 2])
def test_fewer_than_half_are_too_few(good: int, tmp_path: Path) -> None:
    files = photographs(tmp_path, *[(5, 5)] * (good + 3))
    for file in files[good:]:
        file.write_bytes(b"")
    message = refusal(files)
    assert message.startswith(f"the album: {good} of {good + 3} pictures can be used; at least half of ")
    assert f"needed. {good}.png: It is empty." in message


def test_of_many_the_first_five_are_named(tmp_path: Path) -> None:
    files = photographs(tmp_path, *[(5, 5)] * 9)
    for file in files[1:]:
        file.write_bytes(b"")
    assert re.findall(r"\d.png", refusal(files)) == ["1.png", "2.png", "3.png", "4.png", "5.png"]


def test_a_single_picture_is_too_few(tmp_path: Path) -> None:
    assert refusal(photographs(tmp_path, (5, 5))).startswith("the album: 1 of 1 pictures can be used; at least half")


# ------------------------------------------------------------------------------------------------------ size


@pytest.mark.parametrize(
    ("sizes", "side"),
    [
        ([(10, 50), (20, 12), (30, 31)], 12),
        ([(70, 50), (62, 70), (45, 45)], 48),
        ([(640, 480), (400, 300), (900, 1200)], 224),
        ([(3, 1), (1, 2)], 1),
    ],
)
def test_sizes_that_differ_are_brought_to_their_median_shorter_side(
    sizes: list[tuple[int, int]], side: int, tmp_path: Path
) -> None:
    assert read(photographs(tmp_path, *sizes)).values.shape == (len(sizes), side, side, 3)


def test_the_size_can_be_chosen(tmp_path: Path) -> None:
    files = photographs(tmp_path, (9, 6), (9, 6))
    found = read(files, image_size=4, fit="pad")
    assert found.values.shape == (2, 4, 4, 3)
    assert found.notes == [
        "Pictures of 6×9 are brought to 4×4 (pad); choose with data.image_size and data.fit.",
    ]


def test_what_was_decided_is_said(tmp_path: Path) -> None:
    found = read(photographs(tmp_path, (40, 90), (64, 96), (480, 640)))
    assert found.notes == [
        "Pictures of 90×40 to 640×480 are brought to 64×64 (crop); choose with data.image_size and data.fit."
    ]


def test_size_and_mode_are_those_of_the_training_part(tmp_path: Path) -> None:
    train = [save(tmp_path / f"{row}.png", noise(row, 10, 10, 1)) for row in range(2)]
    test = [save(tmp_path / f"t{row}.png", noise(row, 30, 50)) for row in range(2)]
    found = read([*test, *train], deciding=[2, 3])
    assert found.values.shape == (4, 10, 10)
    np.testing.assert_array_equal(found.values[2], noise(0, 10, 10, 1))
    assert "2 of 4 pictures have colours; they are read as grey" in found.notes[1]


def test_pictures_turned_by_a_camera_are_alike_when_upright(tmp_path: Path) -> None:
    lying = [save(tmp_path / f"{row}.jpg", noise(row, 16, 24), exif=turned(6)) for row in range(2)]
    upright = [save(tmp_path / f"u{row}.jpg", noise(row, 24, 16)) for row in range(2)]
    assert read([*lying, *upright]).values.shape == (4, 24, 16, 3)


def test_alike_but_larger_than_any_size_that_can_be_chosen(tmp_path: Path) -> None:
    files = [save(tmp_path / f"{row}.png", Image.new("L", (1500, 3))) for row in range(2)]
    assert read(files).values.shape == (2, 3, 3)


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("storage", ["memory", "disk"])
def test_a_file_is_the_same_when_trained_on_and_when_predicted(storage: Any, fit: Any, tmp_path: Path) -> None:
    files = [save(tmp_path / f"{row}.jpg", noise(row, 100 + row, 150 - 20 * row)) for row in range(4)]
    files.append(save(tmp_path / "turned.jpg", noise(7, 60, 90), exif=turned(8)))
    files.append(save(tmp_path / "palette.png", Image.fromarray(noise(8, 30, 31)).quantize(16)))
    found = read(files, storage=storage, fit=fit)
    encoder = ImageEncoder()
    encoder.fit(Column("image", found.values, fit))
    predicted: Any = encoder.encode(files)
    np.testing.assert_array_equal(predicted.numpy().transpose(0, 2, 3, 1), np.asarray(found.values))


# ----------------------------------------------------------------------------------------------------- cache


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are decoded during a test."""
    done: list[Path] = []
    decode = opening.decoded

    def counted(file: Path, least: int) -> Image.Image:
        done.append(file)
        return decode(file, least)

    monkeypatch.setattr(decoding, "decoded", counted)
    return done


def same(one: PicturesRead, other: PicturesRead) -> bool:
    alike = all(
        np.array_equal(getattr(one.files, field.name), getattr(other.files, field.name)) for field in fields(Files)
    )
    return (
        alike
        and np.array_equal(np.asarray(one.values), np.asarray(other.values))
        and np.array_equal(one.kept, other.kept)
        and (one.rejected, one.notes) == (other.rejected, other.notes)
    )


def pixels(cache: Path) -> Path:
    (file,) = cache.glob(f"pictures/*/{PIXELS}")
    return file


def test_in_a_file_they_are_the_same_as_in_memory(album: list[Path]) -> None:
    found = read(album, storage="disk", image_size=16)
    assert isinstance(found.values, StoredPictures)
    assert same(found, read(album, storage="memory", image_size=16))


def test_the_second_time_only_what_failed_is_tried_again(album: list[Path], decodings: list[Path]) -> None:
    first = read(album, storage="disk")
    decodings.clear()
    assert same(read(album, storage="disk"), first)
    assert decodings == [album[2], album[4]]


@pytest.mark.parametrize(("sizes", "asked"), [([(20, 24)] * 3, None), ([(20, 24), (24, 20), (40, 30)], 20)])
def test_a_size_that_was_found_before_is_not_decoded_again(
    sizes: list[tuple[int, int]], asked: int | None, tmp_path: Path, decodings: list[Path]
) -> None:
    files = photographs(tmp_path / "album", *sizes)
    first = read(files, storage="disk")
    decodings.clear()
    assert same(read(files, storage="disk", image_size=asked), first)
    assert decodings == []
    assert read(files, storage="disk", image_size=16).values.shape[1:] == (16, 16, 3)


def test_without_a_size_pictures_have_to_be_alike(tmp_path: Path) -> None:
    alike = photographs(tmp_path / "alike", (20, 24), (20, 24))
    assert read(alike, image_size=None).values.shape == (2, 20, 24, 3)
    with pytest.raises(ConfigError, match=r"^data\.image_size is null.* Give a size, or auto\.$"):
        read(photographs(tmp_path / "others", (20, 24), (24, 20)), image_size=None)


def test_automatically_memory_is_taken_for_little(album: list[Path], cache: Path) -> None:
    assert isinstance(read(album).values, np.ndarray)
    assert not cache.exists()


@pytest.mark.parametrize(("limit", "available"), [(1000, 10**9), (2**30, 4 * 5 * 1440)])
def test_automatically_a_file_is_taken_for_much(
    limit: int, available: int, album: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_MOST_IN_MEMORY", limit)
    monkeypatch.setattr(pictures, "available_memory", lambda: available)
    assert isinstance(read(album).values, StoredPictures)


def test_what_is_in_a_file_already_is_taken_from_there(album: list[Path]) -> None:
    read(album, storage="disk")
    assert isinstance(read(album).values, StoredPictures)
    assert isinstance(read(album, storage="memory").values, np.ndarray)


def test_more_than_the_memory_is_refused(album: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "available_memory", lambda: 8000)
    assert refusal(album, storage="memory") == (
        "the album decoded takes 8.64 kB of memory, where 8 kB are free. Keep it in a file with data.storage=disk, or "
        "choose a smaller data.image_size."
    )


def test_the_size_is_said_beforehand_to_the_byte(
    album: list[Path], cache: Path, logged: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    decode = opening.decoded

    def listening(file: Path, least: int) -> Image.Image:
        said[:] = [record.getMessage() for record in logged]
        return decode(file, least)

    monkeypatch.setattr(decoding, "decoded", listening)
    read(album, storage="disk", image_size=10)
    (message,) = said
    assert message.startswith(f"Decoding 6 pictures once into {pixels(cache).parent}: 1,800 bytes (1.8 kB), ")
    assert message.endswith(" free.")
    assert pixels(cache).stat().st_size == 1800


def test_without_room_nothing_is_written(album: list[Path], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "free_bytes", lambda folder: 1799)
    message = refusal(album, storage="disk", image_size=10)
    assert "1.8 kB" in message
    assert "Make room, or name another folder in DEEPWRIGHT_CACHE." in message
    assert not [path for path in cache.rglob("*") if path.suffix != ".lock" and path != cache / "pictures"]


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def scribble(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    os.utime(file, ns=(0, 10**18))


@pytest.mark.parametrize("name", [PIXELS, "record.npz"])
@pytest.mark.parametrize("damage", [cut, scribble, Path.unlink, lambda file: file.write_bytes(b"")])
def test_what_is_damaged_is_made_anew(
    name: str, damage: Callable[[Path], object], album: list[Path], cache: Path, decodings: list[Path]
) -> None:
    first = read(album, storage="disk")
    damage(pixels(cache).with_name(name))
    decodings.clear()
    assert same(read(album, storage="disk"), first)
    assert set(decodings) >= {album[0], album[6]}
    assert pixels(cache).stat().st_size == 6 * 20 * 24 * 3


@pytest.mark.parametrize(
    "change",
    [
        lambda album: save(album[0], noise(99, 20, 24)),
        lambda album: os.utime(album[0], (1, 1)),
        lambda album: album.pop(),
        lambda album: album.reverse(),
    ],
    ids=["content", "time", "fewer", "order"],
)
def test_other_files_are_decoded_anew(
    change: Callable[[list[Path]], object], album: list[Path], decodings: list[Path]
) -> None:
    read(album, storage="disk")
    change(album)
    decodings.clear()
    found = read(album, storage="disk")
    assert len(decodings) >= len(album)
    assert same(found, read(album, storage="memory"))


@pytest.mark.parametrize("settings", [{"image_size": 12}, {"fit": "pad"}, {"deciding": [0]}])
def test_other_settings_are_decoded_anew(settings: Any, album: list[Path], decodings: list[Path]) -> None:
    read(album, storage="disk")
    decodings.clear()
    read(album, storage="disk", **settings)
    assert set(decodings) >= {album[0], album[6]}


def test_a_file_that_can_be_read_again_is_no_longer_left_out(album: list[Path], monkeypatch: Any) -> None:
    decode = opening.decoded

    def forbidden(file: Path, least: int) -> Image.Image:
        if file == album[0]:
            raise PermissionError(13, "Permission denied")
        return decode(file, least)

    monkeypatch.setattr(decoding, "decoded", forbidden)
    assert rejected(read(album, storage="disk"))[0] == ("0.png", "It cannot be read: Permission denied.")
    monkeypatch.setattr(decoding, "decoded", decode)
    assert read(album, storage="disk").kept.tolist() == [0, 1, 3, 5, 6]


def test_strictness_asks_what_is_in_a_file_too(album: list[Path]) -> None:
    read(album, storage="disk")
    assert refusal(album, storage="disk", strict=True).startswith("the album: 2.png cannot be used.")


def test_what_fails_half_way_leaves_nothing(album: list[Path], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("deepwright.data.pictures.decoded.Decoded.save", full)
    with pytest.raises(StorageError, match=r"cannot be written: the disk is full\. Name another folder in DEEPWRIGHT"):
        read(album, storage="disk")
    assert [path for path in (cache / "pictures").iterdir() if path.suffix != ".lock"] == []


def test_a_cache_that_cannot_be_made_is_named(album: list[Path], cache: Path) -> None:
    cache.write_text("a file")
    with pytest.raises(StorageError, match=re.escape(str(cache))):
        read(album, storage="disk")


def test_a_second_process_waits_and_takes_what_the_first_made(album: list[Path], cache: Path, decodings: Any) -> None:
    first = read(album, storage="disk")
    place = pixels(cache).parent
    place.rename(cache / "elsewhere")
    decodings.clear()
    waiting = threading.Event()

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "Another process is preparing the same data" in record.getMessage():
                waiting.set()

    logger, handler = logging.getLogger("deepwright.data.files.cache"), Listening()
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        with ThreadPoolExecutor(1) as pool:
            with FileLock(f"{place}.lock"):
                second = pool.submit(read, album, storage="disk")
                assert waiting.wait(60)
                (cache / "elsewhere").rename(place)
            assert same(second.result(60), first)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert set(decodings) == {album[2], album[4]}


def test_what_a_killed_process_left_is_removed(album: list[Path], cache: Path) -> None:
    read(album, storage="disk")
    place = pixels(cache).parent
    left = place.with_name(f"{place.name}.1234.tmp")
    place.rename(left)
    read(album, storage="disk")
    assert place.exists()
    assert not left.exists()

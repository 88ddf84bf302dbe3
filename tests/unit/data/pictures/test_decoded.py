from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from deepwright.config.settings import DataSettings
from deepwright.data.pictures.decoded import PIXELS, Decoded, place_of
from deepwright.data.pictures.sizing import Size
from deepwright.data.table import Files

FILES = Files(np.array([3, 40]), np.array([5, 60]), np.array(["RGB", "I;16"]), np.array(["PNG", "JPEG"]))
RECORD = Decoded(Size(2, 3, 3), np.array([0, 2]), np.array([1, 4]), FILES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / PIXELS).write_bytes(bytes(range(54)))
    RECORD.save(tmp_path)
    return tmp_path


def same(record: Decoded | None) -> bool:
    return record is not None and (
        record.size == RECORD.size
        and np.array_equal(record.slots, RECORD.slots)
        and np.array_equal(record.kept, RECORD.kept)
        and all(np.array_equal(getattr(record.files, name), column) for name, column in vars(FILES).items())
    )


def test_a_record_is_loaded_as_it_was_saved(folder: Path) -> None:
    record = Decoded.load(folder)
    assert same(record)
    assert record is not None
    np.testing.assert_array_equal(record.pictures(folder).read()[1].ravel(), np.arange(36, 54))


def test_any_damage_to_a_record_is_noticed_or_harmless(folder: Path) -> None:
    (file,) = (path for path in folder.iterdir() if path.name != PIXELS)
    whole = file.read_bytes()
    noticed = 0
    for place in range(0, len(whole), 9):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        record = Decoded.load(folder)
        assert record is None or same(record)
        noticed += record is None
    assert noticed > 50


def test_pixels_that_changed_are_noticed(folder: Path) -> None:
    about = (folder / PIXELS).stat()
    os.utime(folder / PIXELS, ns=(about.st_atime_ns, about.st_mtime_ns + 1))
    assert Decoded.load(folder) is None


def test_the_place_is_in_the_cache_and_depends_on_all_that_decides(tmp_path: Path, cache: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name)
    files, all_rows, settings = [tmp_path / "a", tmp_path / "b"], np.arange(2), DataSettings()
    place = place_of(files, all_rows, settings)
    assert place.parent == cache / "pictures"
    others = {
        place_of(files[::-1], all_rows, settings),
        place_of(files, all_rows[:1], settings),
        place_of(files, all_rows, DataSettings(fit="pad")),
        place_of(files, all_rows, DataSettings(image_size=32)),
        place_of([*files, tmp_path / "none"], all_rows, settings),
    }
    assert len(others - {place}) == 5
    assert place_of(files, all_rows, DataSettings(strict=True, storage="disk", licence="CC0")) == place

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from deepwright.data.stored import StoredPictures, chunks
from deepwright.data.table import Column, Table
from deepwright.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 5, 4, 3), np.uint8)


@pytest.fixture
def stored(tmp_path: Path) -> StoredPictures:
    (tmp_path / "pixels").write_bytes(PIXELS.tobytes())
    return StoredPictures(tmp_path / "pixels", (5, 4, 3))


def test_they_look_like_the_array_that_was_written(stored: StoredPictures) -> None:
    assert (len(stored), stored.shape, stored.ndim, stored.dtype) == (12, PIXELS.shape, 4, PIXELS.dtype)
    np.testing.assert_array_equal(stored.read(), PIXELS)
    np.testing.assert_array_equal(np.asarray(stored), PIXELS)
    np.testing.assert_array_equal(np.asarray(stored, np.float64), PIXELS.astype(float))


@pytest.mark.parametrize(
    "rows",
    [
        slice(2, 9, 3),
        slice(None),
        slice(20, 30),
        np.array([5, 0, 5]),
        np.array([], np.int64),
        PIXELS[:, 0, 0, 0] > 99,
        [1],
    ],
    ids=str,
)
def test_a_view_is_what_the_array_would_give(rows: Any, stored: StoredPictures) -> None:
    view = stored[rows]
    assert isinstance(view, StoredPictures)
    assert view.shape == PIXELS[rows].shape
    np.testing.assert_array_equal(view.read(), PIXELS[rows])
    np.testing.assert_array_equal(view[::-1].read(), PIXELS[rows][::-1])


def test_one_row_is_a_picture_and_all_can_be_gone_through(stored: StoredPictures) -> None:
    np.testing.assert_array_equal(stored[3], PIXELS[3])
    np.testing.assert_array_equal(stored[np.int64(-1)], PIXELS[-1])
    np.testing.assert_array_equal(list(stored), PIXELS)
    with pytest.raises(IndexError):
        stored[12]


def test_views_read_nothing(stored: StoredPictures) -> None:
    stored.file.unlink()
    assert stored[3:5][np.array([1])].shape == (1, 5, 4, 3)


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"short")])
def test_a_file_that_was_deleted_or_cut_meanwhile_is_named(damage: Any, stored: StoredPictures) -> None:
    damage(stored.file)
    with pytest.raises(DataError, match="pixels holds decoded pictures, but was deleted or cut; start again"):
        stored.read()


@pytest.mark.parametrize("size", [None, 1, 5, 12, 100])
def test_chunks_are_all_rows_in_order(size: int | None, stored: StoredPictures) -> None:
    for pictures in (PIXELS, stored[:]):
        parts: list[npt.NDArray[np.uint8]] = list(chunks(pictures, size))
        assert all(len(part) <= (size or 12) for part in parts)
        np.testing.assert_array_equal(np.concatenate(parts), PIXELS)


def test_chunks_of_large_pictures_are_small(monkeypatch: pytest.MonkeyPatch, stored: StoredPictures) -> None:
    monkeypatch.setattr("deepwright.data.stored._CHUNK_BYTES", 130)
    assert [len(part) for part in chunks(stored)] == [2] * 6
    monkeypatch.setattr("deepwright.data.stored._CHUNK_BYTES", 1)
    assert [len(part) for part in chunks(stored)] == [1] * 12


def test_a_table_has_the_same_hash_with_its_pictures_in_memory_and_in_a_file(stored: StoredPictures) -> None:
    in_memory = Table({"image": Column("image", PIXELS)}, "memory")
    in_a_file = Table({"image": Column("image", stored)}, "file")
    assert in_a_file.sha256 == in_memory.sha256
    rows = np.array([3, 1])
    assert in_a_file.take(rows).sha256 == in_memory.take(rows).sha256 != in_memory.sha256

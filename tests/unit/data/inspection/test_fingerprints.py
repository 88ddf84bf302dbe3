from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepwright.data.inspection import fingerprints as module
from deepwright.data.inspection.fingerprints import fingerprints
from deepwright.data.stored import StoredPictures


def noise(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("shape", [(7, 40, 50), (7, 40, 50, 3)], ids=["grey", "colour"])
def test_a_file_gives_what_memory_gives(
    shape: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = noise(*shape)
    (tmp_path / "pictures").write_bytes(pictures.tobytes())
    whole = fingerprints(pictures)
    monkeypatch.setattr(module, "_PIXELS", 3 * pictures[0].size)
    parts = fingerprints(StoredPictures(tmp_path / "pictures", shape[1:]))
    assert len(whole) == len(parts) == 7
    for name in ("digests", "thumbnails", "colours"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_digests_tell_any_two_pictures_apart() -> None:
    pictures = noise(4, 8, 8)
    pictures[1] = pictures[0]
    pictures[2] = pictures[0]
    pictures[2, 7, 7] ^= 1
    digests = fingerprints(pictures).digests
    assert digests[0] == digests[1]
    assert len(set(digests.tolist())) == 3


@pytest.mark.parametrize(("height", "width"), [(8, 8), (28, 28), (32, 64), (100, 40)])
def test_thumbnails_are_means_of_equal_parts(height: int, width: int) -> None:
    prints = fingerprints(np.full((2, height, width), 77, np.uint8))
    assert prints.thumbnails.shape == (2, min(height, 32), min(width, 32))
    assert prints.colours.shape == (2, 4, 4, 1)
    assert (prints.thumbnails == 77).all()
    assert (prints.colours == 77).all()


def test_thumbnails_are_averaged_and_then_blurred() -> None:
    picture = np.zeros((64, 64), np.uint8)
    picture[20:22, 40:42] = 160
    thumbnail = fingerprints(picture[None]).thumbnails[0]
    expected = np.zeros((32, 32))
    expected[9:12, 19:22] = np.outer((1, 2, 1), (1, 2, 1)) / 16 * 160
    np.testing.assert_array_equal(thumbnail, np.rint(expected))


def test_colours_are_means_of_each_channel_in_each_cell() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:2, 6:] = (200, 100, 50)
    colours = fingerprints(picture[None]).colours[0]
    assert colours[0, 3].tolist() == [200, 100, 50]
    assert colours.astype(int).sum() == 350


def test_contrast() -> None:
    pictures = np.zeros((2, 16, 16), np.uint8)
    pictures[1, :, 8:] = 200
    assert fingerprints(pictures).contrast[0] == 0
    assert 90 < fingerprints(pictures).contrast[1] < 100

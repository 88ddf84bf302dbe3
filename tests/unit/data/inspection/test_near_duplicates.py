from __future__ import annotations

import gzip
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deepwright.data.inspection.fingerprints import fingerprints
from deepwright.data.inspection.near_duplicates import NearPairs, near_duplicates
from tests.unit.data.planted import WAYS, tiles


def search(pictures: Any) -> NearPairs:
    return near_duplicates(fingerprints(pictures), np.arange(len(pictures)))


def found(originals: Any, changed: Any) -> tuple[float, int]:
    """The share of changed pictures that are found beside their originals, the first ones; and all other pairs."""
    pairs = {tuple(pair) for pair in search(np.concatenate([originals, changed])).rows.tolist()}
    planted = {(row, len(originals) + row) for row in range(len(changed))}
    return len(pairs & planted) / len(planted), len(pairs - planted)


@pytest.fixture(scope="module")
def photographs() -> Any:
    return tiles()


@pytest.mark.parametrize("way", WAYS)
def test_what_comes_back_nearly_the_same_is_found(photographs: Any, way: str) -> None:
    recall, others = found(photographs, np.stack([WAYS[way](picture) for picture in photographs[:40]]))
    assert recall >= 0.97
    assert others == 0


def test_different_parts_of_two_photographs_are_no_duplicates(photographs: Any) -> None:
    assert len(photographs) > 70
    assert len(search(photographs)) == 0


def test_pairs_are_ordered_and_the_remainder_measures_them(photographs: Any) -> None:
    slight, strong = WAYS["5 % darker"](photographs[0]), WAYS["encoded again at quality 60"](photographs[1])
    pairs = search(np.concatenate([photographs, [slight], [strong]]))
    count = len(photographs)
    assert pairs.rows.tolist() == [[0, count], [1, count + 1]]
    assert 0 <= pairs.remainders[0] < 0.01 < pairs.remainders[1] < 0.1


def test_only_the_given_rows_are_searched(photographs: Any) -> None:
    prints = fingerprints(np.concatenate([photographs, photographs[:1]]))
    assert near_duplicates(prints, np.array([0, len(photographs)])).rows.tolist() == [[0, len(photographs)]]
    assert len(near_duplicates(prints, np.array([1, len(photographs)]))) == 0
    assert len(near_duplicates(prints, np.array([0]))) == 0


def test_another_colour_is_another_picture() -> None:
    shapes = np.full((2, 32, 32, 3), 255, np.uint8)
    shapes[0, 8:24, 8:24] = (200, 30, 30)
    shapes[1, 8:24, 8:24] = (30, 60, 220)
    assert len(search(shapes)) == 0


def test_blank_pictures_are_like_any_other_and_not_compared() -> None:
    blank = np.full((50, 32, 32), 128, np.uint8) + np.random.default_rng(0).integers(0, 2, (50, 32, 32), np.uint8)
    assert len(search(blank)) == 0


def test_many_copies_of_one_picture_give_few_pairs_for_each(photographs: Any) -> None:
    noise = np.random.default_rng(0).integers(-2, 3, (600, *photographs.shape[1:]))
    copies = (photographs[:1] + noise).clip(0, 255).astype(np.uint8)
    pairs = search(copies)
    assert len(np.unique(pairs.rows)) == 600
    assert len(pairs) < 600 * 70


def test_handwritten_digits_that_look_alike_are_no_duplicates(data_dir: Path) -> None:
    assert len(search(_mnist(data_dir))) == 0


def test_recall_among_handwritten_digits(data_dir: Path) -> None:
    digits = np.random.default_rng(0).permutation(_mnist(data_dir))[:2000]
    for way, change in WAYS.items():
        recall, others = found(digits, np.stack([change(picture) for picture in digits[:100]]))
        assert recall >= 0.9, way
        assert others <= 1, way


def test_recall_among_small_photographs(data_dir: Path) -> None:
    pictures = _cifar(data_dir)
    there = len(search(pictures))
    for way, change in WAYS.items():
        recall, others = found(pictures, np.stack([change(picture) for picture in pictures[:100]]))
        assert recall >= 0.98, way
        assert others <= there + 2, way


def _mnist(data_dir: Path) -> Any:
    data = gzip.decompress((data_dir / "mnist" / "t10k-images-idx3-ubyte.gz").read_bytes())
    return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 28, 28)


def _cifar(data_dir: Path) -> Any:
    with tarfile.open(data_dir / "cifar10-jpeg-sample.tar.gz") as archive:
        files = (archive.extractfile(member) for member in archive if "/test/" in member.name and member.isfile())
        return np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files if file])

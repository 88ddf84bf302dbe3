from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from deepwright.data.datasets.digits import digits


def test_there_are_1797_pictures_of_8_by_8_pixels() -> None:
    table = digits()
    images, labels = table.columns["image"], table.columns["label"]
    assert (images.kind, images.values.shape) == ("image", (1797, 8, 8))
    assert images.values.dtype == np.uint8
    assert (labels.kind, labels.values.shape, labels.values.dtype.kind) == ("category", (1797,), "U")
    assert (len(table), table.source, table.given) == (1797, "digits", {})


def test_the_17_grey_levels_are_spread_over_all_bytes() -> None:
    images, original = digits().columns["image"].values, load_digits().images
    assert np.unique(images).tolist() == [round(level * 255 / 16) for level in range(17)]
    np.testing.assert_array_equal(np.rint(images / 255 * 16), original)


def test_the_first_row_is_the_zero_that_everyone_knows() -> None:
    table = digits()
    assert table.columns["label"].values[:10].tolist() == list("0123456789")
    assert table.columns["image"].values[0, 0].tolist() == [0, 0, 80, 207, 143, 16, 0, 0]


def test_every_digit_is_there_about_as_often() -> None:
    names, counts = np.unique(digits().columns["label"].values, return_counts=True)
    assert names.tolist() == list("0123456789")
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_it_is_the_same_whenever_it_is_read() -> None:
    assert digits().sha256 == digits().sha256

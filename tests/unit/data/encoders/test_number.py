"""Numbers as deviations from the mean of the training split."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepwright.data.encoders.number import NumberEncoder
from deepwright.data.table import Column
from deepwright.errors import DataError
from deepwright.specs import NumberSpec


def fitted(*values: float, name: str = "height") -> NumberEncoder:
    encoder = NumberEncoder(name=name)
    encoder.fit(Column("number", np.array(values, float)))
    return encoder


def test_the_training_split_has_mean_0_and_deviation_1() -> None:
    encoder = fitted(1, 2, 3, 6)
    assert encoder.spec == NumberSpec("height", 3.0, np.sqrt(3.5))
    encoded = encoder.encode([1, 2, 3, 6]).numpy()
    np.testing.assert_allclose([encoded.mean(), encoded.std()], [0, 1], atol=1e-15)


@pytest.mark.parametrize("values", [[1.0, 2.5], (1, 2.5), np.array([1, 2.5], np.float32), ["1", "2.5"]])
def test_numbers_are_encoded_from_any_sequence(values: Any) -> None:
    encoded = fitted(0, 2).encode(values)
    assert encoded.tolist() == [0.0, 1.5]
    assert str(encoded.dtype) == "torch.float64"


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_encoded_and_decoded_they_are_the_same_numbers(scale: float, offset: float) -> None:
    values = np.random.default_rng(0).normal(size=50) * scale + offset * scale
    encoder = fitted(*values)
    np.testing.assert_allclose(encoder.decode(encoder.encode(values)), values, rtol=1e-12)


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
def test_missing_and_infinite_numbers_are_counted(missing: float) -> None:
    for values in ([1, missing, 3], [missing, missing, 1, 2]):
        count = int(np.sum(~np.isfinite(values)))
        with pytest.raises(DataError, match=rf"{count} rows? ha(s|ve) no number in the column 'height'\."):
            fitted(*values)
    with pytest.raises(DataError, match=r"1 row has no number in the column 'height'\."):
        fitted(1, 2).encode([missing])


def test_numbers_that_are_all_the_same_cannot_be_learnt_from() -> None:
    with pytest.raises(DataError, match=r"All training values of 'height' are 2\.5; there is nothing to learn\."):
        fitted(2.5, 2.5)

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from deepwright.contracts import Predictions
from deepwright.validation.storage import read_predictions, write_predictions


def predictions(seed: int, n: int, names: tuple[str, ...] = ("cat", "dog", "cow")) -> Predictions:
    rng = np.random.default_rng(seed)
    outputs = rng.normal(size=(n, len(names))).astype(np.float32).astype(np.float64)  # as a network gives them
    return Predictions(rng.permutation(1000)[:n], rng.integers(0, len(names), n), outputs, names)


def equal(first: Predictions, second: Predictions) -> bool:
    return first.names == second.names and all(
        np.array_equal(one, other) and one.dtype == other.dtype
        for one, other in (
            (first.rows, second.rows),
            (first.targets, second.targets),
            (first.outputs, second.outputs),
        )
    )


MADE = {
    ("mlp", "test"): predictions(0, 7),
    ("majority", "test"): predictions(1, 7),
    ("mlp", "train"): predictions(2, 3),
}


def test_what_was_written_is_read_bit_for_bit_in_its_order() -> None:
    read = read_predictions(write_predictions(MADE))
    assert list(read) == list(MADE)
    assert all(equal(read[key], made) for key, made in MADE.items())


def test_the_same_predictions_are_the_same_bytes() -> None:
    """Their hash stands in every measurement."""
    assert write_predictions(MADE) == write_predictions(MADE)


@pytest.mark.parametrize(
    "names",
    [
        ("a\nb", "c"),
        ("", " "),
        ('"x"', "\\"),
        ("猫", "狗"),
        ("1", "01"),
        tuple(str(i) for i in range(300)),
        ("\u2028", "\t"),
    ],
    ids=["a line break", "empty", "quotes", "Chinese", "numbers", "many", "white space"],
)
def test_classes_may_have_any_names(names: tuple[str, ...]) -> None:
    made = {("mlp", "test"): predictions(0, 20, names)}
    assert equal(read_predictions(write_predictions(made))["mlp", "test"], made["mlp", "test"])


def test_classes_that_no_row_has_are_kept() -> None:
    made = Predictions(np.array([4]), np.array([1]), np.array([[0.5, 1.5, -2.0]]), ("a", "b", "c"))
    read = read_predictions(write_predictions({("mlp", "test"): made}))
    assert equal(read["mlp", "test"], made)


def test_outputs_far_from_zero_are_kept() -> None:
    outputs = np.array([[-1e30, 1e-30], [0.0, -0.0], [3e38, 1.0]]).astype(np.float32).astype(np.float64)
    made = Predictions(np.arange(3), np.zeros(3, np.int64), outputs, ("a", "b"))
    assert equal(read_predictions(write_predictions({("mlp", "test"): made}))["mlp", "test"], made)


def test_others_can_read_the_table_without_us() -> None:
    table: Any = pq.read_table(io.BytesIO(write_predictions(MADE)))
    assert table.column_names == ["model", "split", "row", "label", "predicted", "outputs"]
    first = table.to_pylist()[0]
    made = MADE["mlp", "test"]
    assert (first["model"], first["split"], first["row"]) == ("mlp", "test", made.rows[0])
    assert first["label"] == made.names[made.targets[0]]
    assert first["predicted"] == made.names[made.outputs[0].argmax()]
    assert first["outputs"] == made.outputs[0].tolist()

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deepwright.contracts import Predictions
from deepwright.validation.storage import labels, read_predictions, write_predictions, wrongly_decided


def predictions(seed: int, n: int, names: tuple[str, ...] = ("cat", "dog", "cow")) -> Predictions:
    rng = np.random.default_rng(seed)
    outputs = rng.normal(size=(n, len(names))).astype(np.float32).astype(np.float64)  # as a network gives them
    return Predictions(rng.permutation(1000)[:n], rng.integers(0, len(names), n), outputs, names)


def of_labels(seed: int, n: int, names: tuple[str, ...] = ("red", "round", "猫")) -> Predictions:
    """Some rows have no label, some have all."""
    rng = np.random.default_rng(seed)
    outputs = rng.normal(size=(n, len(names))).astype(np.float32).astype(np.float64)
    return Predictions(rng.permutation(1000)[:n], rng.integers(0, 2, (n, len(names))), outputs, names)


def of_numbers(seed: int, n: int, name: str = "height") -> Predictions:
    """Targets in the precision of the data, outputs in that of a network."""
    rng = np.random.default_rng(seed)
    outputs = rng.normal(1e4, 3, size=(n, 1)).astype(np.float32).astype(np.float64)
    return Predictions(rng.permutation(1000)[:n], rng.normal(1e4, 3, n), outputs, (name,))


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


KINDS: dict[str, Callable[[int, int], Predictions]] = {
    "classes": predictions,
    "labels": of_labels,
    "numbers": of_numbers,
}
each = pytest.mark.parametrize("kind", KINDS)


@each
def test_what_was_written_is_read_bit_for_bit_in_its_order(kind: str) -> None:
    made = {key: KINDS[kind](seed, len(MADE[key])) for seed, key in enumerate(MADE)}
    read = read_predictions(write_predictions(made))
    assert list(read) == list(made)
    assert all(equal(read[key], made[key]) for key in made)


@each
def test_the_same_predictions_are_the_same_bytes(kind: str) -> None:
    """Their hash stands in every measurement."""
    made = {("mlp", "test"): KINDS[kind](0, 9)}
    assert write_predictions(made) == write_predictions(made)


@each
def test_a_single_row_is_kept(kind: str) -> None:
    made = KINDS[kind](3, 1)
    assert equal(read_predictions(write_predictions({("mlp", "test"): made}))["mlp", "test"], made)


def test_rows_without_any_label_are_kept() -> None:
    made = Predictions(np.arange(2), np.zeros((2, 2), np.int64), np.full((2, 2), -1.0), ("a", "b"))
    assert equal(read_predictions(write_predictions({("mlp", "test"): made}))["mlp", "test"], made)


def test_numbers_of_any_size_are_kept() -> None:
    outputs = np.array([[-3e38], [1e-30], [0.0]]).astype(np.float32).astype(np.float64)
    made = Predictions(np.arange(3), np.array([-1.7e308, 5e-324, 0.1]), outputs, ("n",))
    assert equal(read_predictions(write_predictions({("mlp", "test"): made}))["mlp", "test"], made)


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
def test_classes_and_labels_may_have_any_names(names: tuple[str, ...]) -> None:
    for made in (predictions(0, 20, names), of_labels(0, 20, names)):
        assert equal(read_predictions(write_predictions({("mlp", "test"): made}))["mlp", "test"], made)


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


def test_others_read_lists_of_labels_and_numbers() -> None:
    labels, numbers = of_labels(0, 5), of_numbers(0, 5)
    rows = pq.read_table(io.BytesIO(write_predictions({("mlp", "test"): labels}))).to_pylist()
    for row, target, output in zip(rows, labels.targets, labels.outputs, strict=True):
        assert row["label"] == [name for name, there in zip(labels.names, target, strict=True) if there]
        assert row["predicted"] == [name for name, logit in zip(labels.names, output, strict=True) if logit > 0]
    rows = pq.read_table(io.BytesIO(write_predictions({("mlp", "test"): numbers}))).to_pylist()
    assert [row["label"] for row in rows] == numbers.targets.tolist()
    assert [row["predicted"] for row in rows] == numbers.outputs[:, 0].tolist()


def test_groups_are_kept_where_there_are_any() -> None:
    grouped = {key: replace(made, groups=made.rows // 7) for key, made in MADE.items()}
    again = read_predictions(write_predictions(grouped))
    for key, made in grouped.items():
        np.testing.assert_array_equal(again[key].groups, made.groups)
    assert all(made.groups is None for made in read_predictions(write_predictions(MADE)).values())
    assert "group" not in pq.read_table(io.BytesIO(write_predictions(MADE))).column_names


# ---------------------------------------------------------------------------------------------- decisions


def rewritten(data: bytes, name: str, values: pa.Array) -> bytes:
    table = pq.read_table(io.BytesIO(data))
    at = table.column_names.index(name) if name in table.column_names else len(table.column_names)
    stream = io.BytesIO()
    changed = table.set_column(at, name, values) if name in table.column_names else table.add_column(at, name, values)
    pq.write_table(changed, stream)
    return stream.getvalue()


@each
def test_decisions_follow_from_the_outputs_beside_them(kind: str) -> None:
    made = {(model, split): KINDS[kind](n, n) for n, (model, split) in enumerate(MADE, 3)}
    data = write_predictions(made)
    assert wrongly_decided(data) == []
    predicted = pq.read_table(io.BytesIO(data))["predicted"].to_pylist()
    place = 4
    predicted[place] = next(value for value in predicted if value != predicted[place])
    kept = pq.read_schema(io.BytesIO(data)).field("predicted").type
    assert wrongly_decided(rewritten(data, "predicted", pa.array(predicted, kept))) == [
        ("majority", "test", int(made["majority", "test"].rows[1]))
    ]


def test_a_column_that_nobody_knows_is_refused() -> None:
    data = write_predictions(MADE)
    with pytest.raises(ValueError, match="remark"):
        wrongly_decided(rewritten(data, "remark", pa.array(["x"] * 17)))


@each
def test_labels_are_the_column_that_was_encoded(kind: str) -> None:
    made = KINDS[kind](0, 20)
    column = labels(made)
    assert column.kind == {"classes": "category", "labels": "labels", "numbers": "number"}[kind]
    shown = pq.read_table(io.BytesIO(write_predictions({("mlp", "test"): made})))["label"].to_pylist()
    assert [list(value) if isinstance(value, tuple) else value for value in column.values.tolist()] == shown

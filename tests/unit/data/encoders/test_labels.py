"""Sets of labels as zeros and ones: in which forms they come, and what they become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepwright.data.class_names import divided
from deepwright.data.encoders.labels import LabelsEncoder
from deepwright.data.table import Column
from deepwright.errors import DataError
from deepwright.specs import LabelsSpec


def tuples(*rows: tuple[str, ...]) -> Any:
    values = np.empty(len(rows), object)
    values[:] = rows
    return values


def fitted(*rows: tuple[str, ...]) -> LabelsEncoder:
    encoder = LabelsEncoder()
    encoder.fit(Column("labels", tuples(*rows)))
    return encoder


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("red|round", ("red", "round")),
        ("red;round", ("red", "round")),
        ("红；圆", ("红", "圆")),
        ("red| round ;圆；", ("red", "round", "圆")),
        ("light red", ("light red",)),
        ("red,round", ("red,round",)),
        ("a/b|c-d", ("a/b", "c-d")),
        ("", ()),
        (" | ;", ()),
    ],
)
def test_a_text_is_divided_at_its_separators(text: str, labels: tuple[str, ...]) -> None:
    assert divided([text]) == [labels]
    assert divided(np.array([text])) == [labels]


def test_what_is_divided_already_stays_as_it_is() -> None:
    assert divided([("a|b", "c"), [], ["d"], (1, 2)]) == [("a|b", "c"), (), ("d",), ("1", "2")]


def test_each_label_has_a_column_in_order() -> None:
    encoder = fitted(("round", "猫"), ("a",), ())
    assert encoder.spec == LabelsSpec(("a", "round", "猫"))
    encoded = encoder.encode(["猫|a", "", "round", ("a", "a")])
    assert encoded.tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert str(encoded.dtype) == "torch.float32"


def test_labels_that_are_numbers_are_counted() -> None:
    assert fitted(("10", "9"), ("2", "a")).spec.names == ("2", "9", "10", "a")


def test_tuples_and_texts_are_encoded_alike() -> None:
    encoder = fitted(("red", "round"), ("blue",))
    texts, rows = np.array(["red; blue", "round"]), tuples(("red", "blue"), ("round",))
    assert encoder.encode(texts).tolist() == encoder.encode(rows).tolist() == [[1, 1, 0], [0, 0, 1]]


def test_no_rows_are_encoded_as_none() -> None:
    assert fitted(("a",), ("b",)).encode([]).shape == (0, 2)


def test_labels_that_training_did_not_have_are_named_with_the_known_ones() -> None:
    with pytest.raises(DataError) as caught:
        fitted(("cat",), ("dog",)).encode(["cat|cow", "bee", "cow"])
    assert str(caught.value) == "Labels that the training split does not have: bee, cow. Known: cat, dog."


def test_rows_without_any_label_cannot_be_learnt_from() -> None:
    with pytest.raises(DataError, match="No row of the training split has a label"):
        fitted((), ())

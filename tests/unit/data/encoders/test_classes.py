from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from deepwright.data.encoders.classes import ClassEncoder
from deepwright.data.table import Column
from deepwright.errors import DataError
from deepwright.specs import ClassSpec


def fitted(*labels: Any) -> ClassEncoder:
    encoder = ClassEncoder()
    encoder.fit(Column("category", np.array(labels)))
    return encoder


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["10", "9", "2", "9"], ("2", "9", "10")),
        (["-1", "3", "-20"], ("-20", "-1", "3")),
        (["pear", "apple", "fig"], ("apple", "fig", "pear")),
        (["b", "10", "a", "9"], ("9", "10", "a", "b")),
        (["01", "1", "2"], ("01", "1", "2")),
        (["1.5", "0.5", "10"], ("10", "0.5", "1.5")),
        (["猫", "狗", ""], ("", "狗", "猫")),
        ([3, 1, 2], ("1", "2", "3")),
        (["9" * 5000, "1"], ("1", "9" * 5000)),
    ],
)
def test_classes_stand_in_the_order_that_people_count(labels: list[Any], names: tuple[str, ...]) -> None:
    assert fitted(*labels).spec == ClassSpec(names)


def test_labels_become_the_indices_of_their_classes() -> None:
    encoded = fitted("10", "9", "2").encode(np.array(["9", "10", "2", "9"]))
    assert encoded.tolist() == [1, 2, 0, 1]
    assert str(encoded.dtype) == "torch.int64"


@pytest.mark.parametrize("values", [["9", "2"], ("9", "2"), [9, 2], np.array(["9", "2"], object)])
def test_labels_are_encoded_from_any_sequence(values: Any) -> None:
    assert fitted("10", "9", "2").encode(values).tolist() == [1, 0]


def test_a_label_longer_than_any_class_is_not_cut_to_one() -> None:
    with pytest.raises(DataError, match="22"):
        fitted("1", "2").encode(np.array(["22"]))


def test_labels_that_training_did_not_have_are_named_with_the_known_ones() -> None:
    with pytest.raises(DataError) as caught:
        fitted("cat", "dog").encode(["cat", "cow", "bee", "cow"])
    assert str(caught.value) == "Labels that the training split does not have: bee, cow. Known: cat, dog."


def test_only_the_first_ten_unseen_labels_are_named() -> None:
    with pytest.raises(DataError) as caught:
        fitted("0", "1").encode([str(label) for label in range(10, 40)])
    assert str(caught.value).count(",") == 10


def test_one_class_is_not_enough() -> None:
    with pytest.raises(DataError, match=r"^All training labels are 'cat'; a classifier needs at least two classes\.$"):
        fitted("cat", "cat")


def test_before_fitting_there_is_nothing() -> None:
    encoder = ClassEncoder()
    for ask in (lambda: encoder.spec, lambda: encoder.encode(["a"]), encoder.state):
        with pytest.raises(RuntimeError, match="not fitted"):
            ask()


@pytest.mark.parametrize("labels", [("a", "b"), ("10", "9"), ("a\nb", '"quoted"', "猫", "")])
def test_its_state_survives_as_json(labels: tuple[str, ...]) -> None:
    encoder = fitted(*labels)
    again = ClassEncoder.from_state(json.loads(json.dumps(encoder.state())))
    assert again.spec == encoder.spec
    assert again.encode(labels).tolist() == encoder.encode(labels).tolist()

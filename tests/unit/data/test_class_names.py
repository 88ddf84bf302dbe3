from __future__ import annotations

import numpy as np

from deepwright.data.class_names import class_names, counting_order, divided, rarest_labels


def test_whole_numbers_have_no_point() -> None:
    assert class_names(np.array([1.0, 2.0])).tolist() == ["1", "2"]
    assert class_names(np.array([1.5, 2.0])).tolist() == ["1.5", "2.0"]
    assert class_names(["a", "b"]).tolist() == ["a", "b"]


def test_people_count_numbers_before_names() -> None:
    assert sorted(["b", "10", "9", "-1", "a"], key=counting_order) == ["-1", "9", "10", "a", "b"]


def test_texts_are_divided_and_tuples_are_not() -> None:
    assert divided(["red | round", "", "blue;", ("a|b", "c")]) == [("red", "round"), (), ("blue",), ("a|b", "c")]


def test_the_rarest_label_of_a_row_is_the_one_that_fewest_rows_have() -> None:
    rows = ["red|round", "round|red", "red|once", "", "red|red"]
    assert rarest_labels(rows).tolist() == ["round", "round", "once", "", "red"]

"""The table of answers that people read, for every kind of answer."""

from __future__ import annotations

from deepwright.cli.predict import _table


def test_a_class_with_its_probability_and_the_next_ones() -> None:
    probabilities = {"a": 0.1, "b": 0.6, "c": 0.05, "d": 0.25}
    answer = {"input": "1.png", "label": "b", "probability": 0.6, "probabilities": probabilities}
    headers, rows, right = _table([answer])
    assert headers == ["input", "answer", "probability", "then"]
    assert rows == [("1.png", "b", "0.6000", "d 0.2500  a 0.1000")]
    assert right == [2]


def test_labels_and_the_most_probable_of_all() -> None:
    probabilities = {"red": 0.9, "round": 0.7, "猫": 0.2, "wet": 0.1}
    answers = [
        {"input": "1.png", "labels": ["red", "round"], "probabilities": probabilities},
        {"input": "2.png", "labels": [], "probabilities": dict.fromkeys(probabilities, 0.25)},
    ]
    headers, rows, _right = _table(answers)
    assert headers == ["input", "answer", "probability"]
    assert rows[0] == ("1.png", "red, round", "red 0.9000  round 0.7000  猫 0.2000")
    assert rows[1][1] == "–"


def test_numbers() -> None:
    values = [12.3456789, -1e-7, 123456789.0]
    headers, rows, right = _table([{"input": "1.png", "value": value} for value in values])
    assert headers == ["input", "answer"]
    assert [row[1] for row in rows] == ["12.3457", "-1e-07", "1.23457e+08"]
    assert right == [1]


def test_translations_stand_beside_their_texts() -> None:
    answers = [{"input": "ein Mann", "translation": "a man", "score": -0.5}]
    headers, rows, right = _table(answers)
    assert (len(headers), rows, right) == (2, [("ein Mann", "a man")], [])

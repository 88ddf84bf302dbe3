"""Measurements by name and by whatever else they say of themselves."""

from __future__ import annotations

import pytest

from deepwright.measurements import Measurement, Measurements

RECORDS = [
    Measurement("accuracy", 0.5, "share", "accuracy", model="other", split="test"),
    Measurement("accuracy", 0.7, "share", "accuracy", model="mine", split="validation"),
    Measurement("rows", 9.0, "rows", "inspection"),
    Measurement("accuracy", 0.6, "share", "accuracy", model="mine", split="test"),
    Measurement("log_loss", 0.2, "nats", "log_loss", model="mine", split="test"),
]


def test_a_bare_name_is_of_the_trained_model_on_the_test_split_or_of_all() -> None:
    found = Measurements(RECORDS, "mine")
    assert found["accuracy"] is RECORDS[3]
    assert found["rows"] is RECORDS[2]
    assert list(found) == ["rows", "accuracy", "log_loss"]
    with pytest.raises(KeyError):
        found["recall"]


def test_records_are_found_by_any_of_their_attributes_in_their_order() -> None:
    found = Measurements(RECORDS, "mine")
    assert found.where(name="accuracy") == [RECORDS[0], RECORDS[1], RECORDS[3]]
    assert found.where(model="mine", split="test") == [RECORDS[3], RECORDS[4]]
    assert found.where(name="accuracy", model="mine", split="test") == [RECORDS[3]]
    assert found.where(name="recall") == []

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from deepwright.contracts import Predictions, weighted
from deepwright.measurements import Claim, Measurement
from deepwright.validation.evaluation import metric_of
from deepwright.validation.recompute import (
    _claims_as_stated,
    alike,
    called,
    departure,
    differences,
    judge,
    key_of,
    read_records,
)

RECORD = Measurement(
    name="log_loss",
    value=0.25,
    unit="nats",
    measure="log_loss",
    arguments={"temperature": 1.5},
    model="mlp",
    split="test",
    n=120,
    interval=(0.2, 0.3),
    level=0.95,
    method="bias-corrected bootstrap",
    seed=0,
    inputs={"predictions.parquet": "ab"},
    recomputable=True,
)
CHANGES: Mapping[str, Any] = {
    "name": "accuracy",
    "value": 0.26,
    "unit": "share",
    "measure": "accuracy",
    "arguments": {"temperature": 1.6},
    "model": "other",
    "split": "train",
    "n": 121,
    "interval": (0.2, 0.29),
    "level": 0.9,
    "method": "clopper-pearson",
    "seed": 1,
    "inputs": {"predictions.parquet": "ba"},
    "status": "stated",
    "recomputable": False,
}


def changed(**fields: Any) -> Measurement:
    return dataclasses.replace(RECORD, **fields)


def problems(stated: Sequence[Measurement], computed: Sequence[Measurement]) -> dict[str, tuple[str, ...]]:
    return {verdict.claim: verdict.problems for verdict in judge(stated, computed, "m.json", {}) if verdict.problems}


# --------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.1 + 0.2, 0.3),
        (1e-14, 0.0),
        (None, None),
        ((0.1 + 0.2, 1.0), [0.3, 1.0]),
        ({"a": [1, {"b": 0.1 + 0.2}]}, {"a": [1, {"b": 0.3}]}),
        ("x", "x"),
    ],
)
def test_what_differs_by_rounding_alone_is_alike(one: Any, other: Any) -> None:
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.3, 0.3000001),
        (1, True),
        (1, 1.0),
        ("1", 1),
        (None, 0.0),
        ([1], [1, 2]),
        ({"a": 1}, {"a": 1, "b": None}),
        ({"a": 1}, {"b": 1}),
        (float("nan"), 0.5),
        ((0.1, 0.2), None),
    ],
)
def test_what_differs_otherwise_is_not(one: Any, other: Any) -> None:
    assert not alike(one, other)
    assert not alike(other, one)


def test_the_place_where_two_values_depart_is_named() -> None:
    one = {"a": 1, "b": {"c": [1, 2], "d": None}}
    assert departure(one, {"a": 1, "b": {"c": [1, 3], "d": None}}) == ("b.c", ([1, 2], [1, 3]))
    assert departure(one, {"a": 1, "b": None}) == ("b", ({"c": [1, 2], "d": None}, None))
    assert departure(one, {"a": 1}) == ("", (one, {"a": 1}))
    assert departure(1, 2) == ("", (1, 2))


# -------------------------------------------------------------------------------------------------- records


def test_there_is_a_change_for_every_field() -> None:
    assert CHANGES.keys() == {field.name for field in dataclasses.fields(Measurement)}


@pytest.mark.parametrize("field", CHANGES)
def test_a_change_of_any_field_is_named(field: str) -> None:
    (sentence,) = differences(changed(**{field: CHANGES[field]}), RECORD, "m.json")
    assert sentence.startswith(f"{field} is ")
    for value in (CHANGES[field], getattr(RECORD, field)):
        assert json.dumps(value) in sentence


@pytest.mark.parametrize("field", sorted(CHANGES.keys() - {"name", "model", "split"}))
def test_an_edited_record_is_found(field: str) -> None:
    edited = changed(**{field: CHANGES[field]})
    assert list(problems([edited], [RECORD])) == ["log_loss (mlp, test)"]
    assert judge([edited], [RECORD], "m.json", {})[0].how == "recomputed"


@pytest.mark.parametrize("field", ["name", "model", "split"])
def test_a_record_under_another_name_is_one_too_many_and_one_too_few(field: str) -> None:
    edited = changed(**{field: CHANGES[field]})
    assert list(problems([edited], [RECORD])) == [called(edited), called(RECORD)]
    hidden = dataclasses.replace(edited, recomputable=False, inputs={})
    assert list(problems([hidden], [RECORD])) == [called(edited), called(RECORD)]


def test_a_record_that_is_missing_or_stands_twice_is_found() -> None:
    other = changed(name="accuracy")
    assert problems([other], [RECORD, other]) == {called(RECORD): ("it is missing from m.json",)}
    assert problems([RECORD, other, RECORD], [RECORD, other]) == {called(RECORD): ("it stands 2 times in m.json",)}


def test_a_record_that_nothing_gives_and_that_names_no_file_is_nobody_s() -> None:
    invented = Measurement("robustness", 1.0, "share", "robustness", model="mlp", n=1)
    ((claim, how, problems),) = [(v.claim, v.how, v.problems) for v in judge([invented], [], "m.json", {})]
    assert (claim, how, len(problems)) == ("robustness (mlp)", "hash-only", 1)


def test_what_stands_behind_a_record_is_said() -> None:
    cost = Measurement("fit_seconds", 4.2, "seconds", "fit_seconds", model="mlp", n=1)
    (verdict,) = judge([cost], [dataclasses.replace(cost, unit="hours")], "m.json", {}, {key_of(cost): "hash-only"})
    assert (verdict.how, len(verdict.problems)) == ("hash-only", 1)


def test_a_record_rests_on_the_files_that_it_was_computed_from() -> None:
    record = Measurement("same", 1.0, "share", "agreement", inputs={"model.onnx": "ab"})
    for hashes, problems in (({"model.onnx": "ab"}, 0), ({"model.onnx": "ba"}, 1), ({}, 1)):
        (verdict,) = judge([record], [], "m.json", hashes)
        assert len(verdict.problems) == problems


def test_what_is_the_same_has_no_problem() -> None:
    assert problems([RECORD], [changed(value=0.25 + 1e-16)]) == {}


# ------------------------------------------------------------------------------------------------- the file


def file_of(*entries: Mapping[str, Any], model: Any = "mlp", **others: Any) -> bytes:
    return json.dumps({"model": model, "measurements": entries, **others}).encode()


def test_records_are_read_as_they_were_written() -> None:
    assert read_records(file_of(RECORD.to_json())) == ("mlp", [RECORD])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        file_of({**RECORD.to_json(), "value": "0.25"}),
        file_of({**RECORD.to_json(), "n": True}),
        file_of({**RECORD.to_json(), "interval": [0.1]}),
        file_of({**RECORD.to_json(), "status": "certain"}),
        file_of({**RECORD.to_json(), "remark": "trust me"}),
        file_of({"name": "accuracy"}),
        file_of(RECORD.to_json(), model=None),
        file_of(RECORD.to_json(), remark="trust me"),
    ],
)
def test_a_file_that_holds_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises((ValueError, AttributeError)):
        read_records(data)


# ------------------------------------------------------------------------------------------------ baselines


class Calibrated:
    """A task of which two claims depend on the temperature."""

    def claims(self, temperature: float) -> list[Claim]:
        return [
            Claim("accuracy", "accuracy"),
            Claim("log_loss", "log_loss", {"temperature": temperature}),
            Claim("calibration_error", "calibration_error", {"temperature": temperature}),
            Claim("log_loss_uncalibrated", "log_loss", {"temperature": 1.0}),
        ]


TASK: Any = Calibrated()
MADE = Predictions(np.arange(4), np.arange(4) % 2, np.array([[2.0, 0], [0, 1], [0, 3], [1, 0]]), ("a", "b"))


def stated(temperature: float) -> list[Measurement]:
    return [
        changed(
            name=claim.name,
            value=float(weighted(metric_of(claim), MADE, np.ones((1, 4)))[0]),
            measure=claim.measure,
            arguments=claim.arguments,
        )
        for claim in TASK.claims(temperature)
    ]


@pytest.mark.parametrize("temperature", [0.7, 1.0, 3.5])
def test_the_temperature_of_a_baseline_is_the_one_that_fits_its_records(temperature: float) -> None:
    records = stated(temperature)
    assert _claims_as_stated(TASK, records, MADE) == TASK.claims(temperature)
    for edited in range(len(records)):
        others = list(records)
        others[edited] = dataclasses.replace(records[edited], arguments={"temperature": np.pi})
        assert _claims_as_stated(TASK, others, MADE) == TASK.claims(temperature)


@pytest.mark.parametrize("temperature", [None, "0.7", 0.0, -1.0, [0.7], float("nan")])
def test_what_is_no_temperature_is_not_taken(temperature: Any) -> None:
    assert _claims_as_stated(TASK, [], MADE) == TASK.claims(1.0)
    assert _claims_as_stated(TASK, [changed(arguments={"temperature": temperature})], MADE) == TASK.claims(1.0)

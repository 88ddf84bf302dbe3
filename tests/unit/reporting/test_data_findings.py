from __future__ import annotations

import pytest

from deepwright.measurements import Measurement, Measurements
from deepwright.reporting.data_findings import grave, others
from deepwright.reporting.findings import findings
from tests.unit.reporting.inspected import inspected, with_inspection
from tests.unit.reporting.runs import run_files
from tests.unit.reporting.test_findings import measurements_of, numbers_without_source


def leak(split: str, other: str, exact: int, near: int | None = 0) -> Measurement:
    arguments = {"exact": exact} | ({} if near is None else {"near": near})
    return Measurement(
        f"leaked_rows/{other}", float(exact + (near or 0)), "rows", "inspection", arguments, None, split, 100
    )


def count(name: str, value: float, **arguments: object) -> Measurement:
    return Measurement(name, value, "rows", "inspection", arguments, n=1000)


def said(*records: Measurement) -> list[str]:
    measurements = Measurements(records)
    return [*grave(measurements), *others(measurements)]


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (
            leak("test", "train", 10, 2),
            "Leakage: 12 pictures of the test split are also in the training split (10 pixel by pixel, 2 nearly): the "
            "test figures flatter the model.",
        ),
        (
            leak("test", "train", 1, None),
            "Leakage: 1 picture of the test split is also in the training split (pixel by pixel): the test figures "
            "flatter the model.",
        ),
        (
            leak("validation", "train", 0, 2345),
            "Leakage: 2,345 pictures of the validation split are also in the training split (0 pixel by pixel, 2,345 "
            "nearly): what is chosen and calibrated on them is too confident.",
        ),
        (
            leak("test", "validation", 1),
            "Leakage: 1 picture of the test split is also in the validation split (1 pixel by pixel, 0 nearly): "
            "they took part in choosing and calibrating, so that the test figures flatter the model.",
        ),
        (
            count("conflicting_pictures", 3.0),
            "Contradiction: 3 pictures are there more than once, with different labels.",
        ),
        (
            count("conflicting_pictures", 0.0, near_pairs=1),
            "Contradiction: 1 pair of nearly the same pictures has different labels.",
        ),
        (count("repeated_rows", 1.0), "Repeated: 1 row has the same picture as an earlier one."),
        (count("repeated_rows", 0.0, near_pairs=7), "Repeated: 7 pairs of pictures are nearly the same."),
        (
            count("rejected_rows", 4.0),
            "Rejected: 4 of 1,000 pictures or rows could not be used; the data section says why.",
        ),
        (count("blank_pictures", 2.0), "Blank: 2 pictures have next to no contrast."),
        (count("class_ratio", 2.0, few={"dog": 3, "ant": 9}), "Few rows to learn from: dog (3), ant (9)."),
    ],
)
def test_one_sentence_for_each(record: Measurement, sentence: str) -> None:
    assert said(record) == [sentence]


def test_classes_of_very_different_size() -> None:
    ratio = Measurement("class_ratio", 18.5, "ratio", "inspection", {"few": {}}, n=100)
    assert said(ratio) == ["Unbalanced: the largest class has 18.5 times as many rows to learn from as the smallest."]


@pytest.mark.parametrize("name", ["conflicting_pictures", "rejected_rows", "blank_pictures"])
def test_nothing_is_said_of_nothing(name: str) -> None:
    assert said(count(name, 0.0)) == []


def test_that_nothing_leaks_is_said_as_far_as_it_was_searched() -> None:
    searched = said(leak("test", "train", 0), count("repeated_rows", 0.0, near_pairs=0))
    assert searched == [
        "No leakage: no picture of the test split was found in the training split, neither the same nor nearly the "
        "same."
    ]
    alone = said(leak("test", "train", 0, None), count("repeated_rows", 0.0))
    assert alone == ["No leakage: no picture of the test split is in the training split pixel by pixel."]


def test_leakage_comes_first_and_doubts_after_the_results() -> None:
    sentences = findings(measurements_of(with_inspection(run_files())))
    assert sentences[0].startswith("Leakage: 2 pictures of the test split are also in the training split")
    doubts = next(i for i, sentence in enumerate(sentences) if sentence.startswith("Doubted labels: the model"))
    assert doubts > next(i for i, sentence in enumerate(sentences) if sentence.startswith("Better than"))


def test_every_number_is_a_measurement() -> None:
    measurements = measurements_of(with_inspection(run_files()))
    for sentence in findings(measurements):
        assert numbers_without_source(sentence, measurements) == [], sentence


def test_an_inspection_alone_has_findings() -> None:
    assert said(*inspected().measurements)[0].startswith("Leakage")

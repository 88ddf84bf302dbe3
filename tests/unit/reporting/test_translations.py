"""What a report says and shows of texts that were written for others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepwright.measurements import Measurement, Measurements
from deepwright.reporting.findings import answer
from deepwright.reporting.labels import metric
from deepwright.reporting.translation_findings import of_lengths, written

MODEL = "rnn_seq2seq"


def record(name: str, value: float, interval: tuple[float, float] | None = None, **others: object) -> Measurement:
    made = Measurement(name, value, "points", "bleu", {}, MODEL, "test", 100, interval, 0.95 if interval else None)
    return replace(made, **others)  # type: ignore[arg-type]


def measurements(
    *lengths: tuple[float, float, float], empty: int = 0, cut: int = 0, exact: tuple[float, float, float] | None = None
) -> Measurements:
    records = [record("bleu", 30.0, (25.0, 35.0))]
    if exact is not None:
        records.append(record("exact_match", exact[0], exact[1:], unit="share", measure="exact_match"))
    records += [
        record(f"bleu/of_sources/{10 * i + 1}-{10 * i + 10}", value, (low, high), n=20)
        for i, (value, low, high) in enumerate(lengths)
    ]
    records += [
        record(name, float(count), unit="texts", measure="texts as written", split=None)
        for name, count in (("empty_translations", empty), ("cut_translations", cut))
    ]
    return Measurements(records, MODEL)


@pytest.mark.parametrize(
    ("lengths", "beginning"),
    [
        (((40.0, 35.0, 45.0), (30.0, 25.0, 35.0), (20.0, 15.0, 25.0)), "Long sources are harder: BLEU is 40.0"),
        (((20.0, 15.0, 25.0), (40.0, 35.0, 45.0)), "Short sources are harder: BLEU is 20.0"),
        (((30.0, 20.0, 40.0), (35.0, 25.0, 45.0)), "Length is not shown to matter"),
    ],
)
def test_long_and_short_sources(lengths: tuple[tuple[float, float, float], ...], beginning: str) -> None:
    (sentence,) = [one for one in written(measurements(*lengths)) if one.startswith(beginning)]
    assert "1 to 10 tokens" in sentence
    assert f"{10 * len(lengths) - 9} to {10 * len(lengths)}" in sentence


def test_one_group_says_nothing_of_length() -> None:
    assert not [one for one in written(measurements((30.0, 20.0, 40.0))) if "ength" in one or "ources are" in one]


def test_an_error_rate_is_better_where_it_is_lower() -> None:
    lengths = [
        record(f"word_error_rate/of_sources/{span}", value, (value - 0.01, value + 0.01), unit="rate")
        for span, value in (("1-9", 0.1), ("10-20", 0.5))
    ]
    rates = [replace(one, measure="word_error_rate") for one in lengths]
    found = list(written(Measurements([*measurements().records, *rates], MODEL)))
    assert any(one.startswith("Long sources are harder") for one in found)


def test_empty_and_cut_texts_are_told() -> None:
    assert any(one.startswith("Empty or cut: none of the 100") for one in written(measurements()))
    found = list(written(measurements(empty=1, cut=3)))
    assert any(one.startswith("Empty: for 1 of 100") for one in found)
    assert any(one.startswith("Cut: 3 of 100 texts are") for one in found)
    assert any(one.startswith("Cut: 1 of 100 texts is") for one in written(measurements(cut=1)))


def test_exact_texts_stand_beside_another_principal_metric_alone() -> None:
    assert any("Exactly right: 12.0% of 100" in one for one in written(measurements(exact=(0.12, 0.07, 0.19))))
    records = measurements(exact=(0.12, 0.07, 0.19)).records
    turned = Measurements([records[1], records[0], *records[2:]], MODEL)
    assert not any("Exactly right" in one for one in written(turned))


def test_the_answer_of_short_texts_counts_what_was_written_exactly() -> None:
    exact = record("exact_match", 0.9, (0.8, 0.95), unit="share", measure="exact_match")
    other = replace(exact, value=0.0, interval=(0.0, 0.04), model="copy_source")
    said = answer(Measurements([exact, other], MODEL))
    assert said.startswith(f"{MODEL} writes 90.0% of 100 test texts exactly")
    assert "copy_source 0.0%" in said


def test_figures_of_lengths_are_called_by_them() -> None:
    found = of_lengths(measurements((30.0, 20.0, 40.0), (35.0, 25.0, 45.0)))
    assert [metric(one.name) for one in found] == [
        "BLEU: sources of 1 to 10 tokens",
        "BLEU: sources of 11 to 20 tokens",
    ]


def test_a_run_that_writes_nothing_says_nothing_of_it() -> None:
    assert list(written(Measurements([record("accuracy", 0.5)], MODEL))) == []

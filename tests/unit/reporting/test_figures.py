from __future__ import annotations

from dataclasses import replace

import pytest

from deepwright.measurements import Measurement
from deepwright.reporting import figures, labels


def share(value: float | None, interval: tuple[float, float] | None = None) -> Measurement:
    return Measurement("accuracy", value, "share", "accuracy", interval=interval, level=0.95 if interval else None)


@pytest.mark.parametrize(
    ("value", "interval", "shown"),
    [
        (0.98328, (0.969, 0.994), "98.3%"),
        (0.99281, (0.9911, 0.9945), "99.28%"),
        (1.0, None, "100.0%"),
        (0.99996, None, "99.996%"),
        (0.00001, None, "0.001%"),
        (0.0, None, "0.0%"),
        (None, None, "–"),
        (float("nan"), None, "–"),
    ],
)
def test_a_share_has_the_digits_that_its_interval_supports(
    value: float | None, interval: tuple[float, float] | None, shown: str
) -> None:
    assert figures.figure(share(value, interval)) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (-0.08761, "nats", "−0.088"),
        (-0.00001, "nats", "−0.000010"),
        (0.0, "nats", "0.000"),
        (0.27473, "ratio", "0.275"),
        (72842, "parameters", "72,842"),
        (11877.9, "examples per second", "11,878"),
        (513052672, "bytes", "489 MiB"),
        (12, "bytes", "12 B"),
        (0.5295, "seconds", "0.53 s"),
        (8.21, "seconds", "8.2 s"),
        (59.99, "seconds", "1 min 0 s"),
        (3720, "seconds", "1 h 2 min"),
        (0.5, "anything", "0.500"),
        (37.21, "points", "37.2"),
        (100.0, "points", "100.0"),
        (0.0712, "rate", "7.1%"),
        (1.25, "rate", "125.0%"),
    ],
)
def test_units(value: float, unit: str, shown: str) -> None:
    assert figures.shown(value, unit) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.001, "0.001"),
        (1e-7, "10⁻⁷"),
        (3.21e-5, "3.21×10⁻⁵"),
        (-2e10, "−2×10¹⁰"),
        (1234, "1,234"),
        (999, "999"),
    ],
)
def test_compact(value: float, shown: str) -> None:
    assert figures.compact(value) == shown


def test_difference_is_in_percentage_points_and_can_be_turned() -> None:
    record = share(-0.05, (-0.08, -0.02))
    assert figures.difference(record) == ("−5.0", "−8.0", "−2.0")
    assert figures.difference(record, turned=True) == ("5.0", "2.0", "8.0")
    assert figures.difference(share(None)) == ("–", "–", "–")


def test_labels_name_metrics_in_words() -> None:
    assert labels.metric("macro_f1") == "macro F1"
    assert labels.metric("precision/a/b") == "precision of a/b"
    assert labels.metric("log_loss_over/majority") == "log loss: difference from majority"
    assert labels.metric("accuracy_gap") == "accuracy: training minus test"


@pytest.mark.parametrize("name", ["unheard_of", "unheard_of_gap", "unheard_of_over/x", "a/b"])
def test_a_name_that_nobody_knows_stays(name: str) -> None:
    assert labels.metric(name) == name


@pytest.mark.parametrize(
    ("value", "interval", "shown"),
    [
        (1.234e-4, (1.1e-4, 1.4e-4), ("0.000123", "0.000110", "0.000140")),
        (1.234e-5, (0.9e-5, 1.5e-5), ("1.23×10⁻⁵", "9×10⁻⁶", "1.5×10⁻⁵")),
        (3.4e-9, (3e-9, 4e-9), ("3.4×10⁻⁹", "3×10⁻⁹", "4×10⁻⁹")),
        (12345.678, (12000.0, 12800.0), ("12,346", "12,000", "12,800")),
        (3.214, (2.8, 3.6), ("3.21", "2.80", "3.60")),
        (0.0, (0.0, 0.0), ("0.000", "0.000", "0.000")),
    ],
)
def test_a_number_in_its_own_unit_has_the_digits_that_its_interval_supports(
    value: float, interval: tuple[float, float], shown: tuple[str, str, str]
) -> None:
    record = Measurement("mae", value, "own unit", "mae", interval=interval, level=0.95)
    assert (figures.figure(record), *(figures.bounds(record) or ())) == shown
    assert figures.difference(record) == shown
    assert value == 0 or "0.0000 " not in f"{record} "


@pytest.mark.parametrize(
    ("unit", "value", "interval", "shown", "plain"),
    [
        ("points", 37.213, (35.9, 38.4), ("37.2", "35.9", "38.4"), "37.21 [35.90, 38.40]"),
        ("points", 37.213, (36.95, 37.6), ("37.21", "36.95", "37.60"), "37.213 [36.950, 37.600]"),
        ("points", 0.0, (0.0, 0.0), ("0.0", "0.0", "0.0"), "0.00 [0.00, 0.00]"),
        ("rate", 1.0512, (0.97, 1.13), ("105.1%", "97.0%", "113.0%"), "1.0512 [0.9700, 1.1300]"),
    ],
)
def test_points_and_rates_have_the_digits_of_a_percentage(
    unit: str, value: float, interval: tuple[float, float], shown: tuple[str, str, str], plain: str
) -> None:
    record = Measurement("bleu", value, unit, "bleu", interval=interval, level=0.95)
    assert (figures.figure(record), *(figures.bounds(record) or ())) == shown
    assert str(record) == plain


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [("points", 3.14, "3.1 points"), ("rate", -0.0412, "−4.1 percentage points"), ("nats", 0.5, "0.500")],
)
def test_differences_of_points_are_points_and_of_rates_percentage_points(unit: str, value: float, shown: str) -> None:
    interval = (value - 0.02, value + 0.02) if unit == "rate" else None
    record = Measurement("x_over/y", value, unit, "paired_difference", interval=interval)
    assert figures.amount(record, figures.difference(record)[0]) == shown


def test_plain_numbers_keep_four_decimals_where_these_suffice() -> None:
    assert str(share(0.98328, (0.969, 0.994))) == "0.9833 [0.9690, 0.9940]"
    tiny = Measurement("mae", 1.234e-5, "own unit", "mae", interval=(0.9e-5, 1.5e-5), level=0.95)
    assert str(tiny) == "0.00001234 [0.00000900, 0.00001500]"
    skewed = Measurement("r2", -3.08e-4, "ratio", "r2", interval=(-2e-3, -5e-9), level=0.95)
    assert str(skewed) == "-0.000308 [-0.002000, -0.000000]"


def test_what_rounding_leaves_asks_for_no_digits() -> None:
    nothing = share(2.78e-17, (2e-22, 8e-17))
    assert (figures.figure(nothing), str(nothing)) == ("0.00%", "0.0000 [0.0000, 0.0000]")
    log_loss = Measurement("log_loss", 1.0986122886681, "nats", "log_loss", level=0.95)
    without_width = replace(log_loss, interval=(1.0986122886680, 1.0986122886682))
    assert figures.figure(without_width) == "1.099"
    assert str(without_width) == "1.0986 [1.0986, 1.0986]"

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import pytest

from deepwright import registry
from deepwright.config.settings import ValidationSettings
from deepwright.contracts import FloatArray, Predictions, weighted
from deepwright.errors import UnknownNameError
from deepwright.measurements import Claim, Measurement
from deepwright.validation.evaluation import (
    BETWEEN_SPLITS,
    PAIRED,
    Drawn,
    compare,
    draw,
    gap,
    measure,
    measure_all,
    metric_of,
)
from deepwright.validation.intervals import Bootstrap, clopper_pearson, percentile

SETTINGS = ValidationSettings(resamples=200)
NAMES = ("a", "b", "c")
ACCURACY, F1, LOSS = Claim("accuracy", "accuracy"), Claim("macro_f1", "macro_f1"), Claim("log_loss", "log_loss")
CLAIMS = [ACCURACY, F1, LOSS, Claim("precision/a", "precision", {"label": "a"})]


def predictions(seed: int, n: int = 120, skill: float = 1.0, targets: Sequence[int] | None = None) -> Predictions:
    rng = np.random.default_rng(seed)
    classes = np.arange(n) % 3 if targets is None else np.array(targets)
    outputs = rng.normal(size=(len(classes), 3)) + skill * np.eye(3)[classes]
    return Predictions(np.arange(len(classes)), classes, outputs, NAMES)


def right(count: int, n: int) -> Predictions:
    """Of n rows of two classes, so many are decided rightly."""
    targets = np.arange(n) % 2
    decided = np.where(np.arange(n) < count, targets, 1 - targets)
    return Predictions(np.arange(n), targets, np.eye(2)[decided] * 3, ("a", "b"))


def drawn(models: Mapping[str, Predictions], claims: Sequence[Claim] = CLAIMS, seed: int = 0) -> Any:
    return draw(dict.fromkeys(models, claims), models, SETTINGS, seed)


def measured(made: Predictions, claims: Sequence[Claim], settings: ValidationSettings = SETTINGS) -> list[Measurement]:
    on = draw({"mlp": claims}, {"mlp": made}, settings, 3)
    return measure({"mlp": claims}, {"mlp": made}, on, "test", settings, 3)


# -------------------------------------------------------------------------------------------------- draws


def test_all_models_and_metrics_see_the_same_draws() -> None:
    models = {"mlp": predictions(0), "majority": predictions(1, skill=0)}
    together = drawn(models)
    assert set(together) == {(model, claim.name) for model in models for claim in CLAIMS}
    for model, made in models.items():
        for claim in CLAIMS:
            alone = drawn({model: made}, [claim])[model, claim.name]
            assert together[model, claim.name].value == alone.value
            np.testing.assert_array_equal(together[model, claim.name].draws, alone.draws)


def test_a_draw_is_the_metric_of_rows_drawn_with_replacement() -> None:
    made = predictions(0)
    (weights,) = Bootstrap(len(made), SETTINGS.resamples, 5).weights()
    result = drawn({"mlp": made}, CLAIMS, seed=5)
    for claim in CLAIMS:
        repeated = np.repeat(np.arange(len(made)), weights[7].astype(int))
        sample = Predictions(made.rows[repeated], made.targets[repeated], made.outputs[repeated], NAMES)
        expected = float(weighted(metric_of(claim), sample, np.ones((1, len(sample))))[0])
        assert result["mlp", claim.name].draws[7] == pytest.approx(expected, rel=1e-12)
        assert len(result["mlp", claim.name].draws) == SETTINGS.resamples


def test_the_seed_decides_the_draws() -> None:
    models = {"mlp": predictions(0)}
    first, again, other = (drawn(models, [LOSS], seed)["mlp", "log_loss"].draws for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_metric_has_the_arguments_of_its_claim() -> None:
    made = predictions(0)
    cool, warm = (Claim(f"log_loss at {t}", "log_loss", {"temperature": t}) for t in (0.5, 2.0))
    values = drawn({"mlp": made}, [cool, warm])
    assert values["mlp", cool.name].value != values["mlp", warm.name].value


def test_a_class_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="'z'"):
        measured(predictions(0), [Claim("precision/z", "precision", {"label": "z"})])


# ------------------------------------------------------------------------------------------- measurements


def test_a_measurement_says_all_about_itself() -> None:
    made = predictions(0)
    record = measured(made, [Claim("log_loss", "log_loss", {"temperature": 2.0})])[0]
    metric = metric_of(Claim("x", "log_loss", {"temperature": 2.0}))
    value = float(metric.value(metric.terms(made).sum(0, keepdims=True))[0])
    assert record.interval is not None
    assert record.interval[0] < value < record.interval[1]
    assert dataclasses.replace(record, interval=None) == Measurement(
        name="log_loss",
        value=value,
        unit="nats",
        measure="log_loss",
        arguments={"temperature": 2.0},
        model="mlp",
        split="test",
        n=120,
        level=0.95,
        method="bias-corrected bootstrap",
        seed=3,
        status="measured",
        recomputable=True,
    )


def test_an_interval_is_the_bias_corrected_share_of_the_draws() -> None:
    made = predictions(0)
    on = drawn({"mlp": made}, [ACCURACY], seed=3)["mlp", "accuracy"].draws
    for level in (0.5, 0.9, 0.95):
        settings = dataclasses.replace(SETTINGS, level=level)
        record = measured(made, [ACCURACY], settings)[0]
        assert record.interval == percentile(on, level, record.value)
        assert record.level == level


def test_more_rows_make_narrower_intervals() -> None:
    def width(n: int) -> float:
        interval = measured(predictions(0, n), [LOSS])[0].interval
        assert interval is not None
        return interval[1] - interval[0]

    assert width(1200) < width(120) / 2


@pytest.mark.parametrize(("count", "n"), [(20, 20), (0, 20), (1, 1), (0, 1)])
def test_where_all_draws_agree_the_exact_interval_stands_in(count: int, n: int) -> None:
    record = measured(right(count, n), [ACCURACY])[0]
    assert (record.value, record.method, record.level) == (count / n, "clopper-pearson", 0.95)
    assert record.interval == clopper_pearson(count, n, 0.95)
    assert record.interval[1] - record.interval[0] > 0.1


def test_one_wrong_row_is_enough_for_the_bootstrap() -> None:
    assert measured(right(19, 20), [ACCURACY])[0].method == "bias-corrected bootstrap"


def test_where_some_draws_say_nothing_the_exact_interval_stands_in() -> None:
    """One prediction of class a is missing from a third of the draws."""
    outputs = np.tile([0.0, 9.0, 0.0], (40, 1))
    outputs[5] = [9.0, 0.0, 0.0]
    made = Predictions(np.arange(40), np.zeros(40, np.int64), outputs, NAMES)
    record = measured(made, [Claim("precision/a", "precision", {"label": "a"})])[0]
    assert (record.value, record.method, record.status) == (1.0, "clopper-pearson", "measured")
    assert record.interval == clopper_pearson(1, 1, 0.95)


def test_what_cannot_be_measured_is_said_not_to_be() -> None:
    """Class b is never predicted, so that nothing can be said of its precision."""
    made = Predictions(np.arange(30), np.arange(30) % 3, np.tile([9.0, 0.0, 0.0], (30, 1)), NAMES)
    record = measured(made, [Claim("precision/b", "precision", {"label": "b"})])[0]
    assert (record.value, record.status, record.interval) == (None, "not measured", None)
    assert (record.level, record.method, record.n) == (None, None, 0)
    assert str(record) == "–"
    json.dumps(record.to_json(), allow_nan=False)


class Sometimes:
    """Defined on all rows, but not on every draw, and no proportion."""

    unit: ClassVar[str] = "nats"
    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def terms(self, predictions: Predictions) -> FloatArray:
        terms: FloatArray = np.asarray(2.0 ** np.arange(len(predictions))[:, None] % 1013, np.float64)
        return terms

    def value(self, sums: FloatArray) -> FloatArray:
        of_all = self.terms(predictions(0)).sum()
        values: FloatArray = np.where(sums[:, 0] == of_all, 0.5, np.nan)
        return values


def test_without_an_exact_interval_there_is_none_where_draws_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    load = registry.load
    monkeypatch.setattr(registry, "load", lambda kind, name: Sometimes if name == "sometimes" else load(kind, name))
    record = measured(predictions(0), [Claim("sometimes", "sometimes")])[0]
    assert (record.value, record.status) == (0.5, "measured")
    assert (record.interval, record.level, record.method) == (None, None, None)


def test_measurements_are_json() -> None:
    for record in measured(predictions(0), CLAIMS):
        again = Measurement.from_json(json.loads(json.dumps(record.to_json(), allow_nan=False)))
        assert again == record


# -------------------------------------------------------------------------------------------- comparisons


@pytest.mark.parametrize("claim", [ACCURACY, F1, LOSS], ids=lambda claim: claim.name)
def test_a_difference_is_that_of_the_same_draws(claim: Claim) -> None:
    on = drawn({"mlp": predictions(0), "majority": predictions(1, skill=0)})
    (record,) = compare(claim, "mlp", {"majority": claim}, on, 120, SETTINGS, 0)
    ours, theirs = on["mlp", claim.name], on["majority", claim.name]
    assert record.value == ours.value - theirs.value
    assert record.interval == percentile(ours.draws - theirs.draws, 0.95, record.value)
    assert dataclasses.replace(record, value=None, interval=None) == Measurement(
        name=f"{claim.name}_over/majority",
        value=None,
        unit="nats" if claim is LOSS else "share",
        measure=PAIRED,
        arguments={"metric": claim.measure, "arguments": {}, "baseline": "majority", "baseline_arguments": {}},
        model="mlp",
        split="test",
        n=120,
        level=0.95,
        method="bias-corrected bootstrap",
        seed=0,
        recomputable=True,
    )


def test_a_paired_difference_is_sharper_than_one_of_independent_draws() -> None:
    """Two models that err on the same rows."""
    ours = predictions(0, n=300)
    theirs = dataclasses.replace(ours, outputs=ours.outputs + np.random.default_rng(1).normal(size=(300, 3)) * 0.1)
    on = drawn({"ours": ours, "theirs": theirs}, [LOSS])
    apart = drawn({"theirs": theirs}, [LOSS], seed=1)
    (record,) = compare(LOSS, "ours", {"theirs": LOSS}, on, 300, SETTINGS, 0)
    assert record.interval is not None
    independent = np.quantile(on["ours", "log_loss"].draws - apart["theirs", "log_loss"].draws, [0.025, 0.975])
    assert record.interval[1] - record.interval[0] < np.ptp(independent) / 3


@pytest.mark.parametrize("claim", [ACCURACY, F1, LOSS], ids=lambda claim: claim.name)
def test_a_model_does_not_differ_from_itself(claim: Claim) -> None:
    made = predictions(0)
    on = drawn({"mlp": made, "twin": made})
    (record,) = compare(claim, "mlp", {"twin": claim}, on, 120, SETTINGS, 0)
    assert (record.value, record.status) == (0.0, "measured")
    assert record.interval is not None
    low, high = record.interval
    assert (low, high) == (0, 0) if claim is LOSS else -0.04 < low < 0 < high < 0.04


def test_every_baseline_has_its_difference() -> None:
    on = drawn({name: predictions(i) for i, name in enumerate(["mlp", "x", "y"])})
    records = compare(ACCURACY, "mlp", {"x": ACCURACY, "y": ACCURACY}, on, 120, SETTINGS, 0)
    assert [record.name for record in records] == ["accuracy_over/x", "accuracy_over/y"]
    assert compare(ACCURACY, "mlp", {}, on, 120, SETTINGS, 0) == []


def test_the_gap_is_how_much_better_training_is_than_test() -> None:
    train = drawn({"mlp": predictions(0, skill=5)}, [ACCURACY], seed=1)["mlp", "accuracy"]
    test = drawn({"mlp": predictions(1, skill=1)}, [ACCURACY], seed=0)["mlp", "accuracy"]
    record = gap(ACCURACY, "mlp", train, test, 120, SETTINGS, 0)
    assert record.value == train.value - test.value > 0.1
    assert record.interval == percentile(train.draws - test.draws, 0.95, record.value)
    assert (record.name, record.measure, record.split) == ("accuracy_gap", BETWEEN_SPLITS, None)
    assert record.arguments == {"metric": "accuracy", "arguments": {}, "splits": ["train", "test"]}


@pytest.mark.parametrize("undefined", ["ours", "theirs", "both"])
def test_a_difference_from_what_cannot_be_measured_is_not_measured(undefined: str) -> None:
    nothing, something = Drawn(math.nan, np.full(200, math.nan)), Drawn(0.5, np.full(200, 0.5))
    ours = something if undefined == "theirs" else nothing
    theirs = something if undefined == "ours" else nothing
    claim = Claim("precision/a", "precision", {"label": "a"})
    (record,) = compare(
        claim, "mlp", {"other": claim}, {("mlp", claim.name): ours, ("other", claim.name): theirs}, 120, SETTINGS, 0
    )
    for made in (record, gap(claim, "mlp", ours, theirs, 120, SETTINGS, 0)):
        assert (made.value, made.interval, made.status, made.method) == (None, None, "not measured", None)
        json.dumps(made.to_json(), allow_nan=False)


# ------------------------------------------------------------------------------------------- a whole run


def test_a_run_is_measured_on_every_split_and_against_every_baseline() -> None:
    general = dataclasses.replace(ACCURACY, compared=True)
    made = {("mlp", split): predictions(seed) for seed, split in enumerate(("test", "validation", "train"))}
    made["majority", "test"] = predictions(3, skill=0)
    records = measure_all("mlp", {"mlp": [general, LOSS], "majority": [ACCURACY, LOSS]}, made, SETTINGS, 7)
    assert [(record.name, record.model, record.split, record.seed) for record in records] == [
        ("accuracy", "mlp", "test", 7),
        ("log_loss", "mlp", "test", 7),
        ("accuracy", "majority", "test", 7),
        ("log_loss", "majority", "test", 7),
        ("accuracy", "mlp", "validation", 9),
        ("accuracy", "mlp", "train", 8),
        ("accuracy_over/majority", "mlp", "test", 7),
        ("accuracy_gap", "mlp", None, 7),
    ]
    by_key = {(record.name, record.model, record.split): record for record in records}
    for split, seed in (("test", 7), ("validation", 9), ("train", 8)):
        on = draw({"mlp": [general]}, {"mlp": made["mlp", split]}, SETTINGS, seed)
        (alone,) = measure({"mlp": [general]}, {"mlp": made["mlp", split]}, on, split, SETTINGS, seed)
        assert by_key["accuracy", "mlp", split] == alone
    assert by_key["accuracy_gap", "mlp", None].value == pytest.approx(
        float(by_key["accuracy", "mlp", "train"]) - float(by_key["accuracy", "mlp", "test"])
    )


def test_a_run_without_other_splits_or_baselines_is_measured_on_the_test_split() -> None:
    claims = {"mlp": [dataclasses.replace(ACCURACY, compared=True), LOSS]}
    records = measure_all("mlp", claims, {("mlp", "test"): predictions(0)}, SETTINGS, 0)
    assert [(record.name, record.split) for record in records] == [("accuracy", "test"), ("log_loss", "test")]


class Counted(np.ndarray[Any, np.dtype[np.float64]]):
    """Outputs that count how often the largest of each row was looked for."""

    looked: ClassVar[int] = 0

    def argmax(self, *where: Any, **more: Any) -> Any:
        Counted.looked += 1
        return np.asarray(self).argmax(*where, **more)


def test_of_many_classes_the_rows_are_decided_once_not_for_each_class() -> None:
    Counted.looked, count = 0, 40
    classes = np.arange(3 * count) % count
    outputs = np.random.default_rng(0).normal(size=(len(classes), count)).view(Counted)
    names = tuple(f"c{number}" for number in range(count))
    made = {"m": Predictions(np.arange(len(classes)), classes, outputs, names)}
    claims = {"m": [Claim(f"{m}/{name}", m, {"label": name}) for m in ("precision", "recall") for name in names]}
    records = measure(claims, made, draw(claims, made, SETTINGS, 0), "test", SETTINGS, 0)
    assert [record.n for record in records if record.measure == "recall"] == [3] * count
    assert Counted.looked == 1

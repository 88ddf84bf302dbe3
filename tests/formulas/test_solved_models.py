"""The models that are solved are at their solutions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, Ridge

from deepwright import experiments, registry
from deepwright.config.settings import Member, Settings, TrainingSettings
from deepwright.data.examples import TensorExamples
from deepwright.data.splits import Splits
from deepwright.layers.normalise import Normalise
from deepwright.specs import ClassSpec, ImageSpec, LabelsSpec, NumberSpec
from tests.formulas.reference import label_metrics
from tests.formulas.reference.activations import softmax
from tests.formulas.reference.arrays import Floats, Integers
from tests.formulas.reference.losses import (
    logistic_objective,
    logistic_objective_backward,
    sigmoid_cross_entropy_backward,
)
from tests.formulas.reference.metrics import rule_of_succession
from tests.formulas.reference.ridge import ridge
from tests.formulas.tolerances import OPTIMUM, OPTIMUM_SINGLE, ROUNDING, SAME_OPTIMUM, SAME_SOLUTION, SINGLE

DIGITS = ClassSpec(tuple("0123456789"))


def examples(images: Floats, targets: Integers | Floats) -> TensorExamples:
    return TensorExamples(torch.from_numpy(images), torch.from_numpy(targets), np.arange(len(targets)), lambda x: (x,))


def digits(n: int) -> tuple[Floats, Integers]:
    """The first pictures of handwritten digits, [n, 1, 8, 8] from 0 to 1, and what they show."""
    bunch = load_digits()
    return bunch.images[:n, None] / 16, bunch.target[:n].astype(np.int64)


def test_majority_gives_the_frequencies_by_the_rule_of_succession() -> None:
    targets = np.array([2, 0, 2, 2, 0])
    model = registry.load("models", "majority")(ImageSpec(1, 2, 2), ClassSpec(tuple("abcd")))
    model.fit(examples(np.zeros((5, 1, 2, 2)), targets))
    logits = model(torch.zeros(7, 1, 2, 2)).numpy()
    SINGLE.check(logits, np.tile(rule_of_succession(targets, 4), (7, 1)))
    SINGLE.check(np.exp(logits[0]), [3 / 9, 1 / 9, 4 / 9, 1 / 9], "they are probabilities")


def test_majority_gives_the_odds_of_each_label_by_the_rule_of_succession() -> None:
    targets = np.array([[1, 0, 1], [1, 0, 0], [1, 0, 1], [1, 0, 0]])
    model = registry.load("models", "majority")(ImageSpec(1, 2, 2), LabelsSpec(tuple("abc")))
    model.fit(examples(np.zeros((4, 1, 2, 2)), targets.astype(np.float64)))
    logits = model(torch.zeros(7, 1, 2, 2)).numpy()
    SINGLE.check(logits, np.tile(label_metrics.rule_of_succession(targets), (7, 1)))
    SINGLE.check(1 / (1 + np.exp(-logits[0])), [5 / 6, 1 / 6, 3 / 6], "they are probabilities")


def test_mean_gives_the_mean() -> None:
    targets = np.array([3.0, -1, 4, 1.5])
    model = registry.load("models", "mean")(ImageSpec(1, 2, 2), NumberSpec("n", 0.0, 1.0))
    model.fit(examples(np.zeros((4, 1, 2, 2)), targets))
    SINGLE.check(model(torch.zeros(7, 1, 2, 2)).numpy(), np.full((7, 1), 1.875))


@pytest.mark.parametrize("penalty", [1e-3, 0.1])
def test_pixel_linear_on_numbers_is_ridge_regression(penalty: float) -> None:
    images, digit = digits(200)
    targets = (digit - digit.mean()) / digit.std()
    model = registry.load("models", "pixel_linear")(ImageSpec(1, 8, 8), NumberSpec("n", 4.5, 2.9), penalty=penalty)
    model.double().fit(examples(images, targets))
    pixels = images.reshape(200, -1)
    weight, bias = ridge(pixels, targets, penalty)
    outputs = model(torch.from_numpy(images)).numpy()[:, 0]
    SAME_SOLUTION.check(outputs, pixels @ weight + bias, "outputs")
    residual = pixels @ model.dense.weight.numpy()[0] + model.dense.bias.numpy() - targets
    OPTIMUM.check(pixels.T @ residual / 200 + penalty * model.dense.weight.numpy()[0], np.zeros(64), "gradient")

    # scikit-learn minimises Σ error² + alpha·‖w‖², which is ours times 2N for alpha = N·penalty.
    peer = Ridge(alpha=200 * penalty).fit(pixels, targets)
    ROUNDING.check(pixels @ weight + bias, peer.predict(pixels), "the closed form")


@pytest.mark.parametrize("penalty", [1e-3, 0.1])
def test_pixel_linear_on_labels_is_one_logistic_regression_each(penalty: float) -> None:
    images, digit = digits(200)
    targets = np.stack([digit % 2 == 0, digit > 6, digit == 3], axis=1).astype(np.float64)
    spec = LabelsSpec(("even", "high", "three"))
    model = registry.load("models", "pixel_linear")(ImageSpec(1, 8, 8), spec, penalty=penalty).double()
    model.fit(examples(images, targets))
    pixels = images.reshape(200, -1)
    weight, logits = model.dense.weight.numpy(), model(torch.from_numpy(images)).numpy()
    errors = sigmoid_cross_entropy_backward(np.full(200, 1 / 200), logits, targets)
    OPTIMUM.check(errors.T @ pixels + penalty * weight, np.zeros((3, 64)), "gradient of the weights")
    OPTIMUM.check(errors.sum(axis=0), np.zeros(3), "gradient of the biases")

    # The mean over three labels takes a third of each label's loss: the penalty of each counts three times.
    for label in range(3):
        peer = LogisticRegression(C=1 / (200 * 3 * penalty), tol=1e-10, max_iter=10_000).fit(pixels, targets[:, label])
        SAME_SOLUTION.check(logits[:, label], peer.decision_function(pixels), spec.names[label])


@pytest.mark.parametrize("penalty", [1e-3, 0.1])
def test_pixel_linear_is_at_the_optimum(penalty: float) -> None:
    images, targets = digits(200)
    model = registry.load("models", "pixel_linear")(ImageSpec(1, 8, 8), DIGITS, penalty=penalty).double()
    model.fit(examples(images, targets))
    weight, bias = model.dense.weight.numpy(), model.dense.bias.numpy()
    pixels = images.reshape(200, -1)
    for gradient in logistic_objective_backward(pixels, targets, weight, bias, penalty):
        OPTIMUM.check(gradient, np.zeros_like(gradient))

    # scikit-learn minimises C·Σ loss + ‖W‖²/2, which is ours times N·C for C = 1/(N·penalty).
    peer = LogisticRegression(C=1 / (200 * penalty), tol=1e-10, max_iter=10_000).fit(pixels, targets)
    ours, theirs = (
        logistic_objective(pixels, targets, w, b, penalty) for w, b in ((weight, bias), (peer.coef_, peer.intercept_))
    )
    SAME_OPTIMUM.check(ours, theirs, "objective")
    logits = model(torch.from_numpy(images)).numpy()
    peers = peer.decision_function(pixels)
    mine, other = (z - z.mean(axis=1, keepdims=True) for z in (logits, peers))  # a common shift means nothing
    SAME_SOLUTION.check(mine, other, "logits")


def test_one_step_of_the_solver_is_not_the_optimum() -> None:
    """The tolerance above can be missed."""
    images, targets = digits(200)
    model = registry.load("models", "pixel_linear")(ImageSpec(1, 8, 8), DIGITS, max_iterations=1).double()
    model.fit(examples(images, targets))
    weight, bias = model.dense.weight.numpy(), model.dense.bias.numpy()
    gradient, _ = logistic_objective_backward(images.reshape(200, -1), targets, weight, bias, 1e-3)
    assert np.abs(gradient).max() > 100 * OPTIMUM.absolute


def test_within_an_experiment_it_is_at_the_optimum_too() -> None:
    """From pictures to outputs, the network is the optimum for the pictures as its last layer sees them."""
    table = registry.load("datasets", "digits")()
    rows = np.arange(300)
    splits = Splits("given", rows[:200], rows[200:250], rows[250:])
    settings = Settings(task="classification", model=Member("pixel_linear"), training=TrainingSettings(num_threads=1))
    roles = {"image": "image", "label": "label"}
    settings = experiments.plan(table, splits, "classification", roles, settings)
    fitted = experiments.fit(table, splits, "classification", roles, settings)
    predictor = fitted.predictor
    encoded = predictor.task.examples(table.take(splits.train))
    made = predictor.predictions(encoded)

    # At the optimum of the biases each class is predicted as often as it occurs, whatever the pixels' unit.
    frequencies = np.bincount(made.targets, minlength=10) / 200
    OPTIMUM_SINGLE.check(softmax(made.outputs).mean(axis=0), frequencies, "predicted frequency of each class")
    front, model = predictor.network.front, predictor.network.model
    assert isinstance(front, Normalise)
    seen = front(encoded.batch(torch.arange(200)).inputs[0]).numpy().astype(np.float64).reshape(200, -1)
    weight, bias = (tensor.numpy().astype(np.float64) for tensor in (model.dense.weight, model.dense.bias))  # type: ignore[union-attr, operator]
    for gradient in logistic_objective_backward(seen, made.targets, weight, bias, 1e-3):
        OPTIMUM_SINGLE.check(gradient, np.zeros_like(gradient))

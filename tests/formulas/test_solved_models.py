"""The models that are solved are at their solutions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from deepwright import experiments, registry
from deepwright.config.settings import Member, Settings, TrainingSettings
from deepwright.contracts import ClassSpec, ImageSpec
from deepwright.data.examples import TensorExamples
from deepwright.data.splits import Splits
from deepwright.layers.normalise import Normalise
from tests.formulas.reference.activations import softmax
from tests.formulas.reference.arrays import Floats, Integers
from tests.formulas.reference.losses import logistic_objective, logistic_objective_backward
from tests.formulas.reference.metrics import rule_of_succession
from tests.formulas.tolerances import OPTIMUM, OPTIMUM_SINGLE, SAME_OPTIMUM, SAME_SOLUTION, SINGLE

DIGITS = ClassSpec(tuple("0123456789"))


def examples(images: Floats, targets: Integers) -> TensorExamples:
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

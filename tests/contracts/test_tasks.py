"""What every registered task keeps to."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.contracts import TARGET, Batch, Recipe, Smoothable, Trainable, input_role, weighted
from deepwright.data.table import Table
from deepwright.errors import ConfigError
from deepwright.specs import LabelsSpec, Spec, TextSpec, TranslationSpec
from tests.contracts.documentation import settings_problems, title_problems
from tests.contracts.problems import COLUMNS, NUM_ROWS, TABLES, accepts, build, problems

TASKS = list(registry.entries("tasks"))
PROBLEMS = list(problems())
each = pytest.mark.parametrize("problem", PROBLEMS)


def outputs_of(problem: str) -> tuple[Batch, torch.Tensor]:
    """All rows of a problem, and what the task's default model makes of them before it is trained."""
    found = problems()[problem]
    examples = found.task.examples(found.table)
    batch = examples.batch(torch.arange(len(examples)))
    return batch, build(found.task.default_models[kind_of(problem)], found).forward(batch)


def kind_of(problem: str) -> str:
    return input_role(problems()[problem].roles)


@pytest.mark.parametrize("name", TASKS)
def test_it_has_a_title_and_its_settings_have_meanings(name: str) -> None:
    assert not title_problems("tasks", name) + settings_problems(registry.load("tasks", name))


@pytest.mark.parametrize("name", TASKS)
def test_it_suits_a_table_that_is_tried_here(name: str) -> None:
    assert [problem for problem in problems().values() if problem.task_name == name]


@pytest.mark.parametrize("name", TASKS)
def test_a_table_that_does_not_suit_has_no_roles(name: str) -> None:
    table = Table({"when": COLUMNS["time"][0]}, "times alone")
    assert registry.load("tasks", name).roles(table, {}) is None


@pytest.mark.parametrize("name", TASKS)
def test_roles_and_columns_that_are_not_there_are_refused(name: str) -> None:
    task, table = registry.load("tasks", name), next(iter(TABLES.values()))
    with pytest.raises(ConfigError, match="'nonsense'"):
        task.roles(table, {"nonsense": "image"})
    for role in task.roles(table, {}) or ():
        with pytest.raises(ConfigError, match="'nowhere'"):
            task.roles(table, {role: "nowhere"})


@each
def test_roles_may_be_named(problem: str) -> None:
    found = problems()[problem]
    task = registry.load("tasks", found.task_name)
    guessed = task.roles(found.table, {}) is not None
    for asked in (False, True) if guessed else (True,):
        assert task.roles(found.table, dict(found.roles), asked) == dict(found.roles)
        for role, column in found.roles.items():
            assert task.roles(found.table, {role: column}, asked) == dict(found.roles)


@each
def test_its_encoders_are_fitted_and_can_be_saved(problem: str) -> None:
    task = problems()[problem].task
    for encoder in (task.inputs, task.outputs):
        assert isinstance(encoder.spec, Spec)
        json.dumps(encoder.state(), allow_nan=False)
    assert task.columns == problems()[problem].roles


@each
def test_examples_can_be_batched_in_any_order(problem: str) -> None:
    found = problems()[problem]
    examples = found.task.examples(found.table)
    assert len(found.task.examples(found.table, "learn")) == found.task.num_examples(len(found.table))
    whole = examples.batch(torch.arange(len(examples)))
    order = torch.tensor([5, 3, 3, 40])
    batch = examples.batch(order)
    assert len(batch) == 4
    assert batch.rows.tolist() == whole.rows[order].tolist()
    assert whole.rows.tolist() == sorted(whole.rows.tolist())
    assert examples.targets is not None
    assert len(examples.targets) == len(examples)
    assert whole.targets is not None
    assert batch.targets is not None
    if isinstance(found.task.outputs.spec, TranslationSpec):  # only as wide as the longest text of the batch
        width = batch.targets.shape[1]
        assert (whole.targets[order][:, width:] < 0).all()
        assert torch.equal(batch.targets, whole.targets[order][:, :width])
    else:
        assert torch.equal(batch.targets, whole.targets[order])
    for part, all_rows in zip(batch.inputs, whole.inputs, strict=True):
        if isinstance(found.task.inputs.spec, TextSpec):  # only as wide as the longest text of the batch
            assert not all_rows[order][:, part.shape[1] :].any()
            all_rows = all_rows[:, : part.shape[1]]
        assert torch.equal(part, all_rows[order])


@pytest.mark.parametrize("problem", [name for name in PROBLEMS if TARGET in problems()[name].roles])
def test_inputs_are_encoded_alike_with_and_without_their_targets(problem: str) -> None:
    found = problems()[problem]
    batch = found.task.encode(found.table.columns[found.roles[kind_of(problem)]].values)
    with_targets = found.task.examples(found.table).batch(torch.arange(NUM_ROWS))
    assert batch.targets is None
    assert batch.rows.tolist() == list(range(NUM_ROWS))
    if isinstance(found.task.outputs.spec, TranslationSpec):  # of what is to be written, the beginning alone is known
        (source, before), (other, whole) = batch.inputs, with_targets.inputs
        assert torch.equal(source, other)
        assert torch.equal(before, whole[:, :1])
        return
    for part, other in zip(batch.inputs, with_targets.inputs, strict=True):
        assert torch.equal(part, other)


@each
def test_each_example_has_a_loss_of_its_own(problem: str) -> None:
    found = problems()[problem]
    batch, outputs = outputs_of(problem)
    losses = found.task.losses(outputs, batch)
    assert losses.shape == (len(batch),)
    assert losses.isfinite().all()
    assert batch.targets is not None
    for row in (0, 7, len(batch) - 1):
        alone = Batch(
            tuple(part[row : row + 1] for part in batch.inputs), batch.targets[row : row + 1], batch.rows[row : row + 1]
        )
        torch.testing.assert_close(
            found.task.losses(outputs[row : row + 1], alone), losses[row : row + 1], rtol=1e-5, atol=1e-6
        )


@each
def test_losses_that_are_not_smoothed_are_its_losses(problem: str) -> None:
    """And those that are depend on no other example either."""
    task = problems()[problem].task
    batch, outputs = outputs_of(problem)
    if isinstance(task, Smoothable):
        assert torch.equal(task.smoothed_losses(outputs, batch, 0.0), task.losses(outputs, batch))
        smoothed = task.smoothed_losses(outputs, batch, 0.1)
        assert smoothed.shape == (len(batch),)
        assert smoothed.isfinite().all()
        assert not torch.equal(smoothed, task.losses(outputs, batch))


@each
def test_each_example_has_a_score_of_its_own(problem: str) -> None:
    batch, outputs = outputs_of(problem)
    scores = problems()[problem].task.scores(outputs, batch)
    assert scores.shape == (len(batch),)
    assert scores.isfinite().all()
    assert problems()[problem].task.score
    assert problems()[problem].task.better in ("higher", "lower")


@each
def test_why_it_suits_is_said(problem: str) -> None:
    found = problems()[problem]
    column = found.roles.get(TARGET, found.task.input_column)
    assert column in type(found.task).reason(found.table, found.roles)


@each
def test_something_is_compared_and_the_first_claim_is(problem: str) -> None:
    claims = problems()[problem].task.claims(1.0)
    assert claims[0].compared


@each
def test_losses_have_gradients(problem: str) -> None:
    batch, outputs = outputs_of(problem)
    outputs = outputs.clone().requires_grad_()
    problems()[problem].task.losses(outputs, batch).mean().backward()
    assert outputs.grad is not None
    assert outputs.grad.isfinite().all()
    assert outputs.grad.flatten(1).any(1).all(), "every row has a part in it"


@each
def test_every_output_is_an_answer_that_can_be_written_as_json(problem: str) -> None:
    _batch, outputs = outputs_of(problem)
    answers = problems()[problem].task.decode(outputs)
    assert len(answers) == len(outputs)
    assert len({tuple(answer) for answer in answers}) == 1
    spec = problems()[problem].task.outputs.spec
    assert json.loads(json.dumps(answers, allow_nan=False)) == answers
    for answer in answers:
        if isinstance(spec, LabelsSpec):
            assert set(answer["labels"]) == {name for name, p in answer["probabilities"].items() if p > 0.5}
        elif "probabilities" in answer:
            probabilities = answer["probabilities"]
            assert sum(probabilities.values()) == pytest.approx(1)
            assert answer["probability"] == max(probabilities.values()) == probabilities[answer["label"]]


@each
def test_its_claims_are_registered_metrics_with_names_of_their_own(problem: str) -> None:
    found = problems()[problem]
    batch, outputs = outputs_of(problem)
    targets = found.task.examples(found.table).targets
    assert targets is not None
    made = found.task.predictions(found.task.judged(outputs, batch), targets, batch.rows.numpy())
    assert made.outputs.shape == (len(batch), len(made.names))
    if made.answers == "text":
        made = replace(made, written=made.targets)
    claims = found.task.claims(1.3)
    assert claims
    assert len({claim.name for claim in claims}) == len(claims)
    for claim in claims:
        json.dumps(dict(claim.arguments))
        metric = registry.load("metrics", claim.measure)(**claim.arguments)
        assert weighted(metric, made, np.ones((1, len(batch)))).shape == (1,)


@each
def test_its_models_are_registered_and_fit(problem: str) -> None:
    found = problems()[problem]
    default = found.task.default_models[kind_of(problem)]
    baselines = found.task.baselines[kind_of(problem)]
    assert baselines
    assert default not in baselines
    for name in (default, *baselines):
        assert accepts(registry.load("models", name), found), name
    if isinstance(registry.load("models", default), Trainable):
        recipe = registry.load("models", default).recipe(1000, found.task.inputs.spec, found.task.outputs.spec)
        assert isinstance(recipe, Recipe)
    assert not [name for name in baselines if isinstance(registry.load("models", name), Trainable)]

"""What every registered model keeps to, whatever it is."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, get_args

import msgspec
import pytest
import torch
from torch import Tensor, nn

from deepwright import registry
from deepwright.config.documents import Document
from deepwright.config.fields import check, fields_of
from deepwright.config.settings import TrainingSettings
from deepwright.contracts import FIRST, Batch, Examples, OwnObjective, Solvable, Trainable
from deepwright.decoding.beam import Translates, of_rows
from deepwright.errors import ConfigError
from deepwright.predictor import Predictor
from deepwright.specs import (
    ClassSpec,
    ContextSpec,
    ItemsSpec,
    LabelsSpec,
    NumberSpec,
    Spec,
    TextSpec,
    TokensSpec,
    TranslationSpec,
)
from tests.contracts.documentation import settings_problems, source_problems, title_problems
from tests.contracts.problems import Problem, build, models_and_problems, problems, solve

MODELS = list(registry.entries("models"))
PAIRS = models_and_problems()
TRAINABLE = [name for name in MODELS if issubclass(registry.load("models", name), Trainable)]
SOLVABLE = [name for name in MODELS if issubclass(registry.load("models", name), Solvable)]
TRANSLATING = [pair for pair in PAIRS if isinstance(problems()[pair[1]].task.outputs.spec, TranslationSpec)]
each_pair = pytest.mark.parametrize(("model", "problem"), PAIRS)


def examples_of(problem: Problem) -> Examples:
    return problem.task.examples(problem.table)


def batch_of(problem: Problem) -> Batch:
    examples = examples_of(problem)
    return examples.batch(torch.arange(len(examples)))


def rows(batch: Batch, positions: Any) -> Batch:
    targets = None if batch.targets is None else batch.targets[positions]
    return Batch(tuple(tensor[positions] for tensor in batch.inputs), targets, batch.rows[positions])


def assert_close(first: Tensor, second: Tensor) -> None:
    """Equal up to rounding: sums are taken in another order where a batch has another size."""
    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-5)


def used(model: str, problem: Problem) -> Predictor:
    """A model that is no longer as it was built: solved, or moved in every parameter and statistic."""
    predictor = build(model, problem)
    network = predictor.network
    if isinstance(network.model, Solvable):
        solve(predictor, problem)
        return predictor
    network.train()
    network(*batch_of(problem).inputs)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return predictor


# --------------------------------------------------------------------------------------------- documentation


def specs_for(model: str) -> list[tuple[Spec, Spec]]:
    """Inputs that the model takes, each with outputs that it yields."""
    tasks = [problems()[problem].task for name, problem in PAIRS if name == model]
    return [(task.inputs.spec, task.outputs.spec) for task in tasks]


@pytest.mark.parametrize("model", MODELS)
def test_it_has_a_title_and_a_source(model: str) -> None:
    assert not title_problems("models", model) + source_problems("models", model)


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_has_a_meaning_and_a_default_or_an_example(model: str) -> None:
    member = registry.load("models", model)
    assert not settings_problems(member)
    assert not [name for name, field in fields_of(member).items() if field.required and field.example is None]


@pytest.mark.parametrize("model", MODELS)
def test_its_defaults_are_admitted_by_its_own_types(model: str) -> None:
    fields = fields_of(registry.load("models", model))
    check(fields, {name: f.example if f.required else f.default for name, f in fields.items()}, Document())


@pytest.mark.parametrize("model", MODELS)
def test_it_is_a_network_that_is_either_trained_or_solved(model: str) -> None:
    member = registry.load("models", model)
    assert issubclass(member, nn.Module)
    assert issubclass(member, Trainable) != issubclass(member, Solvable)


@pytest.mark.parametrize("model", MODELS)
def test_it_fits_a_problem_that_is_tried_here(model: str) -> None:
    assert [problem for name, problem in PAIRS if name == model]


# --------------------------------------------------------------------------------------------------- outputs


@each_pair
@pytest.mark.parametrize("training", [True, False], ids=["training", "eval"])
def test_outputs_have_the_shape_of_the_answers_and_are_finite(model: str, problem: str, training: bool) -> None:
    found = problems()[problem]
    network, batch = build(model, found).network.train(training), batch_of(found)
    outputs = network(*batch.inputs)
    spec = found.task.outputs.spec
    shape = spec.shape
    if training and isinstance(network.model, OwnObjective):  # its losses
        shape = ()
    if isinstance(spec, TranslationSpec):  # as many steps as the longest text of the batch has
        assert batch.targets is not None
        shape = (batch.targets.shape[1], spec.vocab_size)
    assert outputs.shape == (len(batch), *shape)
    assert outputs.dtype == torch.float32
    assert outputs.isfinite().all()


@each_pair
def test_one_row_is_enough(model: str, problem: str) -> None:
    found = problems()[problem]
    outputs = build(model, found).forward(rows(batch_of(found), slice(1)))
    assert len(outputs) == 1
    assert outputs.isfinite().all()


@each_pair
def test_inputs_are_left_as_they_were(model: str, problem: str) -> None:
    found = problems()[problem]
    batch = batch_of(found)
    before = [tensor.clone() for tensor in batch.inputs]
    build(model, found).network.model(*batch.inputs)
    assert all(torch.equal(tensor, kept) for tensor, kept in zip(batch.inputs, before, strict=True))


@each_pair
def test_evaluating_twice_gives_the_same_bits(model: str, problem: str) -> None:
    found = problems()[problem]
    predictor, batch = used(model, found), batch_of(found)
    first = predictor.forward(batch)
    torch.manual_seed(99)
    assert torch.equal(predictor.forward(batch), first)


@each_pair
def test_a_row_does_not_depend_on_the_other_rows(model: str, problem: str) -> None:
    found = problems()[problem]
    predictor, batch = used(model, found), batch_of(found)
    whole = predictor.forward(batch)
    backwards = torch.arange(len(batch)).flip(0)
    assert_close(predictor.forward(rows(batch, backwards)), whole[backwards])
    assert_close(predictor.forward(rows(batch, slice(3, 4))), whole[3:4])
    among_others = rows(batch, torch.tensor([3, *[0] * 20]))
    assert_close(predictor.forward(among_others)[:1], whole[3:4])


@pytest.mark.parametrize(
    ("model", "problem"), [pair for pair in PAIRS if isinstance(problems()[pair[1]].task.inputs.spec, TextSpec)]
)
@pytest.mark.parametrize("width", [1, 2, 7, 40])
def test_padding_after_the_end_of_a_text_changes_nothing(model: str, problem: str, width: int) -> None:
    found = problems()[problem]
    predictor, batch = used(model, found), batch_of(found)
    source, *others = batch.inputs
    padded = replace(batch, inputs=(torch.nn.functional.pad(source, (0, width)), *others))
    after = predictor.forward(padded)
    if isinstance(found.task.outputs.spec, TokensSpec):  # what follows the padding is asked of no one
        after = after[:, : source.shape[1]]
    assert_close(after, predictor.forward(batch))
    empty = Batch((source.new_zeros(2, width), *(tensor[:2] for tensor in others)), None, torch.arange(2))
    assert predictor.forward(empty).isfinite().all()


@pytest.mark.parametrize(("model", "problem"), TRANSLATING)
def test_what_translates_writes_step_by_step_as_at_once_and_several_texts_for_one_source(
    model: str, problem: str
) -> None:
    found = problems()[problem]
    predictor, batch = used(model, found), rows(batch_of(found), slice(4))
    assert isinstance(predictor.network.model, Translates)
    network: Any = predictor.network.model.eval()
    source, before = batch.inputs
    with torch.inference_mode():
        whole = network(source, before)
        memory = network.encode(source)
        assert_close(network.step(before, memory)[0], whole)
        state, parts = None, []
        for tokens in before.repeat_interleave(3, 0).split(2, 1):
            logits, state = network.step(tokens, memory, state)
            parts.append(logits)
        assert_close(torch.cat(parts, 1), whole.repeat_interleave(3, 0))
        chosen = torch.tensor([2, 0])
        first, state = network.step(before[:, :2], memory)
        second, _state = network.step(before[chosen, 2:], of_rows(memory, chosen), of_rows(state, chosen))
    assert_close(torch.cat([first[chosen], second], 1), whole[chosen])


@pytest.mark.parametrize(("model", "problem"), models_and_problems(small=True))
def test_inputs_that_are_too_small_are_refused_when_it_is_built(model: str, problem: str) -> None:
    found = problems(small=True)[problem]
    try:
        predictor = build(model, found)
    except ConfigError as error:
        refusal = str(error)
    else:
        assert predictor.forward(batch_of(found)).isfinite().all()
        return
    assert model in refusal


# -------------------------------------------------------------------------------------------------- building


@each_pair
def test_the_same_seed_gives_the_same_weights(model: str, problem: str) -> None:
    found = problems()[problem]
    first, second = build(model, found, seed=7).network.state_dict(), build(model, found, seed=7).network.state_dict()
    assert first.keys() == second.keys()
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def bounds(kind: Any) -> set[Any]:
    """The least and the greatest value that a type declares to admit."""
    if isinstance(kind, msgspec.Meta):
        return {bound for bound in (kind.ge, kind.le) if bound is not None}
    return set().union(*(bounds(part) for part in get_args(kind)))


@pytest.mark.parametrize(
    ("model", "setting", "value"),
    [
        (model, name, value)
        for model in MODELS
        for name, field in fields_of(registry.load("models", model)).items()
        for value in sorted(bounds(field.type))
    ],
)
def test_every_bound_that_it_declares_can_be_used(model: str, setting: str, value: Any) -> None:
    problem = next(problem for name, problem in PAIRS if name == model)
    found = problems()[problem]
    predictor = build(model, found, **{setting: value})
    if isinstance(predictor.network.model, Solvable):
        solve(predictor, found)
    assert predictor.forward(batch_of(found)).isfinite().all()


@each_pair
def test_saved_and_loaded_it_answers_the_same(model: str, problem: str) -> None:
    found = problems()[problem]
    predictor, batch = used(model, found), batch_of(found)
    predictor.temperature = 1.7
    files = predictor.files()
    torch.manual_seed(12345)
    loaded = Predictor.from_files(files)
    assert torch.equal(loaded.forward(batch), predictor.forward(batch))
    assert loaded.files() == files
    assert loaded.member == predictor.member
    assert loaded.num_parameters == predictor.num_parameters


# -------------------------------------------------------------------------------------------------- learning


@pytest.mark.parametrize(("model", "problem"), [pair for pair in PAIRS if pair[0] in TRAINABLE])
def test_every_parameter_has_a_finite_gradient_that_is_not_zero(model: str, problem: str) -> None:
    found = problems()[problem]
    predictor, batch = build(model, found), batch_of(found)
    network = predictor.network.train()
    if isinstance(network.model, OwnObjective):
        examples = found.task.examples(found.table, "learn")
        network(*examples.batch(torch.arange(len(examples))).inputs).mean().backward()
    else:
        found.task.losses(network(*batch.inputs), batch).mean().backward()
    parameters = dict(network.named_parameters())
    assert parameters
    wrong = {
        name: "none" if parameter.grad is None else "not finite or zero everywhere"
        for name, parameter in parameters.items()
        if parameter.grad is None or not parameter.grad.isfinite().all() or not parameter.grad.any()
    }
    assert not wrong


@pytest.mark.parametrize("num_examples", [100, 10_000, 1_000_000])
@pytest.mark.parametrize("model", TRAINABLE)
def test_its_recipe_is_sane(model: str, num_examples: int) -> None:
    for inputs, outputs in specs_for(model):
        recipe = registry.load("models", model).recipe(num_examples, inputs, outputs)
        assert 1 <= recipe.epochs <= 1000
        assert 1 <= recipe.batch_size <= num_examples
        assert 0 < recipe.learning_rate <= 10
        assert 0 <= recipe.weight_decay < 1
        registry.find("optimizers", recipe.optimizer)
        registry.find("schedules", recipe.schedule)
        steps = recipe.epochs * math.ceil(num_examples / recipe.batch_size)
        assert 50 <= steps <= 10**7
        simple = {name: getattr(recipe, name) for name in ("epochs", "batch_size", "learning_rate", "weight_decay")}
        fields = fields_of(TrainingSettings)
        check({name: fields[name] for name in simple}, simple, Document())


@pytest.mark.parametrize("model", TRAINABLE)
def test_its_recipe_takes_no_more_passes_over_more_data(model: str) -> None:
    recipe = registry.load("models", model).recipe
    for specs in specs_for(model):
        epochs = [recipe(n, *specs).epochs for n in (100, 1000, 10_000, 100_000, 1_000_000)]
        assert epochs == sorted(epochs, reverse=True)


def cost_of_guessing(spec: Spec) -> float:
    """The mean loss of an answer that is drawn at random."""
    if isinstance(spec, NumberSpec):
        return 2  # the number of another row: the variance, which is 1, twice
    if isinstance(spec, TokensSpec | TranslationSpec):
        return math.log(spec.vocab_size)
    if isinstance(spec, ContextSpec):  # scores of 0
        return (1 + spec.num_noise) * math.log(2)
    assert isinstance(spec, ClassSpec | LabelsSpec), "say here what guessing costs for another Spec"
    return math.log(spec.num_classes if isinstance(spec, ClassSpec) else 2)


def score_of_guessing(spec: ItemsSpec) -> float:
    """The mean NDCG of one item among the first in a random order of all."""
    return sum(1 / math.log2(place + 1) for place in range(1, FIRST + 1)) / spec.num_items


@pytest.mark.parametrize(("model", "problem"), [pair for pair in PAIRS if pair[0] in SOLVABLE])
def test_solving_finds_something_and_the_same_again(model: str, problem: str) -> None:
    found = problems()[problem]
    batch = batch_of(found)

    def solved() -> tuple[Tensor, Predictor]:
        predictor = build(model, found)
        solve(predictor, found)
        return predictor.network.eval()(*batch.inputs), predictor

    outputs, predictor = solved()
    assert outputs.isfinite().all()
    if isinstance(spec := found.task.outputs.spec, ItemsSpec):  # whose scores are of any size
        assert found.task.scores(outputs, batch).mean() > score_of_guessing(spec)
    else:
        assert found.task.losses(outputs, batch).mean() < cost_of_guessing(spec)
    assert not [name for name, parameter in predictor.network.named_parameters() if parameter.grad is not None]
    assert torch.equal(solved()[0], outputs)

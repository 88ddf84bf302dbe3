"""What every registered exporter keeps to, with every model."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from deepwright import registry
from deepwright.contracts import Solvable
from deepwright.specs import OutputSpec
from deepwright.workflows.export import TOLERANCE, agree
from tests.contracts.documentation import source_problems, title_problems
from tests.contracts.problems import build, models_and_problems, problems, solve

EXPORTERS = list(registry.entries("exporters"))
#: Every model with the first problem that it accepts.
CASES = list({model: (model, problem) for model, problem in reversed(models_and_problems())}.values())
each = pytest.mark.parametrize("name", EXPORTERS)


def ready(name: str) -> Any:
    exporter = registry.load("exporters", name)()
    for package in exporter.packages:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    return exporter


@each
def test_it_has_a_title_and_a_source(name: str) -> None:
    assert not title_problems("exporters", name) + source_problems("exporters", name)


@each
def test_it_says_how_its_files_end_and_what_it_needs(name: str) -> None:
    exporter = registry.load("exporters", name)
    assert exporter.suffix.startswith(".")
    assert exporter.extra
    assert exporter.packages


@each
@pytest.mark.parametrize(("model", "problem_name"), CASES, ids=[model for model, _problem in CASES])
def test_its_file_gives_the_answers_of_the_predictor_for_any_number_of_rows(
    name: str, model: str, problem_name: str
) -> None:
    exporter, problem = ready(name), problems()[problem_name]
    if problem.task.inputs.kind not in exporter.kinds:
        pytest.skip(f"{name} declares that it takes inputs of the kinds {exporter.kinds}")
    predictor = build(model, problem)
    if not isinstance(predictor.task.outputs.spec, OutputSpec):
        pytest.skip(f"{model} is tried on texts that are continued, and a file gives answers")
    if isinstance(predictor.network.model, Solvable):
        solve(predictor, problem)
    if not getattr(predictor.network.model, "in_graph", True):
        pytest.skip(f"{model} declares that it is no graph")
    predictor.temperature = 1.5 if predictor.task.calibrated else 1.0
    exported = exporter.export(predictor, {"run": "a run"})
    outputs = predictor.task.outputs.spec
    assert exporter.takes(predictor)
    values = problem.table.columns[problem.roles[problem.task.inputs.kind]].values
    for rows in (values, values[:1]):
        found = agree(predictor.predict(rows), exporter.answers(exported, rows, outputs), outputs)
        assert found.difference <= TOLERANCE
        assert found.same in (len(rows), None)

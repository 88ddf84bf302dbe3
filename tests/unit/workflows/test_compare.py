from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deepwright.config import yaml_core
from deepwright.config.documents import Document
from deepwright.errors import ConfigError, RunError, UnknownNameError, UsageError
from deepwright.reporting.comparison import Comparison
from deepwright.run_directory import RunDirectory
from deepwright.validation.between_runs import OVER_SEEDS, UNPAIRED
from deepwright.validation.evaluation import PAIRED
from deepwright.workflows.compare import as_data, compare, open_runs, plans, write_page
from tests.unit.reporting.runs import run_files


def finished(folder: Path, name: str, *, config: dict[str, Any] | None = None, **changes: Any) -> RunDirectory:
    """A run that nobody trained; ``test_sha256`` stands for other test rows."""
    test = changes.pop("test_sha256", None)
    files = run_files(**changes)
    settings = {**yaml_core.parse(files["config.yaml"].decode(), name)[0], **(config or {})}
    data = json.loads(files["data.json"])
    data["splits"]["test"]["sha256"] = test or data["splits"]["test"]["sha256"]
    files |= {"config.yaml": yaml_core.dump(settings).encode(), "data.json": json.dumps(data).encode()}
    directory = RunDirectory.create(folder, name)
    directory.commit(files, {"deepwright": "0.1.0"})
    return directory


@pytest.fixture
def two(tmp_path: Path) -> list[RunDirectory]:
    return [finished(tmp_path, "strong"), finished(tmp_path, "weak", model="pixel_linear", baselines=("majority",))]


def values(comparison: Comparison) -> dict[str, float]:
    return {record.name: float(record) for record in comparison.differences}


def test_a_difference_is_that_of_the_runs_own_figures(two: list[RunDirectory]) -> None:
    comparison = compare(two)
    strong, weak = (contents.measurements for contents in comparison.runs.values())
    assert list(comparison.runs) == ["strong", "weak"]
    assert values(comparison) == {
        f"{name}_over/strong": pytest.approx(float(weak[name]) - float(strong[name]))
        for name in ("accuracy", "macro_f1", "log_loss")
    }
    for record in comparison.differences:
        assert (record.measure, record.model, record.n) == (PAIRED, "weak", 90)
        assert list(record.inputs) == ["weak/predictions.parquet", "strong/predictions.parquet"]


def test_the_other_way_round_differences_have_the_other_sign(two: list[RunDirectory]) -> None:
    one, other = compare(two), compare(two[::-1])
    for ours, theirs in zip(one.differences, other.differences, strict=True):
        assert float(ours) == pytest.approx(-float(theirs))


@pytest.mark.parametrize("changes", [{"test_sha256": "ef" * 32}, {"names": ("cat", "owl")}])
def test_other_rows_or_other_classes_are_not_paired(tmp_path: Path, changes: dict[str, Any]) -> None:
    comparison = compare([finished(tmp_path, "one"), finished(tmp_path, "other", **changes)])
    assert {record.measure for record in comparison.differences} == {UNPAIRED}


def test_runs_of_one_name_are_called_by_their_paths(tmp_path: Path) -> None:
    comparison = compare([finished(tmp_path / "a", "run"), finished(tmp_path / "b", "run")])
    assert list(comparison.runs) == [str(tmp_path / folder / "run") for folder in "ab"]


def test_over_seeds_each_run_meets_the_first_model_of_its_own_seed(tmp_path: Path) -> None:
    runs = [
        finished(tmp_path, f"{model}-{seed}", model=model, config={"seed": seed}, test_sha256=f"{seed}" * 64)
        for seed in (0, 1)
        for model in ("mlp", "other")
    ]
    comparison = compare(runs, by_seed=True)
    assert {(record.model, record.arguments["baseline"]) for record in comparison.differences} == {
        ("other-0", "mlp-0"),
        ("other-1", "mlp-1"),
    }
    assert {record.measure for record in comparison.differences} == {PAIRED}
    means = {(record.name, record.model) for record in comparison.over_seeds}
    assert means >= {("accuracy", "mlp"), ("accuracy", "other"), ("accuracy_over/mlp", "other")}
    assert {(record.measure, record.n) for record in comparison.over_seeds} == {(OVER_SEEDS, 2)}


def test_runs_of_different_tasks_are_refused(tmp_path: Path) -> None:
    runs = [finished(tmp_path, "one"), finished(tmp_path, "other", config={"task": "regression"})]
    with pytest.raises(UsageError, match=r"^one learnt classification, other learnt regression; only runs of one task"):
        compare(runs)


def test_a_run_is_opened_once_and_only_when_it_is_finished(two: list[RunDirectory]) -> None:
    strong, weak = (str(directory.path) for directory in two)
    assert [directory.path for directory in open_runs([strong, weak])] == [directory.path for directory in two]
    with pytest.raises(UsageError, match=r"needs two runs or more.* deepwright compare digits --models"):
        open_runs(["digits"])
    two[0].point_latest()
    with pytest.raises(UsageError, match="is named twice; a run is not compared with itself"):
        open_runs([strong, str(two[0].path.parent / "latest")])
    (two[1].path / "manifest.json").unlink()
    with pytest.raises(RunError, match="is unfinished"):
        open_runs([strong, weak])


def test_a_changed_run_is_refused(two: list[RunDirectory]) -> None:
    (two[1].path / "history.jsonl").write_bytes(b"")
    with pytest.raises(RunError, match="was changed after the run was written"):
        compare(two)


@pytest.mark.parametrize(("count", "name"), [(2, "comparison-r0-r1.html"), (5, "comparison-r0-r1-r2-and-2-more.html")])
def test_the_page_is_beside_the_first_run_and_named_after_all(tmp_path: Path, count: int, name: str) -> None:
    runs = [finished(tmp_path, f"r{number}") for number in range(count)]
    assert write_page(compare(runs), runs, None) == tmp_path / name
    assert (tmp_path / name).read_bytes().startswith(b"<!doctype html>")


def test_programs_get_all_of_it(two: list[RunDirectory]) -> None:
    found = json.loads(json.dumps(as_data(compare(two), two, Path("page.html"))))
    assert list(found["runs"]) == ["strong", "weak"]
    assert found["runs"]["weak"]["model"] == "pixel_linear"
    assert {record["name"] for record in found["runs"]["weak"]["measurements"]} >= {"accuracy", "calibration_error"}
    assert {record["name"] for record in found["runs"]["weak"]["costs"]} >= {"num_parameters", "training_seconds"}
    assert [record["name"] for record in found["differences"]] == [
        "accuracy_over/strong",
        "macro_f1_over/strong",
        "log_loss_over/strong",
    ]
    assert found["settings_that_differ"] == {"model.name": {"strong": "mlp", "weak": "pixel_linear"}}


def test_every_model_is_planned_for_every_seed_on_the_same_rows() -> None:
    document = Document()
    for key, value in {"data.source": "digits", "seed": 3, "training.num_threads": 1}.items():
        document.set(key, value, "a test")
    ready = plans(document, ["mlp", "majority"], 2)
    assert [(plan.settings.model.name, plan.settings.seed) for plan in ready] == [
        ("mlp", 3),
        ("majority", 3),
        ("mlp", 4),
        ("majority", 4),
    ]
    rows = [plan.splits.test.tolist() for plan in ready]
    assert rows[0] == rows[1] != rows[2] == rows[3]
    assert len({id(plan.table) for plan in ready}) == 1


def test_unknown_models_and_models_that_do_not_fit_are_said_before_anything_is_trained() -> None:
    document = Document()
    document.set("data.source", "digits", "a test")
    with pytest.raises(UnknownNameError, match=r"named 'convnett'\. Did you mean convnet"):
        plans(document, ["mlp", "convnett"], 1)
    with pytest.raises(UsageError, match="The model mean does not fit this data"):
        plans(document, ["mlp", "mean"], 1)


def test_a_setting_of_model_holds_for_the_models_that_have_it() -> None:
    document = Document()
    for key, value in {"data.source": "digits", "model.dropout": 0.25, "training.num_threads": 1}.items():
        document.set(key, value, "a test")
    convnet, majority = (plan.settings.model for plan in plans(document, ["convnet", "majority"], 1))
    assert convnet.settings["dropout"] == 0.25
    assert majority.settings == {}


def test_a_setting_of_model_that_none_has_is_refused() -> None:
    document = Document()
    document.set("data.source", "digits", "a test")
    document.set("model.dropuot", 0.25, "--set model.dropuot=0.25")
    with pytest.raises(ConfigError, match=r"^--set .*: none of the models convnet, mlp has .*Did you mean dropout"):
        plans(document, ["convnet", "mlp"], 1)

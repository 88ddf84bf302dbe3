"""Where the settings leave the model of texts open: which are tried, which is taken, and what the run says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deepwright.config.documents import Document
from deepwright.errors import InterruptedRun
from deepwright.training.progress import Moment, Silent
from deepwright.validation.storage import MEASUREMENTS, read_measurements, read_predictions
from deepwright.workflows.plan import Plan, plan
from deepwright.workflows.train import start
from tests.end_to_end.command_line import SHORT, WEIGHTS, call
from tests.end_to_end.test_texts import ENGLISH, write

CANDIDATES = {"bag_of_embeddings", "nb_linear", "tfidf_linear"}


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run whose model was left open."""
    folder = tmp_path_factory.mktemp("chosen")
    write(folder / "reviews.csv", ENGLISH)
    call("train", "reviews.csv", "--quiet", *SHORT, cwd=folder)
    return folder / "runs" / "reviews.csv-auto-1"


def configured(run: Path) -> dict[str, Any]:
    from deepwright.config.yaml_core import parse

    values: dict[str, Any] = parse((run / "config.yaml").read_text(encoding="utf-8"), "config.yaml")[0]
    return values


def test_the_run_names_the_best_on_the_validation_split_and_what_else_was_tried(chosen: Path) -> None:
    measurements = read_measurements((chosen / MEASUREMENTS).read_bytes())
    tried = {str(record.model): record for record in measurements.where(name="accuracy", split="validation")}
    taken = configured(chosen)["model"]["name"]
    assert set(tried) == CANDIDATES
    assert float(tried[taken]) == max(map(float, tried.values()))
    assert measurements.model == taken
    names = {record.name for record in measurements.where(split="validation", model=taken)}
    assert {f"accuracy_over/{other}" for other in CANDIDATES - {taken}} <= names
    assert "candidates" not in (chosen / "config.yaml").read_text(encoding="utf-8")


def test_of_what_was_not_taken_the_test_split_is_read_of_baselines_alone(chosen: Path) -> None:
    made = read_predictions((chosen / "predictions.parquet").read_bytes())
    taken = configured(chosen)["model"]["name"]
    assert {model for model, split in made if split == "test"} == {taken, "majority", "tfidf_linear"}
    assert {model for model, split in made if split == "validation"} == CANDIDATES
    assert not (chosen / "checkpoints").exists()


def test_the_report_says_which_models_were_tried(chosen: Path) -> None:
    page, card = ((chosen / name).read_text(encoding="utf-8") for name in ("report.html", "README.md"))
    assert "Which models were tried" in page
    for text in (page, card):
        assert "Chosen on the 6 validation rows by accuracy" in text


def test_every_figure_of_the_choice_is_computed_again(chosen: Path) -> None:
    assert "nothing differs" in call("verify", chosen, cwd=chosen.parent).out


def test_training_from_its_configuration_gives_the_same_model(chosen: Path, tmp_path: Path) -> None:
    call("train", chosen / "config.yaml", "--quiet", "--output", tmp_path, cwd=chosen.parents[1])
    (again,) = (run for run in tmp_path.iterdir() if run.name != "latest")
    assert (again / WEIGHTS).read_bytes() == (chosen / WEIGHTS).read_bytes()


def planned(folder: Path, **settings: Any) -> Plan:
    document = Document()
    for key, value in {"data.source": str(folder / "reviews.csv"), "training.num_threads": 1, **settings}.items():
        document.set(key.replace("__", "."), value, "a test")
    return plan(document)


def test_a_model_that_is_named_is_not_chosen_among_others(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv", ENGLISH)
    assert not planned(tmp_path, model="text_cnn").candidates
    assert {one.model for one in planned(tmp_path, model="auto").candidates} == CANDIDATES


def test_settings_of_a_model_without_its_name_are_those_of_the_default(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv", ENGLISH)
    ready = planned(tmp_path, model__embed_dim=7)
    assert (ready.model, ready.settings.model.settings["embed_dim"]) == ("bag_of_embeddings", 7)
    assert not ready.candidates


def test_settings_of_the_training_hold_for_all_that_are_trained(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv", ENGLISH)
    ready = planned(tmp_path, training__epochs=3, data__tokenizer="word")
    planned_for = {one.model: one.settings for one in ready.candidates}
    assert planned_for["bag_of_embeddings"].training.epochs == 3
    assert planned_for["bag_of_embeddings"].data.tokenizer == "word"
    assert planned_for["tfidf_linear"].data.tokenizer == "character"


def test_a_dry_run_says_what_would_be_tried(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv", ENGLISH)
    said = " ".join(call("train", "reviews.csv", "--dry-run", cwd=tmp_path).out.split())
    assert "answers the validation split best" in said
    assert all(name in said for name in CANDIDATES)
    assert "name: auto" in call("init-config", "reviews.csv", cwd=tmp_path).out


class Stopping(Silent):
    """Stops after the first epoch of the first training."""

    def moment(self, moment: Moment) -> None:
        raise KeyboardInterrupt


def test_a_choice_that_was_stopped_goes_on_and_ends_the_same(chosen: Path, tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv", ENGLISH)
    ready = planned(tmp_path, training__epochs=2, output=str(tmp_path / "runs"), training__checkpoint_seconds=0)
    with pytest.raises(InterruptedRun):
        start(ready, Stopping())
    run = tmp_path / "runs" / "reviews.csv-auto-1"
    assert configured(run)["model"]["name"] == "auto"
    assert json.loads((run / "data.json").read_bytes())["roles"]["text"] == "text"
    call("resume", run, cwd=tmp_path)
    assert configured(run)["model"] == configured(chosen)["model"]
    assert (run / WEIGHTS).read_bytes() == (chosen / WEIGHTS).read_bytes()

"""From data to a report, and everything that can be done with a finished run."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

import deepwright as dw
from deepwright import registry
from deepwright.config import yaml_core
from deepwright.validation.storage import read_predictions
from tests.end_to_end.command_line import SHORT, call, digits, listing_of, run, weights, write_idx, write_picture
from tests.end_to_end.conftest import Trained

FILES = {
    "README.md",
    "architecture.json",
    "config.yaml",
    "data.json",
    "doubted_labels.json",
    "feature_maps.json",
    "history.jsonl",
    "manifest.json",
    "measurements.json",
    "mistakes.json",
    "model.safetensors",
    "predictions.parquet",
    "preprocessing.json",
    "report.html",
    "samples.json",
}
QUICK = {"training.num_threads": 1, "training.epochs": 1}


def claims(records: list[dict[str, Any]]) -> dict[tuple[str, ...], Any]:
    """What can be recomputed, without the hashes of what it was computed from."""
    return {
        tuple(str(record[key]) for key in ("name", "model", "split", "baseline") if key in record): {
            key: value for key, value in record.items() if key != "inputs"
        }
        for record in records
        if record["recomputable"]
    }


def measured(run_path: Path) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads((run_path / "measurements.json").read_bytes())["measurements"]
    return records


# ---------------------------------------------------------------------------------------------------- train


def test_train_leaves_a_complete_run_directory(trained: Trained) -> None:
    manifest = json.loads((trained.run / "manifest.json").read_bytes())
    there = {str(path.relative_to(trained.run)) for path in trained.run.rglob("*") if path.is_file()}
    assert there - {".lock"} == FILES
    assert set(manifest["files"]) == FILES - {"manifest.json"}
    for name, expected in manifest["files"].items():
        assert hashlib.sha256((trained.run / name).read_bytes()).hexdigest() == expected, name
    assert (trained.folder / "runs" / "latest").resolve() == trained.run.resolve()


def test_train_prints_results_and_where_the_report_is(trained: Trained) -> None:
    assert "convnet is right on" in trained.finished.out
    assert "95% interval" in trained.finished.out
    assert str(Path("runs/digits-convnet-1/report.html")) in trained.finished.out
    assert "Error" not in trained.finished.err


def test_the_configuration_of_a_run_gives_the_same_run(trained: Trained, tmp_path: Path) -> None:
    call("train", trained.run / "config.yaml", "--name", "again", cwd=tmp_path)
    assert weights(tmp_path / "runs" / "again") == weights(trained.run)
    assert claims(measured(tmp_path / "runs" / "again")) == claims(measured(trained.run))


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    shown = call("train", "digits", "--dry-run", *SHORT, cwd=tmp_path)
    assert "2 epochs" in shown.out
    assert listing_of(tmp_path) == {}


def test_a_written_configuration_can_be_trained_from(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "digits.yaml").write_text(call("init-config", "digits", *SHORT, cwd=tmp_path).out, encoding="utf-8")
    assert listing_of(tmp_path).keys() == {"digits.yaml"}
    call("train", "digits.yaml", "--quiet", cwd=tmp_path)
    assert weights(tmp_path / "runs" / "digits-convnet-1") == weights(trained.run)


@pytest.mark.parametrize("model", ["mlp", "pixel_linear", "majority"])
def test_a_folder_of_idx_files_is_trained_on(model: str, tmp_path: Path) -> None:
    plain = write_idx(tmp_path / "plain")
    compressed = write_idx(tmp_path / "compressed", compressed=True)
    for folder in (plain, compressed):
        call("train", f"{folder.name}/", "--model", model, "--name", f"{folder.name}-run", *SHORT, cwd=tmp_path)
    runs = [tmp_path / "runs" / f"{folder.name}-run" for folder in (plain, compressed)]
    assert weights(runs[0]) == weights(runs[1])
    data = json.loads((runs[0] / "data.json").read_bytes())
    assert data["method"] == "given"
    assert data["splits"]["test"]["rows"] == 60
    assert data["source"] == str(plain.resolve())


# ------------------------------------------------------------------------------------- evaluate and predict


def test_evaluate_gives_the_very_figures_of_the_run(trained: Trained, tmp_path: Path) -> None:
    again = json.loads(call("evaluate", trained.run, "--json", cwd=tmp_path).out)
    once = ("inspection", "confident learning")  # of the data and its labels, not of a model's answers
    evaluated = [record for record in measured(trained.run) if record["measure"] not in once]
    assert claims(again) == claims(evaluated)
    assert len(evaluated) > 50
    assert "accuracy" in call("evaluate", trained.run, cwd=tmp_path).out
    assert listing_of(tmp_path) == {}


def test_evaluate_measures_other_data(trained: Trained, tmp_path: Path) -> None:
    folder = write_idx(tmp_path / "other")
    records = json.loads(call("evaluate", trained.run, folder, "--json", cwd=tmp_path).out)
    accuracy = next(record for record in records if record["name"] == "accuracy")
    assert (accuracy["split"], accuracy["n"]) == ("other", 300)


def test_predict_answers_a_picture(trained: Trained, tmp_path: Path) -> None:
    write_picture(tmp_path / "three.png")
    table = run("predict", trained.folder / "runs" / "latest", "three.png", cwd=tmp_path)
    answer = json.loads(call("predict", trained.run, "three.png", "--json", cwd=tmp_path).out)[0]
    assert table.err == ""
    assert table.out.splitlines()[1].split()[:3] == ["three.png", answer["label"], f"{answer['probability']:.4f}"]
    assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)
    assert sum(answer["probabilities"].values()) == pytest.approx(1)


def test_predict_writes_what_it_prints(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for name in ("one.png", "two.png"):
        write_picture(tmp_path / "pictures" / name)
    (tmp_path / "pictures" / ".hidden").touch()
    printed = json.loads(call("predict", trained.run, "pictures", "--json", cwd=tmp_path).out)
    assert [answer["input"] for answer in printed] == [str(Path("pictures") / name) for name in ("one.png", "two.png")]
    for ending in ("csv", "jsonl", "parquet"):
        output = tmp_path / f"answers.{ending}"
        shown = call("predict", trained.run, "pictures", "--output", output, cwd=tmp_path)
        assert shown.out == ""
        assert str(output) in shown.err
        assert _answers(output) == [
            (answer["input"], answer["label"], answer["probability"], answer["probabilities"]["3"])
            for answer in printed
        ]


def _answers(path: Path) -> list[tuple[str, str, float, float]]:
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [(row["input"], row["label"], row["probability"], row["probabilities"]["3"]) for row in rows]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    else:
        rows = pq.read_table(path).to_pylist()
    return [(row["input"], row["label"], float(row["probability"]), float(row["probability/3"])) for row in rows]


def test_predict_converts_a_picture_and_says_so(trained: Trained, tmp_path: Path) -> None:
    write_picture(tmp_path / "large.png", size=24, mode="RGB")
    shown = call("predict", trained.run, "large.png", "--json", cwd=tmp_path)
    assert shown.err == "1 picture was converted: RGB 24×24 → L 8×8.\n"
    assert json.loads(shown.out)[0]["label"] in classes_of(trained)


def classes_of(trained: Trained) -> list[str]:
    names: list[str] = json.loads((trained.run / "preprocessing.json").read_bytes())["outputs"]["names"]
    return names


# --------------------------------------------------------------------------------------------------- report


def test_a_report_in_another_language_and_back(copied: Path, tmp_path: Path) -> None:
    before = listing_of(copied)
    call("report", copied, "--language", "zh", cwd=tmp_path)
    assert 'lang="zh' in (copied / "report.html").read_text(encoding="utf-8")
    changed = {name for name, found in listing_of(copied).items() if before[name] != found}
    assert changed <= {"report.html", "README.md", "manifest.json"}
    assert "report.html" in changed
    shown = run("report", copied, cwd=tmp_path)
    assert shown.out.strip() == str((copied / "report.html").resolve())
    assert listing_of(copied) == before


def test_a_report_that_was_damaged_is_made_whole(copied: Path, tmp_path: Path) -> None:
    before = listing_of(copied)
    (copied / "report.html").write_text("half replaced by a crash", encoding="utf-8")
    assert "report.html was changed" in call("evaluate", copied, cwd=tmp_path, code=2).err
    call("report", copied, cwd=tmp_path)
    assert listing_of(copied) == before


# ---------------------------------------------------------------------------------------------------- lists


def test_runs_are_listed_with_their_results(trained: Trained, tmp_path: Path) -> None:
    accuracy = next(record for record in measured(trained.run) if record["name"] == "accuracy")
    row = next(line for line in run("runs", cwd=trained.folder).out.splitlines() if line.startswith("digits-convnet-1"))
    assert "convnet" in row
    assert f"{accuracy['value']:.4f}"[:5] in row
    assert "deepwright train digits" in run("runs", cwd=tmp_path).err


@pytest.mark.parametrize("kind", ["models", "datasets"])
def test_members_are_listed(kind: str, tmp_path: Path) -> None:
    out = run(kind, cwd=tmp_path).out
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(registry.entries(kind))


def test_check_install_trains_a_step(tmp_path: Path) -> None:
    out = call("check-install", cwd=tmp_path).out
    assert dw.__version__ in out
    assert "works: loss" in out
    assert listing_of(tmp_path) == {}


def test_the_schema_knows_every_key_of_a_run(trained: Trained, tmp_path: Path) -> None:
    schema = json.loads(call("schema", cwd=tmp_path).out)
    config = yaml_core.parse((trained.run / "config.yaml").read_text(encoding="utf-8"), "config.yaml")[0]
    assert unknown_keys(config, schema) == []
    config["training"]["schedule"]["no_such_key"] = 1
    assert unknown_keys(config, schema) == ["training.schedule.no_such_key"]


def unknown_keys(section: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...] = ()) -> list[str]:
    """The keys of a configuration that its schema does not allow."""
    for form in schema.get("oneOf", ()):
        if form.get("properties", {}).get("name", {}).get("const") == section.get("name", ""):
            schema = form
    unknown = []
    for key, value in section.items():
        known = schema["properties"].get(key)
        if known is None:
            unknown.append(".".join((*path, key)))
        elif isinstance(value, dict) and ("properties" in known or "oneOf" in known):
            unknown += unknown_keys(value, known, (*path, key))
    return unknown


# --------------------------------------------------------------------------------------------------- Python


def test_python_trains_on_arrays(tmp_path: Path) -> None:
    images, labels = digits(slice(600))
    run = dw.train((images, labels), model="mlp", output=tmp_path, name="memory", settings=QUICK, progress=False)
    assert run.path == tmp_path / "memory"
    rows = json.loads((run.path / "data.json").read_bytes())["splits"]["test"]["rows"]
    accuracy = run.measurements["accuracy"]
    assert accuracy.n == rows
    same = run.evaluate()["accuracy"]
    assert (same.value, same.interval, same.n) == (accuracy.value, accuracy.interval, accuracy.n)
    again = dw.load(run.path)
    with pytest.raises(dw.DeepwrightError, match="was in memory"):
        again.evaluate()
    assert again.evaluate((images, labels))["accuracy"].n == 600
    probabilities = again.predict_proba(images[:5])
    assert probabilities.shape == (5, 10)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    assert [run.classes[i] for i in probabilities.argmax(1)] == [a["label"] for a in run.predict(images[:5])]


def test_pictures_are_predicted_in_every_form_in_which_they_are_trained_on(trained: Trained, tmp_path: Path) -> None:
    run, (images, _labels) = dw.load(trained.run), digits(slice(4))
    answers = run.predict(images)
    for form in (images[:, None], images[..., None], torch.from_numpy(images[:, None].copy()), list(images)):
        assert run.predict(form) == answers
    np.savez(tmp_path / "four.npz", images=images[:, None])
    found = json.loads(call("predict", trained.run, "four.npz", "--json", cwd=tmp_path).out)
    assert [answer.pop("input") for answer in found] == [f"four.npz, row {row}" for row in (1, 2, 3, 4)]
    assert found == answers


def test_other_data_has_to_have_the_columns_that_were_learnt(trained: Trained) -> None:
    images, labels = digits(slice(4))
    run = dw.load(trained.run)
    with pytest.raises(dw.DeepwrightError, match=r"'label'; memory has: image, digit"):
        run.evaluate({"image": images, "digit": labels})
    with pytest.raises(dw.DeepwrightError, match=r"does not suit the task classification.*label \(number\)"):
        run.evaluate({"image": images, "label": labels / 2})


def test_python_evaluates_what_the_command_line_trained(trained: Trained) -> None:
    run = dw.load(trained.folder / "runs" / "latest")
    again, written = run.evaluate()["accuracy"], run.measurements["accuracy"]
    assert (again.value, again.interval, again.n) == (written.value, written.interval, written.n)


def splits_of(run: dw.Run) -> dict[str, list[int]]:
    made = read_predictions(run.directory.read("predictions.parquet"))
    model = str(run.measurements.model)
    return {split: made[model, split].rows.tolist() for split in ("train", "validation", "test")}


def test_python_keeps_groups_together(tmp_path: Path) -> None:
    images, labels = digits(slice(600))
    writers = np.arange(600) // 20
    columns = {"image": images, "label": labels, "writer": writers}
    settings = {**QUICK, "data.split.group": "writer"}
    run = dw.train(columns, model="mlp", output=tmp_path, settings=settings, progress=False)
    groups = {split: set(writers[rows].tolist()) for split, rows in splits_of(run).items()}
    assert run.directory.read_json("data.json")["method"] == "group"
    assert set.union(*groups.values()) == set(range(30))
    assert sum(map(len, groups.values())) == 30


def test_python_tests_on_the_newest_rows(tmp_path: Path) -> None:
    images, labels = digits(slice(600))
    times = np.datetime64("2024-01-01") + np.random.default_rng(0).permutation(600)
    columns = {"image": images, "label": labels, "when": times}
    settings = {**QUICK, "data.split.time": "when"}
    run = dw.train(columns, model="mlp", output=tmp_path, settings=settings, progress=False)
    rows = splits_of(run)
    assert run.directory.read_json("data.json")["method"] == "time"
    assert times[rows["train"]].max() < times[rows["validation"]].min()
    assert times[rows["validation"]].max() < times[rows["test"]].min()
    assert sum(map(len, rows.values())) == 600

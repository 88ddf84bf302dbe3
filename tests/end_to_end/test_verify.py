"""A run is verified whole, changed and damaged."""

from __future__ import annotations

import io
import itertools
import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import deepwright as dw
from deepwright.messages import speaking
from deepwright.predictor import PREPROCESSING, WEIGHTS, Predictor
from deepwright.reporting.report import CARD, REPORT, render
from deepwright.run_directory import CONFIG, MANIFEST, RunDirectory, sha256
from deepwright.validation.storage import MEASUREMENTS, PREDICTIONS, read_predictions, write_predictions
from deepwright.workflows.verify import verify
from tests.end_to_end.command_line import call, digits, write_idx
from tests.end_to_end.conftest import Trained

SETTINGS = {"training.num_threads": 1, "training.epochs": 1, "validation.resamples": 100}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose data can be read again."""
    folder = tmp_path_factory.mktemp("small")
    data = write_idx(folder / "data")
    return dw.train(data, model="mlp", output=folder, name="run", settings=SETTINGS, progress=False).path


@pytest.fixture
def run(small: Path, tmp_path: Path) -> RunDirectory:
    shutil.copytree(small, tmp_path / "run")
    return RunDirectory(tmp_path / "run")


def problems(run: RunDirectory, data: str | None = None) -> dict[str, str]:
    found = verify(run, data)
    return {verdict.claim: " ".join(verdict.problems) for verdict in found.verdicts if verdict.problems}


def edit(run: RunDirectory, name: str, change: Callable[[Any], None]) -> None:
    """Change a JSON file, and write manifest, report and card again so that they agree."""
    content = run.read_json(name)
    change(content)
    data = json.dumps(content, ensure_ascii=False, indent=1).encode()
    files = {other: run.read(other) for other in run.manifest()["files"]}
    run.commit({name: data, **render({**files, name: data})}, {"deepwright": dw.__version__})


def record(content: Any, name: str, split: str | None = "test") -> dict[str, Any]:
    found: dict[str, Any] = next(
        r for r in content["measurements"] if r["name"] == name and r["model"] == "mlp" and r["split"] == split
    )
    return found


# --------------------------------------------------------------------------------------------------- whole


def test_a_run_on_embedded_data_is_verified(trained: Trained) -> None:
    done = call("verify", trained.run, cwd=trained.folder)
    assert "✗" not in done.out
    assert done.out.splitlines()[-1].endswith("; nothing differs.")
    assert "without the data" not in done.out


def test_a_run_whose_data_is_there_is_verified_from_the_data(run: RunDirectory) -> None:
    found = verify(run)
    assert found.num_differing == 0
    how = {verdict.claim: verdict.how for verdict in found.verdicts}
    assert {how[f"{PREDICTIONS}: mlp, {split}"] for split in ("train", "validation", "test")} == {"recomputed"}
    assert {how[f"data.json: {key}"] for key in ("sha256", "splits.train", "splits.test")} == {"recomputed"}
    assert how["fit_seconds (mlp)"] == how["config.yaml"] == "hash-only"
    assert how["num_parameters (mlp)"] == how["epochs (mlp)"] == how["gradient_ratio (mlp)"] == "recomputed"
    assert "impossible without the data" not in how.values()


def test_json_holds_every_claim(run: RunDirectory) -> None:
    done = json.loads(call("verify", run.path, "--json", cwd=run.path.parent).out)
    assert done["differing"] == 0
    assert done["claims"] == [
        {"claim": v.claim, "how": v.how, "problems": list(v.problems)} for v in verify(run).verdicts
    ]
    assert done["summary"].startswith(f"{len(done['claims'])} claims: ")


def test_a_run_in_memory_is_verified_but_for_its_data(tmp_path: Path) -> None:
    made = dw.train(digits(slice(300)), model="pixel_linear", output=tmp_path, settings=SETTINGS, progress=False)
    found = verify(made.directory)
    assert found.num_differing == 0
    how = {verdict.claim: verdict.how for verdict in found.verdicts}
    assert how["data.json: sha256"] == how[f"{PREDICTIONS}: pixel_linear, test"] == "impossible without the data"
    assert how["data.json: splits.test"] == how["data.json: splits.train"] == "recomputed"


def test_rows_of_training_that_were_not_all_predicted_need_the_data(tmp_path: Path) -> None:
    settings = {**SETTINGS, "validation.training_rows": 50}
    made = dw.train(digits(slice(300)), model="pixel_linear", output=tmp_path, settings=settings, progress=False)
    how = {verdict.claim: verdict.how for verdict in verify(made.directory).verdicts}
    assert how["data.json: splits.train"] == "impossible without the data"


def test_data_that_moved_is_named(small: Path, run: RunDirectory, tmp_path: Path) -> None:
    moved = write_idx(tmp_path / "moved")
    text = run.read(CONFIG).decode()
    run.commit({CONFIG: text.replace(str(small.parent / "data"), "/nowhere").encode()}, {"deepwright": dw.__version__})
    edit(run, "data.json", lambda data: data.update(source="/nowhere"))
    how = {verdict.claim: verdict.how for verdict in verify(run).verdicts}
    assert how["data.json: sha256"] == "impossible without the data"
    how = {verdict.claim: verdict.how for verdict in verify(run, str(moved)).verdicts}
    assert how["data.json: sha256"] == "recomputed"
    assert problems(run, str(moved)) == {}


def test_other_data_is_found(run: RunDirectory, tmp_path: Path) -> None:
    other = write_idx(tmp_path / "other", train=200, test=60)
    assert "another hash" in problems(run, str(other))["data.json: sha256"]
    assert call("verify", run.path, "--data", other, cwd=tmp_path, code=1).out.count("✗") == 1


def test_what_cannot_be_verified_is_wrong_usage(run: RunDirectory, tmp_path: Path) -> None:
    assert "nowhere" in call("verify", run.path, "--data", tmp_path / "nowhere", cwd=tmp_path, code=2).err
    assert "no run" in call("verify", tmp_path / "nowhere", cwd=tmp_path, code=2).err
    (run.path / MANIFEST).unlink()
    assert "unfinished" in call("verify", run.path, cwd=tmp_path, code=2).err


def test_a_run_says_what_could_not_be_used_in_one_language_and_is_verified_in_any(tmp_path: Path) -> None:
    pictures, targets = digits(slice(80))
    for row, (picture, target) in enumerate(zip(pictures, targets, strict=True)):
        folder = tmp_path / "data" / str(target % 2)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).resize((8, 8) if row % 2 else (10, 9)).save(folder / f"{row}.png")
    (tmp_path / "data" / "0" / "empty.png").touch()
    (tmp_path / "data" / "1" / "text.jpg").write_text("no picture")
    made = dw.train(tmp_path / "data", model="pixel_linear", output=tmp_path, settings=SETTINGS, progress=False)
    stated = made.directory.read_json("data.json")
    assert len(stated["rejected"]) == 2
    assert stated["notes"]
    other = "zh" if stated["language"] == "en" else "en"
    with speaking(other):
        assert problems(made.directory) == {}
    edit(made.directory, "data.json", lambda data: data["rejected"][0].update(reason="It is beautiful."))
    with speaking(other):
        assert list(problems(made.directory)) == ["data.json: rejected"]
    edit(made.directory, "data.json", lambda data: data.update(language=other))
    assert {"data.json: notes", "data.json: rejected"} <= problems(made.directory).keys()


def test_of_a_run_by_another_version_the_words_are_not_compared(run: RunDirectory) -> None:
    edit(run, "data.json", lambda data: data.update(notes=["Said otherwise."] * len(data["notes"])))
    run.commit({}, {"deepwright": "0.0.1"})
    found = {verdict.claim: verdict for verdict in verify(run).verdicts}
    assert (found["data.json: notes"].how, found["data.json: notes"].problems) == ("hash-only", ())
    edit(run, "data.json", lambda data: data["notes"].append("And more."))
    run.commit({}, {"deepwright": "0.0.1"})
    assert "data.json: notes" in problems(run)


# ------------------------------------------------------------------------------------------------- changed


EDITS: list[tuple[str, str | None, str, Any]] = [
    ("accuracy", "test", "value", 0.999),
    ("log_loss", "train", "interval", [0.1, 0.2]),
    ("log_loss", "test", "arguments", {"temperature": 0.5}),
    ("accuracy", "validation", "seed", 7),
    ("recall/3", "test", "n", 12),
    ("macro_f1_over/majority", "test", "value", 0.5),
    ("accuracy_gap", None, "level", 0.5),
    ("calibration_error", "test", "inputs", {PREDICTIONS: "ab" * 32}),
    ("macro_f1", "test", "recomputable", False),
    ("num_parameters", None, "value", 12.0),
    ("epochs", None, "value", 100.0),
    ("gradient_ratio", None, "value", 1.0),
    ("training_carbon", None, "value", 0.0),
    ("training_flop", None, "value", 1.0),
    ("fit_seconds", None, "unit", "hours"),
    ("peak_memory", None, "status", "estimated"),
    ("training_seconds", None, "n", 9),
    ("energy_per_1000_predictions", None, "method", "bootstrap"),
    ("carbon_per_1000_predictions", None, "measure", "energy"),
]


def test_edited_figures_are_found_though_every_hash_agrees(run: RunDirectory) -> None:
    def change(content: Any) -> None:
        for name, split, field, value in EDITS:
            record(content, name, split)[field] = value

    edit(run, MEASUREMENTS, change)
    found = problems(run)
    for name, split, field, value in EDITS:
        sentence = found.pop(f"{name} ({', '.join(filter(None, ('mlp', split)))})")
        assert sentence.startswith(f"{field} is {json.dumps(value)} in {MEASUREMENTS}, recomputed: ")
    assert found.keys() <= {"matmul_share (mlp)"}  # which follows from the edited arithmetic


#: Values and arguments that agree with each other, but with nothing else in the run.
FORGERIES: dict[str, dict[str, Any]] = {
    "training_carbon": {
        "value": 0.0,
        "interval": [0.0, 0.0],
        "arguments": {"energy": "training_energy", "grams_per_kwh": 0.0, "source": "stated by the user"},
    },
    "training_flop": {"value": 3.0, "arguments": {"forward_flop": 1, "examples": 1, "passes": 3}},
    "epochs": {"value": 1.0, "arguments": {"best_epoch": 1}},
    "examples_per_second": {"value": 1e9},
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_that_agrees_with_itself_is_found(run: RunDirectory, name: str) -> None:
    edit(run, MEASUREMENTS, lambda content: record(content, name, None).update(FORGERIES[name]))
    assert f"{name} (mlp)" in problems(run)
    assert problems(run).keys() <= {f"{name} (mlp)", "matmul_share (mlp)"}


def test_what_rests_on_a_reading_says_so(run: RunDirectory) -> None:
    how = {verdict.claim: verdict.how for verdict in verify(run).verdicts}
    resting = {claim for claim, of in how.items() if of == "recomputed from stated figures"}
    assert {"examples_per_second (mlp)", "training_carbon (mlp)", "log_loss (pixel_linear, test)"} <= resting
    assert "log_loss_over/pixel_linear (mlp, test)" in resting
    assert not {"training_flop (mlp)", "log_loss (mlp, test)", "accuracy (pixel_linear, test)"} & resting
    assert "Computed again from figures" in call("verify", run.path, cwd=run.path.parent).out


@pytest.mark.parametrize(
    ("name", "claim", "change"),
    [
        ("data.json", "data.json: notes", lambda data: data.update(notes=["All is well."])),
        ("data.json", "data.json: rejected", lambda data: data["rejected"].append({"name": "a", "reason": "b"})),
        ("data.json", "data.json: language", lambda data: data.update(language="fr")),
        ("data.json", "data.json: remark", lambda data: data.update(remark="All is well.")),
        ("data.json", "data.json: source", lambda data: data.update(source="digits")),
        ("data.json", "data.json: inspection.pictures", lambda data: data["inspection"]["pictures"].update(blank=9)),
        (PREPROCESSING, f"{PREPROCESSING}: inputs", lambda state: state["inputs"].update(fit="pad")),
        (PREPROCESSING, f"{PREPROCESSING}: outputs", lambda state: state["outputs"]["names"].reverse()),
        (PREPROCESSING, f"{PREPROCESSING}: classes", lambda state: state["outputs"]["names"].reverse()),
        (PREPROCESSING, PREPROCESSING, lambda state: state.update(remark="All is well.")),
        ("samples.json", "samples.json", lambda found: found["groups"][0]["rows"].reverse()),
        ("samples.json", "samples.json", lambda found: found["pictures"].update(_swapped(found["pictures"]))),
        ("doubted_labels.json", "doubted_labels.json", lambda found: found.update(count=found["count"] + 1)),
    ],
)
def test_what_no_measurement_says_is_compared_with_the_data(
    run: RunDirectory, name: str, claim: str, change: Callable[[Any], None]
) -> None:
    edit(run, name, change)
    assert claim.replace(f"{PREPROCESSING}: classes", f"{PREDICTIONS}: classes") in problems(run)


def _swapped(pictures: dict[str, str]) -> dict[str, str]:
    one, *others = pictures
    other = next(row for row in others if pictures[row] != pictures[one])
    return {one: pictures[other], other: pictures[one]}


def test_decisions_that_their_outputs_do_not_give_are_found(run: RunDirectory) -> None:
    table = pq.read_table(io.BytesIO(run.read(PREDICTIONS)))
    decided = table["predicted"].to_pylist()
    decided[5] = next(name for name in decided if name != decided[5])
    at = table.column_names.index("predicted")
    stream = io.BytesIO()
    pq.write_table(table.set_column(at, "predicted", pa.array(decided)), stream)
    run.commit({PREDICTIONS: stream.getvalue()}, {"deepwright": dw.__version__})
    row = table["row"][5].as_py()
    assert f"the first is row {row}" in problems(run)[f"{PREDICTIONS}: predicted"]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (MEASUREMENTS, b'"value": ', b'"value": 0.5, "value": '),
        ("data.json", b'"rows": ', b'"rows": 7, "rows": '),
        (PREPROCESSING, b'"temperature": ', b'"temperature": 9.0, "temperature": '),
        ("history.jsonl", b'"epoch": ', b'"epoch": 9, "epoch": '),
        ("samples.json", b'"names": ', b'"names": {}, "names": '),
        ("architecture.json", b'"kind": ', b'"kind": "Magic", "kind": '),
    ],
)
def test_a_key_that_stands_twice_is_named(run: RunDirectory, name: str, before: bytes, after: bytes) -> None:
    run.commit({name: run.read(name).replace(before, after, 1)}, {"deepwright": dw.__version__})
    key = before.decode().strip(' ":')
    named = [problem for verdict in verify(run).verdicts if verdict.claim == name for problem in verdict.problems]
    assert named[0].startswith(f"the key {key!r} stands twice")


def test_a_key_of_the_manifest_that_stands_twice_is_named(run: RunDirectory) -> None:
    file = run.path / MANIFEST
    file.write_bytes(file.read_bytes().replace(b'"format": ', b'"format": 1, "format": ', 1))
    assert "'format'" in problems(run)[MANIFEST]


def test_an_edited_baseline_is_found(run: RunDirectory) -> None:
    def change(content: Any) -> None:
        for entry in content["measurements"]:
            if (entry["model"], entry["name"]) == ("pixel_linear", "log_loss"):
                entry["arguments"]["temperature"] *= 2

    edit(run, MEASUREMENTS, change)
    assert list(problems(run)) == ["log_loss (pixel_linear, test)"]


@pytest.mark.parametrize("name", [REPORT, CARD])
def test_an_edited_view_is_found_though_its_hash_agrees(run: RunDirectory, name: str) -> None:
    run.commit({name: run.read(name).replace(b"0", b"1", 1)}, {"deepwright": dw.__version__})
    assert list(problems(run)) == [name]


def test_another_temperature_is_found(run: RunDirectory) -> None:
    edit(run, PREPROCESSING, lambda state: state.update(temperature=state["temperature"] * 1.1))
    assert "fitted again" in problems(run)["temperature"]


def test_other_weights_are_found_where_the_data_is_there(run: RunDirectory) -> None:
    predictor = Predictor.from_files({name: run.read(name) for name in (WEIGHTS, PREPROCESSING)})
    next(iter(predictor.network.model.parameters())).data += 0.1
    run.commit({WEIGHTS: predictor.files()[WEIGHTS]}, {"deepwright": dw.__version__})
    found = problems(run)
    assert sorted(found) == [f"{PREDICTIONS}: mlp, {split}" for split in ("test", "train", "validation")]
    assert WEIGHTS in found[f"{PREDICTIONS}: mlp, test"]


def test_other_predictions_are_found_though_the_figures_agree_with_them(run: RunDirectory) -> None:
    made = read_predictions(run.read(PREDICTIONS))
    test = made["mlp", "test"]
    data = write_predictions({**made, ("mlp", "test"): replace(test, targets=np.roll(test.targets, 1))})
    run.commit({PREDICTIONS: data}, {"deepwright": dw.__version__})
    found = problems(run)
    assert "inputs is" in found["accuracy (mlp, test)"]
    assert "labels" in found[f"{PREDICTIONS}: mlp, test"]


@pytest.mark.parametrize(
    ("name", "change", "claim"),
    [
        ("architecture.json", lambda layers: layers[0].update(kind="Magic"), "architecture.json"),
        (PREPROCESSING, lambda state: state["inputs"].update(mean=[0.5]), PREPROCESSING),
    ],
)
def test_an_edited_description_is_found(
    run: RunDirectory, name: str, change: Callable[[Any], None], claim: str
) -> None:
    edit(run, name, change)
    assert claim in problems(run)


def test_an_edited_account_of_the_data_is_found(run: RunDirectory) -> None:
    def change(data: Any) -> None:
        data["rows"] = data["splits"]["test"]["rows"] = 1
        data["stated"]["licence"] = "mine"
        data["splits"]["train"]["sha256"] = "ab"

    edit(run, "data.json", change)
    assert problems(run).keys() == {f"data.json: {part}" for part in ("rows", "stated", "splits.test", "splits.train")}


def test_another_configuration_is_found(run: RunDirectory) -> None:
    text = run.read(CONFIG).decode()
    assert "hidden_dim: " in text
    run.commit({CONFIG: text.replace("hidden_dim: ", "hidden_dim: 1").encode()}, {"deepwright": dw.__version__})
    assert "model is" in problems(run)[PREPROCESSING]


# ------------------------------------------------------------------------------------------------- damaged


def test_what_rests_on_a_changed_file_is_not_checked(run: RunDirectory) -> None:
    with (run.path / PREDICTIONS).open("ab") as stream:
        stream.write(b"x")
    found = problems(run)
    assert "hash" in found[PREDICTIONS]
    assert found[MEASUREMENTS] == found[REPORT] == f"it was not checked, because it rests on {PREDICTIONS}"
    assert [name for name in found if not (run.path / name).is_file()] == [], "what the run does not have is no claim"


def test_of_a_changed_file_it_is_said_once(run: RunDirectory) -> None:
    with (run.path / PREPROCESSING).open("ab") as stream:
        stream.write(b" ")
    assert [verdict.claim for verdict in verify(run).verdicts if verdict.problems].count(PREPROCESSING) == 1


def test_a_changed_claim_is_checked_all_the_same(run: RunDirectory) -> None:
    file = run.path / MEASUREMENTS
    content = json.loads(file.read_bytes())
    record(content, "accuracy")["value"] = 0.999
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1))
    assert {MEASUREMENTS, "accuracy (mlp, test)", REPORT, CARD} == problems(run).keys()


def test_a_damaged_run_never_ends_in_a_traceback(small: Path, tmp_path: Path) -> None:
    """Every file is overwritten at random, and cut, emptied or replaced, with a manifest that agrees with it."""
    chance = random.Random(0)
    others = itertools.cycle((b"", b"null", b"[]", chance.randbytes(500), b"{" * 50_000))
    for name in RunDirectory(small).manifest()["files"]:
        whole = (small / name).read_bytes()
        spliced = bytearray(whole)
        for _i in range(10):
            spliced[chance.randrange(len(whole))] = chance.randrange(256)
        for data in (bytes(spliced), next(others)):
            shutil.rmtree(tmp_path / "run", ignore_errors=True)
            shutil.copytree(small, tmp_path / "run")
            run = RunDirectory(tmp_path / "run")
            run.commit({name: data}, {"deepwright": dw.__version__})
            assert problems(run), (name, data[:20])


def test_a_name_in_a_run_cannot_write_lines_of_its_own(run: RunDirectory) -> None:
    forged = "x\n✓ all is well\x1b[2J"
    (run.path / MANIFEST).write_bytes(
        json.dumps({**run.manifest(), "files": {**run.manifest()["files"], forged: sha256(b"")}}).encode()
    )
    out = call("verify", run.path, cwd=run.path.parent, code=1).out
    assert "\x1b" not in out
    assert not any(line.startswith("✓ all is well") for line in out.splitlines())

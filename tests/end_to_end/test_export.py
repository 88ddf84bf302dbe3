"""A run as one file for other programs: what is written, what is measured, and when nothing is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deepwright import registry
from deepwright.predictor import Predictor
from deepwright.run_directory import RunDirectory
from deepwright.validation.storage import MEASUREMENTS, read_measurements
from tests.end_to_end.command_line import call, digits, listing_of

FILE = "exports/model.onnx"
NAMES = ["export/onnx/same_decisions", "export/onnx/max_probability_difference"]


class Stand:
    """An exporter that answers as the predictor does, but for what is added to its probabilities."""

    suffix, extra, packages, kinds = ".onnx", "export", (), ("image",)
    added = 0.0
    content = b"a file"

    def export(self, predictor: Predictor, about: Mapping[str, str]) -> bytes:
        self.predictor = predictor
        return self.content

    def takes(self, predictor: Predictor) -> str:
        return "pictures"

    def answers(self, exported: bytes, pictures: Any, outputs: Any) -> list[dict[str, Any]]:
        answers = self.predictor.predict(pictures)
        for answer in answers:
            answer["probabilities"] = {name: p + self.added for name, p in answer["probabilities"].items()}
        return answers


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> type[Stand]:
    """Exporting takes no time, and does what a test wants of it."""

    class Own(Stand):
        pass

    load = registry.load

    def loaded(kind: str, name: str, *more: Any) -> Any:
        return Own if kind == "exporters" else load(kind, name, *more)

    monkeypatch.setattr(registry, "load", loaded)
    return Own


def records_of(run: Path) -> dict[str, Any]:
    records = read_measurements(RunDirectory(run).read(MEASUREMENTS)).records
    return {record.name: record for record in records if record.name.startswith("export/")}


def test_the_file_gives_the_answers_of_the_run(copied: Path, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    done = call("export", copied, "--output", tmp_path / "out" / "mine.onnx", cwd=tmp_path)
    assert "mine.onnx" in done.out
    assert "359 test rows" in done.out
    directory = RunDirectory.open(copied)
    directory.check()
    assert directory.read(FILE) == (tmp_path / "out" / "mine.onnx").read_bytes()
    same, difference = (records_of(copied)[name] for name in NAMES)
    assert (same.value, same.n, same.split, same.method) == (1.0, 359, "test", "clopper-pearson")
    assert same.interval[0] < 1 == same.interval[1]
    assert 0 <= difference.value < 1e-5
    assert same.inputs[FILE] == directory.manifest()["files"][FILE]
    assert "Exported as onnx" in directory.read("report.html").decode()
    session = onnxruntime.InferenceSession(directory.read(FILE), providers=["CPUExecutionProvider"])
    probabilities, labels = session.run(None, {"images": digits(slice(5))[0]})
    assert probabilities.shape == (5, 10)
    assert labels.tolist() == probabilities.argmax(1).tolist()


def test_exporting_again_replaces_file_and_figures(copied: Path, tmp_path: Path, stand: type[Stand]) -> None:
    call("export", copied, cwd=tmp_path)
    before = read_measurements(RunDirectory(copied).read(MEASUREMENTS))
    stand.content = b"another"
    found = json.loads(call("export", copied, "--json", cwd=tmp_path).out)
    after = read_measurements(RunDirectory(copied).read(MEASUREMENTS))
    assert RunDirectory(copied).read(FILE) == b"another"
    assert found["path"] == str(copied / FILE)
    assert [record["name"] for record in found["measurements"]] == NAMES
    assert [r.name for r in before.records] == [r.name for r in after.records]
    assert list(records_of(copied)) == NAMES
    RunDirectory(copied).check()


def test_a_file_with_other_answers_is_not_kept(copied: Path, tmp_path: Path, stand: type[Stand]) -> None:
    before = listing_of(copied)
    stand.added = 2e-4
    done = call("export", copied, "--output", tmp_path / "mine.onnx", cwd=tmp_path, code=1)
    assert "they differ by up to 0.0002, where 0.0001 is allowed. Nothing was written." in done.err
    assert listing_of(copied) == before
    assert not (tmp_path / "mine.onnx").exists()


@pytest.mark.parametrize("added", [float("nan"), float("inf")])
def test_answers_that_are_no_numbers_agree_with_none(
    copied: Path, tmp_path: Path, stand: type[Stand], added: float
) -> None:
    stand.added = added
    call("export", copied, cwd=tmp_path, code=1)
    assert not (copied / FILE).exists()


def test_without_its_data_the_file_is_tried_on_random_pictures(
    tmp_path: Path, stand: type[Stand], monkeypatch: pytest.MonkeyPatch
) -> None:
    import deepwright as dw

    settings = {"training.num_threads": 1, "training.epochs": 1}
    run = dw.train(digits(slice(200)), model="pixel_linear", output=tmp_path, settings=settings, progress=False)
    done = call("export", run.path, cwd=tmp_path)
    assert "was in memory" in done.err
    assert "The exported file is tried on random inputs instead." in done.err
    assert "256 random inputs" in done.out
    same = records_of(run.path)[NAMES[0]]
    assert (same.split, same.n, same.arguments["rows"]) == (None, 256, "random")


def test_missing_packages_are_named_with_the_command_that_installs_them(
    copied: Path, tmp_path: Path, stand: type[Stand]
) -> None:
    stand.packages = ("no_such_package",)  # type: ignore[assignment]
    done = call("export", copied, cwd=tmp_path, code=2)
    assert 'pip install "deepwright[export]"' in done.err
    assert not (copied / "exports").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "onx"], "There is no exporter named 'onx'. Did you mean onnx?"),
        (["--output", "model.pt"], "--output model.pt: a file whose name ends in .onnx."),
    ],
)
def test_wrong_use(copied: Path, tmp_path: Path, stand: type[Stand], arguments: list[str], said: str) -> None:
    before = listing_of(copied)
    assert said in call("export", copied, *arguments, cwd=tmp_path, code=2).err
    assert listing_of(copied) == before


def test_an_unfinished_or_changed_run_is_not_exported(copied: Path, tmp_path: Path, stand: type[Stand]) -> None:
    (copied / "model.safetensors").write_bytes(b"")
    assert "was changed" in call("export", copied, cwd=tmp_path, code=2).err
    (copied / "manifest.json").unlink()
    assert "is unfinished" in call("export", copied, cwd=tmp_path, code=2).err

"""A network of the user's own on the command line: described, trained, and loaded only where it is allowed."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import deepwright as dw
from deepwright import registry
from deepwright.config.documents import read_document
from deepwright.own_code import admission
from tests.conftest import CHECKOUT
from tests.end_to_end.command_line import SHORT, call, listing_of, weights, write_picture
from tests.end_to_end.conftest import Trained
from tests.end_to_end.test_bad_input import refused

NET = CHECKOUT / "examples" / "own_network" / "my_net.py"
CONVOLUTIONS = "model.layers=[{conv2d: 8}, relu, {max_pool: 2}, flatten, {dense: 16}, relu]"


@pytest.fixture(autouse=True)
def a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """No code is allowed when a command begins, as in a process that has just started."""
    monkeypatch.setattr(registry, "_admitted", {})
    monkeypatch.setattr(admission, "_versions", {})


@dataclass(frozen=True)
class Own:
    """A folder with the user's file and a run that was trained with it."""

    folder: Path
    run: Path
    file: Path


@pytest.fixture(scope="module")
def trained_own(tmp_path_factory: pytest.TempPathFactory) -> Own:
    folder = tmp_path_factory.mktemp("own")
    (folder / "nets").mkdir()
    file = Path(shutil.copy(NET, folder / "nets" / "my_net.py"))
    call("train", "digits", "--model", "nets/my_net.py:Net", "--set", "model.hidden_dim=20", *SHORT, cwd=folder)
    return Own(folder, folder / "runs" / "digits-Net-1", file)


@pytest.fixture
def own(trained_own: Own, tmp_path: Path) -> Own:
    """A copy that a test may change."""
    folder = tmp_path / "own"
    shutil.copytree(trained_own.folder, folder, symlinks=True)
    return Own(folder, folder / "runs" / "digits-Net-1", folder / "nets" / "my_net.py")


# ------------------------------------------------------------------------------------------------ own code


def test_a_run_keeps_the_name_and_the_hash_of_the_file_and_not_its_code(trained_own: Own) -> None:
    model = read_document(trained_own.run / "config.yaml").values["model"]
    sha256 = hashlib.sha256(NET.read_bytes()).hexdigest()
    assert model == {"name": "my_net.py:Net", "sha256": sha256, "hidden_dim": 20}
    for path in trained_own.run.rglob("*"):
        if path.is_file():
            assert b"def forward" not in path.read_bytes(), path
            assert b"nets/my_net.py" not in path.read_bytes(), path


@pytest.mark.parametrize("command", ["evaluate", "predict", "describe"])
def test_a_run_is_loaded_only_with_the_file_that_it_was_trained_with(command: str, own: Own) -> None:
    picture = [write_picture(own.folder / "three.png")] if command == "predict" else []
    message = refused(command, own.run, *picture, cwd=own.folder)
    assert "my_net.py:Net is code of your own" in message
    assert "--allow-code my_net.py" in message
    assert call(command, own.run, *picture, "--allow-code", "nets/my_net.py", cwd=own.folder).out

    admission._versions.clear()
    own.file.write_text("raise RuntimeError('executed')\n", encoding="utf-8")
    message = refused(command, own.run, *picture, "--allow-code", "nets/my_net.py", cwd=own.folder)
    assert "my_net.py is not the file that was trained with" in message


def test_its_report_needs_no_code(own: Own) -> None:
    before = (own.run / "report.html").read_bytes()
    call("report", own.run, cwd=own.folder)
    assert (own.run / "report.html").read_bytes() == before


def test_training_from_its_configuration_gives_the_same_weights(own: Own) -> None:
    call("train", own.run / "config.yaml", cwd=own.folder / "nets")
    assert weights(own.folder / "nets" / "runs" / "digits-Net-1") == weights(own.run)
    own.file.write_text(f"{NET.read_text(encoding='utf-8')}\n# changed\n", encoding="utf-8")
    admission._versions.clear()
    message = refused("train", own.run / "config.yaml", cwd=own.folder / "nets")
    assert "leave out model.sha256" in message


def test_an_unfinished_run_is_resumed_with_its_file(own: Own) -> None:
    expected = weights(own.run)
    (own.run / "manifest.json").unlink()
    assert "--allow-code my_net.py" in refused("resume", own.run, cwd=own.folder)
    call("resume", own.run, "--allow-code", own.file, cwd=own.folder)
    assert weights(own.run) == expected


TIED = """
from torch import nn

class Net(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.layers[3].weight = self.layers[1].weight
        self.last = nn.Linear(64, outputs.num_outputs)

    def forward(self, inputs):
        return self.last(self.layers(inputs))
"""


def test_a_network_with_tied_weights_is_trained_and_verified(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(TIED)
    call("train", "digits", "--model", "net.py:Net", "--set", "training.patience=1", *SHORT, cwd=tmp_path)
    run = tmp_path / "runs" / "digits-Net-1"
    assert (run / "model.safetensors").stat().st_size < 2 * 4 * 64 * 64
    assert "nothing differs" in call("verify", run, "--allow-code", "net.py", cwd=tmp_path).out


def test_python_loads_it_with_the_file_or_the_class(own: Own) -> None:
    with pytest.raises(dw.DeepwrightError, match="code of your own"):
        dw.load(own.run).evaluate()
    run = dw.load(own.run, allow_code=own.file)
    assert run.evaluate()["accuracy"].value == run.measurements["accuracy"].value


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        ("nets/nothing.py:Net", ["nets/nothing.py cannot be read: No such file"]),
        ("nets:Net", ["nets cannot be read: Is a directory"]),
        ("nets/my_net.py", ["followed by the name of a class, such as nets/my_net.py:Net. Classes in it: Net."]),
        ("nets/my_net.py:Nett", ["my_net.py has no class 'Nett'. Did you mean Net?"]),
        ("nets/broken.py:Net", ["broken.py, line 2: not Python"]),
        ("nets/wrong.py:Wide", ["wrong.py: Wide yields [2, 11] float32", "[2, 10] floating-point numbers are needed"]),
        ("nets/wrong.py:NoModule", ["NoModule is no torch.nn.Module"]),
        ("nets/wrong.py:Raising", ["wrong.py, line 15: ValueError: not today."]),
        ("nets/wrong.py:Needy", ["the setting 'model.size' is missing: a whole number is needed"]),
    ],
)
def test_what_is_wrong_with_it_is_one_sentence_and_nothing_is_left_behind(
    model: str, parts: list[str], own: Own
) -> None:
    (own.folder / "nets" / "broken.py").write_text("x = 1\nclass Net(\n", encoding="utf-8")
    (own.folder / "nets" / "wrong.py").write_text(WRONG, encoding="utf-8")
    message = refused("train", "digits", "--model", model, cwd=own.folder)
    for part in parts:
        assert part in message


def test_what_fails_in_the_middle_of_training_is_one_sentence_too(own: Own) -> None:
    (own.folder / "nets" / "late.py").write_text(LATE, encoding="utf-8")
    finished = call("train", "digits", "--model", "nets/late.py:Late", *SHORT, cwd=own.folder, code=2)
    assert finished.err.splitlines()[-1] == "Error: late.py, line 10: ValueError: five are enough."


LATE = """from torch import nn
class Late(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(64, 10))
        self.passes = 0
    def forward(self, images):
        if self.training:
            self.passes += 1
        if self.passes > 5:
            raise ValueError("five are enough")
        return super().forward(images)
"""
WRONG = """from torch import nn
class Wide(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(64, 11))
class NoModule:
    pass
class Needy(nn.Sequential):
    def __init__(self, size: int):
        super().__init__(nn.Flatten(), nn.Linear(64, size))
class Unused(nn.Module):
    pass
class Raising(nn.Module):
    def __init__(self):
        super().__init__()
        raise ValueError("not today")
"""


# --------------------------------------------------------------------------------------------- a list of layers


def test_a_list_of_layers_is_trained_and_its_configuration_gives_the_same_again(tmp_path: Path) -> None:
    call("train", "digits", "--model", "sequential", "--set", CONVOLUTIONS, *SHORT, cwd=tmp_path)
    first = tmp_path / "runs" / "digits-sequential-1"
    call("train", first / "config.yaml", cwd=tmp_path)
    assert weights(first) == weights(tmp_path / "runs" / "digits-sequential-2")
    assert "conv2d_1" in (first / "report.html").read_text(encoding="utf-8")
    assert len(dw.load(first).predict([write_picture(tmp_path / "three.png")])) == 1


@pytest.mark.parametrize(
    ("layers", "parts"),
    [
        ("[{conv2d: 8}, flaten]", ["layer 2 is 'flaten'", "Did you mean flatten?"]),
        ("[flatten, {conv2d: 8}]", ["sequential, layer 2 (conv2d): its input has the shape 64"]),
        ("3", ["model.layers is 3; allowed: a list of layers."]),
        ("[{dense: {units: 3, unit: 4}}]", ["there is no setting 'model.layers.0.dense.unit'", "Did you mean units"]),
    ],
)
def test_a_wrong_list_of_layers_is_one_sentence(layers: str, parts: list[str], tmp_path: Path) -> None:
    message = refused("train", "digits", "--model", "sequential", "--set", f"model.layers={layers}", cwd=tmp_path)
    for part in parts:
        assert part in message


def test_init_config_and_schema_know_layers(tmp_path: Path) -> None:
    settings = ("digits", "--model", "sequential", "--set", CONVOLUTIONS)
    (tmp_path / "net.yaml").write_text(call("init-config", *settings, cwd=tmp_path).out, encoding="utf-8")
    found = json.loads(call("describe", "net.yaml", "--json", cwd=tmp_path).out)
    assert [layer["kind"] for layer in found["layers"]][1:4] == ["Conv2d", "ReLU", "MaxPool2d"]
    assert '"conv2d"' in call("schema", cwd=tmp_path).out


# ---------------------------------------------------------------------------------------------------- describe


def described(*arguments: Any, cwd: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call("describe", *arguments, "--json", cwd=cwd).out)
    return found


def test_a_plan_and_its_run_are_described_alike_and_nothing_is_written(trained: Trained) -> None:
    before = listing_of(trained.folder)
    plan, run, file = (
        described(*given, cwd=trained.folder)
        for given in (("digits", *SHORT), (trained.run,), (trained.run / "config.yaml",))
    )
    assert plan == run == file
    assert plan["parameters"] == sum(layer["parameters"] for layer in plan["layers"]) == 72_842
    assert plan["step_flop"] == 3 * 32 * plan["forward_flop"]
    assert plan["memory"]["weights"] == 4 * 72_842 + 2 * 4, "and what normalises"
    assert plan["memory"]["optimizer"] > 2 * plan["memory"]["gradients"] == 2 * 4 * 72_842
    assert listing_of(trained.folder) == before
    architecture = json.loads((trained.run / "architecture.json").read_bytes())
    assert [layer["name"] for layer in architecture] == [layer["name"] for layer in plan["layers"]]


def test_it_is_a_table_for_people(trained: Trained) -> None:
    lines = call("describe", trained.run, cwd=trained.folder).out.splitlines()
    assert lines[0].split() == ["layer", "kind", "output", "shape", "parameters", "FLOP"]
    assert ["dense2", "Linear", "10", "650", "1,280"] in [line.split() for line in lines]
    assert any(line.startswith("memory, state of adamw") for line in lines)


def test_a_model_that_is_solved_takes_no_steps(tmp_path: Path) -> None:
    found = described("digits", "--model", "pixel_linear", cwd=tmp_path)
    assert (found["trained"], found["step_flop"], found["batch_size"], found["optimizer"]) == (0, None, None, None)
    assert set(found["memory"]) == {"weights"}


@pytest.mark.parametrize("settings", [("--model", "mlp"), ("--set", "training.batch_size=3"), ("--seed", "3")])
def test_a_run_takes_no_settings(settings: tuple[str, str], trained: Trained) -> None:
    assert "give no settings" in refused("describe", trained.run, *settings, cwd=trained.folder)


# ------------------------------------------------------------------------------------------------ texts


def test_a_network_of_ones_own_continues_texts(tmp_path: Path) -> None:
    shutil.copy(NET.with_name("my_generator.py"), tmp_path)
    lines = (f"the cat sat on mat {i % 7} and the dog came by at {i % 12}\n" for i in range(200))
    (tmp_path / "book.txt").write_text("".join(lines), encoding="utf-8")
    model, steps = (
        ("--model", "my_generator.py:Generator"),
        ("--set", "training.batch_size=8", "--set", "training.learning_rate=0.01"),
    )
    allowed = ("--allow-code", "my_generator.py")
    call("train", "book.txt", *model, *SHORT, *steps, "--set", "data.max_seq_len=16", cwd=tmp_path)
    made = call("generate", "runs/latest", *allowed, "--prompt", "the c", "--max-tokens", "40", cwd=tmp_path).out
    assert made.startswith("the c")
    assert len(made) > 30
    run = dw.load(tmp_path / "runs" / "latest", allow_code=tmp_path / "my_generator.py")
    assert float(run.measurements["perplexity"]) < 10
    call("verify", "runs/latest", *allowed, cwd=tmp_path)
    source = (tmp_path / "my_generator.py").read_text(encoding="utf-8")
    (tmp_path / "ahead.py").write_text(source.replace("(layer.dilation[0], 0)", "(0, layer.dilation[0])"), "utf-8")
    done = call("train", "book.txt", "--model", "ahead.py:Generator", *SHORT, cwd=tmp_path, code=2)
    assert "ahead.py: Generator looks ahead" in done.err

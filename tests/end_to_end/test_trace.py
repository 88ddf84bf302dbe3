"""One picture through a finished run's network: in the terminal, as JSON, as a page, and wrong use of the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import deepwright as dw
from deepwright.validation.storage import read_predictions
from tests.end_to_end.command_line import SHORT, call, digits, run, write_picture
from tests.end_to_end.conftest import Trained


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return write_picture(tmp_path / "three.png")


def as_json(path: Path, *arguments: object, cwd: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(call("trace", path, *arguments, "--json", cwd=cwd).out)
    return data


def test_the_terminal_shows_layers_numbers_and_the_answer(copied: Path, three: Path, tmp_path: Path) -> None:
    done = run("trace", copied, three.name, cwd=tmp_path)
    lines = done.out.splitlines()
    assert max(map(len, lines[: lines.index("")])) <= 100
    assert [line.split()[0] for line in lines[1:4]] == ["front", "conv1", "pool"]
    assert "dense2, its largest output: y = w·x + b" in lines
    assert "dense2, backward by the chain rule: dL/dw = Σ dL/dy · x" in lines
    answer = json.loads(call("predict", copied, three.name, "--json", cwd=tmp_path).out)[0]
    assert lines[-1].startswith(f"The answer is {answer['label']}, with a probability of")
    assert f"the model's own answer, {answer['label']}" in done.out
    page = tmp_path / f"trace-{copied.name}-three.html"
    assert str(page) in done.err
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_json_has_all_and_the_page_is_where_it_is_wanted(copied: Path, three: Path, tmp_path: Path) -> None:
    page = tmp_path / "pages" / "three.html"
    found = as_json(copied, three, "--target", "5", "--output", page, cwd=tmp_path)
    assert (found["target"], found["chosen_by"], found["page"]) == ("5", "user", str(page))
    predicted = json.loads(call("predict", copied, three, "--json", cwd=tmp_path).out)[0]
    assert found["answer"] == {key: predicted[key] for key in found["answer"]}
    for layer in found["layers"]:
        for worked in [layer["unit"], *layer["derivatives"]]:
            assert worked is None or worked["result"] == pytest.approx(worked["recorded"], rel=1e-3, abs=1e-5)
    assert found["layers"][-1]["unit"]["result"] == pytest.approx(max(found["outputs"]), rel=1e-5)
    assert page.exists()
    assert not list(tmp_path.glob("trace-*"))


def test_a_layer_can_be_chosen(copied: Path, three: Path, tmp_path: Path) -> None:
    done = call("trace", copied, three, "--layer", "pool#2", cwd=tmp_path)
    assert "pool#2, its largest output: y = max over 2×2" in done.out
    assert "dense2, its largest output" not in done.out
    assert "No formula is known" not in done.out
    assert "No formula is known for dropout." in call("trace", copied, three, "--layer", "dropout", cwd=tmp_path).out


def test_in_chinese(copied: Path, three: Path, tmp_path: Path) -> None:
    call("trace", copied, three, "--language", "zh", cwd=tmp_path)
    assert 'lang="zh"' in (tmp_path / f"trace-{copied.name}-three.html").read_text(encoding="utf-8")


def test_the_report_shows_what_was_learnt(trained: Trained) -> None:
    record = json.loads((trained.run / "feature_maps.json").read_bytes())
    made = read_predictions((trained.run / "predictions.parquet").read_bytes())["convnet", "validation"]
    (place,) = (made.rows == record["row"]).nonzero()[0]
    assert record["answer"] == made.names[made.targets[place]] == made.names[made.outputs[place].argmax()]
    assert record["filters"]["layer"] == "conv1"
    report = (trained.run / "report.html").read_text(encoding="utf-8")
    assert record["picture"] in report
    assert 'id="features"' in report


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing.png",), "nothing.png"),
        ((".",), "."),
        (("three.png", "--layer", "conv"), "Did you mean conv3, conv2, conv1?"),
        (("three.png", "--layer", "zzz"), "There is no layer named 'zzz'"),
        (("three.png", "--target", "10"), "There is no class named '10'"),
        (("three.png", "--output", "page.txt"), ".html"),
        (("three.png", "--output", "/proc/nothing/page.html"), "/proc/nothing/page.html"),
        ((), "--help"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], said: str, trained: Trained, three: Path, tmp_path: Path) -> None:
    done = call("trace", trained.run, *arguments, cwd=tmp_path, code=2)
    assert said in done.err
    assert done.out == ""
    assert list(tmp_path.iterdir()) == [three]
    assert not list(trained.run.parent.glob("trace-*"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs that learnt labels and numbers."""
    folder, (images, classes) = tmp_path_factory.mktemp("others"), digits(slice(300))
    settings = {"training.num_threads": 1, "training.epochs": 1}
    labels = [f"{label}|odd" if label % 2 else f"{label}|even" for label in classes]
    data = {"multi_label": labels, "regression": classes.astype(float) + 0.5}
    return {
        task: dw.train(
            {"image": images, "label": column},
            task=task,
            model="convnet",
            output=folder,
            name=task,
            settings=settings,
            progress=False,
        ).path
        for task, column in data.items()
    }


def test_labels(others: dict[str, Path], three: Path, tmp_path: Path) -> None:
    path, page = others["multi_label"], ("--output", "page.html")
    given = as_json(path, three, "--target", "3|odd", *page, cwd=tmp_path)
    assert (given["target"], given["chosen_by"]) == ("3, odd", "user")
    assert as_json(path, three, *page, cwd=tmp_path)["chosen_by"] == "model"
    assert "Did you mean even" in call("trace", path, three, "--target", "3|evn", cwd=tmp_path, code=2).err


def test_numbers(others: dict[str, Path], three: Path, tmp_path: Path) -> None:
    path, page = others["regression"], ("--output", "page.html")
    given = as_json(path, three, "--target", "3.5", *page, cwd=tmp_path)
    assert (given["target"], given["chosen_by"]) == ("3.5", "user")
    without = as_json(path, three, *page, cwd=tmp_path)
    assert without["chosen_by"] == "mean"
    assert without["layers"][-1]["dy"]["norm"] > 0
    for wrong in ("three", "nan"):
        assert "a number is needed" in call("trace", path, three, "--target", wrong, cwd=tmp_path, code=2).err


def test_code_of_ones_own_is_executed_where_it_is_allowed_alone(three: Path, tmp_path: Path) -> None:
    file = tmp_path / "my_net.py"
    file.write_text(
        "from torch import nn\n\n\n"
        "class Net(nn.Module):\n"
        "    def __init__(self, inputs, outputs):\n"
        "        super().__init__()\n"
        "        self.dense = nn.Linear(inputs.height * inputs.width, outputs.num_outputs)\n\n"
        "    def forward(self, images):\n"
        "        return self.dense(images.flatten(1).tanh())\n"
    )
    call("train", "digits", "--model", "my_net.py:Net", "--name", "own", "--quiet", *SHORT, cwd=tmp_path)
    assert "my_net.py" in call("trace", "runs/own", three, cwd=tmp_path, code=2).err
    done = call("trace", "runs/own", three, "--allow-code", "my_net.py", cwd=tmp_path)
    assert "dense, its largest output: y = w·x + b" in done.out
    assert [line.strip() for line in done.out.splitlines()[2:4]] == ["view", "tanh"]

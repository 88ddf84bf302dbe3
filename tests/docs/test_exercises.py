"""The exercises: empty ones say so, solutions are right, and a mistake is named with its size, in both languages."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import CHECKOUT
from tests.docs.examples import run_script

EXERCISES = CHECKOUT / "docs" / "exercises"
NAMES = sorted(file.stem for file in (EXERCISES / "solutions").glob("*.py"))
each = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The exercises, to be written into."""
    return shutil.copytree(EXERCISES, tmp_path / "exercises")


def said(file: Path) -> str:
    ended, printed = run_script(file)
    return ended or printed


def solve(folder: Path, name: str, old: str = "", new: str = "") -> Path:
    """Put a solution into its exercise, with a mistake."""
    text = (folder / "solutions" / f"{name}.py").read_text(encoding="utf-8")
    assert old in text
    (folder / f"{name}.py").write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return folder / f"{name}.py"


@each
def test_an_empty_exercise_says_so(name: str, folder: Path) -> None:
    file = folder / f"{name}.py"
    assert said(file) == f"Not filled in yet: write the body of {name} and run this file again."


@each
def test_the_solution_is_right(name: str, folder: Path) -> None:
    assert said(solve(folder, name)) == "Right: all 5 cases agree.\n"


@each
def test_a_solution_differs_from_its_exercise_in_the_body_alone(name: str) -> None:
    empty, solved = (
        (place / f"{name}.py").read_text(encoding="utf-8").splitlines()
        for place in (EXERCISES, EXERCISES / "solutions")
    )
    place = next(i for i, line in enumerate(empty) if "raise NotImplementedError" in line)
    head, tail = [line for line in empty[:place] if line != "import numpy as np"], empty[place + 1 :]
    rest = [line for line in solved if line != "import numpy as np"]
    assert rest[: len(head)] == head
    assert rest[-len(tail) :] == tail


@pytest.mark.parametrize(
    ("name", "old", "new", "mistake"),
    [
        ("layer", "W.T + b", "W.T", "Wrong in case 1 of 5: at "),
        ("layer", "W.T", "W.T[:, :1]", "Wrong in case 1 of 5: at "),
        ("softmax", " - Z.max(axis=1, keepdims=True)", "", "Wrong in case 4 of 5: at [0, 0] it is nan, "),
        ("backward", "delta.sum(axis=0)", "delta.mean(axis=0)", "Wrong in case 1 of 5, value 3: at "),
        ("backward", ", delta.sum(axis=0)", "", "Wrong in case 1 of 5: backward returns 2 values, it should return 3."),
        ("convolve", " + b[f]", "", "Wrong in case 1 of 5"),
        ("max_pool_backward", "argmax", "argmin", "Wrong in case 1 of 5: at "),
        ("receptive_field", "* step", "", "Wrong in case 3 of 5: at [] it is 6, it should be 8; the difference is 2."),
        ("rnn", "U @ h", "h", "Wrong in case 1 of 5: at "),
        ("lstm_step", "f * c + ", "c + ", "Wrong in case 1 of 5, value 1: at "),
        ("gradients_through_time", "(1 - h**2) * ", "", "Wrong in case 1 of 5: at "),
        ("cosine", "    B = B / np.linalg.norm(B, axis=1, keepdims=True)\n", "", "Wrong in case 1 of 5: at "),
        ("attention", "np.tile(there, (len(Q), 1))", "np.ones((len(Q), len(K)), bool)", "Wrong in case 2 of 5: at "),
        ("attention", " - scores.max(axis=1, keepdims=True)", "", "Wrong in case 5 of 5: at "),
        ("rotary", "- odd", "+ odd", "Wrong in case 1 of 5: at "),
        ("additive_attention", "np.where(there, scores, -np.inf)", "scores", "Wrong in case 2 of 5: at "),
        ("smoothed_loss", "smoothing / logits", "0 / logits", "Wrong in case 2 of 5: at "),
        ("beam", "[:width]\n        if", "[:1]\n        if", "Wrong in case "),
        ("ndcg", "worth[: len(taken)].sum()", "len(taken)", "Wrong in case 2 of 5: at "),
        ("ease", "    np.fill_diagonal(B, 0)\n", "", "Wrong in case 1 of 5: at "),
        ("half_step", "everything + ", "", "Wrong in case 1 of 5: at "),
    ],
)
def test_a_mistake_is_named(name: str, old: str, new: str, mistake: str, folder: Path) -> None:
    with np.errstate(all="ignore"):
        assert said(solve(folder, name, old, new)).startswith(mistake)


def test_it_speaks_chinese(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPWRIGHT_LANGUAGE", "zh")
    assert said(folder / "layer.py").startswith("还没有填写：")
    assert said(solve(folder, "layer")) == "正确：5 例全部一致。\n"
    assert said(solve(folder, "layer", "W.T + b", "W.T - b")).startswith("第 1 例（共 5 例）有误：位置 [")

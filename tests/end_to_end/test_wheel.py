"""The wheel, in an environment that holds nothing else, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import deepwright
from tests.conftest import CHECKOUT

#: What pip says where it can reach neither an index nor a local wheel.
UNREACHABLE = ("No matching distribution found", "Could not find a version", "connection", "Connection", "timed out")


def done(command: Sequence[object], folder: Path) -> str:
    """What a command prints; it must succeed. Nothing of the tests' own environment is passed on to Python."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    finished = subprocess.run(
        [str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if finished.returncode and "install" in command and any(word in finished.stderr for word in UNREACHABLE):
        pytest.skip(f"pip finds no torch here: {finished.stderr.splitlines()[-1]}")
    assert finished.returncode == 0, f"{command}\n{finished.stdout}\n{finished.stderr}"
    return finished.stdout


@pytest.mark.timeout(300)
def test_the_wheel_is_all_that_is_needed(tmp_path: Path) -> None:
    done(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path / "dist", CHECKOUT], tmp_path
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    done([sys.executable, "-m", "venv", "--without-pip", "env"], tmp_path)
    binaries = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", binaries / "python", "install", "--quiet", "--no-compile"]
    done([*pip, "-c", CHECKOUT / "constraints.txt", wheel], tmp_path)
    program = binaries / "deepwright"
    (tmp_path / "work").mkdir()
    where = done([binaries / "python", "-c", "import deepwright; print(deepwright.__file__)"], tmp_path / "work")
    assert Path(where.strip()).is_relative_to(tmp_path / "env")
    assert done([program, "--version"], tmp_path / "work").strip() == f"deepwright {deepwright.__version__}"
    assert "works: loss" in done([program, "check-install"], tmp_path / "work")
    settings = ("training.epochs=1", "training.num_threads=1")
    train = [program, "train", "digits", *(word for setting in settings for word in ("--set", setting))]
    assert "convnet is right on" in done(train, tmp_path / "work")
    run = tmp_path / "work" / "runs" / "latest"
    assert (run / "report.html").stat().st_size > 10_000
    chinese = done([program, "report", run, "--language", "zh"], tmp_path / "work")
    assert chinese.strip() == str((run / "report.html").resolve())
    assert 'lang="zh' in (run / "report.html").read_text(encoding="utf-8")

"""One run that is trained once; tests that change it take a copy."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.command_line import SHORT, Finished, run


@dataclass(frozen=True)
class Trained:
    """A finished run: the folder it was made in, its directory, what the command printed."""

    folder: Path
    run: Path
    finished: Finished


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    finished = run("train", "digits", *SHORT, cwd=folder)
    return Trained(folder, folder / "runs" / "digits-convnet-1", finished)


@pytest.fixture
def copied(trained: Trained, tmp_path: Path) -> Path:
    """A copy of the finished run that a test may damage."""
    copy = tmp_path / "copied"
    shutil.copytree(trained.run, copy)
    return copy

"""A run that is stopped, by whatever means, and resumed ends as if nothing had happened."""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepwright.config.documents import Document
from deepwright.data.table import Table
from deepwright.models.majority import Majority
from deepwright.run_directory import RunDirectory
from deepwright.training.progress import Moment, Silent
from deepwright.workflows.plan import plan
from deepwright.workflows.resume import resume
from deepwright.workflows.train import start
from tests.end_to_end.command_line import PROGRAM, call, listing_of, weights
from tests.end_to_end.conftest import Trained

EPOCHS = 6
STEPS = 40 * EPOCHS
SETTINGS = ("training.num_threads=1", f"training.epochs={EPOCHS}", "training.checkpoint_seconds=0.05")
COMMAND = ["train", "digits", *(word for setting in SETTINGS for word in ("--set", setting))]

#: Makes a terminal the controlling one of a process, so that Ctrl-C in it reaches the process as it does people's.
IN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    call(*COMMAND, "--quiet", cwd=folder)
    return folder / "runs" / "digits-convnet-1"


def recomputable(run: Path) -> list[Any]:
    records = json.loads((run / "measurements.json").read_bytes())["measurements"]
    return [record for record in records if record["recomputable"]]


def step_of(run: Path) -> int:
    """The step of the last checkpoint; 0 if there is none yet."""
    try:
        data = (run / "checkpoints" / "convnet.safetensors").read_bytes()
    except FileNotFoundError:
        return 0
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return int(json.loads(header["__metadata__"]["progress"])["step"])


def kill_when(due: Callable[[Path], bool], folder: Path) -> Path:
    """Train in a process of its own and kill it as soon as its run is at a certain point."""
    run = folder / "runs" / "digits-convnet-1"
    process = subprocess.Popen(
        [PROGRAM, *COMMAND, "--quiet"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not (run / "config.yaml").exists():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
        assert process.returncode is None
    while not due(run):
        assert process.poll() is None
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not (run / "manifest.json").exists()
    return run


def saving(run: Path) -> bool:
    """Whether a checkpoint is being written: its temporary file is there."""
    folder = run / "checkpoints"
    return folder.exists() and any(folder.glob(".convnet*"))


RANDOM_STEP = random.Random(20240607).randint(1, STEPS * 3 // 4)
MOMENTS: dict[str, Callable[[Path], bool]] = {
    "before the first step": lambda run: True,
    f"from step {RANDOM_STEP}": lambda run: step_of(run) >= RANDOM_STEP,
    "while a checkpoint is written": saving,
    "while it is measured": lambda run: step_of(run) == STEPS,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_ends_with_identical_weights(moment: str, uninterrupted: Path, tmp_path: Path) -> None:
    run = kill_when(MOMENTS[moment], tmp_path)
    call("resume", "runs/latest", "--quiet", cwd=tmp_path)
    assert weights(run) == weights(uninterrupted)
    assert recomputable(run) == recomputable(uninterrupted)
    steps = [json.loads(line)["step"] for line in (run / "history.jsonl").read_text().splitlines()]
    assert steps == [json.loads(line)["step"] for line in (uninterrupted / "history.jsonl").read_text().splitlines()]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_ctrl_c_in_a_terminal_stops_and_says_how_to_resume(uninterrupted: Path, tmp_path: Path) -> None:
    code, shown = in_terminal([PROGRAM, *COMMAND], tmp_path, lambda text: "╌" in text)
    assert code == 130
    assert "\x1b[" in shown
    assert "Traceback" not in shown
    said = next(line for line in shown.splitlines() if "deepwright resume" in line)
    assert "nothing is lost" in said
    command = shlex.split(said[said.index("deepwright resume") :])
    call(*command[1:], "--quiet", cwd=tmp_path)
    assert weights(tmp_path / "runs" / "digits-convnet-1") == weights(uninterrupted)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_model_that_is_solved_stops_at_once(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Majority, "fit", lambda *_: signal.raise_signal(number))
        stopped = call("train", "digits", "--model", "majority", cwd=tmp_path, code=130)
    said = stopped.err.splitlines()[-1]
    assert said.startswith("Stopped.")
    command = shlex.split(said[said.index("deepwright resume") :])
    call(*command[1:], "--quiet", cwd=tmp_path)
    assert (tmp_path / "runs" / "digits-majority-1" / "manifest.json").exists()


def test_a_finished_run_keeps_no_checkpoint(trained: Trained) -> None:
    assert not (trained.run / "checkpoints").exists()


def in_terminal(command: list[str], folder: Path, enough: Callable[[str], bool]) -> tuple[int, str]:
    """Run in a pseudo-terminal and press Ctrl-C once enough was shown: here the bar of the live line."""
    master, slave = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200"}
    process = subprocess.Popen(
        [sys.executable, "-c", IN_TERMINAL, *command],
        cwd=folder,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
        start_new_session=True,
    )
    os.close(slave)
    shown, pressed = b"", False
    while select.select([master], [], [], 120)[0]:
        try:
            shown += os.read(master, 65536)
        except OSError:  # Linux: the other side was closed
            break
        if not pressed and enough(shown.decode(errors="replace")):
            os.write(master, b"\x03")
            pressed = True
    os.close(master)
    return process.wait(), shown.decode(errors="replace")


def test_progress_is_plain_lines_where_there_is_no_terminal(trained: Trained) -> None:
    assert "\x1b" not in trained.finished.err
    assert "\r" not in trained.finished.err
    lines = [line for line in trained.finished.err.splitlines() if line.startswith("epoch ")]
    assert [line.split()[1] for line in lines] == ["1/2", "2/2"]
    assert all(", accuracy 0." in line or ", accuracy 1." in line for line in lines)


def test_a_finished_run_is_left_as_it_is(copied: Path, tmp_path: Path) -> None:
    before = listing_of(copied)
    shown = call("resume", copied, cwd=tmp_path)
    assert "finished" in shown.err
    assert shown.out == ""
    assert listing_of(copied) == before


def test_a_run_whose_data_changed_is_not_resumed(tmp_path: Path, uninterrupted: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(uninterrupted, run)
    (run / "manifest.json").unlink()
    data = json.loads((run / "data.json").read_bytes())
    (run / "data.json").write_text(json.dumps({**data, "sha256": "0" * 64}), encoding="utf-8")
    assert "its hash differs" in call("resume", run, cwd=tmp_path, code=2).err


class _Watching(Silent):
    """Notes when the training ends."""

    def __init__(self) -> None:
        self.moments, self.closed = 0, False

    def moment(self, moment: Moment) -> None:
        self.moments += 1

    def close(self) -> None:
        self.closed = True


def test_the_test_split_is_read_once_by_each_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = Document()
    for key, value in {"data.source": "digits", "training.epochs": 1, "training.num_threads": 1}.items():
        document.set(key, value, "the test")
    document.set("output", str(tmp_path), "the test")
    observer, taken = _Watching(), []
    take = Table.take

    def noted(table: Table, rows: Any) -> Table:
        taken.append((np.asarray(rows), observer.closed))
        return take(table, rows)

    monkeypatch.setattr(Table, "take", noted)
    ready = plan(document)
    run = start(ready, observer)
    assert observer.moments
    touching = [(rows, closed) for rows, closed in taken if np.isin(rows, ready.splits.test).any()]
    models = {record.model for record in run.measurements.records if record.split == "test" and record.model}
    assert models == {"convnet", "majority", "pixel_linear"}
    assert all(closed for _rows, closed in touching)
    assert len(touching) == len(models)
    assert all(np.array_equal(rows, ready.splits.test) for rows, _closed in touching)


def test_a_run_that_another_process_finished_meanwhile_is_left_as_it_is(copied: Path) -> None:
    """The lock may be had only after the other process has ended."""
    before = listing_of(copied)
    assert resume(RunDirectory(copied), Silent()).path == copied
    assert listing_of(copied) == before

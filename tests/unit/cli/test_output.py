"""Tables in terminals of any width: nothing is broken within a figure."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rich.console import Console

from deepwright.cli import _output
from deepwright.measurements import Measurement, Measurements

FIGURES = Measurements(
    [
        Measurement("log_loss_uncalibrated", value, "nats", "log_loss", {}, model, "test", 359, (low, high), 0.95)
        for model, value, low, high in [("convnet", 0.0843, 0.0182, 0.1807), ("pixel_linear", 2.30254, 2.30093, 2.3043)]
    ],
    "convnet",
)


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int) -> list[str]:
    monkeypatch.setattr(_output, "results", lambda: Console(highlight=False, markup=False, width=width))
    _output.print_measurements(FIGURES)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_intervals_stand_beside_their_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(monkeypatch, capsys, 100)
    assert len(lines) == 2
    assert lines[1].startswith("log_loss_uncalibrated  0.0843 [0.0182, 0.1807]  2.30254 [2.30093, 2.30430]")


def test_in_a_narrow_terminal_they_stand_below(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(monkeypatch, capsys, 66)
    assert [line.split("  ")[0] for line in lines] == ["test split, n=359", "log_loss_uncalibrated", ""]
    assert lines[1].split()[1:] == ["0.0843", "2.30254"]
    assert lines[2].strip() == "[0.0182, 0.1807]  [2.30093, 2.30430]"


def test_the_package_can_be_run_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deepwright", "--version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("deepwright ")

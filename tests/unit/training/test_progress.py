from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from rich.cells import cell_len
from rich.console import Console

from deepwright import messages
from deepwright.messages import choose_language
from deepwright.training.progress import Moment, Shown, Silent, duration
from tools import catalogue

MOMENT = Moment(
    epoch=2,
    num_epochs=6,
    share=0.25,
    loss=0.12345,
    examples_per_second=12345.6,
    seconds_left=125,
    validation={},
)
END = dataclasses.replace(MOMENT, share=2 / 6, validation={"loss": 0.5, "accuracy": 0.875}, over=True)
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    choose_language("en")
    yield
    choose_language(None)


@pytest.fixture
def chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small catalogue in place of the real one, and Chinese chosen."""
    small = Catalog(locale="zh")
    small.add("epoch {epoch}/{num_epochs}", "第 {epoch}/{num_epochs} 轮")
    small.add("loss {loss:.4f}", "损失 {loss:.4f}")
    small.add("validation {figures}", "验证 {figures}")
    small.add("{rate:,.0f} examples/s", "{rate:,.0f} 样本/秒")
    small.add("{time} left", "剩余 {time}")
    small.add("{minutes} min {seconds} s", "{minutes} 分 {seconds} 秒")
    compiled = tmp_path / "zh" / "LC_MESSAGES" / "deepwright.mo"
    compiled.parent.mkdir(parents=True)
    compiled.write_bytes(catalogue.mo_bytes(small))
    monkeypatch.setattr(messages, "LOCALE_DIRECTORY", tmp_path)
    monkeypatch.setattr(messages, "_translations", {})
    choose_language("zh")


class Screen:
    """A console whose output is kept."""

    def __init__(self, terminal: bool, width: int = 100) -> None:
        self.stream = io.StringIO()
        self.console = Console(file=self.stream, force_terminal=terminal, width=width, highlight=False)
        self.shown = Shown(self.console)

    @property
    def raw(self) -> str:
        return self.stream.getvalue()

    @property
    def text(self) -> str:
        return ESCAPES.sub("", self.raw)

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


def test_away_from_a_terminal_there_is_a_line_for_each_epoch() -> None:
    screen = Screen(terminal=False)
    for moment in (MOMENT, END):
        screen.shown.moment(moment)
    screen.shown.close()
    assert screen.raw == ("epoch 2/6  loss 0.1235  validation loss 0.5000, accuracy 0.8750  2 min 5 s left\n")


def test_what_has_no_loss_has_none_in_its_line() -> None:
    screen = Screen(terminal=False)
    screen.shown.moment(dataclasses.replace(MOMENT, loss=None, over=True))
    assert screen.raw == "epoch 2/6  12,346 examples/s  2 min 5 s left\n"


def test_away_from_a_terminal_a_long_line_stays_one_line() -> None:
    screen = Screen(terminal=False, width=20)
    screen.shown.moment(END)
    assert len(screen.lines) == 1


@pytest.mark.parametrize("num_epochs", [1, 2, 19, 20, 21, 39, 40, 41, 59, 60, 61, 100, 1000])
@pytest.mark.parametrize("terminal", [False, True])
def test_there_are_at_most_twenty_lines_and_the_last_epoch_has_one(num_epochs: int, terminal: bool) -> None:
    screen = Screen(terminal)
    for epoch in range(1, num_epochs + 1):
        screen.shown.moment(dataclasses.replace(END, epoch=epoch, num_epochs=num_epochs))
    screen.shown.close()
    kept = rf"(?<![━╌] )epoch (\d+)/{num_epochs}  loss[^━╌\n]*\n"  # the live line has a bar before it
    said = {int(match) for match in re.findall(kept, screen.text)}
    assert min(num_epochs, 10) <= len(said) <= 20
    assert num_epochs in said
    if num_epochs <= 20:
        assert said == set(range(1, num_epochs + 1))


def test_a_terminal_has_a_live_line_that_goes_away() -> None:
    screen = Screen(terminal=True)
    screen.shown.moment(MOMENT)
    screen.shown.close()
    assert "━━━━╌╌╌╌╌╌╌╌╌╌╌╌ epoch 2/6  loss 0.1235" in screen.text
    assert "\x1b[?25l" in screen.raw, "the cursor is hidden while the line is live"
    assert screen.raw.rstrip().endswith("\x1b[2K"), "the live line is erased"
    assert screen.raw.count("\x1b[?25l") == screen.raw.count("\x1b[?25h"), "the cursor is back"


def test_what_was_never_shown_can_be_closed_and_closed_again() -> None:
    screen = Screen(terminal=True)
    screen.shown.close()
    screen.shown.moment(MOMENT)
    screen.shown.close()
    length = len(screen.raw)
    screen.shown.close()
    assert len(screen.raw) == length


@pytest.mark.parametrize("terminal", [False, True])
def test_names_of_figures_are_no_markup(terminal: bool) -> None:
    screen = Screen(terminal)
    screen.shown.moment(dataclasses.replace(END, validation={"[bold]loss": 0.5}))
    screen.shown.close()
    assert "validation [bold]loss 0.5000" in screen.text


@pytest.mark.parametrize(("seconds", "said"), [(0.4, False), (0.6, True)])
def test_the_last_half_second_is_not_counted_down(seconds: float, said: bool) -> None:
    screen = Screen(terminal=False)
    screen.shown.moment(dataclasses.replace(END, seconds_left=seconds))
    assert ("left" in screen.text) is said


def test_progress_goes_to_the_standard_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown()
    shown.moment(END)
    shown.close()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "epoch 2/6" in captured.err


def test_silence_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    silent = Silent()
    silent.moment(END)
    silent.close()
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("chinese")
def test_chinese_lines() -> None:
    screen = Screen(terminal=False)
    screen.shown.moment(END)
    assert screen.raw == "第 2/6 轮  损失 0.1235  验证 loss 0.5000, accuracy 0.8750  剩余 2 分 5 秒\n"


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("width", [30, 60, 100])
def test_chinese_lines_fit_a_terminal_in_which_a_character_takes_two_columns(width: int) -> None:
    screen = Screen(terminal=True, width=width)
    screen.shown.moment(MOMENT)
    screen.shown.moment(END)
    screen.shown.close()
    assert "第 2/6 轮" in screen.text
    assert all(cell_len(part) <= width for line in screen.lines for part in line.split("\r"))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (8.2, "8 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (60, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 0 min"),
        (3780, "1 h 3 min"),
        (360_000, "100 h 0 min"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said

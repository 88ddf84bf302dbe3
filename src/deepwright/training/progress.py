"""Progress for people: a live line in a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from deepwright.measurements import plain
from deepwright.messages import _


@dataclass(frozen=True)
class Moment:
    """Where a training stands.

    Attributes:
        epoch: the one under way, from 1.
        num_epochs: of the whole training.
        share: finished steps over all steps.
        loss: mean training loss since the last moment; None of a model that is solved.
        examples_per_second: over the current epoch.
        seconds_left: estimated from the speed so far.
        validation: validation figures at the end of an epoch; empty within it.
        over: whether the epoch has ended.
    """

    epoch: int
    num_epochs: int
    share: float
    loss: float | None
    examples_per_second: float
    seconds_left: float
    validation: Mapping[str, Any]
    over: bool = False


class Observer(Protocol):
    """Is told how a training goes."""

    def moment(self, moment: Moment) -> None:
        """A few times each second, and at the end of every epoch with its validation figures."""
        ...

    def close(self) -> None:
        """Training has ended, one way or another."""
        ...


class Silent:
    """Shows nothing."""

    def moment(self, moment: Moment) -> None:
        """Ignore it."""

    def close(self) -> None:
        """Nothing to end."""


class Shown:
    """A live line in a terminal; there and elsewhere a line for every epoch, or for twenty of them up to the last.

    Args:
        console: where to write; the standard error stream, so that results can be piped.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self._live: Live | None = None

    def moment(self, moment: Moment) -> None:
        """Update the live line; keep the line of a finished epoch."""
        if self.console.is_terminal:
            if self._live is None:
                self._live = Live(console=self.console, transient=True, refresh_per_second=8)
                self._live.start()
            self._live.update(Text(f"{_bar(moment.share)} {_line(moment)}"))
        every = math.ceil(moment.num_epochs / 20)
        if moment.over and (moment.num_epochs - moment.epoch) % every == 0:
            self.console.print(Text(_line(moment)), soft_wrap=not self.console.is_terminal)

    def close(self) -> None:
        """Remove the live line."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def duration(seconds: float) -> str:
    """Seconds as people say them: ``8 s``, ``2 min 5 s``, ``1 h 3 min``."""
    if round(seconds) < 60:
        return _("{seconds:.0f} s", seconds=seconds)
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return _("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def _line(moment: Moment) -> str:
    """How it goes, in less than the 80 columns of a terminal: how fast, or at the end of an epoch how well."""
    validation = ", ".join(f"{name} {plain(value)[0]}" for name, value in moment.validation.items())
    parts = [
        _("epoch {epoch}/{num_epochs}", epoch=moment.epoch, num_epochs=moment.num_epochs),
        *([] if moment.loss is None else [_("loss {loss:.4f}", loss=moment.loss)]),
        _("validation {figures}", figures=validation)
        if validation
        else _("{rate:,.0f} examples/s", rate=moment.examples_per_second),
    ]
    if moment.seconds_left > 0.5:
        parts.append(_("{time} left", time=duration(moment.seconds_left)))
    return "  ".join(parts)


def _bar(share: float, width: int = 16) -> str:
    full = round(share * width)
    return "━" * full + "╌" * (width - full)

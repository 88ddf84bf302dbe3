"""The passes of a model that is solved in several: shown to whoever watches, and ended when someone asks for it."""

from __future__ import annotations

import time

from deepwright.training.interrupts import Stop
from deepwright.training.progress import Moment, Observer

#: Between two moments within a pass.
_SHOWN_SECONDS = 0.1


class Passes:
    """What ``Passing.fit_in_passes`` tells how far it is.

    Args:
        observer: is told.
        stop: a request to stop.
        num_examples: of the training split.
    """

    def __init__(self, observer: Observer, stop: Stop, num_examples: int) -> None:
        self.observer, self.stop, self.num_examples = observer, stop, num_examples
        self._begun = self._shown = time.perf_counter()
        self._epoch = self._num_epochs = 1

    def __call__(self, epoch: int, num_epochs: int, share: float) -> bool:
        """The pass under way, from 1, of how many, and the share of all that is done, from 0 to 1; whether to go on."""
        now = time.perf_counter()
        self._num_epochs = num_epochs
        if epoch > self._epoch:
            self._show(now, share, over=True)
            self._epoch = epoch
        elif now - self._shown >= _SHOWN_SECONDS:
            self._show(now, share)
        return not self.stop.requested

    def end(self) -> None:
        """The last pass has ended, unless it was stopped."""
        if not self.stop.requested:
            self._show(time.perf_counter(), 1.0, over=True)
        self.observer.close()

    def _show(self, now: float, share: float, over: bool = False) -> None:
        self._shown = now
        seconds = max(now - self._begun, 1e-9)
        left = seconds * (1 - share) / share if share else 0.0
        rate = share * self._num_epochs * self.num_examples / seconds
        self.observer.moment(Moment(self._epoch, self._num_epochs, share, None, rate, left, {}, over))

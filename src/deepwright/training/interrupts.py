"""Ctrl-C and SIGTERM as a request that the loop answers after the current step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether someone asked the training to stop.

    Attributes:
        requested: so far.
        awaited: whether a loop looks at it; before and after there is nothing that a request would save.
    """

    def __init__(self) -> None:
        self.requested = self.awaited = False

    @contextmanager
    def await_request(self) -> Iterator[None]:
        """Within this, requests are looked at."""
        self.awaited = True
        try:
            yield
        finally:
            self.awaited = False


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Turn the first Ctrl-C or SIGTERM into ``stop.requested`` while that is awaited; any other interrupts at once.

    Outside the main thread, where no handler can be set, nothing is changed.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def request(number: int, _frame: FrameType | None) -> None:
        if stop.requested or not stop.awaited:
            raise KeyboardInterrupt
        stop.requested = True

    before = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Work in threads: many files a few pieces at a time, with progress in a terminal, or arrays part by part."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from threadpoolctl import threadpool_limits

S = TypeVar("S")
T = TypeVar("T")
_PATIENCE_SECONDS = 1.0


def in_pieces(work: Callable[[range], T], count: int, size: int, what: str) -> Generator[T, None, None]:
    """The results of work on all positions, piece by piece and in order.

    Args:
        work: takes consecutive positions; its errors end the iteration.
        count: positions.
        size: positions in a piece.
        what: is said of the work, in a terminal, where it takes more than a second.
    """
    pieces = (range(start, min(start + size, count)) for start in range(0, count, size))
    num_threads = _num_cores()
    pool = ThreadPoolExecutor(num_threads)
    pending: deque[tuple[range, Future[T]]] = deque()
    shown = _Shown(what, count)
    try:
        pending.extend((piece, pool.submit(work, piece)) for piece in islice(pieces, 2 * num_threads))
        while pending:
            piece, future = pending.popleft()
            result = future.result()
            pending.extend((piece, pool.submit(work, piece)) for piece in islice(pieces, 1))
            yield result
            shown.advance(piece.stop)
    finally:
        shown.close()
        pool.shutdown(cancel_futures=True)


def in_parts(work: Callable[[S], T], parts: Iterable[S]) -> list[T]:
    """The results of work on each part, in order; one core each, since NumPy computes without holding the others up."""
    with threadpool_limits(1), ThreadPoolExecutor(_num_cores()) as pool:
        return list(pool.map(work, parts))


def _num_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Shown:
    """A bar on the standard error stream, once the work has taken a second, in a terminal."""

    def __init__(self, what: str, count: int) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        self._progress = Progress(*columns, console=Console(stderr=True, highlight=False), transient=True)
        self._task = self._progress.add_task(what, total=count)
        self._from = time.monotonic() + _PATIENCE_SECONDS
        self._started = False

    def advance(self, done: int) -> None:
        if not self._started and self._progress.console.is_terminal and time.monotonic() > self._from:
            self._progress.start()
            self._started = True
        self._progress.update(self._task, completed=done)

    def close(self) -> None:
        if self._started:
            self._progress.stop()

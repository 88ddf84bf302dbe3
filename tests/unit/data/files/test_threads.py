from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from deepwright.data.files import threads
from deepwright.data.files.threads import in_pieces


@pytest.mark.parametrize(("count", "size"), [(0, 3), (1, 3), (9, 3), (10, 3), (1000, 7)])
def test_all_positions_come_once_and_in_order(count: int, size: int) -> None:
    pieces = list(in_pieces(list, count, size, "Counting"))
    assert [position for piece in pieces for position in piece] == list(range(count))
    assert all(len(piece) == size for piece in pieces[:-1])


def test_an_error_ends_it_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        list(in_pieces(lambda piece: 1 // (3 - piece.start), 1000, 1, "Dividing"))
    assert threading.active_count() == before


def test_only_a_few_pieces_are_under_way() -> None:
    begun: list[int] = []
    pieces = in_pieces(lambda piece: begun.append(piece.start), 10_000, 1, "Counting")
    next(pieces)
    assert len(begun) <= 2 * threads._num_cores() + 1
    pieces.close()
    assert len(begun) <= 2 * threads._num_cores() + 2


@pytest.mark.parametrize(("terminal", "patience", "shown"), [(True, -1, True), (True, 1000, False), (False, -1, False)])
def test_progress_is_shown_in_a_terminal_where_it_takes_long(
    terminal: bool, patience: float, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(threads, "_PATIENCE_SECONDS", patience)
    monkeypatch.setattr(threads, "Console", lambda **_: Console(file=stream, force_terminal=terminal, width=80))
    assert len(list(in_pieces(len, 20, 1, "Reading things"))) == 20
    assert ("Reading things" in stream.getvalue()) is shown

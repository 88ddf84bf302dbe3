from __future__ import annotations

import signal
import threading

import pytest

from deepwright.training.interrupts import Stop, stop_on_signals

SIGNALS = [signal.SIGINT, signal.SIGTERM]


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in SIGNALS]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_a_request(number: signal.Signals) -> None:
    with stop_on_signals() as stop, stop.await_request():
        assert not stop.requested
        signal.raise_signal(number)
        assert stop.requested


@pytest.mark.parametrize("number", SIGNALS)
def test_where_no_loop_looks_at_requests_the_first_signal_interrupts_at_once(number: signal.Signals) -> None:
    with stop_on_signals() as stop:
        with stop.await_request():
            pass
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        assert not stop.requested


@pytest.mark.parametrize("first", SIGNALS)
@pytest.mark.parametrize("second", SIGNALS)
def test_the_second_signal_interrupts_at_once(first: signal.Signals, second: signal.Signals) -> None:
    before = handlers()
    with stop_on_signals() as stop, stop.await_request():
        signal.raise_signal(first)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(second)
        assert stop.requested
    assert handlers() == before


def test_signals_are_answered_as_before_afterwards() -> None:
    before = handlers()
    with stop_on_signals():
        assert not set(handlers()) & set(before)
    assert handlers() == before
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores it
    try:
        with stop_on_signals():
            pass
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, previous)


def test_an_error_within_leaves_signals_as_they_were() -> None:
    before = handlers()
    with pytest.raises(ZeroDivisionError), stop_on_signals():
        raise ZeroDivisionError
    assert handlers() == before


def test_requests_do_not_outlive_their_training() -> None:
    with stop_on_signals() as stop, stop.await_request():
        signal.raise_signal(signal.SIGINT)
    with stop_on_signals() as stop:
        assert not stop.requested


def test_outside_the_main_thread_nothing_is_changed() -> None:
    found: list[object] = []

    def train() -> None:
        before = handlers()
        with stop_on_signals() as stop:
            found.extend([stop.requested, handlers() == before])

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [False, True]


def test_a_stop_can_be_requested_without_a_signal() -> None:
    stop = Stop()
    assert not stop.requested
    stop.requested = True
    assert stop.requested

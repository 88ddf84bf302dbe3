"""The passes of a solved model: what is shown of them, and that a request ends them."""

from __future__ import annotations

from deepwright.training.interrupts import Stop
from deepwright.training.passes import Passes
from deepwright.training.progress import Moment, Silent


class Noting(Silent):
    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.closed = False

    def moment(self, moment: Moment) -> None:
        self.moments.append(moment)

    def close(self) -> None:
        self.closed = True


def test_every_pass_that_ends_is_shown_and_so_is_the_last() -> None:
    noting = Noting()
    passes = Passes(noting, Stop(), 10)
    for place in range(30):
        assert passes(1 + place // 10, 3, place / 30)
    assert not noting.closed
    passes.end()
    assert noting.closed
    over = [moment for moment in noting.moments if moment.over]
    assert [moment.epoch for moment in over] == [1, 2, 3]
    assert [moment.share for moment in over] == [10 / 30, 20 / 30, 1]
    assert over[-1].seconds_left == 0
    assert all(moment.loss is None and moment.num_epochs == 3 for moment in over)
    assert all(moment.examples_per_second > 0 for moment in over)


def test_a_request_to_stop_is_passed_on_and_nothing_is_said_to_have_ended() -> None:
    noting, stop = Noting(), Stop()
    passes = Passes(noting, stop, 10)
    assert passes(1, 3, 0)
    stop.requested = True
    assert not passes(1, 3, 0.1)
    passes.end()
    assert noting.closed
    assert not [moment for moment in noting.moments if moment.over]

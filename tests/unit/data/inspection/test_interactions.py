"""What is found in interactions: counts that were planted, the head of the items, and how the splits meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from deepwright.config.settings import SplitMethod, SplitSettings
from deepwright.data.inspection.interactions import OfInteractions, interactions_of_users
from deepwright.data.inspection.overview import inspect_table
from deepwright.data.interactions.arranged import Histories, Interactions, Taken
from deepwright.data.splits import Splits, split_rows
from deepwright.data.table import Column, Table
from deepwright.measurements import Measurements
from deepwright.reporting import interactions as shown
from deepwright.reporting.interaction_findings import FEW_USERS, grave, sentences


def _of(
    taken: list[list[int]], times: Sequence[Sequence[float]] | None = None, items: int | None = None
) -> Interactions:
    users = np.repeat(np.arange(len(taken)), [len(one) for one in taken]).astype(np.int32)
    numbers = np.array([item for one in taken for item in one], np.int32)
    return Interactions(
        users,
        numbers,
        np.array([f"u{user}" for user in range(len(taken))], object),
        np.array([f"i{item}" for item in range(items or int(numbers.max()) + 1)], object),
        None if times is None else np.array([moment for one in times for moment in one], float),
    )


def _table(of: Interactions) -> Table:
    rows = np.arange(len(of))
    return Table({"user": Column("user", Histories(of, rows)), "item": Column("item", Taken(of, rows))}, "made up")


def _found(of: Interactions, method: SplitMethod | None = None, drawn: bool = True) -> OfInteractions:
    table = _table(of)
    splits = None if method is None else split_rows(table, SplitSettings(method=method), None, 0)
    return interactions_of_users(table.columns["user"].values, splits, drawn, by_time=True)


def test_everything_is_counted() -> None:
    found = _found(_of([[0, 1, 2], [0], [0, 3, 4, 5, 6]], items=12))
    assert (found.users, found.items, found.untaken) == (3, 7, 5)
    assert found.density == pytest.approx(9 / 21)
    assert (found.per_user, found.per_item) == ((1, 3.0, 5), (1, 1.0, 3))
    assert (found.tied, found.period, found.divided) == (None, None, None)


def test_the_head_is_the_tenth_of_the_items_that_were_taken_most() -> None:
    found = _found(_of([*[[0, 1]] * 40, [*range(2, 20)]]))
    assert (found.items, found.head) == (20, 2)
    assert found.head_share == pytest.approx(80 / 98)


def test_the_curve_goes_from_nothing_to_everything_and_bends_once() -> None:
    rng = np.random.default_rng(0)
    taken = [np.unique(rng.zipf(1.5, 30).clip(max=200)).tolist() for _user in range(300)]
    curve = np.array(_found(_of(taken)).curve)
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == [1, 1]
    assert (np.diff(curve, axis=0) >= 0).all()
    slopes = np.diff(curve[:, 1]) / np.diff(curve[:, 0])
    assert (np.diff(slopes) <= 1e-9).all()
    assert len(curve) <= 60


def test_users_with_interactions_of_one_time_are_counted_once_each() -> None:
    of = _of([[0, 1, 2], [0, 1], [3, 4]], [[1, 1, 1], [1, 2], [2, 2]])
    assert _found(of).tied == 2
    assert _found(of).period == (1, 2)
    table = _table(of)
    at_random = inspect_table(table, Splits("random", *[np.arange(1)] * 3), users="user")
    assert at_random.interactions is not None
    assert at_random.interactions.tied is None, "where the order is drawn anyway, no tie matters"


def test_the_last_one_of_each_is_tested_and_what_is_new_in_it_is_counted() -> None:
    divided = _found(_of([[0, 1, 2], [2, 1, 0], [0, 1, 9], [0, 1]]), "last").divided
    assert divided is not None
    assert (divided.users, divided.cold_users, divided.untested) == (3, 0, 1)
    assert (divided.items, divided.cold_items) == (3, 1)


def test_at_one_time_users_may_be_new() -> None:
    times = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [97, 98, 99, 100]]
    divided = _found(_of([[0, 1, 2, 3]] * 4, times), "time").divided
    assert divided is not None
    assert (divided.users, divided.cold_users) == (1, 1)


def test_few_users_at_one_time_do_not_rank_models() -> None:
    times = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [97, 98, 99, 100]]
    of = _of([[0, 1, 2, 3]] * 4, times)
    (said,) = grave(Measurements(list(_found(of, "time").measurements(16))))
    assert str(FEW_USERS) in said
    assert "data.split.method=last" in said
    assert not list(grave(Measurements(list(_found(of, "last").measurements(16)))))
    many = _found(of, "time")
    assert many.divided is not None
    many = replace(many, divided=replace(many.divided, users=FEW_USERS, cold_users=0))
    assert not list(grave(Measurements(list(many.measurements(16)))))


def test_what_is_found_is_said() -> None:
    of = _of([[0, 1, 2], [2, 1, 0], [0, 1, 9], [0, 1]], [[1, 1, 1], [1, 2, 3], [2, 2, 3], [1, 2]])
    said = " ".join(sentences(Measurements(list(_found(of, "last").measurements(len(of))))))
    assert "Long tail: the 1 item" in said
    assert "Not tested: 1 of 4 users" in said
    assert "Order in doubt: 2 of 4 users" in said
    assert "drawn" in said
    assert "New items: 1 of the 3 items" in said
    assert "New users" not in said
    in_file = " ".join(sentences(Measurements(list(_found(of, "last", drawn=False).measurements(len(of))))))
    assert "the order of the file" in in_file


def test_times_are_days_where_they_can_be() -> None:
    assert shown.moment(1_577_836_800) == "2020-01-01"
    assert shown.moment(1_577_836_800_000) == "2020-01-01"
    assert shown.moment(17) == "17"


def test_what_is_kept_is_shown() -> None:
    table = _table(_of([[0, 1, 2]] * 5, [[1e9, 1.1e9, 1.2e9]] * 5))
    splits = split_rows(table, SplitSettings(method="last"), None, 0)
    record = inspect_table(table, splits, users="user").to_json()["interactions"]
    facts = dict(shown.facts(record))
    assert facts["users"] == "5"
    assert facts["time"] == "2001-09-09 to 2008-01-10"
    assert "100.00%" in facts["density"]
    chart = shown.long_tail(record)
    assert chart is not None
    assert len(chart.lines[0].points) == len(record["curve"])

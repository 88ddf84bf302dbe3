"""How interactions are divided: the future never trains the past, and nobody who is held out is learnt from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepwright.config.settings import DataSettings, SplitSettings
from deepwright.data.interactions.splitting import METHODS
from deepwright.data.reading import read_table
from deepwright.data.splits import Splits, split_rows
from deepwright.data.table import Table
from deepwright.errors import ConfigError, DataError

USERS = 60


def world(folder: Path, method: str = "auto", times: bool = True) -> Table:
    """Users with 1 to 12 interactions at different times."""
    rng = np.random.default_rng(4)
    lines = [
        f"u{user},{item}" + (f",{rng.integers(10**6)}" if times else "")
        for user in range(USERS)
        for item in rng.permutation(40)[: 1 + user % 12]
    ]
    path = folder / "a.csv"
    path.write_text("\n".join(["user,item" + ",time" * times, *lines]), encoding="utf-8")
    split = SplitSettings(method=method)  # type: ignore[arg-type]  # one of the known
    return read_table(str(path), DataSettings(ties=0, split=split))


def divided(table: Table, method: str = "auto") -> Splits:
    """Rows of each split."""
    return split_rows(table, SplitSettings(method=method), None, 0)  # type: ignore[arg-type]  # one of the known


@pytest.mark.parametrize("method", METHODS)
def test_a_user_trains_before_it_is_tested(tmp_path: Path, method: str) -> None:
    table = world(tmp_path, method)
    splits = divided(table, method)
    users = table.columns["user"].values.users
    assert len(np.unique(np.concatenate([splits.train, splits.validation, splits.test]))) == sum(
        len(splits[name]) for name in ("train", "validation", "test")
    )
    for user in np.unique(users):
        train, validation, test = (rows[users[rows] == user] for rows in (splits.train, splits.validation, splits.test))
        assert [*train, *validation, *test] == sorted([*train, *validation, *test])
        if method == "users":
            assert sum(len(rows) > 0 for rows in (train, validation, test)) <= 1


def test_the_last_one_of_each_user_is_tested(tmp_path: Path) -> None:
    table = world(tmp_path)
    splits = divided(table)
    users = table.columns["user"].values.users
    counts = np.bincount(users)
    assert splits.method == "last"
    assert np.bincount(users[splits.test], minlength=USERS).tolist() == (counts >= 3).astype(int).tolist()
    assert np.bincount(users[splits.validation], minlength=USERS).tolist() == (counts >= 3).astype(int).tolist()
    ends = np.cumsum(counts) - 1
    assert splits.test.tolist() == ends[counts >= 3].tolist()


def test_by_time_nothing_that_trains_is_newer_than_what_is_tested(tmp_path: Path) -> None:
    table = world(tmp_path, "time")
    splits = divided(table, "time")
    times = table.columns["time"].values
    assert times[splits.train].max() < times[splits.validation].min()
    assert times[splits.validation].max() < times[splits.test].min()
    assert 0.15 < len(splits.test) / len(table) < 0.25


def test_at_random_each_user_is_tested_on_a_share(tmp_path: Path) -> None:
    table = world(tmp_path, "random")
    splits = divided(table, "random")
    users = table.columns["user"].values.users
    counts, tested = np.bincount(users), np.bincount(users[splits.test], minlength=USERS)
    assert (tested[counts == 10] == 2).all()
    assert (tested[counts <= 2] == 0).all()


def test_of_users_that_are_held_out_nothing_trains(tmp_path: Path) -> None:
    table = world(tmp_path, "users")
    splits = divided(table, "users")
    users = table.columns["user"].values.users
    held_out = set(users[splits.test]) | set(users[splits.validation])
    assert held_out
    assert held_out.isdisjoint(users[splits.train])
    assert len(splits.train) + len(splits.validation) + len(splits.test) < len(table)


def test_what_does_not_divide_interactions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not divide interactions"):
        divided(world(tmp_path), "stratified")
    with pytest.raises(ConfigError, match="no column says when"):
        divided(world(tmp_path, times=False), "time")


def test_too_few_interactions_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("user,item\n1,a\n1,b\n2,a\n2,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="needs at least 3"):
        divided(read_table(str(tmp_path / "b.csv"), DataSettings(ties=0)))

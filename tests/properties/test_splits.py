"""Whatever the data and the shares are, every row is in exactly one split, and what a method promises holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from deepwright.config.settings import SplitSettings
from deepwright.data.splits import Splits, split_rows
from deepwright.data.table import Column, Table
from deepwright.errors import DataError

SPLITS = ("train", "validation", "test")
SEEDS = st.integers(0, 2**32 - 1)
SHARES = st.floats(0.05, 0.45)
LABELS = st.lists(st.integers(0, 6), min_size=30, max_size=200).map(np.array)


def split(
    columns: dict[str, Any], seed: int, given_rows: Any = None, target: str | None = "label", **settings: Any
) -> Splits:
    """The splits, where there are enough rows for them."""
    kinds = {name: Column("category", np.asarray(values)) for name, values in columns.items()}
    strata = None if target is None else kinds[target].values
    try:
        return split_rows(Table(kinds, "here", given_rows or {}), SplitSettings(**settings), strata, seed)
    except DataError as error:
        assume("few" not in str(error) and "at least three groups" not in str(error))
        raise


def in_one_split_each(splits: Splits, num_rows: int) -> bool:
    return sorted(np.concatenate([splits[name] for name in SPLITS]).tolist()) == list(range(num_rows))


@given(LABELS, SHARES, SHARES, SEEDS)
def test_stratified_splits_keep_the_share_of_every_class(
    labels: Any, validation: float, test: float, seed: int
) -> None:
    splits = split({"label": labels}, seed, validation=validation, test=test)
    assert in_one_split_each(splits, len(labels))
    for label in np.unique(labels):
        count = int((labels == label).sum())
        found = {name: int((labels[splits[name]] == label).sum()) for name in SPLITS}
        assert found["train"] >= 1
        assert found["test"] <= np.ceil(count * test)
        # The second cut is a share of what the first one left, so that both roundings count.
        assert found["validation"] <= np.ceil(count * validation / (1 - test) + 1)
        if count * (1 - test) >= 2:
            assert found["test"] >= np.floor(count * test)


@given(LABELS, SHARES, SHARES, SEEDS)
def test_the_same_seed_gives_the_same_splits(labels: Any, validation: float, test: float, seed: int) -> None:
    first, second = (split({"label": labels}, seed, validation=validation, test=test) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in SPLITS)


@given(st.integers(12, 300), SHARES, SHARES, SEEDS)
def test_random_splits_have_the_sizes_that_were_asked_for(
    num_rows: int, validation: float, test: float, seed: int
) -> None:
    splits = split({"label": np.zeros(num_rows)}, seed, target=None, validation=validation, test=test)
    assert in_one_split_each(splits, num_rows)
    assert abs(len(splits.test) - num_rows * test) <= 0.5 + 1e-9
    assert abs(len(splits.validation) - num_rows * validation) <= 1.5


@given(
    st.lists(st.integers(0, 12), max_size=200).map(lambda groups: np.array([3, *groups, 1, 2])), SHARES, SHARES, SEEDS
)
def test_groups_stay_whole(groups: Any, validation: float, test: float, seed: int) -> None:
    splits = split({"label": groups, "group": groups}, seed, group="group", validation=validation, test=test)
    assert in_one_split_each(splits, len(groups))
    parts = [set(groups[splits[name]].tolist()) for name in SPLITS]
    assert sum(map(len, parts)) == len(np.unique(groups))


@given(st.lists(st.integers(-50, 1050), min_size=12, max_size=200).map(np.array), SHARES, SHARES, SEEDS)
def test_time_never_runs_backwards(moments: Any, validation: float, test: float, seed: int) -> None:
    columns = {"label": moments, "moment": moments.astype(str)}
    splits = split(columns, seed, time="moment", validation=validation, test=test)
    assert in_one_split_each(splits, len(moments))
    assert moments[splits.train].max() <= moments[splits.validation].min()
    assert moments[splits.validation].max() <= moments[splits.test].min()


@given(LABELS, st.data(), SHARES, SHARES, SEEDS)
def test_given_splits_are_never_mixed(
    labels: Any, data: st.DataObject, validation: float, test: float, seed: int
) -> None:
    parts = np.array(data.draw(st.lists(st.sampled_from(SPLITS), min_size=len(labels), max_size=len(labels))))
    rows = {name: np.flatnonzero(parts == name) for name in SPLITS if (parts == name).any()}
    assume("train" in rows)
    splits = split({"label": labels}, seed, rows, validation=validation, test=test)
    assert in_one_split_each(splits, len(labels))
    for name in ("validation", "test"):
        if name in rows:
            assert splits[name].tolist() == rows[name].tolist()
        assert set(splits[name].tolist()) <= set(rows.get(name, rows["train"]).tolist())

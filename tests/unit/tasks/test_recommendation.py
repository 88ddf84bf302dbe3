"""What is learnt from and what is judged of users, and that nothing seen is recommended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from deepwright.config.settings import DataSettings, SplitSettings
from deepwright.contracts import RANKED, TOP, Batch, IntArray
from deepwright.data.reading import read_table
from deepwright.data.splits import split_rows
from deepwright.data.table import Table
from deepwright.tasks.rating import Rating
from deepwright.tasks.recommendation import Recommendation, informed, ranked

ROLES = {"user": "user", "label": "item", "rating": "rating"}


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Five users with four to eight items each."""
    lines = [f"u{user},i{(user + 2 * n) % 11},{n % 5 + 1}" for user in range(5) for n in range(4 + user)]
    (tmp_path / "r.csv").write_text("\n".join(["user,item,rating", *lines]), encoding="utf-8")
    return read_table(str(tmp_path / "r.csv"), DataSettings(ties="file"))


def task_of(table: Table, rows: IntArray) -> Recommendation:
    """The task of some rows."""
    task = Recommendation(ROLES)
    task.fit(table.take(rows))
    return task


def test_whole_histories_are_learnt_from(table: Table) -> None:
    splits = split_rows(table, SplitSettings(), None, 0)
    task = task_of(table, splits.train)
    examples = task.examples(table.take(splits.train), "learn")
    assert task.num_examples(99) == len(examples) == 5
    assert examples.targets is None
    assert examples.stored.lengths.tolist() == [2, 3, 4, 5, 6]
    items, users = examples.batch(torch.arange(5)).inputs
    assert users.tolist() == [1, 2, 3, 4, 5]
    names = task.inputs.spec.items
    assert [names[number - 1] for number in items[0].tolist() if number] == ["i0", "i2"]


def test_what_stood_before_is_the_history_of_what_is_judged(table: Table) -> None:
    splits = split_rows(table, SplitSettings(), None, 0)
    task = task_of(table, splits.train)
    examples = task.examples(table.take(splits.test))
    assert examples.stored.lengths.tolist() == [3, 4, 5, 6, 7]  # with what validates
    assert examples.targets is not None
    assert examples.targets.shape == (5, 1)
    several = task.examples(table.take(np.sort(np.concatenate([splits.validation, splits.test]))))
    assert several.targets is not None
    assert several.targets.shape == (5, 2)
    assert several.stored.lengths.tolist() == [2, 3, 4, 5, 6]
    assert several.rows.tolist() == [0, 2, 4, 6, 8]


def test_nothing_seen_and_no_empty_place_is_recommended() -> None:
    scores = torch.arange(8.0).flip(0)[None].repeat(2, 1)
    histories = torch.tensor([[1, 3, 0], [0, 0, 0]])
    assert ranked(scores, histories, 4).tolist() == [[2, 4, 5, 6], [1, 2, 3, 4]]
    assert ranked(scores, histories, 9).tolist()[0] == [2, 4, 5, 6, 7, 0, 0, 0, 0]


def test_where_nothing_can_be_told_the_most_taken_come_first() -> None:
    counts = np.array([0, 1, 3, 2])
    scores = torch.tensor([[9.0, 0, 0, 0], [0.0, 1, 0, 0]])
    found = informed(scores, counts)
    assert found.tolist() == [[0, 1, 3, 2], [0, 1, 0, 0]]
    assert ranked(found, torch.zeros(2, 1, dtype=torch.int64), 3).tolist()[0] == [2, 3, 1]
    assert ranked(found, torch.zeros(2, 1, dtype=torch.int64), 1).tolist()[1] == [1]


def test_what_is_kept_of_a_ranking(table: Table) -> None:
    rows = np.arange(len(table))
    task = task_of(table, rows)
    examples = task.examples(table.take(rows[-8:]))
    batch = examples.batch(torch.arange(1))
    outputs = torch.zeros(1, 1 + task.inputs.spec.num_items)
    outputs[0, 3] = 1.0
    judged = task.judged(outputs, batch)
    assert judged.shape == (1, len(RANKED))
    assert judged[0, 0] == 3
    assert judged[0, TOP] == task.inputs.counts[3]
    assert judged[0, RANKED.index("history")] == 0
    assert examples.targets is not None
    made = task.predictions(judged, examples.targets, np.zeros(1, np.int64))
    assert made.answers == "items"
    assert made.catalogue is not None
    assert made.catalogue[3] == task.inputs.spec.items[2]


def test_loss_and_score_of_what_was_taken(table: Table) -> None:
    task = task_of(table, np.arange(len(table)))
    outputs = torch.zeros(2, 1 + task.inputs.spec.num_items)
    outputs[0, 2] = 5.0
    inputs = torch.zeros(2, 1, dtype=torch.int64), torch.zeros(2, dtype=torch.int64)
    batch = Batch(inputs, torch.tensor([[2, -1], [0, -1]]), torch.arange(2))
    losses = task.losses(outputs, batch)
    count = task.inputs.spec.num_items
    assert losses[0] == pytest.approx(np.log(np.exp(5) + count - 1) - 5, rel=1e-5)
    assert losses[1] == 0
    assert task.scores(outputs, batch).tolist() == [1.0, 0.0]


def test_ratings_are_learnt_where_they_are_asked_for(table: Table) -> None:
    assert Rating.roles(table, {}) is None
    assert Rating.roles(table, {}, asked=True) == {"user": "user", "item": "item", "label": "rating"}
    assert Recommendation.roles(table, {}) == ROLES
    assert Recommendation.roles(table, {"user": "user", "label": "item"}) == ROLES
    assert Rating.roles(table, {"user": "user", "item": "item", "label": "rating"}, asked=True) == {
        "user": "user",
        "item": "item",
        "label": "rating",
    }

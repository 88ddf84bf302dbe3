"""Recommendations by what was known of users and items: groups that leave nobody out, and are counted rightly."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import RANKED, TOP, Predictions
from deepwright.measurements import Claim
from deepwright.validation.evaluation import measure_all
from deepwright.validation.recommended import OF_HISTORIES, OF_ITEMS, about_recommended
from deepwright.validation.storage import read_predictions, write_predictions

SETTINGS = ValidationSettings(resamples=50)
NUM_ITEMS = 40
CLAIM = Claim("ndcg", "ndcg", {"k": 10}, compared=True)


def predictor(counts: list[int]) -> Any:
    inputs = SimpleNamespace(counts=np.array([0, *counts]))
    task = SimpleNamespace(inputs=inputs, claims=lambda _temperature: [CLAIM])
    return SimpleNamespace(task=task, member=SimpleNamespace(name="ease"), temperature=1.0)


def predictions(targets: list[list[int]], lengths: list[int], first: list[int] | None = None) -> Predictions:
    """Users with a history of some length, to whom the items from one on are recommended."""
    most = max(map(len, targets))
    padded = np.array([[*items, *[-1] * (most - len(items))] for items in targets])
    starts = np.array(first or [1] * len(targets))
    items = (starts[:, None] - 1 + np.arange(TOP)) % NUM_ITEMS + 1
    rest = np.stack([np.array(lengths, float), np.zeros(len(lengths))], 1)
    outputs = np.concatenate([items, np.zeros(items.shape), rest], 1).astype(float)
    names = np.array(["", *(f"i{number}" for number in range(1, NUM_ITEMS + 1))], object)
    return Predictions(np.arange(len(targets)), padded, outputs, RANKED, catalogue=names)


def groups(made: Predictions, counts: list[int], kind: str) -> list[Any]:
    return [r for r in about_recommended(predictor(counts), made, SETTINGS, 0) if f"/{kind}/" in r.name]


def test_each_user_is_in_one_group_by_the_history_and_the_unknown_are_apart() -> None:
    lengths = [0, 0, *range(1, 39)]
    found = groups(predictions([[1]] * 40, lengths), [1] * NUM_ITEMS, OF_HISTORIES)
    assert [record.n for record in found] == [2, 10, 9, 10, 9] or sum(r.n for r in found) == 40
    assert found[0].arguments[OF_HISTORIES] == [0, 0]
    assert found[1].arguments[OF_HISTORIES][0] == 1
    assert found[-1].arguments[OF_HISTORIES][1] == 38
    assert all(record.value == 1 for record in found), "the first item is found by everybody"


def test_users_of_one_length_are_no_groups() -> None:
    assert not groups(predictions([[1], [2], [3]], [5, 5, 5]), [1] * NUM_ITEMS, OF_HISTORIES)


def test_items_are_grouped_by_how_often_they_were_learnt_from_and_the_new_ones_are_apart() -> None:
    counts = [100] * 10 + [1] * 29 + [0]
    made = predictions([[1], [2], [30], [31], [0], [40]], [3] * 6)
    found = {tuple(r.arguments[OF_ITEMS]): r for r in groups(made, counts, OF_ITEMS)}
    assert set(found) == {(0, 0), (1, 1), (100, 100)}
    assert (found[0, 0].n, found[0, 0].value) == (2, 0.0)
    assert (found[1, 1].n, found[1, 1].value) == (2, 0.0)
    assert found[100, 100].value == pytest.approx((1 + 1 / np.log2(3)) / 2)


def test_of_several_items_each_counts_in_its_group() -> None:
    counts = [100] * 10 + [1] * 30
    found = {tuple(r.arguments[OF_ITEMS]): r for r in groups(predictions([[1, 30], [35]], [3, 3]), counts, OF_ITEMS)}
    assert found[100, 100].n == 1
    assert found[100, 100].value == 1, "that the rare one is missed is no fault here"
    assert found[1, 1].n == 2


def test_no_hit_at_all_is_no_certainty() -> None:
    """Of a few users, the share that is found is not surely 0."""
    made = predictions([[39]] * 30, [3] * 30)
    records = measure_all("ease", {"ease": [CLAIM]}, {("ease", "test"): made}, SETTINGS, 0)
    (record,) = [r for r in records if r.name == "ndcg"]
    assert record.interval is not None
    assert record.interval[0] == 0
    assert 0.05 < record.interval[1] < 0.25


def test_what_is_of_all_users_together_has_no_interval() -> None:
    made = predictions([[1]] * 30, [3] * 30, first=list(range(1, 31)))
    claims = [CLAIM, Claim("coverage", "coverage", {"num_items": NUM_ITEMS}), Claim("gini", "gini", {"num_items": 40})]
    records = measure_all("ease", {"ease": claims}, {("ease", "test"): made}, SETTINGS, 0)
    for record in records:
        assert (record.interval is None) == (record.name in ("coverage", "gini"))
        assert record.value is not None


def test_what_is_written_is_read_again() -> None:
    made = predictions([[1, 0], [2], [3, 4, 5]], [0, 3, 4])
    (again,) = read_predictions(write_predictions({("ease", "test"): made})).values()
    np.testing.assert_array_equal(again.targets, made.targets)
    np.testing.assert_array_equal(again.outputs, made.outputs)
    assert again.catalogue is not None
    assert again.catalogue.tolist() == made.catalogue.tolist()  # type: ignore[union-attr]  # there is one
    assert again.answers == "items"


def test_other_answers_have_no_such_groups() -> None:
    made = Predictions(np.arange(3), np.zeros(3), np.zeros((3, 1)), ("number",))
    assert not list(about_recommended(predictor([1]), made, SETTINGS, 0))


def test_it_can_be_imported_without_torch() -> None:
    code = "import sys, deepwright.validation.recommended; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

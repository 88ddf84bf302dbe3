"""Users and items by number: of the training split, and of what else is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from deepwright.config.settings import DataSettings
from deepwright.data.encoders._rated import RatedEncoder
from deepwright.data.encoders.user import UserEncoder
from deepwright.data.reading import read_table
from deepwright.data.table import Table
from deepwright.errors import DataError

LINES = ["u1,a", "u1,b", "u1,c", "u2,b", "u2,d", "u3,e", "u3,a"]


def table(folder: Path, known: bool = False) -> Table:
    """Three users; of a and of f it is known what they are, and f was taken by nobody."""
    (folder / "r.csv").write_text("\n".join(["user,item", *LINES]), encoding="utf-8")
    (folder / "i.csv").write_text("item,title,kind\na,Apple,x\nf,Fig,x\n", encoding="utf-8")
    return read_table(str(folder / "r.csv"), DataSettings(ties="file", items=str(folder / "i.csv") if known else None))


def fitted(found: Table, rows: list[int]) -> UserEncoder:
    """The encoder of some rows."""
    encoder = UserEncoder()
    encoder.fit(found.columns["user"].take(np.array(rows)))
    return encoder


def test_only_what_trains_has_a_number(tmp_path: Path) -> None:
    found = table(tmp_path)
    encoder = fitted(found, [0, 1, 3])
    assert encoder.spec.items == ("a", "b")
    assert encoder.spec.users == ("u1", "u2")
    assert encoder.counts.tolist() == [0, 1, 2]
    assert encoder.spec.mean_history == 2
    stored = encoder.encode(found.columns["user"].values)
    assert [row.tolist() for row in stored[torch.arange(7)]] == [
        [1, 0, 0],
        [1, 1, 0],
        [1, 1, 2],
        [2, 0, 0],
        [2, 2, 0],
        [0, 0, 0],
        [0, 0, 0],
    ]
    whole = encoder.encode(found.columns["user"].values, including=True)
    assert [row.tolist() for row in whole[torch.tensor([2, 4, 6])]] == [[1, 1, 2], [2, 2, 0], [0, 1, 0]]


def test_what_else_is_known_has_a_number_too(tmp_path: Path) -> None:
    encoder = fitted(table(tmp_path, known=True), [0, 1, 3])
    assert encoder.spec.items == ("a", "b", "f")
    assert encoder.counts.tolist() == [0, 1, 2, 0]
    assert encoder.spec.item_feature_names == ("kind: x",)
    assert encoder.spec.item_features == ((0,), (), (0,))
    assert encoder.titles["f"] == "Fig"


def test_names_in_memory_are_encoded_and_others_left_out(tmp_path: Path) -> None:
    encoder = fitted(table(tmp_path), [0, 1, 3])
    stored = encoder.encode([("u2", ["b", "nothing", "a"]), (None, []), ("u9", ["a"])])
    assert stored[torch.arange(3)].tolist() == [[2, 2, 1], [0, 0, 0], [0, 1, 0]]
    with pytest.raises(DataError, match="a pair of a name and a list"):
        encoder.encode(["u2"])


def test_the_state_gives_the_same_encoder(tmp_path: Path) -> None:
    found = table(tmp_path, known=True)
    encoder = fitted(found, [0, 1, 2, 3, 4])
    same = UserEncoder.from_state(json.loads(json.dumps(encoder.state())))
    assert same.spec == encoder.spec
    assert same.counts.tolist() == encoder.counts.tolist()
    values: Any = found.columns["user"].values
    everything = torch.arange(len(LINES))
    assert torch.equal(same.encode(values)[everything], encoder.encode(values)[everything])


def test_what_was_rated_is_a_pair_of_numbers(tmp_path: Path) -> None:
    found = table(tmp_path)
    encoder = RatedEncoder()
    encoder.fit(found.columns["user"].take(np.array([0, 1, 3])))
    assert encoder.encode(found.columns["user"].values).tolist() == [
        [1, 1],
        [1, 2],
        [1, 0],
        [2, 2],
        [2, 0],
        [0, 0],
        [0, 1],
    ]
    assert encoder.encode([("u1", "b"), ("u7", "a")]).tolist() == [[1, 2], [0, 1]]
    assert RatedEncoder.from_state(encoder.state()).spec == encoder.spec
    with pytest.raises(DataError, match="pairs of a user and an item"):
        encoder.encode(["u1"])

"""What every registered data set keeps to."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from deepwright import registry
from deepwright.config.settings import SplitSettings
from deepwright.data.reading import read_table
from deepwright.data.splits import split_rows
from deepwright.data.table import Table
from deepwright.errors import DataError
from tests.conftest import CHECKOUT
from tests.contracts.documentation import source_problems, title_problems

DATASETS = list(registry.entries("datasets"))
each = pytest.mark.parametrize("name", DATASETS)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data sets that are published elsewhere are read where they are, and never fetched."""
    folder = Path(os.environ.get("DEEPWRIGHT_DATA", CHECKOUT.parent / "shared" / "data"))
    monkeypatch.setenv("DEEPWRIGHT_DATA", str(folder.resolve()))
    monkeypatch.setenv("DEEPWRIGHT_MIRROR", "off")


@cache
def table_of(name: str) -> Table:
    try:
        table: Table = registry.load("datasets", name)()
    except DataError as error:
        if "DEEPWRIGHT_MIRROR=off" in str(error):
            pytest.skip(str(error))
        raise
    return table


@each
def test_it_has_a_title_and_a_source(name: str) -> None:
    assert not title_problems("datasets", name) + source_problems("datasets", name)


@each
def test_it_is_a_table_under_its_own_name(name: str) -> None:
    table = table_of(name)
    assert isinstance(table, Table)
    assert table.source == name
    assert len(table) >= 100


@each
def test_it_is_the_same_by_its_name_and_whenever_it_is_read(
    name: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    sha256 = table_of(name).sha256
    assert read_table(name).sha256 == sha256
    assert read_table(name.replace("_", "-")).sha256 == sha256


@each
def test_its_columns_hold_what_their_kinds_say(name: str) -> None:
    for column_name, column in table_of(name).columns.items():
        values = column.values
        match column.kind:
            case "image":
                assert values.dtype == np.uint8, column_name
                assert values.ndim == 3 or (values.ndim == 4 and values.shape[3] == 3), column_name
            case "number":
                assert np.isfinite(values).all(), column_name
            case "time":
                assert not np.isnat(values).any(), column_name
            case _:
                assert len(values.shape) == 1, column_name
                assert all(isinstance(value, str) for value in values[:100].tolist()), column_name


@each
def test_exactly_one_task_suits_it_and_it_can_be_divided(name: str) -> None:
    table = table_of(name)
    suiting = {
        task: roles for task in registry.entries("tasks") if (roles := registry.load("tasks", task).roles(table, {}))
    }
    assert len(suiting) == 1
    ((task, roles),) = suiting.items()
    splits = split_rows(table, SplitSettings(), registry.load("tasks", task).strata(table, roles), 0)
    assert sum(len(splits[part]) for part in ("train", "validation", "test")) == len(table)

"""A text that is larger than memory: no step of its way holds it, neither as text nor as numbers."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from deepwright.config.settings import DataSettings, SplitSettings
from deepwright.data.files import text_files as files
from deepwright.data.inspection.overview import inspect_table
from deepwright.data.readers import text as text_files
from deepwright.data.reading import read_table
from deepwright.data.splits import split_rows
from deepwright.data.texts import stream
from deepwright.data.texts.stream import Windows
from deepwright.models.language.unigram import Unigram
from deepwright.tasks.language_model import LanguageModel

LINE = "In the {} house on the hill nobody had {} since the winter of {}, not even the cat.\n"
#: Bytes of a text, and of one that is looked at word by word, which takes long while allocations are traced.
SIZE, SMALLER = 12_000_000, 2_000_000
ROLES = {"text": "text"}


@pytest.fixture(autouse=True)
def larger_than_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything as if texts of a megabyte were larger than memory."""
    monkeypatch.setattr(text_files, "_IN_MEMORY", 2**20)
    monkeypatch.setattr(stream, "_IN_MEMORY", 2**20)
    monkeypatch.setattr(files, "_JUDGED", 2**18)
    monkeypatch.setenv("DEEPWRIGHT_CACHE", str(tmp_path / "cache"))


def book(folder: Path, size: int) -> Path:
    """A text of about so many bytes."""
    rng = np.random.default_rng(0)
    lines = [LINE.format(*rng.integers(0, 10_000, 3)) for _line in range(size // 86)]
    (folder / "book.txt").write_text("".join(lines), encoding="utf-8")
    return folder / "book.txt"


@contextmanager
def little(what: str, most: int = 2 * SIZE // 3) -> Iterator[None]:
    """Fails if more bytes are allocated at any time: the text alone would be more, or a byte for each token."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most, f"{what} took {peak:,} bytes"


def test_it_is_read_divided_and_counted_a_part_at_a_time(tmp_path: Path) -> None:
    file = book(tmp_path, SIZE)
    with little("reading"):
        table = read_table(str(file), DataSettings())
    assert sum(len(table.columns["text"].values[row]) for row in range(len(table))) == file.stat().st_size
    with little("hashing"):
        assert len(table.sha256) == 64
    splits = split_rows(table, SplitSettings(), None, 0)
    task = LanguageModel(ROLES, {"tokenizer": "character", "vocab_size": 400, "max_seq_len": 64})
    with little("dividing"):
        task.fit(table.take(splits.train))
        examples = task.examples(table.take(splits.train), "learn")
    assert isinstance(examples, Windows)
    assert examples.stream.dtype == np.uint16
    assert examples.stream._file._rolled  # type: ignore[attr-defined]  # in a file, not in memory
    with little("counting"):
        Unigram(task.inputs.spec, task.outputs.spec).fit(task.examples(table.take(splits.train)))
    with little("learning"):
        torch.manual_seed(0)
        assert examples.batch(torch.randint(len(examples), (32,))).inputs[0].shape == (32, 64)


def test_it_is_inspected_a_part_at_a_time(tmp_path: Path) -> None:
    table = read_table(str(book(tmp_path, SMALLER)), DataSettings())
    splits = split_rows(table, SplitSettings(), None, 0)
    with little("inspecting", SMALLER // 2):
        assert inspect_table(table, splits, text="text").rows == len(table)

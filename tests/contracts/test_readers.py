"""What every registered reader keeps to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepwright import registry
from tests.contracts.documentation import settings_problems, title_problems

READERS = list(registry.entries("readers"))
each = pytest.mark.parametrize("name", READERS)


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "notes").write_text("nothing for anyone")
    (path / "inner").mkdir()


#: Nobody's data.
OTHERS: dict[str, Callable[[Path], Any]] = {
    "a folder": _folder,
    "an empty folder": lambda path: path.mkdir(),
    "an empty file": lambda path: path.touch(),
    "a file of zeros": lambda path: path.write_bytes(bytes(100)),
    "a program": lambda path: path.write_bytes(b"\x7fELF" + bytes(range(256))),
    "a broken link": lambda path: path.symlink_to("nowhere"),
    "nothing": lambda path: None,
}


@each
def test_it_has_a_title_and_its_settings_have_meanings(name: str) -> None:
    assert not title_problems("readers", name) + settings_problems(registry.load("readers", name))


@each
@pytest.mark.parametrize("other", OTHERS)
def test_it_leaves_to_others_what_is_not_its_own(name: str, other: str, tmp_path: Path) -> None:
    OTHERS[other](tmp_path / "thing")
    before = sorted(tmp_path.rglob("*"))
    assert registry.load("readers", name)().matches(tmp_path / "thing") is False
    assert sorted(tmp_path.rglob("*")) == before


@each
def test_it_can_be_made_without_settings_and_read(name: str) -> None:
    reader = registry.load("readers", name)()
    assert callable(reader.matches)
    assert callable(reader.read)

from __future__ import annotations

from pathlib import Path

import pytest

from deepwright.errors import StorageError
from deepwright.paths import expanded, place


def test_a_home_is_what_the_tilde_stands_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expanded("~/a.png") == place("~/a.png", "X") == tmp_path / "a.png"


def test_of_nobody_it_is_a_name_like_others_but_nothing_is_written_there() -> None:
    assert expanded("~draft of mine.png") == Path("~draft of mine.png")
    with pytest.raises(StorageError, match="X is ~nosuchuser/a, but ~nosuchuser has no home folder here"):
        place("~nosuchuser/a", "X")

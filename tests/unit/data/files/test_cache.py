from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deepwright.data.files import cache as caching
from deepwright.data.files.cache import available_memory, cache_folder, free_bytes, in_bytes, made_once, require_space
from deepwright.errors import DataError, StorageError


def load(folder: Path) -> str | None:
    file = folder / "answer"
    return file.read_text() if file.exists() and file.read_text() != "damaged" else None


def make(text: str) -> object:
    return lambda folder: (folder / "answer").write_text(text)


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPWRIGHT_CACHE", "/somewhere")
    assert cache_folder() == Path("/somewhere")
    monkeypatch.delenv("DEEPWRIGHT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("/caches/deepwright")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_folder() == Path("/home/someone/.cache/deepwright")


def test_what_is_there_is_not_made_again(cache: Path) -> None:
    made: list[Path] = []

    def making(folder: Path) -> None:
        made.append(folder)
        (folder / "answer").write_text("42")

    for _ in range(2):
        assert made_once(cache / "kind" / "key", load, making) == "42"
    (fresh,) = made
    assert not fresh.exists(), "it was made elsewhere and moved"
    (cache / "kind" / "key" / "answer").write_text("damaged")
    assert made_once(cache / "kind" / "key", load, making) == "42"
    assert len(made) == 2


@pytest.mark.parametrize("error", [DataError("no"), KeyboardInterrupt()])
def test_what_fails_leaves_nothing(error: BaseException, cache: Path) -> None:
    def failing(folder: Path) -> None:
        (folder / "half").touch()
        raise error

    with pytest.raises(type(error)):
        made_once(cache / "kind" / "key", load, failing)
    assert [path.name for path in (cache / "kind").iterdir() if path.suffix != ".lock"] == []


def test_what_fails_leaves_what_was_there(cache: Path) -> None:
    place = cache / "kind" / "key"
    place.mkdir(parents=True)
    (place / "answer").write_text("damaged")
    with pytest.raises(ZeroDivisionError):
        made_once(place, load, lambda folder: print(1 / 0))
    assert (place / "answer").read_text() == "damaged"


def test_a_place_that_cannot_be_written_is_named(cache: Path) -> None:
    cache.write_text("a file")
    with pytest.raises(StorageError) as caught:
        made_once(cache / "kind" / "key", load, lambda folder: None)
    assert str(caught.value) == (
        f"The cache {cache / 'kind'} cannot be written: Not a directory. Name another folder in DEEPWRIGHT_CACHE."
    )


def test_free_space_is_that_of_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    assert abs(free_bytes(tmp_path / "not" / "yet") - shutil.disk_usage(tmp_path).free) < 2**30


def test_room_is_required_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "free_bytes", lambda folder: 2000)
    require_space(tmp_path, 2000, "Reading this")
    with pytest.raises(DataError) as caught:
        require_space(tmp_path, 2001, "Reading this")
    assert str(caught.value) == (
        f"Reading this needs 2 kB in {tmp_path}, where 2 kB are free. Make room, or name another folder in "
        "DEEPWRIGHT_CACHE."
    )


def test_available_memory_is_what_the_system_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "_MEMORY", tmp_path / "meminfo")
    assert available_memory() is None
    (tmp_path / "meminfo").write_text("MemTotal: 99 kB\nMemAvailable:   2048 kB\n")
    assert available_memory() == 2 * 2**20
    (tmp_path / "meminfo").write_text("nothing")
    assert available_memory() is None


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (7_526_400_000, "7.53 GB"), (84_000_000_000, "84 GB")],
)
def test_bytes_are_said_in_their_unit(count: int, said: str) -> None:
    assert in_bytes(count) == said


def test_the_home_of_nobody_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPWRIGHT_CACHE", "~nosuchuser/cache")
    with pytest.raises(StorageError, match="DEEPWRIGHT_CACHE is ~nosuchuser/cache, but ~nosuchuser has no home folder"):
        cache_folder()

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepwright.data.files import downloading
from deepwright.data.files import published as fetching
from deepwright.data.files.published import Published, data_folder, fetch
from deepwright.errors import DataError, StorageError
from tests.unit.data.mirror import Mirror, serving

FILES = {"one.gz": b"1" * 1000, "two.gz": b"2" * 2000}
SHA256 = {name: hashlib.sha256(body).hexdigest() for name, body in FILES.items()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(downloading, "WAITS", ())
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("DEEPWRIGHT_MIRROR", raising=False)
    monkeypatch.setenv("DEEPWRIGHT_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "toy"


@pytest.fixture
def mirror(folder: Path) -> Iterator[Mirror]:
    with serving() as served:
        served.files.update({f"/public/{name}": body for name, body in FILES.items()})
        yield served


def toy(*mirrors: Mirror) -> Published:
    return Published("toy", SHA256, [f"{mirror.url}/public/" for mirror in mirrors])


def put(folder: Path, names: list[str] | None = None) -> None:
    folder.mkdir(parents=True)
    for name in names or FILES:
        (folder / name).write_bytes(FILES[name])


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != ".lock"}


def test_the_data_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    for name in ("DEEPWRIGHT_DATA", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert data_folder() == Path("/home/ada/.local/share/deepwright/data")
    monkeypatch.setenv("XDG_DATA_HOME", "/data/ada")
    assert data_folder() == Path("/data/ada/deepwright/data")
    monkeypatch.setenv("DEEPWRIGHT_DATA", "~/sets")
    assert data_folder() == Path("/home/ada/sets")


def test_files_are_fetched_once(mirror: Mirror, folder: Path) -> None:
    assert fetch(toy(mirror)) == (folder, [])
    assert contents(folder) == FILES
    assert fetch(toy(mirror)) == (folder, [])
    assert mirror.asked == [("/public/one.gz", None), ("/public/two.gz", None)]


def test_only_what_is_missing_is_fetched(mirror: Mirror, folder: Path) -> None:
    put(folder, ["one.gz"])
    fetch(toy(mirror))
    assert mirror.asked == [("/public/two.gz", None)]


def test_files_that_are_there_need_neither_network_nor_writing(folder: Path) -> None:
    put(folder)
    folder.chmod(0o555)
    try:
        assert fetch(toy()) == (folder, [])
    finally:
        folder.chmod(0o755)
    assert contents(folder) == FILES
    assert not (folder / ".lock").exists()


def test_files_that_are_not_those_published_are_used_and_said(folder: Path) -> None:
    put(folder)
    (folder / "two.gz").write_bytes(b"packed anew")
    assert fetch(toy()) == (
        folder,
        [f"Not the files that were published, by their SHA-256, but used as they are: two.gz in {folder}."],
    )


def test_what_cannot_be_had_can_be_put_there_by_hand(mirror: Mirror, folder: Path) -> None:
    put(folder, ["one.gz"])
    mirror.files.clear()
    with pytest.raises(DataError) as caught:
        fetch(toy(mirror))
    assert str(caught.value) == (
        f"toy is not complete in {folder} and could not be fetched ({mirror.url}/public/two.gz: 404 Not Found). "
        "Put two.gz there by hand, or name in DEEPWRIGHT_DATA the folder that holds toy/."
    )
    assert contents(folder) == {"one.gz": FILES["one.gz"]}


def test_fetching_can_be_forbidden(mirror: Mirror, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPWRIGHT_MIRROR", "off")
    with pytest.raises(DataError, match=r"\(DEEPWRIGHT_MIRROR=off forbids to fetch it\)\. Put one\.gz, two\.gz there"):
        fetch(toy(mirror))
    assert not mirror.asked
    assert not folder.exists()


def test_own_mirrors_take_the_place_of_the_public_ones(
    mirror: Mirror, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as own:
        own.files["/inner/toy/one.gz"] = FILES["one.gz"]
        own.files["/other/toy/two.gz"] = FILES["two.gz"]
        monkeypatch.setenv("DEEPWRIGHT_MIRROR", f"{own.url}/inner/ {own.url}/other")
        fetch(toy(mirror))
    assert contents(folder) == FILES
    assert not mirror.asked
    assert own.times() == {"/inner/toy/one.gz": 1, "/inner/toy/two.gz": 1, "/other/toy/two.gz": 1}


def test_a_folder_that_cannot_be_made_is_named(folder: Path, mirror: Mirror) -> None:
    folder.parent.write_text("a file where the data folder should be")
    with pytest.raises(StorageError) as caught:
        fetch(toy(mirror))
    assert f"toy is to be fetched into {folder}, which cannot be written: Not a directory." in str(caught.value)
    assert "one.gz, two.gz" in str(caught.value)
    assert not mirror.asked


def test_a_file_that_cannot_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder)

    def refuse(file: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(fetching, "sha256_of", refuse)
    with pytest.raises(DataError, match=r"one\.gz cannot be read: Permission denied\."):
        fetch(toy())


def test_several_at_once_fetch_once(mirror: Mirror, folder: Path) -> None:
    threads = [threading.Thread(target=fetch, args=(toy(mirror),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert contents(folder) == FILES
    assert set(mirror.times().values()) == {1}


def test_it_says_what_it_does_and_what_went_wrong(
    mirror: Mirror, folder: Path, logged: list[logging.LogRecord]
) -> None:
    with serving() as empty:
        fetch(toy(empty, mirror))
    messages = [record.getMessage() for record in logged]
    assert messages == [
        f"Fetching one.gz, two.gz into {folder}.",
        f"{empty.url}/public/one.gz: 404 Not Found.",
        f"{empty.url}/public/two.gz: 404 Not Found.",
    ]


def test_no_bar_is_drawn_where_nobody_looks(mirror: Mirror, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fetch(toy(mirror))
    assert capsys.readouterr().out == ""


def test_the_home_of_nobody_is_no_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPWRIGHT_DATA", "~nosuchuser/data")
    with pytest.raises(StorageError, match="DEEPWRIGHT_DATA is ~nosuchuser/data, but ~nosuchuser has no home folder"):
        data_folder()

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepwright.data.files import downloading
from deepwright.data.files.downloading import UnavailableError, download
from deepwright.errors import StorageError
from tests.unit.data.mirror import Mirror, serving

BODY = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    monkeypatch.setattr(downloading, "WAITS", (0.0, 0.0))
    monkeypatch.setenv("no_proxy", "*")
    with serving() as served:
        served.files["/file"] = BODY
        yield served


@pytest.fixture
def second(mirror: Mirror) -> Iterator[Mirror]:
    with serving() as served:
        served.files["/file"] = BODY
        yield served


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


def part_of(file: Path) -> Path:
    return file.with_name("file.part")


def fetch(file: Path, *mirrors: Mirror) -> list[tuple[int, int | None]]:
    """What was shown on the way to the file, which is checked."""
    shown: list[tuple[int, int | None]] = []
    download(file, SHA256, [f"{mirror.url}/file" for mirror in mirrors], lambda *sizes: shown.append(sizes))
    assert file.read_bytes() == BODY
    assert not part_of(file).exists()
    return shown


def refusals(file: Path, *urls: str) -> list[str]:
    """Why each of several URLs did not give the file."""
    with pytest.raises(UnavailableError) as caught:
        download(file, SHA256, urls, lambda *_: None)
    assert not file.exists()
    assert list(caught.value.reasons) == list(urls)
    return list(caught.value.reasons.values())


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def test_a_file_is_fetched_and_its_progress_shown(mirror: Mirror, file: Path) -> None:
    shown = fetch(file, mirror)
    assert mirror.asked == [("/file", None)]
    assert shown[-1] == (len(BODY), len(BODY))
    assert [size for size, _ in shown] == sorted(size for size, _ in shown)


# ------------------------------------------------------------------------------------------------------ resuming


def test_a_download_that_is_cut_goes_on_where_it_was(mirror: Mirror, file: Path) -> None:
    mirror.cut_after = [300_000, 10**9]
    shown = fetch(file, mirror)
    assert mirror.asked == [("/file", None), ("/file", "bytes=300000-")]
    assert shown[-1] == (len(BODY), len(BODY))


def test_a_part_of_an_earlier_process_is_used(mirror: Mirror, file: Path) -> None:
    part_of(file).write_bytes(BODY[:1000])
    fetch(file, mirror)
    assert mirror.asked == [("/file", "bytes=1000-")]


def test_stopping_keeps_what_has_come(mirror: Mirror, file: Path) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(file, SHA256, [f"{mirror.url}/file"], stop)
    had = part_of(file).read_bytes()
    assert had == BODY[: len(had)] != b""
    fetch(file, mirror)
    assert mirror.asked[-1] == ("/file", f"bytes={len(had)}-")


def test_as_long_as_more_comes_it_goes_on(mirror: Mirror, file: Path) -> None:
    mirror.cut_after = [100_000]
    fetch(file, mirror)
    assert len(mirror.asked) == -(-len(BODY) // 100_000)


def test_one_mirror_goes_on_where_another_was_cut(mirror: Mirror, second: Mirror, file: Path) -> None:
    mirror.cut_after = [300_000]
    fetch(file, mirror, second)
    assert (mirror.asked, second.asked) == ([("/file", None)], [("/file", "bytes=300000-")])


def test_a_server_that_knows_no_parts_starts_again(mirror: Mirror, file: Path) -> None:
    mirror.ranges = False
    mirror.cut_after = [300_000, 10**9]
    shown = fetch(file, mirror)
    assert mirror.asked == [("/file", None), ("/file", "bytes=300000-")]
    assert shown[-1] == (len(BODY), len(BODY))


def test_a_server_that_always_cuts_and_knows_no_parts_is_given_up(mirror: Mirror, file: Path) -> None:
    mirror.ranges = False
    mirror.cut_after = [300_000]
    (reason,) = refusals(file, f"{mirror.url}/file")
    assert reason == f"the connection was cut after 300000 of {len(BODY)} bytes"
    assert len(mirror.asked) == 4


def test_a_part_that_is_whole_needs_nothing_more(mirror: Mirror, file: Path) -> None:
    part_of(file).write_bytes(BODY)
    fetch(file, mirror)
    assert mirror.asked == [("/file", f"bytes={len(BODY)}-")]


@pytest.mark.parametrize("junk", [b"x" * 1000, b"x" * len(BODY), b"x" * (len(BODY) + 5)], ids=["less", "same", "more"])
def test_a_part_of_something_else_is_thrown_away(mirror: Mirror, file: Path, junk: bytes) -> None:
    part_of(file).write_bytes(junk)
    fetch(file, mirror)
    assert mirror.asked == [("/file", f"bytes={len(junk)}-"), ("/file", None)]


# ------------------------------------------------------------------------------------------------------- failing


def test_what_is_damaged_is_deleted_and_named(mirror: Mirror, file: Path) -> None:
    mirror.files["/file"] = BODY[:-1] + b"x"
    (reason,) = refusals(file, f"{mirror.url}/file")
    found = hashlib.sha256(mirror.files["/file"]).hexdigest()
    assert reason == f"what came was damaged and is deleted: its SHA-256 is {found[:12]}…, not {SHA256[:12]}…"
    assert not part_of(file).exists()
    assert len(mirror.asked) == 1, "a whole file that is wrong is wrong the next time, too"


def test_a_mirror_with_a_damaged_file_is_followed_by_the_next(mirror: Mirror, second: Mirror, file: Path) -> None:
    mirror.files["/file"] = b"<html>Please log in</html>"
    fetch(file, mirror, second)
    assert second.asked == [("/file", None)]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_mirror_without_the_file_is_followed_by_the_next(
    mirror: Mirror, second: Mirror, file: Path, status: int
) -> None:
    mirror.statuses = [status]
    fetch(file, mirror, second)
    assert (len(mirror.asked), len(second.asked)) == (1, 1)


def test_a_file_that_is_nowhere_is_asked_for_once(mirror: Mirror, file: Path) -> None:
    mirror.files.clear()
    assert refusals(file, f"{mirror.url}/file") == ["404 Not Found"]
    assert len(mirror.asked) == 1
    assert not part_of(file).exists()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_mirror_that_is_busy_is_asked_again(mirror: Mirror, file: Path, status: int) -> None:
    mirror.statuses = [status, status]
    fetch(file, mirror)
    assert len(mirror.asked) == 3


def test_a_mirror_that_stays_busy_is_given_up(mirror: Mirror, file: Path) -> None:
    mirror.statuses = [503] * 10
    assert refusals(file, f"{mirror.url}/file") == ["503 Service Unavailable"]
    assert len(mirror.asked) == 3


def test_between_rounds_in_vain_it_waits(mirror: Mirror, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(downloading, "WAITS", (1.0, 4.0))
    monkeypatch.setattr("deepwright.data.files.downloading.time.sleep", slept.append)
    mirror.statuses = [503] * 10
    refusals(file, f"{mirror.url}/file")
    assert slept == [1.0, 4.0]


def test_a_mirror_that_refuses_is_named_with_its_reason(mirror: Mirror, second: Mirror, file: Path) -> None:
    refusing = f"http://127.0.0.1:{free_port()}/file"
    assert refusals(file, refusing) == ["Connection refused"]
    download(file, SHA256, [refusing, f"{second.url}/file"], lambda *_: None)
    assert file.read_bytes() == BODY


def test_without_a_mirror_there_is_no_file(file: Path) -> None:
    assert refusals(file) == []


def test_trouble_with_the_disk_is_told_from_trouble_with_the_network(mirror: Mirror, file: Path) -> None:
    part_of(file).mkdir()
    with pytest.raises(StorageError, match=r"file\.part could not be written: Is a directory\."):
        download(file, SHA256, [f"{mirror.url}/file"], lambda *_: None)
    assert len(mirror.asked) == 1

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from deepwright import run_directory
from deepwright.errors import RunError, StorageError, UsageError
from deepwright.run_directory import CONFIG, FORMAT, LATEST, MANIFEST, RunDirectory, runs_in, sha256, write_atomically

FILES = {"model.safetensors": b"weights", "explanations/first.json": b'{"a": [1, 2]}'}


def begun(output: Path, name: str = "run") -> RunDirectory:
    run = RunDirectory.create(output, name)
    run.write(CONFIG, b"seed: 0\n")
    return run


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A finished run."""
    directory = begun(tmp_path)
    directory.commit({CONFIG: b"seed: 0\n", **FILES}, {"deepwright": "0.1.0"})
    return directory


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(RunError) as caught:
        ask()
    return str(caught.value)


def complaint(ask: Callable[[], object]) -> str:
    with pytest.raises(StorageError) as caught:
        ask()
    return str(caught.value)


def fail(error: BaseException) -> Callable[..., Any]:
    def failing(*_arguments: Any, **_keywords: Any) -> Any:
        raise error

    return failing


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """A file system of its own, where this process may mount one."""
    folder.mkdir(exist_ok=True)
    command = shutil.which("mount")
    done = command and subprocess.run([command, "-t", "tmpfs", *options, "tmpfs", folder], capture_output=True)
    if not done or done.returncode:
        pytest.skip("needs root and the right to mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


# -------------------------------------------------------------------------------------- writing at once


def test_what_is_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    write_atomically(tmp_path / "deep" / "file", b"new")
    assert files_in(tmp_path) == {"deep/file": b"new"}


def test_a_file_is_written_with_the_permissions_of_the_process(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["write", "fsync", "chmod", "replace"])
@pytest.mark.parametrize("old", [None, b"old"], ids=["no file before", "a file before"])
@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full; free some space and try again"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full; free some space and try again"),
        (OSError("odd"), "odd"),
    ],
    ids=["EIO", "ENOSPC", "EDQUOT", "no number"],
)
def test_a_write_that_fails_leaves_everything_as_it_was(
    name: str, old: bytes | None, error: OSError, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if old is not None:
        (tmp_path / "file").write_bytes(old)
    before = files_in(tmp_path)
    target = {"write": (os, "fdopen"), "fsync": (os, "fsync"), "chmod": (Path, "chmod"), "replace": (Path, "replace")}
    monkeypatch.setattr(*target[name], fail(error))
    message = complaint(lambda: write_atomically(tmp_path / "file", b"new"))
    monkeypatch.undo()
    assert message == f"{tmp_path / 'file'} could not be written: {problem}."
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interrupted_write_leaves_everything_as_it_was(
    interruption: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail(interruption()))
    with pytest.raises(interruption):
        write_atomically(tmp_path / "file", b"new")
    assert files_in(tmp_path) == {"file": b"old"}


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    flush, rename = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        events.append(f"flushed {os.fstat(handle).st_size} bytes")
        flush(handle)

    def replace(self: Path, target: Path) -> Path:
        events.append("renamed")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    write_atomically(tmp_path / "file", bytes(100_000))
    assert events == ["flushed 100000 bytes", "renamed"]


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-o", "size=1m") as disk:
        write_atomically(disk / "file", b"old")
        message = complaint(lambda: write_atomically(disk / "file", bytes(2 * 2**20)))
        assert message == f"{disk / 'file'} could not be written: the disk is full; free some space and try again."
        assert files_in(disk) == {"file": b"old"}
        write_atomically(disk / "file", b"room again")


def test_a_run_on_a_full_disk_stays_unfinished(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-o", "size=1m") as disk:
        directory = begun(disk)
        complaint(lambda: directory.commit({"first": b"1", "second": bytes(2 * 2**20)}, {}))
        assert not directory.finished
        assert files_in(directory.path) == {CONFIG: b"seed: 0\n", "first": b"1"}


def test_a_read_only_disk_is_named(tmp_path: Path) -> None:
    with mounted(tmp_path / "fixed", "-o", "ro") as disk:
        for ask in (
            lambda: write_atomically(disk / "file", b"new"),
            lambda: write_atomically(disk / "deep" / "file", b"new"),
        ):
            assert complaint(ask).endswith("could not be written: Read-only file system.")
        assert complaint(lambda: RunDirectory.create(disk, "run")) == (
            f"{disk} could not be written: Read-only file system."
        )


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write into every folder")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "fixed").mkdir(mode=0o500)
    assert complaint(lambda: RunDirectory.create(tmp_path / "fixed", "run")) == (
        f"{tmp_path / 'fixed'} could not be written: Permission denied."
    )


def test_a_file_where_the_folder_of_runs_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    for output in (tmp_path / "runs", tmp_path / "runs" / "deeper"):
        with pytest.raises(StorageError) as caught:
            RunDirectory.create(output, "run")
        assert str(caught.value).startswith(str(output))


# -------------------------------------------------------------------------------------------- the manifest


def test_the_manifest_names_every_file_with_its_hash(run: RunDirectory) -> None:
    assert run.finished
    record = json.loads((run.path / MANIFEST).read_bytes())
    assert record == {
        "format": FORMAT,
        "deepwright": "0.1.0",
        "files": {name: sha256(data) for name, data in sorted({CONFIG: b"seed: 0\n", **FILES}.items())},
    }
    assert list(record["files"]) == sorted(record["files"])
    assert run.manifest() == record
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_manifest_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory, written = begun(tmp_path), []
    write = run_directory.write_atomically

    def watched(path: Path, data: bytes) -> None:
        written.append(path.name)
        write(path, data)

    monkeypatch.setattr(run_directory, "write_atomically", watched)
    directory.commit({"b": b"", "a": b""}, {})
    assert written == ["b", "a", MANIFEST]


@pytest.mark.parametrize("fails", [0, 1, 2, 3])
def test_a_run_whose_end_fails_is_unfinished(fails: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = begun(tmp_path)
    monkeypatch.setattr(run_directory, "write_atomically", _fails_at(fails))
    with contextlib.suppress(StorageError):
        directory.commit({"a": b"1", "b": b"2", "c": b"3"}, {})
    assert not directory.finished
    assert "is unfinished. Finish it with: deepwright resume" in refusal(directory.manifest)
    assert MANIFEST not in files_in(directory.path)


@pytest.mark.parametrize("fails", [0, 1, 2])
def test_adding_files_that_fails_leaves_a_finished_run_whole(
    fails: int, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run.manifest()
    monkeypatch.setattr(run_directory, "write_atomically", _fails_at(fails))
    complaint(lambda: run.commit({"audits/a.json": b"1", "audits/b.json": b"2"}, {"deepwright": "0.1.0"}))
    monkeypatch.undo()
    assert run.manifest() == before
    run.check()


def _fails_at(number: int) -> Callable[[Path, bytes], None]:
    write, count = run_directory.write_atomically, iter(range(100))

    def failing(path: Path, data: bytes) -> None:
        if next(count) == number:
            raise StorageError("full")
        write(path, data)

    return failing


def test_what_is_added_later_stands_beside_what_was_there(run: RunDirectory) -> None:
    run.commit({"report.html": b"<html>", "model.safetensors": b"others"}, {"deepwright": "0.2.0"})
    assert set(run.manifest()["files"]) == {CONFIG, *FILES, "report.html"}
    assert run.read("model.safetensors") == b"others"
    assert run.read("explanations/first.json") == FILES["explanations/first.json"]
    run.check()


def test_files_are_read_back(run: RunDirectory) -> None:
    assert run.read("model.safetensors") == b"weights"
    assert run.read_json("explanations/first.json") == {"a": [1, 2]}


@pytest.mark.parametrize("change", [b"weightz", b"", b"weights\n"])
def test_a_changed_file_is_named(change: bytes, run: RunDirectory) -> None:
    (run.path / "model.safetensors").write_bytes(change)
    message = (
        f"{run.path / 'model.safetensors'} was changed after the run was written: "
        "its hash is not the one in manifest.json."
    )
    assert refusal(run.check) == message
    assert refusal(lambda: run.read("model.safetensors")) == message
    assert run.read("explanations/first.json") == FILES["explanations/first.json"]


def test_a_missing_file_is_named(run: RunDirectory) -> None:
    (run.path / "model.safetensors").unlink()
    assert refusal(run.check) == f"{run.path / 'model.safetensors'} cannot be read: No such file or directory."


def test_a_file_that_the_manifest_does_not_name_does_not_count(run: RunDirectory) -> None:
    (run.path / "extra.json").write_text("{}")
    run.check()
    assert refusal(lambda: run.read("extra.json")) == f"The run {run.path} has no file extra.json."


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xfe", b"[]", b"3", b"null", b'{"files": {}}', b'{"format": 1}', b'{"format": 1, "files": []}'],
)
def test_a_damaged_manifest_is_named(data: bytes, run: RunDirectory) -> None:
    (run.path / MANIFEST).write_bytes(data)
    message = f"{run.path / MANIFEST} is damaged; the run cannot be trusted."
    for ask in (run.manifest, run.check, lambda: run.read(CONFIG), lambda: RunDirectory.open(run.path)):
        assert refusal(ask) == message


@pytest.mark.parametrize("version", [FORMAT + 1, 99, "2", None, 1.5])
def test_a_run_of_a_newer_format_is_answered_with_what_to_do(version: Any, run: RunDirectory) -> None:
    (run.path / MANIFEST).write_text(json.dumps({"format": version, "files": {}}))
    message = f"The run {run.path} has format {version}; this version reads up to {FORMAT}. Update deepwright."
    assert refusal(lambda: RunDirectory.open(run.path)) == message
    assert refusal(lambda: run.read(CONFIG)) == message


# --------------------------------------------------------------------------------------- opening


def test_an_existing_run_is_opened(run: RunDirectory) -> None:
    assert RunDirectory.open(run.path).path == run.path
    assert RunDirectory.open(str(run.path)).read("model.safetensors") == b"weights"


def test_an_unfinished_run_is_opened_but_cannot_be_read(tmp_path: Path) -> None:
    directory = RunDirectory.open(begun(tmp_path).path)
    assert not directory.finished
    assert refusal(lambda: directory.read(CONFIG)) == (
        f"The run {directory.path} is unfinished. Finish it with: deepwright resume {directory.path}"
    )
    assert directory.draft(CONFIG) == b"seed: 0\n"
    assert directory.draft("checkpoints/last.safetensors") is None


def test_what_is_not_there_is_answered_with_the_list_of_runs(tmp_path: Path) -> None:
    assert refusal(lambda: RunDirectory.open(tmp_path / "run")) == (
        f"There is no run {tmp_path / 'run'}. `deepwright runs` lists the runs here."
    )


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch], ids=["a folder", "a file"])
def test_what_is_no_run_is_answered_with_what_is_missing(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "other")
    assert refusal(lambda: RunDirectory.open(tmp_path / "other")) == (
        f"{tmp_path / 'other'} is not a run: it holds neither manifest.json nor config.yaml."
    )


# -------------------------------------------------------------------------------------- names


def test_a_name_that_is_taken_is_answered_with_what_to_do(tmp_path: Path) -> None:
    path = begun(tmp_path).path
    assert refusal(lambda: RunDirectory.create(tmp_path, "run")) == (
        f"{path} exists. Choose another --name, or go on with: deepwright resume {path}"
    )


def test_a_number_completes_a_name(tmp_path: Path) -> None:
    names = [RunDirectory.create(tmp_path / "deep" / "runs", "digits-mlp-#").path.name for _ in range(3)]
    assert names == ["digits-mlp-1", "digits-mlp-2", "digits-mlp-3"]


def test_the_first_free_number_is_taken(tmp_path: Path) -> None:
    for name in ("x-1", "x-3"):
        RunDirectory.create(tmp_path, name)
    (tmp_path / "x-2").write_text("a file")
    assert [RunDirectory.create(tmp_path, "x-#").path.name for _ in range(2)] == ["x-4", "x-5"]


def test_runs_that_begin_together_have_different_numbers(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: RunDirectory.create(tmp_path, "x-#"), range(40)))
    assert len({run.path for run in runs}) == 40


def test_runs_are_listed_from_the_oldest(tmp_path: Path) -> None:
    for age, name in enumerate(["c", "a", "b"]):
        os.utime(begun(tmp_path, name).path / CONFIG, (1000 + age, 1000 + age))
    RunDirectory(tmp_path / "b").point_latest()
    (tmp_path / "not a run").mkdir()
    (tmp_path / "a file").touch()
    assert [run.path.name for run in runs_in(tmp_path)] == ["c", "a", "b"]


def test_where_there_is_no_folder_there_are_no_runs(tmp_path: Path) -> None:
    assert runs_in(tmp_path / "runs") == []


# ------------------------------------------------------------------------------------------ latest


def test_latest_is_a_link_that_leads_to_the_newest(tmp_path: Path) -> None:
    for name in ("a", "b"):
        begun(tmp_path, name).point_latest()
        assert (tmp_path / LATEST).is_symlink()
        assert RunDirectory.open(tmp_path / LATEST).path == (tmp_path / name).resolve()
    assert (tmp_path / LATEST).readlink() == Path("b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", LATEST]


def test_runs_may_be_moved_together_with_their_latest(tmp_path: Path) -> None:
    begun(tmp_path / "runs", "a").point_latest()
    (tmp_path / "runs").rename(tmp_path / "moved")
    assert RunDirectory.open(tmp_path / "moved" / LATEST).path == (tmp_path / "moved" / "a").resolve()


@pytest.mark.parametrize("before", ["nothing", "a link", "a file"])
def test_where_links_are_not_allowed_latest_is_a_file(
    before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path, "a")
    if before == "a link":
        RunDirectory(tmp_path / "a").point_latest()
    monkeypatch.setattr(Path, "symlink_to", fail(OSError(1314, "A required privilege is not held by the client")))
    if before == "a file":
        RunDirectory(tmp_path / "a").point_latest()
    begun(tmp_path, "b").point_latest()
    assert not (tmp_path / LATEST).is_symlink()
    assert (tmp_path / LATEST).read_text() == "b"
    assert RunDirectory.open(tmp_path / LATEST).path == tmp_path / "b"
    assert [run.path.name for run in runs_in(tmp_path)] == ["a", "b"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", LATEST]


def test_a_link_takes_the_place_of_a_file_again(tmp_path: Path) -> None:
    (tmp_path / LATEST).write_text("gone")
    begun(tmp_path, "a").point_latest()
    assert RunDirectory.open(tmp_path / LATEST).path == (tmp_path / "a").resolve()


@pytest.mark.parametrize("as_link", [True, False], ids=["link", "file"])
def test_latest_of_a_run_that_was_deleted_is_answered(as_link: bool, tmp_path: Path) -> None:
    path = begun(tmp_path, "a").path
    if as_link:
        RunDirectory(path).point_latest()
    else:
        (tmp_path / LATEST).write_text("a")
    shutil.rmtree(path)
    assert refusal(lambda: RunDirectory.open(tmp_path / LATEST)).startswith(f"There is no run {tmp_path / LATEST}.")


@pytest.mark.parametrize("data", [b"", b"a/b", b"\xff", b"."])
def test_latest_that_holds_no_name_is_answered(data: bytes, tmp_path: Path) -> None:
    (tmp_path / LATEST).write_bytes(data)
    assert "is not a run" in refusal(lambda: RunDirectory.open(tmp_path / LATEST))


def test_a_folder_named_latest_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / LATEST).mkdir()
    directory = begun(tmp_path, "a")
    assert str(tmp_path / LATEST) in complaint(directory.point_latest)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", LATEST]


# -------------------------------------------------------------------------------------------- the lock

HOLDER = """
    import sys
    from pathlib import Path
    from deepwright.run_directory import RunDirectory
    with RunDirectory(Path(sys.argv[1])).writing():
        print("held", flush=True)
        sys.stdin.read()
"""


@contextlib.contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its standard input ends."""
    command = [sys.executable, "-c", textwrap.dedent(HOLDER), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_run_that_another_process_writes_is_not_written(tmp_path: Path) -> None:
    directory = begun(tmp_path)
    with held_elsewhere(directory.path) as process:
        assert refusal(directory.writing().__enter__) == (
            f"Another process is writing the run {directory.path}. Wait for it, or stop it first."
        )
        process.communicate("")
    with directory.writing():
        pass


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system with SIGKILL")
def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    directory = begun(tmp_path)
    with held_elsewhere(directory.path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with directory.writing():
            directory.write("file", b"mine")


def test_a_lock_is_freed_where_the_work_fails(tmp_path: Path) -> None:
    directory = begun(tmp_path)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), directory.writing():
            raise ZeroDivisionError


def test_runs_are_locked_one_by_one(tmp_path: Path) -> None:
    with held_elsewhere(begun(tmp_path, "a").path), begun(tmp_path, "b").writing():
        pass


def test_the_lock_is_no_part_of_the_run(run: RunDirectory) -> None:
    with run.writing():
        run.commit({"report.html": b""}, {})
    assert not [name for name in run.manifest()["files"] if "lock" in name]


def test_a_lock_on_a_read_only_disk_is_named(tmp_path: Path) -> None:
    with mounted(tmp_path / "fixed") as disk:
        directory = begun(disk)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(StorageError, match="Read-only file system"), directory.writing():
            pass


@pytest.mark.parametrize(
    "name", ["latest", "Latest", "", ".", "..", "../x", "a/b", "a\\b", "a\0b", "a\nb", "\ud800", "x" * 201, "数" * 67]
)
def test_a_name_that_no_run_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^A run cannot be called .*\. Choose another --name\.$") as caught:
        RunDirectory.create(tmp_path / "runs", name)
    assert len(str(caught.value)) < 200
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["latest2", "数据　一", "a b", ".hidden", "x" * 200])
def test_any_other_name_is_taken(name: str, tmp_path: Path) -> None:
    assert RunDirectory.create(tmp_path, name).path == tmp_path / name


def test_what_is_needed_no_more_is_gone_with_its_folder(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path, "run")
    run.write("scratch/a", b"")
    run.write("scratch/b", b"")
    run.discard("scratch/a")
    assert (tmp_path / "run" / "scratch" / "b").exists()
    run.discard("scratch/b")
    run.discard("scratch/b")
    assert not list((tmp_path / "run").iterdir())


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no device that is always full")
def test_a_device_is_written_to_and_not_replaced() -> None:
    message = complaint(lambda: write_atomically(Path("/dev/full"), b"new"))
    assert "/dev/full" in message
    assert Path("/dev/full").is_char_device()
    write_atomically(Path("/dev/null"), b"new")
    assert Path("/dev/null").is_char_device()

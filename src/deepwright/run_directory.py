"""Run directories: bytes, written at once or not at all, by one writer at a time.

``manifest.json`` names every file with its SHA-256. It is written last and is the commit record: a directory without
one is unfinished, and a file that it does not name does not count. Checkpoints are scratch, never named.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unicodedata import category

from filelock import FileLock, Timeout

from deepwright.errors import RunError, StorageError, UsageError
from deepwright.messages import _
from deepwright.paths import expanded

FORMAT = 1
MANIFEST = "manifest.json"
CONFIG = "config.yaml"
LATEST = "latest"
_LOCK = ".lock"
#: Bytes of a name; file systems take 255, of which a number after it needs some.
_LONGEST = 200
_SHOWN = 40
#: Unicode's categories of control characters and of halves of characters.
_NO_TEXT = ("Cc", "Cs")


class RunDirectory:
    """One run's files.

    Args:
        path: the directory; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, output: Path, name: str) -> RunDirectory:
        """Make a new directory; a name that ends in ``#`` is completed by the first free number.

        Raises:
            UsageError: the name is none that a run can have.
            RunError: the name is taken.
            StorageError: the directory cannot be made.
        """
        check_name(name)
        with _as_storage_error(output):
            output.mkdir(parents=True, exist_ok=True)
            if name.endswith("#"):
                return cls(_first_free(output, name.removesuffix("#")))
            try:
                (output / name).mkdir()
            except FileExistsError:
                raise RunError(
                    _(
                        "{path} exists. Choose another --name, or go on with: deepwright resume {path}",
                        path=output / name,
                    )
                ) from None
        return cls(output / name)

    @classmethod
    def open(cls, path: str | Path) -> RunDirectory:
        """An existing run; ``latest`` is followed.

        Raises:
            RunError: there is no such directory, it is no run, or it is from a newer version.
        """
        run = cls.locate(path)
        if run.finished:
            run.manifest()
        return run

    @classmethod
    def locate(cls, path: str | Path) -> RunDirectory:
        """An existing run, whatever state its manifest is in; ``latest`` is followed.

        Raises:
            RunError: there is no such directory, or it is no run.
        """
        found = _follow(expanded(path))
        if not found.exists():
            raise RunError(_("There is no run {path}. `deepwright runs` lists the runs here.", path=path))
        run = cls(found)
        if not found.is_dir() or not ((found / MANIFEST).exists() or (found / CONFIG).exists()):
            raise RunError(
                _(
                    "{path} is not a run: it holds neither {manifest} nor {config}.",
                    path=path,
                    manifest=MANIFEST,
                    config=CONFIG,
                )
            )
        return run

    @property
    def finished(self) -> bool:
        """Whether the manifest was written."""
        return (self.path / MANIFEST).exists()

    def manifest(self) -> dict[str, Any]:
        """The commit record.

        Raises:
            RunError: it is missing, damaged, or from a newer version.
        """
        try:
            record: dict[str, Any] = json.loads((self.path / MANIFEST).read_bytes())
            version, files = record["format"], record["files"]
        except FileNotFoundError:
            raise RunError(
                _("The run {path} is unfinished. Finish it with: deepwright resume {path}", path=self.path)
            ) from None
        except (ValueError, KeyError, TypeError):
            raise RunError(_("{file} is damaged; the run cannot be trusted.", file=self.path / MANIFEST)) from None
        if not isinstance(version, int) or version > FORMAT:
            raise RunError(
                _(
                    "The run {path} has format {found}; this version reads up to {known}. Update deepwright.",
                    path=self.path,
                    found=version,
                    known=FORMAT,
                )
            )
        if not isinstance(files, dict):
            raise RunError(_("{file} is damaged; the run cannot be trusted.", file=self.path / MANIFEST))
        return record

    def read(self, name: str) -> bytes:
        """One file of a finished run, checked against the manifest.

        Raises:
            RunError: the file is missing, not named by the manifest, or not the one it names.
        """
        expected = self.manifest()["files"].get(name)
        if expected is None:
            raise RunError(_("The run {path} has no file {name}.", path=self.path, name=name))
        try:
            data = (self.path / name).read_bytes()
        except OSError as error:
            raise RunError(
                _("{file} cannot be read: {problem}.", file=self.path / name, problem=error.strerror)
            ) from None
        if sha256(data) != expected:
            raise RunError(
                _(
                    "{file} was changed after the run was written: its hash is not the one in {manifest}.",
                    file=self.path / name,
                    manifest=MANIFEST,
                )
            )
        return data

    def read_json(self, name: str) -> Any:
        """One JSON file of a finished run, checked against the manifest."""
        return json.loads(self.read(name))

    def check(self) -> None:
        """Compare every file with the manifest.

        Raises:
            RunError: a file is missing or was changed; the first one is named.
        """
        for name in self.manifest()["files"]:
            self.read(name)

    def draft(self, name: str) -> bytes | None:
        """A file of a run that is not finished, or None if it is not there yet."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write one file at once or not at all.

        Raises:
            StorageError: it cannot be written; what was there before is still there.
        """
        write_atomically(self.path / name, data)

    def discard(self, name: str) -> None:
        """Remove a file that is needed no more, where there is one, and its folder if nothing else is in it."""
        path = self.path / name
        with contextlib.suppress(OSError):  # it does not count, since the manifest does not name it
            path.unlink(missing_ok=True)
            path.parent.rmdir()

    def commit(self, files: Mapping[str, bytes], about: Mapping[str, Any]) -> None:
        """Write files and then the manifest that names them, together with those it named before."""
        known: dict[str, str] = self.manifest()["files"] if self.finished else {}
        for name, data in files.items():
            self.write(name, data)
            known[name] = sha256(data)
        self.write(MANIFEST, manifest_bytes({"format": FORMAT, **about, "files": dict(sorted(known.items()))}))

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the run's lock; the system frees it when the process ends, however it ends.

        Raises:
            RunError: another process holds it.
        """
        lock = FileLock(self.path / _LOCK)
        try:
            with _as_storage_error(self.path):
                lock.acquire(timeout=0)
        except Timeout:
            raise RunError(
                _("Another process is writing the run {path}. Wait for it, or stop it first.", path=self.path)
            ) from None
        try:
            yield
        finally:
            lock.release()

    def point_latest(self) -> None:
        """Let ``latest`` beside the run lead to it: a link, or a file with its name where links are not allowed."""
        link = self.path.parent / LATEST
        temporary = link.with_name(f".{LATEST}-{os.getpid()}")
        try:
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(self.path.name, target_is_directory=True)
            temporary.replace(link)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            write_atomically(link, self.path.name.encode())


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a run's directory.

    Raises:
        UsageError: it is no name of one directory, or it has another meaning here.
    """
    if name.casefold() == LATEST:
        problem = _("it always leads to the run that began last")
    elif name in ("", ".", "..") or any(sign in "/\\" or category(sign) in _NO_TEXT for sign in name):
        problem = _("it has to be the name of one directory, without / and without control characters")
    elif len(os.fsencode(name)) > _LONGEST:
        problem = _("it is longer than the {most} bytes that a name may have", most=_LONGEST)
    else:
        return
    raise UsageError(
        _("A run cannot be called {name}: {problem}. Choose another --name.", name=_shortened(name), problem=problem)
    )


def runs_in(output: Path) -> list[RunDirectory]:
    """The runs in a folder, oldest first."""
    if not output.is_dir():
        return []
    folders = [
        path for path in output.iterdir() if path.is_dir() and not path.is_symlink() and (path / CONFIG).exists()
    ]
    return [
        RunDirectory(path) for path in sorted(folders, key=lambda path: ((path / CONFIG).stat().st_mtime, path.name))
    ]


def manifest_bytes(record: Mapping[str, Any]) -> bytes:
    """The bytes of a ``manifest.json``: one record has one form, so that no byte of it changes unseen."""
    return json.dumps(record, ensure_ascii=False, indent=1).encode()


def sha256(data: bytes) -> str:
    """The hash of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write_atomically(path: Path, data: bytes) -> None:
    """Write a temporary file beside the path, flush it to the disk, and rename it; a device or a pipe is written to.

    Raises:
        StorageError: it cannot be written; the temporary file is gone and the path is as it was.
    """
    with _as_storage_error(path):
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


@contextlib.contextmanager
def _as_storage_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, Timeout):
            raise
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
            problem = _("the disk is full; free some space and try again")
        else:
            problem = str(error.strerror or error)
        raise StorageError(_("{path} could not be written: {problem}.", path=path, problem=problem)) from None


def _first_free(output: Path, stem: str) -> Path:
    for number in range(1, 1_000_000):
        path = output / f"{stem}{number}"
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            return path
    raise RunError(_("{path} holds too many runs.", path=output))


def _follow(path: Path) -> Path:
    if path.name == LATEST and path.is_file() and not path.is_symlink():
        with contextlib.suppress(ValueError):  # it holds no name
            return path.with_name(path.read_text(encoding="utf-8").strip())
    return path.resolve() if path.is_symlink() and path.exists() else path


def _shortened(name: str) -> str:
    return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…")


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current

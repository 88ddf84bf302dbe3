"""Unpacking archives that may be hostile: only files and folders, only below the target, only so much.

A zip file announces the sizes of all members, which is checked before the first is written; a tar file announces them
one by one. What is really unpacked is counted as well.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import IO, Any, NamedTuple

from deepwright.data.files.cache import free_bytes, in_bytes
from deepwright.errors import DataError, DeepwrightError
from deepwright.messages import _

_ALWAYS_ALLOWED, _ALLOWED_RATIO = 2**30, 100
_BLOCK = 2**20
_LONGEST_NAME = 255
#: A tar file ends with this many zeros.
_END = 1024
_OPENERS: dict[bytes, Callable[[Path], Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}


class _Member(NamedTuple):
    """One entry of an archive: a folder has no stream, a refused one has a reason."""

    name: str
    size: int
    stream: IO[bytes] | None
    refusal: str | None


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip file, or a tar file that may be compressed, into an empty folder.

    Raises:
        DataError: it is damaged or encrypted, has a member that is no plain file below the folder, or unpacks to more
            than is plausible or than there is room for.
    """
    limit = _Limit(archive, folder)
    num_files, written = 0, 0
    for member in _members(archive, limit):
        parts = _parts(archive, member)
        if member.stream is None:
            continue
        limit.check(written + member.size)
        try:
            written += _write(folder.joinpath(*parts), member.stream, written, limit)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise _refused(archive, member, _("it takes a file for a folder, or a folder for a file")) from None
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            raise _refused(archive, member, _("no file can have this name")) from None
        num_files += 1
    if not num_files:
        raise DataError(_("{archive} holds no files.", archive=archive))


def _members(archive: Path, limit: _Limit) -> Iterator[_Member]:
    with _as_data_error(archive):
        yield from (_zip if _start(archive).startswith(b"PK") else _tar)(archive, limit)


class _Limit:
    def __init__(self, archive: Path, folder: Path) -> None:
        self.archive = archive
        self.most = max(_ALWAYS_ALLOWED, _ALLOWED_RATIO * archive.stat().st_size)
        self.free = free_bytes(folder)

    def check(self, num_bytes: int) -> None:
        """Refuse so many bytes in all."""
        if num_bytes > self.most:
            raise DataError(
                _(
                    "{archive} unpacks to more than {most}, which is implausible for its size. If it can be trusted, "
                    "unpack it yourself and give the folder.",
                    archive=self.archive,
                    most=in_bytes(self.most),
                )
            )
        if num_bytes > self.free:
            raise DataError(
                _(
                    "{archive} unpacks to more than the {free} that are free. Make room, or name another folder in "
                    "{variable}.",
                    archive=self.archive,
                    free=in_bytes(self.free),
                    variable="DEEPWRIGHT_CACHE",
                )
            )


def _parts(archive: Path, member: _Member) -> tuple[str, ...]:
    """The path of a member, whose separators may be those of any system."""
    path = PureWindowsPath(member.name)
    if path.anchor or ".." in path.parts:
        raise _refused(archive, member, _("its path leads out of the archive"))
    if "\0" in member.name or any(len(os.fsencode(part)) > _LONGEST_NAME for part in path.parts):
        raise _refused(archive, member, _("no file can have this name"))
    if member.refusal:
        raise _refused(archive, member, member.refusal)
    return path.parts


def _refused(archive: Path, member: _Member, reason: str) -> DataError:
    return DataError(
        _(
            "{archive} has the member {name!r}, which is refused: {reason}.",
            archive=archive,
            name=member.name,
            reason=reason,
        )
    )


def _write(file: Path, stream: IO[bytes], before: int, limit: _Limit) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with file.open("wb") as target:
        while block := _block(stream, limit.archive):
            written += len(block)
            limit.check(before + written)
            target.write(block)
    return written


def _block(stream: IO[bytes], archive: Path) -> bytes:
    with _as_data_error(archive):
        return stream.read(_BLOCK)


# ----------------------------------------------------------------------------------------------------- zip


def _zip(archive: Path, limit: _Limit) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as opened:
        infos = opened.infolist()
        limit.check(sum(info.file_size for info in infos))
        for info, name in zip(infos, _names(infos), strict=True):
            if info.flag_bits & 1:
                raise DataError(
                    _("{archive} is encrypted; unpack it with its password and give the folder.", archive=archive)
                )
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                yield _Member(name, 0, None, _("it is neither a file nor a folder"))
            elif name.endswith(("/", "\\")):
                yield _Member(name, 0, None, None)
            else:
                with opened.open(info) as stream:
                    yield _Member(name, info.file_size, stream, None)


def _names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Names as they were meant: without a flag that says UTF-8, they are in the encoding of another system.

    One encoding is taken for all: UTF-8 (macOS), GB18030 (Chinese Windows), or the IBM code page of the standard.
    """
    raw = [info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437") for info in infos]
    for encoding in ("utf-8", "gb18030"):
        try:
            return [
                name.decode("utf-8" if info.flag_bits & 0x800 else encoding)
                for name, info in zip(raw, infos, strict=True)
            ]
        except UnicodeDecodeError:
            continue
    return [info.orig_filename for info in infos]


# ----------------------------------------------------------------------------------------------------- tar


def _tar(archive: Path, limit: _Limit) -> Iterator[_Member]:
    with _opened(archive) as stream:
        counted: Any = _Counted(stream, limit)
        with tarfile.open(fileobj=counted, mode="r|") as opened:
            for info in opened:
                name = info.name
                if info.isdir():
                    yield _Member(name, 0, None, None)
                elif not info.isreg():
                    yield _Member(name, 0, None, _("it is neither a file nor a folder"))
                else:
                    yield _Member(name, info.size, opened.extractfile(info), None)
        while counted.read(_BLOCK):
            pass
        if counted.tail.strip(b"\0") or len(counted.tail) < _END:
            raise EOFError(_("its end is missing"))


def _opened(archive: Path) -> Any:
    start = _start(archive)
    opener = next((opener for magic, opener in _OPENERS.items() if start.startswith(magic)), None)
    return opener(archive) if opener else archive.open("rb")


def _start(archive: Path) -> bytes:
    with archive.open("rb") as stream:
        return stream.read(8)


class _Counted(io.RawIOBase):
    """A stream that refuses to go on beyond the limit and remembers its last bytes."""

    def __init__(self, stream: Any, limit: _Limit) -> None:
        self.stream, self.limit = stream, limit
        self.count, self.tail = 0, b""

    def read(self, size: int = -1) -> bytes:
        block: bytes = self.stream.read(size)
        self.count += len(block)
        self.limit.check(self.count)
        self.tail = (self.tail + block)[-_END:]
        return block


@contextmanager
def _as_data_error(archive: Path) -> Iterator[None]:
    try:
        yield
    except DeepwrightError:
        raise
    except Exception as error:  # damaged archives fail in any way
        raise DataError(
            _(
                "{archive} is damaged or incomplete: {problem}. Fetch it again, or unpack it yourself and give the "
                "folder.",
                archive=archive,
                problem=str(error).rstrip(".") or type(error).__name__,
            )
        ) from None

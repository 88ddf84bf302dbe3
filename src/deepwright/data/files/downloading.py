"""One file from the first mirror that has it: continued where it was cut, checked, and only then given its name.

What has come so far is in ``<file>.part`` and stays there when a download is cut or stopped.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from deepwright import __version__
from deepwright.errors import StorageError
from deepwright.messages import _

_log = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 15.0
_PIECE = 2**18
#: Answers of a mirror that may be others a moment later.
_PASSING = (408, 425, 429)
#: Seconds between rounds over the mirrors in which nothing came.
WAITS = (1.0, 4.0)


class UnavailableError(Exception):
    """No mirror gave the file.

    Attributes:
        reasons: why not, by URL.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{url}: {reason}" for url, reason in reasons.items()))
        self.reasons = reasons


def download(file: Path, sha256: str, urls: Sequence[str], show: Callable[[int, int | None], None]) -> None:
    """Fetch a file whose SHA-256 is known from any of several URLs, trying each again as long as that may help.

    Args:
        file: where it goes; its folder exists.
        sha256: what it must have.
        urls: of the same file.
        show: is told the bytes that are there and, if known, the bytes of the whole.

    Raises:
        UnavailableError: no URL gives the file.
        StorageError: it cannot be written.
    """
    part = file.with_name(f"{file.name}.part")
    left, reasons = list(urls), dict[str, str]()
    waits, furthest = iter(WAITS), size_of(part)
    while left:
        for url in tuple(left):
            if (reason := _attempt(url, part, sha256, left, show)) is None:
                _finish(part, file)
                return
            if reasons.get(url) != reason:
                _log.info(_("{url}: {reason}.", url=url, reason=reason))
            reasons[url] = reason
        if size_of(part) > furthest:
            furthest = size_of(part)
            continue
        wait = next(waits, None)
        if wait is None or not left:
            break
        time.sleep(wait)
    raise UnavailableError(reasons)


def size_of(file: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    return file.stat().st_size if file.exists() else 0


def sha256_of(file: Path) -> str:
    """The hexadecimal SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _attempt(url: str, part: Path, sha256: str, left: list[str], show: Callable[[int, int | None], None]) -> str | None:
    """Why a URL did not give the file, or None if it did; one that never will is taken out of those left."""
    had = size_of(part)
    try:
        _receive(url, part, show)
    except HTTPError as error:
        if error.code < 500 and error.code not in _PASSING:
            left.remove(url)
        return f"{error.code} {error.reason}"
    except (OSError, HTTPException, ValueError) as error:  # ValueError: what is no URL
        return _problem(error)
    if (found := sha256_of(part)) == sha256:
        return None
    part.unlink()
    if not had:
        left.remove(url)
    return _(
        "what came was damaged and is deleted: its SHA-256 is {found}…, not {expected}…",
        found=found[:12],
        expected=sha256[:12],
    )


def _receive(url: str, part: Path, show: Callable[[int, int | None], None]) -> None:
    """Add to the part what is missing from it, or begin anew where the server only sends the whole."""
    size = size_of(part)
    headers = {"User-Agent": f"deepwright/{__version__}", "Accept-Encoding": "identity"}
    request = Request(url, headers={**headers, "Range": f"bytes={size}-"} if size else headers)
    try:
        response = urlopen(request, timeout=_TIMEOUT_SECONDS)
    except HTTPError as error:
        if size and error.code == 416:  # nothing lies beyond what is there
            return
        raise
    with response:
        resumed = response.status == 206
        size = size if resumed else 0
        announced = response.headers.get("Content-Length", "")
        total = size + int(announced) if announced.isdecimal() else None
        with _storing(part):
            stream = part.open("ab" if resumed else "wb")
        with stream:
            while piece := response.read(_PIECE):
                with _storing(part):
                    stream.write(piece)
                    stream.flush()
                size += len(piece)
                show(size, total)
    if total is not None and size < total:
        raise ConnectionError(_("the connection was cut after {size} of {total} bytes", size=size, total=total))


def _problem(error: OSError | HTTPException | ValueError) -> str:
    """The reason of a failure, without the exceptions that it is wrapped in."""
    reason = error.reason if isinstance(error, URLError) else error
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__


def _finish(part: Path, file: Path) -> None:
    with _storing(file):
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(file)


@contextlib.contextmanager
def _storing(file: Path) -> Iterator[None]:
    """Tell trouble with the disk from trouble with the network."""
    try:
        yield
    except OSError as error:
        problem = error.strerror if error.errno != errno.ENOSPC else _("the disk is full")
        raise StorageError(_("{path} could not be written: {problem}.", path=file, problem=problem)) from None

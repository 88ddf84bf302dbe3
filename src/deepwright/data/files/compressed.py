"""One file as bytes, compressed with gzip or not; what is wrong with it is said in one sentence."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from deepwright.errors import DataError
from deepwright.messages import _


@contextmanager
def unpacked(file: Path) -> Iterator[BinaryIO]:
    """The file opened for reading, unpacked on the way if its name ends with ``.gz``.

    Raises:
        DataError: it cannot be read, its compression is damaged, or it does not fit into memory.
    """
    try:
        with gzip.open(file) if file.suffix.casefold() == ".gz" else file.open("rb") as stream:
            yield cast(BinaryIO, stream)
    except (gzip.BadGzipFile, zlib.error):
        raise DataError(
            _("{file} is not a gzip file, or it is damaged; unpack it or fetch it again.", file=file)
        ) from None
    except EOFError:
        raise DataError(_("{file} ends in the middle of its compressed data; fetch it again.", file=file)) from None
    except MemoryError:
        raise DataError(_("{file} is larger than the memory of this machine.", file=file)) from None
    except OSError as error:
        raise DataError(_("{file} cannot be read: {problem}.", file=file, problem=error.strerror)) from None

"""Passages of texts, one after the other: the rows of a table that text files become, read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from deepwright.errors import DataError
from deepwright.messages import _

Places = npt.NDArray[np.int64]
#: Characters of a passage at least and at most, and into how many a text is divided that is long enough.
_LEAST, _MOST, _PASSAGES = 100, 4_000, 200


class Document(Protocol):
    """A text of which parts can be read."""

    def read(self, start: int, end: int) -> str:
        """What is between two places, in whatever unit the document counts."""
        ...


@dataclass(frozen=True)
class HeldText:
    """A text in memory; places are characters."""

    text: str

    def read(self, start: int, end: int) -> str:
        """The characters from one place to another."""
        return self.text[start:end]


@dataclass(frozen=True)
class StoredText:
    """A text in a file; places are bytes."""

    file: Path
    encoding: str

    def read(self, start: int, end: int) -> str:
        """The bytes from one place to another, as text.

        Raises:
            DataError: the file is gone or was changed.
        """
        try:
            with self.file.open("rb", buffering=0) as stream:
                stream.seek(start)
                return str(stream.read(end - start), self.encoding)
        except (OSError, UnicodeDecodeError):
            raise DataError(
                _("{file} was changed or deleted while it was read; start again.", file=self.file)
            ) from None


class Passages:
    """Texts [N], indexed like an array: one is read, several are a view of which nothing is read.

    Args:
        documents: of which they are passages.
        places: [M, 3] of all passages in order: the document, where it begins in it, and where it ends.
        rows: [N] which of them; None takes all.
    """

    dtype = np.dtype(object)

    def __init__(self, documents: Sequence[Document], places: Places, rows: Places | None = None) -> None:
        self._documents, self._places = documents, places
        self.rows: Places = np.arange(len(places)) if rows is None else rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int]:
        """[N]."""
        return (len(self),)

    @property
    def ndim(self) -> int:
        """One dimension."""
        return 1

    @property
    def documents(self) -> Places:
        """[N] the number of the document that each is of."""
        documents: Places = self._places[self.rows, 0]
        return documents

    @property
    def follows(self) -> npt.NDArray[np.bool_]:
        """[N] whether a passage goes on where the one before it in this view ends."""
        same = np.diff(self.documents, prepend=-1) == 0
        going_on: npt.NDArray[np.bool_] = same & (np.diff(self.rows, prepend=-2) == 1)
        return going_on

    def __getitem__(self, rows: Any) -> Any:
        chosen = self.rows[rows]
        if np.ndim(chosen) == 0:
            document, start, end = self._places[chosen].tolist()
            return self._documents[document].read(start, end)
        return Passages(self._documents, self._places, chosen)

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))

    def tolist(self) -> list[str]:
        """All of them, in memory."""
        return list(self)

    def same(self, other: Passages) -> bool:
        """Whether they are the same passages of the same documents."""
        return self._documents is other._documents and np.array_equal(self.rows, other.rows)


def length_of_passages(num_characters: int) -> int:
    """How long passages are: long enough to be of one piece, short enough for intervals to be drawn over many."""
    return max(_LEAST, min(_MOST, num_characters // _PASSAGES))


def cuts(text: str, length: int, last: bool = True) -> Iterator[tuple[int, int]]:
    """Where passages of a text begin and end: after a line, or within one that is longer than two passages.

    Args:
        text: as it is.
        length: of a passage, about, in characters.
        last: whether the text ends here; else what is left for a passage that is not whole is left away.
    """
    start = 0
    while len(text) - start > length + length // 2:
        end = text.rfind("\n", start, start + length) + 1
        if end <= start:
            end = text.find("\n", start + length, start + 2 * length) + 1 or start + length
        yield start, end
        start = end
    if last and start < len(text):
        yield start, len(text)


def held(texts: Sequence[str], length: int | None = None) -> Passages:
    """The passages of texts in memory, each a document.

    Args:
        texts: none of them empty.
        length: of a passage, in characters; None chooses it.
    """
    length = length or length_of_passages(sum(map(len, texts)))
    places = [(number, *cut) for number, text in enumerate(texts) for cut in cuts(text, length)]
    return Passages([HeldText(text) for text in texts], np.array(places, np.int64).reshape(-1, 3))

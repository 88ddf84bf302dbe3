"""Texts to be continued: a file .txt, or a folder of them.

The encoding is detected: UTF-8, UTF-16, GB18030, Big5 or Western European. Each file is a text of its own, divided into
passages of some thousand characters at most, which end with a line where they can; they are in order, so that a text
can be learnt from its beginning and judged by its end. A long text stays in its file and is read as it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepwright.config.settings import DataSettings
from deepwright.data.files.text_files import encoding_of, line_of, notes_on, read_parts, read_text
from deepwright.data.readers._walking import Entry, walk
from deepwright.data.table import Column, Rejected, Table
from deepwright.data.texts.passages import Document, HeldText, Passages, StoredText, cuts, length_of_passages
from deepwright.errors import DataError
from deepwright.messages import _, plural

__all__ = ["TextFiles"]

_SUFFIXES = (".txt", ".text")
#: Texts of more bytes together stay in their files.
_IN_MEMORY = 2**26
#: Notes on single files that are said; of the others, how many there are.
_NOTED = 5


class TextFiles:
    """A file ``.txt``, or a folder in and below which there are such files."""

    def matches(self, source: Path) -> bool:
        """Whether the file is named like a text, or one in the folder is."""
        if source.is_dir():
            return any(is_text(entry.path) for entry in walk(source))
        return is_text(source)

    def read(self, source: Path, settings: DataSettings) -> Table:
        """The table with the column ``text``, a row for each passage.

        Raises:
            DataError: no file can be read as text, or one cannot and ``data.strict`` is set.
        """
        entries = [entry for entry in walk(source) if is_text(entry.path)] if source.is_dir() else [_alone(source)]
        stored = sum(entry.path.stat().st_size for entry in entries) > _IN_MEMORY
        opened = [_open(entry, stored) for entry in entries]
        length = length_of_passages(sum(text.size for text in opened))
        found = [_divide(text, length) for text in opened]
        # Named as they are called below the source, which may be given by another path when the data is verified.
        rejected = [
            Rejected(text.name, text.problem.replace(str(text.file), text.name)) for text in found if text.problem
        ]
        if rejected and (settings.strict or len(rejected) == len(found)):
            raise DataError(rejected[0].reason)
        usable = [text for text in found if not text.problem]
        places = [(number, *cut) for number, text in enumerate(usable) for cut in text.cuts]
        return Table(
            {"text": Column("text", Passages([text.document for text in usable], np.array(places, np.int64)))},
            str(source),
            notes=_notes(usable),
            names=np.array([f"{text.name}:{line}" for text in usable for line in text.lines]),
            rejected=rejected,
        )


def is_text(path: Path) -> bool:
    """Whether a file is named like a text."""
    return path.suffix.casefold() in _SUFFIXES and path.is_file()


class _Text(NamedTuple):
    """A file that was read: where its passages are, and the lines in which they begin; or why it cannot be used."""

    file: Path
    name: str
    document: Document
    size: int
    notes: Sequence[str]
    cuts: Sequence[tuple[int, int]] = ()
    lines: Sequence[int] = ()
    problem: str = ""


def _alone(source: Path) -> Entry:
    return Entry(source, (source.name,))


def _open(entry: Entry, stored: bool) -> _Text:
    """One file, in memory or left where it is; its size is in characters, or in bytes where it is left."""
    path = entry.path
    try:
        if stored:
            encoding, _mark = encoding_of(path)
            document = StoredText(path, encoding)
            return _Text(path, entry.name, document, path.stat().st_size, notes_on(path, encoding))
        found = read_text(path)
        return _Text(path, entry.name, HeldText(found.text), len(found.text), found.notes)
    except DataError as error:
        problem = str(error)
    except OSError as error:
        problem = _("{file} cannot be read: {problem}.", file=path, problem=error.strerror)
    return _Text(path, entry.name, HeldText(""), 0, (), problem=problem)


def _divide(text: _Text, length: int) -> _Text:
    """Where the passages of a file are; a file without any, or of blanks alone, cannot be used."""
    if text.problem:
        return text
    document = text.document
    try:
        where, lines = _held(document, length) if isinstance(document, HeldText) else _stored(document, length)
    except DataError as error:
        return text._replace(problem=str(error))
    if any(document.read(*cut).strip() for cut in where):
        return text._replace(cuts=where, lines=lines)
    return text._replace(problem=_("{file} holds no text: it is empty, or has nothing but blanks.", file=text.file))


def _held(document: HeldText, length: int) -> tuple[list[tuple[int, int]], list[int]]:
    where = list(cuts(document.text, length))
    return where, list(_lines(document.text, where))


def _stored(document: Document, length: int) -> tuple[list[tuple[int, int]], list[int]]:
    """The passages of a file of which a part at a time is in memory."""
    assert isinstance(document, StoredText)
    where: list[tuple[int, int]] = []
    lines: list[int] = []
    line = 1
    for text, start in read_parts(document.file):
        within = list(cuts(text, length))
        lines += [line + before - 1 for before in _lines(text, within)]
        line += line_of(text) - 1
        for begin, end in within:
            size = len(text[begin:end].encode(document.encoding))
            where.append((start, start + size))
            start += size
    return where, lines


def _lines(text: str, where: Sequence[tuple[int, int]]) -> Iterator[int]:
    """The line, from 1, in which each passage begins."""
    line = 1
    for start, end in where:
        yield line
        line += line_of(text[start:end]) - 1


def _notes(texts: Sequence[_Text]) -> list[str]:
    """How the files were read, of very many the first."""
    noted = [note for text in texts for note in text.notes]
    if len(noted) <= _NOTED:
        return noted
    others = plural("{n} other file is not UTF-8 either.", "{n} other files are not UTF-8 either.", len(noted) - _NOTED)
    return [*noted[:_NOTED], others]

"""Text files as text, whatever they were written in: the encoding is detected, strictly, and said.

A byte order mark decides; then zero bytes (UTF-16), then UTF-8 where it fits without an error. What is left is the
encoding in which most characters beyond ASCII are ordinary ones: UTF-8 with damage, GB18030 (of which GBK and GB2312
are parts) or Big5; where none fits, Western European (CP1252). The text is then decoded without tolerance. A few bytes
beyond ASCII can be at home in several encodings: what was not UTF-8 is therefore always said.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from string import ascii_letters
from typing import NamedTuple

from deepwright.data.files.compressed import unpacked
from deepwright.errors import DataError
from deepwright.messages import _

_UTF8, _UTF16_LE, _UTF16_BE, _GB18030, _BIG5, _CP1252 = "utf-8", "utf-16-le", "utf-16-be", "gb18030", "cp950", "cp1252"
_NAMES = {_UTF8: "UTF-8", _UTF16_LE: "UTF-16 LE", _UTF16_BE: "UTF-16 BE", _GB18030: "GB18030", _BIG5: "Big5"}
_MARKS = {codecs.BOM_UTF8: _UTF8, codecs.BOM_UTF16_LE: _UTF16_LE, codecs.BOM_UTF16_BE: _UTF16_BE}
#: Two bytes of punctuation and of the characters in use: GB2312's, Big5's first level.
_ORDINARY = {
    _GB18030: re.compile(rb"[\xa1-\xa3\xb0-\xf7][\xa1-\xfe]"),
    _BIG5: re.compile(rb"[\xa1-\xc6][\x40-\xfe]"),
}
_BEYOND_ASCII = re.compile(r"[A-Za-z]?[^\x00-\x7f]+[A-Za-z]?")
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
#: Bytes of a long file by which its encoding is judged.
_JUDGED = 2**22
#: Runs of characters beyond ASCII that are looked at.
_SAMPLE = 20_000
#: A UTF-16 text has at least this share of zero bytes: those of its commas and line ends.
_FEWEST_ZEROS = 1 / 200
#: Two ASCII characters each, where UTF-8 is read as UTF-16.
_LATIN_PAIRS = re.compile(
    f"[{''.join(f'{chr(high << 8 | 0x20)}-{chr(high << 8 | 0x7E)}' for high in range(0x20, 0x7F))}]+"
)


class DecodedText(NamedTuple):
    """A file's text and what there is to say about it.

    Attributes:
        text: without a byte order mark; line ends are as they were.
        encoding: the name that users know it by.
        notes: a translated sentence if it was not UTF-8.
    """

    text: str
    encoding: str
    notes: tuple[str, ...]


def read_text(file: Path) -> DecodedText:
    """The text of a file, compressed with gzip or not.

    Raises:
        DataError: the file cannot be read, or a byte does not fit the encoding; the message names line and byte.
    """
    data = read_bytes(file)
    encoding, start = _detect(data)
    if encoding not in (_UTF16_LE, _UTF16_BE) and (zero := data.find(0)) >= 0:
        raise DataError(_with_zero(file, data[:zero].decode(encoding, "replace"), zero))
    try:
        text = str(memoryview(data)[start:], encoding)
    except UnicodeDecodeError as error:
        raise DataError(_undecodable(file, data, encoding, start + error.start)) from None
    before, zero_character, _after = text.partition("\0")
    if zero_character:
        raise DataError(_with_zero(file, before, start + len(before.encode(encoding))))
    if encoding == _CP1252 and (control := _CONTROL.search(text)):
        raise DataError(_undecodable(file, data, encoding, control.start()))
    return DecodedText(text, _name(encoding), _notes(file, encoding))


def read_parts(file: Path, num_bytes: int = 2**20) -> Iterator[tuple[str, int]]:
    """The text of a file that is too long to be in memory, a part after the other, each ending with a line if it can.

    Its encoding is judged by its first megabytes; a byte further on that does not fit is an error all the same.

    Args:
        file: not compressed.
        num_bytes: of a part, about.

    Yields:
        The text of a part, and the byte at which it begins.

    Raises:
        DataError: the file cannot be read, or a byte does not fit the encoding; the message names line and byte.
    """
    encoding, place = encoding_of(file)
    line = 1
    with file.open("rb") as stream:
        stream.seek(place)
        rest = b""
        while data := stream.read(num_bytes):
            whole, rest = _whole_lines(rest + data, encoding)
            text = _decoded(file, whole, encoding, place, line)
            if text:
                yield text, place
            place, line = place + len(whole), line + line_of(text) - 1
        if text := _decoded(file, rest, encoding, place, line):
            yield text, place


def encoding_of(file: Path) -> tuple[str, int]:
    """The encoding of a long file, judged by its first megabytes, and the length of its byte order mark."""
    with file.open("rb") as stream:
        beginning = stream.read(_JUDGED)
    for mark, encoding in _MARKS.items():
        if beginning.startswith(mark):
            return encoding, len(mark)
    return _detect(beginning if len(beginning) < _JUDGED else _whole_lines(beginning, _UTF8)[0])


def notes_on(file: Path, encoding: str) -> tuple[str, ...]:
    """A translated sentence if the encoding, as ``encoding_of`` gives it, is not UTF-8."""
    return _notes(file, encoding)


def read_bytes(file: Path) -> bytes:
    """The content of a file, unpacked if its name ends with ``.gz``.

    Raises:
        DataError: it cannot be read, or its compression is damaged.
    """
    with unpacked(file) as stream:
        return stream.read()


def line_of(text: str) -> int:
    """The line, from 1, that follows a text."""
    return 1 + _line_ends(text)


def _detect(data: bytes) -> tuple[str, int]:
    """The encoding and the length of the byte order mark."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return encoding, len(mark)
    if sixteen := _utf16(data):
        return sixteen, 0
    if _decodes(data, _UTF8) is not None:
        return _UTF8, 0
    shares = {encoding: _ordinary_share(data, encoding) for encoding in (_UTF8, _GB18030, _BIG5)}
    best = max(shares, key=lambda encoding: shares[encoding])
    if shares[best] >= 0.5:
        return best, 0
    western = _decodes(data, _CP1252)
    if western is not None and not _CONTROL.search(western):
        return _CP1252, 0
    return (best if shares[best] > 0 and _decodes(data, best) is not None else _CP1252), 0


def _utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: its commas and line ends have a zero byte, and in one order of bytes it has lines."""
    if 0 not in data or data.count(0) < len(data) * _FEWEST_ZEROS:
        return None
    if not data.isascii() and _decodes(data, _UTF8) is not None:
        return None
    lines = {encoding: _num_lines(_decodes(data, encoding) or "") for encoding in (_UTF16_LE, _UTF16_BE)}
    best = max(lines, key=lambda encoding: lines[encoding])
    return best if lines[best] else None


def _num_lines(text: str) -> int:
    """Line ends of a text; none if it holds control characters or is mostly pairs of Latin letters read as one."""
    if _CONTROL.search(text) or 2 * sum(map(len, _LATIN_PAIRS.findall(text))) >= len(text):
        return 0
    return _line_ends(text)


def _line_ends(text: str) -> int:
    """How many there are: line feed, carriage return, or both."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _decodes(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _ordinary_share(data: bytes, encoding: str) -> float:
    """How many of the characters beyond ASCII are in use, at most 1; what does not fit the encoding counts against it.

    A rarer character counts half, but not beside a Latin letter: that is what ``ö`` in ``schön`` looks like.
    """
    text = data.decode(encoding, "replace")
    total, share = 0, 0.0
    for match in islice(_BEYOND_ASCII.finditer(text), _SAMPLE):
        run = match.group()
        characters = run.strip(ascii_letters)
        rarer = 0.5 if characters == run else 0.0
        total += len(characters)
        share += sum(_weight(character, encoding, rarer) for character in characters)
    return share / total if total else 0.0


def _weight(character: str, encoding: str, rarer: float) -> float:
    if character == _REPLACED:
        return -1.0
    if encoding == _UTF8 or _ORDINARY[encoding].fullmatch(character.encode(encoding, "replace")):
        return 1.0
    return rarer


def _whole_lines(data: bytes, encoding: str) -> tuple[bytes, bytes]:
    """What ends with a line, and the rest; of bytes without a line end, all but a character that may be cut."""
    if encoding in (_UTF16_LE, _UTF16_BE):
        end = len(data) - len(data) % 2
        last = data[end - 2 : end]
        high = last[1:] if encoding == _UTF16_LE else last[:1]
        end -= 2 * (len(high) == 1 and 0xD8 <= high[0] < 0xDC)  # the first half of a character
    else:
        end = data.rfind(b"\n") + 1
        if not end and encoding == _UTF8 and len(data) > 4:
            end = next((len(data) - back for back in range(1, 5) if data[-back] & 0xC0 != 0x80), len(data))
    return data[:end], data[end:]


def _decoded(file: Path, data: bytes, encoding: str, place: int, line: int) -> str:
    """A part of a file as text.

    Args:
        file: that it is of.
        data: the part.
        encoding: of the file.
        place: byte of the file at which the part begins.
        line: of the file in which it begins.
    """
    try:
        text = str(data, encoding)
    except UnicodeDecodeError as error:
        where = line + line_of(data[: error.start].decode(encoding, "replace")) - 1
        raise DataError(_damaged(file, encoding, where, data[error.start], place + error.start)) from None
    before, zero, _after = text.partition("\0")
    if zero:
        raise DataError(_zero_byte(file, line + line_of(before) - 1, place + len(before.encode(encoding))))
    return text


def _name(encoding: str) -> str:
    return _NAMES.get(encoding) or _("Western European (CP1252)")


def _notes(file: Path, encoding: str) -> tuple[str, ...]:
    if encoding == _UTF8:
        return ()
    if encoding == _CP1252:
        return (
            _(
                "{file} is not UTF-8; it is read as Western European (CP1252). "
                "If its letters look wrong, save it as UTF-8.",
                file=file.name,
            ),
        )
    return (_("{file} is read as {encoding}; it is not UTF-8.", file=file.name, encoding=_name(encoding)),)


def _with_zero(file: Path, before: str, position: int) -> str:
    return _zero_byte(file, line_of(before), position)


def _zero_byte(file: Path, line: int, position: int) -> str:
    return _(
        "{file}, line {line}: there is a zero byte (at byte {position}); the file is damaged or no text.",
        file=file,
        line=line,
        position=position + 1,
    )


def _undecodable(file: Path, data: bytes, encoding: str, position: int) -> str:
    line = line_of(data[:position].decode(encoding, "replace"))
    return _damaged(file, encoding, line, data[position], position)


def _damaged(file: Path, encoding: str, line: int, byte: int, position: int) -> str:
    place = {"file": file, "line": line, "byte": f"0x{byte:02x}", "position": position + 1}
    if encoding == _CP1252:
        return _(
            "{file}, line {line}: the byte {byte} (at byte {position}) is part of no text in UTF-8, UTF-16, GB18030, "
            "Big5 or CP1252. Save the file as UTF-8.",
            **place,
        )
    return _(
        "{file}, line {line}: the byte {byte} (at byte {position}) does not fit {encoding}, in which the file seems to "
        "be written. It is damaged or of another encoding: save it as UTF-8.",
        **place,
        encoding=_name(encoding),
    )

"""Parallel texts: a folder of files whose lines belong together, such as train.de and train.en.

The ending names the language (de, en, zh-CN, or src and tgt), compressed with gzip (.gz) or not; what the name begins
with says the split: train, val, valid, dev or test. Line n of one file belongs to line n of the other one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepwright.config.settings import DataSettings
from deepwright.contracts import TARGET
from deepwright.data.pairs import NAMES, is_language
from deepwright.data.readers._walking import right_below
from deepwright.data.schema import PARTS, require_column
from deepwright.data.table import Column, Table
from deepwright.data.tabular.columns import Naming, Typed, objects
from deepwright.data.tabular.raw import RawTable
from deepwright.data.tabular.raw_tables import table_from
from deepwright.data.texts.parallel_lines import Lines, lines_of, require_partners
from deepwright.errors import ConfigError, DataError
from deepwright.messages import _, listing

__all__ = ["Parallel"]

_SIDES = frozenset(name for names in NAMES for name in names)
_WORD = re.compile(r"[^\W\d_]*")
_SHOWN = 5


class Parallel:
    """A folder right in which files differ by their language alone."""

    def matches(self, source: Path) -> bool:
        """Whether two files in the folder are called alike but for the language."""
        return source.is_dir() and any(len(sides) > 1 for sides in _texts_in(source).values())

    def read(self, source: Path, settings: DataSettings) -> Table:
        """The table with a column for each of two languages, and the splits that the names of the files give.

        Raises:
            ConfigError: nothing says which language is read and which is written for it, or one is not there.
            DataError: a file has no partner, or not as many lines as it.
        """
        texts = {stem: sides for stem, sides in _texts_in(source).items() if len(sides) > 1}
        pair = _direction(source, list(dict.fromkeys(side for sides in texts.values() for side in sides)), settings)
        parts, left = _parts(list(texts))
        read = {stem: _both(source, stem, texts[stem], pair) for stem in parts}
        notes = [*_said(read, left), *(note for both in read.values() for lines in both for note in lines.notes)]
        columns = {
            side: _typed([line for both in read.values() for line in both[place].lines])
            for place, side in enumerate(pair)
        }
        sizes = [len(both[0].lines) for both in read.values()]
        given = np.repeat(list(parts.values()), sizes) if "train" in parts.values() else None
        raw = RawTable(columns, str(source), _named(list(read), sizes), source, notes, parts=given)
        return table_from(raw, _of_pairs(settings, pair))


def read_files(source: Path, target: Path, settings: DataSettings) -> Table:
    """Two files, each line of the second written for that line of the first.

    Their columns are named by their endings, or source and target.

    Raises:
        ConfigError: a role names a column that is not there.
        DataError: one is no text, or they have not as many lines as each other.
    """
    for path in (source, target):
        if path.is_dir():
            raise DataError(
                _(
                    "{path} is a folder; two parallel texts are two files, such as {example}, or lie in one folder, "
                    "which is then given alone.",
                    path=path,
                    example="corpus.de corpus.en",
                )
            )
    if source.samefile(target):
        raise DataError(_("{path} is given twice; of two parallel texts, each is a file of its own.", path=source))
    sides = [_side(path)[1] for path in (source, target)]
    one, other = sides if all(sides) and sides[0] != sides[1] else ("source", "target")
    read = lines_of(source), lines_of(target)
    require_partners(source, target, *read)
    columns = {one: _typed(read[0].lines), other: _typed(read[1].lines)}
    raw = RawTable(columns, str(source), _by_line, notes=[note for lines in read for note in lines.notes])
    return table_from(raw, _of_pairs(settings, (one, other)))


def is_half_of_pairs(path: Path) -> bool:
    """Whether a file is named like one of two parallel texts, such as ``corpus.de``."""
    return bool(_side(path)[1])


def _side(path: Path) -> tuple[str, str]:
    """A name without its ending, and the ending if it is a language or one of two sides; else empty texts."""
    name = path.name.removesuffix(".gz")
    stem, _dot, ending = name.rpartition(".")
    return (stem, ending) if stem and (is_language(ending) or ending.casefold() in _SIDES) else ("", "")


def _texts_in(folder: Path) -> dict[str, dict[str, Path]]:
    """The files right in a folder by stem and side."""
    found: dict[str, dict[str, Path]] = {}
    for path in right_below(folder)[0]:
        stem, side = _side(path)
        if side:
            found.setdefault(stem, {})[side] = path
    return found


def _direction(source: Path, sides: Sequence[str], settings: DataSettings) -> tuple[str, str]:
    """The side that is read and the one that is written for it."""
    roles = settings.columns
    for role, name in roles.items():
        require_column(sides, role, name, str(source))
    read, written = roles.get("text", roles.get("input")), roles.get(TARGET)
    if len(sides) == 2:
        known = next((pair for pair in NAMES if {*pair} == {side.casefold() for side in sides}), None)
        if known and read is None and written is None:
            first, second = sorted(sides, key=lambda side: known.index(side.casefold()))
            return first, second
        read = read or next((side for side in sides if written is not None and side != written), None)
        written = written or next((side for side in sides if read is not None and side != read), None)
    if read is None or written is None:
        raise ConfigError(
            _(
                "{source} holds parallel texts in {sides}; which one is read, and which is written for it? Say so with "
                "--input {one} --target {other}, or the other way round.",
                source=source,
                sides=listing(sides),
                one=read or next(side for side in sides if side != written),
                other=written or [side for side in sides if side != read][-1],
            )
        )
    if read == written:
        raise ConfigError(
            _("--input and --target both name the column {column!r}; a pair has two columns.", column=read)
        )
    return read, written


def _parts(stems: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The split of each stem, and the stems that are left out because they say none where others do.

    Where none trains, nothing is divided.
    """
    said = {stem: PARTS.get(_first_word(stem), "") for stem in stems}
    if "train" not in said.values():
        return dict.fromkeys(stems, ""), []
    return {stem: part for stem, part in said.items() if part}, [stem for stem, part in said.items() if not part]


def _first_word(stem: str) -> str:
    found = _WORD.match(stem.casefold())
    return found.group() if found else ""


def _both(source: Path, stem: str, sides: Mapping[str, Path], pair: tuple[str, str]) -> tuple[Lines, Lines]:
    for side in pair:
        if side not in sides:
            there = next(iter(sides.values()))
            raise DataError(
                _(
                    "{source}: {file} has no partner {stem}.{side}.",
                    source=source,
                    file=there.name,
                    stem=stem,
                    side=side,
                )
            )
    first, second = (sides[side] for side in pair)
    read = lines_of(first), lines_of(second)
    require_partners(first, second, *read)
    return read


def _said(read: Mapping[str, tuple[Lines, Lines]], left: Sequence[str]) -> list[str]:
    """Which files were read, and which were not."""
    counted = listing(_("{label} ({n})", label=stem, n=f"{len(both[0].lines):,}") for stem, both in read.items())
    notes = [_("Parallel texts, with their lines: {texts}.", texts=counted)]
    if left:
        shown = listing([*left[:_SHOWN], *(["…"] if len(left) > _SHOWN else [])])
        notes.append(_("Left out, since their names begin with no split: {texts}.", texts=shown))
    return notes


def _typed(lines: Sequence[str]) -> Typed:
    """A column of lines."""
    return Typed(Column("text", objects(lines)), np.zeros(len(lines), bool))


def _by_line(row: int) -> str:
    return _("line {line}", line=row + 1)


def _named(stems: Sequence[str], sizes: Sequence[int]) -> Naming:
    """What rows are called whose texts are in several files."""
    ends = np.cumsum(sizes)

    def name(row: int) -> str:
        number = int(np.searchsorted(ends, row, side="right"))
        return f"{stems[number]}:{row - int(ends[number]) + sizes[number] + 1}"

    return name


def _of_pairs(settings: DataSettings, pair: tuple[str, str]) -> DataSettings:
    """The settings with which the two columns are read as pairs, in the order that was given unless roles turn it."""
    one, other = pair
    read, written = settings.columns.get("text", settings.columns.get("input")), settings.columns.get(TARGET)
    roles = settings.columns
    if read is None and written is None:
        roles = {"input": one, TARGET: other}
    return replace(settings, columns=dict(roles), pairs=True)

"""What can be said of data before anything is learnt from it: sizes, balance, rejected files, duplicates, leakage."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from deepwright.data.class_names import counting_order
from deepwright.data.inspection.duplicates import SPLITS, Repeats, find_duplicates, repeats
from deepwright.data.inspection.fingerprints import fingerprints
from deepwright.data.inspection.interactions import OfInteractions, interactions_of_users
from deepwright.data.inspection.near_duplicates import LEAST_CONTRAST
from deepwright.data.inspection.pairs import Pairs, pairs_of
from deepwright.data.inspection.texts import Reading, Texts, texts_of
from deepwright.data.splits import Splits
from deepwright.data.table import Column, Files, Rejected, Table
from deepwright.data.texts.passages import Passages
from deepwright.measurements import OF_DATA, Measurement
from deepwright.messages import _

#: Classes with fewer rows to learn from than this are named.
FEW = 10
_LISTED, _FREQUENT, _NAMED = 100, 5, 10
#: Texts that take long enough for people to ask what is being done.
_MANY = 10_000
_log = logging.getLogger(__name__)
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Spread:
    """Least, median and greatest of some numbers."""

    least: float
    median: float
    greatest: float


@dataclass(frozen=True)
class Pictures:
    """What the pictures are, and what their files were before they were brought to one size.

    Attributes:
        column: that holds them.
        shape: of each: height, width and, in colour, 3.
        blank: rows whose picture has next to no contrast.
        widths: of the files; this and all that follows is None or empty where the pictures were arrays.
        heights: of the files.
        sizes: the most frequent widths and heights with their files, ``640 × 480``.
        num_sizes: different ones.
        modes: files by Pillow's mode.
        formats: files by Pillow's format.
    """

    column: str
    shape: tuple[int, ...]
    blank: int
    widths: Spread | None
    heights: Spread | None
    sizes: Mapping[str, int]
    num_sizes: int
    modes: Mapping[str, int]
    formats: Mapping[str, int]


@dataclass(frozen=True)
class Classes:
    """The rows of each class or label.

    Attributes:
        counts: by class, rows of each split; of ``all`` where there are no splits.
        ratio: rows to learn from, of the largest class over the smallest that has any.
        few: classes with fewer rows to learn from than ``FEW``, and those.
    """

    counts: Mapping[str, Mapping[str, int]]
    ratio: float
    few: Mapping[str, int]


@dataclass(frozen=True)
class Refused:
    """What could not be used: how many by reason, and the first of them."""

    count: int
    reasons: Mapping[str, int]
    listed: Sequence[Rejected]


@dataclass(frozen=True)
class Inspection:
    """All that was found.

    Attributes:
        rows: of the table.
        sha256: of its values.
        pictures: None where there are none.
        classes: None where no column of classes or labels is to be learnt.
        rejected: what could not be used.
        duplicates: None where there are neither pictures nor texts.
        texts: None where no text is learnt from.
        of_passages: whether the rows are passages of texts.
        pairs: None where no text is written for another.
        interactions: None where nobody takes items.
    """

    rows: int
    sha256: str
    pictures: Pictures | None
    classes: Classes | None
    rejected: Refused
    duplicates: Repeats | None
    texts: Texts | None = None
    of_passages: bool = False
    pairs: Pairs | None = None
    interactions: OfInteractions | None = None

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-compatible data."""
        record = asdict(self)
        del record["of_passages"]
        if self.pairs is None:
            del record["pairs"]
        if self.interactions is None:
            del record["interactions"]
        if self.texts is None:
            del record["texts"]
            if self.duplicates is not None:
                del record["duplicates"]["of"]
        return record

    def measurements(self) -> list[Measurement]:
        """What a report may claim of the data."""
        tried = None if self.of_passages else self.rows + self.rejected.count  # of texts, files are rejected
        found = [_count("rejected_rows", self.rejected.count, tried)]
        if self.pictures is not None:
            found.append(_count("blank_pictures", self.pictures.blank, self.rows))
        if self.texts is not None and (tokens := self.texts.tokens) is not None:
            kind = {"tokenizer": tokens.tokenizer, "vocab_size": tokens.vocab_size}
            for split, share in tokens.unknown.items():
                found.append(Measurement("unknown_tokens", share, "share", "inspection", kind, split=split))
            limit = {"max_seq_len": tokens.max_seq_len}
            for split, cut in tokens.cut.items():
                found.append(Measurement("cut_texts", float(cut), "texts", "inspection", limit, split=split))
        if self.classes is not None:
            few = {"few": dict(list(self.classes.few.items())[:_NAMED])}
            found.append(Measurement("class_ratio", self.classes.ratio, "ratio", "inspection", few, n=self.rows))
        found += [] if self.pairs is None else self.pairs.measurements(self.rows)
        found += [] if self.interactions is None else self.interactions.measurements(self.rows)
        found += [] if self.duplicates is None else self.duplicates.measurements(self.rows)
        return [replace(record, inputs={OF_DATA: self.sha256}, recomputable=True) for record in found]


def inspect_table(
    table: Table,
    splits: Splits | None = None,
    label: Column | None = None,
    image: str | None = None,
    text: str | None = None,
    reading: Reading | None = None,
    target: str | None = None,
    users: str | None = None,
    drawn: bool = True,
) -> Inspection:
    """Look at a table as it is, a few megabytes of pictures at a time.

    Args:
        table: what to look at.
        splits: rows of each split; None where there are none.
        label: the column that is to be learnt; None where there is none.
        image: the column of pictures; None takes the first, if there is one.
        text: the column of texts that is learnt from; None where pictures are.
        reading: how texts are read; None where that is not decided.
        target: the column of texts that are written for those; None where there is none.
        users: the column of users who take items; None where there is none.
        drawn: whether the order of interactions of one time is drawn.
    """
    labels = None if label is None or users or label.kind in ("number", "text") else _sets(label)
    image = image or next(iter(table.named("image") if text is None else ()), None)
    pictures = duplicates = texts = None
    if text is not None:
        if len(table) >= _MANY:
            _log.info(_("Looking through {n} texts …", n=f"{len(table):,}"))
        texts, same = texts_of(text, table.columns[text].values, splits, reading)
        duplicates = repeats(same, splits, labels, table.names, "texts")
    if image is not None:
        with threadpool_limits(1):  # the products are small, and one thread gives the same bits everywhere
            prints = fingerprints(table.columns[image].values)
            found = find_duplicates(prints)
        blank = int((prints.contrast < LEAST_CONTRAST).sum())
        pictures = _pictures(image, table.columns[image].values.shape[1:], blank, table.files)
        duplicates = repeats(found, splits, labels, table.names)
    return Inspection(
        rows=len(table),
        sha256=table.sha256,
        pictures=pictures,
        classes=None if labels is None else _classes(labels, splits),
        rejected=Refused(
            len(table.rejected),
            _counted(entry.reason for entry in table.rejected),
            tuple(table.rejected[:_LISTED]),
        ),
        duplicates=duplicates,
        texts=texts,
        of_passages=text is not None and isinstance(table.columns[text].values, Passages),
        pairs=None if text is None or target is None else _pairs(table, text, target),
        interactions=None if users is None else _interactions(table, users, splits, drawn),
    )


def _interactions(table: Table, users: str, splits: Splits | None, drawn: bool) -> OfInteractions:
    by_time = splits is None or splits.method != "random"
    return interactions_of_users(table.columns[users].values, splits, drawn, by_time)


def _pairs(table: Table, source: str, target: str) -> Pairs:
    sources, targets = (table.columns[name].values.tolist() for name in (source, target))
    return pairs_of((source, target), sources, targets, table.names)


def _sets(column: Column) -> list[tuple[str, ...]]:
    """The classes of each row, sorted."""
    if column.kind == "labels":
        return [tuple(sorted(map(str, row))) for row in column.values]
    return [(str(value),) for value in column.values]


def _counted(values: Iterable[Any]) -> dict[str, int]:
    """How often each value is there, the most frequent first."""
    return {str(value): count for value, count in Counter(values).most_common()}


def _pictures(column: str, shape: tuple[int, ...], blank: int, files: Files | None) -> Pictures:
    if files is None:
        return Pictures(column, shape, blank, None, None, {}, 0, {}, {})
    sizes = _counted(
        f"{width} × {height}" for width, height in zip(files.widths.tolist(), files.heights.tolist(), strict=True)
    )
    return Pictures(
        column,
        shape,
        blank,
        _spread(files.widths),
        _spread(files.heights),
        dict(list(sizes.items())[:_FREQUENT]),
        len(sizes),
        _counted(files.modes.tolist()),
        _counted(files.formats.tolist()),
    )


def _spread(values: Array) -> Spread:
    return Spread(float(values.min()), float(np.median(values)), float(values.max()))


def _classes(labels: Sequence[tuple[str, ...]], splits: Splits | None) -> Classes:
    parts = {"all": np.arange(len(labels))} if splits is None else {name: splits[name] for name in SPLITS}
    counted = {name: Counter(label for row in rows for label in labels[row]) for name, rows in parts.items()}
    names = sorted({label for row in labels for label in row}, key=counting_order)
    learnt = {name: counted["all" if splits is None else "train"][name] for name in names}
    there = [count for count in learnt.values() if count] or [1]
    return Classes(
        {name: {part: count[name] for part, count in counted.items()} for name in names},
        max(there) / min(there),
        {name: learnt[name] for name in names if learnt[name] < FEW},
    )


def _count(name: str, value: int, n: int | None) -> Measurement:
    return Measurement(name, float(value), "rows", "inspection", n=n)

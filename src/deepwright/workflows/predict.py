"""Predict: answers for files or texts, and answers as a file."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from deepwright.config.settings import DataSettings
from deepwright.contracts import Raw
from deepwright.data.files.text_files import read_text
from deepwright.data.readers.table import TableFile
from deepwright.data.reading import read_table
from deepwright.data.tabular.columns import as_written, by_row
from deepwright.data.tabular.table_files import raw_table
from deepwright.errors import DataError, UsageError
from deepwright.messages import _, listing, plural
from deepwright.paths import expanded
from deepwright.run_directory import RunDirectory, write_atomically
from deepwright.specs import ContextSpec, ItemsSpec, RatedSpec, TokensSpec
from deepwright.tokens import UNKNOWN
from deepwright.workflows.run import Run

Answers = list[dict[str, Any]]
#: A name that was meant to be that of a table.
_TABLE = re.compile(r"\.(csv|tsv|jsonl|ndjson|parquet)(\.gz)?$", re.IGNORECASE)
#: Characters that a remark about a text shows.
_SHOWN = 40
_log = logging.getLogger(__name__)


def predict(directory: RunDirectory, inputs: Sequence[str]) -> Answers:
    """An answer, with its ``input``, for every picture or text.

    Args:
        directory: of a finished run.
        inputs: pictures; a folder stands for the files in and below it, an ``.npz`` file for the pictures in it. Where
            texts were learnt from: texts; a table stands for its column of texts, a ``.txt`` file for its lines. Where
            ratings were learnt: a user and an item, divided by a comma, or a table of both.

    Raises:
        DataError: a file cannot be read, or a folder holds none.
        RunError: the run is unfinished or was changed.
        UsageError: the run continues texts, learnt vectors of words, or recommends items, and answers none; a user and
            an item are not divided by a comma.
    """
    run, answers = Run(directory), []
    if isinstance(run.predictor.task.outputs.spec, TokensSpec):
        raise UsageError(
            _(
                "{path} learnt how texts go on, so that it has no answer to a text: deepwright generate {path} "
                "continues one.",
                path=directory.path,
            )
        )
    if isinstance(run.predictor.task.outputs.spec, ContextSpec):
        raise UsageError(
            _(
                "{path} learnt vectors of words, so that it has no answer to a text: deepwright neighbors {path} WORD "
                "says which words are near to one.",
                path=directory.path,
            )
        )
    if isinstance(run.predictor.task.outputs.spec, ItemsSpec):
        raise UsageError(
            _(
                "{path} learnt what users take next: deepwright recommend {path} --user ID says what it recommends.",
                path=directory.path,
            )
        )
    if isinstance(run.predictor.task.inputs.spec, RatedSpec):
        pairs = [pair for given in inputs for pair in _rated(run, given)]
        return [
            {"input": f"{user}, {item}", **answer}
            for (user, item), answer in zip(pairs, run.predictor.predict(pairs), strict=True)
        ]
    if run.predictor.task.inputs.kind == "text":
        texts = [text for given in inputs for text in _texts(run, given)]
        say_what_is_not_read(run, texts)
        return [{"input": text, **answer} for text, answer in zip(texts, run.predict(texts), strict=True)]
    files = [file for name in inputs for file in _files(name)]
    for holds_arrays, group in groupby(files, _holds_arrays):
        for names, values in map(partial(_pictures, run), group) if holds_arrays else [(found := list(group), found)]:
            answers += [{"input": name, **answer} for name, answer in zip(names, run.predict(values), strict=True)]
    return answers


def check_output(path: Path) -> None:
    """Refuse a file format that cannot be written, before any work is done."""
    if path.suffix not in _WRITERS:
        raise UsageError(_("--output {path}: answers are written as {known}.", path=path, known=listing(_WRITERS)))


def write_answers(answers: Answers, path: Path) -> None:
    """Write the answers in the format that the path's ending names, at once or not at all.

    Raises:
        StorageError: the file cannot be written.
    """
    write_atomically(path, _WRITERS[path.suffix](answers))


def _holds_arrays(file: str) -> bool:
    return Path(file).suffix.casefold() == ".npz"


def _pictures(run: Run, file: str) -> tuple[list[str], Raw]:
    """What the user calls the pictures in a file of arrays, and their values [N, H, W(, 3)]."""
    task = run.predictor.task
    table = read_table(file)
    learnt = task.columns[task.inputs.kind]
    values = table.columns[learnt if learnt in table.columns else table.named("image")[0]].values
    return [f"{file}, {by_row(row)}" for row in range(len(values))], values


def _texts(run: Run, given: str) -> list[str]:
    """A text as it is, the lines of a text file, or the texts of a table."""
    path = expanded(given)
    try:
        there = path.is_file()
    except (OSError, ValueError):  # a text that no file could be named
        there = False
    is_table = TableFile().matches(path) if there else bool(_TABLE.search(given)) and " " not in given
    if is_table:
        learnt = run.predictor.task.columns["text"]
        table = read_table(given, DataSettings(columns={"text": learnt}, pairs=False))
        for one in table.rejected:
            _log.warning(_("{file}: {row} has no answer. {reason}", file=given, row=one.name, reason=one.reason))
        return [str(text) for text in table.columns[learnt].values]
    if there and path.suffix.casefold() == ".txt":
        lines = [line for line in read_text(path).text.splitlines() if line.strip()]
        if not lines:
            raise DataError(_("{file} holds no texts.", file=given))
        return lines
    if not given.strip():
        raise DataError(_("A text to predict is blank; give one with words in it."))
    return [given]


def _rated(run: Run, given: str) -> list[tuple[str, str]]:
    """A user and an item, or those of the rows of a table.

    Raises:
        DataError: the table has no such columns.
        UsageError: they are not divided by a comma.
    """
    path, roles = expanded(given), run.predictor.task.columns
    if path.is_file() and TableFile().matches(path):
        columns = raw_table(path).columns
        for role in ("user", "item"):
            if columns.get(roles[role]) is None:
                raise DataError(
                    _(
                        "{file} has no column {column!r}, which the run learnt from; its columns are: {columns}.",
                        file=given,
                        column=roles[role],
                        columns=listing(columns),
                    )
                )
        users, items = (as_written(columns[roles[role]]).column.values.tolist() for role in ("user", "item"))  # type: ignore[arg-type]  # there are both
        return list(zip(users, items, strict=True))
    user, comma, item = (part.strip() for part in given.partition(","))
    if not comma or not user or not item:
        raise UsageError(
            _(
                "{path} learnt ratings: give a user and an item, divided by a comma, or a table of both; {given!r} "
                "is neither.",
                path=run.path,
                given=given,
            )
        )
    return [(user, item)]


def say_what_is_not_read(run: Run, texts: Sequence[str]) -> None:
    """How many texts are longer than what the run reads of one, and of how many it knows nothing."""
    encoder: Any = run.predictor.task.inputs
    numbers, cut = encoder.vocabulary.encode(texts)
    if unknown := [text for text, found in zip(texts, numbers, strict=True) if max(found, default=0) <= UNKNOWN]:
        _log.warning(
            plural(
                "Nothing of {n} text was in the training texts, so that its answer is a guess: {first!r}",
                "Nothing of {n} texts was in the training texts, so that their answers are guesses; the first: "
                "{first!r}",
                len(unknown),
                first=unknown[0][:_SHOWN],
            )
        )
    if cut:
        _log.warning(
            plural(
                "{n} of {total} texts is longer than {limit} tokens; what follows is not read.",
                "{n} of {total} texts are longer than {limit} tokens; what follows is not read.",
                cut,
                total=len(texts),
                limit=encoder.max_seq_len,
            )
        )


def _files(name: str) -> list[str]:
    path = expanded(name)
    if not path.is_dir():
        return [name]
    below = (file.relative_to(path) for file in path.rglob("*") if file.is_file())
    files = sorted(str(path / file) for file in below if not any(part.startswith(".") for part in file.parts))
    if not files:
        raise DataError(_("The folder {path} holds no files.", path=path))
    return files


def _flat(answers: Answers) -> Answers:
    return [
        {
            **{key: _joined(value) for key, value in answer.items() if key != "probabilities"},
            **{f"probability/{label}": p for label, p in answer.get("probabilities", {}).items()},
        }
        for answer in answers
    ]


def _joined(value: Any) -> Any:
    return "|".join(value) if isinstance(value, list) else value


def _csv(answers: Answers) -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(_flat(answers)[0]))
    writer.writeheader()
    writer.writerows(_flat(answers))
    return stream.getvalue().encode("utf-8-sig")


def _jsonl(answers: Answers) -> bytes:
    return "".join(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers).encode()


def _parquet(answers: Answers) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(_flat(answers)), stream)
    return stream.getvalue()


_WRITERS: dict[str, Callable[[Answers], bytes]] = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}

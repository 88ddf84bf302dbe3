"""Translate: for each text, the one that a run writes for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepwright.data.texts.parallel_lines import lines_of
from deepwright.decoding.beam import Beam
from deepwright.errors import RunError, UsageError
from deepwright.messages import _, listing
from deepwright.paths import expanded
from deepwright.predictor import Predictor, Translation
from deepwright.run_directory import write_atomically
from deepwright.workflows.predict import say_what_is_not_read

if TYPE_CHECKING:
    from deepwright.workflows.run import Run

_log = logging.getLogger(__name__)
#: Characters that a remark about unknown ones shows.
_SHOWN = 20


def translate(run: Run, texts: Sequence[str], beam: Beam, together: bool = True) -> Iterator[list[Translation]]:
    """For each text those that are written for it, the best first; what is wrong is said before the first.

    Args:
        run: that learnt from pairs of texts.
        texts: of one that is blank, nothing is written.
        beam: how texts are searched for.
        together: whether texts of about the same length are written at once, which is faster; the first then comes when
            all are written.

    Raises:
        UsageError: there are no texts.
        RunError: the run learnt something else.
    """
    if not any(text.strip() for text in texts):
        raise UsageError(_("There is no text to translate; give one in quotes, or a file of lines with --input FILE."))
    predictor = run.predictor
    if not predictor.translates:
        raise RunError(
            _(
                "{path} learnt {task} with {model} and writes no text for another. It needs a run that learnt from "
                "pairs of texts: deepwright train pairs.tsv",
                path=run.path,
                task=predictor.task_name,
                model=predictor.member.name,
            )
        )
    there = [text for text in texts if text.strip()]
    say_what_is_not_read(run, there)
    _tell_unknown(predictor, there)
    return _written(predictor, texts, beam, together)


def lines_to_translate(file: str) -> list[str]:
    """The lines of a file.

    Raises:
        DataError: it is no text, or it is empty.
    """
    return lines_of(expanded(file)).lines


def write_lines(texts: Sequence[str], path: Path) -> None:
    """Write texts, one on each line, at once or not at all.

    Raises:
        StorageError: the file cannot be written.
    """
    write_atomically(path, "".join(f"{' '.join(text.splitlines())}\n" for text in texts).encode())


def _written(predictor: Predictor, texts: Sequence[str], beam: Beam, together: bool) -> Iterator[list[Translation]]:
    there = [text for text in texts if text.strip()]
    found = (
        iter(predictor.translate(there, beam)) if together else (predictor.translate([one], beam)[0] for one in there)
    )
    for text in texts:
        yield next(found) if text.strip() else [Translation("", 0.0)]


def _tell_unknown(predictor: Predictor, texts: Sequence[str]) -> None:
    """Say which characters the sources that were learnt from hardly had."""
    vocabulary: Any = predictor.task.inputs.vocabulary  # type: ignore[attr-defined]  # of texts
    if unknown := vocabulary.unfamiliar("".join(texts)):
        _log.warning(
            _(
                "The texts that were learnt from hardly have these characters: {characters}. "
                "What is written for them is a guess.",
                characters=listing(map(repr, unknown[:_SHOWN])),
            )
        )

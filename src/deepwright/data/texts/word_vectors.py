"""Word vectors: words with their embeddings, which of them are near each other, and the file format of word2vec.

How near two words are is the cosine of their vectors. An analogy a - b + c is the word whose vector is nearest to the
sum of the unit vectors of a and c less that of b, other than those three (T. Mikolov, W. Yih and G. Zweig, 2013; called
3CosAdd by O. Levy and Y. Goldberg, 2014). Importing this does not import torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepwright.contracts import FloatArray, IntArray
from deepwright.errors import DataError, UsageError, nearest
from deepwright.messages import _, listing
from deepwright.tokens import normalised, words

#: Words that are compared with a misspelt one at most, the most frequent ones: each takes some microseconds.
_SPELLINGS = 20_000


class Near(NamedTuple):
    """A word and the cosine of its vector with what was asked for."""

    word: str
    cosine: float


@dataclass(frozen=True)
class WordVectors:
    """Words by number, most frequent first, and a vector for each.

    Attributes:
        words: V of them, without padding and the unknown word.
        vectors: [V, D].
    """

    words: tuple[str, ...]
    vectors: FloatArray

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The place of each word."""
        return {word: number for number, word in enumerate(self.words)}

    @cached_property
    def spellings(self) -> dict[str, int]:
        """The place of each word as it is written in lower case; of several, the most frequent one."""
        found: dict[str, int] = {}
        for word, number in self.numbers.items():
            found.setdefault(normalised(word), number)
        return found

    def find(self, word: str) -> int | None:
        """The place of a word, as it is written or else however it is written; None where it is not known."""
        number = self.numbers.get(word)
        return self.spellings.get(normalised(word)) if number is None else number

    @cached_property
    def units(self) -> FloatArray:
        """The vectors with length 1, [V, D]; one of length 0 stays so."""
        lengths = np.linalg.norm(self.vectors, axis=1, keepdims=True)
        units: FloatArray = self.vectors / np.where(lengths > 0, lengths, 1)
        return units

    def number(self, word: str) -> int:
        """The place of a word, however it is written.

        Raises:
            UsageError: it is not known.
        """
        number = self.find(word)
        if number is not None:
            return number
        parts = words(normalised(word))
        if len(parts) > 1:
            raise UsageError(
                _(
                    "{word!r} is several words here, {parts}: what is written without blanks is learnt character by "
                    "character. Ask for one of them.",
                    word=word,
                    parts=listing(parts),
                )
            )
        near = nearest(normalised(word), self.words[:_SPELLINGS])
        hint = _("Nearest in spelling: {words}.", words=listing(near)) if near else ""
        raise UsageError(
            _(
                "The word {word!r} is not among the {n} words that were learnt: it is not in the training texts, or "
                "too rare there. {hint}",
                word=word,
                n=f"{len(self.words):,}",
                hint=hint,
            ).rstrip()
        )

    def neighbors(self, word: str, count: int = 10) -> list[Near]:
        """The nearest other words, nearest first.

        Raises:
            UsageError: the word is not known.
        """
        number = self.number(word)
        return self._nearest(self.units[number], [number], count)

    def analogy(self, plus: Sequence[str], minus: Sequence[str], count: int = 5) -> list[Near]:
        """The words that are nearest to a sum of words, none of which is given; nearest first.

        Args:
            plus: words whose unit vectors are added.
            minus: those that are subtracted.
            count: of words.

        Raises:
            UsageError: a word is not known.
        """
        added, taken = ([self.number(word) for word in words] for words in (plus, minus))
        direction = self.units[added].sum(0) - self.units[taken].sum(0)
        return self._nearest(direction / (np.linalg.norm(direction) or 1), [*added, *taken], count)

    def _nearest(self, direction: FloatArray, without: Sequence[int], count: int) -> list[Near]:
        cosines = self.units @ direction
        cosines[list(without)] = -np.inf
        order = np.argsort(-cosines, kind="stable")[: min(count, len(self.words) - len(set(without)))]
        return [Near(self.words[place], float(cosines[place])) for place in order]

    def solved(self, questions: IntArray) -> IntArray:
        """For analogies [N, 3] of a, b, c by number, the word that is to c as b is to a, [N]."""
        found = []
        for part in np.array_split(questions, max(1, len(questions) // 256)):
            a, b, c = (self.units[part[:, place]] for place in range(3))
            cosines = (b - a + c) @ self.units.T
            np.put_along_axis(cosines, part, -np.inf, axis=1)
            found.append(cosines.argmax(1))
        answers: IntArray = np.concatenate(found) if found else np.zeros(0, np.int64)
        return answers

    def to_text(self) -> bytes:
        """The text format of word2vec: a line with V and D, then a line for each word with its numbers."""
        lines = [f"{len(self.words)} {self.vectors.shape[1]}"]
        lines += [
            " ".join((word, *(f"{value:.7g}" for value in vector)))
            for word, vector in zip(self.words, self.vectors.tolist(), strict=True)
        ]
        return "\n".join([*lines, ""]).encode()

    @classmethod
    def from_text(cls, file: Path) -> WordVectors:
        """Read the text format of word2vec, with its first line or, as GloVe writes it, without.

        Raises:
            DataError: it cannot be read as that format.
        """
        try:
            lines = file.read_text(encoding="utf-8").rstrip("\n").split("\n")  # a word may hold another end of a line
        except OSError as error:
            raise DataError(_("{file} cannot be read: {problem}.", file=file, problem=error.strerror)) from None
        except UnicodeDecodeError:
            raise DataError(_("{file} is not UTF-8 text, as word vectors have to be.", file=file)) from None
        first = 1 if lines and len(lines[0].split()) == 2 else 0
        found, rows = [], []
        for line, text in enumerate(lines[first:], start=first + 1):
            word, *numbers = text.rstrip().split(" ")
            try:
                rows.append(np.array(numbers, np.float64))
            except ValueError:
                raise _not_vectors(file, line) from None
            if not len(rows[-1]) or len(rows[-1]) != len(rows[0]) or not np.isfinite(rows[-1]).all():
                raise _not_vectors(file, line)
            found.append(word)
        if not found:
            raise _not_vectors(file, 1)
        return cls(tuple(found), np.array(rows))


def _not_vectors(file: Path, line: int) -> DataError:
    return DataError(
        _(
            "{file}, line {line}: a line of word vectors is a word and its numbers with single blanks between, as many "
            "numbers on every line; this one is not.",
            file=file,
            line=line,
        )
    )


def expression(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that are added and those that are subtracted in ``king - man + woman``.

    Args:
        given: the expression, cut anywhere.

    Raises:
        UsageError: words and signs do not take turns.
    """
    plus: list[str] = []
    minus: list[str] = []
    parts = " ".join(given).split()
    sign = "+"
    for place, part in enumerate(parts):
        if (part in ("+", "-", "−")) == (place % 2 == 0):
            raise _no_expression(given)
        if place % 2:
            sign = part
        else:
            (plus if sign == "+" else minus).append(part)
    if len(parts) < 3 or len(parts) % 2 == 0 or not plus:
        raise _no_expression(given)
    return plus, minus


def _no_expression(given: Sequence[str]) -> UsageError:
    return UsageError(
        _(
            "An analogy is words with + or - between them, such as king - man + woman; given was {given!r}.",
            given=" ".join(given),
        )
    )

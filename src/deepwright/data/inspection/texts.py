"""What can be said of texts before anything is learnt from them: lengths, tokens, what is cut, what repeats."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepwright.data.inspection.duplicates import SPLITS, Duplicates
from deepwright.data.splits import Splits
from deepwright.data.texts.vocabulary import Vocabulary
from deepwright.tokens import TOKENIZERS, UNKNOWN, UNSPACED, Tokenizer, normalised

#: Bytes of a text's hash.
_DIGEST = 16


@dataclass(frozen=True)
class Tokens:
    """How texts are read by a model.

    Attributes:
        tokenizer: that divides them.
        vocab_size: tokens that are known, those for the end and for the unknown included.
        max_seq_len: tokens that are read of a text.
        unknown: by split, share of the tokens that are not known.
        cut: by split, texts that are longer than what is read.
    """

    tokenizer: str
    vocab_size: int
    max_seq_len: int
    unknown: Mapping[str, float]
    cut: Mapping[str, int]


@dataclass(frozen=True)
class Texts:
    """What the texts are.

    Attributes:
        column: that holds them.
        characters: least, median and greatest number in a text, after normalisation.
        words: the same of words, of which a Chinese character is one.
        unspaced: share of the characters that are of scripts without blanks, such as Chinese.
        tokens: how a model reads them; None where that is not decided.
    """

    column: str
    characters: tuple[int, float, int]
    words: tuple[int, float, int]
    unspaced: float
    tokens: Tokens | None


@dataclass(frozen=True)
class Reading:
    """How texts are going to be read: the settings of the encoder."""

    tokenizer: Tokenizer
    vocab_size: int
    max_seq_len: int


def texts_of(
    column: str, values: Sequence[str], splits: Splits | None, reading: Reading | None
) -> tuple[Texts, Duplicates]:
    """What a column of texts is, and which are there more than once, word for word, whatever their case and blanks.

    Args:
        column: its name.
        values: [N] texts, of which one at a time is in memory.
        splits: rows of each split, of which train gives the vocabulary; None where there are none.
        reading: how they are read; None where that is not decided.
    """
    counted, digests = np.empty((len(values), 3), np.int64), np.empty(len(values), f"S{2 * _DIGEST}")
    for row, text in enumerate(values):
        plain = normalised(text)
        counted[row] = _counted(plain)
        digests[row] = hashlib.blake2b(plain.encode(), digest_size=_DIGEST).hexdigest()
    texts = Texts(
        column,
        _spread(counted[:, 0]),
        _spread(counted[:, 1]),
        int(counted[:, 2].sum()) / max(1, int(counted[:, 0].sum())),
        None if splits is None or reading is None else _tokens(values, splits, reading),
    )
    _found, first, place = np.unique(digests, return_index=True, return_inverse=True)
    return texts, Duplicates(first[place.reshape(-1)].astype(np.int64), None)


def _tokens(values: Sequence[str], splits: Splits, reading: Reading) -> Tokens:
    known = Vocabulary.learnt(
        [values[row] for row in splits.train], reading.tokenizer, reading.vocab_size, reading.max_seq_len
    )
    unknown, cut = {}, {}
    for split in SPLITS:
        numbers, cut[split] = known.encode([values[row] for row in splits[split]])
        total = sum(map(len, numbers))
        unknown[split] = sum(number == UNKNOWN for text in numbers for number in text) / max(1, total)
    return Tokens(reading.tokenizer, len(known.tokens), reading.max_seq_len, unknown, cut)


def _counted(text: str) -> tuple[int, int, int]:
    """The characters, the words and the characters of scripts without blanks in a normalised text."""
    return len(text), len(TOKENIZERS["word"](text)), len(UNSPACED.findall(text))


def _spread(lengths: Any) -> tuple[int, float, int]:
    return int(lengths.min()), float(np.median(lengths)), int(lengths.max())

"""The vocabulary: tokens of the training split by number, most frequent first. Importing this does not import torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
import numpy.typing as npt

from deepwright.data.texts import byte_pairs
from deepwright.tokens import BETWEEN, EXACT, PADDING, TOKENIZERS, UNKNOWN, Tokenizer, normalised

#: The token of an unknown piece, spelt.
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SPECIAL = ("", _REPLACEMENT)
_BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
#: A token that is there less often is unknown: so the place of unknown tokens is learnt as well.
_LEAST = 2
#: Tokens that an exact vocabulary, one of bytes or one of their pairs has at least: the special ones and the bytes.
SMALLEST = len(_SPECIAL) + len(_BYTES)
#: Texts that are divided into byte pairs at once.
_AT_ONCE = 200


@dataclass(frozen=True)
class Vocabulary:
    """What texts are encoded with.

    Attributes:
        tokens: by number; the first two are the end, which is also padding, and the unknown token.
        tokenizer: that makes the tokens.
        max_seq_len: tokens of a text that are read; what follows is cut off.
        mean_seq_len: tokens that were read of a training text on average, rounded, at least 1; of exact texts, which
            are read in windows, ``max_seq_len``.
        exact: whether texts are taken as they are, and what is not known is spelt in bytes: the numbers of a text then
            give the text again. Texts are normalised else.
        merges: of byte pairs, in their order.
    """

    tokens: tuple[str, ...]
    tokenizer: Tokenizer
    max_seq_len: int
    mean_seq_len: int
    exact: bool = False
    merges: tuple[str, ...] = ()

    @classmethod
    def learnt(
        cls, texts: Sequence[str], tokenizer: Tokenizer, vocab_size: int, max_seq_len: int, exact: bool = False
    ) -> Vocabulary:
        """The most frequent tokens of texts, of which each is there at least twice; ties by their characters.

        Args:
            texts: of the training split.
            tokenizer: makes tokens of a text.
            vocab_size: entries at most, the special ones included; bytes are always all there.
            max_seq_len: tokens of a text that are read.
            exact: whether texts are taken as they are.
        """
        if tokenizer == "bpe":
            plain = texts if exact else [normalised(text) for text in texts]
            tokens, merges = byte_pairs.learn(plain, max(vocab_size, SMALLEST) - len(_SPECIAL))
            found = cls((*_SPECIAL, *tokens), tokenizer, max_seq_len, max_seq_len, exact, merges)
        elif tokenizer == "byte":
            found = cls((*_SPECIAL, *_BYTES), tokenizer, max_seq_len, max_seq_len, exact)
        else:
            counts, mean = _counted(texts, tokenizer, None if exact else max_seq_len, exact)
            kept = sorted((one for one, n in counts.items() if n >= _LEAST), key=lambda one: (-counts[one], one))
            known = (*_SPECIAL, *_BYTES) if exact else _SPECIAL
            length = max_seq_len if exact else mean
            return cls((*known, *kept[: max(0, vocab_size - len(known))]), tokenizer, max_seq_len, length, exact)
        return found if exact else found.with_mean(texts)

    def ids(self, text: str) -> tuple[list[int], int]:
        """The numbers of a text's tokens, at most ``max_seq_len``, and how many were cut off."""
        (found,) = self._numbers([text])
        return found[: self.max_seq_len], max(0, len(found) - self.max_seq_len)

    def encode(self, texts: Sequence[str]) -> tuple[list[list[int]], int]:
        """The numbers of the tokens of each text, at most ``max_seq_len``, and how many texts were cut."""
        found = list(self._numbers(texts))
        return [one[: self.max_seq_len] for one in found], sum(len(one) > self.max_seq_len for one in found)

    def whole(self, texts: Iterable[str]) -> Iterator[npt.NDArray[np.int32]]:
        """The numbers of the tokens of each text, however many there are."""
        if self.tokenizer == "byte":
            yield from (np.frombuffer(self._plain(text).encode(), np.uint8) + np.int32(len(_SPECIAL)) for text in texts)
        elif self.tokenizer == "character" and self.exact:
            yield from map(self._characters, texts)
        else:
            yield from (np.array(found, np.int32) for found in self._numbers(texts))

    def text(self, numbers: Iterable[int]) -> str:
        """What tokens spell, the end of a text nothing; bytes that are no character become one that says so."""
        if self.exact or not BETWEEN[self.tokenizer]:
            return b"".join(self.spelt[number] for number in numbers).decode("utf-8", "replace")
        return BETWEEN[self.tokenizer].join(self.tokens[number] for number in numbers if number != PADDING)

    @cached_property
    def spelt(self) -> tuple[bytes, ...]:
        """What each token stands for, in bytes of UTF-8; the end of a text for none."""
        if self.tokenizer == "bpe":
            return (b"", _REPLACEMENT.encode(), *map(byte_pairs.spelt, self.tokens[len(_SPECIAL) :]))
        has_bytes = self.exact or self.tokenizer == "byte"
        of_bytes = {name: bytes([byte]) for byte, name in enumerate(_BYTES)} if has_bytes else {}
        return tuple(of_bytes.get(token, token.encode()) for token in self.tokens)

    @cached_property
    def num_characters(self) -> npt.NDArray[np.int64]:
        """[V] how many characters begin in each token, so that those of a text's tokens are those of the text."""
        return np.array([sum(byte & 0xC0 != 0x80 for byte in spelt) for spelt in self.spelt], np.int64)

    def unfamiliar(self, text: str) -> list[str]:
        """The characters of a text, in order, that are in no token: they are unknown, or are spelt in bytes.

        Of pairs of bytes, signs of ASCII are never among them; of bytes, nothing is.
        """
        if self.tokenizer == "byte":
            return []
        return [one for one in dict.fromkeys(self._plain(text)) if one not in self._familiar]

    @cached_property
    def _familiar(self) -> frozenset[str]:
        if self.tokenizer != "bpe":
            return frozenset("".join(self._number_of)) | frozenset(" ")
        return frozenset("".join(spelt.decode("utf-8", "ignore") for spelt in self.spelt[UNKNOWN + 1 :]))

    def _plain(self, text: str) -> str:
        return text if self.exact else normalised(text)

    def with_mean(self, texts: Sequence[str]) -> Vocabulary:
        """The same with the mean length of texts that are read for themselves."""
        lengths = [min(len(found), self.max_seq_len) for found in self.whole(texts)]
        mean = max(1, round(sum(lengths) / max(1, len(lengths))))
        return Vocabulary(self.tokens, self.tokenizer, self.max_seq_len, mean, self.exact, self.merges)

    def _numbers(self, texts: Iterable[str]) -> Iterator[list[int]]:
        if self.tokenizer == "bpe":
            waiting = iter(texts)
            while some := [self._plain(text) for text in islice(waiting, _AT_ONCE)]:
                for found in self._byte_pairs.encode(some):
                    yield [number + len(_SPECIAL) for number in found]
        elif self.tokenizer == "byte":
            for text in texts:
                yield [byte + len(_SPECIAL) for byte in self._plain(text).encode()]
        else:
            divide, numbers = (EXACT if self.exact else TOKENIZERS)[self.tokenizer], self._number_of
            for text in texts:
                pieces = divide(self._plain(text))
                if self.exact:
                    yield [number for piece in pieces for number in self._spelling(piece)]
                else:
                    yield [numbers.get(piece, UNKNOWN) for piece in pieces]

    def _spelling(self, piece: str) -> Sequence[int]:
        """The number of a piece, or those of its bytes where it is not known."""
        number = self._number_of.get(piece)
        return [byte + len(_SPECIAL) for byte in piece.encode()] if number is None else (number,)

    def _characters(self, text: str) -> npt.NDArray[np.int32]:
        """The numbers of a text's characters; those of the bytes of a character that is not known."""
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        numbers = self._number_of_code[codes]
        unknown = np.flatnonzero(numbers == UNKNOWN)
        if not len(unknown):
            return numbers
        spelt = [np.array(self._spelling(chr(code)), np.int32) for code in codes[unknown].tolist()]
        ends = np.concatenate([[-1], unknown])
        parts = [
            part
            for before, place, spelling in zip(ends, unknown, spelt, strict=False)
            for part in (numbers[before + 1 : place], spelling)
        ]
        return np.concatenate([*parts, numbers[unknown[-1] + 1 :]])

    @cached_property
    def _number_of(self) -> dict[str, int]:
        first = SMALLEST if self.exact or self.tokenizer == "byte" else len(_SPECIAL)
        return {token: number for number, token in enumerate(self.tokens) if number >= first}

    @cached_property
    def _number_of_code(self) -> npt.NDArray[np.int32]:
        table = np.full(0x110000, UNKNOWN, np.int32)
        for token, number in self._number_of.items():
            table[ord(token)] = number
        return table

    @cached_property
    def _byte_pairs(self) -> byte_pairs.BytePairs:
        return byte_pairs.BytePairs(self.tokens[len(_SPECIAL) :], self.merges)


def _counted(texts: Iterable[str], tokenizer: Tokenizer, most: int | None, exact: bool) -> tuple[Counter[str], int]:
    """How often each piece is there, of so many of each text, and how many pieces a text has on average."""
    divide = (EXACT if exact else TOKENIZERS)[tokenizer]
    counts: Counter[str] = Counter()
    num_texts = 0
    for text in texts:
        num_texts += 1
        counts.update(divide(text if exact else normalised(text))[:most])
    return counts, max(1, round(counts.total() / max(1, num_texts)))

"""The vocabulary: tokens of the training split by number, most frequent first. Importing this does not import torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from deepwright.tokens import TOKENIZERS, UNKNOWN, Tokenizer, normalised

_SPECIAL = ("", "\N{REPLACEMENT CHARACTER}")
#: A token that is there less often is unknown: so the place of unknown tokens is learnt as well.
_LEAST = 2


@dataclass(frozen=True)
class Vocabulary:
    """What texts are encoded with.

    Attributes:
        tokens: by number; the first two are padding and the unknown token.
        tokenizer: that makes the tokens.
        max_seq_len: tokens of a text that are read; what follows is cut off.
        mean_seq_len: tokens that were read of a training text on average, rounded, at least 1.
    """

    tokens: tuple[str, ...]
    tokenizer: Tokenizer
    max_seq_len: int
    mean_seq_len: int

    @classmethod
    def learnt(cls, texts: Iterable[str], tokenizer: Tokenizer, vocab_size: int, max_seq_len: int) -> Vocabulary:
        """The most frequent tokens of texts, of which each is there at least twice; ties by their characters.

        Args:
            texts: of the training split.
            tokenizer: makes tokens of a normalised text.
            vocab_size: entries at most, padding and the unknown token included.
            max_seq_len: tokens of a text that are read.
        """
        split = TOKENIZERS[tokenizer]
        counts: Counter[str] = Counter()
        num_texts = 0
        for text in texts:
            num_texts += 1
            counts.update(split(normalised(text))[:max_seq_len])
        kept = sorted((token for token, n in counts.items() if n >= _LEAST), key=lambda token: (-counts[token], token))
        mean = max(1, round(counts.total() / max(1, num_texts)))
        return cls((*_SPECIAL, *kept[: vocab_size - len(_SPECIAL)]), tokenizer, max_seq_len, mean)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens) if number > UNKNOWN}

    def ids(self, text: str) -> tuple[list[int], int]:
        """The numbers of a text's tokens, at most ``max_seq_len``, and how many were cut off."""
        found = TOKENIZERS[self.tokenizer](normalised(text))
        numbers = self._numbers
        return [numbers.get(token, UNKNOWN) for token in found[: self.max_seq_len]], max(
            0, len(found) - self.max_seq_len
        )

    def encode(self, texts: Sequence[str]) -> tuple[list[list[int]], int]:
        """The numbers of the tokens of each text, and how many texts were cut."""
        pairs = [self.ids(text) for text in texts]
        return [numbers for numbers, _cut in pairs], sum(cut > 0 for _numbers, cut in pairs)

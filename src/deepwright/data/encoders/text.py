"""Texts as numbers of tokens: words, characters, bytes or byte pairs of the training split.

The vocabulary is that of the training split. A word or character that is not in it, or is there only once, is the
unknown token, or is spelt in bytes where texts are taken as they are; what is longer than ``max_seq_len`` tokens is cut
off, which the inspection of the data counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Raw
from deepwright.data.table import Column
from deepwright.data.texts.passages import Passages
from deepwright.data.texts.stored import StoredTexts
from deepwright.data.texts.stream import TokenStream
from deepwright.data.texts.vocabulary import SMALLEST, Vocabulary
from deepwright.errors import ConfigError, DataError
from deepwright.messages import _
from deepwright.specs import TextSpec
from deepwright.tokens import UNKNOWN, Tokenizer

__all__ = ["TextEncoder"]

_NORMALISATION = ("NFKC", "lower case", "single blanks")


class TextEncoder:
    """Stores numbers of tokens; yields int64 [B, T], T of the longest text of the batch, 0 after the end of a text.

    Args:
        tokenizer: word, character, byte, or bpe for byte pairs.
        vocab_size: tokens that are known at most, padding and the unknown token included; bytes are always known where
            they are needed.
        max_seq_len: tokens of a text that are read.
        exact: take texts as they are, so that their tokens give them again; else they are normalised.
        windows: exact texts are read in windows, whose length is that of all; else each is read for itself.
    """

    kind: ClassVar[str] = "text"

    def __init__(
        self,
        *,
        tokenizer: Tokenizer = "word",
        vocab_size: Annotated[int, Meta(ge=3)] = 30_000,
        max_seq_len: Annotated[int, Meta(ge=1)] = 256,
        exact: bool = False,
        windows: bool = True,
    ) -> None:
        self.tokenizer: Tokenizer = tokenizer
        self.vocab_size, self.max_seq_len, self.exact = vocab_size, max_seq_len, exact
        self.windows = windows
        self._vocabulary: Vocabulary | None = None

    def fit(self, column: Column) -> None:
        """Learn the vocabulary from texts [N].

        Raises:
            ConfigError: so few tokens cannot be known.
            DataError: a value is no text, or no token is there twice.
            MissingExtraError: the package that finds byte pairs is not installed.
        """
        if self.vocab_size < SMALLEST and (self.exact or self.tokenizer == "bpe"):
            raise ConfigError(
                _(
                    "data.vocab_size is {given}; with {tokenizer} tokens at least {least} are needed, since every byte "
                    "is known.",
                    given=self.vocab_size,
                    tokenizer=self.tokenizer,
                    least=SMALLEST,
                )
            )
        texts = column.values if self.exact else _texts(column.values)
        found = Vocabulary.learnt(texts, self.tokenizer, self.vocab_size, self.max_seq_len, self.exact)
        if len(found.tokens) <= UNKNOWN + 1:
            raise DataError(
                _("No {tokenizer} of the training texts is there twice; nothing can be learnt.", tokenizer=self._unit())
            )
        self._vocabulary = found if not self.exact or self.windows else found.with_mean(texts)

    @property
    def vocabulary(self) -> Vocabulary:
        """What was learnt; an encoder that was not fitted has none."""
        if self._vocabulary is None:
            raise RuntimeError("the encoder was not fitted")
        return self._vocabulary

    @property
    def spec(self) -> TextSpec:
        """The vocabulary and the length of the longest text."""
        found = self.vocabulary
        return TextSpec(found.tokens, found.tokenizer, found.max_seq_len, found.mean_seq_len)

    def encode(self, values: Raw) -> StoredTexts:
        """Texts as numbers of tokens [N, …].

        Raises:
            DataError: a value is no text.
        """
        return StoredTexts(self.vocabulary.encode(_texts(values))[0])

    def stream(self, values: Raw) -> TokenStream:
        """Texts as one stream of tokens; those that follow one another as passages are one text.

        Raises:
            DataError: a value is no text.
        """
        follows = values.follows.tolist() if isinstance(values, Passages) else [False] * len(values)
        found = self.vocabulary
        return TokenStream(
            found.whole(values if isinstance(values, Passages) else _texts(values)), follows, len(found.tokens)
        )

    def batch(self, stored: Tensor) -> tuple[Tensor, ...]:
        """Numbers of tokens [B, T] as int64."""
        return (stored.to(torch.int64),)

    def front(self) -> nn.Module:
        """Tokens have no unit: nothing is normalised."""
        return nn.Identity()

    def state(self) -> dict[str, Any]:
        """How texts are divided and how many tokens are read, and the vocabulary in order."""
        return {
            "normalisation": [] if self.exact else list(_NORMALISATION),
            "tokenizer": self.tokenizer,
            "vocab_size": self.vocab_size,
            "max_seq_len": self.max_seq_len,
            "mean_seq_len": self.vocabulary.mean_seq_len,
            "vocabulary": list(self.vocabulary.tokens),
            **({"merges": list(self.vocabulary.merges)} if self.tokenizer == "bpe" else {}),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> TextEncoder:
        """The encoder that gave this state."""
        sizes = {key: state[key] for key in ("tokenizer", "vocab_size", "max_seq_len")}
        encoder = cls(**sizes, exact=not state["normalisation"])
        encoder._vocabulary = Vocabulary(
            tuple(state["vocabulary"]),
            encoder.tokenizer,
            encoder.max_seq_len,
            state["mean_seq_len"],
            encoder.exact,
            tuple(state.get("merges", ())),
        )
        return encoder

    def _unit(self) -> str:
        return _("word") if self.tokenizer == "word" else _("character")


def _texts(values: Raw) -> list[str]:
    texts = list(values)
    if (odd := next((value for value in texts if not isinstance(value, str)), None)) is not None:
        raise DataError(_("A text is needed, but there is {value!r} ({kind}).", value=odd, kind=type(odd).__name__))
    return [str(text) for text in texts]

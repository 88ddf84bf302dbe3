"""Texts that are to be written, as what is learnt: numbers of their tokens, after which stands the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from deepwright.contracts import Raw
from deepwright.data.encoders.text import TextEncoder
from deepwright.data.table import Column
from deepwright.data.texts.stored import StoredTexts
from deepwright.data.texts.vocabulary import Vocabulary
from deepwright.specs import TranslationSpec

__all__ = ["Translations"]


class Translations:
    """Stores numbers of tokens, of which at most ``max_seq_len`` are learnt; the end is not stored.

    Args:
        texts: encodes the texts that are to be written, exactly as they are.
        source: the encoder of the texts that they are written for; the same as ``texts`` where the vocabulary is
            shared.
        of_words: whether texts on both sides have words enough to have n-grams of them in common; else each is right or
            wrong as a whole.
        spaced: whether blanks divide the words of the texts that are written, or most of their characters are words.
    """

    kind: ClassVar[str] = "text"

    def __init__(self, texts: TextEncoder, source: TextEncoder, of_words: bool = True, spaced: bool = True) -> None:
        self.texts, self.source, self.of_words, self.spaced = texts, source, of_words, spaced

    def fit(self, column: Column) -> None:
        """Learn the vocabulary from the training split; a shared one is learnt with that of the source."""
        if not self.shared:
            self.texts.fit(column)

    @property
    def shared(self) -> bool:
        """Whether source and target have the same vocabulary."""
        return self.texts is self.source

    @property
    def vocabulary(self) -> Vocabulary:
        """What was learnt."""
        return self.texts.vocabulary

    @property
    def spec(self) -> TranslationSpec:
        """The vocabulary, and the length of the longest text."""
        found = self.vocabulary
        return TranslationSpec(found.tokens, found.tokenizer, found.max_seq_len, found.mean_seq_len, self.shared)

    def encode(self, values: Raw) -> StoredTexts:
        """Texts as numbers of tokens [N, …].

        Raises:
            DataError: a value is no text.
        """
        return self.texts.encode(values)

    def state(self) -> dict[str, Any]:
        """What kind of texts they are, and the vocabulary, unless it is that of the source."""
        about = {"of_words": self.of_words, "spaced": self.spaced, "shared": self.shared}
        return about if self.shared else {**about, **self.texts.state()}

    @classmethod
    def of_state(cls, source: TextEncoder, state: Mapping[str, Any]) -> Translations:
        """The encoder that gave this state, beside that of the source."""
        texts = source if state["shared"] else TextEncoder.from_state(state)
        return cls(texts, source, bool(state["of_words"]), bool(state["spaced"]))

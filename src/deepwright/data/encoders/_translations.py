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
    """

    kind: ClassVar[str] = "text"

    def __init__(self, texts: TextEncoder, source: TextEncoder) -> None:
        self.texts, self.source = texts, source

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
        """The vocabulary, unless it is that of the source."""
        return {"shared": True} if self.shared else {"shared": False, **self.texts.state()}

    @classmethod
    def of_state(cls, source: TextEncoder, state: Mapping[str, Any]) -> Translations:
        """The encoder that gave this state, beside that of the source."""
        return cls(source if state["shared"] else TextEncoder.from_state(state), source)

"""The words around each word, as what is learnt: nothing is encoded, for the words are those of the input."""

from __future__ import annotations

from typing import Any, ClassVar

from deepwright.contracts import Raw
from deepwright.data.encoders.text import TextEncoder
from deepwright.data.table import Column
from deepwright.data.texts.stored import StoredTexts
from deepwright.specs import ContextSpec


class Contexts:
    """Yields the Spec of words in their context.

    Args:
        inputs: fitted by the time that the Spec is asked for.
    """

    kind: ClassVar[str] = "text"

    def __init__(self, inputs: TextEncoder) -> None:
        self.inputs = inputs

    def fit(self, _column: Column) -> None:
        """There is nothing to learn."""

    @property
    def spec(self) -> ContextSpec:
        """How many words are read of a text."""
        return ContextSpec(self.inputs.vocabulary.max_seq_len)

    def encode(self, values: Raw) -> StoredTexts:
        """Texts as numbers of words."""
        return self.inputs.encode(values)

    def state(self) -> dict[str, Any]:
        """Nothing."""
        return {}

"""The words around each word, as what is learnt: nothing is encoded, for the words are those of the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from deepwright.contracts import Raw
from deepwright.data.encoders.text import TextEncoder
from deepwright.data.table import Column
from deepwright.data.texts.stored import StoredTexts
from deepwright.specs import ContextSpec

#: Words on either side, and noise words beside each, of the question that every model is asked.
_WINDOW, _NUM_NOISE = 5, 5


class Contexts:
    """Yields the Spec of words in their context.

    Args:
        inputs: encoder of the texts.
        window: words on either side that are the context.
        num_noise: noise words beside each that was there.
    """

    kind: ClassVar[str] = "text"

    def __init__(self, inputs: TextEncoder, window: int = _WINDOW, num_noise: int = _NUM_NOISE) -> None:
        self.inputs, self.window, self.num_noise = inputs, window, num_noise

    def fit(self, _column: Column) -> None:
        """There is nothing to learn."""

    @property
    def spec(self) -> ContextSpec:
        """What is asked of each word."""
        return ContextSpec(self.window, self.num_noise)

    def encode(self, values: Raw) -> StoredTexts:
        """Texts as numbers of words."""
        return self.inputs.encode(values)

    def state(self) -> dict[str, Any]:
        """What is asked of each word."""
        return {"window": self.window, "num_noise": self.num_noise}

    @classmethod
    def of_state(cls, inputs: TextEncoder, state: Mapping[str, Any]) -> Contexts:
        """The encoder that gave this state, beside that of the texts."""
        return cls(inputs, int(state["window"]), int(state["num_noise"]))

"""The words around each word, as what is learnt: nothing is encoded, for the words are those of the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from deepwright.contracts import Raw
from deepwright.data.encoders.text import TextEncoder
from deepwright.data.table import Column
from deepwright.data.texts.stored import StoredTexts
from deepwright.specs import ContextSpec

#: Words on either side, noise words beside each, and the share of a frequent word, that every model is asked with.
_WINDOW, _NUM_NOISE, _SUBSAMPLE = 5, 5, 1e-3


class Contexts:
    """Yields the Spec of words in their context.

    Args:
        inputs: encoder of the texts.
        window: words on either side that are the context.
        num_noise: noise words beside each that was there.
        subsample: share of the text above which a word counts for less.
    """

    kind: ClassVar[str] = "text"

    def __init__(
        self,
        inputs: TextEncoder,
        window: int = _WINDOW,
        num_noise: int = _NUM_NOISE,
        subsample: float = _SUBSAMPLE,
    ) -> None:
        self.inputs, self.window, self.num_noise, self.subsample = inputs, window, num_noise, subsample

    def fit(self, _column: Column) -> None:
        """There is nothing to learn."""

    @property
    def spec(self) -> ContextSpec:
        """What is asked of each word."""
        return ContextSpec(self.window, self.num_noise, self.subsample)

    def encode(self, values: Raw) -> StoredTexts:
        """Texts as numbers of words."""
        return self.inputs.encode(values)

    def state(self) -> dict[str, Any]:
        """What is asked of each word."""
        return {"window": self.window, "num_noise": self.num_noise, "subsample": self.subsample}

    @classmethod
    def of_state(cls, inputs: TextEncoder, state: Mapping[str, Any]) -> Contexts:
        """The encoder that gave this state, beside that of the texts."""
        return cls(inputs, int(state["window"]), int(state["num_noise"]), float(state["subsample"]))

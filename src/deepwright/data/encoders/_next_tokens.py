"""The token that follows, as what is learnt: nothing is encoded, for the tokens are those of the input."""

from __future__ import annotations

from typing import Any, ClassVar

from deepwright.contracts import Raw
from deepwright.data.encoders.text import TextEncoder
from deepwright.data.table import Column
from deepwright.data.texts.stream import TokenStream
from deepwright.specs import TokensSpec


class NextTokens:
    """Yields the Spec of the tokens of another encoder.

    Args:
        inputs: fitted by the time that the Spec is asked for.
        num_tokens: of the training split, the ends of texts included; 0 before it was fitted.
    """

    kind: ClassVar[str] = "text"

    def __init__(self, inputs: TextEncoder, num_tokens: int = 0) -> None:
        self.inputs, self.num_tokens = inputs, num_tokens

    def fit(self, column: Column) -> None:
        """Count the tokens of the training split."""
        self.num_tokens = len(self.encode(column.values))

    @property
    def spec(self) -> TokensSpec:
        """The vocabulary, and how many tokens are seen at once."""
        found = self.inputs.vocabulary
        return TokensSpec(found.tokens, found.max_seq_len)

    def encode(self, values: Raw) -> TokenStream:
        """Texts as a stream of tokens."""
        return self.inputs.stream(values)

    def state(self) -> dict[str, Any]:
        """How many tokens there are to learn from."""
        return {"num_tokens": self.num_tokens}

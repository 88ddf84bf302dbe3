"""Sequential: any network that is a list of layers, written in the settings.

Each layer takes what the one before it yields (D. E. Rumelhart, G. E. Hinton and R. J. Williams, 1986); shapes are
inferred from the data. A dense layer to the task's outputs is added where the list does not end in them.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from msgspec import Meta
from torch import Tensor, nn

from deepwright.config.documents import Document
from deepwright.config.fields import Structured
from deepwright.contracts import Recipe
from deepwright.layers.layer import Masked, Tokens
from deepwright.layers.sequence import build_layers, layers_schema, read_layers
from deepwright.messages import _
from deepwright.specs import ImageSpec, OutputSpec, TextSpec
from deepwright.tokens import PADDING

__all__ = ["Sequential"]

#: Numbers of an example; from here, 128 examples of a step take more memory than their speed is worth.
_LARGE = 64 * 64 * 3
_EXAMPLE = [{"conv2d": 32}, "relu", {"max_pool": 2}, "flatten", {"dense": 64}, "relu", {"dense": "outputs"}]
_OF_TEXTS = [{"embedding": 64}, {"lstm": 64}, {"dense": "outputs"}]


class Sequential(nn.Module):
    """Inputs [B, …] to outputs [B, outputs], one layer after another.

    Args:
        inputs: pictures, or texts, of which the first layer is embedding.
        outputs: of any kind.
        layers: each a name (relu), a name with its first setting (dense: 64), or a name with several (conv2d: {filters:
            32, kernel: 3}), in their order.

    Raises:
        ConfigError: a layer does not suit the shape that arrives at it.
    """

    def __init__(
        self,
        inputs: ImageSpec | TextSpec,
        outputs: OutputSpec,
        *,
        layers: Annotated[
            list[Any],
            Meta(examples=[_EXAMPLE, _OF_TEXTS], extra_json_schema=layers_schema()),
            Structured(read_layers, lambda: _("a list of layers")),
        ],
    ) -> None:
        super().__init__()
        read = read_layers(layers, Document(), ("model", "layers"))
        self.reads_tokens = isinstance(inputs, TextSpec)
        arriving = Tokens((inputs.max_seq_len,), inputs.vocab_size) if isinstance(inputs, TextSpec) else inputs.shape
        for name, module in build_layers(read, arriving, outputs.num_outputs).items():
            self.add_module(name, module)

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs [B, …] to outputs [B, outputs]; of tokens, those that are there are all that counts."""
        hidden, there = inputs, inputs != PADDING if self.reads_tokens else None
        for layer in self.children():
            hidden = layer(hidden, there) if isinstance(layer, Masked) else layer(hidden)
        return hidden

    @staticmethod
    def recipe(num_examples: int, inputs: ImageSpec | TextSpec, _outputs: OutputSpec) -> Recipe:
        """Passes enough for about 1,500 steps on small data, and six on tens of thousands; large inputs in 32s."""
        if num_examples < 10_000:
            return Recipe(epochs=max(4, min(60, 50_000 // num_examples)), batch_size=32, learning_rate=3e-3)
        if math.prod(inputs.shape) > _LARGE:
            return Recipe(epochs=6, batch_size=32, learning_rate=3e-3)
        return Recipe(epochs=6, batch_size=128, learning_rate=5e-3)

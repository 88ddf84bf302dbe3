"""Sequential: any network that is a list of layers, written in the settings.

Each layer takes what the one before it yields (D. E. Rumelhart, G. E. Hinton and R. J. Williams, 1986); shapes are
inferred from the data. A dense layer to the task's outputs is added where the list does not end in them.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.config.documents import Document
from deepwright.config.fields import Structured
from deepwright.contracts import Recipe
from deepwright.errors import ConfigError
from deepwright.layers.context import advance_within
from deepwright.layers.layer import Continued, Masked, Tokens
from deepwright.layers.recurrent import Recurrent
from deepwright.layers.sequence import build_layers, layers_schema, read_layers
from deepwright.messages import _
from deepwright.specs import ImageSpec, OutputSpec, TextSpec, TokensSpec
from deepwright.tokens import PADDING, UNKNOWN

__all__ = ["Sequential"]

#: Numbers of an example; from here, 128 examples of a step take more memory than their speed is worth.
_LARGE = 64 * 64 * 3
_EXAMPLE = [{"conv2d": 32}, "relu", {"max_pool": 2}, "flatten", {"dense": 64}, "relu", {"dense": "outputs"}]
_OF_TEXTS = [{"embedding": 64}, {"lstm": 64}, {"dense": "outputs"}]
_CONTINUED = [{"embedding": 64}, {"lstm": {"units": 64, "return_sequences": True}}, {"dense": "outputs"}]


class Sequential(nn.Module):
    """Inputs [B, …] to outputs [B, outputs] or logits [B, T, V], one layer after another.

    Args:
        inputs: pictures, or texts, of which the first layer is embedding.
        outputs: of any kind; the next token where every layer keeps the steps, and none sees what follows.
        layers: each a name (relu), a name with its first setting (dense: 64), or a name with several (conv2d: {filters:
            32, kernel: 3}), in their order.

    Raises:
        ConfigError: a layer does not suit the shape that arrives at it, or sees tokens that are to be predicted.
    """

    def __init__(
        self,
        inputs: ImageSpec | TextSpec,
        outputs: OutputSpec | TokensSpec,
        *,
        layers: Annotated[
            list[Any],
            Meta(examples=[_EXAMPLE, _OF_TEXTS, _CONTINUED], extra_json_schema=layers_schema()),
            Structured(read_layers, lambda: _("a list of layers")),
        ],
    ) -> None:
        super().__init__()
        read = read_layers(layers, Document(), ("model", "layers"))
        self.reads_tokens = isinstance(inputs, TextSpec)
        arriving = Tokens((inputs.max_seq_len,), inputs.vocab_size) if isinstance(inputs, TextSpec) else inputs.shape
        self.continues = isinstance(outputs, TokensSpec)
        self.max_seq_len = inputs.max_seq_len if isinstance(inputs, TextSpec) else 0
        yielded = (outputs.num_outputs,) if isinstance(outputs, OutputSpec) else (*arriving[:1], outputs.vocab_size)
        for name, module in build_layers(read, arriving, yielded).items():
            self.add_module(name, module)
        if self.continues:
            _refuse_foresight(self, min(self.max_seq_len, 4))

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs [B, …] to outputs [B, outputs]; of tokens, those that are there are all that counts."""
        # Padding stands last: where nothing sees what follows, it is in nobody's way.
        hidden, there = inputs, inputs != PADDING if self.reads_tokens and not self.continues else None
        for layer in self.children():
            hidden = layer(hidden, there) if isinstance(layer, Masked) else layer(hidden)
        return hidden

    def step(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Go on where a call before ended: tokens [B, T] to logits [B, T, V], and what the next call takes.

        With recurrent layers alone, their states are all that is remembered. Else it is at most ``max_seq_len`` tokens;
        where there are as many, the newer half is read again from the first place and the older half forgotten.
        """
        if all(isinstance(layer, Recurrent) for layer in self.children() if isinstance(layer, Continued)):
            return self._advance(tokens, state)
        return advance_within(self.max_seq_len, self._advance, tokens, state)

    def _advance(self, tokens: Tensor, state: list[Any] | None) -> tuple[Tensor, list[Any]]:
        hidden, after = tokens, []
        for layer, before in zip(self.children(), state or [None] * len(self._modules), strict=True):
            kept = None
            if isinstance(layer, Continued):
                hidden, kept = layer.step(hidden, before)
            else:
                hidden = layer(hidden)
            after.append(kept)
        return hidden, after

    @staticmethod
    def recipe(num_examples: int, inputs: ImageSpec | TextSpec, outputs: OutputSpec | TokensSpec) -> Recipe:
        """Passes enough for about 1,500 steps on small data, and six on tens of thousands; large inputs in 32s."""
        if isinstance(outputs, TokensSpec):
            epochs, batch_size = max(1, min(40, 40_000 // num_examples)), max(1, min(32, num_examples // 4))
            return Recipe(epochs=epochs, batch_size=batch_size, learning_rate=3e-3)
        if num_examples < 10_000:
            return Recipe(epochs=max(4, min(60, 50_000 // num_examples)), batch_size=32, learning_rate=3e-3)
        if math.prod(inputs.shape) > _LARGE:
            return Recipe(epochs=6, batch_size=32, learning_rate=3e-3)
        return Recipe(epochs=6, batch_size=128, learning_rate=5e-3)


@torch.no_grad()
def _refuse_foresight(network: Sequential, steps: int) -> None:
    """Refuse layers whose outputs at a step change with a later token.

    Raises:
        ConfigError: they do.
    """
    tokens = torch.full((2, steps), UNKNOWN)
    tokens[1, -1] = UNKNOWN + 1
    first, second = network.eval()(tokens)[:, :-1]
    network.train()
    if not torch.allclose(first, second, equal_nan=True):
        raise ConfigError(
            _(
                "sequential: what its layers yield at a step depends on tokens that follow it, which are to be "
                "predicted. Take causal: true in attention and transformer_block, and bidirectional: false in "
                "recurrent layers."
            )
        )

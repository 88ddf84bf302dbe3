"""Transformer blocks: attention, then two dense layers at every step, each added to what it received."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta
from torch import Tensor, nn

from deepwright.layers.attention import Cache, MultiHeadAttention, heads_suit
from deepwright.layers.cross_attention import CrossAttention
from deepwright.layers.layer import Count, Layer, Masked, Shape, sequence


class SquaredReLU(nn.Module):
    """The positive part squared, max(0, x)² (D. R. So et al., 2021, § 4.1)."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Number by number."""
        return inputs.relu().square()


Activation: TypeAlias = Literal["gelu", "relu", "silu", "relu_squared"]
ACTIVATIONS: Mapping[str, type[nn.Module]] = {
    "gelu": nn.GELU,
    "relu": nn.ReLU,
    "silu": nn.SiLU,
    "relu_squared": SquaredReLU,
}


def transformer_block(
    shape: Shape,
    *,
    num_heads: Count = 4,
    hidden_dim: Count | None = None,
    causal: bool = False,
    rotary: bool = False,
    activation: Activation = "gelu",
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.1,
) -> Layer:
    """Attention and an MLP, normalised before: h = x + attention(norm(x)), y = h + W₂·f(W₁·norm(h)).

    The block of A. Vaswani et al. (2017, § 3.1), whose norms come after the sums; before them, as here, training
    needs no warm-up (R. Xiong et al., 2020).

    Args:
        shape: sequences [T, D].
        num_heads: parts of D that attend each by itself.
        hidden_dim: units of the MLP's first layer; null takes 4·D.
        causal: whether a step sees itself and those before it alone.
        rotary: whether queries and keys are turned by their places.
        activation: f.
        dropout: share of the attention's weights and of what is added that become 0 while training.

    Raises:
        ConfigError: no sequences arrive, or D cannot be divided so.
    """
    _steps, size = sequence(shape, "transformer_block")
    heads_suit(size, num_heads, rotary)
    attention = MultiHeadAttention(size, num_heads, causal=causal, turned=rotary, dropout=dropout)
    return Layer(TransformerBlock(attention, size, hidden_dim or 4 * size, ACTIVATIONS[activation](), dropout), shape)


class TransformerBlock(Masked):
    """Sequences [B, T, D] to sequences of the same shape.

    Args:
        attention: of sequences [B, T, D].
        size: D.
        hidden_dim: units of the MLP's first layer.
        activation: f.
        dropout: share of what is added that becomes 0 while training.
    """

    def __init__(
        self, attention: MultiHeadAttention, size: int, hidden_dim: int, activation: nn.Module, dropout: float
    ) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(size), attention
        self.norm2, self.dense1 = nn.LayerNorm(size), nn.Linear(size, hidden_dim)
        self.activation, self.dense2 = activation, nn.Linear(hidden_dim, size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Tensor, there: Tensor | None = None, by: Tensor | None = None) -> Tensor:
        """Inputs [B, T, D] of which ``there`` [B, T] count; what they are turned ``by`` is computed if not given."""
        return self._dense(inputs + self.dropout(self.attention(self.norm1(inputs), there, by)))

    def step(
        self, inputs: Tensor, state: Cache | None = None, there: Tensor | None = None, by: Tensor | None = None
    ) -> tuple[Tensor, Cache]:
        """Go on where a call before ended: inputs [B, T, D] to outputs, and what the next call takes."""
        found, cache = self.attention.step(self.norm1(inputs), state, there, by)
        return self._dense(inputs + self.dropout(found)), cache

    def _dense(self, hidden: Tensor) -> Tensor:
        outputs: Tensor = hidden + self.dropout(self.dense2(self.activation(self.dense1(self.norm2(hidden)))))
        return outputs


class DecoderBlock(TransformerBlock):
    """A block that also attends to another sequence: h = x + attention(norm(x)), c = h + cross(norm(h)), then the MLP.

    The decoder's block of A. Vaswani et al. (2017, § 3.1), normalised before.

    Args:
        attention: of sequences [B, S, D], causal.
        cross: to the other sequence.
        size: D.
        hidden_dim: units of the MLP's first layer.
        activation: f.
        dropout: share of what is added that becomes 0 while training.
    """

    def __init__(
        self,
        attention: MultiHeadAttention,
        cross: CrossAttention,
        size: int,
        hidden_dim: int,
        activation: nn.Module,
        dropout: float,
    ) -> None:
        super().__init__(attention, size, hidden_dim, activation, dropout)
        self.norm_cross, self.cross = nn.LayerNorm(size), cross

    def beside(
        self, inputs: Tensor, memory: Cache, state: Cache | None = None, by: Tensor | None = None
    ) -> tuple[Tensor, Cache, Tensor]:
        """Go on where a call before ended: inputs [B·k, S, D] beside what ``cross.read`` gave.

        Returns:
            Outputs of the same shape, what the next call takes, and what the other sequence was asked with.
        """
        found, cache = self.attention.step(self.norm1(inputs), state, None, by)
        hidden = inputs + self.dropout(found)
        asked = self.norm_cross(hidden)
        return self._dense(hidden + self.dropout(self.cross(asked, memory))), cache, asked

"""A layer of a list of layers: made for the shape that arrives, it says the shape that it yields.

A builder is a public function of a family (a module of this package) that returns a ``Layer``:

    def dense(shape: Shape, *, units: Count, bias: bool = True) -> Layer

Its name is the layer's name; its keyword-only arguments are the layer's settings, of which the first may stand alone.
The annotation of ``shape`` declares what arrives: ``Tokens``, whole numbers that stand for tokens, or ``Shape``,
numbers. How many axes suit it, the builder says itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeAlias, runtime_checkable

from msgspec import Meta
from torch import Tensor, nn

from deepwright.errors import ConfigError
from deepwright.messages import _

#: Of one example, without the batch: numbers [D], sequences [T, D], pictures [C, H, W].
Shape: TypeAlias = tuple[int, ...]
Count: TypeAlias = Annotated[int, Meta(ge=1)]
Margin: TypeAlias = Annotated[int, Meta(ge=0)]
#: Height and width, or one number for both. (A list: msgspec 0.22 crashes on a bounded number or a tuple of two.)
Size: TypeAlias = Count | Annotated[list[Count], Meta(min_length=2, max_length=2)]


class Tokens(tuple[int, ...]):
    """The shape [T] of whole numbers that stand for tokens, 0 where there is none, in place of numbers to reckon with.

    Args:
        shape: T alone.
        vocab_size: different numbers, from 0.
    """

    vocab_size: int

    def __new__(cls, shape: Shape, vocab_size: int) -> Tokens:
        """A shape that knows how many tokens there are."""
        tokens = super().__new__(cls, shape)
        tokens.vocab_size = vocab_size
        return tokens


class Masked(nn.Module, ABC):
    """A layer of sequences that can be told which of their steps are there: padding then changes no result."""

    @abstractmethod
    def forward(self, inputs: Tensor, there: Tensor | None = None) -> Tensor:
        """Inputs [B, T, D] of which ``there`` [B, T], true or false, says what counts; None where all of it does."""


@runtime_checkable
class Continued(Protocol):
    """A layer of sequences that remembers: what comes later is computed from what its state kept of what came before.

    A state is never changed: one can go on from it several times.
    """

    def step(self, inputs: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Inputs [B, T, D] that follow a state, None at the beginning, to outputs and the state after them."""
        ...


@dataclass(frozen=True)
class Layer:
    """A layer made for the shape that arrives.

    Attributes:
        module: takes [B, *shape that arrives].
        shape: of one of its outputs.
    """

    module: nn.Module
    shape: Shape


def pair(size: Size) -> tuple[int, int]:
    """Height and width."""
    height, width = (size, size) if isinstance(size, int) else size
    return height, width


def pictures(shape: Shape, layer: str) -> tuple[int, int, int]:
    """Channels, height and width of the pictures that arrive.

    Raises:
        ConfigError: no pictures arrive.
    """
    if len(shape) != 3:
        raise ConfigError(
            _(
                "its input has the shape {shape}; {layer} needs pictures [C, H, W]. Put it before flatten.",
                shape=written(shape),
                layer=layer,
            )
        )
    channels, height, width = shape
    return channels, height, width


def sequence(shape: Shape, layer: str) -> tuple[int, int]:
    """Steps T and numbers D of the sequences that arrive.

    Raises:
        ConfigError: no sequences arrive.
    """
    if len(shape) == 2:
        steps, size = shape
        return steps, size
    if len(shape) == 1:
        raise ConfigError(
            _(
                "its input has the shape {shape}; {layer} needs sequences [T, D]. Put embedding before it, and take "
                "return_sequences: true in a recurrent layer before it.",
                shape=written(shape),
                layer=layer,
            )
        )
    raise ConfigError(
        _(
            "its input has the shape {shape}, that of pictures; {layer} needs sequences [T, D], as embedding yields.",
            shape=written(shape),
            layer=layer,
        )
    )


def windows(
    sizes: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]
) -> tuple[int, int]:
    """How many positions a window has along height and width: ⌊(size + 2·padding - kernel) / stride⌋ + 1.

    Raises:
        ConfigError: the window is larger than the picture.
    """
    padded = (sizes[0] + 2 * padding[0], sizes[1] + 2 * padding[1])
    if kernel[0] > padded[0] or kernel[1] > padded[1]:
        raise ConfigError(
            _(
                "its window of {kernel} pixels is larger than the picture of {size} that arrives. "
                "Take a smaller window, padding, or fewer pools before it.",
                kernel=written(kernel),
                size=written(padded),
            )
        )
    return (padded[0] - kernel[0]) // stride[0] + 1, (padded[1] - kernel[1]) // stride[1] + 1


def written(shape: Shape) -> str:
    """A shape as a sentence has it: 32×14×14."""
    return "×".join(map(str, shape))

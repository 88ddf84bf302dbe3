"""MLP: a multilayer perceptron on the pixels.

Dense layers with ReLU between them, y = max(0, W·x + b) (D. E. Rumelhart, G. E. Hinton and R. J. Williams, 1986;
ReLU after V. Nair and G. E. Hinton, 2010).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.specs import ImageSpec, OutputSpec

__all__ = ["Mlp"]


class Mlp(nn.Module):
    """Images [B, C, H, W] to logits [B, classes].

    Args:
        inputs: pictures.
        outputs: classes, labels or a number.
        num_layers: hidden layers.
        hidden_dim: units of each hidden layer.
        dropout: share of each hidden layer's outputs that is dropped while training.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        outputs: OutputSpec,
        *,
        num_layers: Annotated[int, Meta(ge=0)] = 2,
        hidden_dim: Annotated[int, Meta(ge=1)] = 256,
        dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.2,
    ) -> None:
        super().__init__()
        dims = [inputs.channels * inputs.height * inputs.width, *[hidden_dim] * num_layers]
        self.hidden = nn.Sequential()
        for i, (before, after) in enumerate(pairwise(dims), start=1):
            self.hidden.add_module(f"dense{i}", nn.Linear(before, after))
            self.hidden.add_module(f"relu{i}", nn.ReLU())
            self.hidden.add_module(f"dropout{i}", nn.Dropout(dropout))
        self.output = nn.Linear(dims[-1], outputs.num_outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, C, H, W] to logits [B, classes]."""
        logits: Tensor = self.output(self.hidden(images.flatten(1)))
        return logits

    @staticmethod
    def recipe(num_examples: int, _inputs: ImageSpec, _outputs: OutputSpec) -> Recipe:
        """Passes enough for about 2,500 steps on small data, and ten on tens of thousands."""
        if num_examples < 10_000:
            return Recipe(epochs=max(4, min(60, 100_000 // num_examples)), batch_size=32, learning_rate=2e-3)
        return Recipe(epochs=10, batch_size=128, learning_rate=2e-3)

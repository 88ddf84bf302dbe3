"""Convnet: the classical convolutional network, three convolutions and two max-pools.

Convolution 3×3×32, max-pool 2×2, convolution 3×3×64, max-pool 2×2, convolution 3×3×64, dense 64, dense to the
classes, ReLU between them; 93,322 parameters on 28×28×1 and 10 classes (after Y. LeCun et al., 1998, "Gradient-based
learning applied to document recognition", with ReLU and max-pooling). Without padding it needs 18×18 pixels;
smaller pictures, down to 4×4, are padded by one pixel before each convolution, so that 8×8 becomes 8, 4, 4, 2, 2.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.models.vision._smallest import smallest_side
from deepwright.specs import ImageSpec, OutputSpec

__all__ = ["ConvNet"]

_UNPADDED = 18
_LARGE = 64 * 64


class ConvNet(nn.Module):
    """Images [B, C, H, W] to logits [B, classes].

    Max-pooling and ReLU commute, so ReLU stands after the pool, where it has a quarter of the work.

    Args:
        inputs: pictures of at least 4×4 pixels.
        outputs: classes, labels or a number.
        num_filters: filters of the first convolution; the other two have twice as many.
        dense_dim: units of the dense layer.
        dropout: share of the dense layer's inputs that is dropped while training.

    Raises:
        ConfigError: the pictures are smaller than 4×4.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        outputs: OutputSpec,
        *,
        num_filters: Annotated[int, Meta(ge=1)] = 32,
        dense_dim: Annotated[int, Meta(ge=1)] = 64,
        dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.0,
    ) -> None:
        super().__init__()
        smallest = smallest_side(inputs, "convnet")
        padding = 0 if smallest >= _UNPADDED else 1
        height, width = (_after(size, padding) for size in (inputs.height, inputs.width))
        self.conv1 = nn.Conv2d(inputs.channels, num_filters, 3, padding=padding)
        self.conv2 = nn.Conv2d(num_filters, 2 * num_filters, 3, padding=padding)
        self.conv3 = nn.Conv2d(2 * num_filters, 2 * num_filters, 3, padding=padding)
        self.pool = nn.MaxPool2d(2)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.dense1 = nn.Linear(2 * num_filters * height * width, dense_dim)
        self.dense2 = nn.Linear(dense_dim, outputs.num_outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, C, H, W] to logits [B, classes]."""
        hidden = self.relu(self.pool(self.conv1(images)))
        hidden = self.relu(self.pool(self.conv2(hidden)))
        hidden = self.relu(self.conv3(hidden))
        hidden = self.relu(self.dense1(self.dropout(hidden.flatten(1))))
        logits: Tensor = self.dense2(hidden)
        return logits

    @staticmethod
    def recipe(num_examples: int, inputs: ImageSpec, _outputs: OutputSpec) -> Recipe:
        """Passes enough for about 1,500 steps on small data, and six on tens of thousands; large pictures in 32s.

        Tens of thousands of small grey pictures are seen 110,000 times in all, each moved and turned a little.
        """
        if num_examples < 10_000:
            return Recipe(epochs=max(4, min(60, 50_000 // num_examples)), batch_size=32, learning_rate=3e-3)
        if inputs.height * inputs.width > _LARGE:
            return Recipe(epochs=6, batch_size=32, learning_rate=3e-3)
        if inputs.channels > 1:
            return Recipe(epochs=6, batch_size=128, learning_rate=5e-3)
        epochs = max(2, round(110_000 / num_examples))
        return Recipe(epochs, batch_size=64, learning_rate=3e-3, optimizer="muon", augmentation=0.5)


def _after(size: int, padding: int) -> int:
    """Pixels along one side after the three convolutions and two pools."""
    shrink = 2 - 2 * padding
    return ((size - shrink) // 2 - shrink) // 2 - shrink

"""ResNet: a residual network for small pictures.

A convolution, then stages that begin with a convolution and a max-pool and go on with residual blocks of two
convolutions, y = φ(x + F(x)) (K. He, X. Zhang, S. Ren and J. Sun, 2015, equation 1). We deviate in the stages: they
halve a picture by max-pooling after their first convolution instead of by a stride, φ is the GELU, and the largest
value of each channel, not the mean, goes to the last layer (all three after K. Jordan, 2024, "94% on CIFAR-10 in 3.29
seconds on a single GPU"); and the first stage has no block, which would be dear there.
"""

from __future__ import annotations

import math
from typing import Annotated

from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.layers.residual import ConvNorm, ResidualBlock
from deepwright.models.vision._smallest import smallest_side
from deepwright.specs import ImageSpec, OutputSpec

__all__ = ["ResNet"]

#: Sides up to this many pixels reach the first stage as they are.
_LARGE = 64
#: Sides from this many pixels on are halved by the next stage.
_POOLED = 6


class ResNet(nn.Module):
    """Images [B, C, H, W] to outputs [B, num_outputs].

    Pictures of more than 64×64 pixels are seen by the first convolution in steps of 2, 4, …, so that the work of the
    stages stays bounded; small ones are pooled no further than to 3×3.

    Args:
        inputs: pictures of at least 4×4 pixels.
        outputs: what is asked for.
        depth: residual blocks in each stage but the first.
        width: filters of the first convolution; the stages have 2, 4 and 8 times as many.

    Raises:
        ConfigError: the pictures are smaller than 4×4.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        outputs: OutputSpec,
        *,
        depth: Annotated[int, Meta(ge=0, le=20)] = 1,
        width: Annotated[int, Meta(ge=1)] = 16,
    ) -> None:
        super().__init__()
        side = smallest_side(inputs, "resnet")
        stride = _stride(inputs)
        kernel = 2 * stride + 1
        self.stem = nn.Sequential(
            nn.Conv2d(inputs.channels, width, kernel, stride=stride, padding=stride, bias=False),
            nn.BatchNorm2d(width),
            nn.GELU(),
        )
        self.stages = nn.Sequential()
        side = math.ceil(side / stride)
        for i, blocks in enumerate((0, depth, depth)):
            pool = 2 if side >= _POOLED else 1
            side //= pool
            self.stages.append(_stage(width * 2**i, width * 2 ** (i + 1), pool, blocks))
        self.dense = nn.Linear(8 * width, outputs.num_outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, C, H, W] to outputs [B, num_outputs]."""
        outputs: Tensor = self.dense(self.stages(self.stem(images)).amax((2, 3)))
        return outputs

    @staticmethod
    def recipe(num_examples: int, inputs: ImageSpec, _outputs: OutputSpec) -> Recipe:
        """About 225,000 pictures of 32×32 in all, fewer of larger ones, each between 8 and 60 times.

        Beyond 64×64 pixels batches are half as large, so that a step takes no more memory. Muon was found better on
        colour photographs; on grey pictures, where AdamW reaches what it is there for, the two were not compared.
        """
        stride = _stride(inputs)
        side = math.sqrt(inputs.height * inputs.width) / stride
        seen = int(225_000 * min(1, 32 / side))
        batch_size, learning_rate = (64, 1e-2) if stride == 1 else (32, 7e-3)
        epochs = max(8, min(60, seen // num_examples))
        optimizer = "muon" if inputs.channels > 1 else "adamw"
        return Recipe(epochs, batch_size, learning_rate, weight_decay=0.05, optimizer=optimizer, augmentation=1.0)


def _stage(num_inputs: int, num_filters: int, pool: int, num_blocks: int) -> nn.Sequential:
    blocks = [ResidualBlock(num_filters) for _block in range(num_blocks)]
    return nn.Sequential(ConvNorm(num_inputs, num_filters, pool), nn.GELU(), *blocks)


def _stride(inputs: ImageSpec) -> int:
    """The least power of two that leaves no more than 64×64 pixels."""
    times = math.log2(math.sqrt(inputs.height * inputs.width) / _LARGE)
    return int(2 ** max(0, math.ceil(times)))

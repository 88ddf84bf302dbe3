"""Pixel linear: linear regression on the pixels, logistic for classes and labels, solved by L-BFGS.

What pictures give away without any notion of shape; a network has to beat it to be worth its cost. The objective
is convex: mean loss + (penalty / 2)·‖W‖², where the loss is softmax cross-entropy for classes (D. R. Cox, 1958),
binary cross-entropy for each label, half the squared error for a number (solved after D. C. Liu and J. Nocedal, 1989,
for V with W = V·L⁻¹ and L·Lᵀ the damped covariance of the pixels, in which fewer than half the steps are needed; the
bound on the curvature is that of D. Böhning, 1992). Pictures of more than 32×32 pixels are averaged down to that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Examples, batches
from deepwright.specs import ClassSpec, ImageSpec, LabelsSpec, OutputSpec

__all__ = ["PixelLinear"]

_LARGEST = 32
#: From so many rows on, an eighth of them gives the solver its start.
_MANY = 8_000


class PixelLinear(nn.Module):
    """One dense layer from pixels to outputs, solved for all examples at once.

    Args:
        inputs: pictures.
        outputs: classes, labels or a number.
        penalty: weight of ‖W‖² in the objective.
        max_iterations: steps of the solver at most; of 8,000 rows or more these are on an eighth of them, and a quarter
            as many follow on all.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        outputs: OutputSpec,
        *,
        penalty: Annotated[float, Meta(ge=0)] = 1e-3,
        max_iterations: Annotated[int, Meta(ge=1)] = 50,
    ) -> None:
        super().__init__()
        self.penalty, self.max_iterations = penalty, max_iterations
        height, width = min(inputs.height, _LARGEST), min(inputs.width, _LARGEST)
        alike = (height, width) == (inputs.height, inputs.width)
        self.shrink = nn.Identity() if alike else nn.AdaptiveAvgPool2d((height, width))
        self.loss = _loss(outputs)
        self.dense = nn.Linear(inputs.channels * height * width, outputs.num_outputs)
        nn.init.zeros_(self.dense.weight)
        nn.init.zeros_(self.dense.bias)
        self.requires_grad_(False)

    def fit(self, examples: Examples) -> None:
        """Minimise the objective over all examples; deterministic, since it starts from zero."""
        pixels = torch.cat([self.shrink(batch.inputs[0]).flatten(1) for batch in batches(examples)])
        targets = examples.targets
        assert targets is not None
        centre = pixels.mean(0)
        pixels = pixels - centre
        sampled = len(pixels) >= _MANY
        some = pixels[::8].contiguous() if sampled else pixels
        straightened = _straightened(some)
        turned = torch.zeros_like(self.dense.weight, requires_grad=True)
        bias = torch.zeros_like(self.dense.bias, requires_grad=True)

        def minimise(pixels: Tensor, targets: Tensor, max_iterations: int) -> None:
            solver = torch.optim.LBFGS([turned, bias], max_iter=max_iterations, line_search_fn="strong_wolfe")

            def objective() -> Tensor:
                solver.zero_grad()
                weight = turned @ straightened
                loss = self.loss(nn.functional.linear(pixels, weight, bias), targets)
                loss = loss + self.penalty / 2 * weight.square().sum()
                loss.backward()
                return loss

            with torch.enable_grad():
                solver.step(objective)

        if sampled:  # most of the way is the same for an eighth of the rows, at an eighth of the work
            minimise(some, targets[::8], self.max_iterations)
        minimise(pixels, targets, math.ceil(self.max_iterations / 4) if sampled else self.max_iterations)
        weight = turned.detach() @ straightened
        self.dense.weight.copy_(weight)
        self.dense.bias.copy_(bias.detach() - weight @ centre)

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, C, H, W] to outputs [B, num_outputs]."""
        outputs: Tensor = self.dense(self.shrink(images).flatten(1))
        return outputs


def _straightened(pixels: Tensor) -> Tensor:
    """L⁻¹ [P, P] of the covariance of centred pixels [N, P], to which the mean variance is added."""
    covariance = pixels.T @ pixels / len(pixels)
    variances = covariance.diagonal()
    variances += variances.mean() + torch.finfo(pixels.dtype).eps
    identity = torch.eye(len(covariance), dtype=pixels.dtype)
    straightened: Tensor = torch.linalg.solve_triangular(torch.linalg.cholesky(covariance), identity, upper=False)
    return straightened


def _loss(outputs: OutputSpec) -> Callable[[Tensor, Tensor], Tensor]:
    if isinstance(outputs, ClassSpec):
        return nn.functional.cross_entropy
    if isinstance(outputs, LabelsSpec):
        return nn.functional.binary_cross_entropy_with_logits
    return lambda values, targets: (values[:, 0] - targets).square().mean() / 2

"""Pixel linear: multinomial logistic regression on the pixels, solved by L-BFGS.

What pictures give away without any notion of shape; a network has to beat it to be worth its cost. The objective
is convex: mean cross-entropy + (penalty / 2)·‖W‖² (D. R. Cox, 1958; solved after D. C. Liu and J. Nocedal, 1989).
"""

from __future__ import annotations

from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import ClassSpec, Examples, ImageSpec

__all__ = ["PixelLinear"]


class PixelLinear(nn.Module):
    """One dense layer from pixels to logits, solved for all examples at once.

    Args:
        inputs: pictures.
        outputs: classes.
        penalty: weight of ‖W‖² in the objective.
        max_iterations: steps of the solver at most.
    """

    def __init__(
        self,
        inputs: ImageSpec,
        outputs: ClassSpec,
        *,
        penalty: Annotated[float, Meta(ge=0)] = 1e-3,
        max_iterations: Annotated[int, Meta(ge=1)] = 100,
    ) -> None:
        super().__init__()
        self.penalty, self.max_iterations = penalty, max_iterations
        self.dense = nn.Linear(inputs.channels * inputs.height * inputs.width, outputs.num_classes)
        nn.init.zeros_(self.dense.weight)
        nn.init.zeros_(self.dense.bias)
        self.requires_grad_(False)

    def fit(self, examples: Examples) -> None:
        """Minimise the objective over all examples; deterministic, since it starts from zero."""
        batch = examples.batch(torch.arange(len(examples)))
        pixels, targets = batch.inputs[0].flatten(1), batch.targets
        assert targets is not None
        centre = pixels.mean(0)
        pixels = pixels - centre
        weight = torch.zeros_like(self.dense.weight, requires_grad=True)
        bias = torch.zeros_like(self.dense.bias, requires_grad=True)
        solver = torch.optim.LBFGS([weight, bias], max_iter=self.max_iterations, line_search_fn="strong_wolfe")

        def objective() -> Tensor:
            solver.zero_grad()
            loss = nn.functional.cross_entropy(nn.functional.linear(pixels, weight, bias), targets)
            loss = loss + self.penalty / 2 * weight.square().sum()
            loss.backward()
            return loss

        with torch.enable_grad():
            solver.step(objective)
        self.dense.weight.copy_(weight.detach())
        self.dense.bias.copy_(bias.detach() - weight.detach() @ centre)

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, C, H, W] to logits [B, C]."""
        logits: Tensor = self.dense(images.flatten(1))
        return logits

"""Residual blocks, and the convolutions between them that halve a picture."""

from __future__ import annotations

from torch import Tensor, nn

#: What a block adds at first, in deviations of what it is added to: near 0, every block begins as the identity.
_FIRST_SCALE = 0.1


class ConvNorm(nn.Sequential):
    """Convolution 3×3 that keeps height and width, a max-pool if wanted, batch norm: [B, C, H, W] to [B, K, H′, W′].

    The pool comes before the normalisation, which then has a quarter of the work. Kernels are drawn after K. He et al.
    (2015, equation 14), so that gradients keep their size.

    Args:
        num_inputs: channels C.
        num_filters: channels K.
        pool: pixels along each side that become one: H′ = ⌊H / pool⌋.
    """

    def __init__(self, num_inputs: int, num_filters: int, pool: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(num_inputs, num_filters, 3, padding=1, bias=False)
        if pool > 1:
            self.pool = nn.MaxPool2d(pool)
        self.norm = nn.BatchNorm2d(num_filters)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out")


class ResidualBlock(nn.Module):
    """y = φ(x + norm₂(conv₂(φ(norm₁(conv₁(x)))))), all [B, C, H, W], φ the GELU (D. Hendrycks and K. Gimpel, 2016).

    The scale of norm₂ starts at 0.1, so that a deep stack of blocks begins near the identity (after P. Goyal et al.,
    2017, section 5.1, who start at 0, where conv₁ and conv₂ have no gradient at the first step).

    Args:
        num_filters: channels C.
    """

    def __init__(self, num_filters: int) -> None:
        super().__init__()
        self.first = ConvNorm(num_filters, num_filters)
        self.gelu1 = nn.GELU()
        self.second = ConvNorm(num_filters, num_filters)
        self.gelu2 = nn.GELU()
        nn.init.constant_(self.second.norm.weight, _FIRST_SCALE)

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs [B, C, H, W] to outputs of the same shape."""
        added: Tensor = self.second(self.gelu1(self.first(inputs)))
        outputs: Tensor = self.gelu2(inputs + added)
        return outputs

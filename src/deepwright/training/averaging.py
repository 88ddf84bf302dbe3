"""Averaging: the mean of a network's weights at several moments of its training.

Reference:
    A. Vaswani et al., 2017, section 6.1. They average checkpoints of the last minutes, here it is ends of epochs.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor


def mean_with(mean: Mapping[str, Tensor] | None, state: Mapping[str, Tensor], number: int) -> dict[str, Tensor]:
    """The mean of so many states: μ_n = μ_{n-1} + (w_n - μ_{n-1}) / n.

    Statistics of the data that a network has gathered are averaged as weights are; whole numbers, such as counts, are
    those of the last state.

    Args:
        mean: of all states but the last; None before the first.
        state: the last one, which stays as it is.
        number: of states, from 1.
    """
    if mean is None:
        return {name: tensor.clone() for name, tensor in state.items()}
    return {
        name: mean[name] + (tensor - mean[name]) / number if tensor.is_floating_point() else tensor.clone()
        for name, tensor in state.items()
    }

"""One step of each optimizer. θ are the parameters, g the gradient at θ; t counts steps from 1."""

import numpy as np

from tests.formulas.reference.arrays import Floats


def sgd_step(
    theta: Floats, gradient: Floats, velocity: Floats, *, rate: float, momentum: float, nesterov: bool, decay: float
) -> tuple[Floats, Floats]:
    """v ← momentum·v + g; θ ← θ - rate·v, or θ - rate·(g + momentum·v) with Nesterov's look-ahead.

    The velocity, which begins at 0, is a sum of gradients, so that a change of the rate takes effect at once; at a
    constant rate this is ``polyak_step`` and ``sutskever_step``. Weight decay: g ← g + decay·θ, the gradient of
    (decay / 2)·‖θ‖².

    Returns:
        The new θ and v.
    """
    gradient = gradient + decay * theta
    velocity = momentum * velocity + gradient
    step = gradient + momentum * velocity if nesterov else velocity
    return theta - rate * step, velocity


def polyak_step(theta: Floats, before: Floats, gradient: Floats, *, rate: float, momentum: float) -> Floats:
    """x_{n+1} = x_n - α·∇f(x_n) + β·(x_n - x_{n-1}), the heavy ball (B. T. Polyak, 1964)."""
    return theta - rate * gradient + momentum * (theta - before)


def sutskever_step(
    theta: Floats, gradient_ahead: Floats, velocity: Floats, *, rate: float, momentum: float
) -> tuple[Floats, Floats]:
    """v_{t+1} = μ·v_t - ε·∇f(θ_t + μ·v_t); θ_{t+1} = θ_t + v_{t+1} (I. Sutskever et al., 2013, equations 3 and 4).

    The gradient is taken at the look-ahead point θ + μ·v, and it is this point that ``sgd_step`` calls θ.

    Returns:
        The new θ and v.
    """
    velocity = momentum * velocity - rate * gradient_ahead
    return theta + velocity, velocity


def adam_step(
    theta: Floats,
    gradient: Floats,
    first: Floats,
    second: Floats,
    t: int,
    *,
    rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float = 0.0,
) -> tuple[Floats, Floats, Floats]:
    """Algorithm 1 of D. P. Kingma and J. Ba, 2015.

    m_t = β₁·m_{t-1} + (1 - β₁)·g, v_t = β₂·v_{t-1} + (1 - β₂)·g², m̂ = m_t / (1 - β₁ᵗ), v̂ = v_t / (1 - β₂ᵗ),
    θ_t = θ_{t-1} - α·m̂ / (√v̂ + ε). The moments begin at 0, and dividing by 1 - βᵗ takes that bias away. With weight
    decay, g ← g + decay·θ.

    Returns:
        The new θ, m and v.
    """
    gradient = gradient + decay * theta
    first = beta1 * first + (1 - beta1) * gradient
    second = beta2 * second + (1 - beta2) * gradient**2
    unbiased_first = first / (1 - beta1**t)
    unbiased_second = second / (1 - beta2**t)
    return theta - rate * unbiased_first / (np.sqrt(unbiased_second) + eps), first, second


def adamw_step(
    theta: Floats,
    gradient: Floats,
    first: Floats,
    second: Floats,
    t: int,
    *,
    alpha: float,
    eta: float,
    decay: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> tuple[Floats, Floats, Floats]:
    """Algorithm 2 of I. Loshchilov and F. Hutter, 2019: θ_t = θ_{t-1} - η_t·(α·m̂ / (√v̂ + ε) + λ·θ_{t-1}).

    The decay λ does not pass through the moments, so that every weight shrinks by the same share. η_t is the factor of
    the schedule. Frameworks multiply the decay by the whole learning rate η_t·α: their decay w is the paper's λ / α.

    Returns:
        The new θ, m and v.
    """
    adam, first, second = adam_step(
        theta, gradient, first, second, t, rate=eta * alpha, beta1=beta1, beta2=beta2, eps=eps
    )
    return adam - eta * decay * theta, first, second


def muon_step(
    theta: Floats, gradient: Floats, mean: Floats, *, rate: float, momentum: float, decay: float
) -> tuple[Floats, Floats]:
    """M ← μ·M + (1 - μ)·g; θ ← (1 - rate·decay)·θ - rate·0.2·√max(rows, columns)·O (J. Liu et al., 2025, equation 4).

    O is (1 - μ)·g + μ·M with other singular values: each, as a share of the Frobenius norm, goes five times through
    p(σ) = 3.4445·σ - 4.7750·σ³ + 2.0315·σ⁵ (K. Jordan et al., 2024).

    Returns:
        The new θ and M.
    """
    mean = momentum * mean + (1 - momentum) * gradient
    left, values, right = np.linalg.svd((1 - momentum) * gradient + momentum * mean, full_matrices=False)
    values = values / np.sqrt((values**2).sum())
    for _iteration in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    step = 0.2 * np.sqrt(max(theta.shape)) * (left * values) @ right
    return (1 - rate * decay) * theta - rate * step, mean

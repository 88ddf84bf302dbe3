"""The tasks' losses, one for each row; the objective of multinomial logistic regression; losses of mixed examples."""

import math

import numpy as np

from tests.formulas.reference.activations import sigmoid, softmax
from tests.formulas.reference.arrays import Floats, Integers


def softmax_cross_entropy(logits: Floats, targets: Integers) -> Floats:
    """L_b = -log(exp(z_y) / Σ_c exp(z_c)) = log Σ_c exp(z_c - m) + (m - z_y) for any m (C. M. Bishop, 2006, 4.108).

    With m the largest logit, every exponential is at most 1 and one of them is 1: neither overflow nor log 0. The
    difference m - z_y is taken first: 10,000 plus a small loss, minus 10,000, would lose the small loss.
    """
    losses = np.zeros(len(logits))
    for b, (row, target) in enumerate(zip(logits, targets, strict=True)):
        largest = float(row.max())
        losses[b] = math.log(sum(math.exp(float(z) - largest) for z in row)) + (largest - float(row[target]))
    return losses


def smoothed_cross_entropy(logits: Floats, targets: Integers, smoothing: float) -> Floats:
    """L_b = (1 - ε)·H(q, p) + ε·H(u, p), u the uniform distribution over C classes.

    H(u, p) = -(1/C) Σ_c log p_c is the mean of the costs of every class (C. Szegedy et al., 2016, section 7).
    """
    of_each = [softmax_cross_entropy(logits, np.full(len(logits), c)) for c in range(logits.shape[1])]
    uniform: Floats = np.mean(of_each, axis=0)
    return (1 - smoothing) * softmax_cross_entropy(logits, targets) + smoothing * uniform


def softmax_cross_entropy_backward(gradient: Floats, logits: Floats, targets: Integers) -> Floats:
    """∂L_b/∂z_c = p_c - [c = y]: what was said minus what is true (Bishop, 2006, equation 4.109)."""
    errors = softmax(logits)
    for b, target in enumerate(targets):
        errors[b, target] -= 1
    return gradient.reshape(-1, 1) * errors


def logistic_objective(inputs: Floats, targets: Integers, weight: Floats, bias: Floats, penalty: float) -> float:
    """J(W, b) = (1/N) Σ_n L_n + (penalty / 2)·‖W‖², convex in W and b (D. R. Cox, 1958; Bishop, 2006, 4.3.4)."""
    losses = softmax_cross_entropy(inputs @ weight.T + bias, targets)
    return float(losses.mean() + penalty / 2 * (weight**2).sum())


def logistic_objective_backward(
    inputs: Floats, targets: Integers, weight: Floats, bias: Floats, penalty: float
) -> tuple[Floats, Floats]:
    """∂J/∂W = (1/N) Σ_n (p_n - t_n) x_nᵀ + penalty·W and ∂J/∂b = (1/N) Σ_n (p_n - t_n); both are 0 at the optimum."""
    share = np.full(len(inputs), 1 / len(inputs))
    errors = softmax_cross_entropy_backward(share, inputs @ weight.T + bias, targets)
    return errors.T @ inputs + penalty * weight, errors.sum(axis=0)


def sigmoid_cross_entropy(logits: Floats, targets: Floats) -> Floats:
    """L_b = (1/C) Σ_c [-y·log σ(z) - (1 - y)·log(1 - σ(z))], targets 0 or 1 [B, C] (Bishop, 2006, equation 4.90).

    Each term is log(1 + eˢ) with s = -z where the label is there and s = z where it is not, taken without overflow as
    max(s, 0) + log(1 + e^-|s|).
    """
    losses = np.zeros(len(logits))
    for b, (row, target) in enumerate(zip(logits, targets, strict=True)):
        for z, y in zip(row, target, strict=True):
            s = float(-z if y else z)
            losses[b] += (max(s, 0.0) + math.log1p(math.exp(-abs(s)))) / len(row)
    return losses


def sigmoid_cross_entropy_backward(gradient: Floats, logits: Floats, targets: Floats) -> Floats:
    """∂L_b/∂z_c = (σ(z_c) - y_c) / C (Bishop, 2006, equation 4.91)."""
    errors: Floats = (sigmoid(logits) - targets) / logits.shape[1]
    return gradient.reshape(-1, 1) * errors


def squared_error(outputs: Floats, targets: Floats) -> Floats:
    """L_b = (ŷ_b - y_b)², outputs [B, 1] (C. F. Gauss, 1809)."""
    losses: Floats = (outputs[:, 0] - targets) ** 2
    return losses


def squared_error_backward(gradient: Floats, outputs: Floats, targets: Floats) -> Floats:
    """∂L_b/∂ŷ_b = 2·(ŷ_b - y_b)."""
    return (gradient * 2 * (outputs[:, 0] - targets)).reshape(-1, 1)


def mixed(own: Floats, partner: Floats, shares: Floats) -> Floats:
    """λ_b·L(ŷ_b, y_b) + (1 - λ_b)·L(ŷ_b, y_partner) (H. Zhang et al., 2018, section 2)."""
    return np.array([share * a + (1 - share) * b for share, a, b in zip(shares, own, partner, strict=True)])

"""What a neuron does with its weighted sum, and the derivative that the chain rule needs.

Each ``f(z)`` has an ``f_backward(gradient, …)``: given ∂L/∂y of a loss L with respect to y = f(z), it returns
∂L/∂z = ∂L/∂y · f′(z), element by element; only softmax mixes the elements of a row.
"""

import numpy as np

from tests.formulas.reference.arrays import Floats


def sigmoid(z: Floats) -> Floats:
    """σ(z) = 1 / (1 + e⁻ᶻ), between 0 and 1 (D. E. Rumelhart, G. E. Hinton and R. J. Williams, 1986, equation 2).

    For z < 0 the equal form eᶻ / (1 + eᶻ) is used, whose exponential cannot overflow.
    """
    small = np.exp(-np.abs(z))  # always at most 1
    outputs: Floats = np.where(z >= 0, 1 / (1 + small), small / (1 + small))
    return outputs


def sigmoid_backward(gradient: Floats, outputs: Floats) -> Floats:
    """σ′(z) = σ(z)·(1 - σ(z)), at most 1/4: why gradients vanish in deep sigmoid networks."""
    return gradient * outputs * (1 - outputs)


def tanh(z: Floats) -> Floats:
    """tanh(z) = (eᶻ - e⁻ᶻ) / (eᶻ + e⁻ᶻ) = 2σ(2z) - 1, between -1 and 1 (Y. LeCun et al., 1998, section 4.4)."""
    return 2 * sigmoid(2 * z) - 1


def tanh_backward(gradient: Floats, outputs: Floats) -> Floats:
    """tanh′(z) = 1 - tanh²(z), at most 1."""
    return gradient * (1 - outputs**2)


def relu(z: Floats) -> Floats:
    """ReLU(z) = max(0, z) (V. Nair and G. E. Hinton, 2010)."""
    outputs: Floats = np.where(z > 0, z, 0.0)
    return outputs


def relu_backward(gradient: Floats, z: Floats) -> Floats:
    """ReLU′(z) = 1 for z > 0 and 0 for z < 0; at 0, where there is no derivative, every framework takes 0."""
    result: Floats = np.where(z > 0, gradient, 0.0)
    return result


def leaky_relu(z: Floats, slope: float) -> Floats:
    """max(z, slope·z) for a slope between 0 and 1 (A. L. Maas, A. Y. Hannun and A. Y. Ng, 2013)."""
    outputs: Floats = np.where(z > 0, z, slope * z)
    return outputs


def leaky_relu_backward(gradient: Floats, z: Floats, slope: float) -> Floats:
    """1 for z > 0 and the slope for z < 0: a neuron that is off still learns."""
    result: Floats = np.where(z > 0, gradient, slope * gradient)
    return result


def softmax(z: Floats) -> Floats:
    """p_c = exp(z_c) / Σ_k exp(z_k) for each row of z [B, C] (J. S. Bridle, 1990).

    Adding a constant to a row changes nothing, so its maximum is taken away first and no exponential overflows.
    """
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    probs: Floats = powers / powers.sum(axis=1, keepdims=True)
    return probs


def softmax_backward(gradient: Floats, probs: Floats) -> Floats:
    """∂p_c/∂z_k = p_c·([c = k] - p_k), hence ∂L/∂z_k = p_k·(∂L/∂p_k - Σ_c ∂L/∂p_c·p_c)."""
    expected = (gradient * probs).sum(axis=1, keepdims=True)
    result: Floats = probs * (gradient - expected)
    return result

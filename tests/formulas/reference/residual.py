"""A residual block and the batch norm within it, forward and backward."""

import math

import numpy as np

from tests.formulas.reference.arrays import Floats
from tests.formulas.reference.convolution import convolution, convolution_backward

Parameters = dict[str, Floats]

#: Keeps the division finite where a channel is constant.
EPS = 1e-5


def batch_norm(values: Floats, scale: Floats, shift: Floats) -> Floats:
    """y = scale·x̂ + shift with x̂ = (x - μ) / √(σ² + ε), over all but the channels (S. Ioffe and C. Szegedy, 2015)."""
    outputs = np.zeros_like(values)
    for c in range(values.shape[1]):
        outputs[:, c] = scale[c] * _standard(values[:, c])[0] + shift[c]
    return outputs


def batch_norm_backward(gradient: Floats, values: Floats, scale: Floats) -> tuple[Floats, Floats, Floats]:
    """∂L/∂x, ∂L/∂scale and ∂L/∂shift; ∂L/∂x = scale/√(σ² + ε)·(g - mean(g) - x̂·mean(g·x̂)), as x moves μ and σ too."""
    to_values, to_scale, to_shift = np.zeros_like(values), np.zeros_like(scale), np.zeros_like(scale)
    for c in range(values.shape[1]):
        standard, deviation = _standard(values[:, c])
        g = gradient[:, c]
        to_scale[c], to_shift[c] = (g * standard).sum(), g.sum()
        to_values[:, c] = scale[c] / deviation * (g - g.mean() - standard * (g * standard).mean())
    return to_values, to_scale, to_shift


def gelu(z: Floats) -> Floats:
    """φ(z) = z·Φ(z), Φ the normal distribution's probability of less than z (D. Hendrycks and K. Gimpel, 2016)."""
    return z * _normal(z)


def gelu_backward(gradient: Floats, z: Floats) -> Floats:
    """φ′(z) = Φ(z) + z·Φ′(z) with Φ′(z) = exp(-z²/2) / √(2π)."""
    return gradient * (_normal(z) + z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))


def block(values: Floats, parameters: Parameters) -> Floats:
    """y = φ(x + F(x)), F convolution, norm, φ, convolution, norm (K. He et al., 2015, equation 1, with φ the GELU)."""
    return gelu(values + _added(values, parameters)[-1])


def block_backward(gradient: Floats, values: Floats, parameters: Parameters) -> tuple[Floats, Parameters]:
    """From ∂L/∂y, the gradient of x, to which the identity and F contribute, and of every parameter by name."""
    sum1, normed1, sum2, added = _added(values, parameters)
    gradients: Parameters = {}
    to_sum = gelu_backward(gradient, values + added)
    through = _layer_backward(to_sum, "second", sum2, gelu(normed1), parameters, gradients)
    through = _layer_backward(gelu_backward(through, normed1), "first", sum1, values, parameters, gradients)
    return to_sum + through, gradients


def _normal(z: Floats) -> Floats:
    """Φ(z) = (1 + erf(z/√2)) / 2."""
    return np.array([(1 + math.erf(x / math.sqrt(2))) / 2 for x in z.reshape(-1)]).reshape(z.shape)


def _standard(values: Floats) -> tuple[Floats, float]:
    deviation = float(np.sqrt(((values - values.mean()) ** 2).mean() + EPS))
    return (values - values.mean()) / deviation, deviation


def _added(values: Floats, parameters: Parameters) -> tuple[Floats, Floats, Floats, Floats]:
    """The sums of both convolutions, each followed by what its norm makes of them."""
    sum1 = _convolved(values, parameters["first.conv.weight"])
    normed1 = batch_norm(sum1, parameters["first.norm.weight"], parameters["first.norm.bias"])
    sum2 = _convolved(gelu(normed1), parameters["second.conv.weight"])
    return sum1, normed1, sum2, batch_norm(sum2, parameters["second.norm.weight"], parameters["second.norm.bias"])


def _convolved(values: Floats, kernels: Floats) -> Floats:
    return convolution(values, kernels, np.zeros(len(kernels)), padding=1)


def _layer_backward(
    gradient: Floats, name: str, sums: Floats, inputs: Floats, parameters: Parameters, gradients: Parameters
) -> Floats:
    """Back through norm and convolution; the gradients of their parameters are kept."""
    gradient, gradients[f"{name}.norm.weight"], gradients[f"{name}.norm.bias"] = batch_norm_backward(
        gradient, sums, parameters[f"{name}.norm.weight"]
    )
    to_inputs, gradients[f"{name}.conv.weight"], _bias = convolution_backward(
        gradient, inputs, parameters[f"{name}.conv.weight"], padding=1
    )
    return to_inputs

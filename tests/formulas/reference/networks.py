"""Two whole networks, forward and backward, from their parameters by name.

Backward propagation is nothing but the chain rule, read from the last layer to the first: each layer turns the
gradient with respect to its outputs into those with respect to its parameters, which are kept, and its inputs, which
go to the layer before (D. E. Rumelhart, G. E. Hinton and R. J. Williams, 1986).
"""

from tests.formulas.reference.activations import relu, relu_backward
from tests.formulas.reference.arrays import Floats
from tests.formulas.reference.convolution import convolution, convolution_backward
from tests.formulas.reference.dense import dense, dense_backward, flatten, flatten_backward
from tests.formulas.reference.pooling import max_pool, max_pool_backward

Parameters = dict[str, Floats]


def multilayer(rows: Floats, parameters: Parameters, names: list[str]) -> tuple[Floats, list[Floats], list[Floats]]:
    """Dense layers with ReLU between them, on rows [B, I]: logits, the inputs of each layer and its weighted sums."""
    inputs, sums = [rows], []
    for name in names:
        sums.append(dense(inputs[-1], parameters[f"{name}.weight"], parameters[f"{name}.bias"]))
        inputs.append(relu(sums[-1]))
    return sums[-1], inputs[:-1], sums


def multilayer_backward(
    gradient: Floats, parameters: Parameters, names: list[str], inputs: list[Floats], sums: list[Floats]
) -> tuple[Floats, Parameters]:
    """From ∂L/∂logits, the gradient of the rows and of every parameter; ReLU stands after every layer but the last."""
    gradients: Parameters = {}
    for i in reversed(range(len(names))):
        if i < len(names) - 1:
            gradient = relu_backward(gradient, sums[i])
        weight = parameters[f"{names[i]}.weight"]
        gradient, gradients[f"{names[i]}.weight"], gradients[f"{names[i]}.bias"] = dense_backward(
            gradient, inputs[i], weight
        )
    return gradient, gradients


def mlp(images: Floats, parameters: Parameters, num_layers: int) -> Floats:
    """Flatten, then ``num_layers`` times dense and ReLU, then dense: images [B, C, H, W] to logits."""
    return multilayer(flatten(images), parameters, _mlp_layers(num_layers))[0]


def mlp_backward(
    gradient: Floats, images: Floats, parameters: Parameters, num_layers: int
) -> tuple[Floats, Parameters]:
    """From ∂L/∂logits, the gradient of the images and of every parameter by name."""
    names = _mlp_layers(num_layers)
    _logits, inputs, sums = multilayer(flatten(images), parameters, names)
    to_rows, gradients = multilayer_backward(gradient, parameters, names, inputs, sums)
    return flatten_backward(to_rows, images.shape), gradients


def convnet(images: Floats, parameters: Parameters, padding: int) -> Floats:
    """Convolution, ReLU, pool 2×2; convolution, ReLU, pool 2×2; convolution, ReLU; dense, ReLU; dense.

    The order of the textbooks, convolution - ReLU - pool (I. Goodfellow, Y. Bengio and A. Courville, 2016, figure 9.7).
    """
    features = _convnet_features(images, parameters, padding)[-1]
    return multilayer(flatten(relu(features)), parameters, ["dense1", "dense2"])[0]


def convnet_backward(
    gradient: Floats, images: Floats, parameters: Parameters, padding: int
) -> tuple[Floats, Parameters]:
    """From ∂L/∂logits, the gradient of the images and of every parameter by name."""
    sum1, pooled1, sum2, pooled2, sum3 = _convnet_features(images, parameters, padding)
    names = ["dense1", "dense2"]
    _logits, inputs, sums = multilayer(flatten(relu(sum3)), parameters, names)
    to_rows, gradients = multilayer_backward(gradient, parameters, names, inputs, sums)

    gradient = relu_backward(flatten_backward(to_rows, sum3.shape), sum3)
    gradient = _through(gradient, "conv3", pooled2, parameters, gradients, padding)
    gradient = relu_backward(max_pool_backward(gradient, relu(sum2), 2), sum2)
    gradient = _through(gradient, "conv2", pooled1, parameters, gradients, padding)
    gradient = relu_backward(max_pool_backward(gradient, relu(sum1), 2), sum1)
    gradient = _through(gradient, "conv1", images, parameters, gradients, padding)
    return gradient, gradients


def _mlp_layers(num_layers: int) -> list[str]:
    return [*(f"hidden.dense{i}" for i in range(1, num_layers + 1)), "output"]


def _convnet_features(images: Floats, parameters: Parameters, padding: int) -> tuple[Floats, ...]:
    """The weighted sums of the three convolutions and, between them, what was pooled."""
    sum1 = convolution(images, parameters["conv1.weight"], parameters["conv1.bias"], padding)
    pooled1 = max_pool(relu(sum1), 2)
    sum2 = convolution(pooled1, parameters["conv2.weight"], parameters["conv2.bias"], padding)
    pooled2 = max_pool(relu(sum2), 2)
    sum3 = convolution(pooled2, parameters["conv3.weight"], parameters["conv3.bias"], padding)
    return sum1, pooled1, sum2, pooled2, sum3


def _through(
    gradient: Floats, name: str, inputs: Floats, parameters: Parameters, gradients: Parameters, padding: int
) -> Floats:
    """Back through a convolution: the gradients of its parameters are kept, that of its inputs is returned."""
    to_inputs, gradients[f"{name}.weight"], gradients[f"{name}.bias"] = convolution_backward(
        gradient, inputs, parameters[f"{name}.weight"], padding
    )
    return to_inputs

"""Where the gradient begins: the derivative of the loss by the outputs z of the network."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, softmax
from torch import Tensor

from deepwright.contracts import FloatArray
from deepwright.explaining.worked import Column, Factor, Worked, at, summed
from deepwright.specs import ClassSpec, LabelsSpec, NumberSpec, Spec


def loss_formula(outputs: Spec) -> str | None:
    """The loss that a task with such outputs has; None where it is not known."""
    match outputs:
        case ClassSpec():
            return "L = −ln(exp(z[t]) / Σ exp(z[c]))"
        case LabelsSpec():
            return "L = Σ(−t·ln σ(z) − (1 − t)·ln(1 − σ(z))) / C"
        case NumberSpec():
            return "L = (z − t)²"
    return None


def loss_derivative(outputs: Spec, z: FloatArray, targets: Tensor | None, dz: FloatArray) -> Worked | None:
    """dL/dz of the largest output, worked out; None where the task has another loss.

    Args:
        outputs: what the task answers with.
        z: [C] outputs of the network.
        targets: [1, …] of the one example, encoded.
        dz: [C] what the network gave.
    """
    assert targets is not None
    place = int(np.argmax(z))
    name, recorded, t = at("dL/dz", (place,)), float(dz[place]), targets[0].double().numpy()
    match outputs:
        case ClassSpec():
            share = Column(lambda _i: at("softmax(z)", (place,)), softmax(z)[[place]])
            is_class = Factor(f"({place} = t)", -float(place == t))
            return summed(name, "dL/dz[c] = softmax(z)[c] − (c = t)", [share], recorded, is_class)
        case LabelsSpec():
            columns = [
                Column(lambda _i: f"({at('σ(z', (place,))}) − {at('t', (place,))})", expit(z[[place]]) - t[[place]]),
                Column(lambda _i: "1/C", np.array([1 / len(z)])),
            ]
            return summed(name, "dL/dz = (σ(z) − t) / C", columns, recorded)
        case NumberSpec():
            columns = [Column(lambda _i: "2", np.array([2.0])), Column(lambda _i: "(z − t)", z - t)]
            return summed(name, "dL/dz = 2·(z − t)", columns, recorded)
    return None

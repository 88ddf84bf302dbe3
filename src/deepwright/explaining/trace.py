"""A trace: how a network computes the answer to one example, and how the chain rule takes its loss apart.

Forward, every layer makes an output y of its input x. Backward, from the derivative of the loss by its output, dL/dy,
follow dL/dw = dL/dy · dy/dw, by which the layer learns, and dL/dx = dL/dy · dy/dx, which is the dL/dy of the layer
before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from deepwright.contracts import Batch, FloatArray
from deepwright.explaining.chain import backward, passed_on
from deepwright.explaining.formulas import explain
from deepwright.explaining.layer import Explanation, Seen
from deepwright.explaining.loss import loss_derivative, loss_formula
from deepwright.explaining.recording import Call, Origin, evaluating, record
from deepwright.explaining.worked import Worked
from deepwright.predictor import Predictor


@dataclass(frozen=True)
class Statistics:
    """The numbers of an output.

    Attributes:
        least: of all.
        mean: of all.
        greatest: of all.
        zeros: share that is exactly 0.
    """

    least: float
    mean: float
    greatest: float
    zeros: float


@dataclass(frozen=True)
class Gradient:
    """A derivative of the loss.

    Attributes:
        shape: of it, without the batch.
        norm: √(Σ g²).
    """

    shape: tuple[int, ...]
    norm: float


@dataclass(frozen=True)
class TracedLayer:
    """One use of a layer.

    Attributes:
        name: within the network; a later use of the same layer has its number, as in ``relu#2``.
        kind: its class.
        formula: how outputs follow from inputs; None where that is not known.
        layers: whose outputs it received; ``input`` is what the network received.
        arithmetic: what the network did to them before, outside its layers.
        input_shape: without the batch.
        output_shape: without the batch.
        parameters: of the layer; 0 where a use before has counted them.
        statistics: of its output.
        dy: dL/dy; None where the loss does not depend on it.
        dx: dL/dx, through this use.
        dw: dL/dw by parameter, through this use.
        unit: its largest output, worked out.
        derivatives: worked out for one weight and one input of that output.
        y: its output.
        filters: its weights, where it is a convolution of pictures.
        tokens: where it gives every token of a text its embedding, the number of each token, and the norm of dL/dy
            there: how much the loss depends on it.
    """

    name: str
    kind: str
    formula: str | None
    layers: tuple[str, ...]
    arithmetic: tuple[str, ...]
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    parameters: int
    statistics: Statistics
    dy: Gradient | None
    dx: Gradient | None
    dw: Mapping[str, Gradient]
    unit: Worked | None
    derivatives: tuple[Worked, ...]
    y: FloatArray = field(repr=False)
    filters: FloatArray | None = field(repr=False, default=None)
    tokens: tuple[tuple[int, float | None], ...] = ()


@dataclass(frozen=True)
class Trace:
    """One example on its way through a network.

    Attributes:
        layers: every use of a layer, in order.
        origin: of the network's outputs.
        outputs: of the network, before calibration.
        loss: of the example.
        loss_formula: None where it is not known.
        loss_derivative: dL/dz of the largest output, worked out.
        answer: calibrated, as ``predict`` gives it.
    """

    layers: tuple[TracedLayer, ...]
    origin: Origin
    outputs: tuple[float, ...]
    loss: float
    loss_formula: str | None
    loss_derivative: Worked | None
    answer: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The trace as JSON-compatible data, without the outputs and filters themselves."""
        bare = [replace(layer, y=np.zeros(0), filters=None) for layer in self.layers]
        data = asdict(replace(self, layers=tuple(bare)))
        for layer in data["layers"]:
            del layer["y"], layer["filters"]
        return data


def trace(predictor: Predictor, batch: Batch) -> Trace:
    """Follow one example forward, and the derivatives of its loss backward.

    Args:
        predictor: fitted; it is left as it was.
        batch: one example with its target.
    """
    with evaluating(predictor.network) as network:
        made = record(network, batch.inputs)
        loss = predictor.task.losses(made.outputs.to(torch.float32), batch)[0]
        dz, each_dy = backward(loss, made)
        layers = list(_traced_layers(made.calls, each_dy))
    z = made.outputs.detach().to(torch.float32)
    spec = predictor.task.outputs.spec
    return Trace(
        layers=tuple(layers),
        origin=made.origin,
        outputs=tuple(z[0].tolist()),
        loss=float(loss.detach()),
        loss_formula=loss_formula(spec),
        loss_derivative=None if dz is None else loss_derivative(spec, _array(z[0]), batch.targets, _array(dz[0])),
        answer=predictor.decode(z / predictor.temperature)[0],
    )


def _traced_layers(calls: Sequence[Call], each_dy: Sequence[Sequence[Tensor | None]]) -> Iterator[TracedLayer]:
    """Each use of a layer; parameters are counted where they are first used."""
    counted: set[nn.Parameter] = set()
    for call, dy in zip(calls, each_dy, strict=True):
        own = set(call.module.parameters())
        yield _traced(call, dy, sum(parameter.numel() for parameter in own - counted))
        counted |= own


def _traced(call: Call, dy: Sequence[Tensor | None], parameters: int) -> TracedLayer:
    passed = passed_on(call, dy)
    first = dy[0] if dy else None
    x, y = (tensors[0] if tensors else torch.zeros(1, 0) for tensors in (call.inputs, call.outputs))
    seen = Seen(
        call.module,
        _example(x),
        _example(y),
        None if first is None else _example(first),
        None if passed.dx is None else _example(passed.dx),
        {name: _array(gradient) for name, gradient in passed.dw.items()},
        tuple(_example(tensor) for tensor in call.inputs[1:]),
    )
    explained = (explain(seen) if _has_one(x) and _has_one(y) else None) or Explanation()
    return TracedLayer(
        name=call.name,
        kind=type(call.module).__name__,
        formula=explained.formula,
        layers=call.origin.layers,
        arithmetic=call.origin.arithmetic,
        input_shape=seen.x.shape,
        output_shape=seen.y.shape,
        parameters=parameters,
        statistics=_statistics(seen.y),
        dy=_gradient(seen.dy),
        dx=_gradient(seen.dx),
        dw={name: Gradient(gradient.shape, _norm(gradient)) for name, gradient in seen.dw.items()},
        unit=explained.unit,
        derivatives=explained.derivatives,
        y=seen.y,
        filters=seen.parameter("weight") if isinstance(call.module, nn.Conv2d) else None,
        tokens=_tokens(seen) if isinstance(call.module, nn.Embedding) and seen.x.ndim == 1 else (),
    )


def _tokens(seen: Seen) -> tuple[tuple[int, float | None], ...]:
    norms = [None] * len(seen.x) if seen.dy is None else [_norm(dy) for dy in seen.dy]
    return tuple(zip(seen.x.astype(int).tolist(), norms, strict=True))


def _statistics(y: FloatArray) -> Statistics:
    if not y.size:
        return Statistics(math.nan, math.nan, math.nan, math.nan)
    return Statistics(float(y.min()), float(y.mean()), float(y.max()), float((y == 0).mean()))


def _gradient(of: FloatArray | None) -> Gradient | None:
    return None if of is None else Gradient(of.shape, _norm(of))


def _norm(of: FloatArray) -> float:
    return float(np.sqrt(np.square(of).sum()))


def _has_one(tensor: Tensor) -> bool:
    """Whether a tensor holds one example."""
    return tensor.ndim > 0 and len(tensor) == 1


def _example(tensor: Tensor) -> FloatArray:
    """Without the batch, where there is one example in it."""
    return _array(tensor[0] if _has_one(tensor) else tensor)


def _array(tensor: Tensor) -> FloatArray:
    return np.asarray(tensor.detach().to(torch.float64).numpy())

"""ONNX: raw pictures in, answers out, for every runtime that reads the open format.

J. Bai, F. Lu, K. Zhang et al., 2019, "ONNX: Open Neural Network Exchange". PyTorch's exporter writes it from the traced
program. The graph holds everything from bytes to probabilities, so that nothing is left to be done again elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

import deepwright
from deepwright.errors import DeepwrightError
from deepwright.exporters._answers import answers_of
from deepwright.messages import _
from deepwright.predictor import Predictor
from deepwright.specs import ImageSpec, OutputSpec

__all__ = ["Onnx"]

#: Of the operators. Fixed, so that a new PyTorch does not change what older runtimes are asked to read.
OPSET = 20
_CHUNK = 128
_INPUT = "images"


class Onnx:
    """Writes a predictor of pictures as one ONNX model.

    Its input ``images`` holds bytes from 0 to 255: [N, H, W] grey or [N, H, W, 3] red, green, blue, as ``predict``
    takes them, for any N. The graph scales them to 0…1, normalises, runs the network in float32, divides by the
    temperature and yields ``probabilities`` [N, C] and ``label_index`` [N] for classes, ``probabilities`` and
    ``label_present`` [N, C] for labels, ``value`` [N] for a number. Its metadata holds the labels, the size and what
    the run was.
    """

    suffix: ClassVar[str] = ".onnx"
    extra: ClassVar[str] = "export"
    kinds: ClassVar[tuple[str, ...]] = ("image",)
    packages: ClassVar[tuple[str, ...]] = ("onnx", "onnxscript", "onnxruntime")

    def export(self, predictor: Predictor, about: Mapping[str, str]) -> bytes:
        """The model's file.

        Args:
            predictor: of pictures.
            about: what the metadata says besides labels, sizes and preprocessing.
        """
        import onnx

        spec = predictor.task.inputs.spec
        assert isinstance(spec, ImageSpec)
        model = _traced(Graph(predictor).eval(), spec, predictor.member.name)
        _forget_the_source(model)
        model.producer_name, model.producer_version = "deepwright", deepwright.__version__
        model.graph.name = predictor.member.name
        model.graph.input[0].doc_string = _preparation(spec)
        onnx.helper.set_model_props(model, {**_metadata(predictor, spec), **about})
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))

    def answers(self, exported: bytes, values: np.ndarray[Any, Any], outputs: OutputSpec) -> list[dict[str, Any]]:
        """What ONNX Runtime on one thread makes of bytes [N, H, W(, 3)], as the task's own answers."""
        session, read = session_of(exported), answers_of(outputs).read
        names = [output.name for output in session.get_outputs()]
        found: list[dict[str, Any]] = []
        for start in range(0, len(values), _CHUNK):
            chunk = np.ascontiguousarray(values[start : start + _CHUNK])
            try:
                found += read(dict(zip(names, session.run(None, {_INPUT: chunk}), strict=True)))
            except Exception as error:  # its errors have no class of their own
                raise DeepwrightError(
                    _("ONNX Runtime cannot run the exported model: {problem}", problem=error)
                ) from error
        return found


class Graph(nn.Module):
    """From bytes [N, H, W(, 3)] to answers.

    Args:
        predictor: of pictures.
    """

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self.network, self.temperature = predictor.network, predictor.temperature
        self.encoder = predictor.task.inputs
        spec = predictor.task.outputs.spec
        assert isinstance(spec, OutputSpec)
        self.answers = answers_of(spec)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Bytes [N, H, W] or [N, H, W, 3] to what the answers yield."""
        pixels = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2)
        return self.answers(self.network(*self.encoder.batch(pixels)) / self.temperature)


def session_of(exported: bytes) -> Any:
    """A session of ONNX Runtime on one thread of the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])


def _traced(graph: Graph, spec: ImageSpec, name: str) -> Any:
    """The ONNX model of a graph for any number of pictures."""
    try:
        with _quiet():
            program = torch.onnx.export(
                graph,
                (torch.zeros(2, *_shape(spec), dtype=torch.uint8),),
                dynamo=True,
                input_names=[_INPUT],
                output_names=list(graph.answers.names),
                dynamic_shapes=({0: torch.export.Dim("N")},),
                opset_version=OPSET,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        problem = str(error.__cause__ or error).partition("\n")[0]
        raise DeepwrightError(
            _("The model {name} cannot become a graph: {problem}", name=name, problem=problem)
        ) from error
    assert program is not None
    model = program.model_proto
    for value in (*model.graph.input, *model.graph.output):
        if not value.type.tensor_type.shape.dim[0].dim_param:
            raise DeepwrightError(
                _(
                    "The model {name} cannot become a graph for any number of pictures: its forward reads the number "
                    "as len(inputs), where inputs.shape[0] is needed.",
                    name=name,
                )
            )
    return model


def _shape(spec: ImageSpec) -> tuple[int, ...]:
    return (spec.height, spec.width) if spec.channels == 1 else (spec.height, spec.width, spec.channels)


def _preparation(spec: ImageSpec) -> str:
    colour, shape = ("grey", "[N, H, W]") if spec.channels == 1 else ("red, green, blue", "[N, H, W, 3]")
    return (
        f"Bytes from 0 to 255, {shape}, {colour}, not normalised: {spec.height} pixels high and {spec.width} wide. "
        "Pictures of another size or colour mode have to be brought to it first; "
        "how the run does that is in its preprocessing.json, of which the metadata holds the inputs."
    )


def _metadata(predictor: Predictor, spec: ImageSpec) -> dict[str, str]:
    outputs: Any = predictor.task.outputs.spec
    return {
        "task": predictor.task_name,
        "model": predictor.member.name,
        "labels": json.dumps(list(getattr(outputs, "names", [])), ensure_ascii=False),
        "height": str(spec.height),
        "width": str(spec.width),
        "channels": str(spec.channels),
        "preparation": _preparation(spec),
        "preprocessing": json.dumps(predictor.task.inputs.state(), ensure_ascii=False),
        "temperature": repr(predictor.temperature),
        "opset": str(OPSET),
    }


def _forget_the_source(model: Any) -> None:
    """Drop the exporter's notes on every node: lines of source with the paths of this machine."""
    for function in (model.graph, *model.functions):
        for item in (*function.node, *function.value_info):
            del item.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]
    del model.graph.metadata_props[:]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the remarks of PyTorch's exporter on its own code: a deprecated call, and the absence of torchvision."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`isinstance\\(treespec, LeafSpec\\)`", FutureWarning)
            yield
    finally:
        logger.setLevel(level)

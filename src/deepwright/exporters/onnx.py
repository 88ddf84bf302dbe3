"""ONNX: raw pictures or the tokens of texts in, answers out, for every runtime that reads the open format.

J. Bai, F. Lu, K. Zhang et al., 2019, "ONNX: Open Neural Network Exchange". PyTorch's exporter writes it from the traced
program. Of pictures the graph holds everything from bytes to probabilities, so that nothing is left to be done again
elsewhere. Of texts it begins with the numbers of tokens: the format has no operator that divides texts, so vocabulary
and patterns go into the metadata, from which alone ``answers`` makes tokens of raw texts.
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
from deepwright.exporters._inputs import Inputs, TextInputs, inputs_of, tokens
from deepwright.messages import _
from deepwright.predictor import Predictor
from deepwright.specs import OutputSpec

__all__ = ["Onnx"]

#: Of the operators. Fixed, so that a new PyTorch does not change what older runtimes are asked to read.
OPSET = 20
_CHUNK = 128


class Onnx:
    """Writes a predictor as one ONNX model.

    Its input ``images`` holds bytes from 0 to 255: [N, H, W] grey or [N, H, W, 3] red, green, blue, as ``predict``
    takes them, for any N; or its input ``tokens`` the numbers of the tokens of texts, int64 [N, T], for any N and T.
    The graph scales and normalises pictures, runs the network in float32, divides by the temperature and yields
    ``probabilities`` [N, C] and ``label_index`` [N] for classes, ``probabilities`` and ``label_present`` [N, C] for
    labels, ``value`` [N] for a number. Its metadata holds the labels, how raw values are prepared and what the run was.
    """

    suffix: ClassVar[str] = ".onnx"
    extra: ClassVar[str] = "export"
    kinds: ClassVar[tuple[str, ...]] = ("image", "text")
    packages: ClassVar[tuple[str, ...]] = ("onnx", "onnxscript", "onnxruntime")

    def export(self, predictor: Predictor, about: Mapping[str, str]) -> bytes:
        """The model's file.

        Args:
            predictor: of pictures or texts.
            about: what the metadata says besides labels, sizes and preprocessing.
        """
        import onnx

        graph = Graph(predictor).eval()
        model = _traced(graph, predictor.member.name)
        _forget_the_source(model)
        model.producer_name, model.producer_version = "deepwright", deepwright.__version__
        model.graph.name = predictor.member.name
        model.graph.input[0].doc_string = graph.inputs.preparation
        onnx.helper.set_model_props(model, {**_metadata(predictor, graph.inputs), **about})
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))

    def takes(self, predictor: Predictor) -> str:
        """What goes into the file."""
        return inputs_of(predictor.task.inputs).said()

    def answers(self, exported: bytes, values: np.ndarray[Any, Any], outputs: OutputSpec) -> list[dict[str, Any]]:
        """What ONNX Runtime on one thread makes of raw values, as the task's own answers.

        Args:
            exported: the file, from which texts become tokens as well.
            values: bytes of pictures [N, H, W(, 3)], or texts [N].
            outputs: what the task answers with.
        """
        session, read = session_of(exported), answers_of(outputs).read
        (taken,), names = session.get_inputs(), [output.name for output in session.get_outputs()]
        metadata = session.get_modelmeta().custom_metadata_map
        found: list[dict[str, Any]] = []
        for start in range(0, len(values), _CHUNK):
            raw = values[start : start + _CHUNK]
            chunk = tokens(list(raw), metadata) if taken.name == TextInputs.name else np.ascontiguousarray(raw)
            try:
                found += read(dict(zip(names, session.run(None, {taken.name: chunk}), strict=True)))
            except Exception as error:  # its errors have no class of their own
                raise DeepwrightError(
                    _("ONNX Runtime cannot run the exported model: {problem}", problem=error)
                ) from error
        return found


class Graph(nn.Module):
    """From bytes [N, H, W(, 3)] or tokens [N, T] to answers.

    Args:
        predictor: of pictures or texts.
    """

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self.network, self.temperature = predictor.network, predictor.temperature
        self.inputs = inputs_of(predictor.task.inputs)
        spec = predictor.task.outputs.spec
        assert isinstance(spec, OutputSpec)
        self.answers = answers_of(spec)

    def forward(self, given: Tensor) -> tuple[Tensor, ...]:
        """The graph's input to what the answers yield."""
        return self.answers(self.network(*self.inputs.tensors(given)) / self.temperature)


def session_of(exported: bytes) -> Any:
    """A session of ONNX Runtime on one thread of the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])


def _traced(graph: Graph, name: str) -> Any:
    """The ONNX model of a graph for any number of pictures, or of texts of any length."""
    axes = graph.inputs.axes
    try:
        with _quiet():
            program = torch.onnx.export(
                graph,
                (graph.inputs.example(),),
                dynamo=True,
                input_names=[graph.inputs.name],
                output_names=list(graph.answers.names),
                dynamic_shapes=({axis: torch.export.Dim(letter) for axis, letter in axes.items()},),
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
        dims = value.type.tensor_type.shape.dim
        if not all(dims[axis].dim_param for axis in (axes if value in model.graph.input else (0,))):
            raise DeepwrightError(
                _(
                    "The model {name} cannot become a graph for inputs of any number or length: its forward reads it "
                    "as len(inputs), where inputs.shape[0] is needed.",
                    name=name,
                )
            )
    return model


def _metadata(predictor: Predictor, inputs: Inputs) -> dict[str, str]:
    outputs: Any = predictor.task.outputs.spec
    return {
        "task": predictor.task_name,
        "model": predictor.member.name,
        "labels": json.dumps(list(getattr(outputs, "names", [])), ensure_ascii=False),
        **inputs.metadata,
        "preparation": inputs.preparation,
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

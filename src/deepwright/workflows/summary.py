"""Summary: what a network is made of and what it takes, layer by layer: parameters, work and memory.

Work is in floating-point operations of matrix products and convolutions, a multiplication and an addition counted as
two; a backward pass costs twice a forward one. Memory of activations is what all layers yield, in float32.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode
from torch.utils.hooks import RemovableHandle

from deepwright import registry
from deepwright.config.documents import read_document
from deepwright.config.settings import TrainingSettings, settings_from
from deepwright.contracts import Trainable, one_example
from deepwright.predictor import Predictor
from deepwright.run_directory import CONFIG, RunDirectory
from deepwright.tensors import tied
from deepwright.training.runtime import counting
from deepwright.workflows.plan import Plan
from deepwright.workflows.run import Run

#: Where a source is the network's input.
INPUT = -1
#: A training step: one pass forward, and one back that costs twice as much.
_PASSES = 3
_FLOAT_BYTES = 4


@dataclass(frozen=True)
class LayerUse:
    """One use of a layer.

    Attributes:
        name: within the network.
        kind: its class.
        shape: of its output, without the batch.
        parameters: that it brings with it; 0 where a use before has counted them.
        flop: of one example, forward; what layers within it do is counted there.
        shared: whether a use before has counted some of its parameters.
        values: numbers of its output for one example that are not another layer's output as well.
        sources: places in the list of the uses whose outputs it takes, however they are joined; -1 is the input.
    """

    name: str
    kind: str
    shape: list[int]
    parameters: int
    flop: int
    shared: bool
    values: int
    sources: list[int]


@dataclass(frozen=True)
class Summary:
    """What a network takes.

    Attributes:
        model: its name.
        layers: every use, in order.
        parameters: of the model.
        trained: parameters that learn by gradient.
        forward_flop: of one example.
        step_flop: of a training step; None of a model that is solved.
        batch_size: examples in a step; None of a model that is solved.
        optimizer: its name; None of a model that is solved.
        memory: bytes of weights, and of a training step's gradients, optimizer and activations.
    """

    model: str
    layers: Sequence[LayerUse]
    parameters: int
    trained: int
    forward_flop: int
    step_flop: int | None
    batch_size: int | None
    optimizer: str | None
    memory: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """The summary as JSON-compatible data."""
        return asdict(self)


def summary_of_plan(ready: Plan) -> Summary:
    """What the network of a plan would take; it is built, not trained."""
    return summarise(Predictor.build(ready.task, ready.fitted, ready.settings.model), ready.settings.training)


def summary_of_run(directory: RunDirectory) -> Summary:
    """What the network of a finished run takes.

    Raises:
        RunError: the run is unfinished or was changed.
    """
    directory.check()
    return summarise(Run(directory).predictor, settings_from(read_document(directory.path / CONFIG)).training)


def summarise(predictor: Predictor, training: TrainingSettings) -> Summary:
    """What a predictor's network takes, trained with these settings.

    Args:
        predictor: fitted or not.
        training: resolved.
    """
    network = predictor.network
    layers = uses(network, one_example(predictor.task).inputs)
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    forward = sum(use.flop for use in layers)
    weights = network.state_dict()
    others = tied(weights)
    memory = {"weights": sum(_bytes(tensor) for name, tensor in weights.items() if name not in others)}
    batch_size = None
    if isinstance(network.model, Trainable):
        assert isinstance(training.batch_size, int)
        batch_size = training.batch_size
        memory |= {
            "gradients": sum(_bytes(parameter) for parameter in learning),
            "optimizer": optimizer_bytes(learning, training),
            "activations": _FLOAT_BYTES * batch_size * sum(use.values for use in layers),
        }
    return Summary(
        model=predictor.member.name,
        layers=layers,
        parameters=predictor.num_parameters,
        trained=sum(parameter.numel() for parameter in learning),
        forward_flop=forward,
        step_flop=None if batch_size is None else _PASSES * batch_size * forward,
        batch_size=batch_size,
        optimizer=None if batch_size is None else training.optimizer.name,
        memory=memory,
    )


def uses(network: nn.Module, inputs: tuple[Tensor, ...]) -> list[LayerUse]:
    """Every use of a layer in one forward pass, in the order in which they end.

    Listed are the modules without modules in them, and those that have parameters or do work of their own; what belongs
    to a module that is never called itself, as within attention, is counted where it is used.

    Args:
        network: any that takes the inputs; it is left as it was.
        inputs: one example, [1, …].
    """
    before = network.training
    # Attention in its plain form, since the operations of its fused forms are not counted.
    plain = sdpa_kernel(SDPBackend.MATH)
    with counting() as counter, torch.enable_grad(), plain, _Origins() as origins:
        calls = _Calls(network, counter, origins)
        origins.set(inputs, {INPUT})
        try:
            network.eval()(*inputs)
        finally:
            calls.forget()
            network.train(before)
    return list(calls.listed())


def optimizer_bytes(parameters: Sequence[nn.Parameter], training: TrainingSettings) -> int:
    """What the optimizer keeps for these parameters; found out with one of each shape."""
    total = 0
    for shape, count in Counter(parameter.shape for parameter in parameters).items():
        tried = nn.Parameter(torch.zeros(shape))
        tried.grad = torch.zeros(shape)
        optimizer: torch.optim.Optimizer = registry.load("optimizers", training.optimizer.name)(
            [{"params": [tried], "weight_decay": 0.0}], **training.optimizer.settings
        )
        optimizer.step()
        kept = (value for state in optimizer.state.values() for value in state.values() if isinstance(value, Tensor))
        total += count * sum(_bytes(tensor) for tensor in kept)
    return total


class _Origins(TorchFunctionMode):
    """From which calls of modules each tensor is made, while this mode is on."""

    def __init__(self) -> None:
        super().__init__()
        # A tensor is kept beside its number, which another one could take over otherwise.
        self.known: dict[int, tuple[Tensor, set[int]]] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function of torch: what it returns is made from what it was given."""
        outputs = func(*args, **(kwargs or {}))
        if found := self.of((args, kwargs)):
            self.set(outputs, found)
        return outputs

    def of(self, value: Any) -> set[int]:
        """The calls that the tensors of a value come from."""
        return {call for tensor in _tensors(value) for call in self.known.get(id(tensor), (tensor, ()))[1]}

    def set(self, value: Any, calls: set[int]) -> None:
        """The tensors of a value come from these calls."""
        self.known.update({id(tensor): (tensor, calls) for tensor in _tensors(value)})


class _Calls:
    """The calls of all modules of a network during a forward pass.

    Args:
        network: whose modules are watched from now on.
        counter: of operations.
        origins: of tensors.
    """

    def __init__(self, network: nn.Module, counter: FlopCounterMode, origins: _Origins) -> None:
        self.counter = counter
        self.origins = origins
        self.open: list[int] = []
        self.ended: list[tuple[str, nn.Module, list[Tensor], int]] = []
        self.sources: list[set[int]] = []
        self.handles: list[RemovableHandle] = []
        for name, module in network.named_modules():
            self.handles.append(module.register_forward_pre_hook(self._begin))
            self.handles.append(module.register_forward_hook(self._end(name.removeprefix("model."))))

    def forget(self) -> None:
        """Watch no longer."""
        for handle in self.handles:
            handle.remove()

    def listed(self) -> Iterator[LayerUse]:
        """The calls that a summary shows."""
        called = {module for _name, module, _outputs, _flop in self.ended}
        counted: set[nn.Parameter] = set()
        seen: set[int] = set()
        #: By call: the places in the list that its output comes from.
        places: list[set[int]] = []
        listed = 0
        for (name, module, outputs, flop), sources in zip(self.ended, self.sources, strict=True):
            own = set(_own(module, called))
            new = own - counted
            memory = {tensor.untyped_storage().data_ptr(): tensor for tensor in outputs}
            counted |= own
            places.append({place for call in sources for place in ({INPUT} if call == INPUT else places[call])})
            if own or flop or not list(module.children()):
                yield LayerUse(
                    name=name,
                    kind=type(module).__name__,
                    shape=list(outputs[0].shape[1:]) if outputs else [],
                    parameters=sum(parameter.numel() for parameter in new),
                    flop=flop,
                    shared=new != own,
                    values=sum(tensor.numel() for where, tensor in memory.items() if where not in seen),
                    sources=sorted(places[-1]),
                )
                places[-1], listed = {listed}, listed + 1
            seen |= memory.keys()

    def _begin(self, _module: nn.Module, _inputs: Any) -> None:
        self.open.append(self.counter.get_total_flops())

    def _end(self, name: str) -> Any:
        def hook(module: nn.Module, _inputs: Any, output: Any) -> None:
            flop = self.counter.get_total_flops() - self.open.pop()
            self.open = [begun + flop for begun in self.open]  # what is counted here is not counted around it
            self.sources.append(self.origins.of(output) or {len(self.ended) - 1})
            self.origins.set(output, {len(self.ended)})
            self.ended.append((name, module, list(_tensors(output)), flop))

        return hook


def _own(module: nn.Module, called: set[nn.Module]) -> Iterator[nn.Parameter]:
    """The parameters of a module and of those within it that are never called themselves."""
    yield from module.parameters(recurse=False)
    for child in module.children():
        if child not in called:
            yield from _own(child, called)


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()

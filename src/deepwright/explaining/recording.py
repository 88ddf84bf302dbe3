"""What every layer of a network received and gave for one example, and where it stands in the chain of derivatives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge
from torch.utils.hooks import RemovableHandle

#: What the network itself received, where the name of a layer could stand.
INPUT = "input"


@dataclass(frozen=True)
class Origin:
    """Where a tensor comes from.

    Attributes:
        layers: whose outputs it is made of, in their order; ``input`` is what the network received.
        arithmetic: what the network did to them outside its layers, such as ``add``, in the order of its use.
    """

    layers: tuple[str, ...] = ()
    arithmetic: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """One use of a layer that no other layer worked in.

    Attributes:
        name: within the network; a later use of the same layer has its number, as in ``relu#2``.
        module: the layer.
        arguments: what it received, as it was then.
        keywords: the same, by name.
        inputs: the tensors in them.
        outputs: the tensors that it gave, as they were then.
        edges: places of the outputs in the chain of derivatives; None where there is none.
        origin: of the inputs.
    """

    name: str
    module: nn.Module
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    edges: tuple[GradientEdge | None, ...]
    origin: Origin


@dataclass(frozen=True)
class Record:
    """One forward pass.

    Attributes:
        calls: every use of a layer, in order.
        outputs: of the network, with its derivatives.
        origin: of the outputs.
    """

    calls: tuple[Call, ...]
    outputs: Tensor
    origin: Origin


@contextmanager
def evaluating(network: nn.Module) -> Iterator[nn.Module]:
    """A network that evaluates for a while: nothing is dropped, and no running mean moves."""
    before = network.training
    try:
        yield network.eval()
    finally:
        network.train(before)


def record(network: nn.Module, inputs: tuple[Tensor, ...], *, derivatives: bool = True) -> Record:
    """Let one example pass through a network, which is left as it was.

    Args:
        network: any; it evaluates.
        inputs: what it takes, each [1, …].
        derivatives: whether they are wanted; without them nothing is known of the origin of a tensor either.
    """
    watch = _Watch()
    with evaluating(network), torch.set_grad_enabled(derivatives), watch.watching(network):
        outputs: Tensor = network(*(watch.entered(tensor) for tensor in inputs))
    return Record(tuple(watch.calls), outputs, watch.origin([outputs]))


def tensors(value: Any) -> Iterator[Tensor]:
    """Every tensor in nested lists, tuples and mappings, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors(item)
    elif isinstance(value, Mapping):
        yield from tensors(list(value.values()))


def changed(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The same nested lists, tuples and mappings with every tensor changed."""
    if isinstance(value, Tensor):
        return change(value)
    if type(value) in (list, tuple):
        return type(value)(changed(item, change) for item in value)
    if isinstance(value, Mapping):
        return {key: changed(item, change) for key, item in value.items()}
    return value


@dataclass
class _Begun:
    """A call that has not ended."""

    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    origin: Origin
    is_leaf: bool = True


@dataclass
class _Watch:
    """The calls of a forward pass, and the nodes of the graph of derivatives that are outputs of layers."""

    calls: list[Call] = field(default_factory=list)
    begun: list[_Begun] = field(default_factory=list)
    nodes: dict[Any, str] = field(default_factory=dict)
    uses: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def watching(self, network: nn.Module) -> Iterator[None]:
        """Watch every module for a while; what makes a layer's weights is a part of that layer."""
        handles: list[RemovableHandle] = []
        for name, module in network.named_modules():
            if "parametrizations" in name.split("."):
                continue
            handles.append(module.register_forward_pre_hook(self._begin, with_kwargs=True))
            handles.append(module.register_forward_hook(self._end(name.removeprefix("model."))))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def entered(self, tensor: Tensor) -> Tensor:
        """What the network receives; numbers are made part of the chain of derivatives."""
        if not (tensor.is_floating_point() and torch.is_grad_enabled()):
            return tensor
        entered = tensor.detach().requires_grad_().clone()
        self.nodes[entered.grad_fn] = INPUT
        return entered

    def origin(self, found: list[Tensor]) -> Origin:
        """The nearest outputs of layers that tensors are made of, and the arithmetic on the way."""
        layers: dict[str, None] = {}
        arithmetic: dict[Any, str] = {}
        waiting = [tensor.grad_fn for tensor in reversed(found)]
        while waiting:
            node: Any = waiting.pop()
            if node is None or node in arithmetic or node.name().endswith("AccumulateGrad"):
                continue
            if node in self.nodes:
                layers[self.nodes[node]] = None
                continue
            arithmetic[node] = _words(node.name())
            waiting += [before for before, _index in reversed(node.next_functions)]
        order = {name: place for place, name in enumerate(self.nodes.values())}
        words = tuple(word for word in reversed(arithmetic.values()) if word)
        return Origin(tuple(sorted(layers, key=order.__getitem__)), words)

    def _begin(self, _module: nn.Module, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        for around in self.begun:
            around.is_leaf = False
        origin = self.origin(list(tensors([arguments, keywords])))
        self.begun.append(_Begun(changed(arguments, _kept), changed(keywords, _kept), origin))

    def _end(self, name: str) -> Any:
        def hook(module: nn.Module, _inputs: Any, output: Any) -> None:
            begun = self.begun.pop()
            if not begun.is_leaf:
                return
            self.uses[name] = count = self.uses.get(name, 0) + 1
            called = name if count == 1 else f"{name}#{count}"
            given = list(tensors(output))
            self.nodes |= {tensor.grad_fn: called for tensor in given if tensor.grad_fn is not None}
            self.calls.append(
                Call(
                    called,
                    module,
                    begun.arguments,
                    begun.keywords,
                    tuple(tensors([begun.arguments, begun.keywords])),
                    tuple(map(_kept, given)),
                    tuple(get_gradient_edge(tensor) if tensor.requires_grad else None for tensor in given),
                    begun.origin,
                )
            )

        return hook


def _kept(tensor: Tensor) -> Tensor:
    """A tensor as it is now, outside the chain of derivatives."""
    return tensor.detach().clone()


def _words(node: str) -> str:
    """``add`` of ``AddBackward0``; nothing of a copy, and a view is one however its pixels lie in memory."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", re.sub(r"Backward\d*$", "", node)).casefold()
    return "" if words == "clone" else words.removeprefix("unsafe ")

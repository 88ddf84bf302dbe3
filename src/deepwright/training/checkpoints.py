"""Checkpoints: all that a training needs to go on as if it had never stopped, as one safetensors file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from deepwright.errors import RunError
from deepwright.messages import _
from deepwright.tensors import from_bytes, header, to_bytes


class CheckpointStore(Protocol):
    """Where the bytes of the last checkpoint are kept."""

    @property
    def name(self) -> str:
        """Of that place, as the user finds it."""
        ...

    def save(self, data: bytes) -> None:
        """Replace the checkpoint, at once or not at all."""
        ...

    def load(self) -> bytes | None:
        """The last checkpoint, or None before the first."""
        ...


@dataclass
class Progress:
    """How far a training has come.

    Attributes:
        step: optimizer steps done.
        examples: examples seen, counted as often as they were seen.
        seconds: time spent in training so far, over all processes that had a part in it.
        fit_seconds: the same of the whole fit, from the encoding of the data on.
        records: the history so far.
        loss_sum: sum of the losses since the last record.
        best_value: the best of the validation figure that is watched; None before the first.
        best_epoch: the epoch that had it.
    """

    step: int = 0
    examples: int = 0
    seconds: float = 0.0
    fit_seconds: float = 0.0
    records: list[dict[str, Any]] = field(default_factory=list)
    loss_sum: float = 0.0
    best_value: float | None = None
    best_epoch: int = 0


def pack(
    progress: Progress, network: nn.Module, optimizer: torch.optim.Optimizer, kept: dict[str, Tensor] | None
) -> bytes:
    """Everything as bytes: tensors as they are, numbers as JSON in the file's header."""
    tensors = {f"network/{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"kept/{name}": tensor for name, tensor in (kept or {}).items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{key}": value for key, value in state.items() if isinstance(value, Tensor)}
    return to_bytes(tensors, {"progress": json.dumps(vars(progress))})


def restore(
    store: CheckpointStore, network: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[Progress, dict[str, Tensor] | None]:
    """Fill network and optimizer from the last checkpoint, where there is one.

    Returns:
        The progress, and the weights that would be kept so far: the best ones, or a mean.

    Raises:
        RunError: the checkpoint is damaged, or not one of this network.
    """
    data = store.load()
    if data is None:
        return Progress(), None
    try:
        return unpack(data, network, optimizer)
    except (SafetensorError, LookupError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise RunError(
            _(
                "The checkpoint {file} is damaged: {problem}. Delete it, and the training begins again from its start.",
                file=store.name,
                problem=" ".join(str(error).split()).rstrip("."),
            )
        ) from None


def unpack(
    data: bytes, network: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[Progress, dict[str, Tensor] | None]:
    """Fill network and optimizer from bytes, and return the progress and the weights that would be kept so far."""
    parts: dict[str, dict[str, Tensor]] = {"network": {}, "kept": {}, "optimizer": {}}
    for name, tensor in from_bytes(data).items():
        part, _slash, rest = name.partition("/")
        parts[part][rest] = tensor
    network.load_state_dict(parts["network"])
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in parts["optimizer"].items():
        index, _slash, key = name.partition("/")
        state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    for parameter, kept in optimizer.state.items():
        for key, value in kept.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                # Fused steps walk both in memory order: a channels-last kernel needs channels-last moments.
                kept[key] = torch.empty_like(parameter, dtype=value.dtype, requires_grad=False).copy_(value)
    return Progress(**json.loads(header(data)["progress"])), parts["kept"] or None

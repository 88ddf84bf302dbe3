"""Tensors by name as one safetensors file, in which tied weights stand once and their other names in the header.

Names are those of one tensor where its place in memory, shape, strides and type are the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

import torch
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

_TIED = "tied"


def tied(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """The names of tensors that have another name before, each with that other name."""
    first: dict[object, str] = {}
    names = {
        name: first.setdefault((t.device, t.data_ptr(), t.shape, t.stride(), t.dtype), name)
        for name, t in tensors.items()
        if not is_lazy(t)
    }
    return {name: other for name, other in names.items() if name != other}


def tie(network: nn.Module, names: Mapping[str, str]) -> None:
    """Let parameters and buffers be those with the other names again, which moving and copying may have parted."""
    tensors = network.state_dict(keep_vars=True)
    for name, other in names.items():
        tensors[name].data = tensors[other].data


def place(network: nn.Module, device: torch.device | None = None) -> None:
    """Move a network to a device, its kernels with their channels last in memory; tied weights stay tied.

    Kernels pass that order on to every layer after them; convolutions and pooling are far faster in it.
    """
    names = tied(network.state_dict())
    network.to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs leave this form out
    tie(network, names)


def to_bytes(tensors: Mapping[str, Tensor], about: Mapping[str, str] | None = None) -> bytes:
    """Tensors as a file.

    Args:
        tensors: on any device, in any memory layout.
        about: goes into the file's header.
    """
    others = tied(tensors)
    found = {name: t.detach().cpu().contiguous() for name, t in tensors.items() if name not in others}
    places = Counter(t.untyped_storage().data_ptr() for t in found.values())
    # Different views of one storage overlap; the format takes none of them.
    kept = {name: t.clone() if places[t.untyped_storage().data_ptr()] > 1 else t for name, t in found.items()}
    return save(kept, {**(about or {}), **({_TIED: json.dumps(others)} if others else {})} or None)


def from_bytes(data: bytes) -> dict[str, Tensor]:
    """The tensors of a file; tied ones are one tensor under several names.

    Raises:
        SafetensorError: it is no such file.
        KeyError: its header names a tensor that it does not hold.
    """
    kept = load(data)
    return {**kept, **{name: kept[other] for name, other in json.loads(header(data).get(_TIED, "{}")).items()}}


def header(data: bytes) -> dict[str, str]:
    """What was said about the tensors of a file."""
    length = int.from_bytes(data[:8], "little")
    found: dict[str, str] = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    return found

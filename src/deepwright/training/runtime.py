"""The machine while training: device, precision, threads and the allocator. Nothing here acts at import."""

from __future__ import annotations

import ctypes
import dataclasses
import logging
import math
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from threadpoolctl import threadpool_limits
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from deepwright.config.settings import TrainingSettings
from deepwright.contracts import Batch
from deepwright.errors import ConfigError
from deepwright.messages import _

_log = logging.getLogger(__name__)

#: From this much work in a step, a few milliseconds of one core, threads and bfloat16 are worth their cost.
_SHARED_FLOP = 500_000_000

# glibc's mallopt: keep up to 2 GiB that was freed instead of returning it after every step.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3


@dataclass(frozen=True)
class Runtime:
    """What a training step computes on and in."""

    device: torch.device
    dtype: torch.dtype

    def autocast(self) -> AbstractContextManager[object]:
        """Mixed precision where the dtype is not float32."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)


def resolve(settings: TrainingSettings) -> TrainingSettings:
    """Replace ``auto`` by what this machine offers.

    Raises:
        ConfigError: the device that was asked for is not there.
    """
    device = _device(settings.device)
    precision = (
        settings.precision
        if settings.precision != "auto"
        else ("bfloat16" if _computes_in_bfloat16(device) else "float32")
    )
    if settings.precision == "bfloat16" and not _computes_in_bfloat16(device):
        _log.warning(
            _(
                "training.precision is bfloat16, for which this machine has no instructions: training will be many "
                "times slower than in float32."
            )
        )
    threads = settings.num_threads if settings.num_threads != "auto" else num_cores()
    return dataclasses.replace(settings, device=device, precision=precision, num_threads=threads)


@contextmanager
def runtime(settings: TrainingSettings) -> Iterator[Runtime]:
    """Apply threads and allocator settings; threads are set back at the end.

    Args:
        settings: resolved.
    """
    assert isinstance(settings.num_threads, int)
    if settings.keep_memory:
        keep_freed_memory()
    before = torch.get_num_threads()
    torch.set_num_threads(settings.num_threads)
    try:
        with threadpool_limits(limits=settings.num_threads):
            yield Runtime(torch.device(settings.device), getattr(torch, settings.precision))
    finally:
        torch.set_num_threads(before)


def to_device(batch: Batch, machine: Runtime) -> Batch:
    """The batch on the runtime's device, pictures with their channels last in memory."""
    inputs = tuple(
        tensor.to(machine.device, memory_format=torch.channels_last) if tensor.ndim == 4 else tensor.to(machine.device)
        for tensor in batch.inputs
    )
    targets = None if batch.targets is None else batch.targets.to(machine.device)
    return dataclasses.replace(batch, inputs=inputs, targets=targets)


def lstm_flop(inputs: Sequence[int], w: Sequence[int], u: Sequence[int], *_others: Any, **_more: Any) -> int:
    """Operations of PyTorch's fused LSTM: inputs [T, B, D], W [4·H, D] and U [4·H, H], each used at every step."""
    return 2 * inputs[0] * inputs[1] * (math.prod(w) + math.prod(u))


def counting() -> FlopCounterMode:
    """Counts operations while it is on, those of the fused LSTM too, which PyTorch leaves out."""
    return FlopCounterMode(display=False, custom_mapping={torch.ops.aten.mkldnn_rnn_layer: lstm_flop})


def count_flop(network: nn.Module, batch: Batch) -> int:
    """Floating-point operations of one forward pass over a batch, matrix products and convolutions counted."""
    # Attention in its plain form, since the operations of its fused forms are not counted.
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH), counting() as counter:
        network.eval()(*batch.inputs)
    return int(counter.get_total_flops())


def for_work(settings: TrainingSettings, flop: int) -> TrainingSettings:
    """Decide threads and precision, where they are ``auto``, for a step of so many floating-point operations.

    Below half a gigaflop a second thread gains a tenth on an idle machine and costs a multiple on a busy one, where the
    threads wait for each other at every layer; and bfloat16 gains no time, but rounds.
    """
    if flop >= _SHARED_FLOP:
        return settings
    return dataclasses.replace(
        settings,
        num_threads=1 if settings.num_threads == "auto" else settings.num_threads,
        precision="float32" if settings.precision == "auto" else settings.precision,
    )


def num_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_freed_memory() -> bool:
    """Ask glibc to keep freed buffers, which saves a page fault for every page at every step.

    Returns:
        Whether the C library is glibc and took the settings.
    """
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    return all(
        (
            libc.mallopt(_M_MMAP_THRESHOLD, 1 << 30),
            libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1),
            libc.mallopt(_M_TOP_PAD, 256 << 20),
        )
    )


def peak_memory_bytes() -> int | None:
    """The most memory this process has had resident, where the system tells."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def _device(wanted: str) -> Literal["cuda", "mps", "cpu"]:
    there: dict[Literal["cuda", "mps", "cpu"], bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        return next(name for name, available in there.items() if available)
    device = next(name for name in there if name == wanted)
    if not there[device]:
        raise ConfigError(
            _(
                "training.device is {wanted}, but this machine has: {found}.",
                wanted=wanted,
                found=", ".join(name for name in there if there[name]),
            )
        )
    return device


def _computes_in_bfloat16(device: str) -> bool:
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device == "cpu" and hasattr(torch.cpu, "get_capabilities"):
        return any(bool(there) for name, there in torch.cpu.get_capabilities().items() if name.endswith("bf16"))
    return False

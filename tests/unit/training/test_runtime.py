from __future__ import annotations

import ctypes
import dataclasses
import os
import platform
import sys
from typing import Any

import pytest
import torch
from threadpoolctl import threadpool_info
from torch import nn

from deepwright.config.settings import TrainingSettings
from deepwright.contracts import Batch
from deepwright.errors import ConfigError
from deepwright.tensors import tied
from deepwright.training import runtime as module
from deepwright.training.runtime import (
    Runtime,
    keep_freed_memory,
    num_cores,
    peak_memory_bytes,
    place,
    resolve,
    runtime,
    to_device,
)

SETTINGS = TrainingSettings(device="cpu", precision="float32", num_threads=1, keep_memory=False)


def machine(monkeypatch: pytest.MonkeyPatch, *, cuda: bool = False, mps: bool = False, **capabilities: Any) -> None:
    """A machine with these devices, whose processor has these capabilities."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)


# ---------------------------------------------------------------------------------------------- threads


def threads() -> tuple[int, list[tuple[str, int]]]:
    return torch.get_num_threads(), [(pool["filepath"], pool["num_threads"]) for pool in threadpool_info()]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_threads_are_limited_within_and_set_back_afterwards(count: int) -> None:
    before = threads()
    with runtime(dataclasses.replace(SETTINGS, num_threads=count)):
        inside, pools = threads()
        assert inside == count
        assert all(number <= count for _library, number in pools)
    assert threads() == before


def test_threads_are_set_back_after_an_error() -> None:
    before = threads()
    with pytest.raises(ZeroDivisionError), runtime(dataclasses.replace(SETTINGS, num_threads=3)):
        raise ZeroDivisionError
    assert threads() == before


def test_auto_takes_one_thread_for_each_core_that_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "num_cores", lambda: 5)
    assert resolve(TrainingSettings()).num_threads == 5
    assert resolve(TrainingSettings(num_threads=2)).num_threads == 2


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system does not say which cores are ours")
def test_cores_of_others_are_not_counted() -> None:
    mine = os.sched_getaffinity(0)
    assert num_cores() == len(mine)
    os.sched_setaffinity(0, {min(mine)})
    try:
        assert num_cores() == 1
    finally:
        os.sched_setaffinity(0, mine)


@pytest.mark.parametrize(("count", "cores"), [(6, 6), (None, 1)])
def test_where_the_system_does_not_say_all_cores_are_counted(
    count: int | None, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert num_cores() == cores


# ----------------------------------------------------------------------------------------------- memory


@pytest.mark.parametrize(
    ("system", "library"),
    [("Linux", ("", "")), ("Linux", ("musl", "1.2")), ("Darwin", ("", "")), ("Windows", ("", ""))],
)
def test_without_glibc_the_allocator_is_left_alone(
    system: str, library: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "libc_ver", lambda: library)
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: pytest.fail("the C library was opened"))
    assert keep_freed_memory() is False


def test_with_glibc_it_takes_three_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[int, int]] = []

    class Library:
        def mallopt(self, option: int, value: int) -> int:
            taken.append((option, value))
            return 1

    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Library())
    assert keep_freed_memory() is True
    assert [option for option, _value in taken] == [-3, -1, -2]
    assert all(0 < value < 2**31 for _option, value in taken), "mallopt takes an int"


@pytest.mark.parametrize("keep", [True, False])
def test_the_allocator_is_asked_only_if_the_user_wants_it(keep: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(module, "keep_freed_memory", lambda: asked.append(True))
    with runtime(dataclasses.replace(SETTINGS, keep_memory=keep)):
        pass
    assert asked == [True] * keep


def test_the_peak_of_memory_is_in_bytes_and_never_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    first = peak_memory_bytes()
    second = peak_memory_bytes()
    assert first is not None
    assert second is not None
    assert 2**25 < first <= second < 2**40
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak_memory_bytes() is None


# --------------------------------------------------------------------------------------- device, precision


@pytest.mark.parametrize(("cuda", "mps", "device"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")])
def test_auto_takes_the_fastest_device(cuda: bool, mps: bool, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, cuda=cuda, mps=mps)
    assert resolve(TrainingSettings()).device == device
    assert resolve(TrainingSettings(device="cpu")).device == "cpu"


@pytest.mark.parametrize("wanted", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_answered_with_those_that_are(
    wanted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch)
    with pytest.raises(ConfigError) as caught:
        resolve(TrainingSettings(device=wanted))
    assert str(caught.value) == f"training.device is {wanted}, but this machine has: cpu."
    machine(monkeypatch, cuda=wanted == "mps", mps=wanted == "cuda")
    with pytest.raises(ConfigError, match=r"this machine has: (cuda|mps), cpu\.$"):
        resolve(TrainingSettings(device=wanted))


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [
        ({}, "float32"),
        ({"avx2": True, "avx512_vnni": True}, "float32"),
        ({"avx512_bf16": False, "amx_bf16": False}, "float32"),
        ({"avx512_bf16": True, "amx_bf16": False}, "bfloat16"),
        ({"avx512_bf16": False, "amx_bf16": True}, "bfloat16"),
        ({"bf16": True}, "bfloat16"),
    ],
)
def test_auto_takes_bfloat16_where_the_processor_computes_in_it(
    capabilities: dict[str, bool], precision: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    machine(monkeypatch, **capabilities)
    assert resolve(TrainingSettings()).precision == precision
    assert resolve(TrainingSettings(precision="float32")).precision == "float32"
    assert not caplog.messages
    assert resolve(TrainingSettings(precision="bfloat16")).precision == "bfloat16"
    warned = "many times slower" in caplog.text
    assert warned == (precision == "float32"), "where the processor has no instructions for it, that is said"


def test_where_torch_does_not_say_float32_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch)
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert resolve(TrainingSettings()).precision == "float32"


def test_bfloat16_that_a_graphics_card_only_emulates_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, cuda=True)
    assert resolve(TrainingSettings()).precision == "float32"


def test_everything_else_stays_as_it_was() -> None:
    settings = TrainingSettings(epochs=3, learning_rate=0.5, device="cpu", precision="float32", num_threads=1)
    assert resolve(settings) == settings


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_the_precision_is_that_of_matrix_products_within(precision: Any, dtype: torch.dtype) -> None:
    with runtime(dataclasses.replace(SETTINGS, precision=precision)) as found:
        assert found == Runtime(torch.device("cpu"), dtype)
        with found.autocast():
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


# ---------------------------------------------------------------------------------------------- placing


def test_kernels_are_laid_out_as_asked_with_the_same_values() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 2))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert place(network, torch.device("cpu"), torch.channels_last) is network
    kernel = network.state_dict()["0.weight"]
    assert kernel.is_contiguous(memory_format=torch.channels_last)
    assert not kernel.is_contiguous()
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    place(network, torch.device("cpu"), torch.contiguous_format)
    assert network.state_dict()["0.weight"].is_contiguous()


def test_a_batch_keeps_its_values_and_rows() -> None:
    found = Runtime(torch.device("cpu"), torch.float32)
    pictures, numbers, targets, rows = (
        torch.rand(2, 3, 4, 5),
        torch.rand(2, 3),
        torch.tensor([1, 0]),
        torch.tensor([5, 9]),
    )
    batch = to_device(Batch((pictures, numbers), targets, rows), found)
    assert torch.equal(batch.inputs[0], pictures)
    assert batch.inputs[0].is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(batch.inputs[1], numbers)
    assert batch.targets is targets
    assert batch.rows is rows
    assert to_device(Batch((pictures,), None, rows), found).targets is None


def test_weights_that_share_their_storage_still_do_after_a_move() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3))
    network[1].weight = nn.Parameter(network[0].get_parameter("weight").detach())
    place(network, torch.device("cpu"), torch.channels_last)
    assert tied(network.state_dict()) == {"1.weight": "0.weight"}

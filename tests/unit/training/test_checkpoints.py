from __future__ import annotations

import copy
import io
import json
import pickle
import pickletools
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor, nn

from deepwright import registry
from deepwright.training.checkpoints import Progress, pack, unpack

OPTIMIZERS = sorted(registry.entries("optimizers"))
PROGRESS = Progress(
    step=7,
    seconds=1.25,
    records=[{"step": 7, "loss": 0.1 + 0.2, "gradients": {"0": 1e-300}, "validation": {"loss": 1 / 3}}],
    loss_sum=0.7,
    best_value=1 / 3,
    best_epoch=2,
)


def network(seed: int = 0) -> nn.Module:
    """Kernels with their channels last in memory, as they are while training, a buffer, and a single number."""
    torch.manual_seed(seed)
    made = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.PReLU(), nn.Flatten(), nn.Linear(16, 2))
    made.register_parameter("scale", nn.Parameter(torch.tensor(1.5)))
    made.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs leave this form out
    return made


def optimizer_of(made: nn.Module, name: str) -> torch.optim.Optimizer:
    parameters = list(made.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": 0.1},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer: torch.optim.Optimizer = registry.load("optimizers", name)(groups)
    return optimizer


def train(made: nn.Module, optimizer: torch.optim.Optimizer, steps: range) -> None:
    scale = made.get_parameter("scale")
    for step in steps:
        for group in optimizer.param_groups:
            group["lr"] = 0.01
        inputs = torch.randn(5, 3, 4, 4, generator=torch.Generator().manual_seed(step))
        (made(inputs) * scale).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return list(first) == list(second) and all(
        torch.equal(tensor, second[name]) and tensor.dtype == second[name].dtype for name, tensor in first.items()
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("done", [0, 1, 3])
def test_training_goes_on_from_a_checkpoint_as_if_nothing_had_happened(name: str, done: int) -> None:
    made = network()
    optimizer = optimizer_of(made, name)
    train(made, optimizer, range(done))
    data = pack(Progress(), made, optimizer, None)
    again = network(seed=1)
    other = optimizer_of(again, name)
    unpack(data, again, other)
    assert same(made.state_dict(), again.state_dict())
    train(made, optimizer, range(done, done + 3))
    train(again, other, range(done, done + 3))
    assert same(made.state_dict(), again.state_dict())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_state_of_an_optimizer_survives(name: str) -> None:
    made = network()
    optimizer = optimizer_of(made, name)
    train(made, optimizer, range(3))
    again = network(seed=1)
    other = optimizer_of(again, name)
    unpack(pack(Progress(), made, optimizer, None), again, other)
    assert optimizer.state, "an optimizer without a state shows nothing here"
    for one, two in zip(made.parameters(), again.parameters(), strict=True):
        kept = {key: value for key, value in optimizer.state[one].items() if value is not None}
        assert set(other.state[two]) == set(kept)
        for key, value in kept.items():
            found = other.state[two][key]
            assert torch.equal(found, value)
            assert (found.dtype, found.stride()) == (value.dtype, value.stride()), key


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_groups_of_an_optimizer_are_its_own(name: str) -> None:
    made = network()
    again = network()
    other = optimizer_of(again, name)
    unpack(pack(Progress(), made, optimizer_of(made, name), None), again, other)
    assert [group["weight_decay"] for group in other.param_groups] == [0.1, 0.0]
    assert {p for group in other.param_groups for p in group["params"]} == set(again.parameters())


@pytest.mark.parametrize("best", [None, {"weight": torch.arange(3.0), "count": torch.tensor(7)}], ids=["no", "yes"])
def test_progress_and_the_best_weights_survive(best: dict[str, Tensor] | None) -> None:
    made = network()
    optimizer = optimizer_of(made, "sgd")
    progress, kept = unpack(pack(PROGRESS, made, optimizer, best), made, optimizer)
    assert progress == PROGRESS
    assert (kept is None) == (best is None)
    if best is not None and kept is not None:
        assert same(dict(sorted(best.items())), dict(sorted(kept.items())))


def test_the_first_checkpoint_has_no_loss_yet() -> None:
    made = network()
    optimizer = optimizer_of(made, "sgd")
    assert unpack(pack(Progress(), made, optimizer, None), made, optimizer) == (Progress(), None)


def test_a_checkpoint_is_safetensors_and_nothing_else(tmp_path: Any) -> None:
    made = network()
    optimizer = optimizer_of(made, OPTIMIZERS[0])
    train(made, optimizer, range(2))
    data = pack(PROGRESS, made, optimizer, {"weight": torch.ones(2)})
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    parts = {name.partition("/")[0] for name in header if name != "__metadata__"}
    assert parts == {"network", "kept", "optimizer"}
    assert len(data) == 8 + length + max(entry["data_offsets"][1] for entry in header.values() if "dtype" in entry)
    (tmp_path / "last.safetensors").write_bytes(data)
    with safe_open(tmp_path / "last.safetensors", "pt") as file:
        assert set(file.keys()) == set(header) - {"__metadata__"}
    with pytest.raises((ValueError, pickle.UnpicklingError, EOFError)):
        list(pickletools.genops(io.BytesIO(data)))


def test_nothing_is_pickled_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any, **_keywords: Any) -> Any:
        pytest.fail("something was pickled")

    made = network()
    optimizer = optimizer_of(made, OPTIMIZERS[0])
    train(made, optimizer, range(2))
    for name in ("dump", "dumps", "load", "loads", "Pickler", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    for name in ("save", "load"):
        monkeypatch.setattr(torch, name, refuse)
    unpack(pack(PROGRESS, made, optimizer, None), made, optimizer)


def test_packing_changes_nothing() -> None:
    made = network()
    optimizer = optimizer_of(made, OPTIMIZERS[0])
    train(made, optimizer, range(2))
    strides = [parameter.stride() for parameter in made.parameters()]
    before = {name: tensor.clone() for name, tensor in made.state_dict().items()}
    assert pack(PROGRESS, made, optimizer, None) == pack(PROGRESS, made, optimizer, None)
    assert same(before, made.state_dict())
    assert [parameter.stride() for parameter in made.parameters()] == strides


def test_a_checkpoint_of_another_network_is_refused() -> None:
    made = network()
    other = nn.Linear(2, 2)
    data = pack(Progress(), made, optimizer_of(made, "sgd"), None)
    with pytest.raises(RuntimeError, match="state_dict"):
        unpack(data, other, optimizer_of(other, "sgd"))


def test_tied_weights_stay_tied_and_train_on_alike() -> None:
    def tied_network(seed: int) -> nn.Module:
        made = network(seed)
        made.register_module("twin", nn.Conv2d(3, 4, 3))
        made.get_submodule("twin").weight = made.get_parameter("0.weight")
        return made

    made, again = tied_network(0), tied_network(1)
    optimizer, other = optimizer_of(made, "adamw"), optimizer_of(again, "adamw")
    best = copy.deepcopy(made.state_dict())
    _progress, kept = unpack(pack(Progress(), made, optimizer, best), again, other)
    assert kept is not None
    assert same(dict(sorted(best.items())), dict(sorted(kept.items())))
    assert again.get_parameter("twin.weight") is again.get_parameter("0.weight")
    assert same(made.state_dict(), again.state_dict())

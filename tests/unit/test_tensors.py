from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load as load_plainly
from torch import nn

from deepwright.tensors import from_bytes, header, place, tie, tied, to_bytes


def tied_layers() -> nn.Sequential:
    """Two layers that are one weight, and a third whose own parameter shares its storage."""
    made = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3))
    made[1].weight = made[0].weight
    made[2].weight = nn.Parameter(made.get_parameter("0.weight").detach())
    return made


def test_tied_weights_stand_once_and_are_one_tensor_again() -> None:
    state = tied_layers().state_dict()
    assert tied(state) == {"1.weight": "0.weight", "2.weight": "0.weight"}
    data = to_bytes(state, {"of": "a test"})
    assert set(load_plainly(data)) == {"0.weight", "0.bias", "1.bias", "2.bias"}
    found = from_bytes(data)
    assert set(found) == set(state)
    assert all(torch.equal(found[name], tensor) for name, tensor in state.items())
    assert tied(found) == tied(state)
    assert header(data)["of"] == "a test"


def test_a_network_without_them_is_a_plain_file() -> None:
    state = nn.Linear(2, 2).state_dict()
    assert header(to_bytes(state)) == {}
    assert load_plainly(to_bytes(state)).keys() == state.keys()


def test_equal_values_in_two_places_are_not_tied() -> None:
    assert tied({"a": torch.zeros(3), "b": torch.zeros(3)}) == {}


@pytest.mark.parametrize(
    "view", [lambda t: t.T, lambda t: t[1:], lambda t: t.flatten()], ids=["turned", "part", "flat"]
)
def test_other_views_of_a_storage_are_kept_on_their_own(view: object) -> None:
    whole = torch.arange(9.0).reshape(3, 3)
    state = {"whole": whole, "view": view(whole)}  # type: ignore[operator]  # a function of a tensor
    assert tied(state) == {}
    found = from_bytes(to_bytes(state))
    assert torch.equal(found["whole"], whole)
    assert torch.equal(found["view"], state["view"])


def test_sizes_that_are_left_open_have_no_place_yet() -> None:
    assert tied(nn.LazyLinear(2).state_dict()) == {}


def test_what_was_parted_is_tied_again() -> None:
    made = tied_layers()
    names = tied(made.state_dict())
    made.get_parameter("2.weight").data = torch.zeros(3, 3)
    assert tied(made.state_dict()) != names
    tie(made, names)
    assert tied(made.state_dict()) == names


def test_a_header_that_names_a_tensor_that_is_not_there() -> None:
    data = to_bytes({"a": torch.zeros(1)}, {"tied": json.dumps({"b": "c"})})
    with pytest.raises(KeyError):
        from_bytes(data)


def test_in_its_place_kernels_have_their_channels_last_and_tied_ones_stay_tied() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3), nn.Flatten(), nn.Linear(3, 2))
    network[1].weight = nn.Parameter(network[0].get_parameter("weight").detach())
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    place(network, torch.device("cpu"))
    kernel = network.get_parameter("1.weight")
    assert kernel.is_contiguous(memory_format=torch.channels_last)
    assert not kernel.is_contiguous()
    assert tied(network.state_dict()) == {"1.weight": "0.weight"}
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())

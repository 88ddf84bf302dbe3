from __future__ import annotations

import inspect
from typing import Annotated, Any

import pytest
import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.config.fields import fields_of
from deepwright.contracts import Recipe, Trainable
from deepwright.errors import ConfigError, UsageError
from deepwright.own_code.files import of_file, of_object
from deepwright.own_code.modules import model_of
from deepwright.specs import ClassSpec, ImageSpec, OutputSpec, Spec
from deepwright.tensors import tied
from tests.unit.own_code.conftest import Write

INPUTS, OUTPUTS = ImageSpec(1, 4, 4), ClassSpec(("a", "b", "c"))

RELU = nn.ReLU()


class Plain(nn.Module):
    """Sizes as its author knows them.

    Args:
        units: between input and output.
        rate: of dropout.
    """

    def __init__(self, units: int = 5, *, rate: Annotated[float, Meta(ge=0)] = 0.5, activation: Any = RELU) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(16, units), activation, nn.Dropout(rate))
        self.norm = nn.BatchNorm1d(units)
        self.last = nn.Linear(units, 3)

    def forward(self, images: Tensor) -> Tensor:
        outputs: Tensor = self.last(self.norm(self.layers(images)))
        return outputs


class Specified(nn.Module):
    def __init__(self, pictures: ImageSpec, classes: OutputSpec, depth: int = 1, more: Any = None) -> None:
        super().__init__()
        self.depth, self.more = depth, more
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(pictures.height * pictures.width, classes.num_outputs))

    def forward(self, images: Tensor) -> Tensor:
        outputs: Tensor = self.layers(images)
        return outputs

    @staticmethod
    def recipe(num_examples: int, inputs: Spec, outputs: Spec) -> Recipe:
        return Recipe(epochs=3, batch_size=4, learning_rate=0.5)


class Lazy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.LazyLinear(3)

    def forward(self, images: Tensor) -> Tensor:
        outputs: Tensor = self.dense(images.flatten(1))
        return outputs


def model(thing: Any) -> Any:
    code = of_object(thing)
    return model_of(code, (thing if isinstance(thing, type) else type(thing)).__name__)


def build(thing: Any, seed: int = 0, **settings: Any) -> Any:
    torch.manual_seed(seed)
    return model(thing)(INPUTS, OUTPUTS, **settings)


def test_its_arguments_are_its_settings_with_types_and_meanings() -> None:
    fields = fields_of(model(Plain))
    assert list(fields) == ["sha256", "units", "rate"], "a default that no file can hold is no setting"
    assert (fields["units"].type, fields["units"].default, fields["rate"].default) == (int, 5, 0.5)
    assert fields["units"].description == "between input and output."
    assert fields["sha256"].description
    assert build(Plain, units=7).last.in_features == 7


def test_specs_are_recognised_by_name_or_annotation() -> None:
    made = model(Specified)
    assert list(fields_of(made)) == ["sha256", "depth", "more"]
    assert inspect.get_annotations(made)["inputs"] is ImageSpec
    assert inspect.get_annotations(made)["outputs"] is OutputSpec
    assert build(Specified, depth=2, more=[1]).depth == 2


def test_a_default_recipe_makes_it_trainable() -> None:
    for thing in (model(Plain), build(Plain), build(Plain())):
        assert isinstance(thing, Trainable)
        assert thing.recipe(1000, INPUTS, OUTPUTS).learning_rate == 1e-3
    few, many = (model(Plain).recipe(n, INPUTS, OUTPUTS) for n in (100, 100_000))
    assert few.epochs >= many.epochs
    assert few.batch_size <= 100


def test_its_own_recipe_counts() -> None:
    assert model(Specified).recipe(1000, INPUTS, OUTPUTS) == Recipe(epochs=3, batch_size=4, learning_rate=0.5)
    assert build(Specified).recipe(1000, INPUTS, OUTPUTS).epochs == 3


@pytest.mark.parametrize(
    ("body", "expected"),
    [("return {'epochs': 3}", "gives dict"), ("return 1 / 0", "ZeroDivisionError")],
)
def test_a_wrong_recipe_is_refused(body: str, expected: str, write: Write) -> None:
    code = of_file(
        write(f"from torch import nn\nclass Net(nn.Module):\n    def recipe(n, inputs, outputs):\n        {body}\n")
    )
    with pytest.raises(UsageError, match=expected):
        model_of(code, "Net").recipe(1000, INPUTS, OUTPUTS)  # type: ignore[attr-defined]


def test_trying_it_leaves_its_weights_statistics_and_the_random_numbers_alone() -> None:
    torch.manual_seed(3)
    expected, after = Plain(), torch.rand(2)
    found = build(Plain, seed=3)
    assert torch.equal(torch.rand(2), after)
    assert found.training
    for name, tensor in found.state_dict().items():
        assert torch.equal(tensor, expected.state_dict()[name]), name
    assert all(parameter.grad is None for parameter in found.parameters())


def test_a_module_is_copied_for_every_fit() -> None:
    original = Plain()
    before = {name: tensor.clone() for name, tensor in original.state_dict().items()}
    made = model(original)
    first = made(INPUTS, OUTPUTS)
    nn.init.zeros_(first.last.weight)
    second = made(INPUTS, OUTPUTS)
    for name, tensor in before.items():
        assert torch.equal(original.state_dict()[name], tensor)
        assert torch.equal(second.state_dict()[name], tensor)


def test_weights_that_share_their_storage_still_do_in_a_copy() -> None:
    original = Plain(units=3)
    original.layers[1].bias = nn.Parameter(original.last.bias.detach())
    assert tied(build(original).state_dict()) == {"last.bias": "layers.1.bias"}


@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_sizes_that_are_left_open_are_settled_with_the_seed() -> None:
    first, second = build(Lazy, seed=4), build(Lazy, seed=4)
    assert first.dense.in_features == 16
    assert torch.equal(first.dense.weight, second.dense.weight)


def test_it_can_be_built_where_nothing_is_learnt() -> None:
    with torch.inference_mode():
        build(Plain)
    with torch.no_grad():
        build(Plain)


CODE = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(16, 3)
    def forward(self, images):
        return self.dense(images.flatten(1))
"""


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("super().__init__()", "pass", ["my_net.py, line 6: AttributeError: cannot assign module"]),
        ("nn.Linear(16, 3)", "nn.Linear(16)", ["my_net.py, line 6: TypeError", "out_features"]),
        ("def __init__(self):", "def __init__(self, size):", ["my_net.py", "size"]),
        ("16, 3", "784, 3", ["my_net.py, line 8: RuntimeError: mat1 and mat2", "forward of Net", "the shape 1×4×4"]),
        ("16, 3", "16, 4", ["my_net.py: Net yields [2, 4] float32", "[2, 3] floating-point", "a row of 3"]),
        ("images.flatten(1))", "images.flatten(1)).argmax(1)", ["yields [2] int64", "[2, 3] floating-point"]),
        ("return self", "return 1, self", ["Net yields tuple for two examples"]),
        ("images.flatten(1))", "images.flatten(1)).round().long()", ["yields [2, 3] int64"]),
        (
            "images.flatten(1))",
            "images.flatten(1)).detach()",
            ["have no gradient with respect to its parameters", "detach"],
        ),
        ("def forward", "@torch.no_grad()\n    def forward", ["have no gradient with respect to its parameters"]),
        ("self.dense = nn.Linear(16, 3)", "self.dense = lambda x: x[:, :3]", ["Net has no parameters"]),
        ("def forward", "def backward", ["my_net.py", "forward"]),
        ("images.flatten(1)", "images.view(5, -1)", ["my_net.py, line 8: RuntimeError: shape '[5, -1]' is invalid"]),
        ("return self", "assert not self.training; return self", ["my_net.py, line 8: AssertionError"]),
    ],
)
def test_what_is_wrong_with_a_network_is_one_sentence(old: str, new: str, parts: list[str], write: Write) -> None:
    assert old in CODE
    code = of_file(write(CODE.replace(old, new)))
    with pytest.raises(UsageError) as caught:
        model_of(code, "Net")(INPUTS, OUTPUTS)
    message = str(caught.value)
    for part in parts:
        assert part in message
    assert "\n" not in message


def test_an_error_of_ours_that_it_raises_is_passed_on(write: Write) -> None:
    source = CODE.replace(
        "super().__init__()", "from deepwright.errors import ConfigError; raise ConfigError('too small')"
    )
    with pytest.raises(ConfigError, match=r"^too small$"):
        model_of(of_file(write(source)), "Net")(INPUTS, OUTPUTS)

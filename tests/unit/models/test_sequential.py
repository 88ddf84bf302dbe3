from __future__ import annotations

from typing import Any

import pytest
import torch

from deepwright import registry
from deepwright.config.documents import Document, apply_overrides
from deepwright.config.fields import Field, fields_of
from deepwright.config.settings import Member, settings_from
from deepwright.config.writing import commented, json_schema
from deepwright.config.yaml_core import KeyPath, dump, parse
from deepwright.errors import ConfigError
from deepwright.layers.sequence import read_layers
from deepwright.specs import ClassSpec, ImageSpec, LabelsSpec, NumberSpec, OutputSpec, TextSpec, TokensSpec
from tests.conftest import CHECKOUT

CONVNET = [
    *({"conv2d": 32}, {"max_pool": 2}, "relu"),
    *({"conv2d": 64}, {"max_pool": 2}, "relu"),
    *({"conv2d": 64}, "relu"),
    *("flatten", {"dropout": 0.0}, {"dense": 64}, "relu"),
]
DIGITS = ClassSpec(tuple("0123456789"))
ORDER = {"conv2d_1": "conv1", "conv2d_2": "conv2", "conv2d_3": "conv3", "dense_1": "dense1", "dense_2": "dense2"}


def sequential(layers: list[Any], outputs: OutputSpec = DIGITS, shape: tuple[int, int, int] = (1, 28, 28)) -> Any:
    return registry.load("models", "sequential")(ImageSpec(*shape), outputs, layers=layers)


def test_the_convnet_as_a_list_of_layers_is_the_same_function() -> None:
    ours = sequential(CONVNET)
    convnet = registry.load("models", "convnet")(ImageSpec(1, 28, 28), DIGITS)
    assert sum(parameter.numel() for parameter in ours.parameters()) == 93_322
    names = {f"{ORDER[name.partition('.')[0]]}.{name.partition('.')[2]}": name for name in ours.state_dict()}
    assert names.keys() == convnet.state_dict().keys()
    convnet.load_state_dict({theirs: ours.state_dict()[name] for theirs, name in names.items()})
    images = torch.randn(5, 1, 28, 28)
    assert torch.equal(ours(images), convnet(images))


@pytest.mark.parametrize("outputs", [DIGITS, LabelsSpec(("a", "b")), NumberSpec("age", 0.0, 1.0)])
def test_it_yields_as_many_numbers_as_the_task_has_outputs(outputs: OutputSpec) -> None:
    model = sequential(["flatten", {"dense": 7}, "gelu"], outputs, (3, 4, 5))
    assert model(torch.randn(2, 3, 4, 5)).shape == (2, outputs.num_outputs)


def configured(text: str) -> Member:
    """The model of a configuration, as training takes it."""
    document = Document(parse(text, "net.yaml")[0])
    return registry.configure("models", settings_from(document).model, document, ("model",))


def test_its_layers_survive_the_file_of_a_run() -> None:
    text = "model:\n  name: sequential\n  layers: [{conv2d: {filters: 4, kernel: [3, 1]}}, relu, flatten, {dense: 9}]\n"
    member = configured(text)
    assert configured(dump({"model": {"name": member.name, **member.settings}})) == member
    assert member.settings["layers"][0]["conv2d"]["kernel"] == [3, 1]
    assert member.settings["layers"][1] == "relu"


def test_its_layers_can_be_given_with_set() -> None:
    document = Document()
    document.set("model", "sequential", "--model")
    apply_overrides(document, ["model.layers=[flatten, {dense: 3}]"])
    member = registry.configure("models", settings_from(document).model, document, ("model",))
    assert member.settings["layers"] == ["flatten", {"dense": {"units": 3, "bias": True}}]
    apply_overrides(document, ["model.layers=[flaten]"])
    with pytest.raises(ConfigError, match=r"^--set model.layers=\[flaten\]: layer 1 is 'flaten'"):
        registry.configure("models", settings_from(document).model, document, ("model",))


def test_without_layers_an_example_is_shown_that_works() -> None:
    with pytest.raises(ConfigError) as caught:
        configured("model: sequential\n")
    text = str(caught.value)
    assert "'model.layers' is missing: a list of layers is needed." in text
    layers = parse(text.partition("For example layers: ")[2], "the message")[0]
    assert sequential(layers)(torch.randn(1, 1, 28, 28)).shape == (1, 10)


def test_a_commented_file_holds_the_example() -> None:
    document = Document({"model": "sequential"})
    fields: dict[KeyPath, dict[str, Field]] = {("model",): fields_of(registry.load("models", "sequential"))}
    text = commented(settings_from(document), fields)
    example = text[text.index("  # layers:") : text.index("\n\n# how it is trained")]
    layers = parse(example.replace("  # ", ""), "the file")[0]["layers"]
    assert layers[0] == {"conv2d": 32}
    assert sequential(layers)(torch.randn(1, 1, 28, 28)).shape == (1, 10)


def test_the_schema_of_the_configuration_has_its_layers() -> None:
    schema = json_schema({("model",): {"sequential": fields_of(registry.load("models", "sequential"))}})
    section = next(
        part
        for part in schema["properties"]["model"]["oneOf"]
        if part.get("properties", {}).get("name") == {"const": "sequential"}
    )
    assert section["required"] == ["name", "layers"]
    assert "conv2d" in section["properties"]["layers"]["items"]["anyOf"][1]["properties"]


def generator(layers: list[Any]) -> Any:
    """A network for the next of 10,000 words."""
    words = tuple(map(str, range(10_000)))
    read = read_layers(layers, Document(), ())
    return registry.load("models", "sequential")(TextSpec(words, "word", 32, 32), TokensSpec(words, 32), layers=read)


def test_the_classical_generator_has_the_parameters_of_its_layers() -> None:
    text = (CHECKOUT / "examples" / "text_generator" / "generator.yaml").read_text(encoding="utf-8")
    network = generator(parse(text, "generator.yaml")[0]["model"]["layers"])
    counts = [sum(parameter.numel() for parameter in layer.parameters()) for layer in network.children()]
    assert counts == [10_000 * 128, 4 * 256 * (128 + 256 + 1), 4 * 256 * (256 + 256 + 1), 257 * 100, 0, 101 * 10_000]
    assert counts[:4] == [1_280_000, 394_240, 525_312, 25_700]
    assert network(torch.ones(2, 5, dtype=torch.int64)).shape == (2, 5, 10_000)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([{"dense": 1}, "softmax"], "softmax of a single number is always 1, whatever the number is, so that nothing"),
        ([{"dense": "outputs"}, "softmax"], r"layer 4 \(softmax\): it is the last, but the task makes probabilities"),
        ([{"lstm": 4}], "one answer of the shape 4 for a whole text.*Take return_sequences: true"),
        (["global_avg_pool"], "no pooling"),
        ([{"gru": {"units": 4, "bidirectional": True, "return_sequences": True}}], "bidirectional: false"),
        ([{"attention": 4}], "depends on tokens that follow it.*Take causal: true"),
        ([{"transformer_block": 4}], "depends on tokens that follow it"),
    ],
)
def test_what_cannot_learn_the_next_token_is_refused(layers: list[Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        generator([{"embedding": 8}, {"rnn": {"units": 8, "return_sequences": True}}, *layers])

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from deepwright.config.documents import Document
from deepwright.config.yaml_core import parse
from deepwright.errors import ConfigError
from deepwright.layers.layer import Tokens
from deepwright.layers.sequence import build_layers, builders, layers_schema, read_layers

SOME = [{"conv2d": 8}, "relu", {"max_pool": 2}, "flatten", {"dense": {"units": 5, "bias": False}}]


def read(text: str) -> list[Any]:
    """The layers of a configuration file, with the lines that its errors name."""
    values, lines = parse(text, "net.yaml")
    document = Document(values, {key: f"net.yaml, line {line}" for key, line in lines.items()})
    return read_layers(values["layers"], document, ("layers",))


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return str(caught.value)


def build(layers: list[Any], shape: tuple[int, ...] = (1, 8, 8), num_outputs: int = 3) -> dict[str, nn.Module]:
    return build_layers(read_layers(layers, Document(), ()), shape, (num_outputs,))


def misfit(layers: list[Any], shape: tuple[int, ...] = (1, 8, 8), num_outputs: int = 3) -> str:
    with pytest.raises(ConfigError) as caught:
        build(layers, shape, num_outputs)
    return str(caught.value)


def test_every_setting_is_filled_in() -> None:
    conv = {"filters": 8, "kernel": 3, "stride": 1, "padding": "valid", "dilation": 1, "groups": 1, "bias": True}
    pool = {"size": 2, "stride": None, "padding": 0}
    dense = {"units": 5, "bias": False}
    assert read_layers(SOME, Document(), ()) == [
        {"conv2d": conv},
        "relu",
        {"max_pool": pool},
        "flatten",
        {"dense": dense},
    ]


@pytest.mark.parametrize("written", ["dropout", {"dropout": None}, {"dropout": 0.5}, {"dropout": {"rate": 0.5}}])
def test_a_name_its_first_setting_and_a_section_are_the_same(written: Any) -> None:
    assert read_layers([written], Document(), ()) == [{"dropout": {"rate": 0.5}}]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("layers:\n  - relu\n  - con2d: 3\n", ["net.yaml, line 3: layer 2 is 'con2d'", "Did you mean conv2d?"]),
        ("layers:\n  - relu\n  - rellu\n", ["net.yaml, line 3: layer 2 is 'rellu'", "Did you mean relu", "Known: "]),
        ("layers:\n  - linear: 3\n", ["line 2: layer 1 is 'linear'", "Did you mean dense?"]),
        ("layers:\n  - 7\n", ["line 2: layer 1 is 7; a layer is one name"]),
        (
            "layers:\n  - conv2d:\n    filters: 3\n",
            ["line 2: layer 1 is the keys conv2d, filters; a layer is one name"],
        ),
        ("layers:\n  - {}\n", ["line 2: layer 1 is"]),
        ("layers:\n  - [relu]\n", ["line 2: layer 1 is the list ['relu']"]),
        ("layers:\n  - flatten: 2\n", ["line 2: layer 1 (flatten) has no settings, but is given 2."]),
        ("layers:\n  - flatten: {a: 2}\n", ["line 2", "layer 1 (flatten) has no settings, but is given a section."]),
        ("layers:\n  - dense\n", ["line 2", "'layers.0.dense.units' is missing: a whole number"]),
        (
            "layers:\n  - relu\n  - dense: {units: 0}\n",
            ["net.yaml, line 3: layers.1.dense.units is 0; allowed: a whole"],
        ),
        ("layers:\n  - dense: many\n", ["layers.0.dense.units is the text 'many'", "or outputs"]),
        ("layers:\n  - conv2d:\n      filters: 3\n      kernl: 3\n", ["net.yaml, line 4", "Did you mean kernel?"]),
        ("layers:\n  - max_pool: [2, 2, 2]\n", ["max_pool.size", "a list of 2, each a whole number of at least 1"]),
        ("layers:\n  - dropout: 1\n", ["layers.0.dropout.rate is 1", "below 1"]),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_position(text: str, parts: list[str]) -> None:
    message = refusal(text)
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("layers", "parts"),
    [
        (
            [{"conv2d": 4}, "relu", "flatten", {"conv2d": 4}],
            [
                "sequential, layer 4 (conv2d)",
                "has the shape 144; conv2d needs pictures [C, H, W]. Put it before flatten",
            ],
        ),
        ([{"conv2d": 4}, {"dense": 4}], ["layer 2 (dense)", "has the shape 4×6×6", "Put flatten"]),
        ([{"conv2d": {"filters": 4, "kernel": 9}}], ["layer 1 (conv2d)", "9×9 pixels is larger", "8×8 that arrives"]),
        ([{"max_pool": 5}, {"max_pool": 2}], ["layer 2 (max_pool)", "larger than the picture of 1×1"]),
        ([{"max_pool": {"size": 2, "padding": 2}}], ["layer 1 (max_pool)", "more than half of the window of 2×2"]),
        ([{"conv2d": {"filters": 4, "kernel": 2, "padding": "same"}}], ["2×2 pixels has no middle", "odd kernel"]),
        ([{"conv2d": {"filters": 4, "groups": 3}}], ["groups is 3", "the 1 channels", "the 4 filters"]),
        ([{"conv2d": 4}, {"group_norm": 3}], ["layer 2 (group_norm)", "groups is 3", "the 4 channels"]),
        (["flatten", "global_avg_pool"], ["layer 2 (global_avg_pool)", "global_avg_pool needs pictures"]),
        ([{"conv2d": 4}], ["the dense layer to the outputs, added at the end", "4×6×6", "Put flatten"]),
        (["flatten", {"dense": 3}, "softmax"], ["layer 3 (softmax)", "makes probabilities", "Leave it out"]),
        (
            [{"lstm": 4}],
            ["layer 1 (lstm)", "1×8×8, that of pictures; lstm needs sequences [T, D], as embedding yields"],
        ),
        ([{"embedding": 4}], ["layer 1 (embedding)", "numbers of the shape 1×8×8; embedding needs tokens [T]"]),
        (["flatten", {"gru": 4}], ["layer 2 (gru)", "has the shape 64; gru needs sequences", "return_sequences: true"]),
    ],
)
def test_a_layer_that_does_not_suit_is_named_with_the_shape_that_arrives(layers: list[Any], parts: list[str]) -> None:
    message = misfit(layers)
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("layers", "parts"),
    [
        ([{"lstm": 4}], ["layer 1 (lstm)", "its input is tokens [6]", "lstm needs numbers. Put embedding before it."]),
        ([{"dense": 4}], ["layer 1 (dense)", "Put embedding before it."]),
        (["embedding"], []),
        ([{"embedding": 8}, {"embedding": 8}], ["layer 2 (embedding)", "numbers of the shape 6×8"]),
        ([{"embedding": 8}, {"dense": 4}], ["the last layer", "sequences of the shape 6×4", "one answer is needed"]),
        ([{"embedding": 8}, "flatten"], ["layer 2 (flatten)", "may differ in length", "global_avg_pool"]),
        ([{"embedding": 8}, {"conv2d": 4}], ["layer 2 (conv2d)", "conv2d needs pictures"]),
        ([{"embedding": 8}], ["the last layer", "sequences of the shape 6×8", "End the list with global_avg_pool"]),
        ([{"embedding": 8}, {"lstm": 4}, {"lstm": 4}], ["layer 3 (lstm)", "has the shape 4", "return_sequences: true"]),
        ([{"embedding": 8}, {"lstm": {"units": 4, "dropout": 0.5}}], ["dropout is 0.5", "num_layers is 1"]),
        ([{"embedding": 8}, {"attention": 3}], ["num_heads is 3, which does not divide the 8 numbers"]),
        ([{"embedding": 6}, {"attention": {"num_heads": 2, "rotary": True}}], ["a head has 3 of them"]),
        ([{"embedding": 8}, {"learned_positions": 5}], ["has 6 steps", "rows for 5", "larger max_seq_len"]),
    ],
)
def test_what_does_not_suit_tokens_and_sequences(layers: list[Any], parts: list[str]) -> None:
    if not parts:
        with pytest.raises(ConfigError, match="embed_dim' is missing"):
            build(layers, Tokens((6,), 20))
        return
    message = misfit(layers, Tokens((6,), 20))
    for part in parts:
        assert part in message


@pytest.mark.parametrize("layers", [["flatten", {"dense": 1}, "softmax"], ["flatten", {"dense": 1}, "softmax", "relu"]])
def test_a_softmax_over_a_single_unit_is_refused(layers: list[Any]) -> None:
    assert "layer 3 (softmax): softmax of a single number is always 1" in misfit(layers, num_outputs=1)


def test_parameters_are_those_that_keras_counts() -> None:
    states = {"units": 256, "return_sequences": True}
    modules = build([{"embedding": 128}, {"lstm": states}, {"lstm": 256}, {"dense": 100}], Tokens((9,), 10_000), 100)
    counts = [sum(parameter.numel() for parameter in module.parameters()) for module in modules.values()]
    assert counts == [1_280_000, 394_240, 525_312, 25_700]


@pytest.mark.parametrize(
    ("layers", "added"),
    [
        (["flatten"], True),
        (["flatten", {"dense": 4}], True),
        (["flatten", {"dense": 3}, "relu"], True),
        (["flatten", {"dense": 4}, "softmax"], True),
        (["flatten", {"dense": 3}], False),
        (["flatten", {"dense": "outputs"}], False),
        ([{"conv2d": "outputs"}, "global_avg_pool"], False),
    ],
)
def test_a_dense_layer_to_the_outputs_is_added_where_none_is(layers: list[Any], added: bool) -> None:
    modules = list(build(layers).values())
    assert len(modules) == len(layers) + added
    last = [module for module in modules if isinstance(module, nn.Linear)][-1:]
    if added:
        assert last == modules[-1:]
        assert last[0].out_features == 3


def test_layers_are_named_by_kind_and_number() -> None:
    names = ["flatten_1", "dense_1", "leaky_relu_1", "relu_1", "dense_2", "relu_2", "dense_3"]
    assert list(build(["flatten", {"dense": 2}, "leaky_relu", "relu", {"dense": 2}, "relu"])) == names


def test_the_schema_knows_every_layer() -> None:
    alone, section = layers_schema()["items"]["anyOf"]
    assert set(section["properties"]) == set(builders())
    assert "relu" in alone["enum"]
    assert "dense" not in alone["enum"]

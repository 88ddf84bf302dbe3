from __future__ import annotations

import math
from typing import Any

import pytest

from deepwright.config.yaml_core import dump, parse, parse_scalar
from deepwright.errors import ConfigError


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, "digits.yaml")
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5e1", -5.0),
        ("+2", 2),
        ("010", 10),
        ("0o10", 8),
        ("0x1f", 31),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("!!str 5", "5"),
        ("!!float 1", 1.0),
    ],
)
def test_a_scalar_is_read_by_the_core_rules(text: str, value: Any) -> None:
    found = parse_scalar(text)
    assert found == value
    assert type(found) is type(value)


def test_nan_is_a_number() -> None:
    assert math.isnan(parse_scalar(".nan"))


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "yes",
        "on",
        "off",
        "y",
        "n",
        "1_000",
        "0o8",
        "0b1",
        "1:30",
        "2020-01-01",
        "inf",
        "nan",
        "tRue",
        "=",
        "<<",
        "1e",
    ],
)
def test_what_only_yaml_1_1_reads_as_something_else_is_text(text: str) -> None:
    assert parse_scalar(text) == text


@pytest.mark.parametrize("text", ["1e-3", "010", "0o10", "0x1f", "true", "null", "~", "", ".nan", "-.inf", "1.", "+1"])
def test_text_that_looks_like_something_else_is_written_in_quotes(text: str) -> None:
    assert dump({"key": text}) in {f"key: '{text}'\n", f'key: "{text}"\n'}
    assert parse(dump({"key": text}), "")[0] == {"key": text}


def test_every_key_has_its_line() -> None:
    text = "# a comment\n\ntraining:\n  epochs: 3\n  optimizer:\n    name: adamw\n"
    text += "data: {source: digits, split: {test: 0.1}}\n"
    assert parse(text, "digits.yaml")[1] == {
        ("training",): 3,
        ("training", "epochs"): 4,
        ("training", "optimizer"): 5,
        ("training", "optimizer", "name"): 6,
        ("data",): 7,
        ("data", "source"): 7,
        ("data", "split"): 7,
        ("data", "split", "test"): 7,
    }


def test_items_of_a_list_and_keys_within_them_have_lines() -> None:
    assert parse("a:\n  - b: 1\n  - c\n", "")[1] == {("a",): 1, ("a", "0"): 2, ("a", "0", "b"): 2, ("a", "1"): 3}


def test_keys_keep_their_order() -> None:
    value = {"b": 1, "a": {"d": 2, "c": 3}}
    text = dump(value)
    assert text == "b: 1\na:\n  d: 2\n  c: 3\n"
    assert list(parse(text, "")[0]) == ["b", "a"]


def test_chinese_text_is_written_as_it_is() -> None:
    assert dump({"图像": "手写数字"}) == "图像: 手写数字\n"


def test_long_text_is_not_torn() -> None:
    value = {"key": "word " * 100 + "end", "汉字": "字" * 300}
    assert parse(dump(value), "")[0] == value


@pytest.mark.parametrize(
    "character", ["\x85", "\u2028", "\u2029", "\ufeff", "\t", "\n", "\r", "\x00", "\x1b", "\x7f", "\xa0", "😀"]
)
def test_text_with_a_special_character_survives(character: str) -> None:
    value = {"key": f"one{character}two", f"k{character}y": character}
    assert parse(dump(value), "")[0] == value


@pytest.mark.parametrize("number", [math.inf, -math.inf, 1e16, 1e-7, 5e-324, -0.0, 0.1, 1.0])
def test_a_float_stays_the_same_float(number: float) -> None:
    found = parse_scalar(dump(number).removesuffix("...\n"))
    assert (type(found), repr(found)) == (float, repr(number))


@pytest.mark.parametrize(
    ("text", "line", "key", "first"),
    [
        ("seed: 1\nname: a\nseed: 2\n", 3, "seed", 1),
        ("training:\n  epochs: 1\n  device: cpu\n  epochs: 2\n", 4, "training.epochs", 2),
        ("a: {b: {c: 1, c: 2}}", 1, "a.b.c", 1),
        ("a:\n- b: 1\n  b: 2\n", 3, "a.0.b", 2),
        ("seed: 1\n'seed': 2\n", 2, "seed", 1),
    ],
)
def test_a_key_given_twice_names_both_lines(text: str, line: int, key: str, first: int) -> None:
    message = refusal(text)
    assert message.startswith(f"digits.yaml, line {line}: the key {key!r} ")
    assert f"line {first}." in message


def test_one_key_in_two_sections_is_no_repetition() -> None:
    assert parse("a: {x: 1}\nb: {x: 2}\n", "")[0] == {"a": {"x": 1}, "b": {"x": 2}}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("training:\n\tepochs: 3\n", 2),
        ("\tseed: 1\n", 1),
        ("a: 1\n\tb: 2\n", 2),
        ("a:\n  b: 1\n \tc: 2\n", 3),
        ("a: 1\nb:\t2\n", 2),
        ("a: 1\t\n", 1),
    ],
)
def test_a_tab_is_named(text: str, line: int) -> None:
    assert refusal(text) == f"digits.yaml, line {line}: a tab stands here; put spaces in its place."


def test_a_tab_within_text_is_text() -> None:
    assert parse("a: 'x\ty' # a\tb\n", "")[0] == {"a": "x\ty"}


def test_an_alias_repeats_a_value() -> None:
    assert parse("a: &first {x: 1}\nb: *first\n", "")[0] == {"a": {"x": 1}, "b": {"x": 1}}


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [("a: &loop\n  b: *loop\n", 1, "a.b"), ("x: 1\na: &loop [1, *loop]\n", 2, "a.1"), ("&top\na: *top\n", 1, "a")],
)
def test_an_alias_loop_is_refused(text: str, line: int, key: str) -> None:
    message = refusal(text)
    assert message.startswith(f"digits.yaml, line {line}: an alias within {key!r}")


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ("!!python/object/apply:os.system ['true']", "!!python/object/apply:os.system"),
        ("!!python/object:os.system {}", "!!python/object:os.system"),
        ("!!python/object/new:list []", "!!python/object/new:list"),
        ("!!python/name:os.system", "!!python/name:os.system"),
        ("!!python/name:str x", "!!python/name:str"),
        ("!!python/tuple [1, 2]", "!!python/tuple"),
        ("!!timestamp 2020-01-01", "!!timestamp"),
        ("!!set {x}", "!!set"),
        ("!!binary aGk=", "!!binary"),
        ("!own 1", "!own"),
        ("!own {x: 1}", "!own"),
        ("!!int many", "!!int"),
        ("!!bool no", "!!bool"),
        ("!!null x", "!!null"),
        ("!!float x", "!!float"),
        ("!!int [1]", "!!int"),
        ("!!str {x: 1}", "!!str"),
    ],
)
def test_a_tag_beyond_the_core_rules_is_refused(value: str, tag: str) -> None:
    message = refusal(f"name: x\nseed: {value}\n")
    assert message.startswith(f"digits.yaml, line 2: 'seed' has the tag {tag}, ")
    assert "without a tag" in message


@pytest.mark.parametrize("key", ["1", "true", "null", "1.5", "[a, b]", "{a: 1}"])
def test_a_key_that_is_no_text_is_refused(key: str) -> None:
    message = refusal(f"name: x\n? {key}\n: 1\n")
    assert message.startswith("digits.yaml, line 2: the key ")
    assert key.strip("[]{}")[0] in message
    assert "is not text" in message


def test_two_documents_in_one_file_are_refused() -> None:
    message = refusal("seed: 1\n---\nseed: 2\n")
    assert message.startswith("digits.yaml, line 2, column 1 ")
    assert "a single document" in message


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("name: x\na: b: c\n", 2, 5, "mapping values"),
        ("a: [1, 2\n", 2, 1, "expected"),
        ("a: *nowhere\n", 1, 4, "undefined alias 'nowhere'"),
        ("a: 'open\n", 2, 1, "end of stream"),
        ("a: @x\n", 1, 4, "'@'"),
    ],
)
def test_what_is_not_yaml_is_placed(text: str, line: int, column: int, problem: str) -> None:
    message = refusal(text)
    assert message.startswith(f"digits.yaml, line {line}, column {column} is not YAML: ")
    assert problem in message


def test_a_control_character_is_placed_and_named() -> None:
    assert refusal("name: x\nseed: \x07\n") == "digits.yaml, line 2: YAML does not allow the character U+0007."


@pytest.mark.parametrize("opening", ["[", "{a: "])
def test_bottomless_nesting_is_refused(opening: str) -> None:
    assert "nested too deeply" in refusal("a: " + opening * 5000)


def test_a_number_beyond_what_python_reads_is_refused() -> None:
    message = refusal(f"name: x\nseed: {'9' * 5000}\n")
    assert message.startswith("digits.yaml, line 2:")
    assert "'seed'" in message
    assert "too many digits" in message


def test_an_override_that_is_not_yaml_names_the_flag() -> None:
    with pytest.raises(ConfigError, match=r"^--set, line 1, column \d+ is not YAML"):
        parse_scalar("[1, 2")

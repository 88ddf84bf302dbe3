"""Whatever plain data is written as YAML is read back as the same data, of the same types."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from deepwright.config.documents import Document
from deepwright.config.settings import DataSettings, Member, Settings, settings_from
from deepwright.config.writing import commented
from deepwright.config.yaml_core import dump, parse

WORDS = r"""
    no yes on off y n true True null Null ~ 1 010 0o10 0x1F 1e-3 1. .5 -1 +1 1_000 .inf -.inf .nan 𝟙 １ 一
    2020-01-01 12:30 1:30:00 2020-01-01T00:00:00Z - -- --- ... ? : # & * ! | > % @ ` = << [] {} [a] {a:1} a:b a#b ' " ''
"""
CONFUSING = WORDS.split()
TEXTS = st.one_of(
    st.text(),
    st.text(st.characters(exclude_categories=["C"])),
    st.text(st.sampled_from("手写数字，。：“”（）#:-?!&*|>%@`'\"\\ \t\n\u2028\u3000\x85")),
    st.sampled_from(["", " ", "\n", " a", "a ", "a: b", "a #b", "- a", *CONFUSING]),
    st.integers().map(str),
    st.floats().map(repr),
    st.dates().map(str),
    st.datetimes().map(str),
    st.builds("{} {}".format, st.sampled_from(CONFUSING), st.text(max_size=5)),
)
INTEGERS = st.integers() | st.integers(-(10**300), 10**300)
PLAIN = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


def told_apart(value: Any) -> Any:
    """Data in which 1, 1.0 and True differ, -0.0 and 0.0 too, and NaN equals itself; the order of keys counts."""
    if isinstance(value, dict):
        return [(key, told_apart(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [told_apart(inner) for inner in value]
    return type(value), repr(value)


@given(PLAIN)
@example({"a": float("nan"), "b": [float("inf"), -float("inf"), -0.0, 1e16, 5e-324]})
@example(["a\x85b", "a\u2028b", "\ufeff", "\udc80", "a\rb", "\x00", "\U0010ffff", "\uffff"])
@example({"": {"": [[], {}, [[]], [{}]]}})
@example([[1, [2, [3]], {"a": [{"b": None}]}]])
def test_plain_data_survives(value: Any) -> None:
    assert told_apart(parse(dump(value), "")[0]) == told_apart(value)


@given(st.dictionaries(TEXTS, PLAIN, min_size=1, max_size=5))
def test_every_key_of_what_was_written_has_a_line(value: dict[str, Any]) -> None:
    text = dump(value)
    lines = parse(text, "")[1]
    numbers = [lines[(key,)] for key in value]
    assert numbers == sorted(numbers)
    assert numbers[0] >= 1


SETTINGS = st.builds(
    Settings,
    name=TEXTS,
    data=st.builds(DataSettings, source=st.none() | TEXTS, columns=st.dictionaries(TEXTS, TEXTS, max_size=3)),
    model=st.builds(
        Member,
        TEXTS,
        st.dictionaries(TEXTS.filter(lambda key: key != "name"), PLAIN, max_size=3),
    ),
)


@given(SETTINGS)
def test_settings_survive_their_commented_file(settings: Settings) -> None:
    read = settings_from(Document(parse(commented(settings, {}), "")[0]))
    assert told_apart(read.model.settings) == told_apart(settings.model.settings)
    assert (read.name, read.data, read.model.name) == (settings.name, settings.data, settings.model.name)

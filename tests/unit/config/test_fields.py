from __future__ import annotations

import inspect
import math
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from deepwright.config.documents import Document
from deepwright.config.fields import SYNONYMS, Field, Structured, allowed, argument_docs, check, convert, fields_of
from deepwright.config.yaml_core import KeyPath
from deepwright.errors import ConfigError

Count = Annotated[int, Meta(ge=1)]
Rate = Annotated[float, Meta(ge=0, lt=1)]


def _doubled(values: list[Any], document: Document, path: KeyPath) -> list[Any]:
    if 0 in values:
        raise ConfigError(f"{document.where(path)}: 0 at {'.'.join(path)}")
    return [2 * value for value in values]


Doubled = Annotated[list[Any], Meta(examples=[[1, "é"]]), Structured(_doubled, lambda: "a list of numbers")]


class Network:
    """A network.

    Args:
        inputs: not a setting.
        depth: how many layers,
            counted without the first.
        rate: dropout: the share of units.

    Example:
        depth: not this.
    """

    def __init__(
        self,
        inputs: object,
        *,
        depth: Count,
        rate: Rate = 0.1,
        kind: Literal["mean", "max"] = "max",
        note: str | None = None,
    ) -> None: ...


@dataclass(kw_only=True)
class Section:
    """A section.

    Attributes:
        columns: by role.
    """

    columns: dict[str, str] = field(default_factory=dict)
    count: Count = 1


FIELDS = fields_of(Network)
DOCUMENT = Document({}, {("model",): "digits.yaml, line 2", ("model", "depth"): "digits.yaml, line 4"})


def refusal(values: dict[str, Any], fields: dict[str, Field] = FIELDS, document: Document = DOCUMENT) -> str:
    with pytest.raises(ConfigError) as caught:
        check(fields, values, document, ("model",))
    return str(caught.value)


def converted(kind: Any, value: Any) -> Any:
    return convert(Field("key", kind, None, ""), value, Document(), ("key",))


def test_the_keyword_only_arguments_of_a_class_are_its_settings() -> None:
    assert list(FIELDS) == ["depth", "rate", "kind", "note"]
    assert FIELDS["depth"] == Field(
        "depth", Count, inspect.Parameter.empty, "how many layers, counted without the first."
    )
    assert FIELDS["rate"] == Field("rate", Rate, 0.1, "dropout: the share of units.")
    assert FIELDS["kind"].description == ""
    assert [name for name, each in FIELDS.items() if each.required] == ["depth"]


def test_the_keyword_only_arguments_of_a_function_are_its_settings() -> None:
    def schedule(steps: int, *, warmup: Rate = 0.0) -> None:
        """A schedule.

        Args:
            warmup: the share of steps before the peak.
        """

    assert fields_of(schedule) == {"warmup": Field("warmup", Rate, 0.0, "the share of steps before the peak.")}


def test_a_default_that_is_made_is_made_anew_each_time() -> None:
    first, second = fields_of(Section)["columns"].default, fields_of(Section)["columns"].default
    assert first == {}
    assert first is not second
    assert fields_of(Section)["columns"].description == "by role."


def test_a_docstring_without_arguments_has_no_meanings() -> None:
    assert argument_docs("") == {}
    assert argument_docs("One line.\n\nReturns:\n    x: y\n") == {}


def test_defaults_are_filled_in() -> None:
    assert check(FIELDS, {"depth": 3, "kind": "mean"}, DOCUMENT) == {
        "depth": 3,
        "rate": 0.1,
        "kind": "mean",
        "note": None,
    }


def test_a_misspelt_key_is_answered_with_place_key_nearest_and_known() -> None:
    message = refusal({"dept": 3})
    for part in ("digits.yaml, line 2", "'model.dept'", "Did you mean depth?", "depth, rate, kind, note"):
        assert part in message


def test_a_key_like_no_other_is_answered_with_the_known_ones_alone() -> None:
    message = refusal({"zzz": 3})
    assert "Did you mean" not in message
    assert "'model.zzz'. Known here: depth, rate, kind, note." in message


@pytest.mark.parametrize(("given", "here"), SYNONYMS.items())
def test_a_key_of_another_tool_is_answered_with_ours(given: str, here: str) -> None:
    message = refusal({given: 3}, {name: Field(name, int, 1, "") for name in ("zzzzzz", here)})
    assert f"'model.{given}'. Did you mean {here}? Known here: zzzzzz, {here}." in message


@pytest.mark.parametrize(
    ("key", "value", "shown", "admitted"),
    [
        ("depth", 0, "0", "a whole number of at least 1"),
        ("depth", 2.5, "2.5", "a whole number of at least 1"),
        ("depth", "3", "the text '3'", "a whole number of at least 1"),
        ("depth", True, "true", "a whole number of at least 1"),
        ("depth", None, "null", "a whole number of at least 1"),
        ("depth", [1, 2], "the list [1, 2]", "a whole number of at least 1"),
        ("depth", {"a": 1}, "a section", "a whole number of at least 1"),
    ],
)
def test_a_wrong_value_is_answered_with_place_key_value_and_allowed(
    key: str, value: Any, shown: str, admitted: str
) -> None:
    assert refusal({key: value}) == f"digits.yaml, line 4: model.{key} is {shown}; allowed: {admitted}."


@pytest.mark.parametrize(
    ("key", "value", "shown", "admitted"),
    [
        ("rate", 1, "1", "a number of at least 0 and below 1"),
        ("rate", -0.1, "-0.1", "a number of at least 0 and below 1"),
        ("rate", math.nan, "nan", "a number of at least 0 and below 1"),
        ("kind", "maxx", "the text 'maxx'", "mean, max"),
        ("note", 5, "5", "text or null"),
    ],
)
def test_a_wrong_value_without_a_line_names_the_section_around(key: str, value: Any, shown: str, admitted: str) -> None:
    message = refusal({"depth": 1, key: value})
    assert message == f"digits.yaml, line 2: model.{key} is {shown}; allowed: {admitted}."


def test_a_missing_key_is_named_with_its_place_and_what_is_allowed() -> None:
    assert (
        refusal({})
        == "digits.yaml, line 2: the setting 'model.depth' is missing: a whole number of at least 1 is needed."
    )


def test_a_missing_key_is_shown_by_its_example_where_it_has_one() -> None:
    fields = {"sizes": Field("sizes", Doubled, inspect.Parameter.empty, "")}
    assert fields["sizes"].example == [1, "é"]
    message = refusal({}, fields)
    assert message.endswith('is missing: a list of numbers is needed. For example sizes: [1, "é"]')


def test_a_value_with_a_structure_of_its_own_is_read_by_it_with_its_place() -> None:
    fields = {"sizes": Field("sizes", Doubled, [5], "")}
    assert check(fields, {"sizes": [1, 2]}, Document()) == {"sizes": [2, 4]}
    assert check(fields, {}, Document()) == {"sizes": [5]}
    assert "model.sizes is 3; allowed: a list of numbers." in refusal({"sizes": 3}, fields)
    document = Document({}, {("model", "sizes"): "digits.yaml, line 9"})
    assert refusal({"sizes": [0]}, fields, document) == "digits.yaml, line 9: 0 at model.sizes"


def test_a_wrong_value_within_a_section_of_values_names_its_own_key() -> None:
    document = Document({}, {("model", "columns", "image"): "digits.yaml, line 7"})
    message = refusal({"columns": {"label": "y", "image": 3}}, fields_of(Section), document)
    assert message == "digits.yaml, line 7: model.columns.image is 3; allowed: text."


def test_a_value_in_place_of_a_section_of_values_is_refused() -> None:
    assert "model.columns is the text 'x'; allowed: a section, each value text." in refusal(
        {"columns": "x"}, fields_of(Section)
    )


def test_values_become_what_their_type_says() -> None:
    assert converted(float, 3) == 3.0
    assert type(converted(float, 3)) is float
    assert converted(tuple[float, float], [1, 2]) == (1.0, 2.0)
    assert converted(list[int], [1, 2]) == [1, 2]
    assert converted(Literal["auto"] | Count, "auto") == "auto"
    assert converted(Literal["auto"] | Count, 10**30) == 10**30
    assert converted(dict[str, str], {"a": "b"}) == {"a": "b"}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (int, "a whole number"),
        (bool, "true or false"),
        (Annotated[float, Meta(gt=0)], "a number above 0"),
        (Annotated[int, Meta(ge=2, le=9)], "a whole number of at least 2 and of at most 9"),
        (Annotated[float, Meta(gt=0, lt=1)] | None, "a number above 0 and below 1 or null"),
        (Literal["auto"] | Count, "auto or a whole number of at least 1"),
        (list[Count], "a list, each a whole number of at least 1"),
        (tuple[int, ...], "a list, each a whole number"),
        (tuple[Rate, Rate], "a list of 2, each a number of at least 0 and below 1"),
        (Annotated[list[Count], Meta(min_length=2, max_length=2)], "a list of 2, each a whole number of at least 1"),
        (dict[str, int], "a section, each value a whole number"),
        (Section, "a section"),
        (Any, "any value"),
        (Doubled, "a list of numbers"),
    ],
)
def test_a_type_in_words(kind: Any, words: str) -> None:
    assert allowed(kind) == words

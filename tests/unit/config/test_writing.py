from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta
from rich.cells import cell_len

from deepwright import messages
from deepwright.config import yaml_core
from deepwright.config.documents import Document, read_document
from deepwright.config.fields import Field, fields_of
from deepwright.config.settings import (
    DataSettings,
    Member,
    Settings,
    SplitSettings,
    TrainingSettings,
    plain,
    settings_from,
)
from deepwright.config.writing import COMMENT_WIDTH, commented, json_schema
from deepwright.config.yaml_core import KeyPath


def mlp(
    *,
    depth: Annotated[int, Meta(ge=1)],
    rate: Annotated[float, Meta(ge=0, lt=1)] = 0.1,
    sizes: list[int] | None = None,
    kind: Literal["mean", "max"] = "max",
) -> None:
    """A network.

    Args:
        depth: how many layers.
        rate: dropout.
    """


def sgd(*, momentum: Annotated[float, Meta(ge=0)] = 0.9) -> None:
    """An optimizer.

    Args:
        momentum: of the step before.
    """


MLP, SGD = fields_of(mlp), fields_of(sgd)
OWN: Mapping[KeyPath, Mapping[str, Field]] = {("model",): MLP, ("training", "optimizer"): SGD}
FULL = Settings(
    task="yes",
    data=DataSettings(
        source="数据 # 1", columns={"图": "1e-3", "label": "no", "": " "}, split=SplitSettings(test=1e-3)
    ),
    model=Member("mlp", {"depth": 3, "rate": 1e-4, "sizes": [1, 2], "kind": "mean", "nested": {"a": [{"b": None}]}}),
    training=TrainingSettings(
        optimizer=Member("sgd", {"momentum": 0.0}),
        augmentations=(Member("flip"), Member("shift", {"share": 1e-3, "图": ["no", None]})),
        max_grad_norm=None,
        epochs=3,
    ),
    seed=7,
    name="第一次: 'x'\n\nline " + "word " * 60,
)


class Upper:
    """A catalogue whose translations one can see."""

    def gettext(self, text: str) -> str:
        return text.upper() if "{" not in text else text.replace("; allowed: ", "；允许：")


def read_back(folder: Path, text: str) -> Settings:
    path = folder / "digits.yaml"
    path.write_text(text, encoding="utf-8")
    return settings_from(read_document(path))


@pytest.mark.parametrize("settings", [Settings(), FULL])
@pytest.mark.parametrize("own", [{}, OWN])
def test_the_commented_file_is_read_back_as_it_was(
    tmp_path: Path, settings: Settings, own: Mapping[KeyPath, Mapping[str, Field]]
) -> None:
    assert read_back(tmp_path, commented(settings, own)) == settings


def test_every_key_is_written_in_order() -> None:
    def names(section: Any) -> list[tuple[str, Any]]:
        fields = dataclasses.fields(section)
        return [
            (f.name, names(value) if dataclasses.is_dataclass(value := getattr(section, f.name)) else None)
            for f in fields
        ]

    def keys(section: dict[str, Any], path: KeyPath = ()) -> list[tuple[str, Any]]:
        free = (*path,) == ("data", "columns")
        return [
            (k, keys(v, (*path, k)) if isinstance(v, dict) and v and not free else None) for k, v in section.items()
        ]

    def without_member_settings(tree: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        return [
            (
                name,
                None if inner is None else without_member_settings([each for each in inner if each[0] != "settings"]),
            )
            for name, inner in tree
        ]

    written, _lines = yaml_core.parse(commented(Settings(), {}), "")
    assert keys(written) == without_member_settings(names(Settings()))


def test_a_comment_stands_above_each_key() -> None:
    lines = commented(Settings(), {}).splitlines()
    for above, line in zip(["", *lines], lines, strict=False):
        if line and not line.lstrip().startswith("#"):
            indent = len(line) - len(line.lstrip())
            assert above.startswith(" " * indent + "# "), line


def test_a_comment_says_the_meaning_and_what_is_allowed() -> None:
    text = commented(FULL, OWN)
    assert "  # passes over the training split; allowed: auto or a whole number of at least 1\n  epochs: 3\n" in text
    assert "\n# how it is trained\ntraining:\n" in text
    assert "  # how many layers; allowed: a whole number of at least 1\n  depth: 3\n" in text
    assert "  # allowed: mean, max\n  kind: mean\n" in text
    assert "    # of the step before; allowed: a number of at least 0\n    momentum: 0.0\n" in text


def test_member_settings_that_are_left_out_stand_there_as_comments(tmp_path: Path) -> None:
    settings = Settings(model=Member("mlp", {"sizes": [1]}))
    text = commented(settings, OWN)
    assert "  # dropout; allowed: a number of at least 0 and below 1\n  # rate: 0.1\n" in text
    assert "  # how many layers; allowed: a whole number of at least 1\n  # depth: null\n" in text
    assert "  sizes:\n    - 1\n" in text
    assert read_back(tmp_path, text) == settings


@pytest.fixture
def translated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "_catalogue", Upper)


@pytest.mark.usefixtures("translated")
def test_meanings_are_translated() -> None:
    text = commented(FULL, OWN)
    assert "# PASSES OVER THE TRAINING SPLIT；允许：auto OR A WHOLE NUMBER of at least 1\n" in text
    assert "  # DROPOUT；允许：" in text
    assert "\n# HOW IT IS TRAINED\ntraining:\n" in text
    schema = json_schema({("model",): {"mlp": MLP}})
    assert schema["properties"]["training"]["description"] == "HOW IT IS TRAINED."


@pytest.mark.parametrize(
    "meaning", ["网络的深度，越深越慢（见论文）。" * 12, "word " * 60, "用 bfloat16 的层 " * 30, "长" * 200]
)
def test_comments_are_wrapped_at_the_width_of_their_characters(tmp_path: Path, meaning: str) -> None:
    own: Mapping[KeyPath, Mapping[str, Field]] = {
        ("training", "optimizer"): {"momentum": dataclasses.replace(SGD["momentum"], description=meaning)}
    }
    settings = Settings(training=TrainingSettings(optimizer=Member("sgd", {"momentum": 0.5})))
    text = commented(settings, own)
    block = text.partition("name: sgd\n")[2].partition("    momentum:")[0].splitlines()
    assert len(block) > 3
    assert all(cell_len(line) <= COMMENT_WIDTH for line in block)
    assert all(cell_len(line) > COMMENT_WIDTH - 10 for line in block[:-1])
    assert not any(line[6] in "，。；）" for line in block)
    assert "".join(meaning.rstrip("。").split()) in "".join("".join(line[6:].split()) for line in block)
    assert read_back(tmp_path, text) == settings


def test_a_word_is_not_torn() -> None:
    assert messages.wrap("网络 bfloat16，层 float32。", 12) == ["网络", "bfloat16，层", "float32。"]
    assert messages.wrap("a" * 30 + " b", 12) == ["a" * 30, "b"]
    assert messages.wrap("", 12) == []


def test_a_meaning_with_line_breaks_stays_within_its_comment(tmp_path: Path) -> None:
    own: Mapping[KeyPath, Mapping[str, Field]] = {
        ("model",): {"rate": Field("rate", float, 0.1, "one\nseed: 9\n\u2028seed: 8\r\nseed: 7")}
    }
    settings = Settings(model=Member("mlp", {"rate": 0.2}))
    assert read_back(tmp_path, commented(settings, own)) == settings


SCHEMA = json_schema(
    {("model",): {"majority": {}, "mlp": MLP}, ("training", "optimizer"): {"sgd": SGD}, ("training", "schedule"): {}}
)


def objects(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of the schema that describes an object, and where it stands."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield path, schema
        for key, part in schema.items():
            yield from objects(part, f"{path}/{key}")
    elif isinstance(schema, list):
        for i, part in enumerate(schema):
            yield from objects(part, f"{path}/{i}")


def test_the_schema_says_what_it_is_and_is_json() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["type"] == "object"
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_no_object_of_the_schema_admits_an_unknown_key() -> None:
    found = dict(objects(SCHEMA))
    assert len(found) > 8
    assert [path for path, schema in found.items() if schema["additionalProperties"] is not False] == []
    assert SCHEMA["properties"]["data"]["properties"]["columns"]["additionalProperties"] == {"type": "string"}


def test_the_schema_has_every_static_setting_with_its_meaning_and_default() -> None:
    def compare(schema: dict[str, Any], values: dict[str, Any]) -> None:
        assert list(schema["properties"]) == list(values)
        for name, value in values.items():
            part = schema["properties"][name]
            assert part["description"], name
            if "oneOf" in part:
                assert part["default"] == (value if name == "augmentations" else value["name"])
            elif "properties" in part:
                assert part["type"] == ["object", "null"]
                compare(part, value)
            else:
                assert part["default"] == value

    compare(SCHEMA, plain(Settings()))


def test_the_schema_has_bounds() -> None:
    training = SCHEMA["properties"]["training"]["properties"]
    assert training["epochs"]["anyOf"] == [{"enum": ["auto"]}, {"type": "integer", "minimum": 1}]
    split = SCHEMA["properties"]["data"]["properties"]["split"]["properties"]
    assert (split["test"]["exclusiveMinimum"], split["test"]["exclusiveMaximum"]) == (0, 1)
    assert SCHEMA["properties"]["seed"]["maximum"] == 2**32 - 1


def test_a_member_is_a_name_or_a_section_of_its_own_settings() -> None:
    names, auto, majority, mlp_section = SCHEMA["properties"]["model"]["oneOf"]
    assert names == {"enum": ["auto", "majority"]}  # mlp alone would lack its depth
    assert [part["properties"]["name"] for part in (auto, majority, mlp_section)] == [
        {"const": "auto"},
        {"const": "majority"},
        {"const": "mlp"},
    ]
    assert mlp_section["required"] == ["name", "depth"]
    assert mlp_section["properties"]["depth"] == {"type": "integer", "minimum": 1, "description": "how many layers."}
    rate = {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "description": "dropout.", "default": 0.1}
    assert mlp_section["properties"]["rate"] == rate
    assert list(mlp_section["properties"]) == ["name", "depth", "rate", "sizes", "kind"]


def test_a_member_within_a_section_and_one_without_candidates() -> None:
    training = SCHEMA["properties"]["training"]["properties"]
    assert training["optimizer"]["oneOf"][0] == {"enum": ["auto", "sgd"]}
    assert training["optimizer"]["oneOf"][2]["properties"]["momentum"]["default"] == 0.9
    assert training["schedule"]["oneOf"][0] == {"enum": ["auto"]}
    assert len(training["schedule"]["oneOf"]) == 2


def test_what_the_reader_takes_is_what_the_schema_lists() -> None:
    for name in SCHEMA["properties"]:
        settings_from(Document({name: plain(Settings())[name]}))

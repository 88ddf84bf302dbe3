"""What users read about the settings: a complete commented file, and the JSON Schema for editors."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from deepwright.config import yaml_core
from deepwright.config.fields import Field, allowed, fields_of
from deepwright.config.settings import Member, Settings, holds_members, plain
from deepwright.config.yaml_core import KeyPath
from deepwright.messages import _, wrap

COMMENT_WIDTH = 100


def commented(settings: Settings, member_fields: Mapping[KeyPath, Mapping[str, Field]]) -> str:
    """A YAML file of all settings, with a comment above each key; reading it gives exactly these settings.

    Args:
        settings: what to write, in the order of ``Settings``.
        member_fields: the fields of the member at each path, such as ``("model",)``. Fields that its settings
            leave out are written as comments with their default.
    """
    return "".join(f"{line}\n" for line in _lines(settings, (), member_fields)).lstrip("\n")


def json_schema(member_fields_by_kind: Mapping[KeyPath, Mapping[str, Mapping[str, Field]]]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the whole configuration.

    Args:
        member_fields_by_kind: the fields of every member that may stand at each path, by name.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "deepwright",
        **_section_schema(Settings(), (), member_fields_by_kind),
        "type": "object",
    }


def _lines(section: Any, path: KeyPath, member_fields: Mapping[KeyPath, Mapping[str, Field]]) -> Iterator[str]:
    indent = "  " * len(path)
    for field, value, given in _entries(section, member_fields.get(path, {})):
        if not path:
            yield ""
        yield from (f"{indent}# {line}" for line in wrap(_comment(field), COMMENT_WIDTH - len(indent) - 2))
        if dataclasses.is_dataclass(value):
            yield f"{indent}{field.name}:"
            yield from _lines(value, (*path, field.name), member_fields)
        else:
            value = field.example if field.required and not given else plain(value)
            text = yaml_core.dump({field.name: value}).rstrip("\n")
            yield textwrap.indent(text, indent if given else f"{indent}# ")


def _entries(section: Any, own: Mapping[str, Field]) -> Iterator[tuple[Field, Any, bool]]:
    """Each field of a section with its value, and whether the section gives it."""
    if not isinstance(section, Member):
        for name, field in fields_of(type(section)).items():
            yield field, getattr(section, name), True
        return
    yield Field("name", str, "auto", _("the registered name")), section.name, True
    for name, field in own.items():
        yield field, section.settings.get(name, field.default), name in section.settings
    for name in [name for name in section.settings if name not in own]:
        yield Field(name, Any, None, ""), section.settings[name], True


def _comment(field: Field) -> str:
    meaning = _(field.description).rstrip(".。")
    if dataclasses.is_dataclass(field.type) or field.type is Any:
        return meaning
    if not meaning:
        return _("allowed: {allowed}", allowed=allowed(field.type))
    return _("{meaning}; allowed: {allowed}", meaning=meaning, allowed=allowed(field.type))


def _section_schema(
    section: Any, path: KeyPath, members: Mapping[KeyPath, Mapping[str, Mapping[str, Field]]]
) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, field in fields_of(type(section)).items():
        default, here = getattr(section, name), (*path, name)
        if isinstance(default, Member):
            properties[name] = {**_member_schema(members.get(here, {})), "default": default.name}
        elif holds_members(field.type):
            properties[name] = {
                "oneOf": [{"const": "auto"}, {"type": "array", "items": _member_schema(members.get(here, {}))}],
                "default": plain(default),
            }
        elif dataclasses.is_dataclass(default):
            properties[name] = _section_schema(default, here, members)
        else:
            properties[name] = _value_schema(field)
        properties[name]["description"] = _(field.description)
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}


def _member_schema(members: Mapping[str, Mapping[str, Field]]) -> dict[str, Any]:
    """A name alone where nothing else is required, or a name with the settings of that member."""
    required = {name: [field.name for field in fields.values() if field.required] for name, fields in members.items()}
    sections = [
        {
            "type": "object",
            "properties": {"name": {"const": name}, **{key: _value_schema(field) for key, field in fields.items()}},
            "required": ["name", *required.get(name, [])],
            "additionalProperties": False,
        }
        for name, fields in {"auto": {}, **members}.items()
    ]
    return {"oneOf": [{"enum": ["auto", *(name for name in members if not required[name])]}, *sections]}


def _value_schema(field: Field) -> dict[str, Any]:
    default = {} if field.required else {"default": msgspec.to_builtins(field.default)}
    return {**msgspec.json.schema(field.type), "description": _(field.description), **default}

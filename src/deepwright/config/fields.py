"""A typed signature is a schema: keyword-only arguments, their types, bounds, defaults and meanings.

    def __init__(self, inputs: ImageSpec, outputs: ClassSpec, *, dense_dim: Annotated[int, Meta(ge=1)] = 64)

declares one setting, ``dense_dim``, a whole number of at least 1. Its meaning is read from the ``Args`` (or
``Attributes``) section of the docstring. The same rule serves the static sections and every registered member.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from deepwright.config.documents import Document
from deepwright.config.yaml_core import KeyPath
from deepwright.errors import ConfigError, nearest
from deepwright.messages import _, listing

#: What people write in other tools, and what the key is called here.
SYNONYMS = {
    "lr": "learning_rate",
    "max_epochs": "epochs",
    "num_epochs": "epochs",
    "random_seed": "seed",
    "trainer": "training",
    "bs": "batch_size",
}


@dataclass(frozen=True)
class Field:
    """One setting: its name, type, default (``inspect.Parameter.empty`` where it must be given) and meaning."""

    name: str
    type: Any
    default: Any
    description: str

    @property
    def required(self) -> bool:
        """Whether the setting must be given."""
        return self.default is inspect.Parameter.empty

    @property
    def examples(self) -> tuple[Any, ...]:
        """What its type declares with ``Meta(examples=…)``, one for each kind of data that it is for."""
        metas = [extra for extra in getattr(self.type, "__metadata__", ()) if isinstance(extra, msgspec.Meta)]
        return tuple(example for meta in metas for example in meta.examples or ())

    @property
    def example(self) -> Any:
        """The first of its examples; None if it has none."""
        return next(iter(self.examples), None)


@dataclass(frozen=True)
class Structured:
    """Within ``Annotated``: a value with a structure of its own, such as a list of layers.

    Attributes:
        read: from the value as given, its document and its path to the value with everything checked and filled in.
        allowed: what is admitted, in words.
    """

    read: Callable[[Any, Document, KeyPath], Any]
    allowed: Callable[[], str]


def fields_of(target: Callable[..., Any]) -> dict[str, Field]:
    """The settings of a class or function: its keyword-only arguments, in order."""
    annotated = target.__init__ if isinstance(target, type) else target  # type: ignore[misc]  # never called
    hints = get_type_hints(annotated, include_extras=True)
    meanings = argument_docs(inspect.getdoc(target) or "")
    made = {f.name: f.default_factory for f in dataclasses.fields(target)} if dataclasses.is_dataclass(target) else {}
    defaults = {name: factory() for name, factory in made.items() if factory is not dataclasses.MISSING}
    return {
        name: Field(name, hints[name], defaults.get(name, parameter.default), meanings.get(name, ""))
        for name, parameter in inspect.signature(target).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def argument_docs(docstring: str) -> dict[str, str]:
    """The meanings in a docstring's ``Args`` or ``Attributes`` section, each on one line."""
    section = re.search(r"^(?:Args|Attributes):\n((?:[ \t]+.*\n?|\n)+)", docstring, re.MULTILINE)
    meanings: dict[str, str] = {}
    name = None
    for line in section.group(1).splitlines() if section else ():
        if entry := re.match(r"^    (\w+): *(.*)", line):
            name, text = entry.groups()
            meanings[name] = text.strip()
        elif name and line.startswith("        "):
            meanings[name] = f"{meanings[name]} {line.strip()}"
    return meanings


def check(
    fields: Mapping[str, Field], values: Mapping[str, Any], document: Document, path: KeyPath = ()
) -> dict[str, Any]:
    """Check the values of one section against its fields and fill in the defaults.

    Raises:
        ConfigError: a key is unknown or missing, or a value is of the wrong type or out of range.
    """
    for key in values:
        if key not in fields:
            raise _unknown_key(key, fields, document, path)
    result: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in values and field.required:
            raise _missing(field, document, (*path, name))
        result[name] = convert(field, values[name], document, (*path, name)) if name in values else field.default
    return result


def convert(field: Field, value: Any, document: Document, path: KeyPath) -> Any:
    """One value as the type its field declares."""
    if get_origin(field.type) is dict and isinstance(value, dict):
        inner = dataclasses.replace(field, type=get_args(field.type)[1])
        return {key: convert(inner, item, document, (*path, key)) for key, item in value.items()}
    try:
        if isinstance(value, float) and not math.isfinite(value):
            raise msgspec.ValidationError
        converted = msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        raise ConfigError(
            _(
                "{where}: {key} is {value}; allowed: {allowed}.",
                where=document.where(path),
                key=".".join(path),
                value=shown(value),
                allowed=allowed(field.type),
            )
        ) from None
    structure = _structure(field.type)
    return structure.read(converted, document, path) if structure else converted


def allowed(kind: Any) -> str:
    """What a type admits, in words."""
    if get_origin(kind) is Annotated:
        if structure := _structure(kind):
            return structure.allowed()
        inner, *extras = get_args(kind)
        bounds = next((extra for extra in extras if isinstance(extra, msgspec.Meta)), msgspec.Meta())
        if bounds.min_length is not None and bounds.min_length == bounds.max_length:
            return _("a list of {n}, each {items}", n=bounds.min_length, items=allowed(get_args(inner)[0]))
        within = _bounds(bounds)
        return _("{kind} {bounds}", kind=allowed(inner), bounds=within) if within else allowed(inner)
    if get_origin(kind) is Literal:
        return listing(get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return _(" or ").join(allowed(part) for part in get_args(kind))
    if get_origin(kind) in (list, tuple):
        items, *others = get_args(kind)
        if get_origin(kind) is tuple and others != [...]:
            return _("a list of {n}, each {items}", n=len(others) + 1, items=allowed(items))
        return _("a list, each {items}", items=allowed(items))
    if get_origin(kind) is dict:
        return _("a section, each value {items}", items=allowed(get_args(kind)[1]))
    words = {
        int: _("a whole number"),
        float: _("a number"),
        bool: _("true or false"),
        str: _("text"),
        NoneType: _("null"),
        Any: _("any value"),
    }
    return words.get(kind, _("a section"))


def _structure(kind: Any) -> Structured | None:
    return next((extra for extra in getattr(kind, "__metadata__", ()) if isinstance(extra, Structured)), None)


def _bounds(meta: msgspec.Meta) -> str:
    parts = []
    if meta.ge is not None:
        parts.append(_("of at least {bound}", bound=meta.ge))
    if meta.gt is not None:
        parts.append(_("above {bound}", bound=meta.gt))
    if meta.le is not None:
        parts.append(_("of at most {bound}", bound=meta.le))
    if meta.lt is not None:
        parts.append(_("below {bound}", bound=meta.lt))
    return _(" and ").join(parts)


def _unknown_key(key: str, fields: Mapping[str, Field], document: Document, path: KeyPath) -> ConfigError:
    synonym = SYNONYMS.get(key)
    near = [synonym] if synonym in fields else nearest(key, fields)
    hint = _("Did you mean {names}?", names=listing(near)) if near else ""
    return ConfigError(
        _(
            "{where}: there is no setting {key!r}. {hint} Known here: {known}.",
            where=document.where((*path, key)),
            key=".".join((*path, key)),
            hint=hint,
            known=listing(fields),
        ).replace("  ", " ")
    )


def _missing(field: Field, document: Document, path: KeyPath) -> ConfigError:
    key = ".".join(path)
    message = _(
        "{where}: the setting {key!r} is missing: {allowed} is needed.",
        where=document.where(path[:-1]),
        key=key,
        allowed=allowed(field.type),
    )
    if field.example is None:
        return ConfigError(message)
    example = _("For example {key}: {example}", key=path[-1], example=json.dumps(field.example, ensure_ascii=False))
    return ConfigError(f"{message} {example}")


def shown(value: Any) -> str:
    """A value that was given, as a sentence calls it."""
    match value:
        case None:
            return _("null")
        case bool():
            return str(value).lower()
        case str():
            return _("the text {value!r}", value=value)
        case dict():
            return _("a section")
        case list():
            return _("the list {value}", value=value)
        case _number:
            return repr(value)

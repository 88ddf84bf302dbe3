"""A list of layers: read from the settings, then built for the shape that arrives.

A layer is a name (``relu``), a name with its first setting (``dense: 64``), or a name with several
(``conv2d: {filters: 32, kernel: 3}``).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, get_type_hints

import msgspec
from torch import nn

import deepwright.layers
from deepwright.config.documents import Document
from deepwright.config.fields import Field, check, fields_of, shown
from deepwright.config.yaml_core import KeyPath
from deepwright.errors import ConfigError, nearest
from deepwright.layers import activations
from deepwright.layers.layer import Layer, Shape, Tokens, written
from deepwright.messages import _, listing

#: What other tools call a layer.
_SYNONYMS = {
    **{"linear": "dense", "fully_connected": "dense", "fc": "dense", "swish": "silu", "logistic": "sigmoid"},
    **{"embed": "embedding", "simple_rnn": "rnn", "transformer": "transformer_block"},
    **{"multi_head_attention": "attention", "self_attention": "attention"},
}
#: What belongs to the task when it comes last.
_PROBABILITIES = ("softmax", "sigmoid", "hard_sigmoid")
#: In place of a number: as many as the task has outputs.
_OUTPUTS = "outputs"


@cache
def builders() -> Mapping[str, Callable[..., Layer]]:
    """Every layer by name, sorted: the public functions of the families that make a ``Layer`` of a shape."""
    found: dict[str, Callable[..., Layer]] = {}
    for info in pkgutil.iter_modules(deepwright.layers.__path__):
        module = importlib.import_module(f"deepwright.layers.{info.name}")
        for name, builder in inspect.getmembers(module, inspect.isfunction):
            own = builder.__module__ == module.__name__ and not name.startswith("_")
            hints = get_type_hints(builder) if own else {}
            if hints.get("return") is Layer and next(iter(hints)) == "shape":
                found[name] = builder
    return dict(sorted(found.items()))


@cache
def fields_of_layer(name: str) -> Mapping[str, Field]:
    """The settings of a layer, of which the first may be given alone."""
    return fields_of(builders()[name])


def takes_tokens(name: str) -> bool:
    """Whether a layer takes tokens, as the annotation of its shape declares, and not numbers."""
    return get_type_hints(builders()[name])["shape"] is Tokens


def build_layer(name: str, shape: Shape, settings: Mapping[str, Any]) -> Layer:
    """One layer for the shape that arrives.

    Raises:
        ConfigError: it does not suit that shape, or takes numbers where tokens arrive.
    """
    if isinstance(shape, Tokens) and not takes_tokens(name):
        raise ConfigError(
            _(
                "its input is tokens [{steps}], whole numbers that stand for parts of a text; {layer} needs numbers. "
                "Put embedding before it.",
                steps=written(shape),
                layer=name,
            )
        )
    return builders()[name](shape, **settings)


def read_layers(layers: Sequence[Any], document: Document, path: KeyPath) -> list[Any]:
    """Layers as given to layers with every setting, as plain data; reading those again changes nothing.

    Raises:
        ConfigError: a layer is not one name, is not known, or has a setting that is wrong.
    """
    return [_read(layer, document, (*path, str(i)), i + 1) for i, layer in enumerate(layers)]


def build_layers(layers: Sequence[Any], shape: Shape, yielded: Shape) -> dict[str, nn.Module]:
    """The modules of a list of layers, in order, by name and number within their kind.

    A dense layer to the outputs follows where the last one is an activation, or yields another shape.

    Args:
        layers: as ``read_layers`` gives them.
        shape: that arrives at the first.
        yielded: by the last, [outputs] or [T, outputs]; the number of outputs takes the place of the word ``outputs``.

    Raises:
        ConfigError: a layer does not suit the shape that arrives at it, or makes probabilities at the end, or the last
            yields one answer where each step needs one, or the other way round.
    """
    num_outputs = yielded[-1]
    modules: dict[str, nn.Module] = {}
    name = ""
    for position, layer in enumerate(layers, start=1):
        name, settings = (layer, {}) if isinstance(layer, str) else next(iter(layer.items()))
        given = {key: num_outputs if value == _OUTPUTS else value for key, value in settings.items()}
        called = _("layer {position} ({name})", position=position, name=name)
        shape = _append(modules, name, given, shape, called)
    _same_steps(shape, yielded)
    if shape == yielded and name in _PROBABILITIES:
        raise _sequential(
            _("layer {position} ({name})", position=len(layers), name=name),
            _("it is the last, but the task makes probabilities of the outputs itself. Leave it out."),
        )
    if shape != yielded or builders()[name].__module__ == activations.__name__:
        _append(modules, "dense", {"units": num_outputs}, shape, _("the dense layer to the outputs, added at the end"))
    return modules


def _same_steps(shape: Shape, yielded: Shape) -> None:
    """Refuse sequences where one answer is needed, and one answer where each step needs its own."""
    if len(shape) == 2 and len(yielded) == 1:
        raise _sequential(
            _("the last layer"),
            _(
                "it yields sequences of the shape {shape}, but one answer is needed for each example. End the list "
                "with global_avg_pool, global_max_pool or a recurrent layer with return_sequences: false.",
                shape=written(shape),
            ),
        )
    if len(shape) != 2 and len(yielded) == 2:
        raise _sequential(
            _("the last layer"),
            _(
                "it yields one answer of the shape {shape} for a whole text, but the next token is to be learnt at "
                "every step. Take return_sequences: true in recurrent layers, and no pooling.",
                shape=written(shape),
            ),
        )


def layers_schema() -> dict[str, Any]:
    """The JSON Schema of one item of a list of layers."""
    alone = [name for name in builders() if not any(field.required for field in fields_of_layer(name).values())]
    return {
        "items": {
            "anyOf": [
                {"enum": alone},
                {
                    "type": "object",
                    "properties": {name: _schema(name) for name in builders()},
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": False,
                },
            ]
        }
    }


def _read(layer: Any, document: Document, path: KeyPath, position: int) -> Any:
    where = document.where(path)
    if isinstance(layer, str):
        layer = {layer: None}
    if not isinstance(layer, Mapping) or len(layer) != 1:
        raise ConfigError(
            _(
                "{where}: layer {position} is {given}; a layer is one name, alone or with its settings, such as relu, "
                "dense: 64 or conv2d: {{filters: 32, kernel: 3}}.",
                where=where,
                position=position,
                given=_("the keys {keys}", keys=listing(layer)) if isinstance(layer, Mapping) else shown(layer),
            )
        )
    name, settings = next(iter(layer.items()))
    if name not in builders():
        raise _unknown(name, where, position)
    fields = fields_of_layer(name)
    if not fields:
        if settings:
            raise ConfigError(
                _(
                    "{where}: layer {position} ({name}) has no settings, but is given {given}.",
                    where=where,
                    position=position,
                    name=name,
                    given=shown(settings),
                )
            )
        return name
    if not isinstance(settings, Mapping):
        settings = {} if settings is None else {next(iter(fields)): settings}
    return {name: check(fields, settings, document, (*path, name))}


def _append(modules: dict[str, nn.Module], name: str, settings: Mapping[str, Any], shape: Shape, called: str) -> Shape:
    """Build a layer and return the shape that it yields."""
    try:
        built = build_layer(name, shape, settings)
    except ConfigError as error:
        raise _sequential(called, str(error)) from None
    count = 1 + sum(known.rpartition("_")[0] == name for known in modules)
    modules[f"{name}_{count}"] = built.module
    return built.shape


def _sequential(layer: str, problem: str) -> ConfigError:
    return ConfigError(_("sequential, {layer}: {problem}", layer=layer, problem=problem))


def _unknown(name: str, where: str, position: int) -> ConfigError:
    near = [_SYNONYMS[name]] if name in _SYNONYMS else nearest(name, builders())
    hint = _("Did you mean {names}?", names=listing(near)) if near else ""
    return ConfigError(
        _(
            "{where}: layer {position} is {name!r}, which is not known. {hint} Known: {known}.",
            where=where,
            position=position,
            name=name,
            hint=hint,
            known=listing(builders()),
        ).replace("  ", " ")
    )


def _schema(name: str) -> dict[str, Any]:
    fields = fields_of_layer(name)
    properties = {key: msgspec.json.schema(field.type) for key, field in fields.items()}
    required = [key for key, field in fields.items() if field.required]
    section = {
        "type": ["object", "null"],
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return {"anyOf": [section, *list(properties.values())[:1]]} if fields else {"type": "null"}

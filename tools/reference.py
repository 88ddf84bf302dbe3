"""Print the reference: commands, settings and every registered member, as a Markdown page.

    python tools/reference.py > docs/reference.md

Everything in it is read from the source, in English: titles and meanings from docstrings, types and bounds from
signatures, arguments from the commands. A test compares the file with fresh output.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
from argparse import SUPPRESS, Action
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from deepwright import registry
from deepwright.cli._parser import Parser
from deepwright.config.fields import Field, allowed, fields_of
from deepwright.config.settings import Member, Settings
from deepwright.layers.sequence import builders, fields_of_layer
from deepwright.messages import choose_language

HEADER = """\
# Reference

Made by `python tools/reference.py > docs/reference.md` from the source; edit that instead.

Every setting below can be given in a configuration file (`deepwright init-config` writes a complete one) or with
`--set`, such as `--set training.epochs=3`. A member's own settings stand beside its name: in a file
`model: {name: mlp, dropout: 0.1}`, or `--set model=mlp --set model.dropout=0.1`."""

KINDS = {
    "models": "Models",
    "optimizers": "Optimizers",
    "schedules": "Learning-rate schedules",
    "tasks": "Tasks",
    "metrics": "Metrics",
    "datasets": "Embedded data sets",
    "readers": "Readers",
    "encoders": "Encoders",
}

LAYERS = """\
What `model.layers` of `sequential` may hold, in their order: a name, a name with its first setting (`dense: 64`), or a
name with several (`conv2d: {filters: 32, kernel: 3}`)."""

#: The member kinds that are configured under a key of the settings.
SECTIONS = {"models": "model", "optimizers": "training.optimizer", "schedules": "training.schedule"}


def page() -> str:
    """The whole page."""
    choose_language("en")
    lines = [HEADER, "", "## Commands", "", "Each takes `--language en|zh` and `--help`."]
    for entry in _own("commands"):
        lines += ["", f"### `deepwright {entry.name.replace('_', '-')}`", "", *_about(entry)]
        lines += _table(("argument", "meaning"), _arguments(entry))
    lines += ["", "## Settings"]
    lines += _table(("setting", "allowed", "default", "meaning"), _settings(Settings(), ()))
    for kind in registry.KINDS:
        if kind != "commands":
            lines += ["", f"## {KINDS.get(kind, kind.capitalize())}"]
            for entry in _own(kind):
                lines += ["", f"### `{entry.name}`", "", *_about(entry)]
                lines += _table(("setting", "allowed", "default", "meaning"), _own_settings(entry))
    lines += ["", "## Layers", "", LAYERS]
    for name, builder in builders().items():
        formula = (inspect.getdoc(builder) or "").partition("\n\nArgs:")[0]
        lines += ["", f"### Layer `{name}`", "", formula]
        lines += _table(
            ("setting", "allowed", "default", "meaning"), (_row(key, f) for key, f in fields_of_layer(name).items())
        )
    return "\n".join(lines) + "\n"


def _own(kind: str) -> list[registry.Entry]:
    """The members that deepwright itself has, whatever else is installed."""
    return [entry for entry in registry.entries(kind).values() if entry.module.startswith("deepwright.")]


def _about(entry: registry.Entry) -> list[str]:
    """What the docstring of the module says, a title and paragraphs; a formula stays as it is set."""
    title, _newline, rest = entry.docstring.strip().partition("\n")
    return [title, *(["", rest.strip()] if rest.strip() else [])]


def _arguments(entry: registry.Entry) -> Iterator[tuple[str, ...]]:
    parser = Parser("deepwright", entry.title)
    registry.load("commands", entry.name)().arguments(parser)
    for action in parser._actions:
        if action.dest not in ("help", "language") and action.help != SUPPRESS:
            yield f"`{_called(action)}`", action.help or ""


def _called(action: Action) -> str:
    value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.option_strings:
        return f"{action.option_strings[-1]}{'' if action.nargs == 0 else f' {value}'}"
    return {"?": f"[{value}]", "+": f"{value} …"}.get(str(action.nargs), value)


def _settings(section: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in fields_of(type(section)).items():
        default, key = getattr(section, name), ".".join((*path, name))
        if isinstance(default, Member):
            yield (
                f"`{key}`",
                "a name, or a section with `name` and its settings",
                f"`{default.name}`",
                field.description,
            )
        elif dataclasses.is_dataclass(default):
            yield from _settings(default, (*path, name))
        else:
            yield _row(key, field)


def _own_settings(entry: registry.Entry) -> Iterator[tuple[str, ...]]:
    fields: Mapping[str, Field] = fields_of(registry.load(entry.kind, entry.name))
    section = SECTIONS.get(entry.kind)
    for name, field in fields.items():
        yield _row(f"{section}.{name}" if section else name, field)


def _row(key: str, field: Field) -> tuple[str, ...]:
    default = "must be given" if field.required else f"`{_value(field.default)}`"
    return f"`{key}`", allowed(field.type), default, field.description


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    found = [[" ".join(cell.split()).replace("|", r"\|") for cell in row] for row in rows]
    if not found:
        return []
    return ["", *(f"| {' | '.join(row)} |" for row in [list(header), ["---"] * len(header), *found])]


if __name__ == "__main__":
    sys.stdout.write(page())

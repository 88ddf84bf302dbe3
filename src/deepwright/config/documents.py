"""Documents: configuration as given, from files and overrides, with the place each key came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepwright.config import yaml_core
from deepwright.config.yaml_core import KeyPath
from deepwright.errors import ConfigError
from deepwright.messages import _


@dataclass
class Document:
    """Nested settings as given, and where each of them was given.

    Attributes:
        values: sections within sections, not yet checked.
        origins: a sentence's beginning for each key path, such as ``digits.yaml, line 4``.
    """

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, str] = field(default_factory=dict)

    def where(self, path: KeyPath) -> str:
        """The place a key was given, or something within it, or the nearest section around it."""
        within = (origin for known, origin in self.origins.items() if known[: len(path)] == path)
        if path and (place := self.origins.get(path) or next(within, None)):
            return place
        return self.where(path[:-1]) if path else _("Settings")

    def set(self, key: str, value: Any, origin: str) -> None:
        """Give one setting by its dotted key; a member named in short (``model: mlp``) becomes a section."""
        path = tuple(key.split("."))
        if not all(path):
            raise ConfigError(
                _("{origin}: {key!r} is not the name of a setting, such as training.epochs.", origin=origin, key=key)
            )
        section = self.values
        for part in path[:-1]:
            inner = section.get(part)
            if isinstance(inner, str):
                inner = {"name": inner}
            section[part] = inner = dict(inner) if isinstance(inner, dict) else {}
            section = inner
        section[path[-1]] = value
        self.origins = {known: place for known, place in self.origins.items() if known[: len(path)] != path}
        self.origins[path] = origin


def read_document(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        ConfigError: it cannot be read, is not UTF-8, is not YAML, or is not a mapping of sections.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            _("{path} is not UTF-8 text: byte {position} cannot be read.", path=path, position=error.start)
        ) from None
    except OSError as error:
        raise ConfigError(_("{path} cannot be read: {problem}.", path=path, problem=error.strerror)) from None
    values, lines = yaml_core.parse(text, path.name)
    if not isinstance(values, dict):
        raise ConfigError(_("{path} has no settings; `deepwright init-config` writes a complete file.", path=path))
    return Document(values, {key: _("{file}, line {line}", file=path.name, line=line) for key, line in lines.items()})


def apply_overrides(document: Document, overrides: Iterable[str]) -> None:
    """Apply ``key=value`` texts as given with ``--set``."""
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(
                _("--set {text}: a key and a value are needed, such as --set training.epochs=3.", text=text)
            )
        document.set(key.strip(), yaml_core.parse_scalar(value.strip()), f"--set {text}")

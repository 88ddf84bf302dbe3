"""The report's page of augmented pictures, from ``augmented.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from deepwright import registry
from deepwright.messages import _

AUGMENTED = "augmented.json"


@dataclass(frozen=True)
class Augmented:
    """The same pictures after one augmentation.

    Attributes:
        name: what was done.
        title: what that is, in words.
        pictures: as data URIs.
    """

    name: str
    title: str
    pictures: list[str]


def augmented(files: Mapping[str, bytes]) -> list[Augmented]:
    """The pictures as they are, after each augmentation alone, and after all together; nothing where none was used."""
    record = json.loads(files[AUGMENTED]) if AUGMENTED in files else []
    return [Augmented(*_named(entry["name"]), entry["pictures"]) for entry in record]


def _named(name: str | None) -> tuple[str, str]:
    if name is None:
        return _("together"), _("All of them, one after the other, as the network sees them")
    if not name:
        return _("unchanged"), ""
    known = registry.entries("augmentations")
    return name, known[name].title if name in known else ""

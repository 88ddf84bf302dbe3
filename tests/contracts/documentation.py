"""What every member's documentation must hold."""

from __future__ import annotations

import re
from typing import Any

from deepwright import registry
from deepwright.config.fields import fields_of

YEAR = re.compile(r"\b(1[6-9]|20)\d\d\b")
LONGEST_TITLE = 110


def title_problems(kind: str, name: str) -> list[str]:
    """What is wrong with a member's title, which lists and help show."""
    docstring = registry.find(kind, name).docstring
    first, *rest = docstring.strip().split("\n")
    problems = []
    if not first.endswith("."):
        problems.append("the first line of the module's docstring is no sentence")
    if len(first) > LONGEST_TITLE:
        problems.append("the first line of the module's docstring is too long for a list")
    if rest and rest[0].strip():
        problems.append("the second line of the module's docstring is not empty")
    return problems


def source_problems(kind: str, name: str) -> list[str]:
    """Whether a member says where it comes from: the year of a publication stands for the whole reference."""
    return [] if YEAR.search(registry.find(kind, name).docstring) else ["the module's docstring names no publication"]


def settings_problems(member: Any) -> list[str]:
    """Settings without a meaning, without a type or without a default."""
    problems = [] if (member.__doc__ or "").strip() else ["no docstring"]
    for name, field in fields_of(member).items():
        if not field.description:
            problems.append(f"{name} has no meaning in Args")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            problems.append(f"{name} is not written like a setting")
    return problems

"""Names to members: one file, one member.

A member's name is its file's stem, its title is the first line of its module docstring, and its module's
``__all__`` names exactly one object. Names and titles are read from the files without importing them; only
the member that is asked for is imported. Other distributions add members through entry points in the group
``deepwright.<kind>``. Files whose name begins with an underscore are not members. A name with a colon, such as
``my_net.py:Net``, is code of the user's own, which has to be admitted to the process before (``deepwright.own_code``).
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeAlias

from deepwright.config.documents import Document
from deepwright.config.fields import check, fields_of
from deepwright.config.settings import Member
from deepwright.config.yaml_core import KeyPath
from deepwright.errors import DeepwrightError, UnknownNameError, UsageError
from deepwright.messages import _

#: Each kind of member and the package whose files are its members.
KINDS = {
    "commands": "cli",
    "readers": "data.readers",
    "datasets": "data.datasets",
    "encoders": "data.encoders",
    "tasks": "tasks",
    "models": "models",
    "optimizers": "optimizers",
    "schedules": "schedules",
    "metrics": "metrics",
    "augmentations": "data.augmentations",
    "exporters": "exporters",
}

#: From what follows the colon, and the settings that a run has recorded, to the member.
Loader: TypeAlias = Callable[[str, Mapping[str, Any]], Any]
#: Code of the user's own, by kind and by the name of its file.
_admitted: dict[tuple[str, str], Loader] = {}


@dataclass(frozen=True)
class Entry:
    """Where a member is, and what its docstring says; known without importing it."""

    kind: str
    name: str
    module: str
    docstring: str

    @property
    def title(self) -> str:
        """The first line of the docstring, in the language of the messages."""
        return _(self.docstring.strip().partition("\n")[0].rstrip("."))

    @property
    def area(self) -> str:
        """The folder within the kind, such as ``vision``; empty at the top and for members of other distributions."""
        package = f"deepwright.{KINDS[self.kind]}."
        return self.module.removeprefix(package).rpartition(".")[0] if self.module.startswith(package) else ""


def singular(kind: str) -> str:
    """What one member of a kind is called in a sentence."""
    return {
        "commands": _("command"),
        "readers": _("reader"),
        "datasets": _("data set"),
        "encoders": _("encoder"),
        "tasks": _("task"),
        "models": _("model"),
        "optimizers": _("optimizer"),
        "schedules": _("schedule"),
        "metrics": _("metric"),
        "augmentations": _("augmentation"),
        "exporters": _("exporter"),
    }[kind]


@cache
def entries(kind: str) -> Mapping[str, Entry]:
    """Every member of a kind by name, sorted; nothing is imported.

    Raises:
        DeepwrightError: two members share a name.
    """
    found: dict[str, Entry] = {}
    for entry in (*_own(kind), *_others(kind)):
        if entry.name in found:
            raise DeepwrightError(
                _(
                    "Two members of {kind} are named {name!r}: {first} and {second}. Uninstall or rename one.",
                    kind=kind,
                    name=entry.name,
                    first=found[entry.name].module,
                    second=entry.module,
                )
            )
        found[entry.name] = entry
    return dict(sorted(found.items()))


def admit(kind: str, file: str, loader: Loader) -> None:
    """Let members come from a file of the user's own, in this process, under the names ``file:…``."""
    _admitted[kind, file] = loader


def find(kind: str, name: str) -> Entry:
    """The entry of one member; hyphens and underscores are the same.

    Raises:
        UnknownNameError: nothing is registered under the name.
        UsageError: it is code of the user's own that was not admitted.
    """
    if ":" in name:
        return _own_code(kind, name)
    known = entries(kind)
    entry = known.get(name.replace("-", "_"))
    if entry is None:
        spelt = [other.replace("_", "-") for other in known] if kind == "commands" else known
        raise UnknownNameError(singular(kind), name, spelt)
    return entry


def load(kind: str, name: str, recorded: Mapping[str, Any] | None = None) -> Any:
    """Import the module of one member and return the member.

    Args:
        kind: a key of ``KINDS``.
        name: of the member.
        recorded: its settings in a run, which say the version of the user's own code; the latest is meant without.
    """
    entry = find(kind, name)
    if ":" in entry.name:
        return _admitted[kind, entry.module](entry.name.rpartition(":")[2], recorded or {})
    module = importlib.import_module(entry.module)
    exported: Sequence[str] = getattr(module, "__all__", ())
    if len(exported) != 1:
        raise DeepwrightError(
            _("{module} must export exactly one member, not {count}.", module=entry.module, count=len(exported))
        )
    return getattr(module, exported[0])


def configure(kind: str, member: Member, document: Document, path: KeyPath) -> Member:
    """Check a member's own settings against its signature and fill in its defaults.

    Raises:
        UnknownNameError: the member is not registered.
        ConfigError: one of its settings is unknown, of the wrong type or out of range.
    """
    name = find(kind, member.name).name
    return Member(name, check(fields_of(load(kind, name, member.settings)), member.settings, document, path))


def _own_code(kind: str, name: str) -> Entry:
    file = name.rpartition(":")[0]
    if (kind, file) not in _admitted:
        raise UsageError(_refusal(name, file))
    return Entry(kind, name, file, "")


def _refusal(name: str, file: str) -> str:
    if not file.endswith(".py"):
        return _(
            "{name} was given from Python, and has to be given again: load(path, allow_code=…), with the class or with "
            "a module of the same layers.",
            name=name,
        )
    return _(
        "{name} is code of your own, which is executed only if you allow it: --allow-code {file} "
        "(in Python: load(path, allow_code={file!r})).",
        name=name,
        file=file,
    )


def _own(kind: str) -> list[Entry]:
    package = KINDS[kind]
    folder = Path(__file__).parent.joinpath(*package.split("."))
    result = []
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        if not any(part.startswith("_") for part in parts):
            module = ".".join(("deepwright", package, *parts))
            result.append(Entry(kind, file.stem, module, _docstring(file)))
    return result


def _others(kind: str) -> list[Entry]:
    return [
        Entry(kind, point.name.replace("-", "_"), point.module, _docstring_of(point))
        for point in entry_points(group=f"deepwright.{kind}")
    ]


def _docstring_of(point: EntryPoint) -> str:
    relative = point.module.replace(".", "/")
    for candidate in (f"{relative}.py", f"{relative}/__init__.py"):
        if point.dist is not None and (file := Path(str(point.dist.locate_file(candidate)))).is_file():
            return _docstring(file)
    return importlib.import_module(point.module).__doc__ or ""


def _docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_bytes())) or ""

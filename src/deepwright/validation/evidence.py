"""Evidence: a run's files as they are, which of them are those that the manifest names, and what they say."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from deepwright.config.documents import Document
from deepwright.config.settings import Settings, settings_from
from deepwright.config.yaml_core import parse
from deepwright.contracts import Predictions
from deepwright.messages import _, listing, plural
from deepwright.predictor import Predictor
from deepwright.run_directory import CONFIG, FORMAT, MANIFEST, RunDirectory, manifest_bytes, sha256
from deepwright.validation.storage import PREDICTIONS, read_predictions

#: What stands behind a claim: it was computed again; so it was, but from figures that rest on their file's hash;
#: nothing but that hash; or data that is not at hand.
How: TypeAlias = Literal["recomputed", "recomputed from stated figures", "hash-only", "impossible without the data"]

ARCHITECTURE, HISTORY = "architecture.json", "history.jsonl"
_KEYS = ("format", "deepwright", "files")
_SCRATCH = ("checkpoints", ".lock", MANIFEST)
_LISTED = 10
_WIDTH = 200


@dataclass(frozen=True)
class Verdict:
    """What became of one claim.

    Attributes:
        claim: what is claimed: a measurement, or a file or a part of one.
        how: what stands behind it.
        problems: what differs, as translated sentences; empty if nothing does.
    """

    claim: str
    how: How
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """Claims that are checked together.

    Attributes:
        holds: what can be said if nothing differs, as a translated sentence.
        verdicts: one for each claim.
        notes: what else was noticed.
    """

    holds: str
    verdicts: Sequence[Verdict]
    notes: Sequence[str] = ()


class Evidence:
    """What a run's files say, each read when it is first needed; a damaged one raises whatever its reader raises.

    Args:
        files: contents by name.
        damaged: the names of those that are not what the manifest names.
        version: of deepwright, as the manifest states it.
    """

    def __init__(self, files: Mapping[str, bytes], damaged: Sequence[str], version: str) -> None:
        self.files, self.damaged, self.version = files, damaged, version

    @cached_property
    def document(self) -> Document:
        """The configuration, and where each key of it stands."""
        values, lines = parse(self.files[CONFIG].decode(), CONFIG)
        return Document(values, {key: _("{file}, line {line}", file=CONFIG, line=line) for key, line in lines.items()})

    @cached_property
    def settings(self) -> Settings:
        """The configuration, checked."""
        return settings_from(self.document)

    @cached_property
    def predictor(self) -> Predictor:
        """Encoders, network and calibration."""
        return Predictor.from_files(self.files)

    @cached_property
    def predictions(self) -> dict[tuple[str, str], Predictions]:
        """By model and split."""
        return read_predictions(self.files[PREDICTIONS])

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """One record for each logged step; empty for a model that is solved."""
        return [json.loads(line) for line in self.files[HISTORY].splitlines()]

    @cached_property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of every file, as it is."""
        return {name: sha256(content) for name, content in self.files.items()}

    def read(self, name: str) -> Any:
        """A JSON file."""
        return json.loads(self.files[name])


def gather(
    directory: RunDirectory, required: Sequence[str], examined: Sequence[str]
) -> tuple[Section, Evidence | None]:
    """Read a run and compare every file with the manifest.

    Args:
        directory: of a finished run.
        required: the files that the manifest must name.
        examined: files of whose contents verdicts of their own will speak; the others rest on their hashes.

    Returns:
        What was found, and the evidence; None if the manifest cannot be read.
    """
    try:
        raw = (directory.path / MANIFEST).read_bytes()
        record = json.loads(raw)
        stated, version = msgspec.convert((record["files"], record["deepwright"]), tuple[dict[str, str], str])
        problems = tuple(_ill_formed(record, raw))
    except Exception as error:  # whatever a damaged file makes a reader raise
        return Section("", [Verdict(MANIFEST, "recomputed", (unreadable(error),))]), None
    found = {name: _contents(directory.path, name) for name in stated}
    wrong = {name: _wrong(name, found[name], hashed) for name, hashed in stated.items()}
    wrong.update({name: _("{manifest} does not name it", manifest=MANIFEST) for name in required if name not in stated})
    verdicts = [
        Verdict(name, "hash-only", (problem,) if problem else ())
        for name, problem in wrong.items()
        if problem or name not in examined
    ]
    holds = plural(
        "{n} file has the hash that {manifest} states.",
        "{n} files have the hashes that {manifest} states.",
        len(stated),
        manifest=MANIFEST,
    )
    evidence = Evidence(
        {name: content for name, content in found.items() if content is not None},
        [name for name, problem in wrong.items() if problem],
        version,
    )
    return Section(holds, [Verdict(MANIFEST, "recomputed", problems), *verdicts], _unnamed(directory, stated)), evidence


def unreadable(error: Exception) -> str:
    """What a reader made of a damaged file, on one line."""
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return _("it cannot be read: {problem}", problem=text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…")


def _ill_formed(record: Mapping[str, Any], raw: bytes) -> Iterator[str]:
    if sorted(record) != sorted(_KEYS):
        yield _("its keys are {found}; known are {known}", found=listing(record), known=listing(_KEYS))
    if type(record["format"]) is not int or not 1 <= record["format"] <= FORMAT:
        yield _("its format is {found}; known are those up to {known}", found=record["format"], known=FORMAT)
    yield from _ambiguous(MANIFEST, raw)
    if raw != manifest_bytes(record):
        yield _("its bytes are not as deepwright writes them")


def _contents(folder: Path, name: str) -> bytes | None:
    """A file within the run; None if there is no such file."""
    try:
        file = (folder / name).resolve()
        return file.read_bytes() if file.is_relative_to(folder.resolve()) and file.is_file() else None
    except (OSError, RuntimeError, ValueError):  # links in a circle, names that no file system takes
        return None


def _wrong(name: str, content: bytes | None, stated: object) -> str:
    if content is None:
        return _("{file} names it, but there is no such file in the run, or it cannot be read", file=MANIFEST)
    if sha256(content) != stated:
        return _("it was changed: its hash is not the one in {file}", file=MANIFEST)
    return ", ".join(_ambiguous(name, content)) if name.endswith((".json", ".jsonl")) else ""


def _ambiguous(name: str, content: bytes) -> Iterator[str]:
    """A sentence for each key that stands twice in one object: of two values, readers may take either."""
    keys: Counter[str] = Counter()

    def look(pairs: list[tuple[str, object]]) -> None:
        keys.update(key for key, count in Counter(key for key, _value in pairs).items() if count > 1)

    for text in content.splitlines() if name.endswith(".jsonl") else [content]:
        with contextlib.suppress(ValueError, RecursionError):  # it is no JSON, of which its reader complains
            json.loads(text, object_pairs_hook=look)
    for key in keys:
        yield _("the key {key!r} stands twice in one of its objects", key=key)


def _unnamed(directory: RunDirectory, stated: Mapping[str, Any]) -> list[str]:
    files = [file.relative_to(directory.path) for file in sorted(directory.path.rglob("*")) if file.is_file()]
    names = [file.as_posix() for file in files if file.parts[0] not in _SCRATCH and file.as_posix() not in stated]
    if not names:
        return []
    shown = listing([*names[:_LISTED], *(["…"] if len(names) > _LISTED else [])])
    return [
        _("{manifest} does not name these, so they are no part of the run: {names}.", manifest=MANIFEST, names=shown)
    ]

"""Every error that deepwright raises on purpose, and the exit code of each.

    DeepwrightError                      exit code
    ├── UsageError                       2   something the user gave, or a place the user named, must change
    │   ├── ConfigError                  2   a setting: file, line, key, what is allowed
    │   ├── DataError                    2   the data: file, row, what was found
    │   ├── UnknownNameError             2   a name nobody registered, with the nearest ones
    │   ├── RunError                     2   a run directory that is not one, is newer, unfinished, changed or in use
    │   ├── StorageError                 2   a place that cannot be written: full, read-only, missing
    │   └── MissingExtraError            2   an optional dependency, with the command that installs it
    ├── DivergedError                    1   a loss, or what a trained network yields, is not a finite number
    └── InterruptedRun                 130   the user stopped training; the run can be resumed

A message says what happened, where, what was got, what is allowed and what to do next, in one or two
sentences that have already been translated (``deepwright.messages``).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from deepwright.messages import _, listing


class DeepwrightError(Exception):
    """An error with a message meant for the user; its ``exit_code`` is what the command line returns."""

    exit_code = 1


class UsageError(DeepwrightError):
    """Something that the user gave, or a place that the user named, has to change."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is unknown, of the wrong type, or out of range."""


class DataError(UsageError):
    """The data cannot be read as what it claims to be."""


class RunError(UsageError):
    """A run directory is not one, is newer than this version, unfinished, changed or in use."""


class StorageError(UsageError):
    """A file could not be written; nothing half-written was left behind."""


class MissingExtraError(UsageError):
    """A command needs an optional dependency."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(
            _(
                "{purpose} needs packages that are not installed. Install them with: {command}",
                purpose=purpose,
                command=f'pip install "deepwright[{extra}]"',
            )
        )


class UnknownNameError(UsageError):
    """A name is not registered; the message offers the nearest ones.

    Args:
        what: the kind of thing, already translated ("model").
        name: what was given.
        known: every name that would have been accepted.
    """

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        hint = _("Did you mean {names}?", names=listing(near)) if (near := nearest(name, names)) else ""
        super().__init__(
            _(
                "There is no {what} named {name!r}. {hint} Known: {names}.",
                what=what,
                name=name,
                hint=hint,
                names=listing(names) or _("none"),
            ).replace("  ", " ")
        )


class DivergedError(DeepwrightError):
    """A loss, or what a trained network yields, is not a finite number."""


class InterruptedRun(DeepwrightError):
    """The user asked training to stop; everything up to the last finished step is saved."""

    exit_code = 130


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory does not suffice; PyTorch says so in a RuntimeError's text."""
    said = str(error).casefold()
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and any(words in said for words in ("can't allocate memory", "not enough memory", "out of memory"))
    )


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The registered names most like a misspelt one, best first; empty if none is close."""
    by_folded = {candidate.casefold().replace("-", "_"): candidate for candidate in known}
    matches = difflib.get_close_matches(name.casefold().replace("-", "_"), by_folded, n=3, cutoff=0.6)
    return [by_folded[match] for match in matches]

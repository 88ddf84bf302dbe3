"""How texts are read where the settings leave it open: as the model was made for, else as the task prefers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from deepwright import registry
from deepwright.config.settings import Member, Settings
from deepwright.errors import ConfigError
from deepwright.messages import _

#: What ``auto`` stands for in the data's settings, by the tokens of a text; the first is taken where all are open.
Reading: TypeAlias = Mapping[str, Mapping[str, Any]]
#: The data's settings that say how texts are read.
READ = ("tokenizer", "vocab_size", "max_seq_len")
#: Those of texts that are to be written for others.
OF_TARGETS = ("target_tokenizer", "shared_vocabulary")
#: Of texts that are answered.
ANSWERED: Reading = {
    "word": {"vocab_size": 30_000, "max_seq_len": 256},
    "character": {"vocab_size": 10_000, "max_seq_len": 2_048},
    "byte": {"vocab_size": 258, "max_seq_len": 2_048},
    "bpe": {"vocab_size": 8_192, "max_seq_len": 512},
}


def with_tokens(settings: Settings, reading: Callable[[], Reading]) -> Settings:
    """Replace every ``auto`` of how texts are read by what the model was made for, if it says that, else the first.

    Args:
        settings: with a model that is known.
        reading: gives what ``auto`` stands for; asked only where something is open.

    Raises:
        ConfigError: the model was made for other tokens than those that are asked for.
    """
    data, name = settings.data, settings.model.name
    made_for = getattr(registry.load("models", name, settings.model.settings), "tokenizer", None)
    if made_for is not None and data.tokenizer not in ("auto", None, made_for):
        raise ConfigError(
            _(
                "{model} reads texts as tokens of the kind {made_for}, but data.tokenizer is {given}. "
                "Leave it at auto.",
                model=name,
                made_for=made_for,
                given=data.tokenizer,
            )
        )
    of_target = "auto" in (data.target_tokenizer, data.shared_vocabulary)
    if not of_target and not any(getattr(data, key) in ("auto", None) for key in READ):
        return settings
    known = reading()
    tokenizer: Any = (made_for or next(iter(known))) if data.tokenizer in ("auto", None) else data.tokenizer
    sizes: dict[str, Any] = {key: n for key, n in known[tokenizer].items() if getattr(data, key) in ("auto", None)}
    return replace(settings, data=replace(data, tokenizer=tokenizer, **sizes))


def as_baseline(settings: Settings, member: Member, reading: Callable[[], Reading]) -> Settings:
    """The settings of a run for another model on the same rows, which reads texts in its own way."""
    made_for = getattr(registry.load("models", member.name, member.settings), "tokenizer", None)
    if made_for in (None, settings.data.tokenizer):
        return replace(settings, model=member)
    data = replace(settings.data, tokenizer="auto", vocab_size="auto", max_seq_len="auto")
    return with_tokens(replace(settings, model=member, data=data), reading)

"""How texts are read where the settings leave it open: as the model was made for, else as words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from deepwright import registry
from deepwright.config.settings import Member, Settings
from deepwright.errors import ConfigError
from deepwright.messages import _

#: What ``auto`` stands for in the data's settings, by the tokens of a text.
_TEXTS: Mapping[str, Mapping[str, int]] = {
    "word": {"vocab_size": 30_000, "max_seq_len": 256},
    "character": {"vocab_size": 10_000, "max_seq_len": 2_048},
}


def with_tokens(settings: Settings) -> Settings:
    """Replace every ``auto`` of how texts are read by what the model was made for, if it says that, else words.

    Args:
        settings: with a model that is known.

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
    tokenizer = (made_for or "word") if data.tokenizer in ("auto", None) else data.tokenizer
    sizes: dict[str, Any] = {key: n for key, n in _TEXTS[tokenizer].items() if getattr(data, key) in ("auto", None)}
    return replace(settings, data=replace(data, tokenizer=tokenizer, **sizes))


def as_baseline(settings: Settings, member: Member) -> Settings:
    """The settings of a run for another model on the same rows, which reads texts in its own way."""
    made_for = getattr(registry.load("models", member.name, member.settings), "tokenizer", None)
    if made_for in (None, settings.data.tokenizer):
        return replace(settings, model=member)
    data = replace(settings.data, tokenizer="auto", vocab_size="auto", max_seq_len="auto")
    return with_tokens(replace(settings, model=member, data=data))

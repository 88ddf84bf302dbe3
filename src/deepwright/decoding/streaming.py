"""Streaming: tokens as pieces of text that can be shown at once, and never have to be taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

#: Tokens of the prompt that are spelt again with the first new one, since how a token is spelt may depend on them.
_BEFORE = 8
_BROKEN = "\N{REPLACEMENT CHARACTER}"


class Spelling:
    """Pieces of text as tokens come in; a character that is not yet whole is held back.

    Args:
        spell: from numbers of tokens to their text; the bytes of an unfinished character become U+FFFD.
        prompt: tokens before the first new one.
    """

    def __init__(self, spell: Callable[[Sequence[int]], str], prompt: Sequence[int]) -> None:
        self._spell = spell
        self._tokens = list(prompt[-_BEFORE:])
        self._shown = len(self._tokens)

    def add(self, token: int) -> str:
        """The text that this token makes whole; empty where something is missing yet."""
        self._tokens.append(token)
        before, after = self._spell(self._tokens[: self._shown]), self._spell(self._tokens)
        if after.endswith(_BROKEN):
            return ""
        self._tokens = self._tokens[-_BEFORE:]
        self._shown = len(self._tokens)
        return after[len(before) :]


class StopStrings:
    """Ends a text before the one of some strings that is whole first; what may begin one is held back.

    Args:
        stops: none of them empty.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops, self._held = stops, ""
        self.found = False

    def add(self, piece: str) -> str:
        """The text that is certain now; after a string was ``found``, nothing more."""
        text = self._held + piece
        if ends := [(place + len(stop), place) for stop in self._stops if (place := text.find(stop)) >= 0]:
            self.found, self._held = True, ""
            return text[: min(ends)[1]]
        held = max((n for stop in self._stops for n in range(len(stop)) if text.endswith(stop[:n])), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    def rest(self) -> str:
        """What was held back, where the text ends otherwise."""
        rest, self._held = self._held, ""
        return rest

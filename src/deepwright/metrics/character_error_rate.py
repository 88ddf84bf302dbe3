"""Character error rate: characters put in, left out or replaced, over the characters that were to be written."""

from __future__ import annotations

from deepwright.metrics._texts import ErrorRate

__all__ = ["CharacterErrorRate"]


class CharacterErrorRate(ErrorRate):
    """The sum of all texts' edits over the sum of their characters, blanks included."""

    def pieces(self, text: str) -> str:
        """Its characters."""
        return text

"""Word error rate: words put in, left out or replaced, over the words that were to be written."""

from __future__ import annotations

from collections.abc import Sequence

from deepwright.metrics._texts import ErrorRate
from deepwright.tokens import UNSPACED

__all__ = ["WordErrorRate"]


class WordErrorRate(ErrorRate):
    """The sum of all texts' edits over the sum of their words, as speech recognition is judged.

    Words are what stands between blanks, signs included; each character of a script without blanks is one. Of phonemes
    such as ``HH AH0 L OW1`` it is the phoneme error rate; what is called the word error rate of grapheme-to-phoneme
    is 1 less the exact match.
    """

    def pieces(self, text: str) -> Sequence[str]:
        """Its words."""
        return UNSPACED.sub(r" \g<0> ", text).split()

"""BLEU: n-grams of 1 to 4 words that texts have in common with those that were to be written.

K. Papineni, S. Roukos, T. Ward and W.-J. Zhu (2002), "BLEU: a method for automatic evaluation of machine translation";
over all texts, with words and smoothing as sacreBLEU (M. Post, 2018, "A call for clarity in reporting BLEU scores").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import Answers, FloatArray, Predictions
from deepwright.metrics._texts import num_matches, pairs

__all__ = ["Bleu"]

_LONGEST = 4
#: Signs of ASCII that are words of their own wherever they stand, …
_SIGNS = re.compile(r"[!-&(-+/:-@\[-`{-~]")
#: … and those that are unless they stand among digits, in the order in which they are looked for.
_AMONG_DIGITS = (
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)
#: What is a word of its own in Chinese, as sacreBLEU has it: of the characters beyond U+FFFF none, and with them,
#: since their numbers are cut off there, signs from U+2001 to U+2A6D.
_CHINESE = re.compile(
    r"[\u2001-\u2a6d\u2e80-\u2fdf\u2ff0-\u303f\u3100-\u312f\u31a0-\u31bf\u31c0-\u31ef\u3200-\u4db5\u4e00-\u9fbb"
    r"\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef]"
)


class Bleu:
    """100·min(1, exp(1 - r/w))·(p₁·p₂·p₃·p₄)^¼, w words having been written where r were to be.

    pₙ is the share of the n-grams written that are in the text that was to be, each at most as often as there. Where no
    n-gram of a length is, the first such pₙ is as if half of one were, the next a quarter; where none was written, or
    no word is right, BLEU is 0. One reference.

    Args:
        tokenize: what words are: 13a of languages with blanks, zh where each Chinese character is one, none for what
            stands between blanks.
        lowercase: whether capitals are taken for small letters.
    """

    unit: ClassVar[str] = "points"
    better: ClassVar[Literal["higher", "lower"]] = "higher"
    answers: ClassVar[Answers] = "text"

    def __init__(self, *, tokenize: Literal["13a", "zh", "none"] = "13a", lowercase: bool = False) -> None:
        self.tokenize, self.lowercase = tokenize, lowercase

    @property
    def signature(self) -> str:
        """How it is computed, as sacreBLEU writes it."""
        return f"nrefs:1|case:{'lc' if self.lowercase else 'mixed'}|eff:no|tok:{self.tokenize}|smooth:exp"

    def terms(self, predictions: Predictions) -> FloatArray:
        """Words written and to be, then for n = 1 to 4 the n-grams in common, then those written, [N, 10]."""
        words = [(self._words(written), self._words(target)) for written, target in pairs(predictions)]
        lengths = range(1, _LONGEST + 1)
        counts = [
            [len(written), len(target)]
            + [num_matches(written, target, n) for n in lengths]
            + [max(0, len(written) - n + 1) for n in lengths]
            for written, target in words
        ]
        return np.array(counts, np.float64).reshape(-1, 2 + 2 * _LONGEST)

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 10] to scores [R]."""
        written, target, (common, total) = sums[:, 0], sums[:, 1], np.split(sums[:, 2:], 2, axis=1)
        defined = common.any(1) & (total > 0).all(1)
        written, target, common, total = (part[defined] for part in (written, target, common, total))
        halvings = np.cumsum(common == 0, 1)
        logs = np.log(np.where(common > 0, common, 0.5**halvings) / total).mean(1)
        scores = np.zeros(len(sums))
        scores[defined] = 100 * np.exp(np.minimum(0, 1 - target / written) + logs)
        return scores

    def _words(self, text: str) -> tuple[str, ...]:
        return tuple(_WORDS[self.tokenize](text.lower() if self.lowercase else text))


def _of_blanks(text: str) -> list[str]:
    return text.split()


def _of_signs(text: str) -> list[str]:
    text = _SIGNS.sub(r" \g<0> ", text)
    for looked_for, apart in _AMONG_DIGITS:
        text = looked_for.sub(apart, text)
    return text.split()


def _of_13a(text: str) -> list[str]:
    """As ``mteval-v13a.pl`` of NIST divides a text, lines and entities of SGML included."""
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(entity, sign)
    return _of_signs(f" {text} ")


def _of_chinese(text: str) -> list[str]:
    return _of_signs(_CHINESE.sub(r" \g<0> ", text.strip()))


_WORDS: Mapping[str, Callable[[str], list[str]]] = {"13a": _of_13a, "zh": _of_chinese, "none": _of_blanks}

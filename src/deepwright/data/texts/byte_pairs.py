"""Byte pairs: the pairs of neighbouring tokens that are most often there become tokens, again and again.

R. Sennrich, B. Haddow and A. Birch (2016, section 3.2), on the bytes of UTF-8 (A. Radford et al., 2019, section 2.2),
so that every text can be written. Merges are learnt and applied by the package ``tokenizers`` of Hugging Face; they do
not reach across words, numbers, runs of signs and runs of blanks. Importing this does not import that package.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from deepwright.errors import MissingExtraError
from deepwright.messages import _

#: Characters from which merges are learnt; of a longer text, as much of its beginning would say little of its end.
_MOST = 20_000_000
_LEAST = 2
#: Words whose tokens are kept, about.
_KEPT = 200_000
#: White space, as Unicode has it.
_BLANKS = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


@cache
def letters() -> Mapping[int, str]:
    """The sign by which ``tokenizers`` writes each byte: its own where Latin-1 has a visible one, else one from 256 on.

    A. Radford et al. (2019) chose them so that a token can be printed.
    """
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in visible]
    return {**{byte: chr(byte) for byte in visible}, **{byte: chr(256 + i) for i, byte in enumerate(others)}}


@cache
def _bytes_of_letters() -> Mapping[str, int]:
    return {letter: byte for byte, letter in letters().items()}


def spelt(token: str) -> bytes:
    """The bytes that a token stands for."""
    known = _bytes_of_letters()
    return bytes(known[letter] for letter in token)


def learn(texts: Sequence[str], num_tokens: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tokens by number, the 256 bytes first, and merges, each two tokens with a blank between, in their order.

    Args:
        texts: of the training split; of very many characters, evenly spaced texts are taken.
        num_tokens: at most, bytes included; at least 256.

    Raises:
        MissingExtraError: the package is not installed.
    """
    package = _package()
    tokenizer = package.Tokenizer(package.models.BPE())
    tokenizer.pre_tokenizer = _divider(package)
    trainer = package.trainers.BpeTrainer(
        vocab_size=num_tokens,
        min_frequency=_LEAST,
        initial_alphabet=sorted(letters().values()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_some(texts), trainer)
    learnt = json.loads(tokenizer.to_str())["model"]
    numbers: Mapping[str, int] = learnt["vocab"]
    merges = (pair if isinstance(pair, str) else " ".join(pair) for pair in learnt["merges"])
    return tuple(sorted(numbers, key=lambda token: numbers[token])), tuple(merges)


class BytePairs:
    """Texts to the numbers of their tokens.

    Args:
        tokens: by number.
        merges: in their order.

    Raises:
        MissingExtraError: the package is not installed.
    """

    def __init__(self, tokens: Sequence[str], merges: Sequence[str]) -> None:
        package = _package()
        numbers = {token: number for number, token in enumerate(tokens)}
        pairs = [tuple(merge.split(" ")) for merge in merges]
        self._tokenizer = package.Tokenizer(package.models.BPE(vocab=numbers, merges=pairs))
        self._tokenizer.pre_tokenizer = _divider(package)

        self._known: dict[str, list[int]] = {}

    def encode(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """The numbers of the tokens of each text; words that were there before are not divided again."""
        words = [_words(text.isascii()).findall(text) for text in texts]
        if len(self._known) > _KEPT:
            self._known.clear()
        if new := list(dict.fromkeys(word for found in words for word in found if word not in self._known)):
            divided = self._tokenizer.encode_batch_fast(new, add_special_tokens=False)
            self._known.update((word, found.ids) for word, found in zip(new, divided, strict=True))
        for found in words:
            yield list(chain.from_iterable(map(self._known.__getitem__, found)))


def _some(texts: Sequence[str]) -> Iterator[str]:
    """All texts, or evenly spaced ones where they have very many characters."""
    probed = [len(texts[place]) for place in range(0, len(texts), max(1, len(texts) // 100))]
    step = max(1, math.ceil(sum(probed) / max(1, len(probed)) * len(texts) / _MOST))
    return (texts[place] for place in range(0, len(texts), step))


@cache
def _words(in_ascii: bool) -> re.Pattern[str]:
    """What merges do not reach across: ``ByteLevel``'s own expression, with classes that ``re`` does not know spelt.

    Args:
        in_ascii: whether the text is, of which the same is found in half the time.
    """
    of_letters, of_numbers = ("A-Za-z", "0-9") if in_ascii else (_class("L"), _class("N"))
    parts = (
        "'(?:s|t|re|ve|m|ll|d)",
        f" ?[{of_letters}]+",
        f" ?[{of_numbers}]+",
        f" ?[^{_BLANKS}{of_letters}{of_numbers}]+",
        f"[{_BLANKS}]+(?![^{_BLANKS}])",
        f"[{_BLANKS}]+",
    )
    return re.compile("|".join(parts))


def _class(category: str) -> str:
    """All characters whose general category begins so, as ranges of a class."""
    there = [code for code in range(0x110000) if unicodedata.category(chr(code))[0] == category]
    starts = [code for before, code in zip([-2, *there], there, strict=False) if code != before + 1]
    ends = [code for code, after in zip(there, [*there[1:], -1], strict=True) if after != code + 1]
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in zip(starts, ends, strict=True))


def _divider(package: Any) -> Any:
    return package.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)


def _package() -> Any:
    try:
        import tokenizers
        import tokenizers.models
        import tokenizers.pre_tokenizers
        import tokenizers.trainers
    except ImportError:
        raise MissingExtraError(_("Dividing texts into byte pairs (data.tokenizer: bpe)"), "text") from None
    return tokenizers

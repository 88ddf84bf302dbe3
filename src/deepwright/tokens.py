"""Tokens: a text as the pieces that a model counts or embeds. Importing this does not import torch.

Texts that are answered are first normalised: NFKC (Unicode Standard Annex 15: full-width letters and digits become
ordinary ones), lower case, every run of blanks one blank, control characters left away. ``word`` then takes runs of
letters and digits, of which an apostrophe or hyphen may be inside; each Chinese, Japanese or Korean character that is
written without blanks is a token of its own; so is each other sign. ``character`` takes every character, blanks
included; ``byte`` every byte of UTF-8; ``bpe`` pairs of bytes, and pairs of those, that are often beside each other.

Texts that are continued are taken exactly as they are: pieces put together give the text again. A word then takes the
blank before it along, every other blank is a piece, and what is not known is spelt in its bytes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Literal

#: Numbers that stand for no token: after the end of a text, and for one that is not in a vocabulary.
PADDING, UNKNOWN = 0, 1
Tokenizer = Literal["word", "character", "byte", "bpe"]

#: Han with its extensions and compatibility forms, Hiragana, Katakana: what is written without blanks.
_UNSPACED = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f\u200b\u2060\ufeff]")
_SPELT = rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w)+(?:['’-](?:(?![{_UNSPACED}])\w)+)*|[^\w\s]"
_WORD = re.compile(_SPELT)
_PIECE = re.compile(rf" ?(?:{_SPELT})|\s")
UNSPACED = re.compile(f"[{_UNSPACED}]")


def normalised(text: str) -> str:
    """A text as tokens are taken from it, and as it is compared with others."""
    return " ".join(_CONTROL.sub("", unicodedata.normalize("NFKC", text)).lower().split())


def words(text: str) -> list[str]:
    """Words, single characters of scripts without blanks, and signs of a normalised text."""
    return _WORD.findall(text)


def pieces(text: str) -> list[str]:
    """Words, each with the blank before it, single other blanks and signs: together, they are the text as it was."""
    return _PIECE.findall(text)


#: What divides a normalised text into pieces that are counted; bytes and pairs of them are divided otherwise.
TOKENIZERS: Mapping[Tokenizer, Callable[[str], list[str]]] = {"word": words, "character": list}
#: The same where a text is to be put together again exactly.
EXACT: Mapping[Tokenizer, Callable[[str], list[str]]] = {"word": pieces, "character": list}
#: What stands between two tokens where a text is put together again.
BETWEEN: Mapping[Tokenizer, str] = {"word": " ", "character": "", "byte": "", "bpe": ""}

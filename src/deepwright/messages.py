"""What users read goes through one catalogue: English in the source, Chinese in ``locale/``.

The language is chosen by ``--language``, then by ``DEEPWRIGHT_LANGUAGE``, then by the locale of the
environment; anything that is not Chinese is English. ``python tools/catalogue.py`` collects the texts,
merges them into ``locale/zh/LC_MESSAGES/deepwright.po`` and compiles it.
"""

from __future__ import annotations

import contextlib
import gettext
import locale
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.cells import cell_len

LANGUAGES = {"en": "English", "zh": "中文"}
LOCALE_DIRECTORY = Path(__file__).parent / "locale"

# A line may break at spaces and beside Chinese characters, but not before their closing punctuation.
_WIDE, _OPENING, _CLOSING = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef", "“‘（《「『【〈", "”’）》」』】〉、。，；：！？…"
_PIECE = re.compile(rf"\s*[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{_CLOSING}]*")

_chosen: str | None = None
_translations: dict[str, gettext.NullTranslations] = {}


def _(text: str, /, **values: object) -> str:
    """Translate a text and fill its ``{named}`` places."""
    return _fill(_catalogue().gettext(text), values) if text else ""  # a catalogue answers "" with its header


def plural(one: str, many: str, n: int, /, **values: object) -> str:
    """Translate a text that depends on a number, available to the text as ``{n}``."""
    return _fill(_catalogue().ngettext(one, many, n), {"n": n, **values})


def listing(items: Iterable[object]) -> str:
    """Join items as a list within a sentence: ``a, b, c`` or ``a、b、c``."""
    separator = "、" if current_language() == "zh" else ", "
    return separator.join(str(item) for item in items)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most so many terminal cells; a Chinese character takes two. A longer word stays whole."""
    lines: list[str] = []
    for piece in _PIECE.findall(" ".join(text.split())):
        if lines and cell_len(lines[-1] + piece) <= width:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
    return lines


def choose_language(language: str | None) -> None:
    """Set the language of all messages of this process; None goes back to the environment's."""
    global _chosen
    _chosen = None if language is None else _normalise(language)


@contextlib.contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language for a while."""
    global _chosen
    before, _chosen = _chosen, _normalise(language)
    try:
        yield
    finally:
        _chosen = before


def current_language() -> str:
    """The language in force, a key of ``LANGUAGES``."""
    if _chosen is not None:
        return _chosen
    for variable in ("DEEPWRIGHT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return _normalise(value)
    return _normalise(locale.getlocale()[0] or "en")


def _normalise(language: str) -> str:
    folded = language.casefold()
    return "zh" if folded.startswith(("zh", "chinese")) else "en"


def _catalogue() -> gettext.NullTranslations:
    language = current_language()
    if language not in _translations:
        _translations[language] = gettext.translation(
            "deepwright", LOCALE_DIRECTORY, languages=[language], fallback=True
        )
    return _translations[language]


def _fill(text: str, values: dict[str, object]) -> str:
    return text.format(**values) if values else text

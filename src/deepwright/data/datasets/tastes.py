"""Tastes: a world of readers and books, generated from a seed, in which every taste is known.

600 readers with an age and a town, 400 books with a genre, a language and a length. A reader likes two of eight genres,
which the age makes more or less likely, and one of the two languages; now and then chance chooses. Made for deepwright
in 2026: nothing here was collected, and nobody exists.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepwright.config.settings import DataSettings
from deepwright.contracts import TARGET
from deepwright.data.interactions.reading import interactions_of
from deepwright.data.table import Column, Table
from deepwright.data.tabular.columns import Typed, by_row, objects
from deepwright.messages import _

__all__ = ["tastes"]

_READERS, _BOOKS, _LEAST, _MOST = 600, 400, 5, 40
_GENRES = ("crime", "romance", "history", "travel", "science", "poetry", "comics", "cookery")
_CHINESE = ("侦探", "爱情", "历史", "旅行", "科学", "诗歌", "漫画", "烹饪")
_TOWNS = ("Arden", "Brook", "Clay", "Dale", "河口", "山阳")
_AGES = ("under 20", "20 to 39", "40 to 59", "60 and over")
#: How often chance chooses a book, of any genre and language.
_CHANCE = 0.2
#: The first book was taken in January 2020.
_BEGUN, _SECONDS = 1_577_836_800, 3 * 365 * 86_400


def tastes() -> Table:
    """The table of interactions with ratings and times, and what is known of books and readers."""
    rng = np.random.default_rng(0)
    genre, chinese = rng.integers(len(_GENRES), size=_BOOKS), rng.random(_BOOKS) < 0.4
    known_books = 1 / (1 + rng.permutation(_BOOKS)) ** 0.6  # few books are known to many
    age = rng.integers(len(_AGES), size=_READERS)
    reads_chinese = rng.random(_READERS) < 0.4
    among_chinese = reads_chinese & (rng.random(_READERS) < 0.8)
    towns = np.where(among_chinese, rng.integers(4, 6, _READERS), rng.integers(4, size=_READERS))
    likes = _likes(age, rng)
    readers, books, ratings = [], [], []
    for reader in range(_READERS):
        count = int(rng.integers(_LEAST, _MOST + 1))
        liked = likes[reader, genre] & (chinese == reads_chinese[reader])
        weights = known_books * np.where(liked, 1.0, 0.0)
        by_taste = rng.choice(_BOOKS, min(count, int(liked.sum())), replace=False, p=weights / weights.sum())
        by_chance = rng.choice(_BOOKS, len(by_taste), replace=False, p=known_books / known_books.sum())
        chosen = np.unique(np.where(rng.random(len(by_taste)) < _CHANCE, by_chance, by_taste))
        rng.shuffle(chosen)
        readers += [reader] * len(chosen)
        books += chosen.tolist()
        ratings += np.clip(np.where(liked[chosen], 4, 2) + rng.integers(-1, 2, len(chosen)), 1, 5).tolist()
    times = _BEGUN + np.sort(rng.integers(_SECONDS, size=len(readers)))[rng.permutation(len(readers))]
    typed = {
        "reader_id": _texts([f"r{reader:03}" for reader in readers]),
        "book_id": _texts([f"b{book:03}" for book in books]),
        "rating": _numbers(ratings),
        "timestamp": _numbers(times.tolist()),
    }
    return interactions_of(
        typed,
        {"user": "reader_id", TARGET: "book_id", "rating": "rating", "time": "timestamp"},
        DataSettings(ties=0),
        "tastes",
        by_row,
        {"items": _of_books(genre, chinese, rng), "users": _of_readers(age, towns)},
        [_("Generated from a seed: no reader, book or rating was collected.")],
    )


def _likes(age: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """[readers, genres] two genres that each reader likes; two of the eight are three times as likely at each age."""
    likes = np.zeros((len(age), len(_GENRES)), bool)
    for reader, of_age in enumerate(age.tolist()):
        weights = np.where(np.arange(len(_GENRES)) // 2 == of_age, 3.0, 1.0)
        likes[reader, rng.choice(len(_GENRES), 2, replace=False, p=weights / weights.sum())] = True
    return likes


def _of_books(
    genre: npt.NDArray[np.int64], chinese: npt.NDArray[np.bool_], rng: np.random.Generator
) -> dict[str, Typed]:
    names = [
        f"{_CHINESE[kind]}第{number}册" if in_chinese else f"{_GENRES[kind].capitalize()} No. {number}"
        for number, (kind, in_chinese) in enumerate(zip(genre.tolist(), chinese.tolist(), strict=True))
    ]
    return {
        "book_id": _texts([f"b{book:03}" for book in range(_BOOKS)]),
        "title": _texts(names),
        "genre": _texts([_GENRES[kind] for kind in genre]),
        "language": _texts(["Chinese" if one else "English" for one in chinese]),
        "pages": _numbers(rng.integers(80, 900, _BOOKS).tolist()),
    }


def _of_readers(age: npt.NDArray[np.int64], towns: npt.NDArray[np.int64]) -> dict[str, Typed]:
    return {
        "reader_id": _texts([f"r{reader:03}" for reader in range(_READERS)]),
        "age": _texts([_AGES[one] for one in age]),
        "town": _texts([_TOWNS[one] for one in towns]),
    }


def _texts(values: list[str]) -> Typed:
    return Typed(Column("category", objects(values)), np.zeros(len(values), bool))


def _numbers(values: list[float]) -> Typed:
    return Typed(Column("number", np.array(values, np.float64)), np.zeros(len(values), bool))

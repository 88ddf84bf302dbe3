"""What the measurements say of vectors of words, in sentences: how far they agree with people."""

from __future__ import annotations

from collections.abc import Iterator

from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _
from deepwright.reporting import figures


def agreement(measurements: Measurements) -> Iterator[str]:
    """Similarity and analogies, each with how many of the questions could be asked."""
    similar, solved = measurements.get("word_similarity"), measurements.get("analogy_accuracy")
    if similar is None or solved is None:
        return
    pairs, questions = int(similar.arguments["pairs"]), int(solved.arguments["questions"])
    if not pairs:
        yield _(
            "Not compared with what people say of words: the questions come with gensim, which is not installed. "
            'pip install "deepwright[embeddings]" brings it.'
        )
        return
    asked = _asked(similar, pairs)
    if similar.value is None:
        yield _(
            "Not compared with people on similarity: both words are known of {asked} pairs of WordSim-353, which are "
            "English; that is too few.",
            asked=asked,
        )
    else:
        yield _(
            "Similarity: the cosines of {asked} pairs of WordSim-353, whose words are both known, follow people's "
            "judgements with a rank correlation of {value}; 1 is full agreement, 0 is none.",
            asked=asked,
            value=_with_interval(similar),
        )
    if solved.value is not None:
        yield _(
            "Analogies: {value} of {asked} Google analogies, whose four words are all known, are solved.",
            value=_with_interval(solved),
            asked=_asked(solved, questions),
        )


def _asked(record: Measurement, total: int) -> str:
    return _("{n} of {total}", n=f"{record.n or 0:,}", total=f"{total:,}")


def _with_interval(record: Measurement) -> str:
    bounds = figures.bounds(record)
    if bounds is None:
        return figures.figure(record)
    return _(
        "{value} ({level} interval: {low} to {high})",
        value=figures.figure(record),
        level=figures.level(record),
        low=bounds[0],
        high=bounds[1],
    )

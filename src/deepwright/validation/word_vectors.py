"""How good word vectors are, by what people say of words: similarities of pairs, and analogies.

Similarity is the rank correlation (C. Spearman, 1904) of cosines with the means of people's judgements, of the pairs of
which both words are known. An analogy a : b :: c : d is right where d is nearest (``data.texts.word_vectors``); those
count of which all four words are known. Both files come with gensim: WordSim-353 (L. Finkelstein et al., 2002) and the
Google analogies (T. Mikolov et al., 2013); both are English.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec

import numpy as np

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import FloatArray, IntArray
from deepwright.data.texts.word_vectors import WordVectors
from deepwright.measurements import Measurement
from deepwright.tokens import normalised
from deepwright.validation.intervals import clopper_pearson

#: What the figures are called.
SIMILARITY, ANALOGIES = "word_similarity", "analogy_accuracy"
_PAIRS, _ANALOGIES = "wordsim353.tsv", "questions-words.txt"


@dataclass(frozen=True)
class Similarity:
    """Cosines and judgements of pairs.

    Attributes:
        cosines: [n] of the pairs that are known.
        judgements: [n] from 0 to 10.
        total: pairs in all.
    """

    cosines: FloatArray
    judgements: FloatArray
    total: int

    @property
    def correlation(self) -> float:
        """Spearman's ρ; NaN of fewer than three pairs."""
        return spearman(self.cosines, self.judgements)

    def interval(self, level: float, resamples: int, seed: int) -> tuple[float, float] | None:
        """By the bootstrap over pairs, percentiles; None of fewer than ten pairs."""
        n = len(self.cosines)
        if n < 10:
            return None
        rng = np.random.default_rng([seed, 0x51A])
        drawn = rng.integers(n, size=(resamples, n))
        found = np.array([spearman(self.cosines[rows], self.judgements[rows]) for rows in drawn])
        low, high = np.nanquantile(found, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


def spearman(one: FloatArray, other: FloatArray) -> float:
    """The correlation of ranks, ties sharing their mean rank; NaN where either does not vary."""
    from scipy.stats import rankdata

    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def similarity(vectors: WordVectors) -> Similarity:
    """The pairs of WordSim-353 beside the cosines of their vectors."""
    rows = [line.split("\t") for line in _lines(_PAIRS) if not line.startswith("#")]
    known = vectors.numbers
    pairs = [(normalised(a), normalised(b), float(score)) for a, b, score in rows]
    there = [(known[a], known[b], score) for a, b, score in pairs if a in known and b in known]
    units = vectors.units
    cosines = np.array([units[a] @ units[b] for a, b, _score in there])
    return Similarity(cosines, np.array([score for _a, _b, score in there]), len(pairs))


def analogies(vectors: WordVectors) -> tuple[int, int, int]:
    """Of the Google analogies: how many were right, how many could be asked, how many there are."""
    questions = [normalised(line).split() for line in _lines(_ANALOGIES) if not line.startswith(":")]
    known = vectors.numbers
    there = [[known[word] for word in each] for each in questions if all(word in known for word in each)]
    asked: IntArray = np.array(there, np.int64).reshape(-1, 4)
    right = int((vectors.solved(asked[:, :3]) == asked[:, 3]).sum())
    return right, len(asked), len(questions)


def _lines(name: str) -> list[str]:
    """A file that comes with gensim."""
    text = files("gensim").joinpath("test", "test_data", name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip()]


def available() -> bool:
    """Whether the questions are there, which come with gensim."""
    return find_spec("gensim") is not None


def measurements(vectors: WordVectors, model: str, settings: ValidationSettings, seed: int) -> list[Measurement]:
    """Both figures, each with how many of the questions could be asked; neither where gensim is not installed.

    Args:
        vectors: of a run.
        model: that learnt them.
        settings: how intervals are made.
        seed: of the bootstrap.
    """
    level, there = settings.level, available()
    pairs = similarity(vectors) if there else Similarity(np.zeros(0), np.zeros(0), 0)
    right, asked, total = analogies(vectors) if there else (0, 0, 0)
    correlation = pairs.correlation
    similar = Measurement(
        SIMILARITY,
        correlation if np.isfinite(correlation) else None,
        "correlation",
        "spearman_of_wordsim353",
        {"pairs": pairs.total},
        n=len(pairs.cosines),
        interval=pairs.interval(level, settings.resamples, seed) if np.isfinite(correlation) else None,
        method="bootstrap over pairs",
        seed=seed,
        status="measured" if np.isfinite(correlation) else "not measured",
        model=model,
        level=level,
        recomputable=there,
    )
    solved = Measurement(
        ANALOGIES,
        right / asked if asked else None,
        "share",
        "accuracy_of_google_analogies",
        {"questions": total},
        n=asked,
        interval=clopper_pearson(right, asked, level) if asked else None,
        method="clopper-pearson",
        status="measured" if asked else "not measured",
        model=model,
        level=level,
        recomputable=there,
    )
    return [similar, solved]

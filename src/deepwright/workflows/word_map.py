"""Word map: where frequent words lie in two dimensions, and which are near each other, for the report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from deepwright.config.settings import Settings
from deepwright.data.texts.word_vectors import WordVectors
from deepwright.measurements import Measurement
from deepwright.predictor import Predictor
from deepwright.reporting.word_map import WORD_MAP
from deepwright.specs import ContextSpec
from deepwright.training.embeddings import has_vectors, word_vectors
from deepwright.validation.word_vectors import measurements

#: Words that are shown, after those that are frequent everywhere, such as "the" and "of".
_SHOWN, _LEFT_OUT, _NEAR = 60, 60, 5


def is_embedding(predictor: Predictor) -> bool:
    """Whether vectors of words are what was learnt."""
    return isinstance(predictor.task.outputs.spec, ContextSpec) and has_vectors(predictor)


def word_map(predictor: Predictor) -> dict[str, bytes]:
    """``word_map.json`` of a model of words in their context; nothing of another, or of hardly any words."""
    if not is_embedding(predictor):
        return {}
    vectors = word_vectors(predictor, predictor.member.name)
    chosen = _chosen(vectors)
    if len(chosen) < 3:
        return {}
    places, share = projected(vectors, chosen)
    words = [
        {
            "word": vectors.words[number],
            "x": round(float(x), 6),
            "y": round(float(y), 6),
            "near": [near.word for near in vectors.neighbors(vectors.words[number], _NEAR)],
        }
        for number, (x, y) in zip(chosen, places, strict=True)
    ]
    return {WORD_MAP: json.dumps({"share": share, "words": words}, ensure_ascii=False, indent=1).encode()}


def measured_vectors(predictor: Predictor, settings: Settings, hashes: Mapping[str, str]) -> list[Measurement]:
    """What people's judgements say of the vectors, where vectors of words are what was learnt.

    Args:
        predictor: trained.
        settings: of the run.
        hashes: SHA-256 of the predictor's files.
    """
    if not is_embedding(predictor):
        return []
    vectors = word_vectors(predictor, predictor.member.name)
    found = measurements(vectors, predictor.member.name, settings.validation, settings.seed)
    return [replace(record, inputs=dict(hashes)) for record in found]


def _chosen(vectors: WordVectors) -> list[int]:
    """Frequent words that are words, without the most frequent ones where there are enough others."""
    words = [number for number, word in enumerate(vectors.words) if word.isalpha()]
    start = max(0, min(_LEFT_OUT, len(words) - _SHOWN))
    return words[start : start + _SHOWN]


def projected(
    vectors: WordVectors, chosen: list[int]
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], float]:
    """The first two principal components of unit vectors, [n, 2], and the share of variance in them (K. Pearson, 1901).

    The sign of an axis means nothing: that of its greatest number is made positive, so that a map is always the same.
    """
    units = vectors.units[chosen]
    centred = units - units.mean(0)
    left, sizes, _directions = np.linalg.svd(centred, full_matrices=False)
    places = (left * sizes)[:, :2]
    places = places * np.where(places[np.abs(places).argmax(0), [0, 1]] < 0, -1, 1)
    total = float((sizes**2).sum())
    return places, float((sizes[:2] ** 2).sum() / total) if total else 0.0

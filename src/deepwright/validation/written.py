"""What can be told of the texts that a model wrote, apart from whether they are right: by what was read, cut, empty.

Importing this does not import torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import TRANSLATED, IntArray, Predictions
from deepwright.measurements import Measurement
from deepwright.validation.translations import by_length

if TYPE_CHECKING:
    from deepwright.predictor import Predictor

#: The measurements' names: texts without a token, and those that are as long as they may be.
EMPTY, CUT = "empty_translations", "cut_translations"
#: What stands in the name of a measurement of texts whose sources are about as long, before the tokens of these.
OF_LENGTH = "of_sources"
_MEASURE = "texts as written"


def about_written(
    predictor: Predictor, predictions: Predictions, settings: ValidationSettings, seed: int
) -> Iterator[Measurement]:
    """How many texts of the test split are empty or cut, and the principal metric by the length of their sources.

    Args:
        predictor: that wrote.
        predictions: of the test split.
        settings: draws and level.
        seed: of the run.

    Yields:
        Nothing of a model that writes no texts.
    """
    if predictions.written is None:
        return
    model = predictor.member.name
    empty = int(np.sum([not text for text in predictions.written.tolist()]))
    for name, count in ((EMPTY, empty), (CUT, int(_is_cut(predictor, predictions).sum()))):
        yield Measurement(
            name, float(count), "texts", _MEASURE, model=model, split=None, n=len(predictions), recomputable=True
        )
    claims = predictor.task.claims(predictor.temperature)[:1]
    groups = by_length(claims, model, predictions, settings, seed)
    for group in groups if len(groups) > 1 else []:
        tokens = [group.shortest, group.longest]
        for record in group.measurements:
            name = f"{record.name}/{OF_LENGTH}/{group.shortest}-{group.longest}"
            yield replace(record, name=name, arguments={**record.arguments, "source_tokens": tokens})


def _is_cut(predictor: Predictor, predictions: Predictions) -> Any:
    """[N] whether a text has as many tokens as it may have, so that its end was hardly written by the model."""
    from deepwright.decoding.beam import Beam

    vocabulary: Any = predictor.task.outputs.vocabulary  # type: ignore[attr-defined]  # of texts
    beam = Beam()
    sources = predictions.outputs[:, TRANSLATED.index("source_tokens")]
    limits: IntArray = np.ceil(sources * beam.max_ratio).astype(np.int64) + beam.max_more
    assert predictions.written is not None
    lengths = np.array([len(numbers) for numbers in vocabulary.whole(predictions.written.tolist())], np.int64)
    return lengths >= np.minimum(limits, vocabulary.max_seq_len)

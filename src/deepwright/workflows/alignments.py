"""Alignments: what each token that a finished model writes takes from its source, in a few test pairs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepwright.contracts import Predictions
from deepwright.data.table import Table
from deepwright.data.texts.vocabulary import Vocabulary
from deepwright.predictor import Predictor
from deepwright.reporting.alignments import ALIGNMENTS
from deepwright.tokens import PADDING, UNKNOWN
from deepwright.validation.translations import sentence_scores

#: Of the texts by how well they were written: where in their order those that are shown stand.
_PLACES = {"best": 0.0, "better": 0.25, "median": 0.5, "lesser": 0.75, "worst": 1.0}
#: Pieces of a text that are shown, and decimals of a share.
_MOST, _DECIMALS = 40, 5


def alignments(table: Table, predictor: Predictor, predictions: Predictions) -> dict[str, bytes]:
    """What was taken from where, of the best, the median, the worst and two other test pairs.

    Args:
        table: all rows.
        predictor: trained.
        predictions: of the test split.

    Returns:
        ``alignments.json``; nothing of a model that writes no texts or attends to none.
    """
    if not aligns(predictor):
        return {}
    texts = table.columns[predictor.task.input_column].values
    shown = chosen(predictions)
    found = aligned(predictor, predictions, {row: str(texts[row]) for row in shown.values()}, shown)
    return {ALIGNMENTS: json.dumps({"pairs": found}, ensure_ascii=False, indent=1).encode()} if found else {}


@torch.inference_mode()
def aligns(predictor: Predictor) -> bool:
    """Whether it writes texts, and its network attends to what it reads."""
    network: Any = predictor.network.model
    if not predictor.translates or not hasattr(network, "alignment"):
        return False
    predictor.network.eval()
    return network.alignment(torch.tensor([[UNKNOWN]]), torch.tensor([[PADDING]])) is not None


def chosen(predictions: Predictions) -> dict[str, int]:
    """The rows that are shown, by how well they were written; of texts that are empty there is nothing to show."""
    assert predictions.written is not None
    there = np.flatnonzero([bool(text) for text in predictions.written.tolist()])
    if not len(there):
        return {}
    some = predictions.take(there)
    order = np.lexsort((some.rows, -sentence_scores(some)))
    rows: dict[str, int] = {}
    for how in ("best", "median", "worst", "better", "lesser"):
        row = int(some.rows[order[round(_PLACES[how] * (len(order) - 1))]])
        if row not in rows.values():
            rows[how] = row
    return {how: rows[how] for how in _PLACES if how in rows}


def aligned(
    predictor: Predictor, predictions: Predictions, sources: Mapping[int, str], shown: Mapping[str, int]
) -> list[dict[str, Any]]:
    """What was taken from where, pair by pair.

    Args:
        predictor: one that ``aligns``.
        predictions: with what was written.
        sources: texts by row.
        shown: rows, as ``chosen``.
    """
    assert predictions.written is not None
    places = {row: place for place, row in enumerate(predictions.rows.tolist())}
    pairs = []
    for how, row in shown.items():
        written = str(predictions.written[places[row]])
        matrix = _matrix(predictor, sources[row], written)
        if matrix is not None:
            pairs.append({"how": how, "row": row, "text": sources[row], **matrix})
    return pairs


@torch.inference_mode()
def _matrix(predictor: Predictor, source: str, written: str) -> dict[str, Any] | None:
    """The pieces of both texts and the shares [S][T] of what was taken; None where one has no tokens."""
    predictor.network.eval()
    network: Any = predictor.network.model
    vocabulary: Vocabulary = predictor.task.outputs.vocabulary  # type: ignore[attr-defined]  # of texts
    known: Vocabulary = predictor.task.inputs.vocabulary  # type: ignore[attr-defined]  # of texts
    (read, _cut), (numbers, _beyond) = known.ids(source), vocabulary.ids(written)
    if not read or not numbers:
        return None
    taken: Tensor = network.alignment(torch.tensor([read]), torch.tensor([[PADDING, *numbers[:-1]]]))
    columns, rows = pieces(known, read), pieces(vocabulary, numbers)
    shares = taken[0].double().numpy()
    shares = np.stack([shares[:, start:end].sum(1) for _text, start, end in columns], 1)
    shares = np.stack([shares[start:end].mean(0) for _text, start, end in rows])
    return {
        "source": [text for text, _start, _end in columns[:_MOST]],
        "written": [text for text, _start, _end in rows[:_MOST]],
        "shares": np.round(shares[:_MOST, :_MOST], _DECIMALS).tolist(),
        "cut": max(len(columns), len(rows)) > _MOST,
    }


def pieces(vocabulary: Vocabulary, numbers: Sequence[int]) -> list[tuple[str, int, int]]:
    """What tokens spell, and which of them: those that only together are characters are one piece."""
    found: list[tuple[str, int, int]] = []
    spelt, start = b"", 0
    for place, number in enumerate(numbers):
        spelt += vocabulary.spelt[number]
        whole = _is_whole(spelt)
        if whole or place == len(numbers) - 1:
            found.append((spelt.decode("utf-8", "replace"), start, place + 1))
            spelt, start = b"", place + 1
    return found


def _is_whole(spelt: bytes) -> bool:
    """Whether bytes end where a character ends."""
    try:
        spelt.decode()
    except UnicodeDecodeError as error:
        return error.reason != "unexpected end of data"
    return True

"""Continuations: what a finished model writes, and whether it recites what it learnt from, for the report."""

from __future__ import annotations

import json
from typing import Any

from deepwright.data.texts.passages import Passages
from deepwright.decoding.generation import Continues, Generation
from deepwright.decoding.sampling import Sampling
from deepwright.predictor import Predictor
from deepwright.reporting.continuations import CONTINUATIONS
from deepwright.specs import TokensSpec
from deepwright.tokens import PADDING, UNKNOWN
from deepwright.training.runtime import runtime
from deepwright.workflows.plan import Plan

TEMPERATURES = (0.5, 0.8, 1.0)
#: Characters of a prompt, about, and tokens of a continuation.
_PROMPT, _TOKENS = 60, 250
#: Characters of the training text in which copies are looked for.
_SEARCHED = 5_000_000


def continuations(ready: Plan, predictor: Predictor) -> dict[str, bytes]:
    """Texts after the beginning of the test split at several temperatures, each with the longest part that is a copy.

    Args:
        ready: what was trained.
        predictor: trained.

    Returns:
        ``continuations.json``; nothing where no text is continued.
    """
    if not continues(predictor):
        return {}
    texts = ready.table.columns[predictor.task.input_column].values
    row = int(ready.splits.test[0])
    prompt = _beginning(texts[row])
    learnt, starts = _learnt_text(texts, ready.splits.train.tolist())
    samples = []
    with runtime(ready.settings.training):
        for temperature in TEMPERATURES:
            text = written(predictor, prompt, temperature, ready.settings.seed)
            place, length = longest_copy(text, learnt)
            source = next((known for start, known in reversed(starts) if start <= place), None) if length else None
            samples.append(
                {
                    "temperature": temperature,
                    "text": text,
                    "length": length,
                    "copied": learnt[place : place + length],
                    "row": source,
                    "where": _name(ready, source),
                }
            )
    record = {"prompt": prompt, "row": row, "name": _name(ready, row), "searched": len(learnt), "samples": samples}
    return {CONTINUATIONS: json.dumps(record, ensure_ascii=False, indent=1).encode()}


def continues(predictor: Predictor) -> bool:
    """Whether it has learnt how texts go on, and can go on from where it is."""
    return isinstance(predictor.task.outputs.spec, TokensSpec) and isinstance(predictor.network.model, Continues)


def written(predictor: Predictor, prompt: str, temperature: float, seed: int) -> str:
    """What a predictor that ``continues`` writes after a prompt; the same for the same weights and seed.

    Args:
        predictor: trained.
        prompt: not empty.
        temperature: divides the logits.
        seed: of the random numbers.
    """
    vocabulary: Any = predictor.task.inputs.vocabulary  # type: ignore[attr-defined]  # of texts
    network: Any = predictor.network.model
    (numbers,) = vocabulary.whole([prompt])
    sampling = Sampling(temperature=temperature)
    generation = Generation(
        network, [[PADDING, *numbers.tolist()]], sampling, _TOKENS, seed=seed, never=(PADDING, UNKNOWN)
    )
    return str(vocabulary.text([token for _row, token in generation]))


def longest_copy(text: str, source: str) -> tuple[int, int]:
    """Where in a source the longest part of a text stands, and how many characters it has.

    Args:
        text: of some hundred characters.
        source: that it may be copied from.
    """
    place, length = 0, 0
    for start in range(len(text)):
        while start + length < len(text):
            found = source.find(text[start : start + length + 1])
            if found < 0:
                break
            place, length = found, length + 1
    return place, length


def _beginning(text: str) -> str:
    """The first line or words of a passage, with something to go on from."""
    begun = text.lstrip()
    end = begun.find("\n", _PROMPT // 2, 2 * _PROMPT) + 1
    return (begun[:end] if end else begun[:_PROMPT]) or "\n"


def _learnt_text(texts: Any, rows: list[int]) -> tuple[str, list[tuple[int, int]]]:
    """The training text, as much as is searched, and at which character each of its rows begins."""
    follows = texts[rows].follows.tolist() if isinstance(texts, Passages) else [False] * len(rows)
    parts: list[str] = []
    starts, size = [], 0
    for row, goes_on in zip(rows, follows, strict=True):
        part = ("" if goes_on else "\0") + texts[row]
        starts.append((size, row))
        parts.append(part)
        size += len(part)
        if size >= _SEARCHED:
            break
    return "".join(parts), starts


def _name(ready: Plan, row: int | None) -> str | None:
    return None if row is None or ready.table.names is None else str(ready.table.names[row])

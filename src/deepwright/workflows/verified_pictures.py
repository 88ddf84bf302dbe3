"""Verified pictures: samples, doubted labels, feature maps, gradients and texts of a report, made again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from deepwright.data.inspection.samples import same_picture
from deepwright.data.interactions.known import HISTORIES, read_histories, write_histories
from deepwright.messages import _
from deepwright.reporting.alignments import ALIGNMENTS
from deepwright.reporting.continuations import CONTINUATIONS
from deepwright.reporting.data_section import DOUBTS, SAMPLES
from deepwright.reporting.feature_maps import FEATURE_MAPS
from deepwright.reporting.recommendations import RECOMMENDATIONS
from deepwright.reporting.through_time import THROUGH_TIME
from deepwright.reporting.word_map import WORD_MAP
from deepwright.training.runtime import runtime
from deepwright.validation.evidence import Evidence, How, Verdict
from deepwright.validation.label_noise import UNLEARNT, label_noise
from deepwright.validation.recompute import shown
from deepwright.workflows.alignments import aligned, alignments, aligns, chosen
from deepwright.workflows.continuations import TEMPERATURES, continuations, continues, written
from deepwright.workflows.feature_maps import feature_maps
from deepwright.workflows.inspect import doubted_labels
from deepwright.workflows.recommended_users import recommended_users
from deepwright.workflows.through_time import gradients_through_time
from deepwright.workflows.verified_data import TOLERANCE, Reading
from deepwright.workflows.word_map import word_map

#: How far floats may be apart that are the same but for rounding.
_ROUNDING = 1e-9
#: Levels of 255 by which a picture of a network's numbers may differ on another machine.
_LEVELS = 2
#: What stands in ``continuations.json`` beside the texts themselves.
_OF_DATA = "prompt, copied"


def samples(evidence: Evidence, reading: Reading) -> list[Verdict]:
    """Whether the small pictures are those of the data."""
    if reading.inspected is None:
        return _stated(evidence, SAMPLES)
    return _beside(evidence, SAMPLES, json.loads(json.dumps(reading.inspected.samples)))


def doubts(evidence: Evidence, reading: Reading) -> list[Verdict]:
    """Whether the doubted labels are those that the predictions give; their names and pictures need the data."""
    predictor, predictions = evidence.predictor, evidence.predictions
    model = predictor.member.name
    if (ready := reading.ready) is not None:
        files, _records = doubted_labels(ready.table, ready.roles, model, predictions, predictor.temperature)
        return _beside(evidence, DOUBTS, json.loads(files[DOUBTS]) if files else None)
    found = label_noise({split: predictions[model, split] for split in UNLEARNT}, predictor.temperature)
    if found is None or DOUBTS not in evidence.files:
        return _beside(evidence, DOUBTS, None if found is None else found.to_json())
    stated = evidence.read(DOUBTS)
    again = json.loads(json.dumps(found.to_json()))
    again |= {part: stated[part] for part in ("pictures", "texts") if part in stated}
    for one, other in zip(stated["suspects"], again["suspects"], strict=False):
        other["name"] = one["name"]
    claims = [f"{DOUBTS}: {part}" for part in ("name", "pictures", "texts") if part == "name" or part in stated]
    return _beside(evidence, DOUBTS, again) + [Verdict(claim, "impossible without the data") for claim in claims]


def maps(evidence: Evidence, reading: Reading) -> list[Verdict]:
    """Whether filters and feature maps are those of the network and of the picture that it was shown."""
    if reading.ready is None:
        return _stated(evidence, FEATURE_MAPS)
    predictor = evidence.predictor
    with runtime(evidence.settings.training):
        files = feature_maps(reading.ready, predictor, evidence.predictions[predictor.member.name, "validation"])
    again = json.loads(files[FEATURE_MAPS]) if files else None
    return _beside(evidence, FEATURE_MAPS, again, TOLERANCE, _LEVELS)


def through_time(evidence: Evidence, reading: Reading) -> list[Verdict]:
    """Whether gradients reach as far back in time as is said."""
    if reading.ready is None:
        return _stated(evidence, THROUGH_TIME)
    with runtime(evidence.settings.training):
        files = gradients_through_time(reading.ready, evidence.predictor)
    return _beside(evidence, THROUGH_TIME, json.loads(files[THROUGH_TIME]) if files else None, TOLERANCE)


def placed_words(evidence: Evidence, _reading: Reading) -> list[Verdict]:
    """Whether words lie where their vectors put them."""
    files = word_map(evidence.predictor)
    return _beside(evidence, WORD_MAP, json.loads(files[WORD_MAP]) if files else None, TOLERANCE)


def attention(evidence: Evidence, reading: Reading) -> list[Verdict]:
    """Whether the network takes from where it is said to; without the data, from the sources that the file states."""
    predictor = evidence.predictor
    if not aligns(predictor):
        return _beside(evidence, ALIGNMENTS, None)
    predictions = evidence.predictions[predictor.member.name, "test"]
    with runtime(evidence.settings.training):
        if (ready := reading.ready) is not None:
            files = alignments(ready.table, predictor, predictions)
            return _beside(evidence, ALIGNMENTS, json.loads(files[ALIGNMENTS]) if files else None, TOLERANCE)
        if ALIGNMENTS not in evidence.files:
            return _beside(evidence, ALIGNMENTS, {} if chosen(predictions) else None)
        shown = chosen(predictions)
        sources = {pair["row"]: pair["text"] for pair in evidence.read(ALIGNMENTS)["pairs"]}
        again = aligned(predictor, predictions, sources, shown) if set(sources) == set(shown.values()) else []
    of_data = Verdict(f"{ALIGNMENTS}: text", "impossible without the data")
    return [*_beside(evidence, ALIGNMENTS, {"pairs": again}, TOLERANCE), of_data]


def texts(evidence: Evidence, reading: Reading) -> list[Verdict]:
    """Whether the continuations are those that the weights write; their prompt and what is copied need the data."""
    predictor, settings = evidence.predictor, evidence.settings
    with runtime(settings.training):
        if (ready := reading.ready) is not None:
            files = continuations(ready, predictor)
            return _beside(evidence, CONTINUATIONS, json.loads(files[CONTINUATIONS]) if files else None)
        if not continues(predictor) or CONTINUATIONS not in evidence.files:
            return _beside(evidence, CONTINUATIONS, {} if continues(predictor) else None)
        stated = evidence.read(CONTINUATIONS)
        made = [written(predictor, stated["prompt"], temperature, settings.seed) for temperature in TEMPERATURES]
    samples = stated["samples"] if len(stated["samples"]) == len(made) else [{}] * len(made)
    again = [
        {**one, "temperature": temperature, "text": text}
        for one, temperature, text in zip(samples, TEMPERATURES, made, strict=True)
    ]
    of_data = Verdict(f"{CONTINUATIONS}: {_OF_DATA}", "impossible without the data")
    return [*_beside(evidence, CONTINUATIONS, {**stated, "samples": again}), of_data]


def histories(evidence: Evidence, reading: Reading) -> list[Verdict]:
    """Whether every user took what is said, in that order."""
    if reading.ready is None:
        return _stated(evidence, HISTORIES)
    files = write_histories(reading.ready.table)
    if HISTORIES not in evidence.files or not files:
        return _beside(evidence, HISTORIES, files or None)
    same = list(read_histories(evidence.files[HISTORIES]).items()) == list(read_histories(files[HISTORIES]).items())
    return [Verdict(HISTORIES, "recomputed", () if same else (_("they are not those of the data"),))]


def recommendations(evidence: Evidence, _reading: Reading) -> list[Verdict]:
    """Whether users are recommended what is said, by the weights and what they took before."""
    predictor = evidence.predictor
    with runtime(evidence.settings.training):
        files = recommended_users(predictor, evidence.predictions[predictor.member.name, "test"], evidence.files)
    return _beside(evidence, RECOMMENDATIONS, json.loads(files[RECOMMENDATIONS]) if files else None, TOLERANCE)


def _stated(evidence: Evidence, name: str) -> list[Verdict]:
    how: How = "impossible without the data"
    return [Verdict(name, how)] if name in evidence.files else []


def _beside(evidence: Evidence, name: str, again: Any, tolerance: float = _ROUNDING, levels: int = 0) -> list[Verdict]:
    """A file beside what it should hold, None where there should be none."""
    if name not in evidence.files:
        return [] if again is None else [Verdict(name, "recomputed", (_("it is missing from the run"),))]
    if again is None:
        return [Verdict(name, "recomputed", (_("a run like this one has no such file"),))]
    problem = _departure(evidence.read(name), again, tolerance, levels)
    return [Verdict(name, "recomputed", () if problem is None else (problem,))]


def _departure(stated: Any, again: Any, tolerance: float, levels: int, within: str = "") -> str | None:
    """Where the two first differ, and how, as a sentence; None where they show the same."""
    parts: list[tuple[Any, Any, Any]] = []
    if isinstance(stated, Mapping) and isinstance(again, Mapping) and stated.keys() == again.keys():
        parts = [(key, stated[key], again[key]) for key in again]
    elif isinstance(stated, list) and isinstance(again, list) and len(stated) == len(again):
        parts = [(place, *pair) for place, pair in enumerate(zip(stated, again, strict=True))]
    elif not _alike(stated, again, tolerance, levels):
        differ = _("{stated} there, {again} again", stated=shown(stated), again=shown(again))
        return f"{within}: {differ}" if within else differ
    for key, one, other in parts:
        if found := _departure(one, other, tolerance, levels, f"{within}.{key}".lstrip(".")):
            return found
    return None


def _alike(stated: Any, again: Any, tolerance: float, levels: int) -> bool:
    if isinstance(stated, float) and isinstance(again, float):
        return math.isclose(stated, again, rel_tol=tolerance, abs_tol=tolerance)
    if isinstance(stated, str) and isinstance(again, str) and again.startswith("data:"):
        return same_picture(stated, again, levels)
    return type(stated) is type(again) and bool(stated == again)

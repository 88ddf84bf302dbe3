"""Augmented: what a training makes of a few pictures, so that people can judge whether the answer survives it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from deepwright.config.settings import Member
from deepwright.contracts import Batch
from deepwright.data.inspection.samples import thumbnail
from deepwright.experiments import augmentations_of
from deepwright.predictor import Predictor
from deepwright.reporting.augmentations import AUGMENTED
from deepwright.specs import ImageSpec
from deepwright.training.randomness import derive
from deepwright.workflows.plan import Plan

_PICTURES = 10
#: Sets these random numbers apart from those of the training.
_STREAM = 0x5EE


@torch.random.fork_rng(devices=[])
def augmented(ready: Plan, predictor: Predictor) -> dict[str, bytes]:
    """Pictures of the training split as they are, after each augmentation alone, and after all of them together.

    Args:
        ready: what was trained.
        predictor: trained.

    Returns:
        ``augmented.json``; nothing where the training changed nothing.
    """
    members = ready.settings.training.augmentations
    if not members or not isinstance(predictor.task.inputs.spec, ImageSpec):
        return {}
    rng = np.random.default_rng([ready.settings.seed, _STREAM])
    rows = np.sort(rng.choice(ready.splits.train, min(_PICTURES, len(ready.splits.train)), replace=False))
    batch = predictor.task.examples(ready.table.take(rows)).batch(torch.arange(len(rows)))
    names = [member.name for member in members if isinstance(member, Member)]
    made: list[tuple[str | None, Batch]] = [("", batch)]
    together = batch
    for name, augment in zip(names, augmentations_of(ready.settings, predictor.task), strict=True):
        torch.manual_seed(derive(ready.settings.seed, _STREAM))
        made.append((name, augment(replace(batch))))
        together = augment(together)
    if len(names) > 1:
        made.append((None, together))
    record = [{"name": name, "pictures": _thumbnails(changed)} for name, changed in made]
    return {AUGMENTED: json.dumps(record, ensure_ascii=False, indent=1).encode()}


def _thumbnails(batch: Batch) -> list[str]:
    pictures: Any = batch.inputs[0].clamp(0, 1).mul(255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return [thumbnail(picture[..., 0] if picture.shape[-1] == 1 else picture) for picture in pictures]

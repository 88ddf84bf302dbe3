"""How data is read for the task that is asked for: pairs and interactions for those that learn from them alone."""

from __future__ import annotations

from dataclasses import replace

from deepwright.config.settings import DataSettings, Settings
from deepwright.data import pairs
from deepwright.data.interactions import columns as interactions


def as_asked(settings: Settings) -> DataSettings:
    """The settings with which data is read, as far as the task decides them, and the seed.

    Args:
        settings: whose task is a registered name, or ``auto``.
    """
    data, task = settings.data, settings.task
    if task != "auto":
        data = replace(
            data,
            pairs=task == pairs.TASK if data.pairs == "auto" else data.pairs,
            interactions=task in interactions.TASKS if data.interactions == "auto" else data.interactions,
        )
    return replace(data, ties=settings.seed) if data.ties == "auto" else data

"""The report's tables as rows of text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deepwright import registry
from deepwright.config.fields import fields_of
from deepwright.config.settings import Settings, TrainingSettings, ValidationSettings
from deepwright.measurements import Measurement
from deepwright.messages import _
from deepwright.reporting import figures, labels
from deepwright.reporting.contents import Contents

_COSTS = ("num_parameters", "fit_seconds", "training_seconds", "examples_per_second", "epochs", "peak_memory")
_ENERGY = (
    "training_energy",
    "training_carbon",
    "energy_per_1000_predictions",
    "carbon_per_1000_predictions",
    "training_flop",
    "matmul_share",
)
_HEADLINE = (
    *("bleu", "chrf", "exact_match", "accuracy", "macro_f1", "log_loss", "mae", "rmse", "r2"),
    *("perplexity", "bits_per_character", "token_accuracy"),
    *("ndcg", "recall_at", "coverage", "head_share"),
    *("told_from_noise", "word_similarity", "analogy_accuracy", "num_parameters", "fit_seconds"),
)
#: Settings that decide neither the result nor its cost.
_SILENT = ("keep_memory", "checkpoint_seconds")


@dataclass(frozen=True)
class Setting:
    """One resolved setting with its meaning, which a member's own settings lack here."""

    key: str
    value: str
    meaning: str = ""


@dataclass(frozen=True)
class Difference:
    """What the model gains in one metric over one baseline; ``verdict`` is 1 if better, -1 if worse, else 0."""

    metric: str
    baseline: str
    value: str
    low: str
    high: str
    verdict: int


@dataclass(frozen=True)
class ClassRow:
    """One class: its test rows, precision and recall."""

    label: str
    rows: int
    precision: Measurement | None
    recall: Measurement | None


def settings(contents: Contents) -> list[Setting]:
    """The settings that decide the run; those of the training only where there was one."""
    config = contents.config
    rows = [
        Setting("task", text_of(config["task"]), _meaning(Settings, "task")),
        Setting("model.name", contents.model, _title(contents.model)),
        *(Setting(f"model.{key}", text_of(value)) for key, value in config["model"].items() if key != "name"),
        Setting("seed", text_of(config["seed"]), _meaning(Settings, "seed")),
    ]
    if contents.history:
        rows += _section("training", config["training"], TrainingSettings)
    return [*rows, *_section("validation", config["validation"], ValidationSettings)]


def headline(contents: Contents) -> list[Measurement]:
    """The figures at the top of the report."""
    return [record for name in _HEADLINE if (record := contents.measurements.get(name)) and record.value is not None]


def metrics(contents: Contents) -> list[str]:
    """The names of the model's metrics on the test split, without those of single classes and differences."""
    records = contents.measurements.where(model=contents.model, split="test")
    return [record.name for record in records if "/" not in record.name]


def differences(contents: Contents) -> Iterator[Difference]:
    """What the model gains over each baseline, metric by metric."""
    for record in contents.measurements.records:
        stem, found, baseline = record.name.partition("_over/")
        if found and record.value is not None and record.split == "test":
            yield Difference(labels.metric(stem), baseline, *figures.difference(record), verdict(record))


def classes(contents: Contents) -> list[ClassRow]:
    """Every class in order."""
    return [
        ClassRow(
            label,
            contents.rows_of("test", label),
            contents.of(f"precision/{label}"),
            contents.of(f"recall/{label}"),
        )
        for label in contents.classes
    ]


def costs(contents: Contents) -> list[Measurement]:
    """Size, time and memory."""
    return [record for name in _COSTS if (record := contents.measurements.get(name)) is not None]


def energy(contents: Contents) -> list[Measurement]:
    """Energy, carbon and arithmetic, as far as they are known."""
    return [record for name in _ENERGY if (record := contents.measurements.get(name)) is not None]


def arguments(record: Measurement) -> str:
    """A measurement's arguments as compact JSON; empty where there are none."""
    return json.dumps(dict(record.arguments), ensure_ascii=False) if record.arguments else ""


def _section(name: str, values: Mapping[str, Any], cls: type[Any]) -> list[Setting]:
    return [
        Setting(f"{name}.{key}", text_of(value), _meaning(cls, key))
        for key, value in values.items()
        if key not in _SILENT
    ]


def _title(model: str) -> str:
    """What a registered model is; nothing of a network of the user's own, whose file may be gone."""
    known = registry.entries("models")
    return known[model].title if model in known else ""


def _meaning(cls: type[Any], key: str) -> str:
    field = fields_of(cls).get(key)
    return _(field.description) if field else ""


def text_of(value: object) -> str:
    """A value as it stands in YAML; a member's own settings in brackets after its name."""
    if isinstance(value, Mapping):
        own = ", ".join(f"{key}: {text_of(item)}" for key, item in value.items() if key != "name")
        return f"{value['name']} ({own})" if own else str(value["name"])
    if isinstance(value, list) and value and all(isinstance(item, Mapping) and "name" in item for item in value):
        return ", ".join(map(text_of, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def verdict(record: Measurement) -> int:
    """1 if a difference's interval says that it is better, -1 if worse, 0 if it holds 0."""
    if record.interval is None or record.interval[0] <= 0 <= record.interval[1]:
        return 0
    better = registry.load("metrics", str(record.arguments["metric"])).better
    return 1 if (record.interval[0] > 0) == (better == "higher") else -1

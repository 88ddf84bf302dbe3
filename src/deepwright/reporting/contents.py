"""What a run's own files say, read once for everything that a report shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepwright.config import yaml_core
from deepwright.contracts import TARGET, Answers, Predictions
from deepwright.measurements import Measurement, Measurements
from deepwright.run_directory import CONFIG

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Contents:
    """A run as its files describe it.

    Attributes:
        config: the resolved settings.
        config_text: the same as they stand in the file.
        data: where the data came from, and the counts of every split.
        layers: the network, in the order of its use.
        history: one record for each logged step; empty for a model that is solved.
        predictions: by model and split.
        measurements: every claim.
    """

    config: Mapping[str, Any]
    config_text: str
    data: Mapping[str, Any]
    layers: Sequence[Mapping[str, Any]]
    history: Sequence[Mapping[str, Any]]
    predictions: Mapping[tuple[str, str], Predictions]
    measurements: Measurements

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> Contents:
        """The contents of a run's files, by name."""
        from deepwright.validation.storage import MEASUREMENTS, PREDICTIONS, read_measurements, read_predictions

        text = files[CONFIG].decode()
        return cls(
            config=yaml_core.parse(text, CONFIG)[0],
            config_text=text,
            data=json.loads(files["data.json"]),
            layers=json.loads(files["architecture.json"]),
            history=[json.loads(line) for line in files["history.jsonl"].splitlines()],
            predictions=read_predictions(files[PREDICTIONS]),
            measurements=read_measurements(files[MEASUREMENTS]),
        )

    @property
    def model(self) -> str:
        """The registered name of the model."""
        return str(self.config["model"]["name"])

    @property
    def dataset(self) -> str:
        """The data set's name, without the folders that lead to it."""
        return Path(self.data["source"] or self.config["data"]["source"]).name

    @property
    def kind(self) -> str:
        """The kind of the input and the task, as ``image-classification``."""
        kinds = [role for role in self.data["roles"] if role != TARGET]
        return "-".join([*kinds[:1], self.config["task"].replace("_", "-")])

    @property
    def test(self) -> Predictions:
        """The model's predictions on the test split."""
        return self.predictions[self.model, "test"]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in order."""
        return self.test.names

    @property
    def answers(self) -> Answers:
        """What the task answers with."""
        return self.test.answers

    @property
    def principal(self) -> str:
        """The metric that judges the task before all others."""
        return next(r.name for r in self.measurements.records if r.model == self.model and r.split == "test")

    @property
    def temperature(self) -> float:
        """What the outputs are divided by."""
        record = self.measurements.get("calibration_error")
        return 1.0 if record is None else float(record.arguments["temperature"])

    @property
    def models(self) -> list[str]:
        """The model and then its baselines."""
        others = [model for model, split in self.predictions if split == "test" and model != self.model]
        return [self.model, *others]

    def stated(self, what: str) -> str | None:
        """Origin, licence or retention of the data, as the user stated it."""
        return dict(self.data.get("stated", {})).get(what)

    def rows_of(self, split: str, label: str) -> int:
        """How many rows of a split belong to a class."""
        return int(self.data["splits"][split].get("classes", {}).get(label, 0))

    def of(self, name: str, model: str | None = None, split: str = "test") -> Measurement | None:
        """A measurement by name, of the model itself unless another one is named."""
        return next(iter(self.measurements.where(name=name, model=model or self.model, split=split)), None)

    def validations(self) -> Iterator[tuple[float, Mapping[str, float]]]:
        """Epoch and validation figures, for each epoch that ended."""
        return ((record["epoch"], record["validation"]) for record in self.history if "validation" in record)

    def epoch_of(self, step: int) -> float:
        """Passes over the training split that a step completes, from 0; the step itself while no epoch has ended."""
        last = next((record for record in reversed(self.history) if "validation" in record), None)
        return step if last is None else step * float(last["epoch"]) / float(last["step"])

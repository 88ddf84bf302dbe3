"""The records and protocols that the parts of deepwright agree on. Importing this does not import torch.

Shape letters, everywhere the same: B batch, N rows, R resamples, C classes or channels, H and W height and width.

A column of a table is turned into tensors by an **encoder**, fitted on the training split only, which yields a
**Spec**; a **model** is built from two Specs; a **task** joins the encoders of its columns, its losses and its
metrics; a **metric** turns predictions into numbers; a number becomes a claim as a **Measurement**.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor, nn

    from deepwright.data.table import Column, Table
    from deepwright.predictor import Predictor

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
#: Raw values of one column: paths, texts, arrays.
Raw: TypeAlias = Sequence[Any] | npt.NDArray[Any]


# ---------------------------------------------------------------------------------------------- specs


@dataclass(frozen=True)
class Spec:
    """What a fitted encoder yields, as far as a model must know; its subclasses decide which models fit."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one input, without the batch."""
        raise NotImplementedError


@dataclass(frozen=True)
class ImageSpec(Spec):
    """Pictures as float tensors [B, C, H, W] with values from 0 to 1.

    Attributes:
        channels: 1 for grey, 3 for colour.
        height: pixels.
        width: pixels.
    """

    channels: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        return self.channels, self.height, self.width


@dataclass(frozen=True)
class OutputSpec(Spec):
    """What a model yields: [B, num_outputs]. A model whose output fits any task takes this."""

    @property
    def num_outputs(self) -> int:
        """Units of the last layer."""
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, ...]:
        """One axis of ``num_outputs``."""
        return (self.num_outputs,)


@dataclass(frozen=True)
class ClassSpec(OutputSpec):
    """One of several classes; targets are whole numbers [B] that index ``names``, outputs logits [B, classes]."""

    names: tuple[str, ...]

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.names)

    @property
    def num_outputs(self) -> int:
        """One logit for each class."""
        return len(self.names)


@dataclass(frozen=True)
class LabelsSpec(OutputSpec):
    """Any number of labels at once; targets are 0 or 1 [B, labels], outputs logits [B, labels], each on its own."""

    names: tuple[str, ...]

    @property
    def num_outputs(self) -> int:
        """One logit for each label."""
        return len(self.names)


@dataclass(frozen=True)
class NumberSpec(OutputSpec):
    """A number; targets [B] and outputs [B, 1] are in deviations from the training split's mean.

    Attributes:
        name: of the column.
        mean: of the training split, in the number's own unit.
        deviation: of the training split, above 0.
    """

    name: str
    mean: float
    deviation: float

    @property
    def num_outputs(self) -> int:
        """One."""
        return 1


# ------------------------------------------------------------------------------------------- examples


@dataclass(frozen=True)
class Batch:
    """Encoded examples that go through the network together.

    Attributes:
        inputs: what the network's ``forward`` takes, in order; each begins with B.
        targets: what the losses compare with, [B, …]; None when predicting.
        rows: [B] int64, the row of the table that each example came from: one can ask for the loss of a row.
        partners: [B] int64, for each example the one in this batch that was mixed into it; None if nothing was mixed.
        shares: [B], how much of each example is its own, from 0 to 1; None if nothing was mixed.
    """

    inputs: tuple[Tensor, ...]
    targets: Tensor | None
    rows: Tensor
    partners: Tensor | None = None
    shares: Tensor | None = None

    def __len__(self) -> int:
        return len(self.rows)


class Stored(Protocol):
    """Encoded values in their compact form, in memory (a Tensor) or elsewhere."""

    def __len__(self) -> int: ...

    def __getitem__(self, positions: Tensor, /) -> Tensor:
        """The values at [B] positions, [B, …], in memory."""
        ...


class Examples(Protocol):
    """Encoded rows that can be batched in any order; how they are stored is their own affair."""

    @property
    def targets(self) -> Tensor | None:
        """Of all rows, [N, …]; None when predicting."""
        ...

    def __len__(self) -> int: ...

    def batch(self, positions: Tensor) -> Batch:
        """The examples at [B] positions, from 0 to ``len(self) - 1``, as one batch on the CPU."""
        ...


def batches(examples: Examples, num_values: int = 2_000_000, most: int = 512) -> Iterator[Batch]:
    """All examples in order, as many at a time as have about so many input values, and at most ``most``.

    A network's layers need a multiple of its input's memory: large pictures go through it a few at a time.
    """
    import torch

    first = examples.batch(torch.zeros(1, dtype=torch.int64)).inputs[0]
    size = max(1, min(most, num_values // max(1, first.numel())))
    for positions in torch.arange(len(examples)).split(size):
        yield examples.batch(positions)


# ------------------------------------------------------------------------------------------- encoders


class Encoder(Protocol):
    """Turns values of one column into tensors. All it has learnt is in ``state()``, which is plain data."""

    kind: ClassVar[str]

    def fit(self, column: Column) -> None:
        """Learn from the rows of the training split."""
        ...

    @property
    def spec(self) -> Spec:
        """What the encoded values are; raises before ``fit``."""
        ...

    def encode(self, values: Raw) -> Stored:
        """Values in a compact form [N, …]; raises DataError for a value that cannot be read."""
        ...

    def state(self) -> dict[str, Any]:
        """All that was learnt, as JSON-compatible data."""
        ...

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Encoder:
        """The encoder that gave this state."""
        ...


class InputEncoder(Encoder, Protocol):
    """An encoder of what goes into a network."""

    def batch(self, stored: Tensor) -> tuple[Tensor, ...]:
        """Stored values [B, …] as the tensors that the network takes."""
        ...

    def front(self) -> nn.Module:
        """The first layer of the network: normalisation belongs to it, so that inputs keep their own unit."""
        ...


class Augmentation(Protocol):
    """Changes training batches at random, so that a network sees no example twice the same; never used to evaluate.

    Its keyword arguments are its configuration, ``inputs`` is the spec of what it changes. Random numbers are torch's
    own default ones, which the training seeds at every step, so that a resumed training sees the same changes.
    """

    def __init__(self, inputs: Any, **settings: Any) -> None: ...

    def __call__(self, batch: Batch) -> Batch:
        """The batch, changed; inputs keep their shape and their unit (pictures: floats [B, C, H, W] from 0 to 1)."""
        ...


# --------------------------------------------------------------------------------------------- models


@dataclass(frozen=True)
class Recipe:
    """The training settings a model asks for where the user leaves them at ``auto``.

    Attributes:
        epochs: passes over the training split.
        batch_size: examples in a step.
        learning_rate: the highest learning rate of the schedule.
        weight_decay: decoupled weight decay of matrices and kernels.
        optimizer: name of a registered optimizer.
        schedule: name of a registered learning-rate schedule.
        augmented: whether it gains from the augmentations that suit the data.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.01
    optimizer: str = "adamw"
    schedule: str = "one_cycle"
    augmented: bool = False


@runtime_checkable
class Trainable(Protocol):
    """A model that learns by gradient: an ``nn.Module`` built from two Specs, with a recipe."""

    @staticmethod
    def recipe(num_examples: int, inputs: Any) -> Recipe:
        """The training settings that were found to work for this many training examples with inputs of this Spec."""
        ...


@runtime_checkable
class Solvable(Protocol):
    """A model that is solved rather than trained: an ``nn.Module`` whose ``fit`` fills its buffers."""

    def fit(self, examples: Examples) -> None:
        """Solve for the training examples, passing over them in batches."""
        ...


# ---------------------------------------------------------------------------------------------- tasks


class Task(Protocol):
    """What the columns mean, how outputs are judged, and how they become answers."""

    columns: Mapping[str, str]
    inputs: InputEncoder
    outputs: Encoder
    default_models: ClassVar[Mapping[str, str]]
    baselines: ClassVar[Mapping[str, tuple[str, ...]]]
    #: What ``scores`` are the mean of, such as ``accuracy``: shown while training.
    score: ClassVar[str]
    #: Whether outputs become probabilities of classes, which a temperature calibrates and splits keep in proportion.
    calibrated: ClassVar[bool]

    @classmethod
    def roles(cls, table: Table, columns: Mapping[str, str]) -> dict[str, str] | None:
        """The column that plays each role, or None if the table does not suit the task."""
        ...

    @classmethod
    def reason(cls, table: Table, roles: Mapping[str, str]) -> str:
        """Why the table suits the task, as a translated sentence."""
        ...

    def fit(self, table: Table) -> None:
        """Fit the encoders on the rows of the training split."""
        ...

    def examples(self, table: Table) -> Examples:
        """Encode rows with their targets."""
        ...

    def encode(self, values: Raw) -> Batch:
        """Encode inputs alone, to predict."""
        ...

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        """One loss for each example, [B]: never reduced, since audits and private training need each."""
        ...

    def scores(self, outputs: Tensor, batch: Batch) -> Tensor:
        """How well each example was answered, [B]; their mean is shown while training."""
        ...

    def predictions(self, outputs: Tensor, targets: Tensor, rows: IntArray) -> Predictions:
        """Outputs beside their targets, ready for the metrics."""
        ...

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """One answer for each example, in the user's own terms."""
        ...

    def claims(self, temperature: float) -> list[Claim]:
        """The metrics that judge this task, the principal one first."""
        ...


@dataclass(frozen=True)
class Predictions:
    """Outputs and targets of N rows, the material that metrics measure.

    Attributes:
        rows: [N] rows of the table.
        targets: [N] index of the true class, or the true number; [N, C] 0 or 1 for labels.
        outputs: [N, C] logits, before calibration; [N, 1] numbers in their own unit.
        names: [C] the classes, the labels, or the one number.
    """

    rows: IntArray
    targets: Any
    outputs: FloatArray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)


# ------------------------------------------------------------------------------------------ exporters


class Exporter(Protocol):
    """Writes a predictor as one file for other programs, and runs that file as they would.

    Attributes:
        suffix: how the names of its files end: ``.onnx``.
        packages: what has to be installed.
        extra: of this distribution, which installs them.
    """

    suffix: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    extra: ClassVar[str]

    def export(self, predictor: Predictor, about: Mapping[str, str]) -> bytes:
        """The file; ``about`` goes into its metadata."""
        ...

    def answers(self, exported: bytes, values: Any, outputs: OutputSpec) -> list[dict[str, Any]]:
        """What the file makes of raw values, in the form of the task's own answers."""
        ...


# -------------------------------------------------------------------------------------------- metrics


class Metric(Protocol):
    """A number computed from predictions; its keyword arguments are recorded with every claim.

    Attributes:
        unit: what the number counts: ``share`` (0 to 1), ``nats``, …
        better: ``higher`` or ``lower``.
    """

    unit: ClassVar[str]
    better: ClassVar[Literal["higher", "lower"]]

    def __call__(self, predictions: Predictions, weights: FloatArray) -> FloatArray:
        """The metric of R weighted samples of the same N rows: weights [R, N] → [R]; NaN where it is undefined."""
        ...


@runtime_checkable
class Proportion(Protocol):
    """A metric that is a share of successes, so that an exact interval exists where the bootstrap has none."""

    def counts(self, predictions: Predictions) -> tuple[int, int]:
        """Successes and trials."""
        ...


@dataclass(frozen=True)
class Claim:
    """A metric to be measured.

    Attributes:
        name: in the results.
        measure: the registered metric.
        arguments: its arguments.
        compared: whether it is also measured on the other splits and against the baselines.
    """

    name: str
    measure: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    compared: bool = False


@dataclass(frozen=True, repr=False)
class Measurement:
    """A claim of the program, with all that is needed to judge it and to obtain it again.

    Attributes:
        name: what was measured, unique with ``model`` and ``split``.
        value: the figure; None if it could not be measured.
        unit: its unit.
        measure: the registered metric or named procedure that gave it.
        arguments: its arguments.
        model: the model it is about.
        split: the split it is about, if any.
        n: how many examples (or repetitions) stand behind it.
        interval: lower and upper bound, or None.
        level: coverage of the interval.
        method: how the interval was obtained.
        seed: of the randomness within the measure.
        inputs: SHA-256 by name of what it was computed from.
        status: measured, estimated, stated (by the user), or not measured.
        recomputable: whether ``inputs`` alone suffice to compute it again.
    """

    name: str
    value: float | None
    unit: str
    measure: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    split: str | None = None
    n: int | None = None
    interval: tuple[float, float] | None = None
    level: float | None = None
    method: str | None = None
    seed: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    status: Literal["measured", "estimated", "stated", "not measured"] = "measured"
    recomputable: bool = False

    def __float__(self) -> float:
        return float("nan") if self.value is None else float(self.value)

    def __repr__(self) -> str:
        return f"{self.name}: {self}"

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        bounds = f" [{self.interval[0]:.4f}, {self.interval[1]:.4f}]" if self.interval else ""
        count = f" (n={self.n})" if self.n is not None else ""
        return f"{self.value:.4f}{bounds}{count}"

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-compatible data."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Measurement:
        """The measurement that ``to_json`` wrote."""
        interval = record.get("interval")
        return cls(**{**record, "interval": tuple(interval) if interval else None})


class Measurements(Mapping[str, Measurement]):
    """Measurements in order; looked up by name, they are those of the trained model on the test split.

    Args:
        records: all of them.
        model: the model that a bare name means.
        split: the split that a bare name means.
    """

    def __init__(self, records: Sequence[Measurement], model: str | None = None, split: str | None = "test") -> None:
        self.records = tuple(records)
        self.model = model
        self.split = split

    def __getitem__(self, name: str) -> Measurement:
        for record in self.records:
            if record.name == name and record.model in (self.model, None) and record.split in (self.split, None):
                return record
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (r.name for r in self.records if r.model in (self.model, None) and r.split in (self.split, None))

    def __len__(self) -> int:
        return sum(1 for _name in self)

    def where(self, **conditions: Any) -> list[Measurement]:
        """Every record whose attributes have the given values."""
        return [r for r in self.records if all(getattr(r, key) == value for key, value in conditions.items())]

    def __repr__(self) -> str:
        return "\n".join(repr(self[name]) for name in self)

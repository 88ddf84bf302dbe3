"""The protocols and records that the parts of deepwright agree on. Importing this does not import torch.

Shape letters, everywhere the same: B batch, N rows, R resamples, C classes or channels, H and W height and width.

A column of a table is turned into tensors by an **encoder**, fitted on the training split only, which yields a
**Spec**; a **model** is built from two Specs; a **task** joins the encoders of its columns, its losses and its
metrics; a **metric** turns predictions into numbers; a number becomes a claim as a **Measurement**.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn

    from deepwright.data.table import Column, Table
    from deepwright.data.texts.choices import Reading
    from deepwright.data.texts.passages import Passages
    from deepwright.measurements import Claim
    from deepwright.predictor import Predictor
    from deepwright.specs import OutputSpec, Spec

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
#: Raw values of one column: paths, texts, arrays.
Raw: TypeAlias = "Sequence[Any] | npt.NDArray[Any] | Passages"
#: What a task answers with: one class, any number of labels, a number, every next token of a text, each word of it,
#: another text, or items in the order in which they are recommended.
Answers: TypeAlias = Literal["class", "labels", "number", "tokens", "words", "text", "items"]
#: What examples are for: to be learnt from by gradient, step after step; to be solved for, all at once; to be judged.
Use: TypeAlias = Literal["learn", "solve", "judge"]
#: The role of the column that a task learns from the others; a task that learns from its input alone has no such role.
TARGET = "label"
#: Is told the pass that a solved model is in, from 1, of how many, and what share of all is done; whether to go on.
GoingOn: TypeAlias = Callable[[int, int, float], bool]
#: What is kept of a passage's outputs: the sum of -log of the probabilities that its tokens were given, and how many of
#: them were the most probable.
PASSAGE = ("nats", "right")
#: The same of a text's words, each told from noise words or not.
WORDS = ("nats", "told")
#: The same of the tokens of a text that was to be written, after those before it; then how many there are, its end
#: included, and how many its source has.
TRANSLATED = ("nats", "right", "tokens", "source_tokens")

#: Items at the top of a recommendation by which it is judged, and those that are kept of it, the best first, ...
FIRST, TOP = 10, 20
#: ... by their numbers, and how often each of them was learnt from; then the items of the history that it was made of,
#: and how unlike the first ten are to each other.
RANKED = (
    *(f"item {place}" for place in range(1, TOP + 1)),
    *(f"count {place}" for place in range(1, TOP + 1)),
    "history",
    "diversity",
)


def input_role(roles: Mapping[str, str]) -> str:
    """The role of the column that is learnt from, which is also the kind of its values."""
    return next(role for role in roles if role != TARGET)


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
        """What the predictions of all examples are set against, [N, …]; None when predicting."""
        ...

    def __len__(self) -> int: ...

    def batch(self, positions: Tensor) -> Batch:
        """The examples at [B] positions, from 0 to ``len(self) - 1``, as one batch on the CPU."""
        ...


@runtime_checkable
class Ordered(Protocol):
    """Examples that know which of them go well into one batch, such as texts of about the same length."""

    def batches(self, generator: Generator, batch_size: int) -> list[Tensor]:
        """The positions of each batch of an epoch, every example once; the generator alone decides.

        There are as many as there would be of ``batch_size`` examples each, which are those of a batch on average.
        """
        ...

    def by_length(self) -> Tensor:
        """All positions [N], those of the longest examples first; as they stand where none is longer than another."""
        ...


def least_padded(examples: Examples) -> Tensor:
    """Positions [N] in an order in which batches have little padding."""
    import torch

    return examples.by_length() if isinstance(examples, Ordered) else torch.arange(len(examples))


def one_example(task: Task) -> Batch:
    """What a network takes of one example, each [1, …], of which nothing is known but shape and type."""
    import torch

    from deepwright.specs import HistorySpec, RatedSpec, TextSpec, TranslationSpec

    inputs, outputs = task.inputs.spec, task.outputs.spec
    kind = torch.int64 if isinstance(inputs, TextSpec | HistorySpec | RatedSpec) else torch.float32
    taken: tuple[Tensor, ...] = (torch.ones(1, *inputs.shape, dtype=kind),)
    if isinstance(outputs, TranslationSpec):
        taken = (*taken, torch.ones(1, outputs.shape[0], dtype=torch.int64))
    if isinstance(inputs, HistorySpec | RatedSpec):
        taken = (*taken, torch.ones(1, dtype=torch.int64))
    return Batch(taken, None, torch.zeros(1, dtype=torch.int64))


def batches(
    examples: Examples,
    outputs: Spec | None = None,
    num_values: int = 2_000_000,
    most: int = 512,
    order: Tensor | None = None,
) -> Iterator[Batch]:
    """All examples in order, as many at a time as have about so many input values, and at most ``most``.

    A network's layers need a multiple of its input's memory: large pictures go through it a few at a time. So do texts
    of which every token has as many outputs as there are tokens.

    Args:
        examples: what is gone through.
        outputs: what each becomes, of which ten times as many values are allowed; None where that is little.
        num_values: of the inputs of a batch.
        most: examples in a batch.
        order: positions [N] in which they come, none with more input values than the first; None leaves them in theirs.
    """
    import math

    import torch

    order = torch.arange(len(examples)) if order is None else order
    first = examples.batch(order[:1]).inputs[0]
    size = min(most, num_values // max(1, first.numel()))
    if outputs is not None:
        size = min(size, 10 * num_values // max(1, math.prod(outputs.shape)))
    size = max(1, size)
    for positions in order.split(size):
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
        batch_size: examples in a step; of texts on average.
        learning_rate: the highest learning rate of the schedule.
        weight_decay: decoupled weight decay of matrices and kernels.
        optimizer: name of a registered optimizer.
        schedule: name of a registered learning-rate schedule.
        augmentation: how far the augmentations that suit the data go, from 0, which is none of them, to 1.
        label_smoothing: share of the target that is spread over all classes or tokens, from 0 to below 1; not taken
            where the task has neither.
        averaged_epochs: the last epochs whose weights are averaged, from 2; None keeps the last weights. Not taken
            where the user wants the best ones.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.01
    optimizer: str = "adamw"
    schedule: str = "one_cycle"
    augmentation: float = 0.0
    label_smoothing: float = 0.0
    averaged_epochs: int | None = None


@runtime_checkable
class Trainable(Protocol):
    """A model that learns by gradient: an ``nn.Module`` built from two Specs, with a recipe."""

    @staticmethod
    def recipe(num_examples: int, inputs: Any, outputs: Any) -> Recipe:
        """The training settings that were found to work for so many training examples with these Specs."""
        ...


@runtime_checkable
class OwnObjective(Protocol):
    """A trainable model that learns from something else than the task's losses, such as every step of a history.

    While it learns (``module.training``), ``forward`` gives its losses [B]; else its outputs, as of any model.
    """

    own_objective: ClassVar[Literal[True]]


@runtime_checkable
class Solvable(Protocol):
    """A model that is solved rather than trained: an ``nn.Module`` whose ``fit`` fills its buffers."""

    def fit(self, examples: Examples) -> None:
        """Solve for the training examples, passing over them in batches."""
        ...


def unheard(_epoch: int, _num_epochs: int, _share: float) -> bool:
    """Nobody is told how far a model is: it goes on."""
    return True


@runtime_checkable
class Passing(Protocol):
    """A solvable model that goes over the examples several times, tells how far it is, and can be stopped."""

    def fit_in_passes(self, examples: Examples, going_on: GoingOn) -> None:
        """Solve for the training examples; once it is told not to go on, with what has been seen of them."""
        ...


@runtime_checkable
class Candidate(Protocol):
    """A model that is tried beside the others that say so, where the settings leave the model open."""

    @staticmethod
    def worth_trying(num_examples: int, outputs: Any) -> bool:
        """Whether it may turn out to be the best with so many training examples, and does not take too long.

        Args:
            num_examples: of the training split.
            outputs: Spec of what is learnt.
        """
        ...


# ---------------------------------------------------------------------------------------------- tasks


class Task(Protocol):
    """What the columns mean, how outputs are judged, and how they become answers."""

    columns: Mapping[str, str]
    inputs: InputEncoder
    outputs: Encoder
    default_models: ClassVar[Mapping[str, str]]
    baselines: ClassVar[Mapping[str, tuple[str, ...]]]
    #: The data's settings that say how its texts are read.
    reads: ClassVar[tuple[str, ...]]
    #: What ``scores`` are the mean of, such as ``accuracy``: shown while training.
    score: ClassVar[str]
    #: Which of two scores is the better one.
    better: ClassVar[Literal["higher", "lower"]]
    #: Whether outputs become probabilities of classes, which a temperature calibrates.
    calibrated: ClassVar[bool]

    @property
    def input_column(self) -> str:
        """The column that is learnt from."""
        ...

    @property
    def target_column(self) -> str | None:
        """The column that is learnt; None where what is learnt is in the input itself."""
        ...

    @classmethod
    def roles(cls, table: Table, columns: Mapping[str, str], asked: bool = False) -> dict[str, str] | None:
        """The column that plays each role, or None if the table does not suit the task, asked for or guessed."""
        ...

    @classmethod
    def reason(cls, table: Table, roles: Mapping[str, str]) -> str:
        """Why the table suits the task, as a translated sentence."""
        ...

    @classmethod
    def strata(cls, table: Table, roles: Mapping[str, str]) -> npt.NDArray[Any] | None:
        """[N] what keeps its shares when the rows are divided, such as the class; None if nothing does."""
        ...

    @classmethod
    def default_model(cls, table: Table, roles: Mapping[str, str]) -> str:
        """The model that is taken, or that others are tried beside, where the settings leave it open."""
        ...

    @classmethod
    def reading(cls, table: Table, roles: Mapping[str, str]) -> Reading:
        """How texts are read where the settings leave it open."""
        ...

    def fit(self, table: Table) -> None:
        """Fit the encoders on the rows of the training split."""
        ...

    def restore(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """Take the encoders that gave these states, in place of fitting them."""
        ...

    def check(self, table: Table, rows: IntArray) -> None:
        """Whether some rows of another split than the training split can be judged; what is learnt from is not read.

        Raises:
            DataError: what is to be learnt cannot be read in them, or is not there.
        """
        ...

    def num_examples(self, num_rows: int) -> int:
        """How many examples so many rows of the training split are: one each, unless the task says otherwise."""
        ...

    def examples(self, table: Table, use: Use = "judge") -> Examples:
        """Encode rows with their targets; those that are learnt from may be cut anew whenever they are asked for."""
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

    def judged(self, outputs: Tensor, batch: Batch) -> Tensor:
        """What the metrics need of a batch's outputs, [B, K]: the outputs themselves, unless these are very many."""
        ...

    def predictions(self, judged: Tensor, targets: Tensor, rows: IntArray) -> Predictions:
        """What was ``judged`` of all examples beside the examples' targets, ready for the metrics."""
        ...

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """One answer for each example, in the user's own terms."""
        ...

    def claims(self, temperature: float) -> list[Claim]:
        """The metrics that judge this task, the principal one first."""
        ...


@runtime_checkable
class Smoothable(Protocol):
    """A task whose targets are classes or tokens, so that some of a target can be spread over all of them."""

    def smoothed_losses(self, outputs: Tensor, batch: Batch, smoothing: float) -> Tensor:
        """Losses to learn from, [B]: (1 - ε)·(-log p_y) + ε·mean over classes c of -log p_c, with ε the smoothing.

        At ε = 0 they are ``losses``; nothing is ever judged by others.

        Reference:
            C. Szegedy et al., 2016, section 7, with the uniform distribution over classes.
        """
        ...


@dataclass(frozen=True)
class Predictions:
    """Outputs and targets of N rows, the material that metrics measure.

    Attributes:
        rows: [N] rows of the table.
        targets: [N] index of the true class, or the true number; [N, C] 0 or 1 for labels; [N, 2] tokens and characters
            of a passage, as floats; [N] texts that were to be written; [N, M] numbers of the items that were taken
            next, 0 for one that is not known, below 0 where there are no more.
        outputs: [N, C] logits, before calibration; [N, 1] numbers in their own unit; [N, 2] of a passage's tokens the
            sum of -log of the probabilities that they were given, in nats, and how many were the most probable; [N, 2]
            of a text's words the sum of their losses beside noise, in nats, and how many were told from it; [N, 4] of a
            text that was to be written what ``TRANSLATED`` names; [N, K] of a recommendation what ``RANKED`` names.
        names: [C] the classes, the labels, or the one number; what the outputs of a passage are.
        groups: [N] index of the group that a row belongs to, such as its writer, where the rows were divided by groups:
            rows of one group are not independent of each other. Passages of one row are such a group.
        written: [N] texts that were written, where texts are.
        catalogue: [1 + I] the items by number, where items are recommended.
    """

    rows: IntArray
    targets: Any
    outputs: FloatArray
    names: tuple[str, ...]
    groups: IntArray | None = None
    written: npt.NDArray[Any] | None = None
    catalogue: npt.NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, positions: npt.NDArray[Any]) -> Predictions:
        """Some of the rows, by position [n], each as often as it is named, or by whether they are meant [N]."""
        groups, written = (None if part is None else part[positions] for part in (self.groups, self.written))
        return Predictions(
            self.rows[positions],
            self.targets[positions],
            self.outputs[positions],
            self.names,
            groups,
            written,
            self.catalogue,
        )

    @cached_property
    def largest(self) -> IntArray:
        """The class with the largest output, [N]; found once for however many claims ask, one of each class."""
        found: IntArray = self.outputs.argmax(1)
        return found

    @property
    def answers(self) -> Answers:
        """What was answered with, as the targets tell, and of passages what their outputs are."""
        if self.names == PASSAGE:
            return "tokens"
        if self.names == WORDS:
            return "words"
        if self.names == TRANSLATED:
            return "text"
        if self.names == RANKED:
            return "items"
        if self.targets.ndim == 1:
            return "number" if self.targets.dtype.kind == "f" else "class"
        return "labels"


# ------------------------------------------------------------------------------------------ exporters


class Exporter(Protocol):
    """Writes a predictor as one file for other programs, and runs that file as they would.

    Attributes:
        suffix: how the names of its files end: ``.onnx``.
        packages: what has to be installed.
        extra: of this distribution, which installs them.
        kinds: of inputs whose preprocessing it can put into its files.
    """

    suffix: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    extra: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]

    def export(self, predictor: Predictor, about: Mapping[str, str]) -> bytes:
        """The file; ``about`` goes into its metadata."""
        ...

    def takes(self, predictor: Predictor) -> str:
        """What goes into the file, as a translated sentence."""
        ...

    def answers(self, exported: bytes, values: Any, outputs: OutputSpec) -> list[dict[str, Any]]:
        """What the file makes of raw values, in the form of the task's own answers."""
        ...


# -------------------------------------------------------------------------------------------- metrics


class Metric(Protocol):
    """A number made of sums over rows; its keyword arguments are recorded with every claim.

    A resample of N rows is a weighted sum, so that all draws of all metrics are one product of matrices. One that is of
    other answers than classes says so (``answers``), for where no task claims it.

    Attributes:
        unit: what the number counts: ``share`` (0 to 1), ``rate`` (the same, which may pass 1), ``points`` (0 to 100),
            ``nats``, …
        better: ``higher`` or ``lower``.
    """

    unit: ClassVar[str]
    better: ClassVar[Literal["higher", "lower"]]

    def terms(self, predictions: Predictions) -> FloatArray:
        """What is summed over the rows, [N, K]."""
        ...

    def value(self, sums: FloatArray) -> FloatArray:
        """The metric of R samples from their weighted sums of the terms: [R, K] → [R]; NaN where it is undefined."""
        ...


def weighted(metric: Metric, predictions: Predictions, weights: FloatArray) -> FloatArray:
    """The metric of R weighted samples of the same N rows: weights [R, N] → [R]; NaN where it is undefined."""
    return metric.value(weights @ metric.terms(predictions))


@runtime_checkable
class Proportion(Protocol):
    """A metric that is a share of successes, so that an exact interval exists where the bootstrap has none."""

    def counts(self, predictions: Predictions) -> tuple[int, int]:
        """Successes and trials."""
        ...


@runtime_checkable
class OfDecisions(Protocol):
    """A metric of decisions alone, higher where more are right: one more row can change it only so much."""

    def right(self, predictions: Predictions) -> npt.NDArray[np.bool_]:
        """The rows that were decided rightly, [N]."""
        ...

    def decided(self, predictions: Predictions, rightly: bool) -> Predictions:
        """The same rows, every one of them decided rightly, or every one wrongly."""
        ...


@runtime_checkable
class OfAllRows(Protocol):
    """A metric of all rows together, such as how many different items they are recommended; it has no interval.

    A resample has some rows several times and lacks others, so that its value is another one even where nothing but
    the rows is left to chance: its quantiles lie on one side of the figure.
    """

    of_all_rows: ClassVar[Literal[True]]

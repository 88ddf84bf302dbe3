"""The static sections of a configuration. A member's own settings are checked by the registry.

``auto`` means: decided from the data, the model's recipe or the machine, and written into the run's
``config.yaml`` as the value that was taken.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias, get_args

from msgspec import Meta

from deepwright.config.documents import Document
from deepwright.config.fields import Field, check, convert, fields_of, shown
from deepwright.config.yaml_core import KeyPath
from deepwright.errors import ConfigError
from deepwright.messages import _, listing

Auto: TypeAlias = Literal["auto"]
Count: TypeAlias = Annotated[int, Meta(ge=1)]
Share: TypeAlias = Annotated[float, Meta(gt=0, lt=1)]
Positive: TypeAlias = Annotated[float, Meta(gt=0)]
NonNegative: TypeAlias = Annotated[float, Meta(ge=0)]
SplitMethod: TypeAlias = Literal[
    "auto", "given", "stratified", "random", "group", "time", "contiguous", "last", "users"
]


@dataclass(frozen=True)
class Member:
    """A registered member by name, with its own settings; ``model: mlp`` is short for ``model: {name: mlp}``."""

    name: str = "auto"
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SplitSettings:
    """How rows are divided into training, validation and test.

    Attributes:
        method: given (the data's own splits), stratified (by class, or by the rarest label of each row), random,
            group, time or contiguous (the first rows train, the last ones test, cut between files where there are
            many); auto takes the first that applies of group, time, given, contiguous for the passages of text files,
            stratified, random. Interactions of users with items are divided by last (the last one of each user tests,
            the one before validates), which auto takes, time, random (some of each user) or users (of some users
            nothing trains, and the last ones test).
        validation: share of the rows that chooses and calibrates; of the training rows where the data gives no
            validation split.
        test: share of the rows that is read once, at the end; unused where the data gives a test split.
        group: column whose equal values stay in one split, for example a patient or a writer.
        time: column by which the newest rows become test and the next newest validation.
    """

    method: SplitMethod = "auto"
    validation: Share = 0.1
    test: Share = 0.2
    group: str | None = None
    time: str | None = None


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Where the data is and what its columns mean.

    Attributes:
        source: a path, or the name of a data set.
        target_source: a second text file, of which each line was written for that line of the first; null where there
            is none.
        columns: the columns that play a role, by role: image or text (or input, which is either) and label, which is
            what is to be learnt; of interactions user, item (or label), rating and time.
        pairs: whether two columns are texts of which one was written for the other, both taken exactly as they are;
            auto takes them so for translation, or where they are named like pairs (source and target, src and tgt,
            input and output, or two languages such as de and en).
        interactions: whether the rows say which user took which item; auto takes them so for recommendation and
            rating, or where columns are named like users and items (user_id, item_id and usual other names).
        items: a table of what is known of items, such as their titles and genres; null where there is none.
        users: a table of what is known of users; null where there is none.
        min_rating: the rating from which on an interaction counts; null counts all.
        repeats: whether of a user's interactions with the same item the last one counts, or all.
        ties: how a user's interactions of one time are ordered: drawn with this number as the seed, or as in the file;
            auto draws with the run's seed.
        layout: what says which class a picture is of where a table lies beside folders: the table, or the names of the
            folders; null takes the table where it alone can be meant or is called metadata, and asks where both can be.
        split: how rows are divided.
        image_size: height and width in pixels to which pictures of differing sizes are brought; auto takes their
            median shorter side, at most 224, and leaves pictures that are all alike as they are; null takes no others.
        fit: how a picture of another shape is brought to that size: crop cuts what is too long, pad adds grey at
            the sides, stretch distorts.
        tokenizer: how texts are divided: into words, with every Chinese character on its own, into characters, into
            bytes, or by bpe into pieces that are often there; auto takes what the model was made for, and characters of
            a text that is continued, or bpe where it is long.
        vocab_size: different tokens that are known at most; auto takes 30,000 words, 10,000 characters or 8,192
            pieces.
        max_seq_len: tokens that are read of a text; auto takes 256 words, 2,048 characters or bytes, or 512 pieces. Of
            a text that is continued, how many are seen at once; auto takes 128, or fewer where the text is short. Of
            texts that are translated and of their translations, auto takes 512 characters or 256 pieces.
        target_tokenizer: how texts that are to be written for others are divided; auto takes characters of texts of few
            words, else bpe.
        shared_vocabulary: whether texts and those that are written for them are divided by one vocabulary; auto does so
            where both are divided by bpe.
        strict: stop at the first picture or row that cannot be used, instead of listing it and going on.
        storage: where decoded pictures are kept; auto takes memory where they fit well, else a file in the cache.
        origin: where the data came from, as you state it; written into the run and its report.
        licence: under which licence it may be used, as you state it.
        retention: until when, or for how long, it may be kept, as you state it.
    """

    source: str | None = None
    target_source: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    pairs: Auto | bool = "auto"
    interactions: Auto | bool = "auto"
    items: str | None = None
    users: str | None = None
    min_rating: float | None = None
    repeats: Literal["last", "all"] = "last"
    ties: Auto | Literal["file"] | Annotated[int, Meta(ge=0)] | None = "auto"
    layout: Literal["table", "folders"] | None = None
    split: SplitSettings = SplitSettings()
    image_size: Auto | Annotated[int, Meta(ge=1, le=1024)] | None = "auto"
    fit: Literal["crop", "pad", "stretch"] = "crop"
    tokenizer: Auto | Literal["word", "character", "byte", "bpe"] | None = "auto"
    vocab_size: Auto | Annotated[int, Meta(ge=3)] | None = "auto"
    max_seq_len: Auto | Annotated[int, Meta(ge=1)] | None = "auto"
    target_tokenizer: Auto | Literal["word", "character", "byte", "bpe"] | None = "auto"
    shared_vocabulary: Auto | bool | None = "auto"
    strict: bool = False
    storage: Literal["auto", "memory", "disk"] = "auto"
    origin: str | None = None
    licence: str | None = None
    retention: str | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a model that learns by gradient is trained, and on what.

    Attributes:
        epochs: passes over the training split.
        batch_size: examples in a step; of pairs of texts on average, since their batches have about as many tokens
            each.
        learning_rate: the highest learning rate that the schedule reaches.
        weight_decay: decoupled weight decay; applied to matrices and kernels, never to biases and scales.
        optimizer: a registered optimizer and its settings.
        schedule: a registered learning-rate schedule and its settings.
        augmentations: registered augmentations, in order, each with its settings; auto takes those that suit the data
            where the model gains from them; an empty list takes none.
        max_steps: optimizer steps after which training ends, within an epoch or not; null trains all epochs.
        max_grad_norm: gradients are scaled down to this norm; null does not clip.
        accumulation: batches whose gradients are summed before a step.
        label_smoothing: share of the target that is spread over all classes or tokens while training; validation and
            every measurement are without it.
        patience: epochs without a better validation figure after which training stops and the best weights are kept;
            null trains to the end.
        watched: the validation figure that patience goes by: the loss, or the task's own score, such as the accuracy.
        averaged_epochs: the last epochs at whose ends the weights are taken and their mean is kept, or all epochs where
            there are fewer; null keeps the weights of the last step. It excludes patience.
        device: where tensors live; auto takes cuda, then mps, then cpu.
        precision: arithmetic of the forward and backward pass; auto takes bfloat16 where the processor computes in it
            and a step has enough work to gain from it, which is timed before a long training.
        num_threads: threads of PyTorch and of the BLAS libraries together; auto takes one for each core that is ours
            (or for each second one, where that is timed to be faster before a long training), or a single one where a
            step has too little work to share.
        keep_memory: keep freed memory instead of returning it to the system after every step (glibc only).
        checkpoint_seconds: time between checkpoints, stretched where saving takes long; stopping writes one as well.
    """

    epochs: Auto | Count = "auto"
    batch_size: Auto | Count = "auto"
    learning_rate: Auto | Positive = "auto"
    weight_decay: Auto | NonNegative = "auto"
    optimizer: Member = Member()
    schedule: Member = Member()
    augmentations: Auto | tuple[Member, ...] = "auto"
    max_steps: Count | None = None
    max_grad_norm: Positive | None = 1.0
    accumulation: Count = 1
    label_smoothing: Auto | Annotated[float, Meta(ge=0, lt=1)] = "auto"
    patience: Count | None = None
    watched: Literal["loss", "score"] = "loss"
    averaged_epochs: Auto | Annotated[int, Meta(ge=2)] | None = "auto"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    num_threads: Auto | Annotated[int, Meta(ge=1, le=1024)] = "auto"
    keep_memory: bool = True
    checkpoint_seconds: NonNegative = 5.0


@dataclass(frozen=True, kw_only=True)
class ValidationSettings:
    """How claims are measured.

    Attributes:
        resamples: bootstrap resamples behind every interval.
        level: coverage of the intervals.
        training_rows: rows of the training split on which the gap between training and test is measured; of a text's
            passages never more than are tested.
    """

    resamples: Annotated[int, Meta(ge=100)] = 1000
    level: Share = 0.95
    training_rows: Count = 10_000


@dataclass(frozen=True, kw_only=True)
class EnergySettings:
    """How energy becomes carbon.

    Attributes:
        grams_per_kwh: carbon of your electricity in grams of CO2e for each kWh, as you state it; null takes the world's
            average.
    """

    grams_per_kwh: Positive | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that decides a run.

    Attributes:
        task: what is to be learnt; auto takes the one that fits the data.
        data: where the data is, what its columns mean, how it is divided.
        model: a registered model and its settings; auto takes the task's default for the data.
        training: how it is trained.
        validation: how claims are measured.
        energy: how energy becomes carbon.
        seed: all randomness comes from it.
        name: name of the run's directory; auto numbers it after data and model.
        output: folder that holds the runs.
    """

    task: str = "auto"
    data: DataSettings = DataSettings()
    model: Member = Member()
    training: TrainingSettings = TrainingSettings()
    validation: ValidationSettings = ValidationSettings()
    energy: EnergySettings = EnergySettings()
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
    name: str = "auto"
    output: str = "runs"


def settings_from(document: Document) -> Settings:
    """Check the static sections of a document.

    Raises:
        ConfigError: a key is unknown, a value is of the wrong type or out of range, or two exclude each other.
    """
    settings: Settings = _section(Settings, document.values, document, ())
    _check_together(settings.training, document)
    return settings


def _check_together(training: TrainingSettings, document: Document) -> None:
    if training.patience is not None and isinstance(training.averaged_epochs, int):
        raise ConfigError(
            _(
                "{where}: training.averaged_epochs and training.patience exclude each other: either the mean of the "
                "last epochs' weights is kept or the best ones. Set one of the two to null.",
                where=document.where(("training", "averaged_epochs")),
            )
        )
    if training.patience is None and training.watched != "loss":
        raise ConfigError(
            _(
                "{where}: training.watched is {watched}, but training.patience is null, so that nothing is watched. "
                "Set training.patience to a number of epochs, or training.watched to loss.",
                where=document.where(("training", "watched")),
                watched=training.watched,
            )
        )


def plain(value: Any) -> Any:
    """Settings as plain data, members flattened to ``{name, **settings}``; ``settings_from`` reads it back."""
    if isinstance(value, Member):
        return {"name": value.name, **value.settings}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return dict(value) if isinstance(value, Mapping) else value


def _section(cls: type[Any], values: Any, document: Document, path: KeyPath) -> Any:
    fields = fields_of(cls)
    values = {} if values is None else values
    if not isinstance(values, Mapping):
        raise ConfigError(
            _(
                "{where}: {key} is {value}; allowed: a section with {known}.",
                where=document.where(path),
                key=".".join(path),
                value=shown(values),
                known=listing(fields),
            )
        )
    readers = {
        name: _members if holds_members(f.type) else _member if f.type is Member else _section
        for name, f in fields.items()
        if holds_members(f.type) or dataclasses.is_dataclass(f.type)
    }
    simple = {name: value for name, value in values.items() if name not in readers}
    checked = check(fields, simple, document, path)
    for name in [name for name in readers if name in values]:
        checked[name] = readers[name](fields[name].type, values[name], document, (*path, name))
    return cls(**checked)


def holds_members(kind: Any) -> bool:
    """Whether a setting is a list of members, or ``auto``."""
    return tuple[Member, ...] in get_args(kind)


def _members(kind: Any, values: Any, document: Document, path: KeyPath) -> Any:
    if isinstance(values, list):
        return tuple(_member(Member, item, document, (*path, str(i))) for i, item in enumerate(values))
    return convert(Field(path[-1], Auto | list[str], "auto", ""), values, document, path)


def _member(_cls: type[Member], values: Any, document: Document, path: KeyPath) -> Member:
    given = dict(values) if isinstance(values, Mapping) else {"name": values}
    name = convert(Field("name", str, "auto", ""), given.pop("name", "auto"), document, (*path, "name"))
    return Member(name, given)

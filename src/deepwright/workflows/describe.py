"""Describe: the layers of a network, with the shapes that pass through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from deepwright.config.settings import Member
from deepwright.contracts import Trainable, one_example
from deepwright.data.table import Rejected
from deepwright.data.texts.passages import Passages
from deepwright.messages import _, listing, plural
from deepwright.predictor import Predictor
from deepwright.specs import (
    ClassSpec,
    ContextSpec,
    HistorySpec,
    ImageSpec,
    ItemsSpec,
    LabelsSpec,
    NumberSpec,
    RatedSpec,
    Spec,
    TextSpec,
    TokensSpec,
    TranslationSpec,
)
from deepwright.workflows.plan import Plan
from deepwright.workflows.summary import uses

#: Characters of a setting, such as a hash, that a line shows.
_SHOWN = 12
#: Files or rows that are left out, of which the reason is shown.
_FEW = 5


def describe(predictor: Predictor) -> list[dict[str, Any]]:
    """Each layer in the order of its use: what it is, yields without the batch, costs, and takes the outputs of."""
    shown = ("name", "kind", "shape", "parameters", "flop", "sources")
    return [
        {key: getattr(use, key) for key in shown} for use in uses(predictor.network, one_example(predictor.task).inputs)
    ]


def outline(ready: Plan) -> list[tuple[str, str]]:
    """What a plan is going to do, as rows of what and how; an untrained model is built to count its parameters."""
    rows = {name: len(ready.splits[name]) for name in ("train", "validation", "test")}
    task = ready.fitted
    lines = [
        (
            _("data"),
            _(
                "{source}: {rows}, {inputs}, {outputs}",
                source=ready.table.source,
                rows=_rows(ready),
                inputs=_spec(task.inputs.spec),
                outputs=_spec(task.outputs.spec),
            ),
        ),
        *([(_("left out"), _left_out(ready.table.rejected))] if ready.table.rejected else []),
        (
            _("splits"),
            _("{method}: {train} train, {validation} validation, {test} test", method=ready.splits.method, **rows),
        ),
        (_("task"), ready.task),
    ]
    if not ready.candidates:
        return [*lines, *_of_model(ready)]
    names = listing(plan.model for plan in ready.candidates)
    chosen = _("whichever of {names} answers the validation split best", names=names)
    return [*lines, (_("model"), chosen), *(line for plan in ready.candidates for line in _of_model(plan))]


def _rows(ready: Plan) -> str:
    """How many rows there are, or passages."""
    count = len(ready.table)
    if isinstance(ready.table.columns[ready.fitted.input_column].values, Passages):
        return plural("{n} passage", "{n} passages", count)
    return plural("{n} row", "{n} rows", count)


def _of_model(ready: Plan) -> list[tuple[str, str]]:
    """The model of a plan and how it is trained, if it is."""
    settings, training = ready.settings, ready.settings.training
    predictor = Predictor.build(ready.task, ready.fitted, settings.model)
    lines = [
        (
            _("model"),
            _(
                "{name}, {parameters:,} parameters",
                name=_described(settings.model),
                parameters=predictor.num_parameters,
            ),
        )
    ]
    if isinstance(predictor.network.model, Trainable):
        names = [member.name for member in training.augmentations if isinstance(member, Member)]
        lines.append((_("augmentations"), listing(names) if names else _("none")))
        lines.append(
            (
                _("training"),
                _(
                    "{epochs} epochs, batch {batch_size}, {optimizer} at {learning_rate:g}, {schedule}, "
                    "{precision} on {device}, {threads}",
                    epochs=training.epochs,
                    batch_size=training.batch_size,
                    optimizer=training.optimizer.name,
                    learning_rate=training.learning_rate,
                    schedule=training.schedule.name,
                    precision=training.precision,
                    device=training.device,
                    threads=_threads(training.num_threads),
                ),
            )
        )
    return lines


def _threads(number: int | Literal["auto"]) -> str:
    return "auto" if number == "auto" else plural("{n} thread", "{n} threads", number)


def _left_out(rejected: Sequence[Rejected]) -> str:
    """How many files or rows, and why the first few."""
    shown = [f"{one.name}: {one.reason}" for one in rejected[:_FEW]]
    more = [_("and {n} more; deepwright inspect lists them", n=len(rejected) - _FEW)] if len(rejected) > _FEW else []
    return "\n".join([*shown, *more])


def _spec(spec: Spec) -> str:
    match spec:
        case ImageSpec():
            return f"{spec.height}×{spec.width}×{spec.channels}"
        case TextSpec():
            return _(
                "texts ({tokenizer} tokens, {n} known, {limit} read of a text)",
                tokenizer=spec.tokenizer,
                n=f"{spec.vocab_size:,}",
                limit=f"{spec.max_seq_len:,}",
            )
        case ClassSpec():
            return plural("{n} class", "{n} classes", spec.num_classes)
        case LabelsSpec():
            return plural("{n} label", "{n} labels", len(spec.names))
        case NumberSpec():
            return _("{name}, {mean:.4g} ± {deviation:.4g}", name=spec.name, mean=spec.mean, deviation=spec.deviation)
        case ContextSpec():
            return _("each word beside those around it")
        case TokensSpec():
            return _("the next token of {context} at a time", context=f"{spec.max_seq_len:,}")
        case TranslationSpec():
            return _(
                "texts to write ({tokenizer} tokens, {n} known, {limit} of a text at most)",
                tokenizer=spec.tokenizer,
                n=f"{spec.vocab_size:,}",
                limit=f"{spec.max_seq_len:,}",
            )
        case HistorySpec() | RatedSpec():
            return _("{users} users, {items} items", users=f"{spec.num_users:,}", items=f"{spec.num_items:,}")
        case ItemsSpec():
            return _("what a user takes next")
    return type(spec).__name__


def _described(member: Member) -> str:
    settings = ", ".join(_setting(key, value) for key, value in member.settings.items())
    return f"{member.name} ({settings})" if settings else member.name


def _setting(key: str, value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} {key}"
    text = str(value)
    return f"{key} {text if len(text) <= _SHOWN else f'{text[:_SHOWN]}…'}"

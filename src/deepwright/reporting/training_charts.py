"""Charts of a training: losses, accuracy, learning rate, and gradients by layer, from ``history.jsonl``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from deepwright.messages import _
from deepwright.reporting import labels
from deepwright.reporting.charts import Caption, Figures, Line, LineChart, Point, line_chart, spaced
from deepwright.reporting.contents import Contents
from deepwright.reporting.figures import NONE, compact, percent

_LAYERS = 8


def loss(contents: Contents) -> LineChart | None:
    """Training loss at each logged step and validation loss after each epoch."""
    training = [(contents.epoch_of(record["step"]), _number(record["loss"])) for record in contents.history]
    validation = [(epoch, _number(figures["loss"])) for epoch, figures in contents.validations()]
    return line_chart(
        Caption(
            "loss",
            _("Loss"),
            " ".join(
                [
                    _("Training loss at each logged step and validation loss after each epoch, by epoch."),
                    *_smoothed(contents),
                    *_averaged(contents),
                ]
            ),
        ),
        (_("epoch"), _("squared deviations") if contents.answers == "number" else _("nats")),
        [Line(_("training"), training), Line(_("validation"), validation, 1, marked=True)],
        _by_step(contents),
    )


def score(contents: Contents) -> LineChart | None:
    """The task's score on the validation split after each epoch."""
    validations = list(contents.validations())
    name = next((key for _epoch, found in validations for key in found if key != "loss"), "accuracy")
    metric, shares = labels.metric(name), contents.answers not in ("number", "text")
    points = [(epoch, _number(found.get(name))) for epoch, found in validations]
    return line_chart(
        Caption(
            "validation-score",
            _("On the validation split: {metric}", metric=metric),
            " ".join([_("{metric} on the validation split after each epoch.", metric=metric), *_averaged(contents)]),
        ),
        (_("epoch"), "%" if shares else ""),
        [Line(_("validation"), [(epoch, (100 if shares else 1) * value) for epoch, value in points], 1, marked=True)],
        Figures(
            [_("epoch"), metric],
            [(f"{epoch:g}", _percent(value) if shares else _figure(value)) for epoch, value in points],
        ),
        log=False,
    )


def learning_rate(contents: Contents) -> LineChart | None:
    """The learning rate at each logged step."""
    points = [(contents.epoch_of(record["step"]), _number(record["learning_rate"])) for record in contents.history]
    return line_chart(
        Caption(
            "learning-rate",
            _("Learning rate"),
            _("The learning rate at each logged step, by epoch."),
        ),
        (_("epoch"), ""),
        [Line(_("learning rate"), points, 2)],
        Figures([_("epoch"), _("learning rate")], [(compact(x), _figure(y)) for x, y in points]),
        log=False,
    )


def gradients(contents: Contents) -> LineChart | None:
    """Root mean square of the gradient of each layer; of many layers, some at even distances."""
    layers = list(dict.fromkeys(layer for record in contents.history for layer in record["gradients"]))
    series = {layer: _gradient(contents, layer) for layer in layers}
    shown = spaced(layers, _LAYERS)
    lines = [Line(layer, series[layer], mix=index / max(1, len(shown) - 1)) for index, layer in enumerate(shown)]
    return line_chart(
        Caption(
            "gradients",
            _("Gradients by layer"),
            _("Root mean square of the gradient of each layer's weights at each logged step, on a logarithmic scale."),
        ),
        (_("epoch"), _("root mean square per weight")),
        lines,
        Figures(
            [_("layer"), _("first step"), _("median"), _("last step")],
            [(layer, *_summary([y for _x, y in points])) for layer, points in series.items()],
        ),
        log=True,
    )


def _smoothed(contents: Contents) -> Iterator[str]:
    """Why the two losses are not to be compared, where they are not."""
    smoothing = contents.config["training"].get("label_smoothing")
    if isinstance(smoothing, float) and smoothing > 0:
        yield _(
            "The training loss is that of targets of which a share of {smoothing} is spread over all classes or "
            "tokens; the validation loss is that of the true ones.",
            smoothing=smoothing,
        )


def _averaged(contents: Contents) -> Iterator[str]:
    """Of which weights the last validation figures are, where it is not those of the last step."""
    if averaged := next((n for record in contents.history if (n := record.get("averaged_epochs"))), None):
        yield _(
            "After the last epoch it is that of the weights that are kept: the mean of those at the ends of the last "
            "{n} epochs.",
            n=averaged,
        )


def _gradient(contents: Contents, layer: str) -> list[Point]:
    return [(contents.epoch_of(record["step"]), _number(record["gradients"].get(layer))) for record in contents.history]


def _by_step(contents: Contents) -> Figures:
    rows = []
    for record in contents.history:
        validation = record.get("validation", {})
        epoch = compact(contents.epoch_of(record["step"]))
        rows.append(
            (f"{record['step']:,}", epoch, _figure(_number(record["loss"])), _figure(_number(validation.get("loss"))))
        )
    return Figures([_("step"), _("epoch"), _("training loss"), _("validation loss")], rows)


def _summary(values: Sequence[float]) -> tuple[str, str, str]:
    finite = sorted(value for value in values if math.isfinite(value))
    median = finite[len(finite) // 2] if finite else math.nan
    return _figure(values[0]), _figure(median), _figure(values[-1])


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _figure(value: float) -> str:
    return compact(value) if math.isfinite(value) else NONE


def _percent(value: float) -> str:
    return percent(value) if math.isfinite(value) else NONE

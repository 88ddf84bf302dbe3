"""A trace as tables, sentences and one self-contained page: how a network computes the answer to one example."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import deepwright
from deepwright.explaining.feature_maps import filters_of, has_maps, maps_of
from deepwright.messages import _, current_language, listing, plural
from deepwright.reporting.charts import Caption, Figures, Line, LineChart, line_chart
from deepwright.reporting.figures import NONE, compact, percent
from deepwright.reporting.report import page
from deepwright.tokens import UNKNOWN

if TYPE_CHECKING:
    from deepwright.explaining.trace import Gradient, Trace, TracedLayer
    from deepwright.explaining.worked import Worked

ChosenBy: TypeAlias = Literal["user", "model", "mean"]

#: Significant digits of worked-out numbers.
_DIGITS = 4
#: A loss below this leaves hardly any gradient.
_SMALL = 1e-3


@dataclass(frozen=True)
class Traced:
    """A trace, and what was traced.

    Attributes:
        run: name of the run.
        model: its model's name.
        input: what the user named.
        picture: what the network saw of it, as a data URI; None of what is no picture.
        tokens: of a text, as far as it is read; none of a picture.
        target: what the loss sets the answer against, in words.
        chosen_by: whether that is what the user gave, the model's own answer, or the mean of the training split.
        layer: whose numbers are worked out for people; None where no formula is known.
        trace: all of it.
    """

    run: str
    model: str
    input: str
    picture: str | None
    tokens: tuple[str, ...]
    target: str
    chosen_by: ChosenBy
    layer: str | None
    trace: Trace

    @property
    def chosen(self) -> TracedLayer | None:
        """The layer whose numbers are worked out."""
        return next((layer for layer in self.trace.layers if layer.name == self.layer), None)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON-compatible data, without pictures."""
        about = {key: getattr(self, key) for key in ("run", "model", "input", "tokens", "target", "chosen_by", "layer")}
        return {**about, **self.trace.to_json()}


def render(traced: Traced) -> bytes:
    """The page, in the language of the messages."""
    values: dict[str, Any] = {
        "traced": traced,
        "trace": traced.trace,
        "views": _VIEWS,
        "version": deepwright.__version__,
        "language": current_language(),
        "title": _("{input} on its way through {run}", input=traced.input, run=traced.run),
    }
    return page().get_template("trace.html.jinja").render(values).encode()


# ---------------------------------------------------------------------------------------------- sentences


def answer(traced: Traced) -> str:
    """The network's calibrated answer."""
    found = traced.trace.answer
    if "value" in found:
        return _("The answer is {value}.", value=compact(found["value"], 6))
    if "labels" in found:
        return _("The answer is: {labels}.", labels=listing(found["labels"]) or _("no label"))
    return _(
        "The answer is {label}, with a probability of {probability}.",
        label=found["label"],
        probability=percent(found["probability"]),
    )


def loss(traced: Traced) -> str:
    """The loss, and what it sets the answer against."""
    values = {"loss": compact(traced.trace.loss, _DIGITS), "target": traced.target}
    match traced.chosen_by:
        case "user":
            return _("The loss against {target}, which you gave, is {loss}.", **values)
        case "mean":
            return _(
                "No true value was given (--target), so the loss is that against {target}, the mean of the training "
                "split: {loss}.",
                **values,
            )
    return _(
        "No true label was given (--target), so the loss is that against the model's own answer, {target}: {loss}.",
        **values,
    )


def hint(traced: Traced) -> str:
    """What to do where the answer is so sure that no gradient is left; empty elsewhere."""
    if traced.chosen_by != "model" or traced.trace.loss > _SMALL:
        return ""
    return _(
        "Before calibration the network is so sure of it that hardly any gradient is left; --target with another label "
        "shows one."
    )


def symbols() -> str:
    """What the letters stand for."""
    return _(
        "x is what a layer receives, y what it gives, w its weights, L the loss; ‖…‖ is the root of the sum of "
        "squares. Places are counted from 0."
    )


def source(layer: TracedLayer, before: str | None) -> str:
    """What a layer received, where that is not just what the layer before it gave."""
    if not layer.arithmetic and layer.layers in ((), (before,)):
        return ""
    if not layer.arithmetic:
        return _("its input is what {layers} gave", layers=listing(layer.layers))
    return _("its input: {arithmetic} of {layers}", arithmetic=listing(layer.arithmetic), layers=listing(layer.layers))


# ------------------------------------------------------------------------------------------------- tables


def columns() -> list[str]:
    """The heads of the table of layers."""
    return [_("layer"), _("kind"), _("output"), _("parameters"), _("values"), "‖dL/dy‖", "‖dL/dw‖"]


def token_columns() -> list[str]:
    """The heads of the table of tokens."""
    return ["t", _("token"), _("its number"), "‖dL/dy[t]‖"]


def token_rows(traced: Traced) -> list[tuple[str, str, str, str]]:
    """The tokens of a text with their numbers, and how much the loss depends on the embedding of each."""
    embedded = next((layer.tokens for layer in traced.trace.layers if layer.tokens), ())
    return [
        (str(place), token, _("{number} (not known)", number=number) if number == UNKNOWN else str(number), _norm(norm))
        for place, (token, (number, norm)) in enumerate(zip(traced.tokens, embedded, strict=False))
    ]


def rows(trace: Trace) -> Iterator[tuple[str, ...]]:
    """The table of layers; what the network does between two of them has a row of its own."""
    for layer in trace.layers:
        for word in layer.arithmetic:
            yield (f"  {word}", *[""] * 6)
        yield (
            layer.name,
            layer.kind,
            shape(layer.output_shape),
            f"{layer.parameters:,}",
            span(layer),
            norm(layer.dy),
            norm_of_weights(layer),
        )


def steps(worked: Worked) -> list[tuple[str, str, str]]:
    """A worked-out number, term by term: names, numbers, value; the result comes last."""
    lines = [
        (
            " · ".join(factor.name for factor in term.factors),
            _product([factor.value for factor in term.factors]) if len(term.factors) > 1 else "",
            number(term.value),
        )
        for term in worked.terms
    ]
    if worked.num_rest and worked.how == "max":
        lines.append((plural("{n} more, at most", "{n} more, at most", worked.num_rest), "", number(worked.rest)))
    elif worked.num_rest:
        lines.append((plural("{n} more term", "{n} more terms", worked.num_rest), "", number(worked.rest)))
    if worked.bias is not None:
        lines.append((worked.bias.name, "", number(worked.bias.value)))
    sign = {"sum": "Σ", "max": "max", "function": "f(x)"}[worked.how]
    return [*lines, (worked.name, sign, number(worked.result))]


def worked_out(traced: Traced, layer: TracedLayer) -> list[tuple[str, Worked]]:
    """What is worked out of a layer, each with a heading: forward, through the function after it, and backward."""
    name = layer.name
    found: list[tuple[str, Worked]] = []
    if layer.unit is not None:
        found.append((_("{layer}, its largest output: {formula}", layer=name, formula=layer.unit.formula), layer.unit))
    if (after := _function_after(traced.trace, layer)) is not None:
        found.append((_("then {layer}: {formula}", layer=after[0], formula=after[1].formula), after[1]))
    for worked in layer.derivatives:
        formula = worked.formula
        found.append((_("{layer}, backward by the chain rule: {formula}", layer=name, formula=formula), worked))
    return found


def gradients(layer: TracedLayer) -> list[tuple[str, str, str]]:
    """Each derivative of the loss by something of a layer: name, shape, norm."""
    letters = {} if layer.formula is None else {"weight": "w", "bias": "b"}
    if "γ" in (layer.formula or ""):
        letters = {"weight": "γ", "bias": "β"}
    named: list[tuple[str, Gradient | None]] = [("dL/dy", layer.dy)]
    named += [(f"dL/d{letters.get(name, name)}", gradient) for name, gradient in layer.dw.items()]
    named.append(("dL/dx", layer.dx))
    return [(name, shape(found.shape), compact(found.norm)) for name, found in named if found is not None]


def chart(trace: Trace) -> LineChart | None:
    """Norms of dL/dy and dL/dw by layer; None where the loss depends on no layer."""
    places = list(enumerate(trace.layers, start=1))
    return line_chart(
        Caption(
            "trace-gradients",
            _("Gradients by layer"),
            _(
                "The norm of the derivative of the loss by the output and by the weights of each layer, on a "
                "logarithmic scale."
            ),
        ),
        (_("layer, in the order of its use"), _("norm")),
        [
            Line("dL/dy", [(i, layer.dy.norm) for i, layer in places if layer.dy is not None], marked=True),
            Line("dL/dw", [(i, _of_weights(layer)) for i, layer in places if layer.dw], 1, marked=True),
        ],
        Figures(
            [_("layer"), "‖dL/dy‖", "‖dL/dw‖"],
            [(f"{i}. {layer.name}", norm(layer.dy), norm_of_weights(layer)) for i, layer in places],
        ),
        log=True,
    )


# ----------------------------------------------------------------------------------------------- pictures


def maps(layer: TracedLayer) -> dict[str, Any] | None:
    """Small pictures of what a convolution or a pool gave; None of other layers."""
    return asdict(maps_of(layer.name, layer.y)) if has_maps(layer.kind, layer.y) else None


def filters(trace: Trace) -> dict[str, Any] | None:
    """Small pictures of the first convolution's filters; None where there are none that can be looked at."""
    first = next((layer for layer in trace.layers if layer.filters is not None), None)
    found = None if first is None or first.filters is None else filters_of(first.name, first.filters)
    return None if found is None else asdict(found)


# ------------------------------------------------------------------------------------------------ figures


def shape(of: Sequence[int]) -> str:
    """``32×8×8``; one number is a number."""
    return "×".join(map(str, of)) or "1"


def span(layer: TracedLayer) -> str:
    """From the least to the greatest number of an output."""
    return f"{compact(layer.statistics.least)} … {compact(layer.statistics.greatest)}"


def number(value: float) -> str:
    """A worked-out number."""
    return compact(value, _DIGITS)


def _norm(value: float | None) -> str:
    return NONE if value is None else compact(value)


def norm(gradient: Gradient | None) -> str:
    """Its norm; a dash where there is no gradient."""
    return NONE if gradient is None else compact(gradient.norm)


def norm_of_weights(layer: TracedLayer) -> str:
    """The norm of the derivative by all weights of a layer; empty where it has none."""
    return compact(_of_weights(layer)) if layer.dw else ""


def _product(values: Sequence[float]) -> str:
    """Numbers that are multiplied; a negative one stands in parentheses unless it is the first."""
    return " · ".join(f"({number(value)})" if i and value < 0 else number(value) for i, value in enumerate(values))


def _of_weights(layer: TracedLayer) -> float:
    return math.hypot(*(gradient.norm for gradient in layer.dw.values()))


def _function_after(trace: Trace, layer: TracedLayer) -> tuple[str, Worked] | None:
    """The activation that takes a layer's output as it is, at the same place."""
    for after in trace.layers:
        unit = after.unit
        if layer.unit and unit and unit.how == "function" and (after.layers, after.arithmetic) == ((layer.name,), ()):
            same = unit.name == layer.unit.name
            return (after.name, unit) if same else None
    return None


_VIEWS: Mapping[str, Any] = {
    view.__name__: view
    for view in (
        answer,
        loss,
        hint,
        symbols,
        source,
        steps,
        worked_out,
        gradients,
        chart,
        maps,
        filters,
        shape,
        span,
        token_columns,
        token_rows,
    )
}

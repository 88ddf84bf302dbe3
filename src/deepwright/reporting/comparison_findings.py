"""What a comparison says, in sentences; every number in them is a measurement's or one of its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from deepwright import registry
from deepwright.measurements import Measurement
from deepwright.messages import _, listing, plural
from deepwright.reporting import figures, labels, tables, text_findings
from deepwright.reporting.recommendation_findings import JUDGING
from deepwright.validation.between_runs import UNPAIRED
from deepwright.validation.evaluation import NUM_GROUPS

if TYPE_CHECKING:
    from deepwright.reporting.comparison import Comparison


def answer(comparison: Comparison) -> str:
    """The principal metric in one sentence: of each model over the seeds, or of the best run."""
    name = comparison.principal
    metric = labels.metric(name)
    if means := [record for record in comparison.over_seeds if record.name == name]:
        shown = [_("{model} {value} ({low} to {high})", **_spread(record)) for record in means]
        return _("Mean {metric} over {n} seeds: {models}.", metric=metric, n=means[0].n, models=listing(shown))
    found = {run: record for run, record in zip(comparison.runs, comparison.of(name), strict=True) if record}
    measured = {run: record for run, record in found.items() if record.value is not None}
    if not measured:
        return _("The {metric} of none of the runs could be measured.", metric=metric)
    best = max(measured.values(), key=lambda record: float(record) * (1 if _higher_is_better(record) else -1))
    runs = [run for run, record in measured.items() if record.value == best.value]
    low, high = figures.bounds(best) or (figures.NONE, figures.NONE)
    return _(
        "The best {metric} is that of {runs}: {value} on {tested} ({level} interval: {low} to {high}).",
        metric=metric,
        runs=listing(runs),
        value=figures.figure(best),
        tested=_tested(best),
        level=figures.level(best),
        low=low,
        high=high,
    )


def findings(comparison: Comparison) -> list[str]:
    """What the differences in the principal metric say: their means over the seeds, or each of them."""
    name = comparison.principal
    shown = [record for record in comparison.about(name, comparison.differences) if record.value is not None]
    sentences = [_mean(record, shown, comparison) for record in comparison.about(name, comparison.over_seeds)]
    if not sentences:
        sentences = [_unpaired(record) if record.measure == UNPAIRED else _paired(record) for record in shown]
    if len(shown) > 1:
        sentences.append(
            _("Each of the {n} intervals stands for itself; nothing is adjusted for their number.", n=len(shown))
        )
    return sentences


def _paired(record: Measurement) -> str:
    values = _values(record)
    match tables.verdict(record):
        case 1:
            return _(
                "Better: on the same {tested}, the {metric} of {run} differs from that of {reference} by {value} "
                "({level} interval: {low} to {high}, which excludes 0).",
                **values,
            )
        case -1:
            return _(
                "Worse: on the same {tested}, the {metric} of {run} differs from that of {reference} by {value} "
                "({level} interval: {low} to {high}, which excludes 0).",
                **values,
            )
        case _undecided:
            return _(
                "Not shown to differ: on the same {tested}, the {metric} of {run} differs from that of "
                "{reference} by {value} ({level} interval: {low} to {high}, which includes 0).",
                **values,
            )


def _unpaired(record: Measurement) -> str:
    if _of_text(record):
        return _(
            "Not paired: {run} and {reference} were tested on different texts, or divide them differently. Their "
            "{metric} differs by {value} ({level} interval: {low} to {high}), which may come from that as well as from "
            "the runs.",
            **_values(record),
        )
    return _(
        "Not paired: {run} and {reference} were tested on different rows ({n} and {others}). Their {metric} differs "
        "by {value} ({level} interval: {low} to {high}), which may come from the rows as well as from the runs.",
        **_values(record),
        n=f"{record.n:,}",
        others=f"{record.arguments['baseline_n']:,}",
    )


def _tested(record: Measurement) -> str:
    """Behind how much a figure stands: rows, users, or passages of a text."""
    count, passages = record.n or 0, record.arguments.get(NUM_GROUPS)
    if _of_text(record) and isinstance(passages, int):
        return plural(
            "{count} passage of the test split", "{count} passages of the test split", passages, count=f"{passages:,}"
        )
    if record.name.partition("_over/")[0] in JUDGING:
        return plural("{count} test user", "{count} test users", count, count=f"{count:,}")
    return plural("{count} test row", "{count} test rows", count, count=f"{count:,}")


def _of_text(record: Measurement) -> bool:
    """Whether it is of a model that continues texts."""
    return record.name.partition("_over/")[0] == text_findings.PRINCIPAL


def _mean(record: Measurement, shown: Sequence[Measurement], comparison: Comparison) -> str:
    """A mean difference, how far it goes apart, and how often its interval excludes 0."""
    stem, _over, reference = record.name.partition("_over/")
    decided = [r for r in shown if comparison.runs[str(r.model)].model == record.model and tables.verdict(r)]
    return _(
        "Over {n} seeds: the {metric} of {model} differs from that of {reference} by {value} on average ({low} to "
        "{high}); the interval excludes 0 in {decided} of them.",
        **_spread(record, differences=True),
        reference=reference,
        n=record.n,
        metric=labels.metric(stem),
        decided=len(decided),
    )


def _values(record: Measurement) -> dict[str, object]:
    value, low, high = figures.difference(record)
    return {
        "run": record.model,
        "reference": record.arguments["baseline"],
        "metric": labels.metric(record.name.partition("_over/")[0]),
        "value": figures.amount(record, value),
        "tested": _tested(record),
        "level": figures.level(record),
        "low": low,
        "high": high,
    }


def _spread(record: Measurement, differences: bool = False) -> dict[str, object]:
    """Model, mean, least and greatest as text."""
    values = record.arguments["values"]
    apart = replace(record, interval=(min(values), max(values)))
    if differences:
        value, low, high = figures.difference(apart)
        return {"model": record.model, "value": figures.amount(record, value), "low": low, "high": high}
    low, high = figures.bounds(apart) or (figures.NONE, figures.NONE)
    return {"model": record.model, "value": figures.figure(apart), "low": low, "high": high}


def _higher_is_better(record: Measurement) -> bool:
    return bool(registry.load("metrics", record.measure).better == "higher")

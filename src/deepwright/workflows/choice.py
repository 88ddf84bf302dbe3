"""Choice: of several models, the one that answers the validation split best; the test split has no part in it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from deepwright.contracts import weighted
from deepwright.experiments import Fit
from deepwright.measurements import Claim
from deepwright.messages import _, listing
from deepwright.predictor import Predictor
from deepwright.reporting import figures, labels
from deepwright.training.runtime import runtime
from deepwright.validation.evaluation import metric_of
from deepwright.workflows.plan import Plan

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """What was chosen, and from what.

    Attributes:
        ready: the plan of the model that was chosen.
        fitted: to it.
        tried: every model that was fitted, by name; the chosen one alone where there was no choice.
    """

    ready: Plan
    fitted: Fit
    tried: Mapping[str, Predictor]


def choose(ready: Plan, fit: Callable[[Plan], Fit]) -> Choice:
    """Fit every candidate, or the only model, and take the best on the validation split.

    The task's principal metric decides; between equals, the metrics that follow it; then the order of the plans.

    Args:
        ready: with its candidates.
        fit: fits one plan.
    """
    if not ready.candidates:
        fitted = fit(ready)
        return Choice(ready, fitted, {ready.model: fitted.predictor})
    fits, standing = {}, {}
    for number, plan in enumerate(ready.candidates, start=1):
        said = _("Trying {number} of {n}: {model} …", number=number, n=len(ready.candidates), model=plan.model)
        _log.info(said)
        fits[plan.model] = fit(plan)
        standing[plan.model] = _standing(plan, fits[plan.model].predictor)
    best = max(standing, key=lambda model: [sign * value for _claim, sign, value in standing[model]])
    _log.info(_said(best, {model: found[0] for model, found in standing.items()}))
    plan = next(plan for plan in ready.candidates if plan.model == best)
    return Choice(plan, fits[best], {model: fitted.predictor for model, fitted in fits.items()})


def _standing(plan: Plan, predictor: Predictor) -> list[tuple[Claim, int, float]]:
    """On the validation split, each claim that is compared: 1 if more of it is better, else -1, and its value."""
    with runtime(plan.settings.training):
        made = predictor.predictions(predictor.task.examples(plan.table.take(plan.splits.validation)))
    found = []
    for claim in predictor.task.claims(predictor.temperature):
        if claim.compared:
            metric = metric_of(claim)
            sign = 1 if metric.better == "higher" else -1
            value = float(weighted(metric, made, np.ones((1, len(made))))[0])
            found.append((claim, sign, value if np.isfinite(value) else -sign * np.inf))
    return found


def _said(best: str, standing: Mapping[str, tuple[Claim, int, float]]) -> str:
    claim, sign, _value = standing[best]
    unit = metric_of(claim).unit
    order = sorted(standing, key=lambda model: -sign * standing[model][2])
    return _(
        "{metric} on the validation split: {figures}. Taken: {model}.",
        metric=labels.metric(claim.name),
        figures=listing(f"{model} {figures.shown(standing[model][2], unit)}" for model in order),
        model=best,
    )

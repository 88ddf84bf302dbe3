"""How well models recommend beside how much of it is what everybody takes."""

from __future__ import annotations

from collections.abc import Sequence

from deepwright.measurements import Measurement
from deepwright.messages import _
from deepwright.reporting import figures, labels
from deepwright.reporting.charts import Caption, Figures, Line, LineChart, line_chart
from deepwright.reporting.contents import Contents
from deepwright.reporting.recommendation_findings import PRINCIPAL
from deepwright.reporting.scales import padded

#: What stands for recommending what everybody takes.
BIAS = "head_share"
#: Lines that have a colour and a dash of their own; of more, each has a mixture.
_STYLES = 3


def bias(contents: Contents) -> LineChart | None:
    """The model and its baselines; None where no items are recommended."""
    return bias_of([(model, contents.of(PRINCIPAL, model), contents.of(BIAS, model)) for model in contents.models])


def bias_of(models: Sequence[tuple[str, Measurement | None, Measurement | None]]) -> LineChart | None:
    """A mark for each model: to the right those that recommend what everybody takes, on top those that are right.

    Args:
        models: names, with the principal metric and the share of the most taken items.
    """
    known = [
        (name, right, head)
        for name, right, head in models
        if right is not None and head is not None and right.value is not None and head.value is not None
    ]
    if len(known) < 2:
        return None
    most = len(known) - 1
    lines = [
        Line(name, [(100 * float(head), 100 * float(right))], place, marked=True, sizes=[5.0])
        if most < _STYLES
        else Line(name, [(100 * float(head), 100 * float(right))], 0, marked=True, mix=place / most, sizes=[5.0])
        for place, (name, right, head) in enumerate(known)
    ]
    metric = labels.metric(PRINCIPAL)
    rows = [(name, figures.figure(head), figures.figure(right)) for name, right, head in known]
    return line_chart(
        Caption(
            "bias",
            _("{metric} beside popularity", metric=metric),
            _("A mark for each model: across, the share of its recommendations that are among the most taken tenth."),
        ),
        (_("recommendations of the most taken tenth, %"), "%"),
        lines,
        Figures([_("model"), labels.metric(BIAS), metric], rows),
        log=False,
        x_ends=_within([100 * float(head) for _name, _right, head in known]),
        y_ends=(0.0, padded([100 * float(right) for _name, right, _head in known] + [0.0])[1]),
    )


def _within(shares: Sequence[float]) -> tuple[float, float]:
    """Both ends of a scale of percentages."""
    low, high = padded(shares)
    return max(0.0, low), min(100.0, high)

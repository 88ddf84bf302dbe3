"""Where a text is predicted worst, from a run's predictions and ``mistakes.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deepwright.messages import _, plural
from deepwright.reporting import figures
from deepwright.reporting.charts import Caption, Figures, Line, LineChart, line_chart, spaced
from deepwright.reporting.contents import Contents
from deepwright.reporting.data_section import Shown
from deepwright.reporting.mistakes import MISTAKES
from deepwright.validation.passages import Judged, judged, worst

#: Marks in the chart, and rows in the table behind it.
_DRAWN, _LISTED = 400, 40


@dataclass(frozen=True)
class PassagesSection:
    """How well each passage of the test split is predicted, and the worst of them."""

    chart: LineChart | None
    shown: Sequence[Shown]

    @classmethod
    def read(cls, files: Mapping[str, bytes], contents: Contents) -> PassagesSection | None:
        """The section from a run's files, by name; None where no text is continued."""
        if contents.answers != "tokens":
            return None
        kept = json.loads(files[MISTAKES]) if MISTAKES in files else {}
        return cls(_chart(judged(contents.test)), [_shown(one, kept) for one in worst(contents.test)])


def _chart(found: Sequence[Judged]) -> LineChart | None:
    points = spaced([(float(place + 1), one.perplexity) for place, one in enumerate(found)], _DRAWN)
    listed = [(figures.compact(x), figures.compact(y)) for x, y in spaced(points, _LISTED)]
    return line_chart(
        Caption(
            "passages",
            _("Perplexity of each passage of the test split"),
            _("The passages in the order of the text: where it rises, the text is unlike what was learnt from."),
        ),
        (_("passage"), ""),
        [Line(_("perplexity"), points)],
        Figures([_("passage"), _("perplexity")], listed),
        log=False,
    )


def _shown(one: Judged, kept: Mapping[str, Mapping[str, str]]) -> Shown:
    row = str(one.row)
    lines = [
        _("perplexity {value}", value=figures.compact(one.perplexity)),
        plural("{count} token", "{count} tokens", one.tokens, count=f"{one.tokens:,}"),
    ]
    name = kept.get("names", {}).get(row) or _("row {row}", row=row)
    return Shown(name, None, lines, kept.get("texts", {}).get(row))

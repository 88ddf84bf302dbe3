"""The best, the middle and the worst of what was written, and its quality by the length of what was read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deepwright.messages import _
from deepwright.reporting import figures, labels
from deepwright.reporting.charts import Caption, WhiskerChart
from deepwright.reporting.contents import Contents
from deepwright.reporting.mistakes import MISTAKES
from deepwright.reporting.result_charts import axis_of, whisker_chart
from deepwright.reporting.translation_findings import of_lengths
from deepwright.validation.translations import Written, examples


@dataclass(frozen=True)
class Shown:
    """A text that was written.

    Attributes:
        name: of its row.
        source: what was read; None where it was not kept.
        target: what was to be written.
        written: what was.
        same: whether the two are the same.
        score: chrF, as text.
    """

    name: str
    source: str | None
    target: str
    written: str
    same: bool
    score: str


@dataclass(frozen=True)
class TranslationsSection:
    """Texts of the test split as they were written, in groups, and a chart by the length of their sources."""

    groups: Sequence[tuple[str, Sequence[Shown]]]
    chart: WhiskerChart | None

    @classmethod
    def read(cls, files: Mapping[str, bytes], contents: Contents) -> TranslationsSection | None:
        """The section from a run's files, by name; None where no texts were written."""
        if contents.answers != "text" or contents.test.written is None:
            return None
        kept = json.loads(files[MISTAKES]) if MISTAKES in files else {}
        found = examples(contents.test)
        groups = (
            (_("The best"), found.best),
            (_("About the median"), found.median),
            (_("The worst"), tuple(reversed(found.worst))),
        )
        return cls(
            [(name, [_shown(one, kept) for one in of_group]) for name, of_group in groups if of_group],
            _by_length(contents),
        )


def _shown(one: Written, kept: Mapping[str, Mapping[str, str]]) -> Shown:
    row = str(one.row)
    return Shown(
        kept.get("names", {}).get(row) or _("row {row}", row=row),
        kept.get("texts", {}).get(row),
        one.target,
        one.written,
        one.written == one.target,
        figures.compact(one.score),
    )


def _by_length(contents: Contents) -> WhiskerChart | None:
    records = of_lengths(contents.measurements)
    if not records:
        return None
    metric = labels.metric(contents.principal)
    rows = [
        (
            _("{tokens} tokens ({n} texts)", tokens=labels.tokens(record.name.rpartition("/")[2]), n=f"{record.n:,}"),
            record,
        )
        for record in records
    ]
    return whisker_chart(
        Caption(
            "of-lengths",
            _("By the length of the source: {metric}", metric=metric),
            _(
                "{metric} of the test texts in groups by the tokens of their sources; a line spans the interval.",
                metric=metric,
            ),
        ),
        axis_of(records),
        rows,
        None,
    )

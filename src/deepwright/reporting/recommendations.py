"""The report's part on what is recommended to whom, from ``recommendations.json`` and the measurements of groups."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepwright.measurements import Measurement
from deepwright.messages import _
from deepwright.reporting import labels
from deepwright.reporting.charts import Caption, WhiskerChart
from deepwright.reporting.contents import Contents
from deepwright.reporting.recommendation_findings import is_cold, of_histories, of_items, span
from deepwright.reporting.result_charts import axis_of, whisker_chart

RECOMMENDATIONS = "recommendations.json"


@dataclass(frozen=True)
class Suggestion:
    """An item that is recommended, whether it was taken next, and the items of the history that contributed most."""

    name: str
    taken: bool
    because: Sequence[str]


@dataclass(frozen=True)
class User:
    """A user of the test split.

    Attributes:
        heading: what the user shows.
        name: as the user is called.
        before: the last items that were taken, in the order of time.
        more: how many others stood before these.
        suggestions: what is recommended, the best first.
        taken: what was taken next, and whether the item was learnt from.
        beyond: how many others were taken.
    """

    heading: str
    name: str
    before: Sequence[str]
    more: int
    suggestions: Sequence[Suggestion]
    taken: Sequence[tuple[str, bool]]
    beyond: int


@dataclass(frozen=True)
class RecommendationsSection:
    """Users with what is recommended to them, and charts by what is known of users and items."""

    users: Sequence[User]
    charts: Sequence[WhiskerChart]

    @classmethod
    def read(cls, files: Mapping[str, bytes], contents: Contents) -> RecommendationsSection | None:
        """The section from a run's files, by name; None where no items are recommended."""
        if contents.answers != "items":
            return None
        kept = json.loads(files[RECOMMENDATIONS])["users"] if RECOMMENDATIONS in files else []
        charts = [_by_history(contents), _by_item(contents)]
        return cls([_user(one) for one in kept], [chart for chart in charts if chart is not None])


def _user(record: Mapping[str, Any]) -> User:
    headings = {
        "best": _("Found at once"),
        "middle": _("Found"),
        "late": _("Found late"),
        "missed": _("Not found"),
        "missed after little": _("Not found, of whom least was known"),
    }
    return User(
        headings[record["how"]],
        record["user"],
        [_name(item) for item in record["before"]],
        record["items_before"] - len(record["before"]),
        [
            Suggestion(_name(one), one["taken"], [_name(item) for item in one["because"]])
            for one in record["recommended"]
        ],
        [(_name(item), item["known"]) for item in record["taken"]],
        record["items_taken"] - len(record["taken"]),
    )


def _name(item: Mapping[str, Any]) -> str:
    """The title where it is known."""
    return str(item["title"] or item["item"])


def _by_history(contents: Contents) -> WhiskerChart | None:
    metric = labels.metric(contents.principal)
    return _chart(
        Caption(
            "of-histories",
            _("By the items before: {metric}", metric=metric),
            _(
                "{metric} of the test users in groups by what they took before; a line spans the interval.",
                metric=metric,
            ),
        ),
        [(_of_users(record), record) for record in of_histories(contents.measurements)],
    )


def _by_item(contents: Contents) -> WhiskerChart | None:
    metric = labels.metric(contents.principal)
    return _chart(
        Caption(
            "of-items",
            _("By how often the item was taken: {metric}", metric=metric),
            _(
                "{metric} in groups by how often what was to be found was learnt from; a line spans the interval.",
                metric=metric,
            ),
        ),
        [(_of_times(record), record) for record in of_items(contents.measurements)],
    )


def _chart(caption: Caption, rows: Sequence[tuple[str, Measurement]]) -> WhiskerChart | None:
    return whisker_chart(caption, axis_of([record for _label, record in rows]), rows, None)


def _of_users(record: Measurement) -> str:
    if is_cold(record):
        return _("nothing known ({n} users)", n=f"{record.n:,}")
    return _("{items} items ({n} users)", items=span(record), n=f"{record.n:,}")


def _of_times(record: Measurement) -> str:
    if is_cold(record):
        return _("not learnt from ({n} users)", n=f"{record.n:,}")
    return _("{times} times ({n} users)", times=span(record), n=f"{record.n:,}")

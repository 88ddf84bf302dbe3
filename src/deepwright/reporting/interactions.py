"""What the data section shows of interactions: how many, how dense, since when, and the long tail of the items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from deepwright.messages import _
from deepwright.reporting import figures
from deepwright.reporting.charts import Caption, Figures, Line, LineChart, line_chart, spaced

#: Seconds since 1970 that are taken for times: from 1973 on; beyond the second, they are milliseconds.
_SECONDS, _MILLISECONDS = 1e8, 1e11
_ROWS = 20


def facts(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is known of the interactions, each with its name."""
    yield _("users"), f"{found['users']:,}"
    untaken = found["untaken"]
    items = f"{found['items']:,}"
    yield (
        _("items"),
        _("{items}; {untaken} others that nobody took are known", items=items, untaken=f"{untaken:,}")
        if untaken
        else items,
    )
    yield _("density"), _("{share} of all pairs of a user and an item", share=figures.percent(found["density"], 2))
    yield _("interactions of a user"), _spread(found["per_user"])
    yield _("interactions of an item"), _spread(found["per_item"])
    if found["period"] is not None:
        first, last = map(moment, found["period"])
        yield _("time"), _("{first} to {last}", first=first, last=last)
    if (divided := found["divided"]) is not None:
        yield (
            _("test"),
            _(
                "{users} users, {cold_users} of whom were not learnt from; {items} items, {cold_items} of which were "
                "not learnt from",
                users=f"{divided['users']:,}",
                cold_users=f"{divided['cold_users']:,}",
                items=f"{divided['items']:,}",
                cold_items=f"{divided['cold_items']:,}",
            ),
        )


def moment(value: float) -> str:
    """A time as a day, if it counts seconds or milliseconds since 1970; else the number."""
    seconds = value / 1000 if value >= _MILLISECONDS else value
    if not _SECONDS <= seconds < _MILLISECONDS:
        return figures.compact(value, 6)
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def long_tail(found: Mapping[str, Any]) -> LineChart | None:
    """The share of all interactions that the most taken items have; the diagonal is that of items as often taken."""
    points = [(100 * items, 100 * share) for items, share in found["curve"]]
    rows = [(figures.percent(x / 100), figures.percent(y / 100)) for x, y in spaced(points, _ROWS)]
    chart = line_chart(
        Caption(
            "long-tail",
            _("Long tail"),
            _("Share of all interactions that the most taken items have; on the dashed line all are taken as often."),
        ),
        (_("items, the most taken first, %"), "%"),
        [Line(_("interactions"), points)],
        Figures([_("items"), _("interactions")], rows),
        log=False,
        x_ends=(0.0, 100.0),
        y_ends=(0.0, 100.0),
    )
    return chart and replace(chart, diagonal=True)


def _spread(spread: tuple[int, float, int]) -> str:
    least, median, greatest = (f"{value:,g}" for value in spread)
    return _("{low} to {high} (median {median})", low=least, high=greatest, median=median)

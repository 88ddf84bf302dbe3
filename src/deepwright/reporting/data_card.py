"""The data card: a page about data alone, in the look of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import deepwright
from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _, current_language, plural
from deepwright.reporting import data_findings
from deepwright.reporting.data_section import DataSection
from deepwright.reporting.report import page


def render_card(section: DataSection, measurements: Sequence[Measurement]) -> bytes:
    """The page, in the language of the messages.

    Args:
        section: what is shown.
        measurements: what is claimed of the data.
    """
    claims = Measurements(measurements)
    values: dict[str, Any] = {
        "data": section,
        "version": deepwright.__version__,
        "language": current_language(),
        "title": _("The data {data}", data=section.name),
        "answer": summary(section),
        "findings": [*data_findings.grave(claims), *data_findings.others(claims)],
    }
    return page().get_template("data_card.html.jinja").render(values).encode()


def summary(section: DataSection) -> str:
    """The data in one sentence: rows, classes, splits."""
    rows = section.data["rows"]
    count = len(section.bars())
    if not count:
        if section.of_interactions:
            found = section.inspection["interactions"]
            return _(
                "{rows} interactions of {users} users with {items} items.",
                rows=f"{rows:,}",
                users=f"{found['users']:,}",
                items=f"{found['items']:,}",
            )
        if section.of_passages:
            return plural("{count} passage of text.", "{count} passages of text.", rows, count=f"{rows:,}")
        return plural("{rows} row.", "{rows} rows.", rows, rows=f"{rows:,}")
    return plural("{rows} rows in {n} class.", "{rows} rows in {n} classes.", count, rows=f"{rows:,}")

"""The model card: the hub's front matter, and values that Markdown must not take for its own signs."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from deepwright.config import yaml_core
from deepwright.measurements import Measurement
from deepwright.reporting.contents import Contents
from deepwright.reporting.tables import metrics

#: The hub has one name for pictures with one label and with several, and one of its own for translation.
_PIPELINES = {"image-multi-label": "image-classification", "text-translation": "translation"}
#: It has none for these.
_NAMELESS = ("user-recommendation", "user-rating")
_SIGNS = re.compile(r"([\\`*<>|\[\]~$&]|(?<!\w)_|_(?!\w))")


def front_matter(contents: Contents) -> Markup:
    """Library, tags, metrics and results as the Hugging Face hub reads them."""
    records = [contents.measurements[name] for name in metrics(contents)]
    known = [record for record in records if record.value is not None]
    return Markup(
        yaml_core.dump(
            {
                "library_name": "deepwright",
                **(
                    {} if contents.kind in _NAMELESS else {"pipeline_tag": _PIPELINES.get(contents.kind, contents.kind)}
                ),
                "tags": ["deepwright", contents.kind, contents.model],
                "metrics": list(dict.fromkeys(record.measure for record in known)),
                "model-index": [
                    {"name": f"{contents.dataset}-{contents.model}", "results": [_result(contents, known)]}
                ],
            }
        ).rstrip("\n")
    )


def escaped(value: object) -> object:
    """A value with the signs of Markdown and HTML escaped, on one line; markup stays as it is."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return _SIGNS.sub(r"\\\1", " ".join(value.split()))


def _result(contents: Contents, records: list[Measurement]) -> dict[str, Any]:
    return {
        "task": {"type": contents.kind, "name": contents.kind},
        "dataset": {"type": contents.dataset, "name": contents.dataset, "split": "test"},
        "metrics": [_metric(record) for record in records],
    }


def _metric(record: Measurement) -> dict[str, Any]:
    metric: dict[str, Any] = {"type": record.measure, "name": record.name, "value": record.value}
    return {**metric, "args": dict(record.arguments)} if record.arguments else metric

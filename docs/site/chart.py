"""Two directives that draw what the Python above them computed: ``chart`` for lines, ``pictures`` for grids of numbers.

Their argument is the name of a mapping: of a chart's ``x`` and its lines, or of pictures. So a figure shows what the
reader gets, and nothing has to be kept up to date.

    ```{chart} gradients
    :title: Gradients of ten layers
    :labels: layer | norm of the gradient
    :lines: sigmoid | ReLU
    A sentence for those who do not see it.
    ```
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from chapter_code import ChapterCode
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from deepwright.reporting.charts import Caption, Figures, Line, line_chart, spaced
from deepwright.reporting.figures import compact
from deepwright.reporting.report import page

_LISTED = 12
_CHART = page().from_string('{% import "charts.jinja" as draw with context %}{{ draw.lines(chart) }}')
_PICTURES = page().from_string(
    """<figure class="pictures"><figcaption><strong>{{ title }}</strong></figcaption>
<div role="img" aria-label="{{ description }}">{% for picture in pictures %}
<figure><svg viewBox="0 0 {{ picture.rows[0] | length }} {{ picture.rows | length }}" aria-hidden="true">
{%- for row in picture.rows %}{% set y = loop.index0 %}{% for value in row %}{% if value %}
<rect x="{{ loop.index0 }}" y="{{ y }}" width="1" height="1" class="{{ "more" if value > 0 else "less" }}" \
fill-opacity="{{ "%.2f" | format((value if value > 0 else -value) / picture.most) }}"/>
{%- endif %}{% endfor %}{% endfor %}</svg><figcaption>{{ picture.name }}</figcaption></figure>
{%- endfor %}</div></figure>"""
)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split("|")]


class Drawing(SphinxDirective):
    """What both have in common: the numbers of a file, a title and a sentence."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "title": directives.unchanged_required,
        "labels": _parts,
        "lines": _parts,
        "log": directives.flag,
        "one-scale": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """The drawing as HTML."""
        code = self.env.current_document.setdefault("chapter_code", ChapterCode())
        assert isinstance(code, ChapterCode)
        names = code.run(Path(self.env.doc2path(self.env.docname)), self.lineno)
        values = {name: np.asarray(value).tolist() for name, value in names[self.arguments[0]].items()}
        return [nodes.raw("", self.drawn(values), format="html")]

    def drawn(self, values: Mapping[str, list[Any]]) -> str:
        """HTML for the values, by name."""
        raise NotImplementedError


class Chart(Drawing):
    """Lines between two axes, with the table of their figures."""

    def drawn(self, values: Mapping[str, list[Any]]) -> str:
        """One line for each list of numbers over the same ``x``."""
        at, *drawn = values.values()
        names = self.options["lines"]
        lines = [
            Line(
                name, list(zip(at, numbers, strict=True)), style=i, mix=i / (len(names) - 1) if len(names) > 3 else None
            )
            for i, (name, numbers) in enumerate(zip(names, drawn, strict=True))
        ]
        rows = [tuple(map(compact, row)) for row in spaced(list(zip(at, *drawn, strict=True)), _LISTED)]
        labels = self.options["labels"]
        caption = Caption(self.arguments[0], self.options["title"], " ".join(self.content))
        chart = line_chart(
            caption, (labels[0], labels[1]), lines, Figures((labels[0], *names), rows), log="log" in self.options
        )
        assert chart is not None
        return _CHART.render(chart=chart)


class Pictures(Drawing):
    """Grids of numbers side by side: above 0 in one colour, below 0 in another."""

    def drawn(self, values: Mapping[str, list[Any]]) -> str:
        """One picture for each grid; each has a scale of its own unless all are to have one."""
        most = [max(abs(value) for row in rows for value in row) for rows in values.values()]
        if "one-scale" in self.options:
            most = [max(most)] * len(most)
        pictures = [
            {"name": name, "rows": rows, "most": of_picture}
            for name, rows, of_picture in zip(self.options["labels"], values.values(), most, strict=True)
        ]
        return _PICTURES.render(title=self.options["title"], description=" ".join(self.content), pictures=pictures)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("chart", Chart)
    app.add_directive("pictures", Pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

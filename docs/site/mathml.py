"""Formulas as MathML, which browsers draw by themselves: no script, no fonts, no network."""

from __future__ import annotations

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

#: A prime is drawn high already; as an exponent it would be too small to be seen.
_PRIME = re.compile(r"<msup>(<mi>.</mi>)<mi>&#x02032;</mi></msup>")


def mathml(formula: str, display: str) -> str:
    """A formula of LaTeX as MathML, inline or block."""
    return _PRIME.sub(r"<mrow>\1<mo>&#x02032;</mo></mrow>", convert(formula, display=display))


def inline(translator: HTML5Translator, node: nodes.math) -> None:
    """A formula within a sentence."""
    translator.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """A formula on lines of its own; it scrolls by itself where it is wider than the page."""
    translator.body.append(f'<div class="formula" tabindex="0">{mathml(node.astext(), "block")}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

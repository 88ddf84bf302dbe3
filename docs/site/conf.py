"""Settings of the site: one build for each language, from Markdown, without anything that a page fetches."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sphinx.application import Sphinx

SITE = Path(__file__).parent
sys.path.insert(0, str(SITE))
#: Set by tools/documentation.py for each build: a key of ``deepwright.messages.LANGUAGES``.
LANGUAGE = os.environ["DEEPWRIGHT_LANGUAGE"]

project = "deepwright"
language = {"en": "en", "zh": "zh_CN"}[LANGUAGE]
extensions = ["myst_parser", "chart", "chinese_search", "mathml"]
exclude_patterns = ["exercises"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_ambiguous"]
math_number_all = False
html_math_renderer = "mathml"

html_theme_path = [str(SITE)]
html_theme = "theme"
html_title = "deepwright"
html_copy_source = False
html_use_index = False
# A page that is opened as a file may not read its neighbours.
html_show_search_summary = False
# The pages look as the reports do, so that there is one style sheet for both.
html_static_path = [str(SITE.parents[1] / "src/deepwright/reporting/templates/report.css")]


def setup(app: Sphinx) -> None:
    """The pages' own style comes after the reports'."""
    app.add_css_file("report.css", priority=100)
    app.add_css_file("site.css", priority=200)

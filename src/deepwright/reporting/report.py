"""The report and the model card of a run: views of its own files, the same bytes for the same files and language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

import deepwright
from deepwright.messages import _, current_language, listing, plural
from deepwright.reporting import (
    alignments,
    architecture_drawing,
    card,
    charts,
    choice,
    confusion,
    feature_maps,
    figures,
    findings,
    labels,
    recommendation_charts,
    result_charts,
    tables,
    through_time,
    training_charts,
    word_map,
)
from deepwright.reporting.augmentations import augmented
from deepwright.reporting.contents import SPLITS, Contents
from deepwright.reporting.continuations import ContinuationsSection
from deepwright.reporting.data_section import DataSection
from deepwright.reporting.mistakes import MistakesSection
from deepwright.reporting.passages import PassagesSection
from deepwright.reporting.recommendations import RecommendationsSection
from deepwright.reporting.translations import TranslationsSection

REPORT = "report.html"
CARD = "README.md"

#: A lead longer than this is no lead but a sentence.
_LEAD = 44


def render(files: Mapping[str, bytes], version: str = deepwright.__version__) -> dict[str, bytes]:
    """Render both views of a run.

    Args:
        files: the run's own files by name.
        version: of deepwright, the one that wrote the run.

    Returns:
        ``report.html`` and ``README.md`` in the language of the messages.
    """
    contents = Contents.read(files)
    values: dict[str, Any] = {
        "run": contents,
        "data": DataSection.read(files),
        "augmented": augmented(files),
        "mistaken": MistakesSection.read(files, contents),
        "passages": PassagesSection.read(files, contents),
        "translated": TranslationsSection.read(files, contents),
        "suggested": RecommendationsSection.read(files, contents),
        "aligned": alignments.alignments(files),
        "continued": ContinuationsSection.read(files),
        "learnt": feature_maps.feature_maps(files),
        "recurrent": through_time.through_time(files),
        "words": word_map.word_map(files),
        "version": version,
        "language": current_language(),
        "title": _("{model} on {data}", model=contents.model, data=contents.dataset),
        "answer": findings.answer(contents.measurements),
        "findings": findings.findings(contents.measurements),
    }
    return {
        REPORT: page().get_template("report.html.jinja").render(values).encode(),
        CARD: _markdown().get_template("card.md.jinja").render(values).encode(),
    }


def lead(sentence: str) -> Markup:
    """A sentence whose first words, up to a colon, stand out."""
    for colon in (": ", "："):
        first, found, rest = sentence.partition(colon)
        if found and len(first) <= _LEAD:
            return Markup("<strong>{}</strong>{}").format(first + found.rstrip(), f" {rest}" if found == ": " else rest)
    return escape(sentence)


def page() -> Environment:
    """What renders a page: everything is escaped, and a sentence may have a lead."""
    environment = _environment(autoescape=True)
    environment.filters["lead"] = lead
    return environment


def _markdown() -> Environment:
    return _environment(autoescape=False, finalize=card.escaped)


def _environment(*, autoescape: bool, finalize: Callable[[object], object] | None = None) -> Environment:
    environment = Environment(
        loader=PackageLoader("deepwright.reporting"),
        autoescape=autoescape,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    parts = (
        architecture_drawing,
        card,
        charts,
        choice,
        confusion,
        feature_maps,
        figures,
        labels,
        recommendation_charts,
        result_charts,
        tables,
        through_time,
        training_charts,
        word_map,
    )
    environment.globals.update({part.__name__.rpartition(".")[2]: part for part in parts})
    environment.globals.update(_=_, plural=plural, listing=listing, SPLITS=SPLITS)
    return environment

"""The learning path: every block of every chapter is run and prints what the page shows, in both languages alike."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from deepwright.messages import LANGUAGES
from tests.conftest import CHECKOUT
from tests.docs.examples import broken_links, carry_out, disagreement, examples

DOCS = CHECKOUT / "docs"
PAGES = sorted(page.name for page in (DOCS / "en").glob("*.md"))
CHAPTERS = [page for page in PAGES if page[0].isdigit()]
#: Another processor may decide a few of 359 rows otherwise: percentage points.
POINTS = 1.5
language_of = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as a student has it who has solved the exercises."""
    rows = Path("benchmarks", "rows")
    shutil.copytree(CHECKOUT / rows, tmp_path / rows)
    exercises = tmp_path / "docs" / "exercises"
    shutil.copytree(DOCS / "exercises", exercises)
    for solution in (exercises / "solutions").glob("*.py"):
        shutil.copy(solution, exercises)
    return tmp_path


@language_of
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_block_prints_what_is_shown(
    chapter: str, language: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPWRIGHT_LANGUAGE", language)
    names: dict[str, Any] = {}
    command, printed = "", ""
    for kind, text in examples(DOCS / language / chapter):
        if kind == "text":
            assert disagreement(text, printed, POINTS if command == "sh" else 0) == "", printed
        else:
            command, printed = kind, carry_out(kind, text, folder, brief=False, names=names)


@language_of
@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str, language: str) -> None:
    assert broken_links(DOCS / language / page) == []


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_parts(page: str) -> None:
    assert parts(DOCS / "en" / page) == parts(DOCS / "zh" / page)


def test_both_languages_have_the_same_pages() -> None:
    assert sorted(page.name for page in (DOCS / "zh").glob("*.md")) == PAGES


def parts(page: Path) -> list[str]:
    """What a translation leaves as it is: code, commands, formulas, and which headings, figures and tables it has."""
    text = page.read_text(encoding="utf-8")
    kept = [f"{kind}: {code}" for kind, code in examples(page) if kind != "text"]
    kinds = [kind if kind in ("text", "sh", "python") else "file" for kind, _code in examples(page)]
    return [
        *kept,
        *kinds,
        *re.findall(r"^```(\{.*)$", text, re.MULTILINE),
        *re.findall(r"^(#+) ", text, re.MULTILINE),
        *re.findall(r"^\|[-|]+\|$", text, re.MULTILINE),
        *(formula for formula in re.findall(r"\$\$(.*?)\$\$", text, re.DOTALL) if r"\text" not in formula),
    ]


def test_an_output_that_differs_is_found() -> None:
    shown = "a 98.3% of 359\n…\nb 1.70"
    assert disagreement(shown, "first\na 98.0%   of 359\nx\nb 1.71\n", POINTS) == ""
    assert "359 is 360" in disagreement(shown, "a 98.3% of 360\nb 1.70", POINTS)
    assert "98.3 is 90.1" in disagreement(shown, "a 90.1% of 359\nb 1.70", POINTS)
    assert disagreement(shown, "b 1.70\na 98.3% of 359", POINTS) == "b 1.70"
    assert "1.70 is 1.9" in disagreement(shown, "a 98.3% of 359\nb 1.9")

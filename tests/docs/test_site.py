"""The site: it is built without a warning, nothing on it comes from elsewhere, and every link on it leads somewhere."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from deepwright.messages import LANGUAGES
from tests.conftest import CHECKOUT
from tools.documentation import build

MISSING = [name for name in ("sphinx", "myst_parser", "latex2mathml") if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"the docs extra is not installed: {', '.join(MISSING)}")

SOURCES = sorted((CHECKOUT / "docs").glob("[ez][nh]/*.md"))
_LINK = re.compile(r'(?:href|src|action)="([^"]*)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built; any warning would have stopped it."""
    return build(tmp_path_factory.mktemp("site")).parent


def test_every_page_is_there(site: Path) -> None:
    expected = {f"{page.parent.name}/{page.stem}.html" for page in SOURCES}
    assert expected <= {str(page.relative_to(site)) for page in site.rglob("*.html")}
    for language in LANGUAGES:
        assert f"{language}/index.html" in (site / "index.html").read_text(encoding="utf-8")


def test_nothing_comes_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        links = _LINK.findall(page.read_text(encoding="utf-8"))
        assert [link for link in links if re.match(r"(https?:)?//", link)] == [], page
    for style in site.rglob("*.css"):
        assert "url(" not in style.read_text(encoding="utf-8"), style


def test_every_link_leads_somewhere(site: Path) -> None:
    broken = []
    for page in site.rglob("*.html"):
        for link in _LINK.findall(page.read_text(encoding="utf-8")):
            path, _hash, place = unquote(link).partition("#")
            target = page if not path else page.parent / path.partition("?")[0]
            if link.startswith("data:"):
                continue
            there = target.is_file() and (not place or f'id="{place}"' in target.read_text(encoding="utf-8"))
            if not there:
                broken.append((page.name, link))
    assert broken == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: f"{source.parent.name}-{source.stem}")
def test_a_page_shows_its_formulas_and_figures(source: Path, site: Path) -> None:
    text = source.read_text(encoding="utf-8")
    page = (site / source.parent.name / f"{source.stem}.html").read_text(encoding="utf-8")
    assert page.count('class="formula"') == len(re.findall(r"^\$\$", text, re.MULTILINE)) - len(
        re.findall(r"^\$\$$", text, re.MULTILINE)
    )
    assert page.count('role="img"') == len(re.findall(r"^```\{(?:chart|pictures)\}", text, re.MULTILINE))
    assert "$" not in re.sub(r"<(pre|annotation)\b.*?</\1>", "", page, flags=re.DOTALL)


def test_chinese_can_be_searched(site: Path) -> None:
    index = (site / "zh" / "searchindex.js").read_text(encoding="utf-8")
    words = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["terms"]
    assert {"反向", "向传", "卷积", "池", "softmax"} <= set(words)
    assert "run.slice(i, i + 2)" in (site / "zh" / "_static" / "language_data.js").read_text(encoding="utf-8")

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from deepwright.config import yaml_core
from deepwright.messages import choose_language
from deepwright.reporting.findings import answer, findings
from deepwright.reporting.report import CARD, REPORT, lead, render
from tests.unit.reporting.runs import run_files
from tests.unit.reporting.test_findings import measurements_of

VOID = {"meta", "link", "br", "hr", "img", "input", "col", "wbr"}
HOSTILE = ('<script>alert("1")</script>', "a|b `c` *d* & e", "猫 和 狗", "", "[x](y)")


class Page(HTMLParser):
    """Reads a page and complains about tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute: {names}"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-3:]}, line {self.getpos()[0]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def report(**changes: object) -> str:
    return render(run_files(**changes))[REPORT].decode()  # type: ignore[arg-type]


def card(**changes: object) -> str:
    return render(run_files(**changes))[CARD].decode()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(report())


@pytest.fixture
def chinese() -> Iterator[None]:
    choose_language("zh")
    yield
    choose_language(None)


RUNS = {
    "two classes": {},
    "thirty classes": {"names": [f"class {i}" for i in range(30)]},
    "a hundred classes": {
        "names": [f"c{i}" for i in range(100)],
        "sizes": {"train": 200, "validation": 50, "test": 60},
    },
    "solved": {"model": "pixel_linear", "baselines": ("majority",), "trained": False},
    "majority": {"model": "majority", "baselines": ("pixel_linear",), "trained": False},
    "no baselines": {"baselines": ()},
    "hostile names": {"names": HOSTILE},
    "in memory": {"source": "memory"},
    "labels": {"answers": "labels", "names": ["red", "round", "猫"]},
    "one label": {"answers": "labels", "names": ["red"]},
    "hostile labels": {"answers": "labels", "names": HOSTILE},
    "a number": {"answers": "number", "names": ["height"]},
    "a hostile number": {"answers": "number", "names": HOSTILE[:1]},
    "a number that is solved": {
        "answers": "number",
        "names": ["height"],
        "model": "pixel_linear",
        "baselines": ("mean",),
        "trained": False,
    },
}


@pytest.mark.parametrize("changes", RUNS.values(), ids=RUNS)
def test_every_run_has_a_well_formed_report_and_card(changes: dict[str, object]) -> None:
    html = report(**changes)
    found = Page(html)
    assert html.startswith("<!doctype html>")
    identifiers = [attributes["id"] for _tag, attributes in found.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert all(f"#{name}" in {f"#{i}" for i in identifiers} for name in re.findall(r'href="#([^"]+)"', html))
    labelled = [name for _tag, a in found.tags for name in (a.get("aria-labelledby") or "").split()]
    assert set(labelled) <= set(identifiers)
    assert "None" not in found.words
    assert "nan" not in found.words.casefold().split()
    assert card(**changes).startswith("---\n")


@pytest.mark.parametrize(
    ("answers", "absent", "charts"),
    [
        ("class", set(), {"principal", "gains", "confusion", "reliability"}),
        ("labels", {"confusion", "calibration"}, {"principal", "gains"}),
        ("number", {"confusion", "calibration", "classes"}, {"principal", "gains", "predicted", "residuals"}),
    ],
)
def test_each_task_has_the_sections_and_charts_that_mean_something(
    answers: str, absent: set[str], charts: set[str]
) -> None:
    found = Page(report(answers=answers))
    sections = {attributes["id"] for attributes in found.all("section")}
    assert {"confusion", "calibration", "classes"} - sections == absent
    assert {"answer", "data", "results", "measurements"} <= sections
    drawn = {str(attributes.get("aria-labelledby")).partition("-title")[0] for attributes in found.all("svg")}
    of_results = {"principal", "gains", "confusion", "reliability", "predicted", "residuals"}
    assert drawn & of_results == charts


def test_same_files_same_bytes() -> None:
    files = run_files()
    assert render(files) == render(dict(reversed(files.items())))


def test_nothing_comes_from_elsewhere(page: Page) -> None:
    html = report(names=HOSTILE)
    assert re.findall(r"https?://|//[a-z]|@import|url\(", html) == []
    assert not {"script", "link", "img", "iframe", "object", "embed"} & {tag for tag, _attributes in page.tags}
    references = {a.get("href") or a.get("src") for _tag, a in page.tags if "href" in a or "src" in a}
    assert all(reference and reference.startswith("#") for reference in references)


def test_everything_is_escaped() -> None:
    found = Page(report(names=HOSTILE, source='/tmp/"><b>data'))
    assert found.all("script") == found.all("b") == []
    assert HOSTILE[0] in found.words
    assert HOSTILE[2] in found.words


def test_the_answer_is_on_top_and_findings_follow(page: Page) -> None:
    measurements = measurements_of(run_files())
    assert answer(measurements) in page.words
    for sentence in findings(measurements):
        assert sentence in page.words.replace("\xa0", " ")
    assert page.words.index(answer(measurements)) < page.words.index("What to know about it")


def test_headings_are_in_order(page: Page) -> None:
    levels = [int(tag[1]) for tag, _attributes in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert set(levels[1:]) == {2, 3}
    assert all(below - above <= 1 for above, below in pairwise(levels)), "no level is left out on the way down"


def test_landmarks_and_language(page: Page) -> None:
    assert page.all("html") == [{"lang": "en"}]
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1
    assert page.all("a")[0] == {"class": "skip", "href": "#content"}


def test_charts_have_titles_and_tables(page: Page) -> None:
    charts = [attributes for attributes in page.all("svg") if "role" in attributes]
    decorations = [attributes for attributes in page.all("svg") if "role" not in attributes]
    pictures = [attributes for attributes in page.all("figcaption") if attributes.get("class") == "picture"]
    assert len(charts) == len(page.all("figure")) - len(pictures) == 9
    assert all(attributes["role"] == "img" and attributes["aria-labelledby"] for attributes in charts)
    assert all(attributes["aria-hidden"] == "true" for attributes in decorations)
    assert len(page.all("desc")) == len(charts)


def test_tables_have_captions_and_scopes(page: Page) -> None:
    assert len(page.all("caption")) == len(page.all("table"))
    assert {attributes.get("scope") for attributes in page.all("th")} == {"col", "row"}


def test_every_measurement_is_in_the_table(page: Page) -> None:
    records = json.loads(run_files()["measurements.json"])["measurements"]
    html = report()
    table = html[html.index('id="measurements"') :]
    assert table.count("<tr>") == len(records) + 1
    assert f"{len(records)} measurements" in page.words


def test_in_chinese(chinese: None) -> None:
    assert Page(report(names=("猫", "狗"))).all("html") == [{"lang": "zh"}]


def test_the_version_is_the_one_that_wrote_the_run() -> None:
    made = render(run_files(), "9.8.7")
    assert b"pip install deepwright==9.8.7" in made[REPORT]
    assert b"pip install deepwright==9.8.7" in made[CARD]


def test_the_front_matter_of_the_card() -> None:
    text = card(names=HOSTILE)
    front = yaml_core.parse(text.split("---\n")[1], CARD)[0]
    (model,) = front["model-index"]
    (result,) = model["results"]
    measurements = measurements_of(run_files(names=HOSTILE))
    assert front["library_name"] == "deepwright"
    assert front["pipeline_tag"] == "image-classification"
    assert model["name"] == "pets-mlp"
    assert result["dataset"] == {"type": "pets", "name": "pets", "split": "test"}
    for metric in result["metrics"]:
        assert metric["value"] == measurements[metric["name"]].value


def test_the_card_leaves_nothing_blank_and_invents_nothing() -> None:
    text = card()
    assert text.count("Not stated by the user.") == 2
    assert answer(measurements_of(run_files())).replace("_", "\\_").replace("\\_", "_") in text
    assert "/data/pets" not in text, "the folders of the user's machine are not published"
    headings = re.findall(r"^## .*\n\n(.*)$", text, re.MULTILINE)
    assert len(headings) == 8
    assert all(headings)


def test_the_card_escapes_markdown() -> None:
    text = card(names=HOSTILE)
    assert "<script>" not in text
    assert r"\<script\>" in text
    assert r"a\|b \`c\` \*d\* \& e" in text


def test_lead_stands_out_where_it_is_short() -> None:
    assert lead("Overfitting: <much>.") == "<strong>Overfitting:</strong> &lt;much&gt;."
    assert lead("过拟合：很多。") == "<strong>过拟合：</strong>很多。"
    assert lead("No colon.") == "No colon."
    assert lead(f"{'long ' * 20}: end") == f"{'long ' * 20}: end"


def test_rendering_does_not_import_torch() -> None:
    code = "import sys, deepwright.reporting.report, deepwright.reporting.findings; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"

from __future__ import annotations

import json

import numpy as np
import pytest

from deepwright.explaining.feature_maps import filters_of, maps_of
from deepwright.reporting.feature_maps import FEATURE_MAPS
from deepwright.reporting.report import REPORT, render
from tests.unit.reporting.runs import run_files
from tests.unit.reporting.test_report import Page


def section(answer: object, name: str | None = None, filters: bool = True) -> Page:
    """The report of a run with feature maps."""
    rng = np.random.default_rng(0)
    maps, first = maps_of("conv1", rng.normal(size=(20, 4, 4))), filters_of("conv1", rng.normal(size=(3, 1, 3, 3)))
    assert first is not None
    uri = maps.channels[0].picture
    record = {"row": 7, "name": name, "answer": answer, "picture": uri, "filters": None, "maps": [_plain(maps)]}
    if filters:
        record["filters"] = _plain(first)
    return Page(render({**run_files(), FEATURE_MAPS: json.dumps(record).encode()})[REPORT].decode())


def _plain(maps: object) -> object:
    return json.loads(json.dumps(maps, default=vars))


def test_filters_maps_and_what_they_are_of() -> None:
    page = section("<b>3</b>")
    assert "features" in {attributes["id"] for attributes in page.all("section")}
    assert "3 filters; mid-grey is 0" in page.words
    assert "the 16 of 20 channels that vary most" in page.words
    assert "(row 7); the answer is <b>3</b>." in page.words
    pictures = page.all("img")
    assert len(pictures) == 3 + 1 + 16
    assert sum(bool(attributes["alt"]) for attributes in pictures) == 3 + 16, "each map and filter is told in words"


@pytest.mark.parametrize(
    ("answer", "said"), [(["red", "big"], "the answer is red, big."), ([], "no label"), (2.5, "the answer is 2.5.")]
)
def test_each_kind_of_answer(answer: object, said: str) -> None:
    page = section(answer, name="a/cat.jpg", filters=False)
    assert said in page.words
    assert "a/cat.jpg" in page.words
    assert "The filters of the first convolution" not in page.words


def test_a_run_without_them_has_no_such_section() -> None:
    page = Page(render(run_files())[REPORT].decode())
    assert "features" not in {attributes["id"] for attributes in page.all("section")}

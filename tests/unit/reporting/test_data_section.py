from __future__ import annotations

import re

import numpy as np
import pytest

from deepwright.config.settings import DataSettings
from deepwright.data.splits import Splits
from deepwright.data.table import Column, Table
from deepwright.reporting.data_card import render_card, summary
from deepwright.reporting.data_section import DataSection, doubt, way
from deepwright.reporting.report import REPORT, render
from deepwright.tokens import Tokenizer
from deepwright.workflows.inspect import inspect_data
from tests.unit.reporting.inspected import inspected, with_inspection
from tests.unit.reporting.runs import run_files
from tests.unit.reporting.test_report import HOSTILE, Page


def page(names: tuple[str, ...] = ("cat", "dog")) -> Page:
    return Page(render(with_inspection(run_files(names), names))[REPORT].decode())


@pytest.mark.parametrize("names", [("cat", "dog"), HOSTILE, tuple(f"c{i}" for i in range(25))], ids=len)
def test_a_run_with_an_inspection_has_a_well_formed_report(names: tuple[str, ...]) -> None:
    found = page(names)
    identifiers = [attributes["id"] for _tag, attributes in found.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert "None" not in found.words
    assert not found.all("script")


def test_pictures_are_in_the_page_and_have_names() -> None:
    found = page()
    assert len(found.all("img")) > 25
    assert all(str(attributes["src"]).startswith("data:image/") for attributes in found.all("img"))
    assert all(attributes["alt"] for attributes in found.all("img"))
    html = render(with_inspection(run_files()))[REPORT].decode()
    assert re.findall(r"https?://|@import|url\(", html) == []


def test_every_part_of_the_inspection_is_shown() -> None:
    words = page().words
    for part in (
        "60 sizes; widths 100 to 159 (median 129.5) pixels, heights 80 pixels",
        "origin: a shelter; licence: CC BY 4.0; retention: not stated",
        "2 pictures are there more than once, pixel by pixel.",
        "0 pairs are nearly the same.",
        "two labels · two splits · pixel by pixel",
        "labelled cat: 1.0%",
        "predicted dog: 98.0%",
        "It is cut & short.",
        "<broken>.jpg",
    ):
        assert part in words, part


def test_a_run_without_an_inspection_is_still_shown() -> None:
    found = Page(render(run_files())[REPORT].decode())
    assert "Splits and balance" in found.words
    assert "Duplicates" not in found.words


def test_bars_are_lengths_beside_the_largest_class() -> None:
    bars = inspected(("a", "b", "c")).section.bars()
    most = max(sum(bar.counts) for bar in bars)
    assert [bar.name for bar in bars] == ["a", "b", "c"]
    assert sum(sum(bar.counts) for bar in bars) == 60
    assert max(sum(bar.lengths) for bar in bars) == pytest.approx(1)
    assert bars[0].lengths[0] == bars[0].counts[0] / most
    assert sum(bar.share for bar in bars) == pytest.approx(1)


def test_without_splits_all_rows_stand_in_one_column() -> None:
    section = inspected(splits=None).section
    assert section.splits == []
    assert section.heads == ["rows"]
    assert [bar.counts for bar in section.bars()] == [[29], [31]]
    assert render_card(section, []).startswith(b"<!doctype html>")


def test_the_pair_says_what_is_wrong() -> None:
    pair, other = inspected().section.pairs()
    assert pair.disagree
    assert pair.apart
    assert [shown.lines for shown in pair.pictures] == [["cat", "training"], ["dog", "test"]]
    assert [shown.name for shown in pair.pictures] == ["0.jpg", "50.jpg"]
    assert not other.disagree


def test_rows_without_names_are_numbered() -> None:
    (pair, _other) = inspected(names=("cat", "dog")).section.pairs()
    assert pair.pictures[0].name == "0.jpg"
    unnamed = DataSection.read(inspected().files())
    assert unnamed.pairs() == inspected().section.pairs()
    numbers = Table({"image": Column("image", np.eye(30, dtype=np.uint8)[None].repeat(2, 0) * 255)}, "eyes")
    section = inspect_data(numbers, None, {"image": "image"}, DataSettings()).section
    assert [shown.name for shown in section.pairs()[0].pictures] == ["row 0", "row 1"]


def test_words_for_doubts_and_ways() -> None:
    suspect = {"label": None, "predicted": "red", "label_probability": 0.02, "predicted_probability": 0.98}
    assert doubt(suspect) == ["labelled not red: 2.0%", "predicted red: 98.0%"]
    assert doubt({**suspect, "label": "red", "predicted": None})[0] == "labelled red: 2.0%"
    assert way(0.0) == "pixel by pixel"
    assert way(0.123) == "12% of the contrast differs"


def test_the_data_card_stands_alone() -> None:
    found = inspected()
    card = Page(render_card(found.section, found.measurements).decode())
    assert summary(found.section) == "60 rows in 2 classes."
    assert card.words.index("Leakage: 2 pictures") < card.words.index("Duplicates and leakage")
    assert found.data["sha256"] in card.words
    assert render_card(found.section, found.measurements) == render_card(found.section, found.measurements)


@pytest.mark.parametrize(
    ("tokenizer", "said"),
    [("word", "words, 6 of"), ("character", "characters, 9 of"), ("byte", "bytes, 258 of"), ("bpe", "byte pairs, 25")],
)
def test_texts_are_said_to_be_read_in_the_tokens_that_they_are_read_in(tokenizer: Tokenizer, said: str) -> None:
    texts = np.array(["to be or", "be or not", "not to be", "or to be"] * 3, dtype=object)
    columns = {"text": Column("text", texts), "label": Column("category", np.array(["a", "b"] * 6))}
    settings = DataSettings(tokenizer=tokenizer, vocab_size=259, max_seq_len=16)
    splits = Splits("given", np.arange(8), np.arange(8, 10), np.arange(10, 12))
    found = inspect_data(Table(columns, "t.csv"), splits, {"text": "text", "label": "label"}, settings)
    assert said in next(fact.text for fact in found.section.facts() if fact.name == "tokens")

"""BLEU and chrF are those of sacreBLEU, on real texts and on whatever may be written."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from deepwright import registry
from deepwright.config.settings import ValidationSettings
from deepwright.contracts import TRANSLATED, Metric, Predictions, weighted
from deepwright.measurements import Claim
from deepwright.validation.evaluation import measure_all

Pairs = Sequence[tuple[str, str]]
WORDS: list[dict[str, Any]] = [
    {"tokenize": name, "lowercase": lower} for name in ("13a", "zh", "none") for lower in (False, True)
]
#: What was written, and what was to be.
PAIRS: dict[str, Pairs] = {
    "English": [
        ("A man is riding a bicycle .", "A man rides his bike."),
        ("Don't pay $1,000.50 for a two-year-old's toy!", "Don't pay $1,000.50 for a 2-year-old toy (ever)."),
        ('He said: "no" &amp; left at 5-6 p.m.', "He said &quot;no&quot; & left, at 5 p.m..."),
    ],
    "German": [
        ("Zwei junge weiße Männer sind im Freien.", "Zwei junge weiße Männer stehen draußen in der Nähe von Büschen."),
        ("Größenwahn kostet 3,50 €, sagte er.", "Der Größenwahn kostet 3.50 €, sagt sie."),
    ],
    "Chinese": [
        ("今天的天气很好，我们去公园。", "今天天气真好，我们一起去公园吧！"),
        ("他说“价格是3.5元”——太贵了…", "他说：“价格为3.50元”，太贵了。"),
        ("𠀀𠀁 は 한국어 GPU", "𠀀 は 한국 GPU１"),
    ],
    "emoji": [("I ❤️ you 😀😀", "I ❤️ you 😀 👩‍👩‍👧"), ("😀", "😀")],
    "nothing written": [("", "a cat sat on the mat"), ("", "two")],
    "nothing to be written": [("a cat sat on the mat", ""), ("two", "")],
    "nothing at all": [("", ""), (" \n", "")],
    "some not written": [("", "a cat sat on the mat"), ("a cat sat on the mat", "a cat sat on a mat")],
    "single words": [("cat", "cat"), ("dog", "cow")],
    "a single letter": [("a", "a")],
    "nothing right": [("one two three four five", "uno dos tres cuatro cinco")],
    "no four together": [("a b c x d e f", "a b c d e f g h")],
    "over several lines": [("one-\ntwo\nthree <skipped> four\t.", "one two three\u3000four. "), ("５．５-6", "5.5-6.")],
}


def predictions(pairs: Pairs) -> Predictions:
    made = np.empty((len(pairs), 2), object)
    made[:] = [list(pair) for pair in pairs]
    return Predictions(np.arange(len(pairs)), made[:, 1], np.ones((len(pairs), 4)), TRANSLATED, written=made[:, 0])


def value(metric: Metric, pairs: Pairs) -> float:
    return float(weighted(metric, predictions(pairs), np.ones((1, len(pairs))))[0])


def score(theirs: Any, pairs: Pairs) -> float:
    found: float = theirs.corpus_score([written for written, _target in pairs], [[target for _, target in pairs]]).score
    return found


def assert_same(pairs: Pairs) -> None:
    for words in WORDS:
        ours = registry.load("metrics", "bleu")(**words)
        theirs = BLEU(**words, force=True)
        assert value(ours, pairs) == pytest.approx(score(theirs, pairs), abs=1e-9), words
        assert str(theirs.get_signature()).startswith(f"{ours.signature}|version:")
    chrf, reference = registry.load("metrics", "chrf")(), CHRF()
    assert value(chrf, pairs) == pytest.approx(score(reference, pairs), abs=1e-9)
    assert str(reference.get_signature()).startswith(f"{chrf.signature}|version:")


@pytest.mark.parametrize("name", PAIRS)
def test_they_are_those_of_sacrebleu(name: str) -> None:
    assert_same(PAIRS[name])
    assert_same([(target, written) for written, target in PAIRS[name]])


TEXTS = st.text(st.sampled_from("ab1234.,-;&<>'\"!–“”—…、。中文猫カ가𠀀😀１．\n\t \u3000"), max_size=25)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_they_are_those_of_sacrebleu_whatever_is_written(pairs: Pairs) -> None:
    assert_same(pairs)


@pytest.mark.parametrize("name", ["13a", "zh", "none"])
def test_every_character_is_divided_as_sacrebleu_divides_it(name: str) -> None:
    """Those of the first plane and some beyond, between a letter and a digit."""
    characters = [
        chr(number) for number in [*range(1, 0x10100), 0x1F600, 0x20000, 0x2F810] if not chr(number).isspace()
    ]
    theirs, ours = BLEU(tokenize=name), registry.load("metrics", "bleu")(tokenize=name)
    text = "".join(f"x{one}1" for one in characters)
    assert list(ours._words(text)) == theirs._preprocess_segment(text).split()


def damaged(text: str, rng: np.random.Generator) -> str:
    """A text without some of its pieces, of which some are elsewhere."""
    pieces = text.split(" ") if " " in text else list(text)
    kept = [piece for piece in pieces if rng.random() > 0.15]
    if rng.random() < 0.3:
        rng.shuffle(kept)
    return (" " if " " in text else "").join(kept)


@pytest.mark.parametrize("language", ["de", "en", "zh"])
def test_they_are_those_of_sacrebleu_on_real_texts(language: str, data_dir: Path) -> None:
    if language == "zh":
        with (data_dir / "text-classification" / "waimai_10k.csv").open(encoding="utf-8", newline="") as file:
            texts = [row[1] for row in csv.reader(file)][1:201]
    else:
        with gzip.open(data_dir / "multi30k" / f"test_2016_flickr.{language}.gz", "rt", encoding="utf-8") as lines:
            texts = lines.read().splitlines()[:200]
    assert len(texts) == 200
    rng = np.random.default_rng(0)
    pairs = [(damaged(text, rng), text) for text in texts]
    assert_same(pairs)
    assert 20 < value(registry.load("metrics", "bleu")(tokenize="zh"), pairs) < 90, "some is right, and some is not"


def test_the_interval_is_that_of_texts_drawn_again() -> None:
    """Texts are drawn, not their scores averaged: BLEU of all is not the mean of each."""
    rng = np.random.default_rng(1)
    pairs = [(damaged(target, rng), target) for _written, target in [*PAIRS["English"], *PAIRS["German"]] * 8]
    made = predictions(pairs)
    claims = {"m": [Claim("bleu", "bleu", {"tokenize": "13a"}, compared=True), Claim("exact_match", "exact_match")]}
    bleu, exact = measure_all("m", claims, {("m", "test"): made}, ValidationSettings(), 0)
    assert bleu.value == pytest.approx(score(BLEU(), pairs), abs=1e-9)
    assert bleu.interval is not None
    weights = np.random.default_rng(2).multinomial(len(pairs), np.full(len(pairs), 1 / len(pairs)), 150)
    again = [score(BLEU(), [pairs[row] for row in np.repeat(np.arange(len(pairs)), times)]) for times in weights]
    spread = float(np.std(again))
    assert bleu.interval[1] - bleu.interval[0] == pytest.approx(2 * 1.96 * spread, rel=0.25)
    assert exact.n == len(pairs)
    assert exact.shown().count(",") == 1, "a share has an interval"
    assert len(bleu.shown().split()[0]) == len("37.21")


@pytest.mark.parametrize("right", [True, False])
def test_all_exact_or_none_still_leaves_an_interval(right: bool) -> None:
    made = predictions([(f"text {i}", f"text {i}" if right else "other") for i in range(30)])
    claims = {"m": [Claim("exact_match", "exact_match")]}
    for groups in (None, np.arange(30) // 3):
        record = measure_all("m", claims, {("m", "test"): replace(made, groups=groups)}, ValidationSettings(), 0)[0]
        assert record.value == float(right)
        assert record.interval is not None
        assert 0.05 < record.interval[1] - record.interval[0] < 0.4


def test_words_are_what_stands_between_blanks_and_characters_without_them() -> None:
    metric = registry.load("metrics", "word_error_rate")()
    assert value(metric, [("HH AH0 L OW1", "HH EH0 L OW1")]) == 1 / 4
    assert value(metric, [("猫坐在 the mat", "狗坐在 the mat")]) == 1 / 5
    assert value(metric, [("a b c", "x")]) == 3, "more may be wrong than was to be written"

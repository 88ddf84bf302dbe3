from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import TRANSLATED, Predictions
from deepwright.measurements import Claim
from deepwright.validation.translations import GROUPS, by_length, examples, sentence_scores

CLAIMS = [Claim("bleu", "bleu", {"tokenize": "13a"}), Claim("exact_match", "exact_match")]
WORDS = np.array(["the", "cat", "sat", "on", "a", "mat", "猫", "dog"], object)


def predictions(lengths: list[int], seed: int = 0) -> Predictions:
    """Texts of so many words; the longer they are, the more of them is written wrongly."""
    rng = np.random.default_rng(seed)
    targets, written = [], []
    for length in lengths:
        words = rng.choice(WORDS, length)
        wrong = rng.random(length) < length / 40
        targets.append(" ".join(words))
        written.append(" ".join(np.where(wrong, "x", words)))
    outputs = np.array([[1.0, 1.0, length + 1, length] for length in lengths])
    made = np.array([targets, written], object)
    return Predictions(np.arange(len(lengths)) + 100, made[0], outputs, TRANSLATED, written=made[1])


def test_groups_have_about_the_same_size_and_each_row_is_in_one() -> None:
    lengths = np.random.default_rng(0).integers(4, 30, 200).tolist()
    made = predictions(lengths)
    found = by_length(CLAIMS, "m", made, ValidationSettings(), 0)
    assert made.written is not None
    assert len(found) == GROUPS
    assert sum(group.count for group in found) == 200
    assert all(25 <= group.count <= 55 for group in found)
    for group, following in pairwise(found):
        assert group.shortest <= group.longest < following.shortest
    bleus = [float(group.measurements[0]) for group in found]
    assert bleus[0] > bleus[-1] + 20, "what is long was written worse"
    for group in found:
        there = [row for row, length in enumerate(lengths) if group.shortest <= length <= group.longest]
        theirs = BLEU().corpus_score([made.written[row] for row in there], [[made.targets[row] for row in there]])
        bleu, exact = group.measurements
        assert (bleu.name, exact.name) == ("bleu", "exact_match")
        assert float(bleu) == pytest.approx(theirs.score, abs=1e-9)
        assert bleu.n == exact.n == group.count == len(there)
        assert bleu.interval is not None
        assert bleu.interval[0] < float(bleu) < bleu.interval[1]


@pytest.mark.parametrize(("lengths", "groups"), [([7] * 30, [(7, 7)]), ([1] * 28 + [9, 30], [(1, 1), (9, 30)])])
def test_texts_of_one_length_are_together(lengths: list[int], groups: list[tuple[int, int]]) -> None:
    found = by_length(CLAIMS, "m", predictions(lengths), ValidationSettings(), 0)
    assert [(group.shortest, group.longest) for group in found] == groups


def test_groups_are_the_same_whenever_they_are_asked_for() -> None:
    made = predictions(np.random.default_rng(0).integers(1, 9, 60).tolist())
    first, second = (by_length(CLAIMS, "m", made, ValidationSettings(), 3) for _time in range(2))
    assert first == second


def test_the_best_come_first_and_the_worst_last() -> None:
    made = predictions([20] * 31)
    assert made.written is not None
    scores = sentence_scores(made)
    assert scores[4] == pytest.approx(CHRF().sentence_score(made.written[4], [made.targets[4]]).score, abs=1e-9)
    found = examples(made, 3)
    shown = [*found.best, *found.median, *found.worst]
    assert [one.score for one in shown] == sorted((one.score for one in shown), reverse=True)
    assert found.best[0].score == scores.max()
    assert found.worst[-1].score == scores.min()
    assert found.median[1].score == np.median(scores)
    for one in shown:
        place = one.row - 100
        assert (one.target, one.written, one.score) == (made.targets[place], made.written[place], scores[place])


def test_of_texts_that_are_as_good_the_first_rows_come_first() -> None:
    made = predictions([1] * 9)
    same = Predictions(made.rows[::-1], made.targets, made.outputs, TRANSLATED, written=made.targets)
    assert [one.row for one in examples(same, 2).best] == [100, 101]
    assert {one.score for one in examples(same, 2).worst} == {100.0}
    assert len(examples(same, 50).median) == 9

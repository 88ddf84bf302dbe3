"""What a network takes from where, for a report and again for its verification."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from deepwright.config.settings import Member, Settings, TrainingSettings
from deepwright.contracts import TRANSLATED, Predictions
from deepwright.data.table import Column, Table
from deepwright.predictor import Predictor
from deepwright.reporting.alignments import ALIGNMENTS
from deepwright.tasks.translation import Translation
from deepwright.training.runtime import resolve
from deepwright.validation.translations import sentence_scores
from deepwright.workflows.alignments import alignments, chosen, pieces
from deepwright.workflows.verified_data import Reading
from deepwright.workflows.verified_pictures import attention

SOURCES = [f"{word} {number}" for number in range(6) for word in ("ein Hund läuft", "zwei Männer", "三月五日")]
TARGETS = [f"{word} {number}" for number in range(6) for word in ("a dog runs", "two men", "March 5")]
ROLES = {"text": "source", "label": "target"}


def table() -> Table:
    columns = {"source": SOURCES, "target": TARGETS}
    return Table({name: Column("text", np.array(texts, object)) for name, texts in columns.items()}, "pairs")


def predictor(model: str, tokenizer: str = "character", **settings: Any) -> Predictor:
    """One that was never trained."""
    task: Any = Translation(ROLES, {"tokenizer": tokenizer, "target_tokenizer": tokenizer, "vocab_size": 300})
    task.fit(table())
    torch.manual_seed(0)
    return Predictor.build("translation", task, Member(model, settings))


def predictions(written: list[str] | None = None) -> Predictions:
    """As if all were right but the last texts, which are worse the later they are."""
    made = [text if place < 9 else text[: max(1, 15 - place)] for place, text in enumerate(TARGETS)]
    outputs = np.tile([1.0, 1.0, 9.0, 12.0], (len(TARGETS), 1))
    texts = (np.array(one, object) for one in (TARGETS, written or made))
    return Predictions(np.arange(len(TARGETS)), next(texts), outputs, TRANSLATED, written=next(texts))


SMALL: dict[str, dict[str, Any]] = {
    "transformer_seq2seq": {"num_layers": 1, "num_heads": 2, "head_dim": 8},
    "rnn_seq2seq": {"embed_dim": 16, "hidden_dim": 16},
}


@pytest.mark.parametrize("tokenizer", ["character", "byte", "bpe"])
@pytest.mark.parametrize("model", SMALL)
def test_what_each_piece_takes_sums_to_one_and_pieces_are_the_texts(model: str, tokenizer: str) -> None:
    made, tested = predictor(model, tokenizer, **SMALL[model]), predictions()
    pairs = json.loads(alignments(table(), made, tested)[ALIGNMENTS])["pairs"]
    assert [pair["how"] for pair in pairs] == ["best", "better", "median", "lesser", "worst"]
    for pair in pairs:
        assert "".join(pair["source"]) == pair["text"] == SOURCES[pair["row"]]
        assert tested.written is not None
        assert "".join(pair["written"]) == tested.written[pair["row"]]
        shares = np.array(pair["shares"])
        assert shares.shape == (len(pair["written"]), len(pair["source"]))
        np.testing.assert_allclose(shares.sum(1), 1, atol=1e-3)


def test_a_network_that_attends_to_nothing_has_no_pictures() -> None:
    assert (
        alignments(table(), predictor("rnn_seq2seq", attention="none", embed_dim=8, hidden_dim=8), predictions()) == {}
    )


def test_the_worst_is_the_worst_and_nothing_empty_is_shown() -> None:
    tested = predictions()
    scores = sentence_scores(tested)
    assert scores[chosen(tested)["worst"]] == scores.min()
    some = predictions([*TARGETS[:-1], ""])
    assert len(TARGETS) - 1 not in chosen(some).values()
    assert chosen(predictions([""] * len(TARGETS))) == {}
    assert alignments(table(), predictor("rnn_seq2seq", **SMALL["rnn_seq2seq"]), predictions([""] * len(TARGETS))) == {}


def test_bytes_that_are_one_character_are_one_piece() -> None:
    vocabulary = predictor("rnn_seq2seq", "byte", **SMALL["rnn_seq2seq"]).task.inputs.vocabulary  # type: ignore[attr-defined]
    numbers, _cut = vocabulary.ids("aß三")
    assert pieces(vocabulary, numbers) == [("a", 0, 1), ("ß", 1, 3), ("三", 3, 6)]
    assert [text for text, _start, _end in pieces(vocabulary, [*numbers[:-1], numbers[0]])][-1].endswith("a")


def evidence(made: Predictor, files: dict[str, bytes]) -> Any:
    found = {(made.member.name, "test"): predictions()}
    return SimpleNamespace(
        predictor=made,
        predictions=found,
        settings=Settings(training=resolve(TrainingSettings(num_threads=1))),
        files=files,
        read=lambda name: json.loads(files[name]),
    )


@pytest.mark.parametrize("with_data", [True, False])
def test_a_changed_share_is_found_with_the_data_and_without(with_data: bool) -> None:
    made = predictor("rnn_seq2seq", **SMALL["rnn_seq2seq"])
    files = alignments(table(), made, predictions())
    reading = Reading(ready=SimpleNamespace(table=table()) if with_data else None)  # type: ignore[arg-type]
    assert not any(verdict.problems for verdict in attention(evidence(made, files), reading))
    record = json.loads(files[ALIGNMENTS])
    record["pairs"][1]["shares"][0][0] += 0.01
    changed = {ALIGNMENTS: json.dumps(record).encode()}
    assert attention(evidence(made, changed), reading)[0].problems
    assert attention(evidence(made, {}), reading)[0].problems

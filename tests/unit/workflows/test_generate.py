"""Texts from a run: pieces that are the whole together, the same by the same seed, and what is refused."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from deepwright import registry
from deepwright.data.texts.vocabulary import Vocabulary
from deepwright.decoding.sampling import Sampling
from deepwright.errors import RunError, UsageError
from deepwright.specs import ClassSpec, Spec, TextSpec, TokensSpec
from deepwright.workflows.generate import generate

TEXT = "the cat sat on the mat. 猫坐在垫子上。猫坐在垫子上。the end\n" * 3
GREEDY, DRAWN = Sampling(greedy=True), Sampling(temperature=2.0)


def run_of(outputs: Spec | None = None, model: Any = None) -> Any:
    """What a run offers, with an untrained network that knows the characters of the text."""
    vocabulary = Vocabulary.learnt([TEXT], "character", 1000, 8, exact=True)
    names = vocabulary.tokens
    torch.manual_seed(1)
    network = registry.load("models", "lstm")(
        TextSpec(names, "character", 8, 8), TokensSpec(names, 8), embed_dim=8, hidden_dim=8
    )
    task = SimpleNamespace(
        inputs=SimpleNamespace(vocabulary=vocabulary), outputs=SimpleNamespace(spec=outputs or TokensSpec(names, 8))
    )
    predictor = SimpleNamespace(
        task=task,
        task_name="classification",
        member=SimpleNamespace(name="lstm"),
        network=SimpleNamespace(model=network.eval() if model is None else model),
    )
    return SimpleNamespace(path=Path("runs/cats"), predictor=predictor)


def texts(run: Any, prompts: list[str], sampling: Sampling = DRAWN, num_samples: int = 1, **more: Any) -> list[str]:
    found, ended = [""] * (len(prompts) * num_samples), set()
    for piece in generate(run, prompts, sampling, num_samples=num_samples, **more):
        assert piece.row not in ended
        assert piece.text or piece.last
        found[piece.row] += piece.text
        ended |= {piece.row} if piece.last else set()
    assert len(ended) == len(found), "every text ends"
    return found


def test_a_seed_gives_the_same_texts_and_another_seed_others() -> None:
    first = texts(run_of(), ["the", "猫"], num_samples=2, max_tokens=12, seed=3)
    assert texts(run_of(), ["the", "猫"], num_samples=2, max_tokens=12, seed=3) == first
    assert texts(run_of(), ["the", "猫"], num_samples=2, max_tokens=12, seed=4) != first
    assert len(set(first)) == 4
    assert texts(run_of(), ["the"], num_samples=2, max_tokens=12, seed=3) == first[:2]


def test_a_text_ends_before_a_stop() -> None:
    (whole,) = texts(run_of(), ["the"], max_tokens=40)
    stop = whole[5:7]
    (ended,) = texts(run_of(), ["the"], max_tokens=40, stop=[stop])
    assert ended == whole[: whole.index(stop)]


@pytest.mark.parametrize("prompt", ["the cat", "猫坐", "龘 was never there", "\n"])
def test_any_prompt_can_be_continued(prompt: str) -> None:
    (text,) = texts(run_of(), [prompt], max_tokens=30)
    assert text


def test_characters_that_the_text_did_not_have_are_named(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "deepwright"):
        texts(run_of(), ["the 龘 Q cat 龘"], max_tokens=1)
        texts(run_of(), ["the cat"], max_tokens=1)
    assert [record.getMessage() for record in caplog.records] == [
        "The text that was learnt from hardly has these characters: '龘', 'Q'. What follows them is a guess."
    ]


@pytest.mark.parametrize(
    ("prompts", "more", "said"),
    [
        ([""], {}, "The prompt is empty; give at least one character"),
        (["a"], {"max_tokens": 0}, "max_tokens is 0; it must be a whole number of at least 1."),
        (["a"], {"num_samples": 0}, "num_samples is 0"),
        (["a"], {"seed": -1}, "seed is -1"),
        (["a"], {"stop": [""]}, "stop is empty"),
    ],
)
def test_what_is_wrong_is_said_before_the_first_piece(prompts: list[str], more: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        generate(run_of(), prompts, GREEDY, **more)


def test_a_run_that_learnt_something_else_says_what_it_does() -> None:
    with pytest.raises(RunError, match=r"runs/cats learnt classification with lstm.*deepwright predict runs/cats"):
        generate(run_of(ClassSpec(("a", "b"))), ["a"], GREEDY)


def test_a_network_that_cannot_go_on_is_named() -> None:
    with pytest.raises(RunError, match="lstm cannot continue a text"):
        generate(run_of(model=torch.nn.Linear(1, 1)), ["a"], GREEDY)

"""From a text to its continuation, in English and in Chinese, and what is said to mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import deepwright as dw
from tests.end_to_end.command_line import SHORT, call

ENGLISH = "the cat sat on mat {}\nand then the dog came by at {} o'clock\n"
CHINESE = "小猫坐在第{}张垫子上，\n后来{}点的时候小狗来了。\n"
SMALL = ("--set", "data.max_seq_len=16", "--set", "training.batch_size=8")


def train(folder: Path, text: str, model: str, *more: str) -> None:
    (folder / "text.txt").write_text("".join(text.format(i % 7, i % 12) for i in range(150)), encoding="utf-8")
    call("train", "text.txt", "--model", model, "--quiet", *SHORT, *SMALL, *more, cwd=folder)


@pytest.mark.parametrize(
    ("passage", "prompt", "model", "sizes"),
    [
        (ENGLISH, "the cat ", "transformer", ("model.num_layers=1", "model.num_heads=2", "model.head_dim=8")),
        (CHINESE, "小猫", "lstm", ("model.hidden_dim=16",)),
    ],
)
def test_the_whole_way(passage: str, prompt: str, model: str, sizes: tuple[str, ...], tmp_path: Path) -> None:
    train(tmp_path, passage, model, *(word for size in sizes for word in ("--set", size)))
    given = ("generate", "runs/latest", "--prompt", prompt, "--max-tokens", "40")
    first = call(*given, "--seed", "1", cwd=tmp_path).out
    assert first.startswith(prompt)
    assert first.endswith("\n")
    assert call(*given, "--seed", "1", cwd=tmp_path).out == first
    assert call(*given, "--seed", "2", cwd=tmp_path).out != first
    greedy = [call(*given, *way, cwd=tmp_path).out for way in (("--greedy",), ("--top-k", "1", "--seed", "9"))]
    assert greedy[0] == greedy[1]
    chosen = ("--temperature", "0.8", "--top-k", "9", "--top-p", "0.95", "--repetition-penalty", "1.1")
    several = json.loads(call(*given, *chosen, "--num-samples", "3", "--json", cwd=tmp_path).out)
    assert [answer["prompt"] for answer in several] == [prompt] * 3
    shown = call(*given, *chosen, "--num-samples", "3", cwd=tmp_path).out
    for answer in several:
        assert prompt + answer["text"] + "\n" in shown
    both = json.loads(call(*given, "--prompt", prompt[:1], "--num-samples", "2", "--json", cwd=tmp_path).out)
    assert [answer["prompt"] for answer in both] == [prompt] * 2 + [prompt[:1]] * 2
    assert "text 3 of 4" in call(*given, "--prompt", prompt[:1], "--num-samples", "2", cwd=tmp_path).out
    text = first[len(prompt) : -1]
    stop = text[len(text) // 2]
    ended = call(*given, "--seed", "1", "--stop", stop, cwd=tmp_path).out
    assert ended == prompt + text.partition(stop)[0] + "\n"
    run = dw.load(tmp_path / "runs" / "latest")
    assert run.generate(prompt, max_tokens=40, seed=1) == [text]


def test_mistakes_are_answered_with_a_sentence(tmp_path: Path) -> None:
    train(tmp_path, ENGLISH, "gru", "--set", "model.hidden_dim=8")
    for options, said in [
        (("--temperature", "0"), "temperature is 0; it must be a number above 0."),
        (("--temperature", "nan"), "temperature is nan"),
        (("--top-k", "0"), "top_k is 0"),
        (("--top-p", "1.5"), "top_p is 1.5; it must be above 0 and at most 1."),
        (("--max-tokens", "0"), "max_tokens is 0"),
        (("--stop", ""), "stop is empty"),
        (("--prompt", ""), "The prompt is empty"),
        (("--max-tokens", "many"), "--max-tokens"),
    ]:
        done = call("generate", "runs/latest", "--prompt", "the", *options, cwd=tmp_path, code=2)
        assert said in done.err
        assert done.out == ""
    done = call("generate", "runs/latest", "--prompt", "the Ω cat", "--max-tokens", "3", cwd=tmp_path)
    assert "'Ω'" in done.err
    assert done.out.startswith("the Ω cat")


def test_a_run_that_learnt_something_else(tmp_path: Path) -> None:
    call("train", "digits", "--model", "pixel_linear", "--quiet", cwd=tmp_path)
    done = call("generate", "runs/latest", "--prompt", "the", cwd=tmp_path, code=2)
    assert "classification with pixel_linear" in done.err
    assert "deepwright predict" in done.err

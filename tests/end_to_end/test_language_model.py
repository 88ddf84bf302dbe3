"""A text, from its file to a report that can be verified, in English and in Chinese."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from deepwright.run_directory import manifest_bytes, sha256
from tests.end_to_end.command_line import call

SMALL = ["--set", "training.max_steps=40", "--set", "training.num_threads=1", "--set", "training.precision=float32"]
MODEL = [
    "--model",
    "gru",
    "--set",
    "model.hidden_dim=32",
    "--set",
    "data.max_seq_len=32",
    "--set",
    "validation.resamples=100",
]
ENGLISH = "".join(
    f"{who} {did} the {what} {where}, and then {who} rested.\n"
    for who in ("Anna", "the cat", "nobody", "my uncle")
    for did in ("saw", "took", "painted", "forgot", "sold")
    for what in ("boat", "old house", "bread", "letter", "blue hat")
    for where in ("by the sea", "at noon", "in the rain", "last year")
)
CHINESE = "".join(
    f"{who}{when}{where}{did}，然后就回家了。\n"
    for who in ("小明", "老师", "猫", "我的叔叔")
    for when in ("早上", "昨天", "下雨的时候", "去年夏天")
    for where in ("在海边", "在学校里", "在屋顶上", "在老房子前")
    for did in ("看书", "画画", "睡觉", "唱歌", "等朋友")
)


def claimed(folder: Path) -> dict[str, list[str]]:
    """What stands behind each claim about the continuations."""
    found = json.loads(call("verify", "runs/book", "--json", cwd=folder).out)["claims"]
    return {one["claim"]: [one["how"]] for one in found if one["claim"].startswith("continuations")}


def edit(run: Path, change: Callable[[Any], None]) -> None:
    """Change what the model is said to have written, and the manifest with it."""
    record = json.loads((run / "continuations.json").read_bytes())
    change(record)
    (run / "continuations.json").write_text(json.dumps(record, ensure_ascii=False, indent=1), "utf-8")
    manifest = json.loads((run / "manifest.json").read_bytes())
    manifest["files"]["continuations.json"] = sha256((run / "continuations.json").read_bytes())
    (run / "manifest.json").write_bytes(manifest_bytes(manifest))


@pytest.mark.parametrize(
    ("language", "text", "encoding", "said"),
    [
        ("en", ENGLISH, "utf-8", ["bits per character", "What it writes", "Where it is worst"]),
        ("zh", CHINESE, "gb18030", ['lang="zh"']),
    ],
)
def test_from_a_text_to_a_report_that_is_verified(
    language: str, text: str, encoding: str, said: list[str], tmp_path: Path
) -> None:
    (tmp_path / "book.txt").write_bytes(text.encode(encoding))
    spoken = ["--language", language]
    done = call("train", "book.txt", "--name", "book", *MODEL, *SMALL, *spoken, cwd=tmp_path)
    assert "deepwright generate" in done.out
    run = tmp_path / "runs" / "book"
    report, card = (run / "report.html").read_text("utf-8"), (run / "README.md").read_text("utf-8")
    for words in said:
        assert words in report
    assert "None" not in card
    measured = json.loads((run / "measurements.json").read_bytes())["measurements"]
    on_test = {(m["model"], m["name"]): m for m in measured if m["split"] == "test"}
    for model in ("gru", "unigram", "ngram"):
        assert on_test[model, "perplexity"]["interval"] is not None
    assert on_test["gru", "perplexity"]["value"] < on_test["unigram", "perplexity"]["value"]
    kept = json.loads((run / "preprocessing.json").read_bytes())["inputs"]
    assert kept["tokenizer"] == "character"
    assert kept["normalisation"] == []
    made = pq.read_table(run / "predictions.parquet")
    of_test = [row for row in made.to_pylist() if (row["model"], row["split"]) == ("gru", "test")]
    rows = json.loads((run / "data.json").read_bytes())["splits"]["test"]["rows"]
    lengths = sum(row["label"][1] for row in of_test)
    assert len({row["row"] for row in of_test}) <= rows
    assert 0.1 * len(text) < lengths < 0.3 * len(text)
    call("verify", "runs/book", *spoken, cwd=tmp_path)
    assert {*claimed(tmp_path)["continuations.json"]} == {"recomputed"}
    (tmp_path / "book.txt").rename(tmp_path / "moved.txt")
    assert claimed(tmp_path) == {
        "continuations.json": ["recomputed"],
        "continuations.json: prompt, copied": ["impossible without the data"],
    }
    edit(run, lambda record: record["samples"][1].update(text="It was written by hand."))
    assert "samples.1.text" in call("verify", "runs/book", *spoken, cwd=tmp_path, code=1).out
    exported = call("export", "runs/book", *spoken, cwd=tmp_path, code=2).err
    assert "models that continue texts are not exported" in " ".join(exported.split()) or language == "zh"
    assert "deepwright generate" in call("predict", "runs/book", "a text", *spoken, cwd=tmp_path, code=2).err


def test_a_context_longer_than_the_text_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text(ENGLISH[:3000], "utf-8")
    done = call("train", "book.txt", "--set", "data.max_seq_len=5000", cwd=tmp_path, code=2)
    assert "5000 are to be seen at once (data.max_seq_len)" in " ".join(done.err.split())


@pytest.mark.parametrize("content", ["", "a", "ab\n"])
def test_a_text_that_is_too_short_is_refused_in_one_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text(content, "utf-8")
    assert call("train", "book.txt", cwd=tmp_path, code=2).err.strip()


def test_a_text_is_inspected_and_planned(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text(ENGLISH, "utf-8")
    assert "characters" in call("inspect", "book.txt", cwd=tmp_path).out
    assert "contiguous" in call("train", "book.txt", "--dry-run", *SMALL, cwd=tmp_path).out

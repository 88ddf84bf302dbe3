"""A few steps on generated dates, and all that can be done with the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.command_line import call

FEW = ("--set", "training.num_threads=1", "--set", "training.max_steps=3", "--set", "validation.resamples=100")
TINY = ("--set", "model.embed_dim=8", "--set", "model.hidden_dim=8")


def write(path: Path) -> Path:
    """A hundred different dates."""
    lines = [
        f"{day} {month} {1900 + day * month},{1900 + day * month}-{number + 1:02}-{day:02}"
        for day in range(1, 26)
        for number, month in enumerate(range(1, 5))
    ]
    path.write_text("\n".join(["source,target", *lines]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dates")
    write(folder / "pairs.csv")
    call("train", "pairs.csv", "--model", "rnn_seq2seq", *TINY, *FEW, "--quiet", "--name", "one", cwd=folder)
    return folder


def test_the_report_shows_what_was_written_and_where_the_network_looked(trained: Path) -> None:
    page = (trained / "runs/one/report.html").read_text(encoding="utf-8")
    for part in ('id="translations"', 'id="alignments"', 'class="taken"', "The worst"):
        assert part in page
    assert 'id="confusion"' not in page
    assert "deepwright translate" in (trained / "runs/one/README.md").read_text(encoding="utf-8")
    pairs = json.loads((trained / "runs/one/alignments.json").read_text(encoding="utf-8"))["pairs"]
    assert pairs or "nothing was written" in page


def test_verify_writes_every_text_again(trained: Path) -> None:
    assert "nothing differs" in call("verify", "runs/one", cwd=trained).out
    moved = trained / "pairs.csv"
    moved.rename(trained / "elsewhere.csv")
    try:
        assert "nothing differs" in call("verify", "runs/one", cwd=trained).out
    finally:
        (trained / "elsewhere.csv").rename(moved)


def test_other_pairs_are_measured_and_other_texts_answered(trained: Path) -> None:
    assert "exact_match" in call("evaluate", "runs/one", "pairs.csv", "--json", cwd=trained).out
    (answer,) = json.loads(call("predict", "runs/one", "3 4 1912", "--json", cwd=trained).out)
    assert answer["input"] == "3 4 1912"
    assert isinstance(answer["translation"], str)


def test_what_cannot_be_done_is_said_in_a_sentence(trained: Path) -> None:
    assert "not exported" in call("export", "runs/one", cwd=trained, code=2).err.replace("\n", " ")
    assert "not traced yet" in call("trace", "runs/one", "3 4 1912", cwd=trained, code=2).err.replace("\n", " ")


def test_two_runs_on_the_same_pairs_are_compared(trained: Path) -> None:
    other = ("--model", "transformer_seq2seq", "--set", "model.num_layers=1", "--set", "model.head_dim=8")
    call("train", "pairs.csv", *other, *FEW, "--quiet", "--name", "two", "--language", "zh", cwd=trained)
    assert "exact" in call("compare", "runs/one", "runs/two", cwd=trained).out

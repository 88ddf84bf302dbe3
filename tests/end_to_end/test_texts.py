"""From a table of texts to answers, in English and in Chinese."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.end_to_end.command_line import SHORT, call

ENGLISH = (
    ["a fine film that I like", "what a warm and fine story"],
    ["a dull film that I hate", "cold and dull it was"],
)
CHINESE = (["味道很好，送得快", "好吃，分量也足，很满意"], ["味道很差，送得慢", "难吃，分量也少，不满意"])


def write(path: Path, kinds: tuple[list[str], list[str]]) -> Path:
    """Sixty different texts of two classes."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "label"])
        for number in range(60):
            texts = kinds[number % 2]
            writer.writerow([f"{texts[number // 2 % 2]} {number}", ("good", "bad")[number % 2]])
    return path


@pytest.mark.parametrize(("kinds", "language"), [(ENGLISH, "en"), (CHINESE, "zh")])
@pytest.mark.parametrize("model", ["tfidf_linear", "bag_of_embeddings"])
def test_the_whole_way(kinds: tuple[list[str], list[str]], language: str, model: str, tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv", kinds)
    call("train", "reviews.csv", "--model", model, "--quiet", *SHORT, "--language", language, cwd=tmp_path)
    answered = call("predict", "runs/latest", kinds[0][0], kinds[1][0], "--json", cwd=tmp_path)
    answers = json.loads(answered.out)
    assert [answer["input"] for answer in answers] == [kinds[0][0], kinds[1][0]]
    if model == "tfidf_linear":
        assert [answer["label"] for answer in answers] == ["good", "bad"]
    assert len(json.loads(call("predict", "runs/latest", "reviews.csv", "--json", cwd=tmp_path).out)) == 60
    call("verify", "runs/latest", cwd=tmp_path)
    page = (tmp_path / "runs" / "latest" / "report.html").read_text(encoding="utf-8")
    assert "<blockquote" in page
    assert "word for word" in page or language == "zh"
    assert call("export", "runs/latest", cwd=tmp_path, code=2).out == ""


def test_a_table_with_two_columns_of_text_asks(tmp_path: Path) -> None:
    lines = [f"a fine film number {i},it was dull after {i},{'good' if i % 2 else 'bad'}" for i in range(20)]
    (tmp_path / "two.csv").write_text("\n".join(["title,body,label", *lines]), encoding="utf-8")
    assert "--input" in call("train", "two.csv", "--dry-run", cwd=tmp_path, code=2).err
    call("train", "two.csv", "--dry-run", "--input", "body", cwd=tmp_path)


def test_one_label_alone_is_refused(tmp_path: Path) -> None:
    lines = [f"a fine film number {i},good" for i in range(20)]
    (tmp_path / "one.csv").write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    assert "at least two classes" in call("train", "one.csv", "--dry-run", cwd=tmp_path, code=2).err


def test_a_blank_text_has_no_answer(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv", ENGLISH)
    call("train", "reviews.csv", "--quiet", *SHORT, cwd=tmp_path)
    assert "blank" in call("predict", "runs/latest", "  ", cwd=tmp_path, code=2).err

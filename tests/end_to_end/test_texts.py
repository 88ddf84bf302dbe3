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
    if model == "tfidf_linear":
        assert (
            "more than arithmetic on tensors" in call("export", "runs/latest", cwd=tmp_path, code=2).err
            or language == "zh"
        )


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


@pytest.mark.parametrize(("kinds", "model"), [(ENGLISH, "bag_of_embeddings"), (CHINESE, "text_cnn")])
def test_a_text_is_followed_token_by_token(kinds: tuple[list[str], list[str]], model: str, tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv", kinds)
    call("train", "reviews.csv", "--model", model, "--quiet", *SHORT, cwd=tmp_path)
    text = f"{kinds[0][0]} zyzzyva"
    found = json.loads(call("trace", "runs/latest", text, "--json", cwd=tmp_path).out)
    embedded = next(layer for layer in found["layers"] if layer["tokens"])
    assert found["tokens"][-1] == "zyzzyva"
    assert embedded["tokens"][-1][0] == 1
    assert all(norm > 0 for _number, norm in embedded["tokens"]) or model == "text_cnn"
    worked = [one for layer in found["layers"] for one in (layer["unit"], *layer["derivatives"]) if one is not None]
    assert all(one["result"] == pytest.approx(one["recorded"], rel=1e-3, abs=1e-5) for one in worked)
    assert {layer["kind"] for layer in found["layers"] if layer["formula"] is None} == set()
    answer = json.loads(call("predict", "runs/latest", text, "--json", cwd=tmp_path).out)[0]
    assert found["answer"]["label"] == answer["label"]
    done = call("trace", "runs/latest", text, "--target", "bad", cwd=tmp_path)
    assert "1 (not known)" in done.out
    (page,) = (tmp_path / "runs").glob("trace-*.html")
    assert "zyzzyva" in page.read_text(encoding="utf-8")
    assert "blank" in call("trace", "runs/latest", " ", cwd=tmp_path, code=2).err


@pytest.mark.parametrize("model", ["bag_of_embeddings", "text_cnn"])
def test_a_run_on_texts_is_exported_and_raw_texts_go_through_the_file(model: str, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    write(tmp_path / "reviews.csv", CHINESE)
    call("train", "reviews.csv", "--model", model, "--quiet", *SHORT, cwd=tmp_path)
    found = json.loads(call("export", "runs/latest", "--json", cwd=tmp_path).out)
    assert "int64 [N, T]" in found["takes"]
    assert found["measurements"][0]["value"] == 1.0
    session = onnxruntime.InferenceSession(found["path"], providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    vocabulary = json.loads(metadata["preprocessing"])["vocabulary"]
    numbers = [[vocabulary.index("好"), vocabulary.index("吃"), 1], [vocabulary.index("差"), 0, 0]]
    probabilities, labels = session.run(None, {"tokens": numbers})
    answers = json.loads(call("predict", "runs/latest", "好吃猫", "差", "--json", cwd=tmp_path).out)
    classes = json.loads(metadata["labels"])
    assert [classes[label] for label in labels] == [answer["label"] for answer in answers]
    assert probabilities[0].max() == pytest.approx(answers[0]["probability"], abs=1e-5)
    call("verify", "runs/latest", cwd=tmp_path)

"""Word vectors, from a text to neighbours, analogies, a file of vectors and a classifier, in English and in Chinese."""

from __future__ import annotations

import csv
import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

import deepwright as dw
from deepwright.data.texts.word_vectors import WordVectors
from deepwright.reporting.report import render
from deepwright.run_directory import RunDirectory
from deepwright.training.passes import Passes
from deepwright.workflows.verify import verify
from tests.end_to_end.command_line import call

EMBED = ("--task", "word-embedding", "--set", "validation.resamples=100", "--set", "model.embed_dim=16")
RNG = np.random.default_rng(3)
#: Words of one group stand in the same company; what else a sentence says depends on nothing.
GROUPS = {
    "en": (
        ["king", "queen", "prince", "duke"],
        ["bread", "cheese", "soup", "apple"],
        ["ship", "boat", "raft", "canoe"],
    ),
    "zh": (["王", "帝", "后", "侯"], ["饭", "饼", "汤", "果"], ["船", "舟", "艇", "筏"]),
}
COMPANY = {
    "en": ("the {w} rules a wide realm with a crown", "we ate a {w} at the table today", "a {w} sails over a deep sea"),
    "zh": ("{w}戴着冠治国，", "我们今天吃了{w}，", "{w}在深海上航行，"),
}


SAID = {
    "en": "today the {one} and then the {other} came, said {row}",
    "zh": "今天先有{one}，后来又有{other}，第{row}次",
}


def written(language: str, sentences: int = 2400) -> str:
    made = []
    for _ in range(sentences):
        group = int(RNG.integers(3))
        made.append(COMPANY[language][group].format(w=GROUPS[language][group][RNG.integers(4)]) + ".\n")
    return "".join(made)


@pytest.fixture(scope="module", params=["en", "zh"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The language, and the folder in which ``runs/words`` is."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "book.txt").write_text(written(request.param), "utf-8")
    done = call("train", "book.txt", "--name", "words", *EMBED, "--language", request.param, cwd=folder)
    assert "deepwright neighbors" in done.out
    assert "50/50" in done.err
    return request.param, folder


def test_a_run_has_its_files_and_is_verified(trained: tuple[str, Path]) -> None:
    language, folder = trained
    run = folder / "runs" / "words"
    report = (run / "report.html").read_text("utf-8")
    assert f'lang="{language}"' in report
    for word in GROUPS[language][0]:
        assert f"<title>{word}</title>" in report
    assert "None" not in (run / "README.md").read_text("utf-8")
    measured = json.loads((run / "measurements.json").read_bytes())["measurements"]
    on_test = {(m["model"], m["name"]): m for m in measured if m["split"] == "test"}
    for model in ("skip_gram", "word_frequency", "ppmi_svd"):
        assert on_test[model, "told_from_noise"]["interval"] is not None
    assert on_test["skip_gram", "told_from_noise"]["value"] > on_test["word_frequency", "told_from_noise"]["value"]
    asked = {m["name"]: m for m in measured if m["split"] is None}
    assert asked["word_similarity"]["arguments"] == {"pairs": 353}
    assert asked["analogy_accuracy"]["arguments"] == {"questions": 19544}
    assert (asked["word_similarity"]["n"] > 0) == (language == "en")
    assert "word_similarity" in call("verify", "runs/words", "--json", cwd=folder).out


@pytest.mark.parametrize("name", ["measurements.json", "word_map.json"])
def test_changed_figures_and_places_are_found(name: str, trained: tuple[str, Path], tmp_path: Path) -> None:
    shutil.copytree(trained[1] / "runs" / "words", tmp_path / "run")
    run = RunDirectory(tmp_path / "run")
    content = run.read_json(name)
    if name == "word_map.json":
        content["words"][0]["x"] += 0.5
    else:
        next(m for m in content["measurements"] if m["name"] == "analogy_accuracy")["n"] += 1
    files = {other: run.read(other) for other in run.manifest()["files"]}
    data = json.dumps(content, ensure_ascii=False, indent=1).encode()
    run.commit({name: data, **render({**files, name: data})}, {"deepwright": dw.__version__})
    claims = {verdict.claim for verdict in verify(run, str(trained[1] / "book.txt")).verdicts if verdict.problems}
    assert claims == {{"word_map.json": "word_map.json", "measurements.json": "analogy_accuracy (skip_gram)"}[name]}


def test_words_of_the_same_company_are_neighbours(trained: tuple[str, Path]) -> None:
    language, folder = trained
    for group in GROUPS[language]:
        found = json.loads(call("neighbors", "runs/words", group[0], "--count", 3, "--json", cwd=folder).out)
        assert {one["word"] for one in found} == set(group[1:])
    one, other, third = (group[0] for group in GROUPS[language])
    table = call("neighbors", "runs/words", one, "--language", language, cwd=folder).out
    assert GROUPS[language][0][1] in table
    given = [one, "-", other, "+", third]
    found = json.loads(call("analogy", "runs/words", *given, "--json", cwd=folder).out)
    assert len(found) == 5
    assert not {one, other, third} & {each["word"] for each in found}
    assert json.loads(call("analogy", "runs/words", " ".join(given), "--json", cwd=folder).out) == found


def test_words_that_are_not_known_are_said(trained: tuple[str, Path]) -> None:
    language, folder = trained
    wrong, hint = {"en": ("kingg", "king"), "zh": ("国王", "国")}[language]
    for command in (("neighbors", "runs/words", wrong), ("analogy", "runs/words", wrong, "-", GROUPS[language][1][0])):
        said = call(*command, cwd=folder, code=2).err
        assert wrong in said
        assert hint in said.replace(wrong, "")
    assert "king - man + woman" in call("analogy", "runs/words", "a", "b", cwd=folder, code=2).err


def test_vectors_are_written_as_word2vec_writes_them(trained: tuple[str, Path]) -> None:
    language, folder = trained
    call("vectors", "runs/words", "--output", "vectors.txt", cwd=folder)
    theirs = KeyedVectors.load_word2vec_format(str(folder / "vectors.txt"))
    ours = WordVectors.from_text(folder / "vectors.txt")
    assert tuple(theirs.index_to_key) == ours.words
    np.testing.assert_allclose(theirs.vectors, ours.vectors, rtol=1e-6)
    word = GROUPS[language][0][0]
    found = json.loads(call("neighbors", "runs/words", word, "--json", cwd=folder).out)
    expected = theirs.most_similar(word, topn=10)
    assert [one["word"] for one in found] == [one for one, _cosine in expected]
    np.testing.assert_allclose([one["cosine"] for one in found], [cosine for _one, cosine in expected], atol=1e-5)
    theirs.save_word2vec_format(str(folder / "again.txt"))
    np.testing.assert_allclose(WordVectors.from_text(folder / "again.txt").vectors, ours.vectors, rtol=1e-6)


def answered(folder: Path, language: str) -> Path:
    """Short texts of two classes, the words of one group each."""
    with (folder / "answered.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "label"])
        for row in range(160):
            group = GROUPS[language][row % 2]
            one, other = group[row // 2 % 4], GROUPS[language][2][row // 8 % 4]
            writer.writerow([SAID[language].format(one=one, other=other, row=row), "ab"[row % 2]])
    return folder / "answered.csv"


@pytest.mark.parametrize("model", ["bag_of_embeddings", "text_cnn", "lstm", "transformer"])
def test_a_classifier_begins_with_them(model: str, trained: tuple[str, Path]) -> None:
    language, folder = trained
    answered(folder, language)
    size = ("model.num_heads=2", "model.head_dim=8") if model == "transformer" else ("model.embed_dim=16",)
    short = ("training.epochs=2", "training.num_threads=1", "training.precision=float32", "validation.resamples=100")
    given = [part for one in (*size, *short, "model.embedding=runs/words") for part in ("--set", one)]
    done = call("train", "answered.csv", "--model", model, "--name", f"with-{model}", *given, cwd=folder)
    said = " ".join(done.err.split())
    assert "words of the training texts begin with the vectors of" in said
    assert str(folder / "runs" / "words") in (folder / "runs" / f"with-{model}" / "config.yaml").read_text("utf-8")
    call("verify", f"runs/with-{model}", cwd=folder)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["model.embedding=runs/words"],
            "16 numbers each, and bag_of_embeddings has 128 for a word. Set model.embed_dim=16.",
        ),
        (["model.embedding=nowhere.txt"], "nowhere.txt is not there"),
        (["model.embedding=runs/plain"], "has no word vectors: its model, tfidf_linear, has no embedding"),
        (["model.embedding=others.txt", "model.embed_dim=2"], "none of the words of"),
        (["model.embedding=broken.txt", "model.embed_dim=2"], "broken.txt, line 2"),
        (["model.embedding=3"], "model.embedding"),
    ],
)
def test_vectors_that_cannot_be_begun_with_are_refused(given: list[str], said: str, trained: tuple[str, Path]) -> None:
    language, folder = trained
    answered(folder, language)
    if not (folder / "runs" / "plain").exists():
        call("train", "answered.csv", "--model", "tfidf_linear", "--name", "plain", cwd=folder)
    (folder / "others.txt").write_text("1 2\nzzz 1 2\n", "utf-8")
    (folder / "broken.txt").write_text("1 2\nzzz 1 two\n", "utf-8")
    settings = [part for one in given for part in ("--set", one)]
    before = sorted((folder / "runs").iterdir())
    done = call("train", "answered.csv", "--model", "bag_of_embeddings", *settings, cwd=folder, code=2)
    assert said in " ".join(done.err.split())
    assert sorted((folder / "runs").iterdir()) == before


def test_runs_without_vectors_say_so(trained: tuple[str, Path]) -> None:
    language, folder = trained
    answered(folder, language)
    if not (folder / "runs" / "plain").exists():
        call("train", "answered.csv", "--model", "tfidf_linear", "--name", "plain", cwd=folder)
    for command in (
        ("neighbors", "runs/plain", "a"),
        ("analogy", "runs/plain", "a", "+", "b"),
        ("vectors", "runs/plain"),
    ):
        assert "has no word vectors" in " ".join(call(*command, cwd=folder, code=2).err.split())


@pytest.mark.parametrize("model", ["cbow", "ppmi_svd", "word_frequency"])
def test_every_model_learns_the_same_text(model: str, trained: tuple[str, Path]) -> None:
    _language, folder = trained
    given = [part for part in EMBED if model != "word_frequency" or "embed_dim" not in part]
    if model == "word_frequency":
        given = ["--task", "word-embedding", "--set", "validation.resamples=100"]
    call("train", "book.txt", "--model", model, "--name", model, *given, cwd=folder)
    call("verify", f"runs/{model}", cwd=folder)
    assert model in call("compare", "runs/words", f"runs/{model}", cwd=folder).out


def test_a_folder_and_a_column_of_a_table_are_read(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    for number in range(3):
        (tmp_path / "books" / f"{number}.txt").write_text(written("en", 400), "utf-8")
    call("train", "books", "--name", "books", *EMBED, cwd=tmp_path)
    with (tmp_path / "table.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["number", "text", "label"])
        writer.writerows(
            [row, f"{text} {row}", "ab"[row % 2]] for row, text in enumerate(written("en", 1200).splitlines())
        )
    call("train", "table.csv", "--name", "table", *EMBED, cwd=tmp_path)
    for run in ("books", "table"):
        found = json.loads(call("neighbors", f"runs/{run}", "king", "--count", 3, "--json", cwd=tmp_path).out)
        assert len(found) == 3
        call("verify", f"runs/{run}", cwd=tmp_path)


def test_learning_that_is_stopped_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "book.txt").write_text(written("en"), "utf-8")
    call("train", "book.txt", "--name", "whole", *EMBED, cwd=tmp_path)
    going_on = Passes.__call__

    def interrupted(passes: Passes, epoch: int, num_epochs: int, share: float) -> bool:
        if epoch == 2:
            signal.raise_signal(signal.SIGINT)
            monkeypatch.setattr(Passes, "__call__", going_on)
        return going_on(passes, epoch, num_epochs, share)

    monkeypatch.setattr(Passes, "__call__", interrupted)
    said = call("train", "book.txt", "--name", "stopped", *EMBED, cwd=tmp_path, code=130).err
    assert "skip_gram is learnt in one piece; begin it again with: deepwright resume" in " ".join(said.split())
    call("resume", "runs/stopped", cwd=tmp_path)
    whole, stopped = (RunDirectory(tmp_path / "runs" / name).read("model.safetensors") for name in ("whole", "stopped"))
    assert whole == stopped

"""Every command and every Python example of the README and of the guides is run, in its order, in one folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, DATA
from tests.docs.examples import broken_links, carry_out, examples
from tests.end_to_end.command_line import write_picture
from tests.end_to_end.photos import write_labels, write_npz, write_photos, write_zip

README = CHECKOUT / "README.md"
CHINESE = CHECKOUT / "README.zh-CN.md"
GUIDES = sorted((CHECKOUT / "docs" / "guides").glob("*.md"))
NET = CHECKOUT / "examples" / "own_network" / "my_net.py"
#: Runs that stand for any two.
RUNS = {"runs/a": "runs/photos-convnet-1", "runs/b": "runs/photos-resnet-1"}
each = pytest.mark.parametrize("document", [README, CHINESE, *GUIDES], ids=lambda document: document.stem)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the documents speak of."""
    monkeypatch.setenv("DEEPWRIGHT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "work"
    folder.mkdir()
    write_picture(folder / "three.png")
    photos = write_photos(folder / "photos")
    write_zip(folder / "photos.zip", photos)
    write_labels(folder / "labels.csv", photos)
    kinds = (("a fine", "good"), ("a dull", "bad"), ("no", "good"))
    reviews = [f"{word} film; seen {i} times 很好看,{label}" for i in range(20) for word, label in kinds]
    (folder / "reviews.csv").write_text("\n".join(["text,label", *reviews]), "utf-8")
    lines = [f"ROMEO: It is the {i}th day, and {word} a night." for i in range(60) for word in ("not", "hardly")]
    (folder / "book.txt").write_text("\n".join(lines), "utf-8")
    kin = [
        f"the {one} is {what}, and {what} is the {two}."
        for one, two in (("king", "queen"), ("man", "woman"))
        for what in ("old", "wise", "kind")
    ]
    (folder / "corpus.txt").write_text("\n".join(60 * [*kin, "the king saw a fine film."]), "utf-8")
    pairs = [(f"ein {what} {i}", f"a {what} {i}") for i in range(30) for what in ("Mann", "Hund")]
    table = "\n".join(["source\ttarget", *("\t".join(pair) for pair in pairs)])
    (folder / "pairs.tsv").write_text(table, "utf-8")
    for name, side in (("corpus.de", 0), ("corpus.en", 1), ("test.de", 0)):
        (folder / name).write_text("".join(f"{pair[side]}\n" for pair in pairs), "utf-8")
    ratings = [f"{user},{3 * n + user % 3},{4 + n % 2},{n}" for user in range(40, 60) for n in range(5)]
    (folder / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *ratings]), "utf-8")
    movies = [f"{n},Film {n},{'Comedy|Drama' if n % 3 else 'Drama'}" for n in range(20)]
    (folder / "movies.csv").write_text("\n".join(["movieId,title,genres", *movies]), "utf-8")
    write_npz(folder / "pictures.npz")
    shutil.copy(NET, folder)
    return folder


@each
def test_every_example_works(document: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPWRIGHT_DATA", str(DATA))
    found = examples(document)
    assert {"sh", "python"} <= {kind for kind, _text in found}
    for kind, text in found:
        text = re.sub(r"\b(" + "|".join(RUNS) + r")\b", lambda name: RUNS[name.group()], text)
        if re.match("deepwright train mnist", text):  # 70,000 pictures are too many for a test
            text = text.replace("train mnist", "train mnist --dry-run") if (DATA / "mnist").is_dir() else ""
        text = text.replace("train dates", "train dates --dry-run")  # 20,000 of them take two minutes
        if text:
            carry_out(kind, text, folder)


def test_a_run_holds_what_the_readme_says(folder: Path) -> None:
    carry_out("sh", "deepwright train photos/ --name run", folder)
    run = folder / "runs" / "run"
    there = {path.name for path in run.iterdir() if path.is_file() and not path.name.startswith(".")}
    tree = re.search(r"^```\nruns/\S+\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert tree is not None
    assert set(re.findall(r"^  (\S+)", tree.group(1), re.MULTILINE)) == there


@each
def test_every_link_leads_somewhere(document: Path) -> None:
    assert broken_links(document) == []

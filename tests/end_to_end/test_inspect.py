"""Data looked at before anything is learnt from it, and wrong use of the command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.end_to_end.command_line import call


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two classes of noise: one picture with both labels, one file that is cut, one that is no picture."""
    rng, root = np.random.default_rng(0), tmp_path / "pictures"
    for name in ("cat", "dog"):
        (root / name).mkdir(parents=True)
        for row in range(20):
            Image.fromarray(rng.integers(0, 256, (24, 24, 3), np.uint8)).save(root / name / f"{row}.png")
    (root / "dog" / "again.png").write_bytes((root / "cat" / "3.png").read_bytes())
    (root / "cat" / "cut.png").write_bytes((root / "cat" / "3.png").read_bytes()[:200])
    (root / "cat" / "notes.txt").write_text("nothing")
    return root


def test_tables_and_sentences(pictures: Path, tmp_path: Path) -> None:
    done = call("inspect", pictures, cwd=tmp_path)
    for part in (
        "24 × 24 pixels, in colour",
        "PNG (41); RGB (41)",
        "Contradiction: 1 picture is there more than once, with different labels.",
        "Rejected: 2 of 43 pictures or rows could not be used",
        "cat/3.png",
        "dog/again.png",
        "pixel by pixel",
        "cat/notes.txt",
    ):
        assert part in done.out, part
    assert list(tmp_path.iterdir()) == [pictures], "nothing is written"


def test_json(pictures: Path, tmp_path: Path) -> None:
    done = call("inspect", pictures, "--json", "--set", "data.licence=CC0", "--seed", 4, cwd=tmp_path)
    found = json.loads(done.out)
    assert found["rows"] == 41
    assert found["stated"]["licence"] == "CC0"
    assert found["inspection"]["duplicates"]["conflicts"] == 1
    assert found["inspection"]["classes"]["few"] == {}
    assert set(found["splits"]) == {"train", "validation", "test"}


def test_the_page(pictures: Path, tmp_path: Path) -> None:
    done = call("inspect", pictures, "--html", "card.html", cwd=tmp_path)
    page = (tmp_path / "card.html").read_text(encoding="utf-8")
    assert str(tmp_path / "card.html") in done.err
    assert page.count("data:image/") > 20
    assert "two labels" in page
    assert "http:" not in page
    assert "https:" not in page


def test_in_chinese(tmp_path: Path) -> None:
    assert call("inspect", "digits", "--language", "zh", cwd=tmp_path).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "There is no data"),
        (("digitz",), "digits"),
        (("digits", "--target", "labl"), "label"),
        (("digits", "--set", "data.split.test=2"), "data.split.test"),
        (("digits", "--html", "/proc/nothing/card.html"), "/proc/nothing/card.html"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = call("inspect", *arguments, cwd=tmp_path, code=2)
    assert said in done.err
    assert done.out == ""


def test_strict_stops_at_the_first_picture_that_cannot_be_used(pictures: Path, tmp_path: Path) -> None:
    (pictures / "cat" / "notes.txt").unlink()
    assert "cat/cut.png" in call("inspect", pictures, "--strict", cwd=tmp_path, code=2).err


def test_torch_is_not_imported(tmp_path: Path) -> None:
    code = "import sys; from deepwright.cli import main; main(['inspect', 'digits']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"

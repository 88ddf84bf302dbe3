"""Pairs of texts as a user gives them: what is inspected, and what is wrong, in one sentence each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.command_line import call
from tests.end_to_end.test_bad_input import refused


def _texts(folder: Path, name: str, lines: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    text = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def _parallel(folder: Path, stem: str = "corpus") -> None:
    """Forty pairs of Chinese and Arabic, of which one has an empty side."""
    _texts(folder, f"{stem}.zh", [f"这是第{row}句话。" for row in range(40)])
    _texts(folder, f"{stem}.ar.gz", [f"هذه هي الجملة رقم {row}." if row != 4 else "" for row in range(40)])


def test_two_files_are_inspected_as_pairs(tmp_path: Path) -> None:
    _parallel(tmp_path)
    page = tmp_path / "page.html"
    done = call("inspect", "corpus.zh", "corpus.ar.gz", "--html", page, cwd=tmp_path)
    for part in ("zh (text), ar (text)", "text = zh, label = ar", "Rejected: 1 of 40", "line 5"):
        assert part in done.out, part
    html = page.read_text(encoding="utf-8")
    assert html.count('<div class="pair">') >= 4
    found = json.loads(call("inspect", "corpus.zh", "corpus.ar.gz", "--json", cwd=tmp_path).out)
    assert found["rows"] == 39
    assert found["inspection"]["pairs"]["target"] == "ar"
    assert found["inspection"]["classes"] is None
    shown = [
        f'dir="auto">这是第{row}句话。</blockquote><blockquote dir="auto">هذه هي الجملة رقم {row}.' for row in range(40)
    ]
    assert any(text in html for text in shown)


def test_a_folder_is_inspected_with_its_splits(tmp_path: Path) -> None:
    for stem in ("train", "val", "test_2016"):
        _parallel(tmp_path / "corpus", stem)
    done = call("inspect", "corpus", "--input", "ar", "--target", "zh", cwd=tmp_path)
    for part in ("text = ar, label = zh", "Leakage: 39 texts of the test split", "train:5"):
        assert part in done.out, part


def test_chinese_messages(tmp_path: Path) -> None:
    _parallel(tmp_path)
    done = call("inspect", "corpus.zh", "corpus.ar.gz", "--language", "zh", cwd=tmp_path)
    assert "第 5 行" in done.out


def _two_folders(folder: Path) -> list[str]:
    _parallel(folder / "one")
    _parallel(folder / "two")
    return ["one", "two"]


def _one_column(folder: Path) -> list[str]:
    (folder / "pairs.csv").write_text("source\nwort\nwoerter\n", encoding="utf-8")
    return ["pairs.csv", "--set", "data.pairs=true"]


def _names(*roles: str) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        _parallel(folder)
        return ["corpus.zh", "corpus.ar.gz", *roles]

    return make


def _second(data: bytes | None) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        _parallel(folder)
        if data is not None:
            (folder / "corpus.fr").write_bytes(data)
        return ["corpus.zh", "corpus.fr"]

    return make


def _alone(folder: Path) -> list[str]:
    _parallel(folder)
    return ["corpus.zh"]


def _undirected(folder: Path) -> list[str]:
    _parallel(folder / "corpus")
    return ["corpus"]


BAD: dict[str, tuple[Callable[[Path], list[str]], list[str]]] = {
    "a wrong name": (_names("--input", "de"), ["data.columns.input", "'de'", "zh, ar"]),
    "one name twice": (_names("--input", "zh", "--target", "zh"), ["--input and --target", "'zh'"]),
    "one column": (_one_column, ["need two columns", "source: category"]),
    "two folders": (_two_folders, ["one is a folder", "two files"]),
    "no second file": (_second(None), ["there is no file corpus.fr", "if both are given"]),
    "a binary file": (_second(b"\x89PNG\r\n\0\0\0\rIHDR"), ["corpus.fr", "zero byte"]),
    "an empty file": (_second(b""), ["corpus.fr", "holds no text"]),
    "fewer lines": (_second(b"un\ndeux\n"), ["40 and 2", "line 3 of", "corpus.zh"]),
    "half of two": (_alone, ["corpus.zh", "give the other one as well"]),
    "a folder without a direction": (_undirected, ["ar, zh", "--input", "--target"]),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("command", ["train", "inspect"])
def test_pairs_that_cannot_be_read(command: str, case: str, tmp_path: Path) -> None:
    make, words = BAD[case]
    message = refused(command, *make(tmp_path), cwd=tmp_path)
    assert [word for word in words if word not in message] == [], message


def test_compare_takes_two_files_and_no_more(tmp_path: Path) -> None:
    _parallel(tmp_path)
    message = refused("compare", "corpus.zh", "corpus.fr", "--models", "a,b", cwd=tmp_path)
    assert "corpus.fr" in message or "no model" in message
    message = refused("compare", "a", "b", "c", "--models", "majority,convnet", cwd=tmp_path)
    assert "two parallel text files" in message

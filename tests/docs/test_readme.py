"""Every command and every Python example of the README is run, in its order, in one folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.end_to_end.command_line import PROGRAM, write_idx, write_picture

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: What sets a machine up is not repeated here.
SET_UP = ("pip ", "uv ", "make", "git ", "cd ", "python -m venv", "source ")
SHORT = "--set training.epochs=2 --set training.num_threads=1"
SHORT_PYTHON = 'settings={"training.epochs": 2, "training.num_threads": 1}'


def examples() -> list[tuple[str, str]]:
    """Each command and each block of Python, with its language."""
    found = []
    for language, text in BLOCK.findall(README):
        if language == "python":
            found.append((language, text))
        else:
            lines = text.replace("\\\n", " ").splitlines()
            found += [(language, line) for line in lines if line and not line.startswith(("#", *SET_UP))]
    return found


def shortened(text: str) -> str:
    """An example that trains only briefly; the settings that a command gives itself come later and count."""
    text = re.sub(r"^deepwright train (\S+)", rf"deepwright train \1 {SHORT}", text)
    return re.sub(r'dw\.train\("digits"', f'dw.train("digits", {SHORT_PYTHON}', text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the picture and the data that the README speaks of."""
    write_picture(tmp_path / "three.png")
    write_idx(tmp_path / "mnist")
    return tmp_path


def test_every_example_works(folder: Path) -> None:
    path = os.pathsep.join([str(Path(PROGRAM).parent), os.environ["PATH"]])
    languages = [language for language, _text in examples()]
    assert {"sh", "python"} == set(languages)
    for language, text in examples():
        if language == "sh":
            assert text.startswith("deepwright "), f"what is this in the README? {text}"
            command = ["bash", "-euo", "pipefail", "-c", shortened(text)]
        else:
            command = [sys.executable, "-W", "error", "-c", shortened(text)]
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
    run = (folder / "runs" / "latest").resolve()
    assert missing_from(run) == []


def missing_from(run: Path) -> list[str]:
    """The files that the README says a run holds, and this one does not."""
    tree = re.search(r"^```\nruns/\S+\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert tree is not None
    names = re.findall(r"^  (\S+)", tree.group(1), re.MULTILINE)
    assert "manifest.json" in names
    return [name for name in names if not (run / name).exists()]


def test_every_link_leads_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (CHECKOUT / link.partition("#")[0]).exists()] == []

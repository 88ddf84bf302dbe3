"""The guide to a network of one's own: its files are those of examples/, its commands run, its sentences are said."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from deepwright import registry
from deepwright.own_code import admission
from tests.conftest import CHECKOUT
from tests.end_to_end.command_line import call, write_picture

GUIDE = (CHECKOUT / "docs" / "guides" / "own_network.md").read_text(encoding="utf-8")
EXAMPLES = CHECKOUT / "examples" / "own_network"
BLOCK = re.compile(r"^```(sh|python|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUOTE = re.compile(r"^> ((?:.+\n>?)+)", re.MULTILINE)
FILE = re.compile(r"# (\S+\.(?:py|yaml))\n")

SHORT = "--set training.epochs=1 --set training.num_threads=1"
SHORT_PYTHON = '"training.epochs": 1, "training.num_threads": 1'


def blocks() -> list[tuple[str, str, str]]:
    """Each block with its language and, where its first line names one, its file."""
    found = []
    for language, text in BLOCK.findall(GUIDE):
        named = FILE.match(text)
        found.append((language, text, named.group(1) if named else ""))
    return found


def shortened(text: str) -> str:
    """An example that trains only briefly."""
    text = re.sub(r"^deepwright train (\S+)", rf"deepwright train \1 {SHORT}", text)
    text = text.replace("settings={", f"settings={{{SHORT_PYTHON}, ")
    unset = re.compile(r'^(run = dw\.train\("digits", model=nn.*)\)$', re.MULTILINE)
    return unset.sub(rf"\1, settings={{{SHORT_PYTHON}}})", text)


def test_its_files_are_the_examples() -> None:
    files = {name: text for _language, text, name in blocks() if name}
    assert set(files) == {file.name for file in EXAMPLES.iterdir()}
    for name, text in files.items():
        assert (EXAMPLES / name).read_text(encoding="utf-8") == text


def test_a_network_needs_fifteen_lines_at_most() -> None:
    lines = (EXAMPLES / "my_net.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip() and not line.startswith("#")]) <= 15


def test_every_example_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_picture(tmp_path / "three.png")
    for language, text, name in blocks():
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif language == "python":
            command = [sys.executable, "-c", shortened(text)]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        else:
            for line in text.splitlines():
                program, *arguments = shlex.split(shortened(line))
                assert program == "deepwright"
                with monkeypatch.context() as beginning:  # as in a process that has just started
                    beginning.setattr(registry, "_admitted", {})
                    beginning.setattr(admission, "_versions", {})
                    call(*arguments, cwd=tmp_path)
    assert {path.name for path in (tmp_path / "runs").iterdir()} >= {"digits-sequential-1", "digits-Net-1", "latest"}


def test_its_sentences_are_said(tmp_path: Path) -> None:
    quotes = [" ".join(quote.replace("\n> ", " ").split()) for quote in QUOTE.findall(GUIDE)]
    source = (EXAMPLES / "my_net.py").read_text(encoding="utf-8")
    wrong = source.replace("inputs.channels * inputs.height * inputs.width", "784")
    (tmp_path / "my_net.py").write_text(wrong, encoding="utf-8")
    layers = "model.layers=[{conv2d: 8}, relu, flatten, {conv2d: 4}]"
    commands = [("--model", "sequential", "--set", layers), ("--model", "my_net.py:Net")]
    said = [call("describe", "digits", *command, cwd=tmp_path, code=2).err for command in commands]
    assert said == [f"Error: {quote}\n" for quote in quotes]


def test_its_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", GUIDE) if "://" not in link]
    assert [link for link in links if not (CHECKOUT / "docs" / "guides" / link.partition("#")[0]).exists()] == []

"""The guide to a network of one's own: its files are those of examples/, its sentences are said."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import CHECKOUT
from tests.docs.examples import examples
from tests.end_to_end.command_line import call

GUIDE = CHECKOUT / "docs" / "guides" / "own_network.md"
EXAMPLES = CHECKOUT / "examples" / "own_network"
QUOTE = re.compile(r"^> ((?:.+\n>?)+)", re.MULTILINE)


def test_its_files_are_the_examples() -> None:
    files = {kind: text for kind, text in examples(GUIDE) if kind not in ("sh", "python", "yaml")}
    assert set(files) == {file.name for file in EXAMPLES.iterdir()}
    for name, text in files.items():
        assert (EXAMPLES / name).read_text(encoding="utf-8") == text


def test_a_network_needs_fifteen_lines_at_most() -> None:
    lines = (EXAMPLES / "my_net.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip() and not line.startswith("#")]) <= 15


def test_its_sentences_are_said(tmp_path: Path) -> None:
    quotes = [
        " ".join(quote.replace("\n> ", " ").split()) for quote in QUOTE.findall(GUIDE.read_text(encoding="utf-8"))
    ]
    source = (EXAMPLES / "my_net.py").read_text(encoding="utf-8")
    wrong = source.replace("inputs.channels * inputs.height * inputs.width", "784")
    (tmp_path / "my_net.py").write_text(wrong, encoding="utf-8")
    layers = "model.layers=[{conv2d: 8}, relu, flatten, {conv2d: 4}]"
    commands = [("--model", "sequential", "--set", layers), ("--model", "my_net.py:Net")]
    said = [call("describe", "digits", *command, cwd=tmp_path, code=2).err for command in commands]
    assert said == [f"Error: {quote}\n" for quote in quotes]

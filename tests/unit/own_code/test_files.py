from __future__ import annotations

import hashlib
import linecache
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from deepwright.errors import UsageError
from deepwright.own_code.files import classes_in, of_file, of_object
from tests.unit.own_code.conftest import NET, Write


class Here(nn.Module):
    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.dense = nn.Linear(size, 1)


def problem(source: str, write: Write, member: str = "Net") -> str:
    with pytest.raises(UsageError) as caught:
        of_file(write(source)).member(member)
    return str(caught.value)


def test_a_file_is_known_by_its_name_and_hash_and_is_not_executed(write: Write) -> None:
    file = write("raise RuntimeError\nclass Net: ...\n")
    code = of_file(file)
    assert (code.name, code.sha256) == ("my_net.py", hashlib.sha256(file.read_bytes()).hexdigest())
    assert list(classes_in(code)) == ["Net"]


def test_it_is_executed_once_and_as_it_was_read(write: Write) -> None:
    file = write(NET + "\nprint('executed', end=' ')\n")
    code = of_file(file)
    file.write_text("raise RuntimeError", encoding="utf-8")
    first = code.member("Net")
    assert issubclass(first, nn.Module)
    assert code.member("Net") is first
    assert set(code.members) == {"Net"}


def test_it_leaves_no_compiled_file_and_no_place_in_the_path(write: Write) -> None:
    file, before = write(), list(sys.path)
    of_file(file).member("Net")
    assert [path.name for path in file.parent.iterdir()] == ["my_net.py"]
    assert sys.path == before


def test_dataclasses_and_hints_written_as_text_work(write: Write) -> None:
    source = """
        from __future__ import annotations
        from dataclasses import dataclass
        @dataclass
        class Size:
            units: int = 3
    """
    assert of_file(write(source)).member("Size")().units == 3


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\nclass Net(\n", "my_net.py, line 2: not Python: '(' was never closed."),
        (
            "x = 1\n\nimport no_such_module\n",
            "my_net.py, line 3: ModuleNotFoundError: No module named 'no_such_module'.",
        ),
        ("def f():\n    return 1 / 0\nf()\n", "my_net.py, line 2: ZeroDivisionError: division by zero."),
        ("import json\njson.loads('{')\n", "my_net.py, line 2: JSONDecodeError: Expecting property name"),
        ("import sys\nsys.exit(3)\n", "my_net.py, line 2: SystemExit: 3."),
        ("raise ValueError\n", "my_net.py, line 1: ValueError."),
        ("compile('(', 'other', 'exec')\n", "my_net.py, line 1: SyntaxError: "),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence_with_its_line(source: str, expected: str, write: Write) -> None:
    message = problem(source, write)
    assert message.startswith(expected)
    assert "\n" not in message


@pytest.mark.parametrize("content", [b"\0", b"\xff\xfe", "x = 'é'".encode("latin-1")])
def test_what_is_no_text_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "my_net.py"
    file.write_bytes(content)
    assert list(classes_in(of_file(file))) == []
    with pytest.raises(UsageError, match=r"^my_net\.py"):
        of_file(file).member("Net")


@pytest.mark.parametrize("name", ["missing.py", "."])
def test_what_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        of_file(tmp_path / name)


def test_a_class_is_from_the_file_that_it_stands_in() -> None:
    code = of_object(Here)
    assert (code.name, code.structure) == (Path(__file__).name, None)
    assert code.sha256 == hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    assert code.member("Here") is Here


def test_a_module_is_copied_as_it_is_and_known_by_its_layers() -> None:
    module = Here()
    code = of_object(module)
    kept = code.member("Here").dense.weight.clone()
    nn.init.zeros_(module.dense.weight)
    assert torch.equal(code.member("Here").dense.weight, kept)
    assert code.structure == of_object(Here()).structure
    assert code.structure != of_object(Here(3)).structure


def test_a_module_of_torchs_own_layers_does_not_depend_on_the_version_of_torch() -> None:
    code = of_object(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    assert (code.name, code.sha256) == ("torch", None)


def cell(source: str, filename: str, monkeypatch: pytest.MonkeyPatch, kept: bool) -> Any:
    """A class as a notebook defines it: in no file, with or without lines that Python knows."""
    space: dict[str, Any] = {"nn": nn, "__name__": "notebook"}
    exec(compile(source, filename, "exec"), space)
    if kept:
        monkeypatch.setitem(linecache.cache, filename, (len(source), None, source.splitlines(True), filename))
    return space["Net"]


@pytest.mark.parametrize("kept", [True, False])
def test_a_class_of_a_notebook_is_known_by_its_cell(kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "class Net(nn.Module):\n    def forward(self, x):\n        return x\n"
    code = of_object(cell(source, "<cell 1>", monkeypatch, kept))
    assert code.name == "notebook"
    assert code.sha256 == (hashlib.sha256(source.encode()).hexdigest() if kept else None)


@pytest.mark.parametrize("thing", [int, "text", 3, print])
def test_what_is_no_network_is_refused(thing: Any) -> None:
    with pytest.raises(UsageError, match=r"is no torch\.nn\.Module"):
        of_object(thing)


def test_a_module_that_cannot_be_copied_is_refused() -> None:
    module = Here()
    module.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(UsageError, match="cannot be copied"):
        of_object(module)

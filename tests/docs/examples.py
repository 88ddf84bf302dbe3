"""The examples of a document: its blocks of commands, of Python, of files and of output, in their order."""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from tests.end_to_end.command_line import call

_BLOCK = re.compile(r"^```(sh|python|yaml|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\S+\.(?:py|yaml))\n")
_LINK = re.compile(r"\]\(([^)]+)\)")
#: What sets a machine up is not repeated here.
_SET_UP = ("pip ", "uv ", "make", "git ", "cd ", "python -m venv", "source ")
_SHORT = {"training.epochs": 2, "training.num_threads": 1}
_SHORT_OPTIONS = [word for key, value in _SHORT.items() for word in ("--set", f"{key}={value}")]
#: Trains as briefly as the commands do; the settings that an example gives itself count.
_SHORT_PYTHON = f"""
import deepwright
def _briefly(*data, _train=deepwright.train, settings=None, **more):
    return _train(*data, settings={{**{_SHORT!r}, **(settings or {{}})}}, **more)
deepwright.train = _briefly
"""
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d*)?(?:e[+-]?\d+)?")
_WIDE = "\u2e80-\u9fff\uff00-\uffef“”"
_GAP_BESIDE_WIDE = re.compile(rf"(?<=[{_WIDE}]) | (?=[{_WIDE}])")


def examples(document: Path) -> list[tuple[str, str]]:
    """Each command, block of Python, file and output, with its kind: sh, python, the file's name, or text."""
    found = []
    for language, text in _BLOCK.findall(document.read_text(encoding="utf-8")):
        if named := _FILE.match(text):
            found.append((named.group(1), text))
        elif language == "sh":
            lines = text.replace("\\\n", " ").splitlines()
            found += [(language, line) for line in lines if line and not line.startswith(("#", *_SET_UP))]
        else:
            found.append((language, text))
    return found


def broken_links(document: Path) -> list[str]:
    """Links within the checkout that lead nowhere."""
    links = [link for link in _LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]
    return [link for link in links if not (document.parent / link.partition("#")[0]).exists()]


def carry_out(kind: str, text: str, folder: Path, *, brief: bool = True, names: dict[str, Any] | None = None) -> str:
    """Run an example in a folder, or write the file that it is; returns what it printed.

    Args:
        kind: as ``examples`` gives it.
        text: the command, the code or the contents of the file.
        folder: where.
        brief: whether what trains is cut short.
        names: what Python that was run before has defined, for code that goes on from it; None runs it on its own.
    """
    if kind == "sh":
        return _command(text, folder, brief)
    if kind == "python" and names is not None:
        with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(text, names)
        return printed.getvalue()
    if kind == "python":
        command = [sys.executable, "-W", "error", "-c", _SHORT_PYTHON + text]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout
    (folder / kind).write_text(text, encoding="utf-8")
    return ""


def run_script(script: Path) -> tuple[str, str]:
    """Run a script that imports its neighbours, in this process; returns what it ended with and what it printed."""
    ended, printed = "", io.StringIO()
    path = [str(script.parent), *sys.path]
    with mock.patch.object(sys, "path", path), mock.patch.dict(sys.modules), contextlib.redirect_stdout(printed):
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as end:
            ended = str(end)
    return ended, printed.getvalue()


def disagreement(shown: str, printed: str, tolerance: float = 0.0) -> str:
    """What an output that a document shows has in it that was not printed; empty if nothing.

    A line ``…`` stands for anything. Words and whole numbers are the same; other numbers agree within two percent, two
    units of their last digit, or the tolerance.
    """
    printed, at = _flat(printed), 0
    for part in map(_flat, re.split(r"^…$", shown, flags=re.MULTILINE)):
        pattern = f"({_NUMBER.pattern})".join(map(re.escape, _NUMBER.split(part)))
        found = re.compile(pattern).search(printed, at)
        if found is None:
            return part
        pairs = zip(_NUMBER.findall(part), found.groups(), strict=True)
        if wrong := [f"{one} is {other}" for one, other in pairs if not _agree(one, other, tolerance)]:
            return f"{part}: {', '.join(wrong)}"
        at = found.end()
    return ""


def _command(text: str, folder: Path, brief: bool) -> str:
    program, *words = shlex.split(text, comments=True)
    if program == "python":
        ended, printed = run_script(folder / words[0])
        assert not ended, f"{text}\n{ended}"
        return printed
    assert program == "deepwright", f"what is this? {text}"
    words, target = (words[:-2], words[-1]) if words[-2:-1] == [">"] else (words, None)
    out = call(*(_briefly(words) if brief else words), cwd=folder).out
    if target is not None:
        (folder / target).write_text(out, encoding="utf-8")
    return out


def _flat(text: str) -> str:
    """On one line; a line may break anywhere in Chinese."""
    return _GAP_BESIDE_WIDE.sub("", " ".join(text.split()))


def _agree(one: str, other: str, tolerance: float) -> bool:
    if one == other or one.replace(",", "").isdigit():
        return one == other
    value, digits = float(one.replace(",", "")), len(one.partition("e")[0].partition(".")[2])
    exponent = int(one.partition("e")[2] or 0)
    difference = abs(value - float(other.replace(",", "")))
    return difference <= max(0.02 * value, 2.01 * 10.0 ** (exponent - digits), tolerance)


def _briefly(words: list[str]) -> list[str]:
    """A command that trains only briefly; the settings that it gives itself come later and count."""
    trains = words[0] == "train" or (words[0] == "compare" and "--models" in words)
    first = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    return [*words[:first], *_SHORT_OPTIONS, *words[first:]] if trains else words

"""The examples of a document: its blocks of commands, of Python and of files, in their order."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.command_line import call

_BLOCK = re.compile(r"^```(sh|python|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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


def examples(document: Path) -> list[tuple[str, str]]:
    """Each command, each block of Python and each file, with its kind: sh, python, or the file's name."""
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


def carry_out(kind: str, text: str, folder: Path) -> None:
    """Run an example in a folder, or write the file that it is."""
    if kind == "sh":
        program, *words = shlex.split(text, comments=True)
        assert program == "deepwright", f"what is this? {text}"
        words, target = (words[:-2], words[-1]) if words[-2:-1] == [">"] else (words, None)
        out = call(*_briefly(words), cwd=folder).out
        if target is not None:
            (folder / target).write_text(out, encoding="utf-8")
    elif kind == "python":
        command = [sys.executable, "-W", "error", "-c", _SHORT_PYTHON + text]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    else:
        (folder / kind).write_text(text, encoding="utf-8")


def _briefly(words: list[str]) -> list[str]:
    """A command that trains only briefly; the settings that it gives itself come later and count."""
    trains = words[0] == "train" or (words[0] == "compare" and "--models" in words)
    return [*words[:2], *_SHORT_OPTIONS, *words[2:]] if trains else words

"""Environments of the peers, each made once: beside ours, so that nobody's versions decide another's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def peers_python(name: str, packages: Sequence[str], alone: Sequence[str] = ()) -> str:
    """The interpreter of an environment of peers, which is made where it is missing.

    Args:
        name: of the environment.
        packages: with their versions.
        alone: packages that are installed without what they say they need.
    """
    home = Path(__file__).parent / ".peers" / name
    python, ready = home / "bin" / "python", home / "packages.txt"
    wanted = "\n".join([*packages, *alone])
    if not ready.is_file() or ready.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
        if alone:
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--no-deps", *alone], check=True)
        ready.write_text(wanted, encoding="utf-8")
    return str(python)


def said_by(python: str, code: str, *arguments: object) -> Any:
    """The JSON that a program prints last, run in a process of its own.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [python, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])

"""The shape of the source that import-linter cannot see."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import deepwright

PACKAGE = Path(deepwright.__file__).parent

#: A name that says nothing: what has no home lacks a concept.
VAGUE = {"utils", "helpers", "common", "misc", "core", "base", "manager"}

#: What commands that answer at once are made of.
TORCH_FREE = ("__init__", "cli", "reporting", "contracts", "registry", "run_directory", "config", "errors", "messages")

_ASK = """
import sys
import deepwright
if arguments := sys.argv[1:]:
    from deepwright.cli import main
    try:
        code = main(arguments)
    except SystemExit as stopped:
        code = stopped.code
    assert not code, code
print("torch" in sys.modules)
"""


@pytest.mark.parametrize("arguments", [[], ["--help"], ["models"], ["datasets"], ["runs"]], ids=" ".join)
def test_torch_is_not_imported(arguments: list[str], tmp_path: Path) -> None:
    finished = subprocess.run([sys.executable, "-c", _ASK, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("part", TORCH_FREE)
def test_no_torch_at_module_level(part: str) -> None:
    files = [PACKAGE / f"{part}.py"] if (PACKAGE / f"{part}.py").exists() else sorted((PACKAGE / part).rglob("*.py"))
    assert files
    found = [f"{file}:{line}" for file in files for line in torch_imports(file.read_text(encoding="utf-8"))]
    assert not found


def torch_imports(source: str) -> list[int]:
    """The lines on which a module imports torch as soon as it is imported itself, however it is nested."""
    lines = []
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
            continue
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        lines += [node.lineno for name in names if isinstance(node, ast.stmt) and name.partition(".")[0] == "torch"]
        waiting.extend(ast.iter_child_nodes(node))
    return sorted(lines)


def test_module_level_imports_are_told_from_later_ones() -> None:
    source = """
import torch.nn as nn
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from torch import Tensor
else:
    from torch import Tensor
try:
    import torch
except ImportError:
    pass
def later():
    import torch
import torchless
"""
    assert torch_imports(source) == [2, 7, 9]


def test_names_say_something() -> None:
    vague = [
        str(path.relative_to(PACKAGE))
        for path in sorted(PACKAGE.rglob("*"))
        if (path.is_dir() or path.suffix == ".py") and path.stem.strip("_") in VAGUE
    ]
    assert not vague

"""The formulas are independent: NumPy and nothing of torch or deepwright; and every one of them explains itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "reference"
MODULES = sorted(FOLDER.glob("*.py"))
SIBLINGS = "tests.formulas.reference"
#: Of the standard library, nothing but what reckons, counts and names types.
ALLOWED = ("numpy", "math", "collections", "functools", "itertools", "typing")


def foreign(source: str) -> list[str]:
    """What a module imports beside numpy, what it may and its siblings; names that import by themselves too."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == SIBLINGS:
            found += [f"{SIBLINGS}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Name) and node.id in ("__import__", "eval", "exec"):
            found.append(node.id)
    return [name for name in found if name.partition(".")[0] not in ALLOWED and not _sibling(name)]


def _sibling(name: str) -> bool:
    package, _, module = name.rpartition(".")
    return package == SIBLINGS and (FOLDER / f"{module}.py").is_file()


def test_the_modules_are_there() -> None:
    expected = {"activations", "dense", "convolution", "pooling", "losses", "optimizers", "schedules", "metrics"}
    assert expected < {module.stem for module in MODULES}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_reference_imports_only_numpy_and_what_reckons(module: Path) -> None:
    assert foreign(module.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import torch",
        "import numpy, torch.nn",
        "from deepwright import registry",
        "def f():\n    from torch import nn",
        "from . import dense",
        "from tests.formulas.tolerances import ROUNDING",
        "from tests.formulas.reference import torch",
        "import numpytorch",
        "__import__('torch')",
    ],
)
def test_any_other_import_is_found(source: str) -> None:
    assert foreign(source)


def test_the_references_bring_neither_torch_nor_deepwright() -> None:
    names = [f"{SIBLINGS}.{module.stem}" for module in MODULES]
    command = [sys.executable, "-c", f"import sys, {', '.join(names)}; print(*sys.modules)"]
    loaded = subprocess.run(command, cwd=FOLDER.parents[2], capture_output=True, text=True, check=True).stdout.split()
    assert set(names) <= set(loaded)
    assert not {"torch", "deepwright"} & set(loaded)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_every_formula_explains_itself(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    public = [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    assert [node.name for node in public if not ast.get_docstring(node)] == []

"""Code of the user's, admitted for one test alone."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deepwright import registry
from deepwright.own_code import admission

Write = Callable[..., Path]

NET = '''
"""A network of my own."""

import torch
from torch import nn


class Net(nn.Module):
    """One hidden layer.

    Args:
        hidden_dim: units of it.
    """

    def __init__(self, inputs, outputs, *, hidden_dim: int = 8):
        super().__init__()
        self.first = nn.Linear(inputs.channels * inputs.height * inputs.width, hidden_dim)
        self.last = nn.Linear(hidden_dim, outputs.num_outputs)

    def forward(self, images):
        return self.last(self.first(images.flatten(1)).relu())
'''


@pytest.fixture(autouse=True)
def nothing_admitted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_admitted", {})
    monkeypatch.setattr(admission, "_versions", {})
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("own_code_"):
            del sys.modules[name]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of code, the good network unless told otherwise."""

    def written(source: str = NET, name: str = "my_net.py") -> Path:
        file = tmp_path / name
        file.write_text(textwrap.dedent(source).lstrip(), encoding="utf-8")
        return file

    return written

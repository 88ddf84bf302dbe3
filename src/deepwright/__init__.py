"""deepwright: from raw data to a trained model that can be trusted, in one command.

>>> import deepwright as dw
>>> run = dw.train("digits", model="convnet")  # doctest: +SKIP
>>> run.evaluate()["accuracy"]  # doctest: +SKIP

Names are loaded when they are first used, so that ``import deepwright`` does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepwright.errors import DeepwrightError
    from deepwright.workflows.run import Run, load
    from deepwright.workflows.train import train

__version__ = "0.1.0"
__all__ = ["DeepwrightError", "Run", "__version__", "load", "train"]

_HOMES = {
    "DeepwrightError": "deepwright.errors",
    "Run": "deepwright.workflows.run",
    "load": "deepwright.workflows.run",
    "train": "deepwright.workflows.train",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'deepwright' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

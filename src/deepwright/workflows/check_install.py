"""Check the installation: versions, what the machine offers, and one real training step."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import torch

import deepwright
from deepwright import experiments
from deepwright.config.documents import Document
from deepwright.config.settings import settings_from
from deepwright.data.reading import table_of
from deepwright.data.splits import split_rows
from deepwright.errors import DeepwrightError
from deepwright.messages import _
from deepwright.training.runtime import keep_freed_memory, num_cores, resolve

#: Systems on which the whole test suite has been run.
TESTED = ("Linux x86_64",)
_LIBRARIES = ("torch", "numpy", "scipy", "scikit-learn", "pyarrow", "pillow")


@dataclass(frozen=True)
class Check:
    """What was found.

    Attributes:
        rows: what and found, as texts.
        works: whether a training step gave a finite loss.
    """

    rows: list[tuple[str, str]]
    works: bool


def check_install() -> Check:
    """Look at the machine and train a tiny model for one epoch."""
    system = f"{platform.system()} {platform.machine()}"
    settings = resolve(settings_from(Document()).training)
    works, step = _training_step()
    rows = [
        ("deepwright", deepwright.__version__),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in _LIBRARIES),
        (
            _("system"),
            system if system in TESTED else _("{system} (nobody has tested deepwright there yet)", system=system),
        ),
        (
            _("processor"),
            _(
                "{name}, {cores} cores for us",
                name=torch.cpu.get_capabilities().get("cpu_name", platform.processor())
                if hasattr(torch.cpu, "get_capabilities")
                else platform.processor(),
                cores=num_cores(),
            ),
        ),
        (_("device"), settings.device),
        (_("numeric precision"), settings.precision),
        (_("keeps freed memory"), _("yes") if keep_freed_memory() else _("no, the C library is not glibc")),
        (_("a training step"), step),
    ]
    return Check(rows, works)


def _training_step() -> tuple[bool, str]:
    rng = np.random.default_rng(0)
    table = table_of((rng.integers(0, 256, (60, 8, 8)).astype(np.uint8), np.arange(60) % 2))
    document = Document()
    for key, value in {"model": "convnet", "training.epochs": 1}.items():
        document.set(key, value, "check-install")
    settings = settings_from(document)
    splits = split_rows(table, settings.data.split, None, 0)
    try:
        roles = {"image": "image", "label": "label"}
        settings = experiments.plan(table, splits, "classification", roles, settings)
        fitted = experiments.fit(table, splits, "classification", roles, settings)
    except (DeepwrightError, RuntimeError) as error:
        return False, str(error)
    loss = fitted.history.records[-1]["loss"] if fitted.history else float("nan")
    return bool(np.isfinite(loss)), _("works: loss {loss:.3f}", loss=loss)

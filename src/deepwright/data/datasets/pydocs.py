"""Python's own documentation: what is written in the standard library of the Python that runs this.

The topics of ``help()`` (``pydoc_data.topics``, made of the Language Reference) and the docstrings of the modules,
classes and functions of the standard library (G. van Rossum and others, since 1991); tests are left out. It is English,
some megabytes, under the licence of Python (PSF License 2), and differs from one version to the next, which is said.
"""

from __future__ import annotations

import ast
import platform
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deepwright.data.table import Column, Table
from deepwright.data.texts.passages import held
from deepwright.errors import DataError
from deepwright.messages import _

__all__ = ["pydocs"]

#: Folders that are no documentation of the language, or belong to other packages.
_OTHERS = frozenset(
    ("test", "tests", "idlelib", "lib2to3", "turtledemo", "ensurepip", "pydoc_data", "site-packages", "dist-packages")
)
_SHORTEST = 40


def pydocs() -> Table:
    """The table with the column ``text``, a row for each passage; a topic or a module is a text of its own.

    Raises:
        DataError: this Python comes without its standard library's sources.
    """
    texts = {**_topics(), **_docstrings(Path(sysconfig.get_paths()["stdlib"]))}
    if not texts:
        raise DataError(
            _("This Python comes without the sources of its standard library; install them to read pydocs.")
        )
    passages = held(list(texts.values()))
    names = list(texts)
    places = passages.documents.tolist()
    numbers = [place - places.index(document) + 1 for place, document in enumerate(places)]
    return Table(
        {"text": Column("text", passages)},
        "pydocs",
        notes=[
            _(
                "Read from the standard library of Python {version}, which is installed here; other versions differ.",
                version=platform.python_version(),
            )
        ],
        names=np.array([f"{names[document]}:{number}" for document, number in zip(places, numbers, strict=True)]),
    )


def _topics() -> dict[str, str]:
    try:
        from pydoc_data.topics import topics
    except ImportError:
        return {}
    return {f"help({name!r})": text.strip() + "\n" for name, text in sorted(topics.items()) if text.strip()}


def _docstrings(root: Path) -> dict[str, str]:
    """The docstrings of each module, by its path."""
    found = {}
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).parts
        if _OTHERS.isdisjoint(parts):
            text = "\n\n".join(_of_module(file))
            if len(text) >= _SHORTEST:
                found["/".join(parts)] = text + "\n"
    return found


def _of_module(file: Path) -> Iterator[str]:
    try:
        module = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(module):
        if isinstance(node, kinds) and (text := ast.get_docstring(node)) and "\0" not in text:
            yield text if isinstance(node, ast.Module) else f"{node.name}\n{text}"

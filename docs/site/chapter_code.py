"""Runs the Python of a page as its reader would, one block after another, for the drawings on that page.

It runs in a folder of its own, for what it writes, which holds the rows of the benchmarks as the checkout does.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CHECKOUT, _ROWS = Path(__file__).parents[2], Path("benchmarks", "rows")


@dataclass
class ChapterCode:
    """The names that the blocks of a page have defined so far."""

    names: dict[str, Any] = field(default_factory=dict)
    done: int = 0

    @cached_property
    def folder(self) -> tempfile.TemporaryDirectory[str]:
        """Where the code runs; it is gone when the page is done."""
        folder = tempfile.TemporaryDirectory()
        shutil.copytree(_CHECKOUT / _ROWS, Path(folder.name) / _ROWS)
        return folder

    def run(self, page: Path, line: int) -> dict[str, Any]:
        """Run the blocks above a line that have not been run yet, and return all names."""
        text = "".join(page.read_text(encoding="utf-8").splitlines(keepends=True)[:line])
        for block in _BLOCK.findall(text)[self.done :]:
            with contextlib.chdir(self.folder.name), contextlib.redirect_stdout(io.StringIO()):
                exec(block, self.names)
            self.done += 1
        return self.names

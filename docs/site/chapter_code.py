"""Runs the Python of a page as its reader would, one block after another, for the drawings on that page."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class ChapterCode:
    """The names that the blocks of a page have defined so far."""

    names: dict[str, Any] = field(default_factory=dict)
    done: int = 0

    def run(self, page: Path, line: int) -> dict[str, Any]:
        """Run the blocks above a line that have not been run yet, and return all names."""
        text = "".join(page.read_text(encoding="utf-8").splitlines(keepends=True)[:line])
        for block in _BLOCK.findall(text)[self.done :]:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(block, self.names)
            self.done += 1
        return self.names

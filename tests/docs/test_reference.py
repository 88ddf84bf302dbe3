"""docs/reference.md is what the source says, and it names everything that is registered."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deepwright import registry
from tests.conftest import CHECKOUT

REFERENCE = CHECKOUT / "docs" / "reference.md"


def test_it_is_up_to_date() -> None:
    made = subprocess.run(
        [sys.executable, "tools/reference.py"], cwd=CHECKOUT, capture_output=True, check=True, encoding="utf-8"
    )
    assert made.stderr == ""
    written = REFERENCE.read_text(encoding="utf-8")
    assert written == made.stdout, "make it again with: python tools/reference.py > docs/reference.md"


@pytest.mark.parametrize("kind", registry.KINDS)
def test_everything_registered_is_in_it(kind: str) -> None:
    written = REFERENCE.read_text(encoding="utf-8")
    own = [name for name, entry in registry.entries(kind).items() if entry.module.startswith("deepwright.")]
    titles = [f"### `deepwright {n.replace('_', '-')}`" if kind == "commands" else f"### `{n}`" for n in own]
    assert own
    assert [title for title in titles if f"\n{title}\n" not in written] == []

"""docs/reference.md is what the source says, and it names everything that is registered."""

from __future__ import annotations

import pytest

from deepwright import registry
from deepwright.messages import choose_language
from tests.conftest import CHECKOUT
from tools import reference

REFERENCE = CHECKOUT / "docs" / "reference.md"


def test_it_is_up_to_date() -> None:
    try:
        made = reference.page()
    finally:
        choose_language(None)
    written = REFERENCE.read_text(encoding="utf-8")
    assert written == made, "make it again with: python tools/reference.py > docs/reference.md"


@pytest.mark.parametrize("kind", registry.KINDS)
def test_everything_registered_is_in_it(kind: str) -> None:
    written = REFERENCE.read_text(encoding="utf-8")
    own = [name for name, entry in registry.entries(kind).items() if entry.module.startswith("deepwright.")]
    titles = [f"### `deepwright {n.replace('_', '-')}`" if kind == "commands" else f"### `{n}`" for n in own]
    assert own
    assert [title for title in titles if f"\n{title}\n" not in written] == []

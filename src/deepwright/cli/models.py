"""List the models that can be trained."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from deepwright import registry
from deepwright.cli._output import print_table
from deepwright.messages import _

__all__ = ["Models"]


class Models:
    """``deepwright models``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """None beyond the common ones."""

    def run(self, given: Namespace) -> int:
        """Names and titles; nothing is imported."""
        entries = registry.entries("models").values()
        print_table(
            [_("model"), _("area"), _("what it is")],
            [(entry.name, entry.area or _("any"), entry.title) for entry in entries],
        )
        return 0

"""List the data sets that can be used by name."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from deepwright import registry
from deepwright.cli._output import print_table
from deepwright.messages import _

__all__ = ["Datasets"]


class Datasets:
    """``deepwright datasets``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """None beyond the common ones."""

    def run(self, given: Namespace) -> int:
        """Names and titles; nothing is imported."""
        entries = registry.entries("datasets").values()
        print_table([_("data set"), _("what it is")], [(entry.name, entry.title) for entry in entries])
        return 0

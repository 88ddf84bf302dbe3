"""Say what this machine offers and whether a training step works on it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from deepwright.cli._output import print_table
from deepwright.messages import _

__all__ = ["CheckInstall"]


class CheckInstall:
    """``deepwright check-install``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """None beyond the common ones."""

    def run(self, given: Namespace) -> int:
        """Print versions and capabilities; exit 1 if the training step fails."""
        from deepwright.workflows.check_install import check_install

        report = check_install()
        print_table([_("what"), _("found")], report.rows)
        return 0 if report.works else 1

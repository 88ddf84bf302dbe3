"""Write a run's report and model card again, for example in another language."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from deepwright.cli._output import results
from deepwright.messages import _
from deepwright.run_directory import RunDirectory
from deepwright.workflows.report import report

__all__ = ["Report"]


class Report:
    """``deepwright report RUN``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))

    def run(self, given: Namespace) -> int:
        """Render and say where it is."""
        results().print(str(report(RunDirectory.open(given.run_path)).resolve()), soft_wrap=True)
        return 0

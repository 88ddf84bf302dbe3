"""Measure a finished run again, on its own test split or on other data."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from deepwright.cli._code import add_code
from deepwright.cli._output import print_json, print_measurements
from deepwright.messages import _
from deepwright.run_directory import RunDirectory

__all__ = ["Evaluate"]


class Evaluate:
    """``deepwright evaluate RUN [DATA]``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run, other data, and the form of the output."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        add_code(parser)
        parser.add_argument(
            "data",
            nargs="?",
            metavar=_("DATA"),
            help=_("other data, every row of which is measured (default: the run's own test split)"),
        )
        parser.add_argument("--json", action="store_true", help=_("print every measurement as JSON"))

    def run(self, given: Namespace) -> int:
        """Measure and print; the run stays as it is."""
        directory = RunDirectory.open(given.run_path)
        directory.check()
        from deepwright.workflows.evaluate import evaluate

        measurements = evaluate(directory, given.data)
        if given.json:
            print_json([record.to_json() for record in measurements.records])
        else:
            print_measurements(measurements)
        return 0

"""Write a finished run as one file for other programs, after it has given the same answers."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from deepwright import registry
from deepwright.cli._code import add_code
from deepwright.cli._output import print_json, print_table
from deepwright.messages import _, listing
from deepwright.reporting import figures, findings
from deepwright.run_directory import RunDirectory

__all__ = ["Export"]


class Export:
    """``deepwright export RUN``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run, the format, and where a copy is to be."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        add_code(parser)
        known = listing(registry.entries("exporters"))
        parser.add_argument("--format", default="onnx", help=_("one of {known} (default: onnx)", known=known))
        parser.add_argument(
            "--output", type=Path, metavar=_("FILE"), help=_("also copy the file there (default: within the run alone)")
        )
        parser.add_argument("--json", action="store_true", help=_("print where it is and how well it agrees as JSON"))

    def run(self, given: Namespace) -> int:
        """Write the file, and say how well it agrees with the run."""
        directory = RunDirectory.open(given.run_path)
        directory.manifest()
        registry.find("exporters", given.format)
        from deepwright.workflows.export import export

        made = export(directory, given.format, given.output)
        if given.json:
            records = [record.to_json() for record in made.measurements]
            print_json({"path": str(made.path), "bytes": made.num_bytes, "takes": made.takes, "measurements": records})
            return 0
        rows = [
            (_("file"), str(given.output or made.path)),
            (_("size"), figures.shown(made.num_bytes, "bytes")),
            (_("it takes"), made.takes),
        ]
        print_table(("", ""), [*rows, *((_("agreement"), text) for text in findings.exports(made.measurements))])
        return 0

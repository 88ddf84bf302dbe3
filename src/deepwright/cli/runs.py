"""List the runs of a folder with their results."""

from __future__ import annotations

import datetime
from argparse import ArgumentParser, Namespace
from pathlib import Path

from deepwright.cli._output import print_table, remarks
from deepwright.config.documents import read_document
from deepwright.errors import DeepwrightError
from deepwright.messages import _
from deepwright.run_directory import CONFIG, RunDirectory, runs_in
from deepwright.validation.storage import MEASUREMENTS, read_measurements

__all__ = ["Runs"]


class Runs:
    """``deepwright runs``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The folder."""
        parser.add_argument(
            "--output", type=Path, default=Path("runs"), help=_("folder that holds the runs (default: runs)")
        )

    def run(self, given: Namespace) -> int:
        """One line for each run, oldest first."""
        found = runs_in(given.output)
        if not found:
            remarks().print(_("There are no runs in {path}. Begin with: deepwright train digits", path=given.output))
            return 0
        print_table(
            [_("run"), _("begun"), _("model"), _("seed"), _("result on the test split")], [_row(run) for run in found]
        )
        return 0


def _row(run: RunDirectory) -> tuple[str, str, str, str, str]:
    begun = datetime.datetime.fromtimestamp((run.path / CONFIG).stat().st_mtime).strftime("%Y-%m-%d %H:%M")
    try:
        values = read_document(run.path / CONFIG).values
        model, seed = values["model"]["name"], values["seed"]
    except (DeepwrightError, KeyError, TypeError):
        model, seed = "?", "?"
    return run.path.name, begun, str(model), str(seed), _result(run)


def _result(run: RunDirectory) -> str:
    if not run.finished:
        return _("unfinished")
    try:
        measurements = read_measurements(run.read(MEASUREMENTS))
    except (DeepwrightError, ValueError, KeyError, TypeError):
        return _("damaged or changed")
    name = next(iter(measurements), None)
    return "–" if name is None else f"{name} {measurements[name]}"

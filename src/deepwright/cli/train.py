"""Train a model on your data, validate it, and write the run with its report."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from deepwright.cli._output import print_measurements, print_table, remarks, results
from deepwright.cli._settings import add_settings, document_of
from deepwright.messages import _
from deepwright.reporting.findings import answer, findings
from deepwright.reporting.report import REPORT

if TYPE_CHECKING:
    from deepwright.workflows.plan import Plan
    from deepwright.workflows.run import Run

__all__ = ["Train"]


class Train:
    """``deepwright train DATA``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """Data, settings, and whether to train at all."""
        add_settings(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help=_("check settings and data, print the plan, train nothing")
        )
        parser.add_argument(
            "--tasks",
            action="store_true",
            help=_("list the tasks and models that fit the data, and why; train nothing"),
        )
        parser.add_argument("--quiet", action="store_true", help=_("do not show how the training goes"))

    def run(self, given: Namespace) -> int:
        """Plan, train, print."""
        document = document_of(given)
        from deepwright.workflows.plan import options, plan

        if given.tasks:
            print_table([_("task"), _("fits"), _("why"), _("models")], options(document))
            return 0
        ready = plan(document)
        from deepwright.training.progress import Shown, Silent
        from deepwright.workflows.train import start  # imports torch, for which a mistake need not wait

        print_plan(ready)
        if not given.dry_run:
            print_run(start(ready, Silent() if given.quiet else Shown()))
        return 0


def print_plan(ready: Plan) -> None:
    """What is going to happen, in a few lines."""
    from deepwright.workflows.describe import outline

    print_table(("", ""), outline(ready))
    for note in ready.table.notes:
        remarks().print(note)


def print_run(run: Run) -> None:
    """The results of a finished run and where to find the rest."""
    measurements = run.measurements
    console = results()
    console.print()
    console.print(answer(measurements))
    console.print()
    print_measurements(measurements)
    console.print()
    for sentence in findings(measurements):
        console.print(f"· {sentence}")
    console.print()
    print_table(("", ""), [(_("report"), run.path / REPORT), (_("next"), _next(run))])


def _next(run: Run) -> str:
    """The command by which a run answers, or goes on."""
    from deepwright.specs import ContextSpec, ItemsSpec, TokensSpec

    if run.predictor.translates:
        return f'deepwright translate {_shown(run.path)} "…"'
    if isinstance(run.predictor.task.outputs.spec, ContextSpec):
        return f"deepwright neighbors {_shown(run.path)} …"
    if isinstance(run.predictor.task.outputs.spec, TokensSpec):
        return f'deepwright generate {_shown(run.path)} --prompt "…"'
    if isinstance(run.predictor.task.outputs.spec, ItemsSpec):
        return f"deepwright recommend {_shown(run.path)} --user ID"
    return f"deepwright predict {_shown(run.path)} …"


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path

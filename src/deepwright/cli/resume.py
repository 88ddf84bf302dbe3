"""Go on with a run that was stopped or killed; it ends as if nothing had happened."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from deepwright.cli._code import add_code
from deepwright.cli._output import remarks
from deepwright.messages import _
from deepwright.run_directory import RunDirectory

__all__ = ["Resume"]


class Resume:
    """``deepwright resume RUN``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        add_code(parser)
        parser.add_argument("--quiet", action="store_true", help=_("do not show how the training goes"))

    def run(self, given: Namespace) -> int:
        """Finish the run; a finished one is left as it is."""
        directory = RunDirectory.open(given.run_path)
        if directory.finished:
            directory.check()
            remarks().print(_("The run {path} is finished; there is nothing to resume.", path=directory.path))
            return 0
        from deepwright.cli.train import print_run
        from deepwright.training.progress import Shown, Silent
        from deepwright.workflows.resume import resume

        print_run(resume(directory, Silent() if given.quiet else Shown()))
        return 0

"""Print the layers of a network with their shapes, parameters, work and memory, before or after training."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from deepwright.cli._code import add_code
from deepwright.cli._output import print_json, print_table
from deepwright.cli._settings import add_settings, document_of
from deepwright.errors import RunError, UsageError
from deepwright.messages import _
from deepwright.run_directory import RunDirectory

if TYPE_CHECKING:
    from deepwright.workflows.summary import LayerUse, Summary

__all__ = ["Describe"]


class Describe:
    """``deepwright describe DATA`` or ``deepwright describe RUN``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """Data with the settings of ``train``, or a run, and the form of the output."""
        add_settings(parser, _("or a run's directory, such as runs/latest"))
        add_code(parser)
        parser.add_argument("--json", action="store_true", help=_("print the summary as JSON"))

    def run(self, given: Namespace) -> int:
        """Build the network, let one example pass, print; nothing is trained."""
        directory = _finished_run(given.data)
        document = document_of(given)
        if directory is not None and set(document.origins) != {("data", "source")}:
            raise UsageError(_("The network of the run {path} is what it is: give no settings.", path=given.data))
        if directory is None:
            from deepwright.workflows.plan import plan

            ready = plan(document)
            from deepwright.workflows.summary import summary_of_plan

            found = summary_of_plan(ready)
        else:
            from deepwright.workflows.summary import summary_of_run

            found = summary_of_run(directory)
        if given.json:
            print_json(found.to_json())
        else:
            print_table(
                [_("layer"), _("kind"), _("output shape"), _("parameters"), _("FLOP")],
                [_row(use) for use in found.layers],
                right=[2, 3, 4],
            )
            print_table(("", ""), [("", ""), *_totals(found)], right=[1])
        return 0


def _finished_run(data: str | None) -> RunDirectory | None:
    """The run that the argument names, if it names one."""
    try:
        directory = RunDirectory.locate(data) if data is not None else None
    except RunError:
        return None
    return RunDirectory.open(directory.path) if directory is not None and directory.finished else None


def _row(use: LayerUse) -> tuple[str, ...]:
    parameters = _("as above") if use.shared and not use.parameters else f"{use.parameters:,}"
    return use.name, use.kind, "×".join(map(str, use.shape)), parameters, f"{use.flop:,}"


def _totals(found: Summary) -> list[tuple[str, str]]:
    rows = [(_("parameters"), f"{found.parameters:,}")]
    if found.trained != found.parameters:
        rows.append((_("of them learnt by gradient"), f"{found.trained:,}"))
    rows.append((_("FLOP, one example forward"), f"{found.forward_flop:,}"))
    if found.step_flop is not None:
        rows.append((_("FLOP, training step of {n} examples", n=found.batch_size), f"{found.step_flop:,}"))
    names = {
        "weights": _("memory, weights"),
        "gradients": _("memory, gradients"),
        "optimizer": _("memory, state of {optimizer}", optimizer=found.optimizer),
        "activations": _("memory, outputs of all layers for {n} examples", n=found.batch_size),
    }
    return rows + [(names[key], f"{size / 1e6:,.3f} MB") for key, size in found.memory.items()]

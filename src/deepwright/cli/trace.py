"""Follow one picture through a network: every layer's values, shapes and gradients, with numbers worked out."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from deepwright.cli._code import add_code
from deepwright.cli._output import print_json, print_table, remarks, results
from deepwright.errors import UsageError
from deepwright.messages import _
from deepwright.run_directory import RunDirectory

if TYPE_CHECKING:
    from deepwright.reporting.trace import Traced

__all__ = ["Trace"]


class Trace:
    """``deepwright trace RUN FILE``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run, the input, what is true of it, and the form of the output."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        parser.add_argument("input", metavar=_("INPUT"), help=_("the picture's file, or the text, to follow"))
        add_code(parser)
        parser.add_argument(
            "--target",
            metavar=_("LABEL"),
            help=_("the true label, labels (a|b) or number, for the loss (default: the model's own answer)"),
        )
        parser.add_argument(
            "--layer",
            metavar=_("NAME"),
            help=_("the layer whose numbers are worked out (default: the last dense one)"),
        )
        parser.add_argument(
            "--output",
            type=Path,
            metavar=_("FILE"),
            help=_("the page (default: beside the run, named after run and input)"),
        )
        parser.add_argument("--json", action="store_true", help=_("print everything but the pictures as JSON"))

    def run(self, given: Namespace) -> int:
        """Follow the picture or text, write the page, print."""
        if given.output is not None and given.output.suffix != ".html":
            raise UsageError(
                _("--output {path}: a file whose name ends in {ending}.", path=given.output, ending=".html")
            )
        directory = RunDirectory.open(given.run_path)
        from deepwright.workflows.trace import trace_file, write_page

        traced = trace_file(directory, given.input, given.target, given.layer)
        path = write_page(traced, directory, given.output)
        if given.json:
            print_json({**traced.to_json(), "page": str(path)})
        else:
            _print(traced)
            remarks().print(_("The page: {path}", path=path.resolve()))
        return 0


def _print(traced: Traced) -> None:
    from deepwright.reporting import trace as views

    if tokens := views.token_rows(traced):
        print_table(views.token_columns(), tokens, right=[0, 2, 3])
        results().print()
    print_table(views.columns(), views.rows(traced.trace), right=[2, 3, 4, 5, 6])
    console, layer = results(), traced.chosen
    console.print()
    if layer is None or not (worked := views.worked_out(traced, layer)):
        console.print(_("No formula is known for {layer}.", layer=traced.layer or traced.model))
    else:
        for heading, one in worked:
            console.print(heading)
            print_table(
                ("", "", ""), [(f"  {name}", numbers, value) for name, numbers, value in views.steps(one)], [1, 2]
            )
            console.print()
    for sentence in (views.symbols(), views.loss(traced), views.hint(traced), views.answer(traced)):
        if sentence:
            console.print(sentence, soft_wrap=True)

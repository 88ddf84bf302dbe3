"""The items that a run's model ranks first after one item alone."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser, Namespace

from deepwright.cli._code import add_code
from deepwright.cli._output import print_json, print_table
from deepwright.messages import _
from deepwright.run_directory import RunDirectory

__all__ = ["Similar"]


class Similar:
    """``deepwright similar RUN --item ID``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run, the item, and how many are wanted."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        add_code(parser)
        parser.add_argument("--item", required=True, metavar="ID", help=_("an item of the data"))
        parser.add_argument("-k", type=int, default=10, metavar="K", help=_("items, the best first (default: 10)"))
        parser.add_argument("--json", action="store_true", help=_("print JSON for programs"))

    def run(self, given: Namespace) -> int:
        """Print the items."""
        directory = RunDirectory.open(given.run_path)
        from deepwright.workflows.recommend import similar
        from deepwright.workflows.run import Run

        found = similar(Run(directory), given.item, given.k)
        if given.json:
            print_json([dataclasses.asdict(one) for one in found])
        else:
            titled = any(one.title for one in found)
            headers = [_("item"), *([_("title")] if titled else []), _("score")]
            rows = [(one.item, *([one.title] if titled else []), f"{one.score:.3g}") for one in found]
            print_table(headers, rows, right=[len(headers) - 1])
        return 0

"""Recommend items to users with a run that learnt which items users take."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from deepwright.cli._code import add_code
from deepwright.cli._output import print_json, print_table, remarks, results
from deepwright.errors import UsageError
from deepwright.messages import _, listing, plural
from deepwright.run_directory import RunDirectory

if TYPE_CHECKING:
    from deepwright.workflows.recommend import Recommended

__all__ = ["Recommend"]


class Recommend:
    """``deepwright recommend RUN --user ID``, ``--history "1,5,9"`` or ``--all --output FILE``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run, and to whom how many items are recommended."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        add_code(parser)
        parser.add_argument("--user", action="append", metavar="ID", help=_("a user of the data; may be repeated"))
        parser.add_argument(
            "--history", metavar=_("ITEMS"), help=_("what somebody took who is not in the data, such as 1,5,9")
        )
        parser.add_argument("--all", action="store_true", help=_("all users of the data; needs --output"))
        parser.add_argument(
            "-k", type=int, default=10, metavar="K", help=_("items for each user, the best first (default: 10)")
        )
        parser.add_argument(
            "--output", type=Path, metavar=_("FILE"), help=_("write them to this file: .parquet, .csv or .jsonl")
        )
        parser.add_argument("--json", action="store_true", help=_("print JSON for programs"))

    def run(self, given: Namespace) -> int:
        """Print what is recommended, and why, or write it."""
        if sum([bool(given.user), given.history is not None, given.all]) != 1:
            raise UsageError(_("Give one of --user ID, --history ITEMS and --all."))
        if given.all != (given.output is not None):
            raise UsageError(_("--all and --output FILE belong together: what is recommended to all users is a file."))
        directory = RunDirectory.open(given.run_path)
        from deepwright.workflows.recommend import recommend, unknown_users, write_all
        from deepwright.workflows.run import Run

        run = Run(directory)
        if given.all:
            count = write_all(run, given.k, given.output)
            remarks().print(plural("{n} user is in {path}.", "{n} users are in {path}.", count, path=given.output))
            return 0
        history = None if given.history is None else [one.strip() for one in given.history.split(",") if one.strip()]
        found = recommend(run, given.user or (), history, given.k)
        if given.json:
            print_json([dataclasses.asdict(one) for one in found])
            return 0
        for said in unknown_users(run, given.user or ()):
            remarks().print(said)
        for one in found:
            _print(one, many=len(found) > 1)
        return 0


def _print(found: Recommended, many: bool) -> None:
    if many:
        results().print(_("User {user}", user=found.user))
    titled = any(item.title for item in found.items)
    rows = [
        (
            place,
            item.item,
            *([item.title] if titled else []),
            f"{item.score:.3g}",
            listing(one.title or one.item for one in item.because),
        )
        for place, item in enumerate(found.items, 1)
    ]
    headers = ["", _("item"), *([_("title")] if titled else []), _("score"), _("because of")]
    print_table(headers, rows, right=[0, len(headers) - 2])

"""The option that allows a run's own code, for every command that loads a run."""

from __future__ import annotations

from argparse import ArgumentParser

from deepwright.messages import _


def add_code(parser: ArgumentParser) -> None:
    """``--allow-code FILE``; the command line admits the files before the command begins."""
    parser.add_argument(
        "--allow-code",
        action="append",
        default=[],
        metavar=_("FILE"),
        help=_("the file of your own network that the run was trained with (my_net.py); it is executed"),
    )

"""The words whose vectors are nearest to that of a word."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from deepwright.cli._code import add_code
from deepwright.cli._output import print_json, print_table
from deepwright.cli._words import add_count
from deepwright.messages import _
from deepwright.run_directory import RunDirectory

__all__ = ["Neighbors"]


class Neighbors:
    """``deepwright neighbors RUN WORD``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run, the word, and how many are wanted."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        parser.add_argument("word", metavar=_("WORD"), help=_("a word of the training texts"))
        add_code(parser)
        add_count(parser, 10)

    def run(self, given: Namespace) -> int:
        """Print the nearest words."""
        directory = RunDirectory.open(given.run_path)
        from deepwright.workflows.word_vectors import vectors_of

        found = vectors_of(directory).neighbors(given.word, given.count)
        if given.json:
            print_json([one._asdict() for one in found])
        else:
            print_table([_("word"), _("cosine")], [(one.word, f"{one.cosine:.3f}") for one in found], right=[1])
        return 0

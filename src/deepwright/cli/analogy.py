"""Words that are to one word as another is to a third: king - man + woman."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from deepwright.cli._code import add_code
from deepwright.cli._output import print_json, print_table
from deepwright.cli._words import add_count
from deepwright.messages import _
from deepwright.run_directory import RunDirectory

__all__ = ["Analogy"]


class Analogy:
    """``deepwright analogy RUN king - man + woman``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run, the words with their signs, and how many are wanted."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        parser.add_argument(
            "expression",
            nargs="+",
            metavar=_("WORD"),
            help=_("words with + or - between them, such as king - man + woman"),
        )
        add_code(parser)
        add_count(parser, 5)

    def run(self, given: Namespace) -> int:
        """Print the words that are nearest to the sum."""
        directory = RunDirectory.open(given.run_path)
        from deepwright.data.texts.word_vectors import expression
        from deepwright.workflows.word_vectors import vectors_of

        found = vectors_of(directory).analogy(*expression(given.expression), given.count)
        if given.json:
            print_json([one._asdict() for one in found])
        else:
            print_table([_("word"), _("cosine")], [(one.word, f"{one.cosine:.3f}") for one in found], right=[1])
        return 0

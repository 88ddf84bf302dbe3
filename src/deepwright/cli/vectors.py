"""Write the word vectors of a run as a file in the text format of word2vec."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from deepwright.cli._code import add_code
from deepwright.cli._output import remarks
from deepwright.messages import _, plural
from deepwright.run_directory import RunDirectory

__all__ = ["Vectors"]


class Vectors:
    """``deepwright vectors RUN``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run and the file."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        parser.add_argument(
            "--output",
            type=Path,
            default=Path("vectors.txt"),
            metavar=_("FILE"),
            help=_("the file to write (default: vectors.txt)"),
        )
        add_code(parser)

    def run(self, given: Namespace) -> int:
        """Write the file and say what is in it."""
        directory = RunDirectory.open(given.run_path)
        from deepwright.workflows.word_vectors import write_vectors

        vectors = write_vectors(directory, given.output)
        remarks().print(
            plural(
                "{n} word with {size} numbers is in {path}.",
                "{n} words with {size} numbers each are in {path}.",
                len(vectors.words),
                size=vectors.vectors.shape[1],
                path=given.output,
            )
        )
        return 0

"""Translate texts with a run that learnt from pairs of them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepwright.cli._code import add_code
from deepwright.cli._output import print_json, remarks
from deepwright.errors import UsageError
from deepwright.messages import _, plural
from deepwright.run_directory import RunDirectory

if TYPE_CHECKING:
    from deepwright.predictor import Translation

__all__ = ["Translate"]


class Translate:
    """``deepwright translate RUN TEXT …`` or ``deepwright translate RUN --input FILE --output FILE``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run, the texts, and how the best one is searched for."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        add_code(parser)
        parser.add_argument("texts", nargs="*", metavar=_("TEXT"), help=_("texts to translate, in quotes"))
        parser.add_argument("--input", metavar=_("FILE"), help=_("a text file to translate, line by line"))
        parser.add_argument(
            "--output", type=Path, metavar=_("FILE"), help=_("write the translations to this file, one on each line")
        )
        parser.add_argument(
            "--batch",
            action="store_true",
            help=_("translate lines of about the same length together: faster, but nothing is shown before the end"),
        )
        parser.add_argument(
            "--beam",
            type=int,
            default=5,
            metavar="K",
            help=_("beginnings that are kept while searching; 1 takes the most probable token each time (default: 5)"),
        )
        parser.add_argument(
            "--length-penalty",
            type=float,
            default=1.0,
            metavar="A",
            help=_("0 prefers short translations; 1 compares the mean of a token's log-probability (default: 1)"),
        )
        parser.add_argument(
            "--max-ratio",
            type=float,
            default=2.0,
            metavar="X",
            help=_("tokens at most for each token of the text, and 20 more (default: 2)"),
        )
        parser.add_argument(
            "--num-best",
            type=int,
            default=1,
            metavar="N",
            help=_("translations of each text, the best first, with their scores (default: 1)"),
        )
        parser.add_argument("--json", action="store_true", help=_("print the translations as JSON, at the end"))

    def run(self, given: Namespace) -> int:
        """Print each translation as it comes, or write them all; 130 if it was stopped."""
        _check(given)
        directory = RunDirectory.open(given.run_path)
        from deepwright.decoding.beam import Beam
        from deepwright.workflows.run import Run
        from deepwright.workflows.translate import lines_to_translate, translate, write_lines

        beam = Beam(width=given.beam, length_penalty=given.length_penalty, max_ratio=given.max_ratio)
        texts = given.texts or lines_to_translate(given.input)
        found = translate(Run(directory), texts, beam, together=given.batch or given.output is not None)
        try:
            if given.output is not None:
                written = [best[0].text for best in found]
                write_lines(written, given.output)
                counted = plural(
                    "{n} translation is in {path}.", "{n} translations are in {path}.", len(written), path=given.output
                )
                remarks().print(counted)
            elif given.json:
                print_json(_as_json(texts, found, given.num_best))
            else:
                _print_as_they_come(found, given.num_best)
        except KeyboardInterrupt:
            print(flush=True)
            return 130
        return 0


def _check(given: Namespace) -> None:
    if bool(given.texts) == (given.input is not None):
        raise UsageError(
            _("Give either texts to translate, in quotes, or a file of lines with --input FILE, and not both.")
        )
    if not 1 <= given.num_best <= max(1, given.beam):
        raise UsageError(
            _(
                "--num-best is {given}; it must be from 1 to the {beam} beginnings that are kept (--beam).",
                given=given.num_best,
                beam=given.beam,
            )
        )


def _as_json(texts: Sequence[str], found: Iterable[Sequence[Translation]], count: int) -> list[dict[str, object]]:
    return [
        {"input": text, "translations": [one._asdict() for one in best[:count]]}
        for text, best in zip(texts, found, strict=True)
    ]


def _print_as_they_come(found: Iterable[Sequence[Translation]], count: int) -> None:
    """One translation on a line; of several, each with its score before it."""
    for best in found:
        for one in best[:count]:
            score = f"{one.score:.3f}\t" if count > 1 else ""
            sys.stdout.write(f"{score}{' '.join(one.text.splitlines())}\n")
        sys.stdout.flush()

"""Continue a text with a run that learnt how texts go on."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from deepwright.cli._code import add_code
from deepwright.cli._output import print_json
from deepwright.messages import _
from deepwright.run_directory import RunDirectory

if TYPE_CHECKING:
    from deepwright.workflows.generate import Piece

__all__ = ["Generate"]


class Generate:
    """``deepwright generate RUN --prompt TEXT``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run, the prompt, and how tokens are chosen."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        add_code(parser)
        parser.add_argument(
            "--prompt",
            required=True,
            action="append",
            metavar=_("TEXT"),
            help=_("what the text begins with; can be given several times"),
        )
        parser.add_argument(
            "--max-tokens", type=int, default=300, metavar="N", help=_("new tokens at most (default: 300)")
        )
        parser.add_argument(
            "--temperature",
            type=float,
            default=1.0,
            metavar="T",
            help=_("below 1 what is probable becomes more so, above 1 less so (default: 1)"),
        )
        parser.add_argument(
            "--top-k", type=int, metavar="K", help=_("draw only from so many of the most probable tokens")
        )
        parser.add_argument(
            "--top-p",
            type=float,
            metavar="P",
            help=_("draw only from the fewest tokens that together have this probability, such as 0.95"),
        )
        parser.add_argument(
            "--repetition-penalty",
            type=float,
            default=1.0,
            metavar="X",
            help=_("above 1, tokens that were there before become less probable (default: 1)"),
        )
        parser.add_argument("--greedy", action="store_true", help=_("always take the most probable token"))
        parser.add_argument(
            "--stop",
            action="append",
            default=[],
            metavar=_("TEXT"),
            help=_("end before these characters; can be given several times"),
        )
        parser.add_argument(
            "--num-samples", type=int, default=1, metavar="N", help=_("texts to make of each prompt (default: 1)")
        )
        parser.add_argument(
            "--seed", type=int, default=0, metavar="N", help=_("the same seed gives the same texts (default: 0)")
        )
        parser.add_argument("--json", action="store_true", help=_("print the texts as JSON, at the end"))

    def run(self, given: Namespace) -> int:
        """Print each text as it comes; 130 if it was stopped."""
        directory = RunDirectory.open(given.run_path)
        from deepwright.decoding.sampling import Sampling
        from deepwright.workflows.generate import generate
        from deepwright.workflows.run import Run

        sampling = Sampling(
            temperature=given.temperature,
            top_k=given.top_k,
            top_p=given.top_p,
            repetition_penalty=given.repetition_penalty,
            greedy=given.greedy,
        )
        pieces = generate(
            Run(directory),
            given.prompt,
            sampling,
            max_tokens=given.max_tokens,
            stop=given.stop,
            num_samples=given.num_samples,
            seed=given.seed,
        )
        prompts = [prompt for prompt in given.prompt for _sample in range(given.num_samples)]
        try:
            if given.json:
                _print_at_the_end(prompts, pieces)
            else:
                _print_as_they_come(prompts, pieces)
        except KeyboardInterrupt:
            print(flush=True)
            return 130
        return 0


def _print_at_the_end(prompts: Sequence[str], pieces: Iterable[Piece]) -> None:
    texts = [""] * len(prompts)
    for piece in pieces:
        texts[piece.row] += piece.text
    print_json([{"prompt": prompt, "text": text} for prompt, text in zip(prompts, texts, strict=True)])


def _print_as_they_come(prompts: Sequence[str], pieces: Iterable[Piece]) -> None:
    """One text after another; what is there of the later ones waits."""
    waiting, ended, shown = [""] * len(prompts), [False] * len(prompts), 0
    _begin(prompts, shown)
    for piece in pieces:
        waiting[piece.row] += piece.text
        ended[piece.row] |= piece.last
        while shown < len(prompts) and (waiting[shown] or ended[shown]):
            sys.stdout.write(waiting[shown])
            sys.stdout.flush()
            waiting[shown] = ""
            if not ended[shown]:
                break
            sys.stdout.write("\n")
            shown += 1
            if shown < len(prompts):
                _begin(prompts, shown)


def _begin(prompts: Sequence[str], number: int) -> None:
    if len(prompts) > 1:
        heading = _("text {number} of {total}", number=number + 1, total=len(prompts))
        sys.stdout.write(("\n" if number else "") + f"── {heading} ──\n")
    sys.stdout.write(prompts[number])
    sys.stdout.flush()

"""What the commands that answer with words have in common."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError

from deepwright.messages import _


def add_count(parser: ArgumentParser, usual: int) -> None:
    """How many words are wanted, and in which form."""
    parser.add_argument(
        "--count",
        type=_positive,
        default=usual,
        metavar=_("N"),
        help=_("how many words (default: {usual})", usual=usual),
    )
    parser.add_argument("--json", action="store_true", help=_("print the words as JSON"))


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(_("{given!r}: a whole number from 1 is needed", given=text))
    return int(text)

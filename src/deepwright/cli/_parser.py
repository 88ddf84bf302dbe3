"""Argument parsing in the language of the messages, with widths that are right for Chinese."""

from __future__ import annotations

import argparse
import gettext
import os
from typing import NoReturn

from deepwright.errors import UsageError, nearest
from deepwright.messages import LANGUAGES, LOCALE_DIRECTORY, _, current_language, listing, wrap

_WIDTH = 100


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Wraps by columns on the screen, of which a Chinese character takes two."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=_WIDTH)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(text, width)


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are errors of ours.

    Args:
        prog: how the command is called.
        description: what it does.
    """

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(
            prog, description="\n".join(wrap(description, _WIDTH)), formatter_class=Formatter, allow_abbrev=False
        )
        self.add_argument(
            "--language",
            choices=list(LANGUAGES),
            help=_("language of all messages and of the report (default: DEEPWRIGHT_LANGUAGE, then the locale)"),
        )

    def read(self, arguments: list[str]) -> argparse.Namespace:
        """The arguments; a misspelt option is answered with the nearest ones.

        Raises:
            UsageError: one of them is unknown, missing or of the wrong type.
        """
        given, rest = self.parse_known_args(arguments)
        option = next((word.partition("=")[0] for word in rest if word.startswith("-")), "")
        if near := nearest(option, self._option_string_actions):
            raise UsageError(
                _(
                    "There is no option {option}. Did you mean {names}? See: {command} --help",
                    option=option,
                    names=listing(near),
                    command=self.prog,
                )
            )
        if rest:
            self.error(gettext.gettext("unrecognized arguments: %s") % " ".join(rest))
        return given

    def error(self, message: str) -> NoReturn:
        """Raise the mistake with the way to help."""
        raise UsageError(_("{message}. See: {command} --help", message=message.rstrip("."), command=self.prog))


def speak() -> None:
    """Let argparse, which asks gettext for its own texts, find them in our catalogue."""
    gettext.bindtextdomain("deepwright", str(LOCALE_DIRECTORY))
    gettext.textdomain("deepwright")
    os.environ["LANGUAGE"] = current_language()


def _texts_of_argparse() -> list[str]:
    """Named here so that the catalogue has them; argparse looks them up itself."""
    return [
        _("usage: "),
        _("positional arguments"),
        _("options"),
        _("show this help message and exit"),
        _("the following arguments are required: %s"),
        _("unrecognized arguments: %s"),
        _("argument %(argument_name)s: %(message)s"),
        _("invalid choice: %(value)r (choose from %(choices)s)"),
        _("invalid %(type)s value: %(value)r"),
        _("expected one argument"),
        _("expected at least one argument"),
        _("ignored explicit argument %r"),
    ]

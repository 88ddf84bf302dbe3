"""The command line: parse, call one workflow, print. One file per command; only the one asked for is imported."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

from deepwright import __version__, registry
from deepwright.cli._parser import Parser, speak
from deepwright.errors import DeepwrightError, InterruptedRun, UsageError, is_lack_of_memory, nearest
from deepwright.messages import LANGUAGES, _, choose_language, listing, wrap
from deepwright.own_code.admission import allow, explained

_PROGRAM = "deepwright"
#: Options that stand without a command.
_OPTIONS = ("--language", "--version", "--help", "-h")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments after the program's name; those of the process if None.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage or bad input, 130 stopped by the user.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    _prepare_streams()
    choose_language(_language(arguments))
    speak()
    try:
        return _dispatch(arguments)
    except InterruptedRun as stopped:
        _say(str(stopped))
        return stopped.exit_code
    except DeepwrightError as error:
        _complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _say(_("Stopped. A run that had begun can be resumed with: deepwright resume runs/latest"))
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # too little memory, a mistake in the user's own network, or one in deepwright
        if is_lack_of_memory(error):
            _complain(_("There is not enough memory. A smaller --set training.batch_size, or fewer rows, needs less."))
            return 1
        sentence = explained(error)
        if sentence is None:
            raise
        _complain(sentence)
        return UsageError.exit_code


def _dispatch(arguments: list[str]) -> int:
    name, rest = _command(arguments)
    _require_known_options(name, arguments)
    if name is None:
        if "--version" in arguments:
            print(f"{_PROGRAM} {__version__}")
        else:
            print(_help())
        return 0
    entry = registry.find("commands", name)
    command: Any = registry.load("commands", entry.name)()
    parser = Parser(f"{_PROGRAM} {entry.name.replace('_', '-')}", entry.title)
    command.arguments(parser)
    try:
        given = parser.read(rest)
    except SystemExit as done:  # --help was printed
        return int(done.code or 0)
    _log_to_people()
    for file in getattr(given, "allow_code", ()):
        allow(file)
    return int(command.run(given))


def _command(arguments: list[str]) -> tuple[str | None, list[str]]:
    """The first word that is neither an option nor the value of ``--language``, and everything else."""
    skip = False
    for position, word in enumerate(arguments):
        if skip or word == "--language":
            skip = not skip
        elif not word.startswith("-"):
            return word, arguments[:position] + arguments[position + 1 :]
    return None, arguments


def _require_known_options(name: str | None, arguments: list[str]) -> None:
    """Refuse an option that no command can be asked about: its value may have been taken for the command.

    Raises:
        UsageError: there is no such command, and an option before it that is unknown.
    """
    if name is not None and name.replace("-", "_") in registry.entries("commands"):
        return
    before = arguments if name is None else arguments[: arguments.index(name)]
    options = (word.partition("=")[0] for word in before if word.startswith("-"))
    if other := next((option for option in options if option not in _OPTIONS), None):
        near = nearest(other, _OPTIONS)
        raise UsageError(
            _(
                "There is no option {option} before the command. {hint} See: {command} --help",
                option=other,
                hint=_("Did you mean {names}?", names=listing(near)) if near else "",
                command=_PROGRAM,
            ).replace("  ", " ")
        )


def _help() -> str:
    commands = registry.entries("commands")
    width = max(len(name) for name in commands) + 4
    lines = [
        _("{usage}deepwright COMMAND …", usage=_("usage: ")),
        "",
        *wrap(
            _("From raw data to a trained model that can be trusted, in one command, on the computer you have."), 100
        ),
        "",
    ]
    lines.append(_("commands:"))
    for name, entry in commands.items():
        first, *more = wrap(entry.title, 100 - width) or [""]
        lines.append(f"  {name.replace('_', '-'):<{width - 2}}{first}")
        lines += [" " * width + line for line in more]
    lines += [
        "",
        _(
            "deepwright COMMAND --help explains one of them; --version prints the version; "
            "--language en|zh chooses the language."
        ),
    ]
    lines += ["", _("Begin with: deepwright train digits")]
    return "\n".join(lines)


def _language(arguments: list[str]) -> str | None:
    for position, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name == "--language":
            value = value if equals else "".join(arguments[position + 1 : position + 2])
            return value if value in LANGUAGES else None
    return None


def _prepare_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _log_to_people() -> None:
    from deepwright.cli._output import Remarks

    logger = logging.getLogger("deepwright")
    if not any(isinstance(handler, Remarks) for handler in logger.handlers):
        logger.addHandler(Remarks())
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _complain(message: str) -> None:
    _say(message, _("Error: "))


def _say(message: str, mark: str = "") -> None:
    from rich.text import Text

    from deepwright.cli._output import remarks

    remarks().print(Text.assemble((mark, "bold red"), message))

"""Compute every claim of a finished run again, and say which differ."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from deepwright.cli._code import add_code
from deepwright.cli._output import print_json, results
from deepwright.messages import _, plural
from deepwright.run_directory import RunDirectory

if TYPE_CHECKING:
    from deepwright.validation.evidence import Section
    from deepwright.workflows.verify import Verification

__all__ = ["Verify"]

_MOST = 20


class Verify:
    """``deepwright verify RUN``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run, where its data is, the form of the output, and the code that the run may execute."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        add_code(parser)
        parser.add_argument(
            "--data", metavar=_("DATA"), help=_("where the run's data is now (default: where it was read from)")
        )
        parser.add_argument("--json", action="store_true", help=_("print every claim as JSON"))

    def run(self, given: Namespace) -> int:
        """Print what holds and what does not; exit 1 if a claim differs."""
        directory = RunDirectory.locate(given.run_path)
        from deepwright.workflows.verify import verify

        found = verify(directory, given.data)
        if given.json:
            print_json(_record(found))
        else:
            _print(found)
        return 1 if found.num_differing else 0


def _record(found: Verification) -> dict[str, object]:
    claims = [
        {"claim": verdict.claim, "how": verdict.how, "problems": list(verdict.problems)} for verdict in found.verdicts
    ]
    return {"differing": found.num_differing, "summary": found.summary(), "claims": claims}


def _print(found: Verification) -> None:
    console = results()
    for section in found.sections:
        for line in _lines(section):
            console.print(_printable(line), soft_wrap=True)
    console.print(found.summary(), soft_wrap=True)


def _lines(section: Section) -> list[str]:
    problems = [f"✗ {verdict.claim}: {problem}." for verdict in section.verdicts for problem in verdict.problems]
    lines = problems[:_MOST] or ([f"✓ {section.holds}"] if section.verdicts else [])
    if more := len(problems[_MOST:]):
        lines.append("✗ " + plural("{n} more; --json lists it.", "{n} more; --json lists them.", more))
    return lines + [f"· {note}" for note in section.notes]


def _printable(text: str) -> str:
    """Without the signs by which a name in a run could write lines of its own."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)

"""Predict: an answer for each of your files or texts."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepwright.cli._code import add_code
from deepwright.cli._output import print_json, print_table, remarks
from deepwright.messages import _, plural
from deepwright.run_directory import RunDirectory

__all__ = ["Predict"]

_SHOWN, _CHARACTERS = 3, 80


class Predict:
    """``deepwright predict RUN FILE …`` or ``deepwright predict RUN TEXT …``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The run, the inputs, and the form of the output."""
        parser.add_argument("run_path", metavar=_("RUN"), help=_("a run's directory, such as runs/latest"))
        add_code(parser)
        parser.add_argument(
            "inputs",
            nargs="+",
            metavar=_("FILE"),
            help=_(
                "pictures to predict; a folder stands for the files in and below it, an .npz file for those in it; or "
                "texts in quotes, a table of texts, or a .txt file with one on each line"
            ),
        )
        parser.add_argument("--json", action="store_true", help=_("print the answers as JSON"))
        parser.add_argument(
            "--output", type=Path, metavar=_("FILE"), help=_("write the answers to a .csv, .jsonl or .parquet file")
        )

    def run(self, given: Namespace) -> int:
        """Answer every input, or none: a file that cannot be read is named before anything is written."""
        directory = RunDirectory.open(given.run_path)
        from deepwright.workflows.predict import check_output, predict, write_answers

        if given.output is not None:
            check_output(given.output)
        answers = predict(directory, given.inputs)
        if given.output is not None:
            write_answers(answers, given.output)
            remarks().print(
                plural("{n} answer is in {path}.", "{n} answers are in {path}.", len(answers), path=given.output)
            )
        if given.json:
            print_json(answers)
        elif given.output is None:
            print_table(*_table(answers))
        return 0


def _table(answers: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[tuple[object, ...]], list[int]]:
    """Headers, rows and the columns that are flush right, for the kind of answers that these are."""
    if "translation" in answers[0]:
        return [_("input"), _("answer")], [(_short(a["input"]), a["translation"]) for a in answers], []
    if "value" in answers[0]:
        return [_("input"), _("answer")], [(_short(a["input"]), f"{a['value']:.6g}") for a in answers], [1]
    if "labels" in answers[0]:
        rows: list[tuple[object, ...]] = [
            (_short(a["input"]), ", ".join(a["labels"]) or "–", _others(a["probabilities"], 0)) for a in answers
        ]
        return [_("input"), _("answer"), _("probability")], rows, []
    rows = [
        (_short(a["input"]), a["label"], f"{a['probability']:.4f}", _others(a["probabilities"], 1)) for a in answers
    ]
    return [_("input"), _("answer"), _("probability"), _("then")], rows, [2]


def _short(text: str) -> str:
    """A path as it is; of a text the beginning, on one line."""
    line = " ".join(text.split())
    return text if len(line) <= _CHARACTERS or "/" in line.split(" ")[0] else f"{line[:_CHARACTERS]}…"


def _others(probabilities: Mapping[str, float], first: int) -> str:
    ordered = sorted(probabilities.items(), key=lambda item: -item[1])[first:_SHOWN]
    return "  ".join(f"{label} {probability:.4f}" for label, probability in ordered)

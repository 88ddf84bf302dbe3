"""Show what your data holds: sizes, classes, unusable files and repeated pictures."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepwright.cli._output import print_json, print_table, remarks, results
from deepwright.cli._settings import add_choices, add_second, document_of
from deepwright.measurements import Measurements
from deepwright.messages import _, plural
from deepwright.reporting import data_findings, figures
from deepwright.reporting.data_section import DataSection, split_names, way

if TYPE_CHECKING:
    from deepwright.workflows.inspect import Inspected

__all__ = ["Inspect"]

_CLASSES, _TWINS, _REJECTED, _CHARACTERS = 20, 10, 10, 50


class Inspect:
    """``deepwright inspect DATA``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """Data with the settings of ``train`` that concern it, and the form of the output."""
        parser.add_argument(
            "data",
            nargs="?",
            metavar=_("DATA"),
            help=_("a path, the name of a data set (deepwright datasets), or a configuration (.yaml)"),
        )
        add_second(parser)
        add_choices(parser)
        parser.set_defaults(model=None, name=None, output=None)
        parser.add_argument("--html", type=Path, metavar=_("FILE"), help=_("also write a page with pictures"))
        parser.add_argument("--json", action="store_true", help=_("print everything as JSON"))

    def run(self, given: Namespace) -> int:
        """Inspect, write the page, print."""
        document = document_of(given)
        from deepwright.workflows.inspect import inspect, write_page

        found = inspect(document)
        if given.html is not None:
            write_page(found, given.html)
        if given.json:
            print_json(found.data)
        else:
            _print(found)
            if given.html is not None:
                remarks().print(_("The page: {path}", path=given.html.resolve()))
        return 0


def _print(found: Inspected) -> None:
    section, console = found.section, results()
    print_table(("", ""), [(fact.name, fact.text or fact.code) for fact in section.facts()])
    for note in section.data["notes"]:
        remarks().print(note)
    console.print()
    _print_splits(section)
    measurements = Measurements(found.measurements)
    for sentence in (*data_findings.grave(measurements), *data_findings.others(measurements)):
        console.print(f"· {sentence}", soft_wrap=True)
    _print_twins(section)
    _print_rejected(section)


def _print_splits(section: DataSection) -> None:
    """Rows of each split, and of each class in it."""
    console, counted = results(), section.data["splits"]
    bars = section.bars()
    rows = [(bar.name, *(f"{count:,}" for count in bar.counts), figures.percent(bar.share)) for bar in bars[:_CLASSES]]
    total = (f"{counted[split]['rows']:,}" for split in section.splits)
    every = (_("all"), *(total if section.splits else [f"{section.data['rows']:,}"]), "")
    heads = section.heads
    print_table(
        [_("class") if bars else "", *heads, _("share") if bars else ""],
        [*rows, every],
        right=range(1, len(heads) + 2),
    )
    if len(bars) > _CLASSES:
        console.print(plural("… and {n} more class", "… and {n} more classes", len(bars) - _CLASSES))
    console.print()


def _print_twins(section: DataSection) -> None:
    """The gravest duplicates."""
    listed = (section.inspection["duplicates"] or {"listed": []})["listed"]
    if listed:
        results().print()
        print_table(
            [_("the same text") if section.of_texts else _("the same picture"), _("how"), _("label"), _("split")],
            [
                (
                    "\n".join(_called(section, twins)),
                    _("word for word") if section.of_texts else way(twins["remainder"]),
                    "\n".join(twins["labels"] or []),
                    split_names(twins),
                )
                for twins in listed[:_TWINS]
            ],
        )


def _called(section: DataSection, twins: Mapping[str, Any]) -> list[str]:
    """Rows by their names, by what their texts begin with, or by number."""
    texts = section.samples.get("texts", {})
    rows = [str(row) for row in twins["rows"]]
    return list(twins["names"] or [f"{row}: {texts[row][:_CHARACTERS]}" if row in texts else row for row in rows])


def _print_rejected(section: DataSection) -> None:
    """What could not be used."""
    _reasons, listed = section.rejected()
    if listed:
        results().print()
        print_table([_("cannot be used"), _("why")], [(entry["name"], entry["reason"]) for entry in listed[:_REJECTED]])
        if len(listed) > _REJECTED:
            results().print(_("… and others; --json lists them"))

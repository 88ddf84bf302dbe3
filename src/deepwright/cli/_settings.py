"""The arguments that give settings, shared by the commands that need them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from deepwright.config.documents import Document, apply_overrides, read_document
from deepwright.messages import _
from deepwright.own_code.admission import admit

#: Options that are short for a setting.
_SHORT = {
    "model": "model",
    "task": "task",
    "input": "data.columns.input",
    "target": "data.columns.label",
    "items": "data.items",
    "users": "data.users",
    "strict": "data.strict",
    "seed": "seed",
    "name": "name",
    "output": "output",
}


def add_settings(parser: ArgumentParser, more: str = "") -> None:
    """DATA, the few settings that have an option of their own, and ``--set`` for all the others.

    Args:
        parser: gets the arguments.
        more: what else DATA may be.
    """
    data = _("a path, the name of a data set (deepwright datasets), or a configuration (.yaml)")
    parser.add_argument(
        "data",
        nargs="?",
        metavar=_("DATA"),
        help=f"{data}; {more}" if more else data,
    )
    add_second(parser)
    parser.add_argument(
        "--model", help=_("a registered model (deepwright models), or a module of your own (my_net.py:Net)")
    )
    parser.add_argument("--name", help=_("name of the run's directory (default: data, model and a number)"))
    parser.add_argument("--output", help=_("folder that holds the runs (default: runs)"))
    add_choices(parser)


def add_second(parser: ArgumentParser) -> None:
    """A second file of texts, which belong to those of DATA line by line."""
    parser.add_argument(
        "second",
        nargs="?",
        metavar=_("DATA2"),
        help=_("where DATA is a text file: the file with what is to be written for each of its lines"),
    )


def add_choices(parser: ArgumentParser) -> None:
    """The settings that hold for any model, and ``--set``."""
    parser.add_argument("--task", help=_("what is to be learnt, where the data leaves it open"))
    parser.add_argument("--input", metavar=_("COLUMN"), help=_("the column to learn from, where several could be"))
    parser.add_argument("--target", metavar=_("COLUMN"), help=_("the column to be learnt, where several could be"))
    parser.add_argument("--items", metavar=_("FILE"), help=_("a table of what is known of the items of interactions"))
    parser.add_argument("--users", metavar=_("FILE"), help=_("a table of what is known of their users"))
    parser.add_argument(
        "--strict",
        action="store_const",
        const=True,
        help=_("stop at the first picture or row that cannot be used, instead of listing it and going on"),
    )
    parser.add_argument("--seed", type=int, help=_("all randomness comes from it (default: 0)"))
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help=_("any other setting, such as training.epochs=3; may be repeated"),
    )


def document_of(given: Namespace) -> Document:
    """The settings as given: a configuration file first, then the options, then ``--set``."""
    document = Document()
    if given.data is not None and Path(given.data).suffix in (".yaml", ".yml"):
        document = read_document(Path(given.data))
    elif given.data is not None:
        document.set("data.source", given.data, _("The argument DATA"))
    if getattr(given, "second", None) is not None:
        document.set("data.target_source", given.second, _("The argument DATA2"))
    for name, key in _SHORT.items():
        if getattr(given, name) is not None:
            document.set(key, getattr(given, name), f"--{name}")
    apply_overrides(document, given.overrides)
    admit(document)
    return document

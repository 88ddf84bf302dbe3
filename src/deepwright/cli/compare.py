"""Put finished runs side by side, or train several models on your data and compare them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepwright.cli._output import print_json, print_table, remarks, results
from deepwright.cli._settings import add_choices, document_of
from deepwright.errors import UsageError
from deepwright.messages import _
from deepwright.own_code.admission import named
from deepwright.reporting import comparison_findings, figures, labels
from deepwright.reporting.comparison import Comparison, costs, difference_rows, settings_that_differ
from deepwright.run_directory import RunDirectory

if TYPE_CHECKING:
    from deepwright.measurements import Measurement

__all__ = ["Compare"]

#: In place of names: every model that fits the data.
ALL = "all"
#: Options that say nothing where finished runs are compared.
_OF_TRAINING = ("seeds", "task", "input", "target", "strict", "seed", "overrides")


class Compare:
    """``deepwright compare RUN RUN …`` and ``deepwright compare DATA --models A,B``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """Runs, or data and models; settings for the models; the form of the output."""
        parser.add_argument(
            "inputs",
            nargs="+",
            metavar=_("RUN"),
            help=_(
                "finished runs, each compared with the first; with --models: data, two parallel text files, or a "
                "configuration (.yaml)"
            ),
        )
        parser.add_argument(
            "--models",
            help=_(
                "models to train on the data, joined by commas, or all that fit it; each is compared with the first; "
                "a setting of model (--set model.dropout=0.2) holds for those that have it"
            ),
        )
        parser.add_argument(
            "--seeds",
            type=int,
            metavar="N",
            help=_("train each model with so many seeds, each with its splits (default: 1)"),
        )
        add_choices(parser)
        parser.add_argument(
            "--output",
            type=Path,
            metavar=_("FILE"),
            help=_("the page (default: beside the first run, named after all)"),
        )
        parser.add_argument("--json", action="store_true", help=_("print everything as JSON"))
        parser.add_argument("--quiet", action="store_true", help=_("do not show how the training goes"))

    def run(self, given: Namespace) -> int:
        """Train where that is asked for, compare, write the page, print."""
        if given.output is not None and given.output.suffix != ".html":
            raise UsageError(
                _("--output {path}: a file whose name ends in {ending}.", path=given.output, ending=".html")
            )
        from deepwright.workflows.compare import as_data, compare, open_runs, write_page

        models = _models(given)
        directories = _trained(given, models) if models else open_runs(given.inputs)
        comparison = compare(directories, by_seed=(given.seeds or 1) > 1)
        page = write_page(comparison, directories, given.output)
        if given.json:
            print_json(as_data(comparison, directories, page))
        else:
            _print(comparison, page)
        return 0


def _models(given: Namespace) -> list[str]:
    """The models to be trained; none where runs are compared."""
    if given.models is None:
        for name in _OF_TRAINING:
            if getattr(given, name) not in (None, []):
                option = "set" if name == "overrides" else name
                raise UsageError(_("--{option} is for models that are trained: give --models as well.", option=option))
        return []
    models = [named(name.strip()) for name in given.models.split(",")]
    if models != [ALL] and (len(models) < 2 or not all(models)):
        raise UsageError(
            _("--models {given}: two names or more are needed, such as convnet,mlp, or all.", given=given.models)
        )
    if twice := next((name for name in models if models.count(name) > 1), None):
        raise UsageError(_("--models {given}: {name} is named twice.", given=given.models, name=twice))
    if given.seeds is not None and given.seeds < 1:
        raise UsageError(_("--seeds {given}: a whole number of at least 1 is needed.", given=given.seeds))
    if len(given.inputs) > 2:
        raise UsageError(
            _("With --models one data set, or two parallel text files, are named, not {n}.", n=len(given.inputs))
        )
    return models


def _trained(given: Namespace, models: Sequence[str]) -> list[RunDirectory]:
    data, second = (*given.inputs, None)[:2]
    asked = {**vars(given), "data": data, "second": second, "model": None, "name": None, "output": None}
    document = document_of(Namespace(**asked))
    from deepwright.cli.train import print_plan
    from deepwright.training.progress import Shown, Silent
    from deepwright.workflows.compare import plans
    from deepwright.workflows.train import start

    ready = plans(document, models, given.seeds or 1)
    directories = []
    for number, plan in enumerate(ready, start=1):
        model, seed = plan.settings.model.name, plan.settings.seed
        if not given.json:
            print_plan(plan)
        said = _(
            "Training {number} of {n}: {model}, seed {seed} …", number=number, n=len(ready), model=model, seed=seed
        )
        remarks().print(said)
        directories.append(start(plan, Silent() if given.quiet else Shown()).directory)
    return directories


def _print(comparison: Comparison, page: Path) -> None:
    console = results()
    console.print(f"\n{comparison_findings.answer(comparison)}\n")
    names = comparison.compared
    tested = [[run, *(_measured(made.of(name)) for name in names)] for run, made in comparison.runs.items()]
    print_table([_("test split"), *map(labels.metric, names)], tested)
    console.print()
    headings = [_("difference in"), _("run"), _("compared with"), _("difference"), _("interval"), _("meaning")]
    differing = [(r.metric, r.run, r.reference, r.value, r.interval, r.meaning) for r in difference_rows(comparison)]
    print_table(headings, differing, right=[3, 4])
    console.print()
    names, taken = costs(comparison)
    rows = [
        [run, *(figures.NONE if record is None else figures.figure(record) for record in records)]
        for run, records in taken.items()
    ]
    print_table([_("cost"), *map(labels.metric, names)], rows, right=range(1, len(names) + 1))
    console.print()
    of, settings = settings_that_differ(comparison)
    print_table([_("setting"), *of], [[key, *values] for key, values in settings.items()])
    console.print()
    for sentence in comparison_findings.findings(comparison):
        console.print(f"· {sentence}")
    console.print()
    print_table(("", ""), [(_("page"), page)])


def _measured(record: Measurement | None) -> str:
    if record is None or record.value is None:
        return figures.NONE
    low, high = figures.bounds(record) or ("", "")
    return f"{figures.figure(record)} [{low}, {high}]" if low else figures.figure(record)

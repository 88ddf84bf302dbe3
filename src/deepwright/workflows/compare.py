"""Compare: finished runs side by side, without importing torch; or the plans of models to be trained for it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepwright.config.documents import Document
from deepwright.config.fields import fields_of
from deepwright.config.settings import Member, ValidationSettings, plain, settings_from
from deepwright.errors import ConfigError, UsageError, nearest
from deepwright.messages import _, listing
from deepwright.own_code.admission import named
from deepwright.reporting.comparison import Comparison, costs, render, settings_that_differ
from deepwright.reporting.contents import Contents
from deepwright.run_directory import RunDirectory, write_atomically
from deepwright.validation.between_runs import Candidate, claims_of, differences, over_seeds
from deepwright.validation.storage import PREDICTIONS

if TYPE_CHECKING:
    from deepwright.workflows.plan import Plan

#: In place of names: every model that fits the data.
_ALL = "all"
_log = logging.getLogger(__name__)
#: More names than this are not put into the name of a page.
_NAMED = 3


def compare(directories: Sequence[RunDirectory], by_seed: bool = False) -> Comparison:
    """Measure the differences between finished runs.

    Args:
        directories: of two runs or more.
        by_seed: compare each run with the one of the first model and of its own seed, and take means over the seeds;
            otherwise every run is compared with the first.

    Raises:
        UsageError: there are fewer than two, two are the same, or their tasks differ.
        RunError: a run is unfinished or was changed.
    """
    runs = dict(zip(_names(directories), map(_contents, directories), strict=True))
    first, *others = runs
    _check_tasks(runs)
    tested = [
        Candidate(
            name,
            claims_of(contents.measurements),
            contents.test,
            _rows(contents),
            {PREDICTIONS: directory.manifest()["files"][PREDICTIONS]},
        )
        for (name, contents), directory in zip(runs.items(), directories, strict=True)
    ]
    pairs = _within_seeds(runs) if by_seed else [(name, first) for name in others]
    settings, seed = ValidationSettings(**runs[first].config["validation"]), int(runs[first].config["seed"])
    comparison = Comparison(runs, differences(tested, pairs, settings, seed))
    if not by_seed:
        return comparison
    figures = [
        replace(record, model=name)
        for metric in comparison.compared
        for name, record in zip(runs, comparison.of(metric), strict=True)
        if record is not None and record.value is not None
    ]
    about = {name: (contents.model, int(contents.config["seed"])) for name, contents in runs.items()}
    known = [record for record in comparison.differences if record.value is not None]
    return replace(comparison, over_seeds=over_seeds([*figures, *known], about))


def plans(document: Document, models: Sequence[str], num_seeds: int) -> list[Plan]:
    """What has to be trained to compare models: each with its own recipe, for every seed on the same splits.

    Nothing is trained before all of them are known to be possible.

    Args:
        document: settings for all of them; a setting of ``model`` holds for those that have it.
        models: registered names, or networks of the user's own (``my_net.py:Net``); ``all`` alone stands for every
            registered model that fits the data, the task's default first.
        num_seeds: seeds, from the one in the settings on.

    Raises:
        UsageError: a setting, a model or the data has to change.
    """
    from deepwright.workflows.describe import outline
    from deepwright.workflows.plan import plan

    seed, table = settings_from(document).seed, None
    if list(models) == [_ALL]:
        models, table = _fitting(document)
    members = _members(document, [named(model) for model in models])
    ready: list[Plan] = []
    for number in range(seed, seed + num_seeds):
        for member in members:
            asked = deepcopy(document)
            asked.values["model"] = plain(member)
            asked.origins["model", "name"] = "--models"
            asked.set("seed", number, "--seeds")
            ready.append(plan(asked, table))
            table = ready[-1].table
            outline(ready[-1])
    return ready


def _fitting(document: Document) -> tuple[list[str], Any]:
    """Every registered model that fits the data and can be built for it, the task's default first; and the data.

    Raises:
        UsageError: a setting or the data has to change, or there is one such model alone.
    """
    from deepwright import registry
    from deepwright.predictor import Predictor, fitting
    from deepwright.workflows.plan import plan

    asked = deepcopy(document)
    asked.values.pop("model", None)
    ready = plan(asked)
    default = type(ready.fitted).default_model(ready.table, ready.roles)
    found = [default]
    for name in fitting(ready.fitted):
        if name == default or any(one.required for one in fields_of(registry.load("models", name)).values()):
            continue
        try:
            Predictor.build(
                ready.task, ready.fitted, registry.configure("models", Member(name), Document(), ("model",))
            )
        except UsageError as error:
            _log.warning(_("{model} is left out. {reason}", model=name, reason=error))
        else:
            found.append(name)
    if len(found) < 2:
        raise UsageError(_("Only {model} fits this data; there is nothing to compare it with.", model=default))
    return found, ready.table


def _members(document: Document, names: Sequence[str]) -> list[Member]:
    """The models with those settings of ``model`` that each of them has.

    Raises:
        UnknownNameError: a model is not registered.
        ConfigError: none of them has a setting that was given.
    """
    from deepwright import registry

    fields = {name: fields_of(registry.load("models", name)) for name in names}
    given = document.values.get("model")
    settings = {key: value for key, value in given.items() if key != "name"} if isinstance(given, Mapping) else {}
    known = sorted({key for of_model in fields.values() for key in of_model})
    if other := next((key for key in settings if key not in known), None):
        near = nearest(other, known)
        raise ConfigError(
            _(
                "{where}: none of the models {models} has the setting {key}. {hint} Known: {known}.",
                where=document.where(("model", other)),
                models=listing(names),
                key=other,
                hint=_("Did you mean {names}?", names=listing(near)) if near else "",
                known=listing(known),
            ).replace("  ", " ")
        )
    return [
        Member(registry.find("models", name).name, {key: value for key, value in settings.items() if key in of_model})
        for name, of_model in fields.items()
    ]


def open_runs(paths: Sequence[str]) -> list[RunDirectory]:
    """The finished runs that the user named.

    Raises:
        UsageError: there are fewer than two, or one is named twice.
        RunError: one is no run, or unfinished.
    """
    if len(paths) < 2:
        raise UsageError(
            _(
                "A comparison needs two runs or more. To train models on data and compare them: {example}",
                example=f"deepwright compare {paths[0]} --models convnet,mlp",
            )
        )
    found = [RunDirectory.open(path) for path in paths]
    resolved = [directory.path.resolve() for directory in found]
    for directory, path in zip(found, resolved, strict=True):
        directory.manifest()
        if resolved.count(path) > 1:
            raise UsageError(_("{path} is named twice; a run is not compared with itself.", path=directory.path))
    return found


def write_page(comparison: Comparison, directories: Sequence[RunDirectory], output: Path | None) -> Path:
    """Write the page and return its path.

    Args:
        comparison: what it shows.
        directories: of the runs.
        output: its path; None takes the folder of the first run and the runs' names.

    Raises:
        StorageError: it cannot be written.
    """
    names = [directory.path.name for directory in directories]
    shown = [*names[:_NAMED], *([f"and-{len(names) - _NAMED}-more"] if len(names) > _NAMED else [])]
    path = output or directories[0].path.parent / f"comparison-{'-'.join(shown)}.html"
    write_atomically(path, render(comparison))
    return path


def as_data(comparison: Comparison, directories: Sequence[RunDirectory], page: Path) -> dict[str, Any]:
    """The comparison for programs."""
    runs, taken, (of, settings) = {}, costs(comparison)[1], settings_that_differ(comparison)
    for (name, contents), directory in zip(comparison.runs.items(), directories, strict=True):
        records = [contents.of(metric) for metric in comparison.metrics]
        runs[name] = {
            "path": str(directory.path),
            "model": contents.model,
            "seed": contents.config["seed"],
            "measurements": [record.to_json() for record in records if record is not None],
            "costs": [record.to_json() for record in taken[name] if record is not None],
        }
    return {
        "runs": runs,
        "differences": [record.to_json() for record in comparison.differences],
        "over_seeds": [record.to_json() for record in comparison.over_seeds],
        "settings_that_differ": {key: dict(zip(of, values, strict=True)) for key, values in settings.items()},
        "page": str(page),
    }


def _names(directories: Sequence[RunDirectory]) -> list[str]:
    """What the runs are called: their directories' names where these differ."""
    names = [directory.path.name for directory in directories]
    return names if len(set(names)) == len(names) else [str(directory.path) for directory in directories]


def _contents(directory: RunDirectory) -> Contents:
    return Contents.read({name: directory.read(name) for name in directory.manifest()["files"]})


def _check_tasks(runs: dict[str, Contents]) -> None:
    (first, one), *others = [(name, contents.config["task"]) for name, contents in runs.items()]
    for name, other in others:
        if other != one:
            raise UsageError(
                _(
                    "{first} learnt {one}, {name} learnt {other}; only runs of one task can be compared.",
                    first=first,
                    one=one,
                    name=name,
                    other=other,
                )
            )


def _rows(contents: Contents) -> tuple[object, ...]:
    """The same for runs that were tested on the same rows with the same answers."""
    data = contents.data
    roles = tuple(sorted(data["roles"].items()))
    return data["sha256"], data["splits"]["test"]["sha256"], roles, contents.test.names


def _within_seeds(runs: dict[str, Contents]) -> list[tuple[str, str]]:
    """Each run of another model than the first, with the first model's run of the same seed."""
    about = {name: (contents.model, contents.config["seed"]) for name, contents in runs.items()}
    model = next(iter(about.values()))[0]
    of_first = {seed: name for name, (other, seed) in about.items() if other == model}
    return [(name, of_first[seed]) for name, (other, seed) in about.items() if other != model]

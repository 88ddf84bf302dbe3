"""Plan: from settings as given to settings with nothing left open, the data, the task and the splits.

Where the settings leave the model open and several registered models say that they are worth trying, there is a plan
for each of them, and training chooses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from deepwright import registry
from deepwright.config.documents import Document
from deepwright.config.settings import DataSettings, Member, Settings, plain, settings_from
from deepwright.contracts import TARGET, Candidate, Task, input_role
from deepwright.data.asked import as_asked
from deepwright.data.interactions import columns as interactions
from deepwright.data.pictures.sizing import asked
from deepwright.data.reading import read_table, table_of
from deepwright.data.splits import Splits, split_rows
from deepwright.data.stored import StoredPictures
from deepwright.data.table import Table
from deepwright.data.texts.choices import OF_TARGETS, READ, as_baseline, with_tokens
from deepwright.errors import ConfigError, DataError
from deepwright.messages import _, listing
from deepwright.paths import expanded
from deepwright.run_directory import check_name


@dataclass(frozen=True)
class Plan:
    """All that an experiment needs.

    Attributes:
        settings: nothing is ``auto`` but the run's name.
        table: all rows.
        task: registered name.
        roles: column of each role.
        splits: rows of each split.
        fitted: the task with its encoders fitted on the training split.
        candidates: a plan for each model among which the validation split decides, of which this is the first; empty
            where the model is settled.
        undecided: the settings before a candidate was chosen; None where the model is settled.
    """

    settings: Settings
    table: Table
    task: str
    roles: Mapping[str, str]
    splits: Splits
    fitted: Task
    candidates: tuple[Plan, ...] = ()
    undecided: Settings | None = None

    @property
    def model(self) -> str:
        """The model's name; ``auto`` until one is chosen."""
        return (self.undecided or self.settings).model.name

    def config(self) -> dict[str, Any]:
        """The resolved settings as plain data: training from them again gives the same run."""
        config: dict[str, Any] = plain(self.undecided or self.settings)
        return config


def plan(document: Document, data: Any = None) -> Plan:
    """Check everything that can be checked before training; settings first, then the data.

    Args:
        document: settings as given.
        data: columns in memory (``table_of``); None reads ``data.source``.

    Raises:
        UsageError: a setting, a name or the data has to change; the message says which and how.
    """
    settings = _members(settings_from(document), document)
    check_name(settings.name)
    if settings.task != "auto":
        settings = replace(settings, task=registry.find("tasks", settings.task).name)
    elif {"user", "item"} & settings.data.columns.keys():  # which no other task has
        settings = replace(settings, task=interactions.TASK)
    settings = replace(settings, data=as_asked(settings))
    table = _table(settings) if data is None else table_of(data, settings=settings.data)
    from deepwright import experiments

    task, roles = _task(table, settings)
    task_class = registry.load("tasks", task)
    strata = task_class.strata(table, roles)
    splits = split_rows(table, settings.data.split, strata, settings.seed)
    settings = replace(settings, task=task, data=_as_read(settings.data, table, roles, splits, task_class.reads))
    reading = partial(task_class.reading, table, roles)

    def read(given: Settings) -> Settings:
        return with_tokens(given, reading) if "text" in roles else given

    model = settings.model
    if model.name == "auto":
        model = replace(model, name=task_class.default_model(table, roles))
    first = read(_findable(_members(replace(settings, model=model), document)))
    fitted = experiments.fitted_task(table, splits, task, roles, first)
    num_examples = fitted.num_examples(len(splits.train))
    others = _candidates(model.name, fitted, num_examples) if settings.model == Member() else []
    plans: list[Plan] = []
    for planned in (first, *(read(_members(as_baseline(settings, one, reading), document)) for one in others)):
        same = next((one.fitted for one in plans if one.settings.data == planned.data), None)
        known = fitted if planned is first else same or experiments.fitted_task(table, splits, task, roles, planned)
        planned = experiments.plan(table, splits, task, roles, planned, known, timed=not others)
        plans.append(Plan(_members(planned, document), table, task, roles, splits, known))
    return replace(plans[0], candidates=tuple(plans), undecided=settings) if others else plans[0]


def options(document: Document) -> list[tuple[str, str, str, str]]:
    """For every task: its name, whether it fits the data, why, and the models that it can have."""
    from deepwright.predictor import fitting

    settings = settings_from(document)
    settings = replace(settings, data=as_asked(settings))
    table = _learnable(_table(settings), settings)
    rows, usable = [], _inputs(table)
    for name in registry.entries("tasks"):
        task = registry.load("tasks", name)
        try:
            roles, suits = task.roles(table, settings.data.columns), _("yes")
            asked = None if roles else task.roles(table, settings.data.columns, asked=True)
            if asked and (TARGET not in asked or "user" in asked):
                roles, suits = asked, _("if asked for")
        except ConfigError as error:
            rows.append((name, _("undecided"), str(error), ""))
            continue
        except DataError:  # asked for, nothing could be learnt
            roles = None
        if roles:
            rows.append((name, suits, task.reason(table, roles), ", ".join(fitting(task(roles)))))
        else:
            rows.append((name, _("no"), _("no column holds what it learns") if usable else _no_inputs(), ""))
    return rows


def _table(settings: Settings) -> Table:
    if not settings.data.source:
        raise ConfigError(_("There is no data: give a path or the name of a data set, such as digits."))
    return read_table(settings.data.source, settings.data)


def _members(settings: Settings, document: Document) -> Settings:
    """Check the settings of every member whose name is known by now."""

    def checked(kind: str, member: Member, *path: str) -> Member:
        return member if member.name == "auto" else registry.configure(kind, member, document, path)

    augmentations = settings.training.augmentations
    if augmentations != "auto":
        augmentations = tuple(
            registry.configure("augmentations", member, document, ("training", "augmentations", str(i)))
            for i, member in enumerate(augmentations)
        )
    training = replace(
        settings.training,
        augmentations=augmentations,
        optimizer=checked("optimizers", settings.training.optimizer, "training", "optimizer"),
        schedule=checked("schedules", settings.training.schedule, "training", "schedule"),
    )
    return replace(settings, model=checked("models", settings.model, "model"), training=training)


def _findable(settings: Settings) -> Settings:
    """What the model's embedding begins with, by a path that is the same wherever the run is gone on with."""
    source = settings.model.settings.get("embedding")
    if not source:
        return settings
    return replace(
        settings, model=replace(settings.model, settings={**settings.model.settings, "embedding": _absolute(source)})
    )


def _candidates(default: str, fitted: Task, num_examples: int) -> list[Member]:
    """The models that are worth trying beside the task's default; none where that one does not say so of itself."""
    from deepwright.predictor import fitting

    models = {name: registry.load("models", name) for name in fitting(fitted)}
    outputs = fitted.outputs.spec
    names = [
        name
        for name, model in models.items()
        if isinstance(model, Candidate) and model.worth_trying(num_examples, outputs)
    ]
    return [Member(name) for name in names if name != default] if default in names else []


def _learnable(table: Table, settings: Settings) -> Table:
    """Without the columns that divide the rows, unless they are named for a role."""
    dividing = {settings.data.split.group, settings.data.split.time} - set(settings.data.columns.values())
    return table.without(dividing)


def _task(table: Table, settings: Settings) -> tuple[str, dict[str, str]]:
    table = _learnable(table, settings)
    asked = settings.task != "auto"
    names = [registry.find("tasks", settings.task).name] if asked else list(registry.entries("tasks"))
    fitting = {
        name: roles
        for name in names
        if (roles := registry.load("tasks", name).roles(table, settings.data.columns, asked))
    }
    columns = listing(f"{name} ({column.kind})" for name, column in table.columns.items())
    if not fitting:
        raise DataError(
            _(
                "{source} suits none of the tasks {names}; its columns are: {columns}.",
                source=table.source,
                names=listing(names),
                columns=columns,
            )
            + ("" if _inputs(table) else f" {_no_inputs()}")
        )
    if len(fitting) > 1:
        raise ConfigError(
            _(
                "{source} suits several tasks: {tasks}. Choose one with --task.",
                source=table.source,
                tasks=listing(
                    f"{name} ({registry.load('tasks', name).reason(table, roles)})" for name, roles in fitting.items()
                ),
            )
        )
    return next(iter(fitting.items()))


def _as_read(
    settings: DataSettings, table: Table, roles: Mapping[str, str], splits: Splits, reads: Sequence[str]
) -> DataSettings:
    """The settings with which the same table is read and divided again."""
    learnt_from = table.columns[roles[input_role(roles)]]
    read = reads if learnt_from.kind == "text" else ()
    without: dict[str, Any] = {key: None for key in (*READ, *OF_TARGETS) if key not in read}
    without |= {} if learnt_from.kind == "user" else {"ties": None}
    return replace(
        settings,
        source=_absolute(table.source),
        target_source=settings.target_source and _absolute(settings.target_source),
        interactions=learnt_from.kind == "user",
        items=settings.items and _absolute(settings.items),
        users=settings.users and _absolute(settings.users),
        columns=dict(roles),
        pairs=TARGET in roles and table.columns[roles[TARGET]].kind == "text",
        split=replace(settings.split, method=splits.method),
        image_size=asked(learnt_from.values.shape[1:]) if learnt_from.kind == "image" else None,
        storage="disk" if isinstance(learnt_from.values, StoredPictures) else "memory",
        **without,
    )


def _inputs(table: Table) -> list[str]:
    return table.named("image") + table.named("text") + table.named("user")


def _no_inputs() -> str:
    return _(
        "No column holds pictures or names their files, such as {example}, and none holds texts that differ from row "
        "to row; a column of short texts is named with --input NAME.",
        example="cats/1.jpg",
    )


def _absolute(source: str) -> str:
    path = expanded(source)
    return str(path.resolve()) if path.exists() else source

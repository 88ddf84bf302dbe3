"""What members are tried on: small tables of several shapes, and every registered task that they suit.

Nothing here knows a member by name. A new kind of column needs a column of its kind in ``COLUMNS``; a new task or
model is then tried on all tables that it accepts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_type_hints

import numpy as np
import torch

from deepwright import registry
from deepwright.config.documents import Document
from deepwright.config.fields import fields_of
from deepwright.config.settings import Member
from deepwright.contracts import TARGET, Task
from deepwright.data.interactions.arranged import Features, Histories, Interactions, Taken
from deepwright.data.table import Column, ColumnKind, Table
from deepwright.data.texts.choices import OF_TARGETS
from deepwright.data.texts.passages import held
from deepwright.errors import ConfigError
from deepwright.experiments import AfterTheFirstLayer
from deepwright.predictor import Predictor
from deepwright.specs import HistorySpec

NUM_ROWS = 48

#: Height, width, channels and classes of pictures.
SHAPES = [(8, 8, 1, 3), (28, 28, 1, 10), (32, 32, 3, 2), (17, 23, 3, 4), (9, 30, 1, 5)]
#: Pictures so small that an architecture may decline them.
SMALL_SHAPES = [(1, 1, 1, 2), (1, 9, 3, 2), (2, 2, 1, 3), (3, 5, 3, 2), (5, 4, 1, 2)]


def _pictures(height: int, width: int, channels: int, num_classes: int) -> tuple[Column, Column]:
    """Noise on which each class is brighter than the one before; the first class is the most frequent."""
    rng = np.random.default_rng([height, width, channels])
    labels = np.concatenate([np.arange(NUM_ROWS // 2) % num_classes, np.zeros(NUM_ROWS - NUM_ROWS // 2, int)])
    shape = (NUM_ROWS, height, width) if channels == 1 else (NUM_ROWS, height, width, channels)
    light = (labels * (150 // num_classes)).reshape(-1, *[1] * (len(shape) - 1))
    values = (rng.integers(0, 100, shape) + light).astype(np.uint8)
    return Column("image", values), Column("category", labels.astype(str))


def _tuples(pattern: list[tuple[str, ...]]) -> np.ndarray[Any, Any]:
    """Labels for every row: the pattern again and again."""
    values = np.empty(NUM_ROWS, object)
    values[:] = (pattern * NUM_ROWS)[:NUM_ROWS]
    return values


def _table(*shape: int) -> Table:
    image, label = _pictures(*shape)
    height, width, channels, num_classes = shape
    return Table({"image": image, "label": label}, f"{height}x{width}x{channels} to {num_classes}")


def _labelled(source: str, label: Column) -> Table:
    return Table({"image": _pictures(8, 8, 1, 3)[0], "label": label}, source)


#: Of each four texts, so that one class has more than the others.
_CLASSES = (0, 0, 1, 2)


def _texts() -> Column:
    """Texts of 1 to 9 words in two scripts that say, among others, which of three classes they are of."""
    words = ["好吃", "bad", "plain"]
    others = ["it", "was", "味道", "3", "!"]
    values = [" ".join([words[_CLASSES[i % 4]], *(others[(i + j) % 5] for j in range(i % 9))]) for i in range(NUM_ROWS)]
    return Column("text", np.array(values, object))


def _of_texts(source: str, label: Column) -> Table:
    return Table({"text": _texts(), "label": label}, source)


def _passages() -> Table:
    """Two texts in two scripts that go on much as they began, in more passages than rows are asked for elsewhere."""
    texts = ["".join(f"row {i % 7}: the cat sat on the mat.\n" for i in range(40)), "猫坐在垫子上，看着雨。\n" * 60]
    return Table({"text": Column("text", held(texts, 40))}, "texts that go on")


def _pairs(source: str, sources: list[str], targets: list[str]) -> Table:
    """Texts and what is to be written for them, again and again."""
    columns = {"source": sources, "target": targets}
    values = {name: np.array((texts * NUM_ROWS)[:NUM_ROWS], object) for name, texts in columns.items()}
    return Table({name: Column("text", texts) for name, texts in values.items()}, source)


#: Items that each user takes, and all items.
_TAKEN, _ITEMS = 4, 24


def _interactions(known: bool) -> Interactions:
    """Users who go through items of one of two kinds, each from another one on."""
    users, steps = np.repeat(np.arange(NUM_ROWS), _TAKEN), np.tile(np.arange(_TAKEN), NUM_ROWS)
    pairs = users // 2
    starts = np.where(pairs < _ITEMS // 2, pairs, pairs % 3)  # so that some items are taken more than others
    kinds = tuple((item % 2, 2 + item % 3) for item in range(_ITEMS))
    return Interactions(
        users.astype(np.int32),
        ((2 * (starts + steps) + users % 2) % _ITEMS).astype(np.int32),
        np.array([f"用户 {user}" for user in range(NUM_ROWS)], object),
        np.array([f"item {item}" for item in range(_ITEMS)], object),
        (10**9 + steps).astype(np.float64),
        Features(("kind: a", "kind: 猫", "size: 0", "size: 1", "size: 2"), kinds) if known else None,
        Features(("town: A", "town: 乙"), tuple((user % 2,) for user in range(NUM_ROWS))) if known else None,
    )


def _taken(source: str, known: bool = False, rated: bool = False) -> Table:
    """The last interaction of every user: what stands before it is the history."""
    of = _interactions(known)
    rows = np.arange(_TAKEN - 1, len(of), _TAKEN)
    columns = {"user": Column("user", Histories(of, rows)), "item": Column("item", Taken(of, rows))}
    ratings = {"rating": Column("number", 1.0 + (of.users + of.items)[rows] % 5)} if rated else {}
    return Table({**columns, **ratings}, source)


#: Tables that are not of one class for each row.
OTHERS = [
    _labelled("8x8x1 to two labels", Column("labels", _tuples([("a", "猫"), ("猫",), (), ("b", "a")]))),
    _labelled("8x8x1 to labels as text", Column("category", np.array(["red|round", "red", "blue|round", "red"] * 12))),
    _labelled("8x8x1 to a number", Column("number", np.linspace(-3.0, 1e4, NUM_ROWS))),
    _of_texts("texts to 3", Column("category", np.array([str(_CLASSES[i % 4]) for i in range(NUM_ROWS)]))),
    _of_texts("texts to labels", Column("labels", _tuples([("a", "猫"), ("猫",), (), ("b", "a")]))),
    _of_texts("texts to a number", Column("number", np.linspace(-3.0, 1e4, NUM_ROWS))),
    _passages(),
    _pairs(
        "sentences in two languages",
        ["2 cats sat on the mat", "1 dog runs", "1 dog and 2 cats sat", "9 days of rain, and 1 cat on the mat"],
        ["2 只猫坐在垫子上", "1 只狗在跑", "1 只狗和 2 只猫坐着", "9 天下雨，1 只猫在垫子上"],
    ),
    _taken("users and items"),
    _taken("users and items of which something is known", known=True),
    _taken("users who rate items", rated=True),
    _pairs("words as they sound", ["cat", "dog", "catalog", "to", "taco"], ["kat", "dog", "katalog", "tu", "tako"]),
]
TABLES = {table.source: table for table in (*(_table(*shape) for shape in SHAPES), *OTHERS)}
SMALL_TABLES = {table.source: table for table in (_table(*shape) for shape in SMALL_SHAPES)}

#: Columns of every kind.
COLUMNS: Mapping[ColumnKind, list[Column]] = {
    "image": [_pictures(*shape)[0] for shape in SHAPES],
    "category": [
        Column("category", np.array([str(i % 12) for i in range(NUM_ROWS)])),
        Column("category", np.array(["猫", "a cat", "", "line\nbreak"] * 12)),
    ],
    "labels": [Column("labels", _tuples([("a", "猫"), ("猫",), (), ("b", "a")]))],
    "number": [Column("number", np.linspace(-3.0, 1e6, NUM_ROWS))],
    "text": [Column("text", np.array([f"row {i}: 你好, world!" for i in range(NUM_ROWS)], object)), _texts()],
    "time": [Column("time", np.datetime64("2020-01-01") + np.arange(NUM_ROWS))],
    "user": [_taken("", known).columns["user"] for known in (False, True)],
    "item": [_taken("").columns["item"]],
}


@dataclass(frozen=True)
class Problem:
    """A task fitted to a table."""

    task_name: str
    roles: Mapping[str, str]
    table: Table
    task: Task


@cache
def problems(small: bool = False) -> Mapping[str, Problem]:
    """Every registered task on every table that it accepts; where nothing is labelled or users rate, if asked for."""
    found = {}
    for task_name in registry.entries("tasks"):
        task_class = registry.load("tasks", task_name)
        for table in (SMALL_TABLES if small else TABLES).values():
            if_asked = len(table.columns) == 1 or "user" in table.columns
            if roles := task_class.roles(table, {}) or (task_class.roles(table, {}, asked=True) if if_asked else None):
                task: Task = task_class(roles, _encoding(task_class, table, roles))
                task.fit(table)
                found[f"{task_name} of {table.source}"] = Problem(task_name, roles, table, task)
    return found


def _encoding(task_class: Any, table: Table, roles: Mapping[str, str]) -> dict[str, Any]:
    """How a text that is not answered, or answered by another text, is read: as the task prefers."""
    if "text" not in roles or (TARGET in roles and not set(OF_TARGETS) <= set(task_class.reads)):
        return {}
    tokenizer, sizes = next(iter(task_class.reading(table, roles).items()))
    return {"tokenizer": tokenizer, **sizes}


@cache
def models_and_problems(small: bool = False) -> list[tuple[str, str]]:
    """Every registered model with every problem whose inputs and outputs it accepts.

    It may decline small pictures, which is tried; a problem of which it lacks what it needs is left to the others.
    """
    return [
        (model, problem_name)
        for model in registry.entries("models")
        for problem_name, problem in problems(small).items()
        if accepts(registry.load("models", model), problem) and (small or _can_be_built(model, problem))
    ]


def _can_be_built(model: str, problem: Problem) -> bool:
    """Whether a model finds what it needs: of items and users, of which something is known or not."""
    if not isinstance(problem.task.inputs.spec, HistorySpec):
        return True
    try:
        build(model, problem)
    except ConfigError:
        return False
    return True


def accepts(model_class: Any, problem: Problem) -> bool:
    """Whether a model's signature admits what a problem's encoders yield."""
    hints = get_type_hints(model_class.__init__)
    return isinstance(problem.task.inputs.spec, hints["inputs"]) and isinstance(
        problem.task.outputs.spec, hints["outputs"]
    )


def solve(predictor: Predictor, problem: Problem) -> None:
    """Fit a model that is solved rather than trained to all rows of a problem."""
    model: Any = predictor.network.model
    with torch.no_grad():
        model.fit(AfterTheFirstLayer(problem.task.examples(problem.table, "solve"), predictor.network.front))


def build(model: str, problem: Problem, seed: int = 0, **settings: Any) -> Predictor:
    """An untrained model with its defaults, or the example of a setting that must be given, as configured.

    A setting has an example for pictures, one for texts that are answered, and one for texts that are continued.
    """
    fields = fields_of(registry.load("models", model))
    place = 0 if "text" not in problem.roles else 1 if TARGET in problem.roles else 2
    examples = {
        name: field.examples[min(place, len(field.examples) - 1)] for name, field in fields.items() if field.required
    }
    member = registry.configure("models", Member(model, {**examples, **settings}), Document(), ("model",))
    torch.manual_seed(seed)
    return Predictor.build(problem.task_name, problem.task, member)

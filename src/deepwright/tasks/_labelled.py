"""What the tasks that learn one column from another share: which columns those are, and how rows are encoded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from deepwright import registry
from deepwright.contracts import TARGET, Batch, Encoder, InputEncoder, IntArray, Raw, Use, input_role
from deepwright.data.examples import TensorExamples
from deepwright.data.pairs import pair_of
from deepwright.data.schema import USUAL_LABELS, likely_labels
from deepwright.data.table import Column, ColumnKind, Table
from deepwright.data.texts.choices import ANSWERED, READ, Reading
from deepwright.errors import ConfigError
from deepwright.messages import _, listing


class Labelled(ABC):
    """Encodes an input column and the column that is to be learnt from it.

    Args:
        roles: column of the input, by its kind (``image``, ``text``), and column of the ``label``.
        outputs: encodes the label.
        encoding: settings of the input's encoder.
    """

    #: The model that ``auto`` takes, by the kind of the input.
    default_models: ClassVar[Mapping[ColumnKind, str]]
    reads: ClassVar[tuple[str, ...]] = READ
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def __init__(self, roles: Mapping[str, str], outputs: Encoder, encoding: Mapping[str, Any] | None = None) -> None:
        self.columns = dict(roles)
        self.kind = input_role(roles)
        self.inputs: InputEncoder = registry.load("encoders", self.kind)(**(encoding or {}))
        self.outputs = outputs

    @property
    def input_column(self) -> str:
        """The column that is learnt from."""
        return self.columns[self.kind]

    @property
    def target_column(self) -> str:
        """The column that is learnt."""
        return self.columns[TARGET]

    @classmethod
    @abstractmethod
    def learns(cls, column: Column) -> bool:
        """Whether the values of a column are what the task learns."""

    @classmethod
    def can_learn(cls, column: Column) -> bool:
        """Whether the task can learn a column where the user asks for it; a task may be guessed of fewer.

        Raises:
            DataError: nothing can be learnt from the values, though they are of the right kind.
        """
        return cls.learns(column)

    @classmethod
    def roles(cls, table: Table, columns: Mapping[str, str], asked: bool = False) -> dict[str, str] | None:
        """The input and label columns: those named in ``columns``, else those that are meant beyond doubt.

        Args:
            table: all rows.
            columns: by role, as the user named them.
            asked: whether the user asked for this task, which is then not guessed.

        Raises:
            ConfigError: a named role or column is not there, or several columns could be meant.
            DataError: the task was asked for, and nothing can be learnt from the label.
        """
        learns = cls.can_learn if asked else cls.learns
        _check(table, columns, [*cls.default_models, "input", "label"])
        if not asked and pair_of(table.columns, columns):
            return None
        for kind in cls._kinds(table, columns):
            named = columns.get(kind, columns.get("input"))
            inputs = table.named(kind) if named is None else [named] if table.columns[named].kind == kind else []
            inputs = [name for name in inputs if name != columns.get("label")]
            labels = [columns["label"]] if "label" in columns else likely_labels(table.columns, inputs)
            if inputs and labels and any(learns(table.columns[name]) for name in labels):
                return {kind: _only(inputs, "input", table), "label": _only(labels, "label", table)}
        return None

    @classmethod
    def _kinds(cls, table: Table, columns: Mapping[str, str]) -> list[ColumnKind]:
        """The kinds of inputs that can be meant.

        Raises:
            ConfigError: columns of several kinds could be the input, and none is named.
        """
        kinds = list(cls.default_models)
        if named := [kind for kind in kinds if kind in columns]:
            return named
        if "input" not in columns:
            labels = {*USUAL_LABELS, str(columns.get("label")).casefold()}
            there = {kind: [n for n in table.named(kind) if n.casefold() not in labels] for kind in kinds}
            if len([kind for kind, names in there.items() if names]) > 1:
                _only([name for names in there.values() for name in names], "input", table)
        return kinds

    @classmethod
    def default_model(cls, _table: Table, roles: Mapping[str, str]) -> str:
        """The one for this kind of input."""
        kind: Any = input_role(roles)
        return cls.default_models[kind]

    @classmethod
    def reading(cls, _table: Table, _roles: Mapping[str, str]) -> Reading:
        """As words, and so much of each text that few are cut."""
        return ANSWERED

    def fit(self, table: Table) -> None:
        """Fit the encoders on the rows of the training split."""
        self.inputs.fit(table.columns[self.input_column])
        self.outputs.fit(table.columns[self.target_column])

    def restore(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """Take the encoders that gave these states, in place of fitting them."""
        encoder: Any = type(self.inputs)
        self.inputs = encoder.from_state(inputs)
        self.outputs = type(self.outputs).from_state(outputs)

    def check(self, table: Table, rows: IntArray) -> None:
        """Encode the labels, which raises where one cannot be read or is of no class that was learnt."""
        self.outputs.encode(table.columns[self.target_column].take(rows).values)

    def num_examples(self, num_rows: int) -> int:
        """One for each row."""
        return num_rows

    def judged(self, outputs: Tensor, _batch: Batch) -> Tensor:
        """The outputs themselves."""
        return outputs

    def examples(self, table: Table, use: Use = "judge") -> TensorExamples:
        """Encode the rows of a table with their labels."""
        stored = self.inputs.encode(table.columns[self.input_column].values)
        targets = self.outputs.encode(table.columns[self.target_column].values)
        assert isinstance(targets, torch.Tensor)
        return TensorExamples(stored, targets, np.arange(len(table)), self.inputs.batch)

    def encode(self, values: Raw) -> Batch:
        """Encode inputs alone, to predict."""
        stored = self.inputs.encode(values)
        return TensorExamples(stored, None, np.arange(len(stored)), self.inputs.batch).batch(torch.arange(len(stored)))


def _check(table: Table, columns: Mapping[str, str], known: Sequence[str]) -> None:
    for role, column in columns.items():
        if role not in known:
            raise ConfigError(_("data.columns has the role {role!r}; known: {known}.", role=role, known=listing(known)))
        table.require(column, f"data.columns.{role}")


def _only(names: Sequence[str], role: str, table: Table) -> str:
    if len(names) > 1:
        raise ConfigError(
            _(
                "{source} has several columns that could be the {role}: {names}. Choose with --{option} NAME.",
                source=table.source,
                role=role,
                option="target" if role == "label" else role,
                names=listing(names),
            )
        )
    return names[0]

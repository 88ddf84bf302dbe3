"""What the tasks that learn from texts alone share: which column it is, and that nothing else is learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from deepwright.contracts import TARGET, input_role
from deepwright.data.table import ColumnKind, Table
from deepwright.data.texts.choices import READ
from deepwright.errors import ConfigError
from deepwright.messages import _, listing

_ROLES = ("text", "input")


class Unlabelled:
    """A task that learns from a column of texts what is in the texts themselves."""

    reads: ClassVar[tuple[str, ...]] = READ
    default_models: ClassVar[Mapping[ColumnKind, str]]
    columns: dict[str, str]
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    @property
    def input_column(self) -> str:
        """The column of texts."""
        return self.columns["text"]

    @property
    def target_column(self) -> None:
        """There is none."""
        return

    @classmethod
    def default_model(cls, _table: Table, roles: Mapping[str, str]) -> str:
        """The one for this kind of input."""
        kind: Any = input_role(roles)
        return cls.default_models[kind]

    @classmethod
    def strata(cls, _table: Table, _roles: Mapping[str, str]) -> None:
        """Nothing keeps its shares."""
        return


def text_role(table: Table, columns: Mapping[str, str], asked: bool, suits: bool) -> dict[str, str] | None:
    """The column of texts: the one that is named, else the only one.

    Args:
        table: all rows.
        columns: by role, as the user named them.
        asked: whether the user asked for the task.
        suits: whether it is taken for such a table where it is not asked for.

    Raises:
        ConfigError: a named role or column is not there, or several columns of texts could be meant.
    """
    if not asked and columns.keys() & {"image", TARGET}:
        return None
    for role, column in columns.items():
        if role not in _ROLES:
            raise ConfigError(
                _("data.columns has the role {role!r}; known: {known}.", role=role, known=listing(_ROLES))
            )
        table.require(column, f"data.columns.{role}")
    if not asked and not suits:
        return None
    named = columns.get("text", columns.get("input"))
    texts = table.named("text") if named is None else [named] if table.columns[named].kind == "text" else []
    if len(texts) > 1:
        raise ConfigError(
            _(
                "{source} has several columns that could be the {role}: {names}. Choose with --{option} NAME.",
                source=table.source,
                role="input",
                option="input",
                names=listing(texts),
            )
        )
    return {"text": texts[0]} if texts else None

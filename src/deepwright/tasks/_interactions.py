"""What the tasks that learn from interactions share: which columns those are."""

from __future__ import annotations

from collections.abc import Mapping

from deepwright.contracts import TARGET
from deepwright.data.interactions.columns import roles_of
from deepwright.data.table import Table
from deepwright.errors import ConfigError
from deepwright.messages import _, listing

#: Roles of columns of interactions, and those of other tasks, which say that these are none.
_ROLES, _OTHERS = ("user", "item", TARGET, "rating", "time", "input"), ("image", "text")


def interaction_roles(table: Table, columns: Mapping[str, str]) -> dict[str, str] | None:
    """The columns of users and items, and of ratings and times where there are such; None if the table has none.

    Raises:
        ConfigError: a named role or column is not there.
    """
    if columns.keys() & set(_OTHERS):
        return None
    for role, column in columns.items():
        if role not in _ROLES:
            raise ConfigError(
                _("data.columns has the role {role!r}; known: {known}.", role=role, known=listing(_ROLES))
            )
        table.require(column, f"data.columns.{role}")
    users, items = table.named("user"), table.named("item")
    if not users or not items:
        return None
    rated = {"rating": columns[TARGET]} if "item" in columns and TARGET in columns else {}
    others = {role: name for role, name in columns.items() if role in ("rating", "time")}
    return roles_of(table.columns, {**rated, **others, "user": users[0], TARGET: items[0]}, asked=True)

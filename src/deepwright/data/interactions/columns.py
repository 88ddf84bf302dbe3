"""Which columns of a table say who took what, how it was rated, and when; found by their usual names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from deepwright.contracts import TARGET
from deepwright.errors import ConfigError
from deepwright.messages import _, listing

#: The task that learns from interactions unless another one is asked for.
TASK = "recommendation"
#: The tasks that read them.
TASKS = (TASK, "rating")
#: Usual names, small letters and digits alone, in this order.
NAMES: Mapping[str, tuple[str, ...]] = {
    "user": (
        "userid",
        "user",
        "uid",
        "username",
        "customerid",
        "customer",
        "reviewerid",
        "visitorid",
        "用户",
        "用户id",
    ),
    "item": (
        *("itemid", "item", "iid", "movieid", "movie", "productid", "product", "asin", "parentasin", "sku", "bookid"),
        *("isbn", "book", "songid", "song", "trackid", "track", "artistid", "artist", "newsid", "articleid"),
        *("物品", "物品id", "商品", "商品id", "电影", "电影id", "图书"),
    ),
    "rating": ("rating", "ratings", "score", "stars", "overall", "weight", "label", "评分", "打分", "分数"),
    "time": ("timestamp", "time", "datetime", "date", "unixreviewtime", "ts", "createdat", "时间", "时间戳", "日期"),
}
_SIGNS = re.compile(r"[\W_]+")


def plain_name(name: str) -> str:
    """A column's name as it is compared: RecBole's type left away, small letters and digits alone."""
    return _SIGNS.sub("", name.partition(":")[0].casefold())


def usual(names: Iterable[str], role: str) -> str | None:
    """The column that is usually called so in a role; None if there is none."""
    known = {plain_name(name): name for name in reversed(list(names))}
    return next((known[wanted] for wanted in NAMES[role] if wanted in known), None)


def roles_of(names: Iterable[str], given: Mapping[str, str], asked: bool) -> dict[str, str] | None:
    """The columns of ``user`` and of what is taken (``label``), and of ``rating`` and ``time`` where they are there.

    Args:
        names: of all columns.
        given: columns by role, as the settings name them; ``label`` is the item, or the rating beside an ``item``.
        asked: whether interactions are asked for; otherwise both columns have to be called so.

    Returns:
        Roles, the user first; None where nothing is called like interactions and none are asked for.

    Raises:
        ConfigError: they are asked for and the columns cannot be told apart, or one is named twice.
    """
    names = list(names)
    named = {role: name for role, name in given.items() if role in ("user", TARGET, "rating", "time")}
    if "item" in given:  # then what is to be learnt, if it is named, is the rating
        named = {"rating": named[TARGET], **named} if TARGET in named else named
        named[TARGET] = given["item"]
    if asked and "input" in given:
        named.setdefault("user", given["input"])
    rest = [name for name in names if name not in named.values()]
    user, item = named.get("user", usual(rest, "user")), named.get(TARGET, usual(rest, "item"))
    if user is None or item is None:
        if not asked and "user" not in named:
            return None
        raise ConfigError(
            _(
                "Which column names the user and which one the item cannot be told from their names: {names}. Say so "
                "with {options}.",
                names=listing(names),
                options="--set data.columns.user=NAME --set data.columns.item=NAME",
            )
        )
    found = {"user": user, TARGET: item}
    for role in ("rating", "time"):
        if (name := named.get(role, usual([n for n in rest if n not in found.values()], role))) is not None:
            found[role] = name
    if len(set(found.values())) < len(found):
        raise ConfigError(
            _(
                "data.columns names one column for two roles: {roles}.",
                roles=listing(f"{r} {n}" for r, n in found.items()),
            )
        )
    return found

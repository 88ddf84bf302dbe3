"""From typed columns to a table of interactions, in the order in which users had them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from deepwright.config.settings import DataSettings
from deepwright.contracts import TARGET
from deepwright.data.interactions.arranged import Features, Histories, Interactions, Names, Taken
from deepwright.data.interactions.columns import roles_of, usual
from deepwright.data.interactions.features import features_of
from deepwright.data.rejections import Rejections
from deepwright.data.table import Column, Rejected, Table
from deepwright.data.tabular.columns import Naming, Typed, as_written
from deepwright.errors import ConfigError, DataError
from deepwright.messages import _, listing, plural

#: What is mixed into the seed that orders interactions of one time.
_SEED = 0x71E5
#: Seconds since 1970 are below this until the year 5138, milliseconds have been above it since 1973.
_MILLISECONDS = 1e11


def roles_in(columns: Mapping[str, Column], settings: DataSettings) -> dict[str, str] | None:
    """The parts that columns play in interactions; None if the table is read for something else.

    Args:
        columns: by name.
        settings: what is asked for, and the columns that play a role.

    Raises:
        ConfigError: interactions are asked for and the columns cannot be told apart.
    """
    if settings.interactions is False:
        return None
    asked = settings.interactions is True or "user" in settings.columns
    if not asked and {"image", "text", "input"} & set(settings.columns):
        return None
    roles = roles_of(columns, settings.columns, asked)
    others = [column for name, column in columns.items() if roles is not None and name not in roles.values()]
    return None if not asked and any(column.kind in ("text", "image") for column in others) else roles


def interactions_of(
    typed: Mapping[str, Typed],
    roles: Mapping[str, str],
    settings: DataSettings,
    source: str,
    named: Naming,
    known: Mapping[str, Mapping[str, Typed]],
    notes: Sequence[str] = (),
    rejected: Sequence[Rejected] = (),
) -> Table:
    """The table of all interactions that can be used.

    Args:
        typed: columns by name, [N] each.
        roles: columns by role; see ``roles_of``.
        settings: which interactions count, and in which order those of one time come.
        source: what the user calls the table.
        named: what the user calls a row.
        known: the columns of the tables of ``items`` and of ``users``, as far as there are such tables.
        notes: what was noticed before.
        rejected: what could not be used before.

    Raises:
        DataError: no interaction can be used, or there is one user or one item alone.
    """
    missing = {role: typed[name].missing for role, name in roles.items()}
    reasons = dict(_against(missing, roles))
    rejections = Rejections([named(row) for row in sorted(reasons)], source, settings.strict)
    rejections.add({place: reasons[row] for place, row in enumerate(sorted(reasons))})
    kept = np.flatnonzero(~np.isin(np.arange(len(missing["user"])), list(reasons)))
    ratings = typed[roles["rating"]].column if "rating" in roles else None
    said = [*notes, *_roles_said(roles)]
    if settings.min_rating is not None:
        kept, more = _rated_enough(kept, ratings, settings.min_rating)
        said.append(more)
    if not len(kept):
        raise DataError(_("{source}: none of its interactions can be used.", source=source))
    users, user_names = _coded(typed[roles["user"]], kept)
    items, item_names = _coded(typed[roles[TARGET]], kept)
    _require_several(source, user_names, item_names)
    times = _times(typed[roles["time"]].column, roles["time"], source)[kept] if "time" in roles else None
    order, ties = _ordered(users, times, settings)
    if settings.repeats == "last":
        order, repeated = _last_ones(order, users, items)
        said += repeated
    if ties:
        said.append(
            plural(
                "{n} user has interactions of one time, whose order is drawn (data.ties).",
                "{n} users have interactions of one time, whose order is drawn (data.ties).",
                ties,
            )
        )
    features = {}
    for kind, names, column in (("items", item_names, roles[TARGET]), ("users", user_names, roles["user"])):
        if kind in known:
            called = _known_as(kind, settings)
            names, features[kind], about = _known(kind, called, known[kind], names, column)
            said += about
            item_names, user_names = (names, user_names) if kind == "items" else (item_names, names)
    arranged = Interactions(
        users[order],
        items[order],
        user_names,
        item_names,
        None if times is None else times[order],
        features.get("items"),
        features.get("users"),
    )
    rows, chosen = np.arange(len(order)), kept[order]
    columns = {
        roles["user"]: Column("user", Histories(arranged, rows)),
        roles[TARGET]: Column("item", Taken(arranged, rows)),
    }
    columns |= {roles[role]: typed[roles[role]].column.take(chosen) for role in ("rating", "time") if role in roles}
    said.append(
        _(
            "{interactions} interactions of {users} users with {items} items.",
            interactions=f"{len(order):,}",
            users=f"{len(np.unique(arranged.users)):,}",
            items=f"{len(item_names):,}",
        )
    )
    return Table(columns, source, notes=said, rejected=[*rejected, *rejections.listed()])


def _against(missing: Mapping[str, npt.NDArray[np.bool_]], roles: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for role, lost in missing.items():
        why = _("It has no value in the column {column}.", column=roles[role])
        yield from ((row, why) for row in np.flatnonzero(lost).tolist())


def _roles_said(roles: Mapping[str, str]) -> Iterator[str]:
    names = {"user": _("user"), TARGET: _("item"), "rating": _("rating"), "time": _("time")}
    yield _(
        "Interactions: {roles}. Other columns are named with {option}.",
        roles=listing(f"{names[role]} = {column}" for role, column in roles.items()),
        option="--set data.columns.ROLE=NAME",
    )


def _rated_enough(
    kept: npt.NDArray[np.int64], ratings: Column | None, least: float
) -> tuple[npt.NDArray[np.int64], str]:
    if ratings is None or ratings.kind != "number":
        raise ConfigError(_("data.min_rating is {least:g}, but no column holds ratings that are numbers.", least=least))
    enough = ratings.values[kept] >= least
    count = int((~enough).sum())
    return kept[enough], plural(
        "{n} rating below {least} is left out (data.min_rating).",
        "{n} ratings below {least} are left out (data.min_rating).",
        count,
        least=f"{least:g}",
    )


def _coded(typed: Typed, kept: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], Names]:
    """[n] the place of the name at each row that is kept among all different names, and these."""
    if typed.column.kind == "number" and typed.written is None:  # then few of many numbers have to be spelt
        numbers, places = np.unique(typed.column.values[kept], return_inverse=True)
        spelt = as_written(Typed(Column("number", numbers), np.zeros(len(numbers), bool)))
        return places.astype(np.int32), spelt.column.values
    coded = pa.array(as_written(typed).column.values[kept], pa.string()).dictionary_encode()
    return coded.indices.to_numpy().astype(np.int32), np.array(coded.dictionary.to_pylist(), object)


def _require_several(source: str, users: Names, items: Names) -> None:
    if len(users) < 2:
        raise DataError(
            _("{source} holds one user alone, {user}; at least two are needed.", source=source, user=users[0])
        )
    if len(items) < 2:
        raise DataError(
            _("{source} holds one item alone, {item}; at least two are needed.", source=source, item=items[0])
        )


def _times(column: Column, name: str, source: str) -> npt.NDArray[np.float64]:
    """[N] seconds, or whatever else the numbers count.

    Raises:
        DataError: they are no times, or some count seconds and others milliseconds.
    """
    if column.kind == "time":
        seconds: npt.NDArray[np.float64] = column.values.astype("datetime64[us]").astype(np.int64) / 1e6
        return seconds
    if column.kind != "number":
        raise DataError(
            _(
                "{source}: the column {column!r} holds {value!r}, which cannot be put in time. Write all times in one "
                "form: as year-month-day, such as 2024-03-31, or as seconds since 1970.",
                source=source,
                column=name,
                value=str(column.values[0]),
            )
        )
    values: npt.NDArray[np.float64] = column.values
    large = values > _MILLISECONDS
    if large.any() and (values[~large] > _MILLISECONDS / 1000).any():
        raise DataError(
            _(
                "{source}: some times in the column {column!r} count seconds and others milliseconds, such as "
                "{one:.0f} and {other:.0f}. Write all of them in one unit.",
                source=source,
                column=name,
                one=values[~large][0],
                other=values[large][0],
            )
        )
    return values


def _ordered(
    users: npt.NDArray[np.int32], times: npt.NDArray[np.float64] | None, settings: DataSettings
) -> tuple[npt.NDArray[np.int64], int]:
    """Rows by user and time, and of how many users the times leave the order open."""
    rows = np.arange(len(users))
    seed = settings.ties if isinstance(settings.ties, int) else 0
    drawn = rows if settings.ties == "file" else np.random.default_rng([seed, _SEED]).permutation(len(users))
    if settings.split.method == "random":
        return np.lexsort((drawn, users)), 0
    if times is None:
        return np.lexsort((rows, users)), 0
    order = np.lexsort((drawn, times, users))
    same = (np.diff(users[order]) == 0) & (np.diff(times[order]) == 0)
    return order, 0 if settings.ties == "file" else len(np.unique(users[order][1:][same]))


def _last_ones(
    order: npt.NDArray[np.int64], users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Without the interactions that the same user has with the same item again later."""
    pairs = users[order].astype(np.int64) * (int(items.max()) + 1) + items[order]
    places = len(pairs) - 1 - np.unique(pairs[::-1], return_index=True)[1]
    if count := len(order) - len(places):
        said = plural(
            "{n} interaction is left out that its user has with the same item again later (data.repeats).",
            "{n} interactions are left out that their users have with the same items again later (data.repeats).",
            count,
        )
        return order[np.sort(places)], [said]
    return order, []


def _known_as(kind: str, settings: DataSettings) -> str:
    """What the user calls the table of what is known of items or of users: a file of its own, or part of the data."""
    file = settings.items if kind == "items" else settings.users
    if file is not None:
        return f"data.{kind} ({Path(file).name})"  # wherever it lies when it is read again
    return _("What the data says of items") if kind == "items" else _("What the data says of users")


def _known(
    kind: str, table: str, columns: Mapping[str, Typed], names: Names, column: str
) -> tuple[Names, Features, list[str]]:
    """All names, with those that nobody took at the end, and what is known of each.

    Raises:
        DataError: no column identifies the things, or it identifies none of them.
    """
    key = column if column in columns else usual(columns, "item" if kind == "items" else "user")
    if key is None:
        raise DataError(
            _(
                "{table}: a table without a column {column!r}, which says what each row is about; its columns are: "
                "{columns}.",
                table=table,
                column=column,
                columns=listing(columns),
            )
        )
    written = as_written(columns[key]).column.values
    place_of = {name: place for place, name in enumerate(names.tolist())}
    given = [str(name) for name in written.tolist()]
    if not any(name in place_of for name in given):
        raise DataError(
            _(
                "{table}: the column {column!r} holds {value!r} and others, of which none is in the interactions.",
                table=table,
                column=key,
                value=given[0],
            )
        )
    new = [name for name in dict.fromkeys(given) if name and name not in place_of]
    for name in new:
        place_of[name] = len(place_of)
    whole = np.array([*names.tolist(), *new], object)
    rows = np.array([row for row, name in enumerate(given) if name])
    rest = {name: one.column.take(rows) for name, one in columns.items() if name != key}
    features = features_of(rest, [place_of[given[row]] for row in rows], len(whole))
    lacking = len(set(names.tolist()) - set(given))
    said = _(
        "{table}: {features} features; {lacking} of the interactions' {things} are not in it, {new} are in it alone.",
        table=table,
        features=f"{len(features.names):,}",
        lacking=f"{lacking:,}",
        things=_("items") if kind == "items" else _("users"),
        new=f"{len(new):,}",
    )
    return whole, features, [said]

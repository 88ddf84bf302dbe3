"""Which interactions train, which choose, and which are read once, at the end.

The future never trains the past: within a user, what is tested stands after what validates, and this after what trains,
or before both where the user is held out.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from deepwright.config.settings import SplitMethod, SplitSettings
from deepwright.data.interactions.arranged import Histories
from deepwright.errors import ConfigError
from deepwright.messages import _, listing

Rows = npt.NDArray[np.int64]
METHODS = ("last", "time", "random", "users")
#: Interactions of a user of whom one is tested and one validates.
_FEWEST = 3


def method_of(settings: SplitSettings) -> SplitMethod:
    """How interactions are divided: as asked, else the last one of each user is tested.

    Raises:
        ConfigError: they cannot be divided so.
    """
    if settings.method == "auto":
        return "last"
    if settings.method not in METHODS:
        raise ConfigError(
            _(
                "data.split.method is {method}, which does not divide interactions; choose one of {known}.",
                method=settings.method,
                known=listing(METHODS),
            )
        )
    return settings.method


def split_interactions(
    histories: Histories,
    method: SplitMethod,
    settings: SplitSettings,
    rng: np.random.Generator,
) -> Mapping[str, Rows]:
    """Rows of each split; those that are only the history of a user who is held out are in none.

    Args:
        histories: of all rows, in their order.
        method: last (of each user), time (the newest of all), random (some of each user) or users (some of the last of
            users of whom nothing else is learnt).
        settings: shares.
        rng: draws users.

    Raises:
        ConfigError: times are needed and there are none.
    """
    users, times = histories.users, histories.of.times
    counts = np.bincount(users)[users]
    after = (histories.starts + counts) - np.arange(len(users)) - 1  # rows of the same user that follow
    if method == "time":
        if times is None:
            raise ConfigError(
                _("data.split.method is time, but no column says when; name it with --set data.columns.time=NAME.")
            )
        first, second = (
            np.quantile(times, 1 - share, method="higher")
            for share in (settings.validation + settings.test, settings.test)
        )
        place = (times >= first).astype(int) + (times >= second)
    elif method == "last":
        place = np.where((after == 0) & (counts >= _FEWEST), 2, np.where((after == 1) & (counts >= _FEWEST), 1, 0))
    else:
        test, both = (np.ceil(counts * share) for share in (settings.test, settings.test + settings.validation))
        test = np.minimum(test, np.maximum(counts - 2, 0))
        both = np.minimum(np.maximum(both, test + (test > 0)), np.maximum(counts - 1, 0))
        place = (after < both).astype(int) + (after < test)
    if method == "users":
        drawn = rng.random(int(users.max()) + 1)[users]
        of_user = (drawn < settings.test + settings.validation).astype(int) + (drawn < settings.test)
        place = np.where(of_user == 0, 0, np.where(place > 0, of_user, -1))
    return {name: np.flatnonzero(place == number) for number, name in enumerate(("train", "validation", "test"))}

"""Labels that the training split does not have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deepwright.errors import DataError
from deepwright.messages import _, listing

_SAID = 10


def require_known(labels: Iterable[str], known: Sequence[str]) -> None:
    """Refuse labels that are not known.

    Raises:
        DataError: there are some.
    """
    if unseen := sorted(set(labels) - set(known)):
        raise DataError(
            _(
                "Labels that the training split does not have: {labels}. Known: {known}.",
                labels=listing(unseen[:_SAID]),
                known=listing(known),
            )
        )

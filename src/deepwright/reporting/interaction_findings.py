"""What an inspection of interactions means for what is learnt from them, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from deepwright.measurements import Measurement, Measurements
from deepwright.messages import plural
from deepwright.reporting import figures
from deepwright.reporting.recommendation_findings import of_items

#: Fewer test users than this, of whom something was learnt, do not rank models.
FEW_USERS = 200


def grave(measurements: Measurements) -> Iterator[str]:
    """Whether a division at one time leaves too few users to rank models."""
    record = measurements.get("warm_users")
    if record is None or record.arguments["method"] != "time" or float(record) >= FEW_USERS:
        return
    yield plural(
        "Too few users: the split by time leaves {count} test user of whom something was learnt, out of {n}; fewer "
        "than {least} cannot rank models. Use it to see what time does, and choose among models with {option}.",
        "Too few users: the split by time leaves {count} test users of whom something was learnt, out of {n}; fewer "
        "than {least} cannot rank models. Use it to see what time does, and choose among models with {option}.",
        round(float(record)),
        count=f"{float(record):,.0f}",
        n=f"{record.n:,}",
        least=FEW_USERS,
        option="--set data.split.method=last",
    )


def sentences(measurements: Measurements) -> Iterator[str]:
    """What should be known of the interactions; nothing where the data has none."""
    if (tail := measurements.get("long_tail")) is None:
        return
    yield plural(
        "Long tail: the {n} item that was taken most, a tenth of {items}, has {share} of all interactions.",
        "Long tail: the {n} items that were taken most, a tenth of {items}, have {share} of all interactions.",
        int(tail.arguments["head"]),
        items=f"{tail.arguments['items']:,}",
        share=figures.figure(tail),
    )
    yield from _cold(measurements)
    yield from _untested(measurements.get("untested_users"))
    yield from _tied(measurements.get("tied_users"))


def _cold(measurements: Measurements) -> Iterator[str]:
    users, items = (_of_test(measurements, name) for name in ("cold_users", "cold_items"))
    if users is not None and users.value:
        yield plural(
            "New users: nothing was learnt from {count} of the {n} test users.",
            "New users: nothing was learnt from {count} of the {n} test users.",
            round(users.value),
            count=f"{users.value:,.0f}",
            n=f"{users.n:,}",
        )
    if items is not None and items.value and not of_items(measurements):
        yield plural(
            "New items: {count} of the {n} items of the test split is not in the training split.",
            "New items: {count} of the {n} items of the test split are not in the training split.",
            round(items.value),
            count=f"{items.value:,.0f}",
            n=f"{items.n:,}",
        )


def _untested(record: Measurement | None) -> Iterator[str]:
    if record is None or not record.value:
        return
    if record.arguments["method"] == "last":
        yield plural(
            "Not tested: {count} of {n} users has fewer than 3 interactions, which are all learnt from.",
            "Not tested: {count} of {n} users have fewer than 3 interactions, which are all learnt from.",
            round(record.value),
            count=f"{record.value:,.0f}",
            n=f"{record.n:,}",
        )
    else:
        yield plural(
            "Not tested: {count} of {n} users has no interaction in the test split.",
            "Not tested: {count} of {n} users have no interaction in the test split.",
            round(record.value),
            count=f"{record.value:,.0f}",
            n=f"{record.n:,}",
        )


def _tied(record: Measurement | None) -> Iterator[str]:
    if record is None or not record.value:
        return
    values = {"count": f"{record.value:,.0f}", "n": f"{record.n:,}"}
    if record.arguments["drawn"]:
        yield plural(
            "Order in doubt: {count} of {n} users has several interactions of one time, whose order is drawn from the "
            "seed; what is tested may depend on it.",
            "Order in doubt: {count} of {n} users have several interactions of one time, whose order is drawn from "
            "the seed; what is tested may depend on it.",
            round(record.value),
            **values,
        )
    else:
        yield plural(
            "Order in doubt: {count} of {n} users has several interactions of one time, which are taken in the order "
            "of the file; a file that is sorted by rating or item then says what comes last.",
            "Order in doubt: {count} of {n} users have several interactions of one time, which are taken in the order "
            "of the file; a file that is sorted by rating or item then says what comes last.",
            round(record.value),
            **values,
        )


def _of_test(measurements: Measurements, name: str) -> Measurement | None:
    return next(iter(measurements.where(name=name, split="test")), None)

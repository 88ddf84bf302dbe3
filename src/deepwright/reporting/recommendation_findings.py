"""What the measurements say of a model that recommends items to users, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _, listing, plural
from deepwright.reporting import figures, labels
from deepwright.validation.recommended import OF_HISTORIES, OF_ITEMS

#: The metric that judges such a model before all others.
PRINCIPAL = "ndcg"
#: This and the others that say how well items are found, each of one user.
JUDGING = (PRINCIPAL, "recall_at", "hit_rate", "mrr")


def answer(record: Measurement, baselines: Sequence[Measurement]) -> str:
    """The result in one sentence: the principal metric with its interval, the users behind it and the baselines."""
    low, high = figures.bounds(record) or (figures.NONE, figures.NONE)
    values = {
        "model": record.model,
        "metric": labels.metric(record.name),
        "value": figures.figure(record),
        "n": figures.NONE if record.n is None else f"{record.n:,}",
        "level": figures.level(record),
        "low": low,
        "high": high,
    }
    if not baselines:
        return _("{model}: {metric} is {value} on {n} users ({level} interval: {low} to {high}).", **values)
    others = (_("{baseline} {value}", baseline=other.model, value=figures.figure(other)) for other in baselines)
    return _(
        "{model}: {metric} is {value} on {n} test users ({level} interval: {low} to {high}). Baselines: {baselines}.",
        **values,
        baselines=listing(others),
    )


def fitting(measurements: Measurements) -> Iterator[str]:
    """Whether what was learnt from is found better than what was not; it is no other user, but an earlier item."""
    gap, test = measurements.get(f"{PRINCIPAL}_gap"), measurements.get(PRINCIPAL)
    train = next(iter(measurements.where(name=PRINCIPAL, split="train", model=measurements.model)), None)
    if gap is None or test is None or train is None or gap.interval is None:
        return
    value, low, high = figures.difference(gap)
    values = {
        "metric": labels.metric(PRINCIPAL),
        "train": figures.figure(train, gap),
        "test": figures.figure(test, gap),
        "gap": figures.amount(gap, value),
        "level": figures.level(gap),
        "low": low,
        "high": high,
    }
    if gap.interval[0] <= 0:
        yield _(
            "No overfitting is seen: {metric} is {train} where the last item of a user that was learnt from is to be "
            "found, and {test} where those of the test split are, a difference of {gap} ({level} interval: {low} to "
            "{high}).",
            **values,
        )
    elif measurements.get("epochs") is None:
        yield _(
            "Learnt and new: {metric} is {train} where the last item of a user that was learnt from is to be found, "
            "and {test} where those of the test split are, a difference of {gap} ({level} interval: {low} to {high}). "
            "The model was solved with the former among its data, so that this shows how much it remembers; only the "
            "latter tells how well it recommends.",
            **values,
        )
    else:
        yield _(
            "Overfitting: {metric} is {train} where the last item of a user that was learnt from is to be found, but "
            "{test} where those of the test split are, a difference of {gap} ({level} interval: {low} to {high}). "
            "More data or stronger regularisation may narrow the gap.",
            **values,
        )


def recommended(measurements: Measurements) -> Iterator[str]:
    """For whom and for which items it works, and how much of it is what everybody takes; nothing of other models."""
    if measurements.get(PRINCIPAL) is None:
        return
    yield from _by_history(of_histories(measurements))
    yield from _by_item(of_items(measurements))
    yield from _popularity(measurements)


def of_histories(measurements: Measurements) -> list[Measurement]:
    """The principal metric of users with about as many items before, the fewest first."""
    return _in_groups(measurements, OF_HISTORIES)


def of_items(measurements: Measurements) -> list[Measurement]:
    """The principal metric where the items to be found were learnt from about as often, the rarest first."""
    return _in_groups(measurements, OF_ITEMS)


def span(record: Measurement) -> str:
    """From how many items, or times, to how many a group goes."""
    return labels.tokens(record.name.rpartition("/")[2])


def is_cold(record: Measurement) -> bool:
    """Whether a group is that of users of whom nothing was known, or of items that were not learnt from."""
    return record.name.endswith("/0-0")


def _in_groups(measurements: Measurements, kind: str) -> list[Measurement]:
    return [record for record in measurements.records if f"/{kind}/" in record.name and record.value is not None]


def _by_history(records: Sequence[Measurement]) -> Iterator[str]:
    if (pair := _ends(records)) is None:
        return
    few, many = pair
    values = {
        "metric": labels.metric(PRINCIPAL),
        "few": span(few),
        "many": span(many),
        "of_few": _with_interval(few),
        "of_many": _with_interval(many),
        "level": figures.level(few),
    }
    if not _apart(few, many):
        yield _(
            "Histories are not shown to matter: {metric} is {of_few} for users with {few} items "
            "before, and {of_many} for those with {many} ({level} intervals, which overlap).",
            **values,
        )
    elif float(few) < float(many):
        yield _(
            "Users with short histories are served worse: {metric} is {of_few} for users with {few} items before, "
            "and {of_many} for those with {many} ({level} intervals).",
            **values,
        )
    else:
        yield _(
            "Users with long histories are served worse: {metric} is {of_few} for users with {few} items before, and "
            "{of_many} for those with {many} ({level} intervals).",
            **values,
        )


def _by_item(records: Sequence[Measurement]) -> Iterator[str]:
    for record in records:
        if is_cold(record):
            yield plural(
                "New items: {n} test user took one that was not learnt from; there {metric} is {value}.",
                "New items: {n} test users took one that was not learnt from; there {metric} is {value}.",
                record.n or 0,
                metric=labels.metric(PRINCIPAL),
                value=figures.figure(record),
            )
    if (pair := _ends(records)) is None:
        return
    rare, frequent = pair
    values = {
        "metric": labels.metric(PRINCIPAL),
        "rare": span(rare),
        "frequent": span(frequent),
        "of_rare": _with_interval(rare),
        "of_frequent": _with_interval(frequent),
        "level": figures.level(rare),
    }
    if _apart(rare, frequent) and float(rare) < float(frequent):
        yield _(
            "Rarely taken items are found less: {metric} is {of_rare} where the item was learnt from {rare} times, and "
            "{of_frequent} where it was {frequent} times ({level} intervals).",
            **values,
        )
    else:
        yield _(
            "Frequency is not shown to matter: {metric} is {of_rare} where the item was learnt from "
            "{rare} times, and {of_frequent} where it was {frequent} times ({level} intervals).",
            **values,
        )


def _popularity(measurements: Measurements) -> Iterator[str]:
    head, tail, covered = (measurements.get(name) for name in ("head_share", "long_tail", "coverage"))
    if head is None or tail is None or covered is None or head.value is None or covered.value is None:
        return
    yield _(
        "Popularity: {share} of what is recommended are items of the most taken tenth, which have {tail} of all "
        "interactions; {covered} of the items are recommended to at least one of the {n} test users.",
        share=figures.figure(head),
        tail=figures.figure(tail),
        covered=figures.figure(covered),
        n=figures.NONE if covered.n is None else f"{covered.n:,}",
    )


def _ends(records: Sequence[Measurement]) -> tuple[Measurement, Measurement] | None:
    """The first and the last group that have intervals, without those of which nothing was known."""
    known = [record for record in records if record.interval is not None and not is_cold(record)]
    return (known[0], known[-1]) if len(known) > 1 else None


def _apart(one: Measurement, other: Measurement) -> bool:
    """Whether two intervals have nothing in common."""
    assert one.interval is not None
    assert other.interval is not None
    return one.interval[0] > other.interval[1] or one.interval[1] < other.interval[0]


def _with_interval(record: Measurement) -> str:
    low, high = figures.bounds(record) or (figures.NONE, figures.NONE)
    return _("{value} ({interval})", value=figures.figure(record), interval=_("{low} to {high}", low=low, high=high))

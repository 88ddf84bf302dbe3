"""What the measurements say of a model that writes texts for others, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _, plural
from deepwright.reporting import figures, labels
from deepwright.reporting.principal import higher_is_better, principal
from deepwright.validation.written import CUT, EMPTY, OF_LENGTH


def written(measurements: Measurements) -> Iterator[str]:
    """Whether long sources are harder, and how many texts are empty or cut; nothing of a model that writes none."""
    if (empty := measurements.get(EMPTY)) is None or (cut := measurements.get(CUT)) is None:
        return
    yield from _others(measurements)
    yield from _lengths(measurements)
    yield from _lacking(empty, cut)


def of_lengths(measurements: Measurements) -> list[Measurement]:
    """The principal metric of texts whose sources are about as long, from the shortest to the longest."""
    return [record for record in measurements.records if f"/{OF_LENGTH}/" in record.name and record.value is not None]


def _others(measurements: Measurements) -> Iterator[str]:
    """What the other metrics say beside the principal one."""
    record, exact = principal(measurements), measurements.get("exact_match")
    if record is None or exact is None or exact.value is None or record.name == exact.name:
        return
    bounds = figures.bounds(exact)
    values = {"value": figures.figure(exact), "n": f"{exact.n:,}"}
    if bounds is None:
        yield _("Exactly right: {value} of {n} texts, character for character.", **values)
        return
    yield _(
        "Exactly right: {value} of {n} texts, character for character ({level} interval: {low} to {high}). A text has "
        "many good translations, so that this says less than it seems.",
        **values,
        level=figures.level(exact),
        low=bounds[0],
        high=bounds[1],
    )


def _lengths(measurements: Measurements) -> Iterator[str]:
    """The shortest sources beside the longest."""
    records = [record for record in of_lengths(measurements) if record.interval is not None]
    if len(records) < 2:
        return
    short, long = records[0], records[-1]
    assert short.interval is not None
    assert long.interval is not None
    values = {
        "metric": labels.metric(short.name.partition("/")[0]),
        "level": figures.level(short),
        "short": labels.tokens(short.name.rpartition("/")[2]),
        "long": labels.tokens(long.name.rpartition("/")[2]),
        "of_short": _with_interval(short),
        "of_long": _with_interval(long),
    }
    if short.interval[0] > long.interval[1] or short.interval[1] < long.interval[0]:
        better = (float(short) > float(long)) == higher_is_better(short)
        if better:
            yield _(
                "Long sources are harder: {metric} is {of_short} for sources of {short} tokens, and {of_long} for "
                "those of {long} ({level} intervals).",
                **values,
            )
        else:
            yield _(
                "Short sources are harder: {metric} is {of_short} for sources of {short} tokens, and {of_long} for "
                "those of {long} ({level} intervals).",
                **values,
            )
        return
    yield _(
        "Length is not shown to matter: {metric} is {of_short} for sources of {short} tokens, and {of_long} for those "
        "of {long} ({level} intervals, which overlap).",
        **values,
    )


def _lacking(empty: Measurement, cut: Measurement) -> Iterator[str]:
    if not empty.value and not cut.value:
        yield _("Empty or cut: none of the {n} texts that were written.", n=f"{empty.n:,}")
    if empty.value:
        yield plural(
            "Empty: for {count} of {n} sources nothing was written.",
            "Empty: for {count} of {n} sources nothing was written.",
            round(float(empty)),
            count=f"{empty.value:,.0f}",
            n=f"{empty.n:,}",
        )
    if cut.value:
        yield plural(
            "Cut: {count} of {n} texts is as long as the search lets a text become, and so probably without its end: "
            "a sign that the model repeats itself.",
            "Cut: {count} of {n} texts are as long as the search lets a text become, and so probably without their "
            "end: a sign that the model repeats itself.",
            round(float(cut)),
            count=f"{cut.value:,.0f}",
            n=f"{cut.n:,}",
        )


def _with_interval(record: Measurement) -> str:
    low, high = figures.bounds(record) or (figures.NONE, figures.NONE)
    return _("{value} ({interval})", value=figures.figure(record), interval=_("{low} to {high}", low=low, high=high))

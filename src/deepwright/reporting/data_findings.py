"""What an inspection of the data, and a trained model's doubts, mean for the results, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _, listing, plural
from deepwright.reporting import figures, interaction_findings, labels, pair_findings

#: Beyond this ratio of the largest class to the smallest, the classes are called unbalanced.
UNBALANCED = 10


def grave(measurements: Measurements) -> Iterator[str]:
    """What makes the results doubtful: pictures or texts in two splits, or with two labels; too few users."""
    yield from interaction_findings.grave(measurements)
    if (texts := measurements.get("conflicting_texts")) is not None:
        yield from _leaked_texts(measurements)
        if texts.value:
            yield plural(
                "Contradiction: {count} text is there more than once, with different labels.",
                "Contradiction: {count} texts are there more than once, with different labels.",
                round(texts.value),
                count=f"{texts.value:,.0f}",
            )
        return
    yield from _leaks(measurements)
    record = measurements.get("conflicting_pictures")
    if record is None:
        return
    near = record.arguments.get("near_pairs", 0)
    if record.value:
        yield plural(
            "Contradiction: {count} picture is there more than once, with different labels.",
            "Contradiction: {count} pictures are there more than once, with different labels.",
            round(record.value),
            count=f"{record.value:,.0f}",
        )
    if near:
        yield plural(
            "Contradiction: {count} pair of nearly the same pictures has different labels.",
            "Contradiction: {count} pairs of nearly the same pictures have different labels.",
            round(near),
            count=f"{near:,.0f}",
        )


def others(measurements: Measurements) -> Iterator[str]:
    """What else should be known of the data."""
    yield from _doubts(measurements)
    yield from (_repeated if measurements.get("conflicting_texts") is None else _repeated_texts)(measurements)
    if (record := measurements.get("rejected_rows")) is not None and record.value:
        yield (
            plural(
                "Rejected: {count} file could not be used; the data section says why.",
                "Rejected: {count} files could not be used; the data section says why.",
                round(record.value),
                count=f"{record.value:,.0f}",
            )
            if record.n is None
            else plural(
                "Rejected: {count} of {all} pictures or rows could not be used; the data section says why.",
                "Rejected: {count} of {all} pictures or rows could not be used; the data section says why.",
                round(record.value),
                count=f"{record.value:,.0f}",
                all=f"{record.n:,}",
            )
        )
    if (record := measurements.get("blank_pictures")) is not None and record.value:
        yield plural(
            "Blank: {count} picture has next to no contrast.",
            "Blank: {count} pictures have next to no contrast.",
            round(record.value),
            count=f"{record.value:,.0f}",
        )
    yield from _cut(measurements)
    yield from pair_findings.sentences(measurements)
    yield from interaction_findings.sentences(measurements)
    yield from _balance(measurements.get("class_ratio"))


def _cut(measurements: Measurements) -> Iterator[str]:
    """How many texts are longer than what is read of them."""
    records = measurements.where(name="cut_texts")
    if count := round(sum(map(float, records))):
        yield plural(
            "Cut: {count} text is longer than {limit} tokens, and what follows is not read (data.max_seq_len).",
            "Cut: {count} texts are longer than {limit} tokens, and what follows is not read (data.max_seq_len).",
            count,
            count=f"{count:,}",
            limit=f"{records[0].arguments['max_seq_len']:,}",
        )


def _balance(record: Measurement | None) -> Iterator[str]:
    if record is None:
        return
    if float(record) >= UNBALANCED:
        yield _(
            "Unbalanced: the largest class has {ratio} times as many rows to learn from as the smallest.",
            ratio=figures.figure(record),
        )
    if few := record.arguments["few"]:
        named = (_("{label} ({n})", label=name, n=count) for name, count in few.items())
        yield _("Few rows to learn from: {classes}.", classes=listing(named))


def _consequences() -> dict[tuple[str, str], str]:
    """What it means that rows of the first split are also in the second."""
    return {
        ("test", "train"): _("the test figures flatter the model"),
        ("validation", "train"): _("what is chosen and calibrated on them is too confident"),
        ("test", "validation"): _(
            "they took part in choosing and calibrating, so that the test figures flatter the model"
        ),
    }


def _leaked_texts(measurements: Measurements) -> Iterator[str]:
    for (split, other), consequence in _consequences().items():
        record = _leak(measurements, split, other)
        if record is not None and record.value:
            yield plural(
                "Leakage: {count} text of the {split} split is also in the {other} split, word for word: "
                "{consequence}.",
                "Leakage: {count} texts of the {split} split are also in the {other} split, word for word: "
                "{consequence}.",
                round(record.value),
                count=f"{record.value:,.0f}",
                split=labels.split(split),
                other=labels.split(other),
                consequence=consequence,
            )


def _repeated_texts(measurements: Measurements) -> Iterator[str]:
    leak, record = _leak(measurements, "test", "train"), measurements.get("repeated_rows")
    if leak is not None and not leak.value:
        yield _("No leakage: no text of the test split is in the training split word for word.")
    if record is not None and record.value:
        yield plural(
            "Repeated: {count} text is the same as an earlier one.",
            "Repeated: {count} texts are the same as earlier ones.",
            round(record.value),
            count=f"{record.value:,.0f}",
        )


def _leaks(measurements: Measurements) -> Iterator[str]:
    for (split, other), consequence in _consequences().items():
        record = _leak(measurements, split, other)
        if record is not None and record.value:
            yield plural(
                "Leakage: {count} picture of the {split} split is also in the {other} split ({way}): {consequence}.",
                "Leakage: {count} pictures of the {split} split are also in the {other} split ({way}): {consequence}.",
                round(record.value),
                count=f"{record.value:,.0f}",
                split=labels.split(split),
                other=labels.split(other),
                way=_way(record),
                consequence=consequence,
            )


def _repeated(measurements: Measurements) -> Iterator[str]:
    record = measurements.get("repeated_rows")
    if record is None:
        return
    near = record.arguments.get("near_pairs")
    leak = _leak(measurements, "test", "train")
    if leak is not None and not leak.value:
        if near is None:
            yield _("No leakage: no picture of the test split is in the training split pixel by pixel.")
        else:
            yield _(
                "No leakage: no picture of the test split was found in the training split, neither the same nor nearly "
                "the same."
            )
    if record.value:
        yield plural(
            "Repeated: {count} row has the same picture as an earlier one.",
            "Repeated: {count} rows have the same picture as an earlier one.",
            round(record.value),
            count=f"{record.value:,.0f}",
        )
    if near:
        yield plural(
            "Repeated: {count} pair of pictures is nearly the same.",
            "Repeated: {count} pairs of pictures are nearly the same.",
            round(near),
            count=f"{near:,.0f}",
        )


def _doubts(measurements: Measurements) -> Iterator[str]:
    record = measurements.get("suspected_labels")
    if record is None or not record.value:
        return
    yield plural(
        "Doubted labels: the model contradicts {count} label of the {rows} validation and test rows with confidence. "
        "It may be wrong, and so may the label: look at it.",
        "Doubted labels: the model contradicts {count} labels of the {rows} validation and test rows with confidence. "
        "It may be wrong, and so may they: look at them.",
        round(record.value),
        count=f"{record.value:,.0f}",
        rows=figures.NONE if record.n is None else f"{record.n:,}",
    )


def _leak(measurements: Measurements, split: str, other: str) -> Measurement | None:
    return next(iter(measurements.where(name=f"leaked_rows/{other}", split=split)), None)


def _way(record: Measurement) -> str:
    """How many of the leaked pictures are there pixel by pixel, and how many nearly."""
    exact, near = record.arguments["exact"], record.arguments.get("near")
    if near is None:
        return _("pixel by pixel")
    return _("{exact} pixel by pixel, {near} nearly", exact=f"{exact:,}", near=f"{near:,}")

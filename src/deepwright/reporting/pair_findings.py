"""What an inspection of pairs of texts means for what is learnt from them, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _, plural
from deepwright.reporting import figures

#: A target is called frequent if at least this share of the pairs have it, and at least so many.
_OFTEN, _TIMES = 0.01, 10


def sentences(measurements: Measurements) -> Iterator[str]:
    """What should be known of the pairs; nothing where the data has none."""
    for name, said in (
        ("identical_pairs", _same),
        ("far_lengths", _far),
        ("huge_texts", _huge),
        ("ambiguous_sources", _ambiguous),
        ("frequent_target", _frequent),
    ):
        record = measurements.get(name)
        if record is not None and record.value and record.n:
            yield from said(record, record.value / record.n)


def _first(record: Measurement) -> str:
    """What the first pair is called."""
    name = record.arguments["name"]
    return _("row {row}", row=record.arguments["row"]) if name is None else str(name)


def _same(record: Measurement, share: float) -> Iterator[str]:
    yield plural(
        "The same on both sides: {count} pair ({share}), {first}. It is learnt from like all others.",
        "The same on both sides: {count} pairs ({share}); the first is {first}. They are learnt from like all others.",
        round(float(record)),
        count=f"{float(record):,.0f}",
        share=figures.percent(share),
        first=_first(record),
    )


def _far(record: Measurement, share: float) -> Iterator[str]:
    yield plural(
        "Unusual lengths: {count} pair ({share}), {first}, is more than {factor} times off the usual {ratio} "
        "characters of target for each of source. It is learnt from like all others: see whether its texts belong "
        "together.",
        "Unusual lengths: {count} pairs ({share}), of which the first is {first}, are more than {factor} times off the "
        "usual {ratio} characters of target for each of source. They are learnt from like all others: see whether "
        "their texts belong together.",
        round(float(record)),
        count=f"{float(record):,.0f}",
        share=figures.percent(share),
        first=_first(record),
        factor=record.arguments["factor"],
        ratio=f"{record.arguments['ratio']:.2f}",
    )


def _huge(record: Measurement, _share: float) -> Iterator[str]:
    yield plural(
        "Very long: {count} pair, {first}, has a text more than {factor} times as long as the median. What is beyond "
        "data.max_seq_len tokens is not read.",
        "Very long: {count} pairs, of which the first is {first}, have a text more than {factor} times as long as the "
        "median. What is beyond data.max_seq_len tokens is not read.",
        round(float(record)),
        count=f"{float(record):,.0f}",
        first=_first(record),
        factor=f"{record.arguments['factor']:,}",
    )


def _ambiguous(record: Measurement, _share: float) -> Iterator[str]:
    yield plural(
        "Several targets: {count} source is there with different targets, of which a model can write one only.",
        "Several targets: {count} sources are there with different targets, of which a model can write one only.",
        round(float(record)),
        count=f"{float(record):,.0f}",
    )


def _frequent(record: Measurement, share: float) -> Iterator[str]:
    if share >= _OFTEN and float(record) >= _TIMES:
        yield _(
            "Often the same: {count} pairs ({share}) have the target “{text}”, which a model then writes too often.",
            count=f"{float(record):,.0f}",
            share=figures.percent(share),
            text=record.arguments["text"],
        )

"""What the measurements say of a model that continues texts, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _, listing
from deepwright.reporting import figures

#: The metric that judges such a model before all others.
PRINCIPAL = "perplexity"
#: With fewer passages than this behind them, intervals are said to be doubtful.
FEW = 20


def answer(record: Measurement, measurements: Measurements, baselines: Sequence[Measurement]) -> str:
    """The result in one sentence: perplexity with its interval, bits per character, and the baselines."""
    bits = measurements.get("bits_per_character")
    values = {
        "model": record.model,
        "value": figures.figure(record),
        "interval": _interval(record),
        "bits": figures.NONE if bits is None else figures.figure(bits),
        "bits_interval": figures.NONE if bits is None else _interval(bits),
    }
    if not baselines:
        return _("{model}: perplexity {value} ({interval}), {bits} bits per character ({bits_interval}).", **values)
    others = (_("{baseline} {value}", baseline=other.model, value=figures.figure(other)) for other in baselines)
    return _(
        "{model}: on the test split, perplexity {value} ({interval}) and {bits} bits per character ({bits_interval}). "
        "Perplexity of the baselines: {baselines}.",
        **values,
        baselines=listing(others),
    )


def fitting(measurements: Measurements) -> Iterator[str]:
    """Whether text that was learnt from is predicted better than new text."""
    gap, test = measurements.get(f"{PRINCIPAL}_gap"), measurements.get(PRINCIPAL)
    train = next(iter(measurements.where(name=PRINCIPAL, split="train", model=measurements.model)), None)
    if gap is None or test is None or train is None or gap.interval is None:
        return
    value, low, high = figures.difference(gap)
    values = {
        "train": figures.figure(train, gap),
        "test": figures.figure(test, gap),
        "gap": value,
        "level": figures.level(gap),
        "low": low,
        "high": high,
    }
    if gap.interval[1] < 0:
        yield _(
            "Overfitting: perplexity is {train} on text that was learnt from, but {test} on the test split, a "
            "difference of {gap} ({level} interval: {low} to {high}). More text or stronger regularisation may narrow "
            "the gap; the two parts of the text may also differ.",
            **values,
        )
    else:
        yield _(
            "No overfitting is seen: perplexity is {train} on text that was learnt from and {test} on the test split, "
            "a difference of {gap} ({level} interval: {low} to {high}).",
            **values,
        )


def passages(measurements: Measurements) -> Iterator[str]:
    """Over what the intervals are drawn."""
    record = measurements.get(PRINCIPAL)
    if record is None or (count := record.arguments.get("num_groups")) is None:
        return
    if count == 1:
        yield _("The test split is a single passage, so that there are no intervals: more text would give them.")
        return
    yield _(
        "Intervals draw the {n} passages of the test split, not single tokens, since tokens that stand together are "
        "alike. They say nothing of other texts.",
        n=f"{count:,}",
    )
    if count < FEW:
        yield _("Few passages: intervals from {n} passages may still be too narrow.", n=count)


def _interval(record: Measurement) -> str:
    bounds = figures.bounds(record)
    if bounds is None:
        return _("without an interval")
    return _("{level} interval: {low} to {high}", level=figures.level(record), low=bounds[0], high=bounds[1])

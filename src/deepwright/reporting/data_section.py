"""What a report shows of the data: facts, sample pictures, balance, duplicates, doubted labels, rejected files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepwright.messages import _, listing, plural
from deepwright.reporting import figures, interactions, labels
from deepwright.reporting.charts import LineChart
from deepwright.reporting.contents import SPLITS

DATA, SAMPLES, DOUBTS = "data.json", "samples.json", "doubted_labels.json"
#: Rejected files, and doubted labels, that the page lists.
_LISTED = 50
#: Pixels a side of pictures that are not smoothed when they are shown.
_COARSE = 16


@dataclass(frozen=True)
class Fact:
    """Something known of the data; ``code`` holds what is no prose, such as a path or a hash."""

    name: str
    text: str = ""
    code: str = ""


@dataclass(frozen=True)
class Shown:
    """A picture or a text with what stands below it; ``picture`` is a data URI; None where they were not kept.

    ``target`` is the text that was written for it.
    """

    name: str
    picture: str | None
    lines: Sequence[str]
    text: str | None = None
    target: str | None = None


@dataclass(frozen=True)
class Group:
    """Sample pictures; ``name`` is their class, None where there are no classes."""

    name: str | None
    pictures: Sequence[Shown]


@dataclass(frozen=True)
class Bar:
    """A class: its rows in each split, the share of the first split's rows, and lengths beside the largest class."""

    name: str
    counts: Sequence[int]
    share: float
    lengths: Sequence[float]


@dataclass(frozen=True)
class Pair:
    """Two pictures that show the same: in which way, whether they join splits, and whether their labels disagree."""

    pictures: Sequence[Shown]
    way: str
    apart: bool
    disagree: bool


@dataclass(frozen=True)
class DataSection:
    """The data of a run, or data alone, as its files describe it.

    Attributes:
        data: where it came from, splits, and what an inspection found.
        samples: small pictures.
        doubts: labels that a trained model doubts; None where none was trained, or it learnt numbers.
    """

    data: Mapping[str, Any]
    samples: Mapping[str, Any]
    doubts: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> DataSection:
        """The section from a run's files, by name."""
        samples = json.loads(files[SAMPLES]) if SAMPLES in files else {"groups": [], "pictures": {}, "names": {}}
        return cls(json.loads(files[DATA]), samples, json.loads(files[DOUBTS]) if DOUBTS in files else None)

    @property
    def name(self) -> str:
        """The data set's name, without the folders that lead to it."""
        return Path(str(self.data["source"])).name

    @property
    def inspection(self) -> Mapping[str, Any]:
        """What an inspection found; nothing where there was none."""
        nothing: dict[str, Any] = {
            "pictures": None,
            "classes": None,
            "duplicates": None,
            "rejected": {"reasons": {}, "listed": []},
        }
        return self.data.get("inspection") or nothing

    @property
    def splits(self) -> Sequence[str]:
        """The splits; empty where the data was not divided."""
        return [split for split in SPLITS if split in self.data["splits"]]

    @property
    def heads(self) -> list[str]:
        """What the columns of counts are called: the splits, or all rows."""
        return [labels.split(split) for split in self.splits] or [self.units]

    def facts(self) -> list[Fact]:
        """What is known of the whole."""
        stated = self.data.get("stated", {})
        columns = (_column(name, column) for name, column in self.data["columns"].items())
        roles = (f"{role} = {column}" for role, column in self.data["roles"].items())
        return [
            Fact(_("source"), code=listing([str(self.data["source"]), *_second(self.data)])),
            Fact(self.units, f"{self.data['rows']:,}"),
            *_pictures(self.inspection["pictures"]),
            *_texts(self.inspection.get("texts")),
            *_targets(self.inspection.get("pairs")),
            *_interactions(self.inspection.get("interactions")),
            Fact(_("columns"), code=listing(columns)),
            Fact(_("roles"), code=listing(roles)),
            Fact(
                _("stated by the user"),
                _(
                    "origin: {origin}; licence: {licence}; retention: {retention}",
                    origin=stated.get("origin") or _("not stated"),
                    licence=stated.get("licence") or _("not stated"),
                    retention=stated.get("retention") or _("not stated"),
                ),
            ),
            Fact(_("SHA-256"), code=self.data["sha256"]),
        ]

    def groups(self) -> list[Group]:
        """Sample pictures of each class."""
        return [
            Group(
                group["name"],
                [
                    self._shown(row, [figures.compact(value, 4)] if value is not None else [])
                    for row, value in zip(
                        group["rows"], group.get("values") or [None] * len(group["rows"]), strict=True
                    )
                ],
            )
            for group in self.samples["groups"]
        ]

    def bars(self) -> list[Bar]:
        """The rows of each class in every split."""
        counted = (self.inspection["classes"] or {"counts": {}})["counts"]
        parts = self.splits or ["all"]
        table = {name: [counts[part] for part in parts] for name, counts in counted.items()}
        total = max(1, self.data["splits"]["train"]["rows"] if self.splits else self.data["rows"])
        most = max([1, *(sum(counts) for counts in table.values())])
        return [
            Bar(name, counts, counts[0] / total, [count / most for count in counts]) for name, counts in table.items()
        ]

    @property
    def of_passages(self) -> bool:
        """Whether the rows are passages of texts."""
        return bool(self.data["method"] == "contiguous")

    @property
    def units(self) -> str:
        """What the rows are called."""
        if self.of_interactions:
            return _("interactions")
        return _("passages") if self.of_passages else _("rows")

    @property
    def of_texts(self) -> bool:
        """Whether texts are learnt from, not pictures."""
        return self.inspection.get("texts") is not None

    @property
    def of_pairs(self) -> bool:
        """Whether texts are written for others."""
        return self.inspection.get("pairs") is not None

    @property
    def of_interactions(self) -> bool:
        """Whether users take items."""
        return self.inspection.get("interactions") is not None

    def long_tail(self) -> LineChart | None:
        """The share of all interactions that the most taken items have; None where no items are taken."""
        found = self.inspection.get("interactions")
        return None if found is None else interactions.long_tail(found)

    @property
    def coarse(self) -> bool:
        """Whether pictures have so few pixels that each is shown as a square."""
        found = self.inspection["pictures"]
        return found is not None and max(found["shape"][:2]) <= _COARSE

    def numbers(self) -> list[tuple[str, ...]]:
        """Least, mean and greatest of the number to be learnt, by split; empty where it is none."""
        found = {split: self.data["splits"][split].get("numbers") for split in self.splits}
        return [
            (split, *(figures.compact(numbers[key], 4) for key in ("min", "mean", "max")))
            for split, numbers in found.items()
            if numbers is not None
        ]

    def pairs(self) -> list[Pair]:
        """The gravest duplicates of which the pictures were kept."""
        listed = (self.inspection["duplicates"] or {"listed": []})["listed"]
        return [
            _pair(twins, [self._of_twins(twins, place) for place in (0, 1)])
            for twins in listed
            if all(str(row) in (self.samples.get("texts") or self.samples["pictures"]) for row in twins["rows"][:2])
        ]

    def doubted(self) -> list[Shown]:
        """The rows whose labels a trained model doubts most."""
        if self.doubts is None:
            return []
        kept, texts = self.doubts["pictures"], self.doubts.get("texts", {})
        return [
            Shown(
                suspect["name"] or _row(suspect["row"]),
                kept.get(str(suspect["row"])),
                [*doubt(suspect), labels.split(suspect["split"])],
                texts.get(str(suspect["row"])),
            )
            for suspect in self.doubts["suspects"][:_LISTED]
        ]

    def rejected(self) -> tuple[list[tuple[str, int]], list[Mapping[str, str]]]:
        """How often each reason was given, and the first pictures or rows that it was given for."""
        refused = self.inspection["rejected"]
        return list(refused["reasons"].items()), refused["listed"][:_LISTED]

    def _of_twins(self, twins: Mapping[str, Any], place: int) -> Shown:
        lines = [twins["labels"][place]] if twins["labels"] else []
        return self._shown(
            twins["rows"][place], lines + ([labels.split(twins["splits"][place])] if twins["splits"] else [])
        )

    def _shown(self, row: int, lines: Sequence[str]) -> Shown:
        name = self.samples["names"].get(str(row)) or _row(row)
        texts, targets = self.samples.get("texts", {}), self.samples.get("targets", {})
        return Shown(name, self.samples["pictures"].get(str(row)), lines, texts.get(str(row)), targets.get(str(row)))


def doubt(suspect: Mapping[str, Any]) -> list[str]:
    """What a doubted row is called and what the model is confident of, each with its probability."""
    return opposed(
        suspect["label"], suspect["predicted"], suspect["label_probability"], suspect["predicted_probability"]
    )


def opposed(label: object, predicted: object, stated: float, said: float) -> list[str]:
    """A row's label beside what a model says, each with its probability; None is the want of the other one."""
    one = _("not {label}", label=predicted) if label is None else label
    other = _("not {label}", label=label) if predicted is None else predicted
    return [
        _("labelled {label}: {probability}", label=one, probability=figures.percent(stated)),
        _("predicted {label}: {probability}", label=other, probability=figures.percent(said)),
    ]


def way(remainder: float) -> str:
    """In which way two pictures are the same."""
    if not remainder:
        return _("pixel by pixel")
    return _("{share} of the contrast differs", share=figures.percent(remainder, 0))


def split_names(twins: Mapping[str, Any]) -> str:
    """The splits of some duplicates, each once."""
    return listing(dict.fromkeys(map(labels.split, twins["splits"] or [])))


def _pair(twins: Mapping[str, Any], pictures: Sequence[Shown]) -> Pair:
    apart = len(set(twins["splits"] or [])) > 1
    how = _("word for word") if any(shown.text is not None for shown in pictures) else way(twins["remainder"])
    return Pair(pictures, how, apart, len(set(twins["labels"] or [])) > 1)


def _pictures(found: Mapping[str, Any] | None) -> Iterator[Fact]:
    if found is None:
        return
    height, width, *channels = found["shape"]
    colour = _("in colour") if channels else _("grey")
    yield Fact(_("pictures"), _("{width} × {height} pixels, {colour}", width=width, height=height, colour=colour))
    if found["widths"] is None:
        return
    yield Fact(
        _("sizes of the files"),
        plural(
            "{n} size; widths {widths} pixels, heights {heights} pixels; most often {sizes}",
            "{n} sizes; widths {widths} pixels, heights {heights} pixels; most often {sizes}",
            found["num_sizes"],
            widths=_spread(found["widths"]),
            heights=_spread(found["heights"]),
            sizes=_counted(found["sizes"]),
        ),
    )
    yield Fact(_("formats and modes"), f"{_counted(found['formats'])}; {_counted(found['modes'])}")


def _texts(found: Mapping[str, Any] | None) -> Iterator[Fact]:
    if found is None:
        return
    lengths = {
        key: dict(zip(("least", "median", "greatest"), found[key], strict=True)) for key in ("words", "characters")
    }
    yield Fact(
        _("texts"),
        _(
            "{words} words, {characters} characters; {share} of the characters are Chinese or Japanese, each of which "
            "counts as a word",
            words=_spread(lengths["words"]),
            characters=_spread(lengths["characters"]),
            share=figures.percent(found["unspaced"], 0),
        )
        if found["unspaced"]
        else _(
            "{words} words, {characters} characters",
            words=_spread(lengths["words"]),
            characters=_spread(lengths["characters"]),
        ),
    )
    if (tokens := found["tokens"]) is None:
        return
    units = {"word": _("words"), "character": _("characters"), "byte": _("bytes"), "bpe": _("byte pairs")}
    yield Fact(
        _("tokens"),
        _(
            "{unit}, {n} of them known; not known: {unknown} of the test split's",
            unit=units[tokens["tokenizer"]],
            n=f"{tokens['vocab_size']:,}",
            unknown=figures.percent(tokens["unknown"]["test"]),
        ),
    )
    yield Fact(
        _("cut off"),
        plural(
            "{n} text is longer than {limit} tokens, of which no more is read",
            "{n} texts are longer than {limit} tokens, of which no more is read",
            sum(tokens["cut"].values()),
            limit=f"{tokens['max_seq_len']:,}",
        ),
    )


def _interactions(found: Mapping[str, Any] | None) -> Iterator[Fact]:
    if found is not None:
        yield from (Fact(name, text) for name, text in interactions.facts(found))


def _second(data: Mapping[str, Any]) -> list[str]:
    """The file of the texts that are written for those of the first, if there is one."""
    return [str(data["target_source"])] if "target_source" in data else []


def _targets(found: Mapping[str, Any] | None) -> Iterator[Fact]:
    if found is None:
        return
    yield Fact(
        _("texts to be written"),
        _(
            "{characters} characters; for each character of a source {ratio} (median); {share} are the same as their "
            "source",
            characters=_spread(dict(zip(("least", "median", "greatest"), found["characters"], strict=True))),
            ratio=f"{found['ratio']:.2f}",
            share=f"{found['same']['count']:,}",
        ),
    )


def _spread(spread: Mapping[str, float]) -> str:
    least, median, greatest = (f"{spread[key]:,g}" for key in ("least", "median", "greatest"))
    if least == greatest:
        return least
    return _("{low} to {high} (median {median})", low=least, high=greatest, median=median)


def _counted(counts: Mapping[str, int]) -> str:
    return listing(_("{label} ({n})", label=name, n=f"{count:,}") for name, count in counts.items())


def _column(name: str, column: Mapping[str, Any]) -> str:
    return f"{name} ({' '.join([column['kind'], ' × '.join(map(str, column['shape']))]).rstrip()})"


def _row(row: int) -> str:
    return _("row {row}", row=row)

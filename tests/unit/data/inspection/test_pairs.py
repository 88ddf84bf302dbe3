"""What is found in pairs of texts: planted oddities are counted, and the first of each is named."""

from __future__ import annotations

import numpy as np
import pytest

from deepwright.data.inspection.overview import Inspection, inspect_table
from deepwright.data.inspection.pairs import Pairs, pairs_of
from deepwright.data.inspection.samples import samples
from deepwright.data.splits import Splits
from deepwright.data.table import Column, Table
from deepwright.data.tabular.columns import objects
from deepwright.measurements import Measurements
from deepwright.reporting import data_findings

COUNT = 100


def _texts() -> tuple[list[str], list[str]]:
    """Pairs without anything odd: every target is twice as long as its source."""
    return [f"source {row:03}" for row in range(COUNT)], [f"{row:03}: the target's text" for row in range(COUNT)]


def _found(sources: list[str], targets: list[str]) -> Pairs:
    return pairs_of(("de", "en"), sources, targets, np.array([f"line {row + 1}" for row in range(COUNT)]))


def _inspected(sources: list[str], targets: list[str]) -> tuple[Table, Splits, Inspection]:
    names = np.array([f"line {row + 1}" for row in range(len(sources))])
    columns = {"de": Column("text", objects(sources)), "en": Column("text", objects(targets))}
    table = Table(columns, "pairs", names=names)
    splits = Splits("random", np.arange(60), np.arange(60, 80), np.arange(80, 100))
    return table, splits, inspect_table(table, splits, table.columns["en"], text="de", target="en")


def _sentences(found: Inspection) -> list[str]:
    records = Measurements(found.measurements())
    return [*data_findings.grave(records), *data_findings.others(records)]


def test_nothing_odd_is_found_where_there_is_nothing() -> None:
    found = _found(*_texts())
    assert (found.same.count, found.far.count, found.huge.count, found.ambiguous) == (0, 0, 0, 0)
    assert found.frequency == 1
    assert found.characters == (22, 22.0, 22)
    assert found.ratio == 2.2


def test_planted_oddities_are_counted_and_the_first_is_named() -> None:
    sources, targets = _texts()
    targets[7], targets[9] = f" {sources[7]} ", sources[9]
    targets[20], sources[30] = "t" * 300, "s" * 300
    targets[40] = "x" * 30_000
    sources[50], sources[51] = "The Same", "the  same"
    targets[60:75] = ["I do not know."] * 15
    found = _found(sources, targets)
    assert (found.same.count, found.same.row, found.same.name) == (2, 7, "line 8")
    assert (found.far.count, found.far.name) == (3, "line 21")
    assert (found.huge.count, found.huge.name) == (1, "line 41")
    assert found.ambiguous == 1
    assert (found.frequent, found.frequency) == ("I do not know.", 15)


def test_each_finding_is_a_sentence_with_its_figures() -> None:
    sources, targets = _texts()
    targets[7] = sources[7]
    targets[20] = "t" * 300
    targets[40] = "x" * 30_000
    sources[50], sources[51] = "the same", "the same"
    targets[60:75] = ["我不知道。"] * 15
    sources[95] = sources[3].upper()
    said = "\n".join(_sentences(_inspected(sources, targets)[2]))
    for part in (
        "The same on both sides: 1 pair (1.0%), line 8.",
        "Unusual lengths: 2 pairs (2.0%), of which the first is line 21, are more than 5 times off the usual 2.20 ",
        "Very long: 1 pair, line 41, has a text more than 1,000 times as long as the median.",
        "Several targets: 2 sources are there with different targets",
        "Often the same: 15 pairs (15.0%) have the target “我不知道。”",
        "Leakage: 1 text of the test split is also in the training split, word for word",
        "Repeated: 2 texts are the same as earlier ones.",
    ):
        assert part in said, said
    assert "Contradiction" not in said


@pytest.mark.parametrize("times", [1, 9])
def test_a_target_that_is_there_a_few_times_is_not_mentioned(times: int) -> None:
    sources, targets = _texts()
    targets[:times] = ["yes"] * times
    assert not [said for said in _sentences(_inspected(sources, targets)[2]) if "Often the same" in said]


def test_pairs_are_sampled_from_the_training_split_side_by_side() -> None:
    table, splits, found = _inspected(*_texts())
    shown = samples(table, found, splits, table.columns["en"])
    (group,) = shown["groups"]
    assert group["name"] is None
    assert 4 < len(group["rows"]) <= 12
    assert set(group["rows"]) <= set(splits.train.tolist())
    for row in group["rows"]:
        assert shown["texts"][str(row)] == table.columns["de"].values[row]
        assert shown["targets"][str(row)] == table.columns["en"].values[row]
    assert found.classes is None


def test_the_record_of_other_data_says_nothing_of_pairs() -> None:
    texts = objects([f"text {row}" for row in range(9)])
    table = Table({"text": Column("text", texts), "label": Column("category", np.array(list("aabbccabc")))}, "t")
    assert "pairs" not in inspect_table(table, None, table.columns["label"], text="text").to_json()

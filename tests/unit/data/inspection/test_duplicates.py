from __future__ import annotations

import numpy as np

from deepwright.data.inspection.duplicates import Duplicates, Leak, find_duplicates, repeats
from deepwright.data.inspection.fingerprints import fingerprints
from deepwright.data.inspection.near_duplicates import NearPairs
from deepwright.data.splits import Splits
from tests.unit.data.planted import encoded, tiles


def duplicates(groups: list[int], pairs: list[tuple[int, int]] | None = None) -> Duplicates:
    if pairs is None:
        return Duplicates(np.array(groups), None)
    rows = np.array(pairs, np.int64).reshape(-1, 2)
    return Duplicates(np.array(groups), NearPairs(rows, np.linspace(0.05, 0.1, len(rows))))


def splits(train: list[int], validation: list[int], test: list[int]) -> Splits:
    return Splits("given", *(np.array(rows, np.int64) for rows in (train, validation, test)))


def test_exact_and_near_duplicates_are_told_apart() -> None:
    photographs = tiles()
    count = len(photographs)
    found = find_duplicates(
        fingerprints(np.concatenate([photographs, photographs[3:5], encoded(photographs[3])[None]]))
    )
    assert [group.tolist() for group in found.exact] == [[3, count], [4, count + 1]]
    assert found.pairs.tolist() == [[3, count + 2]]
    assert found.num_repeated == 2


def test_small_pictures_are_compared_pixel_by_pixel_alone() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (20, 8, 8), np.uint8)
    pictures[19] = pictures[2]
    found = find_duplicates(fingerprints(pictures))
    assert [group.tolist() for group in found.exact] == [[2, 19]]
    assert found.near is None
    assert len(found.pairs) == 0


def test_leaks_count_rows_of_the_later_split_once() -> None:
    # 0 = 4 = 5 pixel by pixel, 1 ~ 6 and 1 ~ 7 nearly, 0 ~ 6 nearly
    found = duplicates([0, 1, 2, 3, 0, 0, 6, 7], [(1, 6), (1, 7), (0, 6)])
    leaks = list(found.leaks(splits([0, 1], [2, 5], [3, 4, 6, 7])))
    assert leaks == [
        Leak("validation", 2, "train", 1, 0),
        Leak("test", 4, "train", 1, 2),
        Leak("test", 4, "validation", 1, 1),
    ]


def test_near_duplicates_of_copies_count_as_well() -> None:
    # row 3 is a copy of row 0, which is nearly row 1; of the two only the copy is in the training split
    found = duplicates([0, 1, 2, 0], [(0, 1)])
    assert list(found.leaks(splits([3], [2], [1])))[1] == Leak("test", 1, "train", 0, 1)


def test_conflicts() -> None:
    found = duplicates([0, 1, 0, 1, 4, 5], [(4, 5), (0, 4)])
    exact, near = found.conflicts(["a", "b", "a", "c", "d", "d"])
    assert [rows.tolist() for rows in exact] == [[1, 3]]
    assert near == [1]


def test_the_gravest_are_listed_first() -> None:
    found = duplicates([0, 1, 0, 1, 4, 5, 6, 7], [(4, 5), (6, 7)])
    labels = [(name,) for name in "aaaabcdd"]
    listed = repeats(found, splits([0, 1, 2, 4, 6], [5], [3, 7]), labels).listed
    assert [twins.rows for twins in listed] == [[4, 5], [1, 3], [6, 7], [0, 2]]
    assert listed[0].labels == ["b", "c"]
    assert listed[0].splits == ["train", "validation"]
    assert listed[1].remainder == 0 < listed[2].remainder
    assert listed[0].names is None


def test_a_large_group_is_represented_by_rows_of_every_split_and_label() -> None:
    found = duplicates([0] * 40)
    labels = [("b",) if row == 37 else ("a",) for row in range(40)]
    (twins,) = repeats(
        found, splits(list(range(38)), [], [38, 39]), labels, np.array([f"{r}.png" for r in range(40)])
    ).listed
    assert len(twins.rows) == 5
    assert {37, 38} < set(twins.rows)
    assert twins.names is not None
    assert twins.names[0] == "0.png"


def test_measurements() -> None:
    found = repeats(duplicates([0, 0, 2, 3], [(2, 3)]), splits([0, 2], [3], [1]), [("a",), ("b",), ("c",), ("c",)])
    records = {(record.name, record.split): record for record in found.measurements(4)}
    assert records["repeated_rows", None].value == 1
    assert records["repeated_rows", None].arguments == {"near_pairs": 1}
    assert records["conflicting_pictures", None].value == 1
    assert records["conflicting_pictures", None].arguments == {"near_pairs": 0}
    leak = records["leaked_rows/train", "test"]
    assert (leak.value, leak.n, leak.arguments) == (1, 1, {"exact": 1, "near": 0})
    assert records["leaked_rows/train", "validation"].arguments == {"exact": 0, "near": 1}


def test_what_was_not_searched_is_not_claimed() -> None:
    records = repeats(duplicates([0, 0]), splits([0], [], [1])).measurements(2)
    assert all("near" not in record.arguments and "near_pairs" not in record.arguments for record in records)

"""Lines of two files: how they are divided, and where they part."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from deepwright.data.texts.parallel_lines import lines_of, parting, require_partners
from deepwright.errors import DataError


def _texts(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts and others that are about as long, up to a factor."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(10, 120, count)
    other = (1.2 * lengths * np.exp(rng.normal(0, 0.15, count))).round().astype(int)
    return ["x" * length for length in lengths], ["y" * length for length in other]


def test_lines_end_with_line_feeds_and_with_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.de"
    file.write_bytes("\ufeffeins\r\nzw\u2028ei\x85\r\n\r\nvier\r\n".encode())
    assert lines_of(file).lines == ["eins", "zw\u2028ei\x85", "", "vier"]
    file.write_bytes(b"eins\rzwei\r")
    assert lines_of(file).lines == ["eins", "zwei"]
    packed = tmp_path / "a.de.gz"
    packed.write_bytes(gzip.compress("一\n二".encode("gb18030") * 20))
    found = lines_of(packed)
    assert found.lines[:2] == ["一", "二一"]
    assert "GB18030" in found.notes[0]


@pytest.mark.parametrize("lost", [1, 2, 7])
@pytest.mark.parametrize("place", [30, 400, 900])
def test_where_lines_were_lost_is_found_by_their_lengths(place: int, lost: int) -> None:
    source, target = _texts(1000)
    shorter = target[:place] + target[place + lost :]
    for one, other in ((source, shorter), (shorter, source)):
        found = parting(one, other)
        assert found is not None
        assert abs(found - place) <= 5


@pytest.mark.parametrize("lost", [1, 2, 30])
def test_lines_that_are_missing_at_the_end_are_not_searched_for_elsewhere(lost: int) -> None:
    source, target = _texts(1000)
    assert parting(source, target[:-lost]) is None
    assert parting(source, target[:-200]) is None


def test_files_of_different_lengths_are_refused_with_where_they_part(tmp_path: Path) -> None:
    source, target = _texts(300)
    one, other = tmp_path / "a.de", tmp_path / "a.en"
    one.write_text("\n".join(source) + "\n", encoding="utf-8")
    other.write_text("\n".join(target[:150] + target[151:]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"number 300 and 299; .*part near line 1[45]\d"):
        require_partners(one, other, lines_of(one), lines_of(other))
    other.write_text("\n".join(target[:-3]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"line 298 of .*a\.de is the first without a partner"):
        require_partners(one, other, lines_of(one), lines_of(other))

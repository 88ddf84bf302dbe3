from __future__ import annotations

from pathlib import Path

import pytest

from deepwright.energy.rapl import Rapl
from tests.unit.energy.machines import set_counter, write_zone


def test_packages_and_their_memory_are_counted_once(tmp_path: Path) -> None:
    for zone, name in {
        "intel-rapl:0": "package-0",
        "intel-rapl:0:0": "core",
        "intel-rapl:0:1": "dram",
        "intel-rapl:1": "package-1",
        "intel-rapl:2": "psys",
        "intel-rapl-mmio:0": "package-0",
    }.items():
        write_zone(tmp_path, zone, name, 1_000_000)
    found = Rapl.find(tmp_path)
    assert found is not None
    assert found.names == ("package-0", "dram", "package-1")
    for zone, joules in {"intel-rapl:0": 5, "intel-rapl:0:0": 4, "intel-rapl:0:1": 2, "intel-rapl:1": 1}.items():
        set_counter(tmp_path, zone, 1_000_000 + joules * 1_000_000)
    set_counter(tmp_path, "intel-rapl:2", 900_000_000)
    found.advance()
    assert found.joules == pytest.approx(8)
    found.advance()
    assert found.joules == pytest.approx(8)


def test_a_counter_may_begin_again(tmp_path: Path) -> None:
    write_zone(tmp_path, "intel-rapl:0", "package-0", 99_000_000, span=100_000_000)
    found = Rapl.find(tmp_path)
    assert found is not None
    for counter, total in ((500_000, 1.5), (60_000_000, 61.0), (59_000_000, 160.0)):
        set_counter(tmp_path, "intel-rapl:0", counter)
        found.advance()
        assert found.joules == pytest.approx(total)


@pytest.mark.parametrize("name", ["core", "dram", "psys", None])
def test_without_a_package_nothing_is_counted(tmp_path: Path, name: str | None) -> None:
    if name is not None:
        write_zone(tmp_path, "intel-rapl:0", name, 0)
    assert Rapl.find(tmp_path) is None


def test_a_counter_that_cannot_be_read_is_not_there(tmp_path: Path) -> None:
    write_zone(tmp_path, "intel-rapl:0", "package-0", 0)
    energy = tmp_path / "class" / "powercap" / "intel-rapl:0" / "energy_uj"
    energy.write_text("")
    assert Rapl.find(tmp_path) is None
    energy.unlink()
    assert Rapl.find(tmp_path) is None


def test_a_counter_that_is_taken_away_says_so(tmp_path: Path) -> None:
    write_zone(tmp_path, "intel-rapl:0", "package-0", 0)
    found = Rapl.find(tmp_path)
    assert found is not None
    (tmp_path / "class" / "powercap" / "intel-rapl:0" / "energy_uj").unlink()
    with pytest.raises(OSError, match="energy_uj"):
        found.advance()

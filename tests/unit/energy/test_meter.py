from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deepwright.energy import meter as meter_module
from deepwright.energy.meter import METHOD, Meter, Reading
from deepwright.energy.nvml import Nvml
from deepwright.energy.ratings import UNKNOWN, rating
from tests.unit.energy.machines import Machine, machine, set_counter, write_zone

PAGES_OF_2_GIB = 2 * 2**30 // os.sysconf("SC_PAGE_SIZE")


def read(of: Machine, work: Callable[[], None], device: str = "cpu") -> Reading:
    with Meter(device, of.host) as meter:
        work()
    assert meter.reading is not None
    return meter.reading


# ------------------------------------------------------------------------------------------------ estimates


def test_without_counters_the_rating_and_the_processor_time_decide(tmp_path: Path) -> None:
    host = machine(tmp_path, pages=PAGES_OF_2_GIB)
    found = read(host, lambda: host.work(seconds=10, cpu_seconds=16))
    joules = 280 / 64 * 16 + 0.375 * 2 * 10
    assert found.joules == pytest.approx(joules)
    assert found.interval == pytest.approx((0.6 * joules, 1.4 * joules))
    assert (found.status, found.seconds) == ("estimated", 10)
    assert found.arguments == {
        "processor": "AMD EPYC 7763 64-Core Processor",
        "rating": "AMD EPYC 7763",
        "tdp_watts": 280,
        "cores": 64,
        "cpu_seconds": 16,
        "memory_gib": 2,
        "watts_per_gib": 0.375,
        "scope": "this process",
    }
    assert "40%" in METHOD


def test_an_idle_process_is_charged_for_its_memory_alone(tmp_path: Path) -> None:
    host = machine(tmp_path, pages=PAGES_OF_2_GIB)
    assert read(host, lambda: host.work(seconds=4, cpu_seconds=0)).joules == pytest.approx(3)


def test_a_machine_that_tells_nothing_is_estimated_by_its_cores(tmp_path: Path) -> None:
    host = machine(tmp_path, processor=None)
    (tmp_path / "proc" / "self" / "statm").write_text("")
    found = read(host, lambda: host.work(seconds=10, cpu_seconds=10))
    if found.arguments["rating"] == UNKNOWN.name:  # elsewhere the platform may name the processor
        assert found.joules == pytest.approx(60)
    assert found.arguments["memory_gib"] == 0


@pytest.mark.parametrize(
    ("name", "tdp_watts", "cores"),
    [
        ("AMD EPYC", 280, 64),
        ("AMD EPYC 7B13", 280, 64),
        ("AMD EPYC 7R13 Processor", 280, 64),
        ("AMD EPYC 7742 64-Core Processor", 225, 64),
        ("AMD EPYC 9654 96-Core Processor", 360, 96),
        ("AMD EPYC 9755 128-Core Processor", 500, 128),
        ("AMD Ryzen 9 5950X 16-Core Processor", 105, 16),
        ("AMD Ryzen 7 7840U w/ Radeon 780M Graphics", 28, 8),
        ("AMD Ryzen 7 PRO 5850U with Radeon Graphics", 28, 8),
        ("Intel(R) Xeon(R) Platinum 8480+", 350, 56),
        ("Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", 270, 40),
        ("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", 120, 14),
        ("Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz", 125, 20),
        ("Intel(R) Xeon(R) CPU @ 2.20GHz", 205, 28),
        ("Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", 28, 4),
        ("12th Gen Intel(R) Core(TM) i7-1260P", 28, 12),
        ("12th Gen Intel(R) Core(TM) i7-12700K", 125, 12),
        ("Intel(R) Core(TM) i5-8400 CPU @ 2.80GHz", 65, 6),
        ("Intel(R) Core(TM) Ultra 7 155H", 28, 16),
        ("QEMU Virtual CPU version 2.5+", UNKNOWN.tdp_watts, UNKNOWN.cores),
        ("", UNKNOWN.tdp_watts, UNKNOWN.cores),
    ],
)
def test_processors_are_known_by_their_names(name: str, tdp_watts: float, cores: int) -> None:
    assert (rating(name).tdp_watts, rating(name).cores) == (tdp_watts, cores)


# ------------------------------------------------------------------------------------------------- counters


def test_counters_are_measured(tmp_path: Path) -> None:
    host = machine(tmp_path)
    write_zone(tmp_path / "sys", "intel-rapl:0", "package-0", 7_000_000)

    def work() -> None:
        host.work(seconds=10, cpu_seconds=16)
        set_counter(tmp_path / "sys", "intel-rapl:0", 50_000_000)

    found = read(host, work)
    assert found.joules == pytest.approx(43)
    assert (found.interval, found.status) == (None, "measured")
    assert found.arguments == {"counters": ["package-0"], "scope": "the whole machine"}


def test_counters_that_are_taken_away_leave_an_estimate(tmp_path: Path) -> None:
    host = machine(tmp_path)
    write_zone(tmp_path / "sys", "intel-rapl:0", "package-0", 0)

    def work() -> None:
        host.work(seconds=1, cpu_seconds=1)
        (tmp_path / "sys" / "class" / "powercap" / "intel-rapl:0" / "energy_uj").unlink()

    found = read(host, work)
    assert found.joules == pytest.approx(280 / 64)
    assert found.status == "estimated"


def test_a_counter_is_read_in_between_so_that_it_may_begin_again_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = machine(tmp_path)
    write_zone(tmp_path / "sys", "intel-rapl:0", "package-0", 90_000_000, span=100_000_000)
    monkeypatch.setattr(meter_module, "_POLL_SECONDS", 0.001)
    read_once = threading.Event()
    advance = Meter._advance

    def observed(meter: Meter) -> None:
        advance(meter)
        if meter._processor is not None and meter._processor.joules > 0:
            read_once.set()

    monkeypatch.setattr(Meter, "_advance", observed)

    def work() -> None:
        set_counter(tmp_path / "sys", "intel-rapl:0", 50_000_000)
        assert read_once.wait(60)
        set_counter(tmp_path / "sys", "intel-rapl:0", 10_000_000)

    assert read(host, work).joules == pytest.approx(60 + 60)


def test_the_meter_stops_when_the_work_fails(tmp_path: Path) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    host, before = machine(tmp_path), threading.active_count()
    with pytest.raises(ZeroDivisionError):
        read(host, fail)
    assert threading.active_count() == before


# --------------------------------------------------------------------------------------------- accelerators


class Library:
    """What nvidia-ml-py offers, with two accelerators whose counters are told what to say."""

    NVMLError = RuntimeError

    def __init__(self, *millijoules: int) -> None:
        self.millijoules = list(millijoules)

    def nvmlInit(self) -> None:  # noqa: N802
        """Nothing to do."""

    def __getattr__(self, name: str) -> Any:
        known = {
            "nvmlDeviceGetCount": lambda: len(self.millijoules),
            "nvmlDeviceGetHandleByIndex": lambda i: i,
            "nvmlDeviceGetName": lambda i: f"accelerator {i}",
            "nvmlDeviceGetTotalEnergyConsumption": lambda i: self.millijoules[i],
        }
        if name not in known:
            raise AttributeError(name)
        return known[name]


def test_accelerators_are_counted_beside_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host, library = machine(tmp_path), Library(1_000, 2_000)
    monkeypatch.setitem(sys.modules, "pynvml", library)

    def work() -> None:
        host.work(seconds=10, cpu_seconds=16)
        library.millijoules[:] = [11_000, 7_000]

    found = read(host, work, "cuda")
    estimated = 280 / 64 * 16
    assert found.joules == pytest.approx(15 + estimated)
    assert found.interval == pytest.approx((15 + 0.6 * estimated, 15 + 1.4 * estimated))
    assert (found.status, found.arguments["counters"]) == ("estimated", ["accelerator 0", "accelerator 1"])
    write_zone(tmp_path / "sys", "intel-rapl:0", "package-0", 0)
    found = read(host, lambda: library.millijoules.__setitem__(0, 12_000), "cuda")
    assert found.joules == pytest.approx(1)
    assert (found.status, found.interval) == ("measured", None)


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_an_accelerator_without_counters_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    found = read(machine(tmp_path), lambda: None, device)
    assert (found.joules, found.status, found.interval) == (None, "not measured", None)
    assert device in found.arguments["missing"]


def test_a_driver_that_refuses_is_no_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise RuntimeError

    monkeypatch.setitem(sys.modules, "pynvml", SimpleNamespace(nvmlInit=refuse, NVMLError=RuntimeError))
    assert Nvml.find() is None
    monkeypatch.setitem(sys.modules, "pynvml", Library())
    assert Nvml.find() is None


# ------------------------------------------------------------------------------------------------- readings


def test_a_reading_of_more_work() -> None:
    found = Reading(2.0, 1.0, (1.0, 3.0), "estimated", {"a": 1}).times(10)
    assert found == Reading(20.0, 1.0, (10.0, 30.0), "estimated", {"a": 1})
    assert Reading(None, 1.0, None, "not measured").times(10).joules is None


def test_a_real_meter_counts_something() -> None:
    with Meter() as meter:
        sum(range(200_000))
    assert meter.reading is not None
    assert meter.reading.joules is not None
    assert meter.reading.joules > 0
    assert meter.reading.status in ("measured", "estimated")

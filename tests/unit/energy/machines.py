"""Machines made of files: counters, a processor's name, a process's memory, and clocks that stand still."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deepwright.energy.meter import Host


def write_zone(sysfs: Path, zone: str, name: str, microjoules: int, span: int = 262_143_328_850) -> None:
    """One zone of counters as Linux shows it."""
    folder = sysfs / "class" / "powercap" / zone
    folder.mkdir(parents=True)
    for file, value in (("name", name), ("energy_uj", microjoules), ("max_energy_range_uj", span)):
        (folder / file).write_text(f"{value}\n")


def set_counter(sysfs: Path, zone: str, microjoules: int) -> None:
    """What a counter says now; as with a real one, no reader finds it empty in between."""
    counter = sysfs / "class" / "powercap" / zone / "energy_uj"
    (counter.parent / "next").write_text(f"{microjoules}\n")
    (counter.parent / "next").replace(counter)


@dataclass
class Clock:
    """Seconds that pass when they are told to."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Machine:
    """A host, and the hands of its clocks."""

    folder: Path
    clock: Clock
    cpu_clock: Clock

    @property
    def host(self) -> Host:
        """As the meter sees it."""
        return Host(self.folder / "sys", self.folder / "proc", self.clock, self.cpu_clock)

    def work(self, seconds: float, cpu_seconds: float) -> None:
        """Let time pass."""
        self.clock.now += seconds
        self.cpu_clock.now += cpu_seconds


def machine(folder: Path, processor: str | None = "AMD EPYC 7763 64-Core Processor", pages: int = 0) -> Machine:
    """A machine without counters."""
    (folder / "proc" / "self").mkdir(parents=True)
    (folder / "sys").mkdir()
    if processor is not None:
        (folder / "proc" / "cpuinfo").write_text(f"processor\t: 0\nmodel name\t: {processor}\nflags\t: fpu\n" * 2)
    (folder / "proc" / "self" / "statm").write_text(f"999999 {pages} 10 1 0 20 0\n")
    return Machine(folder, Clock(), Clock())

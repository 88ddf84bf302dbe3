"""Meter: the energy of a stretch of work, from counters where there are any, else from the processor's rating.

    joules = tdp_watts / cores * cpu_seconds + watts_per_gib * memory_gib * seconds

is the estimate: what the cores that this process kept busy are rated for, and its memory for as long as it took. It may
be wrong by 40 % either way: a processor draws less than its rating at light work and more in short bursts, and power
supplies, discs and cooling are not in it. Counters count the whole machine, whoever uses it.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol

from deepwright.energy.nvml import Nvml
from deepwright.energy.rapl import Rapl
from deepwright.energy.ratings import rating

#: Memory at work: 3 W for a module of 8 GiB, as makers of modules state it.
WATTS_PER_GIB = 0.375
#: How far an estimate may be wrong, as a share of it.
UNCERTAINTY = 0.4
METHOD = "±40%, from the processor's rating"
#: What an estimate rests on.
ASSUMED = ("processor", "rating", "tdp_watts", "cores", "cpu_seconds", "memory_gib", "watts_per_gib")

#: Counters are read this often, so that none begins again twice unseen.
_POLL_SECONDS = 30.0


class Counter(Protocol):
    """Something that counts joules."""

    names: tuple[str, ...]
    joules: float

    def advance(self) -> None:
        """Add what was used since the last time."""
        ...


@dataclass(frozen=True)
class Reading:
    """The energy of a stretch.

    Attributes:
        joules: None where it can neither be measured nor estimated.
        seconds: how long it took.
        interval: lower and upper bound of an estimate.
        status: measured, estimated or not measured.
        arguments: what it rests on.
    """

    joules: float | None
    seconds: float
    interval: tuple[float, float] | None
    status: Literal["measured", "estimated", "not measured"]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def times(self, factor: float) -> Reading:
        """The energy of so many times the work; the seconds stay those that were metered."""
        joules = None if self.joules is None else self.joules * factor
        interval = None if self.interval is None else (self.interval[0] * factor, self.interval[1] * factor)
        return replace(self, joules=joules, interval=interval)


@dataclass(frozen=True)
class Host:
    """Where a machine tells about itself.

    Attributes:
        sysfs: its folder of devices.
        procfs: its folder of processes.
        clock: seconds that pass.
        cpu_clock: seconds of processor time of this process, of all its threads.
    """

    sysfs: Path = Path("/sys")
    procfs: Path = Path("/proc")
    clock: Callable[[], float] = time.perf_counter
    cpu_clock: Callable[[], float] = time.process_time

    @property
    def processor(self) -> str:
        """The processor's name."""
        try:
            lines = (self.procfs / "cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        return next(named, platform.processor() or platform.machine())

    @property
    def resident_gib(self) -> float:
        """This process's memory; 0 where the system does not tell."""
        try:
            pages = int((self.procfs / "self" / "statm").read_text(encoding="ascii").split()[1])
        except (OSError, ValueError, IndexError):
            return 0.0
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**30


class Meter:
    """A context in which energy is counted; ``reading`` is there when it ends.

    Args:
        device: cpu, cuda or mps, on which the work is done.
        host: the machine.
    """

    def __init__(self, device: str = "cpu", host: Host | None = None) -> None:
        self.device, self.host = device, host or Host()
        self.reading: Reading | None = None
        self._done = threading.Event()

    def __enter__(self) -> Meter:
        self._processor: Counter | None = Rapl.find(self.host.sysfs)
        self._accelerators: Counter | None = Nvml.find() if self.device == "cuda" else None
        self._begun, self._cpu_begun = self.host.clock(), self.host.cpu_clock()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._advance()
        self.reading = self._read(self.host.clock() - self._begun, self.host.cpu_clock() - self._cpu_begun)

    def _poll(self) -> None:
        while not self._done.wait(_POLL_SECONDS):
            self._advance()

    def _advance(self) -> None:
        for counter in (self._processor, self._accelerators):
            if counter is not None:
                try:
                    counter.advance()
                except OSError:  # permission was taken away; the rating stands in
                    self._processor = None

    def _read(self, seconds: float, cpu_seconds: float) -> Reading:
        if self.device != "cpu" and self._accelerators is None:
            return Reading(None, seconds, None, "not measured", {"missing": f"counters of the device {self.device}"})
        counters = [counter for counter in (self._processor, self._accelerators) if counter is not None]
        counted = sum(counter.joules for counter in counters)
        names = [name for counter in counters for name in counter.names]
        if self._processor is not None:
            return measured(counted, seconds, names)
        return estimated(counted, seconds, names, self._assumed(cpu_seconds))

    def _assumed(self, cpu_seconds: float) -> dict[str, Any]:
        name = self.host.processor
        rated = rating(name)
        return {
            "processor": name,
            "rating": rated.name,
            "tdp_watts": rated.tdp_watts,
            "cores": rated.cores,
            "cpu_seconds": cpu_seconds,
            "memory_gib": self.host.resident_gib,
            "watts_per_gib": WATTS_PER_GIB,
        }


def measured(counted: float | None, seconds: float, counters: Sequence[str]) -> Reading:
    """What counters of the whole machine counted."""
    return Reading(counted, seconds, None, "measured", {"counters": list(counters), "scope": "the whole machine"})


def estimated(counted: float, seconds: float, counters: Sequence[str], assumed: Mapping[str, Any]) -> Reading:
    """What this process took by the processor's rating, and what counters of other devices counted.

    Args:
        counted: joules.
        seconds: that passed.
        counters: names of the other devices' counters; there may be none.
        assumed: what the estimate rests on; see ``ASSUMED``.
    """
    joules = _rated(assumed, seconds)
    interval = counted + (1 - UNCERTAINTY) * joules, counted + (1 + UNCERTAINTY) * joules
    arguments = {**({"counters": list(counters)} if counters else {}), **assumed, "scope": "this process"}
    return Reading(counted + joules, seconds, interval, "estimated", arguments)


def read_again(joules: float | None, seconds: float, arguments: Mapping[str, Any]) -> Reading:
    """The reading that rests on these arguments; what counters counted is the one thing that they do not hold.

    Args:
        joules: of the whole.
        seconds: that passed.
        arguments: of a reading, perhaps among others.
    """
    counters = arguments.get("counters", [])
    if "missing" in arguments:
        return Reading(None, seconds, None, "not measured", {"missing": arguments["missing"]})
    if "rating" not in arguments:
        return measured(joules, seconds, counters)
    assumed = {key: arguments[key] for key in ASSUMED}
    counted = float(joules or 0.0) - _rated(assumed, seconds) if counters else 0.0
    return estimated(counted, seconds, counters, assumed)


def _rated(assumed: Mapping[str, Any], seconds: float) -> float:
    """Joules by the rating: of the cores that were busy, and of the memory."""
    cores = assumed["tdp_watts"] / assumed["cores"] * assumed["cpu_seconds"]
    return float(cores + assumed["watts_per_gib"] * assumed["memory_gib"] * seconds)

"""Energy counters of the processor: what its packages and their memory have used since it was switched on.

Linux shows them in ``/sys/class/powercap/intel-rapl:*`` (Intel since 2011, AMD since 2017), to the administrator or to
whom the administrator allows it; virtual machines have none. A counter counts microjoules and begins again at zero
after ``max_energy_range_uj``, which at full load may be a quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_FOLDER = Path("class/powercap")
#: What a package holds is counted with it; psys holds the packages themselves. Memory is counted apart.
_COUNTED = ("package", "dram")


class Rapl:
    """Joules of some counters, from ``start`` to the last ``advance``.

    Args:
        zones: their folders.
    """

    def __init__(self, zones: Sequence[Path]) -> None:
        self.names = tuple(_text(zone / "name") for zone in zones)
        self.joules = 0.0
        self._counters = [zone / "energy_uj" for zone in zones]
        self._ranges = [int(_text(zone / "max_energy_range_uj")) for zone in zones]
        self._last = self._read()

    @classmethod
    def find(cls, sysfs: Path) -> Rapl | None:
        """The counters of all packages and their memory; None where no package can be read."""
        zones = []
        for zone in sorted((sysfs / _FOLDER).glob("intel-rapl:*")):
            try:
                if _text(zone / "name").startswith(_COUNTED):
                    int(_text(zone / "energy_uj"))
                    zones.append(zone)
            except (OSError, ValueError):
                continue
        packages = [zone for zone in zones if _text(zone / "name").startswith("package")]
        return cls(zones) if packages else None

    def advance(self) -> None:
        """Add what was used since the last time; a counter that is lower than before began again once.

        Raises:
            OSError: a counter can no longer be read.
        """
        now = self._read()
        for before, after, span in zip(self._last, now, self._ranges, strict=True):
            self.joules += (after - before if after >= before else after - before + span) / 1e6
        self._last = now

    def _read(self) -> list[int]:
        return [int(_text(counter)) for counter in self._counters]


def _text(file: Path) -> str:
    return file.read_text(encoding="ascii").strip()

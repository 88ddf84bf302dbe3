"""Energy counters of NVIDIA's accelerators, through nvidia-ml-py where it is installed."""

from __future__ import annotations

import importlib
from typing import Any


class Nvml:
    """Joules of all accelerators, from the beginning to the last ``advance``.

    Args:
        library: the module ``pynvml``, initialised.
    """

    def __init__(self, library: Any) -> None:
        self._library = library
        self._devices = [library.nvmlDeviceGetHandleByIndex(i) for i in range(library.nvmlDeviceGetCount())]
        self.names = tuple(str(library.nvmlDeviceGetName(device)) for device in self._devices)
        self.joules = 0.0
        self._last = self._read()

    @classmethod
    def find(cls) -> Nvml | None:
        """The counters; None where the package, the driver or an accelerator that counts is missing."""
        try:
            pynvml = importlib.import_module("pynvml")
        except ImportError:
            return None
        try:
            pynvml.nvmlInit()
            found = cls(pynvml)
        except pynvml.NVMLError:
            return None
        return found if found.names else None

    def advance(self) -> None:
        """Add what was used since the last time; these counters hold 64 bits and never begin again."""
        now = self._read()
        self.joules += sum(after - before for before, after in zip(self._last, now, strict=True)) / 1e3
        self._last = now

    def _read(self) -> list[int]:
        return [int(self._library.nvmlDeviceGetTotalEnergyConsumption(device)) for device in self._devices]

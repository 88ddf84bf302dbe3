"""What all tests share: English, threads for our own cores, one Hypothesis profile, the folder of public data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

CHECKOUT = Path(__file__).resolve().parents[1]


def _cores() -> int:
    """Cores this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Before NumPy and torch are imported, here and in the processes that tests start: the libraries read these only once.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, str(_cores()))
os.environ["DEEPWRIGHT_LANGUAGE"] = "en"

# A slow machine is no failure; in continuous integration the same examples come every time.
settings.register_profile("deepwright", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("deepwright")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of public data sets, named by DEEPWRIGHT_DATA; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("DEEPWRIGHT_DATA", CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no public data in {folder}; name their folder in DEEPWRIGHT_DATA")
    return folder

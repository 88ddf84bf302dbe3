"""What all tests share: English, one thread, one Hypothesis profile, the folder of public data."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

CHECKOUT = Path(__file__).resolve().parents[1]
#: Public data sets; it may be absent.
DATA = Path(os.environ.get("DEEPWRIGHT_DATA", CHECKOUT.parent / "shared" / "data"))

# Before NumPy and torch are imported, here and in the processes that tests start: the libraries read these only once.
# On tensors as small as those of the tests a second thread gains nothing, and on a busy machine the two wait for each
# other at every product: ten to a hundred times as long.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ["DEEPWRIGHT_LANGUAGE"] = "en"
# What tests decode stays among the tests, and nothing is fetched.
os.environ["DEEPWRIGHT_CACHE"] = tempfile.mkdtemp(prefix="deepwright-tests-")
os.environ["DEEPWRIGHT_MIRROR"] = "off"

# A slow machine is no failure; in continuous integration the same examples come every time.
settings.register_profile("deepwright", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("deepwright")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of public data sets, named by DEEPWRIGHT_DATA; tests that need it are skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no public data in {DATA}; name their folder in DEEPWRIGHT_DATA")
    return DATA

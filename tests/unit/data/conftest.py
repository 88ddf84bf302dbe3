from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, which does not exist yet."""
    folder = tmp_path_factory.mktemp("home") / "cache"
    monkeypatch.setenv("DEEPWRIGHT_CACHE", str(folder))
    return folder


@pytest.fixture
def logged() -> Iterator[list[logging.LogRecord]]:
    """What deepwright logs during a test, whatever the command line has done to its logger before."""
    records: list[logging.LogRecord] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler = Keeping()
    logger = logging.getLogger("deepwright")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield records
    logger.removeHandler(handler)
    logger.setLevel(level)

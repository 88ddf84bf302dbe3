"""Report: render a finished run's report and model card again, without importing torch."""

from __future__ import annotations

from pathlib import Path

from deepwright import __version__
from deepwright.reporting.report import CARD, REPORT, render
from deepwright.run_directory import RunDirectory


def report(directory: RunDirectory) -> Path:
    """Write the report in the language of the messages and return its path.

    The old views are not read, so that views which were damaged, or half replaced by a crash, are made whole.

    Raises:
        RunError: the run is unfinished or was changed.
    """
    with directory.writing():
        record = directory.manifest()
        files = {name: directory.read(name) for name in record["files"] if name not in (REPORT, CARD)}
        views = render(files, record.get("deepwright", __version__))
        directory.commit(views, {key: value for key, value in record.items() if key not in ("format", "files")})
    return directory.path / REPORT

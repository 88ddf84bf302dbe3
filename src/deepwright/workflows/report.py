"""Report: render a finished run's report and model card again, without importing torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from deepwright import __version__
from deepwright.measurements import Measurement, Measurements
from deepwright.reporting.report import CARD, REPORT, render
from deepwright.run_directory import RunDirectory
from deepwright.validation.storage import MEASUREMENTS, read_measurements, write_measurements


def report(directory: RunDirectory) -> Path:
    """Write the report in the language of the messages and return its path.

    The old views are not read, so that views which were damaged, or half replaced by a crash, are made whole.

    Raises:
        RunError: the run is unfinished or was changed.
    """
    add(directory, {}, ())
    return directory.path / REPORT


def add(directory: RunDirectory, files: Mapping[str, bytes], records: Sequence[Measurement]) -> None:
    """Add files and measurements to a finished run, and write its views again.

    Args:
        directory: of the run.
        files: by name; those of the same name are replaced, unread.
        records: measurements; those of the same names are replaced.

    Raises:
        RunError: the run is unfinished or was changed.
    """
    with directory.writing():
        record = directory.manifest()
        unread = {REPORT, CARD, *files}
        known = {**{name: directory.read(name) for name in record["files"] if name not in unread}, **files}
        together = {MEASUREMENTS: _together(known[MEASUREMENTS], records)} if records else {}
        views = render({**known, **together}, record.get("deepwright", __version__))
        about = {key: value for key, value in record.items() if key not in ("format", "files")}
        # Measurements last: views that a crash left half replaced can be made again.
        directory.commit({**files, **views, **together}, about)


def _together(measurements: bytes, records: Sequence[Measurement]) -> bytes:
    before = read_measurements(measurements)
    names = {record.name for record in records}
    kept = [record for record in before.records if record.name not in names]
    return write_measurements(Measurements([*kept, *records], before.model))

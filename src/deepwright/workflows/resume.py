"""Resume: go on with a run that was stopped or killed, as if nothing had happened."""

from __future__ import annotations

import json

from deepwright.config.documents import Document, read_document
from deepwright.errors import RunError
from deepwright.messages import _
from deepwright.reporting.data_section import DATA
from deepwright.run_directory import CONFIG, RunDirectory
from deepwright.training.progress import Observer
from deepwright.workflows.plan import Plan, plan
from deepwright.workflows.run import Run
from deepwright.workflows.train import execute


def resume(directory: RunDirectory, observer: Observer) -> Run:
    """Finish a run from its last checkpoint, or from its beginning if it has none yet.

    Raises:
        RunError: the data is not what the run began with, or was in memory.
    """
    with directory.writing():
        if directory.finished:  # another process was faster
            return Run(directory)
        return execute(directory, plan_again(directory), observer)


def plan_again(directory: RunDirectory) -> Plan:
    """The plan of a run, from its own configuration, with the data as it was.

    Raises:
        RunError: the data is not what the run began with, or was in memory.
    """
    document: Document = read_document(directory.path / CONFIG)
    recorded = json.loads(directory.draft(DATA) or b"{}")
    if recorded.get("source") == "memory":
        raise RunError(
            _(
                "The data of {path} was in memory; only a run whose data has a path can be read again.",
                path=directory.path,
            )
        )
    document.set("data.storage", "auto", CONFIG)  # no figure depends on it, and the machine may have changed
    ready = plan(document)
    if ready.table.sha256 != recorded.get("sha256"):
        raise RunError(
            _(
                "The data in {source} is not what {path} was trained on: its hash differs.",
                source=recorded.get("source"),
                path=directory.path,
            )
        )
    return ready

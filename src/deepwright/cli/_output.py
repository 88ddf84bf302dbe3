"""What commands print: results to the standard output, everything else to the standard error stream."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deepwright.measurements import Measurement, Measurements
from deepwright.messages import _

_PIPE_WIDTH = 160


def results() -> Console:
    """The standard output."""
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def remarks() -> Console:
    """The standard error stream."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


class Remarks(logging.Handler):
    """What the library logs, as lines for people."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one message; warnings are marked."""
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        remarks().print(Text(record.getMessage(), style))


def print_table(headers: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()) -> None:
    """A table whose columns line up also with Chinese in them; the columns in ``right`` are flush right."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(headers))
    for index, header in enumerate(headers):
        table.add_column(header, justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    results().print(table)


def print_json(value: Any) -> None:
    """JSON for programs."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def print_measurements(measurements: Measurements) -> None:
    """The model's figures with their intervals and, where they were measured, the same of its baselines."""
    split = measurements.split or "test"
    models = list(dict.fromkeys(r.model for r in measurements.records if r.split == split and r.model))
    names = [r.name for r in measurements.where(split=split, model=measurements.model) if "/" not in r.name]
    by_key = {(r.name, r.model): r for r in measurements.where(split=split)}
    rows = [[name, *(_figure(by_key.get((name, model))) for model in models)] for name in names]
    n = next((r.n for r in measurements.where(split=split) if r.n), 0)
    table = [[_("{split} split, n={n}", split=split, n=n), *models], *rows]
    if sum(2 + max(map(cell_len, column)) for column in zip(*table, strict=True)) > results().width:
        table = [[cell.replace(" [", "\n[") for cell in row] for row in table]  # intervals below their figures
    print_table(table[0], table[1:])


def _figure(record: Measurement | None) -> str:
    return "–" if record is None else record.shown()

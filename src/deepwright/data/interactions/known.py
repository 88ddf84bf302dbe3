"""What every user took, as a file of a run: of whom it is asked again, that is not recommended again."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deepwright.data.interactions.arranged import Histories
from deepwright.data.table import Table

HISTORIES = "histories.parquet"


def write_histories(table: Table) -> dict[str, bytes]:
    """The file with a row for each user and the items in the order of time; nothing where there are no interactions."""
    values = next((column.values for column in table.columns.values() if isinstance(column.values, Histories)), None)
    if values is None:
        return {}
    of = values.of
    items = pa.DictionaryArray.from_arrays(pa.array(of.items), pa.array(of.item_names, pa.string()))
    lists = pa.ListArray.from_arrays(pa.array(of.starts.astype(np.int32)), items)
    found = pa.table({"user": pa.array(of.user_names, pa.string()), "items": lists})
    stream = io.BytesIO()
    pq.write_table(found, stream, compression="zstd")
    return {HISTORIES: stream.getvalue()}


def read_histories(data: bytes) -> Mapping[str, Sequence[str]]:
    """The items of each user in the order of time."""
    table = pq.read_table(io.BytesIO(data))
    return dict(zip(table["user"].to_pylist(), table["items"].to_pylist(), strict=True))

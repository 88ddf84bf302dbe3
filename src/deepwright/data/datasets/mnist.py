"""MNIST: 70,000 handwritten digits of 28×28 pixels; fetched when it is first used.

(Y. LeCun, C. Cortes and C. Burges, 1998)
"""

from __future__ import annotations

from deepwright.data.datasets._published_idx import read
from deepwright.data.files.published import Published
from deepwright.data.table import Table

__all__ = ["mnist"]

_PUBLISHED = Published(
    "mnist",
    {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
    ("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist"),
)


def mnist() -> Table:
    """The table with columns ``image`` (uint8 [70000, 28, 28]) and ``label`` (the digits as text)."""
    return read(_PUBLISHED, "0123456789")

"""Fashion-MNIST: 70,000 grey pictures of clothes, 28×28 pixels; fetched when it is first used.

(H. Xiao, K. Rasul and R. Vollgraf, 2017)
"""

from __future__ import annotations

from deepwright.data.datasets._published_idx import read
from deepwright.data.files.published import Published
from deepwright.data.table import Table

__all__ = ["fashion_mnist"]

_PUBLISHED = Published(
    "fashion_mnist",
    {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
    (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    ),
)
_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def fashion_mnist() -> Table:
    """The table with columns ``image`` (uint8 [70000, 28, 28]) and ``label`` (what is worn)."""
    return read(_PUBLISHED, _CLASSES)

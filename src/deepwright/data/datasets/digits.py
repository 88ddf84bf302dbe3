"""Handwritten digits: 1,797 real pictures of 8×8 pixels in 10 classes.

The set ships with scikit-learn (a copy of the test part of the UCI set "Optical Recognition of Handwritten
Digits", E. Alpaydin and C. Kaynak, 1998). Its 17 grey levels, 0 to 16, are spread over 0 to 255.
"""

from __future__ import annotations

import numpy as np

from deepwright.data.table import Column, Table

__all__ = ["digits"]


def digits() -> Table:
    """The table with columns ``image`` (uint8 [1797, 8, 8]) and ``label`` (the digits as text)."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    return Table({"image": Column("image", images), "label": Column("category", bunch.target.astype(str))}, "digits")

"""The kinds of array that the formulas speak of.

Shape letters: B batch, C channels or classes, H and W height and width, K filters, I inputs and O outputs of a layer.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

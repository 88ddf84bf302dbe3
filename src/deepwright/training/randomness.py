"""Random numbers that depend on the seed and the position alone, so that a resumed run draws the same ones."""

from __future__ import annotations

import numpy as np

#: What a stream of random numbers is for.
WEIGHTS, ORDER, STEP = 1, 2, 3


def derive(seed: int, stream: int, position: int = 0) -> int:
    """A 63-bit seed for one position of one stream."""
    return int(np.random.SeedSequence([seed, stream, position]).generate_state(1, np.uint64)[0] >> np.uint64(1))

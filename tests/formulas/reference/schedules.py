"""The learning rate over a training, as a share of its highest value; progress goes from 0 to 1."""

import math


def constant(progress: float) -> float:
    """f(p) = 1."""
    return 1.0


def cosine(progress: float, warmup: float, floor: float) -> float:
    """η_min + ½·(η_max - η_min)·(1 + cos(π·T_cur / T)) after a linear warm-up, with η_max = 1 and η_min the floor.

    I. Loshchilov and F. Hutter, 2017, equation 5, without restarts; the warm-up after P. Goyal et al., 2017, 2.2.
    """
    if progress < warmup:
        return progress / warmup
    elapsed, whole = progress - warmup, 1 - warmup
    return floor + 0.5 * (1 - floor) * (1 + math.cos(math.pi * elapsed / whole))


def inverse_sqrt(progress: float, warmup: float) -> float:
    """min(step^-½, step·warmup_steps^-1.5) over its value at step = warmup_steps, with steps in shares of the whole.

    A. Vaswani et al., 2017, equation 3; its factor d_model^-½ is part of the highest rate.
    """
    if progress == 0:
        return 0.0
    return min(1 / math.sqrt(progress), progress / math.sqrt(warmup**3)) * math.sqrt(warmup)


def one_cycle(progress: float, rise: float, start: float, end: float) -> float:
    """Up from start to 1, then down to end (L. N. Smith and N. Topin, 2019).

    Both parts are half cosines, as in fastai: from a to b at share q, a + (b - a)·(1 + cos(π·(1 - q))) / 2.
    """
    if progress < rise:
        first, last, share = start, 1.0, progress / rise
    else:
        first, last, share = 1.0, end, (progress - rise) / (1 - rise)
    return first + (last - first) * (1 + math.cos(math.pi * (1 - share))) / 2

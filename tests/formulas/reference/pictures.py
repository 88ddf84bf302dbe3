"""Changes of one picture x[c, i, j], pixel by pixel: rows i go down, columns j go right."""

import numpy as np

from tests.formulas.reference.arrays import Floats


def mirrored(picture: Floats, horizontally: bool, vertically: bool) -> Floats:
    """y[c, i, j] = x[c, i, W-1-j], and the same for rows (A. Krizhevsky et al., 2012)."""
    picture = picture[:, :, ::-1] if horizontally else picture
    return picture[:, ::-1] if vertically else picture


def shifted(picture: Floats, down: int, right: int, fill: str) -> Floats:
    """A picture rolled round, with what came round replaced by zeros or by the edge (A. Krizhevsky et al., 2012)."""
    for axis, distance in ((1, down), (2, right)):
        rolled = np.roll(picture, distance, axis).swapaxes(0, axis)
        come_round = slice(0, distance) if distance >= 0 else slice(distance, None)
        edge = picture.swapaxes(0, axis)[:1] if distance >= 0 else picture.swapaxes(0, axis)[-1:]
        if distance:
            rolled[come_round] = edge if fill == "edge" else 0.0
        picture = rolled.swapaxes(0, axis)
    return picture


def bilinear(picture: Floats, row: float, column: float) -> Floats:
    """The value between four pixels, [C]: each counts by how near it is; beyond the edge the nearest pixel is meant."""
    row = min(max(row, 0.0), picture.shape[1] - 1.0)
    column = min(max(column, 0.0), picture.shape[2] - 1.0)
    top, left = int(row), int(column)
    bottom, right = min(top + 1, picture.shape[1] - 1), min(left + 1, picture.shape[2] - 1)
    down, across = row - top, column - left
    upper: Floats = picture[:, top, left] * (1 - across) + picture[:, top, right] * across
    lower: Floats = picture[:, bottom, left] * (1 - across) + picture[:, bottom, right] * across
    return upper * (1 - down) + lower * down


def mapped(picture: Floats, matrix: Floats, offset: Floats) -> Floats:
    """What was at p = (column, row) is at A·p + t, both counted from the middle (P. Simard et al., 2003)."""
    middle = np.array([picture.shape[2] - 1, picture.shape[1] - 1]) / 2
    back = np.linalg.inv(matrix)
    changed = np.zeros_like(picture)
    for i in range(picture.shape[1]):
        for j in range(picture.shape[2]):
            column, row = back @ (np.array([j, i]) - middle - offset) + middle
            changed[:, i, j] = bilinear(picture, row, column)
    return changed


def grey(picture: Floats) -> Floats:
    """Brightness, [H, W]: 0.299·red + 0.587·green + 0.114·blue (ITU-R BT.601)."""
    return picture[0] if len(picture) == 1 else np.tensordot([0.299, 0.587, 0.114], picture, 1)


def jittered(picture: Floats, brightness: float, contrast: float, saturation: float) -> Floats:
    """Lighter or darker, then away from the mean brightness, then away from each pixel's grey (A. Howard, 2013)."""
    picture = brightness * picture
    mean = grey(picture).mean()
    picture = mean + contrast * (picture - mean)
    if len(picture) == 3:
        picture = grey(picture) + saturation * (picture - grey(picture))
    return np.clip(picture, 0, 1)

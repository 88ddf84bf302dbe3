"""Near duplicates: pictures that are the same but for a new encoding, a small shift, crop, scale or brightness.

Three steps, none of which compares all pictures with all:

1. Each picture is described by its low frequencies, and grouped with the reference pictures that it is most like;
   references are drawn at random, so that groups stay small however alike the pictures are.
2. Within a group, what one picture's description leaves unexplained of another's, where it may be shifted and scaled:
   tangent distance (P. Simard, Y. LeCun and J. Denker, 1993), here one-sided and on the low frequencies. The distance
   to the tenth nearest says how much alike pictures of this data are that are not the same.
3. The few pairs that are left are laid upon each other pixel by pixel.

A pair is reported where what is left is very little, or little beside what is usual there: two photographs are the
same long before two handwritten ones are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import dct

from deepwright.data.files.threads import in_parts
from deepwright.data.inspection.fingerprints import Fingerprints

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
#: Members [m], and for which of them no other reference is nearer.
Group = tuple[Rows, npt.NDArray[np.bool_]]

#: Smaller pictures hold too little to tell the same from the like.
LEAST_SIDE = 16
#: Less contrast than this, in grey levels, and there is nothing to compare.
LEAST_CONTRAST = 2.0
#: A remainder that is always the same picture: 0.2 % of its variance.
_SURE = 0.045
#: Beyond that: remainder over the distance to the tenth nearest picture.
_RELATIVE = 0.4
#: The low frequencies see a shift of a whole pixel less exactly than the pixels themselves.
_SLACK = 1.3
#: Grey levels by which a cell of the coarse grid of colours may differ.
_COLOUR = 80
_FREQUENCIES = 8
_NEIGHBOUR = 10
#: Groups that each picture is in, and pictures that one is meant to have.
_GROUPS, _MEMBERS = 4, 256
#: Pairs that one picture may have in one group.
_MOST = 16
_CHUNK = 2048
#: As it is; moved down, moved across; scaled down, scaled across: the place of each side's matrix in ``_moving``.
_WAYS = ((0, 0), (1, 0), (0, 1), (2, 0), (0, 2))


@dataclass(frozen=True)
class NearPairs:
    """P pairs of rows that show nearly the same.

    Attributes:
        rows: [P, 2] the lower row first, ordered by remainder.
        remainders: [P] share of the contrast that is left when one is laid upon the other, 0 to 1.
    """

    rows: Rows
    remainders: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)


def near_duplicates(prints: Fingerprints, rows: Rows) -> NearPairs:
    """The near duplicates among some rows, which must not hold exact duplicates.

    Args:
        prints: of all rows; of pictures of at least ``LEAST_SIDE`` pixels.
        rows: [n] rows to search.
    """
    rows = rows[prints.contrast[rows] >= LEAST_CONTRAST]
    if len(rows) < 2:
        return NearPairs(np.empty((0, 2), np.int64), np.empty(0))
    thumbnails = prints.thumbnails[rows]
    described, tangents = _descriptions(thumbnails)
    groups = _grouped(described)
    limits = np.maximum(_SURE, _RELATIVE * _usual(described, tangents, groups))
    pairs = _candidates(described, tangents, groups, _SLACK * limits)
    remainders = _remainders(thumbnails, pairs)
    colours = prints.colours[rows].astype(np.int16)
    same = np.abs(colours[pairs[:, 0]] - colours[pairs[:, 1]]).max((1, 2, 3)) <= _COLOUR
    kept = np.flatnonzero(same & (remainders <= limits[pairs].min(1)))
    kept = kept[np.argsort(remainders[kept], kind="stable")]
    return NearPairs(rows[pairs[kept]], remainders[kept])


def _descriptions(thumbnails: npt.NDArray[np.uint8]) -> tuple[Floats, npt.NDArray[np.float16]]:
    """Low frequencies [n, 63] of length 1, and orthonormal bases [n, 2, 5, 63] of what shifts and scales make of them.

    The bases are about the picture moved by half a pixel in one diagonal direction and in the other. As either picture
    of a pair may be the moved one, they reach every shift by up to a whole pixel.
    """
    height, width = thumbnails.shape[1:]
    down = np.concatenate([_cosines(height), *_moving(height, 0), *_moving(height, 1)])
    across = np.concatenate([_cosines(width), *_moving(width, 0)])

    def of(start: int) -> tuple[Floats, npt.NDArray[np.float16]]:
        part = thumbnails[start : start + _CHUNK].astype(np.float32)
        places = down @ (part.reshape(-1, width) @ across.T).reshape(len(part), height, -1)
        places = places.reshape(len(part), 7, _FREQUENCIES, 4, _FREQUENCIES)

        def low(tall: int, wide: int) -> Floats:
            return np.asarray(places[:, tall, :, wide].reshape(len(part), -1)[:, 1:])  # all but the mean

        described = low(0, 0)
        described /= np.linalg.norm(described, axis=1, keepdims=True) + 1e-6
        moved = [np.stack([low(1 + i + 3 * before, 1 + j) for before in (0, 1)], 1) for i, j in _WAYS]
        return described, _orthonormal(moved).astype(np.float16)

    described, tangents = zip(*in_parts(of, range(0, len(thumbnails), _CHUNK)), strict=True)
    return np.concatenate(described), np.concatenate(tangents)


def _orthonormal(vectors: list[Floats]) -> Floats:
    """Bases [n, 2, 5, 63] of the spaces of five vectors [n, 2, 63] each (modified Gram-Schmidt, in place)."""
    for i, vector in enumerate(vectors):
        for earlier in vectors[:i]:
            vector -= np.einsum("ijk,ijk->ij", earlier, vector)[..., None] * earlier
        vector /= np.linalg.norm(vector, axis=2, keepdims=True) + 1e-6
    return np.stack(vectors, 2)


def _cosines(size: int) -> Floats:
    """Matrix [8, size] that gives the lowest frequencies of a side."""
    return np.asarray(dct(np.eye(size), axis=0, norm="ortho")[:_FREQUENCIES], np.float32)


def _moving(size: int, before: int) -> tuple[Floats, ...]:
    """Lowest frequencies [8, size] of a side moved by half a pixel, of its derivative, and of that times the place."""
    padded = np.pad(np.eye(size), ((2, 2), (0, 0)), mode="edge")[1 - before :]
    moved = (9 * (padded[1 : size + 1] + padded[2 : size + 2]) - padded[:size] - padded[3 : size + 3]) / 16
    derivative = np.gradient(moved, axis=0)
    scaled = np.linspace(-1, 1, size)[:, None] * derivative
    cosines = _cosines(size)
    return tuple(cosines @ matrix.astype(np.float32) for matrix in (moved, derivative, scaled))


def _grouped(described: Floats) -> list[Group]:
    """Pictures that are like one reference, for each reference; every picture is in several groups."""
    total = len(described)
    count = min(total, max(_GROUPS, min(_GROUPS * total // _MEMBERS, round(_GROUPS * total**0.5))))
    chosen = np.random.default_rng(0).choice(total, count, replace=False)
    each = min(_GROUPS, count)

    def of(start: int) -> Rows:
        alike = described[start : start + _CHUNK] @ described[chosen].T
        first = np.argpartition(alike, -each, 1)[:, -each:]
        order = np.argsort(-np.take_along_axis(alike, first, 1), 1, kind="stable")
        return np.take_along_axis(first, order, 1)

    nearest = np.concatenate(in_parts(of, range(0, total, _CHUNK)))
    order = np.argsort(nearest, axis=None, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(nearest.ravel()[order])) + 1)
    return [(part // each, part % each == 0) for part in parts]


def _usual(described: Floats, tangents: npt.NDArray[np.float16], groups: list[Group]) -> npt.NDArray[np.float64]:
    """The distance [n] of each picture to the tenth nearest of its group, or to the middle one of a small group."""
    usual = np.zeros(len(described))

    def of(group: Group) -> None:
        members, home = group
        rank = min(_NEIGHBOUR, (len(members) - 1) // 2)
        if rank and home.any():
            left = _left(tangents[members[home]], described[members])
            left[np.arange(len(left)), np.flatnonzero(home)] = np.inf
            usual[members[home]] = np.sqrt(np.partition(left, rank - 1, 1)[:, rank - 1].clip(0, 1))

    in_parts(of, groups)
    return usual


def _candidates(
    described: Floats,
    tangents: npt.NDArray[np.float16],
    groups: list[Group],
    limits: npt.NDArray[np.float64],
) -> Rows:
    """Pairs [P, 2] of pictures in one group of which one leaves little of the other unexplained."""

    def of(group: Group) -> Rows:
        members, _home = group
        left = _left(tangents[members], described[members])
        left = np.minimum(left, left.T)
        np.fill_diagonal(left, np.inf)
        close = left <= np.minimum(limits[members][:, None], limits[members]) ** 2
        if close.sum() > _MOST * len(members):
            close &= left <= np.partition(left, _MOST - 1, 1)[:, _MOST - 1 : _MOST]
        return members[np.argwhere(close)]

    return np.unique(np.sort(np.concatenate(in_parts(of, groups)), axis=1), axis=0)


def _left(tangents: npt.NDArray[np.float16], described: Floats) -> Floats:
    """The share [a, b] of each description [b, 63] that bases [a, 2, 5, 63] leave unexplained, the better of both."""
    explained = tangents.astype(np.float32).reshape(-1, tangents.shape[3]) @ described.T
    explained = explained.reshape(*tangents.shape[:3], len(described))
    return np.asarray(1 - np.einsum("ijkl,ijkl->ijl", explained, explained).max(1))


def _remainders(thumbnails: npt.NDArray[np.uint8], pairs: Rows) -> npt.NDArray[np.float64]:
    """What is left of each pair [P] when the first is moved, scaled and brightened to fit the second."""

    def of(start: int) -> npt.NDArray[np.float64]:
        part = pairs[start : start + _CHUNK // 4]
        first, second = (thumbnails[part[:, side]].astype(np.float32) for side in (0, 1))
        left, moved = _fitted(first, second, np.zeros((len(part), 2), np.int64))
        again, _moved = _fitted(first, second, moved)
        return np.minimum(left, again)

    return np.concatenate([np.empty(0), *in_parts(of, range(0, len(pairs), _CHUNK // 4))])


def _fitted(first: Floats, second: Floats, moved: Rows) -> tuple[npt.NDArray[np.float64], Rows]:
    """Least squares of the second on the first and its derivatives, all but the two outermost pixels.

    Args:
        first: [P, h, w].
        second: [P, h, w].
        moved: [P, 2] whole pixels, -1 to 1, by which the first is moved down and across beforehand.

    Returns:
        Root of the share of the variance that is left, [P], and the whole pixels by which to move, [P, 2].
    """
    height, width = first.shape[1] - 4, first.shape[2] - 4
    windows = np.lib.stride_tricks.sliding_window_view(first, (height, width), (1, 2))
    at, (y, x) = np.arange(len(first)), 2 - moved.T
    middle = windows[at, y, x]
    down = (windows[at, y + 1, x] - windows[at, y - 1, x]) / 2
    across = (windows[at, y, x + 1] - windows[at, y, x - 1]) / 2
    rows, columns = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)
    terms = np.stack([middle, down, across, rows * down, columns * across, second[:, 2:-2, 2:-2]], 1)
    terms = terms.reshape(len(first), 6, height * width)
    terms = terms - terms.mean(2, keepdims=True)
    products = (terms @ terms.transpose(0, 2, 1)).astype(np.float64)
    known = products[:, :5, :5] + 1e-3 * np.eye(5)
    weights = np.linalg.solve(known, products[:, :5, 5:])[:, :, 0]
    whole = products[:, 5, 5] + 1e-9
    left = 1 - (weights * products[:, :5, 5]).sum(1) / whole
    steps = weights[:, 1:3] / np.where(np.abs(weights[:, :1]) > 0.1, weights[:, :1], np.inf)
    return np.sqrt(left.clip(0, 1)), np.rint(-steps).clip(-1, 1).astype(np.int64)

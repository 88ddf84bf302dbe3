"""Decoding: the headers of many picture files, and their pixels at one size, in threads.

Pillow decodes without holding the interpreter's lock, so that threads share the work as well as processes would,
without copies between them. A file that cannot be used is an entry among the reasons, by its position.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from deepwright.data.files.threads import in_pieces
from deepwright.data.pictures.opening import Fit, Header, decoded, header, reason_against, standard
from deepwright.data.pictures.sizing import Size
from deepwright.data.stored import Bytes
from deepwright.messages import _

_PIECE = 64
_PIECE_BYTES = 2**24


def headers(files: Sequence[Path]) -> Iterator[tuple[dict[int, Header], dict[int, str]]]:
    """Headers by position, and the reasons against the files that have none, piece by piece."""

    def read(piece: range) -> tuple[dict[int, Header], dict[int, str]]:
        found, reasons = {}, {}
        for position in piece:
            try:
                found[position] = header(files[position])
            except Exception as error:
                reasons[position] = reason_against(files[position], error)
        return found, reasons

    return in_pieces(read, len(files), _PIECE, _("Looking at pictures"))


def pixels(files: Sequence[Path], size: Size, fit: Fit) -> Iterator[tuple[Bytes, dict[int, str]]]:
    """Pictures [B, H, W(, 3)], and the reasons against those that are zeros because they failed, piece by piece."""

    def decode(piece: range) -> tuple[Bytes, dict[int, str]]:
        pictures, reasons = np.zeros((len(piece), *size.shape), np.uint8), {}
        for slot, position in enumerate(piece):
            try:
                picture = decoded(files[position], max(size.height, size.width))
                pictures[slot] = standard(picture, *size, fit)
            except Exception as error:
                reasons[position] = reason_against(files[position], error)
        return pictures, reasons

    step = max(1, min(_PIECE, _PIECE_BYTES // size.num_bytes))
    return in_pieces(decode, len(files), step, _("Decoding pictures"))

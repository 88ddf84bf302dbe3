"""Columns that name picture files or hold pictures, as pictures of one size and mode."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps

from deepwright.config.settings import DataSettings
from deepwright.data.pictures.opening import Header, decoded, flat, header, quiet, reason_against, standard
from deepwright.data.pictures.reading import PicturesRead, Positions, files_at, read_pictures
from deepwright.data.pictures.sizing import decide, notes
from deepwright.data.rejections import Rejections
from deepwright.data.table import Files
from deepwright.data.tabular.arrays import as_bytes
from deepwright.errors import DataError
from deepwright.messages import _, plural

#: EXIF orientations from this one on exchange width and height.
_TURNED = 5


def read_paths(
    paths: Sequence[str],
    names: Sequence[str],
    folder: Path,
    settings: DataSettings,
    source: str,
    deciding: Positions | None,
) -> PicturesRead:
    r"""Read the pictures that a column names.

    Args:
        paths: [N] absolute, or from the folder on; ``\`` is read as ``/`` where there is no such file.
        names: [N] what the user calls the rows.
        folder: where relative paths begin.
        settings: how pictures are brought to one size.
        source: what the user calls all of them.
        deciding: positions of those that decide size and mode; None takes all.

    Raises:
        DataError: none of the files is there, or too few can be used.
    """
    files = [file_of(folder, path) for path in paths]
    if not any(map(_is_there, files)):
        raise DataError(
            plural(
                "{source}: the picture that it names is not there: {name}. Its path begins at {folder}.",
                "{source}: none of the {n} pictures that it names is there; the first is {name}. "
                "Their paths begin at {folder}.",
                len(files),
                source=source,
                name=names[0],
                folder=folder.resolve(),
            )
        )
    return read_pictures(files, names, settings, source, deciding)


def lies_in(bound: Path, file: Path) -> bool:
    """Whether a file is one of a folder's own, links followed; what no file system takes is nowhere else.

    Args:
        bound: the folder, resolved.
        file: need not be there.
    """
    try:
        return file.resolve().is_relative_to(bound)
    except (OSError, ValueError, RuntimeError):  # RuntimeError: links that lead to each other
        return True


def file_of(folder: Path, path: str) -> Path:
    r"""The file that a path from a folder on names; ``\`` is read as ``/`` where there is no such file."""
    file = folder / path
    return folder / path.replace("\\", "/") if "\\" in path and not _is_there(file) else file


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except (OSError, ValueError):  # a name that no file system takes
        return False


def read_cells(
    cells: Sequence[Any], names: Sequence[str], settings: DataSettings, source: str, deciding: Positions | None
) -> PicturesRead:
    """Bring pictures in memory to one size and mode, like files.

    Args:
        cells: [N] PIL pictures, arrays [H, W] or [H, W, C], or the bytes of picture files.
        names: [N] what the user calls the rows.
        settings: how pictures are brought to one size.
        source: what the user calls all of them.
        deciding: positions of those that decide size and mode; None takes all.

    Raises:
        DataError: too few pictures can be used.
    """
    rejections = Rejections(names, source, settings.strict)
    headers: dict[int, Header] = {}
    with quiet():
        for position, cell in enumerate(cells):
            try:
                headers[position] = _header(cell)
            except Exception as error:
                rejections.add({position: _reason(error)})
        rejections.require_enough()
        kept, files = np.array(list(headers), np.int64), Files(*map(np.array, zip(*headers.values(), strict=True)))
        chosen = np.arange(len(kept)) if deciding is None else np.flatnonzero(np.isin(kept, deciding))
        size = decide(files, chosen if len(chosen) else slice(None), settings)
        values = np.empty((len(kept), *size.shape), np.uint8)
        for slot, position in enumerate(kept.tolist()):
            try:
                values[slot] = standard(_upright(cells[position]), *size, settings.fit)
            except Exception as error:
                rejections.add({position: _reason(error)})
    rejections.require_enough()
    slots = np.flatnonzero(~np.isin(kept, list(rejections.reasons)))
    files = files_at(files, slots)
    found = values if len(slots) == len(values) else values[slots]
    return PicturesRead(found, kept[slots], files, rejections.listed(), notes(files, size, settings.fit))


def _header(cell: Any) -> Header:
    """What a picture is, without decoding it."""
    if isinstance(cell, bytes):
        return header(io.BytesIO(cell))
    picture = cell if isinstance(cell, Image.Image) else _from_array(cell)
    turned = picture.getexif().get(ExifTags.Base.Orientation, 1) >= _TURNED
    width, height = picture.size[::-1] if turned else picture.size
    return Header(width, height, picture.mode, picture.format or "")


def _upright(cell: Any) -> Image.Image:
    """A picture in mode L or RGB."""
    if isinstance(cell, bytes):
        return decoded(cell)
    return flat(ImageOps.exif_transpose(cell) if isinstance(cell, Image.Image) else _from_array(cell))


def _from_array(values: Any) -> Image.Image:
    pixels = values[..., 0] if values.ndim == 3 and values.shape[-1] == 1 else values
    if not pixels.size or not (pixels.ndim == 2 or pixels.shape[-1] in (3, 4)):
        raise DataError(_("Its shape is {shape}; pictures are [H, W] or [H, W, 3].", shape=list(values.shape)))
    return Image.fromarray(as_bytes(pixels, "image"))


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, DataError) else reason_against(b"\0", error)

"""One picture: opened, and brought to a size and mode; training and prediction do it in the same way.

A file is turned as its EXIF orientation says, greys of sixteen bits are scaled to eight, transparency is laid over
white, and of an animation the first frame counts. What remains is grey (L) or has colours (RGB).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from deepwright.errors import DataError
from deepwright.messages import _

Bytes: TypeAlias = npt.NDArray[np.uint8]
Fit: TypeAlias = Literal["crop", "pad", "stretch"]
Source: TypeAlias = Path | bytes | BinaryIO

#: What Pillow may try. Its other formats are rare as pictures of a data set, and some run programs (EPS).
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM")
#: How files of these formats are named.
SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        *("png", "apng", "jpg", "jpeg", "jpe", "jfif", "mpo", "gif", "webp"),
        *("bmp", "dib", "tif", "tiff", "pbm", "pgm", "ppm", "pnm"),
    )
)
_GREY_MODES = ("1", "L", "LA", "La", "I", "F")
_ALPHA_MODES = ("LA", "La", "PA", "RGBA", "RGBa")
_PADDING = 128
#: A JPEG file is decoded at a fraction of its size, but never at less than this many times the size that is needed.
_DRAFT = 2


class Header(NamedTuple):
    """What a file says of its picture, which is not decoded for it: size when upright, and Pillow's mode and format."""

    width: int
    height: int
    mode: str
    format: str


def is_grey(mode: str) -> bool:
    """Whether a picture in one of Pillow's modes cannot have colours."""
    return mode in _GREY_MODES or mode.startswith("I;")


def open_picture(source: Source, name: str, least: int | None = None) -> Image.Image:
    """A picture in mode L or RGB, upright.

    Args:
        source: a path, the bytes of a file, or an open one.
        name: what the user calls it.
        least: pixels that each side must keep, so that large JPEG files are decoded faster; None keeps all.

    Raises:
        DataError: there is no such file, it is no picture, it is damaged, or it is not safe to unpack.
    """
    try:
        with quiet():
            return decoded(source, least)
    except FileNotFoundError:
        raise DataError(_("There is no picture {path}.", path=name)) from None
    except IsADirectoryError:
        raise DataError(_("{path} is a folder, not a picture.", path=name)) from None
    except Exception as error:
        raise DataError(_("{name} cannot be used. {reason}", name=name, reason=reason_against(source, error))) from None


def decoded(source: Source, least: int | None = None) -> Image.Image:
    """Like ``open_picture``, but fails with whatever Pillow raises; ``reason_against`` says what it means."""
    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as picture:
        if least is not None:
            picture.draft(None, (_DRAFT * least, _DRAFT * least))
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
        return flat(picture)


def header(file: Path | BinaryIO) -> Header:
    """What a file says of its picture; fails like ``decoded``."""
    with Image.open(file, formats=FORMATS) as picture:
        width, height = picture.size
        # TIFF sizes are upright already; and an EXIF block behind the pixels of a PNG file would cost decoding them.
        if "exif" in picture.info and picture.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8):
            width, height = height, width
        return Header(width, height, picture.mode, str(picture.format))


def reason_against(source: Source, error: Exception) -> str:
    """Why a picture cannot be used, as a sentence."""
    match error:
        case UnidentifiedImageError() if _is_empty(source):
            return _("It is empty.")
        case UnidentifiedImageError():
            return _("It is not a picture in a format that can be read; PNG, JPEG, GIF, WebP, BMP and TIFF are.")
        case Image.DecompressionBombError():
            return _("It announces more pixels than are safe to unpack.")
        case FileNotFoundError():
            return _("It is not there.")
        case DataError():
            return str(error)
        case OSError(strerror=str(problem)):
            return _("It cannot be read: {problem}.", problem=problem)
        case _:  # Pillow's decoders fail in any way on damaged files
            return _(
                "It cannot be read as a picture: {problem}.", problem=str(error).rstrip(".") or type(error).__name__
            )


@contextmanager
def quiet() -> Iterator[None]:
    """Without Pillow's warnings, which name no file; not for several threads, but around them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def flat(picture: Image.Image) -> Image.Image:
    """Any picture in mode L or RGB; raises ValueError for a mode that has no such form."""
    if picture.mode == "F" or picture.mode.startswith("I"):
        return _eight_bits(picture)
    mode = "L" if is_grey(picture.mode) else "RGB"
    if picture.mode in _ALPHA_MODES or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert(mode)


def standard(picture: Image.Image, height: int, width: int, channels: int, fit: Fit) -> Bytes:
    """A picture as bytes [H, W] or [H, W, 3].

    Args:
        picture: in mode L or RGB.
        height: pixels.
        width: pixels.
        channels: 1 for grey, 3 for colour.
        fit: crop cuts the middle out, pad adds grey at the sides, stretch distorts.
    """
    if (mode := "L" if channels == 1 else "RGB") != picture.mode:
        picture = picture.convert(mode)
    scales = width / picture.width, height / picture.height
    if fit == "pad":
        inner = max(1, round(picture.width * min(scales))), max(1, round(picture.height * min(scales)))
        canvas = Image.new(picture.mode, (width, height), (_PADDING,) * channels)
        canvas.paste(_resized(picture, inner), ((width - inner[0]) // 2, (height - inner[1]) // 2))
        return np.asarray(canvas, np.uint8)
    cut = (0.0, 0.0)
    if fit == "crop":
        cut = (
            max(0.0, picture.width - width / max(scales)) / 2,
            max(0.0, picture.height - height / max(scales)) / 2,
        )
    box = *cut, picture.width - cut[0], picture.height - cut[1]
    return np.asarray(_resized(picture, (width, height), box), np.uint8)


def _resized(
    picture: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float] | None = None
) -> Image.Image:
    return picture.resize(size, Image.Resampling.BICUBIC, box, reducing_gap=_DRAFT)


def _eight_bits(picture: Image.Image) -> Image.Image:
    values: Any = np.asarray(picture, np.float64)
    most = values.max(initial=0)
    largest = 255 if picture.mode == "F" else 65535
    if not (values.min(initial=0) >= 0 and most <= largest):
        raise DataError(
            _(
                "Its values range from {low:g} to {high:g}, of which only 0 to {largest} can be read; scale it first.",
                low=values.min(),
                high=most,
                largest=largest,
            )
        )
    scale = (255.0 if most <= 1 else 1.0) if picture.mode == "F" else 1 / 257
    return Image.fromarray(np.clip(np.rint(values * scale), 0, 255).astype(np.uint8))


def _is_empty(source: Source) -> bool:
    if isinstance(source, Path):
        return source.is_file() and not source.stat().st_size
    return not source if isinstance(source, bytes) else not source.seek(0, io.SEEK_END)

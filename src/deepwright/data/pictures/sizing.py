"""The one size and mode to which pictures are brought, decided from the headers of their files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepwright.config.settings import DataSettings
from deepwright.data.pictures.opening import is_grey
from deepwright.data.table import Files
from deepwright.errors import ConfigError
from deepwright.messages import _, plural

#: The largest size that is taken unasked, unless all pictures are alike.
_MOST = 224
#: Pictures that are all alike, but larger than any size that can be asked for, are brought to one as well.
_MOST_ALIKE = 1024


class Size(NamedTuple):
    """Of every picture."""

    height: int
    width: int
    channels: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its array: (H, W) or (H, W, 3)."""
        return (self.height, self.width) if self.channels == 1 else tuple(self)

    @property
    def num_bytes(self) -> int:
        """Of its array."""
        return self.height * self.width * self.channels


def decide(files: Files, deciding: Any, settings: DataSettings) -> Size:
    """The size and mode of all pictures.

    Args:
        files: all of them.
        deciding: which of them decide, as an index into ``files``.
        settings: image_size.

    Raises:
        ConfigError: no size is allowed, but they differ.
    """
    widths, heights = files.widths[deciding], files.heights[deciding]
    channels = 1 if _grey(files)[deciding].all() else 3
    if isinstance(settings.image_size, int):
        return Size(settings.image_size, settings.image_size, channels)
    width, height = int(widths[0]), int(heights[0])
    alike = bool((widths == width).all() and (heights == height).all())
    if settings.image_size is None and not alike:
        raise ConfigError(
            _(
                "data.image_size is null, which takes pictures as they are, but their sizes differ. "
                "Give a size, or auto."
            )
        )
    if alike and (settings.image_size is None or max(width, height) <= _MOST_ALIKE):
        return Size(height, width, channels)
    side = min(int(np.median(np.minimum(widths, heights))), _MOST)
    side = side if side < 32 else side // 8 * 8
    return Size(side, side, channels)


def asked(shape: Sequence[int]) -> int | None:
    """The image_size with which pictures of a shape [H, W] or [H, W, 3] are read again as they are now."""
    height, width = shape[:2]
    return height if height == width and height <= _MOST_ALIKE else None


def notes(files: Files, size: Size, fit: str) -> list[str]:
    """What was decided, where it changes pictures."""
    found, grey = [], _grey(files)
    if not ((files.widths == size.width) & (files.heights == size.height)).all():
        order = np.argsort(files.widths * files.heights, kind="stable")
        least, most = (f"{files.widths[row]}×{files.heights[row]}" for row in (order[0], order[-1]))
        found.append(
            _(
                "Pictures of {sizes} are brought to {size} ({fit}); choose with data.image_size and data.fit.",
                sizes=least if least == most else _("{least} to {most}", least=least, most=most),
                size=f"{size.width}×{size.height}",
                fit=fit,
            )
        )
    if size.channels == 3 and (count := int(grey.sum())) and count < len(grey):
        found.append(
            plural(
                "{n} of {total} pictures is grey; it is read as one with colours, like the others.",
                "{n} of {total} pictures are grey; they are read as ones with colours, like the others.",
                count,
                total=len(grey),
            )
        )
    if size.channels == 1 and (count := int((~grey).sum())):
        found.append(
            plural(
                "{n} of {total} pictures has colours; it is read as grey, as those that are trained on are.",
                "{n} of {total} pictures have colours; they are read as grey, as those that are trained on are.",
                count,
                total=len(grey),
            )
        )
    return found


def _grey(files: Files) -> npt.NDArray[np.bool_]:
    return np.array([is_grey(str(mode)) for mode in files.modes], bool)

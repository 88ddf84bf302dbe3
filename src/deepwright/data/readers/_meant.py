"""Pictures and texts in one folder: which of the two is meant. A few texts beside pictures are notes on them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from deepwright.config.settings import DataSettings
from deepwright.data.readers._walking import walk
from deepwright.data.readers.folder import is_picture
from deepwright.data.readers.text import is_text
from deepwright.errors import ConfigError
from deepwright.messages import _


def meant(folder: Path, settings: DataSettings) -> Literal["image", "text"] | None:
    """What a folder is read for: what the settings name as the input, else pictures if there are as many as texts.

    Args:
        folder: at whatever depth its files are.
        settings: data.columns.

    Returns:
        None where there are not both.

    Raises:
        ConfigError: there are more texts than pictures, and nothing says which of them are meant.
    """
    texts = pictures = 0
    for entry in walk(folder):
        texts += is_text(entry.path)
        pictures += is_picture(entry.path)
    if not texts or not pictures:
        return None
    asked = settings.columns.get("input")
    if "text" in settings.columns or asked == "text":
        return "text"
    if "image" in settings.columns or asked == "image" or pictures >= texts:
        return "image"
    raise ConfigError(
        _(
            "{source} holds texts ({texts}) and pictures ({pictures}); it is read for one of the two. Choose with "
            "--input text or --input image.",
            source=folder,
            texts=texts,
            pictures=pictures,
        )
    )

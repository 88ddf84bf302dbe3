"""Pictures as people have them: folders of small colour photos, tables with their paths, archives and arrays."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

#: What the photos show, unless a test says otherwise; each class has a colour of its own.
CLASSES = ("apple", "plum", "pear")
_COLOURS = ((200, 60, 60), (90, 60, 170), (120, 190, 70), (210, 190, 60), (60, 60, 60))


def photo(kind: int, seed: int, width: int = 20, height: int = 16) -> Image.Image:
    """A noisy picture in mode RGB, of a size that JPEG does not divide; the kind can be told by its colour."""
    noise = np.random.default_rng([kind, seed]).integers(-40, 41, (height, width, 3))
    return Image.fromarray(np.clip(np.array(_COLOURS[kind]) + noise, 0, 255).astype(np.uint8))


def write_photos(folder: Path, classes: Sequence[str] = CLASSES, count: int = 12, first: int = 0) -> Path:
    """``<class>/<number>.jpg``: so many photos of each class, numbered from the first on."""
    for kind, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(first, first + count):
            photo(kind, number).save(folder / name / f"{number}.jpg")
    return folder


def write_zip(archive: Path, folder: Path) -> Path:
    """A folder as a zip file, as a file manager packs it: within a folder of its own name."""
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted(folder.rglob("*.*")):
            packed.write(file, file.relative_to(folder.parent))
    return archive


def write_table(file: Path, columns: Mapping[str, Sequence[Any]], encoding: str = "utf-8") -> Path:
    """Columns as CSV."""
    with file.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return file


def paths_in(folder: Path) -> list[str]:
    """The photos of a folder in their order, as a table beside the folder names them."""
    files = sorted(folder.glob("*/*.jpg"), key=lambda file: (file.parent.name, int(file.stem)))
    return [file.relative_to(folder.parent).as_posix() for file in files]


def write_labels(file: Path, folder: Path) -> Path:
    """A table beside the folder with the path of each photo and its class."""
    paths = paths_in(folder)
    return write_table(file, {"path": paths, "label": [path.split("/")[-2] for path in paths]})


def write_npz(file: Path, count: int = 12) -> Path:
    """Arrays ``images`` and ``labels`` of so many photos of each class."""
    kinds = np.repeat(np.arange(len(CLASSES)), count)
    images = np.stack([np.asarray(photo(int(kind), seed)) for seed, kind in enumerate(kinds)])
    np.savez(file, images=images, labels=kinds)
    return file

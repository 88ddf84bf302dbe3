"""Picture files as pictures of one size and mode, in memory or in a file of the cache.

The headers of all files decide size and mode; then every file is decoded once. Files that cannot be used are left out
and named.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deepwright.config.settings import DataSettings
from deepwright.data.files.cache import available_memory, free_bytes, in_bytes, made_once, require_space
from deepwright.data.pictures.decoded import PIXELS, Decoded, place_of
from deepwright.data.pictures.decoding import headers, pixels
from deepwright.data.pictures.opening import Header, quiet
from deepwright.data.pictures.sizing import Size, asked, decide, notes
from deepwright.data.rejections import Rejections
from deepwright.data.stored import Bytes, StoredPictures
from deepwright.data.table import Files, Rejected
from deepwright.errors import DataError
from deepwright.messages import _, plural

_log = logging.getLogger(__name__)
_MOST_IN_MEMORY = 2**30
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PicturesRead:
    """Pictures of one size and mode.

    Attributes:
        values: uint8 [N, H, W] or [N, H, W, 3].
        kept: [N] positions of their files among those that were given.
        files: [N] what the headers say of them.
        rejected: the other files.
        notes: what was decided, as translated sentences.
    """

    values: Bytes | StoredPictures
    kept: Positions
    files: Files
    rejected: list[Rejected]
    notes: list[str]

    def at(self, rows: Positions) -> PicturesRead:
        """Some of them, by their positions among those that were given, in order."""
        if len(rows) == len(self.kept):
            return self
        slots = np.searchsorted(self.kept, rows)
        return replace(self, values=self.values[slots], kept=rows, files=files_at(self.files, slots))


def files_at(files: Files, positions: Positions) -> Files:
    """Some files, in their order."""
    return Files(*(getattr(files, field.name)[positions] for field in fields(Files)))


def read_pictures(
    files: Sequence[Path],
    names: Sequence[str],
    settings: DataSettings,
    source: str,
    deciding: Positions | None = None,
) -> PicturesRead:
    """Decode pictures and bring them to one size and mode.

    Args:
        files: of the pictures.
        names: [N] what the user calls them.
        settings: image_size, fit, strict and storage.
        source: what the user calls all of them.
        deciding: positions of those that decide size and mode, such as the given training part; None takes all.

    Raises:
        DataError: fewer than half of them, or fewer than two, can be used; one cannot and ``strict`` is set; or there
            is no room for them.
        StorageError: the cache cannot be written.
    """
    reading = _Reading(files, names, settings, source, np.arange(len(files)) if deciding is None else deciding)
    with quiet():
        return reading.before() or reading.fresh()


class _Reading:
    def __init__(
        self, files: Sequence[Path], names: Sequence[str], settings: DataSettings, source: str, deciding: Positions
    ) -> None:
        self.files, self.names, self.settings, self.source = files, names, settings, source
        self.deciding = deciding
        self.place = place_of(files, deciding, settings)
        self.rejections = Rejections(names, source, settings.strict)

    def before(self) -> PicturesRead | None:
        """What was decoded before, be it that the size that is asked for now was found then."""
        found = self.stored(self.place)
        if found is not None or self.settings.image_size == "auto":
            return found
        return self.stored(place_of(self.files, self.deciding, replace(self.settings, image_size="auto")))

    def stored(self, place: Path) -> PicturesRead | None:
        """What was decoded before; a file that could not be used then, and can be now, makes it useless."""
        if self.settings.storage == "memory" or (found := Decoded.load(place)) is None:
            return None
        if self.settings.image_size not in ("auto", asked(found.size)):
            return None
        others = np.setdiff1d(np.arange(len(self.files)), found.kept)
        reasons: dict[int, str] = {}
        for _zeros, against in pixels([self.files[other] for other in others], found.size, self.settings.fit):
            reasons |= {int(others[position]): reason for position, reason in against.items()}
        if len(reasons) < len(others):
            return None
        self.rejections = Rejections(self.names, self.source, self.settings.strict)
        self.rejections.add(reasons)
        return self._read(found, found.pictures(place))

    def fresh(self) -> PicturesRead:
        """What the files hold."""
        usable, files = self._headers()
        chosen = np.flatnonzero(np.isin(usable, self.deciding))
        size = decide(files, chosen if len(chosen) else slice(None), self.settings)
        if _on_disk(len(usable) * size.num_bytes, self.settings, self.source):
            return made_once(self.place, self.stored, lambda folder: self._store(folder, usable, files, size))
        pictures = np.empty((len(usable), *size.shape), np.uint8)

        def keep(start: int, piece: Bytes) -> None:
            pictures[start : start + len(piece)] = piece

        found = self._decode(usable, files, size, keep)
        return self._read(found, pictures if len(found.slots) == len(usable) else pictures[found.slots])

    def _headers(self) -> tuple[Positions, Files]:
        found: dict[int, Header] = {}
        for some, reasons in headers(self.files):
            found |= some
            self.rejections.add(reasons)
        self.rejections.require_enough()
        return np.array(list(found), np.int64), Files(*map(np.array, zip(*found.values(), strict=True)))

    def _decode(self, usable: Positions, files: Files, size: Size, keep: Callable[[int, Bytes], object]) -> Decoded:
        start = 0
        failed: list[int] = []
        for pictures, reasons in pixels([self.files[position] for position in usable], size, self.settings.fit):
            keep(start, pictures)
            start += len(pictures)
            failed += list(reasons)
            self.rejections.add({int(usable[slot]): reason for slot, reason in reasons.items()})
        self.rejections.require_enough()
        slots = np.setdiff1d(np.arange(len(usable)), failed)
        return Decoded(size, slots, usable[slots], files_at(files, slots))

    def _store(self, folder: Path, usable: Positions, files: Files, size: Size) -> None:
        num_bytes = len(usable) * size.num_bytes
        require_space(folder, num_bytes, _("Decoding {source}", source=self.source))
        _log.info(
            plural(
                "Decoding {n:,} picture once into {place}: {bytes:,} bytes ({size}), {free} free.",
                "Decoding {n:,} pictures once into {place}: {bytes:,} bytes ({size}), {free} free.",
                len(usable),
                place=self.place,
                bytes=num_bytes,
                size=in_bytes(num_bytes),
                free=in_bytes(free_bytes(folder)),
            )
        )
        with (folder / PIXELS).open("wb") as stream:
            found = self._decode(usable, files, size, lambda _start, pictures: stream.write(pictures.data))
        found.save(folder)

    def _read(self, found: Decoded, values: Bytes | StoredPictures) -> PicturesRead:
        said = notes(found.files, found.size, self.settings.fit)
        return PicturesRead(values, found.kept, found.files, self.rejections.listed(), said)


def _on_disk(num_bytes: int, settings: DataSettings, source: str) -> bool:
    available = available_memory()
    if settings.storage == "memory" and available is not None and num_bytes > available:
        raise DataError(
            _(
                "{source} decoded takes {needed} of memory, where {free} are free. Keep it in a file with "
                "data.storage=disk, or choose a smaller data.image_size.",
                source=source,
                needed=in_bytes(num_bytes),
                free=in_bytes(available),
            )
        )
    much = num_bytes > _MOST_IN_MEMORY or (available is not None and num_bytes > available / 4)
    return settings.storage == "disk" or (settings.storage == "auto" and much)

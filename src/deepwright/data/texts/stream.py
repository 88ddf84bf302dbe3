"""The stream of tokens: texts one after the other as numbers, in memory or, where they are many, in a file."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from deepwright.contracts import Batch, IntArray
from deepwright.data.files.cache import cache_folder
from deepwright.tokens import PADDING

#: Bytes of tokens that are kept in memory; more are in a file, which ends with the process.
_IN_MEMORY = 2**26
#: A target that is none.
NONE = -1


class TokenStream:
    """Tokens of several texts: the end of a text stands before the first, and between two that do not follow.

    Args:
        texts: [N] the numbers of each text's tokens, in order.
        follows: [N] whether a text goes on where the one before it ends.
        vocab_size: different numbers.

    Attributes:
        starts: [N + 1] where the tokens of each text begin, and where those of the last end.
    """

    def __init__(self, texts: Iterable[npt.NDArray[np.int32]], follows: Sequence[bool], vocab_size: int) -> None:
        self.dtype = np.dtype(np.uint16 if vocab_size <= 2**16 else np.int32)
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(folder))  # noqa: SIM115  # closed with this
        weakref.finalize(self, self._file.close)
        end = np.array([PADDING], self.dtype).tobytes()
        starts, place = [], 0
        for tokens, goes_on in zip(texts, follows, strict=True):
            if not goes_on:
                self._file.write(end)
                place += 1
            starts.append(place)
            self._file.write(tokens.astype(self.dtype).tobytes())
            place += len(tokens)
        self.starts: IntArray = np.array([*starts, place], np.int64)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def read(self, start: int, length: int) -> npt.NDArray[np.int64]:
        """So many tokens from a place, or as many as there are."""
        self._file.seek(start * self.dtype.itemsize)
        return np.frombuffer(self._file.read(length * self.dtype.itemsize), self.dtype).astype(np.int64)

    def text_of(self, places: IntArray) -> IntArray:
        """The text that each of some places is in; the end before a text belongs to it."""
        found: IntArray = np.searchsorted(self.starts[1:-1], places, side="right")
        return found


class Windows:
    """Parts of a stream, each predicted from what stands in it before: [B, T] tokens and the [B, T] that follow them.

    Windows that are judged overlap by half, and of each but the first only what follows that half is predicted: every
    token once, and none but those at the beginning of the stream from fewer than T/2 tokens before it.

    Args:
        stream: of tokens.
        context: T, tokens of a window.
        num_characters: [V] of each token.
        moved: whether windows are learnt from: they do not overlap, predict all that is in them, and each begins
            anywhere within the place of its own, drawn by torch's default generator whenever it is asked for.
    """

    def __init__(self, stream: TokenStream, context: int, num_characters: IntArray, moved: bool = False) -> None:
        self.stream, self.context, self.moved = stream, context, moved
        self.step = context if moved else (context + 1) // 2
        self._num_characters = num_characters

    def __len__(self) -> int:
        if len(self.stream) <= self.context + 1:
            return 1
        return 1 + num_windows(len(self.stream) - self.context, self.step)

    @property
    def targets(self) -> Tensor:
        """How many tokens each window predicts, and how many characters these are, float64 [N, 2]."""
        counts = np.empty((len(self), 2))
        for window in range(len(self)):
            known = self._known(window)
            predicted = self.stream.read(window * self.step + 1 + known, self.context - known)
            counts[window] = len(predicted), self._num_characters[predicted].sum()
        return torch.from_numpy(counts)

    def batch(self, positions: Tensor) -> Batch:
        """The windows at [B] positions; the row of each is the text of the first token from which one is predicted."""
        starts = positions * self.step
        if self.moved:
            starts = starts + torch.randint(self.context, starts.shape)
            starts = starts.clamp(max=max(0, len(self.stream) - 1 - self.context))
        tokens = np.full((len(starts), self.context + 1), NONE, np.int64)
        for row, start in zip(tokens, starts.tolist(), strict=True):
            found = self.stream.read(start, self.context + 1)
            row[: len(found)] = found
        whole = torch.from_numpy(tokens)
        known = torch.tensor([self._known(position) for position in positions.tolist()])
        targets = whole[:, 1:].where(torch.arange(self.context) >= known[:, None], NONE)
        rows = torch.from_numpy(self.stream.text_of((starts + known).numpy()))
        return Batch((whole[:, :-1].clamp(min=PADDING),), targets, rows)

    def _known(self, window: int) -> int:
        """The tokens at the beginning of a window of which the window before predicts the next ones."""
        return self.context - self.step if window else 0


def num_windows(num_tokens: int, step: int) -> int:
    """Windows so far apart that predict all tokens of a stream but the first, each so many of them."""
    return max(1, -(-(num_tokens - 1) // step))

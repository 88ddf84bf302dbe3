"""What goes into an exported graph, and how raw values become it: one small class for each kind of input."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from deepwright.contracts import InputEncoder
from deepwright.messages import _
from deepwright.specs import ImageSpec, TextSpec
from deepwright.tokens import CONTROL, PADDING, PATTERNS, UNKNOWN

Array = np.ndarray[Any, Any]


class Inputs(Protocol):
    """The first part of a graph.

    Attributes:
        name: of the graph's input.
        axes: of the input that may have any length: the letter of each, by its place.
        preparation: what has to be done to raw values before, for people, in English: it goes into the file.
        metadata: the same for programs.
    """

    name: ClassVar[str]
    axes: ClassVar[Mapping[int, str]]

    @property
    def preparation(self) -> str: ...

    @property
    def metadata(self) -> Mapping[str, str]: ...

    def example(self) -> Tensor:
        """Two inputs, by which a graph is traced."""
        ...

    def tensors(self, given: Tensor) -> tuple[Tensor, ...]:
        """The graph's input as what the network takes."""
        ...

    def said(self) -> str:
        """What the file takes, as a translated sentence."""
        ...


class ImageInputs:
    """Bytes from 0 to 255, [N, H, W] grey or [N, H, W, 3] red, green, blue.

    Args:
        encoder: of pictures.
    """

    name: ClassVar[str] = "images"
    axes: ClassVar[Mapping[int, str]] = {0: "N"}

    def __init__(self, encoder: InputEncoder) -> None:
        self.encoder = encoder
        assert isinstance(encoder.spec, ImageSpec)
        self.spec = encoder.spec

    @property
    def preparation(self) -> str:
        """What bytes go in, in English."""
        colour, shape = ("grey", "[N, H, W]") if self.spec.channels == 1 else ("red, green, blue", "[N, H, W, 3]")
        return (
            f"Bytes from 0 to 255, {shape}, {colour}, not normalised: {self.spec.height} pixels high and "
            f"{self.spec.width} wide. Pictures of another size or colour mode have to be brought to it first; "
            "how the run does that is in its preprocessing.json, of which the metadata holds the inputs."
        )

    @property
    def metadata(self) -> Mapping[str, str]:
        """Height, width and channels."""
        return {key: str(getattr(self.spec, key)) for key in ("height", "width", "channels")}

    def example(self) -> Tensor:
        """Two black pictures."""
        colours = () if self.spec.channels == 1 else (self.spec.channels,)
        return torch.zeros(2, self.spec.height, self.spec.width, *colours, dtype=torch.uint8)

    def tensors(self, given: Tensor) -> tuple[Tensor, ...]:
        """Channels before height and width, then whatever the encoder does."""
        return self.encoder.batch(given.unsqueeze(1) if given.ndim == 3 else given.permute(0, 3, 1, 2))

    def said(self) -> str:
        """The size of the pictures."""
        return _(
            "bytes of pictures, {height} × {width} pixels, {channels} channels; the rest is in the file",
            height=self.spec.height,
            width=self.spec.width,
            channels=self.spec.channels,
        )


class TextInputs:
    """Numbers of tokens, int64 [N, T], 0 after the end of a text.

    Args:
        encoder: of texts.
    """

    name: ClassVar[str] = "tokens"
    axes: ClassVar[Mapping[int, str]] = {0: "N", 1: "T"}

    def __init__(self, encoder: InputEncoder) -> None:
        self.encoder = encoder
        assert isinstance(encoder.spec, TextSpec)
        self.spec = encoder.spec

    @property
    def preparation(self) -> str:
        """How a text becomes numbers, in English."""
        return (
            "Numbers of tokens, int64 [N, T], T of the longest text and at least 1. Of each text: NFKC, then all "
            "that control_pattern finds is removed, lower case, every run of blanks becomes one blank and those at the "
            f"ends go; the tokens are what token_pattern finds, of which the first {self.spec.max_seq_len} are kept. "
            "The number of a token is its place in the vocabulary of preprocessing (JSON, from 0); a token that is not "
            f"there has {UNKNOWN}, and {PADDING} stands after the end of a text. The patterns are those of Python's re."
        )

    @property
    def metadata(self) -> Mapping[str, str]:
        """The two patterns; the vocabulary is in the encoder's state."""
        return {"token_pattern": PATTERNS[self.spec.tokenizer], "control_pattern": CONTROL}  # type: ignore[index]

    def example(self) -> Tensor:
        """Two texts of seven tokens."""
        return torch.full((2, 7), UNKNOWN, dtype=torch.int64)

    def tensors(self, given: Tensor) -> tuple[Tensor, ...]:
        """Numbers as they are."""
        return self.encoder.batch(given)

    def said(self) -> str:
        """That the file begins after the tokens."""
        return _(
            "numbers of tokens, int64 [N, T]; vocabulary and patterns that make them of a text are in its metadata "
            "(the format has no such operator)"
        )


_KINDS: Mapping[str, type[ImageInputs | TextInputs]] = {"image": ImageInputs, "text": TextInputs}


def inputs_of(encoder: InputEncoder) -> Inputs:
    """The class that suits what an encoder encodes."""
    return _KINDS[encoder.kind](encoder)


def tokens(texts: Sequence[str], metadata: Mapping[str, str]) -> Array:
    """Texts as numbers of tokens, int64 [N, T], from nothing but the metadata of an exported file."""
    about = json.loads(metadata["preprocessing"])
    numbers = {token: number for number, token in enumerate(about["vocabulary"]) if number > UNKNOWN}
    control, pattern = re.compile(metadata["control_pattern"]), re.compile(metadata["token_pattern"])
    rows = []
    for text in texts:
        plain = " ".join(control.sub("", unicodedata.normalize("NFKC", text)).lower().split())
        found = [match.group() for match in pattern.finditer(plain)][: about["max_seq_len"]]
        rows.append([numbers.get(token, UNKNOWN) for token in found])
    made = np.full((len(rows), max(1, *map(len, rows))), PADDING, np.int64)
    for place, row in zip(made, rows, strict=True):
        place[: len(row)] = row
    return made

"""N-grams: the pieces of texts that solved models count, which of them are known, and how a penalty is chosen."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from deepwright.contracts import Examples, FloatArray, batches
from deepwright.specs import ClassSpec, LabelsSpec, OutputSpec, TextSpec
from deepwright.tokens import BETWEEN, PADDING, words

#: Parts into which the training texts are divided to try strengths, …
_PARTS = 5
#: … of which one alone is held out where there are this many texts, so that the choice takes less than the fit.
_MANY = 2_000
_LONGEST = 5
#: Of many classes fewer n-grams are counted, so that there are no more weights than this, but at least so many n-grams.
_WEIGHTS, _LEAST = 20_000_000, 1_000
#: Stands before n-grams of words where those of characters are counted beside them; no normalised text has it.
_OF_WORDS = "\t"
Solution = tuple[FloatArray, FloatArray]


class NgramLinear(nn.Module, ABC):
    """Outputs that are linear in the n-grams of a text; their kind and the penalty are chosen on held-out parts.

    Args:
        inputs: texts.
        outputs: what is learnt.
        num_features: n-grams that are counted at most, the most frequent ones.
    """

    tokenizer: ClassVar[str] = "character"
    #: It counts pieces of texts, of which no other program's graph can be made.
    in_graph: ClassVar[bool] = False
    #: C of the penalty ‖W‖²/2C, those that are tried.
    strengths: ClassVar[Sequence[float]]
    #: Of n-grams, by what makes those of a text.
    kinds: ClassVar[Sequence[Callable[[str], Iterator[str]]]]

    def __init__(self, inputs: TextSpec, outputs: OutputSpec, num_features: int) -> None:
        super().__init__()
        self.inputs, self.outputs, self.num_features = inputs, outputs, num_features
        self.ngrams: Tensor
        self.kind: Tensor
        self.scale: Tensor
        self.weight: Tensor
        self.bias: Tensor
        self.register_buffer("ngrams", torch.zeros(0, dtype=torch.uint8))
        self.register_buffer("kind", torch.zeros(1, dtype=torch.uint8))
        self.register_buffer("scale", torch.zeros(0))
        self.register_buffer("weight", torch.zeros(outputs.num_outputs, 0))
        self.register_buffer("bias", torch.zeros(outputs.num_outputs))
        self._places: dict[str, int] | None = None

    @abstractmethod
    def scales(self, counts: Any) -> FloatArray:
        """What the texts that are learnt from, [N, F] counts, say of each n-gram, [F]."""

    @abstractmethod
    def features(self, counts: Any, scale: FloatArray) -> Any:
        """Counts [N, F] as features, sparse [N, F]."""

    @abstractmethod
    def solve(self, features: Any, targets: npt.NDArray[Any], strength: float) -> Solution:
        """Weights [num_outputs, F] and biases [num_outputs] of features [N, F] and targets [N, …]."""

    def fit(self, examples: Examples) -> None:
        """Choose n-grams and C on held-out parts, then solve for all examples; deterministic."""
        assert examples.targets is not None
        texts = [text for batch in batches(examples) for text in self._texts(batch.inputs[0])]
        targets = examples.targets.numpy()
        held_out = _held_out(targets, self.outputs)
        most = min(self.num_features, max(_LEAST, _WEIGHTS // self.outputs.num_outputs))
        tried: list[tuple[Any, ...]] = []
        for kind, ngrams_of in enumerate(self.kinds):
            if not (known := frequent(texts, ngrams_of, most)):
                continue
            counts = counted(texts, ngrams_of, known)
            scale = self.scales(counts)
            features = self.features(counts, scale)
            for strength in self.strengths:
                loss = self._loss_of(features, targets, held_out, strength)
                tried.append((loss, len(tried), kind, known, scale, features, strength))
        _loss, _place, kind, known, scale, features, strength = min(tried, key=lambda one: one[:2])
        weight, bias = self.solve(features, targets, strength)
        self.ngrams = torch.frombuffer(bytearray("\n".join(known).encode()), dtype=torch.uint8)
        self.kind = torch.tensor([kind], dtype=torch.uint8)
        self.scale, self.weight, self.bias = (
            torch.from_numpy(np.ascontiguousarray(values, np.float32)) for values in (scale, weight, bias)
        )
        self._places = None

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to outputs [B, num_outputs]; before it is solved, to zeros."""
        if not len(self.scale):
            return self.bias.expand(len(tokens), -1)
        if self._places is None:
            known = self.ngrams.cpu().numpy().tobytes().decode().split("\n")
            self._places = {ngram: place for place, ngram in enumerate(known)}
        counts = counted(self._texts(tokens), self.kinds[int(self.kind)], self._places)
        features = self.features(counts, self.scale.cpu().numpy().astype(np.float64))
        outputs = features @ self.weight.cpu().numpy().T.astype(np.float64) + self.bias.cpu().numpy()
        return torch.from_numpy(np.asarray(outputs, np.float32)).to(tokens.device)

    def _texts(self, tokens: Tensor) -> list[str]:
        """What rows of tokens spell."""
        spelt, between = self.inputs.vocabulary, BETWEEN[self.inputs.tokenizer]  # type: ignore[index]  # one of them
        return [between.join(spelt[token] for token in row if token != PADDING) for row in tokens.tolist()]

    def _loss_of(
        self, features: Any, targets: npt.NDArray[Any], held_out: Sequence[npt.NDArray[np.bool_]], strength: float
    ) -> float:
        """The mean loss of the rows that are held out."""
        losses = []
        for out in held_out:
            weight, bias = self.solve(features[~out], targets[~out], strength)
            made = torch.from_numpy(features[out] @ weight.T + bias)
            losses.append(_losses(made, torch.from_numpy(targets[out]), self.outputs))
        return float(torch.cat(losses).mean())

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """How many n-grams there are is known once they are loaded."""
        for name in ("ngrams", "scale", "weight"):
            if (stored := state_dict.get(prefix + name)) is not None:
                setattr(self, name, torch.empty_like(stored))
        self._places = None
        super()._load_from_state_dict(state_dict, prefix, *rest)


def of_words(text: str) -> Iterator[str]:
    """N-grams of 1 and 2 words."""
    found = words(text)
    yield from found
    yield from map(" ".join, pairwise(found))


def of_characters(text: str, longest: int = _LONGEST) -> Iterator[str]:
    """N-grams of 1 to 5 characters, or to as many as are asked for."""
    for length in range(1, longest + 1):
        yield from (text[start : start + length] for start in range(len(text) - length + 1))


def of_both(text: str) -> Iterator[str]:
    """N-grams of 1 and 2 words, and of 1 to 6 characters."""
    yield from (_OF_WORDS + ngram for ngram in of_words(text))
    yield from of_characters(text, _LONGEST + 1)


def frequent(texts: Sequence[str], ngrams_of: Callable[[str], Iterator[str]], most: int) -> dict[str, int]:
    """The n-grams that most texts have, at least two, by place."""
    having: Counter[str] = Counter()
    for text in texts:
        having.update(set(ngrams_of(text)))
    known = sorted((g for g, n in having.items() if n > 1), key=lambda g: (-having[g], g))[:most]
    return {ngram: place for place, ngram in enumerate(known)}


def counted(texts: Sequence[str], ngrams_of: Callable[[str], Iterator[str]], known: Mapping[str, int]) -> Any:
    """How often each text has each known n-gram, sparse [N, F]."""
    from scipy.sparse import csr_array

    places = [[known[g] for g in ngrams_of(text) if g in known] for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in places])])
    columns = np.fromiter((place for row in places for place in row), np.int32, int(starts[-1]))
    counts = csr_array((np.ones(len(columns)), columns, starts), shape=(len(texts), len(known)))
    counts.sum_duplicates()
    return counts


def logistic(features: Any, targets: npt.NDArray[Any], strength: float, num_classes: int) -> Solution:
    """Logistic regression; of classes without a row, and of all where there is but one, Laplace's frequencies decide.

    Args:
        features: sparse [N, F].
        targets: [N] classes.
        strength: C of the penalty ‖W‖²/2C.
        num_classes: of which some may have no row.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    counts = np.bincount(targets, minlength=num_classes)
    weight = np.zeros((num_classes, features.shape[1]))
    bias = np.log((counts + 1) / (len(targets) + num_classes))
    there = np.flatnonzero(counts)
    if len(there) > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)  # as many as the user has
            solved = LogisticRegression(C=strength, max_iter=200, tol=1e-3).fit(features, targets)
        halves = np.array([[-0.5], [0.5]])
        weight[there] = halves * solved.coef_ if len(there) == 2 else solved.coef_
        bias[there] = halves[:, 0] * solved.intercept_ if len(there) == 2 else solved.intercept_
    return weight, bias


def _held_out(targets: npt.NDArray[Any], outputs: OutputSpec) -> list[npt.NDArray[np.bool_]]:
    """Rows [N] that are held out in turn; of a class, every fifth, and the only one of its class never."""
    if isinstance(outputs, ClassSpec):
        order = np.argsort(targets, kind="stable")
        first = np.searchsorted(targets[order], targets[order])
        rank = np.empty(len(targets), np.int64)
        rank[order] = np.arange(len(targets)) - first
    else:
        rank = np.arange(len(targets))
    part = (rank + _PARTS - 1) % _PARTS
    return [part == one for one in range(1 if len(targets) >= _MANY else _PARTS) if (part == one).any()]


def _losses(made: Tensor, targets: Tensor, outputs: OutputSpec) -> Tensor:
    if isinstance(outputs, ClassSpec):
        return nn.functional.cross_entropy(made, targets, reduction="none")
    if isinstance(outputs, LabelsSpec):
        return nn.functional.binary_cross_entropy_with_logits(made, targets.double(), reduction="none").mean(1)
    return (made[:, 0] - targets).square()

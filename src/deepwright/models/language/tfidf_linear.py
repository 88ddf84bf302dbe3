"""TF-IDF linear: logistic or ridge regression on weighted counts of n-grams, solved; a network has to beat it.

Of a text, n-gram g weighs (1 + ln count) · (ln((1 + N)/(1 + N_g)) + 1), of N training texts N_g have g, and all weights
are divided by their Euclidean norm (G. Salton and C. Buckley, 1988, "Term-weighting approaches in automatic text
retrieval"; scikit-learn's smoothing). The n-grams are of 1 and 2 words or of 1 to 5 characters, and the penalty ‖W‖²/2C
has one of several C: whichever loses least on held-out parts of the training split (after S. Wang and C. Manning,
2012, who show how strong such a baseline is). Only n-grams that two training texts have count.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Examples, FloatArray, batches
from deepwright.specs import ClassSpec, LabelsSpec, OutputSpec, TextSpec
from deepwright.tokens import BETWEEN, PADDING, words

__all__ = ["TfidfLinear"]

#: Strengths that are tried, and parts into which the training texts are divided to try them …
_STRENGTHS = (0.5, 2.0, 8.0, 32.0)
_PARTS = 5
#: … of which one alone is held out where there are this many texts, so that the choice takes less than the fit.
_MANY = 2_000
_LONGEST = 5
Solution = tuple[FloatArray, FloatArray]


class TfidfLinear(nn.Module):
    """Tokens [B, T] to outputs [B, num_outputs], by way of the text that they spell.

    Args:
        inputs: texts.
        outputs: classes, labels or a number.
        num_features: n-grams that are counted at most, the most frequent ones.
    """

    tokenizer: ClassVar[str] = "character"

    def __init__(
        self, inputs: TextSpec, outputs: OutputSpec, *, num_features: Annotated[int, Meta(ge=1)] = 200_000
    ) -> None:
        super().__init__()
        self.inputs, self.outputs, self.num_features = inputs, outputs, num_features
        self.ngrams: Tensor
        self.kind: Tensor
        self.idf: Tensor
        self.weight: Tensor
        self.bias: Tensor
        self.register_buffer("ngrams", torch.zeros(0, dtype=torch.uint8))
        self.register_buffer("kind", torch.zeros(1, dtype=torch.uint8))
        self.register_buffer("idf", torch.zeros(0))
        self.register_buffer("weight", torch.zeros(outputs.num_outputs, 0))
        self.register_buffer("bias", torch.zeros(outputs.num_outputs))
        self._places: dict[str, int] | None = None

    def fit(self, examples: Examples) -> None:
        """Choose n-grams and C on held-out parts, then solve for all examples; deterministic."""
        assert examples.targets is not None
        texts = [text for batch in batches(examples) for text in self._texts(batch.inputs[0])]
        targets = examples.targets.numpy()
        held_out = _held_out(targets, self.outputs)
        tried: list[tuple[Any, ...]] = []
        for kind, ngrams_of in enumerate(_KINDS):
            if not (known := _frequent(texts, ngrams_of, self.num_features)):
                continue
            counts = _counts(texts, ngrams_of, known)
            idf = inverse_document_frequency(counts)
            features = weighted(counts, idf)
            for strength in _STRENGTHS:
                loss = _loss_of(features, targets, held_out, strength, self.outputs)
                tried.append((loss, len(tried), kind, known, idf, features, strength))
        _loss, _place, kind, known, idf, features, strength = min(tried, key=lambda one: one[:2])
        weight, bias = _solve(features, targets, strength, self.outputs)
        self.ngrams = torch.frombuffer(bytearray("\n".join(known).encode()), dtype=torch.uint8)
        self.kind = torch.tensor([kind], dtype=torch.uint8)
        self.idf, self.weight, self.bias = (
            torch.from_numpy(np.ascontiguousarray(values, np.float32)) for values in (idf, weight, bias)
        )
        self._places = None

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to outputs [B, num_outputs]; before it is solved, to zeros."""
        if not len(self.idf):
            return self.bias.expand(len(tokens), -1)
        if self._places is None:
            known = self.ngrams.cpu().numpy().tobytes().decode().split("\n")
            self._places = {ngram: place for place, ngram in enumerate(known)}
        counts = _counts(self._texts(tokens), _KINDS[int(self.kind)], self._places)
        features = weighted(counts, self.idf.cpu().numpy().astype(np.float64))
        outputs = features @ self.weight.cpu().numpy().T.astype(np.float64) + self.bias.cpu().numpy()
        return torch.from_numpy(np.asarray(outputs, np.float32)).to(tokens.device)

    def _texts(self, tokens: Tensor) -> list[str]:
        """What rows of tokens spell."""
        spelt, between = self.inputs.vocabulary, BETWEEN[self.inputs.tokenizer]  # type: ignore[index]  # one of them
        return [between.join(spelt[token] for token in row if token != PADDING) for row in tokens.tolist()]

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """How many n-grams there are is known once they are loaded."""
        for name in ("ngrams", "idf", "weight"):
            if (stored := state_dict.get(prefix + name)) is not None:
                setattr(self, name, torch.empty_like(stored))
        self._places = None
        super()._load_from_state_dict(state_dict, prefix, *rest)


def inverse_document_frequency(counts: Any) -> FloatArray:
    """ln((1 + N)/(1 + N_g)) + 1 of counts [N, F], [F]."""
    found: FloatArray = np.log((1 + counts.shape[0]) / (1 + np.bincount(counts.indices, minlength=counts.shape[1]))) + 1
    return found


def weighted(counts: Any, idf: FloatArray) -> Any:
    """Counts [N, F] as weights of Euclidean norm 1, sparse; a text without known n-grams has none."""
    from sklearn.preprocessing import normalize

    weights = counts.copy()
    weights.data = (1 + np.log(weights.data)) * idf[weights.indices]
    return normalize(weights, copy=False)


def _of_words(text: str) -> Iterator[str]:
    found = words(text)
    yield from found
    yield from map(" ".join, pairwise(found))


def _of_characters(text: str) -> Iterator[str]:
    for length in range(1, _LONGEST + 1):
        yield from (text[start : start + length] for start in range(len(text) - length + 1))


_KINDS: Sequence[Callable[[str], Iterator[str]]] = (_of_words, _of_characters)


def _frequent(texts: Sequence[str], ngrams_of: Callable[[str], Iterator[str]], most: int) -> dict[str, int]:
    """The n-grams that most texts have, at least two, by place."""
    having: Counter[str] = Counter()
    for text in texts:
        having.update(set(ngrams_of(text)))
    known = sorted((g for g, n in having.items() if n > 1), key=lambda g: (-having[g], g))[:most]
    return {ngram: place for place, ngram in enumerate(known)}


def _counts(texts: Sequence[str], ngrams_of: Callable[[str], Iterator[str]], known: dict[str, int]) -> Any:
    """How often each text has each known n-gram, sparse [N, F]."""
    from scipy.sparse import csr_array

    places = [[known[g] for g in ngrams_of(text) if g in known] for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in places])])
    columns = np.fromiter((place for row in places for place in row), np.int32, int(starts[-1]))
    counts = csr_array((np.ones(len(columns)), columns, starts), shape=(len(texts), len(known)))
    counts.sum_duplicates()
    return counts


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


def _loss_of(
    features: Any,
    targets: npt.NDArray[Any],
    held_out: Sequence[npt.NDArray[np.bool_]],
    strength: float,
    outputs: OutputSpec,
) -> float:
    """The mean loss of the rows that are held out."""
    losses = []
    for out in held_out:
        weight, bias = _solve(features[~out], targets[~out], strength, outputs)
        made = torch.from_numpy(features[out] @ weight.T + bias)
        losses.append(_losses(made, torch.from_numpy(targets[out]), outputs))
    return float(torch.cat(losses).mean())


def _losses(made: Tensor, targets: Tensor, outputs: OutputSpec) -> Tensor:
    if isinstance(outputs, ClassSpec):
        return nn.functional.cross_entropy(made, targets, reduction="none")
    if isinstance(outputs, LabelsSpec):
        return nn.functional.binary_cross_entropy_with_logits(made, targets.double(), reduction="none").mean(1)
    return (made[:, 0] - targets).square()


def _solve(features: Any, targets: npt.NDArray[Any], strength: float, outputs: OutputSpec) -> Solution:
    """Weights [num_outputs, F] and biases [num_outputs]."""
    if isinstance(outputs, ClassSpec):
        return _of_classes(features, targets, strength, outputs.num_outputs)
    if isinstance(outputs, LabelsSpec):
        solved = [_of_classes(features, label.astype(np.int64), strength, 2) for label in targets.T]
        return np.stack([w[1] - w[0] for w, _b in solved]), np.stack([b[1] - b[0] for _w, b in solved])
    from sklearn.linear_model import Ridge

    ridge = Ridge(alpha=1 / strength, solver="sparse_cg").fit(features, targets)
    return ridge.coef_[None], np.array([ridge.intercept_])


def _of_classes(features: Any, targets: npt.NDArray[Any], strength: float, num_classes: int) -> Solution:
    """Of classes without a row, and of all where there is but one, the frequencies after Laplace decide."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    counts = np.bincount(targets, minlength=num_classes)
    weight = np.zeros((num_classes, features.shape[1]))
    bias = np.log((counts + 1) / (len(targets) + num_classes))
    there = np.flatnonzero(counts)
    if len(there) > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            solved = LogisticRegression(C=strength, max_iter=200, tol=1e-3).fit(features, targets)
        halves = np.array([[-0.5], [0.5]])
        weight[there] = halves * solved.coef_ if len(there) == 2 else solved.coef_
        bias[there] = halves[:, 0] * solved.intercept_ if len(there) == 2 else solved.intercept_
    return weight, bias

"""The cases of the exercises: arguments, and the answer that PyTorch or deepwright gives to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from deepwright.data.interactions.stored import StoredHistories, UserExamples
from deepwright.decoding.beam import Beam, search
from deepwright.layers.cross_attention import AdditiveAttention
from deepwright.metrics.ndcg import Ndcg
from deepwright.models.recommendation.ease import Ease
from deepwright.specs import HistorySpec, ItemsSpec

Case = tuple[tuple[Any, ...], Any]
_SEEDS = range(5)


def _draw(seed: int, *shapes: tuple[int, ...]) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def layer() -> Iterator[Case]:
    """A dense layer with ReLU."""
    for seed in _SEEDS:
        X, W, b = _draw(seed, (4 + seed, 3), (5, 3), (5,))
        yield (X, W, b), F.relu(F.linear(torch.tensor(X), torch.tensor(W), torch.tensor(b))).numpy()


def softmax() -> Iterator[Case]:
    """Softmax of rows, small and large."""
    for seed, size in zip(_SEEDS, (1, 1, 10, 1000, 1000), strict=True):
        (Z,) = _draw(seed, (4, 3 + seed))
        yield (Z * size,), F.softmax(torch.tensor(Z * size), dim=1).numpy()


def backward() -> Iterator[Case]:
    """Gradients of a dense layer with sigmoid."""
    for seed in _SEEDS:
        X, W, b, dY = _draw(seed, (4 + seed, 3), (5, 3), (5,), (4 + seed, 5))
        leaves = [torch.tensor(value, requires_grad=True) for value in (X, W, b)]
        gradients = torch.autograd.grad(torch.sigmoid(F.linear(*leaves)), leaves, torch.tensor(dY))
        yield (X, W, b, dY), tuple(gradient.numpy() for gradient in gradients)


def convolve() -> Iterator[Case]:
    """Convolutions of several channels."""
    for seed, (channels, filters, kernel) in zip(
        _SEEDS, ((1, 1, 3), (2, 1, 3), (1, 4, 3), (3, 4, 3), (3, 2, 5)), strict=True
    ):
        X, W, b = _draw(seed, (channels, 7, 8), (filters, channels, kernel, kernel), (filters,))
        yield (X, W, b), F.conv2d(torch.tensor(X), torch.tensor(W), torch.tensor(b)).numpy()


def max_pool_backward() -> Iterator[Case]:
    """The gradient of a max-pool of 2×2."""
    for seed in _SEEDS:
        X, dY = _draw(seed, (4, 6 + 2 * seed), (2, 3 + seed))
        leaf = torch.tensor(X[None], requires_grad=True)
        (gradient,) = torch.autograd.grad(F.max_pool2d(leaf, 2), leaf, torch.tensor(dY[None]))
        yield (X, dY), gradient[0].numpy()


def receptive_field() -> Iterator[Case]:
    """How far one number of the output reaches, found by letting a gradient go back."""
    stacks = (
        [(3, 1)],
        [(3, 1), (3, 1)],
        [(3, 1), (2, 2), (3, 1)],
        [(5, 2), (3, 2)],
        [(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)],
    )
    for stack in stacks:
        leaf = torch.zeros(1, 1, 64, dtype=torch.float64, requires_grad=True)
        signal: torch.Tensor = leaf
        for kernel, stride in stack:
            signal = F.conv1d(signal, torch.ones(1, 1, kernel, dtype=torch.float64), stride=stride)
        (gradient,) = torch.autograd.grad(signal[0, 0, 0], leaf)
        yield (stack,), int((gradient != 0).sum())


def rnn() -> Iterator[Case]:
    """All states of Elman's network."""
    for seed in _SEEDS:
        X, W, U, b = _draw(seed, (3 + seed, 2), (4, 2), (4, 4), (4,))
        yield (X, W, U, b), torch.stack(_states(X, W, U, b)).detach().numpy()


def lstm_step() -> Iterator[Case]:
    """One step of an LSTM."""
    for seed in _SEEDS:
        values = _draw(seed, (3,), (2,), (2,), (8, 3), (8, 2), (8,))
        x, h, c, W, U, b = map(torch.tensor, values)
        after, memory = torch.lstm_cell(x[None], (h[None], c[None]), W, U, b, torch.zeros_like(b))
        yield tuple(values), (after[0].numpy(), memory[0].numpy())


def gradients_through_time() -> Iterator[Case]:
    """The gradient at every state of Elman's network."""
    for seed in _SEEDS:
        X, W, U, b, last = _draw(seed, (3 + 2 * seed, 2), (4, 2), (4, 4), (4,), (4,))
        states = _states(X, W, U, b)
        gradients = torch.autograd.grad(states[-1], states, torch.tensor(last))
        yield (torch.stack(states).detach().numpy(), U, last), torch.stack(gradients).numpy()


def _states(X: Any, W: Any, U: Any, b: Any) -> list[torch.Tensor]:
    h, states = torch.zeros(1, len(b), dtype=torch.float64, requires_grad=True), []
    for x in torch.tensor(X):
        h = torch.rnn_tanh_cell(x[None], h, *map(torch.tensor, (W, U, b)), torch.zeros(len(b), dtype=torch.float64))
        states.append(h[0])
        h = states[-1][None]
    return states


def cosine() -> Iterator[Case]:
    """Cosines of rows of very different length."""
    for seed in _SEEDS:
        A, B = _draw(seed, (4, 3 + seed), (2 + seed, 3 + seed))
        A = A * 10.0 ** np.arange(4)[:, None]
        yield (A, B), F.cosine_similarity(torch.tensor(A)[:, None], torch.tensor(B)[None], dim=2).numpy()


def attention() -> Iterator[Case]:
    """Attention without masks, with each, with both, and of large scores."""
    for seed, (padding, causal, size) in zip(
        _SEEDS, ((0, False, 1), (2, False, 1), (0, True, 1), (2, True, 1), (1, True, 1000)), strict=True
    ):
        Q, K, V = _draw(seed, (5, 4), (5, 4), (5, 4))
        there = np.arange(5) < 5 - padding
        seen = torch.tensor(there) & (torch.ones(5, 5, dtype=torch.bool).tril() if causal else True)
        parts = (torch.tensor(part)[None] for part in (Q * size, K, V))
        yield (Q * size, K, V, there, causal), F.scaled_dot_product_attention(*parts, seen[None])[0].numpy()


def rotary() -> Iterator[Case]:
    """Turns of pairs, which are multiplications of complex numbers."""
    for seed in _SEEDS:
        (X,) = _draw(seed, (3 + seed, 2 + 2 * seed))
        T, K = X.shape
        angles = torch.outer(torch.arange(T).double(), 10_000 ** (-torch.arange(0, K, 2).double() / K))
        pairs = torch.view_as_complex(torch.tensor(X).reshape(T, -1, 2))
        yield (X,), torch.view_as_real(pairs * torch.exp(1j * angles)).reshape(T, K).numpy()


def additive_attention() -> Iterator[Case]:
    """Attention to a memory of which some is padding, and of large scores."""
    for seed, size in zip(_SEEDS, (1, 1, 1, 1, 1000), strict=True):
        s, memory, W, U, v = _draw(seed, (3,), (4 + seed, 2), (3, 3), (3, 2), (3,))
        there = np.arange(4 + seed) < 4 + seed - seed % 3
        layer = AdditiveAttention(3, 2).double()
        weights = {"query.weight": W, "query.bias": np.zeros(3), "key.weight": U, "score.weight": v[None] * size}
        layer.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
        found = layer(torch.tensor(s)[None, None], torch.tensor(memory)[None], torch.tensor(there)[None])[0]
        yield (s, memory, W, U, v * size, there), found[0, 0].detach().numpy()


def smoothed_loss() -> Iterator[Case]:
    """Losses without smoothing and with some, of small and large logits."""
    for seed, (smoothing, size) in zip(_SEEDS, ((0, 1), (0.1, 1), (0.3, 1), (1, 1), (0.1, 1000)), strict=True):
        (logits,) = _draw(seed, (4, 3 + seed))
        targets = np.arange(4) % (3 + seed)
        loss = F.cross_entropy(torch.tensor(logits * size), torch.tensor(targets), label_smoothing=smoothing)
        yield (logits * size, targets, smoothing), loss.numpy()


def beam() -> Iterator[Case]:
    """Greedy choices and wider beams, of texts that end soon and of those that are cut."""
    for seed, (width, limit) in zip(_SEEDS, ((1, 6), (2, 6), (3, 6), (2, 3), (5, 5)), strict=True):
        (logits,) = _draw(seed, (5, 5))
        logits[:, 0] -= 1
        P = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        # The search never writes token 1, which stands for what is not known: here there is one more, without a chance.
        wide = torch.full((6, 6), -1e4, dtype=torch.float64)
        places = torch.tensor([0, 2, 3, 4, 5])
        wide[places[:, None], places] = torch.tensor(np.log(P))
        found = search(_Table(wide), torch.ones(1, 1), Beam(width=width, length_penalty=0), torch.tensor([limit]))
        yield (P, width, limit), np.array([0, *(token - 1 for token in found[0][0].tokens)])


class _Table:
    """A network whose logits are a row of a table, by the last token."""

    def __init__(self, logits: torch.Tensor) -> None:
        self.logits = logits

    def encode(self, source: torch.Tensor) -> torch.Tensor:
        return source

    def step(self, tokens: torch.Tensor, memory: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        return self.logits[tokens], None


def ndcg() -> Iterator[Case]:
    """Orders of ten items, shorter and longer than what is looked at, of which one or several were taken."""
    for seed, (length, count, k) in zip(
        _SEEDS, ((10, 1, 10), (10, 3, 5), (10, 8, 5), (3, 6, 5), (10, 2, 1)), strict=True
    ):
        rng = np.random.default_rng(seed)
        order, taken = 1 + rng.permutation(10)[:length], 1 + rng.permutation(10)[:count]
        yield (order, taken, k), Ndcg(k=k).of_each(order[None], taken[None])[0]


def ease() -> Iterator[Case]:
    """Who took what, with small and large penalties; one item was taken by nobody."""
    for seed, l2 in zip(_SEEDS, (0.5, 1.0, 10.0, 200.0, 1e4), strict=True):
        X = (np.random.default_rng(seed).random((8 + seed, 4 + seed)) < 0.4).astype(float)
        X[:, -1] = 0
        num_users, num_items = X.shape
        stored = StoredHistories.of_lists([(np.flatnonzero(row) + 1).tolist() for row in X], range(1, num_users + 1))
        users, items = (tuple(map(str, range(count))) for count in X.shape)
        model = Ease(HistorySpec(items, users, 3), ItemsSpec(num_items), l2=l2).double()
        model.fit(UserExamples(stored, None, np.arange(num_users)))
        yield (X, l2), model.weights[1:, 1:].numpy()


def half_step() -> Iterator[Case]:
    """Users of whom one took nothing, whose vectors a regression finds in which every place is a row."""
    for seed, unobserved in zip(_SEEDS, (1.0, 0.1, 0.1, 0.01, 0.5), strict=True):
        rng = np.random.default_rng(seed)
        X, H, penalty = (rng.random((5, 7)) < 0.4).astype(float), rng.normal(size=(7, 2 + seed)), rng.random(5) + 0.1
        X[0] = 0
        solved = []
        for row, of_user in zip(X, penalty, strict=True):
            parts = row[:, None] * H, unobserved**0.5 * H, of_user**0.5 * np.eye(H.shape[1])
            wanted = np.concatenate([row, np.zeros(len(H) + H.shape[1])])
            solved.append(
                torch.linalg.lstsq(torch.tensor(np.concatenate(parts)), torch.tensor(wanted)[:, None])[0][:, 0]
            )
        yield (X, H, unobserved, penalty), torch.stack(solved).numpy()


#: The cases of each exercise, by the name of the function that is to be written.
CASES: dict[str, Callable[[], Iterator[Case]]] = {
    case.__name__: case
    for case in (
        *(layer, softmax, backward),
        *(convolve, max_pool_backward, receptive_field),
        *(rnn, lstm_step, gradients_through_time),
        *(cosine, attention, rotary),
        *(additive_attention, smoothed_loss, beam),
        *(ndcg, ease, half_step),
    )
}

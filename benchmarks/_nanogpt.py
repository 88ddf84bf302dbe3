"""The peer of shakespeare.py: a plain PyTorch loop with nanoGPT's published CPU recipe for tiny-shakespeare characters.

The recipe is that of the repository's README (A. Karpathy, nanoGPT): 4 layers of 4 heads, 128 wide, without biases, a
context of 64, batches of 12, 2,000 steps, no dropout, AdamW with betas 0.9 and 0.99 and a decay of 0.1 of matrices, a
warm-up of 100 steps to 1e-3 and a cosine to 1e-4, gradients clipped at 1, float32. What its loop does besides, the
estimates of the loss and the printing, is left out, to its favour. Run as: python _nanogpt.py TEXT WEIGHTS
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

LAYERS, HEADS, WIDTH, CONTEXT, BATCH, STEPS = 4, 4, 128, 64, 12, 2000
HIGHEST, LOWEST, WARM_UP = 1e-3, 1e-4, 100
TRAINED = 0.9


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, bias=False), nn.LayerNorm(WIDTH, bias=False)
        self.into, self.out = nn.Linear(WIDTH, 3 * WIDTH, bias=False), nn.Linear(WIDTH, WIDTH, bias=False)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH, bias=False), nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        heads = [part.unflatten(2, (HEADS, -1)).transpose(1, 2) for part in self.into(self.norm1(x)).split(WIDTH, 2)]
        x = x + self.out(F.scaled_dot_product_attention(*heads, is_causal=True).transpose(1, 2).flatten(2))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab_size, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _layer in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        self.head = nn.Linear(WIDTH, vocab_size, bias=False)
        self.head.weight = self.tokens.weight
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                added = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * LAYERS) if added else 0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.tokens(tokens) + self.places.weight[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def data(text: Path) -> tuple[Tensor, Tensor, int]:
    """The numbers of the characters of the first 90 %, those of the rest, and how many characters there are."""
    written = text.read_text(encoding="utf-8")
    characters = sorted(set(written))
    number = {character: i for i, character in enumerate(characters)}
    numbers = torch.from_numpy(np.array([number[character] for character in written], np.int64))
    cut = int(TRAINED * len(numbers))
    return numbers[:cut], numbers[cut:], len(characters)


def rate(step: int) -> float:
    if step < WARM_UP:
        return HIGHEST * (step + 1) / (WARM_UP + 1)
    return LOWEST + (HIGHEST - LOWEST) * (1 + math.cos(math.pi * (step - WARM_UP) / (STEPS - WARM_UP))) / 2


def train(text: Path, weights: Path, steps: int = STEPS) -> None:
    torch.manual_seed(1337)
    learnt, _rest, vocab_size = data(text)
    network = Gpt(vocab_size)
    matrices = [parameter for parameter in network.parameters() if parameter.ndim >= 2]
    others = [parameter for parameter in network.parameters() if parameter.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=HIGHEST, betas=(0.9, 0.99))
    window = torch.arange(CONTEXT + 1)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        windows = learnt[torch.randint(len(learnt) - CONTEXT, (BATCH, 1)) + window]
        loss = F.cross_entropy(network(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    torch.save(network.state_dict(), weights)


@torch.inference_mode()
def loss_on_the_rest(text: Path, weights: Path, overlapping: bool) -> float:
    """Mean nats of every character of the last 10 % but the first.

    Args:
        text: whole.
        weights: of the network.
        overlapping: whether windows overlap by half and only what follows that half is judged; else side by side.
    """
    _learnt, rest, vocab_size = data(text)
    network = Gpt(vocab_size)
    network.load_state_dict(torch.load(weights, weights_only=True))
    step, total = CONTEXT // 2 if overlapping else CONTEXT, 0.0
    for start in range(0, max(1, len(rest) - 1 - (CONTEXT - step)), step):
        window, known = rest[start : start + CONTEXT + 1], CONTEXT - step if start else 0
        logits = network(window[None, :-1])[0, known:]
        total += float(F.cross_entropy(logits, window[1 + known :], reduction="sum"))
    return total / (len(rest) - 1)


if __name__ == "__main__":
    train(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))

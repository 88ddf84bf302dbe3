"""How much sooner are 300 tokens there with remembered keys and values than with every prefix computed anew?

A transformer of 10 million parameters, whose weights are random, continues one text by the most probable tokens, in
turn with and without its cache. Both must give the same text.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import torch
from _rows import figure, record
from torch import Tensor

from deepwright.decoding.generation import Generation
from deepwright.decoding.sampling import Sampling
from deepwright.models.language.transformer import Transformer
from deepwright.specs import TextSpec, TokensSpec

TOKENS, PROMPT, CONTEXT, BAR = 300, 16, 512, 5.0
NAMES = tuple(map(str, range(65)))


class Recomputed:
    """The same network without a memory: every step computes the whole prefix."""

    def __init__(self, network: Transformer) -> None:
        self.network = network

    def step(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """As the network does it, of which the tokens so far are all that is kept."""
        prefix = tokens if state is None else torch.cat((state, tokens), 1)
        return self.network(prefix), prefix


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.manual_seed(0)
    network = Transformer(
        TextSpec(NAMES, "character", CONTEXT, CONTEXT),
        TokensSpec(NAMES, CONTEXT),
        num_layers=6,
        num_heads=6,
        head_dim=64,
        ngrams=1,
    ).eval()
    ways: dict[str, Any] = {"with the cache": network, "without": Recomputed(network)}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    texts: dict[str, list[int]] = {}
    for _round in range(given.rounds):
        for name, way in ways.items():
            begun = time.perf_counter()
            generation = Generation(way, [list(range(2, 2 + PROMPT))], Sampling(greedy=True), TOKENS)
            texts[name] = [token for _row, token in generation]
            seconds[name].append(time.perf_counter() - begun)
            print(name, seconds[name][-1], flush=True)
    assert texts["with the cache"] == texts["without"]
    ratios = [slow / fast for fast, slow in zip(*seconds.values(), strict=True)]
    ratio = statistics.median(ratios)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    record(
        "generation_cache",
        __doc__ or "",
        [
            figure(
                f"{TOKENS} tokens, {parameters:,} parameters: times as fast with the cache",
                ratio,
                "×",
                f"≥ {BAR:g}",
                ratio >= BAR,
                f"{min(ratios):.1f} to {max(ratios):.1f}, {given.rounds} rounds",
            ),
            figure("tokens a second with the cache", TOKENS / statistics.median(seconds["with the cache"]), "tokens/s"),
        ],
        {"seconds": seconds, "threads": torch.get_num_threads()},
    )


if __name__ == "__main__":
    main()

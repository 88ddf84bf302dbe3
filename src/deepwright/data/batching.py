"""Batches of an epoch: which examples are learnt from together; of texts, as many as have about so many tokens."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from deepwright.contracts import IntArray

#: Batches whose examples are sorted by length among themselves.
_POOL = 50
#: Of very short texts a batch has at most so many times as many as of all on average.
MOST = 4


def num_batches(num_examples: int, batch_size: int) -> int:
    """Batches of an epoch; a single example left over joins the batch before it, for its statistics say nothing."""
    joins = min(batch_size, num_examples) > 1
    return math.ceil((num_examples - joins) / batch_size)


def shuffled(num_examples: int, generator: torch.Generator, batch_size: int) -> list[Tensor]:
    """All positions in batches of ``batch_size``, but for the last, in an order that the generator alone decides."""
    order = torch.randperm(num_examples, generator=generator)
    return _joined(list(order.split(batch_size)), num_examples, batch_size)


def _joined(batches: list[Tensor], num_examples: int, batch_size: int) -> list[Tensor]:
    """A single example that is left over is part of the batch before it."""
    if len(batches) > num_batches(num_examples, batch_size):
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def of_like_length(lengths: Tensor, generator: torch.Generator, batch_size: int) -> list[Tensor]:
    """The same, with examples of about the same length in a batch: each counts as much as any other.

    Pools of many batches are sorted, and then the batches are shuffled again: which examples meet in a batch and when
    they come is chance, but no batch is as long as the longest text of the pool.
    """
    order = torch.randperm(len(lengths), generator=generator)
    whole = len(order) // batch_size * batch_size
    if whole:
        pools = order[:whole].split(_POOL * batch_size)
        sorted_in_pools = torch.cat([pool[lengths[pool].argsort(stable=True)] for pool in pools]).view(-1, batch_size)
        mixed = sorted_in_pools[torch.randperm(len(sorted_in_pools), generator=generator)]
        order = torch.cat([mixed.view(-1), order[whole:]])
    return _joined(list(order.split(batch_size)), len(order), batch_size)


def of_like_cost(lengths: Tensor, generator: torch.Generator, batch_size: int) -> list[Tensor]:
    """All positions in as many batches as ``shuffled`` makes, of about the same number of tokens each.

    Pools of many batches are sorted, cut, and then the batches are shuffled again: which examples meet in a batch and
    when they come is chance, but no batch is as long as the longest text of the pool. A batch has ``batch_size``
    examples on average, at most four times as many, and two at least unless ``batch_size`` is 1.

    Args:
        lengths: [N] tokens of each example.
        generator: decides the order.
        batch_size: examples of a batch on average.
    """
    count = num_batches(len(lengths), batch_size)
    pools, least = math.ceil(count / _POOL), min(2, batch_size, len(lengths))
    order = torch.randperm(len(lengths), generator=generator)
    batches: list[Tensor] = []
    for first, last in pairwise(count * pool // pools for pool in range(pools + 1)):
        pool = order[len(order) * first // count : len(order) * last // count]
        pool = pool[lengths[pool].argsort(stable=True, descending=True)]
        cuts = _cuts(lengths[pool].numpy(), last - first, least, MOST * batch_size)
        batches += [pool[start:end] for start, end in pairwise(cuts)]
    return [batches[i] for i in torch.randperm(count, generator=generator).tolist()]


def _cuts(lengths: IntArray, count: int, least: int, most: int) -> list[int]:
    """Where to cut texts, the longest first, into so many batches of like tokens; from 0 to the number of texts.

    A batch costs its examples times its longest text, since the others are padded. No batch costs more than the dearest
    one must, however they are cut; where that leaves a choice, each batch has its share of the tokens that are left.
    """
    costs, total = np.maximum(lengths, 1), len(lengths)
    reach = _cheapest(costs, count, least, most)
    suffice = [total]  # the first place from which so many batches get to the end
    for _batch in range(count):
        suffice.append(bisect_left(reach, suffice[-1]))
    tokens = np.concatenate([[0], costs.cumsum()]).tolist()
    cuts = [0]
    for left in range(count, 0, -1):
        start = cuts[-1]
        share = bisect_left(tokens, tokens[start] + (tokens[-1] - tokens[start]) / left)
        end = max(share, suffice[left - 1], start + least)
        cuts.append(min(end, reach[start], total - least * (left - 1)))
    return cuts


def _cheapest(costs: IntArray, count: int, least: int, most: int) -> list[int]:
    """For each place how far a batch that begins there may go, so that the dearest of ``count`` costs the least."""
    places, longest = np.arange(len(costs)), int(costs[0])
    low, high = least * longest, math.ceil(len(costs) / count) * longest

    def reach(cost: int) -> list[int]:
        ends: list[int] = np.minimum(places + np.minimum(cost // costs, most), len(costs)).tolist()
        return [*ends, len(costs)]

    def suffices(cost: int) -> bool:
        ends, place = reach(cost), 0
        for _batch in range(count):
            place = ends[place]
        return place == len(costs)

    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle + 1, high)
    return reach(high)

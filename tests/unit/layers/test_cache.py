"""The cache of attention: what was remembered stays as it was, however often it is gone on from."""

from __future__ import annotations

import torch

from deepwright.layers.attention import Cache


def of(*numbers: float) -> Cache:
    steps = torch.tensor(numbers).view(1, 1, -1, 1).expand(2, 3, -1, 4)
    return Cache(steps, -steps)


def numbers(cache: Cache) -> list[float]:
    assert torch.equal(cache.values, -cache.keys)
    assert len(cache) == cache.keys.shape[2]
    return cache.keys[1, 2, :, 3].tolist()


@torch.no_grad()
def test_two_continuations_of_one_cache_do_not_meet() -> None:
    first = of(1, 2)
    whole = first.extended(of(3))
    one = whole.extended(of(4)).extended(of(5, 6))
    other = whole.extended(of(7)).extended(of(8))
    again = first.extended(of(9))
    assert [numbers(cache) for cache in (first, whole, one, other, again)] == [
        [1, 2],
        [1, 2, 3],
        [1, 2, 3, 4, 5, 6],
        [1, 2, 3, 7, 8],
        [1, 2, 9],
    ]


@torch.no_grad()
def test_a_continuation_is_written_behind_what_is_there_and_copied_seldom() -> None:
    cache, places = of(0).extended(of(1)), set()
    for step in range(2, 200):
        cache = cache.extended(of(step))
        places.add(cache.keys.data_ptr())
    assert numbers(cache) == list(range(200))
    assert len(places) < 9


def test_gradients_pass_through() -> None:
    keys = torch.ones(1, 1, 2, 1, requires_grad=True)
    Cache(keys, keys).extended(Cache(keys, keys)).keys.sum().backward()
    assert keys.grad is not None
    assert keys.grad.flatten().tolist() == [2, 2]

from __future__ import annotations

import itertools
import random

import numpy as np
import torch

from deepwright.training.randomness import ORDER, STEP, WEIGHTS, derive


def test_seed_stream_and_position_decide() -> None:
    places = list(itertools.product([0, 1, 2, 2**32 - 1], [WEIGHTS, ORDER, STEP], [0, 1, 2, 10**6]))
    assert len({derive(*place) for place in places}) == len(places)
    assert all(derive(*place) == derive(*place) for place in places)


def test_what_a_stream_gives_stays_for_ever() -> None:
    """Other numbers would give other weights for the seed of every run that was ever written."""
    assert [derive(0, WEIGHTS), derive(0, ORDER, 1), derive(7, STEP, 123)] == [
        2918264622725855778,
        7203126130259618810,
        8355740531810735068,
    ]


def test_torch_takes_every_seed() -> None:
    for position in range(1000):
        seed = derive(0, STEP, position)
        assert 0 <= seed < 2**63
        torch.Generator().manual_seed(seed)


def test_no_global_generator_is_asked_or_changed() -> None:
    def drawn() -> list[float]:
        random.seed(1)
        np.random.seed(1)
        torch.manual_seed(1)
        derive(3, ORDER, 5)
        return [random.random(), np.random.random(), torch.rand(1).item()]

    derived = drawn()
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    assert derived == [random.random(), np.random.random(), torch.rand(1).item()]

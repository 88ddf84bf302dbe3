from __future__ import annotations

import numpy as np
import torch

from deepwright.training.averaging import mean_with


def test_it_is_the_mean_of_all_states_and_the_last_count() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(7, 3, 2))
    mean = None
    for number, value in enumerate(values, 1):
        state = {"weight": torch.from_numpy(value), "count": torch.tensor(10 * number)}
        mean = mean_with(mean, state, number)
        np.testing.assert_allclose(mean["weight"].numpy(), values[:number].mean(0), rtol=1e-12)
        assert int(mean["count"]) == 10 * number
        assert torch.equal(state["weight"], torch.from_numpy(value)), "the state stays"


def test_the_first_mean_is_a_copy() -> None:
    state = {"weight": torch.ones(2), "count": torch.tensor(1)}
    mean = mean_with(None, state, 1)
    state["weight"].zero_()
    state["count"].zero_()
    assert mean["weight"].tolist() == [1, 1]
    assert int(mean["count"]) == 1

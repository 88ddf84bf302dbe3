from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from deepwright.decoding.sampling import Sampling
from deepwright.errors import DivergedError, UsageError


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"temperature": 0.0}, "temperature is 0; it must be a number above 0. For the most probable token"),
        ({"temperature": -1.0}, "temperature is -1"),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"temperature": math.inf}, "temperature is inf"),
        ({"top_k": 0}, "top_k is 0; it must be a whole number of at least 1."),
        ({"top_p": 0.0}, "top_p is 0; it must be above 0 and at most 1."),
        ({"top_p": 1.1}, "top_p is 1.1"),
        ({"top_p": math.nan}, "top_p is nan"),
        ({"repetition_penalty": 0.0}, "repetition_penalty is 0"),
        ({"repetition_penalty": math.nan}, "repetition_penalty is nan"),
    ],
)
def test_absurd_settings_are_refused_in_a_sentence(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        Sampling(**settings)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("logits", [[[1.0, math.nan]], [[-math.inf, -math.inf]]])
def test_a_network_that_yields_no_numbers_is_said_to(logits: list[list[float]]) -> None:
    with pytest.raises(DivergedError, match="not finite numbers"):
        Sampling().choose(torch.tensor(logits), torch.zeros(1, 2, dtype=torch.bool), [0.5])

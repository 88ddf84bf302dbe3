"""The user's network as a language model: built, refused where it looks ahead, and able to go on with a text."""

from __future__ import annotations

import copy
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from deepwright.decoding.generation import Continues
from deepwright.errors import UsageError
from deepwright.own_code.continuing import first_told, step_by_window
from deepwright.own_code.files import of_object
from deepwright.own_code.modules import model_of
from deepwright.specs import ClassSpec, Spec, TextSpec, TokensSpec

VOCABULARY = ("", "?", *"abcdefgh")
INPUTS, OUTPUTS = TextSpec(VOCABULARY, "character", 12, 12), TokensSpec(VOCABULARY, 12)


class Causal(nn.Module):
    """An embedding, a convolution that is padded on the left, and logits."""

    def __init__(self, inputs: Spec, outputs: Any, *, left: int = 2, hidden_dim: int = 6) -> None:
        super().__init__()
        self.left = left
        self.embed = nn.Embedding(inputs.vocab_size, hidden_dim)  # type: ignore[attr-defined]
        self.mixed = nn.Conv1d(hidden_dim, hidden_dim, 3)
        self.last = nn.Linear(hidden_dim, outputs.num_outputs if hasattr(outputs, "num_outputs") else len(VOCABULARY))

    def forward(self, tokens: Tensor) -> Tensor:
        padded = nn.functional.pad(self.embed(tokens).mT, (self.left, 2 - self.left))
        outputs: Tensor = self.last(self.mixed(padded).mT)
        return outputs


class Closed(Causal):
    """Looks ahead, but its last layer begins at zero, so that nothing is seen of it."""

    def __init__(self, inputs: TextSpec, outputs: TokensSpec) -> None:
        super().__init__(inputs, outputs, left=1)
        nn.init.zeros_(self.last.weight)


class Pooled(Causal):
    """One answer for a whole text."""

    def forward(self, tokens: Tensor) -> Tensor:
        return super().forward(tokens).mean(1)


class Known(nn.Module):
    """Sizes as its author knows them; a state of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.cells = nn.Embedding(len(VOCABULARY), 4), nn.GRU(4, 8, batch_first=True)
        self.last = nn.Linear(8, len(VOCABULARY))

    def forward(self, tokens: Tensor) -> Tensor:
        return self.step(tokens)[0]

    def step(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        states, state = self.cells(self.embed(tokens), state)
        return self.last(states), state


def build(cls: type[nn.Module], outputs: Any = OUTPUTS, **settings: Any) -> Any:
    torch.manual_seed(0)
    return model_of(of_object(cls), cls.__name__)(INPUTS, outputs, **settings)


def test_it_continues_texts_by_reading_the_last_tokens_again() -> None:
    network: Any = copy.deepcopy(build(Causal)).eval()
    assert isinstance(network, Continues)
    network = cast("Any", network)
    tokens = torch.randint(2, len(VOCABULARY), (3, 20))
    logits, state = network.step(tokens[:, :1])
    for place in range(1, 20):
        logits, state = network.step(tokens[:, place : place + 1], state)
        assert logits.shape == (3, 1, len(VOCABULARY))
        torch.testing.assert_close(logits[:, 0], network(tokens[:, max(0, place - 11) : place + 1])[:, -1])
    with torch.no_grad():
        network.last.bias += 1  # the step is that of this copy
    torch.testing.assert_close(network.step(tokens[:, :5])[0], network(tokens[:, :5]))


def test_a_step_of_its_own_is_kept() -> None:
    network = build(Known).eval()
    logits, state = network.step(torch.tensor([[2, 3]]))
    assert isinstance(state, Tensor)
    torch.testing.assert_close(logits, network(torch.tensor([[2, 3]])))


@pytest.mark.parametrize(("cls", "settings"), [(Causal, {"left": 1}), (Causal, {"left": 0}), (Closed, {})])
def test_a_network_that_looks_ahead_is_refused(cls: type[nn.Module], settings: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=r"test_continuing\.py: \w+ looks ahead: what it yields at token 1 of a text"):
        build(cls, **settings)


def test_where_it_first_looks_ahead() -> None:
    class Last(nn.Module):
        def forward(self, tokens: Tensor) -> Tensor:
            following = torch.cat([torch.zeros_like(tokens[:, :-2]), tokens[:, -1:], tokens[:, -1:]], 1)
            return following[..., None].float()

    assert first_told(Last(), torch.arange(2, 12)[None]) == 9
    assert first_told(nn.Embedding(12, 3), torch.arange(2, 12)[None]) is None


def test_noise_in_evaluation_is_no_looking_ahead() -> None:
    class Noisy(nn.Module):
        def forward(self, tokens: Tensor) -> Tensor:
            return nn.functional.dropout(nn.functional.one_hot(tokens, 12).float(), 0.5)

    assert first_told(Noisy(), torch.arange(2, 12)[None]) is None


@pytest.mark.parametrize(
    ("cls", "outputs", "said"),
    [
        (
            Pooled,
            OUTPUTS,
            r"Pooled yields \[2, 10\] float32 for two texts of 12 tokens; \[2, 12, 10\] floating-point numbers are "
            r"needed: at each token 10 logits",
        ),
        (Causal, ClassSpec(("a", "b")), r"Causal yields \[2, 12, 2\] float32 for two examples; \[2, 2\]"),
    ],
)
def test_outputs_of_another_shape_are_refused(cls: type[nn.Module], outputs: Spec, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        build(cls, outputs)


def test_a_network_that_reads_texts_of_one_length_only_is_refused() -> None:
    class Fixed(Causal):
        def forward(self, tokens: Tensor) -> Tensor:
            return super().forward(tokens.view(2, 12))

    with pytest.raises(UsageError, match="two examples of the shape 6"):
        build(Fixed)


def test_texts_are_answered_as_well() -> None:
    network = build(Pooled, ClassSpec(("a", "b", "c")))
    assert network(torch.randint(2, 10, (5, 7))).shape == (5, 3)


def test_who_asks_for_classes_gets_no_tokens() -> None:
    class Classes(Pooled):
        def __init__(self, inputs: TextSpec, outputs: ClassSpec) -> None:
            super().__init__(inputs, outputs)

    class Either(Causal):
        def __init__(self, inputs: TextSpec, outputs: ClassSpec | TokensSpec) -> None:
            super().__init__(inputs, outputs)

    hints = {
        cls: model_of(of_object(cls), cls.__name__).__annotations__["outputs"] for cls in (Classes, Either, Causal)
    }
    assert [issubclass(TokensSpec, hints[cls]) for cls in hints] == [False, True, True]


def test_the_window_is_no_longer_than_the_context() -> None:
    seen: list[int] = []

    class Counting(nn.Module):
        def forward(self, tokens: Tensor) -> Tensor:
            seen.append(tokens.shape[1])
            return tokens[..., None].float()

    logits, state = step_by_window(Counting(), 4, torch.arange(6)[None])
    assert logits[0, :, 0].tolist() == [2, 3, 4, 5]
    logits, state = step_by_window(Counting(), 4, torch.tensor([[6, 7]]), state)
    assert (seen, logits[0, :, 0].tolist(), state.tolist()) == ([4, 4], [6, 7], [[4, 5, 6, 7]])

"""What the tasks that learn tokens one after the other share: their losses, and how many tokens are right."""

from __future__ import annotations

from torch import Tensor, nn

from deepwright.contracts import Batch
from deepwright.data.texts.stream import NONE


class OfTokens:
    """Judges logits [B, T, V] of tokens [B, T], of which those below 0 are none."""

    def losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy of logits [B, T, V] with the tokens, [B], in nats for each token."""
        return self.smoothed_losses(outputs, batch, 0.0)

    def smoothed_losses(self, outputs: Tensor, batch: Batch, smoothing: float) -> Tensor:
        """The same with a share of each target spread over all tokens, [B], in nats for each token."""
        assert batch.targets is not None
        there = batch.targets != NONE
        return nats(outputs, batch.targets, smoothing).sum(1) / there.sum(1).clamp(min=1)

    def scores(self, outputs: Tensor, batch: Batch) -> Tensor:
        """The share of tokens that were the most probable, [B]."""
        assert batch.targets is not None
        there = batch.targets != NONE
        return (outputs.argmax(2) == batch.targets).sum(1) / there.sum(1).clamp(min=1)


def nats(outputs: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
    """-log of the probability that logits [B, T, V] give the targets [B, T], [B, T]; 0 where there is none.

    Of smoothed targets it is in part the mean over all tokens.
    """
    losses = nn.functional.cross_entropy(
        outputs.flatten(0, 1), targets.flatten(), ignore_index=NONE, reduction="none", label_smoothing=smoothing
    )
    return losses.view(targets.shape)

"""Which formula a layer follows; a layer that is none of these, such as one of the user's own, has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn

from deepwright.explaining import functions, normalisation, pooling, sequences, weighted
from deepwright.explaining.layer import Explanation, Seen
from deepwright.layers.normalisation import BatchNorm
from deepwright.layers.normalise import Normalise
from deepwright.layers.pooling import GlobalAveragePool, GlobalMaxPool, LargestOfSteps, MeanOfSteps
from deepwright.messages import _


def explain(seen: Seen) -> Explanation | None:
    """What a layer's formulas say of one use; None where it follows none that is known.

    A subclass counts as its class as long as it computes as that one does.
    """
    kind = type(seen.module)
    if issubclass(kind, _OF_PICTURES) and seen.x.ndim != _PICTURE:
        return None
    for known in kind.__mro__:
        if known in _FORMULAS and kind.forward is getattr(known, "forward", None):
            return _FORMULAS[known](seen)
    return None


def _flatten(_seen: Seen) -> Explanation:
    return Explanation(_("y = x, in one row"))


def _dropout(_seen: Seen) -> Explanation:
    return Explanation(_("y = x, since it drops numbers only while training"))


def _identity(_seen: Seen) -> Explanation:
    return Explanation("y = x")


#: Layers whose formulas are about pictures [C, H, W], and the axes of those.
_OF_PICTURES = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, GlobalAveragePool, GlobalMaxPool)
_PICTURE = 3

_FORMULAS: Mapping[type[nn.Module], Callable[[Seen], Explanation | None]] = {
    nn.Linear: weighted.dense,
    nn.Conv2d: weighted.convolution,
    nn.Conv1d: sequences.convolution,
    nn.Embedding: sequences.embedding,
    MeanOfSteps: sequences.mean_of_steps,
    LargestOfSteps: sequences.largest_of_steps,
    nn.MaxPool2d: pooling.max_pool,
    nn.AvgPool2d: pooling.avg_pool,
    nn.AdaptiveAvgPool2d: pooling.adaptive_avg_pool,
    GlobalAveragePool: pooling.global_avg_pool,
    GlobalMaxPool: pooling.global_max_pool,
    Normalise: normalisation.front,
    BatchNorm: normalisation.batch_norm,
    nn.BatchNorm1d: normalisation.batch_norm,
    nn.BatchNorm2d: normalisation.batch_norm,
    nn.LayerNorm: normalisation.layer_norm,
    nn.GroupNorm: normalisation.group_norm,
    nn.Softmax: functions.softmax,
    **dict.fromkeys(functions.FUNCTIONS, functions.function),
    nn.Flatten: _flatten,
    nn.Dropout: _dropout,
    nn.Dropout2d: _dropout,
    nn.Identity: _identity,
}

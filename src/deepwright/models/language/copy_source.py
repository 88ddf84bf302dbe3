"""Copy: writes the source itself, as texts that are corrected, transcribed or cleaned often are.

The least that any model of such texts must beat; of texts in two languages, names and numbers are right. How sure it
is of a token follows Laplace's rule of succession (P.-S. Laplace, 1774). Where source and target have vocabularies of
their own, a token becomes the one that is spelt alike; those that the target does not have are left out.
"""

from __future__ import annotations

import torch
from torch import Tensor

from deepwright.contracts import Examples, batches
from deepwright.models.language._known_texts import KnownTexts, num_right
from deepwright.specs import TextSpec, TranslationSpec
from deepwright.tokens import PADDING, UNKNOWN

__all__ = ["CopySource"]


class CopySource(KnownTexts):
    """Sources [B, T] and tokens before each target [B, S] to logits [B, S, V], solved by counting what was right.

    Args:
        inputs: texts that are read.
        outputs: texts that are written.
    """

    def __init__(self, inputs: TextSpec, outputs: TranslationSpec) -> None:
        super().__init__(inputs, outputs)
        numbers = {token: number for number, token in enumerate(outputs.vocabulary) if number > UNKNOWN}
        same = [number if outputs.shared else numbers.get(token, 0) for number, token in enumerate(inputs.vocabulary)]
        self.same: Tensor
        self.register_buffer("same", torch.tensor([PADDING, PADDING, *same[UNKNOWN + 1 :]]), persistent=False)

    def fit(self, examples: Examples) -> None:
        """Count the tokens of the targets that stand at the same place of their sources."""
        right = count = 0
        for batch in batches(examples):
            assert batch.targets is not None
            of_batch = num_right(self.encode(batch.inputs[0]), batch.targets)
            right, count = right + of_batch[0], count + of_batch[1]
        self.learn_share(right, count)

    def encode(self, source: Tensor) -> Tensor:
        """A source [B, T] in the tokens of the target, [B, T], those that it does not have moved behind the end."""
        known = self.same[source]
        order = torch.argsort((known == PADDING).to(torch.int8), dim=1, stable=True)
        return known.gather(1, order)

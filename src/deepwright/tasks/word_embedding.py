"""Word embedding: vectors of words, learnt from the words that stand around them.

What is judged on texts that were not learnt from is what negative sampling learns: which of a word and K noise words
stood in a context, K and the context being the same for every model. The loss is -log σ(s) - Σ_k log σ(-s_k) of the
scores s, in nats; (1 + K)·ln 2 is that of scores that say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from deepwright.contracts import WORDS, Batch, IntArray, Predictions, Raw, Use
from deepwright.data.encoders._contexts import Contexts
from deepwright.data.encoders.text import TextEncoder
from deepwright.data.examples import TensorExamples
from deepwright.data.table import ColumnKind, Table
from deepwright.data.texts.choices import ANSWERED, Reading
from deepwright.errors import DataError
from deepwright.measurements import Claim
from deepwright.messages import _, plural
from deepwright.tasks._unlabelled import Unlabelled, text_role
from deepwright.tokens import UNKNOWN

__all__ = ["WordEmbedding"]

#: Words that are read of a text: those of the longest passage of a file, where each sign is a word.
_MAX_SEQ_LEN = 8_192


class WordEmbedding(Unlabelled):
    """Encodes a column of texts as words, and judges how well its words are told from noise, [B, 2].

    Args:
        roles: column of the ``text``.
        encoding: settings of the text's encoder.
    """

    default_models: ClassVar[Mapping[ColumnKind, str]] = {"text": "skip_gram"}
    #: The models that every other one is compared with.
    baselines: ClassVar[Mapping[str, tuple[str, ...]]] = {"text": ("word_frequency", "ppmi_svd")}
    score: ClassVar[str] = "told_from_noise"
    calibrated: ClassVar[bool] = False

    def __init__(self, roles: Mapping[str, str], encoding: Mapping[str, Any] | None = None) -> None:
        self.columns = dict(roles)
        self.inputs = TextEncoder(**(encoding or {}))
        self.outputs = Contexts(self.inputs)

    @classmethod
    def roles(cls, table: Table, columns: Mapping[str, str], asked: bool = False) -> dict[str, str] | None:
        """The column of texts, if the task is asked for: the one that is named, else the only one.

        Raises:
            ConfigError: a named role or column is not there, or several columns of texts could be meant.
        """
        return text_role(table, columns, asked, suits=False)

    @classmethod
    def reason(cls, table: Table, roles: Mapping[str, str]) -> str:
        """That there is text, whatever else there is."""
        return plural(
            "{text} holds {n} text, whose words stand beside each other",
            "{text} holds {n} texts, whose words stand beside each other",
            len(table),
            text=roles["text"],
        )

    @classmethod
    def reading(cls, _table: Table, _roles: Mapping[str, str]) -> Reading:
        """Words, or what else is asked for, of whole passages."""
        return {name: {**sizes, "max_seq_len": _MAX_SEQ_LEN} for name, sizes in ANSWERED.items()}

    def fit(self, table: Table) -> None:
        """Learn the vocabulary from the training split."""
        self.inputs.fit(table.columns[self.input_column])

    def restore(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """Take the vocabulary and what is asked from their states."""
        self.inputs = TextEncoder.from_state(inputs)
        self.outputs = Contexts.of_state(self.inputs, outputs)

    def check(self, table: Table, rows: IntArray) -> None:
        """Whether there is a word to tell, which takes two known words in one text."""
        targets = self.examples(table.take(rows)).targets
        assert targets is not None
        if not targets[:, 0].any():
            raise DataError(_("A split has no two known words in one text, so that nothing can be told from them."))

    def num_examples(self, num_rows: int) -> int:
        """One for each row."""
        return num_rows

    def examples(self, table: Table, use: Use = "judge") -> TensorExamples:
        """Texts as words; what is judged is how many of them are known, and the characters."""
        values = list(table.columns[self.input_column].values)
        stored = self.inputs.encode(values)
        ends = zip(stored.starts[:-1], stored.starts[1:], strict=True)
        known = [int((stored.flat[start:end] > UNKNOWN).sum()) for start, end in ends]
        targets = [[float(n if n > 1 else 0), float(len(text))] for n, text in zip(known, values, strict=True)]
        return TensorExamples(stored, torch.tensor(targets), np.arange(len(table)), self.inputs.batch)

    def encode(self, values: Raw) -> Batch:
        """Texts as words, alone."""
        stored = self.inputs.encode(values)
        return TensorExamples(stored, None, np.arange(len(stored)), self.inputs.batch).batch(torch.arange(len(stored)))

    def losses(self, outputs: Tensor, _batch: Batch) -> Tensor:
        """Mean loss of the known words, [B], in nats for each word."""
        return outputs[:, 0]

    def scores(self, outputs: Tensor, _batch: Batch) -> Tensor:
        """How often the true word scores above all noise, [B]."""
        return outputs[:, 1]

    def judged(self, outputs: Tensor, batch: Batch) -> Tensor:
        """The sums of both over a text's words, [B, 2]."""
        sums = outputs * (batch.inputs[0] > UNKNOWN).sum(1, keepdim=True)
        return torch.stack([sums[:, 0], sums[:, 1].round()], 1)

    def predictions(self, judged: Tensor, targets: Tensor, rows: IntArray) -> Predictions:
        """What was judged beside the words and characters of each text."""
        return Predictions(rows, targets.to(torch.float64).numpy(), judged.to(torch.float64).numpy(), WORDS)

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """For each text the mean ``loss`` of its words and the share that was ``told`` from noise."""
        return [{"loss": loss, "told": told} for loss, told in outputs.to(torch.float64).tolist()]

    def claims(self, _temperature: float) -> list[Claim]:
        """How often a word is told from noise first, then the loss."""
        return [Claim(name, name, compared=True) for name in ("told_from_noise", "noise_loss")]

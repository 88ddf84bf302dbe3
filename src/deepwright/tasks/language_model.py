"""Language model: the next token of a text, at every place of it.

The loss is softmax cross-entropy, -log p(x_{t+1} | x_1 … x_t), in nats, meaned over the places of a window. Windows
that are learnt from begin anywhere; those that are judged overlap by half, so that every token of a split is predicted
once, from at most ``data.max_seq_len`` tokens before it and, but at the beginning, from half as many at least.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from deepwright.contracts import PASSAGE, Batch, IntArray, Predictions, Raw, Use
from deepwright.data.encoders._next_tokens import NextTokens
from deepwright.data.encoders.text import TextEncoder
from deepwright.data.examples import TensorExamples
from deepwright.data.table import ColumnKind, Table
from deepwright.data.texts.choices import Reading
from deepwright.data.texts.passages import Passages
from deepwright.data.texts.stream import TokenStream, Windows, num_windows
from deepwright.errors import DataError
from deepwright.measurements import Claim
from deepwright.messages import _, plural
from deepwright.tasks._tokens import OfTokens, nats
from deepwright.tasks._unlabelled import Unlabelled, text_role

__all__ = ["LanguageModel"]

#: Characters of a text from which on byte pairs are learnt where the tokenizer is left open.
_LONG = 5_000_000
#: A context that is left open is at most this share of the text, so that there are windows to learn from.
_OF_THE_TEXT = 40
_SHORTEST = 8
#: Passages that take long enough for people to ask what is being done.
_MANY = 10_000
#: Streams of tokens that are kept: of training, validation and test.
_KEPT = 3


_log = logging.getLogger(__name__)


class LanguageModel(OfTokens, Unlabelled):
    """Encodes a column of texts as tokens, and judges logits [B, T, V] of the tokens that follow.

    Args:
        roles: column of the ``text``.
        encoding: settings of the text's encoder.
    """

    default_models: ClassVar[Mapping[ColumnKind, str]] = {"text": "lstm"}
    #: The models that every other one is compared with.
    baselines: ClassVar[Mapping[str, tuple[str, ...]]] = {"text": ("unigram", "ngram")}
    score: ClassVar[str] = "token_accuracy"
    calibrated: ClassVar[bool] = False

    def __init__(self, roles: Mapping[str, str], encoding: Mapping[str, Any] | None = None) -> None:
        self.columns = dict(roles)
        self.inputs = TextEncoder(**(encoding or {}), exact=True)
        self.outputs = NextTokens(self.inputs)
        self._latest: list[tuple[Passages, TokenStream]] = []

    @classmethod
    def roles(cls, table: Table, columns: Mapping[str, str], asked: bool = False) -> dict[str, str] | None:
        """The column of texts: the one that is named, else the only one.

        Unless it is asked for, the task is only taken where there is nothing else than texts.

        Raises:
            ConfigError: a named role or column is not there, or several columns of texts could be meant.
        """
        return text_role(table, columns, asked, suits=len(table.columns) == 1)

    @classmethod
    def reason(cls, table: Table, roles: Mapping[str, str]) -> str:
        """That there is nothing but text."""
        return plural(
            "{text} holds {n} passage of text, and no other column is to be learnt from it",
            "{text} holds {n} passages of text, and no other column is to be learnt from them",
            len(table),
            text=roles["text"],
        )

    @classmethod
    def reading(cls, table: Table, roles: Mapping[str, str]) -> Reading:
        """Characters, or byte pairs of a long text; a context that a short text has many of."""
        texts = table.columns[roles["text"]].values
        total = 0
        for row in range(len(texts)):
            if (total := total + len(texts[row])) >= _LONG:  # beyond it, nothing depends on how long the text is
                break

        def context(most: int, characters: float) -> int:
            return max(_SHORTEST, min(most, int(total / characters) // _OF_THE_TEXT))

        found = {
            "character": {"vocab_size": 10_000, "max_seq_len": context(128, 1)},
            "bpe": {"vocab_size": 8_192, "max_seq_len": context(128, 4)},
            "byte": {"vocab_size": 258, "max_seq_len": context(128, 1)},
            "word": {"vocab_size": 30_000, "max_seq_len": context(128, 5)},
        }
        first = "bpe" if total >= _LONG else "character"
        return {first: found.pop(first), **found}

    def fit(self, table: Table) -> None:
        """Learn the vocabulary from the training split.

        Raises:
            DataError: there are not more tokens than are to be seen at once.
        """
        self._latest.clear()
        if len(table) >= _MANY:
            _log.info(
                _(
                    "Dividing {n} passages into tokens of the kind {tokenizer} …",
                    n=f"{len(table):,}",
                    tokenizer=self.inputs.tokenizer,
                )
            )
        self.inputs.fit(table.columns[self.input_column])
        self.outputs.num_tokens = len(self._stream(table))
        if self.outputs.num_tokens <= self.inputs.max_seq_len + 1:
            raise DataError(
                _(
                    "The training split has {n} tokens, but {context} are to be seen at once (data.max_seq_len). Give "
                    "more text, or set data.max_seq_len to {fewer} or less.",
                    n=self.outputs.num_tokens - 1,
                    context=self.inputs.max_seq_len,
                    fewer=max(1, self.outputs.num_tokens // _OF_THE_TEXT),
                )
            )

    def restore(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """Take the vocabulary and the number of tokens from their states."""
        self.inputs = TextEncoder.from_state(inputs)
        self.outputs = NextTokens(self.inputs, int(outputs["num_tokens"]))

    def check(self, table: Table, rows: IntArray) -> None:
        """Whether there is a token to predict, which every text has that is not empty."""
        if len(self._stream(table.take(rows))) < 2:  # the end that stands before a text, and a token
            raise DataError(_("A split has no text to predict: all of its passages are empty."))

    def num_examples(self, _num_rows: int) -> int:
        """The windows of the training split, whatever its rows."""
        return num_windows(self.outputs.num_tokens, self.inputs.max_seq_len)

    def examples(self, table: Table, use: Use = "judge") -> Windows:
        """The rows of a table as windows of one stream; those that are learnt from begin anywhere."""
        found = self.inputs.vocabulary
        return Windows(self._stream(table), found.max_seq_len, found.num_characters, use == "learn")

    def encode(self, values: Raw) -> Batch:
        """The beginnings of texts, as much as is seen at once, after the end of another text."""
        stored = self.inputs.encode(values)
        return TensorExamples(stored, None, torch.arange(len(stored)).numpy(), self.inputs.batch).batch(
            torch.arange(len(stored))
        )

    def judged(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Of each window the sum of -log of the probabilities, and how many tokens were the most probable, [B, 2]."""
        assert batch.targets is not None
        right = (outputs.argmax(2) == batch.targets).sum(1)
        return torch.stack([nats(outputs, batch.targets).to(torch.float64).sum(1), right], 1).to(torch.float32)

    def predictions(self, judged: Tensor, targets: Tensor, rows: IntArray) -> Predictions:
        """What was judged beside the tokens and characters of each window; windows of one passage are a group."""
        return Predictions(rows, targets.numpy(), judged.to(torch.float64).numpy(), PASSAGE, rows)

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """The most probable token after the last one, as ``text``, and its ``probability``."""
        probs, tokens = outputs[:, -1].to(torch.float64).softmax(1).max(1)
        return [
            {"text": self.inputs.vocabulary.text([token]), "probability": probability}
            for token, probability in zip(tokens.tolist(), probs.tolist(), strict=True)
        ]

    def claims(self, _temperature: float) -> list[Claim]:
        """Perplexity first, which depends on the tokens; then bits per character, which does not."""
        return [
            Claim(name, name, compared=True)
            for name in ("perplexity", "bits_per_character", "token_loss", "token_accuracy")
        ]

    def _stream(self, table: Table) -> TokenStream:
        """The tokens of a table's texts; of passages, those of the splits are kept."""
        values = table.columns[self.input_column].values
        if not isinstance(values, Passages):
            return self.inputs.stream(values)
        found = next((stream for known, stream in self._latest if known.same(values)), None)
        if found is None:
            found = self.inputs.stream(values)
            self._latest = [*self._latest, (values, found)][-_KEPT:]
        return found

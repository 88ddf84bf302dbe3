"""Translation: a text that is written for another, in another language, script or form.

The loss is softmax cross-entropy of each token of the text, its end included, given the source and the tokens before
it, in nats, meaned over the tokens of a text. What the model is measured by is what it writes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from deepwright.contracts import TARGET, TRANSLATED, Batch, IntArray, Predictions, Raw, Use
from deepwright.data.encoders._translations import Translations
from deepwright.data.encoders.text import TextEncoder
from deepwright.data.examples import PairExamples
from deepwright.data.pairs import pair_of
from deepwright.data.table import Column, ColumnKind, Table
from deepwright.data.texts.choices import OF_TARGETS, READ, Reading
from deepwright.data.texts.stream import NONE
from deepwright.errors import ConfigError
from deepwright.measurements import Claim
from deepwright.messages import _, listing, plural
from deepwright.tasks._tokens import OfTokens, nats
from deepwright.tokens import PADDING, UNSPACED, Tokenizer, normalised

__all__ = ["Translation"]

#: A text of fewer words than this, on average, is one of characters, and is right or wrong as a whole.
_FEW_WORDS = 4
_ROLES = ("text", "input", TARGET)
#: Texts from which it is told what kind they are.
_LOOKED_AT = 2_000
#: Of fewer pairs a vocabulary of half the size is learnt.
_MANY = 100_000
_SIZES: Reading = {
    "bpe": {"vocab_size": 8_192, "max_seq_len": 256},
    "character": {"vocab_size": 10_000, "max_seq_len": 512},
    "byte": {"vocab_size": 258, "max_seq_len": 1_024},
    "word": {"vocab_size": 30_000, "max_seq_len": 256},
}


class Translation(OfTokens):
    """Encodes a column of sources and one of texts to write, and judges logits [B, S, V] of their tokens.

    Args:
        roles: column of the ``text`` that is read, and of the ``label`` that is written.
        encoding: settings of the source's encoder; those of the target are the same unless there is another
            ``target_tokenizer``. With a ``shared_vocabulary`` there is one encoder of both.
    """

    default_models: ClassVar[Mapping[ColumnKind, str]] = {"text": "transformer_seq2seq"}
    #: The models that every other one is compared with.
    baselines: ClassVar[Mapping[str, tuple[str, ...]]] = {"text": ("copy_source", "nearest_source")}
    reads: ClassVar[tuple[str, ...]] = (*READ, *OF_TARGETS)
    score: ClassVar[str] = "chrf"
    better: ClassVar[Literal["higher", "lower"]] = "higher"
    calibrated: ClassVar[bool] = False

    def __init__(self, roles: Mapping[str, str], encoding: Mapping[str, Any] | None = None) -> None:
        self.columns = dict(roles)
        given = dict(encoding or {})
        of_target = given.pop("target_tokenizer", given.get("tokenizer", "bpe"))
        shared = given.pop("shared_vocabulary", False)
        self.inputs = TextEncoder(**given, exact=True, windows=False)
        sizes = given if of_target == given.get("tokenizer") else {"tokenizer": of_target, **_SIZES[of_target]}
        texts = self.inputs if shared else TextEncoder(**sizes, exact=True, windows=False)
        self.outputs = Translations(texts, self.inputs)

    @property
    def input_column(self) -> str:
        """The column that is read."""
        return self.columns["text"]

    @property
    def target_column(self) -> str:
        """The column that is written."""
        return self.columns[TARGET]

    @classmethod
    def roles(cls, table: Table, columns: Mapping[str, str], asked: bool = False) -> dict[str, str] | None:
        """The columns of sources and of texts to write: those that are named, else those that are called like pairs.

        Raises:
            ConfigError: a role is not known, or both are the same column.
        """
        if not asked and "image" in columns:
            return None
        for role, column in columns.items():
            if role not in _ROLES:
                raise ConfigError(
                    _("data.columns has the role {role!r}; known: {known}.", role=role, known=listing(_ROLES))
                )
            table.require(column, f"data.columns.{role}")
        found = pair_of(table.columns, columns, asked)
        return None if found is None else {"text": found[0], TARGET: found[1]}

    @classmethod
    def reason(cls, table: Table, roles: Mapping[str, str]) -> str:
        """That there are pairs of texts."""
        return plural(
            "{source} and {target} hold {n} pair of texts",
            "{source} and {target} hold {n} pairs of texts",
            len(table),
            source=roles["text"],
            target=roles[TARGET],
        )

    @classmethod
    def strata(cls, _table: Table, _roles: Mapping[str, str]) -> None:
        """Nothing keeps its shares."""
        return

    @classmethod
    def default_model(cls, table: Table, roles: Mapping[str, str]) -> str:
        """A Transformer for texts of many words; a recurrent net for few, which are divided into characters."""
        of_words = all(suitable(table.columns[roles[role]].values) == "bpe" for role in ("text", TARGET))
        return cls.default_models["text"] if of_words else "rnn_seq2seq"

    @classmethod
    def reading(cls, table: Table, roles: Mapping[str, str]) -> Reading:
        """As byte pairs, in one vocabulary if both are; texts of a word or a few as characters."""
        first, second = (suitable(table.columns[roles[role]].values) for role in ("text", TARGET))
        return {
            name: {
                **_SIZES[name],
                **({"vocab_size": 4_096} if name == "bpe" and len(table) < _MANY else {}),
                "target_tokenizer": second,
                "shared_vocabulary": name == second == "bpe",
            }
            for name in dict.fromkeys((first, *_SIZES))
        }

    def fit(self, table: Table) -> None:
        """Learn the vocabularies, or the one of both, from the training split."""
        source, target = table.columns[self.input_column], table.columns[self.target_column]
        self.outputs.of_words = all(suitable(column.values) == "bpe" for column in (source, target))
        self.outputs.spaced = are_spaced(target.values)
        if not self.outputs.shared:
            self.inputs.fit(source)
            self.outputs.fit(target)
            return
        both = np.concatenate([np.asarray(values, object) for values in (source.values, target.values)])
        self.inputs.fit(Column("text", both))

    def restore(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """Take the vocabularies from their states."""
        self.inputs = TextEncoder.from_state(inputs)
        self.outputs = Translations.of_state(self.inputs, outputs)

    def check(self, table: Table, rows: IntArray) -> None:
        """Whether the texts to write can be read."""
        self.outputs.encode(table.columns[self.target_column].take(rows).values)

    def num_examples(self, num_rows: int) -> int:
        """One for each row."""
        return num_rows

    def examples(self, table: Table, use: Use = "judge") -> PairExamples:
        """Encode the rows of a table with their targets."""
        texts = np.asarray(table.columns[self.target_column].values, object)
        source = self.inputs.encode(table.columns[self.input_column].values)
        return PairExamples(source, self.outputs.encode(texts), texts, self.outputs.vocabulary.max_seq_len)

    def encode(self, values: Raw) -> Batch:
        """Sources, and the end that stands before each text that is to be written."""
        stored = self.inputs.encode(values)
        rows = torch.arange(len(stored))
        (source,) = self.inputs.batch(stored[rows])
        return Batch((source, torch.full((len(rows), 1), PADDING)), None, rows)

    def judged(self, outputs: Tensor, batch: Batch) -> Tensor:
        """What ``TRANSLATED`` names, of each text, [B, 4]."""
        assert batch.targets is not None
        cost = nats(outputs, batch.targets).to(torch.float64).sum(1)
        right = (outputs.argmax(2) == batch.targets).sum(1)
        counts = (batch.targets != NONE).sum(1), (batch.inputs[0] != PADDING).sum(1)
        return torch.stack([cost, right, *counts], 1).to(torch.float32)

    def predictions(self, judged: Tensor, targets: Any, rows: IntArray) -> Predictions:
        """What was judged beside the texts that were to be written."""
        return Predictions(rows, targets, judged.to(torch.float64).numpy(), TRANSLATED)

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """The text whose tokens are the most probable at each step, up to the first end."""
        texts = []
        for tokens in outputs.argmax(2).tolist():
            end = tokens.index(PADDING) if PADDING in tokens else len(tokens)
            texts.append({"translation": self.outputs.vocabulary.text(tokens[:end])})
        return texts

    def claims(self, _temperature: float) -> list[Claim]:
        """What the model writes first; then the tokens that were to be written, each after those before it."""
        bleu = Claim("bleu", "bleu", {"tokenize": "13a" if self.outputs.spaced else "zh"}, compared=True)
        exact = Claim("exact_match", "exact_match", compared=True)
        chrf = Claim("chrf", "chrf", compared=True)
        rates = [Claim(name, name) for name in ("word_error_rate", "character_error_rate")]
        of_tokens = [Claim(name, name) for name in ("perplexity", "token_accuracy")]
        return [*((bleu, chrf, exact) if self.outputs.of_words else (exact, chrf)), *rates, *of_tokens]


def suitable(texts: Sequence[str]) -> Tokenizer:
    """Characters for texts of few words each, byte pairs for others; where blanks divide no words, signs count."""
    some = [normalised(str(text)) for text in texts[:_LOOKED_AT]]
    count = sum(len(text.split()) + len(UNSPACED.findall(text)) // 2 for text in some)
    return "character" if count < _FEW_WORDS * len(some) else "bpe"


def are_spaced(texts: Sequence[str]) -> bool:
    """Whether blanks divide words, as in most scripts, and not most signs are words of their own, as in Chinese."""
    some = "".join(str(text) for text in texts[:_LOOKED_AT])
    return 2 * len(UNSPACED.findall(some)) < len("".join(some.split()))

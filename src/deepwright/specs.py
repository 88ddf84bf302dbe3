"""Specs: what fitted encoders yield, as far as a model must know. A model is built from two of them.

Shape letters: B batch, C channels, H and W height and width, T tokens or items of a history, V vocabulary, U users,
I items.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

__all__ = [
    "ClassSpec",
    "ContextSpec",
    "HistorySpec",
    "ImageSpec",
    "ItemsSpec",
    "LabelsSpec",
    "NumberSpec",
    "OutputSpec",
    "RatedSpec",
    "Spec",
    "TextSpec",
    "TokensSpec",
    "TranslationSpec",
]


@dataclass(frozen=True)
class Spec(ABC):
    """What a fitted encoder yields, as far as a model must know; its subclasses decide which models fit."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Of one input, without the batch."""


@dataclass(frozen=True)
class ImageSpec(Spec):
    """Pictures as float tensors [B, C, H, W] with values from 0 to 1.

    Attributes:
        channels: 1 for grey, 3 for colour.
        height: pixels.
        width: pixels.
    """

    channels: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        return self.channels, self.height, self.width


@dataclass(frozen=True)
class TextSpec(Spec):
    """Texts as numbers of tokens, int64 [B, T]: 0 after the end of a text, 1 for a token that is not known.

    Attributes:
        vocabulary: the tokens by number; the first two stand for the end and for what is not known.
        tokenizer: that makes the tokens: word, character, byte or bpe.
        max_seq_len: tokens of a text that are read; T is that of the longest text of a batch.
        mean_seq_len: tokens that are read of a text on average, at least 1.
    """

    vocabulary: tuple[str, ...]
    tokenizer: str
    max_seq_len: int
    mean_seq_len: int

    @property
    def vocab_size(self) -> int:
        """Different numbers."""
        return len(self.vocabulary)

    @property
    def shape(self) -> tuple[int]:
        """A text of mean length."""
        return (self.mean_seq_len,)


@dataclass(frozen=True)
class OutputSpec(Spec):
    """What a model yields: [B, num_outputs]. A model whose output fits any task takes this."""

    @property
    @abstractmethod
    def num_outputs(self) -> int:
        """Units of the last layer."""

    @property
    def shape(self) -> tuple[int, ...]:
        """One axis of ``num_outputs``."""
        return (self.num_outputs,)


@dataclass(frozen=True)
class ClassSpec(OutputSpec):
    """One of several classes; targets are whole numbers [B] that index ``names``, outputs logits [B, classes]."""

    names: tuple[str, ...]

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.names)

    @property
    def num_outputs(self) -> int:
        """One logit for each class."""
        return len(self.names)


@dataclass(frozen=True)
class LabelsSpec(OutputSpec):
    """Any number of labels at once; targets are 0 or 1 [B, labels], outputs logits [B, labels], each on its own."""

    names: tuple[str, ...]

    @property
    def num_outputs(self) -> int:
        """One logit for each label."""
        return len(self.names)


@dataclass(frozen=True)
class NumberSpec(OutputSpec):
    """A number; targets [B] and outputs [B, 1] are in deviations from the training split's mean.

    Attributes:
        name: of the column.
        mean: of the training split, in the number's own unit.
        deviation: of the training split, above 0.
    """

    name: str
    mean: float
    deviation: float

    @property
    def num_outputs(self) -> int:
        """One."""
        return 1


@dataclass(frozen=True)
class TokensSpec(Spec):
    """The token that follows, at every step: targets [B, T], below 0 where there is none, outputs logits [B, T, V].

    A model that takes it is causal: the logits at a step depend on the tokens up to that step alone, which are tokens
    of the TextSpec that it reads.

    Attributes:
        vocabulary: the tokens by number; the first two stand for the end of a text and for what is not known.
        max_seq_len: steps of a text that are seen at once, at most.
    """

    vocabulary: tuple[str, ...]
    max_seq_len: int

    @property
    def vocab_size(self) -> int:
        """Different numbers, and logits at a step."""
        return len(self.vocabulary)

    @property
    def shape(self) -> tuple[int, int]:
        """Of the longest text."""
        return self.max_seq_len, self.vocab_size


@dataclass(frozen=True)
class ContextSpec(Spec):
    """Words in their context: outputs [B, 2], of a text's words the mean nats and the share that was told from noise.

    Every model is asked the same, however it learnt: which of a word and some noise words stood in this context.

    Attributes:
        window: words on either side that are the context.
        num_noise: noise words beside each that was there.
        subsample: share of the text above which a word counts for less, as it says less.
    """

    window: int
    num_noise: int
    subsample: float

    @property
    def shape(self) -> tuple[int]:
        """Nats and share."""
        return (2,)


@dataclass(frozen=True)
class TranslationSpec(Spec):
    """A text that is written for another: targets [B, S], below 0 where there is none, outputs logits [B, S, V].

    A model that takes it is called with a source [B, T] of the TextSpec that it reads and with the tokens before each
    target, [B, S], of which the first is the end, 0; the logits at a step depend on the source and on the tokens up to
    that step alone. After the last token of a text the end is the target.

    Attributes:
        vocabulary: the tokens by number; the first two stand for the end of a text and for what is not known.
        tokenizer: that makes the tokens: word, character, byte or bpe.
        max_seq_len: tokens of a text at most.
        mean_seq_len: tokens of a text on average, at least 1.
        shared: whether the source has the same vocabulary.
    """

    vocabulary: tuple[str, ...]
    tokenizer: str
    max_seq_len: int
    mean_seq_len: int
    shared: bool

    @property
    def vocab_size(self) -> int:
        """Different numbers, and logits at a step."""
        return len(self.vocabulary)

    @property
    def shape(self) -> tuple[int, int]:
        """Of a text of mean length, its end included."""
        return self.mean_seq_len + 1, self.vocab_size


@dataclass(frozen=True)
class HistorySpec(Spec):
    """What users did before, as numbers of items in the order of time, int64 [B, T], and the users themselves, [B].

    Items have numbers from 1 to I, users from 1 to U, both in the order in which ``items`` and ``users`` name them; an
    item 0 stands after the end of a history, a user 0 for one that was not learnt from. A model that takes it is called
    with both, the users last.

    Attributes:
        items: what the user calls each item, of which those that nobody took yet are part.
        users: what the user calls each user.
        mean_history: items of a user on average, at least 1.
        item_features: for each item the numbers, from 0, of its features among ``item_feature_names``; empty where
            nothing is known of items.
        user_features: the same of users.
        item_feature_names: such as ``genre: Comedy``.
        user_feature_names: the same of users.
    """

    items: tuple[str, ...]
    users: tuple[str, ...]
    mean_history: int
    item_features: tuple[tuple[int, ...], ...] = ()
    user_features: tuple[tuple[int, ...], ...] = ()
    item_feature_names: tuple[str, ...] = ()
    user_feature_names: tuple[str, ...] = ()

    @property
    def num_items(self) -> int:
        """Items, the 0 not counted."""
        return len(self.items)

    @property
    def num_users(self) -> int:
        """Users, the 0 not counted."""
        return len(self.users)

    @property
    def shape(self) -> tuple[int]:
        """A history of mean length."""
        return (self.mean_history,)


@dataclass(frozen=True)
class RatedSpec(Spec):
    """A user and an item that was rated, by their numbers: int64 [B] and [B]; 0 for one that was not learnt from.

    Attributes:
        items: what the user calls each item, from the number 1 on.
        users: what the user calls each user, from the number 1 on.
    """

    items: tuple[str, ...]
    users: tuple[str, ...]

    @property
    def num_items(self) -> int:
        """Items, the 0 not counted."""
        return len(self.items)

    @property
    def num_users(self) -> int:
        """Users, the 0 not counted."""
        return len(self.users)

    @property
    def shape(self) -> tuple[int, ...]:
        """A single number."""
        return ()


@dataclass(frozen=True)
class ItemsSpec(Spec):
    """What a user does next: outputs are scores [B, 1 + I] of all items by their number, of which 0 says nothing.

    Attributes:
        num_items: I.
    """

    num_items: int

    @property
    def shape(self) -> tuple[int]:
        """A score for each item, and the one at 0."""
        return (1 + self.num_items,)

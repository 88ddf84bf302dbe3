"""What skip-gram and CBOW share: gensim (R. Řehůřek and P. Sojka, 2010) learns both tables of vectors."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import torch

from deepwright.contracts import Examples, GoingOn, unheard
from deepwright.errors import MissingExtraError
from deepwright.messages import _
from deepwright.models.language._in_context import POWER, Corpus, WordTables, corpus_of
from deepwright.specs import ContextSpec, TextSpec

#: Words of a text that the engine reads; what is longer is given to it in parts.
_LONGEST = 10_000
#: Words that are read in all where the passes are left open, and passes at least and at most …
_WORDS, _LEAST, _MOST = 10_000_000, 5, 20
#: … and the same of a short text, of which 20 passes say too little.
_SHORT_WORDS, _MOST_OF_SHORT = 1_000_000, 50


class Word2Vec(WordTables):
    """Tokens [B, T] to the mean nats of a text's words and the share that was told from noise, [B, 2].

    Args:
        inputs: texts.
        outputs: what is asked of each word.
        embed_dim: numbers that stand for a word.
        window: words on either side that are learnt from; the engine draws how many of them, from 1, each time.
        num_negatives: noise words for each that is there, in learning.
        epochs: passes over the training texts; null takes so many that 10 million words are read, from
            5 to 20; of a short text so many that a million are, up to 50.
        subsample: share of the text above which a word is left away now and then; 0 leaves none away.
        num_workers: threads.
    """

    #: 1 for skip-gram, 0 for CBOW, as gensim has it.
    skip_gram: ClassVar[int]

    def __init__(
        self,
        inputs: TextSpec,
        outputs: ContextSpec,
        embed_dim: int,
        window: int,
        num_negatives: int,
        epochs: int | None,
        subsample: float,
        num_workers: int,
    ) -> None:
        super().__init__(inputs, outputs, embed_dim, num_negatives, pooled=not self.skip_gram)
        self.window, self.num_negatives, self.epochs = window, num_negatives, epochs
        self.subsample, self.num_workers = subsample, num_workers

    def fit(self, examples: Examples) -> None:
        """Learn from the known words of all texts, and tell nobody how far it is.

        Raises:
            MissingExtraError: gensim is not installed.
        """
        self.fit_in_passes(examples, unheard)

    def fit_in_passes(self, examples: Examples, going_on: GoingOn) -> None:
        """Learn from the known words of all texts; with one thread, the same random seed gives the same vectors.

        Raises:
            MissingExtraError: gensim is not installed.
        """
        try:
            from gensim.models import Word2Vec as Engine
        except ImportError:
            raise MissingExtraError(_("Learning word vectors"), "embeddings") from None
        corpus = corpus_of(examples)
        counts = self.count(corpus)
        num_epochs = self.epochs or _num_epochs(max(1, len(corpus.words)))
        engine: Any = Engine(
            vector_size=self.embed.embedding_dim,
            window=self.window,
            sg=self.skip_gram,
            hs=0,
            negative=self.num_negatives,
            ns_exponent=POWER,
            sample=self.subsample,
            epochs=num_epochs,
            min_count=1,
            workers=self.num_workers,
            seed=int(torch.randint(2**31 - 1, (1,))),
        )
        sentences = _Sentences(corpus, num_epochs, going_on)
        with _quiet():
            engine.build_vocab_from_freq(
                {str(word): int(counts[word]) for word in np.flatnonzero(counts)}, corpus_count=len(sentences)
            )
            engine.train(sentences, total_examples=len(sentences), epochs=num_epochs)
        if sentences.error is not None:
            raise sentences.error
        words = torch.tensor([int(word) for word in engine.wv.index_to_key])
        self.embed.weight[words] = torch.from_numpy(np.array(engine.wv.vectors))
        self.contexts.weight[words] = torch.from_numpy(np.array(engine.syn1neg))


def _num_epochs(num_words: int) -> int:
    """Passes over a text of so many words."""
    usual = min(_MOST, math.ceil(_WORDS / num_words))
    return max(_LEAST, usual, min(_MOST_OF_SHORT, math.ceil(_SHORT_WORDS / num_words)))


class _Sentences:
    """A corpus as lists of words, as often as it is asked for; the engine reads it in a thread of its own.

    Args:
        corpus: known words.
        num_epochs: passes in all.
        going_on: is told how far it is, and says whether to go on.

    Attributes:
        error: what was raised in that thread, which would leave the engine waiting.
    """

    def __init__(self, corpus: Corpus, num_epochs: int, going_on: GoingOn) -> None:
        self.words, self.num_epochs, self.going_on = corpus.words, num_epochs, going_on
        self.names = np.array([str(word) for word in range(int(corpus.words.max(initial=0)) + 1)], object)
        spans = zip(corpus.starts[:-1].tolist(), corpus.starts[1:].tolist(), strict=True)
        self.spans = [
            (at, min(at + _LONGEST, end)) for start, end in spans for at in range(start, max(end, start + 1), _LONGEST)
        ]
        self.epoch = 0
        self.error: Exception | None = None

    def __len__(self) -> int:
        return len(self.spans)

    def __iter__(self) -> Iterator[list[str]]:
        self.epoch += 1
        total = self.num_epochs * max(1, len(self.words))
        before = (self.epoch - 1) * len(self.words)
        for start, end in self.spans:
            try:
                if self.error is not None or not self.going_on(self.epoch, self.num_epochs, (before + start) / total):
                    return
            except Exception as error:  # raised again where the engine has come to its end
                self.error = error
                return
            yield self.names[self.words[start:end]].tolist()


@contextmanager
def _quiet() -> Iterator[None]:
    """What the engine says of short or unfinished passes is said by the program itself."""
    logger = logging.getLogger("gensim")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)

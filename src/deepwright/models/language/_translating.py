"""What the models that write a text for another share: their recipe, and the table of their embeddings."""

from __future__ import annotations

import math

from torch import nn

from deepwright.contracts import Recipe
from deepwright.errors import ConfigError
from deepwright.layers.embedding import TokenEmbedding
from deepwright.messages import _
from deepwright.specs import TextSpec, TranslationSpec

#: Tokens of source and target in a step, pairs at least, and steps of a training of few and of many pairs.
_TOKENS, _LEAST, _STEPS, _MOST_STEPS = 2_048, 8, 1_200, 8_000
#: Passes over texts of words, over words and other texts of few characters, and at most over very few pairs.
_PASSES, _FEW_PASSES, _MOST_PASSES = 12, 6, 60
#: Of what follows in a text of words nobody can be sure (A. Vaswani et al., 2017, § 5.4).
_SMOOTHING = 0.1


def tables(
    inputs: TextSpec, outputs: TranslationSpec, embed_dim: int, tied: bool, shared: bool | None
) -> tuple[nn.Embedding, nn.Embedding]:
    """The embeddings of source and target: one table where the vocabulary is one and nothing else is asked for.

    Raises:
        ConfigError: one table is asked for, but there are two vocabularies.
    """
    if shared and not outputs.shared:
        raise ConfigError(
            _(
                "model.shared is true, but source and target have vocabularies of their own. Take "
                "--set data.shared_vocabulary=true, or leave model.shared at null."
            )
        )
    target = TokenEmbedding(outputs.vocab_size, embed_dim, tied)
    one = outputs.shared if shared is None else shared
    return target if one else TokenEmbedding(inputs.vocab_size, embed_dim, False), target


def translation_recipe(num_examples: int, inputs: TextSpec, outputs: TranslationSpec) -> Recipe:
    """Steps of about 2,048 tokens, at least 1,200 of them or sixty passes, and at most 8,000.

    In between, texts of words are read twelve times, and shorter ones, which have less to be learnt, six times.
    """
    tokens = inputs.mean_seq_len + outputs.mean_seq_len + 1
    batch_size = max(_LEAST, min(_TOKENS // tokens, num_examples // 20))
    per_epoch = math.ceil(num_examples / batch_size)
    of_words = inputs.tokenizer == outputs.tokenizer == "bpe"
    passes = _PASSES if of_words else _FEW_PASSES
    steps = min(_MOST_STEPS, max(min(_STEPS, _MOST_PASSES * per_epoch), passes * per_epoch))
    return Recipe(
        epochs=max(1, round(steps / per_epoch)),
        batch_size=batch_size,
        learning_rate=4e-3,
        label_smoothing=_SMOOTHING if of_words else 0.0,
    )

"""Embeddings that are known before a training: word vectors of a run or a file, and networks that begin with them."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from torch import nn

from deepwright.data.texts.word_vectors import WordVectors
from deepwright.errors import ConfigError, RunError
from deepwright.messages import _
from deepwright.paths import expanded
from deepwright.predictor import PREPROCESSING, WEIGHTS, Predictor
from deepwright.run_directory import RunDirectory
from deepwright.specs import TextSpec
from deepwright.tokens import UNKNOWN

_log = logging.getLogger(__name__)


def word_vectors(predictor: Predictor, run: Path | str) -> WordVectors:
    """The first embedding of a network and its words, without padding and the unknown word.

    Args:
        predictor: of texts.
        run: where it is from, for the message.

    Raises:
        RunError: it has no embedding.
    """
    spec, table = predictor.task.inputs.spec, _table(predictor.network)
    if not isinstance(spec, TextSpec) or table is None:
        raise RunError(
            _(
                "{run} has no word vectors: its model, {model}, has no embedding. Train some with: deepwright train "
                "corpus.txt --task word-embedding",
                run=run,
                model=predictor.member.name,
            )
        )
    rows = table.weight.detach().double().numpy()[UNKNOWN + 1 : spec.vocab_size]
    return WordVectors(spec.vocabulary[UNKNOWN + 1 :], rows)


def vectors_from(source: str) -> WordVectors:
    """Word vectors of a run, or of a file in the text format of word2vec.

    Raises:
        RunError: the run has none, is unfinished or was changed.
        DataError: the file cannot be read.
    """
    path = expanded(source)
    if not path.is_dir():
        return WordVectors.from_text(path)
    directory = RunDirectory.open(path)
    directory.check()
    files = {name: directory.read(name) for name in (WEIGHTS, PREPROCESSING)}
    return word_vectors(Predictor.from_files(files), path)


@torch.no_grad()
def begin_with(predictor: Predictor, source: str) -> None:
    """Let the embedding of a network that has not learnt yet begin with known vectors; others stay as they were drawn.

    Args:
        predictor: of texts.
        source: of the vectors.

    Raises:
        ConfigError: they have another size, or none is of a word of the training texts.
    """
    vectors, spec, table = vectors_from(source), predictor.task.inputs.spec, _table(predictor.network)
    assert isinstance(spec, TextSpec)
    assert table is not None, "a model that takes vectors has an embedding"
    size = vectors.vectors.shape[1]
    if size != table.embedding_dim:
        raise ConfigError(
            _(
                "The vectors of {source} have {size} numbers, and model.embed_dim is {embed_dim}. Set "
                "model.embed_dim={size}.",
                source=source,
                size=size,
                embed_dim=table.embedding_dim,
            )
        )
    known = [(token, vectors.numbers[word]) for token, word in enumerate(spec.vocabulary) if word in vectors.numbers]
    if not known:
        raise ConfigError(_("None of the words of {source} is in the training texts.", source=source))
    tokens, rows = (list(each) for each in zip(*known, strict=True))
    table.weight[tokens] = torch.from_numpy(vectors.vectors[rows]).to(table.weight.dtype)
    _log.info(
        _(
            "{n} of the {total} words of the training texts begin with the vectors of {source}.",
            n=f"{len(known):,}",
            total=f"{spec.vocab_size - UNKNOWN - 1:,}",
            source=source,
        )
    )


def _table(network: nn.Module) -> nn.Embedding | None:
    """The first embedding of a network."""
    return next((module for module in network.modules() if isinstance(module, nn.Embedding)), None)

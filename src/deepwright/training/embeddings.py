"""Embeddings that are known before a training: word vectors of a run or a file, and networks that begin with them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import nn

from deepwright.contracts import FloatArray
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
    words: dict[str, int] = {}
    for token, word in enumerate(spec.vocabulary):
        if token > UNKNOWN and len(word.split()) == 1:  # a blank is no word, and one before a word is none of it
            words.setdefault(word.strip(), token)
    return WordVectors(tuple(words), table.weight.detach().double().numpy()[list(words.values())])


def has_vectors(predictor: Predictor) -> bool:
    """Whether there is an embedding of tokens."""
    return isinstance(predictor.task.inputs.spec, TextSpec) and _table(predictor.network) is not None


def vectors_from(source: str) -> WordVectors:
    """Word vectors of a run, or of a file in the text format of word2vec.

    Raises:
        RunError: the run has none, is unfinished or was changed.
        ConfigError: neither is there.
        DataError: the file cannot be read.
    """
    path = expanded(source)
    if not path.exists():
        raise ConfigError(
            _(
                "model.embedding: {path} is not there. It is a run with word vectors, such as runs/latest, or a file "
                "of them in the text format of word2vec.",
                path=path,
            )
        )
    if not path.is_dir():
        return _of_file(path, path.stat().st_mtime_ns)
    directory = RunDirectory.open(path)
    directory.check()
    files = {name: directory.read(name) for name in (WEIGHTS, PREPROCESSING)}
    return word_vectors(Predictor.from_files(files), path)


@lru_cache(maxsize=1)
def _of_file(path: Path, _changed_at: int) -> WordVectors:
    return WordVectors.from_text(path)


@dataclass(frozen=True)
class Known:
    """The tokens of a network of which vectors are known.

    Attributes:
        tokens: [n] by number.
        vectors: [n, D].
        total: tokens in all.
    """

    tokens: list[int]
    vectors: FloatArray
    total: int


def known_vectors(predictor: Predictor, source: str) -> Known:
    """The vectors of a source that are of words of the training texts.

    Args:
        predictor: of texts, whose model takes vectors.
        source: of the vectors.

    Raises:
        ConfigError: they are not there, have another size, or none is of a word of the training texts.
        RunError: the run that they are of has none, is unfinished or was changed.
        DataError: the file that they are in cannot be read.
    """
    found, spec, table = vectors_from(source), predictor.task.inputs.spec, _table(predictor.network)
    assert isinstance(spec, TextSpec)
    assert table is not None, "a model that takes vectors has an embedding"
    size = found.vectors.shape[1]
    if size != table.embedding_dim:
        one = "embed_dim" in predictor.member.settings
        raise ConfigError(
            _(
                "The vectors of {source} have {size} numbers each, and {model} has {embed_dim} for a word. "
                "Set {settings}.",
                source=source,
                size=size,
                model=predictor.member.name,
                embed_dim=table.embedding_dim,
                settings=f"model.embed_dim={size}" if one else "model.num_heads × model.head_dim = " + str(size),
            )
        )
    places = [(token, found.find(word.strip())) for token, word in enumerate(spec.vocabulary) if token > UNKNOWN]
    known = {token: place for token, place in places if place is not None}
    if not known:
        raise ConfigError(_("model.embedding: none of the words of {source} is in the training texts.", source=source))
    return Known(list(known), found.vectors[list(known.values())], len(places))


@torch.no_grad()
def begin_with(predictor: Predictor, source: str) -> None:
    """Let the embedding of a network that has not learnt yet begin with known vectors; others stay as they were drawn.

    The vectors are brought to the size of the random ones, which is what the rest of the network was made for.

    Args:
        predictor: of texts, whose model takes vectors.
        source: of the vectors, which was found to fit.
    """
    known, table = known_vectors(predictor, source), _table(predictor.network)
    assert table is not None
    scale = float(table.weight[UNKNOWN + 1 :].std()) / (float(known.vectors.std()) or 1.0)
    table.weight[known.tokens] = torch.from_numpy(known.vectors * scale).to(table.weight.dtype)
    _log.info(
        _(
            "{n} of the {total} words of the training texts begin with the vectors of {source}.",
            n=f"{len(known.tokens):,}",
            total=f"{known.total:,}",
            source=source,
        )
    )


def _table(network: nn.Module) -> nn.Embedding | None:
    """The first embedding of a network."""
    return next((module for module in network.modules() if isinstance(module, nn.Embedding)), None)

"""Word vectors of a run: its embedding with the words that belong to it, whatever the network was trained for."""

from __future__ import annotations

from pathlib import Path

from deepwright.data.texts.word_vectors import WordVectors
from deepwright.paths import expanded
from deepwright.run_directory import RunDirectory, write_atomically
from deepwright.training.embeddings import word_vectors
from deepwright.workflows.run import Run


def vectors_of(directory: RunDirectory) -> WordVectors:
    """The word vectors of a finished run.

    Raises:
        RunError: it has none, is unfinished or was changed.
    """
    return word_vectors(Run(directory).predictor, directory.path)


def write_vectors(directory: RunDirectory, path: Path) -> WordVectors:
    """Write the word vectors of a finished run in the text format of word2vec, and return them.

    Raises:
        RunError: the run has none, is unfinished or was changed.
        StorageError: the file cannot be written.
    """
    vectors = vectors_of(directory)
    write_atomically(expanded(path), vectors.to_text())
    return vectors

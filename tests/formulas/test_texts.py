"""Models of texts are their formulas."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepwright.models.language.bag_of_embeddings import BagOfEmbeddings
from deepwright.models.language.nb_linear import log_ratios
from deepwright.models.language.text_cnn import TextCnn
from deepwright.models.language.tfidf_linear import inverse_document_frequency, weighted
from deepwright.specs import ClassSpec, TextSpec
from tests.formulas.reference import texts
from tests.formulas.tolerances import NETWORK

SPEC = TextSpec(("", "?", *"abcdefgh"), "word", 20, 6)
CLASSES = ClassSpec(("no", "yes", "perhaps"))
#: Texts of as many tokens as the widest window, of more, and of fewer than the narrowest, which zeros fill up.
TEXTS = [[2, 3, 4, 5, 6], [9, 2, 2, 7, 3, 8, 4, 1], [5, 6]]


def batch() -> torch.Tensor:
    width = max(map(len, TEXTS))
    return torch.tensor([text + [0] * (width - len(text)) for text in TEXTS])


def array(tensor: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return tensor.detach().numpy()


def test_a_bag_is_the_mean_of_its_embeddings() -> None:
    torch.manual_seed(3)
    model = BagOfEmbeddings(SPEC, CLASSES, embed_dim=5).double().eval()
    parts = [array(part) for part in (model.embed.weight, model.output.weight, model.output.bias)]
    expected = np.stack([texts.mean_of_embeddings(text, *parts) for text in TEXTS])
    NETWORK.check(model(batch()).detach(), expected)


def test_filters_answer_with_their_maximum_over_time() -> None:
    torch.manual_seed(4)
    model = TextCnn(SPEC, CLASSES, embed_dim=5, num_filters=6).double().eval()
    embeddings, weight, bias = (array(p) for p in (model.embed.weight, model.output.weight, model.output.bias))
    expected = []
    for text in TEXTS:
        greatest = []
        for window in model.windows:
            assert isinstance(window, torch.nn.Conv1d)
            assert window.bias is not None
            width = window.kernel_size[0]
            signal = np.zeros((max(width, len(text)), 5))
            signal[: len(text)] = embeddings[text]
            greatest.append(texts.greatest_over_time(signal, array(window.weight), array(window.bias)))
        expected.append(weight @ np.concatenate(greatest) + bias)
    NETWORK.check(model(batch()).detach(), np.stack(expected))


def test_weights_of_ngrams() -> None:
    written = [list("aab"), list("bcc"), list("a"), [], list("abcc")]
    known = ["a", "b", "c"]
    sparse = pytest.importorskip("scipy.sparse")
    counts = sparse.csr_array(np.array([[float(text.count(g)) for g in known] for text in written]))
    NETWORK.check(weighted(counts, inverse_document_frequency(counts)).toarray(), texts.tfidf(written, known))


def test_ratios_of_naive_bayes() -> None:
    written, labels, known = [list("aab"), list("bcc"), list("a"), [], list("abcc")], [1, 0, 1, 0, 0], ["a", "b", "c"]
    sparse = pytest.importorskip("scipy.sparse")
    there = sparse.csr_array(np.array([[float(g in text) / 7 for g in known] for text in written]))
    expected = texts.naive_bayes_ratios(written, labels, known)
    NETWORK.check(log_ratios(there, np.array(labels)), expected)

"""Word vectors of WikiText-2: as fast and as good as plain gensim with the same settings, which is the engine of both?

In turn in one run, on the same passages, cut into the same words by the same rules, and with the same vocabulary: 100
numbers, a window of 5, 5 noise words, 5 passes, 2 threads. Learning is from words to vectors; the whole is from texts
to vectors, with the vocabulary, for which our command reads the texts once more. As the engine is the same, a ratio of
about 1 is all there can be: the bar is held to the median over rounds, and the spread says what chance does. With two
threads neither side gives the same vectors twice.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _pictures import public_data
from _rows import figure, record
from gensim.models import Word2Vec

from deepwright import experiments
from deepwright.config.documents import Document
from deepwright.data.texts.word_vectors import WordVectors
from deepwright.tokens import normalised, words
from deepwright.training.embeddings import word_vectors
from deepwright.validation.word_vectors import similarity
from deepwright.workflows.plan import Plan, plan

DIM, WINDOW, NEGATIVE, EPOCHS, WORKERS = 100, 5, 5, 5, 2
#: By the name of our model, what gensim calls it.
MODELS = {"skip_gram": 1, "cbow": 0}
Found = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--quick", action="store_true", help="a little text and no row: only to try this script")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = wikitext(Path(folder), 300_000 if given.quick else None)
        found: dict[str, list[tuple[Found, Found]]] = {model: [] for model in given.models}
        for seed in range(1 if given.quick else given.rounds):
            for model in given.models:
                ready = _plan(text, model, seed)
                sides = [lambda: _ours(ready), lambda: _theirs(ready)]  # noqa: B023  called at once
                first, second = (side() for side in (sides if seed % 2 == 0 else sides[::-1]))
                ours, theirs = (first, second) if seed % 2 == 0 else (second, first)
                found[model].append((ours, theirs))
                print(model, seed, "ours", ours, "gensim", theirs, flush=True)
    if not given.quick:
        details = {"found": found, "gensim": version("gensim")}
        record("word2vec", (__doc__ or "").partition("\n\n")[0], _figures(found), details)


def wikitext(folder: Path, most: int | None) -> Path:
    """The training part as a file, without the marks of its own tokens."""
    with zipfile.ZipFile(next(public_data("wikitext-2").glob("*train*.zip"))) as archive:
        raw = archive.read(archive.namelist()[0]).decode("utf-8")[:most]
    for mark, sign in (("<unk>", ""), (" @-@ ", "-"), (" @,@ ", ","), (" @.@ ", ".")):
        raw = raw.replace(mark, sign)
    file = folder / "wikitext.txt"
    file.write_text(raw, encoding="utf-8")
    return file


def _plan(text: Path, model: str, seed: int) -> Plan:
    document = Document()
    settings: dict[str, Any] = {
        "data.source": str(text),
        "data.split.validation": 0.01,
        "data.split.test": 0.01,
        "task": "word_embedding",
        "model": model,
        "model.embed_dim": DIM,
        "model.window": WINDOW,
        "model.num_negatives": NEGATIVE,
        "model.epochs": EPOCHS,
        "model.num_workers": WORKERS,
        "seed": seed,
    }
    for key, value in settings.items():
        document.set(key, value, key)
    return plan(document)


def _ours(ready: Plan) -> Found:
    begun = time.perf_counter()
    task = experiments.fitted_task(ready.table, ready.splits, ready.task, ready.roles, ready.settings)
    counted = time.perf_counter() - begun
    fitted = experiments.fit(ready.table, ready.splits, ready.task, ready.roles, ready.settings, fitted=task)
    whole = counted + fitted.seconds
    model: Any = fitted.predictor.network.model
    examples = task.examples(ready.table.take(ready.splits.train), "learn")
    begun = time.perf_counter()  # once more, alone
    with torch.no_grad():
        model.fit(examples)
    learning = time.perf_counter() - begun
    return _figures_of(word_vectors(fitted.predictor, "the run"), _num_words(ready), learning, whole)


def _theirs(ready: Plan) -> Found:
    begun = time.perf_counter()
    texts = [words(normalised(text)) for text in ready.table.take(ready.splits.train).columns["text"].values]
    cut = time.perf_counter() - begun
    begun = time.perf_counter()
    model = Word2Vec(
        texts,
        vector_size=DIM,
        window=WINDOW,
        negative=NEGATIVE,
        epochs=EPOCHS,
        workers=WORKERS,
        sg=MODELS[ready.model],
        min_count=2,
        max_final_vocab=len(ready.fitted.inputs.spec.vocabulary) - 2,
        seed=ready.settings.seed,
    )
    learning = time.perf_counter() - begun
    vectors = WordVectors(tuple(model.wv.index_to_key), model.wv.vectors.astype(np.float64))
    return _figures_of(vectors, _num_words(ready), learning, cut + learning)


def _num_words(ready: Plan) -> int:
    return sum(len(words(normalised(text))) for text in ready.table.take(ready.splits.train).columns["text"].values)


def _figures_of(vectors: WordVectors, num_words: int, learning: float, whole: float) -> Found:
    pairs = similarity(vectors)
    return {
        "words/s": EPOCHS * num_words / learning,
        "words/s of the whole": EPOCHS * num_words / whole,
        "similarity": pairs.correlation,
        "pairs": len(pairs.cosines),
        "vocabulary": len(vectors.words),
    }


def _figures(found: dict[str, list[tuple[Found, Found]]]) -> list[dict[str, Any]]:
    figures = []
    for model, rounds in found.items():
        for key, what, bar in (
            ("words/s", "words a second in learning", "≥ 1 ×"),
            ("words/s of the whole", "words a second from texts to vectors", ""),
            ("similarity", "WordSim-353 correlation", "≥ 1 ×"),
        ):
            ratios = [ours[key] / theirs[key] for ours, theirs in rounds]
            ratio = statistics.median(ratios)
            ours, theirs = (statistics.median(side[key] for side in sides) for sides in zip(*rounds, strict=True))
            pairs = f", {rounds[0][0]['pairs']} of 353 pairs" if key == "similarity" else ""
            spread = f"{min(ratios):.2f} to {max(ratios):.2f}, {len(rounds)} rounds; {ours:.4g} and {theirs:.4g}{pairs}"
            met = ratio >= 1 if bar else None
            figures.append(figure(f"{model}: {what}, ours over gensim's", ratio, "×", bar, met, spread))
    return figures


if __name__ == "__main__":
    main()

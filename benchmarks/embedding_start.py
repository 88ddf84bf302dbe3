"""Does a classifier of SST-2 answer better where its embeddings begin with word vectors, learnt here from WikiText-2?

Skip-gram learns 100 numbers for each word once from WikiText-2 and once from nothing but SST-2's own training texts.
Every classifier is trained with each of them and with random embeddings, all else being the same, over seeds. The
interval is of the difference on the same test sentences, each with its mean over the seeds, by the bootstrap.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from _pictures import on_test
from _rows import figure, record
from text_accuracy import sentences, write
from word2vec import wikitext

import deepwright as dw

DIM = 100
MODELS = ("bag_of_embeddings", "text_cnn", "lstm")
RESAMPLES = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--quick", action="store_true", help="a little text, one seed and no row: only to try this script"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [row for part in ("train", "dev", "test") for row in sentences(part)]
        table = write(folder / "sst2.csv", rows[::20] if given.quick else rows)
        own = folder / "own.txt"
        own.write_text("".join(f"{text}\n" for text, _label, part in rows if part == "train"), encoding="utf-8")
        starts: dict[str, Path | None] = {"random": None}
        for source, text in (("WikiText-2", wikitext(folder, 300_000 if given.quick else None)), ("SST-2 itself", own)):
            starts[source] = _vectors(text, folder)
        figures, details = [], {}
        for model in given.models:
            right = {
                start: np.mean(
                    [_right(table, folder, model, path, seed, given.quick) for seed in range(given.seeds)], 0
                )
                for start, path in starts.items()
            }
            details[model] = {start: float(found.mean()) for start, found in right.items()}
            print(model, details[model], flush=True)
            figures += [_figure(model, start, right[start], right["random"]) for start in starts if start != "random"]
    for one in figures:
        print(one["what"], one["value"], one["spread"], flush=True)
    if not given.quick:
        details["seeds"] = given.seeds
        record("embedding_start", (__doc__ or "").partition("\n\n")[0], figures, details)


def _vectors(text: Path, folder: Path) -> Path:
    """The run that learnt vectors of a text's words."""
    settings = {"model.embed_dim": DIM, "data.split.validation": 0.01, "data.split.test": 0.01}
    return dw.train(text, task="word_embedding", output=folder / "runs", settings=settings, progress=False).path


def _right(table: Path, folder: Path, model: str, start: Path | None, seed: int, quick: bool) -> Any:
    """Which test rows a classifier answers rightly, [N] of 0 and 1."""
    settings: dict[str, Any] = {"model.embed_dim": DIM, "validation.resamples": 100}
    if start is not None:
        settings["model.embedding"] = str(start)
    if quick:
        settings["training.epochs"] = 1
    run = dw.train(
        table, task="classification", model=model, output=folder / "runs", seed=seed, settings=settings, progress=False
    )
    made = on_test(run, model)
    right = made.outputs.argmax(1) == made.targets
    print(model, seed, start and start.name, float(right.mean()), flush=True)
    return right.astype(float)


def _figure(model: str, start: str, with_vectors: Any, without: Any) -> dict[str, Any]:
    """Percentage points that the vectors add, with a paired interval over the test rows."""
    added = 100 * (with_vectors - without)
    drawn = np.random.default_rng(0).integers(len(added), size=(RESAMPLES, len(added)))
    low, high = np.quantile(added[drawn].mean(1), [0.025, 0.975])
    spread = f"paired 95 % interval {low:.2f} to {high:.2f}, n={len(added)}; {100 * without.mean():.1f} % without"
    return figure(
        f"{model} that begins with vectors of {start}, over one that does not", added.mean(), "points", spread=spread
    )


if __name__ == "__main__":
    main()

"""Which recipe learns tiny-shakespeare's characters best in a given time? Every variant changes one thing of the base.

Only the first 90 % of the text are used: of these the last 5 % are held out, by the same cut for every variant, and
judge; the last 10 % of the text are never read. Differences are paired by seed. All variants see the same number of
characters, so that the seconds beside the loss say what a change costs; which is why the two have to be read together.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from _pictures import public_data
from _rows import figure, record

from deepwright import experiments
from deepwright.config.documents import Document
from deepwright.workflows.plan import plan

Changes = Mapping[str, Any]
#: Of each model: what is changed, one at a time. The first of its kind is always the recipe as it is registered.
VARIANTS: dict[str, dict[str, Changes]] = {
    "lstm": {
        "as registered": {},
        "Muon": {"training.optimizer": "muon"},
        "half the learning rate": {"training.learning_rate": 0.5},
        "twice the learning rate": {"training.learning_rate": 2.0},
        "half the batch": {"training.batch_size": 0.5},
        "twice the batch": {"training.batch_size": 2.0},
        "two layers of 256": {"model.num_layers": 2, "model.hidden_dim": 256},
        "384 wide": {"model.hidden_dim": 384},
        "a context of 64": {"data.max_seq_len": 64},
        "a context of 128": {"data.max_seq_len": 128},
        "tied": {"model.tied": True},
        "dropout 0.1": {"model.dropout": 0.1},
        "a cosine": {"training.schedule": "cosine"},
        "GRU": {"model": "gru"},
        "transformer": {"model": "transformer"},
    },
    "transformer": {
        "as registered": {},
        "learned positions": {"model.positions": "learned"},
        "sinusoidal positions": {"model.positions": "sinusoidal"},
        "GELU": {"model.activation": "gelu"},
        "ReLU squared": {"model.activation": "relu_squared"},
        "AdamW": {"training.optimizer": "adamw"},
        "Muon": {"training.optimizer": "muon"},
        "half the learning rate": {"training.learning_rate": 0.5},
        "twice the learning rate": {"training.learning_rate": 2.0},
        "half the batch": {"training.batch_size": 0.5},
        "twice the batch": {"training.batch_size": 2.0},
        "two layers": {"model.num_layers": 2},
        "six layers": {"model.num_layers": 6},
        "192 wide": {"model.num_heads": 6},
        "a context of 64": {"data.max_seq_len": 64},
        "not tied": {"model.tied": False},
    },
}
#: Shares of the text: what is learnt from, what judges, and the last tenth, of which nothing is read here.
TRAINED, HELD_OUT = 0.85, 0.05
#: Settings that a variant gives as a multiple of the recipe's.
MULTIPLES = ("training.learning_rate", "training.batch_size")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--variants", nargs="+", help="of each model; all if not given")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--characters", type=float, default=3e6, help="that each variant sees, again and again")
    parser.add_argument("--quick", action="store_true", help="a few steps and no row: only to try this script")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = _text(Path(folder))
        for model in given.models:
            chosen = {
                name: changes
                for name, changes in VARIANTS[model].items()
                if not given.variants or name in ("as registered", *given.variants)
            }
            found: dict[str, list[dict[str, float]]] = {name: [] for name in chosen}
            for seed in range(given.seeds):
                for name, changes in chosen.items():
                    found[name].append(_held_out(text, model, seed, changes, 2e4 if given.quick else given.characters))
                    print(model, seed, name, found[name][-1], flush=True)
            if not given.quick:
                record(f"recipes_{model}", __doc__ or "", _figures(found), {"held out": found, "changes": chosen})


def _text(folder: Path) -> Path:
    """The first 90 % of the text, as a file."""
    whole = next(public_data("tinyshakespeare").glob("*.txt")).read_text(encoding="utf-8")
    file = folder / "shakespeare.txt"
    file.write_text(whole[: int((TRAINED + HELD_OUT) * len(whole))], encoding="utf-8")
    return file


def _held_out(text: Path, model: str, seed: int, changes: Changes, characters: float) -> dict[str, float]:
    """The loss on the part that was held out, in nats for each character, and the seconds of the training."""
    changed = {key: value for key, value in changes.items() if key not in MULTIPLES or isinstance(value, str)}
    settings = {
        "model": model,
        "seed": seed,
        "data.split.validation": HELD_OUT / (TRAINED + HELD_OUT),
        "data.split.test": 0.005,  # never read: there has to be one
        **changed,
    }
    recipe = _plan(text, settings).settings
    for key in MULTIPLES:
        name = key.rpartition(".")[2]
        if key in changes:
            settings[key] = type(getattr(recipe.training, name))(getattr(recipe.training, name) * changes[key])
    batch = settings.get("training.batch_size", recipe.training.batch_size)
    settings["training.epochs"] = 1000
    settings["training.max_steps"] = max(1, round(characters / (batch * recipe.data.max_seq_len)))
    ready = _plan(text, settings)
    begun = time.perf_counter()
    fitted = experiments.fit(ready.table, ready.splits, ready.task, ready.roles, ready.settings)
    seconds = time.perf_counter() - begun
    assert fitted.history is not None
    return {"loss": fitted.history.records[-1]["validation"]["loss"], "seconds": seconds}


def _plan(text: Path, settings: Changes) -> Any:
    document = Document()
    for key, value in {"data.source": str(text), **settings}.items():
        document.set(key, value, "benchmark")
    return plan(document, None)


def _figures(found: Mapping[str, list[dict[str, float]]]) -> list[dict[str, Any]]:
    figures = []
    base = found["as registered"]
    for name, rows in found.items():
        losses = [row["loss"] for row in rows]
        gains = [row["loss"] - first["loss"] for row, first in zip(rows, base, strict=True)]
        seconds = statistics.mean(row["seconds"] for row in rows)
        gain = f", {min(gains):+.3f} to {max(gains):+.3f}" if rows is not base else ""
        spread = f"{seconds:.0f} s, {len(rows)} seeds{gain}"
        figures.append(figure(f"held-out loss: {name}", statistics.mean(losses), "nats", spread=spread))
    return figures


if __name__ == "__main__":
    main()

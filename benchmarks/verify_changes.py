"""Does `deepwright verify` find every change of a run, and name what was changed?

Single bytes are changed at random in the files of runs on the digits, the manifest and the report included. Then
figures are edited in measurements.json, and report, model card and manifest are written again to agree with them, so
that no hash and no view gives the edit away; others in the report and the card, with the manifest written again.
Last come forgeries that agree with themselves: a value together with the arguments that it follows from, and what the
run says outside its measurements of data, encoders, decisions and pictures.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from _rows import figure, record

import deepwright
from deepwright.errors import RunError
from deepwright.predictor import PREPROCESSING
from deepwright.reporting.data_section import DATA, DOUBTS, SAMPLES
from deepwright.reporting.feature_maps import FEATURE_MAPS
from deepwright.reporting.report import CARD, REPORT, render
from deepwright.run_directory import CONFIG, MANIFEST, RunDirectory
from deepwright.validation.storage import MEASUREMENTS, PREDICTIONS
from deepwright.workflows.verify import verify

MODELS = ("convnet", "mlp", "pixel_linear")
SETTINGS = {"training.epochs": 2, "training.num_threads": 1, "validation.resamples": 200}
#: Every so many edits of measurements.json there is one of the report and one of the card.
VIEWS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=100)
    parser.add_argument("--edits", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = [
            deepwright.train("digits", model=m, name=m, output=folder, settings=SETTINGS, progress=False)
            for m in MODELS
        ]
        clean = [problems(run.directory) for run in runs]
        changed = [attempt(change_byte, runs[i % len(runs)].path, folder, chance) for i in range(given.bytes)]
        forged = [
            attempt(forge, run.path, folder, chance)
            for run in runs
            for forge in (*(each for each in FORGERIES if each.possible(run.directory)), repeated_key, other_decision)
        ]
        edited = []
        for i in range(given.edits):
            edit = {0: edit_of(REPORT), 1: edit_of(CARD)}.get(i % VIEWS, edit_measurement)
            edited.append(attempt(edit, runs[i % len(runs)].path, folder, chance))
    figures = [
        figure("unchanged runs said to be unchanged", clean.count([]), f"of {len(clean)}", "all", not any(clean))
    ]
    tried = {"changed bytes": changed, "edited figures": edited, "consistent forgeries": forged}
    for what, results in tried.items():
        for verb in ("found", "named"):
            count, of = sum(result[verb] for result in results), len(results)
            figures.append(figure(f"{what} {verb}", count, f"of {of}", f"{of} of {of}", count == of))
    details = {"seed": given.seed, "bytes": changed, "edits": edited, "forgeries": forged}
    record("verify_changes", __doc__ or "", figures, details)


def attempt(
    change: Callable[[RunDirectory, random.Random], tuple[str, list[str]]],
    run: Path,
    folder: Path,
    chance: random.Random,
) -> dict[str, Any]:
    """Change a fresh copy; found if anything differs, named if one sentence holds all the words that it should."""
    copy = folder / "copy"
    shutil.copytree(run, copy)
    done, words = change(RunDirectory(copy), chance)
    sentences = problems(RunDirectory(copy))
    shutil.rmtree(copy)
    named = any(all(word in sentence for word in words) for sentence in sentences)
    result = {"run": run.name, "change": done, "found": bool(sentences), "named": named}
    if not named:
        print(result, sentences[:5], flush=True)
    return result


def problems(run: RunDirectory) -> list[str]:
    return [f"{verdict.claim}: {problem}" for verdict in verify(run).verdicts for problem in verdict.problems]


def change_byte(run: RunDirectory, chance: random.Random) -> tuple[str, list[str]]:
    names = [MANIFEST, *run.manifest()["files"]]
    name = chance.choice([name for name in names if (run.path / name).stat().st_size])
    data = bytearray((run.path / name).read_bytes())
    position = chance.randrange(len(data))
    before = data[position]
    data[position] = chance.choice([value for value in range(256) if value != before])
    (run.path / name).write_bytes(data)
    return f"{name}, byte {position}: {before} to {data[position]}", [name]


def edit_of(name: str) -> Callable[[RunDirectory, random.Random], tuple[str, list[str]]]:
    def edit(run: RunDirectory, chance: random.Random) -> tuple[str, list[str]]:
        """Replace one digit of the view by another."""
        text = run.read(name).decode()
        position = chance.choice([found.start() for found in re.finditer(r"\d", text)])
        digit = chance.choice([other for other in "0123456789" if other != text[position]])
        commit(run, {name: (text[:position] + digit + text[position + 1 :]).encode()})
        return f"{name}, character {position}: {text[position]} to {digit}", [name]

    return edit


def edit_measurement(run: RunDirectory, chance: random.Random) -> tuple[str, list[str]]:
    """Edit one field of one record that can be computed again, or delete or repeat the record."""
    content = run.read_json(MEASUREMENTS)
    records = content["measurements"]
    entry = chance.choice(records)
    called = f"{entry['name']} ({', '.join(part for part in (entry['model'], entry['split']) if part)})"
    called = called.removesuffix(" ()")
    readings = READINGS.get(entry["measure"], ())
    field = chance.choice([*(key for key in entry if key not in readings), "deleted", "repeated"])
    before = entry.get(field)
    if field == "deleted":
        records.remove(entry)
    elif field == "repeated":
        records.append(dict(entry))
    else:
        entry[field] = EDITS[field](entry[field], chance)
    rewrite(run, MEASUREMENTS, json.dumps(content, ensure_ascii=False, indent=1).encode())
    whole = field in ("deleted", "repeated", "name", "model", "split")  # it is missing, or stands twice
    return f"{called}, {field}: {before!r} to {entry.get(field)!r}", [called, *([] if whole else [f"{field} is"])]


def rewrite(run: RunDirectory, name: str, data: bytes) -> None:
    """Replace a file, and make report, card and manifest agree with it."""
    views = {}
    files = {other: run.read(other) for other in run.manifest()["files"]}
    with contextlib.suppress(Exception):  # of some edits no report can be made
        views = render({**files, name: data})
    commit(run, {name: data, **views})


def commit(run: RunDirectory, files: dict[str, bytes]) -> None:
    run.commit(files, {"deepwright": run.manifest()["deepwright"]})


def slightly(value: float | None, chance: random.Random) -> float:
    return 0.5 if value is None else value + chance.choice([-1, 1]) * 10 ** chance.uniform(-6, -1)


EDITS: dict[str, Callable[[Any, random.Random], Any]] = {
    "name": lambda name, chance: name + "s",
    "value": slightly,
    "unit": lambda unit, chance: "nats" if unit == "share" else "share",
    "measure": lambda measure, chance: "accuracy" if measure != "accuracy" else "macro_f1",
    "arguments": lambda arguments, chance: {**arguments, "temperature": arguments.get("temperature", 1.0) * 1.01},
    "model": lambda model, chance: f"{model}2",
    "split": lambda split, chance: "validation" if split != "validation" else "test",
    "n": lambda n, chance: n + chance.choice([-1, 1, 100]),
    "interval": lambda bounds, chance: [slightly(bound, chance) for bound in bounds or (0.1, 0.2)],
    "level": lambda level, chance: 0.9,
    "method": lambda method, chance: "clopper-pearson" if method != "clopper-pearson" else "bias-corrected bootstrap",
    "seed": lambda seed, chance: (seed or 0) + 1,
    "inputs": lambda inputs, chance: {name: hashed[::-1] for name, hashed in inputs.items()} or {CONFIG: "ab" * 32},
    "status": lambda status, chance: "estimated" if status != "estimated" else "measured",
    "recomputable": lambda recomputable, chance: not recomputable,
}
#: The fields that hold what no one can read a second time, by measure.
READINGS = {
    "fit_seconds": ("value",),
    "peak_memory": ("value",),
    "training_seconds": ("value",),
    "energy": ("value", "interval", "arguments", "n"),
}


# ---------------------------------------------------------------------------------------- consistent forgeries


@dataclass(frozen=True)
class Forgery:
    """A change of one file that agrees with itself.

    Attributes:
        file: that is changed.
        change: changes its content in place.
        claim: the beginning of a sentence that names it; the model's name fills it.
    """

    file: str
    change: Callable[[Any], object]
    claim: str

    def possible(self, run: RunDirectory) -> bool:
        """Whether a run holds what is to be forged."""
        try:
            self.change(run.read_json(self.file))
        except (RunError, KeyError, StopIteration):
            return False
        return True

    def __call__(self, run: RunDirectory, _chance: random.Random) -> tuple[str, list[str]]:
        """Change the file, and what shows it."""
        content = run.read_json(self.file)
        self.change(content)
        rewrite(run, self.file, json.dumps(content, ensure_ascii=False, indent=1).encode())
        model = run.read_json(MEASUREMENTS)["model"]
        claim = self.claim.format(model=model)
        return f"{self.file}: {claim}", [claim]


def named(content: Any, name: str) -> dict[str, Any]:
    return next(
        entry for entry in content["measurements"] if entry["name"] == name and entry["model"] == content["model"]
    )


def less_carbon(content: Any) -> None:
    entry, energy, grams = named(content, "training_carbon"), named(content, "training_energy"), 12.0
    entry["arguments"].update(grams_per_kwh=grams, source="stated by the user")
    entry["value"] = energy["value"] * grams / 3.6e6
    entry["interval"] = energy["interval"] and [bound * grams / 3.6e6 for bound in energy["interval"]]


def less_energy(content: Any) -> None:
    for name in ("training_energy", "training_carbon"):
        entry = named(content, name)
        entry["value"] /= 2
        entry["interval"] = [bound / 2 for bound in entry["interval"]]


def less_arithmetic(content: Any) -> None:
    flop, share = named(content, "training_flop"), named(content, "matmul_share")
    flop["arguments"]["forward_flop"] //= 2
    flop["value"] = float(flop["arguments"]["forward_flop"] * flop["arguments"]["examples"] * 3)
    share["value"] *= flop["value"] / share["arguments"]["training_flop"]
    share["arguments"]["training_flop"] = flop["value"]


def fewer_examples(content: Any) -> None:
    flop, speed = named(content, "training_flop"), named(content, "examples_per_second")
    flop["arguments"]["examples"] //= 2
    flop["value"] = float(flop["arguments"]["forward_flop"] * flop["arguments"]["examples"] * 3)
    speed["value"] /= 2


def greater_share(content: Any) -> None:
    share = named(content, "matmul_share")
    share["arguments"]["training_seconds"] /= 2
    share["value"] *= 2


def other_threads(content: Any) -> None:
    for name in ("training_seconds", "matmul_share"):
        named(content, name)["arguments"]["num_threads"] = 64


def repeated_key(run: RunDirectory, _chance: random.Random) -> tuple[str, list[str]]:
    """State a value before the true one, which hides it from readers that take the last."""
    rewrite(run, MEASUREMENTS, run.read(MEASUREMENTS).replace(b'"value": ', b'"value": 1.0, "value": ', 1))
    return f"{MEASUREMENTS}: value stands twice", [MEASUREMENTS, "'value'"]


def other_decision(run: RunDirectory, _chance: random.Random) -> tuple[str, list[str]]:
    """Let one row of the predictions say what its outputs do not."""
    table = pq.read_table(io.BytesIO(run.read(PREDICTIONS)))
    decided = table["predicted"].to_pylist()
    decided[0] = next(name for name in decided if name != decided[0])
    stream = io.BytesIO()
    pq.write_table(table.set_column(table.column_names.index("predicted"), "predicted", pa.array(decided)), stream)
    rewrite(run, PREDICTIONS, stream.getvalue())
    return f"{PREDICTIONS}: one decision", [f"{PREDICTIONS}: predicted"]


def other_pictures(content: Any) -> None:
    one, *others = content["pictures"]
    other = next(row for row in others if content["pictures"][row] != content["pictures"][one])
    content["pictures"][one] = content["pictures"][other]


def other_maps(content: Any) -> None:
    maps = content["maps"][0]["channels"]
    maps[0]["picture"] = next(each["picture"] for each in maps if each["picture"] != maps[0]["picture"])


FORGERIES = (
    Forgery(MEASUREMENTS, less_carbon, "training_carbon ({model})"),
    Forgery(MEASUREMENTS, less_energy, "training_energy ({model})"),
    Forgery(MEASUREMENTS, less_arithmetic, "training_flop ({model})"),
    Forgery(MEASUREMENTS, fewer_examples, "examples_per_second ({model})"),
    Forgery(MEASUREMENTS, greater_share, "matmul_share ({model})"),
    Forgery(MEASUREMENTS, other_threads, "training_seconds ({model})"),
    Forgery(
        MEASUREMENTS, lambda content: named(content, "epochs")["arguments"].update(best_epoch=1), "epochs ({model})"
    ),
    Forgery(DATA, lambda data: data.update(notes=["All pictures were looked at."]), f"{DATA}: notes"),
    Forgery(DATA, lambda data: data.update(rejected=[{"name": "a", "reason": "It is empty."}]), f"{DATA}: rejected"),
    Forgery(DATA, lambda data: data["stated"].update(licence="CC0"), f"{DATA}: stated"),
    Forgery(PREPROCESSING, lambda state: state["inputs"].update(fit="pad"), f"{PREPROCESSING}: inputs"),
    Forgery(PREPROCESSING, lambda state: state["outputs"]["names"].reverse(), f"{PREPROCESSING}: outputs"),
    Forgery(SAMPLES, other_pictures, f"{SAMPLES}: "),
    Forgery(DOUBTS, lambda found: found.update(count=found["count"] + 1), f"{DOUBTS}: "),
    Forgery(FEATURE_MAPS, other_maps, f"{FEATURE_MAPS}: "),
)


if __name__ == "__main__":
    main()

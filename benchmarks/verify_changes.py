"""Does `deepwright verify` find every change of a run, and name what was changed?

Single bytes are changed at random in the files of runs on the digits, the manifest and the report included. Then
figures are edited in measurements.json, and report, model card and manifest are written again to agree with them, so
that no hash and no view gives the edit away; others in the report and the card, with the manifest written again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _rows import figure, record

import deepwright
from deepwright.reporting.report import CARD, REPORT, render
from deepwright.run_directory import MANIFEST, RunDirectory
from deepwright.validation.storage import MEASUREMENTS
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
        edited = []
        for i in range(given.edits):
            edit = {0: edit_of(REPORT), 1: edit_of(CARD)}.get(i % VIEWS, edit_measurement)
            edited.append(attempt(edit, runs[i % len(runs)].path, folder, chance))
    figures = [
        figure("unchanged runs said to be unchanged", clean.count([]), f"of {len(clean)}", "all", not any(clean))
    ]
    for what, results in (("changed bytes", changed), ("edited figures", edited)):
        for verb in ("found", "named"):
            count, of = sum(result[verb] for result in results), len(results)
            figures.append(figure(f"{what} {verb}", count, f"of {of}", f"{of} of {of}", count == of))
    record("verify_changes", __doc__ or "", figures, {"seed": given.seed, "bytes": changed, "edits": edited})


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
    entry = chance.choice([entry for entry in records if entry["recomputable"]])
    called = f"{entry['name']} ({', '.join(part for part in (entry['model'], entry['split']) if part)})"
    field = chance.choice([*(key for key in entry if key != "inputs"), "inputs", "deleted", "repeated"])
    before = entry.get(field)
    if field == "deleted":
        records.remove(entry)
    elif field == "repeated":
        records.append(dict(entry))
    else:
        entry[field] = EDITS[field](entry[field], chance)
    views = {}
    data = json.dumps(content, ensure_ascii=False, indent=1).encode()
    files = {name: run.read(name) for name in run.manifest()["files"]}
    with contextlib.suppress(Exception):  # of some edits no report can be made
        views = render({**files, MEASUREMENTS: data})
    commit(run, {MEASUREMENTS: data, **views})
    whole = field in ("deleted", "repeated", "name", "model", "split")  # it is missing, or stands twice
    return f"{called}, {field}: {before!r} to {entry.get(field)!r}", [called, *([] if whole else [f"{field} is"])]


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
    "seed": lambda seed, chance: seed + 1,
    "inputs": lambda inputs, chance: {name: hashed[::-1] for name, hashed in inputs.items()},
    "status": lambda status, chance: "estimated",
    "recomputable": lambda recomputable, chance: False,
}


if __name__ == "__main__":
    main()

"""How much memory does training from 1 GiB of text take, and how long is it until the first step?

A file of made-up words, as frequent as those of a language and in lines, is trained on with the program's own choices
for a few steps, then measured beside its baselines on the whole validation and test split, and written as a run with
its report. The memory is the most that was resident at any time, the libraries included.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _rows import figure, record

STEPS = 200
BAR, LONGEST = 1.5 * 2**30, 15 * 60
#: Different words, of which the n-th is there 1/n as often as the first, and words of a line.
WORDS, IN_A_LINE = 50_000, (4, 16)
#: What syllables are made of.
STARTS, MIDDLES = (*"bcdfghklmnprstvw", "st", "tr", "sh", "pl"), (*"aeiou", "ai", "ea", "ou")
#: Words that are drawn at once.
AT_ONCE = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gibibytes", type=float, default=1.0)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is not None:
        print(json.dumps(_train(given.child)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        _measure(Path(temporary), round(given.gibibytes * 2**30))


def _measure(home: Path, num_bytes: int) -> None:
    file = home / "large.txt"
    with file.open("wb") as stream:
        for part in _lines(num_bytes):
            stream.write(part)
    os.environ["DEEPWRIGHT_CACHE"] = str(home / "cache")
    begun = time.perf_counter()
    command = [sys.executable, __file__, "--child", str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    seconds = time.perf_counter() - begun
    found: dict[str, Any] = json.loads(done.stdout)
    record(
        "large_text",
        __doc__ or "",
        [
            figure("resident memory", found["peak"] / 2**30, "GiB", f"≤ {BAR / 2**30:g} GiB", found["peak"] <= BAR),
            figure("from the file to the report", seconds, "s", f"≤ {LONGEST} s", seconds <= LONGEST),
            figure("read, divided and counted", found["phases"]["plan"]["seconds"], "s"),
        ],
        {"bytes": file.stat().st_size, "steps": STEPS, **found},
    )


def _lines(num_bytes: int) -> Iterator[bytes]:
    """Lines of made-up words, about so many bytes in all."""
    rng = np.random.default_rng(0)
    words = _words(rng)
    odds = np.cumsum(1 / np.arange(1, WORDS + 1))
    written = 0
    while written < num_bytes:
        chosen = np.minimum(np.searchsorted(odds, rng.random(AT_ONCE) * odds[-1]), WORDS - 1)
        ends = np.cumsum(rng.integers(*IN_A_LINE, AT_ONCE // IN_A_LINE[0]))
        lines = (b" ".join(line) for line in np.split(words[chosen], ends[ends < AT_ONCE]))
        part = b".\n".join(lines)[: num_bytes - written - 1] + b"\n"
        written += len(part)
        yield part


def _words(rng: np.random.Generator) -> Any:
    """Different words of one to four syllables, the shorter ones first, as bytes."""
    syllables = [start + middle for start in STARTS for middle in MIDDLES]
    found: dict[str, None] = dict.fromkeys(syllables)
    while len(found) < WORDS:
        count = 2 + int(3 * len(found) / WORDS)
        word = "".join(rng.choice(syllables, min(count, 4))) + str(rng.choice(["", "n", "s", "r", "l"]))
        found.setdefault(word)
    return np.array([word.encode() for word in found], object)


def _train(file: Path) -> dict[str, Any]:
    """A whole run, by the same steps as the command takes."""
    from deepwright.config.documents import Document
    from deepwright.training.progress import Shown
    from deepwright.training.runtime import peak_memory_bytes
    from deepwright.workflows.plan import plan
    from deepwright.workflows.train import start

    document, phases, begun = Document(), {}, time.perf_counter()
    settings = {"data.source": str(file), "output": str(file.parent / "runs"), "training.max_steps": STEPS}
    for key, value in settings.items():
        document.set(key, value, "the benchmark")
    with contextlib.redirect_stdout(sys.stderr):
        ready = plan(document)
        phases["plan"] = {"seconds": time.perf_counter() - begun, "peak": peak_memory_bytes()}
        run = start(ready, Shown())
    phases["run"] = {"seconds": time.perf_counter() - begun, "peak": peak_memory_bytes()}
    figures = {name: run.measurements[name].value for name in ("perplexity", "bits_per_character")}
    return {
        "peak": peak_memory_bytes(),
        "phases": phases,
        "figures": figures,
        "rows": {name: len(ready.splits[name]) for name in ("train", "validation", "test")},
        "data": {key: getattr(ready.settings.data, key) for key in ("tokenizer", "vocab_size", "max_seq_len")},
    }


if __name__ == "__main__":
    main()

"""How much memory does training from 50,000 pictures of 224×224 take, and is the disk that it needs said beforehand?

A folder of JPEG files is read with ``data.storage=disk`` by one process, which decodes them into the cache; another
process then reads the same folder, finds the cache, and trains convnet for 200 steps of 32 pictures. Its memory is the
most that was resident at any time, less that of a process which has done nothing but import the same modules.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from _rows import figure, record
from PIL import Image

SIDE, NUM_CLASSES, STEPS, BATCH = 224, 10, 200, 32
BAR = 2 * 2**30
SETTINGS: dict[str, Any] = {
    "data.storage": "disk",
    "model": "convnet",
    "training.batch_size": BATCH,
    "training.max_steps": STEPS,
    "training.keep_memory": True,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=50_000)
    parser.add_argument("--child", choices=("read", "train", "bare"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is not None:
        print(json.dumps(CHILDREN[given.child](given.folder)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        _measure(Path(temporary), given.pictures)


def _measure(home: Path, num_pictures: int) -> None:
    begun = time.perf_counter()
    shares = [range(start, num_pictures, 16) for start in range(16)]
    with ProcessPoolExecutor() as pool:
        list(pool.map(_draw, [home / "pictures"] * len(shares), shares))
    drawn = time.perf_counter() - begun
    os.environ["DEEPWRIGHT_CACHE"] = str(home / "cache")
    found, read_seconds = _child("read", home)
    (pixels,) = (home / "cache").glob("pictures/*/*.u8")
    trained, seconds = _child("train", home)
    (home / "modules.json").write_text(json.dumps(trained["modules"]))
    bare, _seconds = _child("bare", home)
    above, actual = trained["peak"] - bare["peak"], pixels.stat().st_size
    whole = sum(file.stat().st_size for file in (home / "cache").rglob("*") if file.is_file())
    record(
        "large_folder",
        __doc__ or "",
        [
            figure("memory above the imports", above / 2**30, "GiB", f"≤ {BAR / 2**30:g} GiB", above <= BAR),
            figure("disk said beforehand", found["said"], "bytes"),
            figure("disk taken", actual, "bytes", "as said", actual == found["said"]),
            figure("reading and decoding", read_seconds, "s"),
            figure("reading again and training", seconds, "s"),
        ],
        {
            "pictures": num_pictures,
            "drawing_seconds": drawn,
            "peak_bytes": trained["peak"],
            "imports_bytes": bare["peak"],
            "cache_bytes": whole,
            "steps": trained["steps"],
            "phases": trained["phases"],
        },
    )


def _draw(folder: Path, numbers: range) -> None:
    """Blurred noise with a tint for each class and sharp noise on it: no two alike, and as large as photographs."""
    for number in numbers:
        rng = np.random.default_rng(number)
        label = number % NUM_CLASSES
        coarse = rng.integers(0, 200, (12, 12, 3), np.uint8)
        coarse[..., label % 3] = np.minimum(coarse[..., label % 3] + 5 * label, 255)
        picture = np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)).copy()
        picture[::2, ::2] += rng.integers(0, 30, (SIDE // 2, SIDE // 2, 3), np.uint8)
        place = folder / f"class {label}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(place / f"{number:06}.jpg", quality=85)


def _child(what: str, home: Path) -> tuple[dict[str, Any], float]:
    begun = time.perf_counter()
    command = [sys.executable, __file__, "--child", what, "--folder", str(home)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return answer, time.perf_counter() - begun


def _read(home: Path) -> dict[str, Any]:
    from deepwright.config.settings import DataSettings
    from deepwright.data.reading import read_table

    said: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger = logging.getLogger("deepwright")
    logger.addHandler(Listening())
    logger.setLevel(logging.INFO)
    read_table(str(home / "pictures"), DataSettings(storage="disk"))
    (amount,) = (match[1] for message in said if (match := re.search(r": ([\d,]+) bytes", message)))
    return {"said": int(amount.replace(",", ""))}


def _train(home: Path) -> dict[str, Any]:
    from deepwright import experiments
    from deepwright.config.documents import Document
    from deepwright.training.runtime import peak_memory_bytes
    from deepwright.workflows.plan import plan

    document, phases, begun = Document(), {}, time.perf_counter()
    for key, value in {"data.source": str(home / "pictures"), **SETTINGS}.items():
        document.set(key, value, "the benchmark")
    ready = plan(document)
    phases["plan"] = {"seconds": time.perf_counter() - begun, "peak": peak_memory_bytes()}
    fitted = experiments.fit(ready.table, ready.splits, ready.task, ready.roles, ready.settings, fitted=ready.fitted)
    phases["fit"] = {"seconds": time.perf_counter() - begun, "peak": peak_memory_bytes()}
    assert fitted.history is not None
    steps = max(entry["step"] for entry in fitted.history.records)
    return {"peak": peak_memory_bytes(), "modules": sorted(sys.modules), "phases": phases, "steps": steps}


def _bare(home: Path) -> dict[str, Any]:
    import contextlib
    import importlib

    for name in json.loads((home / "modules.json").read_text()):
        with contextlib.suppress(Exception):  # some exist only where others have made them
            importlib.import_module(name)
    from deepwright.training.runtime import peak_memory_bytes

    return {"peak": peak_memory_bytes()}


CHILDREN = {"read": _read, "train": _train, "bare": _bare}

if __name__ == "__main__":
    main()

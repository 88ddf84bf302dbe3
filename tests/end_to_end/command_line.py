"""The command line as tests use it: in a process of its own, or in this one where its start would cost too much."""

from __future__ import annotations

import contextlib
import gettext
import gzip
import hashlib
import io
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from deepwright import registry
from deepwright.cli import main
from deepwright.messages import choose_language
from deepwright.own_code import admission

PROGRAM = str(Path(sys.executable).with_name("deepwright"))
WEIGHTS = "model.safetensors"

#: Short, and on one thread: other work shares the machine.
SHORT = ("--set", "training.num_threads=1", "--set", "training.epochs=2")


@dataclass(frozen=True)
class Finished:
    """What a command left: its exit code, its results and its remarks."""

    code: int
    out: str
    err: str


def run(*arguments: object, cwd: Path, code: int = 0) -> Finished:
    """A command in a process of its own."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False)
    return _checked(Finished(done.returncode, done.stdout, done.stderr), code)


def call(*arguments: object, cwd: Path, code: int = 0) -> Finished:
    """A command in this process, which is then left as it was; an exception that escapes fails the test."""
    logger, out, err = logging.getLogger("deepwright"), io.StringIO(), io.StringIO()
    before = logger.handlers[:], logger.level, logger.propagate, os.environ.get("LANGUAGE")
    try:
        with (
            mock.patch.dict(registry._admitted, clear=True),
            mock.patch.dict(admission._versions, clear=True),
            contextlib.chdir(cwd),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            returned = main([str(argument) for argument in arguments])
    finally:
        logger.handlers[:], logger.level, logger.propagate = before[:3]
        choose_language(None)
        gettext.textdomain("messages")
        os.environ.pop("LANGUAGE")
        if before[3] is not None:
            os.environ["LANGUAGE"] = before[3]
    return _checked(Finished(returned, out.getvalue(), err.getvalue()), code)


def _checked(finished: Finished, code: int) -> Finished:
    assert finished.code == code, finished
    assert "Traceback" not in finished.err
    return finished


def listing_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its hash, and every folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b""
        for path in folder.rglob("*")
    }


def digits(rows: slice = slice(None)) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Real digits as bytes [N, 8, 8] and their classes [N]."""
    found = load_digits()
    return np.rint(found.images * (255 / 16)).astype(np.uint8)[rows], found.target.astype(np.uint8)[rows]


def write_picture(path: Path, size: int = 8, mode: str = "L") -> Path:
    """The first three of the digits as a picture."""
    picture = Image.fromarray(digits(slice(3, 4))[0][0]).convert(mode)
    picture.resize((size, size), Image.Resampling.NEAREST).save(path)
    return path


def idx(values: np.ndarray[Any, Any]) -> bytes:
    """Unsigned bytes as the contents of an IDX file."""
    header = bytes((0, 0, 8, values.ndim)) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    return header + values.astype(np.uint8).tobytes()


def write_idx(folder: Path, *, compressed: bool = False, train: int = 240, test: int = 60) -> Path:
    """A folder of digits as the four files of MNIST."""
    folder.mkdir()
    images, labels = digits(slice(train + test))
    for part, rows in (("train", slice(train)), ("t10k", slice(train, None))):
        for what, values in (("images-idx3", images[rows]), ("labels-idx1", labels[rows])):
            data = idx(values)
            name = f"{part}-{what}-ubyte"
            (folder / (f"{name}.gz" if compressed else name)).write_bytes(gzip.compress(data) if compressed else data)
    return folder


def weights(run_path: Path) -> str:
    """The hash of a run's weights."""
    return hashlib.sha256((run_path / WEIGHTS).read_bytes()).hexdigest()

"""What people get wrong: one sentence that says what and how to go on, exit code 2, and nothing left behind."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.end_to_end.command_line import (
    PROGRAM,
    SHORT,
    Finished,
    call,
    digits,
    idx,
    listing_of,
    run,
    weights,
    write_idx,
    write_picture,
)
from tests.end_to_end.conftest import Trained

Command = Callable[..., Finished]


def refused(*arguments: object, cwd: Path, by: Command = call) -> str:
    """The one message of a command that has to fail and to leave everything as it was."""
    before = listing_of(cwd)
    finished = by(*arguments, cwd=cwd, code=2)
    assert finished.out == ""
    lines = finished.err.splitlines()
    assert len(lines) == 1, lines
    assert re.fullmatch(r"Error: \S.{10,}", lines[0])
    assert listing_of(cwd) == before
    return lines[0]


# ----------------------------------------------------------------------------------------------------- data


def _nothing(folder: Path) -> None:
    pass


def _empty_folder(folder: Path) -> None:
    (folder / "data").mkdir()


def _empty_file(folder: Path) -> None:
    (folder / "data").touch()


def _strange_file(folder: Path) -> None:
    (folder / "data").write_bytes(b"no data set")


def _strange_folder(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "letter.rtf").write_text("Dear reader", encoding="utf-8")


def _short_text(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "letter.txt").write_text("Dear reader", encoding="utf-8")


def _damaged(name: str, damage: Callable[[bytes], bytes], *, compressed: bool = False) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        file = write_idx(folder / "data", compressed=compressed) / name
        file.write_bytes(damage(file.read_bytes()))

    return make


def _without(name: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (write_idx(folder / "data") / name).unlink()

    return make


def _one_class(folder: Path) -> None:
    write_idx(folder / "data")
    for part, count in (("train", 240), ("t10k", 60)):
        (folder / "data" / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.zeros(count, np.uint8)))


def _three_rows(folder: Path) -> None:
    (folder / "data").mkdir()
    images, labels = digits(slice(3))
    (folder / "data" / "train-images-idx3-ubyte").write_bytes(idx(images))
    (folder / "data" / "train-labels-idx1-ubyte").write_bytes(idx(labels))


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
BAD_DATA: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "missing": (_nothing, ["no file, folder or data set", "'data'"]),
    "empty folder": (_empty_folder, ["data is an empty folder"]),
    "empty file": (_empty_file, ["data is an empty file"]),
    "a file of no known kind": (_strange_file, ["data is not data", "IDX"]),
    "a folder of no known kind": (_strange_folder, ["letter.rtf", "IDX"]),
    "a text that is too short": (_short_text, ["1 passage is too few", "300 characters"]),
    "wrong magic": (_damaged(IMAGES, lambda data: b"\x89PNG" + data[4:]), [IMAGES, "not an IDX file", "89 50 4e 47"]),
    "wrong type": (_damaged(IMAGES, lambda data: b"\0\0\x0d" + data[3:]), [IMAGES, "0d"]),
    "labels for pictures": (_damaged(IMAGES, lambda data: idx(np.arange(9))), [IMAGES, "dimensions"]),
    "truncated": (_damaged(IMAGES, lambda data: data[:-5]), [IMAGES, "240×8×8", "15360", "15355"]),
    "truncated in its header": (_damaged(IMAGES, lambda data: data[:9]), [IMAGES, "header"]),
    "too long": (_damaged(IMAGES, lambda data: data + b"more"), [IMAGES, "more than 15360"]),
    "counts disagree": (_damaged(LABELS, lambda data: idx(np.zeros(239))), [IMAGES, LABELS, "240", "239"]),
    "no gzip": (_damaged(f"{IMAGES}.gz", lambda data: b"?" * 99, compressed=True), [f"{IMAGES}.gz", "gzip"]),
    "gzip cut off": (_damaged(f"{IMAGES}.gz", lambda data: data[:-99], compressed=True), [f"{IMAGES}.gz", "ends"]),
    "gzip of nothing": (
        _damaged(f"{IMAGES}.gz", lambda data: gzip.compress(b""), compressed=True),
        [f"{IMAGES}.gz", "not an IDX file"],
    ),
    "no partner": (_without(LABELS), [IMAGES, "partner", "labels"]),
    "one class": (_one_class, ["'0'", "two classes"]),
    "too few rows": (_three_rows, ["3 rows are too few"]),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_data_that_cannot_be_used(case: str, tmp_path: Path) -> None:
    make, words = BAD_DATA[case]
    make(tmp_path)
    message = refused("train", "data", *SHORT, cwd=tmp_path)
    assert [word for word in words if word not in message] == [], message


def test_a_path_comes_before_an_embedded_data_set_and_this_is_said(tmp_path: Path) -> None:
    write_idx(tmp_path / "digits")
    shown = call("train", "digits", "--model", "majority", "--dry-run", cwd=tmp_path)
    assert "digits is a path here and also the name of a data set; the path is read." in shown.err
    assert "300 rows" in shown.out
    (tmp_path / "digits" / IMAGES).unlink()
    assert "digits is a path here" in call("train", "digits", cwd=tmp_path, code=2).err


# ------------------------------------------------------------------------------------ names, keys and options

WRONG_WORDS: dict[str, tuple[list[str], list[str]]] = {
    "command": (["trian", "digits"], ["command", "'trian'", "Did you mean train, trace?"]),
    "data set": (["train", "digit"], ["'digit'", "Did you mean digits?"]),
    "model": (["train", "digits", "--model", "convnt"], ["model", "'convnt'", "Did you mean convnet"]),
    "task": (["train", "digits", "--task", "clasification"], ["task", "Did you mean classification?"]),
    "optimizer": (["train", "digits", "--set", "training.optimizer=adamv"], ["optimizer", "Did you mean adam, adamw?"]),
    "schedule": (["train", "digits", "--set", "training.schedule=cosin"], ["schedule", "Did you mean cosine?"]),
    "key": (["train", "digits", "--set", "training.epoch=3"], ["'training.epoch'", "Did you mean epochs?"]),
    "section": (["train", "digits", "--set", "trainig.epochs=3"], ["'trainig'", "Did you mean training?"]),
    "key of a member": (["train", "digits", "--set", "model.dropot=0.5"], ["'model.dropot'", "Did you mean dropout?"]),
    "name from other tools": (["train", "digits", "--set", "training.lr=1"], ["Did you mean learning_rate?"]),
    "option": (["train", "digits", "--modle", "mlp"], ["--modle", "Did you mean --model", "deepwright train --help"]),
    "option before the command": (["--langage", "zh", "train", "digits"], ["--langage", "Did you mean --language?"]),
    "option without a command": (["--versoin"], ["--versoin", "Did you mean --version?", "deepwright --help"]),
    "name of a link": (["train", "digits", "--name", "latest"], ["'latest'", "--name"]),
    "name outside": (["train", "digits", "--name", "../x", "--dry-run"], ["'../x'", "--name"]),
    "too many threads": (["train", "digits", "--set", "training.num_threads=9999999999"], ["at most 1024"]),
    "option of nothing": (["train", "digits", "--xyzzy"], ["--xyzzy", "deepwright train --help"]),
    "missing argument": (["evaluate"], ["RUN", "deepwright evaluate --help"]),
    "too many arguments": (
        ["train", "digits", "mnist"],
        ["digits and mnist", "there is no file digits"],
    ),
    "far too many arguments": (["train", "a", "b", "c"], ["c", "deepwright train --help"]),
    "no data": (["train"], ["There is no data", "digits"]),
    "seed": (["train", "digits", "--seed", "abc"], ["--seed", "abc"]),
    "negative seed": (["train", "digits", "--seed", "-1"], ["seed", "-1", "at least 0"]),
    "override without a value": (["train", "digits", "--set", "nonsense"], ["--set nonsense", "training.epochs=3"]),
    "override without a key": (["train", "digits", "--set", "=3"], ["--set =3", "training.epochs"]),
    "override of the wrong type": (["train", "digits", "--set", "training.epochs=many"], ["'many'", "a whole number"]),
    "override out of range": (["train", "digits", "--set", "training.epochs=0"], ["0", "at least 1"]),
    "fraction": (["train", "digits", "--set", "training.epochs=2.5"], ["2.5", "a whole number"]),
    "infinite": (["train", "digits", "--set", "training.learning_rate=.inf"], ["inf", "a number"]),
    "not a choice": (["train", "digits", "--set", "training.device=tpu"], ["'tpu'", "cpu, cuda, mps"]),
    "splits that leave nothing": (
        ["train", "digits", "--set", "data.split.test=0.6", "--set", "data.split.validation=0.5"],
        ["data.split.validation", "1.1"],
    ),
    "column": (["train", "digits", "--set", "data.columns.label=lable"], ["'lable'", "image, label"]),
    "group that is not there": (["train", "digits", "--set", "data.split.group=writer"], ["'writer'", "image, label"]),
    "language": (["train", "digits", "--language", "fr"], ["--language", "fr", "en"]),
    "configuration that is not there": (["train", "none.yaml"], ["none.yaml", "No such file"]),
    "run that is not there": (["evaluate", "runs/none"], ["runs/none", "deepwright runs"]),
}


@pytest.mark.parametrize("case", WRONG_WORDS)
def test_a_word_that_means_nothing_here(case: str, tmp_path: Path) -> None:
    arguments, words = WRONG_WORDS[case]
    message = refused(*arguments, cwd=tmp_path)
    assert [word for word in words if word not in message] == [], message


# ------------------------------------------------------------------------------------------------------ YAML

BAD_YAML: dict[str, tuple[str, list[str]]] = {
    "wrong type": ("seed: 1\ntraining:\n  epochs: many\n", ["line 3", "training.epochs", "'many'", "a whole number"]),
    "out of range": ("training:\n  learning_rate: -0.1\n", ["line 2", "training.learning_rate", "-0.1", "above 0"]),
    "unknown key": ("training:\n  epoch: 3\n", ["line 2", "'training.epoch'", "Did you mean epochs?"]),
    "unknown section": ("\nmodels: mlp\n", ["line 2", "'models'", "Did you mean model?"]),
    "key of another model": ("model:\n  name: mlp\n  num_filters: 3\n", ["line 3", "'model.num_filters'"]),
    "no is text": ("training:\n  keep_memory: no\n", ["line 2", "training.keep_memory", "'no'", "true or false"]),
    "a value for a section": ("training: 3\n", ["line 1", "training is 3", "a section"]),
    "tab": ("training:\n\tepochs: 3\n", ["line 2", "a tab"]),
    "key twice": ("training:\n  epochs: 3\n  epochs: 4\n", ["line 3", "'training.epochs'", "line 2"]),
    "no YAML": ("training: [1, 2\n", ["not YAML"]),
    "a list": ("- 1\n- 2\n", ["no settings", "init-config"]),
    "nothing": ("", ["no settings", "init-config"]),
    "code": ("seed: !!python/object/apply:os.getcwd []\n", ["line 1", "'seed'", "not supported"]),
}


@pytest.mark.parametrize("case", BAD_YAML)
def test_a_configuration_that_cannot_be_used(case: str, tmp_path: Path) -> None:
    text, words = BAD_YAML[case]
    if not case.startswith(("a list", "nothing")):
        text += "data:\n  source: digits\n"
    (tmp_path / "my.yaml").write_text(text, encoding="utf-8")
    message = refused("train", "my.yaml", cwd=tmp_path)
    assert [word for word in ["my.yaml", *words] if word not in message] == [], message


def test_a_configuration_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_bytes("名字: 数字".encode("gbk"))
    assert "not UTF-8" in refused("train", "my.yaml", cwd=tmp_path)


def test_a_number_with_an_exponent_is_a_number(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text("data: {source: digits}\ntraining:\n  learning_rate: 1e-3\n", encoding="utf-8")
    assert "at 0.001," in call("train", "my.yaml", "--dry-run", *SHORT, cwd=tmp_path).out


# ----------------------------------------------------------------------------------------- pictures and answers


def test_a_picture_that_is_none(trained: Trained, tmp_path: Path) -> None:
    write_picture(tmp_path / "three.png")
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    (tmp_path / "cut.png").write_bytes((tmp_path / "three.png").read_bytes()[:60])
    (tmp_path / "empty").mkdir()
    for name, words in {
        "text.png": "text.png cannot be used. It is not a picture",
        "cut.png": "cut.png",
        "none.png": "There is no picture none.png",
        "empty": "The folder empty holds no files",
    }.items():
        message = refused("predict", trained.run, "three.png", name, "--output", "answers.csv", cwd=tmp_path)
        assert words in message


@pytest.mark.parametrize("name", ["answers.txt", "answers", "answers.xlsx"])
def test_answers_in_a_format_that_cannot_be_written(name: str, trained: Trained, tmp_path: Path) -> None:
    write_picture(tmp_path / "three.png")
    message = refused("predict", trained.run, "three.png", "--output", name, cwd=tmp_path)
    assert name in message
    assert ".csv, .jsonl, .parquet" in message


def test_a_label_that_the_run_does_not_know(trained: Trained, tmp_path: Path) -> None:
    folder = write_idx(tmp_path / "other")
    (folder / LABELS).write_bytes(idx(np.arange(240) % 12))
    message = refused("evaluate", trained.run, "other", cwd=tmp_path)
    assert "10, 11" in message
    assert "Known: 0, 1, 2" in message


# -------------------------------------------------------------------------------------------- run directories


def _no_run(folder: Path) -> None:
    for file in folder.iterdir():
        if file.is_file():
            file.unlink()


def _newer(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 99}), encoding="utf-8")


def _unfinished(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def _changed(folder: Path) -> None:
    with (folder / "model.safetensors").open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"\xff")


def _incomplete(folder: Path) -> None:
    (folder / "preprocessing.json").unlink()


def _scribbled(folder: Path) -> None:
    (folder / "manifest.json").write_text("{", encoding="utf-8")


BAD_RUNS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "not one": (_no_run, ["copied is not a run", "manifest.json", "config.yaml"]),
    "newer format": (_newer, ["format 99", "Update deepwright"]),
    "unfinished": (_unfinished, ["unfinished", "deepwright resume"]),
    "changed file": (_changed, ["model.safetensors", "changed"]),
    "missing file": (_incomplete, ["preprocessing.json", "No such file"]),
    "damaged manifest": (_scribbled, ["manifest.json", "damaged"]),
}


@pytest.mark.parametrize("case", BAD_RUNS)
@pytest.mark.parametrize("command", ["evaluate", "predict", "report"])
def test_a_run_directory_that_cannot_be_used(case: str, command: str, copied: Path, tmp_path: Path) -> None:
    damage, words = BAD_RUNS[case]
    damage(copied)
    write_picture(tmp_path / "three.png")
    message = refused(command, "copied", *(["three.png"] if command == "predict" else []), cwd=tmp_path)
    assert [word for word in words if word not in message] == [], message


def test_a_name_that_is_taken(copied: Path, tmp_path: Path) -> None:
    before = listing_of(tmp_path)
    finished = call("train", "digits", "--output", ".", "--name", "copied", *SHORT, cwd=tmp_path, code=2)
    assert "Choose another --name" in finished.err
    assert listing_of(tmp_path) == before


def test_a_file_where_the_runs_should_be(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    before = listing_of(tmp_path)
    finished = call("train", "digits", *SHORT, cwd=tmp_path, code=2)
    assert "could not be written" in finished.err
    assert listing_of(tmp_path) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB; only root can make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = _mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place))
    if mounted is not None:
        pytest.skip(f"a small file system cannot be mounted here: {mounted}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def _mount(*arguments: str) -> str | None:
    """The reason why something could not be mounted."""
    try:
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return None if done.returncode == 0 else done.stderr.strip() or "mount failed"


def test_a_full_disk(small_disk: Path, trained: Trained, tmp_path: Path) -> None:
    finished = call("train", "digits", "--output", small_disk, *SHORT, "--quiet", cwd=tmp_path, code=2)
    message = finished.err.splitlines()[-1]
    assert re.fullmatch(r"Error: .* could not be written: the disk is full; .*\.", message)
    made = small_disk / "digits-convnet-1"
    assert [path for path in made.rglob(".*") if path.name != ".lock"] == []
    assert not (made / "manifest.json").exists()
    assert _mount("-o", "remount,size=16m", str(small_disk)) is None
    call("resume", made, "--quiet", cwd=tmp_path)
    assert weights(made) == weights(trained.run)


def test_two_processes_do_not_write_one_run(trained: Trained, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [PROGRAM, "train", "digits", *SHORT], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    made = tmp_path / "runs" / "digits-convnet-1"
    while not (made / "config.yaml").exists():
        assert process.returncode is None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
    finished = call("resume", made, cwd=tmp_path, code=2)
    assert process.wait() == 0
    assert "Another process is writing the run" in finished.err
    assert len(finished.err.splitlines()) == 1
    assert weights(made) == weights(trained.run)


# -------------------------------------------------------------------------------------------------- training


def test_a_loss_that_is_no_number(tmp_path: Path) -> None:
    settings = ("training.learning_rate=1e6", "training.precision=float32", "training.max_grad_norm=null")
    overrides = [word for setting in settings for word in ("--set", setting)]
    finished = call("train", "digits", *SHORT, *overrides, "--quiet", cwd=tmp_path, code=1)
    message = finished.err.splitlines()[-1]
    assert re.fullmatch(r"Error: The loss became (nan|inf) at step \d+ of 80, at a learning rate of \S+\. .+", message)
    assert "--set training.learning_rate=1e+05" in message
    assert not (tmp_path / "runs" / "digits-convnet-1" / "manifest.json").exists()


# ------------------------------------------------------------------------------------------------- a process


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "nowhere"], "There is no file, folder or data set named 'nowhere'."),
        (["evaluate", "runs/none"], "There is no run runs/none."),
        (["train", "tab.yaml"], "tab.yaml, line 2: a tab stands here"),
        (["train", "broken"], "is not an IDX file"),
    ],
)
def test_a_process_of_its_own_says_the_same(arguments: list[str], words: str, tmp_path: Path) -> None:
    (tmp_path / "tab.yaml").write_text("training:\n\tepochs: 3\n", encoding="utf-8")
    (write_idx(tmp_path / "broken") / IMAGES).write_bytes(b"\x89PNG and so on")
    assert words in refused(*arguments, cwd=tmp_path, by=run)

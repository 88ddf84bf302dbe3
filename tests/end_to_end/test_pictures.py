"""Pictures as people have them, through the command line: what is read, what is left out, and what is refused."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import deepwright as dw
from deepwright.training.progress import Silent
from tests.end_to_end.command_line import call, listing_of, weights
from tests.end_to_end.photos import CLASSES, paths_in, photo, write_npz, write_photos, write_table, write_zip
from tests.end_to_end.test_bad_input import refused

QUICK = ("--set", "training.epochs=1", "--set", "training.num_threads=1", "--quiet")
SOLVED = ("--model", "pixel_linear", *QUICK)
#: What the table calls them; none is a name that a folder could have everywhere.
CHINESE = ("红 苹果", "plum/李子", '梨 & <"co">')
ORIENTATION = 0x0112

Make = Callable[[Path], object]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is unpacked and decoded goes there."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("DEEPWRIGHT_CACHE", str(folder))
    return folder


def data_of(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "data.json").read_bytes())
    return found


def claims_of(run: Path, split: str = "test") -> dict[tuple[str, str], float]:
    """Figures by model and name."""
    records = json.loads((run / "measurements.json").read_bytes())["measurements"]
    return {(r["model"], r["name"]): r["value"] for r in records if r["split"] == split}


# ------------------------------------------------------------------------------------------ what is read


def _photos(folder: Path) -> None:
    write_photos(folder / "photos")


def _given(folder: Path) -> None:
    for part, first, count in (("train", 0, 8), ("val", 8, 2), ("test", 10, 2)):
        write_photos(folder / "photos" / part, count=count, first=first)


def _zip(folder: Path) -> None:
    write_zip(folder / "photos.zip", write_photos(folder / "photos"))
    shutil.rmtree(folder / "photos")


def _tar(folder: Path) -> None:
    with tarfile.open(folder / "photos.tar.gz", "w:gz") as archive:
        archive.add(write_photos(folder / "photos"), "photos")


def _chinese(folder: Path) -> None:
    """A table as a Chinese Excel writes it: two columns that could be learnt, names that no file may have."""
    paths = paths_in(write_photos(folder / "图片"))
    kinds = [CLASSES.index(path.split("/")[1]) for path in paths]
    columns = {"文件": paths, "类别": [CHINESE[kind] for kind in kinds], "分数": [f"{kind}.5" for kind in kinds]}
    write_table(folder / "标签.csv", columns, "gb18030")


def _arrays(folder: Path) -> None:
    write_npz(folder / "pictures.npz")


READ: dict[str, tuple[Make, list[str], list[str]]] = {
    "a folder": (_photos, ["photos/"], ["photos: 36 rows, 16×20×3, 3 classes", "stratified: 25 train, 4 validation"]),
    "given splits": (_given, ["photos"], ["36 rows", "given: 24 train, 6 validation, 6 test"]),
    "a zip file": (_zip, ["photos.zip"], ["photos.zip: 36 rows, 16×20×3, 3 classes"]),
    "a tar file": (_tar, ["photos.tar.gz"], ["photos.tar.gz: 36 rows, 16×20×3, 3 classes"]),
    "a table with a target": (
        _chinese,
        ["标签.csv", "--target", "类别", "--input", "文件"],
        ["标签.csv: 36 rows, 16×20×3, 3 classes", "classification"],
    ),
    "a table with columns": (
        _chinese,
        ["标签.csv", "--set", "data.columns.image=文件", "--set", "data.columns.label=分数"],
        ["分数, 1.", "regression"],
    ),
    "arrays": (_arrays, ["pictures.npz"], ["pictures.npz: 36 rows, 16×20×3, 3 classes"]),
    "larger pictures": (_photos, ["photos", "--set", "data.image_size=24"], ["24×24×3"]),
}


@pytest.mark.parametrize("case", READ)
def test_what_people_have_is_read(case: str, tmp_path: Path) -> None:
    make, arguments, parts = READ[case]
    make(tmp_path)
    before = listing_of(tmp_path)
    shown = call("train", *arguments, "--dry-run", *SOLVED, cwd=tmp_path)
    for part in parts:
        assert part in shown.out
    assert listing_of(tmp_path) == before


def test_an_archive_is_trained_on_like_its_folder(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "photos")
    write_zip(tmp_path / "photos.zip", folder)
    for source in ("photos", "photos.zip"):
        call("train", source, "--name", f"of-{source}", *SOLVED, cwd=tmp_path)
    first, second = (tmp_path / "runs" / f"of-{source}" for source in ("photos", "photos.zip"))
    assert weights(first) == weights(second)
    assert data_of(first)["sha256"] == data_of(second)["sha256"]


def test_pictures_on_disk_give_the_same_weights(tmp_path: Path, cache: Path) -> None:
    write_photos(tmp_path / "photos")
    for storage in ("memory", "disk"):
        arguments = ("--set", f"data.storage={storage}", "--set", "data.image_size=12", "--name", storage)
        call("train", "photos", *arguments, "--set", "training.augmentations=[flip]", *QUICK, cwd=tmp_path)
    assert weights(tmp_path / "runs" / "disk") == weights(tmp_path / "runs" / "memory")
    assert [path for path in cache.rglob("*") if path.is_file() and path.stat().st_size == 36 * 12 * 12 * 3]


def test_class_names_of_any_kind(tmp_path: Path) -> None:
    _chinese(tmp_path)
    shown = call("train", "标签.csv", "--target", "类别", *SOLVED, cwd=tmp_path)
    run = tmp_path / "runs" / "latest"
    assert "标签.csv is read as GB18030" in shown.err
    assert set(data_of(run)["splits"]["train"]["classes"]) == set(CHINESE)
    assert {f"recall/{name}" for name in CHINESE} <= {name for _model, name in claims_of(run)}
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "红 苹果" in page
    assert '<"co">' not in page
    call("verify", run, cwd=tmp_path)
    answers = json.loads(call("predict", run, "图片/pear", "--json", cwd=tmp_path).out)
    assert [answer["label"] for answer in answers] == [CHINESE[2]] * 12


# ------------------------------------------------------------------------------------- which task is meant


def _stars(folder: Path) -> None:
    """Numbers that might be classes, and lists of labels that might be classes."""
    paths = paths_in(write_photos(folder / "photos"))
    kinds = [path.split("/")[1] for path in paths]
    write_table(folder / "stars.csv", {"path": paths, "stars": [1 + 2 * CLASSES.index(kind) for kind in kinds]})
    tags = [kind if kind == "apple" else f"{kind}; sweet" for kind in kinds]
    write_table(folder / "tags.csv", {"path": paths, "tags": tags})


def test_two_tasks_that_fit_are_both_named(tmp_path: Path) -> None:
    _stars(tmp_path)
    message = refused("train", "stars.csv", *SOLVED, cwd=tmp_path)
    assert "classification (stars has 3 different values, taken for classes)" in message
    assert "regression (stars holds numbers from 1 to 5)" in message
    assert message.endswith("Choose one with --task.")
    message = refused("train", "tags.csv", *SOLVED, cwd=tmp_path)
    assert "classification (tags has 3" in message
    assert "multi_label (tags holds lists of 4 different labels, 1.7 in a row)" in message


def test_tasks_are_listed_with_what_speaks_for_them(tmp_path: Path) -> None:
    _stars(tmp_path)
    before = listing_of(tmp_path)
    lines = call("train", "stars.csv", "--tasks", cwd=tmp_path).out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["classification", "yes"],
        ["language_model", "no"],
        ["multi_label", "no"],
        ["rating", "no"],
        ["recommendation", "no"],
        ["regression", "yes"],
        ["translation", "no"],
        ["word_embedding", "no"],
    ]
    assert "convnet, majority" in lines[1]
    assert "convnet, mean" in lines[6]
    assert listing_of(tmp_path) == before


def test_numbers_are_estimated(tmp_path: Path) -> None:
    _stars(tmp_path)
    shown = call("train", "stars.csv", "--task", "regression", *SOLVED, cwd=tmp_path)
    run = tmp_path / "runs" / "latest"
    claims = claims_of(run)
    assert claims["pixel_linear", "mae"] < claims["mean", "mae"] / 2
    assert "Better than mean" in shown.out
    assert data_of(run)["splits"]["train"]["numbers"]["max"] == 5
    table = call("predict", run, "photos/plum/3.jpg", cwd=tmp_path).out.splitlines()
    call("predict", run, "photos/plum", "--output", "answers.csv", cwd=tmp_path)
    call("predict", run, "photos/plum", "--output", "answers.parquet", cwd=tmp_path)
    with (tmp_path / "answers.csv").open(encoding="utf-8-sig", newline="") as stream:
        written = list(csv.DictReader(stream))
    answers = {row["input"]: float(row["value"]) for row in written}
    assert answers == {row["input"]: row["value"] for row in pq.read_table(tmp_path / "answers.parquet").to_pylist()}
    assert table[1].split() == ["photos/plum/3.jpg", f"{answers['photos/plum/3.jpg']:.6g}"]
    np.testing.assert_allclose(list(answers.values()), 3, atol=1)
    with pytest.raises(dw.DeepwrightError, match="learnt numbers"):
        dw.load(run).predict_proba([tmp_path / "photos" / "plum" / "3.jpg"])
    call("verify", run, cwd=tmp_path)


def test_labels_are_decided_each_on_its_own(tmp_path: Path) -> None:
    _stars(tmp_path)
    call("train", "tags.csv", "--task", "multi-label", *SOLVED, cwd=tmp_path)
    run = tmp_path / "runs" / "latest"
    assert claims_of(run)["pixel_linear", "macro_f1"] > claims_of(run)["majority", "macro_f1"]
    table = call("predict", run, "photos/pear/3.jpg", cwd=tmp_path).out.splitlines()
    assert table[1].startswith("photos/pear/3.jpg  pear, sweet  ") or table[1].startswith(
        "photos/pear/3.jpg  sweet, pear  "
    )
    (answer,) = json.loads(call("predict", run, "photos/pear/3.jpg", "--json", cwd=tmp_path).out)
    assert set(answer["labels"]) == {"pear", "sweet"}
    again = dw.load(run)
    assert again.classes == ("apple", "pear", "plum", "sweet")
    probabilities = again.predict_proba([tmp_path / "photos" / "pear" / "3.jpg"])
    np.testing.assert_allclose(probabilities, [list(answer["probabilities"].values())])
    call("predict", run, "photos/pear/3.jpg", "--output", "answers.csv", cwd=tmp_path)
    header, row = (tmp_path / "answers.csv").read_text(encoding="utf-8-sig").splitlines()
    assert header == "input,labels,probability/apple,probability/pear,probability/plum,probability/sweet"
    assert row.split(",")[1] == "|".join(answer["labels"])
    call("verify", run, cwd=tmp_path)


# -------------------------------------------------------------------------------------- awkward pictures


def write_awkward(folder: Path) -> list[str]:
    """Pictures of a dark red kind in every form that can be read; their names."""
    turned = Image.Exif()
    turned[ORIENTATION] = 6
    veiled = photo(0, 92).convert("RGBA")
    veiled.putalpha(250)
    photo(0, 90).convert("CMYK").save(folder / "cmyk.jpg")
    photo(0, 91).convert("P").save(folder / "palette.gif")
    veiled.save(folder / "alpha.png")
    photo(0, 93).save(folder / "film.gif", save_all=True, append_images=[photo(1, 94), photo(2, 95)])
    photo(0, 96, width=16, height=20).save(folder / "turned.jpg", exif=turned)
    photo(0, 97, width=300, height=41).save(folder / "wide.JPG", "JPEG")
    photo(0, 98).save(folder / "web.webp", quality=95)
    return ["alpha.png", "cmyk.jpg", "film.gif", "palette.gif", "turned.jpg", "web.webp", "wide.JPG"]


def write_unusable(folder: Path) -> dict[str, str]:
    """Files that are no pictures, and a part of what is said about each."""
    whole = (folder / "0.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").touch()
    (folder / "page.jpg").write_text("<html>404</html>", encoding="utf-8")
    Image.new("1", (20_000, 20_000)).save(folder / "bomb.png")
    return {"bomb.png": "more pixels than", "cut.jpg": "runcated", "empty.jpg": "empty", "page.jpg": "format"}


def test_what_cannot_be_used_is_listed_and_the_rest_is_learnt_from(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "photos") / "apple"
    awkward = write_awkward(folder)
    reasons = {f"apple/{name}": part for name, part in write_unusable(folder).items()}
    (folder / "notes.txt").write_text("red ones", encoding="utf-8")
    (folder / ".hidden").write_bytes(b"?")
    (folder / "gone.jpg").symlink_to("/nowhere/at/all.jpg")
    (folder / "again").symlink_to(tmp_path / "photos", target_is_directory=True)
    shutil.copy(folder / "0.jpg", tmp_path / "photos" / "loose.jpg")
    Image.fromarray(np.arange(320, dtype=np.uint16).reshape(16, 20) * 200).save(folder / "deep.png")
    reasons |= {
        "apple/notes.txt": "picture",
        "apple/gone.jpg": "a link to what is not there",
        "loose.jpg": "beside the folders",
    }

    shown = call("train", "photos", *SOLVED, cwd=tmp_path)
    data = data_of(tmp_path / "runs" / "latest")
    rejected = {entry["name"]: entry["reason"] for entry in data["rejected"]}
    assert rejected.keys() == reasons.keys()
    for name, part in reasons.items():
        assert part in rejected[name]
    assert data["rows"] == 36 + len(awkward) + 1
    assert f"Rejected: {len(reasons)} of {data['rows'] + len(reasons)} pictures" in shown.out
    assert not list((tmp_path / "runs").glob("*/*.tmp"))

    message = refused("train", "photos", "--strict", *SOLVED, cwd=tmp_path)
    assert any(
        message.startswith(f"Error: photos: {name} cannot be used. {reason}") for name, reason in rejected.items()
    )


def test_awkward_pictures_are_answered_like_plain_ones(tmp_path: Path) -> None:
    write_photos(tmp_path / "photos")
    call("train", "photos", *SOLVED, cwd=tmp_path)
    (tmp_path / "new").mkdir()
    names = write_awkward(tmp_path / "new")
    shown = call("predict", "runs/latest", "new", "--json", cwd=tmp_path)
    assert {Path(answer["input"]).name: answer["label"] for answer in json.loads(shown.out)} == dict.fromkeys(
        names, "apple"
    )
    assert "converted" in shown.err

    shutil.copy(tmp_path / "photos" / "apple" / "0.jpg", tmp_path / "new")
    for name, part in write_unusable(tmp_path / "new").items():
        message = refused("predict", "runs/latest", f"new/{name}", "--output", "answers.csv", cwd=tmp_path)
        assert name in message
        assert part in message
    assert "new/none.jpg" in refused("predict", "runs/latest", "new/none.jpg", cwd=tmp_path)


def test_a_class_with_a_single_picture_is_learnt_from_and_said(tmp_path: Path) -> None:
    write_photos(tmp_path / "photos")
    write_photos(tmp_path / "photos", classes=("kiwi",), count=1)
    shown = call("train", "photos", "--dry-run", *SOLVED, cwd=tmp_path)
    assert "37 rows, 16×20×3, 4 classes" in shown.out
    assert "1 class has a single picture to learn from: kiwi." in shown.err


# ------------------------------------------------------------------------------------------- what is refused


def _one_class(folder: Path) -> None:
    write_photos(folder / "data", classes=("only",))


def _mostly_broken(folder: Path) -> None:
    for file in sorted(write_photos(folder / "data").glob("*/*.jpg"))[:20]:
        file.write_bytes(b"?" * 20)


def _class_of_the_test_split(folder: Path) -> None:
    write_photos(folder / "data" / "train", count=8)
    write_photos(folder / "data" / "test", classes=(*CLASSES, "kiwi"), count=2, first=8)


def _two_pictures(folder: Path) -> None:
    write_photos(folder / "data", classes=("left", "right"), count=1)


BAD_FOLDERS: dict[str, tuple[Make, list[str]]] = {
    "one class": (_one_class, ["a single class, only"]),
    "mostly broken": (_mostly_broken, ["16 of 36 pictures can be used", "apple/0.jpg: It is not a picture"]),
    "a class that cannot be learnt": (_class_of_the_test_split, ["training split does not have: kiwi", "apple, pear"]),
    "two pictures": (_two_pictures, ["2 rows are too few"]),
}


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_a_folder_that_cannot_be_learnt_from(case: str, tmp_path: Path) -> None:
    make, parts = BAD_FOLDERS[case]
    make(tmp_path)
    message = refused("train", "data", *SOLVED, cwd=tmp_path)
    for part in parts:
        assert part in message


def _absent(paths: list[str]) -> dict[str, list[str]]:
    return {"path": [f"elsewhere/{path}" for path in paths], "label": _classes(paths)}


def _classes(paths: list[str]) -> list[str]:
    return [path.split("/")[1] for path in paths]


BAD_TABLES: dict[str, tuple[Callable[[list[str]], dict[str, list[str]]], list[str], list[str]]] = {
    "no picture is there": (_absent, [], ["none of the 36 pictures", "line 2 (elsewhere/photos/apple/0.jpg)"]),
    "one picture is not there": (
        lambda paths: {"path": ["photos/none.jpg", *paths[1:]], "label": _classes(paths)},
        ["--strict"],
        ["line 2 (photos/none.jpg)"],
    ),
    "one label is missing": (
        lambda paths: {"path": paths, "label": ["", *_classes(paths)[1:]]},
        ["--strict"],
        ["line 2", "no value in the column label"],
    ),
    "two columns to learn": (
        lambda paths: {"path": paths, "kind": _classes(paths), "place": _classes(paths)},
        [],
        ["several columns that could be the label: kind, place"],
    ),
    "an unknown target": (
        lambda paths: {"path": paths, "kind": _classes(paths), "place": _classes(paths)},
        ["--target", "plaec"],
        ["'plaec'", "path, kind, place", "Did you mean place?"],
    ),
    "an unknown input": (lambda p: {"path": p, "label": _classes(p)}, ["--input", "picture"], ["'picture'", "path"]),
    "an unknown role": (
        lambda p: {"path": p, "label": _classes(p)},
        ["--set", "data.columns.photo=path"],
        ["role 'photo'", "image, text, input, label"],
    ),
    "a target of pictures": (lambda p: {"path": p, "label": _classes(p)}, ["--target", "path"], ["none of the tasks"]),
    "an input of classes": (
        lambda p: {"path": p, "label": _classes(p)},
        ["--input", "label"],
        ["the column 'path'", "--input path"],
    ),
    "a task that does not fit": (
        lambda p: {"path": p, "label": _classes(p)},
        ["--task", "regression"],
        ["none of the tasks regression", "label (category)"],
    ),
    "no header": (lambda p: {p[0]: p[1:], "apple": _classes(p)[1:]}, [], ["no header", "photos/apple/0.jpg"]),
    "one class": (lambda p: {"path": p, "label": ["same"] * len(p)}, [], ["'same'", "two classes"]),
    "one number": (lambda p: {"path": p, "label": ["0.5"] * len(p)}, [], ["'label' are 0.5", "nothing to learn"]),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_table_that_cannot_be_learnt_from(case: str, tmp_path: Path) -> None:
    columns, arguments, parts = BAD_TABLES[case]
    write_table(tmp_path / "data.csv", columns(paths_in(write_photos(tmp_path / "photos"))))
    message = refused("train", "data.csv", *arguments, *SOLVED, cwd=tmp_path)
    for part in parts:
        assert part in message


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    paths = paths_in(write_photos(tmp_path / "photos"))
    lines = ["path,label,label", *(f"{path},{path.split('/')[1]},0" for path in paths)]
    (tmp_path / "data.csv").write_text("\n".join(lines), encoding="utf-8")
    assert "several columns are named 'label': 2, 3" in refused("train", "data.csv", *SOLVED, cwd=tmp_path)


def test_rows_that_lack_something_are_left_out(tmp_path: Path) -> None:
    paths = paths_in(write_photos(tmp_path / "photos"))
    columns = {"path": ["photos/none.jpg", *paths[1:]], "label": [*_classes(paths)[:-1], ""]}
    write_table(tmp_path / "data.csv", columns)
    call("train", "data.csv", *SOLVED, cwd=tmp_path)
    data = data_of(tmp_path / "runs" / "latest")
    assert data["rows"] == 34
    assert sorted(entry["name"] for entry in data["rejected"]) == ["line 2 (photos/none.jpg)", "line 37"]


def _zip_with(name: str, mode: int = 0) -> Make:
    def make(folder: Path) -> None:
        with zipfile.ZipFile(folder / "data.zip", "w") as archive:
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            archive.writestr(member, "/etc/hostname")

    return make


def _tar_with(kind: bytes, name: str = "photos/link.jpg") -> Make:
    def make(folder: Path) -> None:
        with tarfile.open(folder / "data.zip", "w") as archive:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/hostname"
            archive.addfile(member)

    return make


def _half_a_zip(folder: Path) -> None:
    data = write_zip(folder / "data.zip", write_photos(folder / "photos", count=3)).read_bytes()
    (folder / "data.zip").write_bytes(data[: len(data) // 2])


BAD_ARCHIVES: dict[str, tuple[Make, list[str]]] = {
    "an absolute path": (_zip_with("/tmp/out.jpg"), ["'/tmp/out.jpg'", "out of the archive"]),
    "a path with a drive": (_zip_with("C:\\out.jpg"), ["out.jpg'", "out of the archive"]),
    "a path upwards": (_zip_with("photos/../../out.jpg"), ["'photos/../../out.jpg'", "out of the archive"]),
    "a link in a zip file": (_zip_with("photos/link.jpg", 0o120777), ["'photos/link.jpg'", "neither a file"]),
    "a symbolic link": (_tar_with(tarfile.SYMTYPE), ["'photos/link.jpg'", "neither a file"]),
    "a hard link": (_tar_with(tarfile.LNKTYPE), ["'photos/link.jpg'", "neither a file"]),
    "a device": (_tar_with(tarfile.CHRTYPE), ["'photos/link.jpg'", "neither a file"]),
    "upwards in a tar file": (_tar_with(tarfile.REGTYPE, "../out.jpg"), ["'../out.jpg'", "out of the archive"]),
    "half of it": (_half_a_zip, ["damaged or incomplete"]),
}


@pytest.mark.parametrize("case", BAD_ARCHIVES)
def test_an_archive_that_is_refused_leaves_nothing(case: str, tmp_path: Path, cache: Path) -> None:
    make, parts = BAD_ARCHIVES[case]
    make(tmp_path)
    before = listing_of(tmp_path)
    shown = call("train", "data.zip", *SOLVED, cwd=tmp_path, code=2)
    unpacking, message = shown.err.splitlines()
    assert unpacking.startswith("Unpacking data.zip")
    assert message.startswith("Error: data.zip ")
    for part in parts:
        assert part in message
    assert listing_of(tmp_path) == before
    assert {path.suffix for path in cache.rglob("*") if path.is_file()} <= {".lock"}


def test_a_network_of_ones_own_that_does_not_suit_the_photos(tmp_path: Path) -> None:
    write_photos(tmp_path / "photos")
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.layer = nn.Linear(960, 4)\n"
        "    def forward(self, images):\n"
        "        return self.layer(images.flatten(1))\n"
        "class Plain:\n"
        "    pass\n",
        encoding="utf-8",
    )
    assert "yields [2, 4]" in refused("train", "photos", "--model", "net.py:Net", *QUICK, cwd=tmp_path)
    assert "Plain is no torch.nn.Module" in refused("train", "photos", "--model", "net.py:Plain", *QUICK, cwd=tmp_path)


# ---------------------------------------------------------------------------------------------------- resume


def test_an_interrupted_run_on_a_folder_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_photos(tmp_path / "photos")
    settings = ("training.batch_size=8", "training.augmentations=[flip, {name: mixup}]", "training.epochs=3")
    command = ["train", "photos", *QUICK, *(word for setting in settings for word in ("--set", setting))]
    call(*command, "--name", "whole", cwd=tmp_path)
    with monkeypatch.context() as pressing:
        pressing.setattr(Silent, "moment", lambda _self, _moment: signal.raise_signal(signal.SIGINT))
        stopped = call(*command, "--name", "stopped", cwd=tmp_path, code=130)
    assert "deepwright resume" in stopped.err
    runs = tmp_path / "runs"
    assert not (runs / "stopped" / "manifest.json").exists()

    (tmp_path / "photos" / "plum" / "0.jpg").rename(tmp_path / "0.jpg")
    assert "its hash differs" in refused("resume", "runs/stopped", cwd=tmp_path)
    (tmp_path / "0.jpg").rename(tmp_path / "photos" / "plum" / "0.jpg")

    call("resume", "runs/stopped", "--quiet", cwd=tmp_path)
    assert weights(runs / "stopped") == weights(runs / "whole")

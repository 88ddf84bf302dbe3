"""The data sets that are fetched by name, from small files of their formats."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepwright.data.datasets import cifar10 as cifar10_module
from deepwright.data.datasets import fashion_mnist as fashion_module
from deepwright.data.datasets.cifar10 import cifar10
from deepwright.data.datasets.fashion_mnist import fashion_mnist
from deepwright.data.datasets.mnist import mnist
from deepwright.data.files.published import Published
from deepwright.data.reading import read_table
from deepwright.errors import DataError
from tests.unit.data.mirror import serving

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
MEMBERS = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEEPWRIGHT_DATA", str(tmp_path))
    monkeypatch.setenv("DEEPWRIGHT_MIRROR", "off")
    return tmp_path


def idx(values: Any) -> bytes:
    header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    return gzip.compress(header + values.astype(np.uint8).tobytes(), mtime=0)


def idx_files(train: list[int], test: list[int]) -> dict[str, bytes]:
    files = {}
    for part, labels in (("train", train), ("t10k", test)):
        files[f"{part}-images-idx3-ubyte.gz"] = idx(np.arange(len(labels) * 784).reshape(-1, 28, 28))
        files[f"{part}-labels-idx1-ubyte.gz"] = idx(np.array(labels))
    return files


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, body in files.items():
        (folder / name).write_bytes(body)


def records(count: int, seed: int) -> Any:
    values = np.random.default_rng(seed).integers(0, 256, (count, 3073)).astype(np.uint8)
    values[:, 0] = (np.arange(count) + seed) % 10
    return values


def archive(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, body in members.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return buffer.getvalue()


def members(changes: Mapping[str, bytes | None] | None = None) -> dict[str, bytes]:
    """The members of an archive with two pictures in each batch; None leaves one out."""
    whole: dict[str, bytes | None] = {name: records(2, seed).tobytes() for seed, name in enumerate(MEMBERS)}
    whole["batches.meta.txt"] = "\n".join([*NAMES, ""]).encode()
    whole.update(changes or {})
    return {name: body for name, body in whole.items() if body is not None}


# ----------------------------------------------------------------------------------------- in the format of MNIST


def test_mnist_is_read_from_the_data_folder(data: Path) -> None:
    put(data / "mnist", idx_files([7, 0, 3], [9, 1]))
    table = mnist()
    assert table.columns["label"].values.tolist() == ["7", "0", "3", "9", "1"]
    assert table.columns["image"].values.shape == (5, 28, 28)
    assert {part: rows.tolist() for part, rows in table.given.items()} == {"train": [0, 1, 2], "test": [3, 4]}
    assert table.source == "mnist"
    assert table.names is None
    (note,) = table.notes
    assert "train-images-idx3-ubyte.gz" in note


def test_fashion_mnist_names_what_is_worn(data: Path) -> None:
    put(data / "fashion_mnist", idx_files([9, 0], [1]))
    table = fashion_mnist()
    assert table.columns["label"].values.tolist() == ["Ankle boot", "T-shirt/top", "Trouser"]
    assert table.source == "fashion_mnist"


def test_a_label_that_the_set_does_not_have_is_refused(data: Path) -> None:
    put(data / "mnist", idx_files([1, 10], [2]))
    with pytest.raises(DataError, match="holds the label 10; mnist has 10 classes, from 0"):
        mnist()


def test_by_its_name_a_set_is_fetched_from_a_mirror(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = idx_files([0, 1], [2])
    checksums = {name: hashlib.sha256(body).hexdigest() for name, body in files.items()}
    monkeypatch.setattr(fashion_module, "_PUBLISHED", Published("fashion_mnist", checksums, ()))
    monkeypatch.setenv("no_proxy", "*")
    with serving() as mirror:
        mirror.files.update({f"/fashion_mnist/{name}": body for name, body in files.items()})
        monkeypatch.setenv("DEEPWRIGHT_MIRROR", mirror.url)
        table = read_table("fashion-mnist")
    assert len(table) == 3
    assert not table.notes
    assert sorted(file.name for file in (data / "fashion_mnist").iterdir() if file.suffix == ".gz") == sorted(files)


def test_the_real_mnist_has_its_published_numbers(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPWRIGHT_DATA", str(data_dir))
    monkeypatch.setenv("DEEPWRIGHT_MIRROR", "off")
    if not (data_dir / "mnist").is_dir():
        pytest.skip(f"no MNIST in {data_dir}")
    table = mnist()
    labels = table.columns["label"].values
    assert {part: len(rows) for part, rows in table.given.items()} == {"train": 60_000, "test": 10_000}
    _, counts = np.unique(labels[table.given["test"]], return_counts=True)
    assert counts.tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


# ------------------------------------------------------------------------------------------------------ CIFAR-10


def test_cifar10_is_read_from_its_archive(data: Path) -> None:
    put(data / "cifar10", {"cifar-10-binary.tar.gz": archive(members())})
    table = cifar10()
    images, labels = table.columns["image"].values, table.columns["label"].values
    assert images.shape == (12, 32, 32, 3)
    assert images.dtype == np.uint8
    assert labels.tolist() == [NAMES[(seed + row) % 10] for seed in range(6) for row in range(2)]
    assert {part: rows.tolist() for part, rows in table.given.items()} == {"train": [*range(10)], "test": [10, 11]}
    assert (table.source, table.names, len(table.notes)) == ("cifar10", None, 1)
    first = records(2, 5)[1]
    for channel in range(3):
        for row in (0, 31):
            begin = 1 + channel * 1024 + row * 32
            assert images[11, row, :, channel].tolist() == first[begin : begin + 32].tolist()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "not the archive of CIFAR-10"),
        (b"not a tar file", "not the archive of CIFAR-10"),
        (archive(members())[:5000], "not the archive of CIFAR-10"),
        (archive(members({"batches.meta.txt": None})), "not the archive of CIFAR-10"),
        (archive(members({"test_batch.bin": None})), "test_batch.bin"),
        (archive(members({"data_batch_3.bin": b"\0" * 3072})), "data_batch_3.bin holds 3072 bytes"),
        (archive(members({"data_batch_3.bin": b""})), "data_batch_3.bin holds 0 bytes"),
        (
            archive(members({"test_batch.bin": b"\x0a" * 3073})),
            "test_batch.bin holds the class 10; batches.meta.txt names 10",
        ),
        (archive({}), "not the archive of CIFAR-10"),
    ],
    ids=["empty", "other", "cut", "no names", "no test", "less than a picture", "no picture", "class", "no members"],
)
def test_an_archive_that_is_not_whole_is_refused(data: Path, body: bytes, problem: str) -> None:
    put(data / "cifar10", {"cifar-10-binary.tar.gz": body})
    with pytest.raises(DataError) as caught:
        cifar10()
    assert problem in str(caught.value)
    assert str(data / "cifar10" / "cifar-10-binary.tar.gz") in str(caught.value)


def test_its_archive_is_fetched_from_a_mirror(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = archive(members())
    checksum = hashlib.sha256(body).hexdigest()
    monkeypatch.setattr(cifar10_module, "_PUBLISHED", Published("cifar10", {"cifar-10-binary.tar.gz": checksum}, ()))
    monkeypatch.setenv("no_proxy", "*")
    with serving() as mirror:
        mirror.files["/cifar10/cifar-10-binary.tar.gz"] = body
        mirror.cut_after = [len(body) // 2, 10**9]
        monkeypatch.setenv("DEEPWRIGHT_MIRROR", mirror.url)
        assert len(cifar10()) == 12
    assert mirror.asked[1][1] == f"bytes={len(body) // 2}-"
    assert not cifar10().notes

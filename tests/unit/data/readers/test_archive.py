from __future__ import annotations

import io
import logging
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepwright.config.settings import DataSettings
from deepwright.data.files import unpacking
from deepwright.data.pictures.columns import lies_in
from deepwright.data.readers.archive import Archive
from deepwright.data.reading import read_table
from deepwright.data.table import Rejected, Table
from deepwright.errors import DataError, StorageError
from tests.unit.data.photographs import classes, noise, save
from tests.unit.data.readers.test_idx import TRAIN, shelve

KINDS = ["zip", "tar", "tar.gz", "tgz", "tar.bz2", "tar.xz"]


def read(archive: Path, **settings: Any) -> Table:
    return Archive().read(archive, DataSettings(**settings))


def refusal(archive: Path) -> str:
    with pytest.raises(DataError) as caught:
        read(archive)
    return str(caught.value)


def packed(folder: Path, kind: str, top: str = "") -> Path:
    """An archive of everything below a folder, beside it."""
    archive = folder.with_name(f"{folder.name}.{kind}")
    files = sorted(folder.rglob("*"))
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as opened:
            for file in files:
                opened.write(file, f"{top}{file.relative_to(folder)}")
    else:
        with tarfile.open(archive, "w:" + {"tgz": "gz", "tar": ""}.get(kind, kind.removeprefix("tar."))) as opened:  # type: ignore[call-overload]  # mypy sees a str
            for file in files:
                opened.add(file, f"{top}{file.relative_to(folder)}", recursive=False)
    return archive


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return classes(tmp_path / "animals", {"cat": 3, "polar bear": 2})


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_is_read_like_its_folder(kind: str, folder: Path) -> None:
    archive = packed(folder, kind)
    table, direct = read_table(str(archive)), read_table(str(folder))
    assert table.sha256 == direct.sha256
    assert table.source == str(archive)
    assert table.names is not None
    assert direct.names is not None
    assert table.names.tolist() == direct.names.tolist()


@pytest.mark.parametrize("top", ["animals/", "./", "./data/v2/"])
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_folders_that_wrap_everything_are_looked_through(top: str, kind: str, folder: Path) -> None:
    table = read(packed(folder, kind, top))
    assert sorted(set(table.columns["label"].values)) == ["cat", "polar bear"]
    assert table.names is not None
    assert table.names[0] == f"{top}cat/0.png".removeprefix("./")


def test_splits_are_those_of_the_folders(tmp_path: Path) -> None:
    root = classes(tmp_path / "data", {"train/cat": 2, "train/dog": 2, "test/cat": 1, "test/dog": 1})
    assert {part: len(rows) for part, rows in read(packed(root, "tar", "x/")).given.items()} == {"train": 4, "test": 2}


def test_a_single_class_is_not_looked_through(tmp_path: Path) -> None:
    archive = packed(classes(tmp_path / "data", {"cat": 3}), "zip")
    assert refusal(archive).startswith(f"{archive} holds pictures of a single class, cat;")


def test_what_is_left_out_is_named_as_in_the_archive(folder: Path) -> None:
    (folder / "cat" / "notes.txt").write_text("hello")
    (folder / "cat" / "bad.jpg").write_text("hello")
    assert [one.name for one in read(packed(folder, "zip", "a/")).rejected] == ["a/cat/notes.txt", "a/cat/bad.jpg"]


def test_an_archive_of_idx_files_is_read(tmp_path: Path) -> None:
    (tmp_path / "idx").mkdir()
    shelve(tmp_path / "idx", TRAIN)
    archive = packed(tmp_path / "idx", "zip", "mnist/")
    table = read(archive)
    assert (len(table), table.source) == (6, str(archive))


def test_an_archive_of_a_table_and_its_pictures_is_read(tmp_path: Path) -> None:
    root = classes(tmp_path / "data", {"images": 4})
    rows = "".join(f"images/{row}.png,{'ab'[row % 2]}\n" for row in range(4))
    (root / "labels.csv").write_text("image,label\n" + rows)
    archive = packed(root, "tar.gz", "data/")
    table = read(archive)
    assert (len(table), table.source) == (4, str(archive))


def test_an_archive_of_nothing_that_is_known_names_the_archive(tmp_path: Path) -> None:
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "a.mp3").write_bytes(b"ID3")
    archive = packed(tmp_path / "songs", "zip")
    assert refusal(archive).startswith(f"{archive} is not data that can be read here; found: a.mp3.")


# ------------------------------------------------------------------------------------------------- the cache


def test_it_is_unpacked_once(folder: Path, cache: Path, logged: list[logging.LogRecord]) -> None:
    archive = packed(folder, "zip")
    first = read(archive)
    (file,) = cache.glob("archives/*/content/cat/0.png")
    about = file.stat()
    assert read(archive).sha256 == first.sha256
    assert file.stat() == about
    assert len([record for record in logged if "Unpacking" in record.getMessage()]) == 1


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(b"")])
def test_what_was_damaged_in_the_cache_is_unpacked_anew(
    damage: Callable[[Path], object], folder: Path, cache: Path
) -> None:
    archive = packed(folder, "zip")
    first = read(archive)
    (file,) = cache.glob("archives/*/content/cat/0.png")
    damage(file)
    assert read(archive).sha256 == first.sha256


def test_another_archive_of_the_same_name_is_unpacked(folder: Path) -> None:
    first = read(packed(folder, "zip"))
    save(folder / "cat" / "9.png", noise(77))
    assert len(read(packed(folder, "zip"))) == len(first) + 1


# ------------------------------------------------------------------------------------------- hostile members


def zipped(archive: Path, members: Mapping[str, bytes], **about: Any) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in about.items():
                setattr(info, key, value)
            opened.writestr(info, data)
    return archive


def tarred(archive: Path, name: str, data: bytes = b"", **about: Any) -> Path:
    with tarfile.open(archive, "w:gz") as opened:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        for key, value in about.items():
            setattr(info, key, value)
        opened.addfile(info, io.BytesIO(data))
    return archive


OUTSIDE = [
    "/tmp/evil.png",
    "../evil.png",
    "cat/../../evil.png",
    "..\\evil.png",
    "C:\\evil.png",
    "C:evil.png",
    "//host/x/y",
]


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
@pytest.mark.parametrize("name", OUTSIDE)
def test_a_path_that_leads_out_is_refused(kind: str, name: str, tmp_path: Path, cache: Path) -> None:
    archive = tmp_path / f"a.{kind}"
    zipped(archive, {name: b"evil"}) if kind == "zip" else tarred(archive, name, b"evil")
    before = {path for path in tmp_path.parent.rglob("*") if cache not in path.parents and path != cache}
    message = refusal(archive)
    assert message == f"{archive} has the member {name!r}, which is refused: its path leads out of the archive."
    after = {path for path in tmp_path.parent.rglob("*") if cache not in path.parents and path != cache}
    assert after == before
    assert not [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE], ids=repr
)
def test_links_and_devices_in_a_tar_are_refused(kind: bytes, tmp_path: Path) -> None:
    archive = tarred(tmp_path / "a.tar.gz", "cat/link.png", type=kind, linkname="/etc/passwd")
    assert refusal(archive) == (
        f"{archive} has the member 'cat/link.png', which is refused: it is neither a file nor a folder."
    )


def test_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"cat/link.png": b"/etc/passwd"}, external_attr=0o120777 << 16)
    assert "'cat/link.png', which is refused: it is neither a file nor a folder." in refusal(archive)


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_ALWAYS_ALLOWED", 100_000)


@pytest.mark.usefixtures("small_limit")
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_bomb_is_refused(kind: str, tmp_path: Path, cache: Path) -> None:
    archive, data = tmp_path / f"a.{kind}", bytes(10_000_000)
    zipped(archive, {"cat/a.png": data}) if kind == "zip" else tarred(archive, "cat/a.png", data)
    assert "unpacks to more than" in refusal(archive)
    assert "which is implausible for its size" in refusal(archive)
    assert not [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.mark.usefixtures("small_limit")
def test_a_bomb_of_many_files_is_refused(tmp_path: Path) -> None:
    assert "implausible" in refusal(zipped(tmp_path / "a.zip", {f"cat/{n}.png": bytes(50_000) for n in range(100)}))


@pytest.mark.usefixtures("small_limit")
def test_a_zip_that_lies_about_sizes_is_refused(tmp_path: Path, cache: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"cat/a.png": bytes(10_000_000)})
    data = archive.read_bytes()
    honest, lie = (10_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert data.count(honest) == 2, "in the header of the file and in the directory at the end"
    archive.write_bytes(data.replace(honest, lie))
    assert "is damaged or incomplete" in refusal(archive)
    assert not [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.mark.usefixtures("small_limit")
def test_a_tar_that_announces_too_much_is_refused_before_it_is_written(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar"
    info = tarfile.TarInfo("cat/a.png")
    info.size = 10**12
    archive.write_bytes(info.tobuf() + bytes(1024))
    assert "implausible" in refusal(archive)


@pytest.mark.usefixtures("small_limit")
def test_what_follows_the_end_of_a_tar_is_limited_too(tmp_path: Path, folder: Path) -> None:
    plain = packed(folder, "tar").read_bytes() + bytes(10_000_000)
    (tmp_path / "a.tar.gz").write_bytes(zlib.compress(plain, wbits=31))
    assert "implausible" in refusal(tmp_path / "a.tar.gz")


def test_without_room_it_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "free_bytes", lambda path: 500)
    message = refusal(packed(folder, "zip"))
    assert "unpacks to more than the 500 B that are free" in message
    assert "DEEPWRIGHT_CACHE" in message


def test_a_disk_that_fills_up_is_a_matter_of_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unpacking, "_write", full)
    with pytest.raises(StorageError, match="the disk is full"):
        read(packed(folder, "zip"))


# ------------------------------------------------------------------------------------------------ bad archives


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_archive_is_refused(kind: str, folder: Path, cache: Path) -> None:
    for row in range(3):
        save(folder / "cat" / f"large{row}.png", noise(row, 60, 60))
    archive = packed(folder, kind)
    whole = archive.read_bytes()
    end = len(whole.rstrip(b"\0")) if kind == "tar" else len(whole)
    for length in (10, 511, 512, 1024, 20_000, end // 2, end - 5):
        archive.write_bytes(whole[:length])
        message = refusal(archive)
        assert message.startswith(f"{archive} is damaged or incomplete: "), length
    assert not [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_tar_cut_between_two_members_is_refused(folder: Path) -> None:
    archive = packed(folder, "tar")
    with tarfile.open(archive) as opened:
        cut = opened.getmembers()[3].offset
    archive.write_bytes(archive.read_bytes()[:cut])
    assert "is damaged or incomplete: its end is missing" in refusal(archive)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "data", [b"<html>Not found</html>", b"x" * 3000, b"PK\3\4" + bytes(50), b"\x1f\x8b\x08" + bytes(9)]
)
def test_what_is_no_archive_is_refused(kind: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / f"a.{kind}").write_bytes(data)
    assert f"a.{kind} is damaged or incomplete" in refusal(tmp_path / f"a.{kind}")


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.xz"])
def test_damage_anywhere_is_a_sentence_or_harmless(kind: str, folder: Path) -> None:
    archive = packed(folder, kind)
    whole, rng = archive.read_bytes(), np.random.default_rng(0)
    for _ in range(40):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 2):
            damaged[place] ^= 1 << rng.integers(0, 8)
        archive.write_bytes(damaged)
        try:
            assert len(read(archive)) <= 5
        except DataError as error:
            assert str(archive) in str(error)  # noqa: PT017


def test_an_encrypted_zip_is_refused(folder: Path) -> None:
    archive = packed(folder, "zip")
    data = bytearray(archive.read_bytes())
    data[6] |= 1
    directory = data.index(b"PK\1\2")
    data[directory + 8] |= 1
    archive.write_bytes(data)
    assert refusal(archive) == f"{archive} is encrypted; unpack it with its password and give the folder."


def test_a_method_of_packing_that_is_unknown_is_refused(folder: Path) -> None:
    archive = zipped(folder / "a.zip", {"cat/1.png": b"1"})
    data = bytearray(archive.read_bytes())
    for place in (8, data.index(b"PK\1\2") + 10):
        data[place] = 9
    archive.write_bytes(data)
    assert "is damaged or incomplete: That compression method is not supported" in refusal(archive)


def test_a_file_where_a_folder_has_to_be_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"cat": b"a file", "cat/1.png": b"another"})
    assert refusal(archive) == (
        f"{archive} has the member 'cat/1.png', which is refused: it takes a file for a folder, or a folder for a file."
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_of_nothing_is_refused(kind: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "folder").mkdir()
    archive = packed(tmp_path / "empty", kind)
    assert refusal(archive) == f"{archive} holds no files."


# ------------------------------------------------------------------------------------------------------ names


def named(archive: Path, names: list[bytes], flags: int = 0) -> Path:
    """A zip file whose names are these bytes."""
    placeholders = [f"{number:04}".ljust(len(name), "_") for number, name in enumerate(names)]
    buffer = io.BytesIO()
    save(archive.with_suffix(".png"), noise(1))
    zipped(archive, dict.fromkeys(placeholders, archive.with_suffix(".png").read_bytes()))
    data = archive.read_bytes()
    for placeholder, name in zip(placeholders, names, strict=True):
        data = data.replace(placeholder.encode(), name)
    buffer.write(data)
    archive.write_bytes(buffer.getvalue())
    return archive


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_of_chinese_windows_and_of_macos_are_read(encoding: str, tmp_path: Path) -> None:
    names = [name.encode(encoding) for name in ("熊猫/一.png", "熊猫/二.png", "金丝猴/一.png", "cat/1.png")]
    table = read(named(tmp_path / "a.zip", names))
    assert sorted(set(table.columns["label"].values)) == sorted(["熊猫", "金丝猴", "cat"])
    assert table.names is not None
    assert "熊猫/二.png" in table.names


def test_names_of_old_windows_are_read(tmp_path: Path) -> None:
    table = read(named(tmp_path / "a.zip", [b"\x81rger/1.png", b"caf\x82/1.png"]))
    assert sorted(set(table.columns["label"].values)) == ["café", "ürger"]


def test_names_with_a_flag_are_utf8(tmp_path: Path) -> None:
    root = classes(tmp_path / "data", {"熊猫": 2, "cat": 2})
    assert set(read(packed(root, "zip")).columns["label"].values) == {"熊猫", "cat"}


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_in_a_tar_are_read(encoding: str, tmp_path: Path) -> None:
    root = classes(tmp_path / "data", {"熊猫": 2, "cat": 2})
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w", encoding=encoding, format=tarfile.GNU_FORMAT) as opened:
        for file in sorted(root.rglob("*.png")):
            opened.add(file, str(file.relative_to(root)))
    assert set(read(archive).columns["label"].values) == {"熊猫", "cat"}


def test_separators_of_windows_separate(tmp_path: Path) -> None:
    save(tmp_path / "p.png", noise(1))
    data = (tmp_path / "p.png").read_bytes()
    archive = zipped(tmp_path / "a.zip", {f"cat\\{n}.png": data for n in range(2)} | {"dog\\": b"", "dog\\1.png": data})
    assert set(read(archive).columns["label"].values) == {"cat", "dog"}


@pytest.mark.parametrize("name", ["a.ZIP", "a.Tar.Gz"])
def test_the_ending_may_be_in_capitals(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert Archive().matches(tmp_path / name)


def test_other_files_and_folders_are_not_claimed(tmp_path: Path) -> None:
    (tmp_path / "a.zip").mkdir()
    (tmp_path / "a.gz").touch()
    (tmp_path / "a.npz").touch()
    assert not any(Archive().matches(path) for path in tmp_path.iterdir())


# ----------------------------------------------------------------------------------------------- real pictures


def test_cifar10_as_jpeg_files(data_dir: Path) -> None:
    archive = data_dir / "cifar10-jpeg-sample.tar.gz"
    if not archive.exists():
        pytest.skip(f"{archive} is not there")
    table = read(archive)
    assert {part: len(rows) for part, rows in table.given.items()} == {"train": 10_000, "test": 2_000}
    assert table.columns["image"].values.shape == (12_000, 32, 32, 3)
    labels, counts = np.unique(table.columns["label"].values[table.given["train"]], return_counts=True)
    assert (len(labels), set(counts.tolist())) == (10, {1000})
    assert not table.rejected
    assert not table.notes


# --------------------------------------------------------------------------------- tables that name files


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that is in no archive."""
    return save(tmp_path_factory.mktemp("elsewhere") / "mine.png", noise(9))


def with_table(root: Path, *paths: object) -> Path:
    """An archive of five pictures and a table that names them and other paths."""
    classes(root, {"images": 5})
    rows = [f"{path},{'ab'[row % 2]}\n" for row, path in enumerate([*(f"images/{n}.png" for n in range(5)), *paths])]
    (root / "labels.csv").write_text("".join(["image,label\n", *rows]))
    return packed(root, "zip")


@pytest.mark.parametrize("way", ["absolute", "relative", "of Windows"])
def test_a_table_reaches_no_file_outside_its_archive(way: str, elsewhere: Path, tmp_path: Path, cache: Path) -> None:
    relative = os.path.relpath(elsewhere, cache / "archives" / "hash" / "content")
    path = {"absolute": str(elsewhere), "relative": relative, "of Windows": relative.replace("/", "\\")}[way]
    archive = with_table(tmp_path / "data", path, "images/../images/1.png")
    table = read(archive)
    assert len(table) == 6, "what lies in the archive is read, whatever its path"
    refused = Rejected(f"line 7 ({path})", "Its path leads out of the archive.")
    assert list(table.rejected) == [refused]
    with pytest.raises(DataError, match=r"labels\.csv: line 7 \(.*\) cannot be used\. Its path leads out"):
        read(archive, strict=True)


def test_links_are_followed_to_tell_what_lies_in_a_folder(elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.png").symlink_to(elsewhere)
    (tmp_path / "in" / "loop.png").symlink_to("loop.png")
    assert not lies_in(tmp_path / "in", tmp_path / "in" / "link.png")
    assert lies_in(tmp_path / "in", tmp_path / "in" / "loop.png")
    assert lies_in(tmp_path / "in", tmp_path / "in" / "missing.png")


def test_what_is_no_data_beside_a_wrapping_folder_is_no_content(folder: Path) -> None:
    archive = packed(folder, "zip", "animals/")
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr("README.md", "hello")
    assert sorted(set(read(archive).columns["label"].values)) == ["cat", "polar bear"]


def test_a_path_that_no_file_system_takes_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"/".join(["x" * 200] * 30) + "/a.png": b"x"})
    assert refusal(archive).endswith("which is refused: no file can have this name.")

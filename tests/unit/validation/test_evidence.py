from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from deepwright.run_directory import MANIFEST, RunDirectory, manifest_bytes, sha256
from deepwright.validation.evidence import Evidence, Section, gather, unreadable

FILES = {"a.json": b"[1]", "b.bin": bytes(100), "sub/c.txt": b"c"}


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    directory = RunDirectory(tmp_path / "run")
    directory.commit(FILES, {"deepwright": "1.2.3"})
    return directory


def gathered(run: RunDirectory, examined: tuple[str, ...] = ()) -> tuple[Section, Evidence]:
    section, evidence = gather(run, tuple(FILES), examined)
    assert evidence is not None
    return section, evidence


def problems(section: Section) -> dict[str, str]:
    return {verdict.claim: " ".join(verdict.problems) for verdict in section.verdicts if verdict.problems}


def rewrite(run: RunDirectory, **changes: Any) -> None:
    (run.path / MANIFEST).write_bytes(manifest_bytes({**run.manifest(), **changes}))


def test_an_unchanged_run_is_whole(run: RunDirectory) -> None:
    section, evidence = gathered(run, ("a.json",))
    assert problems(section) == {}
    assert section.holds == "3 files have the hashes that manifest.json states."
    assert [(verdict.claim, verdict.how) for verdict in section.verdicts] == [
        ("manifest.json", "recomputed"),
        ("b.bin", "hash-only"),
        ("sub/c.txt", "hash-only"),
    ]
    assert (evidence.files, evidence.damaged, evidence.version) == (FILES, [], "1.2.3")
    assert evidence.read("a.json") == [1]


@pytest.mark.parametrize("name", FILES)
def test_every_changed_byte_of_every_file_is_found(run: RunDirectory, name: str) -> None:
    data = FILES[name]
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1 << (position % 8)
        (run.path / name).write_bytes(changed)
        section, evidence = gathered(run, tuple(FILES))
        assert list(problems(section)) == [name]
        assert evidence.damaged == [name]


def test_every_changed_byte_of_the_manifest_is_found(run: RunDirectory) -> None:
    data = (run.path / MANIFEST).read_bytes()
    version = data.index(b"1.2.3")
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        (run.path / MANIFEST).write_bytes(changed)
        section, evidence = gather(run, tuple(FILES), ())
        if version <= position < version + 5 and evidence is not None:
            assert evidence.version != "1.2.3"  # the report, which says it as well, gives it away
        else:
            assert problems(section), position


def test_a_missing_file_is_named(run: RunDirectory) -> None:
    (run.path / "b.bin").unlink()
    section, evidence = gathered(run)
    assert "no such file" in problems(section)["b.bin"]
    assert "b.bin" not in evidence.files


def test_a_file_that_the_manifest_must_name_is_missed(run: RunDirectory) -> None:
    rewrite(run, files={name: sha256(data) for name, data in FILES.items() if name != "a.json"})
    section, evidence = gathered(run, tuple(FILES))
    assert problems(section) == {"a.json": "manifest.json does not name it"}
    assert evidence.damaged == ["a.json"]


def test_files_that_the_manifest_does_not_name_are_listed(run: RunDirectory) -> None:
    (run.path / "checkpoints").mkdir()
    for name in ("notes.txt", "sub/d.txt", "checkpoints/last", ".lock"):
        (run.path / name).write_text("x")
    section, _evidence = gathered(run)
    assert problems(section) == {}
    assert section.notes == ["manifest.json does not name these, so they are no part of the run: notes.txt, sub/d.txt."]
    for i in range(20):
        (run.path / f"x{i:02}").touch()
    assert gathered(run)[0].notes[0].endswith("x06, x07, ….")


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "sub", "", ".", "link", "loop", "x" * 5000, "a\0b"])
def test_only_files_within_the_run_are_read(run: RunDirectory, name: str) -> None:
    (run.path.parent / "secret").write_bytes(b"s")
    (run.path / "link").symlink_to(run.path.parent / "secret")
    (run.path / "loop").symlink_to("loop")
    os.mkfifo(run.path / "pipe")
    rewrite(run, files={**run.manifest()["files"], name: sha256(b"s"), "pipe": sha256(b"")})
    section, evidence = gathered(run)
    assert sorted(problems(section)) == sorted([name, "pipe"])
    assert evidence.files == FILES


@pytest.mark.parametrize(
    "changes",
    [{"format": 0}, {"format": 2}, {"format": True}, {"format": 1.0}, {"signed": "yes"}],
    ids=lambda changes: str(changes),
)
def test_a_manifest_of_another_form_is_found(run: RunDirectory, changes: dict[str, Any]) -> None:
    (run.path / MANIFEST).write_bytes(manifest_bytes({**run.manifest(), **changes}))
    assert list(problems(gathered(run)[0])) == [MANIFEST]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        json.dumps({"format": 1, "deepwright": "1.2.3", "files": [["a.json", "x"]]}).encode(),
        json.dumps({"format": 1, "deepwright": 1, "files": {}}).encode(),
        json.dumps({"format": 1, "deepwright": "1.2.3", "files": {"a.json": None}}).encode(),
    ],
)
def test_what_is_no_manifest_is_said_to_be_none(run: RunDirectory, data: bytes) -> None:
    (run.path / MANIFEST).write_bytes(data)
    section, evidence = gather(run, tuple(FILES), ())
    assert evidence is None
    assert list(problems(section)) == [MANIFEST]


def test_a_reader_s_complaint_is_one_short_line() -> None:
    assert unreadable(ValueError("two\nlines")) == "it cannot be read: two lines"
    assert unreadable(KeyError()) == "it cannot be read: KeyError"
    assert len(unreadable(ValueError("x" * 1000))) < 250

from __future__ import annotations

from pathlib import Path

import pytest

from deepwright.config.documents import Document, apply_overrides, read_document
from deepwright.errors import ConfigError


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "digits.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_document(path)
    return str(caught.value)


def test_values_and_their_places_are_read(tmp_path: Path) -> None:
    document = read_document(written(tmp_path, "model: mlp\ntraining:\n  epochs: 3\n"))
    assert document.values == {"model": "mlp", "training": {"epochs": 3}}
    assert document.origins == {
        ("model",): "digits.yaml, line 1",
        ("training",): "digits.yaml, line 2",
        ("training", "epochs"): "digits.yaml, line 3",
    }


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert read_document(written(tmp_path, b"\xef\xbb\xbfseed: 1\r\n")).values == {"seed": 1}


def test_chinese_is_read_whatever_the_locale(tmp_path: Path) -> None:
    assert read_document(written(tmp_path, "name: 手写数字\n")).values == {"name": "手写数字"}


@pytest.mark.parametrize(
    ("content", "position"),
    [("name: 数字\n".encode("gbk"), 6), ("seed: 1\n".encode("utf-16"), 0), (b"name: \xff\n", 6)],
)
def test_what_is_not_utf8_names_the_byte(tmp_path: Path, content: bytes, position: int) -> None:
    path = written(tmp_path, content)
    assert refusal(path) == f"{path} is not UTF-8 text: byte {position} cannot be read."


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n", "---\n", "- seed: 1\n", "[1, 2]", "mlp\n", "3"])
def test_a_document_without_sections_is_refused(tmp_path: Path, content: str) -> None:
    path = written(tmp_path, content)
    message = refusal(path)
    assert str(path) in message
    assert "init-config" in message


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.yaml", tmp_path):
        assert refusal(path).startswith(f"{path} cannot be read: ")


def test_an_error_of_the_text_names_the_file(tmp_path: Path) -> None:
    assert refusal(written(tmp_path, "seed: 1\nseed: 2\n")).startswith("digits.yaml, line 2:")


def test_an_override_is_read_as_a_file_would_be() -> None:
    document = Document()
    apply_overrides(
        document, ["training.learning_rate=1e-3", "name=no", " seed = 010 ", "data.columns={image: x}", "output=a=b"]
    )
    assert document.values == {
        "training": {"learning_rate": 0.001},
        "name": "no",
        "seed": 10,
        "data": {"columns": {"image": "x"}},
        "output": "a=b",
    }


def test_an_override_replaces_what_the_file_gave_and_its_place(tmp_path: Path) -> None:
    document = read_document(written(tmp_path, "training:\n  epochs: 3\n  device: cpu\n"))
    apply_overrides(document, ["training.epochs=5"])
    assert document.values == {"training": {"epochs": 5, "device": "cpu"}}
    assert document.where(("training", "epochs")) == "--set training.epochs=5"
    assert document.where(("training", "device")) == "digits.yaml, line 3"


def test_an_overridden_section_forgets_the_places_within_it(tmp_path: Path) -> None:
    document = read_document(written(tmp_path, "training:\n  epochs: 3\n"))
    apply_overrides(document, ["training={epochs: 5}"])
    assert document.where(("training", "epochs")) == "--set training={epochs: 5}"


def test_a_member_named_in_short_becomes_a_section() -> None:
    document = Document({"model": "mlp"})
    document.set("model.depth", 3, "--set")
    assert document.values == {"model": {"name": "mlp", "depth": 3}}


def test_an_override_leaves_shared_sections_alone() -> None:
    shared = {"x": 1}
    document = Document({"a": shared, "b": shared})
    document.set("a.x", 2, "--set")
    assert document.values == {"a": {"x": 2}, "b": {"x": 1}}


@pytest.mark.parametrize("key", ["", ".", "training.", ".epochs", "training..epochs"])
def test_an_override_without_a_key_is_refused(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        apply_overrides(Document(), [f"{key}=3"])
    assert str(caught.value).startswith(f"--set {key}=3: {key!r} is not the name of a setting")
    assert "training.epochs" in str(caught.value)


def test_an_override_without_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^--set training\.epochs: a key and a value are needed, such as --set "):
        apply_overrides(Document(), ["training.epochs"])


def test_the_place_of_a_key_is_its_own_or_one_within_or_the_section_around() -> None:
    document = Document({}, {("a",): "line 1", ("a", "b"): "line 2", ("c", "d"): "line 4"})
    assert document.where(("a", "b")) == "line 2"
    assert document.where(("a", "x", "y")) == "line 1"
    assert document.where(("c",)) == "line 4"
    assert document.where(("z",)) == "Settings"

from __future__ import annotations

import gettext
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import deepwright
from deepwright import messages, registry
from deepwright.config.documents import Document
from deepwright.config.settings import Member
from deepwright.errors import ConfigError, DeepwrightError, UnknownNameError
from deepwright.registry import configure, entries, find, load

MODEL = '''
"""A small network.

Smith (2020), Networks.
"""
from typing import Annotated
from msgspec import Meta
__all__ = ["Tiny"]
class Tiny:
    """A network.

    Args:
        depth: how many layers.
    """
    def __init__(self, *, depth: Annotated[int, Meta(ge=1)] = 2) -> None: ...
'''
SAMPLE = "deepwright.sample_models"


class Shelf:
    """A package of members, and other distributions beside it, made for one test."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.monkeypatch = monkeypatch

    def member(self, path: str, source: str = MODEL) -> None:
        file = self.root / "deepwright" / "sample_models" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source.lstrip(), encoding="utf-8")
        entries.cache_clear()

    def distribution(self, name: str, point: str, files: dict[str, str]) -> None:
        folder = self.root / name
        metadata = folder / f"{name}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[deepwright.models]\n{point}\n")
        for path, source in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(source.lstrip(), encoding="utf-8")
        self.monkeypatch.syspath_prepend(str(folder))
        entries.cache_clear()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Members of the kind ``models`` come from a folder of their own; nothing of it remains."""
    package = tmp_path / "deepwright"
    (package / "sample_models").mkdir(parents=True)
    monkeypatch.setitem(registry.KINDS, "models", "sample_models")
    monkeypatch.setattr(registry, "__file__", str(package / "registry.py"))
    monkeypatch.setattr(deepwright, "__path__", [*deepwright.__path__, str(package)])
    before = set(sys.modules)
    entries.cache_clear()
    yield Shelf(tmp_path, monkeypatch)
    entries.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith((SAMPLE, "other_")):
            del sys.modules[name]
    vars(deepwright).pop("sample_models", None)


def refusal(name: str = "tiny") -> str:
    with pytest.raises(DeepwrightError) as caught:
        load("models", name)
    return str(caught.value)


def test_a_file_is_a_member(shelf: Shelf) -> None:
    shelf.member("vision/tiny.py")
    entry = entries("models")["tiny"]
    assert (entry.name, entry.module, entry.area) == ("tiny", f"{SAMPLE}.vision.tiny", "vision")
    assert entry.title == "A small network"
    assert "Smith (2020)" in entry.docstring
    assert load("models", "tiny").__name__ == "Tiny"


def test_members_are_sorted_by_name_whatever_their_folder(shelf: Shelf) -> None:
    for path in ("zebra.py", "vision/mouse.py", "audio/deep/ant.py"):
        shelf.member(path)
    assert list(entries("models")) == ["ant", "mouse", "zebra"]
    assert [entry.area for entry in entries("models").values()] == ["audio.deep", "vision", ""]


def test_titles_are_read_without_importing(shelf: Shelf) -> None:
    shelf.member("tiny.py", '"""A title."""\nraise RuntimeError("imported")\n')
    shelf.distribution(
        "other_far",
        "far = other_far_models.deep.far",
        {"other_far_models/deep/far.py": '"""Far."""\nraise RuntimeError\n'},
    )
    assert {name: entry.title for name, entry in entries("models").items()} == {"far": "Far", "tiny": "A title"}
    assert not [name for name in sys.modules if name.startswith((SAMPLE, "other_far"))]
    with pytest.raises(RuntimeError, match="imported"):
        load("models", "tiny")


def test_listing_every_real_member_imports_none_of_them_nor_torch() -> None:
    program = """
        import sys
        from deepwright import registry
        before = set(sys.modules)
        found = [entry for kind in registry.KINDS for entry in registry.entries(kind).values() if entry.title]
        assert found, "nothing is registered"
        new = set(sys.modules) - before
        assert not [entry.module for entry in found if entry.module in sys.modules]
        assert not [name for name in new if name.startswith("deepwright")], new
        assert "torch" not in sys.modules
    """
    source = str(Path(next(iter(deepwright.__path__))).parent)
    command = f"import sys; sys.path.insert(0, {source!r})\n{textwrap.dedent(program)}"
    result = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_only_the_member_that_is_asked_for_is_imported(shelf: Shelf) -> None:
    shelf.member("tiny.py")
    shelf.member("broken.py", "raise RuntimeError\n")
    load("models", "tiny")
    assert f"{SAMPLE}.tiny" in sys.modules
    assert f"{SAMPLE}.broken" not in sys.modules


@pytest.mark.parametrize(
    "path", ["_shared.py", "__init__.py", "vision/_blocks.py", "_drafts/idea.py", "vision/__init__.py", "notes.txt"]
)
def test_what_begins_with_an_underscore_or_is_no_python_is_no_member(shelf: Shelf, path: str) -> None:
    shelf.member(path, "")
    shelf.member("tiny.py")
    assert list(entries("models")) == ["tiny"]


def test_hyphens_are_underscores(shelf: Shelf) -> None:
    shelf.member("pixel_linear.py")
    assert find("models", "pixel-linear") is find("models", "pixel_linear")
    assert load("models", "pixel-linear").__name__ == "Tiny"
    assert configure("models", Member("pixel-linear"), Document(), ("model",)).name == "pixel_linear"


def test_a_misspelt_name_is_answered_with_the_nearest(shelf: Shelf) -> None:
    for name in ("convnet", "mlp", "majority"):
        shelf.member(f"{name}.py")
    with pytest.raises(UnknownNameError) as caught:
        find("models", "convnt")
    assert str(caught.value) == "There is no model named 'convnt'. Did you mean convnet? Known: convnet, majority, mlp."


@pytest.mark.parametrize(
    ("exported", "count"),
    [("__all__ = ['Tiny', 'other']\n", 2), ("__all__ = []\n", 0), ("", 0)],
)
def test_a_module_that_does_not_export_exactly_one_object_is_refused(shelf: Shelf, exported: str, count: int) -> None:
    shelf.member("tiny.py", f'"""A title."""\n{exported}class Tiny: ...\nother = 1\n')
    assert refusal() == f"{SAMPLE}.tiny must export exactly one member, not {count}."


def test_two_files_of_one_name_are_an_error(shelf: Shelf) -> None:
    shelf.member("vision/tiny.py")
    shelf.member("audio/tiny.py")
    message = refusal("anything")
    for part in ("models", "'tiny'", f"{SAMPLE}.vision.tiny", f"{SAMPLE}.audio.tiny"):
        assert part in message


def test_another_distribution_adds_a_member(shelf: Shelf) -> None:
    shelf.member("tiny.py")
    shelf.distribution("other_near", "near-by = other_near_models.near", {"other_near_models/near.py": MODEL})
    entry = find("models", "near_by")
    assert (entry.name, entry.module, entry.title, entry.area) == (
        "near_by",
        "other_near_models.near",
        "A small network",
        "",
    )
    assert "other_near_models.near" not in sys.modules
    assert load("models", "near-by").__module__ == "other_near_models.near"
    assert list(entries("models")) == ["near_by", "tiny"]


def test_a_package_of_another_distribution_can_be_a_member(shelf: Shelf) -> None:
    shelf.distribution("other_pack", "pack = other_pack_models", {"other_pack_models/__init__.py": MODEL})
    assert find("models", "pack").title == "A small network"
    assert "other_pack_models" not in sys.modules


def test_another_distribution_adds_to_its_own_kind_alone(shelf: Shelf) -> None:
    shelf.distribution("other_kind", "kindly = other_kind_models", {"other_kind_models.py": MODEL})
    assert "kindly" in entries("models")
    assert not [kind for kind in registry.KINDS if kind != "models" and "kindly" in entries(kind)]


@pytest.mark.parametrize("name", ["tiny", "ti-ny"])
def test_another_distribution_cannot_take_a_name(shelf: Shelf, name: str) -> None:
    shelf.member(f"{name.replace('-', '_')}.py")
    shelf.distribution("other_thief", f"{name} = other_thief_models", {"other_thief_models.py": MODEL})
    message = refusal("anything")
    for part in (
        repr(name.replace("-", "_")),
        f"{SAMPLE}.{name.replace('-', '_')}",
        "other_thief_models",
        "Uninstall or rename one.",
    ):
        assert part in message


def test_a_member_without_a_docstring_has_no_title_in_any_language(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Catalogue(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return message or "Project-Id-Version: deepwright"

    shelf.member("tiny.py", "__all__ = ['x']\nx = 1\n")
    monkeypatch.setattr(messages, "_catalogue", Catalogue)
    assert entries("models")["tiny"].title == ""


def test_the_settings_of_a_member_are_checked_and_filled_in(shelf: Shelf) -> None:
    shelf.member("tiny.py")
    assert configure("models", Member("tiny"), Document(), ("model",)) == Member("tiny", {"depth": 2})
    assert configure("models", Member("tiny", {"depth": 5}), Document(), ("model",)) == Member("tiny", {"depth": 5})


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        ({"dept": 5}, ["digits.yaml, line 3", "'model.dept'", "Did you mean depth?", "Known here: depth."]),
        ({"depth": 0}, ["digits.yaml, line 3", "model.depth is 0", "allowed: a whole number of at least 1"]),
    ],
)
def test_an_error_in_the_settings_of_a_member_says_all(
    shelf: Shelf, settings: dict[str, Any], parts: list[str]
) -> None:
    shelf.member("tiny.py")
    document = Document({}, {("model", key): "digits.yaml, line 3" for key in settings})
    with pytest.raises(ConfigError) as caught:
        configure("models", Member("tiny", settings), document, ("model",))
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_kind_has_a_word_for_one_of_it(kind: str) -> None:
    assert registry.singular(kind)
    with pytest.raises(UnknownNameError, match=f"^There is no {registry.singular(kind)} named 'zzzzzz'"):
        find(kind, "zzzzzz")

"""One catalogue, two languages."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from deepwright import messages
from deepwright.messages import _, choose_language, current_language, listing, plural
from tools import catalogue

VARIABLES = ("DEEPWRIGHT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    choose_language(None)
    yield
    choose_language(None)


@pytest.fixture
def chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small catalogue in place of the real one, and Chinese chosen."""
    small = Catalog(locale="zh")
    small.add("{count} rows were rejected", "拒绝了 {count} 行")
    small.add(("one file", "{n} files"), ("{n} 个文件",))
    compiled = tmp_path / "zh" / "LC_MESSAGES" / "deepwright.mo"
    compiled.parent.mkdir(parents=True)
    compiled.write_bytes(catalogue.mo_bytes(small))
    monkeypatch.setattr(messages, "LOCALE_DIRECTORY", tmp_path)
    monkeypatch.setattr(messages, "_translations", {})
    choose_language("zh")


def test_catalogue_is_complete() -> None:
    problems = catalogue.problems()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize(
    ("value", "language"),
    [("zh", "zh"), ("zh_CN.UTF-8", "zh"), ("zh-Hans", "zh"), ("en_GB.UTF-8", "en"), ("C", "en"), ("fr_FR.UTF-8", "en")],
)
def test_environment_chooses(variable: str, value: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    assert current_language() == language


def test_own_variable_precedes_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("DEEPWRIGHT_LANGUAGE", "en")
    assert current_language() == "en"


def test_argument_precedes_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPWRIGHT_LANGUAGE", "zh")
    choose_language("en")
    assert current_language() == "en"
    choose_language(None)
    assert current_language() == "zh"


def test_unknown_language_is_english() -> None:
    choose_language("tlh")
    assert current_language() == "en"


def test_english_is_the_source() -> None:
    choose_language("en")
    assert _("{count} rows were rejected", count=3) == "3 rows were rejected"
    assert _("a text with {braces} and nothing to fill in") == "a text with {braces} and nothing to fill in"


@pytest.mark.usefixtures("chinese")
def test_translation_is_filled_in() -> None:
    assert _("{count} rows were rejected", count=3) == "拒绝了 3 行"


@pytest.mark.usefixtures("chinese")
def test_text_without_translation_stays_english() -> None:
    assert _("{count} columns", count=3) == "3 columns"


@pytest.mark.usefixtures("chinese")
def test_empty_text_stays_empty() -> None:
    assert _("") == ""  # gettext itself answers with the header of the catalogue


@pytest.mark.parametrize(("n", "expected"), [(0, "0 files"), (1, "one file"), (2, "2 files")])
def test_plural_in_english(n: int, expected: str) -> None:
    choose_language("en")
    assert plural("one file", "{n} files", n) == expected


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("n", [0, 1, 2])
def test_plural_in_chinese(n: int) -> None:
    assert plural("one file", "{n} files", n) == f"{n} 个文件"


@pytest.mark.parametrize(("language", "expected"), [("en", "a, b, 3"), ("zh", "a、b、3")])
def test_listing(language: str, expected: str) -> None:
    choose_language(language)
    assert listing(["a", "b", 3]) == expected
    assert listing([]) == ""


# ------------------------------------------------------------------------------ the tool that keeps it complete


def test_source_texts_are_found_however_deep() -> None:
    source = '_("outer {a}", a=listing(name(_("inner"))))\nplural("one", "{n} many", len(x))\n_(variable)\nother("no")'
    assert set(catalogue.texts_of_source(source)) == {("outer {a}", 1), ("inner", 1), (("one", "{n} many"), 2)}


def test_setting_docs_are_those_of_keyword_only_arguments() -> None:
    module = '''
__all__ = ["Net"]
class Net:
    """A network.

    Args:
        inputs: pictures.
        depth: how many layers,
            the first included.
    """
    def __init__(self, inputs, *, depth=3): ...
'''
    assert catalogue.setting_docs(ast.parse(module)) == ["how many layers, the first included."]


def _nothing(catalog: Catalog) -> None:
    catalog.add("{n} rows", "{n} 行")


def _untranslated(catalog: Catalog) -> None:
    catalog.add("{n} rows", "")


def _unsure(catalog: Catalog) -> None:
    catalog.add("{n} rows", "{n} 行", flags=["fuzzy"])


def _misnamed(catalog: Catalog) -> None:
    catalog.add("{n} rows", "{m} 行")


def _extra(catalog: Catalog) -> None:
    _nothing(catalog)
    catalog.add("gone", "没有了")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda catalog: None, "is not in the catalogue"),
        (_untranslated, "has no translation"),
        (_unsure, "has no translation"),
        (_misnamed, "differ in their {placeholders}"),
        (_extra, "no longer in the source"),
        (_nothing, "is not what"),
    ],
)
def test_check_names_what_is_wrong(change: Callable[[Catalog], None], words: str, tmp_path: Path) -> None:
    catalog = Catalog(locale="zh")
    change(catalog)
    po = tmp_path / "deepwright.po"
    po.write_bytes(catalogue.po_bytes(catalog))
    problems = catalogue.problems({"{n} rows": "here.py:1"}, po)
    assert len(problems) >= 1
    assert all(words in problem for problem in problems), problems


def test_update_keeps_translations_and_changes_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    po = tmp_path / "deepwright.po"
    monkeypatch.setattr(catalogue, "texts", lambda: {"b {x}": "here.py:2", ("a", "{n} as"): "here.py:1"})
    catalogue.update(po)
    po.write_text(po.read_text(encoding="utf-8").replace('msgid "b {x}"\nmsgstr ""', 'msgid "b {x}"\nmsgstr "乙 {x}"'))
    catalogue.update(po)
    first = po.read_bytes(), po.with_suffix(".mo").read_bytes()
    assert "乙 {x}" in po.read_text(encoding="utf-8")
    assert catalogue.update(po) == [f"2 texts, 1 of them without translation: {po}"]
    assert (po.read_bytes(), po.with_suffix(".mo").read_bytes()) == first
    monkeypatch.setattr(catalogue, "texts", lambda: {("a", "{n} as"): "here.py:1"})
    assert catalogue.update(po)[0] == "dropped: 'b {x}', which was '乙 {x}'"

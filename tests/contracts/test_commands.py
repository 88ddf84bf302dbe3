"""What every registered command keeps to."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator

import pytest

from deepwright import registry
from deepwright.cli import main
from deepwright.cli._parser import Parser
from deepwright.messages import LANGUAGES, choose_language
from tests.contracts.documentation import title_problems

COMMANDS = list(registry.entries("commands"))
each = pytest.mark.parametrize("name", COMMANDS)
in_each_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(autouse=True)
def language_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command line chooses a language for its process, which here goes on."""
    monkeypatch.setenv("LANGUAGE", "en")
    yield
    choose_language(None)
    gettext.textdomain("messages")


def squeezed(text: str) -> str:
    """Without the spaces and line breaks that wrapping adds."""
    return re.sub(r"\s", "", text)


@each
def test_it_has_a_title(name: str) -> None:
    assert not title_problems("commands", name)


@each
@in_each_language
def test_help_ends_well_and_says_what_it_does(name: str, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name.replace("_", "-"), "--help", "--language", language]) == 0
    captured = capsys.readouterr()
    choose_language(language)
    title = registry.find("commands", name).title
    assert title
    assert squeezed(title) in squeezed(captured.out)
    assert f"deepwright {name.replace('_', '-')}" in captured.out
    assert "--language" in captured.out
    assert captured.err == ""


@each
@in_each_language
def test_the_list_of_commands_has_it(name: str, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--language", language]) == 0
    shown = capsys.readouterr().out
    choose_language(language)
    assert re.search(rf"^  {name.replace('_', '-')}  ", shown, re.MULTILINE)
    assert squeezed(registry.find("commands", name).title) in squeezed(shown)


@each
@in_each_language
def test_an_unknown_option_is_answered_with_the_way_to_help(
    name: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, "--language", language, "--no-such-option"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"deepwright {name.replace('_', '-')} --help" in captured.err
    assert "Traceback" not in captured.err


@each
def test_every_argument_is_explained(name: str) -> None:
    parser = Parser("deepwright", "a title")
    registry.load("commands", name)().arguments(parser)
    assert not [action.dest for action in parser._actions if not action.help]


@each
def test_hyphens_and_underscores_are_the_same(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for written in (name, name.replace("_", "-")):
        assert main([written, "--help"]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]

from __future__ import annotations

import inspect
import re

import pytest

from deepwright import errors
from deepwright.errors import (
    DeepwrightError,
    MissingExtraError,
    UnknownNameError,
    UsageError,
    is_lack_of_memory,
    nearest,
)

RAISED = {
    name: each
    for name, each in vars(errors).items()
    if inspect.isclass(each) and issubclass(each, DeepwrightError) and each.__module__ == errors.__name__
}


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn: dict[str, tuple[str, int]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"    ([│├└─ ]*)(\w+) +(?:exit code|(\d+))", line):
            depth = len(found[1]) // 4
            above[depth:] = [found[2]]
            drawn[found[2]] = (above[depth - 1] if depth else "Exception", int(found[3] or 1))
    assert drawn == {name: (each.__bases__[0].__name__, each.exit_code) for name, each in RAISED.items()}


@pytest.mark.parametrize("error", [each for each in RAISED.values() if issubclass(each, UsageError)])
def test_what_the_user_can_mend_is_wrong_usage(error: type[DeepwrightError]) -> None:
    assert error.exit_code == 2


def test_a_misspelt_name_is_answered_with_the_nearest_and_all_known() -> None:
    message = str(UnknownNameError("model", "convnt", ["mlp", "convnet", "resnet"]))
    assert message == "There is no model named 'convnt'. Did you mean convnet? Known: convnet, mlp, resnet."


def test_a_name_like_no_other_is_answered_with_all_known() -> None:
    assert str(UnknownNameError("model", "zzz", ["mlp"])) == "There is no model named 'zzz'. Known: mlp."
    assert str(UnknownNameError("model", "zzz", [])) == "There is no model named 'zzz'. Known: none."


def test_a_missing_extra_comes_with_the_command_that_installs_it() -> None:
    message = str(MissingExtraError("Serving", "serve"))
    assert message.startswith("Serving needs packages")
    assert message.endswith('pip install "deepwright[serve]"')


@pytest.mark.parametrize(
    ("name", "expected"),
    [("mpl", ["mlp"]), ("ConvNet", ["convnet"]), ("pixel-linear", ["pixel_linear"]), ("zzz", []), ("", [])],
)
def test_the_nearest_names(name: str, expected: list[str]) -> None:
    assert nearest(name, ["mlp", "convnet", "pixel_linear"]) == expected


def test_the_best_match_comes_first_and_there_are_at_most_three() -> None:
    assert nearest("epoch", ["epics", "epochs", "epoch_1", "epoche", "epos"])[0] in {"epochs", "epoche"}
    assert len(nearest("epoch", ["epics", "epochs", "epoch_1", "epoche", "epos"])) == 3


def test_nearest_names_keep_their_spelling() -> None:
    assert nearest("adamw", ["AdamW"]) == ["AdamW"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."),
            True,
        ),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_too_little_memory_is_told_from_mistakes(error: Exception, expected: bool) -> None:
    assert is_lack_of_memory(error) is expected

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch import nn

from deepwright import registry
from deepwright.config.documents import Document
from deepwright.config.settings import Member
from deepwright.errors import ConfigError, UsageError
from deepwright.own_code.admission import admit, allow, named
from deepwright.specs import ClassSpec, ImageSpec
from tests.unit.own_code.conftest import NET, Write

SPECS = ImageSpec(1, 4, 4), ClassSpec(("a", "b"))
OTHER = NET.replace("hidden_dim: int = 8", "hidden_dim: int = 9")


class Here(nn.Module):
    def __init__(self, units: int = 2) -> None:
        super().__init__()
        self.dense = nn.Linear(16, units)

    def forward(self, images: Any) -> Any:
        return self.dense(images.flatten(1))


def configured(name: str, **settings: Any) -> Member:
    return registry.configure("models", Member(name, settings), Document(), ("model",))


def built(member: Member) -> Any:
    return registry.load("models", member.name, member.settings)(*SPECS, **member.settings)


def refusal(member: Member) -> str:
    with pytest.raises(UsageError) as caught:
        built(member)
    return str(caught.value)


@pytest.mark.parametrize("name", ["convnet", "auto", "nothing", ""])
def test_a_registered_name_stays_as_it_is(name: str) -> None:
    assert named(name) == name


def test_code_is_refused_until_it_is_allowed(write: Write) -> None:
    assert refusal(Member("my_net.py:Net")) == (
        "my_net.py:Net is code of your own, which is executed only if you allow it: --allow-code my_net.py "
        "(in Python: load(path, allow_code='my_net.py'))."
    )
    allow(write())
    assert built(configured("my_net.py:Net")).first.out_features == 8


def test_a_module_from_python_is_asked_for_in_python() -> None:
    assert refusal(Member("torch:Sequential")).startswith("torch:Sequential was given from Python")


def test_a_path_becomes_the_files_name(write: Write) -> None:
    assert named(f"{write()}:Net") == "my_net.py:Net"
    assert built(configured("my_net.py:Net", hidden_dim=3)).first.out_features == 3


@pytest.mark.parametrize("given", ["{file}", "{file}:", "{file}:not a name"])
def test_a_file_without_a_class_is_answered_with_its_classes(given: str, write: Write) -> None:
    file = write(NET + "\n\nclass Other(nn.Module): ...\n")
    given = given.format(file=file)
    with pytest.raises(UsageError) as caught:
        named(given)
    if given == str(file):
        assert str(caught.value).endswith(f"such as {file}:Net. Classes in it: Net, Other.")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.py cannot be read: No such file"):
        named(f"{tmp_path}/missing.py:Net")


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("{file}:Net", {"name": "my_net.py:Net"}),
        ({"name": "{file}:Net", "hidden_dim": 3}, {"name": "my_net.py:Net", "hidden_dim": 3}),
        ("mlp", "mlp"),
        ({"name": "mlp"}, {"name": "mlp"}),
        ({"depth": 3}, {"depth": 3}),
        (None, None),
        ([1], [1]),
    ],
)
def test_the_model_of_a_document_is_admitted(model: Any, expected: Any, write: Write) -> None:
    file = str(write())
    if isinstance(model, str):
        model = model.format(file=file)
    elif isinstance(model, dict) and "name" in model:
        model = {**model, "name": model["name"].format(file=file)}
    document = Document({"model": model})
    admit(document)
    assert document.values["model"] == expected


def test_a_misspelt_class_is_answered_with_the_nearest(write: Write) -> None:
    allow(write())
    expected = "my_net.py has no class 'Nett'. Did you mean Net? Classes in it: Net."
    assert refusal(Member("my_net.py:Nett")) == expected


def test_what_is_no_network_is_refused(write: Write) -> None:
    allow(write("class Net: ...\n"))
    assert "Net is no torch.nn.Module" in refusal(Member("my_net.py:Net"))


def test_the_file_has_to_be_the_one_of_the_run(write: Write) -> None:
    allow(write())
    member = configured("my_net.py:Net")
    allow(write(OTHER))
    assert built(member).first.out_features == 8, "the version of the run is still known to this process"
    assert built(configured("my_net.py:Net")).first.out_features == 9


def test_another_version_is_refused_before_it_is_executed(write: Write) -> None:
    allow(write("raise RuntimeError('executed')\n"))
    message = refusal(Member("my_net.py:Net", {"sha256": "0123456789abcdef", "hidden_dim": 8}))
    assert "is not the file that was trained with" in message
    assert "not with 0123456789ab." in message
    with pytest.raises(UsageError, match="is not the file that was trained with"):
        configured("my_net.py:Net", sha256="0123456789abcdef")


def test_settings_are_checked_like_those_of_any_model(write: Write) -> None:
    allow(write())
    with pytest.raises(ConfigError, match="Did you mean hidden_dim"):
        configured("my_net.py:Net", hiden_dim=3)
    with pytest.raises(ConfigError, match=r"model\.hidden_dim is the text 'many'; allowed: a whole number"):
        configured("my_net.py:Net", hidden_dim="many")


def test_a_class_and_modules_of_it_stand_side_by_side() -> None:
    members = [configured(named(model)) for model in (Here(2), Here, Here(2))]
    assert [member.name for member in members] == ["test_admission.py:Here"] * 3
    assert members[0] == members[2] != members[1]
    assert set(members[0].settings) == {"sha256", "structure"}
    assert members[1].settings["units"] == 2
    for member in members:
        assert built(member).dense.out_features == 2


def test_a_module_cannot_be_made_again_from_its_class_or_from_another_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    member = configured(named(Here(2)))
    monkeypatch.setattr("deepwright.own_code.admission._versions", {})
    for other in (Here, Here(3)):
        allow(other)
        assert "was a module object" in refusal(member)
    allow(Here(2))
    assert built(member).dense.out_features == 2

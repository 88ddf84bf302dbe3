from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deepwright.config.documents import Document, apply_overrides, read_document
from deepwright.config.settings import (
    DataSettings,
    Member,
    Settings,
    SplitSettings,
    TrainingSettings,
    ValidationSettings,
    plain,
    settings_from,
)
from deepwright.errors import ConfigError


def read(folder: Path, text: str, *overrides: str) -> Settings:
    path = folder / "digits.yaml"
    path.write_text(text, encoding="utf-8")
    document = read_document(path)
    apply_overrides(document, overrides)
    return settings_from(document)


def refusal(folder: Path, text: str, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, *overrides)
    return str(caught.value)


FULL = Settings(
    task="image_classification",
    data=DataSettings(
        source="数据", columns={"image": "图", "label": "no"}, split=SplitSettings(method="group", group="1e-3")
    ),
    model=Member("mlp", {"depth": 3, "sizes": [1, 2], "rate": 1e-4}),
    training=TrainingSettings(
        epochs=3,
        learning_rate=1e-3,
        optimizer=Member("sgd", {"momentum": 0.9}),
        augmentations=(Member("flip"), Member("shift", {"share": 0.2})),
        max_steps=7,
        max_grad_norm=None,
    ),
    validation=ValidationSettings(resamples=100),
    seed=2**32 - 1,
)


def test_the_best_weights_and_a_mean_exclude_each_other(tmp_path: Path) -> None:
    said = refusal(tmp_path, "training:\n  patience: 3\n  averaged_epochs: 5\n")
    assert said.startswith("digits.yaml, line 3: training.averaged_epochs and training.patience exclude each other")
    assert read(tmp_path, "training:\n  patience: 3\n").training.averaged_epochs == "auto"
    assert read(tmp_path, "training:\n  patience: 3\n  averaged_epochs: null\n").training.averaged_epochs is None


def test_a_score_is_only_watched_with_patience(tmp_path: Path) -> None:
    said = refusal(tmp_path, "training: {watched: score}\n")
    assert "training.watched is score, but training.patience is null" in said
    assert read(tmp_path, "training: {watched: score, patience: 2}\n").training.watched == "score"
    assert "loss" in refusal(tmp_path, "training: {watched: accuracy, patience: 2}\n")


@pytest.mark.parametrize("value", [-0.1, 1, 1.5, "some"])
def test_a_share_of_all_labels_cannot_be_smoothed(value: object, tmp_path: Path) -> None:
    assert "label_smoothing" in refusal(tmp_path, f"training: {{label_smoothing: {value}}}\n")


def test_an_empty_document_gives_the_defaults() -> None:
    assert settings_from(Document()) == Settings()


@pytest.mark.parametrize("settings", [Settings(), FULL])
def test_plain_settings_are_read_back(settings: Settings) -> None:
    assert settings_from(Document(plain(settings))) == settings


def test_every_field_has_a_meaning() -> None:
    from deepwright.config.fields import fields_of

    for section in (Settings, DataSettings, SplitSettings, TrainingSettings, ValidationSettings):
        assert [name for name, field in fields_of(section).items() if not field.description] == []


def test_nested_sections_are_read(tmp_path: Path) -> None:
    settings = read(tmp_path, "data:\n  split: {test: 0.3}\ntraining:\n  learning_rate: 1e-3\nname: no\n")
    assert settings == Settings(
        data=DataSettings(split=SplitSettings(test=0.3)), training=TrainingSettings(learning_rate=0.001), name="no"
    )


def test_a_section_left_empty_keeps_its_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, "training:\n  # epochs: 3\ndata:\n") == Settings()


@pytest.mark.parametrize("text", ["model: mlp", "model: {name: mlp}", "model:\n  name: mlp"])
def test_a_member_is_named_in_short_or_as_a_section(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).model == Member("mlp")


def test_the_own_settings_of_a_member_are_kept_for_the_registry(tmp_path: Path) -> None:
    assert read(tmp_path, "model: {name: mlp, anything: [1]}").model == Member("mlp", {"anything": [1]})
    assert read(tmp_path, "model: {depth: 2}").model == Member("auto", {"depth": 2})
    assert read(tmp_path, "model: mlp", "model.depth=2").model == Member("mlp", {"depth": 2})


def test_a_misspelt_section_is_answered_with_all_there_is_to_say(tmp_path: Path) -> None:
    message = refusal(tmp_path, "seed: 1\ntrainning:\n  epochs: 3\n")
    for part in (
        "digits.yaml, line 2",
        "'trainning'",
        "Did you mean training?",
        "task, data, model, training, validation, energy, seed",
    ):
        assert part in message


def test_a_misspelt_key_deep_down_is_answered_with_all_there_is_to_say(tmp_path: Path) -> None:
    message = refusal(tmp_path, "data:\n  split:\n    method: random\n    validaton: 0.1\n")
    for part in (
        "digits.yaml, line 4",
        "'data.split.validaton'",
        "Did you mean validation?",
        "method, validation, test",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "training:\n  epochs: 0",
            "digits.yaml, line 2: training.epochs is 0; allowed: auto or a whole number of at least 1.",
        ),
        (
            "data:\n  split:\n    test: 1",
            "digits.yaml, line 3: data.split.test is 1; allowed: a number above 0 and below 1.",
        ),
        (
            "\nseed: -1",
            "digits.yaml, line 2: seed is -1; allowed: a whole number of at least 0 and of at most 4294967295.",
        ),
        (
            "seed: 4294967296",
            "digits.yaml, line 1: seed is 4294967296; allowed: a whole number of at least 0 and of at most",
        ),
        (
            "training:\n  device: gpu",
            "digits.yaml, line 2: training.device is the text 'gpu'; allowed: auto, cpu, cuda, mps.",
        ),
        ("data:\n  columns:\n    image: 3", "digits.yaml, line 3: data.columns.image is 3; allowed: text."),
        ("name: 2020", "digits.yaml, line 1: name is 2020; allowed: text."),
        ("model: 5", "digits.yaml, line 1: model.name is 5; allowed: text."),
        ("model:\n  name: [mlp]", "digits.yaml, line 2: model.name is the list ['mlp']; allowed: text."),
        ("training: 3", "digits.yaml, line 1: training is 3; allowed: a section with epochs, batch_size, "),
        (
            "data:\n  split: random",
            "digits.yaml, line 2: data.split is the text 'random'; allowed: a section with method, ",
        ),
        (
            "data: [a]",
            "digits.yaml, line 1: data is the list ['a']; allowed: a section with source, target_source, columns, ",
        ),
    ],
)
def test_a_wrong_value_is_answered_with_place_key_value_and_allowed(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text).startswith(message)


def test_an_override_is_named_as_the_place_of_its_error(tmp_path: Path) -> None:
    message = refusal(tmp_path, "training:\n  epochs: 3\n", "training.epochs=many")
    assert message.startswith("--set training.epochs=many: training.epochs is the text 'many'; allowed: auto or ")


def test_of_several_errors_the_first_section_speaks(tmp_path: Path) -> None:
    message = refusal(tmp_path, "validation: {level: 2}\ntraining: {epochs: 0}\ndata: {source: 1}\n")
    assert message.startswith("digits.yaml, line 3: data.source is 1")


def test_plain_data_shares_nothing_with_the_settings() -> None:
    data: dict[str, Any] = plain(FULL)
    data["model"]["depth"] = 99
    data["data"]["columns"]["image"] = "other"
    assert FULL.model.settings["depth"] == 3
    assert FULL.data.columns["image"] == "图"


# ------------------------------------------------------------------------------------------- lists of members


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("auto", "auto"),
        ("[]", ()),
        ("[flip]", (Member("flip"),)),
        ("[{name: flip}]", (Member("flip"),)),
        ("[shift, {name: flip, vertical: 0.5}]", (Member("shift"), Member("flip", {"vertical": 0.5}))),
        ("[flip, flip]", (Member("flip"), Member("flip"))),
    ],
)
def test_a_list_of_members_is_read_in_its_order(tmp_path: Path, text: str, members: Any) -> None:
    assert read(tmp_path, f"training:\n  augmentations: {text}\n").training.augmentations == members
    assert read(tmp_path, "seed: 1", f"training.augmentations={text}").training.augmentations == members


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("flip", ["training.augmentations is the text 'flip'", "allowed: auto or a list"]),
        ("{name: flip}", ["training.augmentations is a section", "allowed: auto or a list"]),
        ("3", ["training.augmentations is 3"]),
        ("null", ["training.augmentations is null"]),
        ("[flip, 3]", ["training.augmentations.1.name is 3", "allowed: text"]),
        ("[[flip]]", ["training.augmentations.0.name is the list"]),
    ],
)
def test_what_is_no_list_of_members_is_named_with_its_line(tmp_path: Path, text: str, parts: list[str]) -> None:
    message = refusal(tmp_path, f"training:\n  epochs: 3\n  augmentations: {text}\n")
    for part in ["digits.yaml, line 3", *parts]:
        assert part in message


def test_the_place_of_each_member_of_a_list_is_known(tmp_path: Path) -> None:
    text = "training:\n  augmentations:\n    - flip\n    - name: shift\n      share: 0.2\n    - 7\n"
    assert refusal(tmp_path, text).startswith("digits.yaml, line 6: training.augmentations.2.name is 7")

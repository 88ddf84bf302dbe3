from __future__ import annotations

import json
from typing import Any

import pytest

import deepwright as dw
from deepwright.config.documents import Document
from deepwright.predictor import Predictor
from deepwright.workflows.plan import Plan, plan
from deepwright.workflows.through_time import gradients_through_time

TEXTS = {
    "text": [f"{word} {'x ' * (i % 7)}{i % 3}" for i in range(30) for word in ("good", "bad")],
    "label": [1, 0] * 30,
}


def planned(*layers: Any) -> tuple[Plan, Predictor]:
    document = Document()
    settings = {"name": "sequential", "layers": [{"embedding": 4}, *layers, {"dense": "outputs"}]}
    document.set("model", settings, "test")
    document.set("task", "classification", "test")
    ready = plan(document, TEXTS)
    return ready, Predictor.build(ready.task, ready.fitted, ready.settings.model)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_a_recurrent_network_is_looked_at_on_its_validation_rows(name: str) -> None:
    ready, predictor = planned({name: 5})
    found = json.loads(gradients_through_time(ready, predictor)["gradients_through_time.json"])
    assert found["rows"] == len(ready.splits.validation)
    assert [part["memory"] for part in found["parts"]] == [False, True][: 1 + (name == "lstm")]
    assert all(part["shares"][0] == 1.0 and part["layer"] == f"{name}_1" for part in found["parts"])
    assert (
        gradients_through_time(ready, predictor)["gradients_through_time.json"] == json.dumps(found, indent=1).encode()
    )


def test_nothing_without_recurrent_layers() -> None:
    assert gradients_through_time(*planned("global_avg_pool")) == {}


def test_it_is_part_of_the_run_and_verified(tmp_path: Any) -> None:
    from deepwright.workflows.verify import verify

    settings = {"model.layers": [{"embedding": 4}, {"gru": 5}], "training.epochs": 1, "task": "classification"}
    run = dw.train(TEXTS, model="sequential", output=tmp_path, progress=False, settings=settings)
    assert "Back through time" in (run.path / "report.html").read_text("utf-8")
    how = {verdict.claim: verdict.how for verdict in verify(run.directory).verdicts}
    assert how["gradients_through_time.json"] == "impossible without the data"

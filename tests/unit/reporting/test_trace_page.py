from __future__ import annotations

import re
from dataclasses import replace

import pytest

from deepwright.explaining.trace import trace
from deepwright.explaining.worked import Factor, Term, Worked
from deepwright.reporting import trace as views
from deepwright.reporting.trace import ChosenBy, Traced
from tests.unit.explaining.test_trace import Strange
from tests.unit.explaining.traced import by_name, predictor_of
from tests.unit.reporting.test_report import Page

PIXEL = "data:image/png;base64,AAAA"


def traced(model: object = "convnet", task: str = "classification", chosen_by: ChosenBy = "model") -> Traced:
    predictor, batch = predictor_of(model, task)  # type: ignore[arg-type]
    found = trace(predictor, batch)
    layer = next((layer.name for layer in reversed(found.layers) if layer.unit is not None), None)
    return Traced("run", "net", "<i>three</i>.png", PIXEL, (), "3", chosen_by, layer, found)


@pytest.mark.parametrize(
    ("model", "task"),
    [
        *(
            (model, task)
            for model in ("convnet", "resnet", "mlp", "pixel_linear")
            for task in ("classification", "multi_label", "regression")
        ),
        ("majority", "classification"),
        ("mean", "regression"),
        (Strange(), "classification"),
    ],
)
def test_every_network_has_a_well_formed_page(model: object, task: str) -> None:
    html = views.render(traced(model, task)).decode()
    page = Page(html)
    identifiers = [attributes["id"] for _tag, attributes in page.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert all(name in identifiers for name in re.findall(r'href="#([^"]+)"', html))
    assert page.all("i") == page.all("script") == []
    assert re.findall(r"https?://|@import|url\(", html) == []
    assert "None" not in page.words
    assert "nan" not in page.words.casefold().split()


def test_the_page_of_a_convnet_shows_each_layer_its_numbers_and_its_pictures() -> None:
    shown = traced()
    page = Page(views.render(shown).decode())
    sections = [attributes["id"] for attributes in page.all("section")]
    assert sections == ["answer", "layers", "numbers", "filters", "gradients"]
    assert sum("alt" in attributes for attributes in page.all("img")) == 1 + 5 * 16 + 32
    for layer in shown.trace.layers:
        assert f"{layer.name} {layer.kind}" in page.words
        assert not layer.unit or layer.unit.formula in page.words
    assert "its input: view of relu#3" in page.words
    assert len([a for a in page.all("svg") if a.get("role") == "img"]) == 1


def test_a_table_of_layers_fits_a_terminal() -> None:
    rows = [views.columns(), *views.rows(traced("resnet").trace)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    assert sum(widths) + len(widths) <= 100
    assert ("  add", *[""] * 6) in rows


def test_steps_of_a_sum_a_maximum_and_a_function() -> None:
    terms = (Term((Factor("w[0]", 2.0), Factor("x[0]", -3.0)), -6.0),)
    one = Worked("y[1]", "y = w·x + b", "sum", terms, 2, 0.5, Factor("b[1]", 1.0), -4.5, -4.5)
    assert views.steps(one) == [
        ("w[0] · x[0]", "2 · (−3)", "−6"),
        ("2 more terms", "", "0.5"),
        ("b[1]", "", "1"),
        ("y[1]", "Σ", "−4.5"),
    ]
    one = replace(one, how="max", terms=(Term((Factor("x[0]", 3.0),), 3.0),), bias=None, result=3.0)
    assert views.steps(one) == [("x[0]", "", "3"), ("2 more, at most", "", "0.5"), ("y[1]", "max", "3")]
    one = replace(one, how="function", num_rest=0)
    assert views.steps(one) == [("x[0]", "", "3"), ("y[1]", "f(x)", "3")]


def test_the_activation_after_a_dense_layer_is_worked_out_with_it() -> None:
    shown = traced("mlp")
    layer = by_name(shown.trace)["hidden.dense1"]
    headings = [heading for heading, _worked in views.worked_out(shown, layer)]
    assert headings == [
        "hidden.dense1, its largest output: y = w·x + b",
        "then hidden.relu1: y = max(0, x)",
        "hidden.dense1, backward by the chain rule: dL/dw = Σ dL/dy · x",
        "hidden.dense1, backward by the chain rule: dL/dx = Σ w · dL/dy",
    ]


def test_derivatives_are_called_as_the_formula_calls_them() -> None:
    layers = by_name(traced("resnet").trace)
    assert [name for name, _shape, _norm in views.gradients(layers["stem.0"])] == ["dL/dy", "dL/dw", "dL/dx"]
    assert [name for name, _s, _n in views.gradients(layers["stem.1"])] == ["dL/dy", "dL/dγ", "dL/dβ", "dL/dx"]


@pytest.mark.parametrize(
    ("task", "chosen_by", "said"),
    [
        ("classification", "user", "against 3, which you gave"),
        ("classification", "model", "the model's own answer, 3"),
        ("regression", "mean", "3, the mean of the training split"),
    ],
)
def test_what_the_loss_is_set_against_is_said(task: str, chosen_by: ChosenBy, said: str) -> None:
    assert said in views.loss(traced("mlp", task, chosen_by))


def test_a_network_that_is_sure_has_no_gradient_to_show() -> None:
    shown = traced("mlp")
    assert views.hint(shown) == ""
    sure = replace(shown, trace=replace(shown.trace, loss=1e-6))
    assert "--target" in views.hint(sure)
    assert views.hint(replace(sure, chosen_by="user")) == ""

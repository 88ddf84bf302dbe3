"""What a report says and shows of recommendations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from deepwright.measurements import Measurement, Measurements
from deepwright.reporting.findings import answer
from deepwright.reporting.labels import metric, unit
from deepwright.reporting.recommendation_charts import bias_of
from deepwright.reporting.recommendation_findings import fitting, recommended
from deepwright.reporting.recommendations import RECOMMENDATIONS, RecommendationsSection

MODEL = "ease"
Bounds = tuple[float, float]


def record(name: str, value: float, interval: Bounds | None = None, **others: Any) -> Measurement:
    level = 0.95 if interval else None
    made = Measurement(name, value, "share", "ndcg", {}, MODEL, "test", 610, interval, level, recomputable=True)
    return replace(made, **others)


def group(kind: str, span: str, value: float, interval: Bounds | None, n: int = 100) -> Measurement:
    return record(f"ndcg/{kind}/{span}", value, interval, n=n)


def measured(*records: Measurement, epochs: int | None = None) -> Measurements:
    first = record("ndcg", 0.036, (0.026, 0.048))
    trained = [record("epochs", float(epochs), split=None, unit="epochs")] if epochs else []
    return Measurements([first, *records, *trained], MODEL)


def test_the_answer_speaks_of_users_and_names_the_metric_in_words() -> None:
    said = answer(measured(record("ndcg", 0.015, (0.009, 0.023), model="popular")))
    assert said == (
        "ease: NDCG of the first 10 is 3.6% on 610 test users (95% interval: 2.6% to 4.8%). Baselines: popular 1.5%."
    )


@pytest.mark.parametrize("name", ["ndcg", "recall_at", "hit_rate", "mrr", "coverage", "gini", "novelty", "head_share"])
def test_every_metric_is_said_in_words(name: str) -> None:
    assert metric(name) != name
    assert "_" not in metric(f"{name}/of_histories/1-5")
    assert "1 to 5" in metric(f"{name}/of_items/1-5")
    assert unit("users") == "users"


def test_learnt_and_new_items_are_told_apart() -> None:
    train = record("ndcg", 0.546, (0.5, 0.59), split="train")
    gap = record("ndcg_gap", 0.51, (0.47, 0.54), split=None)
    (solved,) = fitting(measured(train, gap))
    assert "only the latter tells how well it recommends" in solved
    assert "54.6%" in solved
    assert "regularisation" not in solved
    (learnt,) = fitting(measured(train, gap, epochs=5))
    assert learnt.startswith("Overfitting")
    (neither,) = fitting(measured(replace(train, value=0.03), replace(gap, value=-0.006, interval=(-0.02, 0.01))))
    assert neither.startswith("No overfitting")


@pytest.mark.parametrize(
    ("few", "many", "beginning"),
    [
        ((0.1, (0.05, 0.15)), (0.3, (0.25, 0.35)), "Users with short histories are served worse"),
        ((0.3, (0.25, 0.35)), (0.1, (0.05, 0.15)), "Users with long histories are served worse"),
        ((0.1, (0.05, 0.15)), (0.12, (0.07, 0.17)), "Histories are not shown to matter"),
    ],
)
def test_users_by_their_histories(few: tuple[float, Bounds], many: tuple[float, Bounds], beginning: str) -> None:
    cold = group("of_histories", "0-0", 0.0, (0.0, 0.3), n=4)
    groups = [group("of_histories", "1-9", *few), group("of_histories", "10-40", *many)]
    (said,) = recommended(measured(cold, *groups))
    assert said.startswith(beginning)
    assert "1 to 9 items" in said, "the unknown ones are apart"


def test_rare_and_new_items() -> None:
    groups = [
        group("of_items", "0-0", 0.0, (0.0, 0.15), n=22),
        group("of_items", "1-12", 0.0, (0.0, 0.023)),
        group("of_items", "87-313", 0.138, (0.1, 0.18)),
    ]
    new, rare = recommended(measured(*groups))
    assert new.startswith("New items: 22 test users")
    assert rare.startswith("Rarely taken items are found less")


def test_popularity_is_set_beside_that_of_the_data() -> None:
    records = [
        record("head_share", 0.9, (0.89, 0.91), measure="head_share"),
        record("coverage", 0.066, measure="coverage"),
        record("long_tail", 0.6, split=None, model=None),
    ]
    (said,) = recommended(measured(*records))
    assert "90.0% of what is recommended" in said
    assert "60.0% of all interactions" in said
    assert "6.6% of the items" in said


def test_nothing_is_said_of_other_models() -> None:
    assert not list(recommended(Measurements([record("accuracy", 0.9, (0.8, 0.95))], MODEL)))


def _user(how: str, **others: Any) -> Mapping[str, Any]:
    item = {"item": "1", "title": "Kill Bill <1>"}
    return {
        "how": how,
        "user": "7",
        "items_before": 20,
        "before": [item, {"item": "2", "title": ""}],
        "recommended": [{**item, "score": 0.4, "taken": True, "because": [{**item, "gain": 0.1}]}],
        "items_taken": 3,
        "taken": [{**item, "known": True}, {"item": "9", "title": "", "known": False}],
        **others,
    }


def test_users_are_shown_with_titles_where_these_are_known() -> None:
    files = {RECOMMENDATIONS: json.dumps({"users": [_user("best"), _user("missed after little")]}).encode()}
    contents: Any = SimpleNamespace(answers="items", principal="ndcg", measurements=measured())
    section = RecommendationsSection.read(files, contents)
    assert section is not None
    first, second = section.users
    assert (first.heading, second.heading) == ("Found at once", "Not found, of whom least was known")
    assert list(first.before) == ["Kill Bill <1>", "2"]
    assert (first.more, first.beyond) == (18, 1)
    assert list(first.taken) == [("Kill Bill <1>", True), ("9", False)]
    assert first.suggestions[0].taken
    assert list(first.suggestions[0].because) == ["Kill Bill <1>"]
    assert not section.charts, "there are no groups"


def test_other_runs_have_no_such_section() -> None:
    contents: Any = SimpleNamespace(answers="class")
    assert RecommendationsSection.read({}, contents) is None


def test_each_model_has_a_mark() -> None:
    heads = [record("head_share", share) for share in (0.2, 0.5, 0.9, 0.95)]
    chart = bias_of([(f"m{place}", record("ndcg", 0.1 * place), head) for place, head in enumerate(heads)])
    assert chart is not None
    assert [line.label for line in chart.lines] == ["m0", "m1", "m2", "m3"]
    places = [line.marks[0][:2] for line in chart.lines]
    assert [x for x, _y in places] == sorted(x for x, _y in places)
    assert [y for _x, y in places] == sorted((y for _x, y in places), reverse=True), "better is higher up"
    assert bias_of([("alone", record("ndcg", 0.1), heads[0])]) is None
    assert bias_of([("a", None, None), ("b", None, None)]) is None

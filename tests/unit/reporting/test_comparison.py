from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from deepwright.config import yaml_core
from deepwright.config.settings import ValidationSettings
from deepwright.measurements import Measurement
from deepwright.messages import choose_language
from deepwright.reporting import comparison_charts
from deepwright.reporting.comparison import Comparison, costs, difference_rows, render, settings_that_differ
from deepwright.reporting.comparison_findings import answer, findings
from deepwright.reporting.contents import Contents
from deepwright.validation.between_runs import Candidate, claims_of, differences, over_seeds
from tests.unit.reporting.runs import run_files
from tests.unit.reporting.test_report import HOSTILE, Page

VALIDATION = ValidationSettings(resamples=200)


def comparison(*changes: dict[str, Any], rows: str = "same", seeds: bool = False) -> Comparison:
    """Runs that nobody trained, each compared with the first."""
    runs = {f"run {number}": Contents.read(run_files(**change)) for number, change in enumerate(changes)}
    candidates = [
        Candidate(name, claims_of(run.measurements), run.test, rows if rows == "same" else name, {})
        for name, run in runs.items()
    ]
    found = differences(candidates, [(name, "run 0") for name in list(runs)[1:]], VALIDATION, 0)
    if not seeds:
        return Comparison(runs, found)
    records = [replace(run.measurements["accuracy"], model=name) for name, run in runs.items()]
    about = {name: (run.model, number) for number, (name, run) in enumerate(runs.items())}
    return Comparison(runs, found, over_seeds([*records, *found], about))


BETTER: dict[str, Any] = {"model": "mlp"}
WORSE: dict[str, Any] = {"model": "pixel_linear", "baselines": ("majority",)}
SOLVED = {**WORSE, "trained": False}

PAGES = {
    "two": comparison(BETTER, WORSE),
    "not paired": comparison(BETTER, WORSE, rows="others"),
    "six": comparison(*[BETTER, WORSE] * 3),
    "solved alone": comparison(SOLVED, SOLVED),
    "one solved": comparison(BETTER, SOLVED),
    "hostile names": comparison({"names": HOSTILE}, {"names": HOSTILE, "source": '/tmp/"><b>data'}),
    "over seeds": comparison(BETTER, BETTER, WORSE, WORSE, seeds=True),
}


@pytest.mark.parametrize("compared", PAGES.values(), ids=PAGES)
def test_every_page_is_well_formed_and_comes_from_nowhere_else(compared: Comparison) -> None:
    html = render(compared).decode()
    page = Page(html)
    identifiers = [attributes["id"] for _tag, attributes in page.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert {f"#{name}" for name in identifiers} >= {link["href"] for link in page.all("a")}
    assert re.findall(r"https?://|//[a-z]|@import|url\(", html) == []
    assert not {"script", "link", "img", "iframe", "b"} & {tag for tag, _attributes in page.tags}
    assert "None" not in page.words
    assert "nan" not in page.words.casefold().split()
    levels = [int(tag[1]) for tag, _attributes in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}
    assert len(page.all("caption")) == len(page.all("table"))


def test_same_runs_same_bytes() -> None:
    assert render(comparison(BETTER, WORSE)) == render(comparison(BETTER, WORSE))


def test_the_page_says_what_the_terminal_says() -> None:
    compared = PAGES["two"]
    words = Page(render(compared).decode()).words
    assert answer(compared) in words
    for row in difference_rows(compared):
        assert " ".join([row.metric, row.run, row.reference, row.value, row.interval, row.meaning]) in words


def test_better_worse_and_neither_are_told_apart() -> None:
    (worse,) = findings(PAGES["two"])
    (better,) = findings(comparison(WORSE, BETTER))
    (same,) = findings(comparison(BETTER, BETTER))
    assert worse.startswith("Worse: on the same 90 test rows, the accuracy of run 1 differs from that of run 0 by −")
    assert better.startswith("Better: on the same 90 test rows, the accuracy of run 1 differs from that of run 0 by ")
    assert same.startswith("Not shown to differ: on the same 90 test rows,")
    assert re.search(r"by 0\.0 percentage points \(95% interval: −\d\.\d to \d\.\d, which includes 0\)", same)


def test_other_rows_are_said_plainly() -> None:
    compared = PAGES["not paired"]
    (sentence,) = findings(compared)
    assert sentence.startswith("Not paired: run 1 and run 0 were tested on different rows (90 and 90).")
    assert all(row.meaning.endswith(", on different rows") for row in difference_rows(compared))


def test_of_log_loss_less_is_better() -> None:
    (loss,) = [row for row in difference_rows(PAGES["two"]) if row.metric == "log loss"]
    assert not loss.value.startswith("−")
    assert loss.meaning == "worse"


def test_the_answer_names_the_best_run_or_all_that_are_as_good() -> None:
    assert answer(PAGES["two"]).startswith("The best accuracy is that of run 0: ")
    assert answer(comparison(WORSE, BETTER)).startswith("The best accuracy is that of run 1: ")
    assert answer(comparison(BETTER, BETTER)).startswith("The best accuracy is that of run 0, run 1: ")


def test_several_intervals_are_said_to_stand_for_themselves() -> None:
    assert findings(comparison(BETTER, WORSE, WORSE))[-1].startswith("Each of the 2 intervals stands for itself")


def test_over_seeds_means_come_first() -> None:
    compared = PAGES["over seeds"]
    assert answer(compared).startswith("Mean accuracy over 2 seeds: mlp ")
    assert "the interval excludes 0 in 2 of them" in findings(compared)[-2]


def test_only_settings_that_differ_are_shown() -> None:
    of, settings = settings_that_differ(PAGES["two"])
    assert of == ["run 0", "run 1"]
    assert settings == {"model.name": ["mlp", "pixel_linear"]}


def test_the_training_settings_of_a_solved_model_do_not_count() -> None:
    _of, settings = settings_that_differ(PAGES["one solved"])
    assert list(settings) == ["model.name"]


def test_a_setting_that_a_run_does_not_have_is_a_dash() -> None:
    files = run_files()
    config = yaml_core.parse(files["config.yaml"].decode(), "config.yaml")[0]
    config["model"]["dropout"] = 0.5
    config["training"]["augmentations"] = [{"name": "flip"}, {"name": "crop"}]
    other = Contents.read({**files, "config.yaml": yaml_core.dump(config).encode()})
    runs = {"one": Contents.read(files), "two": other}
    settings = settings_that_differ(Comparison(runs, []))[1]
    assert settings["model.dropout"] == ["–", "0.5"]
    assert "training.augmentations" not in settings, "only one of them says so"


def test_one_run_stands_for_each_model_over_seeds() -> None:
    of, settings = settings_that_differ(PAGES["over seeds"])
    assert of == ["mlp", "pixel_linear"]
    assert list(settings) == ["model.name"]


def test_costs_that_a_run_does_not_have_are_missing() -> None:
    names, taken = costs(PAGES["one solved"])
    place = names.index("training_seconds")
    assert taken["run 0"][place] is not None
    assert taken["run 1"][place] is None


def test_energy_is_a_cost_where_it_is_known() -> None:
    files = run_files()
    record = json.loads(files["measurements.json"])
    energy = Measurement("training_energy", 7.5, "joules", "training_energy", model="mlp", status="estimated")
    record["measurements"].append(energy.to_json())
    known = Contents.read({**files, "measurements.json": json.dumps(record).encode()})
    names, taken = costs(Comparison({"known": known, "unknown": Contents.read(files)}, []))
    place = names.index("training_energy")
    found = [records[place] for records in taken.values()]
    assert [None if record is None else record.value for record in found] == [7.5, None]


def test_curves_are_laid_over_one_another() -> None:
    drawn = comparison_charts.curves(PAGES["two"])
    assert [chart.caption.name for chart in drawn] == ["training-loss", "validation-loss", "validation-score"]
    for chart in drawn:
        assert [(line.label, line.style, line.mix) for line in chart.lines] == [("run 0", 0, None), ("run 1", 1, None)]
    assert [chart.caption.name for chart in comparison_charts.curves(PAGES["solved alone"])] == []


def test_of_many_runs_each_line_has_a_colour_of_its_own() -> None:
    (chart, *_others) = comparison_charts.curves(PAGES["six"])
    assert [line.mix for line in chart.lines] == [number / 5 for number in range(6)]


def test_a_long_training_is_drawn_as_means_of_its_steps() -> None:
    records = [{"step": step, "loss": float(step % 2), "gradients": {}} for step in range(1, 601)]
    history = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    run = Contents.read({**run_files(), "history.jsonl": history})
    (chart,) = comparison_charts.curves(Comparison({"one": run, "two": run}, []))
    assert len(chart.lines[0].points) == 60
    assert {row[2] for row in chart.figures.rows} == {"0.5"}


@pytest.fixture
def chinese() -> Iterator[None]:
    choose_language("zh")
    yield
    choose_language(None)


def test_in_chinese(chinese: None) -> None:
    assert Page(render(PAGES["two"]).decode()).all("html") == [{"lang": "zh"}]


def test_comparing_does_not_import_torch() -> None:
    code = "import sys, deepwright.workflows.compare, deepwright.cli.compare; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"

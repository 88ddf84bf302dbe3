"""Interactions from the data to the report, and all that can be done with the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.command_line import call

FEW = ("--set", "validation.resamples=100", "--quiet")


def write(path: Path) -> Path:
    """Forty users who go through items of one of two kinds, and rate them."""
    rows = [
        f"u{user},{'ab'[user % 2]}{(user // 2 + step) % 12},{1 + (user + step) % 5},{1_600_000_000 + 99 * user + step}"
        for user in range(40)
        for step in range(3 + user % 6)
    ]
    path.write_text("\n".join(["user_id,item_id,rating,timestamp", *rows]), encoding="utf-8")
    titles = "\n".join(f"{kind}{number},Book {kind} {number},{kind}" for kind in "ab" for number in range(12))
    (path.parent / "books.csv").write_text("item_id,title,genre\n" + titles, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("interactions")
    write(folder / "ratings.csv")
    for name, method in (("last", "last"), ("time", "time"), ("users", "users")):
        settings = ("--set", f"data.split.method={method}", "--set", "data.items=books.csv")
        call("train", "ratings.csv", *settings, *FEW, "--name", name, cwd=folder)
    call("train", "ratings.csv", "--task", "rating", *FEW, "--name", "rated", cwd=folder)
    return folder


def test_the_report_shows_the_data_the_groups_and_users_with_titles(trained: Path) -> None:
    page = (trained / "runs/last/report.html").read_text(encoding="utf-8")
    for part in (
        'id="recommendations"',
        'id="long-tail-title"',
        'id="bias-title"',
        "Book a ",
        "because of",
        "40 test users",
    ):
        assert part in page
    for part in ('id="confusion"', 'id="calibration"', "test rows", "/tmp"):
        assert part not in page.replace(str(trained), "")
    card = (trained / "runs/last/README.md").read_text(encoding="utf-8")
    assert "deepwright recommend . --user ID" in card


@pytest.mark.parametrize("name", ["last", "time", "users", "rated"])
def test_verify_computes_everything_again(trained: Path, name: str) -> None:
    assert "nothing differs" in call("verify", f"runs/{name}", cwd=trained).out


def test_verify_needs_no_data_for_what_is_recommended(trained: Path) -> None:
    moved = trained / "ratings.csv"
    moved.rename(trained / "elsewhere.csv")
    try:
        said = call("verify", "runs/last", cwd=trained).out
    finally:
        (trained / "elsewhere.csv").rename(moved)
    assert "nothing differs" in said
    assert "made again and is the same: recommendations.json" in said


def test_a_recommendation_that_was_changed_is_found(trained: Path) -> None:
    file = trained / "runs/time/recommendations.json"
    before = file.read_bytes()
    file.write_bytes(before.replace(b'"taken": false', b'"taken": true ', 1))
    try:
        assert "recommendations.json" in call("verify", "runs/time", cwd=trained, code=1).out
    finally:
        file.write_bytes(before)


def test_few_users_at_one_time_are_warned_of(trained: Path) -> None:
    assert "cannot rank models" in (trained / "runs/time/report.html").read_text(encoding="utf-8")
    assert "cannot rank models" not in (trained / "runs/last/report.html").read_text(encoding="utf-8")


def test_columns_of_any_name_can_be_named(trained: Path) -> None:
    rows = "\n".join(f"{user},{item}" for user in range(12) for item in range(user % 3, 4 + user % 5))
    (trained / "own.csv").write_text("who,what\n" + rows, encoding="utf-8")
    named = ("--set", "data.columns.user=who", "--set", "data.columns.item=what")
    call("train", "own.csv", *named, "--model", "popular", *FEW, "--name", "own", cwd=trained)
    assert "nothing differs" in call("verify", "runs/own", cwd=trained).out


def test_inspect_counts_users_and_items(trained: Path) -> None:
    found = json.loads(call("inspect", "ratings.csv", "--json", cwd=trained).out)["inspection"]["interactions"]
    assert (found["users"], found["items"]) == (40, 24)
    said = call("inspect", "ratings.csv", "--html", "page.html", cwd=trained).out
    assert "Long tail" in said
    assert "long-tail" in (trained / "page.html").read_text(encoding="utf-8")


def test_every_model_that_fits_can_be_compared(trained: Path) -> None:
    said = call("compare", "runs/last", "runs/users", "--output", "two.html", cwd=trained).out
    assert "NDCG of the first 10" in said
    assert "bias-title" in (trained / "two.html").read_text(encoding="utf-8")


def test_ratings_are_predicted_for_pairs_and_tables(trained: Path) -> None:
    (answer,) = json.loads(call("predict", "runs/rated", "u1,b3", "--json", cwd=trained).out)
    assert answer["input"] == "u1, b3"
    every = json.loads(call("predict", "runs/rated", "ratings.csv", "--json", cwd=trained).out)
    assert len(every) == len((trained / "ratings.csv").read_text(encoding="utf-8").splitlines()) - 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("predict", "runs/last", "u1"), "deepwright recommend"),
        (("predict", "runs/rated", "u1"), "divided by a comma"),
        (("trace", "runs/last", "u1"), "not traced"),
        (("export", "runs/last"), "not exported"),
        (("export", "runs/rated"), "not exported"),
        (("generate", "runs/last", "--prompt", "a"), "deepwright recommend"),
        (("recommend", "runs/rated", "--user", "u1"), "recommends nothing"),
    ],
)
def test_other_commands_say_what_to_do(trained: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in call(*arguments, cwd=trained, code=2).err

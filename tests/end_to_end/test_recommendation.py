"""Recommendation from files to answers, and what is wrong, in one sentence each."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.end_to_end.command_line import call
from tests.end_to_end.test_bad_input import refused

USERS, ITEMS, TAKEN = 24, 20, 7


def _ratings(folder: Path) -> None:
    """Even users take even items, odd ones odd items; identifiers with zeros before them."""
    lines = [
        f"u{user:02},{2 * ((user + 3 * turn) % (ITEMS // 2)) + user % 2:03},{turn % 5 + 1},{1_600_000_000 + turn}"
        for user in range(USERS)
        for turn in range(TAKEN)
    ]
    (folder / "ratings.csv").write_text("\n".join(["user_id,item_id,rating,timestamp", *lines]), encoding="utf-8")
    items = [f"{item:03},第{item}本书,{'odd' if item % 2 else 'even'}|book" for item in range(ITEMS + 2)]
    (folder / "items.csv").write_text("\n".join(["item_id,title,kinds", *items]), encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of ``ease``."""
    folder = tmp_path_factory.mktemp("recommendation")
    _ratings(folder)
    settings = ("--set", "model.l2=1", "--set", "validation.resamples=100")
    done = call("train", "ratings.csv", "--items", "items.csv", "--model", "ease", *settings, cwd=folder)
    for part in ("user = user_id, item = item_id, rating = rating, time = timestamp", "24 users", "ndcg", "popular"):
        assert part in done.out + done.err, part
    return folder


def test_a_user_gets_what_the_like_take(run: Path) -> None:
    found = json.loads(call("recommend", "runs/latest", "--user", "u03", "-k", "3", "--json", cwd=run).out)[0]
    assert len(found["history"]) == TAKEN
    assert [int(item["item"]) % 2 for item in found["items"]] == [1, 1, 1]
    assert not {item["item"] for item in found["items"]} & set(found["history"])
    assert found["items"][0]["title"].startswith("第")
    reason = found["items"][0]["because"][0]
    assert reason["item"] in found["history"]
    assert reason["gain"] > 0


def test_what_is_printed_has_titles_and_reasons(run: Path) -> None:
    done = call("recommend", "runs/latest", "--user", "u02", "--user", "u03", "-k", "2", cwd=run)
    assert done.out.count("本书") >= 4
    assert "u02" in done.out
    assert "u03" in done.out


def test_a_history_of_somebody_unknown(run: Path) -> None:
    found = json.loads(
        call("recommend", "runs/latest", "--history", "000, 002,nothing", "-k", "4", "--json", cwd=run).out
    )
    assert [int(item["item"]) % 2 for item in found[0]["items"]] == [0, 0, 0, 0]
    assert found[0]["popular"] is False


def test_nobody_known_gets_what_most_took_and_is_told_so(run: Path) -> None:
    done = call("recommend", "runs/latest", "--user", "u3", cwd=run)
    assert "No user 'u3' is in the data" in done.err
    assert "u03" in done.err
    found = json.loads(call("recommend", "runs/latest", "--user", "u3", "--json", cwd=run).out)
    assert found[0]["popular"] is True


def test_all_users_are_written_and_more_items_than_there_are(run: Path) -> None:
    call("recommend", "runs/latest", "--all", "-k", "50", "--output", "all.parquet", cwd=run)
    table = pq.read_table(run / "all.parquet")
    assert len(set(table["user"].to_pylist())) == USERS
    assert table["item"].to_pylist()[0] in {f"{item:03}" for item in range(ITEMS + 2)}
    assert table.num_rows == USERS * (ITEMS + 2 - TAKEN)
    call("recommend", "runs/latest", "--all", "-k", "2", "--output", "all.jsonl", cwd=run)
    assert len((run / "all.jsonl").read_text("utf-8").splitlines()) == 2 * USERS


def test_similar_items_have_the_same_colour(run: Path) -> None:
    found = json.loads(call("similar", "runs/latest", "--item", "004", "-k", "3", "--json", cwd=run).out)
    assert [int(one["item"]) % 2 for one in found] == [0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("recommend", "runs/latest"), ["--user", "--history", "--all"]),
        (("recommend", "runs/latest", "--user", "u03", "--all"), ["one of"]),
        (("recommend", "runs/latest", "--all"), ["--output FILE"]),
        (("recommend", "runs/latest", "--all", "--output", "a.xlsx"), ["a.xlsx", ".parquet"]),
        (("recommend", "runs/latest", "--user", "u03", "-k", "0"), ["-k is 0"]),
        (("recommend", "runs/latest", "--history", "5"), ["'5'", "learnt from"]),
        (("similar", "runs/latest", "--item", "04"), ["'04'", "004"]),
        (("train", "ratings.csv", "--items", "none.csv"), ["none.csv", "no table"]),
        (("train", "ratings.csv", "--model", "convnet"), ["convnet", "ease"]),
        (("train", "ratings.csv", "--set", "data.split.method=stratified"), ["stratified", "last"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_is_wrong_is_said_in_one_sentence(run: Path, arguments: tuple[str, ...], words: list[str]) -> None:
    message = refused(*arguments, cwd=run)
    assert [word for word in words if word not in message] == [], message


def test_a_run_that_learnt_something_else_recommends_nothing(tmp_path: Path) -> None:
    call("train", "digits", "--model", "majority", "--set", "validation.resamples=100", cwd=tmp_path)
    message = refused("recommend", "runs/latest", "--user", "1", cwd=tmp_path)
    assert "recommends nothing" in message


def test_ratings_are_predicted_where_they_are_asked_for(run: Path) -> None:
    settings = ("--set", "validation.resamples=100", "--set", "model.num_iterations=3")
    done = call("train", "ratings.csv", "--task", "rating", "--name", "stars", *settings, cwd=run)
    assert "rmse" in done.out
    assert "mean" in done.out

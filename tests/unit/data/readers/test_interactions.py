"""Interactions: tables, MovieLens as it comes, RecBole's files, and a user and items on each line."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deepwright.config.settings import DataSettings, SplitSettings
from deepwright.data.interactions.arranged import Histories
from deepwright.data.reading import read_table
from deepwright.data.table import Table
from deepwright.errors import ConfigError, DataError

FILE_ORDER = DataSettings(ties="file")


def histories(table: Table) -> dict[str, list[str]]:
    """The items of each user in order."""
    users, items = (next(c.values for c in table.columns.values() if c.kind == kind) for kind in ("user", "item"))
    found: dict[str, list[str]] = {}
    for user, item in zip(users.tolist(), items.tolist(), strict=True):
        found.setdefault(user, []).append(item)
    return found


def write(path: Path, text: str, encoding: str = "utf-8") -> str:
    """A file, and its path as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return str(path)


@pytest.mark.parametrize(
    "header",
    [
        "user_id,item_id,timestamp",
        "userId,movieId,time",
        "uid,iid,datetime",
        "User,ASIN,unixReviewTime",
        "用户,商品,时间",
    ],
)
def test_columns_are_found_by_their_usual_names(tmp_path: Path, header: str) -> None:
    path = write(tmp_path / "a.csv", f"{header}\n7,a,3\n7,b,1\n8,a,2\n8,c,9\n7,c,2\n")
    assert histories(read_table(path, FILE_ORDER)) == {"7": ["b", "c", "a"], "8": ["a", "c"]}


def test_identifiers_stay_what_they_are(tmp_path: Path) -> None:
    ids = ["007", "7", "-3", "12345678901234567890", "a|b", "x, y", "张三 "]
    rows = "".join(f'"{one}","{other}"\n' for one in ids for other in ids[:3])
    found = histories(read_table(write(tmp_path / "a.csv", f"user,item\n{rows}"), FILE_ORDER))
    assert found == dict.fromkeys(ids, ids[:3])


def test_whole_numbers_of_parquet_and_json_are_identifiers(tmp_path: Path) -> None:
    pq.write_table(pa.table({"user_id": [1, 1, 2, 2], "item_id": [10, 20, 10, 30]}), tmp_path / "a.parquet")
    lines = '{"user": 1, "item": "x"}\n{"user": 1, "item": "y"}\n{"user": 2, "item": "x"}\n'
    assert histories(read_table(str(tmp_path / "a.parquet"), FILE_ORDER)) == {"1": ["10", "20"], "2": ["10", "30"]}
    assert histories(read_table(write(tmp_path / "a.jsonl", lines), FILE_ORDER)) == {"1": ["x", "y"], "2": ["x"]}


MOVIES = "1::Toy Story (1995)::Animation|Comedy\n2::Jumanji (1995)::Adventure\n9::Alien (1979)::Horror\n"


def test_movielens_with_two_colons_and_its_movies(tmp_path: Path) -> None:
    write(tmp_path / "ml" / "ratings.dat", "1::1::5::9\n1::2::3::4\n2::2::4::5\n2::1::1::1\n")
    write(tmp_path / "ml" / "movies.dat", MOVIES.replace("Alien", "Alién"), "latin-1")
    write(tmp_path / "ml" / "users.dat", "1::F::1::10::48067\n2::M::56::16::70072\n")
    found = read_table(str(tmp_path / "ml"), FILE_ORDER)
    assert histories(found) == {"1": ["2", "1"], "2": ["1", "2"]}
    values: Histories = found.columns["user_id"].values
    features = values.of.item_features
    assert features is not None
    assert dict(zip(values.of.item_names, features.titles, strict=True))["9"] == "Alién (1979)"
    assert values.of.item_names.tolist() == ["1", "2", "9"]
    assert values.of.user_features is not None


def test_the_zip_file_of_movielens_is_read_as_it_comes(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "ml.zip", "w") as archive:
        archive.writestr(
            "ml/ratings.csv", "userId,movieId,rating,timestamp\n1,1,4.0,9\n1,2,4.0,3\n2,2,1.0,4\n2,1,2,5\n"
        )
        archive.writestr(
            "ml/movies.csv", 'movieId,title,genres\n1,"Toy Story, The",Comedy|Drama\n2,Heat,Drama|Action\n'
        )
        archive.writestr("ml/tags.csv", "userId,movieId,tag,timestamp\n1,1,funny,9\n")
    found = read_table(str(tmp_path / "ml.zip"), FILE_ORDER)
    assert histories(found) == {"1": ["2", "1"], "2": ["2", "1"]}
    features = found.columns["userId"].values.of.item_features
    assert "genres: Drama" in features.names


def test_u_data_and_its_genres(tmp_path: Path) -> None:
    write(tmp_path / "ml" / "u.data", "1\t1\t5\t9\n1\t2\t3\t4\n2\t2\t4\t5\n2\t1\t1\t1\n")
    flags = ["0|0|0|1|1|1", "0|1|1|0|0|0"]
    lines = [f"{n}|Film {n}|01-Jan-1995||url|{start}|{'|'.join('0' * 13)}\n" for n, start in enumerate(flags, 1)]
    write(tmp_path / "ml" / "u.item", "".join(lines), "latin-1")
    found = read_table(str(tmp_path / "ml"), FILE_ORDER)
    of = found.columns["user_id"].values.of
    assert of.item_features.titles == ("Film 1", "Film 2")


def test_recbole(tmp_path: Path) -> None:
    write(
        tmp_path / "set" / "set.inter",
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\ta\t1\t5\n1\tb\t1\t2\n2\ta\t1\t1\n",
    )
    write(tmp_path / "set" / "set.item", "item_id:token\ttype:token_seq\na\tAction Comedy\nb\tComedy\n")
    for source in (tmp_path / "set", tmp_path / "set" / "set.inter"):
        assert histories(read_table(str(source), FILE_ORDER)) == {"1": ["b", "a"], "2": ["a"]}
    features = read_table(str(tmp_path / "set"), FILE_ORDER).columns["user_id"].values.of.item_features
    assert features.names == ("type: Comedy",)


def test_a_user_and_items_on_each_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "1 5 3 9\n2 3 5\n\n10 9 3 5 1\n")
    assert histories(read_table(path, FILE_ORDER)) == {
        "1": ["5", "3", "9"],
        "2": ["3", "5"],
        "10": ["9", "3", "5", "1"],
    }


def test_a_text_of_words_is_no_list_of_items(tmp_path: Path) -> None:
    found = read_table(write(tmp_path / "a.txt", "In 1984 it rained.\nThen 12 3 4\n" * 30))
    assert [column.kind for column in found.columns.values()] == ["text"]


TIED = "user,item,time\n" + "".join(f"{user},{item},5\n" for user in range(30) for item in range(6))


def test_ties_are_drawn_with_the_seed_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", TIED)
    one, same, other = (histories(read_table(path, DataSettings(ties=seed))) for seed in (1, 1, 2))
    assert one == same != other
    assert one != histories(read_table(path, FILE_ORDER))
    assert any("30 users" in note for note in read_table(path, DataSettings(ties=1)).notes)
    assert not any("drawn" in note for note in read_table(path, FILE_ORDER).notes)


def test_of_repeated_interactions_the_last_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "user,item,time\n1,a,1\n1,b,2\n1,a,3\n2,b,1\n2,a,2\n")
    assert histories(read_table(path, FILE_ORDER))["1"] == ["b", "a"]
    assert histories(read_table(path, replace(FILE_ORDER, repeats="all")))["1"] == ["a", "b", "a"]


def test_low_ratings_are_left_out_if_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "user,item,rating\n1,a,5\n1,b,2\n2,a,3\n2,c,4\n2,b,4\n")
    found = read_table(path, replace(FILE_ORDER, min_rating=3.5))
    assert histories(found) == {"1": ["a"], "2": ["c", "b"]}
    assert found.columns["rating"].values.tolist() == [5.0, 4.0, 4.0]
    with pytest.raises(ConfigError, match="no column holds ratings"):
        read_table(write(tmp_path / "b.csv", "user,item\n1,a\n2,b\n"), replace(FILE_ORDER, min_rating=1.0))


def test_rows_without_a_value_are_rejected_with_their_lines(tmp_path: Path) -> None:
    found = read_table(
        write(tmp_path / "a.csv", "user,item,rating\n1,a,5\n,b,2\n2,,3\n2,c,nan\n2,b,4\n1,c,1\n"), FILE_ORDER
    )
    assert [(one.name, one.reason) for one in found.rejected] == [
        ("line 3", "It has no value in the column user."),
        ("line 4", "It has no value in the column item."),
        ("line 5", "It has no value in the column rating."),
    ]
    assert histories(found) == {"1": ["a", "c"], "2": ["b"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("user,item,time\n1,a,1600000000\n1,b,1600000000000\n2,a,1600000001\n", ["seconds", "milliseconds"]),
        ("user,item,time\n1,a,2020-01-01\n1,b,yesterday\n2,a,2020-01-03\n", ["cannot be put in time", "2020-01-01"]),
        ("user,item\n1,a\n1,b\n1,c\n", ["one user alone", "1"]),
        ("user,item\n1,a\n2,a\n3,a\n", ["one item alone", "a"]),
    ],
    ids=["two units", "no times", "one user", "one item"],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        read_table(write(tmp_path / "a.csv", text), FILE_ORDER)
    assert [word for word in words if word not in str(caught.value)] == []


def test_iso_times_are_put_in_order(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        "user,item,time\n1,a,2021-05-01 10:00:00\n1,b,2020-05-01 10:00:00\n2,a,2019-01-01 09:00:00\n",
    )
    assert histories(read_table(path, FILE_ORDER)) == {"1": ["b", "a"], "2": ["a"]}


def test_columns_that_cannot_be_told_apart_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "x,y\n1,a\n1,b\n2,a\n")
    with pytest.raises(ConfigError, match=r"data\.columns\.user=NAME"):
        read_table(path, replace(FILE_ORDER, interactions=True))
    named = replace(FILE_ORDER, columns={"user": "x", "item": "y"})
    assert histories(read_table(path, named)) == {"1": ["a", "b"], "2": ["a"]}
    with pytest.raises(ConfigError, match="two roles"):
        read_table(path, replace(FILE_ORDER, columns={"user": "x", "item": "x"}))


def test_reviews_with_texts_are_no_interactions_unless_asked_for(tmp_path: Path) -> None:
    rows = "".join(f'{n},{n % 3},"a rather long text about thing {n}",{n % 5}\n' for n in range(40))
    path = write(tmp_path / "a.csv", f"user_id,item_id,review,rating\n{rows}")
    assert read_table(path).columns["review"].kind == "text"
    assert read_table(path, DataSettings(interactions=True, ties=0)).columns["user_id"].kind == "user"
    assert read_table(path, DataSettings(interactions=False)).columns["user_id"].kind == "number"


def test_what_is_known_of_items_and_users(tmp_path: Path) -> None:
    ratings = write(tmp_path / "r.csv", "user,item\n1,a\n1,b\n2,a\n2,c\n")
    items = write(tmp_path / "i.csv", "item,title,genre,year\na,红,x|y,1990\nb,Blue,x,2001\nd,New,x,2020\n")
    users = write(tmp_path / "u.tsv", "user\tcity\n1\t北京\n2\t北京\n3\tRome\n")
    found = read_table(ratings, replace(FILE_ORDER, items=items, users=users))
    of = found.columns["user"].values.of
    assert of.item_names.tolist() == ["a", "b", "c", "d"]
    assert of.item_features.titles == ("红", "Blue", "", "New")
    has = [{of.item_features.names[n] for n in numbers} for numbers in of.item_features.numbers]
    assert [one & {"genre: x", "genre: y"} for one in has] == [{"genre: x"}, {"genre: x"}, set(), {"genre: x"}]
    assert of.user_features.names == ("city: 北京",)
    assert of.user_names.tolist() == ["1", "2", "3"]
    assert any("1 of the interactions' items are not in it, 1 are in it alone" in note for note in found.notes)


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ("name,year\na,1\n", ["data.items", "without a column 'item'", "name"]),
        ("item,year\nq,1\nr,2\n", ["data.items", "none is in the interactions", "'q'"]),
    ],
    ids=["no identifier", "other things"],
)
def test_a_table_of_other_things_is_refused(tmp_path: Path, items: str, words: list[str]) -> None:
    ratings = write(tmp_path / "r.csv", "user,item\n1,a\n1,b\n2,a\n")
    with pytest.raises(DataError) as caught:
        read_table(ratings, replace(FILE_ORDER, items=write(tmp_path / "i.csv", items)))
    assert [word for word in words if word not in str(caught.value)] == []
    with pytest.raises(DataError, match="no table"):
        read_table(ratings, replace(FILE_ORDER, items=str(tmp_path / "none.csv")))


def test_a_line_with_another_number_of_values_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "ratings.dat", "1::1::5::9\n1::2::3\n")
    with pytest.raises(DataError, match=r"line 2 has 3 values divided by '::', not 4"):
        read_table(path)


def test_the_hash_knows_the_order_and_no_codes(tmp_path: Path) -> None:
    one = read_table(write(tmp_path / "a.csv", "user,item,time\n1,a,1\n1,b,2\n2,a,1\n"), FILE_ORDER)
    same = read_table(write(tmp_path / "b.csv", "user,item,time\n1,b,2\n2,a,1\n1,a,1\n"), FILE_ORDER)
    other = read_table(write(tmp_path / "c.csv", "user,item,time\n1,b,1\n2,a,1\n1,a,2\n"), FILE_ORDER)
    assert sorted(histories(one)["1"]) == sorted(histories(other)["1"])
    assert one.take(np.arange(2)).sha256 == same.take(np.arange(2)).sha256 != other.take(np.arange(2)).sha256


def test_a_random_division_draws_the_order_of_each_user(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "user,item,time\n" + "".join(f"{u},{i},{i}\n" for u in range(9) for i in range(9)))
    drawn = histories(read_table(path, DataSettings(ties=3, split=SplitSettings(method="random"))))
    assert [sorted(items) for items in drawn.values()] == [[str(i) for i in range(9)]] * 9
    assert any(items != sorted(items) for items in drawn.values())

"""Recommend: the items that a user takes next, and why."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import torch
from torch import Tensor

from deepwright.contracts import batches
from deepwright.data.encoders.user import UserEncoder
from deepwright.data.interactions.known import HISTORIES, read_histories
from deepwright.data.interactions.stored import StoredHistories, UserExamples
from deepwright.errors import RunError, UsageError, nearest
from deepwright.messages import _, listing, plural
from deepwright.predictor import Predictor
from deepwright.run_directory import write_atomically
from deepwright.tasks.recommendation import informed, ranked

if TYPE_CHECKING:
    from deepwright.workflows.run import Run

#: Items of a history of which it is asked what each of them contributed, the last ones; reasons that are given.
_ASKED, _REASONS = 200, 2
_SUFFIXES = (".parquet", ".csv", ".jsonl")


@dataclass(frozen=True)
class Reason:
    """An item of the history, and what it contributed.

    Attributes:
        item: as the user calls it.
        title: what it is called; empty where that is not known.
        gain: the score less that without this item in the history.
    """

    item: str
    title: str
    gain: float


@dataclass(frozen=True)
class Item:
    """An item that is recommended.

    Attributes:
        item: as the user calls it.
        title: what it is called; empty where that is not known.
        score: by which the model ranks it; models differ in what their scores mean.
        because: the items of the history that contributed most, if any did.
    """

    item: str
    title: str
    score: float
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Recommended:
    """What is recommended to one user.

    Attributes:
        user: as the user is called; None for a history that was given.
        history: the items that were taken, in the order of time.
        items: the best first.
        popular: whether nothing is known of the user, so that these are the items that were taken most.
    """

    user: str | None
    history: tuple[str, ...]
    items: tuple[Item, ...]
    popular: bool


def recommend(
    run: Run, users: Sequence[str] = (), history: Sequence[str] | None = None, k: int = 10, reasons: bool = True
) -> list[Recommended]:
    """The items that users take next, out of those that they have not taken yet.

    Args:
        run: that learnt which items users take.
        users: as they are called in the data.
        history: items that somebody took who is not known, in the order of time; in place of users.
        k: items for each, at most.
        reasons: whether it is asked which items of the history contributed.

    Raises:
        UsageError: ``k`` is below 1, or no item of the history is known.
        RunError: the run learnt something else.
    """
    encoder = encoder_of(run)
    _require_count(k)
    if history is not None:
        _require_known(encoder, history)
        asked: list[tuple[str | None, Sequence[str]]] = [(None, history)]
    else:
        known = histories_of(run)
        asked = [(user, known.get(user, ())) for user in users]
    return [recommended_to(run.predictor, user, items, k, reasons) for user, items in asked]


def recommend_all(run: Run, k: int) -> Iterator[tuple[list[str], Tensor, Tensor]]:
    """For all users of the data, some at a time: their names, the numbers of the items [B, k] and the scores [B, k].

    Raises:
        UsageError: ``k`` is below 1.
        RunError: the run learnt something else.
    """
    encoder = encoder_of(run)
    _require_count(k)
    known = histories_of(run)
    names = list(known)
    number = {item: place for place, item in enumerate(encoder.spec.items, 1)}
    numbers = [[number[item] for item in items if item in number] for items in known.values()]
    stored = StoredHistories.of_lists(numbers, encoder.user_numbers(names).tolist())
    examples = UserExamples(stored, None, torch.arange(len(names)).numpy())
    network = run.predictor.network.eval()
    with torch.inference_mode():
        for batch in batches(examples, run.predictor.task.outputs.spec, order=examples.by_length()):
            scores = informed(network(*batch.inputs), encoder.counts)
            items = ranked(scores, batch.inputs[0], k)
            yield [names[row] for row in batch.rows.tolist()], items, scores.gather(1, items)


def write_all(run: Run, k: int, path: Path) -> int:
    """Write the items of all users as a table of user, rank, item and score; how many users there are.

    Raises:
        UsageError: the file is named like none that can be written.
        StorageError: it cannot be written.
    """
    if path.suffix not in _SUFFIXES:
        raise UsageError(
            _("{path} is to be written, which is named like none of {known}.", path=path, known=listing(_SUFFIXES))
        )
    items = encoder_of(run).spec.items
    columns: dict[str, list[Any]] = {"user": [], "rank": [], "item": [], "score": []}
    count = 0
    for users, numbers, scores in recommend_all(run, k):
        count += len(users)
        for user, found, values in zip(users, numbers.tolist(), scores.tolist(), strict=True):
            kept = [(place, one) for place, one in enumerate(found) if one]
            columns["user"] += [user] * len(kept)
            columns["rank"] += [place + 1 for place, _one in kept]
            columns["item"] += [items[one - 1] for _place, one in kept]
            columns["score"] += [values[place] for place, _one in kept]
    write_atomically(path, _bytes(pa.table(columns), path.suffix))
    return count


def similar(run: Run, item: str, k: int = 10) -> list[Item]:
    """The items that the model ranks first after one item alone.

    Raises:
        UsageError: the item is not known, or ``k`` is below 1.
        RunError: the run learnt something else.
    """
    encoder = encoder_of(run)
    _require_count(k)
    _require_known(encoder, [item])
    found = recommended_to(run.predictor, None, [item], k, reasons=False)
    return list(found.items)


def encoder_of(run: Run) -> UserEncoder:
    """What numbers the users and items of a run.

    Raises:
        RunError: the run learnt something else.
    """
    encoder = run.predictor.task.inputs
    if not isinstance(encoder, UserEncoder):
        raise RunError(
            _(
                "{path} learnt {task} with {model} and recommends nothing. It needs a run that learnt from "
                "interactions: deepwright train ratings.csv",
                path=run.path,
                task=run.predictor.task_name,
                model=run.predictor.member.name,
            )
        )
    return encoder


def histories_of(run: Run) -> Mapping[str, Sequence[str]]:
    """The items that each user of the data took, in the order of time."""
    return read_histories(run.directory.read(HISTORIES))


def unknown_users(run: Run, users: Sequence[str]) -> list[str]:
    """For each user who is not in the data, that it is so, as a translated sentence."""
    known, encoder = histories_of(run), encoder_of(run)
    names = [*known, *encoder.spec.users]
    said = []
    for user in dict.fromkeys(users):
        if user in known or user in encoder.spec.users:
            continue
        near = nearest(user, names)
        hint = " " + _("Did you mean {names}?", names=listing(near)) if near else ""
        text = _("No user {user!r} is in the data: these are the items that most users took.", user=user)
        said.append(text + hint)
    return said


def recommended_to(
    predictor: Predictor, user: str | None, history: Sequence[str], k: int, reasons: bool = True
) -> Recommended:
    """The items that a user takes next, out of those that are not in the history.

    Args:
        predictor: of a model that recommends.
        user: as the user is called; None for one who is not known.
        history: items in the order of time.
        k: items at most.
        reasons: whether it is asked which items of the history contributed.
    """
    network, encoder = predictor.network.eval(), predictor.task.inputs
    assert isinstance(encoder, UserEncoder)
    examples = UserExamples(encoder.encode([(user, history)]), None, torch.zeros(1, dtype=torch.int64).numpy())
    batch = examples.batch(torch.zeros(1, dtype=torch.int64))
    items, users = batch.inputs
    unknown = not int((items > 0).sum()) and not int(users[0])
    with torch.inference_mode():
        outputs = network(items, users)
        scores = informed(torch.zeros_like(outputs) if unknown else outputs, encoder.counts)
    unknown = scores is not outputs
    numbers = [number for number in ranked(scores, items, k)[0].tolist() if number]
    gains = _gains(network, items[0], users, numbers) if reasons and not unknown else {}
    found = tuple(
        Item(*_named(encoder, number), float(scores[0, number]), _best(encoder, gains, place))
        for place, number in enumerate(numbers)
    )
    return Recommended(user, tuple(history), found, unknown)


@torch.inference_mode()
def _gains(network: Any, items: Tensor, users: Tensor, numbers: Sequence[int]) -> dict[int, Tensor]:
    """By item of the history, the scores of some items [n] less those without it in the history.

    Of a model whose scores are sums over the history, these are the summands.
    """
    there = items[items > 0]
    asked = there[-_ASKED:].tolist()
    if len(there) < 2 and len(asked) < 1:
        return {}
    start = len(there) - len(asked)
    without = [torch.cat([there[: start + place], there[start + place + 1 :]]) for place in range(len(asked))]
    width = max(1, len(there))
    rows = [torch.nn.functional.pad(row, (0, width - len(row))) for row in (there, *without)]
    scores = network(torch.stack(rows), users.expand(len(rows)))[:, list(numbers)]
    return {item: scores[0] - scores[row] for row, item in enumerate(asked, 1)}


def _best(encoder: UserEncoder, gains: Mapping[int, Tensor], place: int) -> tuple[Reason, ...]:
    """The items of the history that contributed most to the item at a place."""
    found = sorted(((float(of_item[place]), item) for item, of_item in gains.items()), reverse=True)
    return tuple(Reason(*_named(encoder, item), gain) for gain, item in found[:_REASONS] if gain > 0)


def _named(encoder: UserEncoder, number: int) -> tuple[str, str]:
    name = encoder.spec.items[number - 1]
    return name, encoder.titles.get(name, "")


def _require_count(k: int) -> None:
    if k < 1:
        raise UsageError(_("-k is {k}; at least one item is asked for.", k=k))


def _require_known(encoder: UserEncoder, names: Sequence[str]) -> None:
    """Say which items are not known.

    Raises:
        UsageError: none of them is.
    """
    unknown = [name for name, number in zip(names, encoder.item_numbers(names).tolist(), strict=True) if not number]
    if unknown and len(unknown) == len(names):
        near = nearest(unknown[0], encoder.spec.items)
        raise UsageError(
            plural(
                "The item {names} is not one that was learnt from.",
                "None of the items {names} is one that was learnt from.",
                len(unknown),
                names=listing(map(repr, unknown[:5])),
            )
            + (" " + _("Did you mean {names}?", names=listing(near)) if near else "")
        )


def _bytes(table: pa.Table, suffix: str) -> bytes:
    stream = io.BytesIO()
    if suffix == ".parquet":
        pa.parquet.write_table(table, stream, compression="zstd")
    elif suffix == ".csv":
        pa.csv.write_csv(table, stream)
    else:
        import json

        stream.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist()).encode())
    return stream.getvalue()

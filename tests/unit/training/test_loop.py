from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deepwright import registry
from deepwright.config.settings import Member, TrainingSettings
from deepwright.contracts import Batch
from deepwright.data.batching import of_like_cost
from deepwright.data.examples import TensorExamples
from deepwright.errors import DivergedError, RunError
from deepwright.specs import ImageSpec
from deepwright.tensors import place, to_bytes
from deepwright.training import loop
from deepwright.training.checkpoints import Progress
from deepwright.training.history import History, retold
from deepwright.training.interrupts import Stop
from deepwright.training.loop import Loop
from deepwright.training.progress import Moment, Silent
from deepwright.training.runtime import Runtime
from deepwright.training.watching import LOSS, Watched

NUM_ROWS, NUM_HELD_OUT = 22, 12
CPU = torch.device("cpu")
OPTIMIZERS = sorted(registry.entries("optimizers"))
SCHEDULES = sorted(registry.entries("schedules"))
#: Two epochs of three steps; the last step of an epoch has fewer rows.
SETTINGS = TrainingSettings(
    epochs=2,
    batch_size=8,
    learning_rate=0.02,
    weight_decay=0.01,
    optimizer=Member("adamw"),
    schedule=Member("one_cycle"),
    device="cpu",
    precision="float32",
    num_threads=1,
    checkpoint_seconds=1e9,
)

State = dict[str, Tensor]


class Network(nn.Module):
    """Kernels, biases, statistics and dropout: all that has a state or a random number."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(16, 3)

    def forward(self, pictures: Tensor) -> Tensor:
        outputs: Tensor = self.dense(self.dropout(self.norm(self.conv(pictures)).relu().flatten(1)))
        return outputs


class Kept:
    """A store that keeps every checkpoint it was given."""

    name = "memory"

    def __init__(self, data: bytes | None = None) -> None:
        self.all = [] if data is None else [data]

    def save(self, data: bytes) -> None:
        self.all.append(data)

    def load(self) -> bytes | None:
        return self.all[-1] if self.all else None


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Training:
    """One training in fresh objects; what goes in is a function of the seed alone."""

    settings: TrainingSettings = SETTINGS
    seed: int = 0
    dropout: float = 0.0
    store: Kept | None = None
    stop_after: int | None = None
    kill_after: int | None = None
    losses: Callable[[Tensor, Batch], Tensor] | None = None
    validate: Callable[[nn.Module], dict[str, float]] | None = None
    network: nn.Module | None = None
    observer: Any = field(default_factory=Silent)
    augmentations: tuple[str, ...] = ()
    watched: Watched = LOSS
    rows: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        torch.manual_seed(1234)
        if self.network is None:
            self.network = Network(self.dropout)
            place(self.network)
        pictures = torch.randn(NUM_ROWS + NUM_HELD_OUT, 2, 4, 4, generator=torch.Generator().manual_seed(5))
        targets = torch.arange(NUM_ROWS + NUM_HELD_OUT) % 3
        pictures += 0.5 * targets[:, None, None, None]
        rows = np.arange(NUM_ROWS)
        self.examples = TensorExamples(pictures[:NUM_ROWS], targets[:NUM_ROWS], rows, lambda stored: (stored,))
        self.held_out = pictures[NUM_ROWS:], targets[NUM_ROWS:]
        self.stop = Stop()
        self.loop = Loop(
            self.network,
            self._losses,
            self.examples,
            self.settings,
            self.seed,
            Runtime(CPU, getattr(torch, self.settings.precision)),
            validate=self._validate,
            observer=self.observer,
            watched=self.watched,
            store=self.store,
            stop=self.stop,
            augmentations=[registry.load("augmentations", name)(ImageSpec(2, 4, 4)) for name in self.augmentations],
        )

    def run(self) -> History:
        return self.loop.run()

    @property
    def state(self) -> State:
        assert self.network is not None
        return {name: tensor.clone() for name, tensor in self.network.state_dict().items()}

    def _losses(self, outputs: Tensor, batch: Batch) -> Tensor:
        assert batch.targets is not None
        self.rows.append(batch.rows.tolist())
        # The step under way is finished before a stop is answered.
        self.stop.requested = self.stop_after is not None and self.loop.progress.step + 1 >= self.stop_after
        if self.kill_after is not None and self.loop.progress.step >= self.kill_after:
            raise Killed
        if self.losses is not None:
            return self.losses(outputs, batch)
        return nn.functional.cross_entropy(outputs, batch.targets, reduction="none")

    @torch.inference_mode()
    def _validate(self) -> dict[str, float]:
        assert self.network is not None
        if self.validate is not None:
            return self.validate(self.network)
        self.network.eval()
        pictures, targets = self.held_out
        outputs = self.network(pictures)
        loss = {"loss": float(nn.functional.cross_entropy(outputs, targets))}
        return (
            loss
            if self.watched == LOSS
            else {**loss, "accuracy": float((outputs.argmax(1) == targets).double().mean())}
        )


def having(**changes: Any) -> TrainingSettings:
    return dataclasses.replace(SETTINGS, **changes)


def same(first: State, second: State) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def bare(history: History) -> History:
    """A history without what the clock says."""
    return dataclasses.replace(history, seconds=0.0, earlier_fit_seconds=0.0)


# ----------------------------------------------------------------------------- stopped, killed and resumed

CASES: dict[str, dict[str, Any]] = {
    **{name: {"settings": having(optimizer=Member(name))} for name in OPTIMIZERS},
    **{
        f"{name} in bfloat16": {"settings": having(optimizer=Member(name), precision="bfloat16")} for name in OPTIMIZERS
    },
    **{f"{name} schedule": {"settings": having(schedule=Member(name))} for name in SCHEDULES},
    "sgd without momentum": {"settings": having(optimizer=Member("sgd", {"momentum": 0.0}))},
    "dropout": {"dropout": 0.5},
    "dropout in bfloat16": {"dropout": 0.5, "settings": having(precision="bfloat16")},
    "accumulation": {"dropout": 0.5, "settings": having(batch_size=3, accumulation=3)},
    "accumulation in bfloat16": {"settings": having(batch_size=3, accumulation=3, precision="bfloat16")},
    "no clipping": {"settings": having(max_grad_norm=None)},
    "augmentations": {"augmentations": ("flip", "mixup", "cutmix", "erasing")},
    "augmentations in bfloat16": {"augmentations": ("flip", "mixup"), "settings": having(precision="bfloat16")},
    "augmentations and accumulation": {
        "augmentations": ("cutmix", "flip"),
        "settings": having(batch_size=3, accumulation=3),
    },
    "an end within an epoch": {"dropout": 0.5, "settings": having(epochs=4, max_steps=5)},
    "an end within the first epoch": {"augmentations": ("mixup",), "settings": having(batch_size=3, max_steps=2)},
    "an end at the end of an epoch": {"settings": having(epochs=4, max_steps=6)},
    "an end while accumulating": {"settings": having(epochs=3, max_steps=4, batch_size=3, accumulation=3)},
    "patience": {"settings": having(epochs=6, patience=2, learning_rate=0.5, schedule=Member("constant"))},
    "patience with a score": {
        "settings": having(epochs=6, patience=1, learning_rate=0.2, schedule=Member("constant")),
        "watched": Watched("accuracy", "higher"),
    },
    "averaging": {"dropout": 0.5, "settings": having(epochs=4, averaged_epochs=3)},
    "averaging of more epochs than there are": {"settings": having(averaged_epochs=9, precision="bfloat16")},
    "averaging to an end within an epoch": {"settings": having(epochs=4, max_steps=8, averaged_epochs=2)},
    "patience with all": {
        "dropout": 0.3,
        "settings": having(
            epochs=6,
            patience=1,
            batch_size=3,
            accumulation=2,
            precision="bfloat16",
            learning_rate=0.5,
            schedule=Member("constant"),
        ),
    },
}
#: The same with records so rare that losses wait to be looked at.
RARE: dict[str, Any] = {"settings": having(batch_size=1), "dropout": 0.5}


@pytest.fixture
def every_step_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no time between checkpoints there is one after each step, however long saving takes."""
    monkeypatch.setattr(loop, "_SAVING_SHARE", math.inf)


@pytest.fixture
def rare_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """One record an epoch, as in a long training."""
    monkeypatch.setattr(loop, "_RECORDS", 1)


@pytest.mark.parametrize("case", [case for case in CASES if "patience" in case])
def test_the_cases_with_patience_lose_it(case: str) -> None:
    history = Training(**CASES[case]).run()
    assert history.best_epoch is not None
    assert history.best_epoch < history.epochs < CASES[case]["settings"].epochs


@pytest.mark.parametrize("case", CASES)
def test_stopped_at_any_step_and_resumed_it_ends_with_the_same_bits(case: str) -> None:
    whole = Training(**CASES[case])
    history = whole.run()
    assert history.finished
    for step in range(1, history.steps + 1):
        store = Kept()
        first = Training(**CASES[case], store=store, stop_after=step)
        stopped = first.run()
        assert (stopped.finished, stopped.steps, len(store.all)) == (False, step, 1)
        resumed = Training(**CASES[case], store=store)
        end = resumed.run()
        assert same(resumed.state, whole.state), step
        assert bare(end) == bare(history), step
        assert end.seconds >= stopped.seconds > 0


@pytest.mark.usefixtures("rare_records")
@pytest.mark.parametrize("step", [1, 5, 16, 17, 22, 23, 30])
def test_stopped_between_two_records_it_ends_with_the_same_bits(step: int) -> None:
    whole = Training(**RARE)
    history = whole.run()
    assert [record["step"] for record in history.records] == [22, 44]
    store = Kept()
    Training(**RARE, store=store, stop_after=step).run()
    resumed = Training(**RARE, store=store)
    assert bare(resumed.run()) == bare(history)
    assert same(resumed.state, whole.state)


@pytest.mark.parametrize("case", ["adamw", "dropout", "accumulation", "patience", "averaging"])
def test_stopped_after_every_step_it_ends_with_the_same_bits(case: str) -> None:
    whole = Training(**CASES[case])
    history = whole.run()
    store = Kept()
    end, step = History([], 0, 0, None, 0.0, 0.0, 0, finished=False), 0
    while not end.finished:
        step += 1
        training = Training(**CASES[case], store=store, stop_after=step)
        end = training.run()
        assert step <= history.steps + 1
    assert same(training.state, whole.state)
    assert bare(end) == bare(history)


@pytest.mark.usefixtures("every_step_saved")
@pytest.mark.parametrize("case", ["adamw", "dropout", "accumulation", "patience", "averaging"])
def test_killed_in_any_step_and_resumed_it_ends_with_the_same_bits(case: str) -> None:
    """Here a checkpoint follows every step, and the step under way is lost."""
    arguments: dict[str, Any] = {"settings": SETTINGS, **CASES[case]}
    arguments["settings"] = dataclasses.replace(arguments["settings"], checkpoint_seconds=0.0)
    whole = Training(**arguments)
    history = whole.run()
    for step in range(history.steps):
        store = Kept()
        killed = Training(**arguments, store=store, kill_after=step)
        with pytest.raises(Killed):
            killed.run()
        assert len(store.all) == step
        resumed = Training(**arguments, store=store)
        assert resumed.loop.progress.step == step
        assert bare(resumed.run()) == bare(history)
        assert same(resumed.state, whole.state)


@pytest.mark.parametrize(
    "changes", [{"epochs": 5, "patience": 1, "learning_rate": 2.0}, {"averaged_epochs": 2}], ids=str
)
def test_a_finished_training_that_is_resumed_does_nothing(changes: dict[str, Any]) -> None:
    store = Kept()
    whole = Training(settings=having(**changes), store=store)
    history = whole.run()
    again = Training(settings=having(**changes), store=store)
    assert bare(again.run()) == bare(history)
    assert again.rows == []
    assert same(again.state, whole.state)


@pytest.mark.usefixtures("every_step_saved")
def test_a_store_or_an_observer_changes_nothing() -> None:
    moments: list[Moment] = []

    class Watching(Silent):
        def moment(self, moment: Moment) -> None:
            moments.append(moment)

    plain = Training(dropout=0.5)
    kept = Training(dropout=0.5, settings=having(checkpoint_seconds=0.0), store=Kept(), observer=Watching())
    assert bare(plain.run()) == bare(kept.run())
    assert same(plain.state, kept.state)
    assert [moment.epoch for moment in moments if moment.validation] == [1, 2]


@pytest.mark.usefixtures("every_step_saved")
def test_checkpoints_are_as_far_apart_as_asked() -> None:
    often, rarely = Kept(), Kept()
    steps = Training(settings=having(checkpoint_seconds=0.0), store=often).run().steps
    Training(store=rarely).run()
    assert (len(often.all), len(rarely.all)) == (steps + 1, 1)


def test_saving_takes_no_more_than_its_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_SAVING_SHARE", 1e-9)
    store = Kept()
    Training(settings=having(checkpoint_seconds=0.0), store=store).run()
    assert len(store.all) == 2, "one after the first step, which says how long saving takes, and one at the end"


# ------------------------------------------------------------------------------------------ what a step does


def flat(state: State) -> Tensor:
    return torch.cat([tensor.flatten().to(torch.float64) for tensor in state.values()])


def linear() -> nn.Module:
    torch.manual_seed(7)
    return nn.Sequential(nn.Flatten(), nn.Linear(32, 3))


@pytest.mark.parametrize(("batch_size", "accumulation"), [(1, 6), (2, 3), (3, 2), (5, 5)])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_several_batches_accumulate_to_one_large_batch(batch_size: int, accumulation: int, momentum: float) -> None:
    """Also in the last step of an epoch, which has fewer rows and a last batch that is not full."""
    shared: dict[str, Any] = {"optimizer": Member("sgd", {"momentum": momentum}), "learning_rate": 0.1}
    few = Training(settings=having(batch_size=batch_size, accumulation=accumulation, **shared), network=linear())
    one = Training(settings=having(batch_size=batch_size * accumulation, **shared), network=linear())
    first, second = few.run(), one.run()
    assert (first.steps, first.examples) == (second.steps, second.examples)
    assert [row for batch in few.rows for row in batch] == [row for batch in one.rows for row in batch]
    assert max(map(len, few.rows)) == batch_size + (NUM_ROWS % batch_size == 1)
    torch.testing.assert_close(flat(few.state), flat(one.state), rtol=1e-5, atol=1e-6)
    for record, other in zip(first.records, second.records, strict=True):
        assert record["loss"] == pytest.approx(other["loss"], rel=1e-5)


@pytest.mark.parametrize("limit", [1e-3, 0.05, None, 1e6])
def test_the_first_step_is_no_longer_than_the_limit_of_its_gradient(limit: float | None) -> None:
    settings = having(
        optimizer=Member("sgd", {"momentum": 0.0}),
        schedule=Member("constant"),
        learning_rate=0.1,
        weight_decay=0.0,
        max_grad_norm=limit,
    )
    free = Training(settings=dataclasses.replace(settings, max_grad_norm=None), network=linear(), stop_after=1)
    before = flat(free.state)
    free.run()
    gradient = (flat(free.state) - before) / -0.1
    clipped = Training(settings=settings, network=linear(), stop_after=1)
    clipped.run()
    step = (flat(clipped.state) - before) / -0.1
    norm = float(gradient.norm())
    torch.testing.assert_close(step, gradient * min(1.0, (limit or math.inf) / norm), rtol=1e-4, atol=1e-6)
    assert norm > 0.05, "the smaller limits must be met"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_shrinks_matrices_and_kernels_alone(name: str) -> None:
    """Where no gradient flows, nothing else moves a weight."""

    def no_losses(outputs: Tensor, _batch: Batch) -> Tensor:
        return outputs.sum(1) * 0

    def after(decay: float) -> tuple[State, State]:
        settings = having(optimizer=Member(name), weight_decay=decay, learning_rate=0.1)
        training = Training(settings=settings, losses=no_losses)
        before = {name: parameter.detach().clone() for name, parameter in training.loop.network.named_parameters()}
        training.run()
        return before, {name: parameter.detach() for name, parameter in training.loop.network.named_parameters()}

    before, without = after(0.0)
    assert same(before, without)
    before, decayed = after(0.1)
    for parameter, value in decayed.items():
        if value.ndim > 1:
            assert value.norm() < before[parameter].norm(), parameter
        else:
            assert torch.equal(value, before[parameter]), parameter


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_learning_rate_follows_the_schedule(name: str) -> None:
    training = Training(settings=having(schedule=Member(name), batch_size=4, learning_rate=0.25))
    history = training.run()
    schedule = registry.load("schedules", name)
    assert [record["step"] for record in history.records] == list(range(1, history.steps + 1))
    for record in history.records:
        assert record["learning_rate"] == 0.25 * schedule((record["step"] - 1) / history.steps)


def test_settings_of_a_schedule_are_passed_on() -> None:
    history = Training(settings=having(schedule=Member("one_cycle", {"start": 0.5}), learning_rate=0.25)).run()
    assert history.records[0]["learning_rate"] == 0.125


def test_statistics_of_the_network_learn_while_training_and_validation_leaves_them_alone() -> None:
    training = Training()
    history = training.run()
    assert training.state["norm.num_batches_tracked"] == history.steps


def test_dropout_differs_from_step_to_step() -> None:
    drawn: list[Tensor] = []

    class Noise(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dropout, self.dense = nn.Dropout(0.5), nn.Linear(32, 3)

        def forward(self, pictures: Tensor) -> Tensor:
            if self.training:
                drawn.append(self.dropout(torch.ones(50)))
            outputs: Tensor = self.dense(pictures.flatten(1))
            return outputs

    for seed in (0, 0, 1):
        Training(network=Noise(), seed=seed).run()
    first, again, other = drawn[:6], drawn[6:12], drawn[12:]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    masks = [*first, *other]
    assert all(not torch.equal(a, b) for i, a in enumerate(masks) for b in masks[:i])


# --------------------------------------------------------------------------------------------------- order


def epochs_of(training: Training) -> Iterator[list[int]]:
    rows = [row for batch in training.rows for row in batch]
    return iter([rows[i : i + NUM_ROWS] for i in range(0, len(rows), NUM_ROWS)])


def test_every_epoch_has_every_row_once_in_an_order_of_its_own() -> None:
    training = Training(settings=having(epochs=4))
    training.run()
    orders = list(epochs_of(training))
    assert [len(batch) for batch in training.rows] == [8, 8, 6] * 4
    assert len(orders) == 4
    for order in orders:
        assert sorted(order) == list(range(NUM_ROWS))
        assert order != list(range(NUM_ROWS))
    assert len({tuple(order) for order in orders}) == 4


def test_the_seed_decides_the_order_and_nothing_else_does() -> None:
    def order(seed: int, **changes: Any) -> list[list[int]]:
        torch.manual_seed(seed + 99)
        training = Training(seed=seed, **changes)
        training.run()
        return list(epochs_of(training))

    assert order(0) == order(0)
    assert order(0) == order(0, dropout=0.5)
    assert order(0) == order(0, settings=having(batch_size=5, optimizer=Member("sgd"), learning_rate=0.1))
    assert order(0) != order(1)


def test_the_same_seed_ends_with_the_same_bits_and_another_with_others() -> None:
    trainings = [Training(seed=seed, dropout=0.5) for seed in (0, 0, 1)]
    histories = [bare(training.run()) for training in trainings]
    assert same(trainings[0].state, trainings[1].state)
    assert histories[0] == histories[1]
    assert not same(trainings[0].state, trainings[2].state)


# ------------------------------------------------------------------------------------------------ patience


@dataclass
class Script:
    """A validation loss for each epoch, and the weights that were validated."""

    figures: list[float]
    name: str = "loss"
    seen: list[State] = field(default_factory=list)

    def __call__(self, network: nn.Module) -> dict[str, float]:
        self.seen.append({name: tensor.clone() for name, tensor in network.state_dict().items()})
        return {"loss": 1.0, self.name: self.figures[len(self.seen) - 1]}


@pytest.mark.parametrize(
    ("figures", "patience", "epochs", "best"),
    [
        ([5, 4, 3, 2, 1], 1, 5, 5),
        ([5, 4, 4.5, 3, 2], 1, 3, 2),
        ([5, 4, 4.5, 3, 2], 2, 5, 5),
        ([1, 2, 3, 4, 5], 3, 4, 1),
        ([1, 1, 1, 1, 1], 2, 3, 1),
        ([5, 4, 6, 3, 7], 9, 5, 4),
    ],
)
def test_patience_stops_and_keeps_the_best_weights(figures: list[float], patience: int, epochs: int, best: int) -> None:
    script = Script(figures)
    training = Training(settings=having(epochs=5, patience=patience), validate=script)
    history = training.run()
    assert (history.finished, history.epochs, history.best_epoch) == (True, epochs, best)
    assert len(script.seen) == epochs
    assert same(training.state, script.seen[best - 1])
    assert history.steps == 3 * epochs


def test_a_validation_loss_that_is_no_number_is_never_the_best() -> None:
    script = Script([math.nan, 2, 1, math.nan, math.nan])
    training = Training(settings=having(epochs=5, patience=3), validate=script)
    assert training.run().best_epoch == 3
    assert same(training.state, script.seen[2])


@pytest.mark.parametrize(
    ("figures", "better", "epochs", "best"),
    [
        ([0.1, 0.3, 0.2, 0.4, 0.4], "higher", 3, 2),
        ([0.1, 0.2, 0.3, 0.4, 0.5], "higher", 5, 5),
        ([-3, -2, -2.5, -1, 0], "higher", 3, 2),
        ([5, 4, 4.5, 3, 2], "lower", 3, 2),
    ],
)
def test_patience_goes_by_the_figure_that_is_watched(figures: list[float], better: Any, epochs: int, best: int) -> None:
    script, settings = Script(figures, "score"), having(epochs=5, patience=1)
    training = Training(settings, validate=script, watched=Watched("score", better))
    history = training.run()
    assert (history.epochs, history.best_epoch, history.watched) == (epochs, best, "score")
    assert same(training.state, script.seen[best - 1])
    assert retold(history.records, NUM_ROWS, settings, history.seconds, Watched("score", better)) == history


def test_without_patience_the_last_weights_are_kept() -> None:
    script = Script([1, 2, 3, 4, 5])
    training = Training(settings=having(epochs=5), validate=script)
    history = training.run()
    assert (history.epochs, history.best_epoch) == (5, None)
    assert same(training.state, script.seen[-1])


def test_a_training_that_was_stopped_keeps_its_last_weights_to_go_on_from() -> None:
    script = Script([1, 2, 3])
    training = Training(settings=having(epochs=3, patience=3), validate=script, stop_after=7)
    history = training.run()
    assert (history.finished, history.steps, history.best_epoch) == (False, 7, 1)
    assert not same(training.state, script.seen[0])


# -------------------------------------------------------------------------------------------------- a mean


def weights_after(epochs: int) -> State:
    """Those of a training that ends there; its rate is the same at every step, so that a longer one has them too."""
    training = Training(having(epochs=epochs, schedule=Member("constant")))
    training.run()
    return training.state


@pytest.mark.parametrize(
    ("averaged", "kept"), [(2, (4, 5)), (3, (3, 4, 5)), (5, (1, 2, 3, 4, 5)), (8, (1, 2, 3, 4, 5))]
)
def test_the_weights_that_are_kept_are_the_mean_of_the_last_epochs(averaged: int, kept: tuple[int, ...]) -> None:
    settings = having(epochs=5, schedule=Member("constant"), averaged_epochs=averaged)
    training = Training(settings)
    history = training.run()
    states = [weights_after(epoch) for epoch in kept]
    for name, tensor in training.state.items():
        whole = torch.stack([state[name].double() for state in states])
        if tensor.is_floating_point():
            torch.testing.assert_close(tensor.double(), whole.mean(0), rtol=1e-5, atol=1e-7)
        else:
            assert torch.equal(tensor, states[-1][name]), "a count is not averaged"
    assert (history.best_epoch, history.averaged_epochs) == (None, len(kept))
    assert retold(history.records, NUM_ROWS, settings, history.seconds) == history


def test_only_the_last_validation_is_of_the_mean_and_its_record_says_so() -> None:
    script = Script([1.0] * 4)
    training = Training(having(epochs=4, averaged_epochs=3), validate=script)
    history = training.run()
    assert same(script.seen[-1], training.state)
    assert [record.get("averaged_epochs") for record in history.records if "validation" in record] == [None] * 3 + [3]
    plain = Script([1.0] * 4)
    Training(having(epochs=4), validate=plain).run()
    for ours, theirs in zip(script.seen[:-1], plain.seen[:-1], strict=True):
        assert same(ours, theirs), "training goes on from its own weights"


def test_a_single_epoch_is_no_mean() -> None:
    averaged, plain = Training(having(epochs=1, averaged_epochs=3)), Training(having(epochs=1))
    assert bare(averaged.run()) == bare(plain.run())
    assert same(averaged.state, plain.state)


def test_a_training_that_was_stopped_keeps_no_mean_yet() -> None:
    training = Training(having(epochs=4, averaged_epochs=3), stop_after=10)
    assert training.run().averaged_epochs is None
    plain = Training(having(epochs=4), stop_after=10)
    plain.run()
    assert same(training.state, plain.state)


# --------------------------------------------------------------------------------------------- divergence


def diverging_at(
    step: int, value: float, batch_in_step: int = 0, per_step: int = 1
) -> Callable[[Tensor, Batch], Tensor]:
    batches = iter(range(10**6))

    def losses(outputs: Tensor, _batch: Batch) -> Tensor:
        wrong = next(batches) == (step - 1) * per_step + batch_in_step
        return outputs.sum(1) * 0 + (value if wrong else 1.0)

    return losses


@pytest.mark.usefixtures("every_step_saved", "rare_records")
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("step", [1, 2, 16, 17, 30, 44])
@pytest.mark.parametrize("checkpoint_seconds", [0.0, 1e9])
def test_a_loss_that_is_not_finite_is_named_with_its_step_and_rate(
    step: int, value: float, checkpoint_seconds: float
) -> None:
    """Losses are looked at now and then, but the step that is named is the one that had it."""
    settings = having(batch_size=1, learning_rate=0.3, checkpoint_seconds=checkpoint_seconds)
    training = Training(settings=settings, losses=diverging_at(step, value), store=Kept())
    with pytest.raises(DivergedError) as caught:
        training.run()
    rate = 0.3 * registry.load("schedules", "one_cycle")((step - 1) / 44)
    assert str(caught.value) == (
        f"The loss became {value} at step {step} of 44, at a learning rate of {rate:.3g}. "
        "Try --set training.learning_rate=0.03."
    )


def test_in_bfloat16_the_precision_may_be_to_blame() -> None:
    settings = having(learning_rate=0.3, precision="bfloat16")
    with pytest.raises(DivergedError, match=r"learning_rate=0\.03 or --set training\.precision=float32\.$"):
        Training(settings=settings, losses=diverging_at(2, math.nan)).run()


def test_a_loss_of_one_accumulated_batch_is_enough() -> None:
    training = Training(
        settings=having(batch_size=2, accumulation=4), losses=diverging_at(2, math.nan, batch_in_step=2, per_step=4)
    )
    with pytest.raises(DivergedError, match="at step 2 of 6"):
        training.run()


@pytest.mark.usefixtures("every_step_saved", "rare_records")
@pytest.mark.parametrize("step", [1, 5, 16, 22, 23, 44])
def test_a_training_that_diverged_leaves_the_last_good_checkpoint(step: int) -> None:
    settings = having(batch_size=1, checkpoint_seconds=0.0)
    store = Kept()
    with pytest.raises(DivergedError):
        Training(settings=settings, losses=diverging_at(step, math.nan), store=store).run()
    assert len(store.all) == step - 1
    resumed = Training(settings=settings, store=store)
    assert resumed.loop.progress.step == step - 1
    assert all(tensor.isfinite().all() for tensor in resumed.state.values())


def test_a_checkpoint_from_before_stays_as_it_was_where_training_diverges() -> None:
    store = Kept()
    Training(store=store, stop_after=2).run()
    before = list(store.all)
    with pytest.raises(DivergedError, match="at step 3 of 6"):
        Training(store=store, losses=diverging_at(1, math.nan)).run()
    assert store.all == before


def test_weights_that_really_explode_are_noticed() -> None:
    settings = having(
        learning_rate=1e30, optimizer=Member("sgd"), schedule=Member("constant"), max_grad_norm=None, epochs=3
    )
    with pytest.raises(DivergedError, match=r"The loss became (nan|inf) at step \d"):
        Training(settings=settings).run()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_last_step_that_spoils_the_weights_is_noticed(value: float) -> None:
    def validate(_network: nn.Module) -> dict[str, float]:
        return {"loss": value if training.loop.progress.step == 6 else 1.0}

    training = Training(store=Kept(), validate=validate)
    with pytest.raises(DivergedError, match=rf"^The validation loss is {value} after the last step \(6\)\. Try --set"):
        training.run()
    assert training.store is not None
    assert training.store.all == []


def test_with_patience_the_best_weights_outlive_a_bad_end() -> None:
    def validate(_network: nn.Module) -> dict[str, float]:
        return {"loss": math.nan if training.loop.progress.step == 6 else 1.0}

    training = Training(settings=having(patience=3), validate=validate)
    assert training.run().best_epoch == 1


@pytest.mark.parametrize("damage", ["cut", "empty", "noise", "of another network"])
def test_a_damaged_checkpoint_is_named(damage: str) -> None:
    store = Kept()
    Training(store=store, stop_after=2).run()
    other = to_bytes({"network/dense.weight": torch.zeros(2)}, {"progress": "{}"})
    whole = store.all[-1]
    store.all = [
        {"cut": whole[: len(whole) // 2], "empty": b"", "noise": whole[::-1], "of another network": other}[damage]
    ]
    with pytest.raises(RunError, match=r"^The checkpoint memory is damaged: .* Delete it") as caught:
        Training(store=store)
    assert "\n" not in str(caught.value)


def test_the_time_of_the_fit_is_that_of_all_processes() -> None:
    store = Kept()
    Training(store=store, stop_after=2).run()
    before = restored(store).fit_seconds
    assert before > 0
    resumed = Training(store=store)
    assert resumed.run().earlier_fit_seconds == before
    assert restored(store).fit_seconds > before


def restored(store: Kept) -> Progress:
    """The progress in the last checkpoint."""
    return Training(store=Kept(store.load())).loop.progress


# ----------------------------------------------------------------------------------------- an end that is set


@pytest.mark.parametrize(("max_steps", "steps"), [(1, 1), (3, 3), (4, 4), (6, 6), (7, 6), (100, 6)])
def test_training_ends_after_so_many_steps_at_most(max_steps: int, steps: int) -> None:
    history = Training(settings=having(max_steps=max_steps)).run()
    assert (history.steps, history.finished) == (steps, True)
    assert history.epochs == math.ceil(steps / 3)


def test_where_it_ends_it_is_validated_and_logged() -> None:
    validated: list[int] = []

    def validate(_network: nn.Module) -> dict[str, float]:
        validated.append(training.loop.progress.step)
        return {"loss": 1.0}

    training = Training(settings=having(epochs=4, max_steps=5), validate=validate)
    history = training.run()
    assert validated == [3, 5]
    assert [record["step"] for record in history.records if "validation" in record] == [3, 5]
    assert [record["epoch"] for record in history.records][-1] == 2
    assert history.records[-1]["gradient_norm"] > 0
    assert history.examples == 22 + 2 * 8


def test_the_schedule_goes_to_its_end_within_the_steps() -> None:
    """A training of five steps has the rates of five steps, not the first five of twelve."""
    history = Training(settings=having(epochs=4, max_steps=5)).run()
    schedule = registry.load("schedules", "one_cycle")
    rates = [record["learning_rate"] for record in history.records]
    assert rates == pytest.approx([0.02 * schedule(step / 5) for step in range(5)])


def test_the_steps_that_are_taken_are_those_of_a_longer_training() -> None:
    constant = having(epochs=4, schedule=Member("constant"))
    long, short = Training(settings=constant), Training(settings=dataclasses.replace(constant, max_steps=5))
    long.run()
    short.run()
    assert short.rows == long.rows[:5]


def test_progress_speaks_of_the_epochs_that_there_will_be() -> None:
    moments: list[Moment] = []

    class Watching(Silent):
        def moment(self, moment: Moment) -> None:
            moments.append(moment)

    Training(settings=having(epochs=4, max_steps=5), observer=Watching()).run()
    assert {moment.num_epochs for moment in moments} == {2}
    assert moments[-1].share == 1
    assert moments[-1].validation


# -------------------------------------------------------------------------------------------- augmentations


class Marking:
    """Adds one to every picture and remembers what it was given, and whether a network was learning."""

    def __init__(self) -> None:
        self.given: list[Batch] = []

    def __call__(self, batch: Batch) -> Batch:
        self.given.append(batch)
        return dataclasses.replace(batch, inputs=(batch.inputs[0] + 1,))


def test_augmentations_change_training_batches_in_their_order_and_nothing_else() -> None:
    first, second = Marking(), Marking()
    training = Training()
    training.loop.augmentations = [first, second]
    plain = training.examples.batch(torch.arange(NUM_ROWS)).inputs[0].clone()
    training.run()
    assert len(first.given) == len(second.given) == 6
    for before, after in zip(first.given, second.given, strict=True):
        assert torch.equal(after.inputs[0], before.inputs[0] + 1)
        assert torch.equal(before.inputs[0], plain[before.rows])
    assert torch.equal(training.examples.batch(torch.arange(NUM_ROWS)).inputs[0], plain), "the examples stay"
    unchanged = Training()
    unchanged.run()
    assert not same(training.state, unchanged.state)


def test_augmentations_differ_from_step_to_step_and_the_seed_decides_them() -> None:
    def given(seed: int) -> list[Batch]:
        last = Marking()
        training = Training(seed=seed, augmentations=("mixup",))
        training.loop.augmentations = [*training.loop.augmentations, last]
        training.run()
        return last.given

    shares = [None if batch.shares is None else batch.shares.tolist() for batch in given(0)]
    mixed = [share for share in shares if share is not None]
    assert 0 < len(mixed) < len(shares)
    assert len({tuple(share) for share in mixed}) == len(mixed)
    again = [None if batch.shares is None else batch.shares.tolist() for batch in given(0)]
    other = [None if batch.shares is None else batch.shares.tolist() for batch in given(1)]
    assert again == shares
    assert other != shares


@pytest.mark.parametrize(("shares", "learnt"), [([1.0] * 22, 0), ([0.0] * 22, 1)])
def test_a_mixed_example_is_learnt_with_both_targets(shares: list[float], learnt: int) -> None:
    """With a share of 0 the target is the partner's alone: here always the class after its own."""

    class Mixing:
        def __call__(self, batch: Batch) -> Batch:
            assert batch.targets is not None
            after = [int((batch.targets == (target + 1) % 3).nonzero()[0]) for target in batch.targets]
            return dataclasses.replace(batch, partners=torch.tensor(after), shares=torch.tensor(shares)[: len(batch)])

    training = Training(settings=having(epochs=60, batch_size=22, schedule=Member("constant")))
    training.loop.augmentations = [Mixing()]
    training.run()
    assert training.network is not None
    whole = training.examples.batch(torch.arange(NUM_ROWS))
    assert whole.targets is not None
    with torch.inference_mode():
        decided = training.network.eval()(*whole.inputs).argmax(1)
    assert float(((decided - whole.targets) % 3 == learnt).float().mean()) > 0.9


# ------------------------------------------------------------------------------------------------- history


def of_texts(settings: TrainingSettings, **changes: Any) -> Training:
    """A training whose pictures have lengths, as texts have them: their batches differ in size."""
    training = Training(settings, **changes)
    lengths = torch.arange(NUM_ROWS) % 7 * 10 + 1

    class Texts(TensorExamples):
        @property
        def lengths(self) -> Tensor:
            return lengths

        def batches(self, generator: torch.Generator, batch_size: int) -> list[torch.Tensor]:
            return of_like_cost(lengths, generator, batch_size)

    plain = training.examples
    training.loop.examples = training.examples = Texts(
        plain.stored, plain.targets, np.arange(NUM_ROWS), plain.inputs_of
    )
    return training


@pytest.mark.parametrize(
    "changes", [{}, {"max_steps": 7}, {"batch_size": 4, "accumulation": 2, "max_steps": 7}], ids=str
)
def test_of_batches_that_differ_in_size_the_examples_that_were_seen_are_counted(changes: dict[str, Any]) -> None:
    settings = having(epochs=3, **changes)
    training = of_texts(settings)
    history = training.run()
    assert len({len(batch) for batch in training.rows}) > 1
    assert history.examples == sum(map(len, training.rows))
    assert history.steps == Training(settings).run().steps
    assert retold(history.records, NUM_ROWS, settings, history.seconds) == history
    for record in history.records:
        batches = training.rows[: record["step"] * settings.accumulation]
        assert record.get("examples", record["step"] * 8) == sum(map(len, batches)) or record["step"] % 3 == 0


def test_batches_that_differ_in_size_are_the_same_ones_after_a_stop() -> None:
    settings, store = having(epochs=3), Kept()
    whole = of_texts(settings)
    history = whole.run()
    of_texts(settings, store=store, stop_after=4).run()
    resumed = of_texts(settings, store=store)
    assert bare(resumed.run()) == bare(history)
    assert same(resumed.state, whole.state)


def test_history_counts_steps_epochs_and_examples() -> None:
    history = Training().run()
    assert (history.steps, history.epochs, history.examples, history.finished) == (6, 2, 44, True)
    stopped = Training(stop_after=4).run()
    assert (stopped.steps, stopped.epochs, stopped.examples, stopped.finished) == (4, 2, 30, False)


@pytest.mark.parametrize(
    "changes",
    [{}, {"max_steps": 4}, {"accumulation": 2, "max_steps": 3}, {"patience": 1}, {"patience": 5}, {"batch_size": 7}],
    ids=str,
)
def test_a_history_is_told_again_from_its_records_alone(changes: dict[str, Any]) -> None:
    settings = dataclasses.replace(SETTINGS, epochs=4, **changes)
    figures = iter([3.0, 2.0, 5.0, 4.0])
    history = Training(settings, validate=lambda _network: {"loss": next(figures)}).run()
    assert retold(history.records, NUM_ROWS, settings, history.seconds) == history


def test_a_record_has_the_mean_loss_since_the_one_before() -> None:
    losses: list[float] = []

    def watched(outputs: Tensor, batch: Batch) -> Tensor:
        assert batch.targets is not None
        each = nn.functional.cross_entropy(outputs, batch.targets, reduction="none")
        losses.append(float(each.detach().mean()))
        return each

    training = Training(settings=having(epochs=19, batch_size=1), losses=watched)
    history = training.run()
    assert training.loop.log_every == 2
    assert len(history.records) == 19 * 11
    before = 0
    for record in history.records:
        assert record["loss"] == pytest.approx(np.mean(losses[before : record["step"]]), rel=1e-5)
        before = record["step"]
    assert [record["epoch"] for record in history.records if "validation" in record] == list(range(1, 20))
    assert [record["step"] for record in history.records if "validation" in record] == list(range(22, 419, 22))


def test_a_record_has_the_gradients_of_every_layer_before_they_are_clipped() -> None:
    history = Training(settings=having(max_grad_norm=1e-9)).run()
    for record in history.records:
        assert list(record["gradients"]) == ["conv", "norm", "dense"]
        assert all(norm > 1e-6 for norm in record["gradients"].values())
        assert record["gradient_norm"] > 1e-6


def test_the_best_weights_are_stored_with_the_checkpoint() -> None:
    store = Kept()
    script = Script([1, 2, 3])
    Training(settings=having(epochs=3, patience=3), validate=script, store=store, stop_after=7).run()
    resumed = Training(settings=having(epochs=3, patience=3), validate=Script([0, 0]), store=store)
    assert resumed.loop.kept is not None
    assert same(resumed.loop.kept, script.seen[0])

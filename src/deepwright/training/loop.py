"""The training loop: one step, repeated; everything that decides it is a function of the seed and the step.

A checkpoint holds weights, optimizer state and progress. Order and random numbers are derived from the seed and the
position, so that a resumed training ends with the same bits as one that was never interrupted (on a CPU, with the
same number of threads).
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from deepwright import registry
from deepwright.config.settings import TrainingSettings
from deepwright.contracts import Augmentation, Batch, Examples, Ordered
from deepwright.data.batching import shuffled
from deepwright.errors import DivergedError
from deepwright.messages import _
from deepwright.training.averaging import mean_with
from deepwright.training.checkpoints import CheckpointStore, Progress, pack, restore
from deepwright.training.gradients import gradient_norms
from deepwright.training.history import History, num_averaged, num_steps, seen
from deepwright.training.interrupts import Stop
from deepwright.training.progress import Moment, Observer
from deepwright.training.randomness import ORDER, STEP, derive
from deepwright.training.runtime import Runtime, to_device
from deepwright.training.watching import LOSS, Watched

Losses = Callable[[Tensor, Batch], Tensor]
Validate = Callable[[], Mapping[str, float]]

_RECORDS = 200
_CHECKED = 16
_SHOWN_SECONDS = 0.1
#: Checkpoints take no larger share of the time, however often they are asked for.
_SAVING_SHARE = 0.05


class Loop:
    """Trains a network in place.

    Args:
        network: on the runtime's device already.
        losses: outputs and batch to one loss for each example, [B].
        examples: the training split.
        settings: resolved; nothing is ``auto``.
        seed: of the order and of dropout.
        machine: device and precision.
        validate: measures the network on the validation split; must give ``loss``.
        observer: is told how it goes.
        watched: the validation figure that patience goes by.
        store: keeps checkpoints; None keeps none.
        stop: a request to stop after the current step.
        augmentations: change each training batch, in order.
        fit_started: when this process began the fit, as ``time.perf_counter`` tells it; None takes now.
    """

    def __init__(
        self,
        network: nn.Module,
        losses: Losses,
        examples: Examples,
        settings: TrainingSettings,
        seed: int,
        machine: Runtime,
        *,
        validate: Validate,
        observer: Observer,
        watched: Watched = LOSS,
        store: CheckpointStore | None = None,
        stop: Stop | None = None,
        augmentations: Sequence[Augmentation] = (),
        fit_started: float | None = None,
    ) -> None:
        assert isinstance(settings.epochs, int)
        assert isinstance(settings.batch_size, int)
        assert isinstance(settings.learning_rate, float)
        assert settings.patience is None or not isinstance(settings.averaged_epochs, int)
        self.network, self.losses, self.examples, self.settings = network, losses, examples, settings
        self.seed, self.machine, self.validate, self.observer = seed, machine, validate, observer
        self.watched, self.store, self.stop, self.augmentations = watched, store, stop or Stop(), augmentations
        self.parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self.optimizer = _optimizer(self.parameters, settings)
        self.schedule = partial(registry.load("schedules", settings.schedule.name), **settings.schedule.settings)
        self.peak_rate = settings.learning_rate
        self.batch_size = settings.batch_size
        self.steps_per_epoch, self.num_steps = num_steps(len(examples), settings)
        self.num_epochs = math.ceil(self.num_steps / self.steps_per_epoch)
        self.log_every = max(1, min(self.num_steps // _RECORDS, self.steps_per_epoch))
        self.progress = Progress()
        self.kept: dict[str, Tensor] | None = None
        if store is not None:
            self.progress, self.kept = restore(store, network, self.optimizer)
        self._earlier_fit_seconds = self.progress.fit_seconds
        self._fit_started = time.perf_counter() if fit_started is None else fit_started
        self._pending: list[Tensor] = []
        self._norms: dict[str, float] = {}
        self._norm = 0.0
        self._save_seconds = 0.0
        self._started = self._saved = self._shown = time.perf_counter()

    def run(self) -> History:
        """Train to the end, to the end of patience, or to a requested stop.

        Raises:
            DivergedError: a loss, the validation loss at the end included, is not finite; the last checkpoint stays
                as it was.
        """
        self._started = self._saved = time.perf_counter()
        before = self.progress.seconds
        stopped = False
        with self.stop.await_request():
            while not stopped and self.progress.step < self.num_steps and not self._out_of_patience():
                epoch, done = divmod(self.progress.step, self.steps_per_epoch)
                stopped = self._epoch(epoch, done, before)
        self.progress.seconds = before + time.perf_counter() - self._started
        if not stopped and not self.progress.best_epoch:
            self._check_the_end()
        self._save()
        if not stopped and self.kept is not None:
            self.network.load_state_dict(self.kept)
        return self._history(finished=not stopped)

    def _epoch(self, epoch: int, done: int, seconds_before: float) -> bool:
        """The rest of an epoch of which some steps are done; returns whether a stop was requested."""
        self.network.train()
        batches = self._batches(epoch)
        begun = time.perf_counter()
        end = min(self.steps_per_epoch, self.num_steps - epoch * self.steps_per_epoch)
        for position in range(done, end):
            first = position * self.settings.accumulation
            self._step(batches[first : first + self.settings.accumulation])
            self.progress.seconds = seconds_before + time.perf_counter() - self._started
            last = position + 1 == end
            if last or self.progress.step % self.log_every == 0:
                self._log(epoch, last)
            self._show(epoch, position + 1 - done, begun, last)
            if self.stop.requested:
                self._check()
                return True
            if self._checkpoint_is_due():
                self._check()
                self._save()
        return False

    def _batches(self, epoch: int) -> list[Tensor]:
        """The positions of each batch of an epoch."""
        generator = torch.Generator().manual_seed(derive(self.seed, ORDER, epoch))
        if isinstance(self.examples, Ordered):
            return self.examples.batches(generator, self.batch_size)
        return shuffled(len(self.examples), generator, self.batch_size)

    def _step(self, batches: Sequence[Tensor]) -> None:
        """One optimizer step over one or more batches; their losses are averaged over all examples."""
        # On a CPU its own generator is enough; torch.manual_seed prepares every other device, at 0.1 ms a step.
        generator = torch.default_generator if self.machine.device.type == "cpu" else torch.random
        generator.manual_seed(derive(self.seed, STEP, self.progress.step))
        rate = self.peak_rate * self.schedule(self.progress.step / self.num_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        total: Tensor | None = None
        num_examples = sum(map(len, batches))
        for positions in batches:
            batch = to_device(self.examples.batch(positions), self.machine)
            for augment in self.augmentations:
                batch = augment(batch)
            with self.machine.autocast():
                outputs = self.network(*batch.inputs)
            loss = mixed_losses(self.losses, outputs.float(), batch).sum() / num_examples
            loss.backward()
            total = loss.detach() if total is None else total + loss.detach()
        assert total is not None
        self.progress.step += 1
        self.progress.examples += num_examples
        self._pending.append(total)
        if len(self._pending) == _CHECKED:
            self._check()
        ends = self.progress.step == self.num_steps or self.progress.step % self.steps_per_epoch == 0
        norm = nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None])
        if ends or self.progress.step % self.log_every == 0:
            self._norms, self._norm = gradient_norms(self.network), float(norm)
        if self.settings.max_grad_norm is not None:
            nn.utils.clip_grads_with_norm_(self.parameters, self.settings.max_grad_norm, norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def _check(self) -> None:
        """Add the losses that came in since the last check, and stop if one of them is not finite."""
        if not self._pending:
            return
        losses = torch.stack(self._pending).tolist()
        for i, loss in enumerate(losses):
            if not math.isfinite(loss):
                step = self.progress.step - len(losses) + i + 1
                rate = self.peak_rate * self.schedule((step - 1) / self.num_steps)
                raise DivergedError(
                    _(
                        "The loss became {loss} at step {step} of {num_steps}, at a learning rate of {rate:.3g}. "
                        "Try {advice}.",
                        loss=loss,
                        step=step,
                        num_steps=self.num_steps,
                        rate=rate,
                        advice=self._advice(),
                    )
                )
            self.progress.loss_sum += loss
        self._pending.clear()

    def _check_the_end(self) -> None:
        """Stop if the last step made weights of which the training loss says nothing any more."""
        loss = self.progress.records[-1]["validation"]["loss"]
        if not math.isfinite(loss):
            raise DivergedError(
                _(
                    "The validation loss is {loss} after the last step ({step}). Try {advice}.",
                    loss=loss,
                    step=self.progress.step,
                    advice=self._advice(),
                )
            )

    def _advice(self) -> str:
        """Settings that may keep the loss finite."""
        slower = f"--set training.learning_rate={self.peak_rate / 10:.1g}"
        if self.machine.dtype == torch.float32:
            return slower
        return _("{first} or {second}", first=slower, second="--set training.precision=float32")

    def _log(self, epoch: int, last: bool) -> None:
        self._check()
        before = self.progress.records[-1]["step"] if self.progress.records else 0
        record: dict[str, Any] = {
            "step": self.progress.step,
            "epoch": epoch + 1,
            "loss": self.progress.loss_sum / (self.progress.step - before),
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "gradient_norm": self._norm,
            "gradients": self._norms,
        }
        self.progress.loss_sum = 0.0
        if self.progress.examples != seen(self.progress.step, len(self.examples), self.settings):
            record["examples"] = self.progress.examples
        if last:
            record |= self._average(epoch + 1)
            record["validation"] = dict(self.validate())
            self.network.train()
            self._keep_best(record["validation"][self.watched.name], epoch + 1)
        self.progress.records.append(record)

    def _average(self, epoch: int) -> dict[str, int]:
        """Take the weights of one of the last epochs into their mean, which are the network's own after the last."""
        averaged = num_averaged(self.settings, self.num_epochs)
        if averaged is None or (number := epoch - self.num_epochs + averaged) < 1:
            return {}
        self.kept = mean_with(self.kept, self.network.state_dict(), number)
        if number < averaged:
            return {}
        self.network.load_state_dict(self.kept)
        return {"averaged_epochs": averaged}

    def _keep_best(self, value: float, epoch: int) -> None:
        if self.settings.patience is not None and self.watched.beats(value, self.progress.best_value):
            self.progress.best_value, self.progress.best_epoch = value, epoch
            self.kept = copy.deepcopy(self.network.state_dict())

    def _out_of_patience(self) -> bool:
        epochs = self.progress.step // self.steps_per_epoch
        return self.settings.patience is not None and epochs - self.progress.best_epoch >= self.settings.patience

    def _show(self, epoch: int, steps: int, begun: float, last: bool) -> None:
        now = time.perf_counter()
        if not self.progress.records or (not last and now - self._shown < _SHOWN_SECONDS):
            return
        self._shown = now
        record = self.progress.records[-1]
        rate = steps / max(now - begun, 1e-9)
        self.observer.moment(
            Moment(
                epoch=epoch + 1,
                num_epochs=self.num_epochs,
                share=self.progress.step / self.num_steps,
                loss=record["loss"],
                examples_per_second=rate * self.batch_size * self.settings.accumulation,
                seconds_left=(self.num_steps - self.progress.step) / rate,
                validation=record.get("validation", {}) if last else {},
                over=last,
            )
        )

    def _checkpoint_is_due(self) -> bool:
        wait = max(self.settings.checkpoint_seconds, self._save_seconds / _SAVING_SHARE)
        return self.store is not None and time.perf_counter() - self._saved >= wait

    def _save(self) -> None:
        if self.store is not None:
            begun = time.perf_counter()
            self.progress.fit_seconds = self._earlier_fit_seconds + begun - self._fit_started
            self.store.save(pack(self.progress, self.network, self.optimizer, self.kept))
            self._saved = time.perf_counter()
            self._save_seconds = self._saved - begun

    def _history(self, finished: bool) -> History:
        progress = self.progress
        epochs = math.ceil(progress.step / self.steps_per_epoch)
        return History(
            progress.records,
            progress.step,
            epochs,
            progress.best_epoch or None,
            progress.seconds,
            self._earlier_fit_seconds,
            progress.examples,
            finished,
            self.watched.name,
            num_averaged(self.settings, epochs) if finished else None,
        )


def mixed_losses(losses: Losses, outputs: Tensor, batch: Batch) -> Tensor:
    """One loss for each example, [B]; of mixed examples, the losses with both targets in proportion to their shares."""
    own = losses(outputs, batch)
    if batch.partners is None or batch.shares is None or batch.targets is None:
        return own
    other = losses(outputs, replace(batch, targets=batch.targets[batch.partners]))
    return batch.shares * own + (1 - batch.shares) * other


def _optimizer(parameters: list[nn.Parameter], settings: TrainingSettings) -> torch.optim.Optimizer:
    groups: list[dict[str, Any]] = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer: torch.optim.Optimizer = registry.load("optimizers", settings.optimizer.name)(
        [g for g in groups if g["params"]], **settings.optimizer.settings
    )
    return optimizer

"""The Predictor: task, encoders, network and calibration together; what training returns and what a run loads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, get_type_hints

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from deepwright import registry
from deepwright.config.settings import Member
from deepwright.contracts import Batch, Encoder, Examples, Predictions, Raw, Stored, Task, batches, least_padded
from deepwright.decoding.beam import Beam, Translates, search
from deepwright.errors import ConfigError, DivergedError, RunError
from deepwright.messages import _, listing, plural
from deepwright.specs import TranslationSpec
from deepwright.tensors import from_bytes, place, to_bytes

WEIGHTS = "model.safetensors"
PREPROCESSING = "preprocessing.json"
_CHUNK = 512
#: Texts that are written at once, those of one beam counted apart.
_BEAMS = 640


class Translation(NamedTuple):
    """A text that was written for another.

    Attributes:
        text: what its tokens spell.
        score: its log-probability divided by n^α, n its tokens with the end; at most 0.
    """

    text: str
    score: float


class Network(nn.Module):
    """The encoder's first layer, which normalises, and the model after it.

    Args:
        front: from the input's own unit to what the model likes.
        model: the registered architecture.
    """

    def __init__(self, front: nn.Module, model: nn.Module) -> None:
        super().__init__()
        self.front, self.model = front, model

    def forward(self, *inputs: Tensor) -> Tensor:
        """Inputs [B, …] in their own unit to outputs [B, …]."""
        outputs: Tensor = self.model(self.front(inputs[0]), *inputs[1:])
        return outputs


class Predictor:
    """``encode`` raw values, ``forward`` them, ``decode`` the outputs into answers.

    Args:
        task_name: registered name of the task.
        task: fitted.
        member: the model's name and settings.
        network: with its first layer.
        temperature: divides the outputs before they become probabilities (C. Guo et al., 2017).
    """

    def __init__(self, task_name: str, task: Task, member: Member, network: Network, temperature: float = 1.0) -> None:
        self.task_name, self.task, self.member, self.network = task_name, task, member, network
        self.temperature = temperature

    @classmethod
    def build(cls, task_name: str, task: Task, member: Member) -> Predictor:
        """A predictor with an untrained model for a fitted task.

        Raises:
            ConfigError: the model does not fit the task's inputs and outputs.
        """
        model_class = registry.load("models", member.name, member.settings)
        if not _fits(model_class, task):
            raise ConfigError(
                _(
                    "The model {name} does not fit this data. Fitting: {names}.",
                    name=member.name,
                    names=listing(fitting(task)),
                )
            )
        model = model_class(task.inputs.spec, task.outputs.spec, **member.settings)
        network = Network(task.inputs.front(), model)
        place(network)
        return cls(task_name, task, member, network)

    def encode(self, values: Raw) -> Batch:
        """Raw values as one batch."""
        return self.task.encode(values)

    @torch.inference_mode()
    def forward(self, batch: Batch) -> Tensor:
        """Calibrated outputs [B, …], in float32 on the CPU."""
        return self._raw(batch) / self.temperature

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """Calibrated outputs as answers."""
        return self.task.decode(outputs)

    def predict(self, values: Raw) -> list[dict[str, Any]]:
        """Raw values to answers, a few hundred at a time."""
        if self.translates:
            return [{"translation": best[0].text, "score": best[0].score} for best in self.translate(values)]
        answers: list[dict[str, Any]] = []
        for start in range(0, len(values), _CHUNK):
            answers += self.decode(self.forward(self.encode(values[start : start + _CHUNK])))
        return answers

    @property
    def translates(self) -> bool:
        """Whether it writes texts for others."""
        return isinstance(self.task.outputs.spec, TranslationSpec) and isinstance(self.network.model, Translates)

    def translate(self, values: Raw, beam: Beam | None = None) -> list[list[Translation]]:
        """For each text those that are written for it, the best first: as many as the beam is wide, and at least one.

        Args:
            values: texts.
            beam: how they are searched for; None takes the usual.
        """
        source = self.task.inputs.encode(values)
        return self._written(source, beam or Beam())

    @torch.inference_mode()
    def predictions(self, examples: Examples) -> Predictions:
        """Outputs, not calibrated, of all examples beside their targets.

        Raises:
            DivergedError: an output is not a finite number, so that nothing can be measured.
        """
        assert examples.targets is not None
        order = least_padded(examples)
        parts = batches(examples, self.task.outputs.spec, order=order)
        made = [(self.task.judged(self._raw(batch), batch), batch.rows) for batch in parts]
        outputs, rows = (torch.cat(parts)[order.argsort()] for parts in zip(*made, strict=True))
        if failed := int((~outputs.flatten(1).isfinite().all(1)).sum()):
            raise DivergedError(
                plural(
                    "The outputs of {model} are not finite numbers for {n} of {total} examples, so that they cannot be "
                    "measured.",
                    "The outputs of {model} are not finite numbers for {n} of {total} examples, so that they cannot be "
                    "measured.",
                    failed,
                    model=self.member.name,
                    total=len(outputs),
                )
            )
        predictions = self.task.predictions(outputs, examples.targets, rows.numpy())
        if not self.translates:
            return predictions
        return replace(predictions, written=self.written(examples, Beam()))

    @property
    def num_parameters(self) -> int:
        """Parameters of the model; what normalises is not counted."""
        return sum(parameter.numel() for parameter in self.network.model.parameters())

    def state(self) -> dict[str, Any]:
        """All but the weights, as JSON-compatible data."""
        return {
            "task": self.task_name,
            "columns": self.task.columns,
            "inputs": self.task.inputs.state(),
            "outputs": self.task.outputs.state(),
            "model": {"name": self.member.name, "settings": dict(self.member.settings)},
            "temperature": self.temperature,
        }

    def files(self) -> dict[str, bytes]:
        """The predictor as files: weights as safetensors, the rest as JSON."""
        return {
            WEIGHTS: to_bytes(self.network.state_dict()),
            PREPROCESSING: json.dumps(self.state(), ensure_ascii=False, indent=1).encode(),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Predictor:
        """The predictor that ``files`` wrote; nothing is unpickled or executed.

        Raises:
            RunError: weights and preprocessing do not belong together.
        """
        try:
            state = json.loads(files[PREPROCESSING])
            task = registry.load("tasks", state["task"])(state["columns"])
            task.restore(state["inputs"], state["outputs"])
            predictor = cls.build(state["task"], task, Member(state["model"]["name"], state["model"]["settings"]))
            predictor.temperature = float(state["temperature"])
            _load(predictor.network, from_bytes(files[WEIGHTS]))
        except (KeyError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
            raise RunError(
                _(
                    "{weights} and {preprocessing} do not belong together: {problem}",
                    weights=WEIGHTS,
                    preprocessing=PREPROCESSING,
                    problem=error,
                )
            ) from None
        predictor.network.eval()
        return predictor

    def written(self, examples: Examples, beam: Beam, most: int | None = None) -> npt.NDArray[Any]:
        """The best text that is found for each example, [N].

        Args:
            examples: pairs of texts, of which the sources are read.
            beam: how texts are searched for.
            most: of how many examples, the first ones; None for all.
        """
        sources: Any = examples
        texts = [best[0].text for best in self._written(sources.stored, beam, most)]
        found = np.empty(len(texts), object)
        found[:] = texts
        return found

    @torch.inference_mode()
    def _written(self, sources: Stored, beam: Beam, most: int | None = None) -> list[list[Translation]]:
        """What is written for stored sources [N, T], or the first of them, those of about the same length together."""
        self.network.eval()
        network: Any = self.network.model
        vocabulary: Any = self.task.outputs.vocabulary  # type: ignore[attr-defined]  # of texts
        lengths: Any = sources.lengths  # type: ignore[attr-defined]  # of texts
        order = lengths[:most].argsort(stable=True, descending=True)
        found: dict[int, list[Translation]] = {}
        for positions in order.split(max(1, _BEAMS // beam.width)):
            (source,) = self.task.inputs.batch(sources[positions])
            limits = beam.limits(source, vocabulary.max_seq_len)
            for position, best in zip(positions.tolist(), search(network, source, beam, limits), strict=True):
                found[position] = [Translation(vocabulary.text(one.tokens), one.score) for one in best]
        return [found[position] for position in range(len(order))]

    def _raw(self, batch: Batch) -> Tensor:
        self.network.eval()
        outputs: Tensor = self.network(*batch.inputs)
        return outputs.to(torch.float32)


def _load(network: Network, tensors: Mapping[str, Tensor]) -> None:
    """Fill a network with tensors by name.

    Raises:
        ValueError: they are not its own, as a translated sentence about the first of them.
    """
    try:
        network.load_state_dict(tensors)
    except RuntimeError:
        wanted = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
        found = {name: list(tensor.shape) for name, tensor in tensors.items()}
        odd = next((name for name in {**wanted, **found} if wanted.get(name) != found.get(name)), None)
        if odd is None:
            raise
        nothing = _("not there")
        raise ValueError(
            _(
                "{name} is {found} in the one, {wanted} by the other.",
                name=odd,
                found=found.get(odd, nothing),
                wanted=wanted.get(odd, nothing),
            )
        ) from None


def fitting(task: Task) -> list[str]:
    """The registered models that take the task's inputs and yield its outputs; it need not be fitted."""
    return [name for name in registry.entries("models") if _fits(registry.load("models", name), task)]


def _fits(model: type[nn.Module] | Callable[..., nn.Module], task: Task) -> bool:
    hints = get_type_hints(model.__init__ if isinstance(model, type) else model)  # type: ignore[misc]  # never called
    return issubclass(_spec_type(task.inputs), hints["inputs"]) and issubclass(
        _spec_type(task.outputs), hints["outputs"]
    )


def _spec_type(encoder: Encoder) -> Any:
    declared: Any = type(encoder).spec
    return get_type_hints(declared.fget)["return"]

"""A run, for Python: what ``train`` returns and ``load`` opens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepwright.contracts import FloatArray, Raw
from deepwright.data.reading import as_array
from deepwright.data.texts.word_vectors import WordVectors
from deepwright.data.texts.word_vectors import expression as parsed
from deepwright.errors import RunError
from deepwright.measurements import Measurements
from deepwright.messages import _
from deepwright.own_code.admission import Model, allow
from deepwright.predictor import PREPROCESSING, WEIGHTS, Predictor
from deepwright.run_directory import RunDirectory
from deepwright.specs import ClassSpec, LabelsSpec, TokensSpec
from deepwright.training.embeddings import word_vectors
from deepwright.validation.storage import MEASUREMENTS, read_measurements

if TYPE_CHECKING:
    from torch import Tensor

    from deepwright.workflows.plan import Plan


class Run:
    """A finished run; files are read when they are first needed, and checked against the manifest.

    Args:
        directory: of the run.
        ready: the plan it was trained from, where that is still at hand; data in memory cannot be read again.
    """

    def __init__(self, directory: RunDirectory, ready: Plan | None = None) -> None:
        directory.manifest()
        self.directory = directory
        self._ready = ready

    @property
    def path(self) -> Path:
        """The run's directory."""
        return self.directory.path

    @cached_property
    def predictor(self) -> Predictor:
        """Encoders, network and calibration."""
        return Predictor.from_files({name: self.directory.read(name) for name in (WEIGHTS, PREPROCESSING)})

    @property
    def measurements(self) -> Measurements:
        """Every claim of the run as it was written; a bare name is the model's figure on the test split."""
        return read_measurements(self.directory.read(MEASUREMENTS))

    def evaluate(self, data: Any = None) -> Measurements:
        """Measure again: on the run's own test split, or on every row of other data.

        Args:
            data: a path, a data set, a mapping of arrays or a pair (pictures, labels).
        """
        from deepwright.workflows.evaluate import evaluate

        return evaluate(self.directory, data, self._ready)

    def predict(self, values: Raw | Tensor) -> list[dict[str, Any]]:
        """An answer for each of the raw values: paths, PIL pictures, or an array or tensor as ``train`` takes it.

        Args:
            values: arrays are [N, H, W], [N, H, W, C] or [N, C, H, W].
        """
        return self.predictor.predict(as_array(values))

    def predict_proba(self, values: Raw | Tensor) -> FloatArray:
        """Calibrated probabilities [N, C], in the order of ``classes``; each on its own where these are labels.

        Raises:
            RunError: the run learnt numbers.
        """
        num_classes = len(self.classes)
        answers = self.predict(values)
        return np.array([list(answer["probabilities"].values()) for answer in answers]).reshape(-1, num_classes)

    def generate(
        self,
        prompt: str,
        *,
        max_tokens: int = 300,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        repetition_penalty: float = 1.0,
        greedy: bool = False,
        stop: Sequence[str] = (),
        num_samples: int = 1,
        seed: int = 0,
    ) -> list[str]:
        """What follows a prompt, as often as is asked for; the prompt itself is left out.

        Args:
            prompt: what the text begins with; not empty.
            max_tokens: new tokens of each text.
            temperature: above 0; below 1 what is probable becomes more so.
            top_k: only so many of the most probable tokens are drawn from.
            top_p: only the fewest tokens that together have this probability, above 0 and at most 1, are drawn from.
            repetition_penalty: above 1, tokens that were there before become less probable.
            greedy: always take the most probable token.
            stop: a text ends before the first of these.
            num_samples: texts to make.
            seed: the same seed gives the same texts.

        Raises:
            UsageError: a number is out of its range, or the prompt is empty.
            RunError: the run learnt something else than how texts go on.
        """
        from deepwright.decoding.sampling import Sampling
        from deepwright.workflows.generate import generate

        sampling = Sampling(
            temperature=temperature, top_k=top_k, top_p=top_p, repetition_penalty=repetition_penalty, greedy=greedy
        )
        stops = [stop] if isinstance(stop, str) else stop
        texts = [""] * num_samples
        for piece in generate(
            self, [prompt], sampling, max_tokens=max_tokens, stop=stops, num_samples=num_samples, seed=seed
        ):
            texts[piece.row] += piece.text
        return texts

    def translate(
        self, texts: Sequence[str], *, beam: int = 5, length_penalty: float = 1.0, max_ratio: float = 2.0
    ) -> list[str]:
        """The text that is written for each of some texts; of one that is blank, nothing.

        Args:
            texts: to translate.
            beam: beginnings that are kept while searching; 1 takes the most probable token each time.
            length_penalty: 0 prefers short texts, 1 compares the mean log-probability of a token.
            max_ratio: tokens at most for each token of the text, and 20 more.

        Raises:
            UsageError: a number is out of its range, or there are no texts.
            RunError: the run learnt something else than pairs of texts.
        """
        from deepwright.decoding.beam import Beam
        from deepwright.workflows.translate import translate

        given = [texts] if isinstance(texts, str) else list(texts)
        search = Beam(width=beam, length_penalty=length_penalty, max_ratio=max_ratio)
        return [best[0].text for best in translate(self, given, search)]

    def recommend(
        self, users: Sequence[str] = (), *, history: Sequence[str] | None = None, k: int = 10
    ) -> list[list[str]]:
        """The items that users take next, the best first, out of those that they have not taken yet.

        Args:
            users: as they are called in the data; one who is not gets what most users took.
            history: items that somebody took who is not in the data, in the order of time; in place of users.
            k: items for each, at most.

        Raises:
            UsageError: ``k`` is below 1, or no item of the history is known.
            RunError: the run learnt something else than which items users take.
        """
        from deepwright.workflows.recommend import recommend

        given = [users] if isinstance(users, str) else [str(user) for user in users]
        items = None if history is None else [str(item) for item in history]
        return [[one.item for one in found.items] for found in recommend(self, given, items, k, reasons=False)]

    def similar(self, item: str, k: int = 10) -> list[str]:
        """The items that the model ranks first after one item alone.

        Raises:
            UsageError: the item is not known, or ``k`` is below 1.
            RunError: the run learnt something else than which items users take.
        """
        from deepwright.workflows.recommend import similar

        return [one.item for one in similar(self, str(item), k)]

    def neighbors(self, word: str, count: int = 10) -> list[tuple[str, float]]:
        """The words whose vectors are nearest to that of a word, with the cosines, nearest first.

        Raises:
            UsageError: the word is not known.
            RunError: the run has no embedding of words.
        """
        return [(near.word, near.cosine) for near in self._word_vectors.neighbors(word, count)]

    def analogy(self, expression: str, count: int = 5) -> list[tuple[str, float]]:
        """The words nearest to a sum such as ``king - man + woman``, with the cosines, nearest first.

        Raises:
            UsageError: a word is not known, or words and signs do not take turns.
            RunError: the run has no embedding of words.
        """
        return [(near.word, near.cosine) for near in self._word_vectors.analogy(*parsed([expression]), count)]

    @cached_property
    def _word_vectors(self) -> WordVectors:
        return word_vectors(self.predictor, self.path)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes or labels.

        Raises:
            RunError: the run learnt numbers, or how texts go on.
        """
        spec = self.predictor.task.outputs.spec
        if isinstance(spec, TokensSpec):
            raise RunError(_("{path} learnt how texts go on: it has no classes and no probabilities.", path=self.path))
        if not isinstance(spec, ClassSpec | LabelsSpec):
            raise RunError(
                _("{path} learnt numbers: it has no classes and no probabilities; use predict.", path=self.path)
            )
        return spec.names

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"


def load(path: str | Path, allow_code: Model | Path | None = None) -> Run:
    """Open a finished run; no code is executed but what is allowed.

    Args:
        path: the run's directory.
        allow_code: the file of a network of your own that the run was trained with, or the class or a module itself.

    Raises:
        RunError: it is not a run, is unfinished, from a newer version, or was changed.
    """
    if allow_code is not None:
        allow(allow_code)
    run = Run(RunDirectory.open(path))
    run.directory.check()
    return run

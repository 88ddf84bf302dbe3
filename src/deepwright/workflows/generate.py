"""Generate: texts that follow prompts, in pieces as they come."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepwright.decoding.generation import Continues, Generation
from deepwright.decoding.sampling import Sampling
from deepwright.decoding.streaming import Spelling, StopStrings
from deepwright.errors import RunError, UsageError
from deepwright.messages import _, listing
from deepwright.specs import ItemsSpec, TokensSpec
from deepwright.tokens import PADDING, UNKNOWN

if TYPE_CHECKING:
    from deepwright.workflows.run import Run

_log = logging.getLogger(__name__)
#: Characters that a remark about unknown ones shows.
_SHOWN = 20


@dataclass(frozen=True)
class Piece:
    """Text that goes on where the pieces of its text before it ended.

    Attributes:
        row: of the text: samples of the first prompt, then those of the next.
        text: may be empty in the last piece.
        last: whether the text ends here.
    """

    row: int
    text: str
    last: bool


def generate(
    run: Run,
    prompts: Sequence[str],
    sampling: Sampling,
    *,
    max_tokens: int = 300,
    stop: Sequence[str] = (),
    num_samples: int = 1,
    seed: int = 0,
) -> Iterator[Piece]:
    """Continue each prompt as often as is asked for; what is wrong is said before the first piece.

    Args:
        run: that learnt how texts go on.
        prompts: none of them empty.
        sampling: how a token is chosen.
        max_tokens: new tokens of each text.
        stop: a text ends before the first of these.
        num_samples: texts for each prompt.
        seed: of the random numbers; the same seed gives the same texts.

    Raises:
        UsageError: a number is out of its range, or a prompt or a stop is empty.
        RunError: the run learnt something else.
    """
    _check(prompts, max_tokens, stop, num_samples, seed)
    network = _network(run)
    vocabulary: Any = run.predictor.task.inputs.vocabulary  # type: ignore[attr-defined]  # of texts
    _tell_unknown(vocabulary, prompts)
    read = [list(map(int, numbers)) for numbers in vocabulary.whole(prompts) for _sample in range(num_samples)]
    generation = Generation(network, read, sampling, max_tokens, seed=seed, never=(PADDING, UNKNOWN))
    return _pieces(generation, [Spelling(vocabulary.text, prompt) for prompt in read], stop)


def _pieces(generation: Generation, spellings: Sequence[Spelling], stop: Sequence[str]) -> Iterator[Piece]:
    stops = [StopStrings(stop) for _row in spellings]
    for row, token in generation:
        text = stops[row].add(spellings[row].add(token))
        if stops[row].found:
            generation.stop(row)
        last = not generation.running(row)
        if last and not stops[row].found:
            text += stops[row].rest()
        if text or last:
            yield Piece(row, text, last)


def _check(prompts: Sequence[str], max_tokens: int, stop: Sequence[str], num_samples: int, seed: int) -> None:
    if not prompts or not all(prompts):
        raise UsageError(_("The prompt is empty; give at least one character that the text begins with."))
    if not all(stop):
        raise UsageError(_("stop is empty; give the characters before which the text is to end."))
    for name, given in (("max_tokens", max_tokens), ("num_samples", num_samples)):
        if given < 1:
            raise UsageError(_("{name} is {given}; it must be a whole number of at least 1.", name=name, given=given))
    if seed < 0:
        raise UsageError(_("seed is {given}; it must be a whole number of at least 0.", given=seed))


def _network(run: Run) -> Continues:
    """The network of a run that learnt how texts go on.

    Raises:
        RunError: it learnt something else, or cannot go on from where it is.
    """
    predictor = run.predictor
    if not isinstance(predictor.task.outputs.spec, TokensSpec):
        recommends = isinstance(predictor.task.outputs.spec, ItemsSpec)
        raise RunError(
            _(
                "{path} learnt {task} with {model} and continues no text. It answers: deepwright {command} {path} …",
                path=run.path,
                task=predictor.task_name,
                model=predictor.member.name,
                command="recommend" if recommends else "predict",
            )
        )
    network = predictor.network.model
    if not isinstance(network, Continues):
        raise RunError(
            _(
                "{model} cannot continue a text: it has no step(tokens, state). Train another model, such as lstm or "
                "transformer.",
                model=predictor.member.name,
            )
        )
    return network


def _tell_unknown(vocabulary: Any, prompts: Sequence[str]) -> None:
    """Say which characters of the prompts the training text hardly had."""
    if unknown := vocabulary.unfamiliar("".join(prompts)):
        _log.warning(
            _(
                "The text that was learnt from hardly has these characters: {characters}. "
                "What follows them is a guess.",
                characters=listing(map(repr, unknown[:_SHOWN])),
            )
        )

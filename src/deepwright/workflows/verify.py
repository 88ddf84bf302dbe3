"""Verify: compute every claim of a run again from the run's own files, and say which differ.

Nothing of the run is executed. A file that is not the one its manifest names is evidence of nothing: what would rest on
it is said not to be checked.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from deepwright.config.settings import plain
from deepwright.data.interactions.known import HISTORIES
from deepwright.errors import MissingExtraError, UsageError
from deepwright.messages import _, listing, plural
from deepwright.predictor import PREPROCESSING, WEIGHTS
from deepwright.reporting.agreement import views
from deepwright.reporting.alignments import ALIGNMENTS
from deepwright.reporting.continuations import CONTINUATIONS
from deepwright.reporting.data_section import DATA, DOUBTS, SAMPLES
from deepwright.reporting.feature_maps import FEATURE_MAPS
from deepwright.reporting.recommendations import RECOMMENDATIONS
from deepwright.reporting.report import CARD, REPORT
from deepwright.reporting.through_time import THROUGH_TIME
from deepwright.reporting.word_map import WORD_MAP
from deepwright.run_directory import CONFIG, RunDirectory
from deepwright.validation.evidence import ARCHITECTURE, HISTORY, Evidence, How, Section, Verdict, gather, unreadable
from deepwright.validation.recompute import alike, measurements, read_records
from deepwright.validation.storage import MEASUREMENTS, PREDICTIONS
from deepwright.validation.word_vectors import ANALOGIES, SIMILARITY, available
from deepwright.workflows.describe import describe
from deepwright.workflows.export import restated
from deepwright.workflows.verified_data import Reading, read_again
from deepwright.workflows.verified_data import data as data_section
from deepwright.workflows.verified_pictures import (
    attention,
    doubts,
    histories,
    maps,
    placed_words,
    recommendations,
    samples,
    texts,
    through_time,
)
from deepwright.workflows.word_map import is_embedding, measured_vectors

#: Files whose contents are claims, each with a verdict of its own.
_ALWAYS = (DATA, SAMPLES, PREPROCESSING, ARCHITECTURE, PREDICTIONS, MEASUREMENTS, REPORT, CARD)
_EXAMINED = (
    *(*_ALWAYS, DOUBTS, FEATURE_MAPS, THROUGH_TIME, CONTINUATIONS, ALIGNMENTS, WORD_MAP),
    *(HISTORIES, RECOMMENDATIONS),
)
#: What every run has.
_REQUIRED = (CONFIG, WEIGHTS, HISTORY, *_ALWAYS)


@dataclass(frozen=True)
class Verification:
    """All that was checked, in order."""

    sections: Sequence[Section]

    @property
    def verdicts(self) -> list[Verdict]:
        """One for each claim."""
        return [verdict for section in self.sections for verdict in section.verdicts]

    @property
    def num_differing(self) -> int:
        """Claims that do not hold."""
        return sum(bool(verdict.problems) for verdict in self.verdicts)

    def summary(self) -> str:
        """What stands behind the claims, and how many differ, in one sentence."""
        counts = Counter(verdict.how for verdict in self.verdicts)
        result = plural("{n} differs", "{n} differ", self.num_differing) if self.num_differing else _("nothing differs")
        return plural(
            "{n} claim: {parts}; {result}.",
            "{n} claims: {parts}; {result}.",
            len(self.verdicts),
            parts=listing(f"{counts[how]} {word}" for how, word in words().items() if how in counts),
            result=result,
        )


def words() -> dict[How, str]:
    """What stands behind a claim, in words."""
    return {
        "recomputed": _("recomputed"),
        "recomputed from stated figures": _("recomputed from stated figures"),
        "hash-only": _("hash-only"),
        "impossible without the data": _("impossible without the data"),
    }


def verify(directory: RunDirectory, data: str | None = None) -> Verification:
    """Check every claim of a run.

    Args:
        directory: of a finished run, in whatever state.
        data: where the run's data is now; None looks where its own files say.

    Raises:
        RunError: the run is unfinished.
        UsageError: ``data`` cannot be read, or the network is code of the user's own that was not allowed.
    """
    if not directory.finished:
        directory.manifest()
    manifest, evidence = gather(directory, _REQUIRED, _EXAMINED)
    if evidence is None:
        return Verification([manifest])
    numbers = (CONFIG, WEIGHTS, PREPROCESSING, PREDICTIONS)
    reading = read_again(evidence, data)
    return Verification(
        [
            manifest,
            _checked(_network, evidence, PREPROCESSING, (CONFIG, WEIGHTS, PREPROCESSING)),
            _checked(partial(_figures, reading=reading), evidence, MEASUREMENTS, (*numbers, HISTORY, DATA)),
            _checked(views, evidence, REPORT, (*numbers, HISTORY, DATA)),
            _checked(partial(data_section, reading=reading), evidence, DATA, (*numbers, DATA)),
            _pictures(evidence, reading),
        ]
    )


def _figures(evidence: Evidence, reading: Reading) -> Section:
    """Every measurement; those of the data itself where it is at hand."""
    num_examples = evidence.predictor.task.num_examples(evidence.read(DATA)["splits"]["train"]["rows"])
    inspected = () if reading.inspected is None else reading.inspected.measurements
    model, level = evidence.predictor.member.name, evidence.settings.validation.level
    made_of = {name: evidence.hashes[name] for name in (WEIGHTS, PREPROCESSING)}
    stated = read_records(evidence.files[MEASUREMENTS])[1]
    exported = restated(stated, model, level, evidence.hashes)
    vectors = []
    if all(record.recomputable for record in stated if record.name in (SIMILARITY, ANALOGIES)):
        if is_embedding(evidence.predictor) and not available():
            raise MissingExtraError(_("Comparing word vectors with what people say of words"), "embeddings")
        vectors = measured_vectors(evidence.predictor, evidence.settings, made_of)
    return measurements(evidence, num_examples, [*inspected, *vectors], list(exported))


def _pictures(evidence: Evidence, reading: Reading) -> Section:
    """The files behind a report's pictures, each for itself."""
    needed = {
        SAMPLES: (samples, (CONFIG, DATA)),
        DOUBTS: (doubts, (CONFIG, WEIGHTS, PREPROCESSING, PREDICTIONS, DATA)),
        FEATURE_MAPS: (maps, (CONFIG, WEIGHTS, PREPROCESSING, PREDICTIONS, DATA)),
        THROUGH_TIME: (through_time, (CONFIG, WEIGHTS, PREPROCESSING, DATA)),
        WORD_MAP: (placed_words, (WEIGHTS, PREPROCESSING)),
        ALIGNMENTS: (attention, (CONFIG, WEIGHTS, PREPROCESSING, PREDICTIONS, DATA)),
        CONTINUATIONS: (texts, (CONFIG, WEIGHTS, PREPROCESSING, DATA)),
        HISTORIES: (histories, (CONFIG, DATA)),
        RECOMMENDATIONS: (recommendations, (CONFIG, WEIGHTS, PREPROCESSING, PREDICTIONS, HISTORIES)),
    }
    verdicts: list[Verdict] = []
    for name, (check, files) in needed.items():
        verdicts += _checked(partial(_shown, check, reading), evidence, name, (*files, name)).verdicts
    made = [verdict.claim for verdict in verdicts if verdict.how == "recomputed"]
    impossible = [verdict.claim for verdict in verdicts if verdict.how == "impossible without the data"]
    notes = [_("Impossible without the data: {claims}.", claims=listing(impossible))] if impossible else []
    holds = _(
        "What a report shows in pictures was made again and is the same: {files}.", files=listing(made) or _("none")
    )
    return Section(holds, verdicts, notes)


def _shown(check: Callable[[Evidence, Reading], list[Verdict]], reading: Reading, evidence: Evidence) -> Section:
    return Section("", check(evidence, reading))


def _checked(check: Callable[[Evidence], Section], evidence: Evidence, claim: str, needed: Sequence[str]) -> Section:
    """What a check finds; whatever a damaged file makes a reader raise is a finding about that file.

    Of a file that is damaged itself, or is not there, its manifest has spoken.
    """
    told = claim in evidence.damaged or claim not in evidence.files
    if damaged := [name for name in needed if name in evidence.damaged]:
        if told:
            return Section("", [])
        problem = _("it was not checked, because it rests on {files}", files=listing(damaged))
        return Section("", [Verdict(claim, "recomputed", (problem,))])
    try:
        with np.errstate(all="ignore"):
            return check(evidence)
    except Exception as error:
        if type(error) is UsageError:  # code that the user has to allow, data that the user named
            raise
        return Section("", [] if told else [Verdict(claim, "recomputed", (unreadable(error),))])


def _network(evidence: Evidence) -> Section:
    """Whether weights, preprocessing, configuration and description belong together."""
    predictor, settings = evidence.predictor, evidence.settings
    pairs = {
        "task": (settings.task, predictor.task_name),
        "model": (plain(settings.model), plain(predictor.member)),
        "data.columns": (dict(settings.data.columns), dict(predictor.task.columns)),
    }
    problems = tuple(
        _("{key} is {found} there, but {stated} in {file}", key=key, found=found, stated=stated, file=CONFIG)
        for key, (stated, found) in pairs.items()
        if not alike(stated, found)
    )
    if not alike(evidence.read(PREPROCESSING), json.loads(json.dumps(predictor.state()))):
        problems = (*problems, _("it holds what no encoder and no task reads"))
    front, described = predictor.network.front.state_dict(), predictor.task.inputs.front().state_dict()
    if any(not torch.equal(front[name], tensor) for name, tensor in described.items()):
        problems = (*problems, _("the first layer that it describes is not the one in {weights}", weights=WEIGHTS))
    same = alike(evidence.read(ARCHITECTURE), json.loads(json.dumps(describe(predictor))))
    other = () if same else (_("it does not describe the network that {weights} gives", weights=WEIGHTS),)
    holds = plural(
        "{weights} belongs to {preprocessing}: {model}, {n} parameter.",
        "{weights} belongs to {preprocessing}: {model}, {n} parameters.",
        predictor.num_parameters,
        weights=WEIGHTS,
        preprocessing=PREPROCESSING,
        model=predictor.member.name,
    )
    return Section(holds, [Verdict(PREPROCESSING, "recomputed", problems), Verdict(ARCHITECTURE, "recomputed", other)])

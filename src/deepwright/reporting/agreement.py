"""Agreement: whether a run's report and model card show its files and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

import deepwright
from deepwright.messages import LANGUAGES, _, speaking
from deepwright.reporting.report import CARD, REPORT, render
from deepwright.validation.evidence import Evidence, Section, Verdict

_EXCERPT = 60


def views(evidence: Evidence) -> Section:
    """Whether report and model card are what the files give, in one of the languages."""
    written = {name: evidence.files[name] for name in (REPORT, CARD)}
    rendered: list[dict[str, bytes]] = []
    for language in LANGUAGES:
        with speaking(language):
            rendered.append(render(evidence.files, evidence.version))
        if rendered[-1] == written:
            break
    verdicts = [_view(evidence, name, [made[name] for made in rendered]) for name in written]
    holds = _("{report} and {card} show these measurements and nothing else.", report=REPORT, card=CARD)
    return Section(holds, verdicts)


def _view(evidence: Evidence, name: str, rendered: Sequence[bytes]) -> Verdict:
    written = evidence.files[name]
    if written in rendered:
        return Verdict(name, "recomputed")
    if evidence.version == deepwright.__version__:
        nearest = max(rendered, key=lambda view: len(set(view.splitlines()) & set(written.splitlines())))
        return Verdict(name, "recomputed", (_first_difference(written, nearest),))
    if re.search(rf"deepwright(==| ){re.escape(evidence.version)}(?![\w.+-])", written.decode(errors="replace")):
        return Verdict(name, "hash-only")
    problem = _("it does not say that deepwright {version} wrote it, as the manifest does", version=evidence.version)
    return Verdict(name, "hash-only", (problem,))


def _first_difference(written: bytes, rendered: bytes) -> str:
    """Where a view departs from what the files give, with what stands there and what should."""
    ours, theirs = ([*view.decode(errors="replace").splitlines(), ""] for view in (written, rendered))
    line = next(
        (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)) - 1
    )
    one, other = ours[line], theirs[line]
    start = max(0, next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0) - _EXCERPT // 3)
    return _(
        "line {line} is not what the run's files give: {found!r} instead of {expected!r}",
        line=line + 1,
        found=one[start : start + _EXCERPT],
        expected=other[start : start + _EXCERPT],
    )

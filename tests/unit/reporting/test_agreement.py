from __future__ import annotations

import pytest

import deepwright
from deepwright.messages import LANGUAGES, speaking
from deepwright.reporting.agreement import views
from deepwright.reporting.report import CARD, REPORT, render
from deepwright.validation.evidence import Evidence, Verdict
from tests.unit.reporting.runs import run_files

FILES = run_files()
VIEWS = (REPORT, CARD)


def verdicts(changes: dict[str, bytes], version: str = deepwright.__version__, written: str = "") -> dict[str, Verdict]:
    files = {**FILES, **render(FILES, written or version), **changes}
    return {verdict.claim: verdict for verdict in views(Evidence(files, (), version)).verdicts}


@pytest.mark.parametrize("language", LANGUAGES)
def test_views_agree_in_whatever_language_they_were_written(language: str) -> None:
    with speaking(language):
        changes = render(FILES)
    assert all(not v.problems and v.how == "recomputed" for v in verdicts(changes).values())


@pytest.mark.parametrize("name", VIEWS)
def test_an_edited_figure_is_found_and_named_with_its_line(name: str) -> None:
    text = render(FILES)[name].decode()
    line = next(i for i, line in enumerate(text.splitlines(), 1) if "650" in line)
    found = verdicts({name: text.replace("650", "651").encode()})
    (problem,) = found[name].problems
    assert problem.startswith(f"line {line} is not what the run's files give: ")
    assert "651" in problem.partition("instead of")[0]
    assert "650" in problem.partition("instead of")[2]
    assert [v.problems for other, v in found.items() if other != name] == [()]


def test_a_view_with_fewer_or_more_lines_is_found() -> None:
    report, card = (render(FILES)[name] for name in VIEWS)
    assert all(v.problems for v in verdicts({REPORT: report[: len(report) // 2], CARD: card + b"x"}).values())


def test_a_view_that_is_no_text_is_found() -> None:
    assert all(v.problems for v in verdicts({REPORT: b"\xff\xfe\x00", CARD: b""}).values())


def test_views_of_another_version_rest_on_their_hashes() -> None:
    changes = {name: view + b"<!-- as another version had it -->" for name, view in render(FILES, "9.8.7").items()}
    assert {(v.how, v.problems) for v in verdicts(changes, "9.8.7").values()} == {("hash-only", ())}


@pytest.mark.parametrize("version", ["9.8", "8.7", "9.8.7.dev1"])
def test_views_that_name_another_version_than_the_manifest_are_found(version: str) -> None:
    assert all(v.problems for v in verdicts({}, version, written="9.8.7").values())

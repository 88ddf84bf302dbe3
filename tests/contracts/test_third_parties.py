"""A model of another distribution is found through its entry point and held to the same contract as ours.

The same suite then has to find what is wrong with models that break it in one way each.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from xml.etree import ElementTree

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

GOOD = '''
"""Foreign: one dense layer, written by someone else.

As in A. N. Other (2021), Networks from elsewhere.
"""
from __future__ import annotations
from typing import Annotated, Any
import torch
from msgspec import Meta
from torch import Tensor, nn
from deepwright.contracts import Examples, Recipe
from deepwright.specs import ClassSpec, ImageSpec

__all__ = ["Foreign"]


class Foreign(nn.Module):
    """Images to logits.

    Args:
        inputs: pictures.
        outputs: classes.
        hidden_dim: units between them.
    """

    def __init__(
        self, inputs: ImageSpec, outputs: ClassSpec, *, hidden_dim: Annotated[int, Meta(ge=1)] = 8
    ) -> None:
        super().__init__()
        self.first = nn.Linear(inputs.channels * inputs.height * inputs.width, hidden_dim)
        self.last = nn.Linear(hidden_dim, outputs.num_classes)

    def forward(self, images: Tensor) -> Tensor:
        hidden = self.first(images.flatten(1))
        return self.last(hidden.tanh())

    @staticmethod
    def recipe(num_examples: int, inputs: Any, outputs: Any) -> Recipe:
        return Recipe(epochs=20 if num_examples < 50_000 else 5, batch_size=32, learning_rate=1e-3)
'''

SOLVED = GOOD.partition("    @staticmethod")[0]

#: A model that breaks the contract in one way: what is replaced by what, and the test that has to notice.
BROKEN: dict[str, tuple[str, str, str, str]] = {
    "untitled": (GOOD, '"""Foreign: one dense layer, written by someone else.', '"""foreign', "has_a_title"),
    "unsourced": (GOOD, "As in A. N. Other (2021), Networks", "Networks", "has_a_title_and_a_source"),
    "unexplained": (GOOD, "        hidden_dim: units between them.\n", "", "every_setting_has_a_meaning"),
    "undecided": (GOOD, "] = 8", "]", "every_setting_has_a_meaning_and_a_default"),
    "unlike_itself": (GOOD, "] = 8", "] = 0", "defaults_are_admitted"),
    "both": (
        GOOD,
        "    @staticmethod",
        "    def fit(self, examples: Examples) -> None: ...\n\n    @staticmethod",
        "either_trained_or_solved",
    ),
    "neither": (SOLVED, "outputs.num_classes)", "outputs.num_classes)", "either_trained_or_solved"),
    "wrongly_shaped": (GOOD, "hidden_dim, outputs.num_classes", "hidden_dim, 7", "have_the_shape"),
    "double": (GOOD, "self.last(hidden.tanh())", "self.last(hidden.tanh()).double()", "have_the_shape"),
    "infinite": (GOOD, "self.last(hidden.tanh())", "self.last(hidden.tanh()) / 0", "are_finite"),
    "noisy": (GOOD, "hidden.tanh()", "(hidden + torch.randn_like(hidden)).tanh()", "twice_gives_the_same_bits"),
    "sociable": (GOOD, "hidden.tanh()", "(hidden - hidden.mean(0)).tanh()", "does_not_depend_on_the_other_rows"),
    "greedy": (GOOD, "images.flatten(1)", "images.sub_(1).flatten(1)", "inputs_are_left"),
    "lonely": (GOOD, "hidden.tanh()", "(hidden / hidden.std(0).mean()).tanh()", "one_row_is_enough"),
    "unseeded": (
        GOOD,
        "        self.last =",
        "        nn.init.normal_(self.first.weight, generator=_generator())\n        self.last =",
        "same_seed_gives_the_same_weights",
    ),
    "forgetful": (
        GOOD,
        "hidden.tanh()",
        "(hidden + self.__dict__.setdefault('kept', torch.rand(1))).tanh()",
        "saved_and_loaded",
    ),
    "strict": (GOOD, "super().__init__()", "assert hidden_dim > 1; super().__init__()", "every_bound"),
    "hasty": (GOOD, "super().__init__()", "assert inputs.height > 3; super().__init__()", "too_small"),
    "idle": (GOOD, "self.last(hidden.tanh())", "self.last(hidden.tanh().detach())", "finite_gradient"),
    "tireless": (GOOD, "epochs=20", "epochs=100_000", "recipe_is_sane"),
    "unknown_optimizer": (GOOD, "learning_rate=1e-3", "learning_rate=1e-3, optimizer='newton'", "recipe_is_sane"),
    "ever_longer": (GOOD, "else 5", "else 50", "no_more_passes"),
    "useless": (
        SOLVED,
        "    def forward",
        "    def fit(self, examples: Examples) -> None:\n        nn.init.zeros_(self.last.weight)\n\n    def forward",
        "solving_finds_something",
    ),
}
#: The good model is tried on every problem, the broken ones on two.
CHOSEN = "foreign_good or (foreign and not 28x28 and not 32x32 and not 17x23)"
EXTRA = "\n\ndef _generator() -> torch.Generator:\n    made = torch.Generator()\n    made.seed()\n    return made\n"


def install(folder: Path) -> None:
    """A distribution with one good model and all the broken ones."""
    models = {"good": GOOD}
    for name, (source, old, new, _test) in BROKEN.items():
        assert old in source, name
        models[name] = source.replace(old, new) + EXTRA
    metadata = folder / "foreign-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign\nVersion: 1.0\n")
    points = "".join(f"foreign-{name.replace('_', '-')} = foreign_models.{name}\n" for name in models)
    (metadata / "entry_points.txt").write_text(f"[deepwright.models]\n{points}")
    (folder / "foreign_models").mkdir()
    for name, source in models.items():
        (folder / "foreign_models" / f"{name}.py").write_text(textwrap.dedent(source).lstrip(), encoding="utf-8")


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The tests that each foreign model failed; the suite runs in a process that has the distribution."""
    folder = tmp_path_factory.mktemp("site")
    install(folder)
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "tests/contracts/test_models.py", "-k", CHOSEN, "-q", "--tb=no"]
    finished = subprocess.run(
        [*command, "-p", "no:cacheprovider", f"--junitxml={report}"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1, finished.stdout + finished.stderr
    found: dict[str, set[str]] = {name: set() for name in ("good", *BROKEN)}
    counts = dict.fromkeys(found, 0)
    for case in ElementTree.parse(report).iter("testcase"):
        test, _bracket, parameters = case.attrib["name"].partition("[")
        model = next(iter(re.findall(r"foreign_([a-z_]+)", parameters)))
        counts[model] += 1
        if case.find("failure") is not None or case.find("error") is not None:
            found[model].add(test)
    assert min(counts.values()) > 10, counts
    return found


def test_a_good_model_passes_every_test(failures: dict[str, set[str]]) -> None:
    assert failures["good"] == set()


@pytest.mark.parametrize("model", BROKEN)
def test_what_is_wrong_with_a_model_is_noticed(model: str, failures: dict[str, set[str]]) -> None:
    expected = BROKEN[model][3]
    assert [test for test in failures[model] if expected in test], failures[model]

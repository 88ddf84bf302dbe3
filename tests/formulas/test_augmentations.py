"""Augmentations against pixel-by-pixel NumPy: what was drawn is found from what it did to pictures that show it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepwright import registry
from deepwright.contracts import Batch
from deepwright.specs import ImageSpec
from tests.formulas.reference import pictures as reference
from tests.formulas.reference.arrays import Floats
from tests.formulas.tolerances import MONTE_CARLO, ROUNDING, Tolerance

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(1, 12)
FOUND = Tolerance(
    0.0,
    1e-9,
    "a map that is found by least squares from pixels near the middle and carried on to the corners, ten times as far",
)
COUNTED = Tolerance(
    0.06,
    0.0,
    "mean over 4,000 draws of a share whose deviation is at most 0.35: its standard error is 0.0055; five of those are "
    "below 6 % of means of 0.3 and above",
)


def noise(*shape: int) -> Floats:
    return np.random.default_rng(list(shape)).random(shape)


def augmented(name: str, pictures: Floats, seed: int = 0, **settings: Any) -> Batch:
    num, *shape = pictures.shape
    torch.manual_seed(seed)
    augmentation = registry.load("augmentations", name)(ImageSpec(*shape), **settings)
    batch: Batch = augmentation(Batch((torch.from_numpy(pictures.copy()),), torch.zeros(num), torch.arange(num)))
    return batch


def pictures_after(name: str, pictures: Floats, seed: int = 0, **settings: Any) -> Floats:
    (changed,) = augmented(name, pictures, seed, **settings).inputs
    return np.asarray(changed.numpy())


def mixing(batch: Batch) -> tuple[npt.NDArray[np.int64], Floats]:
    assert batch.partners is not None
    assert batch.shares is not None
    return batch.partners.numpy(), batch.shares.numpy()


# --------------------------------------------------------------------------------------------- flip and shift


@given(SIDES, SIDES, SEEDS, st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0]))
def test_flip_mirrors_or_leaves(height: int, width: int, seed: int, horizontal: float, vertical: float) -> None:
    pictures = noise(6, 2, height, width)
    for before, after in zip(
        pictures, pictures_after("flip", pictures, seed, horizontal=horizontal, vertical=vertical), strict=True
    ):
        assert any(
            np.array_equal(after, reference.mirrored(before, sideways, upside_down))
            for sideways in (False, True)
            if horizontal in (0.5, sideways)
            for upside_down in (False, True)
            if vertical in (0.5, upside_down)
        )


def test_flip_mirrors_the_share_that_is_asked_for() -> None:
    pictures = np.tile(np.array([0.0, 1.0]), (4000, 1, 1, 1))
    mirrored = pictures_after("flip", pictures, horizontal=0.4)[:, 0, 0, 0]
    COUNTED.check(mirrored.mean(), 0.4)


@given(st.integers(2, 12), st.integers(2, 12), SEEDS, st.floats(0, 0.5), st.sampled_from(["edge", "zero"]))
def test_shift_rolls_and_fills(height: int, width: int, seed: int, share: float, fill: str) -> None:
    pictures = noise(4, 2, height, width) + 0.1
    rows, columns = round(share * height), round(share * width)
    for before, after in zip(pictures, pictures_after("shift", pictures, seed, share=share, fill=fill), strict=True):
        assert any(
            np.array_equal(after, reference.shifted(before, down, right, fill))
            for down in range(-rows, rows + 1)
            for right in range(-columns, columns + 1)
        )


def test_shift_takes_every_distance_equally_often() -> None:
    picture = np.zeros((1, 5, 7))
    picture[0, 2, 3] = 1
    after = pictures_after("shift", np.tile(picture, (9000, 1, 1, 1)), share=0.2, fill="zero")
    times = after.sum((0, 1))
    assert times.sum() == 9000
    assert (times > 0).sum() == 9
    assert abs(times[times > 0] - 1000).max() < 5 * math.sqrt(1000)


# -------------------------------------------------------------------------------------------- affine and crop


def telling(num: int, height: int, width: int) -> Floats:
    """Pictures that say where their pixels come from: columns and rows as values in two channels, noise in a third."""
    rows, columns = np.mgrid[:height, :width] / max(height, width)
    places = np.tile(np.stack([columns, rows]), (num, 1, 1, 1))
    return np.concatenate([places, noise(num, 1, height, width)], 1)


def found_map(after: Floats) -> tuple[Floats, Floats]:
    """A and t of the map p → A·p + t in pixels from the middle, from where 3×3 pixels in the middle come from."""
    height, width = after.shape[1:]
    middle = np.array([width - 1, height - 1]) / 2
    rows, columns = (
        index.ravel() for index in np.mgrid[height // 2 - 1 : height // 2 + 2, width // 2 - 1 : width // 2 + 2]
    )
    targets = np.stack([columns - middle[0], rows - middle[1], np.ones(9)], 1)
    sources = after[:2, rows, columns].T * max(height, width) - middle
    back = np.linalg.lstsq(targets, sources, rcond=None)[0].T
    matrix = np.linalg.inv(back[:, :2])
    return matrix, -matrix @ back[:, 2]


@pytest.mark.parametrize(("height", "width"), [(15, 15), (14, 21), (25, 12)])
@pytest.mark.parametrize(
    "settings",
    [{}, {"rotation": 40.0, "scale": 0.5, "shear": 20.0}, {"rotation": 180.0, "scale": 0.0}, {"shear": 45.0}],
    ids=str,
)
def test_affine_rotates_scales_and_shears_about_the_middle(height: int, width: int, settings: dict[str, Any]) -> None:
    limits = {"rotation": 10.0, "scale": 0.1, "shear": 0.0, **settings}
    pictures = telling(8, height, width)
    for before, after in zip(pictures, pictures_after("affine", pictures, **settings), strict=True):
        matrix, offset = found_map(after)
        scale = math.hypot(*matrix[:, 0])
        FOUND.check(offset, [0, 0])
        FOUND.check(np.linalg.det(matrix), scale**2)
        shear = math.degrees(math.atan(matrix[:, 0] @ matrix[:, 1] / scale**2))
        assert abs(math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))) <= limits["rotation"] + 1e-6
        assert abs(math.log(scale)) <= math.log1p(limits["scale"]) + 1e-9
        assert abs(shear) <= limits["shear"] + 1e-6
        FOUND.check(after, reference.mapped(before, matrix, offset))


def test_affine_draws_over_the_whole_range() -> None:
    pictures = telling(400, 15, 15)
    maps = [found_map(after)[0] for after in pictures_after("affine", pictures, rotation=30.0, scale=0.5)]
    angles = np.degrees([math.atan2(matrix[1, 0], matrix[0, 0]) for matrix in maps])
    scales = np.log([math.hypot(*matrix[:, 0]) for matrix in maps])
    for values, limit in ((angles, 30.0), (scales, math.log(1.5))):
        assert -limit < values.min() < -0.95 * limit
        assert 0.95 * limit < values.max() < limit
        assert abs(values.mean()) < 5 * limit / math.sqrt(3 * 400)


@pytest.mark.parametrize(("height", "width"), [(15, 15), (14, 21), (25, 12)])
@pytest.mark.parametrize("settings", [{}, {"area": 0.09, "aspect": 3.0}, {"area": 1.0, "aspect": 1.0}], ids=str)
def test_crop_shows_a_rectangle_within_the_picture(height: int, width: int, settings: dict[str, Any]) -> None:
    limits = {"area": 0.25, "aspect": 4 / 3, **settings}
    pictures = telling(20, height, width)
    for before, after in zip(pictures, pictures_after("crop", pictures, **settings), strict=True):
        matrix, offset = found_map(after)
        FOUND.check([matrix[0, 1], matrix[1, 0]], [0, 0])
        sides = 1 / np.diag(matrix)
        middle = -offset * sides / [width, height]
        assert sides.max() <= 1 + 1e-9
        assert (abs(middle) + sides / 2).max() <= 0.5 + 1e-9
        assert abs(math.log(sides[0] / sides[1])) <= math.log(limits["aspect"]) + 1e-9
        assert sides.max() > 1 - 1e-9 or sides.prod() >= limits["area"] - 1e-9
        FOUND.check(after, reference.mapped(before, matrix, offset))


# ------------------------------------------------------------------------------------------------------ colour


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("limits", [(0.2, 0.2, 0.2), (0.6, 0.0, 0.0), (0.0, 0.6, 0.0), (0.0, 0.0, 0.6)], ids=str)
def test_colour_jitter_changes_one_thing_after_the_other(channels: int, limits: tuple[float, float, float]) -> None:
    settings: dict[str, Any] = dict(zip(("brightness", "contrast", "saturation"), limits, strict=True))
    mild = 0.4 + 0.05 * noise(8, channels, 9, 8)
    strong = noise(8, channels, 9, 8)
    for calm, shown, before, after in zip(
        mild,
        pictures_after("colour_jitter", mild, **settings),
        strong,
        pictures_after("colour_jitter", strong, **settings),
        strict=True,
    ):
        factors = found_factors(calm, shown)
        for factor, limit in zip(factors, limits, strict=True):
            assert abs(factor - 1) <= limit + 1e-9
        FOUND.check(after, reference.jittered(before, *factors))


def found_factors(before: Floats, after: Floats) -> tuple[float, float, float]:
    """Factors of brightness, contrast and saturation, where nothing was clipped: the change is linear in them."""
    shades = np.broadcast_to(reference.grey(before), before.shape)
    mean = np.full(before.size, shades.mean())
    if len(before) == 1:
        own, of_mean = np.linalg.lstsq(np.stack([before.ravel(), mean], 1), after.ravel(), rcond=None)[0]
        return own + of_mean, own / (own + of_mean), 1.0
    terms = np.stack([before.ravel(), shades.ravel(), mean], 1)
    own, of_grey, of_mean = np.linalg.lstsq(terms, after.ravel(), rcond=None)[0]
    brightness = own + of_grey + of_mean
    return brightness, (own + of_grey) / brightness, own / (own + of_grey)


# ------------------------------------------------------------------------------------------- erasing and mixing


@given(st.integers(3, 14), st.integers(3, 14), SEEDS, st.floats(0.02, 0.4), st.floats(0, 0.4), st.floats(1, 5))
def test_erasing_covers_one_rectangle_with_the_mean(
    height: int, width: int, seed: int, smallest: float, more: float, aspect: float
) -> None:
    pictures = noise(4, 3, height, width)
    limits: dict[str, Any] = {"smallest": smallest, "largest": smallest + more, "aspect": aspect}
    for before, after in zip(pictures, pictures_after("erasing", pictures, seed, share=1.0, **limits), strict=True):
        covered = (after != before).any(0)
        rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
        num_rows, num_columns = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
        assert covered.sum() == num_rows * num_columns
        ROUNDING.check(after[:, covered], np.tile(before.mean((1, 2))[:, None], (1, num_rows * num_columns)))
        # Each side was rounded, to one pixel at least, and cut where it was longer than the picture.
        shortest = [side - 0.5 if side > 1 else 0.0 for side in (num_rows, num_columns)]
        assert math.prod(shortest) <= (smallest + more) * height * width + 1e-9
        if num_rows < height and num_columns < width:
            assert (num_rows + 0.5) * (num_columns + 0.5) >= smallest * height * width - 1e-9
            assert shortest[0] / (num_columns + 0.5) <= aspect + 1e-9
            assert shortest[1] / (num_rows + 0.5) <= aspect + 1e-9


def test_erasing_covers_the_share_of_pictures_that_is_asked_for() -> None:
    pictures = noise(4000, 1, 5, 5)
    after = pictures_after("erasing", pictures, share=0.4, smallest=0.1)
    COUNTED.check((after != pictures).any((1, 2, 3)).mean(), 0.4)


@given(st.integers(1, 9), SEEDS, st.floats(0.01, 10))
def test_mixup_is_the_convex_combination(num: int, seed: int, alpha: float) -> None:
    pictures = noise(num, 2, 5, 4)
    batch = augmented("mixup", pictures, seed, alpha=alpha, probability=1.0)
    partners, shares = mixing(batch)
    assert sorted(partners.tolist()) == list(range(num))
    own = shares[:, None, None, None]
    ROUNDING.check(batch.inputs[0].numpy(), own * pictures + (1 - own) * pictures[partners])


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_the_shares_of_mixup_follow_the_beta_distribution(alpha: float) -> None:
    _, shares = mixing(augmented("mixup", np.zeros((4000, 1, 1, 1)), alpha=alpha, probability=1.0))
    COUNTED.check(shares.mean(), 0.5)
    MONTE_CARLO.check(shares.std(), math.sqrt(1 / (4 * (2 * alpha + 1))))


@given(st.integers(2, 9), SIDES, SIDES, SEEDS, st.floats(0.1, 5))
def test_the_share_of_cutmix_is_the_area_that_is_kept(
    num: int, height: int, width: int, seed: int, alpha: float
) -> None:
    pictures = np.tile(np.linspace(0, 1, num)[:, None, None, None], (1, 2, height, width))
    batch = augmented("cutmix", pictures, seed, alpha=alpha, probability=1.0)
    partners, shares = mixing(batch)
    assert sorted(partners.tolist()) == list(range(num))
    for i, after in enumerate(batch.inputs[0].numpy()):
        own = (after == pictures[i]).all(0)
        assert (after[:, ~own] == pictures[partners[i], 0, 0, 0]).all()
        if partners[i] != i:
            ROUNDING.check(shares[i], own.mean())
            rows, columns = (~own).any(1).sum(), (~own).any(0).sum()
            assert (~own).sum() == rows * columns


def test_cutmix_cuts_as_much_as_its_formula_says() -> None:
    """A square of side a about a point anywhere in the unit square leaves (a - a²/4)² of it inside, on average.

    With a² uniform from 0 to 1 that is ∫ (u - u^1.5/2 + u²/16) du = 1/2 - 1/5 + 1/48.
    """
    _, shares = mixing(augmented("cutmix", np.zeros((4000, 1, 40, 40)), alpha=1.0, probability=1.0))
    COUNTED.check(1 - shares.mean(), 1 / 2 - 1 / 5 + 1 / 48)


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_a_batch_is_mixed_with_the_probability_that_is_asked_for(name: str) -> None:
    pictures = noise(2, 1, 3, 3)
    mixed = [augmented(name, pictures, seed, probability=0.4).shares is not None for seed in range(400)]
    assert abs(np.mean(mixed) - 0.4) < 5 * math.sqrt(0.24 / 400)

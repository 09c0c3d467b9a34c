from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

from model_eval.columns import IMAGE_COLUMNS
from model_eval.epoch_decisions import read_conditions
from model_eval.images.gaussian import GaussianImages, divergence_to_neighbour
from model_eval.images.image_source import class_names
from model_eval.images.open import open_images
from model_eval.networks.device import Hardware
from model_eval.settings import ImageSettings
from model_eval.train.conditions import ConditionImages, train_conditions
from model_eval.train.recipe import Recipe
from tricky.core.errors import InputError


def gaussian(**about: int) -> GaussianImages:
    settings = ImageSettings.model_validate({"source": "gaussian", "gaussian": about})
    source = open_images(settings, Path())
    assert isinstance(source, GaussianImages)
    return source


def test_the_papers_set_is_the_default() -> None:
    source = gaussian()
    catalogue = source.catalogue()
    assert tuple(catalogue.columns) == IMAGE_COLUMNS
    assert catalogue["class_name"].value_counts().unique().tolist() == [50]
    assert class_names(catalogue) == tuple(f"{sd:03d}" for sd in range(1, 101))
    assert catalogue["image_id"].is_monotonic_increasing
    assert catalogue["image_id"].is_unique
    assert source.read("001/00000").size == (224, 224)


@pytest.mark.parametrize("sd", [1, 10, 40])
def test_class_i_has_mean_128_and_standard_deviation_i(sd: int) -> None:
    source = gaussian(size_px=200)
    pixels = np.concatenate([np.asarray(source.read(f"{sd:03d}/{i:05d}")).ravel() for i in range(10)])
    n = len(pixels)
    # Rounding adds a variance of 1/12; what lies beyond 0 … 255 is rarer than 0.2% at SD 40.
    expected = np.sqrt(sd**2 + 1 / 12)
    assert pixels.mean() == pytest.approx(128, abs=5 * expected / np.sqrt(n))
    clipped = 0.005 if sd == 40 else 0
    assert pixels.std() == pytest.approx(expected, rel=5 / np.sqrt(2 * n) + clipped)


def test_pixels_are_normal_and_clipped_ones_as_many_as_the_distribution_says() -> None:
    source = gaussian(size_px=300)
    pixels = np.concatenate([np.asarray(source.read(f"100/{i:05d}")).ravel() for i in range(5)])
    for value, share in ((0, stats.norm(128, 100).cdf(0.5)), (255, stats.norm(128, 100).sf(254.5))):
        assert (pixels == value).mean() == pytest.approx(share, abs=5 * np.sqrt(share / len(pixels)))
    inside = pixels[(pixels > 0) & (pixels < 255)]
    truncated = stats.truncnorm(-1.275, 1.265, loc=128, scale=100)
    assert (
        stats.kstest(inside + np.random.default_rng(1).uniform(-0.5, 0.5, len(inside)), truncated.cdf).pvalue
        > 1e-3
    )


def test_an_image_is_the_same_whenever_it_is_read_and_no_other_is_like_it() -> None:
    source, training = gaussian(size_px=8), gaussian(size_px=8).for_training()
    first = np.asarray(source.read("050/00003"))
    assert np.array_equal(first, np.asarray(gaussian(size_px=8).read("050/00003")))
    others = [
        source.read("050/00004"),
        source.read("051/00003"),
        training.read("050/00003"),
        gaussian(size_px=8, seed=2).read("050/00003"),
    ]
    assert all(not np.array_equal(first, np.asarray(other)) for other in others)


def test_training_images_are_a_set_of_their_own() -> None:
    source = gaussian(classes=3, images_per_class=2, training_images_per_class=5)
    training = source.for_training()
    assert len(source.catalogue()) == 6
    assert len(training.catalogue()) == 15
    assert set(source.catalogue()["sha256"]).isdisjoint(training.catalogue()["sha256"])


@pytest.mark.parametrize("image_id", ["000/00000", "004/00000", "001/00002", "1", "a/b", "../x"])
def test_a_missing_image_is_an_error(image_id: str) -> None:
    with pytest.raises(InputError, match=r"has no image .* 001/00000 to 003/00001"):
        gaussian(classes=3, images_per_class=2).read(image_id)


def test_a_network_learns_to_distinguish_standard_deviations(tmp_path: Path) -> None:
    source = gaussian(classes=3, images_per_class=10, training_images_per_class=100, size_px=16)
    base = {"images": "all", "epochs": 10, "batch_size": 16, "input_size_px": 16}
    train_conditions(
        ConditionImages(source, source.for_training()),
        Recipe.model_validate({"base": base}),
        folder=tmp_path,
        seed=1,
        batch_size=30,
        hardware=Hardware("cpu", 1),
    )
    assert read_conditions(tmp_path).models[0].accuracies[-1] > 0.9  # chance is 1/3


@pytest.mark.parametrize(("own", "other"), [(3.0, 4.0), (40.0, 41.0), (100.0, 99.0)])
def test_is_the_integral_of_the_log_ratio_of_two_normal_densities(own: float, other: float):
    def integrand(x: float) -> float:
        ratio = stats.norm.logpdf(x, scale=own) - stats.norm.logpdf(x, scale=other)
        return float(stats.norm.pdf(x, scale=own) * ratio)

    reference, _ = integrate.quad(integrand, -9 * own, 9 * own)
    assert divergence_to_neighbour(np.array([own, other]))[0] == pytest.approx(reference, rel=1e-6)


def test_the_nearest_class_of_1_to_100_is_the_next_noisier_and_of_the_last_the_one_before():
    sd = np.arange(1.0, 101)
    found = divergence_to_neighbour(sd)
    # ln(σ₂/σ₁) + σ₁²/(2 σ₂²) − 1/2 at σ = 1, 2 by hand: .6931 + .125 − .5.
    assert found[0] == pytest.approx(0.3181, abs=1e-4)
    forward = np.log((sd[:-1] + 1) / sd[:-1]) + sd[:-1] ** 2 / (2 * (sd[:-1] + 1) ** 2) - 0.5
    np.testing.assert_allclose(found[:-1], forward, rtol=1e-9)
    assert found[-1] == pytest.approx(np.log(99 / 100) + 100**2 / (2 * 99**2) - 0.5)
    assert (np.diff(found[:-1]) < 0).all()  # noisier classes lie closer

"""Figures and numbers that follow from the published files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from drawings import difficulty_of_groups, distributions_of_difficulty
from published import KINDS, N_MODELS, REMOVED, Published
from results import Number, Results

from analysis.report.published import PUBLISHED, PUBLISHED_TRAINING
from analysis.report.rating_figures import rating_compositions, rating_distributions
from analysis.report.sections.classes import difficulty_by_class, shares_by_group
from analysis.report.sections.independent_models import histogram_with_independent
from analysis.statistics.dichotomy import dichotomy_of_histogram
from analysis.statistics.difficulty_models import beta_shares, fit_beta, fit_sigmoid
from analysis.statistics.rating_composition import rating_composition
from analysis.statistics.ratings import rating_distribution
from analysis.statistics.training_dynamics import independent_histogram
from model_eval.images.imagenet_classes import wordnet_ids
from model_eval.label.criterion import difficulty_of
from tricky.core.errors import InputError
from tricky.core.tables import read_table

LEVEL = 0.95
FILES = "the published files"
SAME = "Nothing differs but the style."
TEXTS = {
    "categories": ("number of categories in the image", tuple(map(str, range(11)))),
    "main": ("is there a main category?", ("no", "maybe", "yes")),
    "odd": ("is the presentation of objects odd?", ("no", "slightly", "very")),
}


@dataclass(frozen=True)
class Question:
    """A question of experiment 2, as `analysis.report.rating_figures.RatedQuestion`."""

    text: str
    answers: tuple[str, ...]
    distribution: pd.DataFrame
    composition: pd.DataFrame
    graded: pd.DataFrame


def difficulty(data: Published, results: Results) -> None:
    """Shares of each difficulty with and without label errors (abstract), and figure 2 (b)."""
    sets = {
        "with label errors": np.ones(len(data.n_correct), bool),
        "without label errors": ~data.label_error,
    }
    shares = {}
    for tolerance in (1, 0):
        for name, kept in sets.items():
            kinds = difficulty_of(data.n_correct[kept], N_MODELS, tolerance)
            for kind in KINDS:
                shares[kind, tolerance, name] = float((kinds == kind).mean())
    published = {("trivial", 1): PUBLISHED["trivial"], ("impossible", 1): PUBLISHED["impossible"]}
    published |= {("in-between", 1): 0.42496, ("trivial", 0): 0.31838, ("impossible", 0): 0.07044}
    for (kind, tolerance, name), value in shares.items():
        known = published.get((kind, tolerance)) if name == "with label errors" else None
        where = "abstract and section 3" if known else "not in the paper"
        results.numbers.append(Number(f"{kind}, tolerance {tolerance}, {name}", value, known, where))
    results.numbers += [
        Number("images with a label error", float(data.label_error.sum()), 2916, "Northcutt et al. (2021)"),
        Number("mean accuracy of the models", data.n_correct.mean() / N_MODELS, 0.688, "figure 14, rounded"),
    ]
    accuracy = np.full(N_MODELS, data.n_correct.mean() / N_MODELS)
    histogram = np.bincount(data.n_correct, minlength=N_MODELS + 1)
    results.numbers.append(
        Number("dichotomy D", dichotomy_of_histogram(histogram, accuracy), None, "not in the paper")
    )
    expected = len(data.n_correct) * independent_histogram(accuracy)
    for tolerance, name in ((1, "tolerance_1"), (0, "strict")):
        kinds = difficulty_of(data.n_correct, N_MODELS, tolerance)
        figure = histogram_with_independent(data.n_correct, kinds, expected, data.label_error)
        differs = "The paper draws random numbers for independent models; here are expected values."
        results.draw("2b", figure, FILES, differs, name)


def distributions(data: Published, results: Results) -> None:
    """Figure 10: which distribution of difficulty would give the histogram?"""
    histogram = np.bincount(data.n_correct, minlength=N_MODELS + 1)
    beta, sigmoid = fit_beta(histogram), fit_sigmoid(histogram)
    where = "figure 10; chosen there, fitted here by maximum likelihood"
    results.numbers += [
        Number("beta distribution, a", beta.parameters["a"], 1.0, where),
        Number("beta distribution, b", beta.parameters["b"], 0.32, where),
        Number("sigmoid, slope", sigmoid.parameters["slope"], 6.85, where),
        Number(
            "share that all models get right, if a = 1 and b = .32",
            float(beta_shares(N_MODELS, 1, 0.32)[-1]),
            None,
            "figure 10 shows about .27",
            "the published figure takes the density at 100 points from .01 to .99, which cuts its peak off",
        ),
    ]
    figure = distributions_of_difficulty(histogram, beta, sigmoid)
    differs = (
        "The paper chose the parameters, and cut the beta distribution off at .99; here both are fitted."
    )
    results.draw("10", figure, FILES, differs)


def ratings(data: Published, results: Results) -> None:
    """Experiment 2: figures 6, 25 and 26."""
    kept = data.ratings[~data.ratings["item"].isin(REMOVED)]
    without = kept[~kept["label_error"]]
    results.numbers += [
        Number("experiment 2, observers", kept["observer"].nunique(), 8, "section 5"),
        *_drawn_as_published(data.ratings),
    ]
    for number, table, name in (("25", kept, "with_label_errors"), ("26", without, "without_label_errors")):
        questions = _questions(table)
        figure = rating_distributions(questions, LEVEL)
        differs = (
            "Shares of each difficulty's answers with intervals, in place of stacked shares of all answers."
        )
        results.draw(number, figure, FILES, differs)
        for key, each in zip(TEXTS, questions, strict=True):
            results.table(f"ratings_{key}_{name}", each.distribution)
            results.table(f"composition_{key}_{name}", each.composition)
        if number == "26":
            differs = (
                "The paper leaves out images at random until there are equally many of each difficulty; here "
                "all count, with equal weights of the difficulties, and intervals are drawn."
            )
            results.draw("6", rating_compositions(questions, LEVEL), FILES, differs)


def _questions(table: pd.DataFrame) -> list[Question]:
    found = []
    for key, (text, answers) in TEXTS.items():
        trials = (table[key] + 1, table["difficulty"], table["observer"], table["item"], LEVEL)
        n_answers = int(table[key].max()) + 1 if key == "categories" else len(answers)
        scale = range(1, n_answers + 1)
        composition = rating_composition(*trials, scale=scale)
        equalised = rating_composition(*trials, scale=scale, equalised=True)
        for column, name in (("share", ""), ("low", "_low"), ("high", "_high"), ("reason", "_reason")):
            composition[f"equalised{name}"] = equalised[column]
        distribution = rating_distribution(*trials, scale=scale)
        found.append(Question(text, answers[:n_answers], distribution, composition, pd.DataFrame()))
    return found


def _drawn_as_published(table: pd.DataFrame) -> list[Number]:
    """Return numbers about the images that the paper's random draw left; numpy's old generator repeats it."""
    items = table.drop_duplicates("item").sort_values("item")
    items = items[~items["label_error"] & ~items["item"].isin(REMOVED)].reset_index(drop=True)
    rng = np.random.RandomState(1312)
    rows = {kind: np.flatnonzero(items["difficulty"] == kind) for kind in KINDS}
    n = len(rows["impossible"])
    for kind in ("in-between", "trivial"):
        removed = rng.choice(rows[kind], len(rows[kind]) - n, replace=False)
        rows[kind] = np.setdiff1d(rows[kind], removed)
    accuracy = items["n_correct"].iloc[rows["in-between"]].mean() / N_MODELS
    return [
        Number(
            "experiment 2, images of each difficulty after equalising", n, None, "figure 6, not in the text"
        ),
        Number(
            "experiment 2, accuracy of models on in-between images", accuracy, 0.6874, "06_figure_6.ipynb"
        ),
    ]


def read_superclasses(path: Path, n_images: int) -> np.ndarray:
    """Return the superclass of each image; empty where the file has none for its class.

    Raises
    ------
    InputError
        The file cannot be read, or names none of ImageNet's classes.
    """
    table = read_table(path, ["class_name", "superclass"])
    of_class = dict(zip(table.names("class_name", unique=True), table.names("superclass"), strict=True))
    ids = wordnet_ids()
    if not of_class.keys() & set(ids):
        raise InputError(f"{path}: names none of ImageNet's classes by its WordNet id (n01440764 …)")
    if n_images % len(ids):
        raise InputError(f"{path}: {n_images} images, expected equally many of each of {len(ids)} classes")
    # The published files are in the order of class folders.
    return np.repeat([of_class.get(name, "") for name in ids], n_images // len(ids))


def superclasses(data: Published, groups: np.ndarray, results: Results) -> None:
    """Figures 11 and 12, given the superclass of each image."""
    kept = groups != ""
    kinds, groups = difficulty_of(data.n_correct, N_MODELS, 0)[kept], groups[kept]
    shares = shares_by_group(kinds, groups, LEVEL)
    results.table("superclasses", shares.reset_index())
    differs = "Superclasses are those of the file that was named."
    results.draw("11", difficulty_by_class(shares, "superclasses"), FILES, differs)
    results.draw("12", difficulty_of_groups(kinds, groups), FILES, differs)


def not_published(results: Results) -> None:
    """Numbers that the published files do not allow."""
    experiment = "the answers of experiment 1 are not among the published files"
    training = "decisions of the trained networks are not among the published files"
    for what, value in (
        ("experiment 1, accuracy", PUBLISHED["accuracy"]),
        ("experiment 1, lowest accuracy of an observer", PUBLISHED["accuracy_low"]),
        ("experiment 1, highest accuracy of an observer", PUBLISHED["accuracy_high"]),
        ("experiment 1, error consistency between observers", PUBLISHED["error_consistency"]),
    ):
        results.numbers.append(Number(what, None, value, "section 5", experiment))
    for what, value in PUBLISHED_TRAINING.items():
        results.numbers.append(
            Number(f"13 trainings of ResNet-18, {what}", None, value, "sections 3 and 4", training)
        )

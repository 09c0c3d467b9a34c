"""Comparison of the study with the published one and with others."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.data.other_studies import answers_of, population_of, read_studies
from analysis.data.results_manifest import AccuracyResultsManifest
from analysis.report.published import PUBLISHED
from analysis.report.section import Section
from analysis.report.sections import consistency, difficulty, population
from analysis.report.style import (
    DIFFICULTY_COLOURS,
    FAINT,
    FROM_EASY,
    INK,
    WIDTH_IN,
    styled,
    without_left_axis,
)
from analysis.report.task import StudyReport
from analysis.statistics.accuracy import population_accuracy
from analysis.statistics.contrasts import Contrast, accuracy_difference, study_difference
from analysis.statistics.population_mean import PopulationMean
from experiment.records import Setting
from model_eval.columns import Difficulty
from tricky.core.errors import InputError
from tricky.core.files import sha256_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME_WIDTH = 20
"""Letters of a study's name in one line."""
ANOTHER_TASK = "its observers did another task"


@dataclass(frozen=True)
class Studies:
    """Studies, one row each: this one, the published one, then others as they were named.

    Where this study has sessions in the lab and online, those in the other setting have a row, too.

    Attributes
    ----------
    studies : list of dict
        `study`, `kind` (``person`` or ``simulated``), `n_images`, `n_models`, the shares `trivial`,
        `in-between` and `impossible`, `n_observers`, `n_items`, `accuracy` with its interval for new
        observers and new items, `accuracy_low` to `accuracy_high`, `kappa`, the mean error consistency of two
        observers, and `difference`, this study's accuracy minus that of the other, with `difference_low`,
        `difference_high`, `difference_p` and `difference_method`. None where it is unknown;
        `accuracy_reason`, `kappa_reason` and `difference_reason` say why. The published accuracy has no
        interval, so that the difference from it takes it as exact. Empty in ratings.
    made_from : dict of str to str
        Path relative to the study → SHA-256 of each other study's results.
    """

    studies: list[dict[str, Any]]
    made_from: dict[str, str]


def compute(report: StudyReport) -> Studies:
    """Compare the accuracy of this study with that of others.

    Raises
    ------
    InputError
        Another study has no report, another task or another coverage, or its sessions have changed. Also
        where answers are neither right nor wrong, so that there is no accuracy to compare.
    """
    data, names = report.data, report.settings.compare_with
    if not report.has_right_answers:
        if names:
            raise InputError("[analyse] compare_with: ratings have no accuracy to compare; leave it out")
        return Studies([], {})
    folders = [Path(each) for each in names]
    others = read_studies(folders, data.root, report.level, data.stimulus_set.task)
    accuracy = report.of(population.compute).accuracy
    rows = [
        _this_study(report, accuracy) | _difference(reason="this is the study itself"),
        _published_study(report, accuracy),
        *_other_setting(report),
        *(
            _other_study(other) | _contrast(compare(report, accuracy, (data.root / name).resolve(), other))
            for name, other in others.items()
        ),
    ]
    return Studies(rows, {name: sha256_of(data.root / name) for name in others})


def compare(
    report: StudyReport, accuracy: PopulationMean, path: Path, other: AccuracyResultsManifest
) -> Contrast:
    """Return this study's accuracy minus another's.

    Where both used the same stimulus set and the other's sessions are available, answers to the same items
    are compared; otherwise the two reports, as of studies that share nothing. Observers of different studies
    are different people, even if they have the same number.

    Parameters
    ----------
    report : StudyReport
    accuracy : PopulationMean
        Of this study.
    path : Path
        ``results.json`` of the other study.
    other : AccuracyResultsManifest
        Its content.

    Raises
    ------
    InputError
        The other study's sessions are not those of its report, or cannot be read.
    """
    data, root = report.data, path.parent.parent
    theirs = None
    if other.sessions.stimulus_set.set_id == data.stimulus_set.set_id:
        theirs = answers_of(root, other)
    if theirs is None:
        return study_difference(population_of(other), accuracy)
    found = _same_items(theirs, data.kept, report.level)
    if not np.isclose(found.first, population_of(other).estimate, rtol=0, atol=1e-12):
        raise InputError(f"{root}: its sessions are not those of its report; run `tricky -C {root} analyse`")
    return replace(found, method=found.method and f"the same pairs in both: {found.method}")


def _other_setting(report: StudyReport) -> list[dict[str, Any]]:
    """Return the row of this study's sessions in the other setting, if there are any answers from there."""
    data = report.data
    theirs = data.elsewhere.dropna(subset="correct") if len(data.elsewhere) else data.elsewhere
    if theirs.empty:
        return []
    where = "in the lab" if data.setting is Setting.ONLINE else "online"
    images = report.of(difficulty.compute)
    accuracy = population_accuracy(
        theirs["correct"],
        theirs["participant"].astype(str),
        theirs["trial_id"].astype(str),
        report.level,
    )
    row = _row(
        (f"{report.title}, {where}", str(data.kind), images.n_images, images.n_models),
        images.shares,
        accuracy,
        (None, "it is in the report on these sessions"),
    )
    return [row | _contrast(_same_items(theirs, data.kept, report.level))]


def _same_items(theirs: pd.DataFrame, ours: pd.DataFrame, level: float) -> Contrast:
    """Return our accuracy minus theirs, of different observers with the same set."""
    answers = pd.concat([theirs, ours], keys=["other", "this"], names=["study"]).reset_index()
    return accuracy_difference(
        answers["correct"],
        answers["study"] + " " + answers["participant"].astype(str),
        answers["trial_id"].astype(str),
        answers["study"] == "this",
        level,
    )


def _this_study(report: StudyReport, accuracy: PopulationMean) -> dict[str, Any]:
    images, pairs = report.of(difficulty.compute), report.of(consistency.compute).observers
    return _row(
        (report.title, str(report.data.kind), images.n_images, images.n_models),
        images.shares,
        accuracy,
        (pairs.summary.mean, pairs.reason),
    )


def _other_study(other: AccuracyResultsManifest) -> dict[str, Any]:
    images, pairs = other.difficulty, other.consistency.observers
    if images is None:
        raise InputError(
            f"{other.title}: its images have no difficulty, so it can't be compared with this study"
        )
    return _row(
        (other.title, other.sessions.kind, images.n_images, images.n_models),
        images.shares.model_dump(by_alias=True),
        population_of(other),
        (pairs.mean, pairs.reason),
    )


def _row(
    about: tuple[str, str, int, int],
    shares: dict[str, float],
    accuracy: PopulationMean,
    kappa: tuple[float | None, str | None],
) -> dict[str, Any]:
    """Return the row of a study that was analysed here."""
    return {
        **dict(zip(("study", "kind", "n_images", "n_models"), about, strict=True)),
        **{str(kind): shares[str(kind)] for kind in FROM_EASY},
        "n_observers": accuracy.n_observers,
        "n_items": accuracy.n_items,
        "accuracy": accuracy.estimate,
        "accuracy_low": _known(accuracy.low),
        "accuracy_high": _known(accuracy.high),
        "accuracy_reason": accuracy.reason,
        "kappa": _known(kappa[0]),
        "kappa_reason": kappa[1],
    }


def _published_study(report: StudyReport, accuracy: PopulationMean) -> dict[str, Any]:
    """Return the row of the published study, whose accuracy is that of the choice between two images."""
    row = {
        "study": "Meding et al. (2022)",
        "kind": "person",
        "n_images": 50_000,
        "n_models": PUBLISHED["n_models"],
        "trivial": PUBLISHED["trivial"],
        "in-between": 1 - PUBLISHED["trivial"] - PUBLISHED["impossible"],
        "impossible": PUBLISHED["impossible"],
        "n_observers": PUBLISHED["n_observers"],
        "n_items": PUBLISHED["n_trials"],
        "accuracy": PUBLISHED["accuracy"],
        "accuracy_low": None,
        "accuracy_high": None,
        "accuracy_reason": "the publication has no interval",
        "kappa": PUBLISHED["error_consistency"],
        "kappa_reason": None,
    }
    value = report.task.published.get("accuracy")
    if value is None:
        row |= dict.fromkeys(("n_observers", "n_items", "accuracy", "kappa"))
        row |= dict.fromkeys(("accuracy_reason", "kappa_reason"), ANOTHER_TASK)
        return row | _difference(reason=ANOTHER_TASK)
    return row | _difference(
        accuracy.estimate - value,
        accuracy.low - value,
        accuracy.high - value,
        accuracy.p_value(value),
        method=accuracy.method and "the published value taken as exact",
        reason=accuracy.reason,
    )


def _contrast(found: Contrast) -> dict[str, Any]:
    return _difference(
        found.estimate, found.low, found.high, found.p_value, method=found.method, reason=found.reason
    )


def _difference(*numbers: float, method: str | None = None, reason: str | None = None) -> dict[str, Any]:
    """Return a difference, its interval and p value, as many as there are, under their names in a row."""
    names = ("difference", "difference_low", "difference_high", "difference_p")
    return (
        dict.fromkeys(names)
        | dict(zip(names, map(_known, numbers), strict=False))
        | {"difference_method": method, "difference_reason": reason}
    )


def _known(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else value


@styled
def compare_studies(studies: pd.DataFrame, *, level: float, chance: float) -> Figure:
    """Draw the shares of difficulty of each study, and the accuracy of its observers.

    Parameters
    ----------
    studies : DataFrame
        One row a study, as `Studies.studies`; the first is drawn at the top.
    level : float
        Coverage of this study's interval.
    chance : float
        Proportion correct by guessing.
    """
    from matplotlib.figure import Figure

    rows = np.arange(len(studies))[::-1]
    figure = Figure(figsize=(WIDTH_IN, 1.25 + 0.5 * max(len(studies), 2)), layout="constrained")
    shares, accuracy = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    left = np.zeros(len(studies))
    for kind in FROM_EASY:
        width = 100 * studies[str(kind)].to_numpy(float)
        shares.barh(rows, width, left=left, height=0.6, color=DIFFICULTY_COLOURS[kind], label=str(kind))
        for row, start, size in zip(rows, left, width, strict=True):
            if size >= 9:
                colour = INK if kind == Difficulty.IN_BETWEEN else "white"
                shares.text(start + size / 2, row, f"{size:.0f}", ha="center", va="center", color=colour)
        left += width
    names = ["\n".join(textwrap.wrap(name, NAME_WIDTH)) for name in studies["study"].astype(str)]
    shares.set_yticks(rows, names)
    shares.set(xlim=(0, 100), xlabel="images (%)", ylim=(-0.7, len(studies) - 0.3))
    without_left_axis(shares)
    figure.legend(loc="outside upper center", ncols=3, handlelength=1)

    centre, low, high = (
        100 * studies[name].to_numpy(float) for name in ("accuracy", "accuracy_low", "accuracy_high")
    )
    known = np.isfinite(low)
    accuracy.axvline(100 * chance, color=FAINT, lw=1, ls=(0, (4, 3)))
    accuracy.hlines(rows[known], low[known], high[known], color=INK, lw=1)
    people = (studies["kind"] == "person").to_numpy()
    for mine, filling in ((people, INK), (~people, "white")):
        accuracy.plot(centre[mine], rows[mine], "o", mec=INK, mfc=filling, ms=5)
    lowest = min(np.nanmin(np.r_[low, centre]), 100 * chance - 5)
    accuracy.set(xlim=(max(0, 5 * np.floor(lowest / 5)), 101), xlabel=f"accuracy (%),\n{level:.0%} intervals")
    without_left_axis(accuracy)
    return figure


def _draw(found: Studies, report: StudyReport) -> Figure | None:
    if not found.studies:
        return None
    return compare_studies(pd.DataFrame(found.studies), level=report.level, chance=report.chance)


SECTION = Section(
    name="studies",
    compute=compute,
    results=lambda found: {"studies": found.studies, "made_from": found.made_from},
    figures={"studies": _draw},
    tables={"studies": lambda found, _: pd.DataFrame(found.studies) if found.studies else None},
)

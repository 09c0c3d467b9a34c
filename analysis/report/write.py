"""`tricky analyse`: from a study's folders to its report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data.beside import compare, hashes_of, read_studies, studies_of
from analysis.data.evidence import Choice, Evidence, gather
from analysis.report import figures, figures_items, figures_labels, figures_people, figures_studies
from analysis.report.content import content_of
from analysis.report.content_people import single_families_dropped
from analysis.report.page import Pictures, render
from analysis.report.pictures import THUMBNAIL_PX, Picture, data_uri, embed, embed_file
from analysis.report.published import CHANCE, PUBLISHED
from analysis.report.scores import Scores, score
from analysis.settings import AnalyseSettings
from analysis.statistics.accuracy import PopulationAccuracy
from analysis.statistics.consistency import ConsistencySummary
from experiment.records import Kind
from model_eval.artefacts import InputError, replacing, write_json, write_text
from model_eval.records import LEAVE_ONE_OUT, POOL_SIZE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from model_eval.images.sources import ImageSource

FIGURES = (
    *("models", "histogram", "observers", "observer_consistency", "model_consistency"),
    *("items", "graded", "explained", "machines", "studies"),
    *("observer_details", "calibration", "consistency_means", "pool_size", "leave_one_out"),
)
TABLES = (*(name for name in FIGURES if name != "items"), "trials", "exclusions")


@dataclass(frozen=True)
class Results:
    """What a report found.

    Attributes
    ----------
    report : Path
        The page.
    kind : Kind
        Whether the observers are people or simulated.
    population : PopulationAccuracy
        For new observers and new trials.
    observers : DataFrame, index observer
        `n_trials`, `n_correct`, `accuracy`, `low`, `high`, `median_response_time_s`; the most accurate first.
    observer_consistency : ConsistencySummary
        Error consistency of the observers.
    model_consistency : ConsistencySummary or None
        Of the models; None where decisions are not at hand.
    content : dict
        Every number in the report, as in ``results.json``.
    """

    report: Path
    kind: Kind
    population: PopulationAccuracy
    observers: pd.DataFrame
    observer_consistency: ConsistencySummary
    model_consistency: ConsistencySummary | None
    content: dict[str, Any]


def write_report(
    root: Path,
    settings: AnalyseSettings,
    *,
    title: str,
    experiment_set: str,
    source: ImageSource | None,
    observers: Choice = "auto",
    labels: Path | None = None,
) -> Results:
    """Score a study's observers and models, and leave the report in ``report/``.

    People and simulated observers are never mixed. The same study gives the same files, byte for byte;
    ``results.json`` is written last.

    Parameters
    ----------
    root : Path
        The study's folder.
    settings : AnalyseSettings
        The coverage of intervals.
    title : str
        The study's name.
    experiment_set : str
        Name of the stimulus set that the report is about.
    source : ImageSource or None
        The images, for examples; None leaves these out, and the page says so.
    observers : {"auto", "person", "simulated"}
        Whose sessions; ``auto`` takes people where there are any, else simulated observers.
    labels : Path, optional
        Folder of another difficulty table, to score answers by in place of the set's own labels.

    Raises
    ------
    InputError
        A stage is missing, changed or made from something else, there is no session to score, or another
        study to stand beside this one has no report.
    """
    evidence = gather(root, experiment_set, observers, settings.exclude, labels)
    scores = score(evidence, settings.level)
    content = content_of(evidence, scores, settings, title)
    others = read_studies([Path(each) for each in settings.beside], root, settings.level)
    content["made_from"] |= hashes_of(list(others), root)
    contrasts = [compare(evidence, content, name, other) for name, other in others.items()]
    content["studies"] = studies_of(content, list(others.values()), contrasts)
    examples, no_examples = _examples(content, source)
    folder = root / "report"
    studies = pd.DataFrame(content["studies"])
    beside = figures_studies.studies_beside(studies, level=settings.level, chance=CHANCE)
    written = _write_figures(folder / "figures", draw_figures(evidence, scores) | {"studies": beside})
    _write_tables(folder / "tables", tables_of(evidence, content, scores) | {"studies": studies})
    pictures = Pictures(written, examples, no_examples, *_items(evidence, content))
    write_text(folder / "report.html", render(content, pictures))
    write_json(folder / "results.json", content)
    models = scores.model_consistency
    return Results(
        report=folder / "report.html",
        kind=evidence.kind,
        population=scores.population,
        observers=scores.observers,
        observer_consistency=scores.observer_consistency.summary,
        model_consistency=None if models is None else models.summary,
        content=content,
    )


def draw_figures(evidence: Evidence, scores: Scores) -> dict[str, Figure]:
    """Draw each figure that the evidence suffices for, by name."""
    images = evidence.difficulty.images.dropna(subset="difficulty")
    level = scores.population.level
    noun = "simulated observers" if evidence.kind == Kind.SIMULATED else "observers"
    drawn = {
        "histogram": figures.correct_model_histogram(
            images["n_correct"].to_numpy(), images["difficulty"].to_numpy(), int(images["n_models"].max())
        ),
        "observers": figures.observer_accuracies(
            scores.observers, scores.population, chance=CHANCE, noun=noun
        ),
        "observer_consistency": figures.consistency_matrix(scores.observer_consistency.kappa, noun),
    }
    items, ceiling = scores.items, scores.items.ceiling
    drawn["items"] = figures_items.item_accuracies(scores.trials, chance=CHANCE)
    if len(items.by_gap):
        drawn["graded"] = figures_items.graded_accuracy(
            items.by_gap, items.curve, level=level, chance=CHANCE, noun=noun
        )
    if items.explained is not None:
        drawn["explained"] = figures_items.explained_variance(
            items.explained, ceiling.reliability, ceiling.low, ceiling.high, level
        )
    if len(scores.machines):
        drawn["machines"] = figures_items.machine_accuracies(
            scores.machines,
            scores.population,
            scores.observer_consistency.summary.mean,
            chance=CHANCE,
            noun=noun,
        )
    drawn |= _more_figures(evidence, scores, level, noun)
    n_asked = 0 if evidence.decisions is None else len(evidence.decisions.images)
    if scores.model_accuracy is not None and scores.model_consistency is not None:
        drawn["models"] = figures.model_accuracies(scores.model_accuracy, n_asked)
        drawn["model_consistency"] = figures.consistency_matrix(scores.model_consistency.kappa, "models")
    return drawn


def _more_figures(evidence: Evidence, scores: Scores, level: float, noun: str) -> dict[str, Figure]:
    """Draw what is known of observers beyond accuracy, of common errors, and of labels in part-pools."""
    drawn = {"observer_details": figures_people.observer_details(scores.details.table, level, noun)}
    if scores.details.calibration is not None:
        drawn["calibration"] = figures_people.confidence_calibration(
            scores.details.calibration, level=level, chance=CHANCE
        )
    if len(scores.means) and scores.means["value"].notna().any():
        drawn["consistency_means"] = figures_people.consistency_means(
            scores.means, level=level, published=PUBLISHED["error_consistency"], noun=noun.split()[-1]
        )
    tables = evidence.label_tables
    if POOL_SIZE in tables and LEAVE_ONE_OUT in tables:
        drawn["pool_size"] = figures_labels.shares_by_pool_size(tables[POOL_SIZE])
        left_out = single_families_dropped(tables[LEAVE_ONE_OUT])
        if left_out["n_relabelled"].notna().any():
            drawn["leave_one_out"] = figures_labels.leave_one_out(left_out)
    return drawn


def tables_of(evidence: Evidence, content: dict[str, Any], scores: Scores) -> dict[str, pd.DataFrame]:
    """Return each table that the scores suffice for, by name."""
    tables = {
        "histogram": pd.DataFrame(content["difficulty"]["histogram"]),
        "observers": scores.observers.reset_index(),
        "trials": scores.trials,
        "exclusions": evidence.exclusion.sessions,
        "graded": scores.items.by_gap,
        "observer_consistency": scores.observer_consistency.kappa.rename_axis("observer").reset_index(),
    }
    tables["observer_details"] = scores.details.table.reset_index()
    tables["consistency_means"] = scores.means
    if scores.details.calibration is not None:
        tables["calibration"] = scores.details.calibration.reset_index()
    for name in (POOL_SIZE, LEAVE_ONE_OUT):
        if name in evidence.label_tables:
            tables[name.removesuffix(".csv")] = evidence.label_tables[name]
    if scores.items.explained is not None:
        tables["explained"] = scores.items.explained
    if len(scores.machines):
        tables["machines"] = scores.machines
    if content["pool"] is not None and scores.model_consistency is not None:
        tables["models"] = pd.DataFrame(content["pool"]["models"])
        tables["model_consistency"] = scores.model_consistency.kappa.rename_axis("model").reset_index()
    return tables


def _write_figures(folder: Path, drawn: dict[str, Figure]) -> dict[str, str]:
    """Write each figure as SVG and PNG, remove those of an earlier report, and return URIs for the page."""
    for name, figure in drawn.items():
        figures.save(figure, folder / name)
    for name in set(FIGURES) - set(drawn):
        for suffix in (".svg", ".png"):
            (folder / name).with_suffix(suffix).unlink(missing_ok=True)
    return {name: data_uri((folder / f"{name}.svg").read_bytes(), "image/svg+xml") for name in drawn}


def _write_tables(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Write each table as CSV, undefined values as ``NA``, and remove those of an earlier report."""
    for name, table in tables.items():
        with replacing(folder / f"{name}.csv") as part:
            table.to_csv(part, index=False, na_rep="NA", lineterminator="\n")
    for name in set(TABLES) - set(tables):
        (folder / f"{name}.csv").unlink(missing_ok=True)


def _examples(content: dict[str, Any], source: ImageSource | None) -> tuple[dict[str, list[Picture]], str]:
    """Return the pictures of the example images, or in words why there are none."""
    labelled = content["difficulty"]["images"]
    if source is None:
        return {}, "The images were not at hand when this report was made."
    if labelled not in (None, source.name):
        return {}, f"The images at hand ({source.name}) are not those that were labelled ({labelled})."
    try:
        return {
            kind: [embed(source.read(row["image_id"])) for row in rows]
            for kind, rows in content["examples"].items()
        }, ""
    except InputError as error:
        return {}, f"An image could not be read: {error}."


def _items(evidence: Evidence, content: dict[str, Any]) -> tuple[dict[str, Picture], dict[str, Picture]]:
    """Return pictures from the stimulus set, as observers saw them: of trials shown, and of those listed."""
    trials, folder = content["trials"], evidence.stimulus_set.folder

    def files(*lists: str) -> dict[str, str]:
        shown = [trial[which] for name in lists for trial in trials[name] for which in ("harder", "easier")]
        return {item["item_id"]: item["file"] for item in shown}

    large = {item: embed_file(folder / file) for item, file in files("hardest", "easiest").items()}
    small = {item: embed_file(folder / file, THUMBNAIL_PX) for item, file in files("listed").items()}
    return large, small

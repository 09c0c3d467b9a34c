"""`tricky analyse`: from a study's folders to its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data.other_studies import compare, hashes_of, read_studies, studies_of
from analysis.data.results_manifest import AccuracyResultsManifest, ResultsManifest
from analysis.data.study_data import Choice, Evidence, gather
from analysis.report import figures, figures_labels, figures_studies
from analysis.report.consistency_scores import pairs_of
from analysis.report.content import content_of
from analysis.report.content_labels import single_families_dropped
from analysis.report.findings import Findings
from analysis.report.model_scores import ModelScores, score_models
from analysis.report.page import Pictures, render
from analysis.report.pictures import THUMBNAIL_PX, Picture, data_uri, embed, embed_file
from analysis.settings import AnalyseSettings
from experiment.records import Kind
from model_eval.columns import LEAVE_ONE_OUT, POOL_SIZE
from tricky.core.errors import InputError
from tricky.core.files import write_text
from tricky.core.manifests import write_manifest
from tricky.core.tables import write_csv
from tricky.core.tasks import declaration

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from model_eval.images.open import ImageSource

FIGURES = (
    *("models", "histogram", "observers", "observer_consistency", "model_consistency"),
    *("items", "graded", "explained", "machines", "studies"),
    *("observer_details", "calibration", "consistency_means", "pool_size", "leave_one_out", "ratings"),
)
TABLES = (
    *(name for name in FIGURES if name != "items"),
    "trials",
    "exclusions",
    "named",
    "questions",
    "missing",
)


@dataclass(frozen=True)
class Results:
    """What a report found.

    Attributes
    ----------
    report : Path
        The page.
    kind : Kind
        Whether the observers are people or simulated.
    content : dict
        Every number in the report, as in ``results.json``.
    scores : Scores or RatingScores
        Of the observers, as the task has it.
    observers : DataFrame
        One row an observer in words, for the terminal.
    said : str
        The result in a sentence or two, likewise.
    """

    report: Path
    kind: Kind
    content: dict[str, Any]
    scores: Any
    observers: pd.DataFrame
    said: str


def write_report(
    root: Path,
    settings: AnalyseSettings,
    *,
    title: str,
    seed: int,
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
    seed : int
        The study's seed.
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
    evidence = gather(root, experiment_set, observers, settings.exclude, seed=seed, labels=labels)
    models = score_models(evidence.decisions)
    findings: Callable[[Evidence, AnalyseSettings], Findings] = declaration(
        evidence.stimulus_set.task, "analysis"
    )
    found = findings(evidence, settings)
    content = content_of(evidence, models, found.content, settings, title)
    drawn = _model_figures(evidence, models) | found.figures
    tables = _model_tables(evidence, models, content) | found.tables
    content["studies"] = []
    if found.chance is not None:
        others = read_studies([Path(each) for each in settings.beside], root, settings.level, content["task"])
        content["made_from"] |= hashes_of(list(others), root)
        contrasts = [compare(evidence, content, name, other) for name, other in others.items()]
        content["studies"] = studies_of(content, list(others.values()), contrasts)
        tables["studies"] = pd.DataFrame(content["studies"])
        drawn["studies"] = figures_studies.studies_beside(
            tables["studies"], level=settings.level, chance=found.chance
        )
    elif settings.beside:
        raise InputError("[analyse] beside: ratings have no accuracy to stand beside others'; leave it out")
    examples, no_examples = _examples(content, source)
    folder = root / "report"
    written = _write_figures(folder / "figures", drawn)
    _write_tables(folder / "tables", tables)
    items = evidence.stimulus_set.folder
    large = {item: embed_file(items / file) for item, file in found.pictures.items()}
    small = {item: embed_file(items / file, THUMBNAIL_PX) for item, file in found.thumbnails.items()}
    pictures = Pictures(written, examples, no_examples, large, small)
    write_text(folder / "report.html", render(content, pictures, sections=found.sections, unit=found.unit))
    model = ResultsManifest if found.chance is None else AccuracyResultsManifest
    write_manifest(folder / "results.json", model, content)
    return Results(folder / "report.html", evidence.kind, content, found.scores, found.observers, found.said)


def _model_figures(evidence: Evidence, models: ModelScores | None) -> dict[str, Figure]:
    """Draw what is known of images and models, whatever observers were asked."""
    images = evidence.difficulty.images.dropna(subset="difficulty")
    drawn = {
        "histogram": figures.correct_model_histogram(
            images["n_correct"].to_numpy(), images["difficulty"].to_numpy(), int(images["n_models"].max())
        )
    }
    tables = evidence.label_tables
    if POOL_SIZE in tables and LEAVE_ONE_OUT in tables:
        drawn["pool_size"] = figures_labels.shares_by_pool_size(tables[POOL_SIZE])
        left_out = single_families_dropped(tables[LEAVE_ONE_OUT])
        if left_out["n_relabelled"].notna().any():
            drawn["leave_one_out"] = figures_labels.leave_one_out(left_out)
    if evidence.decisions is not None and models is not None:
        drawn["models"] = figures.model_accuracies(models.accuracy, len(evidence.decisions.images))
        drawn["model_consistency"] = figures.consistency_matrix(models.consistency.kappa, "models")
    return drawn


def _model_tables(
    evidence: Evidence, models: ModelScores | None, content: dict[str, Any]
) -> dict[str, pd.DataFrame]:
    """Return the tables of images, models and exclusions."""
    tables = {
        "histogram": pd.DataFrame(content["difficulty"]["histogram"]),
        "exclusions": evidence.exclusion.sessions,
    }
    for name in (POOL_SIZE, LEAVE_ONE_OUT):
        if name in evidence.label_tables:
            tables[name.removesuffix(".csv")] = evidence.label_tables[name]
    if models is not None:
        tables["models"] = pd.DataFrame(content["pool"]["models"])
        tables["model_consistency"] = pairs_of(models.consistency.kappa, "model")
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
    """Write each table as CSV, undefined values as ``n/a``, and remove those of an earlier report."""
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table)
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

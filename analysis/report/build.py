"""`tricky analyse` and `tricky dynamics`: from the folders of a study to a report.

Both do the same with different sections: gather the data, compute the sections, write their results as JSON,
draw their figures, and render the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from analysis.data.compared_models import gather_models, read_superclasses
from analysis.data.results_manifest import AccuracyResultsManifest, DynamicsManifest, ResultsManifest
from analysis.data.study_data import Selection, gather
from analysis.report.files import ReportFiles
from analysis.report.json_values import as_json
from analysis.report.page import render
from analysis.report.published import PUBLISHED, PUBLISHED_TRAINING
from analysis.report.section import DynamicsReport, Report, Section
from analysis.report.task import ReportTask, StudyReport
from analysis.report.tasks import DYNAMICS
from analysis.settings import AnalyseSettings
from experiment.records import Kind
from tricky.core.files import versions_of, write_text
from tricky.core.manifests import write_manifest
from tricky.core.tasks import declaration, known_tasks

if TYPE_CHECKING:
    from model_eval.images.image_source import ImageSource

AnyReport = TypeVar("AnyReport", bound=Report)


@dataclass(frozen=True)
class Results(Generic[AnyReport]):
    """A report that was written.

    Attributes
    ----------
    page : Path
        The HTML file.
    content : dict
        All numbers of the report, as in its JSON file.
    report : Report
        What they were computed from; ``report.of(population.compute)`` is the record of a section.
    observers : DataFrame
        One row an observer, as text for the terminal; empty where a report has none.
    sentence : str
        The main result, for the terminal; empty where a report has none.
    """

    page: Path
    content: dict[str, Any]
    report: AnyReport
    observers: pd.DataFrame
    sentence: str


@dataclass(frozen=True)
class DynamicsSettings:
    """Settings of the comparison of models.

    Attributes
    ----------
    tolerance : int
        Models that may be wrong about a trivial image, or right about an impossible one.
    level : float
        Coverage of intervals.
    leave_out : sequence of str
        Models of a pool that are left out.
    """

    tolerance: int
    level: float
    leave_out: Sequence[str] = ()


def write_report(
    root: Path,
    settings: AnalyseSettings,
    selection: Selection,
    *,
    title: str,
    seed: int,
    source: ImageSource | None,
) -> Results[StudyReport]:
    """Score the observers and models of a study, and write the report into ``report/``.

    People and simulated observers are never pooled. The same study gives the same files, byte for byte;
    ``results.json`` is written last.

    Parameters
    ----------
    root : Path
        Folder of the study.
    settings : AnalyseSettings
    selection : Selection
        Which sessions are analysed, and by which labels.
    title : str
        Name of the study.
    seed : int
        Seed of the study.
    source : ImageSource or None
        The images, for examples; without it the page has no examples.

    Raises
    ------
    InputError
        A stage is missing, changed or made from something else, there is no session to score, or another
        study to compare with has no report.
    """
    data = gather(root, selection, settings.exclude)
    task: ReportTask = declaration(data.stimulus_set.task, "analysis")
    report = StudyReport(
        title=title,
        seed=seed,
        level=settings.level,
        data=data,
        task=task,
        settings=settings,
        source=source,
    )
    about = {
        "task": data.stimulus_set.task,
        "made_from": data.made_from,
        "settings": {"analyse": settings.model_dump(mode="json")},
        "versions": versions_of(
            *("numpy", "scipy", "pandas", "statsmodels", "scikit-learn", "psignifit", "matplotlib", "pillow")
        ),
        "published": PUBLISHED,
    }
    shown = {
        "who": report.noun.removesuffix("s"),
        "people": "simulated observers" if data.kind == Kind.SIMULATED else "people",
        "of_task": task,
        "unit": task.unit,
        "words": task.words(data.stimulus_set),
        "measures": task.measures(data.stimulus_set),
        "labelled": data.labels is not None,
    }
    files = ReportFiles(
        page=root / "report" / "report.html",
        results=root / "report" / "results.json",
        manifest=AccuracyResultsManifest if report.has_right_answers else ResultsManifest,
        prefix="",
        template="report.html.jinja",
        stale=[section for each in known_tasks() for section in declaration(each, "analysis").sections],
    )
    sections = [each for each in task.sections if data.labels is not None or not each.needs_labels]
    return build(report, sections, files, about, shown)


def write_dynamics(
    root: Path,
    settings: DynamicsSettings,
    *,
    title: str,
    seed: int,
    superclasses: Path | None = None,
    representations: Mapping[str, np.ndarray] | None = None,
) -> Results[DynamicsReport]:
    """Compare the models of a study decision by decision, and write the page into ``report/``.

    The same study gives the same files, byte for byte; ``dynamics.json`` is written last.

    Parameters
    ----------
    root : Path
        Folder of the study.
    settings : DynamicsSettings
    title : str
        Name of the study.
    seed : int
        Seed of the study.
    superclasses : Path, optional
        CSV file with `class_name` and `superclass`.
    representations : mapping of str to ndarray of float, shape (n_models, n_models), optional
        Layer → representational consistency of the models of ``conditions/``, in its order.

    Raises
    ------
    InputError
        There is nothing to compare, a file changed since it was made, or the superclasses do not fit.
    """
    models = gather_models(root, settings.leave_out)
    superclass_of, matched = None, {}
    if superclasses is not None:
        superclass_of, matched["superclasses"] = read_superclasses(superclasses, models.images["class_name"])
    report = DynamicsReport(
        title=title,
        seed=seed,
        level=settings.level,
        models=models,
        tolerance=settings.tolerance,
        superclass_of=superclass_of,
        representations=representations or {},
    )
    label: dict[str, Any] = {"tolerance": settings.tolerance}
    if models.conditions is None:
        label["leave_out"] = list(settings.leave_out)
    about = {
        "made_from": models.made_from,
        "settings": {"label": label, "analyse": {"level": settings.level}},
        "versions": versions_of("numpy", "scipy", "pandas", "statsmodels", "matplotlib"),
        "published": PUBLISHED_TRAINING,
        "matched": matched,
    }
    files = ReportFiles(
        page=root / "report" / "dynamics.html",
        results=root / "report" / "dynamics.json",
        manifest=DynamicsManifest,
        prefix="dynamics_",
        template="dynamics.html.jinja",
        stale=DYNAMICS,
    )
    return build(report, DYNAMICS, files, about, {})


def build(
    report: AnyReport,
    sections: Sequence[Section[AnyReport, Any]],
    files: ReportFiles,
    about: Mapping[str, Any],
    shown: Mapping[str, Any],
) -> Results[AnyReport]:
    """Compute the sections of a report and write its files.

    Parameters
    ----------
    report : Report
    sections : sequence of Section
        In the order of the page.
    files : ReportFiles
    about : mapping
        Entries of the JSON file that come first: origins, settings and versions.
    shown : mapping
        What templates need apart from results.
    """
    with threadpool_limits(1):  # many small products, for which the threads of BLAS wait for each other
        records = {section.name: report.of(section.compute) for section in sections}
    content: dict[str, Any] = as_json({"title": report.title, "seed": report.seed} | dict(about))
    for section in sections:
        _merge(content, as_json(dict(section.results(records[section.name]))))
    observers = [each.observers(records[each.name]) for each in sections if each.observers]
    sentences = [each.sentence(records[each.name], report) for each in sections if each.sentence]
    pictures = {each.name: each.pictures(records[each.name], report) for each in sections if each.pictures}

    figures = files.write_figures(_each(report, sections, records, lambda section: section.figures))
    files.write_tables(_each(report, sections, records, lambda section: section.tables))
    values = {"difficulty": None, **content, **shown, "level": f"{report.level:.0%}", "figures": figures}
    names = [section.name for section in sections]
    write_text(files.page, render(files.template, names, values, pictures))
    write_manifest(files.results, files.manifest, content)
    return Results(
        files.page, content, report, observers[0] if observers else pd.DataFrame(), " ".join(sentences)
    )


def _merge(content: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add entries to the results; those that several sections share are merged."""
    for name, value in more.items():
        content[name] = content[name] | value if name in content else value


def _each(
    report: AnyReport,
    sections: Sequence[Section[AnyReport, Any]],
    records: Mapping[str, Any],
    functions: Callable[[Section[AnyReport, Any]], Mapping[str, Callable[[Any, AnyReport], Any]]],
) -> dict[str, Any]:
    """Return the figures, or the tables, of all sections that have any, by name."""
    found: dict[str, Any] = {}
    for section in sections:
        for name, make in functions(section).items():
            made = make(records[section.name], report)
            if isinstance(made, list):
                found |= {f"{name}_{place}": each for place, each in enumerate(made, start=1)}
            elif made is not None:
                found[name] = made
    return found

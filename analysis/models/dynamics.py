"""`tricky dynamics`: from the decisions of networks to a page on what tells them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.data.results_manifest import DynamicsManifest
from analysis.models import dynamics_figures, epoch_figures
from analysis.models.comparison import Compared, Findings, compare, gather_models, read_superclasses
from analysis.models.dynamics_content import (
    content_of,
    on_all,
    on_in_between,
    ordered_kappa,
    rows_beside_base,
)
from analysis.report import figures
from analysis.report.consistency_scores import pairs_of
from analysis.report.page import fill
from analysis.report.pictures import data_uri
from tricky.core.files import write_text
from tricky.core.manifests import write_manifest
from tricky.core.tables import write_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PREFIX = "dynamics_"
"""What the names of all figures and tables begin with: they share their folders with the report's."""


@dataclass(frozen=True)
class DynamicsResults:
    """What a comparison left.

    Attributes
    ----------
    page : Path
    content : dict
        Every number on it, as in ``dynamics.json``.
    """

    page: Path
    content: dict[str, Any]


def write_dynamics(
    root: Path,
    *,
    title: str,
    tolerance: int,
    level: float,
    seed: int,
    leave_out: Sequence[str] = (),
    superclasses: Path | None = None,
    representations: Mapping[str, np.ndarray] | None = None,
) -> DynamicsResults:
    """Compare a study's models decision by decision, and leave the page in ``report/``.

    The same study gives the same files, byte for byte; ``dynamics.json`` is written last.

    Parameters
    ----------
    root : Path
        The study's folder.
    title : str
        The study's name.
    tolerance : int
        Models that may dissent about a trivial or an impossible image.
    level : float
        Coverage of intervals.
    seed : int
        Of the bootstrap over images.
    leave_out : sequence of str
        Models of a pool that don't count.
    superclasses : Path, optional
        CSV file with `class_name` and `superclass`.
    representations : mapping of str to ndarray of float, shape (n_models, n_models), optional
        Layer → representational consistency of the models of ``conditions/``, in its order.

    Raises
    ------
    InputError
        There is nothing to compare, a file changed since it was made, or the superclasses don't fit.
    """
    compared = gather_models(root, leave_out)
    superclass_of, matched = None, {}
    if superclasses is not None:
        superclass_of, counts = read_superclasses(superclasses, compared.images["class_name"])
        matched["superclasses"] = counts
    found = compare(compared, tolerance=tolerance, level=level, seed=seed, superclass_of=superclass_of)
    label: dict[str, Any] = {"tolerance": tolerance}
    if compared.conditions is None:
        label["leave_out"] = list(leave_out)
    settings = {"label": label, "analyse": {"level": level}}
    content = content_of(compared, found, representations or {}, settings, title, seed)
    content["matched"] = matched
    folder = root / "report"
    drawn = draw_figures(compared, found, representations or {})
    tables = tables_of(compared, found, content)
    _remove_others(folder, set(drawn), set(tables))
    for name, figure in drawn.items():
        figures.save(figure, folder / "figures" / f"{PREFIX}{name}")
    for name, table in tables.items():
        write_csv(folder / "tables" / f"{PREFIX}{name}.csv", table)
    shown = {
        name: data_uri((folder / "figures" / f"{PREFIX}{name}.svg").read_bytes(), "image/svg+xml")
        for name in drawn
    }
    write_text(folder / "dynamics.html", fill("dynamics.html.jinja", **content, figures=shown))
    write_manifest(folder / "dynamics.json", DynamicsManifest, content)
    return DynamicsResults(folder / "dynamics.html", content)


def draw_figures(
    compared: Compared, found: Findings, representations: Mapping[str, np.ndarray]
) -> dict[str, Figure]:
    """Draw each figure that the decisions suffice for, by name."""
    n_models = len(compared.models)
    drawn = {
        "histogram": dynamics_figures.histogram_beside_independent(
            compared.correct.sum(axis=0), found.difficulty, found.independent, compared.label_error
        ),
        "consistency": dynamics_figures.two_consistencies(
            *(ordered_kappa(compared, found, each) for each in (on_all(found), on_in_between(found))),
            labels=("all images", "in-between images only"),
        ),
        "classes": dynamics_figures.difficulty_by_class(found.classes, "classes"),
    }
    if found.superclasses is not None:
        drawn["superclasses"] = dynamics_figures.difficulty_by_class(found.superclasses, "superclasses")
    if found.beside_base:
        rows = pd.DataFrame([asdict(each) | {"values": each.kappa} for each in found.beside_base])
        drawn["conditions"] = dynamics_figures.beside_base(rows, "error consistency κ with the base network")
    for place, matrix in enumerate(representations.values(), start=1):
        drawn[f"representations_{place}"] = dynamics_figures.beside_base(
            rows_beside_base(compared, matrix), "representational consistency with the base network"
        )
    if compared.by_epoch is not None and found.accuracy is not None and found.flips is not None:
        drawn["epochs"] = epoch_figures.accuracy_and_flips(found.accuracy, found.flips, compared.base)
        drawn["decisions"] = epoch_figures.decisions_by_epoch(
            compared.by_epoch.mean(axis=0), found.difficulty, n_models
        )
    if found.right_for_good is not None and found.forgetting is not None:
        drawn["learning"] = epoch_figures.learning(found.right_for_good, found.forgetting)
    if found.noise is not None:
        drawn["noise"] = dynamics_figures.accuracy_beside_divergence(found.noise)
    return drawn


def tables_of(compared: Compared, found: Findings, content: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Return each table that the decisions suffice for, by name."""
    names = ("conditions", "epochs", "right_for_good", "forgetting", "classes", "superclasses", "noise")
    tables = {name: pd.DataFrame(content[name]) for name in names if content[name] is not None}
    tables["models"] = pd.DataFrame(content["models"])
    tables["histogram"] = pd.DataFrame(content["difficulty"]["histogram"])
    tables["subsets"] = pd.DataFrame(content["subsets"])
    for name, each in (("all", on_all(found)), ("in_between", on_in_between(found))):
        tables[f"consistency_{name}"] = pairs_of(ordered_kappa(compared, found, each), "model")
    tables["images"] = compared.images[["image_id", "label", "class_name"]].assign(
        n_models=len(compared.models), n_correct=compared.correct.sum(axis=0), difficulty=found.difficulty
    )
    for place, rows in enumerate(content["representations"].values(), start=1):
        tables[f"representations_{place}"] = pd.DataFrame(rows)
    for name in (
        "conditions",
        *(f"representations_{n}" for n in range(1, 1 + len(content["representations"]))),
    ):
        if name in tables:
            tables[name] = tables[name].explode(["models", "values"], ignore_index=True)
    return tables


def _remove_others(folder: Path, figure_names: set[str], table_names: set[str]) -> None:
    """Remove the figures and tables of an earlier comparison that this one hasn't got."""
    for kind, names, suffixes in (
        ("figures", figure_names, (".svg", ".png")),
        ("tables", table_names, (".csv",)),
    ):
        for path in (folder / kind).glob(f"{PREFIX}*"):
            if path.suffix in suffixes and path.stem.removeprefix(PREFIX) not in names:
                path.unlink()

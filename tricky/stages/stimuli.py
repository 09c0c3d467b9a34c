"""From labels to stimulus sets: built, followed by successors, checked and shown."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress
from tricky.core.settings import validated
from tricky.stages.images import images_of
from tricky.stages.installed import require
from tricky.status import require_current
from tricky.study import Study

if TYPE_CHECKING:
    from stimuli.check import Checked
    from stimuli.contact_sheet import Sheet
    from stimuli.inputs import Sources
    from stimuli.order_check import Order
    from stimuli.records import StimulusSet


def build_stimuli(
    study: Study,
    name: str,
    *,
    reference: bool = False,
    replace: bool = False,
    progress: Progress = no_progress,
) -> StimulusSet:
    """Build one of the study's stimulus sets."""
    require("sklearn", extra="stimuli", to="ask how well low-level features give difficulty away")
    from stimuli.build import build_set
    from stimuli.write_set import NewSet

    if name not in study.settings.stimuli:
        there = ", ".join(f"[stimuli.{each}]" for each in study.settings.stimuli)
        raise InputError(f"{study.root / 'study.toml'}: no [stimuli.{name}]; there is {there}")
    require_current(study, "difficulty")
    settings = study.settings.stimuli[name]
    if reference:
        export = settings.export.model_dump() | {"reference": True}
        settings = validated(type(settings), settings.model_dump() | {"export": export}, where="command line")
    new = NewSet(name, study.stimulus_set(name), study.settings.study.seed, replace)
    return build_set(_sources(study, study.difficulty, study.decisions), settings, new, progress)


def refresh_stimuli(
    study: Study,
    name: str,
    *,
    decisions: Path | None = None,
    successor: str | None = None,
    full: bool = False,
    replace: bool = False,
    progress: Progress = no_progress,
) -> StimulusSet:
    """Build the successor of a stimulus set from a new pool's decisions, or from the study's own labels."""
    require("sklearn", extra="stimuli", to="ask how well low-level features give difficulty away")
    from model_eval.label.label import label_decisions
    from stimuli.refresh import refresh_set
    from stimuli.write_set import NewSet
    from tricky.core.files import sha256_of

    parent = study.stimulus_set(name)
    successor = successor or _next_name(name)
    if successor == name:
        raise InputError(f"{parent}: a set can't be its own successor; give another name with --as")
    with tempfile.TemporaryDirectory() as scratch:
        if decisions is None:
            require_current(study, "difficulty")
            difficulty, made_from = study.difficulty, None
        else:
            difficulty = Path(scratch)
            label_decisions(decisions, difficulty, study.settings.label, root=study.root)
            pool = decisions / "pool.json"
            made_from = {Path(os.path.relpath(pool, study.root)).as_posix(): sha256_of(pool)}
        sources = _sources(study, difficulty, decisions or study.decisions, made_from)
        new = NewSet(successor, study.stimulus_set(successor), study.settings.study.seed, replace)
        return refresh_set(parent, sources, new, full=full, progress=progress)


def check_stimuli(study: Study, name: str) -> list[Checked]:
    """Check a stimulus set against all rules that it was built by."""
    from stimuli.check import check_set

    return check_set(study.stimulus_set(name))


def show_stimuli(study: Study, name: str) -> Sheet:
    """Write a stimulus set's contact sheets."""
    for package in ("jinja2", "matplotlib"):
        require(package, extra="stimuli", to="draw contact sheets")
    from stimuli.contact_sheet import show_set

    return show_set(study.stimulus_set(name))


def stimuli_orders(study: Study, name: str, observers: int) -> tuple[StimulusSet, list[Order]]:
    """Draw the sessions of observers 01, 02 … and check that places and orders are balanced."""
    from stimuli.order_check import orders
    from stimuli.records import read_any_set

    stimulus_set = read_any_set(study.stimulus_set(name))
    digits = max(2, len(str(observers)))
    return stimulus_set, orders(stimulus_set, [f"{n:0{digits}d}" for n in range(1, observers + 1)])


def _sources(
    study: Study, difficulty: Path, decisions: Path, made_from: dict[str, str] | None = None
) -> Sources:
    """Return labels and images; where there are decisions, the images need not be listed again."""
    from model_eval.images.open import folder_of_files
    from model_eval.records import read_decisions
    from stimuli.inputs import Sources

    return Sources(
        difficulty,
        images_of(study),
        study.root,
        originals=folder_of_files(study.settings.images, study.root),
        catalogue=read_decisions(decisions).images if (decisions / "pool.json").is_file() else None,
        cache=study.root / "stimuli" / ".covariates.parquet",
        made_from=made_from,
    )


def _next_name(name: str) -> str:
    """Name a successor: main is followed by main-2, that by main-3."""
    stem, _, number = name.rpartition("-")
    if not (stem and number.isdecimal()):
        stem, number = name, "1"
    return f"{stem}-{int(number) + 1}"

"""From labels to stimulus sets: built, followed by successors, checked and shown."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress
from tricky.core.settings import validated
from tricky.stages.declared import STIMULI
from tricky.stages.images import ImageStages
from tricky.stages.installed import require
from tricky.stages.writes import writes
from tricky.status import require_current

if TYPE_CHECKING:
    from stimuli.check import Checked
    from stimuli.contact_sheet import Sheet
    from stimuli.inputs import Sources
    from stimuli.order_check import Order
    from stimuli.records import StimulusSet


class StimuliStages(ImageStages):
    """The stages that build, refresh, check and show stimulus sets."""

    @writes(STIMULI)
    def build_stimuli(
        self,
        name: str,
        *,
        reference: bool = False,
        replace: bool = False,
        progress: Progress = no_progress,
    ) -> StimulusSet:
        """Build one of the study's stimulus sets."""
        require("sklearn", extra="stimuli", to="measure how well low-level features predict difficulty")
        from stimuli.build import build_set
        from stimuli.write_set import NewSet

        if name not in self.settings.stimuli:
            there = ", ".join(f"[stimuli.{each}]" for each in self.settings.stimuli)
            raise InputError(f"{self.root / 'study.toml'}: no [stimuli.{name}]; there is {there}")
        require_current(self, "difficulty")
        settings = self.settings.stimuli[name]
        if reference:
            export = settings.export.model_dump() | {"reference": True}
            settings = validated(
                type(settings), settings.model_dump() | {"export": export}, where="command line"
            )
        new = NewSet(name, self.stimulus_set(name), self.settings.study.seed, replace)
        return build_set(self._sources(self.difficulty, self.decisions), settings, new, progress)

    @writes(STIMULI)
    def refresh_stimuli(
        self,
        name: str,
        *,
        decisions: Path | None = None,
        successor: str | None = None,
        full: bool = False,
        replace: bool = False,
        progress: Progress = no_progress,
    ) -> StimulusSet:
        """Build a set's successor, from a new pool's decisions or from the study's own labels."""
        require("sklearn", extra="stimuli", to="measure how well low-level features predict difficulty")
        from model_eval.label.label import label_decisions
        from stimuli.refresh import refresh_set
        from stimuli.write_set import NewSet
        from tricky.core.files import sha256_of

        parent = self.stimulus_set(name)
        successor = successor or _next_name(name)
        if successor == name:
            raise InputError(f"{parent}: a set can't be its own successor; give another name with --as")
        with tempfile.TemporaryDirectory() as scratch:
            if decisions is None:
                require_current(self, "difficulty")
                difficulty, made_from = self.difficulty, None
            else:
                difficulty = Path(scratch)
                label_decisions(decisions, difficulty, self.settings.label, root=self.root)
                pool = decisions / "pool.json"
                made_from = {Path(os.path.relpath(pool, self.root)).as_posix(): sha256_of(pool)}
            sources = self._sources(difficulty, decisions or self.decisions, made_from)
            new = NewSet(successor, self.stimulus_set(successor), self.settings.study.seed, replace)
            return refresh_set(parent, sources, new, full=full, progress=progress)

    def _sources(self, difficulty: Path, decisions: Path, made_from: dict[str, str] | None = None) -> Sources:
        """Return labels and images; where there are decisions, the images need not be listed again."""
        from model_eval.decisions import read_decisions
        from model_eval.images.open import folder_of_files
        from stimuli.inputs import Sources

        return Sources(
            difficulty,
            self.open_images(),
            self.root,
            originals=folder_of_files(self.settings.images, self.root),
            catalogue=read_decisions(decisions).images if (decisions / "pool.json").is_file() else None,
            cache=self.root / "stimuli" / ".covariates.parquet",
            made_from=made_from,
        )

    def check_stimuli(self, name: str) -> list[Checked]:
        """Check that a stimulus set has every property that it was built for."""
        from stimuli.check import check_set

        return check_set(self.stimulus_set(name))

    @writes(STIMULI)
    def show_stimuli(self, name: str) -> Sheet:
        """Write a stimulus set's contact sheets."""
        for package in ("jinja2", "matplotlib"):
            require(package, extra="stimuli", to="draw contact sheets")
        from stimuli.contact_sheet import show_set

        return show_set(self.stimulus_set(name))

    def stimuli_orders(self, name: str, observers: int) -> tuple[StimulusSet, list[Order]]:
        """Plan the sessions of observers 01, 02 … and count how often each image, side and order occurs."""
        from stimuli.order_check import orders
        from stimuli.records import read_any_set

        stimulus_set = read_any_set(self.stimulus_set(name))
        stimulus_set.refuse_imported("a plan of sessions")
        digits = max(2, len(str(observers)))
        return stimulus_set, orders(stimulus_set, [f"{n:0{digits}d}" for n in range(1, observers + 1)])


def _next_name(name: str) -> str:
    """Name a successor: main is followed by main-2, that by main-3."""
    stem, _, number = name.rpartition("-")
    if not (stem and number.isdecimal()):
        stem, number = name, "1"
    return f"{stem}-{int(number) + 1}"

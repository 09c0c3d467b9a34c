"""From images to labels: train models, evaluate them, and count how many are right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tricky.core.errors import InputError
from tricky.core.progress import Notify, Progress, Reporter, no_notice, no_progress
from tricky.core.settings import validated
from tricky.stages.declared import CONDITIONS, DECISIONS, DIFFICULTY, TRAINING
from tricky.stages.images import ImageStages
from tricky.stages.installed import require
from tricky.stages.writes import writes
from tricky.status import require_current

if TYPE_CHECKING:
    from model_eval.difficulty import DifficultyTable
    from model_eval.label.compare_labels import Comparison


class ModelEvalStages(ImageStages):
    """The stages that train and evaluate models, and label images."""

    @writes(TRAINING)
    def train(self, progress: Progress = no_progress, notify: Notify = no_notice) -> int:
        """Train the models of the pool that need training, and return the number of trained models."""
        require("torch", extra="model-eval", to="train models")
        from model_eval.networks.device import Hardware
        from model_eval.networks.pool import read_pool
        from model_eval.train.pool_training import train_pool

        return train_pool(
            self.open_images(),
            read_pool(self.settings.pool, self.root),
            self.settings.train,
            folder=self.training,
            seed=self.settings.study.seed,
            hardware=Hardware(self.settings.evaluate.device),
            reporter=Reporter(progress, notify),
        )

    @writes(CONDITIONS)
    def train_conditions(self, progress: Progress = no_progress, notify: Notify = no_notice) -> None:
        """Train the base network and the conditions of the recipe that ``[train]`` names."""
        require("torch", extra="model-eval", to="train models")
        from model_eval.networks.device import Hardware
        from model_eval.train.conditions import ConditionImages, train_conditions
        from model_eval.train.recipe import read_recipe

        settings = self.settings
        recipe = read_recipe(settings.train, self.root)
        if recipe is None:
            raise InputError(
                f"{self.root / 'study.toml'}: [train] names no `recipe` and describes no conditions"
            )
        train_conditions(
            ConditionImages(self.open_images(), self.open_training_images()),
            recipe,
            folder=self.conditions,
            seed=settings.study.seed,
            batch_size=settings.evaluate.batch_size,
            hardware=Hardware(settings.evaluate.device),
            reporter=Reporter(progress, notify),
        )

    @writes(DECISIONS)
    def evaluate(
        self, progress: Progress = no_progress, notify: Notify = no_notice, *, trust: bool = False
    ) -> None:
        """Run every model of the pool on every image that no model was trained on.

        Parameters
        ----------
        progress, notify : callable
        trust : bool
            Whether models that run code (``python:``, ``torchscript:``, ``export:``) may be built.
        """
        self._require_own_decisions()
        require("torch", extra="model-eval", to="run models")
        from model_eval.evaluate.worker_server import start_worker_server

        settings = self.settings.evaluate
        start_worker_server(settings.workers, settings.device)  # it imports torch while this process does
        from model_eval.evaluate.evaluate import evaluate_pool
        from model_eval.networks.pool import read_pool

        evaluate_pool(
            self.open_images(),
            read_pool(self.settings.pool, self.root, trust=trust),
            self.settings.evaluate,
            root=self.root,
            training=self.training,
            folder=self.decisions,
            reporter=Reporter(progress, notify),
        )

    def _require_own_decisions(self) -> None:
        """Raise InputError where ``decisions/`` were imported: evaluating would mix or replace them."""
        from model_eval.manifests import PoolManifest
        from tricky.core.manifests import read_manifest

        path = self.decisions / "pool.json"
        if not path.is_file():
            return
        try:
            imported = read_manifest(path, PoolManifest, "tricky evaluate").imported
        except InputError:  # damaged: evaluating writes it again
            return
        if imported is not None:
            raise InputError(
                f"{self.decisions}: these decisions were imported; evaluate models in a study of its own, or "
                "delete this folder first"
            )

    @writes(DECISIONS)
    def import_decisions(
        self,
        sources: Sequence[Path],
        *,
        n_models: int | None = None,
        replace: bool = False,
        progress: Progress = no_progress,
        notify: Notify = no_notice,
        **options: Any,
    ) -> Path:
        """Write ``decisions/`` from the decisions that others have published or measured.

        Parameters
        ----------
        sources : sequence of Path
            Files, or folders of files, of one format.
        n_models : int, optional
            For an array of the mean over so many models: a table of counts is written in place of decisions.
        replace : bool
            Whether decisions that are there may be replaced.
        **options
            Keys of ``[import.decisions]``, which override the study file in this run; None leaves one as it
            is.

        Returns
        -------
        Path
            ``pool.json``, or the table of counts.
        """
        from model_eval.images.arrays import ArrayImages
        from model_eval.images.image_source import list_images
        from model_eval.import_decisions.images import StudyImages
        from model_eval.import_decisions.import_decisions import Target, import_decisions, import_means
        from model_eval.settings import ImportDecisionsSettings

        own = self.settings.import_.decisions
        given = {key: value for key, value in options.items() if value is not None}
        content = own.model_dump() | given
        content["columns"] = own.columns.model_dump() | given.get("columns", {})
        settings = validated(ImportDecisionsSettings, content, where="command line")
        study = None
        if self.settings.images.source != "none":
            source = self.open_images()
            images, _ = list_images(source, Reporter(progress, notify))
            study = StudyImages(images, source.name, isinstance(source, ArrayImages))
        target = Target(self.root, self.decisions, self.settings.images, own, replace)
        if n_models is not None:
            if len(sources) != 1:
                raise InputError("--n-models goes with one array, the mean over these models")
            return import_means(sources[0], n_models, settings, target, study)
        import_decisions(sources, settings, target, study, Reporter(progress, notify))
        return self.decisions / "pool.json"

    @writes(DIFFICULTY)
    def label(self) -> DifficultyTable:
        """Label every evaluated image trivial, in-between or impossible."""
        from model_eval.label.label import label_decisions

        require_current(self, "decisions")
        return label_decisions(
            self.decisions,
            self.difficulty,
            self.settings.label,
            root=self.root,
            seed=self.settings.study.seed,
        )

    @writes(DIFFICULTY)
    def label_counts(self, counts: Path, n_models: int | None) -> DifficultyTable:
        """Label images by a table of counts instead of the study's own decisions."""
        from model_eval.label.label import label_counts

        return label_counts(counts, self.difficulty, self.settings.label, n_models, root=self.root)

    @writes(DIFFICULTY)
    def compare_labels(self, other: Path) -> tuple[Comparison, Path, Path]:
        """Compare the study's labels with others of the same images, and list the images that differ.

        Returns
        -------
        comparison : Comparison
        other : Path
            Folder of the other labels.
        moved : Path
            The table of images with different labels.
        """
        from model_eval.difficulty import read_difficulty
        from model_eval.label.compare_labels import compare
        from tricky.core.write_tables import write_csv

        folder = other / "difficulty" if (other / "difficulty").is_dir() else other
        found = compare(read_difficulty(self.difficulty), read_difficulty(folder))
        moved = self.difficulty / "moved.csv"
        write_csv(moved, found.moved)
        return found, folder, moved

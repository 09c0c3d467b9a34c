"""The models of a pool, before they are run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tricky.core.progress import Progress, no_progress
from tricky.stages.images import ImageStages
from tricky.stages.installed import require

if TYPE_CHECKING:
    from model_eval.evaluate.check_pool import PoolCheck
    from model_eval.networks.pool_table import PoolRow
    from model_eval.settings import PoolSettings


class PoolStages(ImageStages):
    """The models of the pool, checked before they run."""

    def show_pool(self) -> list[PoolRow]:
        """Look up the models of the study's pool."""
        return _look_up(self.settings.pool, self.root)

    def check_pool(self, progress: Progress = no_progress, *, trust: bool = False) -> list[PoolCheck]:
        """Build every model of the pool and run one batch of the study's images.

        Parameters
        ----------
        progress : Progress
        trust : bool
            Whether models that run code may be built.
        """
        require("torch", extra="model-eval", to="run models")
        from model_eval.evaluate.check_pool import check_pool
        from model_eval.networks.pool import read_pool

        return check_pool(
            self.open_images(),
            read_pool(self.settings.pool, self.root, trust=trust),
            self.settings.evaluate,
            root=self.root,
            training=self.training,
            progress=progress,
        )


def show_named_pool(name: str, root: Path) -> list[PoolRow]:
    """Look up the models of a pool that ships with tricky, or of a file relative to `root`."""
    from model_eval.settings import PoolSettings

    return _look_up(PoolSettings(file=name), root)


def _look_up(settings: PoolSettings, root: Path) -> list[PoolRow]:
    require("torch", extra="model-eval", to="look models up")
    from model_eval.networks.pool import read_pool
    from model_eval.networks.pool_table import describe

    return [describe(each, root=root, training=root / "training") for each in read_pool(settings, root)]

"""The models of a pool, looked at before they are run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tricky.core.progress import Progress, no_progress
from tricky.stages.images import images_of
from tricky.stages.installed import require
from tricky.study import Study

if TYPE_CHECKING:
    from model_eval.evaluate.check_pool import PoolCheck
    from model_eval.networks.pool_table import PoolRow
    from model_eval.settings import PoolSettings


def show_pool(study: Study) -> list[PoolRow]:
    """Look up the models of the study's pool."""
    return _look_up(study.settings.pool, study.root)


def show_named_pool(name: str, root: Path) -> list[PoolRow]:
    """Look up the models of a pool that ships with tricky, or of a file relative to `root`."""
    from model_eval.settings import PoolSettings

    return _look_up(PoolSettings(file=name), root)


def check_pool(study: Study, progress: Progress = no_progress) -> list[PoolCheck]:
    """Build every model of the pool and run one batch of the study's images."""
    require("torch", extra="model-eval", to="run models")
    from model_eval.evaluate.check_pool import check_pool
    from model_eval.networks.pool import read_pool

    return check_pool(
        images_of(study),
        read_pool(study.settings.pool, study.root),
        study.settings.evaluate,
        root=study.root,
        training=study.training,
        progress=progress,
    )


def _look_up(settings: PoolSettings, root: Path) -> list[PoolRow]:
    require("torch", extra="model-eval", to="look models up")
    from model_eval.networks.pool import read_pool
    from model_eval.networks.pool_table import describe

    return [describe(each, root=root, training=root / "training") for each in read_pool(settings, root)]

"""The images that a study is about: opened, and looked at before any model does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress
from tricky.study import Study

if TYPE_CHECKING:
    from model_eval.images.check import Inspection
    from model_eval.images.open import ImageSource, InspectedSource


def check_images(study: Study, progress: Progress = no_progress) -> Inspection:
    """Look at every image that the study names."""
    return images_of(study).inspect(progress)


def images_of(study: Study) -> InspectedSource:
    """Open the images that the study is about."""
    from model_eval.images.open import open_images

    return open_images(study.settings.images, study.root)


def training_images_of(study: Study) -> InspectedSource | None:
    """Open the images that conditions are trained on, or return None where they are part of the study's."""
    from model_eval.images.gaussian import GaussianImages
    from model_eval.images.open import open_images

    settings = study.settings.train.training_set
    if settings is not None:
        return open_images(settings, study.root)
    source = images_of(study)
    return source.for_training() if isinstance(source, GaussianImages) else None


def images_at_hand(study: Study) -> ImageSource | None:
    """Open the images, or return None on a machine that hasn't got them: a report can do without."""
    try:
        return images_of(study)
    except InputError:
        return None

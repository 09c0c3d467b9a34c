"""The images of a study, and their inspection before any model runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricky.core.errors import InputError
from tricky.core.progress import Progress, no_progress
from tricky.study_folder import StudyFolder

if TYPE_CHECKING:
    from model_eval.images.check import Inspection
    from model_eval.images.image_source import ImageSource, InspectedSource


class ImageStages(StudyFolder):
    """The study's images: opened, and checked before any model runs."""

    def check_images(self, progress: Progress = no_progress) -> Inspection:
        """Inspect every image of the study."""
        return self.open_images().inspect(progress)

    def open_images(self) -> InspectedSource:
        """Open the images of the study."""
        from model_eval.images.open import open_images

        return open_images(self.settings.images, self.root)

    def open_training_images(self) -> InspectedSource | None:
        """Open the images that conditions are trained on; None where they are part of the study's own."""
        from model_eval.images.gaussian import GaussianImages
        from model_eval.images.open import open_images

        settings = self.settings.train.training_set
        if settings is not None:
            return open_images(settings, self.root)
        source = self.open_images()
        return source.for_training() if isinstance(source, GaussianImages) else None

    def open_images_if_here(self) -> ImageSource | None:
        """Open the images, or return None on a machine that does not have them: a report needs none."""
        if self.settings.images.source == "none":
            return None
        try:
            return self.open_images()
        except InputError:
            return None

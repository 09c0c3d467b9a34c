"""A folder of class folders, as torchvision and timm read it."""

from __future__ import annotations

from pathlib import Path

from model_eval.images.image_files import ImageFiles
from model_eval.images.listing import Listing, list_class_folders
from model_eval.settings import ImageSettings


class ImageFolder(ImageFiles):
    """A folder of class folders: ``CLASS/…/IMAGE``.

    Classes are the sub-folders that hold an image, at any depth, sorted as text.
    """

    def __init__(self, settings: ImageSettings, folder: Path) -> None:
        super().__init__(settings, f"folder:{folder.resolve().name}", folder)

    def listing(self) -> Listing:
        """Return each image with the folder that it is in."""
        return list_class_folders(self._folder, follow_links=self.settings.follow_links)

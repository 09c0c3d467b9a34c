"""Images of Gaussian noise whose classes differ only in standard deviation: a set of known difficulty.

After Meding, Schulze Buschoff, Geirhos & Wichmann (2022, ICLR): 100 classes, mean 128, class i with standard
deviation i.  Nothing is stored: an image is generated from its own seed whenever it is read.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from PIL import Image

from model_eval.columns import IMAGE_COLUMNS
from model_eval.images.check import Inspection
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.progress import Progress, no_progress

MEAN = 128


class GaussianImages:
    """Grey images whose pixels are independent draws from N(128, i²), rounded, and clipped to 0 … 255.

    `image_id` is ``CLASS/INDEX``, such as ``007/00042`` for the 42nd image with standard deviation 7.
    """

    def __init__(self, settings: ImageSettings, *, training: bool = False) -> None:
        self.settings = settings
        self._training = training
        about = settings.gaussian
        self._per_class = about.training_images_per_class if training else about.images_per_class
        self.name = (
            f"gaussian:{about.classes}x{self._per_class}@{about.size_px}px/seed-{about.seed}"
            f"{'/training' if training else ''}"
        )

    def for_training(self) -> GaussianImages:
        """Return the set that networks are trained on: other draws from the same distributions."""
        return GaussianImages(self.settings, training=True)

    def inspect(self, progress: Progress = no_progress) -> Inspection:
        """Find nothing wrong: noise needs no decoding."""
        return Inspection(self.catalogue(progress))

    def catalogue(self, progress: Progress = no_progress) -> pd.DataFrame:
        """Return one row for each image; `sha256` is that of its parameters and seed, not of its pixels."""
        labels = np.repeat(np.arange(self.settings.gaussian.classes, dtype=np.int32), self._per_class)
        names = [f"{label + 1:03d}" for label in labels]
        ids = [f"{name}/{index % self._per_class:05d}" for index, name in enumerate(names)]
        progress("Listing images", len(ids), len(ids))
        table = pd.DataFrame(
            {
                "image_id": ids,
                "path": "",
                "label": labels,
                "class_name": names,
                "sha256": [sha256_of(f"{self.name}/{image_id}") for image_id in ids],
            }
        )
        return table.astype({name: "str" for name in IMAGE_COLUMNS if name != "label"})

    def read(self, image_id: str) -> Image.Image:
        """Draw an image, in mode ``L``."""
        about = self.settings.gaussian
        name, _, number = image_id.partition("/")
        if not (name.isdecimal() and number.isdecimal()) or not (
            1 <= int(name) <= about.classes and int(number) < self._per_class
        ):
            raise InputError(
                f"{self.name} has no image {image_id!r}; its images are 001/00000 to "
                f"{about.classes:03d}/{self._per_class - 1:05d}"
            )
        rng = np.random.default_rng([about.seed, self._training, int(name), int(number)])
        pixels = rng.normal(MEAN, int(name), (about.size_px, about.size_px))
        return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def divergence_to_neighbour(sd: np.ndarray) -> np.ndarray:
    r"""Return the Kullback–Leibler divergence of each class of noise to the class nearest to it, per pixel.

    For two normal distributions of the same mean,

    .. math:: KL(i \| j) = \ln\frac{\sigma_j}{\sigma_i} + \frac{\sigma_i^2}{2 \sigma_j^2} - \frac{1}{2};

    the nearest class has the smallest divergence.  For standard deviations 1, 2, 3 … that is the next larger
    one, as in Meding et al. (2022, Fig. 9), and for the last class the next smaller.  Clipping to the range
    of pixel values is ignored.

    Parameters
    ----------
    sd : ndarray of float, shape (n_classes,)
        Standard deviations of the pixels, above 0, each different; at least two.

    Returns
    -------
    ndarray of float, shape (n_classes,)
        In nats.
    """
    own, other = np.asarray(sd, dtype=float)[:, np.newaxis], np.asarray(sd, dtype=float)
    divergence = np.log(other / own) + own**2 / (2 * other**2) - 0.5
    np.fill_diagonal(divergence, np.inf)
    return divergence.min(axis=1)

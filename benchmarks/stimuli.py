"""What it takes to build a set of 300 matched pairs of 50,000 images, with covariates measured before.

The images exist only as numbers: the cache of covariates is written as a first build would have left it, so
that what is timed is reading, sifting, matching, exporting and verifying. Prints as its last line one
JSON object: `build_seconds`, `rss_mb` (most memory of the process), and the seconds of each step.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

# Python puts a script's folder first, where this file would stand for the package of the same name.
sys.path[:] = [each for each in sys.path if Path(each).resolve() != Path(__file__).resolve().parent]

from model_eval.columns import DIFFICULTY_DTYPES  # noqa: E402
from model_eval.images.check import Inspection  # noqa: E402
from model_eval.manifests import DifficultyManifest  # noqa: E402
from model_eval.settings import ImageSettings  # noqa: E402
from stimuli.build import build_set  # noqa: E402
from stimuli.columns import FEATURE_COLUMNS  # noqa: E402
from stimuli.features import FEATURES_VERSION  # noqa: E402
from stimuli.inputs import Sources  # noqa: E402
from stimuli.settings import StimulusSettings  # noqa: E402
from stimuli.write_set import NewSet  # noqa: E402
from tricky.core.cache import write_memory  # noqa: E402
from tricky.core.files import sha256_of  # noqa: E402
from tricky.core.manifests import write_manifest  # noqa: E402
from tricky.core.parquet import write_parquet  # noqa: E402
from tricky.core.progress import no_progress  # noqa: E402

N_IMAGES, N_MODELS, N_CLASSES = 50_000, 11, 1_000

STEPS = {
    "read_inputs": "read labels and hashes",
    "candidates_of": "select",
    "draw_slots": "match",
    "contents_of": "describe",
    "write_set": "export and verify",
}
"""Functions of the package, and what they do."""


class Noise:
    """Photograph-sized pictures that differ, made when they are read."""

    name = "noise"
    settings = ImageSettings()

    def catalogue(self, progress=no_progress) -> pd.DataFrame:
        """Return ids and hashes."""
        progress("Listing images", N_IMAGES, N_IMAGES)
        ids = [f"{i:05d}" for i in range(N_IMAGES)]
        return pd.DataFrame({"image_id": ids, "sha256": [sha256_of(each) for each in ids]})

    def inspect(self, progress=no_progress) -> Inspection:
        """Find nothing wrong with them."""
        return Inspection(self.catalogue(progress).assign(class_name=""))

    def read(self, image_id: str) -> Image.Image:
        """Return a smooth random picture of 500 × 375 pixels."""
        rng = np.random.default_rng(int(image_id))
        coarse = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        return Image.fromarray(coarse).resize((500, 375), Image.Resampling.BICUBIC)


def write_labels(folder: Path, rng: np.random.Generator) -> None:
    """Write a difficulty table of about the paper's shares: 46% trivial, 11.5% impossible."""
    rates = [0.070, 0.045, 0.038, 0.037, 0.042, 0.045, 0.049, 0.058, 0.068, 0.089, 0.142, 0.317]
    n_correct = rng.choice(N_MODELS + 1, N_IMAGES, p=rates)
    difficulty = np.where(
        n_correct <= 1, "impossible", np.where(n_correct >= N_MODELS - 1, "trivial", "in-between")
    )
    label = rng.integers(0, N_CLASSES, N_IMAGES)
    table = pd.DataFrame(
        {
            "image_id": [f"{i:05d}" for i in range(N_IMAGES)],
            "label": label.astype("int32"),
            "class_name": [f"class {each}" for each in label],
            "n_models": N_MODELS,
            "n_correct": n_correct,
            "difficulty": difficulty,
            "label_error": False,
            "stability": rng.uniform(0.5, 1, N_IMAGES),
            **{"modal_prediction": -1, "modal_share": None, "modal_error": -1, "modal_error_share": None},
            **{"stability_families": None, "reason": None},
        }
    )
    others = {name: np.nan if dtype == "float32" else -1 for name, dtype in DIFFICULTY_DTYPES.items()}
    table = table.assign(**{name: each for name, each in others.items() if name not in table})
    write_parquet(folder / "difficulty.parquet", table.astype(DIFFICULTY_DTYPES))
    counts = {kind: int((difficulty == kind).sum()) for kind in ("trivial", "in-between", "impossible")}
    content = {
        **{"made_from": {}, "settings": {"label": {}}, "versions": {}, "tables": {}, "impossible": {}},
        **{"sha256": sha256_of(folder / "difficulty.parquet"), "counts": counts, "n_images": N_IMAGES},
        **{"n_not_labelled": 0, "n_models": N_MODELS, "tolerance": 1, "images": "noise"},
        **dict.fromkeys(("without_label_errors", "mean_stability", "mean_stability_families")),
        **dict.fromkeys(("models", "near_ties")),
    }
    write_manifest(folder / "difficulty.json", DifficultyManifest, content)


def write_cache(path: Path, hashes: pd.Series, rng: np.random.Generator) -> None:
    """Write what a first build would have measured."""
    numeric = list(FEATURE_COLUMNS[:-1])
    table = pd.DataFrame(rng.normal(size=(N_IMAGES, len(numeric))), columns=numeric)
    table[["width_px", "height_px"]] = 500.0, 375.0
    bits = rng.integers(0, 2**63, N_IMAGES, dtype=np.uint64)
    table["phash"] = [f"{each:016x}" for each in bits.tolist()]
    write_memory(path, table.assign(sha256=hashes).sort_values("sha256"), {"version": FEATURES_VERSION})


def main() -> None:
    """Build once, print a line a step and one for machines."""
    rng = np.random.default_rng(1)
    settings = StimulusSettings.model_validate(
        {
            "trials": 300,
            "practice_trials": 5,
            "eligible": {"min_hash_distance": 6},
            "match": {"covariates": ["mean_luminance", "rms_contrast", "edge_density"]},
        }
    )
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        source = Noise()
        write_labels(root / "difficulty", rng)
        write_cache(root / "covariates.parquet", source.catalogue()["sha256"], rng)

        def build() -> None:
            sources = Sources(root / "difficulty", source, root, cache=root / "covariates.parquet")
            build_set(sources, settings, NewSet("main", root / "main", 1))

        started = time.perf_counter()
        build()
        build_seconds = time.perf_counter() - started
        rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        profile = cProfile.Profile()
        profile.runcall(build)  # once more, to say where the time goes
    seconds = {
        name: times[3]
        for (_, _, name), times in pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
        if name in STEPS
    }
    for name, what in STEPS.items():
        print(f"{what}: {seconds[name]:.2f} s")
    figures = {"build_seconds": round(build_seconds, 2), "rss_mb": round(rss_mb)}
    print(json.dumps(figures | {f"{name}_seconds": round(seconds[name], 2) for name in STEPS}))


if __name__ == "__main__":
    main()

"""The whole `small` recipe, on handwritten digits and on small drawings in colour.

Prints for each condition its models' mean accuracy, the shares of images that are trivial, impossible and
in-between for the base network and one of them, and their mean error consistency with the base network, with
its interval for other images.  The last line is one JSON object: for each set the seconds that training took,
the shares for all models together, and the smallest and largest mean consistency of a condition.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from analysis.statistics.training_dynamics import compare_with_base
from model_eval.epoch_decisions import read_conditions
from model_eval.images.open import open_images
from model_eval.networks.device import Hardware
from model_eval.recipe_settings import BASE, BaseRecipe
from model_eval.settings import EvaluateSettings, ImageSettings, TrainSettings
from model_eval.train.conditions import ConditionImages, train_conditions
from model_eval.train.recipe import read_recipe

CORNERS = {"bar": 2, "triangle": 3, "square": 4, "pentagon": 5, "disc": 24}
"""Outlines, by their number of corners; each is a class when filled, and one when it is a ring."""


def draw(name: str, rng: np.random.Generator) -> Image.Image:
    """Draw an image of a class, 32 × 32 px: of any colour, near the middle and nearly upright, on noise."""
    outline, _, ring = name.partition("-")
    background = rng.integers(40, 216, 3)
    noise = rng.normal(0, rng.uniform(2, 15), (32, 32, 3))
    image = Image.fromarray(np.clip(background + noise, 0, 255).astype(np.uint8))
    radius = rng.uniform(9, 13)
    angles = rng.uniform(-0.2, 0.2) - np.pi / 2 + 2 * np.pi * np.arange(CORNERS[outline]) / CORNERS[outline]
    corners = rng.uniform(14, 18, 2) + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = [(float(x), float(y)) for x, y in corners]
    colour = tuple(
        int(x) for x in np.clip(background + rng.choice([-1, 1], 3) * rng.uniform(40, 150, 3), 0, 255)
    )
    pen = ImageDraw.Draw(image)
    if outline == "bar" or ring:
        pen.line([*points, *points[:2]], fill=colour, width=1 if outline == "bar" and ring else 3)
    else:
        pen.polygon(points, fill=colour)
    return image


def write_drawings(folder: Path, n_per_class: int) -> None:
    """Write a folder of class folders."""
    rng = np.random.default_rng(8)
    for name in [*CORNERS, *(f"{outline}-ring" for outline in CORNERS)]:
        (folder / name).mkdir(parents=True)
        for index in range(n_per_class):
            draw(name, rng).save(folder / name / f"{index:04d}.png")


def main() -> None:
    """Train on both sets, print a table for people and a line for machines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, help="fewer than the recipe's, to try it")
    chosen = parser.parse_args()
    base = {"epochs": chosen.epochs, "decay_epochs": []} if chosen.epochs else {}
    recipe = read_recipe(TrainSettings(recipe="small", base=BaseRecipe.model_validate(base)), Path())
    assert recipe is not None
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        drawings = Path(scratch) / "drawings"
        write_drawings(drawings, 500)
        for name, images in (
            ("mnist", ImageSettings()),
            ("colour", ImageSettings(source="folder", path=drawings)),
        ):
            folder, started = Path(scratch) / name, time.perf_counter()
            source = open_images(images, Path(scratch))
            train_conditions(
                ConditionImages(source),
                recipe,
                folder=folder,
                seed=1,
                batch_size=EvaluateSettings().batch_size,
                hardware=Hardware("cpu"),
            )
            seconds = time.perf_counter() - started
            trained = read_conditions(folder)
            correct = trained.correct_at_end
            conditions = [model.condition for model in trained.models]
            print(f"{name}: {len(trained.models)} models in {seconds:.0f} s")
            print(f"  {BASE:16} accuracy {correct[0].mean():6.1%}")
            rows = compare_with_base(correct, conditions, 0)
            for row in rows:
                print(
                    f"  {row.condition:16} accuracy {row.accuracy:6.1%}  trivial {row.both_right:6.1%}  "
                    f"impossible {row.both_wrong:6.1%}  in-between {row.one_right:6.1%}  "
                    f"κ {row.estimate:.2f} ({row.low:.2f} to {row.high:.2f})"
                )
            all_right, none_right = correct.all(axis=0).mean(), (~correct).all(axis=0).mean()
            print(f"  all models: trivial {all_right:.1%}, impossible {none_right:.1%}")
            figures[f"{name}_seconds"] = round(seconds, 1)
            figures[f"{name}_trivial"] = round(float(all_right), 4)
            figures[f"{name}_impossible"] = round(float(none_right), 4)
            figures[f"{name}_lowest_kappa"] = round(min(row.estimate for row in rows), 3)
            figures[f"{name}_highest_kappa"] = round(max(row.estimate for row in rows), 3)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

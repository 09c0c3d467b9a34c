"""The `small` recipe, whole, on digits and on small colour pictures: what each condition changes.

The pictures are drawn here, 32 × 32 pixels in colour like CIFAR's: ten kinds of shape, some faint, noisy or
half hidden, so that a few can't be told by anyone. `--folder DIR` keeps both studies with their pages;
`--images N` draws fewer pictures. Prints a table a study and, as its last line, one JSON object: for each
study the dichotomy, the shares of trivial and impossible images under all networks (strictly), and the mean
κ of each condition with the base network.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

# Python puts a script's folder first, where this file would stand for the package of the same name.
sys.path[:] = [each for each in sys.path if Path(each).resolve() != Path(__file__).resolve().parent]

from tricky import stages  # noqa: E402
from tricky.study import create_study, override  # noqa: E402

SIZE_PX, SCALE = 32, 4
KINDS = ("cross", "disc", "hexagon", "moon", "ring", "rod", "square", "star", "stripes", "triangle")


def draw(kind: str, rng: np.random.Generator) -> Image.Image:
    """Draw one picture: a shape of random colour, size, place and turn on a ground of random blobs."""
    side = SIZE_PX * SCALE
    blobs = rng.normal(rng.uniform(60, 196, 3), rng.uniform(5, 45), (*(rng.integers(2, 6),) * 2, 3))
    ground = Image.fromarray(np.clip(blobs, 0, 255).astype(np.uint8))
    picture = ground.resize((side, side), Image.Resampling.BICUBIC)
    mask = shape_mask(kind, rng)
    colour = rng.integers(0, 256, 3)
    # How far the shape stands out, from hardly to wholly.
    opacity = int(255 * rng.beta(3, 1))
    faint = Image.fromarray((np.asarray(mask, dtype=float) * opacity / 255).astype(np.uint8))
    picture.paste(tuple(colour.tolist()), mask=faint)
    for _ in range(rng.poisson(0.5)):  # things in front
        width, height = rng.integers(side // 8, side // 2, 2)
        left, top = rng.integers(-width // 2, side, 2)
        box = (int(left), int(top), int(left + width), int(top + height))
        ImageDraw.Draw(picture).rectangle(box, fill=tuple(rng.integers(0, 256, 3).tolist()))
    small = np.asarray(picture.resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS), dtype=float)
    noisy = small + rng.normal(0, rng.uniform(0, 20), small.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def shape_mask(kind: str, rng: np.random.Generator) -> Image.Image:
    """Return where the shape is, four times as large as it will be seen."""
    side = SIZE_PX * SCALE
    mask = Image.new("L", (side, side))
    pen = ImageDraw.Draw(mask)
    radius = rng.uniform(0.25, 0.5) * side
    x, y = rng.uniform(0.7 * radius, side - 0.7 * radius, 2)
    turn = rng.uniform(0, 2 * np.pi)

    def polygon(angles: np.ndarray, radii: np.ndarray | float, fill: int = 255) -> None:
        corners = np.stack([x + radii * np.cos(angles + turn), y + radii * np.sin(angles + turn)], axis=1)
        pen.polygon([tuple(each) for each in corners], fill=fill)

    def disc(centre_x: float, centre_y: float, size: float, fill: int = 255) -> None:
        pen.ellipse((centre_x - size, centre_y - size, centre_x + size, centre_y + size), fill=fill)

    def bar(width: float, angle: float, offset: float = 0.0) -> None:
        along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        middle = np.array([x, y]) + offset * across
        signs = ((-1, -1), (-1, 1), (1, 1), (1, -1))
        corners = [middle + a * radius * along + b * width * across for a, b in signs]
        pen.polygon([tuple(each) for each in corners], fill=255)

    full = 2 * np.pi
    if kind in ("triangle", "square", "hexagon"):
        n = {"triangle": 3, "square": 4, "hexagon": 6}[kind]
        polygon(np.arange(n) * full / n, radius)
    elif kind == "star":
        polygon(np.arange(10) * full / 10, np.tile([radius, 0.42 * radius], 5))
    elif kind == "cross":
        bar(0.25 * radius, turn)
        bar(0.25 * radius, turn + np.pi / 2)
    elif kind == "rod":
        bar(0.22 * radius, turn)
    elif kind == "stripes":
        for offset in (-0.7, 0, 0.7):
            bar(0.16 * radius, turn, offset * radius)
    else:
        disc(x, y, radius)
        if kind == "ring":
            disc(x, y, 0.55 * radius, fill=0)
        if kind == "moon":
            disc(x + 0.5 * radius * np.cos(turn), y + 0.5 * radius * np.sin(turn), 0.8 * radius, fill=0)
    return mask


def draw_all(folder: Path, n_images: int) -> None:
    """Write a folder of class folders, the same pictures every time."""
    for place, kind in enumerate(KINDS):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for index in range(n_images // len(KINDS)):
            draw(kind, np.random.default_rng([7, place, index])).save(folder / kind / f"{index:04d}.png")


def run(folder: Path, images: dict[str, Any]) -> dict[str, Any]:
    """Train the recipe's conditions in a new study, compare them, and return the numbers of the page."""
    study = create_study(folder, name=folder.name)
    study = override(study, {"images": images, "train": {"recipe": "small"}, "label": {"tolerance": 0}})
    started = time.perf_counter()
    stages.train_conditions(study)
    trained = time.perf_counter()
    content = stages.dynamics(study, layers=("penultimate",)).content
    compared = time.perf_counter()
    print(f"{folder.name}: trained in {trained - started:.0f} s, compared in {compared - trained:.0f} s")
    print_table(content)
    return content


def print_table(content: dict[str, Any]) -> None:
    """Print the table of docs/training.md."""
    print("| condition | networks | accuracy | trivial | impossible | in-between | κ with the base |")
    print("|---|---|---|---|---|---|---|")
    for row in content["conditions"]:
        shares = " | ".join(f"{row[key]:.1%}" for key in ("accuracy", "trivial", "impossible", "in_between"))
        kappa = f"{row['kappa']:.2f} ({row['kappa_low']:.2f}–{row['kappa_high']:.2f})"
        print(f"| {row['condition']} | {len(row['models'])} | {shares} | {kappa} |")
    strict = content["difficulty"]["strict"]
    between = 1 - strict["trivial"] - strict["impossible"]
    shares = f"{strict['trivial']:.1%} | {strict['impossible']:.1%} | {between:.1%}"
    print(f"| all together, strictly | {content['n_models']} | | {shares} | |")


def main() -> None:
    """Run both studies and print what they gave."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, help="keep the studies here")
    parser.add_argument("--images", type=int, default=4000, help="pictures to draw")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (options.folder or Path(scratch)).resolve()
        draw_all(folder / "pictures", options.images)
        contents = {
            "digits": run(folder / "digits", {"source": "mnist-5k"}),
            "shapes": run(folder / "shapes", {"source": "folder", "path": str(folder / "pictures")}),
        }
    figures = {
        name: {
            "dichotomy": round(content["dichotomy"]["value"], 3),
            "trivial": round(content["difficulty"]["strict"]["trivial"], 4),
            "impossible": round(content["difficulty"]["strict"]["impossible"], 4),
            "kappa": {row["condition"]: round(row["kappa"], 3) for row in content["conditions"]},
        }
        for name, content in contents.items()
    }
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()

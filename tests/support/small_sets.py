"""Small stimulus sets on disk, written as docs/formats.md says."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from made_up import write_set_manifest
from PIL import Image, ImageDraw

from stimuli.records import Item, StimulusSet, read_any_set
from tricky.core.files import sha256_of, write_text

ITEM_COLUMNS = [field.name for field in fields(Item)]


def draw_image(path: Path, seed: int, size_px: tuple[int, int] = (28, 28)) -> None:
    """Draw a bright stroke on black, as handwritten digits are."""
    rng = np.random.default_rng(seed)
    image = Image.new("L", size_px, 0)
    points = [(float(x), float(y)) for x, y in rng.uniform(0.15, 0.85, (4, 2)) * size_px]
    ImageDraw.Draw(image).line(points, fill=255, width=max(2, size_px[0] // 10), joint="curve")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def write_set(folder: Path, n_practice: int, n_main: int, n_ties: int = 0, **image: Any) -> StimulusSet:
    """Write a set of pairs, one trivial and one impossible image each; the last `n_ties` equally hard."""
    item_rows, trial_rows = ["\t".join(ITEM_COLUMNS)], ["trial_id\tblock\titem_a\titem_b"]
    n_trials = n_practice + n_main
    for number in range(2 * n_trials):
        item_id, file = f"i{number:04d}", f"images/i{number:04d}.png"
        draw_image(folder / file, number, **image)
        hard = number % 2 == 0 and number // 2 < n_trials - n_ties
        difficulty, n_correct = ("impossible", 1) if hard else ("trivial", 11)
        cells = [
            item_id,
            f"{number:05d}",
            file,
            sha256_of(folder / file),
            number % 10,
            f"digit {number % 10}",
        ]
        item_rows.append("\t".join(map(str, [*cells, difficulty, n_correct, 11])))
    for number in range(n_trials):
        block = "practice" if number < n_practice else "main"
        trial_rows.append(f"t{number:03d}\t{block}\ti{2 * number:04d}\ti{2 * number + 1:04d}")
    write_text(folder / "items.tsv", "\n".join(item_rows) + "\n")
    write_text(folder / "trials.tsv", "\n".join(trial_rows) + "\n")
    write_set_manifest(folder)
    return read_any_set(folder)


def write_images_set(
    folder: Path, task: str, n_practice: int, n_main: int, questions: tuple[dict[str, Any], ...] = ()
) -> StimulusSet:
    """Write a set of single images, trivial and impossible by turns."""
    item_rows, trial_rows = ["\t".join(ITEM_COLUMNS)], ["trial_id\tblock\titem"]
    for number in range(n_practice + n_main):
        item_id, file = f"i{number:04d}", f"images/i{number:04d}.png"
        draw_image(folder / file, number)
        difficulty, n_correct = ("impossible", 0) if number % 2 else ("trivial", 11)
        cells = [
            item_id,
            f"{number:05d}",
            file,
            sha256_of(folder / file),
            0,
            "digit 0",
            difficulty,
            n_correct,
            11,
        ]
        item_rows.append("\t".join(map(str, cells)))
        trial_rows.append(f"t{number:03d}\t{'practice' if number < n_practice else 'main'}\t{item_id}")
    write_text(folder / "items.tsv", "\n".join(item_rows) + "\n")
    write_text(folder / "trials.tsv", "\n".join(trial_rows) + "\n")
    write_set_manifest(folder, {"task": task, "questions": questions})
    return read_any_set(folder)


QUESTIONS = (
    {"name": "clear", "text": "How clear is the digit?", "answers": ["not at all", "somewhat", "very"]},
    {"name": "odd", "text": "Is it odd?", "answers": ["no", "yes"]},
)

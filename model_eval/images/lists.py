"""Lists of images that a lab writes: one `image_id` a line, or a column of a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path

from tricky.core.errors import InputError


def read_image_list(path: Path) -> frozenset[str]:
    """Read image ids: the column `image_id` of a CSV file, or else the first cell of each line.

    Raises
    ------
    InputError
        The file is missing, no text, or lists no image.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line and line[0].strip()]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file, though study.toml names it") from None
    except OSError as error:
        raise InputError(f"{path}: can't be opened ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a text file with one image_id a line ({error})") from None
    place = 0
    if lines and "image_id" in lines[0]:
        place = lines.pop(0).index("image_id")
    ids = frozenset(line[place].strip() for line in lines if len(line) > place)
    if not ids:
        raise InputError(f"{path}: lists no image; write one image_id a line, or leave the file out")
    return ids

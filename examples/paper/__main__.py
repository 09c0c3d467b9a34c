"""The paper as one script: its figures and numbers from its published files.

``make paper DATA=FOLDER`` reads the published files (docs/paper.md says where to get them) and writes
figures, tables, numbers.csv and a README.md that shows everything.  With TRAIN=small, the figures that rest
on unpublished decisions follow, from small networks that are trained here.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import from_published
import from_training
from published import FROM, read_published
from results import Results

from tricky.core.errors import InputError


def main() -> None:
    """Read the command line, compute and write."""
    parser = argparse.ArgumentParser(prog="make paper", description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help=FROM)
    parser.add_argument("--out", type=Path, default=Path("paper"), help="where to write (default: paper/)")
    parser.add_argument(
        "--superclasses", type=Path, help="CSV of class_name (WordNet id) and superclass: figures 11, 12"
    )
    parser.add_argument("--train", choices=("small", "quick"), help="also train small networks")
    chosen = parser.parse_args()
    try:
        if chosen.data is None:
            raise InputError(f"no DATA: write `make paper DATA=FOLDER`, where FOLDER is {FROM}")
        write(chosen)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def write(chosen: argparse.Namespace) -> None:
    """Compute everything, write it, and print the numbers."""
    print(f"Published files: {chosen.data.resolve()}", flush=True)
    data, results = read_published(chosen.data), Results(chosen.out)
    path = chosen.superclasses
    groups = from_published.read_superclasses(path, len(data.n_correct)) if path else None
    print(
        f"{len(data.n_correct):,} images, {data.label_error.sum():,} label errors, "
        f"{data.ratings['observer'].nunique()} observers of {data.ratings['item'].nunique()} images",
        flush=True,
    )
    from_published.difficulty(data, results)
    from_published.distributions(data, results)
    from_published.ratings(data, results)
    if groups is not None:
        from_published.superclasses(data, groups, results)
    from_published.not_published(results)
    if chosen.train:
        from_training.train(results, chosen.train == "quick", lambda text: print(text, flush=True))
    results.write()
    for each in results.numbers:
        value = "not computable" if each.value is None else f"{each.value:.4f}"
        published = "" if each.published is None else f"   published {each.published:.4f}"
        print(f"{each.what:62} {value:>14}{published}")
    print(f"{len(results.figures)} figures and {len(results.numbers)} numbers: {chosen.out / 'README.md'}")


main()

"""Try faults at every step of every command, or at some: ``python -m faults --some 5``."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from faults.chain import COMMANDS
from faults.harness import CODES, Chain


def main() -> int:
    """Print what is wrong after faults; return 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=COMMANDS, metavar="COMMAND", default=list(COMMANDS))
    parser.add_argument("--some", type=int, help="steps of each command, drawn at random; default: all")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    n_tried = n_wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        chain = Chain.made(Path(folder).resolve())
        for command in asked.only:
            steps = range(1, chain.n_steps[command] + 1)
            drawn = steps if asked.some is None else sorted(rng.sample(steps, min(asked.some, len(steps))))
            for step in drawn:
                by = rng.choice(list(CODES))
                wrong = list(chain.interrupt(command, step, by))
                n_tried, n_wrong = n_tried + 1, n_wrong + bool(wrong)
                print(*wrong, sep="\n", end="\n" if wrong else "", flush=True)
            print(f"{command}: {len(drawn)} of {len(steps)} steps tried", flush=True)
    print(f"{n_tried} faults, {n_wrong} with consequences")
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""How long a person waits at the desk: commands that should answer at once, each next to its reference.

Every figure is the median over rounds, in which a command and its reference run one right after the other, as
processes; the first round fills the caches and does not count.  Each function in `FIGURES` returns one
or more figures; the last line is one JSON object of all.  Run ``python -P benchmarks/desk.py [NAME …]``.

`status_vs_pandas`
    `tricky status` in a study that has labels, over ``python -c "import pandas"``.
`label_vs_pandas`
    `tricky label --counts` with 50,000 published counts, over the same.
`help_seconds`
    `tricky --help`.
`import_tricky_seconds`
    ``python -c "import tricky"``, Python's start included.
`first_screen_vs_psychopy`
    `tricky run --no-dialog` until its first page is shown and says so, over a script that imports PsychoPy,
    opens a window and loads the same 130 images of 500 × 375 pixels; both at 1920 × 1080 under Xvfb.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

ROUNDS, ROUNDS_OF_SESSIONS = 11, 5
N_IMAGES, N_MODELS = 50_000, 11
PANDAS = ("-c", "import pandas")


def seconds(*arguments: str) -> float:
    """Run Python with arguments, without its output, and return its wall-clock time."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment, cwd="/"
    )
    return time.perf_counter() - started


def ratio(command: tuple[str, ...], reference: tuple[str, ...], rounds: int = ROUNDS) -> float:
    """Return the median over rounds of a command's time over its reference's, and print both."""
    pairs = [(seconds(*command), seconds(*reference)) for _ in range(rounds + 1)][1:]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    print(f"{' '.join(command)[-40:]}: {ours:.2f} s; {' '.join(reference)[-40:]}: {theirs:.2f} s")
    return statistics.median(a / b for a, b in pairs)


def tricky(study: Path, *arguments: str) -> tuple[str, ...]:
    """Return the arguments of Python for a command that acts on a study."""
    return ("-m", "tricky", "-C", str(study), *arguments)


def labelled_study(folder: Path) -> Path:
    """Make a study, and return a table of published counts in it."""
    seconds(*tricky(folder, "init"))
    n_correct = np.random.default_rng(1).binomial(N_MODELS, 0.7, N_IMAGES)
    rows = (f"ILSVRC2012_val_{index:08d}.JPEG,{n}" for index, n in enumerate(n_correct, start=1))
    counts = folder / "counts.csv"
    counts.write_text("\n".join(["image_id,n_correct", *rows]) + "\n", encoding="utf-8")
    return counts


def status_and_label() -> dict[str, float]:
    """Time `tricky label` and `tricky status` against importing pandas."""
    with tempfile.TemporaryDirectory() as folder:
        counts = labelled_study(Path(folder))
        label = tricky(Path(folder), "label", "--counts", str(counts), "--models", str(N_MODELS))
        label_vs_pandas = ratio(label, PANDAS)
        return {
            "status_vs_pandas": ratio(tricky(Path(folder), "status"), PANDAS),
            "label_vs_pandas": label_vs_pandas,
        }


def help_and_import() -> dict[str, float]:
    """Time `tricky --help` and `import tricky`."""
    commands = {"help_seconds": ("-m", "tricky", "--help"), "import_tricky_seconds": ("-c", "import tricky")}
    return {
        name: statistics.median([seconds(*command) for _ in range(ROUNDS + 1)][1:])
        for name, command in commands.items()
    }


PSYCHOPY = """
import sys
from pathlib import Path
from psychopy import core, event, visual
from psychopy.hardware import keyboard
window = visual.Window((1920, 1080), fullscr=True, units="pix", checkTiming=False, allowGUI=False)
keyboard.Keyboard(backend="ptb")
for path in sorted(Path(sys.argv[1]).iterdir()):
    visual.ImageStim(window, str(path)).draw()
window.flip()
print("shown", flush=True)
"""


def set_of_photographs(study: Path, n_pairs: int = 65) -> Path:
    """Build a set of pairs of JPEG images in a new study; return the folder of its images."""
    rng = np.random.default_rng(1)
    counts = ["image_id,n_correct"]
    for number in range(4 * n_pairs):
        label = f"class{number % 10}"
        path = study / "photographs" / label / f"{number:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)).resize((500, 375)).save(path)
        counts.append(f"{label}/{path.name},{N_MODELS * (number // 10 % 2)}")
    (study / "counts.csv").write_text("\n".join(counts) + "\n", encoding="utf-8")
    (study / "study.toml").write_text(
        '[images]\nsource = "folder"\npath = "photographs"\n'
        f"[stimuli.main]\ntrials = {n_pairs - 5}\npractice_trials = 5\n"
        "[experiment]\nparticipant_fields = []\n",
        encoding="utf-8",
    )
    seconds(*tricky(study, "label", "--counts", str(study / "counts.csv"), "--models", str(N_MODELS)))
    seconds(*tricky(study, "stimuli", "build"))
    return study / "stimuli" / "main" / "images"


@contextmanager
def virtual_screen() -> Iterator[str]:
    """Start an X server without a monitor, 1920 × 1080; yield the name of its display."""
    read, write = os.pipe()
    server = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-noreset"]
    with subprocess.Popen(
        [*server, "-nolisten", "tcp"], pass_fds=(write,), stderr=subprocess.DEVNULL
    ) as xvfb:
        os.close(write)
        with os.fdopen(read) as answer:
            yield f":{int(answer.readline())}"
        xvfb.terminate()


def seconds_until(line: str, display: str, *arguments: str) -> float:
    """Run Python with arguments until it prints a line that begins like this; end it, and return the time.

    Raises
    ------
    RuntimeError
        It ended before.
    """
    environment = os.environ | {"DISPLAY": display, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env=environment, cwd="/"
    ) as process:
        assert process.stdout is not None
        for printed in process.stdout:
            if printed.startswith(line):
                took_s = time.perf_counter() - started
                process.kill()
                return took_s
    raise RuntimeError(f"{arguments[:4]} ended without {line!r}")


def first_screen() -> dict[str, float]:
    """Time `tricky run` until its first page against PsychoPy's import, window and images."""
    with tempfile.TemporaryDirectory() as folder, virtual_screen() as display:
        images = set_of_photographs(Path(folder))
        session = tricky(Path(folder), "run", "--no-dialog", "--force", "--participant", "07")
        pairs = [
            (
                seconds_until("Keyboard check", display, *session),
                seconds_until("shown", display, "-c", PSYCHOPY, str(images)),
            )
            for _ in range(ROUNDS_OF_SESSIONS + 1)
        ][1:]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    print(f"first page of tricky run: {ours:.2f} s; PsychoPy's window with the same images: {theirs:.2f} s")
    return {"first_screen_vs_psychopy": statistics.median(a / b for a, b in pairs)}


FIGURES: tuple[Callable[[], dict[str, float]], ...] = (status_and_label, help_and_import, first_screen)


def main() -> None:
    """Measure all, or what is named, and print one line for machines."""
    asked = sys.argv[1:]
    figures: dict[str, float] = {}
    for measure in FIGURES:
        if not asked or measure.__name__ in asked:
            figures |= measure()
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()

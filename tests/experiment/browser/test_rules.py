"""The client repeats some rules of the lab's sessions in TypeScript; here both get the same cases."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiment.observers.person import STOP_WITHIN_S
from experiment.records import TOGETHER_S, Choice, Response, Side
from experiment.screen.layout import ScreenGeometry, lay_out
from experiment.screen.timing import Refresh, refresh_of, timing_of
from experiment.session.plan import schedule
from experiment.session.practice import Practice
from experiment.settings import ExperimentSettings, MonitorSettings
from tricky.core.errors import InputError

CLIENT = Path(__file__).parents[3] / "experiment" / "browser"
N_CASES = 300


@pytest.fixture(scope="session")
def by_client(tmp_path_factory):
    """Return how to apply the client's rules to cases."""
    script = tmp_path_factory.mktemp("rules") / "rules.mjs"
    command = ["node_modules/.bin/esbuild", Path(__file__).with_name("rules.ts"), "--bundle"]
    subprocess.run(
        [*command, "--platform=node", "--format=esm", "--log-level=error", f"--outfile={script}"],
        cwd=CLIENT,
        check=True,
    )

    def apply(name: str, cases: list[Any]) -> list[Any]:
        names = ("layouts", "angles", "practices", "intervals", "frames")
        content = json.dumps({each: cases if each == name else [] for each in names})
        done = subprocess.run(["node", script], input=content, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        return found[{"intervals": "refreshes", "frames": "timings"}.get(name, name)]

    return apply


def layouts(rng: np.random.Generator):
    """Yield windows and images, with the lab's layout where they fit."""
    for _ in range(N_CASES):
        window = (int(rng.integers(700, 2600)), int(rng.integers(500, 1500)))
        same = rng.random() < 0.6
        heights = np.full(4, rng.integers(20, 60)) if same else rng.integers(20, 400, 4)
        sizes = [[int(rng.integers(20, 400)) if not same else int(height), int(height)] for height in heights]
        request = {
            "windowPx": window,
            "sizesPx": sizes,
            "nImages": int(rng.integers(1, 3)),
            "scaling": str(rng.choice(["auto", "interpolated"])),
            "reservedPx": float(rng.integers(100, 400)),
        }
        geometry = ScreenGeometry(window, window, MonitorSettings(width_cm=53, viewing_distance_cm=60))
        height_deg = float(rng.uniform(1, 14))
        try:
            layout = lay_out(
                geometry,
                {str(number): (size[0], size[1]) for number, size in enumerate(sizes)},
                n_images=request["nImages"],
                height_deg=height_deg,
                scaling=request["scaling"],
                reserved_px=request["reservedPx"],
            )
        except InputError:
            continue
        yield request | {"heightPx": geometry.pixels_of(height_deg)}, layout


def test_images_have_the_size_and_place_that_they_have_in_the_lab(by_client):
    pairs = list(layouts(np.random.default_rng(1)))
    assert len(pairs) > N_CASES / 4
    for found, (request, layout) in zip(
        by_client("layouts", [pair[0] for pair in pairs]), pairs, strict=True
    ):
        assert found == {
            "heightPx": layout.image_height_px,
            "widthsPx": list(layout.image_width_px.values()),
            "offsetsPx": list(layout.offsets_px),
            "factor": layout.factor,
        }, request


def test_degrees_are_converted_as_in_the_lab(by_client):
    geometry = ScreenGeometry(
        (1920, 1080), (1920, 1080), MonitorSettings(width_cm=53, viewing_distance_cm=57)
    )
    size = {"method": "card", "px_per_mm": 1920 / 530, "distance_mm": 570}
    found = by_client("angles", [[angle, size] for angle in (0.5, 8, 30)])
    assert found == pytest.approx([geometry.pixels_of(angle) for angle in (0.5, 8, 30)])


def practices(trials, rng: np.random.Generator):
    """Yield cases of practice, with the numbers of the rounds that Python repeats."""
    counts = [trial.right_answer is not None for trial in trials]
    for _ in range(N_CASES):
        settings = ExperimentSettings(
            practice_criterion=None if rng.random() < 0.1 else float(rng.choice([0.3, 0.6, 2 / 3, 1.0])),
            practice_repetitions=int(rng.integers(1, 4)),
        )
        first, *rounds = (rng.random((6, len(trials))) < rng.uniform(0.2, 1)).tolist()
        rows = [{"correct": str(right).lower()} for right in first]
        practice = Practice(trials, settings, rows, None, lambda _: None)
        done = []
        for number, answers in enumerate(rounds, 1):
            if not practice.again():
                break
            done.append(number)
            for trial, right in zip(practice.trials, answers, strict=True):
                other = Side.LEFT if trial.right_answer == Side.RIGHT else Side.RIGHT
                practice.repeated(Response(trial, Choice(trial.right_answer if right else other, 0.5), 1.0))
        case = {
            "counts": counts,
            "criterion": settings.practice_criterion,
            "repetitions": settings.practice_repetitions,
            "before": [first],
            "rounds": rounds,
        }
        yield case, done


def test_practice_is_repeated_as_in_the_lab(small_set, by_client):
    trials = [trial for trial in schedule(small_set, "07") if trial.block == "practice"]
    pairs = list(practices(trials, np.random.default_rng(2)))
    assert by_client("practices", [pair[0] for pair in pairs]) == [pair[1] for pair in pairs]
    assert {len(done) for _, done in pairs} == {0, 1, 2, 3}


def test_an_interrupted_repetition_keeps_its_number(by_client):
    case = {"counts": [True] * 3, "criterion": 0.9, "repetitions": 3, "before": [[False] * 3, [True]]}
    assert by_client("practices", [case | {"rounds": [[True] * 3]}]) == [[2]]


def test_the_refresh_is_judged_as_in_the_lab(by_client):
    rng = np.random.default_rng(3)
    cases = [
        (rng.normal(1 / rng.uniform(15, 520), rng.choice([1e-5, 1e-3]), 60)).clip(1e-4).tolist()
        for _ in range(N_CASES)
    ]
    for found, intervals in zip(by_client("intervals", cases), cases, strict=True):
        refresh = refresh_of(intervals)
        assert (found["locked"], found["period_s"]) == (refresh.locked, pytest.approx(refresh.period_s))


def test_frames_are_counted_as_in_the_lab(by_client):
    rng = np.random.default_rng(4)
    cases = [
        [
            (rng.exponential(1 / 50, int(rng.integers(0, 30)))).tolist(),
            {"period_s": 1 / 60, "locked": bool(rng.random() < 0.5), "hz": None},
        ]
        for _ in range(N_CASES)
    ]
    for found, (frames, refresh) in zip(by_client("frames", cases), cases, strict=True):
        timing = timing_of(frames, Refresh(refresh["period_s"], refresh["locked"]))
        for name in ("dropped_frames", "late_flips", "worst_frame_s", "ok"):
            assert found[name] == getattr(timing, name)


def test_presses_count_as_together_and_as_stopping_within_the_same_times():
    source = (CLIENT / "src" / "answer.ts").read_text(encoding="utf-8")
    assert f"TOGETHER_MS = {1000 * TOGETHER_S:.0f};" in source
    assert f"STOP_WITHIN_MS = {1000 * STOP_WITHIN_S:.0f};" in source

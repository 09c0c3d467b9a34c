"""An evaluation that is killed, damaged or starved goes on, and ends as an undisturbed one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import timm
import torch

from model_eval.decisions import read_decisions
from model_eval.evaluate.decision_files import DecisionFile, table_sha256
from model_eval.evaluate.evaluate import evaluate_pool
from model_eval.images.folder import ImageFolder
from model_eval.settings import EvaluateSettings, ImageSettings, ModelEntry
from tricky.core.errors import InputError
from tricky.core.progress import Reporter

NAMES = ("test_resnet", "test_vit")

RUN = """
import os, random, shutil, signal, sys, time
from pathlib import Path
import torch
import model_eval.evaluate.model_run, model_eval.evaluate.run_models
from model_eval.evaluate.evaluate import evaluate_pool
from model_eval.images.folder import ImageFolder
from model_eval.settings import EvaluateSettings, ImageSettings, ModelEntry

torch.set_num_threads(1)
model_eval.evaluate.model_run.PART_IMAGES, model_eval.evaluate.model_run.PART_S = 6, 0
model_eval.evaluate.run_models.n_cores = lambda: 1
images, root, n_kills = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])


def evaluate(root):
    evaluate_pool(
        ImageFolder(ImageSettings(source="folder", path=images), images),
        [ModelEntry(name=name, source=f"timm:{name}", weights=f"{name}.pt", head="images") for name in NAMES],
        EvaluateSettings(device="cpu", batch_size=6), root=root, training=root, folder=root / "decisions",
    )


def in_child(delay_s):
    # A child of its own, which needn't load torch again, is killed in mid-air wherever it is by then.
    child = os.fork()
    if child == 0:
        evaluate(root)
        os._exit(0)
    time.sleep(delay_s)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def content():
    return {path.name: path.read_bytes() for path in (root / "decisions").iterdir()}


if __name__ == "__main__":
    started = time.perf_counter()
    evaluate(root)
    lasts_s = time.perf_counter() - started
    undisturbed, killed = content(), 0
    seed = random.SystemRandom().randrange(10**6)
    rng = random.Random(seed)
    shutil.rmtree(root / "decisions")
    for attempt in range(10 * n_kills):
        if killed == n_kills:
            break
        if in_child(rng.uniform(0, lasts_s)) == signal.SIGKILL:
            killed += 1
        else:  # it was done before: judged, and begun anew
            assert content() == undisturbed, f"seed {seed}, attempt {attempt}"
            shutil.rmtree(root / "decisions")
    evaluate(root)
    assert content() == undisturbed, f"seed {seed}: {content().keys()}"
    print(f"{killed} kills")
"""


def entries() -> list[ModelEntry]:
    return [
        ModelEntry(name=name, source=f"timm:{name}", weights=f"{name}.pt", head="images") for name in NAMES
    ]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study with two untrained networks' weights."""
    for name in NAMES:
        torch.manual_seed(3)
        torch.save(timm.create_model(name, num_classes=3).state_dict(), tmp_path / f"{name}.pt")
    return tmp_path


def evaluate(images: Path, root: Path, progress=lambda *_: None) -> Path:
    evaluate_pool(
        ImageFolder(ImageSettings(source="folder", path=images), images),
        entries(),
        EvaluateSettings(device="cpu", batch_size=30),
        root=root,
        training=root,
        folder=root / "decisions",
        reporter=Reporter(progress),
    )
    return root / "decisions"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_killed_at_twenty_random_moments_it_ends_byte_for_byte_as_undisturbed(
    drawn_folder: Path, study: Path
) -> None:
    images = shutil.copytree(drawn_folder, study / "images")
    for path in images.glob("*/1*.png"):  # ten of each class are enough
        path.unlink()
    script = study / "run.py"
    script.write_text(RUN.replace("NAMES", repr(NAMES)))
    done = subprocess.run(
        [sys.executable, script, images, study, "20"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "20 kills\n"


def test_damage_anywhere_in_a_part_or_a_finished_file_is_noticed_or_harmless(tmp_path: Path) -> None:
    images = pd.DataFrame(
        {
            "image_id": [f"{i:03d}.png" for i in range(50)],
            "path": "",
            "label": pd.array([i % 3 for i in range(50)], dtype="int32"),
            "class_name": "",
            "sha256": [f"{i:064d}" for i in range(50)],
        }
    )
    from model_eval.networks.decision_rows import decision_rows

    logits = torch.randn(50, 3, generator=torch.Generator().manual_seed(1)).numpy()
    rows = decision_rows(images["image_id"].tolist(), images["label"].to_numpy(), logits)
    file = DecisionFile(entries()[0], {"weights_sha256": "a"}, 5, tmp_path)
    file.write_part(rows, images["sha256"], "cpu", 30, 1e-7)
    (part,) = file.parts.iterdir()
    whole = part.read_bytes()

    def flipped(content: bytes, place: int) -> bytes:
        return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]

    n_noticed = 0
    for place in range(0, len(whole), 29):
        part.write_bytes(flipped(whole, place))
        existing = file.existing(images).rows
        n_noticed += existing.empty
        if not existing.empty:  # in what says nothing about rows, such as the smallest value of a column
            pd.testing.assert_frame_equal(existing, rows)
    assert n_noticed > 50
    part.write_bytes(whole[: len(whole) // 2])
    assert file.existing(images).rows.empty

    part.write_bytes(whole)
    sha256 = table_sha256(images)
    file.finish(images, sha256)
    assert file.is_finished(sha256)
    finished = file.path.read_bytes()
    place = finished.index(rows["p_label"].to_numpy().tobytes()[:8])
    file.path.write_bytes(flipped(finished, place))
    assert not file.is_finished(sha256)
    assert not file.parts.exists()


def test_a_finished_file_that_was_damaged_is_made_again_and_not_accepted(
    drawn_folder: Path, study: Path
) -> None:
    folder = evaluate(drawn_folder, study)
    expected = content(folder)
    damaged = folder / "test_vit.parquet"
    p_label = pd.read_parquet(damaged)["p_label"].to_numpy()
    place = expected[damaged.name].index(p_label[:2].tobytes())
    damaged.write_bytes(expected[damaged.name][:place] + b"?" + expected[damaged.name][place + 1 :])
    with pytest.raises(InputError, match=r"test_vit\.parquet: changed since pool\.json was written"):
        read_decisions(folder)
    evaluate(drawn_folder, study)
    assert content(folder) == expected


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of 300 kB: a file system of its own where this user may mount one, else a limit on files."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], check=False, capture_output=True
    )
    if mount.returncode != 0:
        import resource
        import signal

        before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, before[1]))
        yield disk, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
        return
    (disk / "filler").write_bytes(b"x" * 290_000)
    yield disk, (disk / "filler").unlink
    subprocess.run(["umount", disk], check=True)


def test_on_a_full_disk_it_says_so_in_one_line_and_goes_on_once_there_is_room(
    drawn_folder: Path, study: Path, small_disk
) -> None:
    disk, make_room = small_disk
    source = ImageFolder(ImageSettings(source="folder", path=drawn_folder), drawn_folder)

    def evaluate_there() -> None:
        settings = EvaluateSettings(device="cpu", batch_size=30)
        folder = disk / "decisions"
        evaluate_pool(source, entries(), settings, root=study, training=study, folder=folder)

    with pytest.raises(InputError, match=r"can't be written \(.*\); make room") as caught:
        evaluate_there()
    assert "\n" not in str(caught.value)
    assert not (disk / "decisions" / "pool.json").exists()
    make_room()
    evaluate_there()
    assert content(disk / "decisions") == content(evaluate(drawn_folder, study))

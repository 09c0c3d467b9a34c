from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

import model_eval.evaluate.prepare_images
import model_eval.evaluate.worker_server
from model_eval.evaluate.prepare_images import choose_workers, prepared_chunks
from model_eval.images.folder import ImageFolder
from model_eval.networks.preprocessing import fit_square, published
from model_eval.settings import ImageSettings
from tricky.core.errors import InputError

CONFIG = {
    "input_size": (3, 64, 64),
    "interpolation": "bicubic",
    "mean": (0.5, 0.4, 0.3),
    "std": (0.2, 0.2, 0.3),
    "crop_pct": 0.9,
    "crop_mode": "center",
}
WAYS = {"square": fit_square(32), "published": published(CONFIG)}
CPU, GPU = torch.device("cpu"), torch.device("cuda")


def opened(folder: Path) -> ImageFolder:
    return ImageFolder(ImageSettings(source="folder", path=folder), folder)


def batches_of(source: ImageFolder, size: int = 25) -> list[list[str]]:
    ids = source.catalogue()["image_id"].tolist()
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def test_processes_and_threads_prepare_the_same_pixels_in_the_same_order(drawn_folder: Path) -> None:
    source = opened(drawn_folder)
    batches = batches_of(source)
    in_threads = list(prepared_chunks(source, batches, WAYS, workers=0))
    in_processes = list(prepared_chunks(source, batches, WAYS, workers=2))
    assert sum(chunk.n_images for chunk in in_threads) == 60
    for name, way in WAYS.items():
        pixels = torch.cat([chunk.pixels()[name] for chunk in in_threads])
        assert torch.equal(pixels, torch.cat([chunk.pixels()[name] for chunk in in_processes]))
        expected = torch.stack([way.transform(source.read(each)) for ids in batches for each in ids])
        assert torch.equal(way.scale(pixels), expected)


def test_an_image_that_breaks_is_named_in_one_line_by_a_process_too(
    drawn_folder: Path, tmp_path: Path
) -> None:
    source = opened(shutil.copytree(drawn_folder, tmp_path / "images"))
    batches = batches_of(source)
    (tmp_path / "images" / batches[1][3]).write_bytes(b"broken")
    with pytest.raises(InputError, match=f"{batches[1][3]}: changed since the images were listed") as caught:
        list(prepared_chunks(source, batches, WAYS, workers=2))
    assert "\n" not in str(caught.value)


def test_a_process_that_is_killed_ends_the_evaluation_in_one_line(drawn_folder: Path) -> None:
    source = opened(drawn_folder)
    chunks = prepared_chunks(source, batches_of(source, 1) * 20, WAYS, workers=2)
    next(chunks)
    for process in psutil.Process().children(recursive=True):
        if process.name().startswith("pt_data_worker"):
            process.kill()
    with pytest.raises(InputError, match=r"a process that prepares images ended .*what is finished is kept"):
        list(chunks)


# No `if __name__ == "__main__"`: users' scripts and notebooks need none.
RUN = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # which whoever runs the tests may ignore
from model_eval.evaluate.prepare_images import prepared_chunks
from model_eval.evaluate.worker_server import start_worker_server
from model_eval.images.folder import ImageFolder
from model_eval.networks.preprocessing import fit_square
from model_eval.settings import ImageSettings
folder = Path(sys.argv[1])
source = ImageFolder(ImageSettings(source="folder", path=folder), folder)
ids = source.catalogue()["image_id"].tolist()
start_worker_server(2, "cpu")
for n, chunk in enumerate(prepared_chunks(source, [ids] * 1000, {"": fit_square(32)}, 2)):
    if n == 3:
        print("running", flush=True)
    time.sleep(0.01)
"""


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_the_command_leaves_no_process_behind(
    kill: signal.Signals, drawn_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "run.py").write_text(RUN)
    run = subprocess.Popen(
        [sys.executable, tmp_path / "run.py", drawn_folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "running\n"
    children = psutil.Process(run.pid).children(recursive=True)
    assert len(children) >= 3  # the server, and two that prepare images
    if kill == signal.SIGINT:
        os.killpg(run.pid, kill)  # as a terminal does
    else:
        run.send_signal(kill)
    errors = run.communicate()[1]
    left = children
    for _ in range(300):
        left = [each for each in left if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
        if not left:
            break
        time.sleep(0.1)
    assert left == []
    assert errors.count("Traceback") == (kill == signal.SIGINT), errors  # its own KeyboardInterrupt


def test_processes_are_chosen_where_they_are_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(setting: int | str, n_cores: int, device: torch.device) -> int:
        for module in (model_eval.evaluate.prepare_images, model_eval.evaluate.worker_server):
            monkeypatch.setattr(module, "n_cores", lambda: n_cores)
        return choose_workers(setting, device, WAYS)

    assert [chosen("auto", n, CPU) for n in (1, 2, 4, 5, 16)] == [0, 0, 0, 5, 16]
    assert [chosen("auto", n, GPU) for n in (1, 2, 16)] == [0, 2, 16]
    assert [chosen(n, 2, CPU) for n in (0, 3)] == [0, 3]


def test_threads_take_over_where_processes_can_share_no_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(model_eval.evaluate.prepare_images, "SHARED_MEMORY", tmp_path)
    usage = shutil.disk_usage(tmp_path)
    image_bytes = 3 * (32**2 + 64**2)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2 * 8 * 3 * 5 * image_bytes))
    assert model_eval.evaluate.prepare_images.chunk_images(WAYS, 8) == 5
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    assert choose_workers("auto", GPU, WAYS) == 0

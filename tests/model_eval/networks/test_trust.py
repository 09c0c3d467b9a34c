"""Opening, checking and evaluating a stranger's study runs none of its code, unless the user says so."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from model_eval.networks.build import build_classifier
from model_eval.networks.pool import read_pool
from model_eval.networks.sample_images import Sample
from model_eval.settings import ModelEntry, PoolSettings
from tricky.core.errors import InputError

CLASSES = ("ant", "bee")
STATED = {
    "size_px": 8,
    "crop_pct": 1.0,
    "interpolation": "bilinear",
    "mean": [0.0, 0.0, 0.0],
    "std": [1.0, 1.0, 1.0],
}
SAMPLE = Sample(("one", "two"), lambda name: Image.new("RGB", (8, 8), {"one": "white", "two": "black"}[name]))
CODE = """
from pathlib import Path
import torch
Path(__file__).with_name("ran").touch()
def net():
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 2))
"""


class _Touches:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def entry(source: str) -> ModelEntry:
    return ModelEntry.model_validate(
        {"name": "net", "source": source, "head": "images", "preprocessing": STATED}
    )


def build(study: Path, model: ModelEntry) -> None:
    build_classifier(model, CLASSES, SAMPLE, root=study, training=study)


def write_hostile_export(path: Path, touched: Path) -> None:
    """Write a file of `torch.export` whose sample inputs create a file when they are unpickled."""
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 2))
    sound = path.with_name("sound.pt2")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(network, (torch.zeros(1, 3, 8, 8),)), str(sound))
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(path, "w") as new:
        names = [name for name in old.namelist() if "sample_inputs" in name]
        assert names, old.namelist()
        for name in old.namelist():
            content = pickle.dumps(_Touches(touched)) if name in names else old.read(name)
            new.writestr(name, content)


def test_a_function_is_imported_only_if_the_study_is_trusted(tmp_path: Path) -> None:
    (tmp_path / "code_of_a_stranger.py").write_text(CODE)
    model = entry("python:code_of_a_stranger:net")
    with pytest.raises(InputError, match=r"net: .* runs code: that in .*code_of_a_stranger\.py, .*--trust"):
        build(tmp_path, model)
    assert not (tmp_path / "ran").exists()
    build(tmp_path, model.as_trusted())
    assert (tmp_path / "ran").exists()


def test_a_package_and_an_installed_module_are_named(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "__init__.py").write_text("raise SystemExit('imported')")
    with pytest.raises(InputError, match=r"that in .*__init__\.py"):
        build(tmp_path, entry("python:nets:net"))
    with pytest.raises(InputError, match="the module antigravity that is installed here"):
        build(tmp_path, entry("python:antigravity:fly"))


def test_a_file_that_torch_unpickles_is_opened_only_if_the_study_is_trusted(tmp_path: Path) -> None:
    touched = tmp_path / "ran"
    write_hostile_export(tmp_path / "net.pt2", touched)
    model = entry("export:net.pt2")
    with pytest.raises(InputError, match=r"runs code: that in the file .*net\.pt2; .*--trust"):
        build(tmp_path, model)
    assert not touched.exists()
    with pytest.raises(InputError, match="holds no export"):  # torch unpickles it, then fails
        build(tmp_path, model.as_trusted())
    assert touched.exists()


def test_a_study_cannot_say_that_it_is_trusted(tmp_path: Path) -> None:
    for key in ("is_trusted", "_is_trusted", "trust"):
        pool = tmp_path / "pool.toml"
        pool.write_text(f'[[models]]\nname = "net"\nsource = "torchscript:net.ts"\n{key} = true\n')
        with pytest.raises(InputError, match=key):
            read_pool(PoolSettings(file="pool.toml"), tmp_path)


def test_trust_is_no_part_of_what_is_recorded(tmp_path: Path) -> None:
    model = entry("torchscript:net.ts")
    assert model.as_trusted().model_dump() == model.model_dump()
    (tmp_path / "pool.toml").write_text('[[models]]\nname = "net"\nsource = "torchscript:net.ts"\n')
    listed = read_pool(PoolSettings(file="pool.toml"), tmp_path)
    trusted = read_pool(PoolSettings(file="pool.toml"), tmp_path, trust=True)
    assert [each.is_trusted for each in (*listed, *trusted)] == [False, True]

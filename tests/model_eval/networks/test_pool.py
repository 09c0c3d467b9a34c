from __future__ import annotations

from pathlib import Path

import pytest
import timm

from model_eval.networks.pool import read_pool
from model_eval.settings import ModelEntry, PoolSettings
from tricky.core.errors import InputError

ENTRY = '[[models]]\nname = "{name}"\nsource = "timm:test_resnet"\n'


def test_the_shipped_pool_has_eleven_families_that_timm_knows() -> None:
    entries = read_pool(PoolSettings(), Path())
    assert len(entries) == 11
    assert len({entry.family for entry in entries}) == 11
    assert all(timm.is_model(entry.source.removeprefix("timm:")) for entry in entries)
    assert {entry.weights for entry in entries} == {"train"}


def test_entries_in_the_study_file_take_the_place_of_the_pool() -> None:
    entry = ModelEntry(name="mine", source="timm:test_resnet", weights="pretrained")
    assert read_pool(PoolSettings(models=(entry,)), Path()) == (entry,)


def test_a_pool_of_one_s_own_is_read_relative_to_the_study(tmp_path: Path) -> None:
    (tmp_path / "pools").mkdir()
    (tmp_path / "pools" / "mine.toml").write_text(ENTRY.format(name="b") + ENTRY.format(name="a"))
    entries = read_pool(PoolSettings(file="pools/mine.toml"), tmp_path)
    assert [entry.name for entry in entries] == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ENTRY.format(name="a") + 'famly = "x"\n', "did you mean `family`"),
        (
            ENTRY.format(name="a") + ENTRY.format(name="A"),
            "[models]: expected models with names that differ (capitals aside): 'A' is there twice",
        ),
        (ENTRY.format(name="images"), '[models[0]] name = "images": expected another name'),
        (ENTRY.format(name="a/b"), "name"),
        ('[[models]]\nname = "a"\n', "source"),
        ("models = []\n", "no models"),
        ("[[models]\n", "not valid TOML"),
    ],
)
def test_a_faulty_pool_is_refused_in_one_line_that_names_it(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(InputError, match=r"mine\.toml") as caught:
        read_pool(PoolSettings(file="mine.toml"), tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_pool_is_met_with_those_that_ship(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"mnist-12: no such pool; set `file` in \[pool\] to mnist-11, modern, "
    ):
        read_pool(PoolSettings(file="mnist-12"), tmp_path)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('source = "keras:resnet"', "one of timm:NAME or timm:NAME.TAG, torchvision:NAME/WEIGHTS"),
        ('source = "torchvision:resnet50"', "expected torchvision:NAME/WEIGHTS"),
        (
            'source = "torchvision:resnet50/V1"\nweights = "train"',
            "a timm model where `weights` are to be",
        ),
        ('source = "export:a.pt2"\nweights = "b.pt"', "no `weights` for export"),
        ('source = "timm:test_resnet"\narguments = { a = 1 }', "`arguments` only with a source `python:`"),
        ('source = "timm:test_resnet"\ntemplates = ["a {}"]', "`templates` only with a source `openclip:`"),
        (
            'source = "openclip:RN50/openai"\ntemplates = ["a photo"]',
            "prompts with one {} for the class",
        ),
        ('source = "openclip:RN50/openai"\nhead = "images"', "no `head` for openclip"),
        ('source = "timm:test_resnet"\npreprocessing = { size = 3 }', "unknown key; did you mean `size_px`"),
        (
            'source = "timm:test_resnet"\npreprocessing = { crop_pct = 1.5 }',
            "crop_pct = 1.5: expected at most 1",
        ),
    ],
)
def test_an_entry_that_cannot_be_is_refused_in_one_line(entry: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(f'[[models]]\nname = "a"\n{entry}\n')
    with pytest.raises(InputError, match=r"mine\.toml") as caught:
        read_pool(PoolSettings(file="mine.toml"), tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_not_timm_s_brings_its_own_weights() -> None:
    assert ModelEntry(name="a", source="torchvision:resnet50/DEFAULT").weights == "pretrained"
    assert ModelEntry(name="a", source="timm:test_resnet").weights == "train"

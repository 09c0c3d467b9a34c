"""Training, as the study file says it."""

import json

import pytest

from tricky.core.errors import InputError
from tricky.status import State, study_status
from tricky.study import create_study, open_study


def test_conditions_are_trained_on_further_gaussian_noise_and_their_state_is_known(tmp_path):
    (tmp_path / "study.toml").write_text(
        '[images]\nsource = "gaussian"\n'
        "gaussian = { classes = 2, images_per_class = 4, training_images_per_class = 8, size_px = 16 }\n"
        '[train.base]\nimages = "all"\nepochs = 1\nbatch_size = 8\ninput_size_px = 16\n'
        '[evaluate]\ndevice = "cpu"\nbatch_size = 8\n'
    )
    study = open_study(tmp_path)
    study.train_conditions()
    manifest = json.loads((study.conditions / "conditions.json").read_text())
    assert (manifest["images"]["n"], manifest["training_images"]["n"]) == (8, 16)
    assert [model["name"] for model in manifest["models"]] == ["base-1"]
    state = next(each for each in study_status(study) if each.folder == "conditions")
    assert (state.state, state.holds) == (State.CURRENT, "1 of 1 models of 1 conditions")


def test_conditions_need_a_recipe(tmp_path):
    with pytest.raises(InputError, match=r"\[train\] names no `recipe`"):
        create_study(tmp_path).train_conditions()

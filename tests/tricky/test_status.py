"""What is there, what it was made from, and what is out of date."""

import json
from pathlib import Path

import pandas as pd
import pytest
from made_up import HASH, change, origins, set_manifest, write_difficulty, write_pool

from analysis.data.results_manifest import DynamicsManifest
from model_eval.manifests import DifficultyManifest
from model_eval.networks.pool import read_pool
from model_eval.training_manifests import ConditionsManifest
from stimuli.manifest import SetManifest
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.manifests import write_manifest
from tricky.status import State, require_current, study_status
from tricky.study import Study, create_study, open_study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study of two finished stages that are made up, and so can be broken one link at a time."""
    study = create_study(tmp_path)
    settings = study.settings.model_dump(mode="json")
    entries = read_pool(study.settings.pool, study.root)
    made_with = {"models": [entry.model_dump(mode="json") for entry in entries]}
    write_pool(
        study.decisions,
        [{"name": "a"}],
        {"n": 5, "source": "mnist-5k"},
        settings={"evaluate": settings["evaluate"], "pool": made_with},
    )
    kinds = ["trivial"] * 3 + ["in-between", "impossible"]
    write_difficulty(
        study.difficulty,
        pd.DataFrame({"image_id": list("abcde"), "difficulty": kinds}),
        made_from={"decisions/pool.json": sha256_of(study.decisions / "pool.json")},
        settings={"label": settings["label"]},
    )
    return study


def state_of(study: Study, folder: str) -> tuple[State, str]:
    return next((each.state, each.why) for each in study_status(study) if each.folder == folder)


def test_what_fits_is_up_to_date_and_what_is_missing_is_said(study):
    assert state_of(study, "decisions") == (State.CURRENT, "")
    assert state_of(study, "difficulty") == (State.CURRENT, "")
    assert state_of(study, "stimuli/main") == (State.MISSING, "")
    assert state_of(study, "data") == (State.MISSING, "")


def test_the_content_of_stages_is_described_in_words(study):
    holds = {each.folder: each.holds for each in study_status(study)}
    assert holds["decisions"] == "1 models × 5 images, top-1 50.0% to 50.0%"
    assert holds["difficulty"] == "60.0% trivial, 20.0% in-between, 20.0% impossible"


def test_a_changed_origin_makes_a_stage_out_of_date_and_the_next_refuses(study):
    with (study.decisions / "pool.json").open("a") as file:
        file.write("\n")
    assert state_of(study, "difficulty") == (State.OUT_OF_DATE, "decisions/pool.json has changed")
    with pytest.raises(InputError, match=r"out of date .*run `tricky label` first"):
        require_current(study, "difficulty")


def test_a_stage_without_its_origins_is_usable_as_on_a_machine_that_was_given_no_more(study):
    (study.decisions / "pool.json").unlink()
    assert state_of(study, "difficulty") == (State.ORIGINS_ELSEWHERE, "made from decisions/pool.json")
    require_current(study, "difficulty")


def test_what_was_made_from_something_out_of_date_is_out_of_date(study):
    made_from = {"difficulty/difficulty.json": sha256_of(study.difficulty / "difficulty.json")}
    settings = {"stimuli": study.settings.stimuli["main"].model_dump(mode="json")}
    content = set_manifest(made_from=made_from, settings=settings).model_dump(mode="json")
    write_manifest(study.stimulus_set("main") / "stimulus_set.json", SetManifest, content)
    assert state_of(study, "stimuli/main") == (State.CURRENT, "")
    with (study.decisions / "pool.json").open("a") as file:
        file.write("\n")
    assert state_of(study, "stimuli/main") == (State.OUT_OF_DATE, "difficulty is out of date")


def test_other_settings_are_named_but_not_refused(study):
    path = study.difficulty / "difficulty.json"
    label = json.loads(path.read_text())["settings"]["label"]
    change(path, DifficultyManifest, settings={"label": label | {"tolerance": 0}})
    said = "label.tolerance was 0, study.toml has 1"
    assert state_of(study, "difficulty") == (State.OTHER_SETTINGS, said)
    require_current(study, "difficulty")


def test_an_unreadable_manifest_is_out_of_date_not_a_crash(study):
    (study.difficulty / "difficulty.json").write_text("{")
    state, why = state_of(study, "difficulty")
    assert state is State.OUT_OF_DATE
    assert "not readable as JSON" in why


def conditions(study: Study, **changed: object) -> None:
    """Pretend that one of the small recipe's models is trained."""
    from model_eval.train.recipe import read_recipe

    recipe = read_recipe(study.settings.train, study.root)
    assert recipe is not None
    images = {"sha256": HASH, "source": "mnist-5k", "n": 5}
    trained = {"network": "timm:x", "losses": [1.0], "accuracies": [0.1, 0.5], "sha256": HASH}
    made_with = recipe.model_dump(mode="json", exclude_unset=True)
    content = {
        **origins(train={"training_set": None}, recipe=made_with),
        **{"images": images, "training_images": images, "classes": [], "device": "cpu"},
        "conditions": {"base": {}, "order": {}},
        "models": [{"name": "base-1", "condition": "base", "replicate": 1, **trained}],
        "diverged": [],
        "unfinished": [],
    }
    write_manifest(study.conditions / "conditions.json", ConditionsManifest, content | changed)


def with_recipe(study: Study, text: str = 'recipe = "small"') -> Study:
    path = study.root / "study.toml"
    path.write_text(f"[train]\n{text}\n")
    return open_study(study.root)


def test_conditions_are_listed_where_there_is_a_recipe(study):
    assert "conditions" not in {each.folder for each in study_status(study)}
    assert state_of(with_recipe(study), "conditions") == (State.MISSING, "")


def test_conditions_are_listed_where_the_study_file_itself_describes_them(study):
    described = with_recipe(study, "[train.base]\nepochs = 3")
    assert state_of(described, "conditions") == (State.MISSING, "")


def test_models_that_are_still_to_be_trained_are_counted(study):
    study = with_recipe(study)
    conditions(
        study,
        unfinished=["order-1", "order-2"],
        diverged=[{"name": "order-3", "condition": "order", "replicate": 3, "epoch": 1}],
    )
    state = next(each for each in study_status(study) if each.folder == "conditions")
    assert state.state is State.UNFINISHED
    assert state.holds == "1 of 4 models of 2 conditions, 1 diverged"
    assert state.why == "2 models are still to be trained; `tricky train` continues"


def test_a_changed_recipe_is_reported_condition_by_condition(study):
    study = with_recipe(study)
    conditions(study)
    assert state_of(study, "conditions") == (State.CURRENT, "")
    study = with_recipe(
        study,
        'recipe = "small"\n[train.base]\nepochs = 3\n[train.conditions.order]\nmodels = 3\n'
        'new_seeds = ["order"]\n[train.conditions.slow]\nbased_on = "base"\nlearning_rate = 0.001',
    )
    assert state_of(study, "conditions") == (
        State.OTHER_SETTINGS,
        "the recipe's base network has changed; condition order has changed in the recipe; "
        "condition slow is new in the recipe",
    )


def dynamics(study: Study) -> None:
    """Pretend that the pool's models have been compared."""
    content = {
        "versions": {},
        "folder": "decisions",
        "n_models": 3,
        "dichotomy": {"estimate": 0.714},
        "made_from": {"decisions/pool.json": sha256_of(study.decisions / "pool.json")},
        "settings": {"label": {"tolerance": 1, "leave_out": []}, "analyse": {"level": 0.95}},
    }
    write_manifest(study.report / "dynamics.json", DynamicsManifest, content)


def test_a_comparison_of_models_has_a_line_of_its_own_next_to_the_report(study):
    assert "report/dynamics" not in {each.folder for each in study_status(study)}
    dynamics(study)
    state = next(each for each in study_status(study) if each.folder == "report/dynamics")
    assert (state.state, state.holds) == (State.CURRENT, "3 models of decisions, dichotomy 0.71")
    assert state_of(study, "report") == (State.MISSING, "")


def test_a_comparison_is_out_of_date_once_its_decisions_change_and_other_once_settings_do(study):
    dynamics(study)
    changed = study.with_settings(label={"tolerance": 0, "leave_out": ["a"]})
    said = "label.tolerance was 1, study.toml has 0; label.leave_out was [], study.toml has ['a']"
    assert state_of(changed, "report/dynamics") == (State.OTHER_SETTINGS, said)
    with (study.decisions / "pool.json").open("a") as file:
        file.write("\n")
    said = "decisions/pool.json has changed"
    assert state_of(study, "report/dynamics") == (State.OUT_OF_DATE, said)

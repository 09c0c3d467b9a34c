"""The study file: what it may say, and how it answers to what it may not."""

import os
import re

import pytest

from model_eval.train.recipe import read_recipe
from tricky.core.errors import InputError
from tricky.study import create_study, open_study
from tricky.study_settings import Settings, read_settings


def test_the_file_that_init_writes_says_what_holds_without_it(tmp_path):
    assert create_study(tmp_path / "study").settings == Settings()


def test_the_file_that_init_writes_names_every_key_there_is(tmp_path):
    create_study(tmp_path)
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        section = field.alias or name
        model = type(field.default)
        if section == "stimuli":
            model = type(field.default["main"])
        for key in model.model_fields:
            assert re.search(rf"^(# )?\[*.*\b{key}\b", text, flags=re.MULTILINE), f"{section}.{key}"


def test_a_study_is_found_from_any_folder_below_it(tmp_path):
    create_study(tmp_path / "study")
    below = tmp_path / "study" / "stimuli" / "main"
    below.mkdir(parents=True)
    assert open_study(below).root == (tmp_path / "study").resolve()


def test_a_folder_whose_name_is_no_text_is_refused(tmp_path):
    root = tmp_path / os.fsdecode(b"\xff study")
    root.mkdir()
    (root / "study.toml").write_text("")
    with pytest.raises(InputError, match="the name of this folder is not UTF-8; rename it"):
        open_study(root)


def test_no_study_anywhere_is_said_with_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"no study\.toml here or above; run `tricky init`"):
        open_study(tmp_path)


def test_an_existing_study_is_never_overwritten(tmp_path):
    create_study(tmp_path)
    (tmp_path / "study.toml").write_text("[study]\nname = 'mine'\n")
    with pytest.raises(InputError, match="there is a study here already"):
        create_study(tmp_path)
    assert open_study(tmp_path).settings.study.name == "mine"


def test_name_and_seed_of_a_new_study_are_in_its_file(tmp_path):
    study = create_study(tmp_path, name='A "quoted" näme', seed=77)
    assert (study.settings.study.name, study.settings.study.seed) == ('A "quoted" näme', 77)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[label]\ntolerence = 1", "[label] tolerence: unknown key; did you mean `tolerance`?"),
        ("[label]\nzzz = 1", "[label] zzz: unknown key; expected one of tolerance"),
        ("[labels]\ntolerance = 1", "[labels]: unknown section; did you mean `label`?"),
        ("[stimuli.main]\ntrails = 9", "[stimuli.main] trails: unknown key; did you mean `trials`?"),
        (
            "[experiment.monitor]\nwidth = 50",
            "[experiment.monitor] width: unknown key; did you mean `width_cm`?",
        ),
        ('[study]\nname = " "', '[study] name = " ": expected a name that tables can hold: it is empty'),
        ('[study]\nauthors = ["n/a"]', '[study] authors[0] = "n/a": expected a name'),
        ("[label]\ntolerance = -1", "[label] tolerance = -1: expected at least 0"),
        ('[label]\ntolerance = "one"', '[label] tolerance = "one": expected a whole number'),
        ("[analyse]\nlevel = 95", "[analyse] level = 95: expected less than 1"),
        ('[evaluate]\ndevice = "gpu"', '[evaluate] device = "gpu": expected auto, cpu, mps, cuda'),
        (
            '[images]\nsource = "imagenet"',
            '[images] source = "imagenet": expected one of mnist-5k, ',
        ),
        ('[images]\nsource = "folder"', "[images]: expected `path` with every source but"),
        ('[images]\nsource = "imagenet-val"\npath = "x"', "`labels` together with"),
        (
            "[experiment.monitor]\nsize_px = [10, 600]",
            "[experiment.monitor] size_px[0] = 10: expected at least 640",
        ),
        ('[[pool.models]]\nname = "a"', "[pool.models[0]] source: missing"),
        (
            '[[pool.models]]\nname = "a"\nsource = "timm:x"\nwieghts = "train"',
            "[pool.models[0]] wieghts: unknown key; did you mean `weights`?",
        ),
        ("[train.base]\nepoch = 3", "[train.base] epoch: unknown key; did you mean `epochs`?"),
        ("[train.base]\nepochs = 0", "[train.base] epochs = 0: expected at least 1"),
        ("[label\ntolerance = 1", "not valid TOML"),
    ],
)
def test_a_bad_file_is_an_error_in_one_line_with_file_key_and_what_was_expected(tmp_path, text, said):
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        read_settings(path)
    line = str(raised.value)
    assert line.startswith(f"{path}: ")
    assert said in line
    assert "\n" not in line


def test_several_mistakes_are_counted(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text("[label]\ntolerance = -1\n[train]\nepochs = 0\nimages = 0\n")
    with pytest.raises(InputError, match=r"\(and 2 more\)"):
        read_settings(path)


def test_flags_override_for_one_run_and_are_checked_in_the_same_way(tmp_path):
    study = create_study(tmp_path)
    changed = study.with_settings(label={"tolerance": 0}, experiment={"monitor": {"full_screen": False}})
    assert changed.settings.label.tolerance == 0
    assert not changed.settings.experiment.monitor.full_screen
    assert changed.settings.experiment.monitor.width_cm == study.settings.experiment.monitor.width_cm
    assert study.with_settings(label={"tolerance": None}) == study
    with pytest.raises(InputError, match=r"command line: \[label\] tolerance = -1"):
        study.with_settings(where="command line", label={"tolerance": -1})


def test_flags_leave_to_the_recipe_what_the_study_does_not_set(tmp_path):
    create_study(tmp_path)
    (tmp_path / "study.toml").write_text('[train]\nrecipe = "small"\n[train.base]\nbatch_size = 16\n')
    changed = open_study(tmp_path).with_settings(train={"recipe": "paper-resnet18"})
    recipe = read_recipe(changed.settings.train, tmp_path)
    assert recipe is not None
    assert (recipe.base.batch_size, recipe.base.epochs) == (16, 90)

"""A study whose decisions were imported without images: from files to a report, as a user would run it."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiment.session.prepare import read_material_for_people
from experiment.session.simulate import simulate_sessions
from experiment.settings import SimulateSettings
from tricky import open_study, read_decisions, read_difficulty, read_stimulus_set
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.status import State, study_status

N_IMAGES, N_MODELS = 160, 6


def write_right(path: Path) -> None:
    """Write a table of whether models are right, and nothing else."""
    rng = np.random.default_rng(3)
    ease = rng.normal(0, 4, N_IMAGES)
    right = rng.random((N_MODELS, N_IMAGES)) < 1 / (1 + np.exp(-ease))
    rows = [
        (f"im{image:03d}.png", f"net {model}", int(right[model, image]))
        for model in range(N_MODELS)
        for image in range(N_IMAGES)
    ]
    pd.DataFrame(rows, columns=["stimulus", "network", "hit"]).to_csv(path, index=False)


STUDY = """
[images]
source = "none"

[import.decisions]
columns = { image = "stimulus", model = "network", correct = "hit" }

[stimuli.main]
trials = 32
practice_trials = 2
export = { reference = true }

[simulate]
observers = 5
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory, succeed) -> Path:
    root = tmp_path_factory.mktemp("imported")
    (root / "study.toml").write_text(STUDY, encoding="utf-8")
    write_right(root / "right.csv")
    for command in (
        "import decisions right.csv",
        *("label", "dynamics", "stimuli build", "stimuli check", "stimuli orders", "simulate", "analyse"),
    ):
        succeed(*command.split(), cwd=root)
    return root


@pytest.fixture
def study(finished, tmp_path) -> Path:
    shutil.copytree(finished, tmp_path / "study", symlinks=True)
    return tmp_path / "study"


def state_of(root: Path, folder: str) -> tuple[State, str, str]:
    found = next(each for each in study_status(open_study(root)) if each.folder == folder)
    return found.state, found.command, found.why


def test_every_stage_is_up_to_date(finished):
    states = {each.folder: each.state for each in study_status(open_study(finished))}
    assert set(states.values()) == {State.CURRENT, State.MISSING}
    assert [folder for folder, state in states.items() if state is State.MISSING] == ["training"]


def test_the_manifest_names_the_files_and_says_what_is_unknown(finished):
    pool = json.loads((finished / "decisions/pool.json").read_text(encoding="utf-8"))
    assert pool["made_from"] == {"right.csv": sha256_of(finished / "right.csv")}
    assert (pool["device"], pool["images"]["source"]) == ("unknown", "none")
    model = pool["models"][0]
    assert (model["source"], model["name"], model["name_in_source"]) == ("import:right.csv", "net-0", "net 0")
    assert [model[key] for key in ("weights_sha256", "n_parameters", "arithmetic", "noise")] == [None] * 4
    assert model["weights"] == "unknown"
    assert pool["imported"]["columns"] == {"image": "stimulus", "model": "network", "correct": "hit"}
    right = read_decisions(finished / "decisions").correct
    assert pool["imported"]["n_unknown_predictions"] == int((~right).sum())


def test_labels_count_what_is_known_and_leave_out_what_is_not(finished):
    right = pd.read_csv(finished / "right.csv").groupby("stimulus")["hit"].sum()
    table = read_difficulty(finished / "difficulty").images.set_index("image_id")
    assert table["n_correct"].to_dict() == right.to_dict()
    assert (table["modal_prediction"] == -1).all()
    assert table["modal_share"].isna().all()
    manifest = read_difficulty(finished / "difficulty").manifest
    assert manifest.near_ties is None


def test_a_set_refers_to_images_by_name_alone(finished):
    found = read_stimulus_set(finished / "stimuli/main")
    assert {(item.file, item.sha256) for item in found.items.values()} == {("", "")}
    assert not (finished / "stimuli/main/images").exists()


def test_the_report_has_names_in_place_of_pictures_and_says_what_is_unknown(finished):
    page = (finished / "report/report.html").read_text(encoding="utf-8")
    assert "were imported; whether a model was trained on some of these images is not known here" in page
    assert "the class that a model named instead is unknown" in page
    assert "This study has no images, so their names take the place of pictures." in page
    assert 'class="picture no-picture"' in page
    assert 'class="picture"' not in page
    results = json.loads((finished / "report/results.json").read_text(encoding="utf-8"))
    assert results["networks_as_observers"] is None
    predictors = [row["predictors"] for row in results["items"]["explained"]]
    assert predictors == ["difficulty (number of correct models)"]  # no class is known, no feature measured
    dynamics = json.loads((finished / "report/dynamics.json").read_text(encoding="utf-8"))
    assert dynamics["classes"] is None


def contents(root: Path) -> dict[Path, bytes]:
    """Every file of a study, but locks."""
    files = [path for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {path: path.read_bytes() for path in files}


def test_people_see_nothing_without_images(finished):
    setup = open_study(finished)._session_setup(calibrated=False)
    with pytest.raises(InputError, match="was built without images, which are needed to show them"):
        read_material_for_people(setup)
    with pytest.raises(InputError, match="was built without images, which are needed to show them"):
        simulate_sessions(setup, SimulateSettings(), seed=1, open_devices=lambda *_: nullcontext())  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("stimuli show", "was built without images, which are needed to draw contact sheets"),
        ("images check", "this study has no images"),
        ("evaluate", "these decisions were imported; evaluate models in a study of its own"),
        ("import decisions right.csv", "holds decisions already; import into a study of its own, or replace"),
        (
            "import decisions right.csv --as timm --replace",
            "no column of the prediction, which format `timm` needs",
        ),
        ("import decisions right.csv --column image", "expected ROLE=NAME, such as image=file"),
        ("import decisions right.csv --replace --epoch 3", "`epoch`: only with files of format `epochs`"),
        ("import decisions nothing.csv --replace", "no such file or folder"),
    ],
)
def test_what_can_t_be_done_is_said_in_one_line(study, tricky, command, said):
    before = contents(study)
    done = tricky(*command.split(), cwd=study)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr.splitlines()[-1]
    assert contents(study) == before


def test_a_set_of_copies_or_measured_images_needs_images(study):
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(text.replace("export = { reference = true }\n", ""), encoding="utf-8")
    with pytest.raises(
        InputError, match="the study has no images to copy; refer to them only, with `--reference`"
    ):
        open_study(study).build_stimuli("main", replace=True)
    for rule in ("eligible = { min_hash_distance = 4 }", 'match = { covariates = ["mean_luminance"] }'):
        (study / "study.toml").write_text(text.replace("[simulate]", f"{rule}\n[simulate]"), encoding="utf-8")
        with pytest.raises(InputError, match=r"the study has no images .* cannot be measured without them"):
            open_study(study).build_stimuli("main", replace=True)


def test_networks_without_scores_are_no_observers(study):
    opened = open_study(study).with_settings(simulate={"models": ("net-0",)})
    with pytest.raises(InputError, match=r"has no p_prediction of image im.*imported without it"):
        opened.simulate()


def test_a_source_or_a_setting_that_changed_is_noticed(study):
    with (study / "right.csv").open("a", encoding="utf-8") as file:
        file.write("im000.png,another,1\n")
    state = (State.OUT_OF_DATE, "tricky import decisions", "right.csv has changed")
    assert state_of(study, "decisions") == state
    with pytest.raises(InputError, match="run `tricky import decisions` first"):
        open_study(study).label()
    shutil.copy(study / "right.csv", study / "other.csv")
    open_study(study).import_decisions([study / "other.csv"], replace=True)
    assert state_of(study, "decisions")[0] is State.CURRENT
    assert read_decisions(study / "decisions").models[-1] == "another"
    assert state_of(study, "difficulty")[0] is State.OUT_OF_DATE
    text = (study / "study.toml").read_text(encoding="utf-8").replace("columns =", "epoch = 3\ncolumns =")
    (study / "study.toml").write_text(text, encoding="utf-8")
    why = "import.decisions.epoch was None, study.toml has 3"
    assert state_of(study, "decisions")[::2] == (State.OTHER_SETTINGS, why)


def test_other_settings_of_the_pool_do_not_matter(study):
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(f'{text}\n[pool]\nfile = "modern"\n', encoding="utf-8")
    assert state_of(study, "decisions")[0] is State.CURRENT


def test_a_damaged_file_says_which_command_to_run(study):
    path = study / "decisions/net-0.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="run `tricky import decisions` again"):
        read_decisions(study / "decisions")


def test_means_are_labelled_through_a_table_of_counts(tmp_path, succeed):
    (tmp_path / "study.toml").write_text('[images]\nsource = "none"\n', encoding="utf-8")
    np.save(tmp_path / "mean.npy", np.array([0, 1, 5, 11, 11]) / 11)
    said = succeed("import", "decisions", "mean.npy", "--n-models", "11", cwd=tmp_path)
    assert "Next: tricky label --counts counts.csv" in said
    succeed("label", "--counts", "counts.csv", cwd=tmp_path)
    assert read_difficulty(tmp_path / "difficulty").images["n_correct"].tolist() == [0, 1, 5, 11, 11]

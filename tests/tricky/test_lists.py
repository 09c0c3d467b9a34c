"""Every list that a lab can write, with an entry that matches nothing: an error, or a count that is kept."""

from __future__ import annotations

import json
import shutil
import typing
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up import write_pool
from PIL import Image
from pydantic import BaseModel, ValidationError

from model_eval.difficulty import read_difficulty
from model_eval.networks.decision_rows import decision_rows
from tricky.core.errors import InputError
from tricky.core.files import sha256_of
from tricky.core.parquet import write_parquet
from tricky.study import Study, open_study
from tricky.study_settings import Settings

CLASSES = ("ant", "bee", "cat", "Käfer")
N_MODELS = 11
COUNTS = (11, 0, 10, 1, 11, 0, 11, 1, 5, 0)
STUDY = """
[images]
source = "folder"
path = "photos"
on_bad_image = "skip"
[label]
{label}
[stimuli.main]
trials = 8
practice_trials = 2
{stimuli}
[simulate]
observers = 3
{simulate}
[analyse]
{analyse}
"""

IMAGES = [f"{name}/{number:02d}.png" for name in CLASSES for number in range(10)]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty images in four classes, and a table of counts."""
    folder = tmp_path_factory.mktemp("lists") / "study"
    rng = np.random.default_rng(0)
    for image_id in IMAGES:
        (folder / "photos" / image_id).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (16, 16), dtype=np.uint8)).save(folder / "photos" / image_id)
    rows = [f"{name},{COUNTS[place % 10]},{name.split('/')[0]}" for place, name in enumerate(IMAGES)]
    write(folder, "counts.csv", "image_id,n_correct,class_name", *rows)
    return folder


@pytest.fixture
def study(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "study")
    return tmp_path / "study"


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def opened(folder: Path, **sections: str) -> Study:
    """Write the study file with further lines in a section."""
    lines = dict.fromkeys(("label", "stimuli", "simulate", "analyse"), "") | sections
    write(folder, "study.toml", STUDY.format(**lines))
    return open_study(folder)


def label(folder: Path, **sections: str) -> Study:
    study = opened(folder, **sections)
    study.label_counts(folder / "counts.csv", N_MODELS)
    return study


def build(folder: Path, **sections: str) -> dict[str, dict[str, int]]:
    """Label and build; return how many entries of each list matched."""
    study = label(folder, **sections)
    matched = study.build_stimuli("main").manifest.matched
    return {name: each.model_dump() for name, each in matched.items()}


def simulate(folder: Path, **sections: str) -> Study:
    build(folder, **sections)
    study = open_study(folder)
    study.simulate()
    return study


def evaluated(folder: Path, **sections: str) -> Study:
    """Write decisions of three models, `first` to `third`, as `tricky evaluate` does."""
    decisions = folder / "decisions"
    labels = np.repeat(np.arange(4), 10)
    images = pd.DataFrame({"image_id": IMAGES, "path": IMAGES, "label": labels.astype("int32")})
    images["class_name"] = [CLASSES[each] for each in labels]
    images["sha256"] = [sha256_of(folder / "photos" / image_id) for image_id in IMAGES]
    write_parquet(decisions / "images.parquet", images.sort_values("image_id", ignore_index=True))
    models = []
    for number, name in enumerate(("first", "second", "third")):
        path = decisions / f"{name}.parquet"
        answers = np.where(np.arange(40) % (number + 2) == 0, labels, 0)
        write_parquet(path, decision_rows(IMAGES, labels, np.eye(4)[answers]).sort_values("image_id"))
        models.append({"name": name})
    write_pool(decisions, models, {"n": 40, "source": "folder:photos"}, classes=list(CLASSES))
    return opened(folder, **sections)


def leave_out(folder: Path) -> None:
    evaluated(folder, label='leave_out = ["Third"]\ntolerance = 0').label()


def dynamics_leave_out(folder: Path) -> None:
    evaluated(folder, label='leave_out = ["Third"]\ntolerance = 0').dynamics()


def label_errors(folder: Path) -> None:
    write(folder, "errors.txt", "ant\\00.png", "ant\\01.png")
    label(folder, label='label_errors = "errors.txt"')


def reassessed_images(folder: Path) -> None:
    write(folder, "right.csv", "image_id,class_name", "ant/00.jpg,ant")
    label(folder, label='reassessed = "right.csv"')


def reassessed_classes(folder: Path) -> None:
    write(folder, "right.csv", "image_id,class_name", "ant/00.png,Ant")
    label(folder, label='reassessed = "right.csv"')


def counts(folder: Path) -> None:
    write(folder, "counts.csv", "image_id,n_correct", *(f"photos/{image_id},11" for image_id in IMAGES))
    build(folder)


def image_list(key: str, section: str = "") -> Callable[[Path], None]:
    def case(folder: Path) -> None:
        write(folder, "list.txt", "ant/00.PNG", "bee/99.png")
        build(folder, stimuli=f'{section}\n{key} = "list.txt"')

    return case


def one_denied_image_of_two(folder: Path) -> None:
    write(folder, "list.txt", "ant/00.png", "bee/99.png")
    build(folder, stimuli='[stimuli.main.eligible]\ndeny_images = "list.txt"')


def catch_images(folder: Path) -> None:
    write(folder, "list.txt", *IMAGES[:8], "ant/99.png")
    build(folder, stimuli='catch_trials = 1\ncatch_images = "list.txt"')


def classes(key: str) -> Callable[[Path], None]:
    def case(folder: Path) -> None:
        build(folder, stimuli=f'[stimuli.main.eligible]\n{key} = ["ant", "Bee"]')

    return case


def classes_where_labels_have_none(rule: str) -> Callable[[Path], None]:
    def case(folder: Path) -> None:
        rows = (f"{image_id},{COUNTS[place % 10]}" for place, image_id in enumerate(IMAGES))
        write(folder, "counts.csv", "image_id,n_correct", *rows)
        build(folder, stimuli=rule)

    return case


def own_table(lines: str, *rows: str) -> Callable[[Path], None]:
    def case(folder: Path) -> None:
        write(folder, "own.csv", *rows)
        build(folder, stimuli=f'table = "own.csv"\n{lines}')

    return case


def setting(lines: str) -> Callable[[Path], None]:
    def case(folder: Path) -> None:
        build(folder, stimuli=lines)

    return case


def probabilities(folder: Path) -> None:
    write(folder, "p.csv", "trial_id,p_correct", "trial-0,0.5")
    simulate(folder, simulate='probabilities = "p.csv"')


def networks(folder: Path) -> None:
    build(folder)
    evaluated(folder, simulate='models = ["first", "Second"]').simulate()


def replay(folder: Path) -> None:
    simulate(folder, simulate='replay = "elsewhere"')


def exclude(folder: Path) -> None:
    simulate(folder, analyse='[analyse.exclude]\nsessions = { "sim1" = "asleep" }').analyse()


def compared(folder: Path) -> None:
    simulate(folder, analyse='compare_with = ["../elsewhere"]').analyse()


def other_labels(folder: Path) -> None:
    study = simulate(folder)
    write(folder, "counts.csv", "image_id,n_correct", *(f"photos/{image_id},11" for image_id in IMAGES))
    other = Study(folder / "other", study.settings)
    other.label_counts(folder / "counts.csv", N_MODELS)
    study.analyse(labels=other.difficulty)


def superclasses(folder: Path) -> None:
    write(folder, "super.csv", "class_name,superclass", *(f"{name},animal" for name in CLASSES[1:]))
    evaluated(folder, label="tolerance = 0").dynamics(superclasses=folder / "super.csv")


def shown_set(folder: Path) -> None:
    build(folder)
    write(folder, "study.toml", (folder / "study.toml").read_text() + '[experiment]\nstimuli = "mian"')
    open_study(folder).simulate()


HEADER = "image_id,size,licence"

REFUSED: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a model left out": ("label.leave_out", leave_out, "leave_out: no model .* write 'third': capital and"),
    "a model left out of a comparison": ("label.leave_out", dynamics_leave_out, "leave_out: no model"),
    "label errors": ("label.label_errors", label_errors, r"errors\.txt .*2 of 2 entries .*\(/ for \\\)"),
    "reassessed images": ("label.reassessed", reassessed_images, "write 'ant/00.png': the suffix differs"),
    "reassessed classes": ("label.reassessed", reassessed_classes, "no class is called 'Ant'; write 'ant'"),
    "counts": (
        "--counts",
        counts,
        "40 of 40 entries match no image of folder:photos.* did you mean 'Käfer/00.png'",
    ),
    "allowed images": (
        "stimuli.eligible.allow_images",
        image_list("allow_images", "[stimuli.main.eligible]"),
        r"list\.txt \(\[stimuli\.main\.eligible\] allow_images\), line 1: 2 of 2 entries match no image",
    ),
    "denied images": (
        "stimuli.eligible.deny_images",
        image_list("deny_images", "[stimuli.main.eligible]"),
        r"deny_images\), line 1: 2 of 2 entries match no image; .* write 'ant/00.png': capital and small",
    ),
    "one denied image of two": (
        "stimuli.eligible.deny_images",
        one_denied_image_of_two,
        r"deny_images\), line 2: 1 of 2 entries match no image",
    ),
    "one catch image": ("stimuli.catch_images", catch_images, r"catch_images\), line 9: 1 of 9 entries"),
    "allowed classes": ("stimuli.eligible.allow_classes", classes("allow_classes"), "1 of 2 .* write 'bee'"),
    "denied classes": ("stimuli.eligible.deny_classes", classes("deny_classes"), "1 of 2 .* write 'bee'"),
    "denied classes where labels have none": (
        "stimuli.eligible.deny_classes",
        classes_where_labels_have_none('[stimuli.main.eligible]\ndeny_classes = ["bee"]'),
        r"deny_classes: a rule about classes, but 40 of 40 labelled images have no class; add the column",
    ),
    "a cap of classes where labels have none": (
        "stimuli.eligible.deny_classes",
        classes_where_labels_have_none("[stimuli.main.eligible]\nmax_per_class = 3"),
        "max_per_class: a rule about classes",
    ),
    "classes to match on where labels have none": (
        "stimuli.match.exact",
        classes_where_labels_have_none('[stimuli.main.match]\nexact = ["class_name"]'),
        r"\[stimuli\.main\.match\] exact: a rule about classes",
    ),
    "the lab's table": ("stimuli.table", own_table("", HEADER, "x,1,CC0"), r"own\.csv .* table\), line 2"),
    "carried columns": (
        "stimuli.carry",
        own_table('carry = ["license"]', HEADER, "ant/00.png,1,CC0"),
        r"\[stimuli\.main\] carry: no column is called 'license'; did you mean 'licence'",
    ),
    "columns to match on": (
        "stimuli.match.exact",
        own_table('[stimuli.main.match]\nexact = ["license"]', HEADER, "ant/00.png,1,CC0"),
        "exact: no column is called 'license'; did you mean 'licence'",
    ),
    "covariates": (
        "stimuli.match.covariates",
        setting('[stimuli.main.match]\ncovariates = ["luminance"]'),
        "covariates: no column is called 'luminance'; did you mean 'mean_luminance'",
    ),
    "groups": ("stimuli.groups", setting('groups = ["trivial", "hard"]'), "'hard' is none of them"),
    "ranges": ("stimuli.ranges", setting("ranges = { hard = [0, 2] }"), "'hard' is not"),
    "probabilities": ("simulate.probabilities", probabilities, "no trial of main is called 'trial-0'"),
    "networks as observers": ("simulate.models", networks, "no evaluated model is called 'Second'; write"),
    "the set that is shown": ("experiment.stimuli", shown_set, "'mian'; did you mean 'main'"),
    "recorded sessions": ("simulate.replay", replay, "elsewhere: no recorded sessions there"),
    "excluded sessions": ("analyse.exclude.sessions", exclude, "is called 'sim1'; did you mean 'sim01'"),
    "studies compared with this one": ("analyse.compare_with", compared, r"results\.json: not there yet"),
    "other labels": ("--labels", other_labels, "match no image of the other labels"),
    "superclasses": ("--superclasses", superclasses, "no superclass for class 'ant'"),
}
"""What it is → the setting or option, how it is used with an entry that matches nothing, what is said."""

NO_NAMES_OF_DATA = {
    "study.authors": "people",
    "images.path": "a file or folder; images that it lacks are errors of the source",
    "images.labels": "ground truth: an image without one is an error of the source",
    "images.synsets": "likewise",
    "train.training_set.path": "as for images",
    "train.training_set.labels": "as for images",
    "train.training_set.synsets": "as for images",
    "pool.models.preprocessing.size_px": "numbers",
    "pool.models.preprocessing.mean": "numbers",
    "pool.models.preprocessing.std": "numbers",
    "pool.models.arguments": "passed to the lab's own function, which takes them or fails",
    "pool.models.templates": "prompts",
    "train.base.decay_epochs": "epochs; those of a recipe may come after the last, where it is cut short",
    "train.conditions": "names of the recipe, or new ones: see tests/model_eval/train/test_recipe.py",
    "stimuli.questions.answers": "new names",
    "experiment.answer_keys": "keys",
    "experiment.font": "a file",
    "experiment.information": "a file",
    "experiment.debriefing": "a file",
    "experiment.questions.answers": "new names",
    "experiment.participant_fields.choices": "new names",
    "experiment.privacy.leave_out": "words that pydantic checks",
    "experiment.monitor.size_px": "numbers",
    "online.recruitment_parameters": "new names",
    "online.require.min_screen_px": "numbers",
    "online.require.browsers": "words that pydantic checks",
    "experiment.monitor.gamma_file": "a file",
    **{f"import.decisions.{key}": "a file" for key in ("labels", "models")},
    **dict.fromkeys(
        [f"import.sessions.{key}" for key in ("classes", "groups", "questions.answers")],
        "what observers chose from; answers outside of it are refused",
    ),
    "import.sessions.no_answer": "spellings that files may have",
    **dict.fromkeys(
        [f"import.sessions.{key}" for key in ("answers", "keep", "leave_out")],
        "see tests/experiment/import_sessions/test_import_sessions.py",
    ),
}
"""Settings that hold several values or name a file, but nothing that could be missing in the data."""


@pytest.mark.parametrize("what", REFUSED)
def test_an_entry_that_matches_nothing_is_refused_in_one_line(what: str, study: Path) -> None:
    _, use, said = REFUSED[what]
    with pytest.raises(InputError, match=said) as raised:
        use(study)
    assert len(str(raised.value).splitlines()) == 1


def test_every_setting_that_can_name_something_is_tried_here() -> None:
    tried = {setting for setting, _, _ in REFUSED.values() if not setting.startswith("--")}
    tried.remove("experiment.stimuli")  # one name
    assert set(_list_settings(Settings, "")) == tried | set(NO_NAMES_OF_DATA)


def _list_settings(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """Yield the settings that hold several values or name a file."""
    for key, field in model.model_fields.items():
        name = field.alias or key
        waiting, kinds, models = [field.annotation], set(), []
        while waiting:
            each = waiting.pop()
            kinds.add(typing.get_origin(each) or each)
            if isinstance(each, type) and issubclass(each, BaseModel):
                models.append(each)
            waiting.extend(typing.get_args(each))
        for each in models:
            yield from _list_settings(each, f"{prefix}{name}.")
        if not models and kinds & {tuple, list, dict, Path}:
            yield f"{prefix}{name}"


def test_lists_that_may_be_larger_than_the_data_are_counted_printed_and_reported(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tricky.cli.model_eval import show_difficulty
    from tricky.cli.stimuli import show_set

    write(study, "errors.txt", "ant/00.png", "elsewhere/2.png", "elsewhere/3.png")
    write(study, "right.csv", "image_id,class_name", "bee/01.png,bee", "bee/01.png,wasp", "x/1.png,x")
    write(study, "allow.txt", *IMAGES, "elsewhere/1.png")
    write(study, "own.csv", HEADER, "ant/02.png,1,NA", "elsewhere/2.png,2,007")
    with (study / "counts.csv").open("a") as file:
        file.write("elsewhere/1.png,3,ant\n")
    made = simulate(
        study,
        label='label_errors = "errors.txt"\nreassessed = "right.csv"',
        stimuli='table = "own.csv"\ncarry = ["licence"]\n[stimuli.main.eligible]\nallow_images = "allow.txt"',
    )
    difficulty = json.loads((study / "difficulty/difficulty.json").read_text())
    assert difficulty["matched"] == {
        "label_errors": {"n_entries": 3, "n_matched": 1},
        "reassessed": {"n_entries": 2, "n_matched": 1},
        "reassessed classes": {"n_entries": 2, "n_matched": 1},
    }
    stimuli = json.loads((study / "stimuli/main/stimulus_set.json").read_text())
    # The image that is labelled but not there is allowed by the list; no image is turned away for it.
    assert stimuli["matched"] == {
        "counts": {"n_entries": 41, "n_matched": 40},
        "table": {"n_entries": 2, "n_matched": 1},
        "allow_images": {"n_entries": 41, "n_matched": 41},
    }
    show_difficulty(read_difficulty(study / "difficulty").manifest)
    assert "label_errors: 1 of 3 entries match" in capsys.readouterr().out
    from stimuli.records import read_any_set

    show_set(read_any_set(study / "stimuli/main"))
    assert "counts: 40 of 41 entries match" in capsys.readouterr().out
    page = made.analyse().page.read_text(encoding="utf-8")
    assert "Lists and tables that the study names" in page
    results = json.loads((study / "report/results.json").read_text())
    assert {row["list"]: row["n_matched"] for row in results["lists"]}["counts"] == 40


def test_the_matching_part_of_a_table_of_probabilities_is_reported(study: Path) -> None:
    build(study, simulate='probabilities = "p.csv"')
    trials = pd.read_csv(study / "stimuli/main/trials.tsv", sep="\t")["trial_id"]
    write(study, "p.csv", "trial_id,p_correct", "trial-0,0.5", *(f"{each},0.9" for each in trials))
    told: list[str] = []
    open_study(study).simulate(notify=told.append)
    assert told == ["probabilities: 10 of 11 entries match"]


@pytest.mark.parametrize("reference", ["true", "false"])
def test_names_in_another_unicode_form_match(reference: str, study: Path) -> None:
    apart = unicodedata.normalize("NFD", "Käfer")
    (study / "photos" / "Käfer").rename(study / "photos" / apart)
    write(study, "deny.txt", f"{apart}/00.png", "Käfer/01.png")
    export = f"[stimuli.main.export]\nreference = {reference}\n"
    matched = build(
        study,
        stimuli=f'{export}[stimuli.main.eligible]\ndeny_images = "deny.txt"\ndeny_classes = ["{apart}"]',
    )
    assert matched["counts"] == {"n_entries": 40, "n_matched": 40}
    assert matched["deny_images"] == {"n_entries": 2, "n_matched": 2}
    assert matched["deny_classes"] == {"n_entries": 1, "n_matched": 1}
    shown = pd.read_csv(study / "stimuli/main/items.tsv", sep="\t")["class_name"]
    assert set(shown) <= {"ant", "bee", "cat"}
    allowed = f'{export}[stimuli.main.eligible]\nallow_classes = ["Käfer", "ant", "bee"]\nmax_per_class = 7'
    build_again = label(study, stimuli=allowed)
    again = build_again.build_stimuli("main", replace=True)
    assert sum(item.class_name == "Käfer" for item in again.items.values()) > 0


def test_what_is_denied_and_cannot_be_shown_anyway_is_recognised(study: Path) -> None:
    """Unreadable images, copies, and classes of which no image can be read are there, though not shown."""
    photos = study / "photos"
    shutil.copy(photos / "ant/00.png", photos / "ant/00 (1).png")
    (photos / "bee/00.png").write_bytes(b"torn")
    for path in (photos / "cat").iterdir():
        path.write_bytes(b"torn")
    kept = [line for line in (study / "counts.csv").read_text().splitlines() if not line.startswith("cat/")]
    write(study, "counts.csv", *kept)
    write(study, "deny.txt", "bee/00.png", "ant/00 (1).png", "cat/03.png")
    denied = '[stimuli.main.eligible]\ndeny_images = "deny.txt"\ndeny_classes = ["cat"]'
    matched = build(study, stimuli=denied)
    assert matched["deny_images"] == {"n_entries": 3, "n_matched": 3}
    assert matched["deny_classes"] == {"n_entries": 1, "n_matched": 1}


def test_a_denied_image_that_models_were_trained_on_is_no_error(study: Path) -> None:
    """It has no label, but it is there."""
    kept = [line for line in (study / "counts.csv").read_text().splitlines() if "ant/00.png" not in line]
    write(study, "counts.csv", *kept)
    write(study, "deny.txt", "ant/00.png")
    matched = build(study, stimuli='[stimuli.main.eligible]\ndeny_images = "deny.txt"')
    assert matched["deny_images"] == {"n_entries": 1, "n_matched": 1}


@pytest.mark.parametrize("column", ["class_name", "mean_luminance", "item_id", "group"])
def test_a_column_of_the_lab_s_table_is_not_called_like_one_of_tricky_s(column: str, study: Path) -> None:
    write(study, "own.csv", f"image_id,{column}", "ant/00.png,1")
    with pytest.raises(InputError, match=rf"own\.csv, line 1: tricky itself has a column {column}; rename"):
        build(study, stimuli='table = "own.csv"')


def test_settings_that_contradict_themselves_are_refused_when_they_are_made() -> None:
    with pytest.raises(ValidationError, match="entries that differ"):
        Settings.model_validate({"simulate": {"models": ["first", "first"]}})
